import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  difference,
  DocidGatherer,
  DocidSet,
  intersection,
  lowerIndex,
  union,
} from '../../../server/catalog/docids.js';
import { randomRuns } from '../../support/random.js';

const dense = fc.integer({ min: 1, max: 400 });
const sparse = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const lists = fc
  .tuple(fc.constantFrom(dense, sparse), fc.constantFrom(5, 300))
  .chain(([ids, maxLength]) => fc.uniqueArray(ids, { maxLength, size: 'max' }))
  .map((ids) => Float64Array.from(ids.sort((a, b) => a - b)));

test('intersection, difference and union are those of sets', () => {
  fc.assert(
    fc.property(lists, lists, lists, (a, b, c) => {
      const [one, other] = [new Set(a), new Set(b)];
      assert.deepEqual(
        [...intersection(a, b)],
        [...a].filter((id) => other.has(id)),
      );
      assert.deepEqual(
        [...difference(a, b)],
        [...a].filter((id) => !other.has(id)),
      );
      const all = new Set([...one, ...other, ...c]);
      assert.deepEqual(
        [...union([a, b, c])],
        [...all].sort((x, y) => x - y),
      );
    }),
    randomRuns(500),
  );
});

test('a list much longer than the other is searched, with the same answer', () => {
  const long = Float64Array.from({ length: 5_000 }, (_, i) => i * 3);
  const short = Float64Array.from([3, 4, 2_998, 2_999, 3_000, 14_997, 20_000]);
  assert.deepEqual([...intersection(short, long)], [3, 3_000, 14_997]);
  assert.deepEqual([...intersection(long, short)], [3, 3_000, 14_997]);
  assert.deepEqual([...difference(short, long)], [4, 2_998, 2_999, 20_000]);
});

test('a set has what its list has, near each other or far apart', () => {
  fc.assert(
    fc.property(lists, fc.array(fc.oneof(dense, sparse)), (list, others) => {
      const set = new DocidSet(list);
      const plain = new Set(list);
      for (const id of [...list, ...others]) assert.equal(set.has(id), plain.has(id));
    }),
    randomRuns(300),
  );
});

test('gathered ids come sorted, each once, however they were added', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(lists, dense), { maxLength: 8 }), (parts) => {
      const gathered = new DocidGatherer();
      const plain: number[] = [];
      for (const part of parts) {
        if (typeof part === 'number') gathered.add(part);
        else gathered.addAll(part, part.length >> 2, part.length);
        plain.push(...(typeof part === 'number' ? [part] : part.slice(part.length >> 2)));
      }
      assert.deepEqual(
        [...gathered.sorted()],
        [...new Set(plain)].sort((a, b) => a - b),
      );
    }),
    randomRuns(300),
  );
});

test('lowerIndex gives where an id is, or would be', () => {
  const list = Float64Array.of(2, 4, 6);
  assert.deepEqual(
    [1, 2, 3, 6, 7].map((id) => lowerIndex(list, id)),
    [0, 0, 1, 2, 3],
  );
});
