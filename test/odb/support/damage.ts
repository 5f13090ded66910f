/** A database of folders and pages on LevelDB, and ways to damage its files. */
import { Database } from '../../../odb/database.js';
import { mergeRules } from '../../../odb/objects/class-registry.js';
import { openObjects } from '../../../odb/level/level-database.js';
import { objectKey } from '../../../odb/level/level-keys.js';
import {
  decodeRevision,
  encodeRevision,
  type LevelRevision,
} from '../../../odb/level/level-values.js';
import type { LevelDatabase } from '../../../odb/level/level-view.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import type { Oid } from '../../../odb/oid.js';
import { Persistent } from '../../../odb/objects/persistent.js';
import { blob } from '../../../odb/objects/field.js';
import { PersistentList } from '../../../odb/objects/persistent-list.js';
import { decodeRecord, encodeRecord } from '../../../odb/records/record.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import type { State } from '../../../odb/value.js';
import { fetched, newFolder, Page } from '../databases.js';

export class Picture extends Page {
  static {
    this.define('test.Picture', { file: blob() });
  }

  declare file: { readonly sha256: string } | undefined;
}

/** What is in the database that is made. */
export interface Site {
  readonly directory: string;
  /** The folder `/docs`. */
  readonly docs: Oid;
  /** Its map of children, of some hundred pages in a tree of two levels. */
  readonly children: Oid;
  /** The pages `/docs/p0` and `/docs/p1`, each with three revisions. */
  readonly pages: readonly [Oid, Oid];
  /** The tids of the revisions of `/docs/p0`. */
  readonly tids: readonly [Tid, Tid, Tid];
  readonly picture: Oid;
  readonly sha256: string;
  /** The list `/numbers`, of two levels. */
  readonly list: Oid;
}

export function openSite(directory: string): Promise<LevelStorage> {
  return LevelStorage.open({
    directory,
    thread: false,
    rules: mergeRules(),
  });
}

/** Makes a database in an empty directory and closes it. */
export async function makeSite(directory: string): Promise<Site> {
  const storage = await openSite(directory);
  await using database = await Database.open({ storage });
  const { sha256 } = await storage.blobs.put(Buffer.from('a picture'));
  using connection = database.connect();
  const docs = newFolder('Docs');
  connection.root.set('docs', docs);
  for (let n = 0; n < 120; n += 1) docs.insert(new Page({ title: `Page ${n}` }), `p${n}`);
  const picture = new Picture({ title: 'Picture', file: { sha256 } });
  docs.insert(picture, 'picture');
  const list = new PersistentList(Array.from({ length: 200 }, (_, n) => n));
  connection.root.set('numbers', list);
  const first = await connection.commit({ user: 'ada', note: 'A site', paths: ['/docs'] });
  const [one, two] = ['p0', 'p1'].map((id) => fetched<Page>({ root: docs.children }, id));
  const tids: Tid[] = [];
  for (const title of ['second', 'third']) {
    for (const page of [one, two]) if (page !== undefined) page.title = title;
    tids.push(await connection.commit({ user: 'ben', note: title }));
  }
  const [second = TID_ZERO, third = TID_ZERO] = tids;
  return {
    directory,
    docs: oidOf(docs),
    children: oidOf(docs.children),
    pages: [oidOf(one), oidOf(two)],
    tids: [first, second, third],
    picture: oidOf(picture),
    sha256,
    list: oidOf(list),
  };
}

function oidOf(object: Persistent | undefined): Oid {
  if (object?.oid === undefined) throw new Error('the object is not stored');
  return object.oid;
}

/** Opens the files of a database that is closed, and does something to them. */
export async function damage(
  directory: string,
  work: (db: LevelDatabase) => Promise<unknown>,
): Promise<void> {
  const db = await openObjects(directory);
  try {
    await work(db);
  } finally {
    await db.close();
  }
}

/** Puts another revision in place of the current one of an object. */
export async function rewrite(
  db: LevelDatabase,
  oid: Oid,
  change: (revision: LevelRevision) => Partial<LevelRevision>,
): Promise<void> {
  const value = await db.get(objectKey(oid));
  if (value === undefined) throw new Error(`object ${oid} is not there`);
  const revision = decodeRevision(value);
  await db.put(objectKey(oid), encodeRevision({ ...revision, ...change(revision) }));
}

/** Gives a revision another state. */
export function withState(
  change: (state: State) => State,
): (revision: LevelRevision) => Partial<LevelRevision> {
  return ({ record }) => {
    if (record === undefined) throw new Error('the revision has no state');
    const { className, state } = decodeRecord(record);
    return { record: encodeRecord(className, { ...state, ...change(state) }) };
  };
}
