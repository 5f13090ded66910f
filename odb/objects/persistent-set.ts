/**
 * `PersistentSet`: texts and numbers, of any number.
 *
 * The same tree of records as a `PersistentMap` has. Two transactions never conflict over elements:
 * what either added is in, what either removed is out, and what both did was done once.
 */
import type { Range } from '../trees/btree.js';
import { Cursor } from './cursor.js';
import { elementOfKey, keyOfElement } from '../records/element-key.js';
import { SET_CLASS } from '../trees/node-record.js';
import { PersistentTree } from './persistent-tree.js';

/** What stands under each key of the tree. */
const PRESENT = true;

/**
 * A set of texts and numbers, in order: numbers ascending, then texts in UTF-16 code-unit order.
 *
 * A look-up takes O(log size) steps and loads at most as many nodes. Each element takes one key of
 * a record: its length, or up to 17 bytes for a number.
 */
export class PersistentSet<T extends string | number = string | number>
  extends PersistentTree
  implements Iterable<T>
{
  static {
    this.define(SET_CLASS, {});
  }

  /** Makes a new set. @param elements what is in it at first */
  constructor(elements: Iterable<T> = []) {
    super();
    for (const element of elements) this.add(element);
  }

  /** @throws TypeError for what can be no element */
  has(element: T): boolean {
    return this.$has(keyOfElement(element));
  }

  /**
   * Puts an element in. It is no change when it is there.
   *
   * @param element a well-formed text, or a number other than `NaN`; -0 becomes 0
   * @throws TypeError for what can be no element
   * @throws OdbError `ODB_READ_ONLY_PAST` in a connection to the past
   */
  add(element: T): this {
    this.$put(keyOfElement(element), PRESENT);
    return this;
  }

  /**
   * Takes an element out.
   *
   * @returns whether it was there
   * @throws TypeError for what can be no element
   * @throws OdbError `ODB_READ_ONLY_PAST` in a connection to the past
   */
  delete(element: T): boolean {
    return this.$remove(keyOfElement(element));
  }

  /**
   * Adds many elements that come in order, behind those there; see `PersistentMap.bulkLoad`.
   *
   * @param elements in strictly ascending order: numbers, then texts
   * @returns how many there were
   * @throws TypeError for an element that is not greater than the one before it or than all those
   *   there, or that can be none. The set is as it was then
   * @throws OdbError `ODB_READ_ONLY_PAST` in a connection to the past
   */
  bulkLoad(elements: Iterable<T>): number {
    return this.$load(keysOf(elements));
  }

  /**
   * Iterates over the elements in order.
   *
   * The set may be changed meanwhile, as a map: see `PersistentMap.entries`.
   *
   * @param range bounds, direction and limit; default: all, ascending
   * @throws TypeError for a bound that can be no element
   */
  *values(range: Range<T> = {}): Generator<T> {
    const { from, to, ...others } = range;
    const keys = {
      ...others,
      ...(from === undefined ? {} : { from: keyOfElement(from) }),
      ...(to === undefined ? {} : { to: keyOfElement(to) }),
    };
    for (const [key] of this.$entries(keys)) yield elementOfKey(key) as T;
  }

  /**
   * Gives a cursor before the first element, which may be kept from transaction to transaction. Its
   * key and its value are the element.
   */
  cursor(): Cursor<T, T> {
    return new Cursor((range) =>
      Array.from(this.values(range), (element) => [element, element] as const),
    );
  }

  [Symbol.iterator](): Generator<T> {
    return this.values();
  }
}

function* keysOf(elements: Iterable<unknown>): Generator<readonly [string, boolean]> {
  let last: unknown;
  let lastKey: string | undefined;
  for (const element of elements) {
    const key = keyOfElement(element);
    if (lastKey !== undefined && key <= lastKey) {
      throw new TypeError(
        `${String(element)} is not after ${String(last)}: elements are loaded in ascending order`,
      );
    }
    [last, lastKey] = [element, key];
    yield [key, PRESENT];
  }
}
