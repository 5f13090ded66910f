/** What a query may say, and what is said of one that makes no sense. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isQueryName } from '../../../server/catalog/query.js';
import { QueryError } from '../../../server/catalog/query-error.js';
import { found, openCatalog, TestDocument, type OpenCatalog } from './catalogs.js';

const INDEXES = [
  { name: 'kind', type: 'field' },
  { name: 'price', type: 'field' },
  { name: 'tags', type: 'keyword' },
  { name: 'modified', type: 'date' },
  { name: 'holds', type: 'dateRange', fields: ['since', 'until'] },
  { name: 'path', type: 'path' },
  { name: 'open', type: 'boolean' },
  { name: 'topic', type: 'topic', filters: [{ id: 'news', query: { kind: 'news' } }] },
  { name: 'both', type: 'composite', fields: ['kind', 'price'] },
];

async function shop(): Promise<OpenCatalog> {
  const opened = await openCatalog(INDEXES);
  const documents = [
    {
      kind: 'news',
      price: 5,
      tags: ['a', 'b'],
      modified: new Date('2026-11-20T23:59:59.999Z'),
      open: true,
    },
    {
      kind: 'news',
      price: 10,
      tags: ['b'],
      modified: '2026-11-21',
      open: 'no',
      since: '2026-01-01',
      until: '2026-06-30',
    },
    {
      kind: 'page',
      price: 20,
      tags: 'c',
      modified: Date.parse('2026-11-21T09:30:30Z'),
      since: '2026-03-01',
    },
    { kind: 'page', price: '20', tags: [], modified: null, open: 0, until: '2025-12-31' },
    { kind: true, price: 20.5, tags: ['a', 'b', 'c'] },
  ];
  for (const [i, values] of documents.entries()) {
    const ancestors = i < 3 ? [i + 1, 50, 40] : [i + 1, 40];
    opened.store.indexDocument(i + 1, new TestDocument(values, { ancestors }));
  }
  return opened;
}

const ANSWERS: readonly (readonly [unknown, readonly number[]])[] = [
  [{ kind: 'news' }, [1, 2]],
  [{ kind: ['news', 'page'] }, [1, 2, 3, 4]],
  [{ kind: { query: 'news' } }, [1, 2]],
  [{ kind: { not: 'news' } }, [3, 4, 5]],
  [{ kind: 'news', kind_not: [] }, [1, 2]],
  [{ kind: true }, [5]],
  [{ kind: 'true' }, [5]],
  [{ kind: [] }, []],
  // A text is also the number it reads as; a number is no text.
  [{ price: '20' }, [3, 4]],
  [{ price: 20 }, [3]],
  [{ price: { query: 10, range: 'min' } }, [2, 3, 5]],
  [{ price: { query: 10, usage: 'range:max' } }, [1, 2]],
  [{ price: { query: [10, 20], range: 'min:max' } }, [2, 3]],
  [{ price: ['10', '20'], price_range: 'min:max' }, [2, 3, 4]],
  [{ price_from: '10', price_to: '20' }, [2, 3, 4]],
  [{ price: { from: 6, not: 20 } }, [2, 5]],
  [{ tags: ['a', 'c'] }, [1, 3, 5]],
  [{ tags: ['a', 'b'], tags_operator: 'AND' }, [1, 5]],
  [{ tags: { query: 'b', not: ['a'] } }, [2]],
  [{ tags: { from: 'b' } }, [1, 2, 3, 5]],
  // A day is all of it, a minute too.
  [{ modified: '2026-11-21' }, [2, 3]],
  [{ modified_to: '2026-11-20' }, [1]],
  [{ modified_from: '2026-11-21 09:30', modified_to: '2026-11-21 09:30' }, [3]],
  [{ modified: '2026-11-21T09:30:30Z' }, [3]],
  [{ modified: { from: new Date('2026-11-20T23:59:59.999Z') } }, [1, 2, 3]],
  [{ holds: '2026-04-01' }, [1, 2, 3, 5]],
  [{ holds: '2025-06-01' }, [1, 4, 5]],
  [{ holds: { from: '2026-07-01' } }, [1, 3, 5]],
  [{ holds: { not: '2026-04-01' } }, [4]],
  [{ path: 40 }, [1, 2, 3, 4, 5]],
  [{ path: '/fifty' }, [1, 2, 3]],
  [{ path: '/nowhere' }, []],
  [{ path: 40, path_level: '1' }, [4, 5]],
  [{ path: { query: 40, not: 50 } }, [4, 5]],
  [{ path: { query: [40, 50], operator: 'and' } }, [1, 2, 3]],
  [{ path: { not: '/nowhere' } }, [1, 2, 3, 4, 5]],
  [{ open: 'yes' }, [1]],
  [{ open: false }, [2, 4]],
  [{ topic: 'news' }, [1, 2]],
  [{ kind: 'news', price: '10' }, [2]],
  [{ and: [{ kind: 'news' }, { or: [{ price: 5 }, { price: 20 }] }] }, [1]],
  [{ not: { tags: 'b' } }, [3, 4]],
  [{ and: [{ not: { tags: 'a' } }, { not: { kind: 'page' } }] }, [2]],
  [{ or: [{ kind: 'news', price: 10 }, { not: { path: 50 } }] }, [2, 4, 5]],
  // What asks nothing finds nothing, and what nobody filled in asks nothing.
  [{}, []],
  [{ kind: '' }, []],
  [{ kind: ' ', price: 10, tags: ['', ' '], modified_from: '' }, [2]],
  [{ tags: ['', 'a'] }, [1, 5]],
  [{ and: [] }, []],
  [{ and: [{}, { kind: 'news' }], or: [] }, [1, 2]],
  [{ not: {} }, []],
  [{ kind: undefined }, []],
];

const FAULTS: readonly (readonly [unknown, string])[] = [
  ['news', ''],
  [null, ''],
  [{ colour: 'red' }, 'colour'],
  [{ colour_from: 'red' }, 'colour_from'],
  [{ kind: { query: 'x', depth: 2 } }, 'kind.depth'],
  [{ kind: { query: 'x', range: 'up' } }, 'kind.range'],
  [{ kind: { query: ['x', 'y'], range: 'min' } }, 'kind.range'],
  [{ kind: { query: 'x', range: 'min:max' } }, 'kind.range'],
  [{ price: { query: 5, range: 'min', to: 7 } }, 'price.range'],
  [{ price: { from: 5, to: new Date(7) } }, 'price'],
  [{ kind: { query: ['x', 'y'], operator: 'and' } }, 'kind.operator'],
  [{ tags: ['x'], tags_operator: 'nor' }, 'tags.operator'],
  [{ tags: { query: 'x' }, tags_operator: 'or' }, 'tags'],
  [{ tags_operator: 'or', tags: { query: 'x' } }, 'tags'],
  [{ kind: 'x', kind_level: 1 }, 'kind.level'],
  [{ path: 40, path_level: 'deep' }, 'path.level'],
  [{ path: { from: 'a' } }, 'path'],
  [{ path: true }, 'path'],
  [{ kind: [{ a: 1 }] }, 'kind'],
  [{ kind: Number.NaN }, 'kind'],
  [{ kind: null }, 'kind'],
  [{ modified: 'soon' }, 'modified'],
  [{ modified_from: 'soon' }, 'modified.from'],
  [{ holds: 'now' }, 'holds'],
  [{ holds: { query: ['2026-01-01', '2026-02-01'], operator: 'and' } }, 'holds.operator'],
  [{ holds: '2026-01-01', holds_level: 1 }, 'holds.level'],
  [{ open: 'perhaps' }, 'open'],
  [{ open: { from: true } }, 'open'],
  [{ topic: 'sport' }, 'topic'],
  [{ topic: { from: 'a' } }, 'topic'],
  [{ both: 'x' }, 'both'],
  [{ and: { kind: 'x' } }, 'and'],
  [{ or: ['x'] }, 'or'],
  [{ not: 'x' }, 'not'],
  [{ kind: Array.from({ length: 1_001 }, (_, i) => i) }, 'kind'],
  [{ or: Array.from({ length: 201 }, (_, i) => ({ kind: i })) }, ''],
];

function resolvePath(path: string): number | undefined {
  return path === '/fifty' ? 50 : undefined;
}

describe('queries', () => {
  test('what each asks is found', async () => {
    await using opened = await shop();
    for (const [query, ids] of ANSWERS) {
      assert.deepEqual(found(opened.store, query, { resolvePath }), ids, JSON.stringify(query));
    }
  });

  test('one that makes no sense is refused, and names the part', async () => {
    await using opened = await shop();
    for (const [query, field] of FAULTS) {
      assert.throws(
        () => opened.store.search(query, { resolvePath }),
        (error) => {
          assert.ok(error instanceof QueryError, `${JSON.stringify(query)}: ${String(error)}`);
          assert.equal(error.code, 'SRV_QUERY');
          assert.equal(error.field, field, JSON.stringify(query));
          assert.ok(error.message.startsWith(field));
          return true;
        },
      );
    }
  });

  test('nesting has a bound', async () => {
    await using opened = await shop();
    let query: unknown = { kind: 'news' };
    for (let i = 0; i < 30; i += 1) query = { not: query };
    assert.throws(() => opened.store.search(query), { code: 'SRV_QUERY' });
  });

  test('sorts, batches and facets that make no sense are refused', async () => {
    await using opened = await shop();
    const query = { kind: 'news' };
    for (const [options, field] of [
      [{ sort: 'colour' }, 'sort'],
      [{ sort: 'tags' }, 'sort'],
      [{ sort: [{ index: 'path' }] }, 'sort'],
      [{ sort: 'price', order: 'up' }, 'order'],
      [{ sort: Array.from({ length: 11 }, () => 'price') }, 'sort'],
      [{ start: -1 }, 'start'],
      [{ limit: 1.5 }, 'limit'],
      [{ start: 9_990 }, 'start'],
      [{ facets: ['colour'] }, 'facets'],
      [{ facets: ['holds'] }, 'facets'],
      [{ facets: [{ index: 'kind', limit: 0 }] }, 'facets'],
    ] as const) {
      assert.throws(
        () => opened.store.search(query, options),
        (error) => error instanceof QueryError && error.field === field,
        JSON.stringify(options),
      );
    }
    assert.throws(() => opened.store.indexValues('holds', { limit: 5 }), QueryError);
  });

  test('a sort is written in several ways', async () => {
    await using opened = await shop();
    const query = { path: 40 };
    const descending = [4, 5, 3, 2, 1];
    for (const options of [
      { sort: '-price' },
      { sort: 'price', order: 'descending' },
      { sort: ['price'], order: ['reverse'] },
      { sort: [{ index: 'price', order: 'desc' }] },
    ]) {
      assert.deepEqual(found(opened.store, query, options), descending);
    }
    assert.deepEqual(found(opened.store, query, { sort: 'score' }), [1, 2, 3, 4, 5]);
    assert.deepEqual(
      found(opened.store, query, { sort: '', order: '' }).toSorted(),
      [1, 2, 3, 4, 5],
    );
  });

  test('a composite is asked in the place of its parts', async () => {
    await using opened = await shop();
    const steps = (query: unknown): string[] =>
      opened.store.search(query).plan.map(({ step }) => step);
    assert.equal(steps({ kind: 'news', price: 10 })[0], 'both');
    assert.equal(steps({ kind: ['news', 'page'], price: 20, tags: 'c' }).includes('kind'), false);
    assert.equal(steps({ kind: 'news', price_from: 3 }).includes('both'), false);
  });

  test('names of a form that are about the catalog are told from others', async () => {
    await using opened = await shop();
    const { indexes } = opened.store;
    for (const name of ['kind', 'modified_from', 'tags_operator'])
      assert.ok(isQueryName(name, indexes));
    for (const name of ['q', 'colour_from', 'kind_depth', '_from'])
      assert.ok(!isQueryName(name, indexes));
  });
});
