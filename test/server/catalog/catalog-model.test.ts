/**
 * Catalogs against a plain model: random documents that come, change, move and go, random queries,
 * sorts and facets. What the catalog answers is what a look at every document gives.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EntryMap } from '../../../server/catalog/entry-map.js';
import type { CatalogStore } from '../../../server/catalog/catalog-store.js';
import { randomRuns } from '../../support/random.js';
import { openCatalog, TestDocument } from './catalogs.js';

const KINDS = ['alpha', 'beta', 'gamma', 'delta'];
const TAGS = ['a', 'b', 'c', 'd', 'e'];
const TOPICS = {
  cheap: (v: Values) => (v.price ?? 100) <= 10,
  alphas: (v: Values) => v.kind === 'alpha',
};

const INDEXES = [
  { name: 'kind', type: 'field' },
  { name: 'price', type: 'field' },
  { name: 'tags', type: 'keyword' },
  { name: 'day', type: 'date' },
  { name: 'period', type: 'dateRange', fields: ['since', 'until'] },
  { name: 'path', type: 'path' },
  { name: 'open', type: 'boolean' },
  {
    name: 'topic',
    type: 'topic',
    filters: [
      { id: 'cheap', query: { price_to: 10 } },
      { id: 'alphas', query: { and: [{ kind: 'alpha' }, { not: { kind: 'beta' } }] } },
    ],
  },
  { name: 'kindAndTags', type: 'composite', fields: ['kind', 'tags'] },
];

interface Values {
  readonly kind?: string | undefined;
  readonly price?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly day?: Date | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly open?: boolean | undefined;
}

interface Modelled {
  readonly values: Values;
  /** 1 is the catalog's folder; 2, 3 are in it; 4 is in 3. */
  readonly folder: number;
}

const ANCESTORS: Readonly<Record<number, readonly number[]>> = {
  1: [1],
  2: [2, 1],
  3: [3, 1],
  4: [4, 3, 1],
};

function maybe<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 4 });
}

const days = fc.integer({ min: 0, max: 12 }).map((n) => new Date(Date.UTC(2026, 0, 1 + n, n)));
const documents: fc.Arbitrary<Modelled> = fc.record({
  values: fc.record({
    kind: maybe(fc.constantFrom(...KINDS)),
    price: maybe(fc.integer({ min: -5, max: 30 })),
    tags: maybe(fc.subarray(TAGS)),
    day: maybe(days),
    since: maybe(days),
    until: maybe(days),
    open: maybe(fc.boolean()),
  }),
  folder: fc.integer({ min: 1, max: 4 }),
});

const docid = fc.integer({ min: 10, max: 40 });
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ docid, document: documents }) },
    { weight: 1, arbitrary: fc.record({ docid }) },
  ),
  { minLength: 10, maxLength: 80, size: 'max' },
);

/** A query, and whether a document is what it asks for. */
interface Question {
  readonly query: Record<string, unknown>;
  holds(document: Modelled, id: number): boolean;
}

function isBetween(value: number | undefined, from: number, to: number): boolean {
  return value !== undefined && value >= from && value <= to;
}

