import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { backup } from '../../../odb/backup/backup.js';
import { readManifest, writeManifest } from '../../../odb/backup/backup-manifest.js';
import { verifyBackup } from '../../../odb/backup/backup-verify.js';
import { FileBlobs } from '../../../odb/blobs/blobs.js';
import { check } from '../../../odb/check/check.js';
import { mergeRules } from '../../../odb/objects/class-registry.js';
import { Connection } from '../../../odb/connection/connection.js';
import { Database } from '../../../odb/database.js';
import { blobsDirectory } from '../../../odb/level/level-database.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { restore } from '../../../odb/backup/restore.js';
import type { Storage } from '../../../odb/storage.js';
import { asTid, type Tid } from '../../../odb/tid.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { databaseKinds, fetched, type Folder, newFolder, Page } from '../databases.js';
import { contentOf } from '../support/contents.js';
import { Picture } from '../support/damage.js';
import { encrypting } from '../support/encrypting-codec.js';

for (const { name, open } of databaseKinds) {
  test(`backup: ${name}: every backed-up moment can be restored, and is equal`, async () => {
    await using directory = await temporaryDirectory();
    const backups = path.join(directory.path, 'backups');
    await using database = await open();
    const { storage } = database;
    const moments: Tid[] = [];
    for (let round = 0; round < 3; round += 1) {
      await work(database, round);
      moments.push(storage.lastTid);
      await work(database, round + 10);
      await storage.setMeta({ round });
      const report = await backup(storage, backups);
      assert.equal(report.kind, round === 0 ? 'full' : 'changes');
      assert.equal(report.to, storage.lastTid);
      moments.push(report.to);
    }
    const verified = await verifyBackup(backups);
    assert.deepEqual(verified.problems, []);
    assert.equal(verified.blobs, 6);
    for (const [index, at] of [...moments.entries(), [6, undefined] as const]) {
      const target = path.join(directory.path, `restored-${index}`);
      const report = await restore(backups, target, at === undefined ? {} : { at });
      await using restored = await openRestored(target);
      assert.equal(report.lastTid, at ?? storage.lastTid);
      assert.deepEqual(
        await contentOf(restored),
        await contentOf(storage, { stop: report.lastTid }),
      );
      assert.deepEqual((await check(restored, { verifyBlobs: true })).findings, []);
      assert.equal(restored.getMeta('round'), Math.min(2, Math.floor(index / 2)));
    }
  });
}

test('backup: what is committed meanwhile is in the next one', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  const { storage } = database;
  await work(database, 0);
  await work(database, 1);
  const writing: Promise<unknown>[] = [];
  let rounds = 2;
  const onProgress = (): void => void writing.push(work(database, rounds++));
  const before = storage.lastTid;
  const first = await backup(storage, backups, { onProgress });
  assert.equal(first.to, before);
  await Promise.all(writing);
  assert.ok(storage.lastTid > before);
  await backup(storage, backups);
  await using restored = await bench.restored();
  assert.deepEqual(await contentOf(restored), await contentOf(storage));
});

test('backup: a restored database goes on where it was', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  await work(database, 0);
  await backup(database.storage, backups);
  const target = bench.at('restored');
  await restore(backups, target);
  await using restored = await openDatabase(target);
  const first = restored.storage.lastTid;
  await work(restored, 1);
  assert.ok(restored.storage.lastTid > first);
  assert.deepEqual((await check(restored.storage)).findings, []);
  const report = await backup(restored.storage, backups);
  assert.equal(report.after, first, 'it is the same database, so the chain goes on');
  // The original has gone another way than the backups since.
  await work(database, 2);
  await assert.rejects(backup(database.storage, backups), { code: 'ODB_OTHER_DATABASE' });
  const full = await backup(database.storage, backups, { full: true });
  assert.equal(full.kind, 'full');
});

test('backup: one that is stopped leaves those before it as they were', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  await work(database, 0);
  await backup(database.storage, backups);
  const before = await readManifest(backups);
  await work(database, 1);
  const stop = new AbortController();
  const onProgress = (): void => stop.abort(new Error('enough'));
  await work(database, 2);
  await assert.rejects(
    backup(database.storage, backups, { signal: stop.signal, onProgress }),
    /enough/,
  );
  assert.deepEqual(await readManifest(backups), before);
  const files = (await readdir(backups)).sort();
  assert.deepEqual(files, [before.backups[0]?.file, 'blobs', 'manifest.json'].sort());
});

