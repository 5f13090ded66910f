import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Oid } from '../../../odb/oid.js';
import type { Storage } from '../../../odb/storage.js';
import { asTid, TID_MAX, TID_ZERO, type Tid } from '../../../odb/tid.js';
import { put, stateIn } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import { undo } from '../support/undoing.js';

/** What every storage does with the past: each revision can be read as of its tid, for ever. */
export function revisionConformance(name: string, open: Open): void {
  describe(`${name}: revisions`, () => {
    test('CT-rev-01, CT-rev-02, CT-rev-04: every revision loads as of its tid, and as of any moment until the next', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const tids = await putMany(storage, oid, 70);
      using reader = storage.snapshot();
      for (const [n, tid] of tids.entries()) {
        assert.deepEqual(reader.loadAt(oid, tid)?.tid, tid);
        assert.deepEqual(stateIn(reader, oid, tid), { n });
        const justBefore = (tid - 1) as Tid;
        assert.deepEqual(stateIn(reader, oid, justBefore), n === 0 ? undefined : { n: n - 1 });
        assert.equal(reader.revision(oid, tid)?.number, n + 1);
        assert.equal(reader.revision(oid, tid)?.previousTid, tids[n - 1] ?? TID_ZERO);
      }
    });

    test('CT-rev-03, CT-rev-07: before an object existed there is nothing, which is no error', async () => {
      await using place = await open();
      const { storage } = place;
      const [early, late] = [storage.allocate(1), storage.allocate(1)];
      const first = await put(storage, early, { n: 1 });
      const second = await put(storage, late, { n: 2 });
      using reader = storage.snapshot();
      assert.equal(reader.loadAt(late, first), undefined);
      assert.equal(reader.loadAt(late, TID_ZERO), undefined);
      assert.equal(reader.loadAt(late, second)?.tid, second);
      assert.equal(reader.loadAt(late, TID_MAX)?.tid, second);
      assert.throws(() => reader.loadAt(storage.allocate(1), TID_MAX), { code: 'ODB_NO_OBJECT' });
    });

    test('CT-hist-01: history lists revisions, newest first, as many as wanted', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const startMs = Date.now();
      const tids = await putMany(storage, oid, 3);
      const newestFirst = tids.toReversed();
      using reader = storage.snapshot();
      const listed = (options?: { before?: Tid; limit?: number }) =>
        reader.revisions(oid, options).map(({ tid }) => tid);

      for (const limit of [0, 1, 2, 3, 4]) {
        assert.deepEqual(listed({ limit }), newestFirst.slice(0, limit));
      }
      assert.deepEqual(listed(), newestFirst);
      const [newest = TID_ZERO, middle = TID_ZERO] = newestFirst;
      assert.deepEqual(listed({ before: newest }), newestFirst.slice(1));
      assert.deepEqual(listed({ before: middle, limit: 1 }), newestFirst.slice(2));
      assert.deepEqual(listed({ before: TID_ZERO }), []);
      assert.deepEqual(reader.revisions(storage.allocate(1)), []);
      const times = newestFirst.map((tid) => reader.transaction(tid)?.timeMs ?? 0);
      assert.ok(times.every((ms, i) => ms >= startMs - 1 && ms <= (times[i - 1] ?? Infinity)));
      const [first] = reader.revisions(oid, { limit: 1 });
      assert.equal(first?.sizeBytes, reader.load(oid)?.record.length);
    });

    test('CT-rev-05: every point between undos of undos has its state, and knows the next', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const tids = await putMany(storage, oid, 5);
      const states = tids.map((_, n) => n);
      for (let round = 0; round < 4; round += 1) {
        tids.push(await undo(storage, storage.lastTid));
        states.push(states.at(-2) ?? 0);
      }
      assert.deepEqual(states.slice(-5), [4, 3, 4, 3, 4]);
      using reader = storage.snapshot();
      assert.deepEqual(
        reader.revisions(oid).map(({ tid }) => tid),
        tids.toReversed(),
      );
      for (const [i, tid] of tids.entries()) {
        assert.deepEqual(stateIn(reader, oid, tid), { n: states[i] });
        const end = tids[i + 1];
        if (end === undefined) assert.equal(reader.load(oid)?.tid, tid);
        else {
          assert.ok(end > tid);
          assert.equal(reader.loadAt(oid, asTid(end - 1))?.tid, tid);
          assert.equal(reader.revision(oid, end)?.previousTid, tid);
        }
      }
    });

    test('what ended can be read as of the time before, and its end is in its history', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const [created = TID_ZERO] = await putMany(storage, oid, 1);
      const ended = await put(storage, oid, undefined);
      using reader = storage.snapshot();
      assert.equal(reader.load(oid), undefined);
      assert.equal(reader.loadAt(oid, TID_MAX), undefined);
      assert.deepEqual(stateIn(reader, oid, created), { n: 0 });
      assert.equal(reader.revision(oid)?.tid, ended);
      assert.equal(reader.revision(oid)?.record, undefined);
      assert.deepEqual(reader.revisions(oid)[0], { tid: ended, sizeBytes: 0, removed: true });
    });

    test('CT-misc-03: tids grow even when commits come faster than the clock', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const tids = await putMany(storage, oid, 50);
      for (const [n, tid] of tids.entries()) assert.ok(tid > (tids[n - 1] ?? TID_ZERO));
    });
  });
}

async function putMany(storage: Storage, oid: Oid, count: number): Promise<Tid[]> {
  const tids: Tid[] = [];
  for (let n = 0; n < count; n++) tids.push(await put(storage, oid, { n }));
  return tids;
}
