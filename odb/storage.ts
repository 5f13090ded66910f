/**
 * The contract between the objects above and the bytes below: `Storage`, with its `Reader`
 * (`storage-reader.ts`) and `StorageScan` (`storage-scan.ts`).
 *
 * Every storage keeps these promises; `test/odb/conformance` holds each of them to it.
 *
 * - A commit happens whole or not at all. When its promise is fulfilled it is on disk, and every
 *   snapshot taken later, in any thread, sees it.
 * - A reader sees the database as of one tid, for ever, whatever is committed meanwhile.
 * - Reading is synchronous and made of point reads; nothing a reader does waits for a writer.
 * - Nothing is forgotten but by `pack`: each revision of each object that was current at the packed
 *   moment or later can be read as of its tid. Before that, the answer is the oldest state kept.
 *   Records of transactions stay for ever.
 * - Tids only grow. The order of tids is the order in which commits were decided.
 * - A storage knows records, not objects: it looks inside one only to merge.
 * - A version is known by an oid of which nothing else is asked. Its overlay is a second space of
 *   revisions, addressed by version and oid, in the one sequence of tids: a commit into a version
 *   is a transaction like any other, and changes nothing that is read without the version.
 */
import type { CodecSource } from './level/level-codec.js';
import type { Oid } from './oid.js';
import type { PackOptions, PackReport } from './pack/pack-options.js';
import type { StorageFigures } from './storage-figures.js';
import type { Tid } from './tid.js';
import type { MergeRules } from './rules.js';
import type { Reader } from './storage-reader.js';
import type { StorageScan, VersionSize } from './storage-scan.js';
import type { StoredTransaction, TransactionRange } from './stored.js';
import type { CommitRequest, CommitResult } from './writes.js';

export type * from './storage-reader.js';
export type * from './storage-scan.js';

/** What another thread needs to join a storage. Can be sent in a message. */
export interface StorageHandle {
  readonly directory: string;
  /** Newest acknowledged tid and next oid: see `SharedCounters`. */
  readonly shared: SharedArrayBuffer;
  readonly rules: MergeRules;
  readonly codec?: CodecSource | undefined;
  /** Bytes that stay free on the disk. Default: `DISK_RESERVE_BYTES`. */
  readonly reserveBytes?: number | undefined;
}

/** What a storage can do beyond the promises above. */
export interface StorageSupport {
  /** What was committed is there after `close` and reopening. */
  readonly persistence: boolean;
  /** Other threads can join it (`share`). */
  readonly threads: boolean;
  /** It forgets old revisions and garbage (`pack`), and keeps a trash. */
  readonly pack: boolean;
  /** It can be walked over (`scan`, `transactionsFrom`), and so backed up, copied and checked. */
  readonly backup: boolean;
  /** Transactions can be committed into versions. */
  readonly versions: boolean;
}

/** Something that a transaction took out of its container. */
export interface TrashEntry {
  readonly oid: Oid;
  /** Where it was, as the ids of its containers and its own: `/news/today`. */
  readonly path: string;
  /** Who took it out, as the transaction says. */
  readonly user?: string;
  /** Moment of that transaction, milliseconds since the epoch. */
  readonly timeMs: number;
  readonly tid: Tid;
}

/** Which entries of the trash are listed. */
export interface TrashQuery {
  /** Only what was taken out before this transaction. */
  readonly before?: Tid;
  /** At most so many. Default: `TRASH_LIMIT_DEFAULT`. */
  readonly limit?: number;
}

/** Files named by the SHA-256 of their content. Once there, a blob never changes. */
export interface Blobs {
  /**
   * Keeps the bytes, and answers once they are safe on disk. Content that is already there is
   * kept once, and its time renewed. However long the content, memory for a few pieces of it.
   *
   * @throws OdbError `ODB_DISK_FULL` while there is no room, and `ODB_FILE` when the file system
   *   refused for another reason; nothing is left of it then
   */
  put(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobInfo>;
  /** Tells whether a blob is there. Synchronous: one look at the file system. */
  has(sha256: string): boolean;
  /** @throws OdbError `ODB_NO_BLOB` */
  sizeBytes(sha256: string): number;
  /** Gives the path of the blob's file, whether it is there or not. */
  path(sha256: string): string;
  /**
   * Reads a whole blob, of less than 2 GiB.
   *
   * @throws OdbError `ODB_NO_BLOB`, or `ODB_TOO_LARGE`: read that one as a stream
   */
  read(sha256: string): Buffer;
  /**
   * Streams a blob, or a part of it.
   *
   * @param range first and last byte, both inclusive; default: all of it
   * @throws OdbError `ODB_NO_BLOB`
   */
  createReadStream(
    sha256: string,
    range?: { readonly start?: number; readonly end?: number },
  ): NodeJS.ReadableStream;
  /** Reads the whole file and tells whether it still is what its name says. */
  verify(sha256: string): Promise<boolean>;
}

/** A blob, by its name and size. */
export interface BlobInfo {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** A place that keeps records. `close` waits for commits in progress. */
export interface Storage extends AsyncDisposable {
  /** What it can do beyond the promises above. */
  readonly supports: StorageSupport;
  /** How it merges the fields of each class. */
  readonly rules: MergeRules;
  /** The files beside the records. */
  readonly blobs: Blobs;

  /** The newest acknowledged transaction, of any thread; a snapshot taken now sees it. */
  readonly lastTid: Tid;

  /** Takes a view of the present. Cheap; must be closed. @throws OdbError `ODB_CLOSED` */
  snapshot(): Reader;

