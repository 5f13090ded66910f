import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError } from '../../../odb/errors.js';
import { asOid, OID_ROOT } from '../../../odb/oid.js';
import { META_TEXT_MAX } from '../../../odb/storage.js';
import { TID_ZERO } from '../../../odb/tid.js';
import { put, request, stateIn, stateOf, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';

/** What every storage does with single objects: keep them, in order, whole or not at all. */
export function basicConformance(name: string, open: Open): void {
  describe(`${name}: basics`, () => {
    test('an empty storage has no transaction and no object', async () => {
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

    test('what was committed is loaded, with its tid, by every later snapshot', async () => {
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

    test('a new state takes the place of the one before', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      for (let n = 13; n <= 21; n++) await put(storage, oid, { n });
      assert.deepEqual(stateOf(storage, oid), { n: 21 });
    });

    test('objects have revisions of their own', async () => {
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

    test('a reader sees its moment, whatever is committed afterwards', async () => {
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

    test('of two commits that began with one revision, the second fails and leaves no trace', async () => {
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

    test('a commit that writes nothing makes no transaction', async () => {
      await using place = await open();
      const { storage } = place;
      const tid = await put(storage, storage.allocate(1), { n: 1 });
      for (let i = 0; i < 3; i++) {
        assert.deepEqual(await storage.commit(request([])), { tid, merged: [] });
      }
      assert.equal(storage.lastTid, tid);
    });

    test('a read that must stay current makes the commit fail when it did not', async () => {
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

    test('a transaction is kept with all it says about itself', async () => {
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

    test('too much metadata is refused, and nothing is stored', async () => {
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

    test('oids are given once, and one from elsewhere raises the next', async () => {
      await using place = await open();
      const { storage } = place;
      const first = storage.allocate(10);
      assert.ok(first > OID_ROOT);
      assert.equal(storage.allocate(1), first + 10);
      await put(storage, asOid(5000), { n: 1 });
      assert.ok(storage.allocate(1) > 5000);
    });

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
