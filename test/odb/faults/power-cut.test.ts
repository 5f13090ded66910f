/**
 * The power is cut before any call that changes something on the disk, which then has only what was
 * synced (`forgetful-disk.ts` says what that proves): what was acknowledged is there, and nothing is
 * there by half.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { serialize } from 'node:v8';
import { backup } from '../../../odb/backup/backup.js';
import { readManifest } from '../../../odb/backup/backup-manifest.js';
import { verifyBackup } from '../../../odb/backup/backup-verify.js';
import { Database } from '../../../odb/database.js';
import { openObjects } from '../../../odb/level/level-database.js';
import { restore } from '../../../odb/backup/restore.js';
import type { Storage } from '../../../odb/storage.js';
import { ForgetfulDisk } from '../../support/forgetful-disk.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { contentOf } from '../support/contents.js';
import { assertWhole, openDesks, workAt, type Acknowledged } from '../support/desk.js';

/** More than LevelDB keeps in one log, so that it leaves the end of the first one unsynced. */
const LARGE_BYTES = 12_000_000;

/** What was left by a cut, and what had been acknowledged then. */
interface Cut<T> {
  readonly at: string;
  readonly left: string;
  readonly known: T;
}

/** Does something, and cuts the power before each call that changes something, and at the end. */
async function cutEverywhere<T>(
  { top, cuts, know }: { readonly top: string; readonly cuts: string; readonly know: () => T },
  work: () => Promise<void>,
): Promise<Cut<T>[]> {
  const made: Cut<T>[] = [];
  const cut = (disk: ForgetfulDisk, at: string): void => {
    const left = path.join(cuts, `cut-${made.length}`);
    disk.cutTo(left);
    made.push({ at, left, known: know() });
  };
  using disk: ForgetfulDisk = new ForgetfulDisk(top, ({ name, file }) =>
    cut(disk, `before ${name} ${file}`),
  );
  await work();
  cut(disk, 'at the end');
  return made;
}

async function verifyCuts<T>(
  cuts: readonly Cut<T>[],
  verify: (cut: Cut<T>) => Promise<void>,
): Promise<void> {
  for (const cut of cuts) {
    try {
      await verify(cut);
    } catch (cause) {
      const told = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      throw new Error(`Power cut ${cut.at}: ${told}`, { cause });
    }
  }
}

test('the disk that forgets keeps what was synced, and loses everything else', async () => {
  await using directory = await temporaryDirectory();
  await using left = await temporaryDirectory();
  const at = (name: string): string => path.join(directory.path, name);
  using disk = new ForgetfulDisk(directory.path);
  await writeFile(at('lost'), 'x');
  const db = await openObjects(at('level'), { create: true });
  await db.put(new Uint8Array([1]), new Uint8Array([1]), { sync: true });
  await db.put(new Uint8Array([2]), new Uint8Array([2]));
  const handle = await open(at('synced'), 'w');
  await handle.writeFile('kept');
  await handle.sync();
  await handle.writeFile(' and lost');
  disk.cutTo(path.join(left.path, 'nameless'));
  assert.ok(!existsSync(path.join(left.path, 'nameless', 'synced')), 'its name is not synced');
  const top = await open(directory.path, 'r');
  await top.sync();
  await top.close();
  await handle.close();
  disk.cutTo(path.join(left.path, 'named'));
  await db.close();
  const content = await open(path.join(left.path, 'named', 'synced'), 'r');
  assert.equal(await content.readFile('utf8'), 'kept');
  await content.close();
  const rest = await openObjects(path.join(left.path, 'named', 'level'));
  assert.ok((await rest.get(new Uint8Array([1]))) !== undefined);
  assert.ok((await rest.get(new Uint8Array([2]))) === undefined);
  await rest.close();
});

