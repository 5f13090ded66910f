import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplacedRevisions } from '../../../odb/level/level-replaced.js';
import type { LevelRevision } from '../../../odb/level/level-values.js';
import { asOid } from '../../../odb/oid.js';
import { asTid, TID_ZERO } from '../../../odb/tid.js';

function revision(tid: number): LevelRevision {
  const value = new Uint8Array();
  return {
    tid: asTid(tid),
    previousTid: TID_ZERO,
    skipTid: TID_ZERO,
    number: 1,
    record: value,
    value,
  };
}

test('a revision is found by its object and its tid, whenever it was added', () => {
  const replaced = new ReplacedRevisions<LevelRevision>();
  const [one, other] = [asOid(1), asOid(2)];
  const tids = (...asked: number[]): (number | undefined)[] =>
    asked.map((tid) => replaced.find(one, asTid(tid))?.tid);
  replaced.add(one, revision(1));
  replaced.add(other, revision(2));
  assert.deepEqual(tids(1, 2), [1, undefined]);
  replaced.add(one, revision(3));
  assert.deepEqual(tids(1, 3), [1, 3]);
  assert.equal(replaced.size, 3);

  replaced.add(one, revision(4));
  replaced.drop(one);
  assert.deepEqual(tids(1, 3, 4), [undefined, undefined, undefined]);
  assert.equal(replaced.find(other, asTid(2))?.tid, 2);
  replaced.add(one, revision(5));
  assert.deepEqual(tids(5), [5]);
  replaced.clear();
  assert.deepEqual(tids(5), [undefined]);
  assert.equal(replaced.size, 0);
});
