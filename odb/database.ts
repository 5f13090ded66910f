/**
 * A database: a storage with connections to it.
 */
import { Connection } from './connection/connection.js';
import { AftermathError } from './errors.js';
import { OID_ROOT, requireVersion, type Oid } from './oid.js';
import {
  BOOLEAN,
  checkOptions,
  TEXT,
  TID,
  WHOLE,
  WHOLE_FROM_1,
  type OptionRules,
} from './options.js';
import type { PackOptions, PackReport } from './pack/pack-options.js';
import { PersistentMap } from './objects/persistent-map.js';
import { encodeRecord } from './records/record.js';
import type { SpillOptions } from './connection/spill-file.js';
import type { Storage, VersionSize } from './storage.js';
import type { TransactionMeta } from './stored.js';
import { TID_ZERO, type Tid } from './tid.js';

/** How many objects a connection keeps in memory unless told otherwise. */
export const CACHE_OBJECTS_DEFAULT = 20_000;
/** How often `transact` begins again after a conflict. */
export const RETRIES_MAX = 3;
/** How many connections `transact` keeps for the next time, with what they have loaded. */
const SPARE_CONNECTIONS_MAX = 4;

const SPILL: OptionRules = { directory: TEXT, memoryBytes: WHOLE };

/**
 * Works out what is derived from the objects that a transaction changed, as part of it.
 *
 * Called whenever changes are about to be saved, after the hooks before the commit, in every
 * connection: `Connection.changed` has what was changed. It does not wait, and what it throws fails
 * the transaction.
 */
export type Derive = (connection: Connection) => void;

/** What a database is made of. */
export interface DatabaseOptions {
  /** Where the objects are; closed with the database. */
  readonly storage: Storage;
  /** How many objects each connection keeps in memory; default `CACHE_OBJECTS_DEFAULT`. */
  readonly cacheObjects?: number;
  /** Where savepoints set states aside; default: 4 MB in memory, then the temporary directory. */
  readonly spill?: SpillOptions;
}

/**
 * A storage with connections to it: where a program begins.
 *
 * Belongs to one thread; other threads join its storage and have databases of their own. `await
 * using` closes it, its connections and its storage.
 */
export class Database implements AsyncDisposable {
  /** Where the objects are. */
  readonly storage: Storage;
  readonly #cacheObjects: number;
  readonly #spill: SpillOptions | undefined;
  readonly #open = new Set<Connection>();
  readonly #spare: Connection[] = [];
  #derive: Derive | undefined;

  private constructor({ storage, cacheObjects = CACHE_OBJECTS_DEFAULT, spill }: DatabaseOptions) {
    this.storage = storage;
    this.#cacheObjects = cacheObjects;
    this.#spill = spill;
  }

  /**
   * Opens the database in a storage, and makes its root when the storage is empty.
   *
   * Reads one key. The classes of its objects are defined before the storage is opened.
   *
   * @throws TypeError for a `cacheObjects` that is no whole number from 1 up, or another option
   * @throws OdbError `ODB_CLOSED`, and whatever `commit` throws when the root is made
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    checkOptions('Database.open', options, {
      storage: true,
      cacheObjects: WHOLE_FROM_1,
      spill: true,
    });
    if (options.spill !== undefined) checkOptions('Database.open: spill', options.spill, SPILL);
    const database = new Database(options);
    await makeRoot(options.storage);
    return database;
  }

  /**
   * Opens a connection and begins its first transaction.
   *
   * @param options.version works in this version: what it has is read before what main has, and
   *   changes go into it. Default: main. One that holds nothing costs nothing and reads as main
   * @param options.at the transaction to read as of, inclusive; default: the present
   * @param options.readOnly refuses every change with `ODB_READ_ONLY_CONNECTION`; default: false
   * @throws TypeError for a `version` that is no oid, an `at` that is no tid, or another option
   * @throws OdbError `ODB_CLOSED`
   */
  connect(
    options: { readonly version?: Oid; readonly at?: Tid; readonly readOnly?: boolean } = {},
  ): Connection {
    if (options.version !== undefined) requireVersion(options.version);
    checkOptions('connect', options, { version: true, at: TID, readOnly: BOOLEAN });
    const connection = new Connection(this.storage, {
      ...options,
      cacheObjects: this.#cacheObjects,
      spill: this.#spill,
      derive: (connection) => this.#derive?.(connection),
      onClose: (closed) => this.#open.delete(closed),
    });
    this.#open.add(connection);
    return connection;
  }