test('backup: two at once in one directory do not mix', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  await work(database, 0);
  await backup(database.storage, backups);
  await work(database, 1);
  const both: Promise<PromiseSettledResult<unknown>[]>[] = [];
  const settled = (made: Promise<unknown>): void => void both.push(Promise.allSettled([made]));
  const outer = backup(database.storage, backups, {
    now: () => {
      // The outer one is whole by now, and not yet in the manifest.
      if (both.length === 1) settled(backup(database.storage, backups));
      return 0;
    },
  });
  settled(outer);
  await outer.catch(() => undefined);
  const outcomes = (await Promise.all(both)).flat();
  assert.equal(outcomes.length, 2);
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  assert.ok(refused.length <= 1);
  assert.deepEqual((await verifyBackup(backups)).problems, []);
});

test('backup: what a pack forgot cannot be restored, the moments since can', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  const { storage } = database;
  await work(database, 0);
  const early = storage.lastTid;
  await work(database, 1);
  const packed = storage.lastTid;
  await storage.pack({ before: packed });
  assert.deepEqual((await check(storage)).findings, []);
  await work(database, 2);
  const late = storage.lastTid;
  await work(database, 3);
  await backup(storage, backups);
  await assert.rejects(restore(backups, bench.at('early'), { at: early }), {
    code: 'ODB_NO_BACKUP',
  });
  for (const at of [packed, late, undefined]) {
    await using restored = await bench.restored(at);
    assert.deepEqual((await check(restored)).findings, []);
    assert.equal(restored.packedTid, packed);
    const wanted = at ?? storage.lastTid;
    assert.deepEqual(statesAt(restored, wanted), statesAt(storage, wanted));
  }
});

test('backup: what a pack forgot between two backups cannot be restored, the rest can', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  const { storage } = database;
  await work(database, 0);
  const early = storage.lastTid;
  await work(database, 1);
  await backup(storage, backups);
  await work(database, 2);
  const forgotten = storage.lastTid;
  await work(database, 3);
  await storage.pack({ before: storage.lastTid });
  const packed = storage.lastTid;
  await work(database, 4);
  await backup(storage, backups);
  await assert.rejects(restore(backups, bench.at('no'), { at: forgotten }), {
    code: 'ODB_NO_BACKUP',
  });
  for (const at of [early, packed, storage.lastTid]) {
    await using restored = await bench.restored(at);
    assert.deepEqual((await check(restored, { verifyBlobs: true })).findings, []);
    if (at !== early) assert.deepEqual(statesAt(restored, at), statesAt(storage, at));
  }
});

test('backup: what was removed and packed away is not there again after a restore', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  const { storage } = database;
  await work(database, 0);
  await backup(storage, backups);
  const removed = await database.transact((connection) => {
    const docs = fetched<Folder>(connection, 'docs');
    const page = docs.children.get('p0-1');
    docs.remove('p0-1');
    return page?.oid;
  });
  assert.ok(removed !== undefined);
  await storage.pack({ before: storage.lastTid, trashDays: 0 });
  await backup(storage, backups);
  await using restored = await bench.restored(undefined);
  using reader = restored.snapshot();
  assert.equal(reader.revision(removed)?.record, undefined);
  assert.deepEqual((await check(restored)).findings, []);
});

test('restore: refuses a target that is not empty, and a moment that no backup has', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  const target = bench.at('target');
  await assert.rejects(restore(backups, target), { code: 'ODB_NO_BACKUP' });
  await assert.rejects(verifyBackup(backups), { code: 'ODB_NO_BACKUP' });
  await work(database, 0);
  const { to } = await backup(database.storage, backups);
  await assert.rejects(restore(backups, target, { at: asTid(to + 1) }), { code: 'ODB_NO_BACKUP' });
  await mkdir(target);
  await writeFile(path.join(target, 'mine'), 'x');
  await assert.rejects(restore(backups, target), { code: 'ODB_NOT_EMPTY' });
  assert.equal(await readFile(path.join(target, 'mine'), 'utf8'), 'x');
  await rm(path.join(target, 'mine'));
  await restore(backups, target);
  assert.deepEqual((await readdir(bench.at('.'))).sort(), ['backups', 'data', 'target']);
});

