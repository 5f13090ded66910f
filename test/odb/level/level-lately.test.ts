import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LevelRevision } from '../../../odb/level/level-values.js';
import { LATELY_BYTES_MAX, LatelyWritten } from '../../../odb/level/level-lately.js';
import { asOid } from '../../../odb/oid.js';
import { asTid, TID_ZERO } from '../../../odb/tid.js';

function revision(bytes: number): LevelRevision {
  const value = new Uint8Array(bytes);
  const place = { tid: asTid(1), previousTid: TID_ZERO, skipTid: TID_ZERO, number: 1 };
  return { ...place, record: value, value };
}

const SLICE = LATELY_BYTES_MAX / 16;

test('of the last bytes written, each object is kept as it was written last', () => {
  const lately = new LatelyWritten<LevelRevision>();
  const keep = (oid: number, bytes = SLICE): void => {
    lately.keep(asOid(oid), { revision: revision(bytes), skip: undefined });
  };
  const kept = (...oids: number[]): number[] => {
    return oids.filter((oid) => lately.get(asOid(oid)) !== undefined);
  };
  for (let n = 1; n <= 15; n += 1) keep(n);
  keep(1);
  assert.deepEqual(kept(1, 2, 15), [1, 2, 15]);
  keep(16);
  assert.deepEqual(kept(1, 2, 8, 9, 15, 16), [1, 9, 15, 16], 'what was written longest ago goes');

  lately.drop(asOid(15));
  lately.drop(asOid(15));
  assert.deepEqual(kept(1, 15, 16), [1, 16]);
  // However often one is written, the others are looked back on no longer than that.
  for (let n = 0; n < 16; n += 1) keep(17);
  assert.deepEqual(kept(1, 16, 17), [17]);
  keep(17, LATELY_BYTES_MAX);
  assert.deepEqual(kept(17), [], 'nothing older is taken for what is too large to be kept');
});
