import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LevelRevision } from '../../../odb/level/level-keys.js';
import { LATELY_BYTES_MAX, LatelyWritten } from '../../../odb/level/level-lately.js';
import { asOid } from '../../../odb/oid.js';
import { asTid, TID_ZERO } from '../../../odb/tid.js';

function revision(bytes: number): LevelRevision {
  const value = new Uint8Array(bytes);
  const place = { tid: asTid(1), previousTid: TID_ZERO, skipTid: TID_ZERO, number: 1 };
  return { ...place, record: value, value };
}

test('what was written last is kept up to so many bytes; what was written again is newest', () => {
  const lately = new LatelyWritten<LevelRevision>();
  const third = LATELY_BYTES_MAX / 3;
  for (const oid of [1, 2, 3, 1]) {
    lately.keep(asOid(oid), { revision: revision(third), skips: [] });
  }
  assert.deepEqual(
    [1, 2, 3].map((oid) => lately.get(asOid(oid)) !== undefined),
    [true, true, true],
  );
  lately.keep(asOid(4), { revision: revision(third), skips: [] });
  assert.equal(lately.get(asOid(2)), undefined, 'the oldest goes');
  assert.ok(lately.get(asOid(1)));

  lately.drop(asOid(1));
  lately.drop(asOid(1));
  lately.keep(asOid(5), { revision: revision(third), skips: [] });
  assert.ok(lately.get(asOid(3)), 'what was dropped made room');
  lately.keep(asOid(6), { revision: revision(LATELY_BYTES_MAX + 1), skips: [] });
  assert.deepEqual(
    [3, 4, 5, 6].filter((oid) => lately.get(asOid(oid)) !== undefined),
    [],
    'what is larger than all that is kept is not kept',
  );
});
