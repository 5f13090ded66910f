import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LevelRevision } from '../../../odb/level/level-values.js';
import { LATELY_BYTES_MAX, LatelyWritten, type Written } from '../../../odb/level/level-lately.js';
import { asOid } from '../../../odb/oid.js';
import { asTid, TID_ZERO } from '../../../odb/tid.js';

function revision(bytes: number): Written<LevelRevision> {
  const value = new Uint8Array(bytes);
  const place = { tid: asTid(1), previousTid: TID_ZERO, skipTid: TID_ZERO, number: 1 };
  return { ...place, record: value, value, skip: undefined };
}

const SLICE = LATELY_BYTES_MAX / 24;

test('of the last bytes written, each object is kept as it was written last', () => {
  const lately = new LatelyWritten<LevelRevision>();
  const keep = (...oids: number[]): void => {
    for (const oid of oids) lately.keep(asOid(oid), revision(SLICE));
    lately.settle();
  };
  const kept = (...oids: number[]): number[] => {
    return oids.filter((oid) => lately.get(asOid(oid)) !== undefined);
  };
  for (let n = 1; n <= 17; n += 1) keep(n);
  keep(1);
  assert.deepEqual(kept(1, 2, 9, 10, 17), [1, 10, 17], 'what was written longest ago goes');

  lately.drop(asOid(17));
  lately.drop(asOid(17));
  assert.deepEqual(kept(1, 16, 17), [1, 16]);
  // However often one is written, the others are looked back on no longer than that.
  for (let n = 0; n < 18; n += 1) keep(18);
  assert.deepEqual(kept(1, 16, 18), [18]);
});

test('all of a batch is kept until it is settled, and then as much of it as may be', () => {
  const lately = new LatelyWritten<LevelRevision>();
  lately.keep(asOid(1), revision(SLICE));
  lately.settle();
  lately.keep(asOid(1), revision(LATELY_BYTES_MAX));
  for (let oid = 2; oid <= 30; oid += 1) lately.keep(asOid(oid), revision(SLICE));
  for (let oid = 1; oid <= 30; oid += 1) assert.ok(lately.get(asOid(oid)) !== undefined);
  lately.settle();
  assert.equal(lately.get(asOid(1)), undefined, 'nothing older is taken for what is too large');
  const kept = Array.from({ length: 29 }, (_, n) => lately.get(asOid(n + 2))).filter(Boolean);
  assert.equal(kept.length, 16, 'two thirds');
});
