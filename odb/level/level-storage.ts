/**
 * `Storage` on LevelDB, the one sites live in.
 *
 * One thread opens the storage; it, or a thread of its own, writes. Other threads join with the
 * handle of `share()`: they read by themselves, each from its own snapshots, and hand their commits
 * to whoever opened it. The opener closes last, after every thread that joined has closed or ended.
 */
import path from 'node:path';
import { FileBlobs } from '../blobs/blobs.js';
import { NODE_ENTRIES_MAX, ORDER_MIN } from '../trees/btree.js';
import { packCommit } from '../commit/commit-packing.js';
import { DISK_RESERVE_BYTES, DiskSpace } from '../blobs/disk-space.js';
import { closedError, OdbError } from '../errors.js';
import { fileError } from '../blobs/file-error.js';
import { FORMAT, stepsFrom, type FormatStep } from '../format.js';
import type { CodecSource } from './level-codec.js';
import {
  blobsDirectory,
  CACHE_BYTES,
  claimDirectory,
  openObjects,
  releaseDirectory,
} from './level-database.js';
import {
  decodeNumber,
  encodeNumber,
  KEY_FORMAT,
  KEY_LAST_TID,
  KEY_NEXT_OID,
  metaKey,
  metaKeys,
  nameOfMetaKey,
} from './level-keys.js';
import { levelFigures } from './level-figures.js';
import { mend, removeProbe } from './level-mending.js';
import { LevelPack } from './level-pack.js';
import { LevelReader } from './level-reader.js';
import { LevelView, readError, type LevelDatabase } from './level-view.js';
import { listLevelTrash } from './level-trash.js';
import { LevelScan } from './level-scan.js';
import { LevelWriterHost } from './level-writer-host.js';
import { LevelWriter, type MetaEntries } from './level-writer.js';
import { loadClasses, registeredClasses } from '../objects/merge-rules.js';
import { OID_ROOT, type Oid } from '../oid.js';
import type { PackOptions, PackReport } from '../pack/pack-options.js';
import type { PackAnswer, PackStep } from '../pack/pack-run.js';
import { decodeValue, encodeValue } from '../records/record.js';
import { SharedCounters } from './shared-counters.js';
import type { StorageFigures } from '../storage-figures.js';
import { walkTransactions } from '../storage-iterator.js';
import type { MergeRules } from '../rules.js';
import type {
  Storage,
  StorageHandle,
  StorageScan,
  TrashEntry,
  TrashQuery,
  VersionSize,
} from '../storage.js';
import type { StoredTransaction, TransactionRange } from '../stored.js';
import type { CommitRequest, CommitResult } from '../writes.js';
import type { Tid } from '../tid.js';

/** Where a database is, and how it is opened. */
export interface LevelStorageOptions {
  /** Where the database is, or is to be: made when it is not there. */
  readonly directory: string;
  /** Write in a thread of its own, so that the disk never holds up this one. Default: yes. */
  readonly thread?: boolean;
  /**
   * How objects are merged, by class name. Default: as the classes defined so far declare. Where
   * another thread is still loading the classes, a promise: the files are opened meanwhile.
   */
  readonly rules?: MergeRules | Promise<MergeRules>;
  /** URLs of modules of classes with a `static merge`, to be loaded where the writing is done. */
  readonly classes?: readonly string[];
  /** Memory for blocks of the files, shared by all threads. Default: `CACHE_BYTES`. */
  readonly cacheBytes?: number;
  /** Most entries of a map's node, from `ORDER_MIN` up. Default: `NODE_ENTRIES_MAX`. */
  readonly nodeEntries?: number;
  /**
   * Rewrites each value on its way to the files and back, to encrypt them for example. A database
   * has the codec it was made with for ever: with another, or without, it cannot be opened. Default: none.
   */
  readonly codec?: CodecSource;
  /**
   * Bytes that stay free on the disk: with less, nothing is saved (`ODB_DISK_FULL`), until there is
   * room again. LevelDB needs some, so that it does not come to a write that fails. Default:
   * `DISK_RESERVE_BYTES`.
   */
  readonly reserveBytes?: number;
  /** Called once when the writing thread ended by itself: the process had better end, too. */
  readonly onLost?: (error: OdbError) => void;
}

