/**
 * What a commit is decided on, and what is decided: values between those who decide and those who
 * write.
 */
import type { MergeClasses } from './merge.js';
import type { Oid } from '../oid.js';
import type { OverlayRevision, StoredRevision, TransactionChanges } from '../stored.js';
import type { CommitRequest } from '../writes.js';
import type { Tid } from '../tid.js';

/** A request without what it says about itself. */
export type CommitChanges = Omit<CommitRequest, 'meta'>;

/** What is stored now, decided commits that are not yet written included. */
export interface Present {
  /** The newest transaction. */
  readonly lastTid: Tid;
  /** Nothing was removed after this transaction; may be too new, never too old. */
  readonly lastRemovalTid: Tid;
  /** Of revisions that were current before this moment, not all are kept. */
  readonly packedTid: Tid;
  revision(oid: Oid, at?: Tid): StoredRevision | undefined;
  /** What a version holds of an object: see `Reader.overlay`. */
  overlay(version: Oid, oid: Oid, at?: Tid): OverlayRevision | undefined;
  /** The transactions after `tid`, newest first. */
  since(tid: Tid): Iterable<TransactionChanges>;
}

export interface DecideOptions {
  /** The tid of the commit, newer than all there are. */
  readonly tid: Tid;
  readonly classes: MergeClasses;
  /** Most entries of a map's node. */
  readonly order: number;
  /** Gives an oid nobody has, for a node that a merge adds to a map. */
  readonly allocate: () => Oid;
}

/** A revision to be stored. */
export interface DecidedRevision {
  readonly oid: Oid;
  readonly record: Uint8Array | undefined;
  /** The revision that is current until then. */
  readonly previous: StoredRevision | undefined;
}

/** A revision to be stored of an entry of an overlay. */
export interface DecidedOverlay {
  readonly version: Oid;
  readonly oid: Oid;
  readonly record: Uint8Array | undefined;
  readonly live: boolean;
  readonly basedOn: Tid;
  /** The entry's revision until then. */
  readonly previous: OverlayRevision | undefined;
}

/** What is to be stored, all of it or nothing. */
export interface Decision {
  readonly transaction: TransactionChanges;
  readonly revisions: readonly DecidedRevision[];
  readonly overlays: readonly DecidedOverlay[];
  /** Objects whose stored state is not what the request said. */
  readonly merged: readonly Oid[];
}
