/**
 * The contract of a scan: walking over all that a storage has.
 */
import type { Oid } from './oid.js';
import type { Reader } from './storage-reader.js';
import type {
  OverlayRevision,
  StoredRevision,
  TransactionRange,
  TransactionRecord,
} from './stored.js';
import type { Tid } from './tid.js';

/** A version that holds something, and how many entries. */
export interface VersionSize {
  readonly version: Oid;
  readonly entries: number;
}

/** A key of a storage that should be a transaction. */
export interface ScannedTransaction {
  readonly tid: Tid;
  /** `undefined` when what is stored cannot be read. */
  readonly transaction: TransactionRecord | undefined;
}

/** A key of a storage that should be a revision. */
export interface ScannedRevision {
  readonly oid: Oid;
  /** The tid it is stored under; for a current revision, its own. `TID_ZERO` when unreadable. */
  readonly tid: Tid;
  readonly isCurrent: boolean;
  /** `undefined` when what is stored cannot be read. */
  readonly revision: (StoredRevision & { readonly skipTid?: Tid }) | undefined;
}

/** A key of a storage that should be a revision of an entry of an overlay. */
export interface ScannedOverlay extends Omit<ScannedRevision, 'revision'> {
  readonly version: Oid;
  readonly revision: (OverlayRevision & { readonly skipTid?: Tid }) | undefined;
}

/** A file of a storage that is damaged. */
export interface DamagedFile {
  /** Where it is. */
  readonly file: string;
  /** What is wrong, to be read behind its name. */
  readonly what: string;
}

/**
 * Walks over everything a storage has, all as of one moment: for backups, copies and checks.
 *
 * Sees what is there, in the storage's own order, damaged or not; whatever is committed or packed
 * meanwhile is not seen. Memory is bounded: one page of keys at a time. All walks throw OdbError
 * `ODB_CLOSED` after `close`.
 */
export interface StorageScan extends Disposable {
  /** The view that is walked; `close` closes it. */
  readonly reader: Reader;
  /** The oid from which on none was given to a stored object, by the storage's own account. */
  readonly nextOid: number;
  /**
   * Files in which not everything is what was written, those of blobs apart. Reads all of them, as
   * they are when it comes to them.
   */
  damagedFiles(): AsyncIterable<DamagedFile>;
  /** Transactions, oldest first. */
  transactions(range?: TransactionRange): AsyncIterable<ScannedTransaction>;
  /** Revisions by oid, and for each oid the oldest first and the current one last. */
  revisions(): AsyncIterable<ScannedRevision>;
  /** Revisions of overlays by version, then as `revisions`. */
  overlays(): AsyncIterable<ScannedOverlay>;
  /** The storage's own account of how many entries each version has, by version. */
  versions(): AsyncIterable<VersionSize>;
  /** The entries of the metadata, in key order. */
  meta(): AsyncIterable<readonly [key: string, value: unknown]>;
  close(): void;
}
