import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError } from '../../../odb/errors.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { asOid, OID_ROOT, type Oid } from '../../../odb/oid.js';
import { META_TEXT_MAX } from '../../../odb/stored.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import { put, request, stateIn, stateOf, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';

/** What every storage does with single objects: keep them, in order, whole or not at all. */
export function basicConformance(name: string, open: Open): void {
  describe(`${name}: basics`, () => {
    test('CT-basic-01: an empty storage has no transaction and no object', async () => {
      await using place = await open();
      const { storage } = place;
      using reader = storage.snapshot();
      assert.equal(storage.lastTid, TID_ZERO);
      assert.equal(reader.lastTid, TID_ZERO);
      assert.equal(reader.load(OID_ROOT), undefined);
      assert.equal(reader.revision(OID_ROOT), undefined);
      assert.deepEqual(reader.revisions(OID_ROOT), []);
      assert.equal(reader.transaction(TID_ZERO), undefined);
    });

    test('CT-basic-02, CT-basic-03: what was committed is loaded, with its tid, by every later snapshot', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const tid = await put(storage, oid, { n: 7 });

      assert.ok(tid > TID_ZERO);
      assert.equal(storage.lastTid, tid);
      using reader = storage.snapshot();
      assert.equal(reader.lastTid, tid);
      assert.equal(reader.load(oid)?.tid, tid);
      assert.deepEqual(stateIn(reader, oid), { n: 7 });
    });

    test('CT-basic-04: a new state takes the place of the one before', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      await put(storage, oid, { n: 7 });
      assert.deepEqual(stateOf(storage, oid), { n: 7 });
      for (let n = 13; n <= 21; n++) await put(storage, oid, { n });
      assert.deepEqual(stateOf(storage, oid), { n: 21 });
    });

    test('CT-basic-08: objects have revisions of their own', async () => {
      await using place = await open();
      const { storage } = place;
      const one = storage.allocate(1);
      const two = storage.allocate(1);
      const first = await put(storage, one, { n: 1 });
      const second = await put(storage, two, { n: 2 });
      using reader = storage.snapshot();
      assert.equal(reader.load(one)?.tid, first);
      assert.equal(reader.load(two)?.tid, second);
      assert.ok(second > first);
    });

    test('CT-misc-05: a reader sees its moment, whatever is committed afterwards', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const other = storage.allocate(1);
      const first = await put(storage, oid, { n: 1 });
      using reader = storage.snapshot();
      const second = await put(storage, oid, { n: 2 });
      await put(storage, other, { n: 3 });

      assert.equal(reader.lastTid, first);
      assert.deepEqual(stateIn(reader, oid), { n: 1 });
      assert.equal(reader.load(other), undefined);
      assert.equal(reader.transaction(second), undefined);
      assert.equal(reader.revisions(oid).length, 1);
      assert.throws(() => reader.loadAt(other, second), { code: 'ODB_NO_OBJECT' });
    });

    test('CT-basic-05, CT-basic-06: of two commits that began with one revision, the second fails and leaves no trace', async () => {
      await using place = await open();
      const { storage } = place;
      const [oid, other] = [storage.allocate(1), storage.allocate(1)];
      const base = await put(storage, oid, { n: 1 });
      const current = await put(storage, oid, { n: 2 });

      const late = request([write(oid, { n: 3 }, { base }), write(other, { n: 1 })]);
      await assert.rejects(storage.commit(late), (error) => {
        assert.ok(error instanceof ConflictError);
        assert.deepEqual(error.objects, [
          {
            oid,
            className: 'test.Page',
            baseTid: base,
            currentTid: current,
            fields: ['n'],
            reason: 'changed',
          },
        ]);
        assert.match(error.message, /test\.Page/);
        return true;
      });
      assert.deepEqual(stateOf(storage, oid), { n: 2 });
      assert.equal(stateOf(storage, other), undefined);
      assert.equal(storage.lastTid, current);
      await put(storage, other, { n: 4 });
      assert.deepEqual(stateOf(storage, other), { n: 4 });
    });

    test('CT-basic-14: a commit that writes nothing makes no transaction', async () => {
      await using place = await open();
      const { storage } = place;
      const tid = await put(storage, storage.allocate(1), { n: 1 });
      for (let i = 0; i < 3; i++) {
        assert.deepEqual(await storage.commit(request([])), { tid, merged: [] });
      }
      assert.equal(storage.lastTid, tid);
      assert.ok((await put(storage, storage.allocate(1), { n: 2 })) > tid);
    });

    test('CT-basic-15: a read that must stay current makes the commit fail when it did not', async () => {
      await using place = await open();
      const { storage } = place;
      const [read, written] = [storage.allocate(1), storage.allocate(1)];
      const old = await put(storage, read, { n: 1 });
      const fresh = await put(storage, read, { n: 2 });

      const stale = request([write(written, { n: 1 })], { reads: [{ oid: read, tid: old }] });
      await assert.rejects(storage.commit(stale), (error) => {
        assert.ok(error instanceof ConflictError);
        const [object] = error.objects;
        assert.deepEqual([object?.oid, object?.reason], [read, 'read']);
        assert.deepEqual([object?.baseTid, object?.currentTid], [old, fresh]);
        return true;
      });
      assert.equal(stateOf(storage, written), undefined);
      await storage.commit(
        request([write(written, { n: 1 })], { reads: [{ oid: read, tid: fresh }] }),
      );
      assert.deepEqual(stateOf(storage, written), { n: 1 });
    });

    test('a commit that only checks reads fails or passes like any other', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const old = await put(storage, oid, { n: 1 });
      await put(storage, oid, { n: 2 });
      await assert.rejects(
        storage.commit(request([], { reads: [{ oid, tid: old }] })),
        ConflictError,
      );
    });

    test('an object can cease to exist, and begin again', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const created = await put(storage, oid, { n: 1 });
      const ended = await put(storage, oid, undefined);
      assert.equal(stateOf(storage, oid), undefined);
      const begun = await put(storage, oid, { n: 2 });
      assert.deepEqual(stateOf(storage, oid), { n: 2 });

      using reader = storage.snapshot();
      assert.deepEqual(stateIn(reader, oid, created), { n: 1 });
      assert.equal(stateIn(reader, oid, ended), undefined);
      assert.deepEqual(reader.transaction(created)?.created, [oid]);
      assert.deepEqual(reader.transaction(ended)?.removed, [oid]);
      assert.deepEqual(reader.transaction(begun)?.created, [oid]);
      assert.deepEqual(
        reader.revisions(oid).map(({ removed }) => removed),
        [false, true, false],
      );
    });

    test('an object that came and went within one transaction leaves nothing', async () => {
      await using place = await open();
      const { storage } = place;
      const [oid, other] = [storage.allocate(1), storage.allocate(1)];
      const { tid } = await storage.commit(
        request([write(oid, undefined), write(other, { n: 1 })]),
      );
      using reader = storage.snapshot();
      assert.deepEqual(reader.revisions(oid), []);
      assert.deepEqual(reader.transaction(tid)?.oids, [other]);
    });

    test('CT-basic-12: a transaction is kept with all it says about itself', async () => {
      await using place = await open();
      const { storage } = place;
      const [first, second] = [storage.allocate(1), storage.allocate(1)];
      const before = await put(storage, first, { n: 1 });
      const meta = {
        user: '/acl_users:admin',
        note: 'Über alles 😀',
        paths: ['/a', '/b'],
        undoes: [before],
        extension: { k: [1, { deep: true }] },
      };
      const startMs = Date.now();
      const { tid } = await storage.commit({
        ...request([write(second, { n: 2 }), write(first, { n: 3 }, { base: before })]),
        meta,
        removed: [first],
      });

      using reader = storage.snapshot();
      const record = reader.transaction(tid);
      assert.ok(record !== undefined);
      const { timeMs, ...others } = record;
      assert.deepEqual(others, {
        ...meta,
        tid,
        previousTid: before,
        oids: [first, second],
        created: [second],
        removed: [first],
        maps: [],
      });
      assert.ok(timeMs >= startMs - 1 && timeMs <= Date.now());
      assert.equal(reader.transaction((before - 1) as typeof tid), undefined);
    });

    test('transactions lead back to the first by the tid before each', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const tids = [];
      for (let n = 0; n < 5; n++) tids.push(await put(storage, oid, { n }));
      using reader = storage.snapshot();
      const walked = [];
      for (let tid = reader.lastTid; tid !== TID_ZERO;) {
        walked.unshift(tid);
        tid = reader.transaction(tid)?.previousTid ?? TID_ZERO;
      }
      assert.deepEqual(walked, tids);
    });

    test('CT-misc-03: too much metadata is refused, and nothing is stored', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const note = 'x'.repeat(META_TEXT_MAX + 1);
      const tooLong = storage.commit({ ...request([write(oid, { n: 1 })]), meta: { note } });
      await assert.rejects(tooLong, { code: 'ODB_TOO_LARGE' });
      const extension = { list: Array.from({ length: 200_000 }, () => 'abcdef') };
      const tooBig = storage.commit({ ...request([write(oid, { n: 1 })]), meta: { extension } });
      await assert.rejects(tooBig, { code: 'ODB_TOO_LARGE' });
      assert.equal(stateOf(storage, oid), undefined);
    });

    test('CT-misc-03: oids are given once, and one from elsewhere raises the next', async () => {
      await using place = await open();
      const { storage } = place;
      const first = storage.allocate(10);
      assert.ok(first > OID_ROOT);
      assert.equal(storage.allocate(1), first + 10);
      await put(storage, asOid(5000), { n: 1 });
      assert.ok(storage.allocate(1) > 5000);
    });

    test('CT-basic-07: what was refused leaves nothing, beside what was there and what comes', async () => {
      await using place = await open();
      const { storage } = place;
      const [before, refused, after] = [1, 2, 3].map(() => storage.allocate(1)) as [Oid, Oid, Oid];
      const first = await put(storage, before, { n: 1 });
      const late = [write(refused, { n: 2 }), write(before, { n: 2 })];
      await assert.rejects(storage.commit(request(late)), ConflictError);
      const second = await put(storage, after, { n: 3 });
      const third = await put(storage, refused, { n: 4 });
      using reader = storage.snapshot();
      const found = [before, after, refused].map((oid) => reader.load(oid)?.tid);
      assert.deepEqual(found, [first, second, third]);
      assert.equal(reader.revision(refused)?.previousTid, TID_ZERO);
    });

    test('CT-basic-09: the current revision is that of the last write, and of nobody before', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const current = (): Tid | undefined => {
        using reader = storage.snapshot();
        return reader.revision(oid)?.tid;
      };
      assert.equal(current(), undefined);
      for (const state of [{ n: 1 }, { n: 2 }, undefined, { n: 3 }]) {
        assert.equal(await put(storage, oid, state), current());
      }
    });

    test('CT-basic-10, CT-basic-11: a storage tells how many objects it has, and how large it is', async () => {
      await using place = await open();
      const { storage } = place;
      assert.equal((await storage.figures()).objects, 0);
      const oid = storage.allocate(1);
      for (const n of [1, 2]) await put(storage, oid, { n });
      await put(storage, storage.allocate(1), { n: 3 });
      const { objects, revisions, transactions, recordBytes } = await storage.figures();
      assert.deepEqual(
        { objects, revisions, transactions },
        { objects: 2, revisions: 3, transactions: 3 },
      );
      assert.ok(recordBytes >= 0);
    });

    test('CT-basic-13: a storage does what it says it supports', async () => {
      await using place = await open();
      const { storage } = place;
      const { supports } = storage;
      const oid = storage.allocate(1);
      const tid = await put(storage, oid, { n: 1 });
      if (supports.threads) {
        await using joined = await LevelStorage.join(storage.share());
        assert.deepEqual(stateOf(joined, oid), { n: 1 });
      } else assert.throws(() => storage.share(), { code: 'ODB_NOT_SHARED' });
      assert.equal(supports.backup, true);
      for await (const transaction of storage.transactionsFrom())
        assert.equal(transaction.tid, tid);
      assert.equal(supports.pack, true);
      assert.equal((await storage.pack({ before: tid, garbage: false })).revisions, 0);
      if (supports.persistence) assert.deepEqual(stateOf(await place.reopen(), oid), { n: 1 });
      else await assert.rejects(place.reopen());
    });

    test('one commit may write very many objects', async () => {
      await using place = await open();
      const { storage } = place;
      const count = 70_000;
      const first = storage.allocate(count);
      const writes = Array.from({ length: count }, (_, i) => write(asOid(first + i), { i }));
      const { tid } = await storage.commit(request(writes));
      using reader = storage.snapshot();
      assert.deepEqual(stateIn(reader, asOid(first + count - 1)), { i: count - 1 });
      assert.equal(reader.transaction(tid)?.created.length, count);
    });

    test('a closed reader and a closed storage say so', async () => {
      await using place = await open();
      const { storage } = place;
      const reader = storage.snapshot();
      reader.close();
      reader.close();
      assert.throws(() => reader.load(OID_ROOT), { code: 'ODB_CLOSED' });
      assert.throws(() => reader.lastTid, { code: 'ODB_CLOSED' });
      await storage.close();
      await storage.close();
      assert.throws(() => storage.snapshot(), { code: 'ODB_CLOSED' });
      await assert.rejects(storage.commit(request([])), { code: 'ODB_CLOSED' });
      await assert.rejects(storage.setMeta({ a: 1 }), { code: 'ODB_CLOSED' });
    });

    test('closing waits for commits in progress', async () => {
      await using place = await open();
      const { storage } = place;
      const writes = Array.from({ length: 5 }, (_, n) => [write(storage.allocate(1), { n })]);
      const commits = writes.map((one) => storage.commit(request(one)));
      await storage.close();
      assert.equal((await Promise.all(commits)).length, 5);
    });
  });
}
