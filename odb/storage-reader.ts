/**
 * The contract of a reader: one fixed view of a storage.
 */
import type { Oid } from './oid.js';
import type {
  LoadedRecord,
  OverlayEntry,
  OverlayRevision,
  Revision,
  StoredRevision,
  TransactionRecord,
} from './stored.js';
import type { Tid } from './tid.js';

/**
 * A fixed view of a storage as of `lastTid`.
 *
 * Belongs to the thread that took it. Records it hands out are never changed afterwards and stay
 * valid after `close`. All methods throw OdbError `ODB_CLOSED` after `close`.
 */
export interface Reader extends Disposable {
  /** The newest transaction this reader sees; `TID_ZERO` in an empty storage. */
  readonly lastTid: Tid;

  /**
   * Loads the current state of an object; `undefined` when there is none.
   *
   * One key read.
   *
   * @throws OdbError `ODB_DAMAGED` when what is stored is not a revision
   */
  load(oid: Oid): LoadedRecord | undefined;

  /**
   * Loads the state an object had just after transaction `at`.
   *
   * Answers `undefined` for a time when the object did not exist, so walking through the past is
   * not an error. Pack forgets: before the oldest state kept, the answer is that state. O(log
   * revisions) key reads.
   *
   * @param at inclusive; a tid newer than `lastTid` reads the present
   * @throws OdbError `ODB_NO_OBJECT` when no transaction ever stored `oid`, or it was packed away
   */
  loadAt(oid: Oid, at: Tid): LoadedRecord | undefined;

  /**
   * Gives the newest revision of an object not newer than `at`, non-existence included; `undefined`
   * when there was none yet. With `at` left out, the current one: one key read. Never throws
   * `ODB_NO_OBJECT`. Where the revisions until `at` are packed away, gives the oldest one kept,
   * which is newer than `at`.
   */
  revision(oid: Oid, at?: Tid): StoredRevision | undefined;

  /**
   * Lists the revisions kept of an object, newest first; empty for an unknown object. One key read for
   * each, and O(log revisions) to find the first.
   *
   * @param options.before only revisions older than this; default: all
   * @param options.limit at most so many; default: all
   */
  revisions(oid: Oid, options?: { readonly before?: Tid; readonly limit?: number }): Revision[];

  /**
   * Gives what a version holds of an object just after transaction `at`; `undefined` when it never
   * held anything. With `at` left out, what it holds now: one key read; else O(log revisions). Never
   * an error for an unknown version. What pack forgot: as `revision`; an entry that ended before
   * the packed moment is gone altogether.
   *
   * @throws OdbError `ODB_DAMAGED` when what is stored is not a revision
   */
  overlay(version: Oid, oid: Oid, at?: Tid): OverlayRevision | undefined;

  /**
   * Walks what a version holds, by oid: entries that are not live, without the inner nodes of
   * patches. Memory is bounded.
   *
   * @throws OdbError `ODB_CLOSED` when the reader is closed before the walk ends
   */
  overlayEntries(version: Oid): AsyncIterable<OverlayEntry>;

  /** How many entries `overlayEntries` gives. One key read. */
  overlaySize(version: Oid): number;

  /** Gives the record of a transaction; `undefined` when there is none with this tid. */
  transaction(tid: Tid): TransactionRecord | undefined;

  /** Ends the view. Harmless when it has ended. */
  close(): void;
}
