/**
 * Changing the patch of a map: what a version holds of each key, after what a transaction did.
 *
 * A key remembers what main had when the version first changed it. It goes from the patch when it is
 * back at that, or at what main has now: then main shows through.
 */
import { isInner, treeGet } from '../trees/btree.js';
import { treeDelete, treeSet } from '../trees/btree-change.js';
import type { Oid } from '../oid.js';
import { patchValue, patchValueOf } from '../trees/patch-record.js';
import type { PresentTree } from '../trees/present-tree.js';
import { decodeValue } from '../records/record.js';
import type { EntryChange, PatchValue } from '../writes.js';
import { Ref, sameValue } from '../value.js';

/** What a patch is changed by, and on. */
export interface PatchParts {
  readonly map: Oid;
  /** The tree of the patch, which may be empty. */
  readonly tree: PresentTree;
  /** Main's map as it is now. */
  readonly now: PresentTree;
  /** Main's map as the transaction saw it; `undefined` when that is not kept. */
  readonly seen: PresentTree | undefined;
  /** What both sides added is added once. */
  readonly isSet: boolean;
  /** Tells whether an object says that it is in an entry of the map. */
  readonly isPlaced: (oid: Oid, key: string) => boolean;
  /** Most entries of a node. */
  readonly order: number;
}

export class PatchChange {
  readonly #parts: PatchParts;

  constructor(parts: PatchParts) {
    this.#parts = parts;
  }

  /** Applies what a transaction did to an entry; answers `false` when that is in conflict. */
  apply(change: EntryChange): boolean {
    const { map, tree, now, isSet } = this.#parts;
    const { key } = change;
    const found = treeGet(tree, map, key);
    const held = found === undefined ? undefined : patchValueOf(found);
    const from = decoded(change.base);
    if (change.live === true) {
      if (held === undefined) return true;
      if (!sameValue(held.value, from)) return false;
      this.#end(key);
      return true;
    }
    const main = treeGet(now, map, key);
    const theirs = held === undefined ? main : held.value;
    const mine = decoded(change.value);
    if (change.basedOn === undefined) {
      if (theirs === undefined && mine === undefined) return true;
      if (isSet && sameValue(theirs, mine)) return true;
      // The same value again is a second change: each may rest on what it read.
      if (sameValue(from, mine)) return true;
    }
    if (held === undefined ? !this.#wasMains(key, from, main) : !sameValue(held.value, from))
      return false;
    const { basedOn } = change;
    const base =
      basedOn === undefined ? (held === undefined ? from : held.base) : decoded(basedOn.value);
    // What an undo brings back is held as it was, even if main has come to have the same.
    const isMains = basedOn === undefined && sameValue(mine, main);
    if (!sameValue(mine, base) && !isMains) this.#hold(key, { base, value: mine }, held);
    else if (held !== undefined) this.#end(key);
    return true;
  }

  /** Gives the records to be stored; `undefined`: the node is none any more, nor is an empty patch. */
  records(): Map<Oid, Uint8Array | undefined> {
    const { map, tree } = this.#parts;
    const records = tree.records();
    if (!records.has(map)) return records;
    const root = tree.read(map);
    if (!isInner(root) && root.keys.length === 0) records.set(map, undefined);
    return records;
  }

  /** Tells whether main has this value, or had it when the transaction began. @param main has now */
  #wasMains(key: string, value: unknown, main: unknown): boolean {
    if (sameValue(main, value)) return true;
    const { map, seen } = this.#parts;
    return seen !== undefined && sameValue(treeGet(seen, map, key), value);
  }

  /** @param before what was held */
  #hold(key: string, { base, value }: PatchValue, before: PatchValue | undefined): void {
    const { map, tree, order, isPlaced } = this.#parts;
    const isKept = before?.placed === true && sameValue(before.value, value);
    const isThere = isKept || (value instanceof Ref && isPlaced(value.oid, key));
    const placed = isThere ? { placed: true as const } : {};
    treeSet(tree, map, key, patchValue({ base, value, ...placed }), order);
  }

  #end(key: string): void {
    const { map, tree, order } = this.#parts;
    treeDelete(tree, map, key, order);
  }
}

function decoded(value: Uint8Array | undefined): unknown {
  return value === undefined ? undefined : decodeValue(value);
}
