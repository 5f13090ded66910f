/**
 * Text indexes: the query language, what is text, errors, and what is kept of a document. What
 * lunr's own tests say of searching is said here of the catalog.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CatalogStore } from '../../../server/catalog/catalog-store.js';
import { QueryError } from '../../../server/catalog/query-error.js';
import { CLAUSES_MAX, TEXT_QUERY_LENGTH_MAX } from '../../../server/catalog/text-query.js';
import { databaseKinds, fetched } from '../../odb/databases.js';
import { catalogIn, openCatalog, TestDocument } from './catalogs.js';

const INDEX = { name: 'text', type: 'text', fields: ['title', 'body'] };
const [GREEN, PLUMB, SCARLETT] = [1, 2, 3];

/** A mystery in three documents. */
const MYSTERY = new Map([
  [
    GREEN,
    {
      title: 'Mr. Green kills Colonel Mustard',
      body: 'Mr. Green killed Colonel Mustard in the study with the candlestick. Mr. Green is not a very nice fellow.',
    },
  ],
  [PLUMB, { title: 'Plumb waters plant', body: 'Professor Plumb has a green plant in his study' }],
  [
    SCARLETT,
    {
      title: 'Scarlett helps Professor',
      body: 'Miss Scarlett watered Professor Plumbs green plant while he was away from his office last week.',
    },
  ],
]);

async function mystery(
  definition: object = INDEX,
): Promise<Awaited<ReturnType<typeof openCatalog>>> {
  const opened = await openCatalog([definition, { name: 'kind', type: 'field' }]);
  for (const [docid, values] of MYSTERY) {
    opened.store.indexDocument(docid, new TestDocument({ kind: 'page', ...values }));
  }
  await opened.connection.commit();
  return opened;
}

/** Ids in the order they are found in: the best first. */
function ranked(store: CatalogStore, text: unknown): number[] {
  return store.search({ text }).hits.map(({ docid }) => docid);
}

function scores(store: CatalogStore, text: unknown): (number | undefined)[] {
  return store.search({ text }).hits.map(({ score }) => score);
}

