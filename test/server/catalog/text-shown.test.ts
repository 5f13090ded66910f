/** What is shown of texts that were looked for: excerpts with marked words, and better queries. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TextAsked } from '../../../server/catalog/catalog-index.js';
import type { CatalogStore } from '../../../server/catalog/catalog-store.js';
import type { Excerpt } from '../../../server/catalog/excerpt.js';
import { openCatalog, TestDocument } from './catalogs.js';
import { PROSE } from './prose.js';

const INDEX = { name: 'text', type: 'text', fields: ['title', 'body'] };

async function prose(): Promise<Awaited<ReturnType<typeof openCatalog>>> {
  const opened = await openCatalog([INDEX]);
  for (const [at, page] of PROSE.entries()) {
    opened.store.indexDocument(at + 1, new TestDocument({ ...page }));
  }
  return opened;
}

function asked(store: CatalogStore, query: unknown): TextAsked {
  const [text] = store.search(query).texts;
  assert.ok(text !== undefined, 'a text was looked for');
  return text;
}

/** An excerpt as a text, marked words in brackets. */
function shown({ pieces, isCutBefore, isCutAfter }: Excerpt): string {
  const text = pieces.map((piece) => (piece.isMarked ? `[${piece.text}]` : piece.text)).join('');
  return `${isCutBefore ? '…' : ''}${text}${isCutAfter ? '…' : ''}`;
}

describe('excerpts', () => {
  test('words that were looked for are marked, in whatever form', async () => {
    await using opened = await prose();
    const mark = (text: string, line: string, field = 'body'): string =>
      shown(asked(opened.store, { text }).excerpt([{ field, text: line }]));
    const line = 'The boats, boating; a (boat)\n is  a boat-house.';
    assert.equal(mark('boats', line), 'The [boats], [boating]; a ([boat]) is a [boat]-house.');
    assert.equal(mark('title:boats', line), 'The boats, boating; a (boat) is a boat-house.');
    assert.equal(mark('title:boats', 'A boat', 'title'), 'A [boat]');
    assert.equal(mark('bo*', 'body and boat'), '[body] and [boat]');
    assert.equal(mark('haouse~1 -boat', line), 'The boats, boating; a (boat) is a boat-[house].');
    assert.equal(mark('the boats', 'The boats'), 'The [boats]', 'a stop word is not looked for');
    assert.equal(mark('boats', ''), '');
    assert.equal(mark('boats', '<b>&"boats"'), '<b>&"boats"', 'markup is a part of a word');
  });

  test('the part with most of the different words is shown', async () => {
    await using opened = await prose();
    const far = 'Nothing to see here. '.repeat(30);
    const text = `A boat. ${far} boat boat boat. ${far} A boat in a storm. ${far}`;
    const excerpt = asked(opened.store, { text: 'boat storm' }).excerpt([{ field: 'body', text }], {
      length: 60,
    });
    assert.match(shown(excerpt), /^….*A \[boat\] in a \[storm\]\..*…$/);
    const length = excerpt.pieces.reduce((sum, piece) => sum + piece.text.length, 0);
    assert.ok(length <= 60, `${length} characters`);
    assert.ok(length > 40, `${length} characters`);
  });

  test('the best of several texts is shown, and the beginning where there is none', async () => {
    await using opened = await prose();
    const texts = [
      { field: 'title', text: 'A boat' },
      { field: 'body', text: 'A boat in a storm' },
    ];
    const { store } = opened;
    assert.equal(asked(store, { text: 'boat storm' }).excerpt(texts).field, 'body');
    assert.equal(asked(store, { text: 'boat' }).excerpt(texts).field, 'title');
    assert.equal(asked(store, { text: 'harbour' }).excerpt(texts).field, 'title');
    const long = [{ field: 'body', text: `  ${'word '.repeat(100)}` }];
    assert.match(shown(asked(store, { text: 'harbour' }).excerpt(long)), /^(word ){30,40}word…$/);
    const none = asked(store, { text: 'boat' }).excerpt([]);
    assert.deepEqual(none, { field: undefined, pieces: [], isCutBefore: false, isCutAfter: false });
  });

  test('a word at the end of a text is shown with what comes before it', async () => {
    await using opened = await prose();
    const text = `${'one two three '.repeat(50)}storm`;
    const excerpt = asked(opened.store, { text: 'storm' }).excerpt([{ field: 'body', text }], {
      length: 100,
    });
    assert.match(shown(excerpt), /^….{80,100} \[storm\]$/);
  });

  test('a word that is longer than an excerpt is cut', async () => {
    await using opened = await prose();
    const text = `storm${'x'.repeat(500)} calm`;
    const excerpt = asked(opened.store, { text: 'stor*' }).excerpt([{ field: 'body', text }]);
    const [first] = excerpt.pieces;
    assert.deepEqual([first?.isMarked, first?.text.length, excerpt.isCutAfter], [true, 200, true]);
  });
});

describe('what else may have been meant', () => {
  test('words that no document has are replaced by near ones, and the rest stays', async () => {
    await using opened = await prose();
    const better = (text: string): string | undefined => asked(opened.store, { text }).suggestion();
    assert.equal(better('harbur'), 'harbour');
    assert.equal(better('+harbur^3  title:storms -fish'), '+harbour^3  title:storms -fish');
    assert.equal(better('lihgthouze'), 'lighthouse');
    assert.equal(better('libary'), 'library', 'a word as it is written, not its stem');
    assert.equal(better('stomr harbour boots'), 'storm harbour boat');
  });

  test('nothing is suggested where words are found, excluded, patterns, or far from all', async () => {
    await using opened = await prose();
    for (const text of ['harbour', 'the', 'harbur*', 'harbur~1', '-harbur', 'qwertyuiop', 'xy']) {
      assert.equal(asked(opened.store, { text }).suggestion(), undefined, text);
    }
  });

  test('a word that no document has any more is not suggested', async () => {
    await using opened = await prose();
    const { store } = opened;
    store.indexDocument(100, new TestDocument({ title: 'quicksilver' }));
    assert.equal(asked(store, { text: 'quiksilver' }).suggestion(), 'quicksilver');
    store.removeDocument(100);
    assert.equal(asked(store, { text: 'quiksilver' }).suggestion(), undefined);
  });

  test('texts are told that were looked for, not those that were not wanted', async () => {
    await using opened = await prose();
    const { texts } = opened.store.search({
      and: [{ text: ['boat', 'storm'] }, { or: [{ text: 'sea' }] }, { not: { text: 'fish' } }],
    });
    assert.deepEqual(
      texts.map(({ index, query }) => `${index}: ${query}`),
      ['text: boat', 'text: storm', 'text: sea'],
    );
    assert.deepEqual(opened.store.search({}).texts, []);
  });
});
