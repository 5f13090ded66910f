/**
 * A full disk: nothing is saved, reading goes on, and it goes on by itself when there is room.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { backup } from '../../../odb/backup/backup.js';
import { Database } from '../../../odb/database.js';
import { DISK_RESERVE_BYTES } from '../../../odb/blobs/disk-space.js';
import { blobsDirectory } from '../../../odb/level/level-database.js';
import { restore } from '../../../odb/backup/restore.js';
import { TID_MAX } from '../../../odb/tid.js';
import { standInRoom } from '../../support/disk-room.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { watchDisk, type DiskCall } from '../../support/watched-disk.js';
import { assertWhole, openDesks, workAt } from '../support/desk.js';

const FULL = { code: 'ODB_DISK_FULL' };
const ROOM = 2 * DISK_RESERVE_BYTES;

test('with less than the reserve nothing is saved, all can be read, and room ends it', async () => {
  await using directory = await temporaryDirectory();
  using room = standInRoom(0);
  await using storage = await openDesks(directory.path);
  const database = await Database.open({ storage }).catch((error: unknown) => error);
  assert.equal((database as { code?: string }).code, 'ODB_DISK_FULL', 'a new one has no root');
  room.freeBytes = ROOM;
  await using opened = await Database.open({ storage });
  for (const n of [1, 2, 3]) assert.equal(await workAt(opened, 'ada'), n);
  // A file of some megabytes is looked at on its way, whenever the last look was.
  room.freeBytes = DISK_RESERVE_BYTES - 1;
  await assert.rejects(storage.blobs.put(Buffer.alloc(5_000_000)), FULL);
  assert.deepEqual(await readdir(path.join(blobsDirectory(directory.path), 'tmp')), []);
  await assert.rejects(storage.setMeta({ big: 'x'.repeat(5_000_000) }), FULL);
  await assert.rejects(workAt(opened, 'ada'), FULL);
  await assertWhole(storage, { ada: 3 });
  assert.deepEqual(await storage.trash(), []);
  room.freeBytes = ROOM;
  assert.equal(await workAt(opened, 'ada'), 4);
  await assertWhole(storage, { ada: 4 });
});

test('a pack makes room where a commit has none', async () => {
  await using directory = await temporaryDirectory();
  using room = standInRoom(ROOM);
  await using storage = await openDesks(directory.path);
  await using database = await Database.open({ storage });
  for (let n = 0; n < 5; n += 1) await workAt(database, 'ada');
  room.freeBytes = DISK_RESERVE_BYTES * 0.75;
  await assert.rejects(storage.blobs.put(Buffer.alloc(5_000_000)), FULL);
  const { revisions } = await storage.pack({ before: TID_MAX });
  assert.ok(revisions > 0);
  await assertWhole(storage, { ada: 5 });
});

for (const when of ['before', 'after'] as const) {
  test(`a batch for which there was no room ${when} it was written is taken up without reopening`, async () => {
    await using directory = await temporaryDirectory();
    await using storage = await openDesks(directory.path);
    await using database = await Database.open({ storage });
    for (const n of [1, 2]) assert.equal(await workAt(database, 'ada'), n);
    using old = database.connect();
    {
      using _watch = watchDisk({ [when]: throwing(noRoom, ({ name }) => name === 'level.write') });
      await assert.rejects(workAt(database, 'ada'), FULL);
    }
    const logs = await logsIn(directory.path);
    assert.ok(old.root.has('ada'), 'those who read go on');
    const again = await workAt(database, 'ada');
    assert.equal(again, when === 'before' ? 3 : 4, 'what was refused is there or not, as a whole');
    assert.ok(old.root.has('ada'), 'also on what they had opened');
    const left = await logsIn(directory.path);
    assert.ok(!left.some((log) => logs.includes(log)), 'nothing is written behind a broken end');
    await assertWhole(storage, { ada: again });
    assert.ok(!(await readdir(directory.path)).includes('room.tmp'));
  });
}

test('while there is no room, nothing is written behind what failed', async () => {
  await using directory = await temporaryDirectory();
  await using storage = await openDesks(directory.path);
  await using database = await Database.open({ storage });
  await workAt(database, 'ada');
  let writes = 0;
  {
    const full = (call: DiskCall): boolean =>
      call.name === 'level.write' || call.file.endsWith('room.tmp');
    using _watch = watchDisk({
      before(call) {
        if (call.name === 'level.write') writes += 1;
        if (full(call)) throw noRoom(call);
      },
    });
    for (let n = 0; n < 5; n += 1) await assert.rejects(workAt(database, 'ada'), FULL);
  }
  assert.equal(writes, 1);
  await assertWhole(storage, { ada: 1 });
});

test('a backup and a restore without room leave nothing behind and say so', async () => {
  await using directory = await temporaryDirectory();
  const [data = '', backups = '', target = ''] = ['data', 'backups', 'restored'].map((name) =>
    path.join(directory.path, name),
  );
  await using storage = await openDesks(data);
  await using database = await Database.open({ storage });
  for (let n = 0; n < 4; n += 1) await workAt(database, 'ada');
  {
    using _watch = watchDisk({
      before: throwing(noRoom, ({ name }) => name === 'handle.writeFile'),
    });
    await assert.rejects(backup(storage, backups), FULL);
  }
  const { to } = await backup(storage, backups);
  assert.equal(to, storage.lastTid);
  {
    using _watch = watchDisk({ before: throwing(noRoom, ({ name }) => name === 'level.write') });
    await assert.rejects(restore(backups, target), FULL);
  }
  assert.deepEqual((await readdir(directory.path)).sort(), ['backups', 'data']);
  await restore(backups, target);
  await using restored = await openDesks(target);
  await assertWhole(restored, { ada: 4 });
});

/** Lets each call of a kind fail. */
function throwing(
  error: (call: DiskCall) => Error,
  isMeant: (call: DiskCall) => boolean,
): (call: DiskCall) => void {
  return (call) => {
    if (isMeant(call)) throw error(call);
  };
}

/** What the file system, and LevelDB, say when there is no room. */
function noRoom({ name, file }: DiskCall): Error {
  if (name.startsWith('level.')) {
    const error = new Error(`IO error: ${file}/000003.log: No space left on device`);
    return Object.assign(error, { code: 'LEVEL_IO_ERROR' });
  }
  const error = new Error('ENOSPC: no space left on device, write');
  return Object.assign(error, { code: 'ENOSPC', syscall: 'write' });
}

async function logsIn(directory: string): Promise<string[]> {
  const names = await readdir(path.join(directory, 'objects'));
  return names.filter((name) => name.endsWith('.log'));
}
