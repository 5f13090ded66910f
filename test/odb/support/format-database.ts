/**
 * A database with everything in it that the help page on the format tells of, and what it holds as
 * it reads that itself.
 */
import assert from 'node:assert/strict';
import {
  Counter,
  Database,
  LevelStorage,
  Persistent,
  PersistentList,
  PersistentMap,
  PersistentSet,
  type Connection,
  type Oid,
  type Reader,
  type TransactionRecord,
} from '../../../odb/index.js';
import { decodeRecord } from '../../../odb/records/record.js';
import { Ref } from '../../../odb/value.js';
import { newFolder, Page } from '../databases.js';
import { Reference } from './format-bytes.js';
import type { ReadRevision, ReadTransaction } from './format-reader.js';

const ENTRIES = 400;
const SORTS = ['', 'a', 'z', 'é', '\u{1f600}', '\uffee', 'ZZ', '10', '9'];
const NUMBERS = [0, -0.5, 1e-300, -1e300, 3, 2 ** 53, -Infinity, Infinity, 0.1];
const PLAIN = {
  integers: [0, -1, 23, 24, 255, 256, 65_536, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1)],
  floats: [0.5, 1.1, -1e300, 1e-40, Infinity, Number.NaN],
  big: [0n, 2n ** 70n, -(2n ** 70n), -1n],
  dates: [new Date(0), new Date(-1), new Date(1_800_000_000_123)],
  others: [null, true, false, 'Ä\u{1f600}', new Uint8Array([0, 255])],
  deep: { a: [{ b: [[]] }] },
};

/** Everything the page tells of, in several transactions each. Answers the objects to compare. */
async function fill(connection: Connection): Promise<Record<string, Oid>> {
  const { root } = connection;
  const meta = { user: 'ada', note: 'Begin', paths: ['/a', '/b'], extension: { n: [1] } };
  const folder = newFolder('Folder');
  const [map, set, list] = [
    new PersistentMap<unknown>(),
    new PersistentSet<string | number>([...SORTS, ...NUMBERS]),
    new PersistentList<unknown>(Array.from({ length: ENTRIES }, (_, n) => n)),
  ];
  const counter = new Counter();
  const page = new Page({ title: 'One', body: 'a\nb\n', settings: PLAIN, author: folder });
  const all = { folder, map, set, list, counter, page };
  for (const [name, object] of Object.entries(all)) root.set(name, object);
  await connection.commit(meta);

  for (let n = 0; n < ENTRIES; n += 1) {
    map.set(`${SORTS[n % SORTS.length]}${n}`, n % 3 === 0 ? page : { n });
    if (n % 100 === 99) await connection.commit({ note: `Until ${n}` });
  }
  for (let n = 0; n < 7; n += 1) {
    page.title = `Title ${n}`;
    counter.add(n);
    list.splice(n * 25, 30, `new ${n}`, page);
    set.delete(SORTS[n] ?? '');
    for (let m = n; m < ENTRIES; m += 9) map.delete(`${SORTS[m % SORTS.length]}${m}`);
    await connection.commit({ note: `Change ${n}`, user: 'ben' });
  }
  folder.insert(new Page({ title: 'Child' }), 'child');
  const adding = await connection.commit();
  folder.remove('child');
  await connection.commit({ user: 'cy' });
  connection.applyUndo(connection.planUndo([adding], { objects: [] }));
  const passing = connection.add(new Page({ title: 'Passing' }));
  const making = await connection.commit();
  connection.applyUndo(connection.planUndo([making]));
  await connection.commit({ undoes: [making] });
  const oids = Object.entries(all).map(([name, object]) => [name, object.oid ?? 0]);
  return { ...(Object.fromEntries(oids) as Record<string, Oid>), passing };
}

/** What is stored, with references as the reader has them. */
export function asRead(value: unknown): unknown {
  if (value instanceof Ref) return new Reference(value.oid);
  if (value instanceof Persistent) return new Reference(value.oid ?? 0);
  if (Array.isArray(value)) return value.map(asRead);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asRead(each)]));
}

/** All revisions of all objects, as the database itself reads them. */
export async function revisionsOf(storage: LevelStorage): Promise<Map<Oid, ReadRevision[]>> {
  const found = new Map<Oid, ReadRevision[]>();
  using scan = storage.scan();
  for await (const { oid, revision } of scan.revisions()) {
    assert.ok(revision !== undefined);
    const { tid, number, previousTid, record } = revision;
    const decoded = record === undefined ? undefined : decodeRecord(record);
    const state = decoded && {
      className: decoded.className,
      state: asRead(decoded.state) as Record<string, unknown>,
    };
    found.set(oid, [{ tid, number, previousTid, ...state }, ...(found.get(oid) ?? [])]);
  }
  return found;
}

export async function transactionsOf(storage: LevelStorage): Promise<ReadTransaction[]> {
  const found: ReadTransaction[] = [];
  for await (const { records: _records, ...transaction } of storage.transactionsFrom()) {
    found.push(transactionAsRead(transaction));
  }
  return found;
}

function transactionAsRead(transaction: TransactionRecord): ReadTransaction {
  const {
    tid,
    previousTid,
    oids,
    created,
    removed,
    maps,
    version = 0,
    overlays = [],
  } = transaction;
  const { user, note, paths, undoes, extension } = transaction;
  const says = Object.entries({ user, note, paths, undoes, extension });
  return {
    ...{ tid, previousTid, version, overlays, oids, created, removed, maps },
    says: Object.fromEntries(says.filter(([, value]) => value !== undefined)),
  };
}

function contentsAt(connection: Connection): Record<string, unknown[]> {
  const contents: Record<string, unknown[]> = {};
  for (const [name, object] of connection.root) {
    if (object instanceof PersistentMap) contents[name] = [...object].map(asRead);
    else if (object instanceof PersistentSet) contents[name] = [...object.values()];
    else if (object instanceof PersistentList) contents[name] = [...object].map(asRead);
  }
  return contents;
}

/** Makes a database, and tells what is in it as the database itself reads it. */
export async function writeDatabase(
  directory: string,
  also: (storage: LevelStorage) => Promise<void> = () => Promise.resolve(),
): Promise<{
  readonly revisions: Map<Oid, ReadRevision[]>;
  readonly transactions: ReadTransaction[];
  /** What containers hold as of some transactions, oldest first. */
  readonly moments: Map<TransactionRecord['tid'], Record<string, unknown[]>>;
  readonly oids: Record<string, Oid>;
  readonly sha256: string;
}> {
  const storage = await LevelStorage.open({ directory, thread: false, nodeEntries: 8 });
  await using database = await Database.open({ storage });
  using connection = database.connect();
  const oids = await fill(connection);
  await storage.setMeta({ 'bench/settings': { colours: ['red', undefined] } });
  const { sha256 } = await storage.blobs.put(Buffer.from('A blob'));
  const moments = new Map<TransactionRecord['tid'], Record<string, unknown[]>>();
  using view: Reader = storage.snapshot();
  const tids = connection.transactions({ limit: 100 }).items.map(({ tid }) => tid);
  for (const at of tids.toReversed()) {
    using past = database.connect({ at });
    if (view.loadAt(oids['map'] as Oid, at) !== undefined) moments.set(at, contentsAt(past));
  }
  await also(storage);
  return {
    ...{ moments, oids, sha256 },
    revisions: await revisionsOf(storage),
    transactions: await transactionsOf(storage),
  };
}
