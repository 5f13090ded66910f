/**
 * What is stored: transactions, what they say about themselves, and the revisions they wrote.
 */
import type { Oid } from './oid.js';
import type { DecodedRecord } from './records/record.js';
import type { Tid } from './tid.js';

/** What a transaction says about itself. All of it is kept for ever. */
export interface TransactionMeta {
  /** Who: free text, at most `META_TEXT_MAX` characters, like the others. */
  readonly user?: string;
  readonly note?: string;
  /** Paths of the objects it is about, as they were then. */
  readonly paths?: readonly string[];
  /** The transactions it takes back, when it is an undo. */
  readonly undoes?: readonly Tid[];
  /** Anything else, as plain data. */
  readonly extension?: Readonly<Record<string, unknown>>;
}

/** Longest user, note or path, in UTF-16 code units. */
export const META_TEXT_MAX = 65_535;

/** The nodes of one map's tree that a transaction wrote; the map's own record is its root node. */
export interface MapNodes {
  readonly map: Oid;
  /** Includes `map` itself when the root node was written. */
  readonly nodes: readonly Oid[];
}

/** What a committed transaction did. */
export interface TransactionChanges {
  readonly tid: Tid;
  /** The transaction before it; `TID_ZERO` for the first. */
  readonly previousTid: Tid;
  /** Moment of the commit, milliseconds since the epoch. */
  readonly timeMs: number;
  /** Every object it wrote, nodes of maps included, each once, ascending. */
  readonly oids: readonly Oid[];
  /** Those of `oids` that did not exist before it. */
  readonly created: readonly Oid[];
  /** Those of `oids` that it took out of their containers, or made non-existent. */
  readonly removed: readonly Oid[];
  /** Which of `oids` are nodes of which map. */
  readonly maps: readonly MapNodes[];
  /**
   * The version it was committed into; absent for main. Then `oids` and all that is said of them are
   * entries of the version's overlay, nodes of patches included, and main is as it was before.
   */
  readonly version?: Oid;
  /** Entries of overlays that it wrote beside its own `oids`, as a check-in does; absent for none. */
  readonly overlays?: readonly OverlayOids[];
}

/** Entries of one version's overlay. */
export interface OverlayOids {
  readonly version: Oid;
  /** Each once, ascending. */
  readonly oids: readonly Oid[];
}

/** A committed transaction: what it did, and what it says about itself. */
export interface TransactionRecord extends TransactionMeta, TransactionChanges {}

/** A state of an object, as its bytes (`record.ts`), and the transaction that wrote it. */
export interface LoadedRecord {
  readonly record: Uint8Array;
  readonly tid: Tid;
  /** The same, where it was worked out rather than read; it is his who asked for it. */
  readonly decoded?: DecodedRecord;
}

/** One revision of an object, as it is stored. */
export interface StoredRevision {
  readonly tid: Tid;
  /** The revision before it; `TID_ZERO` for the first. */
  readonly previousTid: Tid;
  /** 1 for the first revision of the object, then one more each time. */
  readonly number: number;
  /** The bytes of the state; `undefined` when this revision made the object non-existent. */
  readonly record: Uint8Array | undefined;
  /** Whether there is a state, where that is known without making its bytes. */
  readonly hasState?: boolean;
}

/**
 * What a version holds of one object: a revision of an entry of its overlay.
 *
 * The state is whole, or, for a map that exists in main, a patch: the root of a tree of class
 * `PATCH_CLASS` with a value `{ base?, value? }` (`PatchValue`) for each key that is another in the
 * version. Not live and without a record: the object does not exist in the version.
 */
export interface OverlayRevision extends StoredRevision {
  /** There is no entry (any more): the version shows what main has. Then `record` is `undefined`. */
  readonly live: boolean;
  /**
   * A moment of main: what main had then is what the state was made from. `TID_ZERO` for what began
   * in the version, and when `live`. The tid of main's revision, or a later moment at which it was
   * still that: of a list, which rests on all its nodes as of one moment; of what the version took out
   * of its container, which goes with what was below it then; and after an update.
   */
  readonly basedOn: Tid;
}

/** An entry of a version's overlay as it is now. */
export interface OverlayEntry {
  readonly oid: Oid;
  readonly revision: OverlayRevision;
}

/** One revision, with the object it is of. */
export interface ObjectRevision extends StoredRevision {
  readonly oid: Oid;
  /** The version in whose overlay it is; absent for main, as are the others. */
  readonly version?: Oid;
  readonly live?: boolean;
  readonly basedOn?: Tid;
}

/** Which transactions: both bounds are inclusive, and need not be tids of transactions. */
export interface TransactionRange {
  /** Default: from the first. */
  readonly start?: Tid;
  /** Default: to the newest. */
  readonly stop?: Tid;
}

/** A committed transaction together with what it wrote. */
export interface StoredTransaction extends TransactionRecord {
  /**
   * Walks the revisions that it wrote, by oid, and after main's those of overlays, by version and oid;
   * those that a pack forgot are left out. May be called again, as long as the walk over the
   * transactions has not ended. O(log revisions) key reads for each.
   *
   * @throws OdbError `ODB_CLOSED` when the walk has ended
   * @throws OdbError `ODB_DAMAGED` when what is stored is not a revision
   */
  records(): Iterable<ObjectRevision>;

  /**
   * Walks what it wrote and a pack forgot altogether: objects that nothing led to any more, here or
   * later, and entries of overlays that ended. Whoever has an older state of one learns of its end
   * only from this.
   *
   * @throws as `records`
   */
  forgotten(): Iterable<ForgottenObject>;
}

/** An object of which nothing is stored any more. */
export interface ForgottenObject {
  readonly oid: Oid;
  /** The version in whose overlay it was; absent for main. */
  readonly version?: Oid;
}

/** One entry of an object's history. */
export interface Revision {
  readonly tid: Tid;
  /** Size of the record; 0 for a revision that made the object non-existent. */
  readonly sizeBytes: number;
  /** This revision made the object non-existent. */
  readonly removed: boolean;
}
