import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asOid, type Oid } from '../../../odb/oid.js';
import { decodeRecord } from '../../../odb/records/record.js';
import type { Storage } from '../../../odb/storage.js';
import type { StoredTransaction, TransactionRange } from '../../../odb/stored.js';
import { asTid, type Tid } from '../../../odb/tid.js';
import { put, request, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import { undo } from '../support/undoing.js';

/** What every storage gives who walks over its transactions. */
export function iterationConformance(name: string, open: Open): void {
  describe(`${name}: iteration`, () => {
    test('CT-iter-01: all revisions come in commit order, whole', async () => {
      await using at = await open();
      const { storage } = at;
      const [one, two] = [storage.allocate(1), storage.allocate(1)];
      const tids = [
        await put(storage, one, { n: 1 }),
        await put(storage, two, { n: 2 }),
        await put(storage, one, { n: 3 }),
      ];
      const both = [
        write(one, { n: 4 }, { base: asTid(tids[2] ?? 0) }),
        write(two, { n: 5 }, { base: asTid(tids[1] ?? 0) }),
      ];
      tids.push((await storage.commit(request(both, { baseTid: storage.lastTid }))).tid);
      assert.deepEqual(await listed(storage), [
        { tid: tids[0], records: [[one, { n: 1 }, 1]] },
        { tid: tids[1], records: [[two, { n: 2 }, 1]] },
        { tid: tids[2], records: [[one, { n: 3 }, 2]] },
        {
          tid: tids[3],
          records: [
            [one, { n: 4 }, 3],
            [two, { n: 5 }, 2],
          ],
        },
      ]);
    });

    test('CT-iter-02: an undone creation is a record without a state', async () => {
      await using at = await open();
      const { storage } = at;
      const oid = storage.allocate(1);
      const created = await put(storage, oid, { n: 94 });
      await undo(storage, created);
      assert.deepEqual(
        (await listed(storage)).map(({ records }) => records),
        [[[oid, { n: 94 }, 1]], [[oid, undefined, 2]]],
      );
    });

    test('CT-undo-13: undos are transactions that name what they undo, and write the states before', async () => {
      await using at = await open();
      const { storage } = at;
      const oids = Array.from({ length: 4 }, () => storage.allocate(1));
      for (const oid of oids) await put(storage, oid, { n: 1 });
      const changes: Tid[] = [];
      for (const oid of oids) changes.push(await put(storage, oid, { n: 2 }));
      const undos: Tid[] = [];
      for (const tid of changes.toReversed()) undos.push(await undo(storage, tid));
      const found: unknown[] = [];
      for await (const { tid, undoes, records } of storage.transactionsFrom()) {
        const written = [...records()].map(({ oid, record }) => [oid, stateOfRecord(record)]);
        found.push([tid, undoes, written]);
      }
      assert.deepEqual(
        found.slice(4, 8),
        oids.map((oid, i) => [changes[i], undefined, [[oid, { n: 2 }]]]),
      );
      assert.deepEqual(
        found.slice(8),
        oids.toReversed().map((oid, i) => [undos[i], [changes[3 - i]], [[oid, { n: 1 }]]]),
      );
    });

    test('CT-iter-03: a transaction says what it was given to say', async () => {
      await using at = await open();
      const { storage } = at;
      const meta = {
        user: 'ada',
        note: 'x',
        paths: ['/a'],
        extension: { foo: [1, { bar: null }] },
      };
      const oid = storage.allocate(1);
      await put(storage, oid, { n: 1 }, { meta });
      for await (const { user, note, paths, extension } of storage.transactionsFrom()) {
        assert.deepEqual({ user, note, paths, extension }, meta);
      }
    });

    test('CT-iter-04: a commit in progress is neither seen nor disturbed', async () => {
      await using at = await open();
      const { storage } = at;
      const oid = storage.allocate(1);
      const first = await put(storage, oid, { n: 1 });
      const committing = storage.commit(request([write(oid, { n: 2 }, { base: first })]));
      const walk = storage.transactionsFrom({ stop: first });
      const seen = [];
      for await (const { tid } of walk) seen.push(tid);
      assert.deepEqual(seen, [first]);
      const { tid } = await committing;
      assert.deepEqual(
        (await listed(storage)).map((one) => one.tid),
        [first, tid],
      );
    });

    test('CT-iter-05: what is loaded has the tid of the transaction it is found in', async () => {
      await using at = await open();
      const { storage } = at;
      const oid = storage.allocate(1);
      await put(storage, oid, { n: 42 });
      using reader = storage.snapshot();
      const loaded = reader.load(oid);
      for await (const transaction of storage.transactionsFrom()) {
        assert.equal(transaction.tid, loaded?.tid);
        for (const { tid, record } of transaction.records()) {
          assert.equal(tid, loaded?.tid);
          assert.deepEqual(record, loaded?.record);
        }
      }
    });

    test('CT-iter-06: a walk is walked once, the records of a transaction as often as wanted', async () => {
      await using at = await open();
      const { storage } = at;
      await put(storage, storage.allocate(1), { n: 1 });
      const walk = storage.transactionsFrom();
      let last: StoredTransaction | undefined;
      for await (const transaction of walk) {
        const once = [...transaction.records()];
        assert.equal(once.length, 1);
        assert.deepEqual([...transaction.records()], once);
        last = transaction;
      }
      assert.deepEqual(await walk.next(), { done: true, value: undefined });
      for await (const { tid } of walk) assert.fail(`${tid} is found again`);
      assert.throws(() => [...(last?.records() ?? [])], { code: 'ODB_CLOSED' });
    });

    test('CT-iter-07: what is committed after a walk was made is not in it', async () => {
      await using at = await open();
      const { storage } = at;
      const oid = storage.allocate(1);
      const first = await put(storage, oid, { n: 1 });
      const walk = storage.transactionsFrom();
      await put(storage, oid, { n: 2 });
      const seen: Tid[] = [];
      for await (const { tid } of walk) {
        seen.push(tid);
        await put(storage, oid, { n: 3 });
      }
      assert.deepEqual(seen, [first]);
    });

    test('CT-iter-08: bounds are inclusive, and need not be tids of transactions', async () => {
      await using at = await open();
      const { storage } = at;
      const oid = storage.allocate(1);
      const tids: Tid[] = [];
      // Far enough apart for something to be between them.
      for (const n of [1, 2, 3, 4]) {
        const tid = asTid(2_000_000_000_000_000 + n * 10);
        using reader = storage.snapshot();
        const base = reader.revision(oid)?.tid;
        const writes = [write(oid, { n }, base === undefined ? {} : { base })];
        tids.push((await storage.commit(request(writes, { tid }))).tid);
      }
      const [r1, r2, r3, r4] = tids as [Tid, Tid, Tid, Tid];
      const within = async (range: TransactionRange): Promise<Tid[]> =>
        (await listed(storage, range)).map(({ tid }) => tid);
      assert.deepEqual(await within({ start: r1, stop: r4 }), tids);
      assert.deepEqual(await within({ start: r3 }), [r3, r4]);
      assert.deepEqual(await within({ stop: r2 }), [r1, r2]);
      assert.deepEqual(await within({ start: r2, stop: r3 }), [r2, r3]);
      const between = { start: asTid(r1 + 1), stop: asTid(r3 - 1) };
      assert.deepEqual(await within(between), [r2]);
      assert.deepEqual(await within({ start: r3, stop: r2 }), []);
      assert.deepEqual(await within({ start: r2, stop: r2 }), [r2]);
    });

    test('a transaction with a tid of its own is newer than all there are, or refused', async () => {
      await using at = await open();
      const { storage } = at;
      const last = await put(storage, asOid(7), { n: 1 });
      for (const tid of [last, asTid(last - 1)]) {
        await assert.rejects(storage.commit(request([write(asOid(8), { n: 1 })], { tid })), {
          code: 'ODB_TID_TAKEN',
        });
      }
      assert.equal(storage.lastTid, last);
    });

    test('a walk that is left, or was never begun, is closed by leaving it', async () => {
      await using at = await open();
      const { storage } = at;
      const oid = storage.allocate(1);
      for (const n of [1, 2, 3]) await put(storage, oid, { n });
      let left: StoredTransaction | undefined;
      for await (const transaction of storage.transactionsFrom()) {
        left = transaction;
        break;
      }
      assert.throws(() => [...(left?.records() ?? [])], { code: 'ODB_CLOSED' });
      const unused = storage.transactionsFrom();
      await unused.return?.();
      assert.equal((await unused.next()).done, true);
    });

    test('a scan sees every revision by oid and tid, and the metadata, as of one moment', async () => {
      await using at = await open();
      const { storage } = at;
      const [one, two] = [storage.allocate(1), storage.allocate(1)];
      const first = await put(storage, two, { n: 1 });
      const second = await put(storage, one, { n: 2 });
      const third = await put(storage, two, { n: 3 });
      await storage.setMeta({ b: 2, a: { deep: [1] } });
      using scan = storage.scan();
      await put(storage, one, { n: 4 });
      await storage.setMeta({ c: 3 });
      const revisions: unknown[] = [];
      for await (const { oid, tid, isCurrent } of scan.revisions()) {
        revisions.push([oid, tid, isCurrent]);
      }
      assert.deepEqual(revisions, [
        [one, second, true],
        [two, first, false],
        [two, third, true],
      ]);
      const meta: unknown[] = [];
      for await (const entry of scan.meta()) meta.push(entry);
      assert.deepEqual(meta, [
        ['a', { deep: [1] }],
        ['b', 2],
      ]);
      assert.ok(scan.nextOid > two);
      scan.close();
      await assert.rejects(scan.revisions()[Symbol.asyncIterator]().next(), { code: 'ODB_CLOSED' });
    });
  });
}

interface Listed {
  readonly tid: Tid;
  readonly records: readonly (readonly [Oid, unknown, number])[];
}

function stateOfRecord(record: Uint8Array | undefined): unknown {
  return record === undefined ? undefined : decodeRecord(record).state;
}

async function listed(storage: Storage, range?: TransactionRange): Promise<Listed[]> {
  const all: Listed[] = [];
  for await (const { tid, records } of storage.transactionsFrom(range)) {
    const entries = [...records()].map(
      ({ oid, record, number }) => [oid, stateOfRecord(record), number] as const,
    );
    all.push({ tid, records: entries });
  }
  return all;
}
