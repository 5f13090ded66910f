/** Hits with scores: how they are put together, and sorted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { any, both, only, scoredHits, without, type Hits } from '../../../server/catalog/hits.js';
import { sortHits } from '../../../server/catalog/sort.js';

function scored(scores: Readonly<Record<number, number>>): Hits {
  const docids = Float64Array.from(Object.keys(scores).map(Number));
  return scoredHits(docids, (some) => some.map((docid) => scores[docid] ?? Number.NaN));
}

function plain(...docids: readonly number[]): Hits {
  return { docids: Float64Array.from(docids) };
}

function asRecord({ docids, scoresOf }: Hits): Record<number, number | undefined> {
  const scores = scoresOf?.(docids);
  return Object.fromEntries([...docids].map((docid, i) => [docid, scores?.[i]]));
}

describe('hits with scores', () => {
  const a = scored({ 1: 5, 3: 2, 5: 7 });
  const b = scored({ 3: 1, 4: 4, 5: 3 });

  test('scores of what both find add up', () => {
    assert.deepEqual(asRecord(both(a, b)), { 3: 3, 5: 10 });
    assert.deepEqual(asRecord(both(a, plain(1, 5, 9))), { 1: 5, 5: 7 });
    assert.deepEqual(asRecord(both(plain(1, 5, 9), a)), { 1: 5, 5: 7 });
    assert.equal(both(plain(1), plain(1)).scoresOf, undefined);
  });

  test('scores of what any finds add up, and what has none counts nothing', () => {
    assert.deepEqual(asRecord(any([a, b, plain(1, 9)])), { 1: 5, 3: 3, 4: 4, 5: 10, 9: 0 });
    assert.deepEqual(asRecord(any([a])), { 1: 5, 3: 2, 5: 7 });
    assert.deepEqual([...any([]).docids], []);
  });

  test('what a part of a query left out has no score of that part', () => {
    const all = plain(1, 3, 4, 5);
    assert.deepEqual(asRecord(any([both(a, b), all])), { 1: 0, 3: 3, 4: 0, 5: 10 });
    assert.deepEqual(asRecord(any([without(a, b), all])), { 1: 5, 3: 0, 4: 0, 5: 0 });
  });

  test('exclusions and filters keep the scores of what is left', () => {
    assert.deepEqual(asRecord(without(a, b)), { 1: 5 });
    assert.deepEqual(asRecord(only(a, Float64Array.of(3, 5))), { 3: 2, 5: 7 });
  });

  test('few hits keep their scores among very many', () => {
    const docids = Float64Array.from({ length: 1_000 }, (_, i) => i);
    const many = scoredHits(docids, (some) => some.map((docid) => docid / 2));
    assert.deepEqual(asRecord(both(plain(10, 500, 5_000), many)), { 10: 5, 500: 250 });
    assert.deepEqual([...(many.scoresOf?.(Float64Array.of(7, 7.5, 5_000)) ?? [])], [3.5, 0, 0]);
  });

  test('the best come first, and equal ones by id', () => {
    const docids = Float64Array.from({ length: 500 }, (_, i) => i + 1);
    const hits = scoredHits(docids, (some) => some.map((docid) => (docid * 7) % 50));
    const source = { sortKey: () => undefined };
    const order = [...docids].sort((x, y) => ((y * 7) % 50) - ((x * 7) % 50) || x - y);
    for (const count of [1, 20, 300, 500, 900]) {
      const best = sortHits(hits, [{ index: undefined, descending: true }], count, source);
      assert.deepEqual(best.docids, order.slice(0, count));
    }
    const worst = sortHits(hits, [{ index: undefined, descending: false }], 3, source);
    assert.deepEqual(worst.docids, [50, 100, 150]);
  });
});
