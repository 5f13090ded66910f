/** Files of LevelDB that are damaged: what can be lost is never lost without a word. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { check, LevelStorage, OdbError, repairFiles, type Oid } from '../../../odb/index.js';
import { openObjects } from '../../../odb/level/level-database.js';
import { brokenAt, wholeLog } from '../../../odb/level/level-log.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { put, stateOf } from '../support/requests.js';

const OBJECTS = 20;
const ROUNDS = 12;

/** Which file of a database, and what is done to it. */
interface Damage {
  readonly file: RegExp;
  readonly change: (bytes: Buffer) => Buffer | undefined;
}

const flippedAt =
  (share: number) =>
  (bytes: Buffer): Buffer => {
    const at = Math.floor(bytes.length * share);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
    return bytes;
  };

const CURRENT = /^CURRENT$/;
const MANIFEST = /^MANIFEST-/;
const TABLE = /\.ldb$/;
const LOG = /^\d+\.log$/;

const lists: Readonly<Record<string, Damage>> = {
  'CURRENT is missing': { file: CURRENT, change: () => undefined },
  'CURRENT is empty': { file: CURRENT, change: () => Buffer.alloc(0) },
  'CURRENT leads to nothing': { file: CURRENT, change: () => Buffer.from('MANIFEST-999999\n') },
  'the list is missing': { file: MANIFEST, change: () => undefined },
  'the list is cut off': {
    file: MANIFEST,
    change: (bytes) => bytes.subarray(0, bytes.length / 2),
  },
  'the list is changed': { file: MANIFEST, change: flippedAt(0.5) },
};

const tables: Readonly<Record<string, Damage>> = {
  'a table is missing': { file: TABLE, change: () => undefined },
  'a table is cut off': { file: TABLE, change: (bytes) => bytes.subarray(0, bytes.length / 2) },
  'a table is empty': { file: TABLE, change: () => Buffer.alloc(0) },
};

describe('damaged lists of files', () => {
  for (const [what, damage] of Object.entries(lists)) {
    test(`CT-misc-02: ${what}: refused, and all is there after a repair`, async () => {
      await using site = await makeSite();
      await site.damage(damage);
      const before = await filesIn(site.path);
      await refused(site.path);
      assert.deepEqual(await filesIn(site.path), before, 'they are left as they are');
      const report = await repairFiles(site.path);
      assert.deepEqual(report, { brokenLogs: [], damagedTables: [], isListRemade: true });
      await using storage = await openSite(site.path);
      assert.deepEqual(await statesOf(storage, site.oids), site.states);
      assert.equal(storage.lastTid, site.lastTid);
      assert.ok(storage.allocate(1) > Math.max(...site.oids));
      assert.deepEqual(await codesIn(storage), []);
    });
  }
});

