import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlowQueries } from '../../../server/catalog/slow-queries.js';
import { openCatalog, TestDocument } from './catalogs.js';

const note = { shape: 'kind', milliseconds: 150, plan: [], total: 3 };

test('queries of one shape are one entry, which keeps the plan of the slowest', () => {
  const slow = new SlowQueries({ now: () => 1_000 });
  slow.note(note);
  const plan = [{ step: 'kind', hits: 9, milliseconds: 240 }];
  slow.note({ ...note, milliseconds: 250, plan, total: 9 });
  slow.note({ ...note, milliseconds: 200 });
  slow.note({ ...note, milliseconds: 99 });
  assert.deepEqual(slow.list(), [
    { shape: 'kind', count: 3, meanMs: 200, longestMs: 250, lastMs: 1_000, plan, total: 9 },
  ]);
  slow.clear();
  assert.deepEqual(slow.list(), []);
});

test('the log has a bound: the shape that was slow least recently goes', () => {
  const slow = new SlowQueries({ entriesMax: 2, thresholdMs: 10 });
  for (const shape of ['a', 'b', 'a', 'c']) slow.note({ ...note, shape });
  assert.deepEqual(
    slow
      .list()
      .map(({ shape }) => shape)
      .sort(),
    ['a', 'c'],
  );
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
  slow.note(result);
  assert.equal(slow.list()[0]?.shape, result.shape);
  assert.equal(slow.list()[0]?.total, 1);
});