const damages: readonly {
  readonly name: string;
  readonly work: (file: string, backups: string) => Promise<unknown>;
  readonly what: RegExp;
}[] = [
  { name: 'a file that is gone', work: (file) => rm(file), what: /ENOENT/ },
  { name: 'a file that is cut short', work: (file) => truncate(file, 500), what: /ends early/ },
  { name: 'a file that is longer', work: (file) => appendFile(file, 'x'), what: /ends early/ },
  {
    name: 'a file with a byte changed',
    work: async (file) => {
      const bytes = await readFile(file);
      const at = bytes.indexOf('Ada was here');
      bytes.write('Eva', at);
      await writeFile(file, bytes);
    },
    what: /is not the file that was written/,
  },
  {
    name: 'a file that is none',
    work: (file) => writeFile(file, 'something else'),
    what: /is no backup/,
  },
  {
    name: 'a blob that is gone',
    work: async (_, backups) => rm(await firstBlob(backups)),
    what: /is not there|There is no blob/,
  },
  {
    name: 'a blob that is another',
    work: async (_, backups) => appendFile(await firstBlob(backups), 'x'),
    what: /is damaged|is not the blob/,
  },
];

for (const { name, work: damage, what } of damages) {
  test(`verifyBackup: finds ${name}, and restore refuses it`, async () => {
    await using bench = await openBench();
    const { database, backups } = bench;
    await work(database, 0);
    const { file } = await backup(database.storage, backups);
    await damage(path.join(backups, file), backups);
    const { problems } = await verifyBackup(backups);
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.what ?? '', what);
    await assert.rejects(restore(backups, bench.at('target')), what);
    assert.deepEqual((await readdir(bench.at('.'))).sort(), ['backups', 'data']);
  });
}

test('verifyBackup: finds a backup that is missing between two, and restore refuses it', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  for (const round of [0, 1, 2]) {
    await work(database, round);
    await backup(database.storage, backups);
  }
  const manifest = await readManifest(backups);
  const [first, , last] = manifest.backups;
  assert.ok(first !== undefined && last !== undefined);
  await writeManifest(backups, { ...manifest, backups: [first, last] });
  const { problems } = await verifyBackup(backups);
  assert.deepEqual(problems, [{ file: last.file, what: 'does not follow the backup before it' }]);
  const target = bench.at('target');
  await assert.rejects(restore(backups, target), { code: 'ODB_BACKUP_DAMAGED' });
  const { lastTid } = await restore(backups, target, { at: first.to });
  assert.equal(lastTid, first.to);
});

test('backup: the first two at once in one directory: one is made, the other is told so', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  await work(database, 0);
  const outcomes = await Promise.allSettled([
    backup(database.storage, backups),
    backup(database.storage, backups),
  ]);
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    const { code } = outcome.reason as { readonly code: string };
    assert.equal(code, 'ODB_BACKUP_BUSY');
  }
  assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
  assert.deepEqual((await verifyBackup(backups)).problems, []);
});

test('backup: where nothing is new, none is added', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  await work(database, 0);
  const first = await backup(database.storage, backups);
  const second = await backup(database.storage, backups);
  assert.deepEqual([first.isNew, second.isNew, second.file], [true, false, first.file]);
  await database.storage.setMeta({ told: true });
  assert.equal((await backup(database.storage, backups)).isNew, true, 'metadata is new');
  assert.equal((await backup(database.storage, backups, { full: true })).isNew, true);
  assert.equal((await readManifest(backups)).backups.length, 3);
});

