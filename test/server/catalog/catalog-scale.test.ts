/**
 * Catalogs of some thousand documents, whose entries fill many nodes: every way to find, filter,
 * sort and count, against a look at every document.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CatalogStore } from '../../../server/catalog/catalog-store.js';
import type { SearchOptions } from '../../../server/catalog/search-options.js';
import { found, openCatalog, TestDocument } from './catalogs.js';

const COUNT = 3_000;
const FOLDERS = 20;

interface Row {
  readonly docid: number;
  readonly folder: number;
  readonly ownSettings: boolean;
  readonly few: string;
  readonly many: number | undefined;
  readonly only: number;
  readonly tags: readonly string[];
  readonly rare: boolean | undefined;
}

/** Numbers below `limit` that look random. */
function scattered(i: number, salt: number, limit: number): number {
  return (Math.imul(i + 1, 2_654_435_761) >>> (7 + salt)) % limit;
}

const rows: readonly Row[] = Array.from({ length: COUNT }, (_, i) => ({
  docid: 100 + i * 3,
  folder: 10 + scattered(i, 1, FOLDERS),
  ownSettings: i % 50 === 7,
  few: `kind${scattered(i, 2, 6)}`,
  many: i % 9 === 4 ? undefined : scattered(i, 3, 300),
  only: scattered(i, 4, 1_000_000) * COUNT + i,
  tags: [`t${scattered(i, 5, 7)}`, `t${scattered(i, 6, 40)}`],
  rare: i % 500 === 3 ? true : undefined,
}));

async function filled(): Promise<Awaited<ReturnType<typeof openCatalog>>> {
  const opened = await openCatalog([
    { name: 'few', type: 'field' },
    { name: 'many', type: 'field' },
    { name: 'only', type: 'field' },
    { name: 'tags', type: 'keyword' },
    { name: 'rare', type: 'boolean' },
    { name: 'path', type: 'path' },
  ]);
  // Not in the order of their ids.
  for (let i = 0; i < COUNT; i += 1) {
    const row = rows[(i * 1_009) % COUNT];
    assert.ok(row !== undefined);
    const { docid, folder, ownSettings, ...values } = row;
    const ancestors = [docid, folder, 1];
    opened.store.indexDocument(docid, new TestDocument(values, { ancestors, ownSettings }));
  }
  await opened.connection.commit();
  return opened;
}

type Key = 'few' | 'many' | 'only' | 'rare';

function inOrder(some: readonly Row[], keys: readonly string[]): number[] {
  const compare = (a: Row, b: Row): number => {
    for (const key of keys) {
      const name = key.replace('-', '') as Key;
      const [one, other] = [a[name], b[name]];
      if (one === other) continue;
      if (one === undefined) return 1;
      if (other === undefined) return -1;
      return one < other === key.startsWith('-') ? 1 : -1;
    }
    return a.docid - b.docid;
  };
  return some.toSorted(compare).map(({ docid }) => docid);
}

const QUERIES: readonly { readonly query: unknown; holds(row: Row): boolean }[] = [
  { query: { path: 1 }, holds: () => true },
  { query: { few: 'kind3' }, holds: ({ few }) => few === 'kind3' },
  { query: { many: { from: 100, to: 250 } }, holds: ({ many = -1 }) => many >= 100 && many <= 250 },
  {
    query: { tags: { query: ['t1', 't2'], operator: 'and' } },
    holds: ({ tags }) => tags.includes('t1') && tags.includes('t2'),
  },
  { query: { rare: true }, holds: ({ rare }) => rare === true },
  { query: { rare: true, few: 'kind1' }, holds: (row) => row.rare === true && row.few === 'kind1' },
  {
    query: { path: 12, tags: ['t3', 't4'] },
    holds: (row) => row.folder === 12 && row.tags.some((tag) => tag === 't3' || tag === 't4'),
  },
  {
    query: { many: { from: 290 }, not: { few: ['kind0', 'kind1'] } },
    holds: ({ many = -1, few }) => many >= 290 && !['kind0', 'kind1'].includes(few),
  },
  {
    query: { or: [{ only_to: 5_000_000 }, { few: 'kind5', rare: true }] },
    holds: (row) => row.only <= 5_000_000 || (row.few === 'kind5' && row.rare === true),
  },
];
const SORTS: readonly (readonly string[])[] = [
  ['few'],
  ['-few'],
  ['many'],
  ['-many'],
  ['only'],
  ['-only'],
  ['few', '-many'],
  ['-few', 'many'],
  ['-many', '-few', 'only'],
  ['rare', '-only'],
  ['-rare'],
];

