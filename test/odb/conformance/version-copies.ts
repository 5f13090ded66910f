import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { backup } from '../../../odb/backup/backup.js';
import { verifyBackup } from '../../../odb/backup/backup-verify.js';
import { ORDER_MIN } from '../../../odb/trees/btree.js';
import { check } from '../../../odb/check/check.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { OID_ROOT, type Oid } from '../../../odb/oid.js';
import { restore } from '../../../odb/backup/restore.js';
import type { Storage } from '../../../odb/storage.js';
import { TID_MAX, TID_ZERO, type Tid } from '../../../odb/tid.js';
import { copyTransactions } from '../../../odb/backup/transfer.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { contentOf } from '../support/contents.js';
import { changeMap } from '../support/map-client.js';
import { put, stateOf } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import {
  changeMapIn,
  checkIn,
  discard,
  edit,
  entriesIn,
  entryOf,
  shown,
  shownIn,
  takeBack,
} from '../support/version-client.js';

const order = ORDER_MIN;

/** Versions walked over, copied, backed up and restored, on every storage. */
export function versionCopyConformance(name: string, open: Open): void {
  describe(`${name}: copying versions`, () => {
    test('CT-rec-06: a copy has what versions hold, check-ins, discards and their undo', async () => {
      await using from = await open({ nodeEntries: order });
      await using to = await open({ nodeEntries: order });
      const { versions, oid, map } = await history(from.storage);
      await copyTransactions(from.storage, to.storage);
      assert.deepEqual(await contentOf(to.storage), await contentOf(from.storage));
      assert.deepEqual(await to.storage.versions(), await from.storage.versions());
      using source = from.storage.snapshot();
      using target = to.storage.snapshot();
      for (const version of versions) {
        assert.deepEqual(shownIn(target, version, oid), shownIn(source, version, oid));
        assert.deepEqual(entriesIn(target, version, map), entriesIn(source, version, map));
      }
      assert.deepEqual((await check(to.storage)).findings, []);
      await edit(from.storage, versions[0], oid, { n: 'later' });
      assert.equal((await copyTransactions(from.storage, to.storage)).transactions, 1);
      assert.deepEqual(shown(to.storage, versions[0], oid), { n: 'later' });
    });

    test('what began in a version and was discarded ends in the copy as well', async () => {
      await using from = await open();
      await using to = await open();
      const { storage } = from;
      const [version, oid] = [storage.allocate(1), storage.allocate(1)];
      await edit(storage, version, oid, { n: 1 });
      const gone = await discard(storage, version);
      await copyTransactions(storage, to.storage);
      assert.equal(shown(to.storage, version, oid), undefined);
      const last = (await contentOf(to.storage)).at(-1) as { records: { live: boolean }[] };
      assert.deepEqual(
        last.records.map(({ live }) => live),
        [true],
      );
      await takeBack(storage, gone);
      await copyTransactions(storage, to.storage);
      assert.deepEqual(shown(to.storage, version, oid), { n: 1 });
    });

    test('a copy can be made of what a pack left', async () => {
      await using from = await open({ nodeEntries: order });
      await using to = await open({ nodeEntries: order });
      const { versions, oid } = await history(from.storage);
      await from.storage.pack({ before: TID_MAX });
      await copyTransactions(from.storage, to.storage);
      for (const version of versions) {
        assert.deepEqual(shown(to.storage, version, oid), shown(from.storage, version, oid));
      }
      assert.deepEqual(await to.storage.versions(), await from.storage.versions());
    });

    test('what ended and was packed away ends in later copies and backups as well', async () => {
      await using directory = await temporaryDirectory();
      const backups = path.join(directory.path, 'backups');
      await using from = await open({ nodeEntries: order });
      await using to = await open({ nodeEntries: order });
      const { storage } = from;
      const { versions, oid, map } = await history(storage);
      await backup(storage, backups);
      await copyTransactions(storage, to.storage);
      for (const version of versions) await discard(storage, version);
      await storage.pack({ before: TID_MAX, garbage: false });
      await backup(storage, backups);
      await copyTransactions(storage, to.storage);
      const target = path.join(directory.path, 'restored');
      await restore(backups, target, { codec: 'none' });
      await using restored = await LevelStorage.open({ directory: target, thread: false });
      for (const copy of [to.storage, restored]) {
        using reader = copy.snapshot();
        using source = storage.snapshot();
        for (const version of versions) {
          assert.deepEqual(shownIn(reader, version, oid), shownIn(source, version, oid));
          assert.deepEqual(entriesIn(reader, version, map), entriesIn(source, version, map));
        }
        assert.deepEqual(await copy.versions(), []);
        assert.deepEqual((await check(copy)).findings, []);
      }
    });

    test('a copy of what a pack left has the end in main that a version rests on', async () => {
      await using from = await open();
      await using to = await open();
      const { storage } = from;
      const [version, oid] = [storage.allocate(1), storage.allocate(1)];
      if (stateOf(storage, OID_ROOT) === undefined) {
        await put(storage, OID_ROOT, { keys: [], values: [] }, { maps: [rootMap] });
      }
      await put(storage, oid, { n: 1 });
      await put(storage, oid, undefined);
      await edit(storage, version, oid, { n: 2 });
      const { basedOn = TID_ZERO } = entryOf(storage, version, oid) ?? {};
      await storage.pack({ before: TID_MAX });
      await copyTransactions(storage, to.storage);
      using reader = to.storage.snapshot();
      assert.ok(basedOn > TID_ZERO);
      assert.equal(reader.revision(oid)?.tid, basedOn);
      assert.equal(reader.load(oid), undefined);
      assert.deepEqual((await check(to.storage)).findings, []);
    });

    test('CT-iter-09: a walk over all that is stored meets every revision of each version', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      await history(storage);
      using scan = storage.scan();
      const walked: string[] = [];
      for await (const { version, oid, tid, isCurrent, revision } of scan.overlays()) {
        assert.equal(revision?.tid, tid);
        assert.equal(isCurrent, scan.reader.overlay(version, oid)?.tid === tid);
        walked.push([version, oid, tid].join(' '));
      }
      const written: string[] = [];
      for await (const transaction of storage.transactionsFrom()) {
        for (const { version, oid, tid } of transaction.records()) {
          if (version !== undefined) written.push([version, oid, tid].join(' '));
        }
      }
      assert.ok(walked.length > 20);
      assert.deepEqual(walked, [...new Set(walked)], 'each once');
      assert.deepEqual(walked.toSorted(), written.toSorted());
      const sizes = [];
      for await (const size of scan.versions()) sizes.push(size);
      assert.deepEqual(sizes, await storage.versions());
      scan.close();
      await assert.rejects(scan.overlays()[Symbol.asyncIterator]().next(), { code: 'ODB_CLOSED' });
    });

    test('a backup holds versions as of each moment', async () => {
      await using directory = await temporaryDirectory();
      const backups = path.join(directory.path, 'backups');
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const moments: Tid[] = [];
      await history(storage);
      await backup(storage, backups);
      moments.push(storage.lastTid);
      await history(storage);
      moments.push(storage.lastTid);
      await history(storage);
      await backup(storage, backups);
      moments.push(storage.lastTid);
      assert.deepEqual((await verifyBackup(backups)).problems, []);
      for (const [index, at] of moments.entries()) {
        const target = path.join(directory.path, `restored-${index}`);
        await restore(backups, target, { at, codec: 'none' });
        await using restored = await LevelStorage.open({ directory: target, thread: false });
        assert.deepEqual(await contentOf(restored), await contentOf(storage, { stop: at }));
        assert.deepEqual((await check(restored)).findings, []);
        if (index === 2) assert.deepEqual(await restored.versions(), await storage.versions());
      }
    });
  });
}

