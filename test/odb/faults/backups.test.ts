import assert from 'node:assert/strict';
import { mkdtemp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { backup } from '../../../odb/backup/backup.js';
import { readManifest } from '../../../odb/backup/backup-manifest.js';
import { verifyBackup } from '../../../odb/backup/backup-verify.js';
import { Database } from '../../../odb/database.js';
import { OdbError } from '../../../odb/errors.js';
import type { LevelStorage } from '../../../odb/level/level-storage.js';
import { restore } from '../../../odb/backup/restore.js';
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.js';
import { contentOf } from '../support/contents.js';
import { assertWhole, openDesks, workAt } from '../support/desk.js';
import { failEachCall } from './each-call.js';

/** One database for all histories: backups do not change it. */
let home: TemporaryDirectory;
let storage: LevelStorage;
let database: Database;
const done = { ada: 0 };

before(async () => {
  home = await temporaryDirectory();
  storage = await openDesks(path.join(home.path, 'data'));
  database = await Database.open({ storage });
  for (let n = 0; n < 3; n += 1) done.ada = await workAt(database, 'ada');
});

after(async () => {
  await database.close();
  await home[Symbol.asyncDispose]();
});

interface Place extends AsyncDisposable {
  readonly backups: string;
  /** The newest transactions of backups that were finished. */
  readonly finished: number[];
}

async function begin(): Promise<Place> {
  const directory = await mkdtemp(path.join(home.path, 'backups-'));
  return {
    backups: path.join(directory, 'here'),
    finished: [],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

test('whichever call fails, backups that were finished are whole, and the next one is made', async () => {
  const calls = await failEachCall<Place>({
    begin,
    async act({ backups, finished }) {
      finished.push((await backup(storage, backups)).to);
      finished.push((await backup(storage, backups, { full: true })).to);
      const { problems } = await verifyBackup(backups);
      // It reports what it cannot read, and goes on.
      if (problems.length > 0) throw new OdbError('ODB_BACKUP_DAMAGED', JSON.stringify(problems));
    },
    async verify({ backups, finished }) {
      const { backups: listed } = await readManifest(backups);
      const more = listed.length - finished.length;
      assert.ok(more === 0 || more === 1, 'what was finished is listed');
      await backup(storage, backups);
      assert.deepEqual((await verifyBackup(backups)).problems, []);
      const left = await readdir(backups, { recursive: true });
      assert.deepEqual(
        left.filter((name) => name.endsWith('.tmp') || name.includes('tmp/')),
        [],
      );
    },
  });
  assert.ok(calls.before > 60 && calls.after > 20, 'there was something to fail');
});

test('whichever call fails, there is the whole database at the place to restore to, or none', async () => {
  const source = path.join(home.path, 'source');
  await backup(storage, source);
  await workAt(database, 'ada').then((n) => (done.ada = n));
  await backup(storage, source);
  const content = await contentOf(storage);
  const calls = await failEachCall<Place & { readonly target: string }>({
    async begin() {
      const place = await begin();
      return { ...place, target: path.join(path.dirname(place.backups), 'restored') };
    },
    async act({ target }) {
      await restore(source, target);
    },
    async verify({ target }) {
      const directory = path.dirname(target);
      if (!(await readdir(directory)).includes('restored')) await restore(source, target);
      assert.deepEqual(await readdir(directory), ['restored']);
      await using restored = await openDesks(target);
      assert.deepEqual(await contentOf(restored), content);
      await assertWhole(restored, done);
    },
  });
  assert.ok(calls.before > 60 && calls.after > 15, 'there was something to fail');
});
