/**
 * `PersistentList`: values by position, of any number.
 *
 * A tree of records that count what is below them, so a change in the middle of millions of items
 * writes a few small records. Two transactions are merged item by item, wherever the nodes split or
 * joined: changes of different items are both kept, and so is what both put into one place, as two
 * `push`es do; what was saved first comes first. An item that both changed, or that one changed and
 * the other took out, is a conflict that names its position, as the later transaction found it.
 * Equal items cannot be told apart, so what one side takes out of a run of them is in conflict with
 * whatever the other does to one of them, unless both only `set` items.
 */
import { SLOT_REST } from './class-registry.js';
import { OdbError } from '../errors.js';
import {
  DEAD_NODE,
  LIST_CLASS,
  LIST_NODE_CLASS,
  listNodeOfState,
  stateOfListNode,
} from '../trees/list-record.js';
import {
  countOf,
  EMPTY_LIST,
  isListInner,
  listLeaf,
  listReplace,
  type ListNode as Content,
  type ListStore,
} from '../trees/list-tree.js';
import { admitFor, markChanged, Persistent, slotsOf } from './persistent.js';
import { followReferences, type Slots } from './slots.js';
import { Ref, type State } from '../value.js';

/** A child: a node of this transaction, or a reference to one that is stored. */
type Child = ListPart | Ref;

/** Where in the slots the node is. */
const SLOT_NODE = SLOT_REST + 1;

/** A node of a list, or the list that is the root of a tree of them. */
abstract class ListPart extends Persistent {
  /** What is stored of the node; never changed in place. */
  get $content(): Content<Child, unknown> {
    return slotsOf(this)[SLOT_NODE] as Content<Child, unknown>;
  }

  override $adopt(state: State): Slots {
    return [undefined, listNodeOfState(state)];
  }

  override $state(): State {
    return stateOfListNode(this.$content);
  }
}

/** A node other than the root. */
export class ListNode extends ListPart {
  static {
    this.define(LIST_NODE_CLASS, {});
  }

  declare $list: ListPart | Ref | undefined;

  override $adopt(state: State): Slots {
    this.$list ??= state.list instanceof Ref ? state.list : undefined;
    return super.$adopt(state);
  }

  override $state(): State {
    return { ...super.$state(), list: this.$list };
  }
}

/**
 * A list of plain data and persistent objects.
 *
 * Plain data is frozen. Finding a position takes O(log size) steps and loads at most as many nodes;
 * `size` loads one.
 */
export class PersistentList<T = unknown> extends ListPart implements Iterable<T> {
  static {
    this.define(LIST_CLASS, {});
  }

  /** Makes a new list. @param items what is in it at first */
  constructor(items: Iterable<T> = []) {
    super();
    this.$slots = [undefined, EMPTY_LIST];
    this.#replace(0, 0, [...items]);
  }

  /** How many items there are. Loads one node. */
  get size(): number {
    return countOf(this.$content);
  }

  /** Gives the item at a position; `undefined` where there is none. */
  get(position: number): T | undefined {
    if (!(position >= 0 && position < this.size && Number.isInteger(position))) return undefined;
    const { leaf, at } = listLeaf(new ListNodes(this), this, position);
    return this.#follow(leaf.items[at]);
  }

  /**
   * Puts another item in the place of one.
   *
   * @param position from 0 up to below `size`
   * @throws TypeError for a position without an item, or an item that cannot be stored
   * @throws OdbError `ODB_READ_ONLY_PAST` in a connection to the past
   */
  set(position: number, item: T): this {
    this.#requirePosition(position, this.size - 1);
    this.#replace(position, position + 1, [item]);
    return this;
  }

  /** Puts items before a position, from 0 up to `size`. @throws as `set` */
  insert(position: number, ...items: readonly T[]): this {
    this.#requirePosition(position, this.size);
    this.#replace(position, position, items);
    return this;
  }

  /** Puts items behind all others; answers the size. @throws as `set` */
  push(...items: readonly T[]): number {
    this.#replace(this.size, this.size, items);
    return this.size;
  }

  /** Takes the item at a position out and answers it. @throws as `set` */
  delete(position: number): T {
    this.#requirePosition(position, this.size - 1);
    return this.splice(position, 1)[0] as T;
  }