describe('damaged data', () => {
  for (const [what, damage] of Object.entries(tables)) {
    test(`CT-misc-04: ${what}: refused; a repair keeps what is in the other files`, async () => {
      await using site = await makeSite();
      await site.damage(damage);
      await refused(site.path, /\.ldb/);
      assert.equal((await repairFiles(site.path)).isListRemade, true);
      await using storage = await openSite(site.path);
      assert.deepEqual(await statesOf(storage, site.oids), site.states, 'the log has them all');
      assert.equal(storage.lastTid, site.lastTid);
      assert.ok((await codesIn(storage)).length > 0, 'the check names what is lost of the past');
      assert.ok((await put(storage, storage.allocate(1), { n: 1 })) > site.lastTid);
    });
  }

  for (const [what, change] of [
    ['changed in the midst', flippedAt(0.5)],
    ['changed near its beginning', flippedAt(0.01)],
    ['empty for a while', (bytes: Buffer) => bytes.fill(0, 3_000, 3_600)],
  ] as const) {
    test(`CT-misc-04: a log that is ${what} is refused; a repair keeps all other transactions`, async () => {
      await using site = await makeSite();
      await site.damage({ file: LOG, change });
      const before = await filesIn(site.path);
      await refused(site.path, /\.log in .* is broken at byte \d+/);
      assert.deepEqual(await filesIn(site.path), before, 'it is left as it is');
      const { brokenLogs, isListRemade } = await repairFiles(site.path);
      assert.deepEqual([brokenLogs.length, isListRemade], [1, false]);
      assert.ok((await readdir(path.join(site.path, 'objects', 'lost'))).length === 1);
      await using storage = await openSite(site.path);
      assert.equal(storage.lastTid, site.lastTid);
      let transactions = 0;
      for await (const { transaction } of storage.scan().transactions()) {
        if (transaction !== undefined) transactions += 1;
      }
      assert.ok(transactions < site.transactions);
      assert.ok(transactions >= site.transactions - 8, `${transactions} are there`);
      assert.ok((await codesIn(storage)).includes('transaction'), 'the check names the gap');
    });
  }

  test('CT-misc-04: a log that ends in the midst of a batch is opened without that batch', async () => {
    await using site = await makeSite();
    await site.damage({ file: LOG, change: (bytes) => bytes.subarray(0, bytes.length - 10) });
    await using storage = await openSite(site.path);
    assert.ok(storage.lastTid < site.lastTid);
    assert.deepEqual(await codesIn(storage), []);
    let transactions = 0;
    for await (const { tid } of storage.transactionsFrom()) transactions += tid > 0 ? 1 : 0;
    assert.equal(transactions, site.transactions - 1);
  });

  test('CT-misc-03: a table that is changed in its midst is named by a check, and an error to a pack', async () => {
    await using site = await makeSite();
    // What the block at its beginning says of its length.
    await site.damage({ file: TABLE, change: (bytes) => bytes.fill(0xff, 0, 4) });
    await using storage = await openSite(site.path);
    const { findings, repair } = await check(storage, { repair: true });
    assert.deepEqual([findings[0]?.code, repair], ['file', undefined]);
    assert.match(findings[0]?.what ?? '', /\d+\.ldb has a block at byte 0 that is not what was/);
    await assert.rejects(storage.pack({ before: storage.lastTid }), { code: 'ODB_DAMAGED' });
  });

  test('CT-misc-03: of a table that is changed, a repair keeps the other blocks, and a check names the rest', async () => {
    await using directory = await temporaryDirectory();
    const { oids, lastTid } = await makeTables(directory.path);
    const name = await changeLargest(directory.path, flippedAt(0.5));
    const report = await repairFiles(directory.path);
    assert.deepEqual(report, { brokenLogs: [], damagedTables: [name], isListRemade: true });
    const lost = await readdir(path.join(directory.path, 'objects', 'lost'));
    assert.ok(lost.includes(`${name}.damaged`), 'the table is kept as it was');
    await using storage = await openSite(directory.path);
    const states = await statesOf(storage, oids);
    const gone = oids.filter((_, i) => states[i] === undefined);
    assert.ok(gone.length > 0 && gone.length < oids.length / 4, `${gone.length} are gone`);
    assert.equal(storage.lastTid, lastTid);
    const { findings } = await check(storage);
    const named = new Set(findings.map(({ oid }) => oid));
    assert.deepEqual(
      gone.filter((oid) => !named.has(oid as Oid)),
      [],
    );
    assert.ok(!findings.some(({ code }) => code === 'file'));
  });

  test('a changed block that can be decoded all the same is found, and left out', async () => {
    await using directory = await temporaryDirectory();
    const { oids, states: before } = await makeTables(directory.path);
    // A byte of a text: nothing but the checksum tells.
    await changeLargest(directory.path, (bytes) => {
      const at = bytes.indexOf('unlike any other');
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      return bytes;
    });
    {
      await using storage = await openSite(directory.path);
      const { findings } = await check(storage);
      assert.equal(findings[0]?.code, 'file');
    }
    await repairFiles(directory.path);
    await using storage = await openSite(directory.path);
    const states = await statesOf(storage, oids);
    for (const [i, state] of states.entries()) {
      if (state !== undefined) assert.deepEqual(state, before[i]);
    }
    assert.ok(states.includes(undefined));
  });

  test('files of a database that is open, or in order, are left as they are', async () => {
    await using site = await makeSite();
    {
      await using _ = await openSite(site.path);
      await assert.rejects(repairFiles(site.path), { code: 'ODB_IN_USE' });
    }
    assert.deepEqual(await repairFiles(site.path), {
      brokenLogs: [],
      damagedTables: [],
      isListRemade: false,
    });
    await using storage = await openSite(site.path);
    assert.deepEqual(await statesOf(storage, site.oids), site.states);
    await using nowhere = await temporaryDirectory();
    assert.deepEqual(await repairFiles(nowhere.path), {
      brokenLogs: [],
      damagedTables: [],
      isListRemade: false,
    });
  });
});

