/**
 * Deciding what becomes of a map that others wrote since: their map, with the same done to it, entry
 * by entry.
 */
import { treeGet } from '../trees/btree.js';
import { treeDelete, treeSet } from '../trees/btree-change.js';
import { SET_CLASS } from '../trees/node-record.js';
import { PresentTree } from '../trees/present-tree.js';
import type { Oid } from '../oid.js';
import { classNameOf, decodeValue } from '../records/record.js';
import type { EntryChange } from '../writes.js';
import { sameValue } from '../value.js';

export interface EntryWrites {
  readonly map: Oid;
  /** The record of its root as it is now. */
  readonly root: Uint8Array;
  /** What the commit did to it. */
  readonly entries: readonly EntryChange[];
  /** Gives a node as it is now. */
  readonly load: (oid: Oid) => Uint8Array | undefined;
  readonly allocate: () => Oid;
  /** Most entries of a node. */
  readonly order: number;
}

export type DecidedEntries =
  /** The nodes to be stored in place of those that were sent. */
  | { readonly merged: true; readonly records: ReadonlyMap<Oid, Uint8Array | undefined> }
  /** The keys of what others changed, too. */
  | { readonly merged: false; readonly keys: readonly string[] };

/** Decides the entries of one map on its tree as it is now. */
export function decideEntries({
  map,
  root,
  entries,
  load,
  allocate,
  order,
}: EntryWrites): DecidedEntries {
  const tree = new PresentTree(map, { load, allocate });
  const isSet = classNameOf(root) === SET_CLASS;
  const refused: string[] = [];
  for (const { key, base, value } of entries) {
    const theirs = treeGet(tree, map, key);
    const mine = value === undefined ? undefined : decodeValue(value);
    if (theirs === undefined && mine === undefined) continue;
    if (isSet && sameValue(theirs, mine)) continue;
    // The same value again is a second change: each may rest on what it read.
    const from = base === undefined ? undefined : decodeValue(base);
    if (sameValue(from, mine)) continue;
    if (!sameValue(theirs, from)) refused.push(key);
    else if (mine === undefined) treeDelete(tree, map, key, order);
    else treeSet(tree, map, key, mine, order);
  }
  if (refused.length > 0) return { merged: false, keys: refused };
  return { merged: true, records: tree.records() };
}