test('restore: of a database with a codec, only with one, or when none is asked for', async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string): string => path.join(directory.path, name);
  const codec = encrypting();
  {
    const storage = await LevelStorage.open({
      directory: at('data'),
      thread: false,
      rules: mergeRules(),
      codec,
    });
    await using database = await Database.open({ storage });
    await work(database, 0);
    await backup(storage, at('backups'));
  }
  await assert.rejects(restore(at('backups'), at('plain')), { code: 'ODB_CODEC' });
  await restore(at('backups'), at('encrypted'), { codec });
  await restore(at('backups'), at('plain'), { codec: 'none' });
  assert.deepEqual(
    await Promise.all(['data', 'encrypted', 'plain'].map((name) => hasText(at(name), '0.7'))),
    [false, false, true],
  );
  const rules = mergeRules();
  await using one = await LevelStorage.open({
    directory: at('encrypted'),
    thread: false,
    rules,
    codec,
  });
  await using other = await openRestored(at('plain'));
  assert.deepEqual(await contentOf(one), await contentOf(other));
});

test('backup: a blob that is damaged is named and left out, the rest is kept', async () => {
  await using bench = await openBench();
  const { database, backups } = bench;
  await work(database, 0);
  const { sha256 } = await database.storage.blobs.put(Buffer.from('picture 0'));
  await appendFile(database.storage.blobs.path(sha256), 'x');
  const report = await backup(database.storage, backups);
  assert.deepEqual(report.damagedBlobs, [sha256]);
  assert.deepEqual((await verifyBackup(backups)).problems, []);
  await using restored = await bench.restored();
  assert.deepEqual(
    (await check(restored)).findings.map(({ code }) => code),
    ['blob-missing'],
  );
});

/** A database, a directory for its backups, and room beside them: all gone in the end. */
interface Bench extends AsyncDisposable {
  readonly database: Database;
  readonly backups: string;
  at(name: string): string;
  /** Restores a moment beside what was restored before, and opens it. Default: the newest. */
  restored(at?: Tid): Promise<Storage & AsyncDisposable>;
}

async function openBench(): Promise<Bench> {
  const directory = await temporaryDirectory();
  const at = (name: string): string => path.join(directory.path, name);
  const database = await openDatabase(at('data'));
  return {
    database,
    backups: at('backups'),
    at,
    async restored(moment) {
      const target = at(`restored-${moment ?? 'newest'}`);
      await restore(at('backups'), target, moment === undefined ? {} : { at: moment });
      return openRestored(target);
    },
    async [Symbol.asyncDispose]() {
      await database.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** The titles of all pages at a moment. */
function statesAt(storage: Storage, at: Tid): unknown {
  using connection = new Connection(storage, { at, cacheObjects: 1000, onClose: () => undefined });
  const docs = fetched<Folder>(connection, 'docs');
  return [...docs.children.entries()].map(([id, page]) => [id, page.title, page.oid, page.tid]);
}

/** One transaction that adds pages and a picture, and changes and removes others. */
async function work(database: Database, round: number): Promise<void> {
  const { sha256 } = await database.storage.blobs.put(Buffer.from(`picture ${round}`));
  await database.transact(
    (connection) => {
      if (!connection.root.has('docs')) connection.root.set('docs', newFolder('Docs'));
      const docs = fetched<Folder>(connection, 'docs');
      for (let n = 0; n < 60; n += 1) {
        docs.insert(new Page({ title: `${round}.${n}` }), `p${round}-${n}`);
      }
      docs.insert(new Picture({ title: 'Picture', file: { sha256 } }), `picture${round}`);
      docs.hits += 1;
      for (const [n, id] of [...docs.children.keys({ limit: 30 })].entries()) {
        if (n % 2 === 0) docs.remove(id);
      }
    },
    { user: 'ada', note: 'Ada was here', extension: { round } },
  );
}

function openRestored(directory: string): Promise<Storage & AsyncDisposable> {
  return LevelStorage.open({ directory, thread: false, rules: mergeRules() });
}

async function openDatabase(directory: string): Promise<Database> {
  return Database.open({ storage: await openRestored(directory) });
}

/** Tells whether a text can be read in the files of a database. */
async function hasText(directory: string, text: string): Promise<boolean> {
  const objects = path.join(directory, 'objects');
  const files = await Promise.all(
    (await readdir(objects)).map((name) => readFile(path.join(objects, name))),
  );
  return files.some((file) => file.includes(text));
}

async function firstBlob(backups: string): Promise<string> {
  const blobs = new FileBlobs(blobsDirectory(backups));
  const names = (await readdir(blobsDirectory(backups), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  return blobs.path(names[0] ?? '');
}
