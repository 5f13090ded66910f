/**
 * `Storage` on LevelDB, the one sites live in.
 *
 * One thread opens the storage; it, or a thread of its own, writes. Other threads join with the
 * handle of `share()`: they read by themselves, each from its own snapshots, and hand their commits
 * to whoever opened it. The opener closes last, after every thread that joined has closed or ended.
 */
import { FileBlobs } from '../blobs/blobs.js';
import { DiskSpace } from '../blobs/disk-space.js';
import { closedError } from '../errors.js';
import type { CodecSource } from './level-codec.js';
import { blobsDirectory, openObjects } from './level-database.js';
import { metaKey, metaKeys, nameOfMetaKey } from './level-keys.js';
import { levelFigures } from './level-figures.js';
import { closeDatabase, openDatabase, type LevelStorageOptions } from './level-opening.js';
import { LevelPack } from './level-pack.js';
import { LevelReader } from './level-reader.js';
import { LevelView, readError, type LevelDatabase } from './level-view.js';
import { listLevelTrash } from './level-trash.js';
import { LevelScan } from './level-scan.js';
import {
  readOnlyThreadError,
  remoteWriter,
  type JoinOptions,
  type StorageWriter,
} from './level-writing.js';
import type { Oid } from '../oid.js';
import { checkPackOptions, type PackOptions, type PackReport } from '../pack/pack-options.js';
import { decodeValue } from '../records/record.js';
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
  readonly #writer: StorageWriter;
  readonly #pack = new LevelPack();
  /** Joined threads leave the files to the thread that opened. */
  readonly #owner: boolean;
  #closing: Promise<void> | undefined;

  /**
   * Opens a database, and makes a new one where there is none.
   *
   * It can be read at once. A thread of its own for the writing goes on starting meanwhile: commits
   * wait for it, and fail with `ODB_WRITER_LOST` when it cannot start; where nothing was to be
   * written until then, `close` does. Modules of `classes` are loaded when this answers.
   *
   * @throws OdbError `ODB_IN_USE` when another process, or this thread, has it open
   * @throws OdbError `ODB_FORMAT` when another release of this package wrote it
   * @throws OdbError `ODB_DAMAGED` when its files cannot be read
   * @throws OdbError `ODB_DISK_FULL`, and `ODB_FILE` when the file system refused
   */
  static async open(options: LevelStorageOptions): Promise<LevelStorage> {
    return new LevelStorage(await openDatabase(options));
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
    readonly writer: StorageWriter;
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
    if (this.#closing !== undefined) throw closedError();
    return this.#writer.commitRequest(request);
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

  get packSteps(): number {
    return this.#counters.packSteps;
  }

  get hasCodec(): boolean {
    return this.#codec !== undefined;
  }

  get packedTid(): Tid {
    return this.#view.packedTid();
  }

  async pack(options: PackOptions): Promise<PackReport> {
    if (this.#closing !== undefined) throw closedError();
    if (!this.#owner) throw readOnlyThreadError();
    checkPackOptions(options);
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
    try {
      await this.#writer.close();
    } finally {
      if (this.#owner) await closeDatabase(this.#directory, this.#db);
      else await this.#db.close();
    }
  }
}
