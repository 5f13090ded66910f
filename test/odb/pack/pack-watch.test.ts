import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecidedRevision } from '../../../odb/commit/decision.js';
import { ConflictError } from '../../../odb/errors.js';
import { asOid } from '../../../odb/oid.js';
import { OidMarks } from '../../../odb/pack/oid-marks.js';
import { PackWatch } from '../../../odb/pack/pack-watch.js';
import { encodeRecord } from '../../../odb/records/record.js';
import { asTid, TID_ZERO } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';

/** A new state of an object that refers to others. */
function revision(oid: number, to: readonly number[], isNew = false): DecidedRevision {
  const record = encodeRecord('test.Page', { to: to.map((number) => new Ref(asOid(number))) });
  const before = encodeRecord('test.Page', {});
  const previous = { tid: asTid(5), previousTid: TID_ZERO, number: 1, record: before };
  return { oid: asOid(oid), record, previous: isNew ? undefined : previous };
}

function marksOf(...oids: number[]): OidMarks {
  const marks = new OidMarks();
  for (const oid of oids) marks.add(asOid(oid));
  return marks;
}

const missing = { revision: () => undefined, overlay: () => undefined };

/** A commit that writes to main. */
function commit(...revisions: readonly DecidedRevision[]): Parameters<PackWatch['check']>[0] {
  return { revisions, overlays: [] };
}

test('what commits touch while a pack marks has to be marked before it forgets', () => {
  const watch = new PackWatch();
  watch.begin();
  watch.accepted(commit(revision(2, [3])), [], missing);
  assert.deepEqual(watch.takeTouched(), [2, 3]);
  assert.deepEqual(watch.takeTouched(), []);
  watch.accepted(commit(revision(1, [4]), revision(9, [5], true)), [], missing);
  assert.deepEqual(watch.forget(marksOf(1, 2, 3)), [4, 5]);
  assert.equal(watch.isForgotten(asOid(6)), false, 'it has not begun');
  assert.deepEqual(watch.forget(marksOf(1, 2, 3, 4, 5)), []);
  assert.equal(watch.isForgotten(asOid(6)), true);
  assert.equal(watch.isForgotten(asOid(9)), false, 'it was created meanwhile');
});

test('once a pack forgets, a commit that writes or refers to what is gone is refused', () => {
  const watch = new PackWatch();
  const check = (one: DecidedRevision, base = 9): void =>
    watch.check(commit(one), asTid(base), missing);
  check(revision(6, [7]));
  watch.begin();
  check(revision(6, [7]));
  watch.forget(marksOf(1, 2));
  check(revision(1, [2]));
  check(revision(8, [8], true));
  assert.throws(() => check(revision(6, [])), ConflictError);
  assert.throws(() => check(revision(1, [6])), ConflictError);
  watch.end(asTid(10));
  assert.throws(() => check(revision(1, [6]), 10), ConflictError, 'it may have seen it');
  check(revision(1, [6]), 11);
});

test('a blob that a commit named while the pack runs stays', () => {
  const watch = new PackWatch();
  const removed: string[] = [];
  const blobs = {
    removeOlder(sha256: string): number {
      removed.push(sha256);
      return 3;
    },
  };
  watch.begin();
  watch.accepted(commit(), ['aa'], missing);
  const step = { kind: 'blobs', names: ['aa', 'bb'], beforeMs: 1 } as const;
  assert.deepEqual(watch.removeBlobs(step, blobs), { oids: [], count: 1, bytes: 3 });
  assert.deepEqual(removed, ['bb']);
});

test('what an entry of a version rests on stays when it was written while a pack runs', () => {
  const watch = new PackWatch();
  const [version, oid] = [asOid(3), asOid(4)];
  const record = encodeRecord('test.Page', {});
  const main = { tid: asTid(5), previousTid: TID_ZERO, number: 1, record };
  const look = { ...missing, revision: () => main };
  watch.begin();
  const entry = { version, oid, record, live: false, basedOn: asTid(5), previous: undefined };
  watch.accepted({ revisions: [], overlays: [entry] }, [], look);
  assert.deepEqual(
    [4, 5, 6].map((tid) => watch.isBase(oid, asTid(tid))),
    [false, true, true],
  );
  watch.end(asTid(9));
  assert.equal(watch.isBase(oid, asTid(6)), false);
});