function refused(store: CatalogStore, query: unknown): QueryError {
  try {
    store.search(query);
  } catch (error) {
    assert.ok(error instanceof QueryError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(query)} was not refused` });
}

describe('searching as lunr does', () => {
  test('a word finds the documents that have it in any field, the nearest first', async () => {
    await using opened = await mystery();
    const { store } = opened;
    assert.deepEqual(ranked(store, 'scarlett'), [SCARLETT]);
    assert.deepEqual(ranked(store, 'foo'), []);
    assert.deepEqual(ranked(store, 'plant'), [PLUMB, SCARLETT]);
    assert.deepEqual(ranked(store, 'water'), [PLUMB, SCARLETT], 'watered is water');
    assert.deepEqual(ranked(store, 'study'), [PLUMB, GREEN], 'words in queries have stems, too');
    assert.deepEqual(ranked(store, 'SCARLETT'), [SCARLETT]);
  });

  test('several words find documents with any of them, and those with all come first', async () => {
    await using opened = await mystery();
    const { store } = opened;
    assert.deepEqual(ranked(store, 'fellow candlestick'), [GREEN]);
    assert.deepEqual(ranked(store, 'week foo'), [SCARLETT]);
    assert.deepEqual(ranked(store, 'candlestick green').toSorted(), [GREEN, PLUMB, SCARLETT]);
    assert.equal(ranked(store, 'candlestick green')[0], GREEN);
    assert.deepEqual(ranked(store, 'foo bar'), []);
    assert.equal(ranked(store, 'fellow candlestick foo bar green plant fellow').length, 3);
  });

  test('a word may be looked for in one field', async () => {
    await using opened = await mystery();
    assert.deepEqual(ranked(opened.store, 'title:plant'), [PLUMB]);
    assert.deepEqual(ranked(opened.store, 'title:candlestick'), []);
  });

  test('wildcards stand at the end, at the beginning, and inside', async () => {
    await using opened = await mystery();
    const { store } = opened;
    assert.deepEqual(ranked(store, 'fo*'), []);
    assert.deepEqual(ranked(store, 'candle*'), [GREEN]);
    assert.deepEqual(ranked(store, 'pl*'), [PLUMB, SCARLETT]);
    assert.deepEqual(ranked(store, '*oo'), []);
    assert.deepEqual(ranked(store, '*ant'), [PLUMB, SCARLETT]);
    assert.deepEqual(ranked(store, 'f*o'), []);
    assert.deepEqual(ranked(store, 'pl*nt'), [PLUMB, SCARLETT]);
    assert.equal(ranked(store, '*').length, 3);
    assert.deepEqual(ranked(store, '*a*a*a*a*a*a*a*a*b'), []);
  });

  test('words are found by a number of edits', async () => {
    await using opened = await mystery();
    assert.deepEqual(ranked(opened.store, 'foo~1'), []);
    assert.deepEqual(ranked(opened.store, 'plont~1'), [PLUMB, SCARLETT]);
    assert.deepEqual(ranked(opened.store, 'lpant~1'), [PLUMB, SCARLETT], 'exchanged letters');
    assert.deepEqual(ranked(opened.store, 'pant~0'), []);
  });

  test('a word may count more than others', async () => {
    await using opened = await mystery();
    const { store } = opened;
    assert.deepEqual(ranked(store, 'foo^10'), []);
    assert.deepEqual(ranked(store, 'scarlett candlestick^5'), [GREEN, SCARLETT]);
    assert.equal(ranked(store, 'green study^10')[0], PLUMB);
    assert.deepEqual(scores(store, 'scarlett^0'), [0]);
    assert.deepEqual(ranked(store, 'pl^100 pl*^10 pl~1'), [PLUMB, SCARLETT]);
    assert.deepEqual(ranked(store, 'xyz^100 xyz*^10 xyz~1'), []);
  });

  test('a field may count more than others', async () => {
    await using plain = await mystery();
    await using boosted = await mystery({ ...INDEX, boosts: { body: 10 } });
    assert.equal(ranked(plain.store, 'professor')[0], SCARLETT);
    assert.equal(ranked(boosted.store, 'professor')[0], PLUMB);
  });

  test('a word may be prohibited', async () => {
    await using opened = await mystery();
    const { store } = opened;
    assert.deepEqual(ranked(store, '-candlestick green'), [PLUMB, SCARLETT]);
    assert.deepEqual(ranked(store, '-green'), []);
    assert.deepEqual(scores(store, '-qwertyuiop'), [0, 0, 0], 'all documents, none before others');
    assert.deepEqual(ranked(store, '-plant'), [GREEN]);
    assert.deepEqual(scores(store, '-plant'), [0]);
    assert.deepEqual(ranked(store, '-title:plant plumb'), [SCARLETT]);
  });

  test('a word may be required', async () => {
    await using opened = await mystery();
    const { store } = opened;
    assert.deepEqual(ranked(store, '+candlestick green'), [GREEN]);
    assert.deepEqual(ranked(store, '+mustard +plant'), []);
    assert.deepEqual(ranked(store, '+qwertyuiop green'), []);
    assert.deepEqual(ranked(store, '+title:plant green'), [PLUMB]);
    assert.deepEqual(ranked(store, '+title:plant +green'), [PLUMB]);
    assert.deepEqual(ranked(store, '+title:plant +body:study'), [PLUMB]);
    assert.deepEqual(ranked(store, '+title:plant +body:qwertyuiop'), []);
    assert.deepEqual(ranked(store, '+plant green -office'), [PLUMB]);
  });
});

describe('queries of texts', () => {
  test('what lunr refuses is refused with its place', async () => {
    await using opened = await mystery();
    const faults: readonly (readonly [string, number])[] = [
      ['author:green', 0],
      ['green author:plumb', 6],
      ['green^x', 6],
      ['green ~', 7],
      ['plumb~one', 6],
      ['green +', 6],
      ['green title:', 6],
      ['^5', 1],
      ['+^5', 2],
    ];
    for (const [text, position] of faults) {
      const error = refused(opened.store, { text });
      assert.deepEqual(
        [error.field, error.position],
        ['text', position],
        `${text}: ${error.message}`,
      );
      assert.match(error.message, new RegExp(`\\(at ${position + 1}\\)$`));
    }
  });

  test('what would take too long is refused', async () => {
    await using opened = await mystery();
    const { store } = opened;
    assert.equal(refused(store, { text: 'green plant~10' }).position, 12);
    const words = 'a '.repeat(CLAUSES_MAX);
    assert.deepEqual(ranked(store, words), []);
    assert.equal(refused(store, { text: `${words}a` }).position, words.length);
    const long = 'x'.repeat(TEXT_QUERY_LENGTH_MAX);
    assert.deepEqual(ranked(store, long), []);
    assert.equal(refused(store, { text: `${long}x` }).position, TEXT_QUERY_LENGTH_MAX);
  });

  test('ranges, levels, and what is no text are refused', async () => {
    await using opened = await mystery();
    for (const text of [{ from: 'a' }, { query: 'a', level: 1 }, true, { query: [['a']] }]) {
      assert.match(refused(opened.store, { text }).field ?? '', /^text/);
    }
  });

  test('several texts are joined, and texts that are not wanted left out', async () => {
    await using opened = await mystery();
    const { store } = opened;
    assert.deepEqual(ranked(store, ['scarlett', 'candlestick']).toSorted(), [GREEN, SCARLETT]);
    assert.deepEqual(ranked(store, { query: ['green', 'plumb'], operator: 'and' }), [
      PLUMB,
      SCARLETT,
    ]);
    assert.deepEqual(ranked(store, { query: 'green', not: 'office' }), [GREEN, PLUMB]);
    assert.deepEqual(ranked(store, { not: ['plant'] }), [GREEN]);
    assert.deepEqual(ranked(store, ''), [], 'no text asks nothing');
  });

  test('scores go through and/or/not with other indexes', async () => {
    await using opened = await mystery();
    const { store } = opened;
    const [alone] = scores(store, 'scarlett');
    const { hits, plan } = store.search({ kind: 'page', text: 'scarlett' });
    assert.deepEqual(hits[0]?.score, alone);
    assert.ok(plan.some(({ step, estimate }) => step === 'text' && estimate === 1));
    const either = store.search({ or: [{ text: 'scarlett' }, { kind: 'page' }] }).hits;
    assert.deepEqual([either.length, either[0]?.docid], [3, SCARLETT]);
    assert.deepEqual(store.search({ kind: 'page', not: { text: 'plant' } }).total, 1);
    const ids = (options: object): (readonly [number, unknown])[] =>
      store
        .search({ text: 'green plant' }, options)
        .hits.map(({ docid, score }) => [docid, score] as const)
        .toSorted(([x], [y]) => x - y);
    assert.deepEqual(ids({ sort: 'kind' }), ids({}), 'scores are told whatever sorts the hits');
    assert.deepEqual(
      store.search({ text: 'green' }, { sort: '-score', limit: 1 }).hits[0]?.docid,
      GREEN,
    );
    assert.deepEqual(
      store.search({ text: 'green' }, { sort: 'score', order: 'ascending' }).hits.at(-1)?.docid,
      GREEN,
    );
  });
});

describe('what is indexed of a text', () => {
  test('texts, numbers, and lists of them are text; other values are not', async () => {
    await using opened = await openCatalog([INDEX]);
    const { store } = opened;
    store.indexDocument(1, new TestDocument({ title: 1953 }));
    store.indexDocument(2, new TestDocument({ title: ['Second Hand', 7] }));
    store.indexDocument(3, new TestDocument({ title: true, body: 'words' }));
    store.indexDocument(4, new TestDocument({ title: { a: 'map' } }));
    assert.deepEqual(ranked(store, '1953'), [1]);
    assert.deepEqual(ranked(store, '7'), [2]);
    assert.deepEqual(ranked(store, 'hand'), [], 'what is in a list is a word already');
    assert.deepEqual(ranked(store, 'words'), [3]);
    const problem = (values: object): string | undefined =>
      store.explain(4, new TestDocument({ ...values }))?.indexes[0]?.problem;
    assert.equal(problem({ title: { a: 'map' } }), 'its title, of type object, is no text');
    assert.equal(problem({ title: ' - ' }), 'it has no text');
    assert.equal(problem({ body: 'words' }), undefined);
  });

  test('only documents with text in a field are counted', async () => {
    await using opened = await mystery();
    const { store } = opened;
    const before = scores(store, 'plant');
    store.indexDocument(7, new TestDocument({ kind: 'picture' }));
    store.indexDocument(8, new TestDocument({ kind: 'picture', title: ' ', body: '' }));
    assert.deepEqual(scores(store, 'plant'), before);
    assert.equal(store.search({ text: '-nothing' }).total, 3);
    store.indexDocument(8, new TestDocument({ kind: 'picture', title: 'the' }));
    assert.equal(store.search({ text: '-nothing' }).total, 4, 'a stop word is text');
    assert.notDeepEqual(scores(store, 'plant'), before);
  });

  test('the terms of a document are told', async () => {
    await using opened = await mystery();
    const [text] =
      opened.store.explain(PLUMB, new TestDocument(MYSTERY.get(PLUMB) ?? {}))?.indexes ?? [];
    assert.deepEqual(text?.values, ['green', 'plant', 'plumb', 'professor', 'studi', 'water']);
    assert.equal(text?.isCurrent, true);
    assert.throws(() => opened.store.indexValues('text', { limit: 5 }), QueryError);
  });

  test('a document that changes or goes is not found by what it was', async () => {
    await using opened = await mystery();
    const { store } = opened;
    store.indexDocument(PLUMB, new TestDocument({ title: 'Nothing', body: 'of note' }));
    assert.deepEqual(ranked(store, 'plant'), [SCARLETT]);
    assert.deepEqual(ranked(store, 'note'), [PLUMB]);
    store.removeDocument(SCARLETT);
    assert.deepEqual(ranked(store, 'plant'), []);
    assert.deepEqual(ranked(store, 'pl*'), []);
    assert.deepEqual(ranked(store, '+pl* note'), [], 'a word that no document has is not there');
    store.indexDocument(PLUMB, new TestDocument({}));
    assert.deepEqual(ranked(store, 'note'), []);
  });

  test('a word may hold any character, and be very long', async () => {
    await using opened = await openCatalog([INDEX]);
    const { store } = opened;
    const long = `x${'yz'.repeat(400)}`;
    const odd = 'a\0b\u0001c';
    store.indexDocument(1, new TestDocument({ title: `constructor __proto__ ${odd} ${long}` }));
    store.indexDocument(2, new TestDocument({ title: `${long}q 🌳tree ... --` }));
    for (const word of ['constructor', '__proto__', odd, `${odd.slice(0, 3)}*`, long]) {
      assert.deepEqual(ranked(store, word), [1], JSON.stringify(word));
    }
    assert.deepEqual(ranked(store, `${long}q`), [2]);
    assert.deepEqual(ranked(store, 'xyz*').toSorted(), [1, 2]);
    assert.deepEqual(ranked(store, 'tree'), [2]);
    assert.deepEqual(ranked(store, '\ud83c*'), []);
  });

  test('an index that is renewed forgets its words', async () => {
    await using opened = await mystery();
    const { store } = opened;
    store.renew('text');
    assert.deepEqual(ranked(store, '*'), []);
    for (const docid of MYSTERY.keys()) {
      store.indexDocument(docid, new TestDocument({ title: 'anew' }), ['text']);
    }
    assert.deepEqual(ranked(store, 'a*'), [GREEN, PLUMB, SCARLETT]);
    assert.deepEqual(ranked(store, 'pl*'), []);
  });
});

for (const { name, open } of databaseKinds) {
  test(`texts of different documents do not conflict, whatever words they bring: ${name}`, async () => {
    await using database = await open();
    const first = database.connect();
    const store = CatalogStore.empty();
    first.root.set('catalog', store);
    store.configure({ indexes: [INDEX] });
    await first.commit();
    const connections = Array.from({ length: 4 }, () => database.connect());
    for (const [at, connection] of connections.entries()) {
      const docid = 10 + at;
      catalogIn(connection).indexDocument(
        docid,
        new TestDocument({ title: 'The same new words', body: `and number${at}` }),
      );
    }
    for (const connection of connections) await connection.commit();
    first.begin();
    const seen = fetched<CatalogStore>(first, 'catalog');
    assert.equal(seen.search({ text: 'words' }).total, 4);
    assert.equal(seen.search({ text: 'number*' }).total, 4);
    assert.equal(seen.search({ text: '+same +number2' }).total, 1);
    for (const connection of [first, ...connections]) connection.close();
  });
}
