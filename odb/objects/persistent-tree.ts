/**
 * What maps and sets have in common: a B+tree of text keys, of any size, as a persistent object.
 *
 * Every change of an entry is noted with what was there before, so that a commit can be applied to
 * the tree as others left it.
 */
import {
  findLeaf,
  NODE_ENTRIES_MAX,
  position,
  treeEntries,
  treeGet,
  treeHas,
  treeKeyFrom,
  treeSize,
  type Range,
} from '../trees/btree.js';
import {
  leafSet,
  mergedLeaf,
  replaceLeaf,
  treeDelete,
  type EntryRun,
} from '../trees/btree-change.js';
import {
  treeCount,
  treeEstimate,
  treeRuns,
  type KeyBounds,
  type Run,
} from '../trees/btree-runs.js';
import { treeLoad } from '../trees/btree-load.js';
import { emptyTree, MapNodes, TreeNode } from './map-node.js';
import { admitFor, Persistent, slotsOf } from './persistent.js';
import type { Slots } from './slots.js';
import { TID_ZERO } from '../tid.js';
import { Ref, type State } from '../value.js';

export abstract class PersistentTree extends TreeNode {
  /** The size as of the epoch of the connection, once it was asked for. */
  declare $size: { readonly epoch: number; readonly count: number } | undefined;

  constructor() {
    super();
    this.$slots = emptyTree();
  }

  /**
   * Most entries of a leaf: fewer than usual in a class whose values are large, since a change of
   * one writes its leaf. Whoever merges may fill a leaf more than that; it then splits later.
   */
  protected get leafEntriesMax(): number {
    return NODE_ENTRIES_MAX;
  }

  /** How many there are. Counts the leaves the first time in a transaction, then keeps it. */
  get size(): number {
    const epoch = this.$holder?.epoch ?? 0;
    if (this.$size === undefined || this.$size.epoch !== epoch) {
      this.$size = { epoch, count: treeSize(this.$nodes(), this) };
    }
    return this.$size.count;
  }

  /** Gives the value of a key as it is stored, with `Ref`s. */
  $get(key: string): unknown {
    return treeGet(this.$nodes(), this, key);
  }

  $has(key: string): boolean {
    return treeHas(this.$nodes(), this, key);
  }

  /** Gives the first key from `from` on; `undefined` when there is none. */
  $keyFrom(from: string): string | undefined {
    return treeKeyFrom(this.$nodes(), this, from);
  }

  /** Walks the entries as they are stored, with `Ref`s. */
  $entries(range?: Range): Generator<[key: string, value: unknown], void, undefined> {
    return treeEntries<TreeNode, unknown>(this.$nodes(), this, range);
  }

  /** Walks the leaves with their entries as they are stored, with `Ref`s. */
  $runs(range?: Range): Generator<Run, void, undefined> {
    return treeRuns<TreeNode, unknown>(this.$nodes(), this, range);
  }

  $count(bounds: KeyBounds): number {
    return treeCount(this.$nodes(), this, bounds);
  }

  $estimate(bounds: KeyBounds): number {
    return treeEstimate(this.$nodes(), this, bounds);
  }

  /** Sets an entry. @throws TypeError for what cannot be stored */
  $put(key: string, value: unknown): void {
    const nodes = this.$nodes();
    const found = findLeaf<TreeNode, unknown>(nodes, this, key);
    const { keys, values } = found.leaf;
    const at = position(keys, key);
    const old = keys[at] === key ? values[at] : undefined;
    if (isSame(old, value)) return;
    admitFor(this, value, `The value of '${key}'`);
    this.$note(key, old);
    leafSet<TreeNode, unknown>(nodes, found, key, value, this.leafEntriesMax, NODE_ENTRIES_MAX);
    this.$grew(old === undefined ? 1 : 0);
  }

  /**
   * Sets and removes many entries, leaf by leaf.
   *
   * @param changes `undefined` for what is to be removed
   * @throws TypeError for what cannot be stored; nothing is changed then
   */
  $changeAll(changes: EntryRun<unknown>): void {
    const { keys, values } = changes;
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i];
      // Of numbers there are very many, and there is nothing to be said about them.
      if (typeof value !== 'number') admitFor(this, value, `The value of '${keys[i]}'`);
    }
    const nodes = this.$nodes();
    for (let next = 0; next < keys.length;) {
      const key = keys[next] as string;
      const found = findLeaf<TreeNode, unknown>(nodes, this, key);
      const merged = mergedLeaf(found, changes, next, this.leafEntriesMax);
      if (merged.next === next) {
        // The leaf is full: it splits, and there is room again.
        this.$note(key, undefined);
        const { leafEntriesMax: order } = this;
        leafSet<TreeNode, unknown>(nodes, found, key, values[next], order, NODE_ENTRIES_MAX);
        this.$grew(1);
        next += 1;
        continue;
      }
      let isChanged = false;
      for (const old of merged.replaced) {
        const isThere = old !== undefined || values[next] !== undefined;
        if (isThere) this.$note(keys[next] as string, old);
        isChanged ||= isThere;
        next += 1;
      }
      if (!isChanged) continue;
      replaceLeaf(nodes, found, merged.leaf, this.leafEntriesMax);
      this.$grew(merged.leaf.keys.length - found.leaf.keys.length);
    }
  }

  /** Removes an entry; answers whether there was one. */
  $remove(key: string): boolean {
    const nodes = this.$nodes();
    const old = treeGet(nodes, this, key);
    if (old === undefined) return false;
    this.$note(key, old);
    treeDelete(nodes, this, key, this.leafEntriesMax);
    this.$grew(-1);
    return true;
  }

  /** Puts entries behind those there; see `treeLoad`. Without an error, all of them. */
  $load(entries: Iterable<readonly [key: string, value: unknown]>): number {
    const count = treeLoad<TreeNode, unknown>(this.$nodes(), this, this.#noted(entries));
    this.$grew(count);
    return count;
  }

  *#noted(
    entries: Iterable<readonly [key: string, value: unknown]>,
  ): Generator<readonly [key: string, value: unknown]> {
    for (const entry of entries) {
      const [key, value] = entry;
      admitFor(this, value, `The value of '${key}'`);
      yield entry;
      // It was in order, so there was none.
      this.$note(key, undefined);
    }
  }

  override $adopt(state: State): Slots {
    this.$map = this;
    return super.$adopt(state);
  }

  $nodes(): MapNodes {
    this.$map ??= this;
    return new MapNodes(this);
  }

  /** Takes note of an entry before it changes; a tree that was never stored needs no notes. */
  $note(key: string, base: unknown): void {
    slotsOf(this);
    if (this.$tid !== TID_ZERO) this.$holder?.patching(this, key, base);
  }

  $grew(growth: number): void {
    if (this.$size !== undefined) {
      this.$size = { epoch: this.$size.epoch, count: this.$size.count + growth };
    }
  }
}

function isSame(stored: unknown, value: unknown): boolean {
  if (stored instanceof Ref && value instanceof Persistent) return stored.oid === value.$oid;
  return Object.is(stored, value);
}