  /**
   * Puts items in the place of some, as an array's `splice` does.
   *
   * @param position from 0 up to `size`
   * @param count how many items to take out; of fewer that are there, all
   * @returns what was taken out
   * @throws as `set`
   */
  splice(position: number, count: number, ...items: readonly T[]): T[] {
    this.#requirePosition(position, this.size);
    const to = Math.min(this.size, position + Math.max(0, count));
    const taken = this.slice(position, to);
    this.#replace(position, to, items);
    return taken;
  }

  /** Gives the items from a position up to another, exclusive, as an array's `slice` does. */
  slice(from = 0, to: number = this.size): T[] {
    const { size } = this;
    const bound = (position: number): number =>
      Math.max(0, Math.min(size, position < 0 ? position + size : position));
    return [...this.values(bound(from), bound(to))];
  }

  /**
   * Iterates over the items from a position up to another, exclusive; default: all.
   *
   * The list may be changed meanwhile; the walk goes on by position. Not to be carried over `begin`
   * or `commit`.
   */
  *values(from = 0, to = Infinity): Generator<T> {
    for (let position = from; position < Math.min(to, this.size);) {
      const { leaf, at } = listLeaf(new ListNodes(this), this, position);
      const items = leaf.items.slice(at, at + to - position);
      if (items.length === 0) throw this.#tooShort();
      for (const item of items) yield this.#follow(item);
      position += items.length;
    }
  }

  [Symbol.iterator](): Generator<T> {
    return this.values();
  }

  /** The items as they are stored, with `Ref`s. */
  *$items(): Generator<unknown, void, undefined> {
    for (let position = 0; position < this.size;) {
      const { leaf } = listLeaf(new ListNodes(this), this, position);
      if (leaf.items.length === 0) throw this.#tooShort();
      yield* leaf.items;
      position += leaf.items.length;
    }
  }

  #tooShort(): OdbError {
    return new OdbError('ODB_DAMAGED', `List ${this.$oid ?? '(new)'} has fewer items than it says`);
  }

  #replace(from: number, to: number, items: readonly unknown[]): void {
    if (from === to && items.length === 0) return;
    for (const [i, item] of items.entries()) {
      if (item === undefined) throw new TypeError('An item of a list cannot be undefined');
      admitFor(this, item, `Item ${from + i} of the list`);
    }
    listReplace(new ListNodes(this), this, { from, to, items });
  }

  #requirePosition(position: number, most: number): void {
    if (!Number.isInteger(position) || position < 0 || position > most) {
      throw new TypeError(`There is no position ${position} in a list of ${this.size}`);
    }
  }

  #follow(value: unknown): T {
    const holder = this.$holder;
    if (value instanceof Ref) return holder?.get(value.oid) as T;
    return followReferences(value, (oid) => holder?.get(oid)) as T;
  }
}

/** Gives the list that an object is a node of; any other object as it is. */
export function listOfNode(object: Persistent): Persistent {
  if (!(object instanceof ListNode)) return object;
  const { $list: list } = object;
  return (list instanceof Ref ? object.$holder?.get(list.oid) : list) ?? object;
}

/** The tree of one list. Every write that changes something marks the node as changed. */
class ListNodes implements ListStore<Child, unknown> {
  readonly #list: ListPart;

  constructor(list: ListPart) {
    this.#list = list;
  }

  read(id: Child): Content<Child, unknown> {
    return this.#part(id).$content;
  }

  write(id: Child, content: Content<Child, unknown>): void {
    const part = this.#part(id);
    // The way down to an item that another takes the place of stays as it is.
    if (isSameInner(part.$content, content)) return;
    markChanged(part);
    slotsOf(part)[SLOT_NODE] = content;
  }

  create(content: Content<Child, unknown>): Child {
    const node = new ListNode();
    node.$slots = [undefined, content];
    node.$list = this.#list;
    return node;
  }

  /** A node that was stored is written once more, so that its writers elsewhere see it. */
  kill(id: Child): void {
    const part = this.#part(id);
    if (part.$holder !== undefined) this.write(id, DEAD_NODE);
  }

  #part(id: Child): ListPart {
    const part = id instanceof Ref ? this.#list.$holder?.get(id.oid) : id;
    if (part instanceof ListPart) return part;
    throw new OdbError('ODB_DAMAGED', `A node of list ${this.#list.$oid ?? '(new)'} is missing`);
  }
}

function isSameInner(a: Content<Child, unknown>, b: Content<Child, unknown>): boolean {
  if (!isListInner(a) || !isListInner(b) || a.children.length !== b.children.length) return false;
  return (
    a.children.every((child, i) => child === b.children[i]) &&
    a.counts.every((count, i) => count === b.counts[i])
  );
}
