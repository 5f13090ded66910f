/**
 * `PersistentMap`: text keys to values, of any size.
 *
 * A B+tree whose nodes are records of their own, so a change writes a few small records however
 * large the map is. Keys are in UTF-16 code-unit order. Two transactions that change different keys
 * never conflict: what a transaction did is kept as entries too, and applied to the tree as it then
 * is when other transactions changed it meanwhile.
 */
import { treeEntries, treeGet, treeHas, treeSize, type Range } from './btree.js';
import { treeDelete, treeSet } from './btree-change.js';
import { emptyTree, MapNodes, TreeNode } from './map-node.js';
import { admitFor, followReferences, Persistent, slotsOf, type Slots } from './persistent.js';
import { isWellFormed } from './plain.js';
import { TID_ZERO } from './tid.js';
import { Ref, type State } from './value.js';

/** Name of the class in records. */
export const MAP_CLASS = 'odb.Map';

/**
 * A map from text to plain data or persistent objects.
 *
 * Values that are plain data are frozen. A look-up takes O(log size) steps and loads at most as
 * many nodes.
 */
export class PersistentMap<V = unknown> extends TreeNode implements Iterable<[string, V]> {
  static {
    this.define(MAP_CLASS, {});
  }

  /** The size as of the epoch of the connection, once it was asked for. */
  declare $size: { readonly epoch: number; readonly count: number } | undefined;

  /**
   * Makes a new map.
   *
   * @param entries what is in it at first; of two entries with one key, the last
   */
  constructor(entries: Iterable<readonly [string, V]> = []) {
    super();
    this.$slots = emptyTree();
    for (const [key, value] of entries) this.set(key, value);
  }

  /** How many entries there are. Counts the leaves the first time in a transaction, then keeps it. */
  get size(): number {
    const epoch = this.$holder?.epoch ?? 0;
    if (this.$size === undefined || this.$size.epoch !== epoch) {
      this.$size = { epoch, count: treeSize(this.#nodes(), this) };
    }
    return this.$size.count;
  }

  /** Gives the value of a key; `undefined` when there is none. */
  get(key: string): V | undefined {
    return this.#follow(treeGet(this.#nodes(), this, key));
  }

  has(key: string): boolean {
    return treeHas(this.#nodes(), this, key);
  }

  /**
   * Sets the value of a key.
   *
   * @param value plain data, which is frozen, or a persistent object; not `undefined`
   * @throws TypeError for what cannot be stored
   * @throws OdbError `ODB_READ_ONLY_PAST` in a connection to the past
   */
  set(key: string, value: V): this {
    if (typeof key !== 'string' || !isWellFormed(key)) {
      throw new TypeError('A key of a map is a well-formed text');
    }
    if (value === undefined) {
      throw new TypeError(`The value of '${key}' cannot be undefined; use delete('${key}')`);
    }
    const nodes = this.#nodes();
    const old = treeGet(nodes, this, key);
    if (isSame(old, value)) return this;
    admitFor(this, value, `The value of '${key}'`);
    this.#note(key, old);
    treeSet<TreeNode, unknown>(nodes, this, key, value);
    this.#grew(old === undefined ? 1 : 0);
    return this;
  }

  /**
   * Removes a key.
   *
   * @returns whether there was such an entry
   * @throws OdbError `ODB_READ_ONLY_PAST` in a connection to the past
   */
  delete(key: string): boolean {
    const nodes = this.#nodes();
    const old = treeGet(nodes, this, key);
    if (old === undefined) return false;
    this.#note(key, old);
    treeDelete(nodes, this, key);
    this.#grew(-1);
    return true;
  }

  /** Iterates over the keys in order; see `entries`. */
  *keys(range?: Range): Generator<string> {
    for (const [key] of treeEntries(this.#nodes(), this, range)) yield key;
  }

  /** Iterates over the values in the order of their keys; see `entries`. */
  *values(range?: Range): Generator<V> {
    for (const [, value] of treeEntries(this.#nodes(), this, range)) {
      yield this.#follow(value) as V;
    }
  }

  /**
   * Iterates over the entries in the order of their keys.
   *
   * The map may be changed meanwhile: each key comes at most once and in order; a key that is added
   * or removed close ahead of the iterator may or may not be noticed. Not to be carried over
   * `begin` or `commit`.
   *
   * @param range bounds, direction and limit; default: all, ascending
   */
  *entries(range?: Range): Generator<[string, V]> {
    for (const [key, value] of treeEntries(this.#nodes(), this, range)) {
      yield [key, this.#follow(value) as V];
    }
  }

  [Symbol.iterator](): Generator<[string, V]> {
    return this.entries();
  }

  override $adopt(state: State): Slots {
    this.$map = this;
    return super.$adopt(state);
  }

  #nodes(): MapNodes {
    this.$map ??= this;
    return new MapNodes(this);
  }

  #follow(value: unknown): V | undefined {
    const holder = this.$holder;
    if (value instanceof Ref) return holder?.get(value.oid) as V;
    return followReferences(value, (oid) => holder?.get(oid)) as V;
  }

  /** Takes note of an entry before it changes; a map that was never stored needs no notes. */
  #note(key: string, base: unknown): void {
    slotsOf(this);
    if (this.$tid !== TID_ZERO) this.$holder?.patching(this, key, base);
  }

  #grew(growth: number): void {
    if (this.$size !== undefined) {
      this.$size = { epoch: this.$size.epoch, count: this.$size.count + growth };
    }
  }
}

function isSame(stored: unknown, value: unknown): boolean {
  if (stored instanceof Ref && value instanceof Persistent) return stored.oid === value.$oid;
  return Object.is(stored, value);
}