  /**
   * Lets something be worked out from what each transaction of this database's connections changes,
   * from now on, in place of what was to be before.
   */
  derives(derive: Derive): void {
    this.#derive = derive;
  }

  /**
   * Does work in a transaction of its own and saves it. When something else was saved meanwhile
   * that cannot be merged, or someone who joined the transaction says that it may succeed the next
   * time (`DataManager.shouldRetry`), the work is done again from the start, `RETRIES_MAX` times at
   * most.
   *
   * @param work may be called several times; what it keeps outside the database is its own concern
   * @param options.version the version to work in. Default: main
   * @returns what `work` answered, once it is saved
   * @throws ConflictError when the last attempt failed too; and whatever `work` throws, in which
   *   case nothing is saved
   * @throws TypeError for a `version` that is no oid
   * @throws AftermathError `ODB_FINISH_FAILED` or `ODB_HOOK_FAILED` when it was saved all the same;
   *   `ODB_ABORT_FAILED` when it was not and that too failed. Neither is tried again
   */
  async transact<T>(
    work: (connection: Connection) => T | Promise<T>,
    meta: TransactionMeta = {},
    { version }: { readonly version?: Oid } = {},
  ): Promise<T> {
    const connection = this.#takeSpare(version);
    try {
      for (let attempt = 0; ; attempt += 1) {
        connection.begin();
        try {
          const result = await work(connection);
          await connection.commit(meta);
          return result;
        } catch (error) {
          const mayRetry = connection.transaction.shouldRetry(error);
          await abortAfter(connection, error);
          if (!mayRetry || attempt >= RETRIES_MAX) throw error;
        }
      }
    } finally {
      this.#spare.push(connection);
      if (this.#spare.length > SPARE_CONNECTIONS_MAX) this.#spare.shift()?.close();
    }
  }

  /** Lists the versions that hold anything, by oid. Reads one key for each. */
  versions(): Promise<readonly VersionSize[]> {
    return this.storage.versions();
  }

  /**
   * Forgets what is older than a moment and what nothing refers to, while connections go on working;
   * see `Storage.pack` for what is kept, what it costs, and its errors. A connection goes on
   * seeing what it saw until it begins on a newer transaction.
   */
  pack(options: PackOptions): Promise<PackReport> {
    return this.storage.pack(options);
  }

  /** Gives the spare connection to main, or to a version, that was used last, or a new one. */
  #takeSpare(version: Oid | undefined): Connection {
    const at = this.#spare.findLastIndex((connection) => connection.version === version);
    const [spare] = at === -1 ? [] : this.#spare.splice(at, 1);
    return spare ?? this.connect(version === undefined ? {} : { version });
  }

  /** Closes all connections and the storage. Harmless when closed. */
  async close(): Promise<void> {
    this.#spare.length = 0;
    for (const connection of this.#open) connection.close();
    await this.storage.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Aborts because of an error, which stays the cause of what fails then. */
async function abortAfter(connection: Connection, cause: unknown): Promise<void> {
  try {
    connection.abort();
    await connection.settled();
  } catch (error) {
    const errors = error instanceof AftermathError ? error.errors : [error];
    throw new AftermathError('ODB_ABORT_FAILED', errors, { cause });
  }
}

/** Makes the map everything is reached from. */
async function makeRoot(storage: Storage): Promise<void> {
  using reader = storage.snapshot();
  if (reader.revision(OID_ROOT) !== undefined) return;
  const root = new PersistentMap();
  await storage.commit({
    baseTid: reader.lastTid,
    meta: { note: 'Created the database' },
    writes: [
      { oid: OID_ROOT, baseTid: TID_ZERO, record: encodeRecord(root.$class.name, root.$state()) },
    ],
    maps: [{ map: OID_ROOT, nodes: [OID_ROOT], entries: [] }],
    reads: [],
    removed: [],
    blobs: [],
  });
}