test('whenever the power is cut, acknowledged commits and their files are there', async () => {
  await using directory = await temporaryDirectory();
  await using left = await temporaryDirectory();
  const done: Record<string, number> = { ada: 0, ben: 0 };
  const data = path.join(directory.path, 'sites', 'data');
  const places = { top: directory.path, cuts: left.path, know: () => ({ ...done }) };
  const cuts = await cutEverywhere<Acknowledged>(places, async () => {
    await using storage = await openDesks(data);
    const database = await Database.open({ storage });
    for (let round = 0; round < 4; round += 1) {
      for (const writer of ['ada', 'ben']) done[writer] = await workAt(database, writer);
    }
  });
  assert.ok(cuts.length > 50, 'there was something to cut');
  await verifyCuts(cuts, async (cut) => {
    await using storage = await openDesks(path.join(cut.left, 'sites', 'data'));
    await assertWhole(storage, cut.known);
  });
});

test('whenever the power is cut, finished backups are there and whole', async () => {
  await using directory = await temporaryDirectory();
  await using home = await temporaryDirectory();
  await using left = await temporaryDirectory();
  await using storage = await openDesks(home.path);
  const database = await Database.open({ storage });
  const finished: number[] = [];
  const backups = path.join(directory.path, 'backups');
  const places = { top: directory.path, cuts: left.path, know: () => [...finished] };
  const cuts = await cutEverywhere(places, async () => {
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 3; n += 1) await workAt(database, 'ada');
      finished.push((await backup(storage, backups)).to);
    }
  });
  assert.ok(cuts.length > 20, 'there was something to cut');
  await verifyCuts(cuts, async (cut) => {
    const at = path.join(cut.left, 'backups');
    const listed = (await readManifest(at)).backups.map(({ to }) => Number(to));
    assert.deepEqual(listed.slice(0, cut.known.length), cut.known);
    assert.ok(listed.length <= cut.known.length + 1);
    if (listed.length > 0) assert.deepEqual((await verifyBackup(at)).problems, []);
  });
});

test('whenever the power is cut, there is a restored database as a whole, or none', async () => {
  await using site = await backedUpSite(0);
  let restored = false;
  const places = { top: site.directory, cuts: site.cuts, know: () => restored };
  const cuts = await cutEverywhere(places, async () => {
    await restore(site.backups, path.join(site.directory, 'restored'));
    restored = true;
  });
  assert.ok(cuts.length > 20, 'there was something to cut');
  await verifyCuts(cuts, async (cut) => {
    const at = path.join(cut.left, 'restored');
    assert.ok(existsSync(at) || !cut.known, 'what is restored is there');
    if (existsSync(at)) assert.equal(await contentAt(at), site.content);
  });
});

test('a restored database of more than one log is there when the power is cut', async () => {
  await using site = await backedUpSite(LARGE_BYTES);
  using disk = new ForgetfulDisk(site.directory);
  await restore(site.backups, path.join(site.directory, 'restored'));
  disk.cutTo(site.cuts);
  assert.equal(await contentAt(path.join(site.cuts, 'restored')), site.content);
});

/** Backups of a database with so many bytes in it, and an empty directory to be watched. */
async function backedUpSite(bytes: number): Promise<Site> {
  const home = await temporaryDirectory();
  const [backups = '', data = '', directory = '', cuts = ''] = ['b', 'd', 'r', 'c'].map((name) =>
    path.join(home.path, name),
  );
  await mkdir(directory);
  await using storage = await openDesks(data);
  const database = await Database.open({ storage });
  for (let n = 0; n < 3; n += 1) await workAt(database, 'ada');
  using connection = database.connect();
  for (let at = 0; at < bytes; at += 1_000_000) {
    connection.root.set(`large ${at}`, randomBytes(1_000_000));
    await connection.commit();
  }
  await backup(storage, backups);
  const content = await digestOf(storage);
  return { backups, directory, cuts, content, [Symbol.asyncDispose]: home[Symbol.asyncDispose] };
}

interface Site extends AsyncDisposable {
  readonly backups: string;
  readonly directory: string;
  readonly cuts: string;
  /** Tells whether another database is the same. */
  readonly content: string;
}

async function contentAt(directory: string): Promise<string> {
  await using storage = await openDesks(directory);
  return await digestOf(storage);
}

async function digestOf(storage: Storage): Promise<string> {
  const content = serialize(await contentOf(storage));
  return createHash('sha256').update(content).digest('hex');
}
