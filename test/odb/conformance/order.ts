import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ConflictError } from '../../../odb/errors.js';
import type { Oid } from '../../../odb/oid.js';
import type { Storage } from '../../../odb/storage.js';
import { asTid, TID_ZERO, type Tid } from '../../../odb/tid.js';
import { put, request, stateIn, stateOf, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';

/** In what order every storage does things that happen at once, and what the tids say of it. */
export function orderConformance(name: string, open: Open): void {
  describe(`${name}: order`, () => {
    test('commits that wait together are each seen by the next', async () => {
      await using place = await open({ rules: { 'test.Page': { n: 'counter' } } });
      const { storage } = place;
      const oid = storage.allocate(1);
      const base = await put(storage, oid, { n: 0 });
      const results = await Promise.all(
        Array.from({ length: 20 }, () => storage.commit(request([write(oid, { n: 1 }, { base })]))),
      );
      assert.deepEqual(stateOf(storage, oid), { n: 20 });
      const tids = results.map(({ tid }) => tid);
      assert.deepEqual(
        tids,
        [...new Set(tids)].sort((a, b) => a - b),
      );
      using reader = storage.snapshot();
      assert.deepEqual(
        tids.map((tid) => stateIn(reader, oid, tid)?.n),
        tids.map((_, i) => i + 1),
      );
    });

    test('of those that wait together, one that fails takes nobody with it', async () => {
      await using place = await open();
      const { storage } = place;
      const [one, two] = [storage.allocate(1), storage.allocate(1)];
      const outcomes = await Promise.allSettled([
        storage.commit(request([write(one, { n: 1 })])),
        storage.commit(request([write(one, { n: 2 })])),
        storage.commit(request([write(two, { n: 3 })])),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      assert.deepEqual(stateOf(storage, one), { n: 1 });
      assert.deepEqual(stateOf(storage, two), { n: 3 });
    });

    test('CT-basic-15: what must stay current is written later, or the commit fails', async () => {
      await using place = await open();
      const { storage } = place;
      const [read, written] = [storage.allocate(1), storage.allocate(1)];
      let current = await put(storage, read, { n: 0 });
      for (const oursFirst of [true, false]) {
        const base = currentTid(storage, written);
        const ours = request([write(written, { n: 1 }, { base })], {
          baseTid: storage.lastTid,
          reads: [{ oid: read, tid: current }],
        });
        const theirs = request([write(read, { n: 1 }, { base: current })]);
        const sent = oursFirst ? [ours, theirs] : [theirs, ours];
        const outcomes = await Promise.allSettled(sent.map((one) => storage.commit(one)));
        const [first, second] = oursFirst ? outcomes : outcomes.toReversed();
        assert.ok(second?.status === 'fulfilled');
        if (first?.status === 'fulfilled') assert.ok(second.value.tid > first.value.tid);
        else assert.ok(first?.reason instanceof ConflictError);
        assert.equal(first?.status === 'fulfilled', oursFirst);
        current = second.value.tid;
      }
    });

    test('CT-basic-16: whoever looks while commits are in progress sees all of one or nothing of it', async () => {
      await using place = await open();
      const { storage } = place;
      const [one, two] = [storage.allocate(1), storage.allocate(1)];
      const state = { isBusy: true };
      const commits = (async () => {
        for (let n = 1; n <= 30; n++) {
          const base = currentTid(storage, one);
          await storage.commit(request([write(one, { n }, { base }), write(two, { n }, { base })]));
        }
        state.isBusy = false;
      })();
      const seen = new Set<Tid>();
      for (let lastTid = TID_ZERO; state.isBusy; await setImmediate()) {
        const told = storage.lastTid;
        using reader = storage.snapshot();
        assert.ok(reader.lastTid >= told, 'a snapshot sees what the storage has acknowledged');
        assert.ok(reader.lastTid >= lastTid, 'and what one before it has seen');
        lastTid = reader.lastTid;
        seen.add(lastTid);
        const tids = [one, two].map((oid) => reader.revision(oid)?.tid ?? TID_ZERO);
        assert.deepEqual(tids, [lastTid, lastTid]);
        assert.deepEqual(stateIn(reader, one), stateIn(reader, two));
        assert.equal(reader.transaction(lastTid)?.tid ?? TID_ZERO, lastTid);
      }
      await commits;
      assert.ok(seen.size > 0);
    });

    test('CT-basic-17, CT-rev-06: a transaction may be given its tid, one right after another', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      for (const n of [1, 2, 3]) {
        const base = asTid(n - 1);
        const { tid } = await storage.commit(
          request([write(oid, { n }, { base })], { tid: asTid(n) }),
        );
        assert.equal(tid, n);
      }
      using reader = storage.snapshot();
      for (const n of [1, 2, 3]) {
        assert.deepEqual(stateIn(reader, oid, asTid(n)), { n });
        assert.equal(reader.revision(oid, asTid(n))?.previousTid, n - 1);
      }
      const record = reader.transaction(asTid(2));
      assert.deepEqual([record?.tid, record?.previousTid, record?.version], [2, 1, undefined]);
    });

    test('CT-misc-03: a database whose last transaction is in the future goes on after it', async () => {
      await using place = await open();
      const oid = place.storage.allocate(1);
      const future = asTid((Date.now() + 86_400_000) * 1000);
      await place.storage.commit(request([write(oid, { n: 1 })], { tid: future }));
      const storage = place.storage.supports.persistence ? await place.reopen() : place.storage;
      assert.equal(storage.lastTid, future);
      assert.equal(await put(storage, oid, { n: 2 }), future + 1);
    });
  });
}

function currentTid(storage: Storage, oid: Oid): Tid {
  using reader = storage.snapshot();
  return reader.revision(oid)?.tid ?? TID_ZERO;
}
