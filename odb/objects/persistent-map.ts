/**
 * `PersistentMap`: text keys to values, of any size.
 *
 * A B+tree whose nodes are records of their own, so a change writes a few small records however
 * large the map is. Keys are in UTF-16 code-unit order. Two transactions that change different keys
 * never conflict: what a transaction did is kept as entries too, and applied to the tree as it then
 * is when other transactions changed it meanwhile.
 */
import type { Range } from '../trees/btree.js';
import type { EntryRun } from '../trees/btree-change.js';
import type { KeyBounds, Run } from '../trees/btree-runs.js';
import { Cursor } from './cursor.js';
import { followReferences } from './slots.js';
import { PersistentTree } from './persistent-tree.js';
import { isWellFormed } from '../plain.js';
import { Ref } from '../value.js';

/** Name of the class in records. */
export const MAP_CLASS = 'odb.Map';

/**
 * A map from text to plain data or persistent objects.
 *
 * Values that are plain data are frozen. A look-up takes O(log size) steps and loads at most as
 * many nodes.
 */
export class PersistentMap<V = unknown> extends PersistentTree implements Iterable<[string, V]> {
  static {
    this.define(MAP_CLASS, {});
  }

  /**
   * Makes a new map.
   *
   * @param entries what is in it at first; of two entries with one key, the last
   */
  constructor(entries: Iterable<readonly [string, V]> = []) {
    super();
    for (const [key, value] of entries) this.set(key, value);
  }

  /** Gives the value of a key; `undefined` when there is none. */
  get(key: string): V | undefined {
    return this.#follow(this.$get(key));
  }

  /** Tells whether there is an entry with that key. O(log size) steps. */
  has(key: string): boolean {
    return this.$has(key);
  }

  /**
   * Sets the value of a key.
   *
   * @param value plain data, which is frozen, or a persistent object; not `undefined`
   * @throws TypeError for what cannot be stored
   * @throws OdbError `ODB_READ_ONLY_PAST` in a connection to the past
   */
  set(key: string, value: V): this {
    requireEntry(key, value);
    this.$put(key, value);
    return this;
  }

  /**
   * Removes a key.
   *
   * @returns whether there was such an entry
   * @throws OdbError `ODB_READ_ONLY_PAST` in a connection to the past
   */
  delete(key: string): boolean {
    return this.$remove(key);
  }

  /**
   * Sets the values of many keys, in any order; of two entries with one key, the last.
   *
   * Writes each leaf of the tree once or twice however many of the keys are in it, so it is worth
   * more the nearer the keys are to each other. Memory: the entries.
   *
   * @throws TypeError for what cannot be stored; the map is as it was then
   * @throws OdbError `ODB_READ_ONLY_PAST` in a connection to the past
   */
  setAll(entries: Iterable<readonly [string, V]>): this {
    const keys: string[] = [];
    const values: V[] = [];
    let last = '';
    let isAscending = true;
    for (const [key, value] of entries) {
      requireEntry(key, value);
      isAscending &&= keys.length === 0 || key > last;
      last = key;
      keys.push(key);
      values.push(value);
    }
    this.$changeAll(isAscending ? { keys, values } : inOrder({ keys, values }));
    return this;
  }

  /**
   * Adds many entries that come in order, behind those there: for filling an empty map.
   *
   * Builds the tree from below, each node once: O(entries). The entries are taken one by one and
   * what they make is held until the commit. To load millions in bounded memory, load some ten
   * thousand at a time and commit each time; whoever reads meanwhile sees what is there by then.
   *
   * @param entries in strictly ascending order of their keys, by UTF-16 code units
   * @returns how many there were
   * @throws TypeError for a key that is not greater than the one before it or than all those there,
   *   or for what cannot be stored. The map is as it was then
   * @throws OdbError `ODB_READ_ONLY_PAST` in a connection to the past
   */
  bulkLoad(entries: Iterable<readonly [string, V]>): number {
    return this.$load(checked(entries));
  }

  /** Iterates over the keys in order; see `entries`. */
  *keys(range?: Range): Generator<string> {
    for (const [key] of this.$entries(range)) yield key;
  }

  /** Iterates over the values in the order of their keys; see `entries`. */
  *values(range?: Range): Generator<V> {
    for (const [, value] of this.$entries(range)) {
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
    for (const [key, value] of this.$entries(range)) {
      yield [key, this.#follow(value) as V];
    }
  }

  /**
   * Walks the entries in slices of the tree's leaves: for reading very many.
   *
   * A run is two arrays of the map's own, with the slice that is in the range; they are never
   * changed, so what is worked out from one may be kept by its `keys`. Costs the leaves, not their
   * entries. The map is not to be changed, and `begin` or `commit` not to be called, while runs are
   * walked.
   *
   * @param range bounds and limit; with `reverse` the leaves come from the last to the first, and
   *   each run is ascending in itself
   * @returns runs of one entry at least. Values are as they are stored: a reference to an object may
   *   be a `Ref`
   */
  runs(range?: Range): Generator<Run, void, undefined> {
    return this.$runs(range);
  }

  /** Counts the entries in a range. Reads the leaves that hold them. */
  count(bounds: KeyBounds = {}): number {
    return this.$count(bounds);
  }

  /**
   * Says about how many entries are in a range: for choosing a way, not for showing.
   *
   * Reads two paths through the tree, however many there are. Right where one leaf holds them all.
   */
  estimate(bounds: KeyBounds = {}): number {
    return this.$estimate(bounds);
  }

  /** Gives a cursor before the first entry, which may be kept from transaction to transaction. */
  cursor(): Cursor<string, V> {
    return new Cursor((range) => this.entries(range));
  }

  [Symbol.iterator](): Generator<[string, V]> {
    return this.entries();
  }

  #follow(value: unknown): V | undefined {
    const holder = this.$holder;
    if (value instanceof Ref) return holder?.get(value.oid) as V;
    return followReferences(value, (oid) => holder?.get(oid)) as V;
  }
}

/** Puts entries into the order of their keys; of two with one key, the last stays. */
function inOrder<V>({ keys, values }: EntryRun<V>): EntryRun<V> {
  const keyOf = (place: number): string => keys[place] as string;
  const places = [...keys.keys()]
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : Number(keyOf(a) > keyOf(b)) || a - b))
    .filter((place, i, all) => keyOf(place) !== keys[all[i + 1] ?? -1]);
  return { keys: places.map(keyOf), values: places.map((place) => values[place]) };
}

function requireEntry(key: unknown, value: unknown): void {
  if (typeof key !== 'string' || !isWellFormed(key)) {
    throw new TypeError('A key of a map is a well-formed text');
  }
  if (value === undefined) {
    throw new TypeError(`The value of '${key}' cannot be undefined; use delete('${key}')`);
  }
}

function* checked<V>(entries: Iterable<readonly [string, V]>): Generator<readonly [string, V]> {
  for (const entry of entries) {
    requireEntry(entry[0], entry[1]);
    yield entry;
  }
}
