/**
 * `Cursor`: a place among the entries of a map or the elements of a set.
 *
 * A cursor remembers the key it stands on and nothing of the tree, so it may be kept while entries
 * are changed, over `begin`, `commit` and `abort`: it moves to what is next to its key by then.
 */
import type { Range } from '../trees/btree.js';

/** Walks what is within a range; what a cursor stands on. */
export type Walk<K, V> = (range: Range<K>) => Iterable<readonly [key: K, value: V]>;

/** Stands before the first, on one, or behind the last. Each move takes O(log size) steps. */
export class Cursor<K, V> {
  readonly #walk: Walk<K, V>;
  #entry: readonly [key: K, value: V] | undefined;
  #side: 'before' | 'behind' = 'before';

  /** Use `PersistentMap.cursor` or `PersistentSet.cursor`. Stands before the first. */
  constructor(walk: Walk<K, V>) {
    this.#walk = walk;
  }

  /** The key it stands on; `undefined` before the first and behind the last. */
  get key(): K | undefined {
    return this.#entry?.[0];
  }

  /** The value as it was when the cursor moved there. */
  get value(): V | undefined {
    return this.#entry?.[1];
  }

  /** Moves to the first at or after a key; answers whether there is one. Else it is behind all. */
  seek(key: K): boolean {
    return this.#moveTo({ from: key }, 'behind');
  }

  /** Moves on by one, from before all to the first; answers whether there is one. */
  next(): boolean {
    if (this.#entry !== undefined) {
      return this.#moveTo({ from: this.#entry[0], fromExclusive: true }, 'behind');
    }
    return this.#side === 'before' && this.#moveTo({}, 'behind');
  }

  /** Moves back by one, from behind all to the last; answers whether there is one. */
  previous(): boolean {
    if (this.#entry !== undefined) {
      return this.#moveTo({ to: this.#entry[0], toExclusive: true, reverse: true }, 'before');
    }
    return this.#side === 'behind' && this.#moveTo({ reverse: true }, 'before');
  }

  #moveTo(range: Range<K>, otherwise: 'before' | 'behind'): boolean {
    const [entry] = this.#walk({ ...range, limit: 1 });
    this.#entry = entry;
    if (entry === undefined) this.#side = otherwise;
    return entry !== undefined;
  }
}