function batch(store: CatalogStore, query: unknown, options: SearchOptions): number[] {
  return store.search(query, options).hits.map(({ docid }) => docid);
}

describe('some thousand documents', () => {
  test('every batch of every sort is what a full sort gives', async () => {
    await using opened = await filled();
    for (const { query, holds } of QUERIES) {
      const some = rows.filter(holds);
      assert.equal(opened.store.search(query).total, some.length, JSON.stringify(query));
      for (const sort of SORTS) {
        const all = inOrder(some, sort);
        for (const [start, limit] of [
          [0, 20],
          [15, 40],
          [some.length - 10, 30],
          [0, COUNT],
        ] as const) {
          if (start < 0) continue;
          assert.deepEqual(
            batch(opened.store, query, { sort, start, limit }),
            all.slice(start, start + limit),
            JSON.stringify([query, sort, start, limit]),
          );
        }
      }
    }
  });

  test('a batch is walked to where hits are many, and looked up where they are few', async () => {
    await using opened = await filled();
    const last = (query: unknown): string =>
      opened.store.search(query, { sort: 'only', limit: 5 }).plan.at(-1)?.step ?? '';
    assert.equal(last({ few: 'kind3' }), 'sorted: walked only');
    assert.equal(last({ rare: true }), 'sorted: looked up only');
  });

  test('the part that finds least is asked first, and others are tested where few are left', async () => {
    await using opened = await filled();
    const { plan } = opened.store.search({ few: 'kind1', rare: true });
    assert.equal(plan[0]?.step, 'rare');
    assert.match(plan[1]?.step ?? '', /few, tested one by one/);
  });

  test('totals, batches and facets hold only what may be viewed', async () => {
    await using opened = await filled();
    const asked: number[] = [];
    const judged: number[] = [];
    const visibility = {
      container: (oid: number) => {
        asked.push(oid);
        if (oid % 3 === 0) return 'all';
        return oid % 3 === 1 ? 'none' : 'each';
      },
      document: (docid: number) => {
        judged.push(docid);
        return docid % 2 === 0;
      },
      value: () => undefined,
    } as const;
    const mayView = ({ docid, folder, ownSettings }: Row): boolean =>
      ownSettings || folder % 3 === 2 ? docid % 2 === 0 : folder % 3 === 0;
    for (const { query, holds } of QUERIES) {
      asked.length = 0;
      judged.length = 0;
      const some = rows.filter((row) => holds(row) && mayView(row));
      const options = { visibility, sort: 'few', limit: 30, facets: [{ index: 'few', limit: 6 }] };
      const result = opened.store.search(query, options);
      assert.equal(result.total, some.length, JSON.stringify(query));
      assert.deepEqual(
        result.hits.map(({ docid }) => docid),
        inOrder(some, ['few']).slice(0, 30),
      );
      const counted = (result.facets.few ?? []).reduce((sum, { count }) => sum + count, 0);
      assert.equal(counted, some.length);
      assert.equal(new Set(asked).size, asked.length, 'each container is asked once');
      assert.equal(new Set(judged).size, judged.length, 'each document is judged once');
    }
    const everything = { ...visibility, everything: true };
    assert.equal(opened.store.search({ path: 1 }, { visibility: everything }).total, COUNT);
  });

  test('values are listed in order, page by page, with how many have each', async () => {
    await using opened = await filled();
    const { store } = opened;
    const listed: (readonly [unknown, number])[] = [];
    let after: string | undefined;
    do {
      const page = store.indexValues('tags', { after, limit: 7 });
      listed.push(...page.values.map(({ value, count }) => [value, count] as const));
      after = page.next;
    } while (after !== undefined);
    const tags = [...new Set(rows.flatMap(({ tags: own }) => own))].sort();
    assert.deepEqual(
      listed,
      tags.map((tag) => [tag, rows.filter(({ tags: own }) => own.includes(tag)).length]),
    );
  });

  test('documents are listed by id, page by page', async () => {
    await using opened = await filled();
    const listed: number[] = [];
    for (;;) {
      const page = opened.store.documentIds({ after: listed.at(-1) ?? 0, limit: 700 });
      if (page.length === 0) break;
      listed.push(...page);
    }
    assert.deepEqual(
      listed,
      rows.map(({ docid }) => docid),
    );
    assert.deepEqual(found(opened.store, { path: 999 }), []);
  });
});
