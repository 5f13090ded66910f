import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OID_ROOT } from '../../../odb/oid.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';
import { link, revisionsOf, threeStates } from '../support/packing.js';
import { put, stateIn, stateOf } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import { undo } from '../support/undoing.js';

/** What can be read and undone of the past that a pack left. */
export function packHistoryConformance(name: string, open: Open): void {
  describe(`${name}: the past after packs`, () => {
    test('CT-undo-09: a tid taken before a pack still names its transaction', async () => {
      await using at = await open();
      const { storage } = at;
      const { oid, tids } = await threeStates(storage);
      await link(storage, { a: oid });
      await storage.pack({ before: tids[1] });
      await undo(storage, tids[2]);
      assert.deepEqual(stateOf(storage, oid), { n: 2 });
    });

    test('CT-undo-10: what was unlinked after the moment is whole again after an undo', async () => {
      await using at = await open();
      const { storage } = at;
      const [o1, o2, o3] = [storage.allocate(1), storage.allocate(1), storage.allocate(1)];
      await put(storage, o1, { n: 1 });
      await link(storage, { a: o1 });
      await put(storage, o2, { n: 2 });
      const moment = await put(storage, o1, { to: new Ref(o2) });
      await put(storage, o3, { n: 3 });
      await put(storage, o2, { to: new Ref(o3) });
      const last = await put(storage, o1, { to: new Ref(o3) });
      await storage.pack({ before: moment });
      await undo(storage, last);
      assert.deepEqual(stateOf(storage, o1), { to: new Ref(o2) });
      assert.deepEqual(stateOf(storage, o2), { to: new Ref(o3) });
      assert.deepEqual(stateOf(storage, o3), { n: 3 });
    });

    test('CT-undo-11: packs at each moment leave what an undone deletion gave back', async () => {
      await using at = await open();
      const { storage } = at;
      const [a, b, c] = [storage.allocate(1), storage.allocate(1), storage.allocate(1)];
      for (const [n, oid] of [a, b, c].entries()) await put(storage, oid, { n });
      const first = await link(storage, { a, b, c });
      const second = await link(storage, { a, c });
      const third = await undo(storage, second);
      for (const before of [first, second, third]) {
        await storage.pack({ before });
        const refs = { a: new Ref(a), b: new Ref(b), c: new Ref(c) };
        assert.deepEqual(stateOf(storage, OID_ROOT), refs);
        for (const [n, oid] of [a, b, c].entries()) assert.deepEqual(stateOf(storage, oid), { n });
      }
    });

    test('CT-undo-12: packs between many undos of undos never change the present', async () => {
      await using at = await open();
      const { storage } = at;
      const oid = storage.allocate(1);
      await put(storage, oid, { n: 1 });
      await link(storage, { a: oid });
      const moments = [await put(storage, oid, { n: 3 })];
      for (let flip = 0; flip < 10; flip += 1) {
        const last = moments.at(-1);
        assert.ok(last !== undefined);
        moments.push(await undo(storage, last));
        assert.deepEqual(stateOf(storage, oid), { n: flip % 2 === 0 ? 1 : 3 });
      }
      for (const before of moments) {
        await storage.pack({ before });
        assert.deepEqual(stateOf(storage, oid), { n: 3 });
      }
      assert.deepEqual(revisionsOf(storage, oid), [moments.at(-1)]);
    });

    test('a long history is read as of any moment kept, and before it as the oldest', async () => {
      await using at = await open();
      const { storage } = at;
      const oid = storage.allocate(1);
      const tids: Tid[] = [];
      for (let n = 0; n < 70; n += 1) tids.push(await put(storage, oid, { n }));
      await link(storage, { a: oid });
      for (const first of [5, 37, 64]) {
        await storage.pack({ before: tids[first] ?? TID_ZERO });
        using reader = storage.snapshot();
        for (const [n, tid] of tids.entries()) {
          assert.deepEqual(stateIn(reader, oid, tid), { n: Math.max(n, first) });
          assert.equal(reader.revision(oid, tid)?.number, Math.max(n, first) + 1);
        }
        assert.deepEqual(stateIn(reader, oid, TID_ZERO), { n: first });
        assert.deepEqual(
          reader.revisions(oid).map(({ tid }) => tid),
          tids.slice(first).toReversed(),
        );
        assert.deepEqual(reader.revisions(oid, { before: tids[first] ?? TID_ZERO }), []);
      }
      for (let n = 70; n < 140; n += 1) tids.push(await put(storage, oid, { n }));
      using reader = storage.snapshot();
      for (const [n, tid] of tids.entries()) {
        assert.deepEqual(stateIn(reader, oid, tid), { n: Math.max(n, 64) });
      }
    });
  });
}