test('of a broken log, every batch that is whole is kept, whatever its length', async () => {
  await using directory = await temporaryDirectory();
  const storage = await openSite(directory.path);
  const lengths = [10, 32_700, 40_000, 5, 100_000, 7, 32_761, 1];
  for (const length of lengths) {
    await put(storage, storage.allocate(1), { text: 'x'.repeat(length) });
  }
  await storage.close();
  const objects = path.join(directory.path, 'objects');
  const name = (await readdir(objects)).find((file) => LOG.test(file)) ?? '';
  const log = await readFile(path.join(objects, name));
  assert.equal(brokenAt(log), undefined);
  assert.deepEqual(wholeLog(log), log);
  for (let share = 0.005; share < 1; share += 0.03) {
    const damaged = flippedAt(share)(Buffer.from(log));
    const mended = wholeLog(damaged);
    assert.equal(brokenAt(mended), undefined);
    assert.deepEqual(wholeLog(mended), mended);
    assert.ok(mended.length < log.length);
  }
});

interface Site extends AsyncDisposable {
  readonly path: string;
  readonly oids: readonly number[];
  readonly states: readonly unknown[];
  readonly lastTid: number;
  readonly transactions: number;
  damage(damage: Damage): Promise<void>;
}

/** A database that is closed: half of what happened in a table, the other half in a log. */
async function makeSite(): Promise<Site> {
  const directory = await temporaryDirectory();
  let storage = await openSite(directory.path);
  const oids = Array.from({ length: OBJECTS }, () => storage.allocate(1));
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round === ROUNDS / 2) {
      await storage.close();
      storage = await openSite(directory.path);
    }
    for (const oid of oids) await put(storage, oid, { round, text: `${oid} `.repeat(20) });
  }
  const states = await statesOf(storage, oids);
  const { lastTid } = storage;
  await storage.close();
  return {
    path: directory.path,
    oids,
    states,
    lastTid,
    transactions: OBJECTS * ROUNDS,
    async damage({ file, change }) {
      const objects = path.join(directory.path, 'objects');
      const name = (await readdir(objects)).filter((one) => file.test(one)).at(-1);
      assert.ok(name !== undefined);
      const changed = change(await readFile(path.join(objects, name)));
      if (changed === undefined) await rm(path.join(objects, name));
      else await writeFile(path.join(objects, name), changed);
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** A database of which all is in tables, that is closed. */
async function makeTables(directory: string): Promise<{
  readonly oids: readonly number[];
  readonly states: readonly unknown[];
  readonly lastTid: number;
}> {
  const storage = await openSite(directory);
  const oids = Array.from({ length: 400 }, () => storage.allocate(1));
  // What cannot be compressed stays as it is in the file.
  const textOf = (oid: number): string =>
    `unlike any other ${randomBytes(300).toString('base64')} ${oid}`;
  const writes = oids.map((oid) => put(storage, oid, { text: textOf(oid) }));
  await Promise.all(writes);
  const states = await statesOf(storage, oids);
  const { lastTid } = storage;
  await storage.close();
  const db = await openObjects(directory);
  assert.ok('compactRange' in db && typeof db.compactRange === 'function');
  await db.compactRange(Uint8Array.of(0), Uint8Array.of(0xff));
  await db.close();
  return { oids, states, lastTid };
}

/** Changes the largest table, and gives its name. */
async function changeLargest(
  directory: string,
  change: (bytes: Buffer) => Buffer,
): Promise<string> {
  const objects = path.join(directory, 'objects');
  let largest = { name: '', bytes: Buffer.alloc(0) };
  for (const name of (await readdir(objects)).filter((one) => TABLE.test(one))) {
    const bytes = await readFile(path.join(objects, name));
    if (bytes.length > largest.bytes.length) largest = { name, bytes };
  }
  await writeFile(path.join(objects, largest.name), change(largest.bytes));
  return largest.name;
}

function openSite(directory: string): Promise<LevelStorage> {
  return LevelStorage.open({ directory, thread: false, rules: {} });
}

/** Sees that a database is refused. */
async function refused(directory: string, message = /Restore a backup/): Promise<void> {
  await assert.rejects(openSite(directory), (error) => {
    assert.ok(error instanceof OdbError, String(error));
    assert.equal(error.code, 'ODB_DAMAGED');
    assert.match(error.message, message);
    return true;
  });
}

async function filesIn(directory: string): Promise<Map<string, Buffer>> {
  const objects = path.join(directory, 'objects');
  const names = (await readdir(objects)).filter((name) => !/^(?:LOG|LOCK)/.test(name));
  const files = new Map<string, Buffer>();
  for (const name of names) files.set(name, await readFile(path.join(objects, name)));
  return files;
}

async function statesOf(storage: LevelStorage, oids: readonly number[]): Promise<unknown[]> {
  return oids.map((oid) => stateOf(storage, oid as Parameters<typeof stateOf>[1]));
}

/** What a check finds, besides that these databases have no root. */
async function codesIn(storage: LevelStorage): Promise<string[]> {
  const { findings } = await check(storage);
  return findings.map(({ code }) => code).filter((code) => code !== 'root');
}
