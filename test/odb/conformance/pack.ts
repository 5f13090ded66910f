import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OID_ROOT } from '../../../odb/oid.js';
import { TID_MAX, TID_ZERO, tidAtMs, tidToMs } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';
import { DAY_MS, link, NOTHING, revisionsOf, statesAt, threeStates } from '../support/packing.js';
import { put, stateOf } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import { plan, undo } from '../support/undoing.js';

/** What every storage forgets when it is told to, and what it keeps. */
export function packConformance(name: string, open: Open): void {
  describe(`${name}: pack`, () => {
    test('CT-pack-01: packing an empty storage is harmless', async () => {
      await using at = await open();
      const { storage } = at;
      assert.equal(storage.packedTid, TID_ZERO);
      const report = await storage.pack({ before: TID_MAX });
      assert.deepEqual({ ...report }, { ...NOTHING, before: TID_ZERO });
      const oid = storage.allocate(1);
      await put(storage, oid, { n: 1 });
      assert.deepEqual(stateOf(storage, oid), { n: 1 });
    });

    test('CT-pack-02: a moment in the future is now, one before everything forgets nothing', async () => {
      await using at = await open();
      const { storage } = at;
      const { oid, tids } = await threeStates(storage);
      await link(storage, { a: oid });
      const yesterday = tidAtMs(tidToMs(tids[0]) - DAY_MS);
      assert.deepEqual(await storage.pack({ before: yesterday }), {
        ...NOTHING,
        before: yesterday,
      });
      assert.deepEqual(statesAt(storage, oid, tids), [{ n: 1 }, { n: 2 }, { n: 3 }]);
      const tomorrow = tidAtMs(tidToMs(tids[2]) + DAY_MS);
      const { before, revisions } = await storage.pack({ before: tomorrow });
      assert.equal(before, storage.lastTid);
      assert.equal(storage.packedTid, storage.lastTid);
      assert.equal(revisions, 2);
      assert.deepEqual(stateOf(storage, oid), { n: 3 });
    });

    test('CT-pack-04: what refers to an object that is not there is packed like any other', async () => {
      await using at = await open();
      const { storage } = at;
      const [oid, elsewhere] = [storage.allocate(1), storage.allocate(1)];
      await put(storage, oid, { other: new Ref(elsewhere) });
      await link(storage, { a: oid });
      await storage.pack({ before: TID_MAX });
      assert.deepEqual(stateOf(storage, oid), { other: new Ref(elsewhere) });
      assert.equal(stateOf(storage, elsewhere), undefined);
      await put(storage, oid, { other: new Ref(elsewhere), n: 1 });
    });

    test('CT-pack-05: all revisions of what nothing refers to go', async () => {
      await using at = await open();
      const { storage } = at;
      await link(storage, {});
      const { oid, tids } = await threeStates(storage);
      const { objects, revisions } = await storage.pack({ before: TID_MAX });
      assert.deepEqual([objects, revisions], [1, 2]);
      using reader = storage.snapshot();
      for (const tid of tids) {
        assert.throws(() => reader.loadAt(oid, tid), { code: 'ODB_NO_OBJECT' });
      }
      assert.deepEqual(reader.revisions(oid), []);
      assert.equal(reader.revision(oid), undefined);
    });

    test('CT-pack-06: without garbage collection, only old revisions go', async () => {
      await using at = await open();
      const { storage } = at;
      await link(storage, {});
      const { oid, tids } = await threeStates(storage);
      const { objects, revisions } = await storage.pack({ before: TID_MAX, garbage: false });
      assert.deepEqual([objects, revisions], [0, 2]);
      assert.deepEqual(revisionsOf(storage, oid), [tids[2]]);
      assert.deepEqual(stateOf(storage, oid), { n: 3 });
    });

    test('CT-pack-07: of what is reachable, the newest revision until the moment stays', async () => {
      await using at = await open();
      const { storage } = at;
      const { oid, tids } = await threeStates(storage);
      await link(storage, { a: oid });
      await storage.pack({ before: TID_MAX });
      assert.deepEqual(revisionsOf(storage, oid), [tids[2]]);
      assert.deepEqual(stateOf(storage, OID_ROOT), { a: new Ref(oid) });
      const states = statesAt(storage, oid, tids);
      assert.deepEqual(states, [{ n: 3 }, { n: 3 }, { n: 3 }], 'before it, the oldest kept');
    });

    test('CT-pack-08: an object with one revision keeps it while another loses its old ones', async () => {
      await using at = await open();
      const { storage } = at;
      const { oid, tids } = await threeStates(storage);
      const other = storage.allocate(1);
      const only = await put(storage, other, { n: 11 });
      await link(storage, { a: oid, b: other });
      await storage.pack({ before: TID_MAX });
      assert.deepEqual(revisionsOf(storage, oid), [tids[2]]);
      assert.deepEqual(revisionsOf(storage, other), [only]);
    });

    test('CT-pack-09: an undo gives back what was unlinked after the moment', async () => {
      await using at = await open();
      const { storage } = at;
      const moment = await link(storage, {});
      const oid = storage.allocate(1);
      await put(storage, oid, { n: 7 });
      await link(storage, { a: oid });
      const unlinked = await link(storage, {});
      await storage.pack({ before: moment });
      await undo(storage, unlinked);
      assert.deepEqual(stateOf(storage, OID_ROOT), { a: new Ref(oid) });
      assert.deepEqual(stateOf(storage, oid), { n: 7 });
    });

    test('CT-pack-10: a pack to a moment before the last one takes nothing that is reachable', async () => {
      await using at = await open();
      const { storage } = at;
      const [a, b, c] = [storage.allocate(1), storage.allocate(1), storage.allocate(1)];
      await put(storage, c, { n: 3 });
      await put(storage, b, { c: new Ref(c) });
      await put(storage, a, { b: new Ref(b) });
      const early = await link(storage, { a });
      await put(storage, a, { b: new Ref(b), n: 2 });
      const late = await put(storage, b, { c: new Ref(c), n: 2 });
      await storage.pack({ before: late });
      const again = await storage.pack({ before: early });
      assert.deepEqual([again.objects, again.revisions], [0, 0]);
      assert.equal(storage.packedTid, late);
      assert.deepEqual(stateOf(storage, a), { b: new Ref(b), n: 2 });
      assert.deepEqual(stateOf(storage, c), { n: 3 });
    });

    test('CT-pack-11: an undo is refused where the old state is packed away, and says so', async () => {
      await using at = await open();
      const { storage } = at;
      const { oid, tids } = await threeStates(storage);
      await link(storage, { a: oid });
      await storage.pack({ before: tids[1] });
      assert.equal(plan(storage, [tids[2]]).possible, true);
      for (const tid of [tids[0], tids[1]]) {
        const { possible, conflicts, together } = plan(storage, [tid]);
        assert.equal(possible, false);
        assert.deepEqual(together, []);
        assert.equal(conflicts[0]?.packed, true);
        assert.deepEqual(conflicts[0].blockedBy, []);
      }
      using reader = storage.snapshot();
      for (const tid of tids) assert.equal(reader.transaction(tid)?.tid, tid, 'records stay');
    });
  });
}
