/** Removing old backups: what is kept can be restored as before, and nothing else is there. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import {
  backup,
  Database,
  MemoryStorage,
  readManifest,
  removeBackups,
  restore,
  verifyBackup,
  type Tid,
} from '../../../odb/index.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { Picture } from '../support/damage.js';

test('removeBackups: keeps the newest full backups, what follows them, and the blobs they name', async () => {
  await using directory = await temporaryDirectory();
  const backups = path.join(directory.path, 'backups');
  await using database = await Database.open({ storage: new MemoryStorage() });
  const { storage } = database;
  const moments: Tid[] = [];
  for (const [round, full] of [true, false, true, false].entries()) {
    const { sha256 } = await storage.blobs.put(Buffer.from(`picture ${round % 2}`));
    await database.transact(
      ({ root }) => void root.set('picture', new Picture({ file: { sha256 } })),
    );
    moments.push((await backup(storage, backups, { full })).to);
    // The first picture is forgotten before the second full backup.
    if (round === 1) {
      await database.transact(({ root }) => void root.delete('picture'));
      await storage.pack({ before: storage.lastTid, trashDays: 0 });
    }
  }
  assert.deepEqual((await removeBackups(backups, { keepFull: 2 })).backups, []);
  const { backups: removed, blobs, sizeBytes } = await removeBackups(backups, { keepFull: 1 });
  assert.deepEqual([removed.map(({ kind }) => kind), blobs], [['full', 'changes'], 0]);
  assert.ok(sizeBytes > 0);
  const kept = (await readManifest(backups)).backups.map(({ file }) => file);
  assert.equal(kept.length, 2);
  assert.deepEqual((await readdir(backups)).sort(), [...kept, 'blobs', 'manifest.json'].sort());
  assert.deepEqual((await verifyBackup(backups)).problems, []);
  const [first, , , last] = moments;
  const restored = await restore(backups, path.join(directory.path, 'restored'));
  assert.equal(restored.lastTid, last);
  const target = path.join(directory.path, 'older');
  await assert.rejects(restore(backups, target, first === undefined ? {} : { at: first }), {
    code: 'ODB_NO_BACKUP',
  });
  await database.transact(({ root }) => void root.set('n', 1));
  const { file } = await backup(storage, backups);
  assert.ok(file > (kept[1] ?? ''), 'numbers go on');
});

test('removeBackups: removes blobs that no kept backup names', async () => {
  await using directory = await temporaryDirectory();
  const backups = path.join(directory.path, 'backups');
  {
    await using database = await Database.open({ storage: new MemoryStorage() });
    const { sha256 } = await database.storage.blobs.put(Buffer.from('an old picture'));
    await database.transact(({ root }) => void root.set('p', new Picture({ file: { sha256 } })));
    await backup(database.storage, backups);
  }
  await using database = await Database.open({ storage: new MemoryStorage() });
  await backup(database.storage, backups, { full: true });
  assert.equal((await removeBackups(backups, { keepFull: 1 })).blobs, 1);
  assert.deepEqual((await verifyBackup(backups)).problems, []);
});
