/** Answers that are kept: for how long, how many, and when they are dropped. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResultCache, KEPT_ANSWERS_MAX, KEPT_BYTES_MAX } from '../../../server/sql/result-cache.js';
import type { AskedStatements } from '../../../server/sql/result-cache.js';
import type { SqlResult } from '../../../server/sql/result.js';
import type { SqlValue } from '../../../server/sql/value-types.js';
import { WriteCounts } from '../../../server/sql/write-counts.js';
import { statement } from './sql-site.js';

const target = { path: '/db', driver: 'sqlite', url: 'site.sqlite' } as const;

function asked(parameters: readonly SqlValue[], rowsMax = 10): AskedStatements {
  return { target, statements: [{ ...statement('SELECT 1'), parameters }], rowsMax };
}

function answer(value: SqlValue): readonly SqlResult[] {
  const columns = [{ name: 'a', type: 'text' }];
  return [{ columns, rows: [[value]], truncated: false, milliseconds: 0 }];
}

function keep(cache: ResultCache, question: AskedStatements, value: SqlValue, writes = 0): void {
  cache.keep(question, answer(value), { nowMs: 0, seconds: 10, writes });
}

test('an answer is found by statement, values and rows, until its time is up', () => {
  const cache = new ResultCache(new WriteCounts());
  keep(cache, asked([1]), 'one');
  assert.deepEqual(cache.find(asked([1]), 9_999), answer('one'));
  for (const other of [asked(['1']), asked([1n]), asked([true]), asked([1], 11), asked([])]) {
    assert.equal(cache.find(other, 0), undefined);
  }
  assert.equal(cache.find(asked([1]), 10_000), undefined);
  assert.deepEqual([cache.size, cache.sizeBytes], [0, 0]);
});

test('an answer is for those alone who have the same password', () => {
  const cache = new ResultCache(new WriteCounts());
  const [own, other] = ['mine', 'guessed'].map((password) => ({
    ...asked([1]),
    target: { ...target, password },
  }));
  assert.ok(own !== undefined && other !== undefined);
  keep(cache, own, 'secret');
  assert.deepEqual(cache.find(own, 0), answer('secret'));
  for (const without of [other, asked([1])]) assert.equal(cache.find(without, 0), undefined);
});

test('a write in another thread drops it, also one during the read', () => {
  const counts = new WriteCounts();
  const elsewhere = new WriteCounts(counts.handle);
  const cache = new ResultCache(counts);
  keep(cache, asked([1]), 'old', counts.of(target));
  elsewhere.add({ driver: 'postgres', url: 'site.sqlite' });
  assert.deepEqual(cache.find(asked([1]), 0), answer('old'));
  const before = counts.of(target);
  elsewhere.add(target);
  assert.equal(cache.find(asked([1]), 0), undefined);
  keep(cache, asked([1]), 'read before that', before);
  assert.equal(cache.find(asked([1]), 0), undefined);
});

test('it has room for so many answers, and so many bytes', () => {
  const cache = new ResultCache(new WriteCounts());
  for (let number = 0; number <= KEPT_ANSWERS_MAX; number += 1) {
    keep(cache, asked([number]), number);
    assert.deepEqual(cache.find(asked([1]), 0), number === 0 ? undefined : answer(1));
  }
  assert.equal(cache.size, KEPT_ANSWERS_MAX);
  assert.equal(cache.find(asked([0]), 0), undefined, 'the one used longest ago went');

  const large = 'x'.repeat(1024 * 1024);
  for (let number = 0; number < 20; number += 1) {
    keep(cache, asked([`large ${number}`]), large);
    assert.ok(cache.sizeBytes <= KEPT_BYTES_MAX);
  }
  assert.deepEqual(cache.find(asked(['large 19']), 0), answer(large));
  keep(cache, asked(['too large']), large + large + large);
  assert.equal(cache.find(asked(['too large']), 0), undefined);
});