/** Two versions and main change an object and a map, are brought together, thrown away, taken back. */
async function history(
  storage: Storage,
): Promise<{ versions: readonly [Oid, Oid]; oid: Oid; map: Oid }> {
  const [one, two, oid, map] = Array.from({ length: 4 }, () => storage.allocate(1));
  assert.ok(one !== undefined && two !== undefined && oid !== undefined && map !== undefined);
  if (stateOf(storage, OID_ROOT) === undefined) {
    await put(storage, OID_ROOT, { keys: [], values: [] }, { maps: [rootMap] });
  }
  await put(storage, oid, { n: 1, m: 1 });
  const main = async (changes: Record<string, unknown>): Promise<void> => {
    using reader = storage.snapshot();
    await changeMap(storage, reader, { map, order, changes });
  };
  const inside = async (version: Oid, changes: Record<string, unknown>): Promise<Tid> => {
    using reader = storage.snapshot();
    return (await changeMapIn(storage, reader, { version, map, changes })).tid;
  };
  await main(numbered(0, 20));
  const began = storage.allocate(1);
  await edit(storage, one, oid, { n: 2, m: 1 });
  await edit(storage, one, began, { n: 2 });
  await takeBack(storage, await edit(storage, one, began, { n: 3 }));
  await takeBack(storage, await checkIn(storage, one));
  await edit(storage, two, oid, { n: 1, m: 2 });
  await put(storage, oid, { n: 1, m: 1, main: 1 });
  await checkIn(storage, one);
  await inside(two, numbered(10, 40, 'two'));
  await inside(two, numbered(15, 30, undefined));
  await inside(one, numbered(0, 3, 'one'));
  await main(numbered(0, 25, 'main'));
  const gone = await discard(storage, one);
  await edit(storage, one, oid, { n: 3, m: 3 });
  await takeBack(storage, await edit(storage, one, oid, undefined));
  assert.ok(gone < storage.lastTid);
  return { versions: [one, two], oid, map };
}

const rootMap = { map: OID_ROOT, nodes: [OID_ROOT], entries: [] };

function numbered(from: number, to: number, ...value: readonly unknown[]): Record<string, unknown> {
  const keys = Array.from({ length: to - from }, (_, i) => from + i);
  return Object.fromEntries(
    keys.map((n) => [`k${String(n).padStart(3, '0')}`, value.length === 0 ? n : value[0]]),
  );
}
