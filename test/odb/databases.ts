/** Databases on each storage, and the classes the tests keep in them. */
import { LevelStorage } from '../../odb/level/level-storage.js';
import { MemoryStorage } from '../../odb/memory/memory-storage.js';
import {
  counter,
  Database,
  mergeRules,
  Persistent,
  PersistentMap,
  place,
  record,
  set,
  text,
} from '../../odb/index.js';
import { temporaryDirectory } from '../support/temporary.js';

/** A document with a field of each rule. */
export class Page extends Persistent {
  static {
    this.define('test.Page', {
      title: '',
      body: text(),
      settings: record(),
      tags: set(),
      hits: counter(),
      author: undefined,
      place: place(),
    });
  }

  declare title: string;
  declare body: string;
  declare settings: Readonly<Record<string, unknown>>;
  declare tags: readonly string[];
  declare hits: number;
  declare author: Persistent | undefined;
  declare place: Place | undefined;
}

export interface Place {
  readonly container: Persistent;
  readonly id: string;
  readonly order: number;
}

/** A page with others in it. */
export class Folder extends Page {
  static {
    this.define('test.Folder', { children: undefined });
  }

  declare children: PersistentMap<Page>;

  /** Puts a page into the folder: its place and the map of children go together. */
  insert(child: Page, id: string): void {
    child.place = { container: this, id, order: 0 };
    this.children.set(id, child);
  }

  remove(id: string): void {
    const child = this.children.get(id);
    if (child !== undefined) child.place = undefined;
    this.children.delete(id);
  }
}

export function newFolder(title: string): Folder {
  return new Folder({ title, children: new PersistentMap() });
}

export interface DatabaseKind {
  readonly name: string;
  /** Opens an empty database; closing it removes all traces. */
  open(options?: { readonly cacheObjects?: number }): Promise<Database>;
}

/** One of each storage there is, in each of its modes. */
export const databaseKinds: readonly DatabaseKind[] = [
  {
    name: 'memory',
    open: (options) =>
      Database.open({ ...options, storage: new MemoryStorage({ rules: mergeRules() }) }),
  },
  { name: 'level', open: (options) => openLevel(false, options) },
  { name: 'level with a thread', open: (options) => openLevel(true, options) },
];

async function openLevel(
  thread: boolean,
  options?: { readonly cacheObjects?: number },
): Promise<Database> {
  const directory = await temporaryDirectory();
  const storage = await LevelStorage.open({
    directory: directory.path,
    thread,
    rules: mergeRules(),
  });
  const database = await Database.open({ ...options, storage });
  const close = database.close.bind(database);
  database.close = async () => {
    await close();
    await directory[Symbol.asyncDispose]();
  };
  return database;
}

/** Gives what `root` holds under a key, which must be there. */
export function fetched<T extends Persistent>(
  holder: { readonly root: PersistentMap },
  key: string,
): T {
  const object = holder.root.get(key);
  if (!(object instanceof Persistent)) throw new Error(`The root holds no object '${key}'`);
  return object as T;
}