const terms: fc.Arbitrary<Question> = fc.oneof(
  fc.subarray(KINDS).map((kinds) => ({
    query: { kind: kinds },
    holds: ({ values }: Modelled) => values.kind !== undefined && kinds.includes(values.kind),
  })),
  fc.constantFrom(...KINDS).map((kind) => ({
    query: { kind: { not: kind } },
    holds: ({ values }: Modelled) => values.kind !== undefined && values.kind !== kind,
  })),
  fc
    .tuple(fc.integer({ min: -6, max: 31 }), fc.integer({ min: -6, max: 31 }))
    .map(([from, to]) => ({
      query: { price: { query: [from, to], range: 'min:max' } },
      holds: ({ values }: Modelled) => isBetween(values.price, from, to),
    })),
  fc.integer({ min: -6, max: 31 }).map((price) => ({
    query: { price_from: String(price), price_not: [price + 1] },
    holds: ({ values }: Modelled) =>
      isBetween(values.price, price, Infinity) && values.price !== price + 1,
  })),
  fc.tuple(fc.subarray(TAGS, { minLength: 1 }), fc.boolean()).map(([tags, all]) => ({
    query: { tags: { query: tags, operator: all ? 'and' : 'or' } },
    holds: ({ values }: Modelled) => {
      const has = (tag: string): boolean => values.tags?.includes(tag) === true;
      return all ? tags.every(has) : tags.some(has);
    },
  })),
  days.map((day) => ({
    query: { day: day.toISOString().slice(0, 10) },
    holds: ({ values }: Modelled) =>
      values.day?.toISOString().slice(0, 10) === day.toISOString().slice(0, 10),
  })),
  days.map((day) => ({
    query: { day_to: day },
    holds: ({ values }: Modelled) => isBetween(values.day?.getTime(), -Infinity, day.getTime()),
  })),
  days.map((day) => ({
    query: { period: day },
    holds: ({ values: { since, until } }: Modelled) =>
      (since === undefined || since <= day) && (until === undefined || until >= day),
  })),
  fc.tuple(days, days).map(([from, to]) => ({
    query: { period: { from, to } },
    holds: ({ values: { since, until } }: Modelled) =>
      (since === undefined || since <= to) && (until === undefined || until >= from),
  })),
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: -1, max: 3 }))
    .map(([folder, level]) => ({
      query: { path: { query: folder, level } },
      holds: ({ folder: within }: Modelled) => {
        const at = (ANCESTORS[within] ?? []).indexOf(folder);
        return at !== -1 && (level === -1 || at + 1 <= level);
      },
    })),
  docid.map((id) => ({ query: { path: id }, holds: (_: Modelled, each: number) => each === id })),
  fc.boolean().map((open) => ({
    query: { open: String(open) },
    holds: ({ values }: Modelled) => values.open === open,
  })),
  fc.subarray(['cheap', 'alphas'] as const, { minLength: 1 }).map((topics) => ({
    query: { topic: { query: topics, operator: 'and' } },
    holds: ({ values }: Modelled) => topics.every((topic) => TOPICS[topic](values)),
  })),
  fc.tuple(fc.subarray(KINDS, { minLength: 1 }), fc.constantFrom(...TAGS)).map(([kinds, tag]) => ({
    query: { kind: kinds, tags: tag },
    holds: ({ values }: Modelled) =>
      values.kind !== undefined &&
      kinds.includes(values.kind) &&
      values.tags?.includes(tag) === true,
  })),
);

const questions: fc.Arbitrary<Question> = fc.letrec<{ question: Question }>((tie) => ({
  question: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: terms },
    {
      weight: 2,
      arbitrary: fc.array(tie('question'), { minLength: 1, maxLength: 3 }).map((all) => ({
        query: { and: all.map(({ query }) => query) },
        holds: (document: Modelled, id: number) => all.every((each) => each.holds(document, id)),
      })),
    },
    {
      weight: 1,
      arbitrary: fc.array(tie('question'), { minLength: 1, maxLength: 3 }).map((some) => ({
        query: { or: some.map(({ query }) => query) },
        holds: (document: Modelled, id: number) => some.some((each) => each.holds(document, id)),
      })),
    },
    {
      weight: 1,
      arbitrary: tie('question').map(({ query, holds }) => ({
        query: { not: query },
        holds: (document: Modelled, id: number) => !holds(document, id),
      })),
    },
  ),
})).question;

const SORTS = ['kind', 'price', 'day', 'open'] as const;
const sorts = fc.uniqueArray(
  fc.record({ index: fc.constantFrom(...SORTS), descending: fc.boolean() }),
  { maxLength: 3, selector: ({ index }) => index },
);