/** Ways to write for a thread that joined: usually messages to the thread that opened. */
export interface JoinOptions {
  /** Hands a packed transaction to `commitPacked` there. Without it, nothing can be committed. */
  readonly commit?: (bytes: Uint8Array) => Promise<CommitResult>;
  /** Hands entries to `setMeta` there. */
  readonly setMeta?: (entries: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** Who does the writing. */
interface Writer {
  commit(bytes: Uint8Array): Promise<CommitResult>;
  setMeta(entries: Readonly<Record<string, unknown>>): Promise<void>;
  pack(step: PackStep): Promise<PackAnswer>;
  close(): Promise<void>;
}

/** Steps from older formats. Until the second there were no versions, and so nothing to change. */
const STEPS: readonly FormatStep<LevelDatabase>[] = [{ from: 1, run: async () => undefined }];

/** Directories this thread has open: LevelDB itself would let one thread open one twice. */
const openDirectories = new Set<string>();

/**
 * `Storage` in a directory, on LevelDB: see there for what its methods promise, cost and throw.
 *
 * Made by `open`, by one thread of one process, or by `join` in its other threads.
 */
export class LevelStorage implements Storage {
  readonly supports = {
    persistence: true,
    threads: true,
    pack: true,
    backup: true,
    versions: true,
  };
  readonly rules: MergeRules;
  readonly blobs: FileBlobs;
  readonly #directory: string;
  readonly #codec: CodecSource | undefined;
  readonly #reserveBytes: number | undefined;
  readonly #db: LevelDatabase;
  readonly #view: LevelView;
  readonly #counters: SharedCounters;
  readonly #writer: Writer;
  readonly #pack = new LevelPack();
  /** Joined threads leave the files to the thread that opened. */
  readonly #owner: boolean;
  #closing: Promise<void> | undefined;

  /**
   * Opens a database, and makes a new one where there is none.
   *
   * @throws OdbError `ODB_IN_USE` when another process, or this thread, has it open
   * @throws OdbError `ODB_FORMAT` when another release of this package wrote it
   * @throws OdbError `ODB_DAMAGED` when its files cannot be read
   * @throws OdbError `ODB_DISK_FULL`, and `ODB_FILE` when the file system refused
   */
  static async open(options: LevelStorageOptions): Promise<LevelStorage> {
    const directory = path.resolve(options.directory);
    const { nodeEntries: order = NODE_ENTRIES_MAX, cacheBytes = CACHE_BYTES, codec } = options;
    const { reserveBytes = DISK_RESERVE_BYTES } = options;
    if (order < ORDER_MIN) throw new TypeError(`nodeEntries is at least ${ORDER_MIN}`);
    if (openDirectories.has(directory)) {
      throw new OdbError(
        'ODB_IN_USE',
        `The database in ${directory} is in use by this process (${process.pid})`,
      );
    }
    openDirectories.add(directory);
    const given = Promise.resolve(options.rules);
    // Why the files cannot be opened is told first.
    given.catch(() => undefined);
    let db: LevelDatabase | undefined;
    try {
      db = await openObjects(directory, { cacheBytes, create: true, codec });
      await claimDirectory(directory);
      await requireFormat(db, directory);
      const counters = await readCounters(db);
      const space = new DiskSpace(directory, { reserveBytes });
      const blobs = new FileBlobs(blobsDirectory(directory), space);
      await blobs.removeTemporary();
      await removeProbe(directory);
      const parts = { directory, db, counters, blobs, order, reserveBytes };
      const { writer, rules } = await startWriter(parts, options, given);
      return new LevelStorage({ ...parts, codec, writer, rules });
    } catch (error) {
      if (db !== undefined) {
        await releaseDirectory(directory);
        await db.close();
      }
      openDirectories.delete(directory);
      throw fileError(error, { what: 'The database could not be opened', file: directory });
    }
  }

  /**
   * Joins a storage that another thread of this process has open.
   *
   * Reads are this thread's own. Without ways to write, writing is refused.
   *
   * @param handle what `share` gave there
   */
  static async join(handle: StorageHandle, ways: JoinOptions = {}): Promise<LevelStorage> {
    const { directory, rules, codec, reserveBytes } = handle;
    return new LevelStorage({
      directory,
      codec,
      db: await openObjects(directory, { codec }),
      counters: new SharedCounters(handle.shared),
      writer: remoteWriter(ways),
      blobs: new FileBlobs(blobsDirectory(directory), new DiskSpace(directory, { reserveBytes })),
      rules,
      reserveBytes,
      joined: true,
    });
  }

  private constructor(parts: {
    readonly directory: string;
    readonly codec: CodecSource | undefined;
    readonly db: LevelDatabase;
    readonly counters: SharedCounters;
    readonly writer: Writer;
    readonly blobs: FileBlobs;
    readonly rules: MergeRules;
    readonly reserveBytes: number | undefined;
    readonly joined?: boolean;
  }) {
    this.#directory = parts.directory;
    this.#codec = parts.codec;
    this.#db = parts.db;
    this.#view = new LevelView(parts.db);
    this.#counters = parts.counters;
    this.#writer = parts.writer;
    this.blobs = parts.blobs;
    this.#reserveBytes = parts.reserveBytes;
    this.rules = parts.rules;
    this.#owner = parts.joined !== true;
  }

  get lastTid(): Tid {
    return this.#counters.lastTid;
  }

  snapshot(): LevelReader {
    if (this.#closing !== undefined) throw closedError();
    return new LevelReader(this.#db);
  }

  allocate(count: number): Oid {
    return this.#counters.allocate(count);
  }

  async commit(request: CommitRequest): Promise<CommitResult> {
    return this.commitPacked(packCommit(request));
  }

  async commitPacked(bytes: Uint8Array): Promise<CommitResult> {
    if (this.#closing !== undefined) throw closedError();
    return this.#writer.commit(bytes);
  }

  getMeta(key: string): unknown {
    const value = this.#view.get(metaKey(key));
    return value === undefined ? undefined : decodeValue(value);
  }

  async setMeta(entries: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    await this.#writer.setMeta(entries);
  }

  async listMeta(prefix: string): Promise<readonly (readonly [key: string, value: unknown])[]> {
    if (this.#closing !== undefined) throw closedError();
    try {
      const entries = await this.#db.iterator(metaKeys(prefix)).all();
      return entries.map(([key, value]) => [nameOfMetaKey(key), decodeValue(value)]);
    } catch (cause) {
      throw readError(cause);
    }
  }

  transactionsFrom(range: TransactionRange = {}): AsyncIterableIterator<StoredTransaction> {
    return walkTransactions(this.scan(), range);
  }

  async versions(): Promise<readonly VersionSize[]> {
    using scan = this.scan();
    const found: VersionSize[] = [];
    for await (const version of scan.versions()) found.push(version);
    return found;
  }

  scan(): StorageScan {
    if (this.#closing !== undefined) throw closedError();
    return new LevelScan(this.#db);
  }

  get packedTid(): Tid {
    return this.#view.packedTid();
  }

  async pack(options: PackOptions): Promise<PackReport> {
    if (this.#closing !== undefined) throw closedError();
    if (!this.#owner) throw readOnlyThreadError();
    return this.#pack.run(options, {
      directory: this.#directory,
      codec: this.#codec,
      rules: this.rules,
      counters: this.#counters.buffer,
      step: (step) => this.#writer.pack(step),
    });
  }

  async trash(query: TrashQuery = {}): Promise<readonly TrashEntry[]> {
    if (this.#closing !== undefined) throw closedError();
    try {
      return await listLevelTrash(this.#db, this.rules, query);
    } catch (cause) {
      throw readError(cause);
    }
  }

  async figures(): Promise<StorageFigures> {
    if (this.#closing !== undefined) throw closedError();
    return levelFigures(this.#db, { directory: this.#directory, blobs: this.blobs });
  }

  share(): StorageHandle {
    return {
      directory: this.#directory,
      shared: this.#counters.buffer,
      rules: this.rules,
      codec: this.#codec,
      reserveBytes: this.#reserveBytes,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.#pack.close();
    await this.#writer.close();
    if (this.#owner) await releaseDirectory(this.#directory);
    await this.#db.close();
    if (this.#owner) openDirectories.delete(this.#directory);
  }
}

interface WriterParts {
  readonly directory: string;
  readonly db: LevelDatabase;
  readonly counters: SharedCounters;
  readonly blobs: FileBlobs;
  readonly order: number;
  readonly reserveBytes: number;
}

async function startWriter(
  parts: WriterParts,
  { classes: modules = [], thread = true, codec, onLost }: LevelStorageOptions,
  given: Promise<MergeRules | undefined>,
): Promise<{ readonly writer: Writer; readonly rules: MergeRules }> {
  if (thread) {
    const { directory, counters, order, reserveBytes } = parts;
    const shared = counters.buffer;
    const data = { directory, shared, classes: modules, order, codec, reserveBytes };
    // The writing thread gets a copy of the rules: what is defined later has none there.
    const copied = given.then((rules) => structuredClone(registeredClasses(rules).rules));
    const host = await LevelWriterHost.start(data, copied, onLost);
    return { writer: encodingMeta(host), rules: await copied };
  }
  const { rules } = registeredClasses(await given);
  const classes =
    modules.length === 0 ? registeredClasses(rules) : await loadClasses(modules, rules);
  const { db, directory, reserveBytes } = parts;
  const space = new DiskSpace(directory, { reserveBytes });
  const disk = { directory, space, mend: () => mend(db, directory) };
  return { writer: encodingMeta(new LevelWriter({ ...parts, classes, disk })), rules };
}

/** Metadata crosses to the writer as bytes. */
function encodingMeta(writer: LevelWriterHost | LevelWriter): Writer {
  return {
    commit: (bytes) => writer.commit(bytes),
    setMeta: (entries) => writer.setMeta(encodeEntries(entries)),
    pack: (step) => writer.pack(step),
    close: () => writer.close(),
  };
}

function encodeEntries(entries: Readonly<Record<string, unknown>>): MetaEntries {
  const encoded: Record<string, Uint8Array | undefined> = {};
  for (const [key, value] of Object.entries(entries)) {
    // Small values share a buffer, and these may be sent to another thread.
    encoded[key] = value === undefined ? undefined : encodeValue(value).slice();
  }
  return encoded;
}

function remoteWriter({ commit = refuse, setMeta = refuse }: JoinOptions): Writer {
  return { commit, setMeta, pack: refuse, close: async () => undefined };
}

async function refuse(): Promise<never> {
  throw readOnlyThreadError();
}

function readOnlyThreadError(): OdbError {
  return new OdbError('ODB_NO_WRITER', 'This thread joined the storage to read only');
}

async function readCounters(db: LevelDatabase): Promise<SharedCounters> {
  const view = new LevelView(db);
  const counters = new SharedCounters();
  counters.lastTid = view.lastTid();
  const nextOid = view.get(KEY_NEXT_OID);
  // The root's oid is taken from the beginning.
  counters.passOid(nextOid === undefined ? OID_ROOT : decodeNumber(nextOid) - 1);
  return counters;
}

async function requireFormat(db: LevelDatabase, directory: string): Promise<void> {
  const view = new LevelView(db);
  const found = view.get(KEY_FORMAT);
  const isNew = found === undefined && view.get(KEY_LAST_TID) === undefined;
  if (!isNew) {
    if (found === undefined) {
      throw new OdbError(
        'ODB_DAMAGED',
        `The database in ${directory} does not say its format, which every database does`,
      );
    }
    const format = decodeNumber(found);
    for (const step of stepsFrom(format, STEPS, directory)) await step.run(db);
    if (format === FORMAT) return;
  }
  await db.put(KEY_FORMAT, encodeNumber(FORMAT), { sync: true });
}