  /**
   * Gives `count` consecutive oids that nobody has, and answers the first. Synchronous, in any
   * thread. An oid that no commit used may be given again after the storage was closed.
   */
  allocate(count: number): Oid;

  /**
   * Commits a transaction: checks it against everything committed since `request.baseTid`, merges
   * where both sides changed an object, and writes.
   *
   * @throws ConflictError `ODB_CONFLICT` when something could not be merged; nothing was written
   * @throws OdbError `ODB_NO_BLOB` when it names a blob that is not there
   * @throws OdbError `ODB_TID_TAKEN` when `request.tid` is not newer than all there are
   * @throws OdbError `ODB_DISK_FULL` while the disk is full; it goes on by itself when there is room
   * @throws OdbError `ODB_READ_ONLY` after the disk refused a write, until the storage is reopened
   * @throws OdbError `ODB_WRITER_LOST` when the writing thread ended; whether it was written is
   *   known after reopening. When it could not start, nothing was
   * @throws OdbError `ODB_CLOSED`
   */
  commit(request: CommitRequest): Promise<CommitResult>;

  /** The same for a request packed by `packCommit`; takes the bytes over (they may be transferred). */
  commitPacked(bytes: Uint8Array): Promise<CommitResult>;

  /**
   * Reads one entry of the storage's metadata: plain data beside the objects, without transactions,
   * history or undo. Synchronous, in any thread, always the latest; frozen. `undefined` when there is
   * none. One key read.
   *
   * @throws OdbError `ODB_CLOSED`, `ODB_DAMAGED`
   */
  getMeta(key: string): unknown;

  /**
   * Writes entries of the metadata, all or none; `undefined` removes one. Synced like a commit.
   *
   * @throws TypeError for what is not plain data
   * @throws OdbError `ODB_NO_WRITER`, `ODB_CLOSED`, and when the disk fails as `commit`
   */
  setMeta(entries: Readonly<Record<string, unknown>>): Promise<void>;

  /**
   * Lists the entries of the metadata whose keys begin with `prefix`, in key order. Holds all of them.
   *
   * @throws OdbError `ODB_CLOSED`, `ODB_DAMAGED`
   */
  listMeta(prefix: string): Promise<readonly (readonly [key: string, value: unknown])[]>;

  /**
   * Walks transactions in the order they were committed, each with what it wrote.
   *
   * Sees what was committed when it was called, however long the walk takes. One walk: a second
   * `for await` over it finds nothing more. What it holds is let go when the walk ends or is left.
   *
   * @throws OdbError `ODB_CLOSED`; while walking, `ODB_DAMAGED` at a transaction that cannot be read
   */
  transactionsFrom(range?: TransactionRange): AsyncIterableIterator<StoredTransaction>;

  /** Lists the versions that hold anything, by oid. Reads one key for each. */
  versions(): Promise<readonly VersionSize[]>;

  /** Opens walks over all that is stored now. Must be closed. @throws OdbError `ODB_CLOSED` */
  scan(): StorageScan;

  /**
   * How often packs have removed something since the storage was opened, by any thread: when it is
   * another number, an older snapshot shows, and keeps on disk, what is not there any more.
   */
  readonly packSteps: number;

  /**
   * The newest moment a pack went to: of older ones, not everything is kept any more. `TID_ZERO`
   * when there was no pack.
   */
  readonly packedTid: Tid;
  /** What is in the files passes through a codec: it is encrypted, for example. */
  readonly hasCodec: boolean;

  /**
   * Forgets revisions older than a moment, objects nothing refers to, blobs nothing names, and what
   * was in the trash for long enough; see `PackOptions`. Runs beside readers and commits, which it
   * does not hold up for long. Ended or killed at any point it leaves a sound database, and can be
   * run again.
   *
   * What is reachable at the moment or later stays, and so does all that later transactions wrote.
   * A transaction that began before the pack ended, or on what it left, and begins to refer to an
   * object that is not there fails with `ODB_CONFLICT`. An object that nothing refers to is not to
   * be held over a pack, to be referred to by a later transaction.
   *
   * Reads each kept object once and each key once. Takes a few bits of memory for each oid ever
   * given, and the tids of one object's revisions at a time.
   *
   * @throws TypeError for an option or a rule it does not know, or that makes no sense
   * @throws OdbError `ODB_PACKING` while another pack runs
   * @throws OdbError `ODB_NO_WRITER` in a thread that joined: pack where the storage was opened
   * @throws OdbError `ODB_DAMAGED` when a record cannot be read; no object is removed then
   * @throws OdbError `ODB_CLOSED`, also when the storage is closed meanwhile
   * @throws the signal's reason when that ends it
   */
  pack(options: PackOptions): Promise<PackReport>;

  /**
   * Lists what transactions took out of its container and is in none since, newest first.
   *
   * One read for each entry it passes, and for each revision of its object since. What a pack let
   * go of is not listed.
   */
  trash(query?: TrashQuery): Promise<readonly TrashEntry[]>;

  /**
   * Counts what is stored, and what it takes on disk. Reads each key once and looks at each blob's
   * file: a second for about a million revisions.
   *
   * @throws OdbError `ODB_CLOSED`
   */
  figures(): Promise<StorageFigures>;

  /** Gives what another thread needs to join. @throws OdbError `ODB_NOT_SHARED` without threads */
  share(): StorageHandle;

  /**
   * Waits for commits in progress, then ends. Harmless when it has ended.
   *
   * @throws OdbError `ODB_WRITER_LOST` when the writing thread ended by itself and nobody was told,
   *   once everything else has ended
   */
  close(): Promise<void>;
}
