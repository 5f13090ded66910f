import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ORDER_MIN } from '../../../odb/trees/btree.js';
import type { MergeRules } from '../../../odb/rules.js';
import type { Storage } from '../../../odb/storage.js';
import { OID_ROOT } from '../../../odb/oid.js';
import { check } from '../../../odb/check/check.js';
import { copyTransactions } from '../../../odb/backup/transfer.js';
import { Ref } from '../../../odb/value.js';
import { changeMap, entriesOf } from '../support/map-client.js';
import { put, stateOf } from '../support/requests.js';
import { contentOf } from '../support/contents.js';
import type { Open } from '../support/storages.js';
import { undo } from '../support/undoing.js';

const order = ORDER_MIN;
const rules: MergeRules = { 'test.Page': { title: 'atomic', place: 'place' } };

/** What every storage gives, and takes, when transactions are copied from one to another. */
export function transferConformance(name: string, open: Open): void {
  describe(`${name}: copying transactions`, () => {
    test('CT-rec-01: gives an equal storage', async () => {
      await using from = await open({ rules, nodeEntries: order });
      await using to = await open({ rules, nodeEntries: order });
      const source = from.storage;
      const { sha256 } = await source.blobs.put(Buffer.from('a picture'));
      const [page, map] = [source.allocate(1), source.allocate(1)];
      await put(
        source,
        page,
        { title: 'a', file: { sha256 } },
        { meta: { user: 'ada', note: 'n' } },
      );
      await fill(source, map, 30);
      await put(source, page, undefined, { meta: { extension: { why: ['x'] } } });
      const report = await copyTransactions(source, to.storage);
      assert.deepEqual(await contentOf(to.storage), await contentOf(source));
      assert.equal(report.lastTid, source.lastTid);
      assert.equal(report.blobs, 1);
      assert.equal(to.storage.blobs.read(sha256).toString(), 'a picture');
      assert.ok(to.storage.allocate(1) > map, 'an oid of the copy is not given again');
    });

    test('goes on where it stopped', async () => {
      await using from = await open();
      await using to = await open();
      const source = from.storage;
      const oid = source.allocate(1);
      const first = await put(source, oid, { n: 1 });
      await put(source, oid, { n: 2 });
      assert.equal((await copyTransactions(source, to.storage, { stop: first })).transactions, 1);
      await put(source, oid, { n: 3 });
      assert.equal((await copyTransactions(source, to.storage)).transactions, 2);
      assert.equal((await copyTransactions(source, to.storage)).transactions, 0);
      assert.deepEqual(await contentOf(to.storage), await contentOf(source));
      await assert.rejects(copyTransactions(source, to.storage, { start: first }), {
        code: 'ODB_TID_TAKEN',
      });
    });

    test('CT-rec-02: goes on into a copy that was packed, undo of what is packed away included', async () => {
      await using from = await open();
      await using to = await open();
      const source = from.storage;
      await emptyRoot(source);
      const oid = source.allocate(1);
      await put(source, oid, { n: 1 });
      await put(source, oid, { n: 2 });
      await put(source, oid, { n: 3 });
      await copyTransactions(source, to.storage);
      await to.storage.pack({ before: to.storage.lastTid, garbage: false });
      using packed = to.storage.snapshot();
      assert.equal(
        packed.revisions(oid).length,
        1,
        'what the undo goes back to is forgotten there',
      );
      await undo(source, source.lastTid);
      const report = await copyTransactions(source, to.storage);
      assert.equal(report.transactions, 1);
      assert.deepEqual(stateOf(to.storage, oid), { n: 2 });
      assert.equal(to.storage.lastTid, source.lastTid);
    });

    test('CT-rec-03: a pack of the copy removes what nothing refers to, and keeps the root', async () => {
      await using from = await open({ rules, nodeEntries: order });
      await using to = await open({ rules, nodeEntries: order });
      const source = from.storage;
      const [one, two] = [source.allocate(1), source.allocate(1)];
      await emptyRoot(source);
      await put(source, two, { n: 2 });
      await put(source, one, { next: new Ref(two) });
      await link(source, new Ref(one));
      await link(source, 'nothing');
      await copyTransactions(source, to.storage);
      await to.storage.pack({ before: to.storage.lastTid });
      assert.equal(stateOf(to.storage, one), undefined);
      assert.equal(stateOf(to.storage, two), undefined);
      using reader = to.storage.snapshot();
      assert.deepEqual(entriesOf(reader, OID_ROOT), { linked: 'nothing' });
    });

    test('a transaction of which a pack left nothing keeps what it says, and its moment', async () => {
      await using from = await open({ rules, nodeEntries: order });
      await using to = await open({ rules, nodeEntries: order });
      const { storage: source } = from;
      const page = source.allocate(1);
      for (const note of ['first', 'second', 'third']) {
        await put(source, page, { title: note }, { meta: { user: 'ada', note } });
      }
      await source.pack({ before: source.lastTid, garbage: false });
      const report = await copyTransactions(source, to.storage);
      const notesOf = async (storage: Storage): Promise<unknown[]> => {
        const said: unknown[] = [];
        for await (const { tid, user, note } of storage.transactionsFrom()) {
          said.push([tid, user, note]);
        }
        return said;
      };
      assert.equal(report.transactions, 3);
      assert.deepEqual(await notesOf(to.storage), await notesOf(source));
      assert.deepEqual(
        (await check(to.storage)).findings.filter(({ code }) => code !== 'root'),
        [],
      );
    });

    test('what was packed away since the last copy ends in the copy as well', async () => {
      await using from = await open({ rules, nodeEntries: order });
      await using to = await open({ rules, nodeEntries: order });
      const source = from.storage;
      const [page, map] = [source.allocate(1), source.allocate(1)];
      await put(source, page, { title: 'a' });
      await fill(source, map, 30);
      await link(source, [new Ref(page), new Ref(map)]);
      await copyTransactions(source, to.storage);
      await fill(source, map, 120);
      await put(source, page, { title: 'b' });
      const brief = source.allocate(1);
      await put(source, brief, { title: 'came and went' });
      await link(source, []);
      await source.pack({ before: source.lastTid, trashDays: 0 });
      await copyTransactions(source, to.storage);
      using reader = to.storage.snapshot();
      assert.equal(reader.revision(page)?.record, undefined);
      assert.equal(reader.revision(map)?.record, undefined);
      assert.equal(reader.revision(brief), undefined);
      assert.deepEqual((await check(to.storage)).findings, []);
    });

    test('CT-rec-04: undo and redo of several objects are copied, and can be undone in the copy', async () => {
      await using from = await open({ rules, nodeEntries: order });
      await using to = await open({ rules, nodeEntries: order });
      const source = from.storage;
      const map = source.allocate(1);
      await fill(source, map, 12);
      const added = await fill(source, map, 20);
      const undone = await undo(source, added);
      await undo(source, undone);
      await copyTransactions(source, to.storage);
      assert.deepEqual(await contentOf(to.storage), await contentOf(source));
      await undo(to.storage, to.storage.lastTid);
      using reader = to.storage.snapshot();
      assert.equal(Object.keys(entriesOf(reader, map)).length, 12);
    });

    test('CT-rec-05: so are repeated undo and redo of one object', async () => {
      await using from = await open();
      await using to = await open();
      const source = from.storage;
      const oid = source.allocate(1);
      await put(source, oid, { n: 1 });
      let last = await put(source, oid, { n: 2 });
      for (let round = 0; round < 6; round += 1) last = await undo(source, last);
      await copyTransactions(source, to.storage);
      assert.deepEqual(await contentOf(to.storage), await contentOf(source));
      assert.deepEqual(stateOf(to.storage, oid), { n: 2 });
      await undo(to.storage, last);
      assert.deepEqual(stateOf(to.storage, oid), { n: 1 });
    });

    test('can be stopped, and leaves whole transactions', async () => {
      await using from = await open();
      await using to = await open();
      const oid = from.storage.allocate(1);
      for (const n of [1, 2]) await put(from.storage, oid, { n });
      const signal = AbortSignal.abort(new Error('enough'));
      await assert.rejects(copyTransactions(from.storage, to.storage, { signal }), /enough/);
      assert.deepEqual(await contentOf(to.storage), []);
    });
  });
}

async function emptyRoot(storage: Storage): Promise<void> {
  using reader = storage.snapshot();
  await changeMap(storage, reader, { map: OID_ROOT, order, changes: {} });
}

async function link(storage: Storage, value: unknown): Promise<void> {
  using reader = storage.snapshot();
  await changeMap(storage, reader, { map: OID_ROOT, order, changes: { linked: value } });
}

async function fill(storage: Storage, map: Parameters<typeof changeMap>[2]['map'], count: number) {
  using reader = storage.snapshot();
  const changes = Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));
  return changeMap(storage, reader, { map, order, changes });
}
