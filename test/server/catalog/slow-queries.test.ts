import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlowQueries } from '../../../server/catalog/slow-queries.js';
import { openCatalog, TestDocument } from './catalogs.js';

const note = { shape: 'kind', milliseconds: 150, plan: [], total: 3 };

test('queries of one shape are one entry, which keeps the plan of the slowest', () => {
  const slow = new SlowQueries({ now: () => 1_000 });
  slow.note(7, note);
  const plan = [{ step: 'kind', hits: 9, milliseconds: 240 }];
  slow.note(7, { ...note, milliseconds: 250, plan, total: 9 });
  slow.note(7, { ...note, milliseconds: 200 });
  slow.note(7, { ...note, milliseconds: 99 });
  assert.deepEqual(slow.list(7), [
    { shape: 'kind', count: 3, meanMs: 200, longestMs: 250, lastMs: 1_000, plan, total: 9 },
  ]);
  assert.deepEqual(slow.list(8), []);
});

test('the log has a bound: the shape that was slow least recently goes', () => {
  let clock = 0;
  const slow = new SlowQueries({ entriesMax: 2, thresholdMs: 10, now: () => (clock += 1) });
  for (const shape of ['a', 'b', 'a', 'c']) slow.note(7, { ...note, shape });
  assert.deepEqual(
    slow.list(7).map(({ shape, count }) => [shape, count]),
    [
      ['c', 1],
      ['a', 2],
    ],
  );
});

test('threads that share the memory have one list, the last query first, catalog by catalog', () => {
  let clock = 0;
  const now = (): number => (clock += 1);
  const one = new SlowQueries({ now });
  const other = new SlowQueries({ now, handle: one.handle });
  one.note(7, { ...note, shape: 'first' });
  other.note(7, { ...note, shape: 'second' });
  other.note(8, { ...note, shape: 'first' });
  other.note(7, { ...note, shape: 'first', milliseconds: 250 });
  assert.deepEqual(one.list(7), other.list(7));
  const told = one.list(7).map(({ shape, count, meanMs }) => [shape, count, meanMs]);
  assert.deepEqual(told, [
    ['first', 2, 200],
    ['second', 1, 150],
  ]);
  assert.equal(one.list(8).length, 1);
});

test('an entry that a thread did not finish is nothing, and is taken over later', () => {
  let clock = 1_000;
  const slow = new SlowQueries({ entriesMax: 1, now: () => clock });
  slow.note(7, note);
  const states = new Int32Array(slow.handle);
  states[0] = (states[0] ?? 0) + 1;
  assert.deepEqual(slow.list(7), []);
  slow.note(7, { ...note, shape: 'other' });
  assert.deepEqual(slow.list(7), [], 'it may be written still');
  clock += 1_000;
  slow.note(7, { ...note, shape: 'other' });
  assert.deepEqual(
    slow.list(7).map(({ shape }) => shape),
    ['other'],
  );
});

test('of a plan that is too long for its entry the beginning is kept, and long words are cut', () => {
  const slow = new SlowQueries();
  const step = { step: '\u6f22'.repeat(900), hits: 1, milliseconds: 0.5 };
  const plan = Array.from({ length: 40 }, () => step);
  slow.note(7, { shape: 'x'.repeat(2_000), milliseconds: 150, plan, total: 3 });
  const [told] = slow.list(7);
  assert.equal(told?.shape.length, 500);
  assert.ok(told.plan.length > 1 && told.plan.length < 40);
  assert.deepEqual(told.plan[0], { ...step, step: step.step.slice(0, 500) });
});

test('a search tells its plan, its time and its shape', async () => {
  await using opened = await openCatalog([
    { name: 'kind', type: 'field' },
    { name: 'price', type: 'field' },
  ]);
  opened.store.indexDocument(5, new TestDocument({ kind: 'a', price: 3 }));
  let clock = 0;
  const result = opened.store.search(
    { or: [{ kind: ['a', 'b'] }, { not: { price: 3 } }] },
    { sort: ['-price', 'score'], now: () => (clock += 60) },
  );
  assert.equal(result.shape, 'or(kind (or of 2), not(price)), sort -price, -score');
  assert.ok(result.plan.length >= 4);
  assert.ok(result.plan.every(({ milliseconds }) => milliseconds === 60));
  const slow = new SlowQueries();
  slow.note(7, result);
  assert.equal(slow.list(7)[0]?.shape, result.shape);
  assert.equal(slow.list(7)[0]?.total, 1);
});
