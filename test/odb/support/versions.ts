/** Versions for tests: content to change, and the ways a version ends. */
import {
  asOid,
  Counter,
  PersistentList,
  PersistentMap,
  PersistentSet,
  type CheckInOptions,
  type Connection,
  type Database,
  type Oid,
  type Tid,
  type VersionPlanOptions,
} from '../../../odb/index.js';
import { fetched, newFolder, Page, type Folder } from '../databases.js';

/** Versions are known by oids of which nothing else is asked. */
export const V1 = asOid(1_000_001);
export const V2 = asOid(1_000_002);

/** Stores a page, a map of 300 entries, a set, a list, a counter, and a folder with a page. */
export async function withContent(database: Database): Promise<void> {
  await database.transact(({ root }) => {
    root.set('page', new Page({ title: 'main', body: 'one\ntwo\nthree\n', hits: 10 }));
    root.set('other', new Page({ title: 'other' }));
    root.set('map', new PersistentMap<string>(keysAndValues(0, 300)));
    root.set('set', new PersistentSet<string>(['a', 'b']));
    root.set('list', new PersistentList<string>(['a', 'b', 'c']));
    root.set('counter', new Counter());
    const folder = newFolder('folder');
    root.set('folder', folder);
    folder.insert(new Page({ title: 'child' }), 'child');
  });
}

export function* keysAndValues(from: number, to: number): Generator<[string, string]> {
  for (let n = from; n < to; n += 1) yield [`k${String(n).padStart(4, '0')}`, `v${n}`];
}

export function pageOf({ root }: Connection, key = 'page'): Page {
  return fetched<Page>({ root }, key);
}

export function mapOf({ root }: Connection, key = 'map'): PersistentMap<string> {
  return fetched<PersistentMap<string>>({ root }, key);
}

export function listOf({ root }: Connection): PersistentList<string> {
  return fetched<PersistentList<string>>({ root }, 'list');
}

export function folderOf({ root }: Connection, key = 'folder'): Folder {
  return fetched<Folder>({ root }, key);
}

/** Does work in a version. */
export function inVersion<T>(
  database: Database,
  version: Oid,
  work: (connection: Connection) => T,
): Promise<T> {
  return database.transact(work, {}, { version });
}

/** Checks a version in, and answers the transaction. Fails when something is in conflict. */
export async function checkIn(
  database: Database,
  version: Oid,
  options: CheckInOptions = {},
): Promise<Tid> {
  using main = database.connect();
  main.applyCheckIn(await main.planCheckIn(version, options));
  return main.commit({ note: 'check in' });
}

export async function discard(
  database: Database,
  version: Oid,
  options: VersionPlanOptions = {},
): Promise<Tid> {
  using main = database.connect();
  main.applyDiscard(await main.planDiscard(version, options));
  return main.commit({ note: 'discard' });
}

export async function update(
  database: Database,
  version: Oid,
  options: CheckInOptions = {},
): Promise<Tid> {
  using connection = database.connect({ version });
  connection.applyUpdate(await connection.planUpdate(options));
  return connection.commit({ note: 'update' });
}

/** Takes transactions back where they were made, and answers the transaction that did. */
export async function undoIn(
  database: Database,
  version: Oid | undefined,
  ...tids: Tid[]
): Promise<Tid> {
  using connection = database.connect(version === undefined ? {} : { version });
  connection.applyUndo(connection.planUndo(tids));
  return connection.commit({ undoes: tids });
}

/** Gives the titles of a page as main and as some versions show it. */
export function titles(database: Database, ...versions: Oid[]): string[] {
  return [undefined, ...versions].map((version) => {
    using connection = database.connect(version === undefined ? {} : { version });
    return pageOf(connection).title;
  });
}
