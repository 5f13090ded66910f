/**
 * What a transaction wants to be stored: new states, changed entries of maps, and what has to hold.
 */
import type { Oid } from './oid.js';
import type { TransactionMeta } from './stored.js';
import type { Tid } from './tid.js';

/** A new state for an object. */
export interface ObjectWrite {
  readonly oid: Oid;
  /** The revision the new state was made from; `TID_ZERO` for an object nobody stored yet. */
  readonly baseTid: Tid;
  /** The bytes of the new state; `undefined` makes the object non-existent. */
  readonly record: Uint8Array | undefined;
  /** In a version: the entry goes, and main shows through. `record` is not looked at. */
  readonly live?: true;
  /** In a version: from now on it is based on this moment of main (`OverlayRevision.basedOn`). */
  readonly basedOn?: Tid;
}

/**
 * A new revision of an entry of an overlay, stored as it is: for check-in, discard, their undo, and
 * copies. In conflict when the entry is not at `baseTid`.
 */
export interface OverlayWrite {
  readonly version: Oid;
  readonly oid: Oid;
  /** The entry's current revision; `TID_ZERO` when there is none. */
  readonly baseTid: Tid;
  readonly record: Uint8Array | undefined;
  readonly live: boolean;
  readonly basedOn: Tid;
}

/** What a transaction did to one entry of a map. Values are bytes of `encodeValue`. */
export interface EntryChange {
  readonly key: string;
  /** The value the transaction found at its beginning; `undefined`: no such entry. */
  readonly base: Uint8Array | undefined;
  /** The value it left; `undefined`: no such entry. */
  readonly value: Uint8Array | undefined;
  /** In a version: its change of this key goes, and main shows through. `value` is not looked at. */
  readonly live?: true;
  /** In a version: from now on its change of this key is based on this value of main's. */
  readonly basedOn?: { readonly value: Uint8Array | undefined };
}

/** What the patch of a map holds for a key: values as in the map; absent: no such entry. */
export interface PatchValue {
  /** Main's value when the version first changed the key. */
  readonly base?: unknown;
  /** The version's value. */
  readonly value?: unknown;
  /** When the version set the value, the object it refers to said that this entry is where it is. */
  readonly placed?: true;
}

/** What a transaction did to one map: as nodes among `writes`, and as entries. */
export interface MapPatch {
  /** The map, which is the root node of its tree. */
  readonly map: Oid;
  /** The nodes of this map among `writes`, dead and new ones included, the root too. */
  readonly nodes: readonly Oid[];
  /** Each key once. Empty for a map that this transaction creates. */
  readonly entries: readonly EntryChange[];
}

/**
 * Everything a transaction wants to be done.
 *
 * With `version`, `writes` go into that version's overlay. The base of a write is then the revision
 * that the version showed: the overlay's, or main's where there was no entry. That main has changed
 * since is no conflict, but that the version has. A state equal to main's current one ends the
 * entry. Of maps that exist in main only `entries` count, and their nodes are answered in `merged`.
 */
export interface CommitRequest {
  /** `lastTid` of the reader it worked on: what came later may be in conflict. */
  readonly baseTid: Tid;
  readonly meta: TransactionMeta;
  /** Each object once. */
  readonly writes: readonly ObjectWrite[];
  /** Each map once; all nodes among `writes` are named by one of them. */
  readonly maps: readonly MapPatch[];
  /** Objects that must still be at this revision (`readCurrent`). */
  readonly reads: readonly { readonly oid: Oid; readonly tid: Tid }[];
  /** Those of `writes` that this transaction takes out of their containers (their place ends). */
  readonly removed: readonly Oid[];
  /** SHA-256 (hex) of each blob that a new state names; each must be in `blobs`. */
  readonly blobs: readonly string[];
  /** The version to commit into. Default: main. */
  readonly version?: Oid;
  /**
   * Entries of overlays to be stored as they are, each once, in whatever version. Those of `version`
   * count as the transaction's own, as if they were among `writes`.
   */
  readonly overlay?: readonly OverlayWrite[];
  /**
   * The tid the transaction is to have, newer than all there are: for copies of transactions that
   * another storage committed. Default: the moment of the commit.
   */
  readonly tid?: Tid;
}

/** What became of a commit. */
export interface CommitResult {
  /** The new transaction; for a request that writes nothing, the newest there is. */
  readonly tid: Tid;
  /** The transaction before it, where the storage tells: whoever saw that one missed nothing. */
  readonly previousTid?: Tid;
  /**
   * Objects whose stored state is not what the request said, since it was merged, or, in a version,
   * since main shows through; nodes of maps included.
   */
  readonly merged: readonly Oid[];
}