function sortValue(values: Values, index: (typeof SORTS)[number]): string | number | undefined {
  const value = values[index];
  return value instanceof Date || typeof value === 'boolean' ? Number(value) : value;
}

function expected(
  model: ReadonlyMap<number, Modelled>,
  question: Question,
  keys: readonly { readonly index: (typeof SORTS)[number]; readonly descending: boolean }[],
): number[] {
  const compare = ([a, first]: [number, Modelled], [b, second]: [number, Modelled]): number => {
    for (const { index, descending } of keys) {
      const [one, other] = [sortValue(first.values, index), sortValue(second.values, index)];
      if (one === other) continue;
      if (one === undefined) return 1;
      if (other === undefined) return -1;
      return one < other === descending ? 1 : -1;
    }
    return a - b;
  };
  return [...model]
    .filter(([id, document]) => question.holds(document, id))
    .sort(compare)
    .map(([id]) => id);
}

function apply(
  store: CatalogStore,
  model: Map<number, Modelled>,
  step: { readonly docid: number; readonly document?: Modelled },
): void {
  const { docid: id, document } = step;
  if (document === undefined) {
    assert.equal(store.removeDocument(id), model.delete(id));
    return;
  }
  model.set(id, document);
  const ancestors = [id, ...(ANCESTORS[document.folder] ?? [])];
  store.indexDocument(id, new TestDocument({ ...document.values }, { ancestors }));
}

test('whatever happened to the documents, a query finds what it asks for, in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.array(fc.tuple(questions, sorts, fc.nat({ max: 12 }), fc.nat({ max: 15 })), {
        minLength: 6,
        maxLength: 6,
      }),
      async (history, asked) => {
        await using opened = await openCatalog(INDEXES);
        const { store, connection } = opened;
        const model = new Map<number, Modelled>();
        for (const [at, step] of history.entries()) {
          apply(store, model, step);
          if (at % 7 === 6) await connection.commit();
        }
        assert.equal(store.size, model.size);
        for (const [question, keys, start, limit] of asked) {
          const sort = keys.map(({ index, descending }) => (descending ? `-${index}` : index));
          const result = store.search(question.query, {
            sort,
            start,
            limit,
            facets: ['kind', 'tags'],
          });
          const all = expected(model, question, keys);
          const said = JSON.stringify([question.query, sort, result.plan]);
          assert.equal(result.total, all.length, said);
          assert.deepEqual(
            result.hits.map(({ docid: id }) => id),
            all.slice(start, start + limit),
            said,
          );
          for (const name of ['kind', 'tags'] as const) {
            const counts = new Map<unknown, number>();
            for (const id of all) {
              for (const value of [model.get(id)?.values[name] ?? []].flat()) {
                counts.set(value, (counts.get(value) ?? 0) + 1);
              }
            }
            const told = result.facets[name] ?? [];
            assert.deepEqual(new Map(told.map(({ value, count }) => [value, count])), counts, said);
            const sizes = told.map(({ count }) => count);
            assert.deepEqual(
              sizes,
              sizes.toSorted((a, b) => b - a),
            );
          }
        }
      },
    ),
    randomRuns(120),
  );
});

test('removing every document leaves no entry in any index', async () => {
  await using opened = await openCatalog(INDEXES);
  const { store } = opened;
  const model = new Map<number, Modelled>();
  const drawn = fc.sample(fc.tuple(docid, documents), { numRuns: 200, seed: 5 });
  for (const [id, document] of drawn) apply(store, model, { docid: id, document });
  for (const id of model.keys()) store.removeDocument(id);
  for (const [name, { parts }] of Object.entries(store.stored)) {
    for (const part of Object.values(parts)) {
      assert.ok(part instanceof EntryMap);
      assert.deepEqual([...part], [], `${name} is empty`);
    }
  }
  assert.equal(store.size, 0);
});
