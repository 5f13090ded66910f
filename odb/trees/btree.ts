/**
 * A B+tree over nodes in a store: text keys in UTF-16 code-unit order, any values.
 *
 * The tree knows no persistent objects and no storage: it reads and writes whole nodes through a
 * `NodeStore`, and names them by ids whose meaning is the store's. Nodes are values: a change
 * writes new nodes in place of old ones. The root keeps its id for ever, so whoever knows the map
 * knows its tree. Counts are not stored, because then each insert would write every node up to the
 * root, and no two inserts could be independent.
 *
 * Leaves hold the entries, all at the same depth. A node that has more than `order` entries splits.
 * One that has fewer than a quarter joins a neighbour, or takes over some of its entries.
 */
import { assert } from '../assert.js';
import { OdbError } from '../errors.js';
import type { State } from '../value.js';

/** `values[i]` belongs to `keys[i]`; keys ascend. */
export interface Leaf<V> {
  readonly keys: readonly string[];
  readonly values: readonly V[];
}

/**
 * `children[i]` holds the keys from `keys[i - 1]` (inclusive) up to `keys[i]` (exclusive), so there
 * is one child more than keys.
 */
export interface Inner<Id> {
  readonly keys: readonly string[];
  readonly children: readonly Id[];
}

export type Node<Id, V> = Leaf<V> | Inner<Id>;

/** Where nodes are read. */
export interface NodeReader<Id, V> {
  /** Gives a node; the tree never changes it. */
  read(id: Id): Node<Id, V>;
}

/** Where nodes are kept. */
export interface NodeStore<Id, V> extends NodeReader<Id, V> {
  /** Puts a new node in place of the one with this id. */
  write(id: Id, node: Node<Id, V>): void;
  /** Keeps a new node and gives its id. */
  create(node: Node<Id, V>): Id;
  /** Takes note that a node has left the tree. Never called for the root. */
  kill(id: Id): void;
}

/** Most entries of a leaf, and children of an inner node, unless a caller wants otherwise. */
export const NODE_ENTRIES_MAX = 48;
/** The smallest order that makes a tree. */
export const ORDER_MIN = 4;
/** Class name in the records of nodes other than the root. */
export const NODE_CLASS = 'odb.Node';
/** No tree in a storage is deeper: 4 entries a node make 2^64 entries at this depth. */
const DEPTH_MAX = 32;

/** Which entries, and in which order. */
export interface Range<K = string> {
  /** Default: from the first. */
  readonly from?: K;
  readonly fromExclusive?: boolean;
  /** Inclusive unless `toExclusive`; default: to the last. */
  readonly to?: K;
  readonly toExclusive?: boolean;
  /** Descending, from `to` down to `from`. */
  readonly reverse?: boolean;
  /** At most so many. */
  readonly limit?: number;
}

/** A node that has no entries: the root of an empty tree. */
export const EMPTY_LEAF: Leaf<never> = Object.freeze({
  keys: Object.freeze([]),
  values: Object.freeze([]),
});

/** Tells leaves from inner nodes. */
export function isInner<Id, V>(node: Node<Id, V>): node is Inner<Id> {
  return 'children' in node;
}

/** Gives the value under a key; `undefined` when there is none. O(log size) node reads. */
export function treeGet<Id, V>(store: NodeReader<Id, V>, root: Id, key: string): V | undefined {
  const leaf = leafFor(store, root, key);
  const at = position(leaf.keys, key);
  return leaf.keys[at] === key ? leaf.values[at] : undefined;
}

/** Tells whether there is an entry. O(log size) node reads. */
export function treeHas<Id, V>(store: NodeReader<Id, V>, root: Id, key: string): boolean {
  const leaf = leafFor(store, root, key);
  return leaf.keys[position(leaf.keys, key)] === key;
}

/** Gives the first key from `from` on; `undefined` when there is none. O(log size) node reads. */
export function treeKeyFrom<Id, V>(
  store: NodeReader<Id, V>,
  root: Id,
  from: string,
): string | undefined {
  const { keys } = leafFor(store, root, from);
  const key = keys[position(keys, from)];
  if (key !== undefined) return key;
  const { to } = findLeaf(store, root, from);
  // A leaf is empty in an empty tree alone, or where a version shows others' ends.
  return to === undefined ? undefined : treeKeyFrom(store, root, to);
}

/**
 * Looks up keys that are near each other one after the other, as ascending ones: most are in the leaf
 * that was read last. The tree is not to be changed meanwhile.
 */
export class TreeLookup<Id, V> {
  readonly #store: NodeReader<Id, V>;
  readonly #root: Id;
  #found: FoundLeaf<Id, V> | undefined;
  #at = 0;

  constructor(store: NodeReader<Id, V>, root: Id) {
    this.#store = store;
    this.#root = root;
  }

  /** Gives the value under a key; `undefined` when there is none. */
  get(key: string): V | undefined {
    let found = this.#found;
    if (found === undefined || !isWithin(found, key)) {
      found = findLeaf(this.#store, this.#root, key);
      this.#found = found;
      this.#at = 0;
    }
    const { keys, values } = found.leaf;
    if (keys[this.#at] !== key) this.#at = position(keys, key);
    const value = keys[this.#at] === key ? values[this.#at] : undefined;
    this.#at += 1;
    return value;
  }
}

function isWithin<Id, V>({ from, to }: FoundLeaf<Id, V>, key: string): boolean {
  return (from === undefined || key >= from) && (to === undefined || key < to);
}

/**
 * Walks entries in key order. The map may be changed meanwhile: entries of the leaf that is being
 * walked come as they were when it was reached.
 */
export function* treeEntries<Id, V>(
  store: NodeReader<Id, V>,
  root: Id,
  range: Range = {},
): Generator<[key: string, value: V], void, undefined> {
  let rest = range.limit ?? Infinity;
  if (rest <= 0) return;
  const reverse = range.reverse === true;
  let found = reverse
    ? findLeafBelow(store, root, range.to, range.toExclusive !== true)
    : findLeaf(store, root, range.from ?? '');
  for (;;) {
    const { keys, values } = found.leaf;
    let at = firstWithin(keys, range, reverse);
    for (; at >= 0 && at < keys.length; at += reverse ? -1 : 1) {
      const key = keyAt(keys, at);
      if (reverse ? isBefore(key, range) : isAfter(key, range)) return;
      yield [key, values[at] as V];
      if (--rest <= 0) return;
    }
    const bound: string | undefined = reverse ? found.from : found.to;
    if (bound === undefined) return;
    found = reverse ? findLeafBelow(store, root, bound, false) : findLeaf(store, root, bound);
  }
}

/** Counts the entries. Reads every node. */
export function treeSize<Id, V>(store: NodeReader<Id, V>, root: Id): number {
  let size = 0;
  for (const { node } of treeNodes(store, root)) if (!isInner(node)) size += node.keys.length;
  return size;
}

/** Walks the nodes of a tree, each before its children. */
export function* treeNodes<Id, V>(
  store: NodeReader<Id, V>,
  root: Id,
): Generator<{ readonly id: Id; readonly node: Node<Id, V> }, void, undefined> {
  const waiting: { id: Id; depth: number }[] = [{ id: root, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { id, depth } = next;
    requireDepth(depth);
    const node = store.read(id);
    yield { id, node };
    if (!isInner(node)) continue;
    for (const child of node.children.toReversed()) waiting.push({ id: child, depth: depth + 1 });
  }
}

/** Gives the id of the leaf whose range a key is in. */
export function treeLeaf<Id, V>(
  store: NodeReader<Id, V>,
  root: Id,
  key: string,
): { readonly id: Id; readonly leaf: Leaf<V> } {
  return findLeaf(store, root, key);
}

/**
 * Takes the state of a record for a node.
 *
 * @throws OdbError `ODB_DAMAGED` when it is none
 */
export function nodeOfState<Id, V>(state: Readonly<State>): Node<Id, V> {
  const { keys, values, children } = state;
  if (isTextArray(keys)) {
    if (Array.isArray(children) && children.length === keys.length + 1) return { keys, children };
    if (Array.isArray(values) && values.length === keys.length) return { keys, values };
  }
  // The root of a map nothing was put into yet.
  if (keys === undefined && values === undefined && children === undefined) return EMPTY_LEAF;
  throw new OdbError('ODB_DAMAGED', 'A node of a map has no proper keys and values');
}

/** Gives the state for the record of a node; fields of `state` that are not the tree's stay. */
export function stateOfNode<Id, V>(node: Node<Id, V>, state: Readonly<State> = {}): State {
  const { keys: _keys, values: _values, children: _children, ...others } = state;
  return isInner(node)
    ? { ...others, keys: node.keys, children: node.children }
    : { ...others, keys: node.keys, values: node.values };
}

function isTextArray(value: unknown): value is readonly string[] {
  if (!Array.isArray(value)) return false;
  // A loop, since each node that is loaded comes here.
  for (const item of value) if (typeof item !== 'string') return false;
  return true;
}

// --- Finding ----------------------------------------------------------------------------------

/** An inner node on the way down, and which child was taken. */
export interface Step<Id> {
  readonly id: Id;
  readonly node: Inner<Id>;
  readonly at: number;
}

/** A leaf, and the way down to it. Holds until the tree is changed. */
export interface FoundLeaf<Id, V> {
  readonly id: Id;
  readonly leaf: Leaf<V>;
  readonly path: readonly Step<Id>[];
  /** The leaf's range: from this key (`undefined`: from the first) … */
  readonly from: string | undefined;
  /** … up to this one, exclusive (`undefined`: to the last). */
  readonly to: string | undefined;
  /** No leaf comes after it. */
  readonly last: boolean;
}

/** The leaf of a key and nothing about the way to it, for look-ups. */
function leafFor<Id, V>(store: NodeReader<Id, V>, root: Id, key: string): Leaf<V> {
  let id = root;
  for (let depth = 0; ; depth += 1) {
    requireDepth(depth);
    const node = store.read(id);
    if (!isInner(node)) return node;
    const at = position(node.keys, key);
    id = childAt(node, node.keys[at] === key ? at + 1 : at);
  }
}

export function findLeaf<Id, V>(store: NodeReader<Id, V>, root: Id, key: string): FoundLeaf<Id, V> {
  return descend(store, root, (keys) => {
    const at = position(keys, key);
    return keys[at] === key ? at + 1 : at;
  });
}

/** The leaf in which the greatest key below `bound` would be; without a bound, the last leaf. */
function findLeafBelow<Id, V>(
  store: NodeReader<Id, V>,
  root: Id,
  bound: string | undefined,
  inclusive: boolean,
): FoundLeaf<Id, V> {
  if (bound === undefined) return descend(store, root, (keys) => keys.length);
  if (inclusive) return findLeaf(store, root, bound);
  return descend(store, root, (keys) => position(keys, bound));
}

function descend<Id, V>(
  store: NodeReader<Id, V>,
  root: Id,
  choose: (keys: readonly string[]) => number,
): FoundLeaf<Id, V> {
  const path: Step<Id>[] = [];
  let id = root;
  let from: string | undefined;
  let to: string | undefined;
  for (;;) {
    const node = store.read(id);
    if (!isInner(node)) return { id, leaf: node, path, from, to, last: to === undefined };
    const at = choose(node.keys);
    from = at > 0 ? node.keys[at - 1] : from;
    to = at < node.keys.length ? node.keys[at] : to;
    path.push({ id, node, at });
    requireDepth(path.length);
    id = childAt(node, at);
  }
}

/** Gives the index of a key, or where it would be. @param from none before is greater */
export function position(keys: readonly string[], key: string, from = 0): number {
  let low = from;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyAt(keys, middle) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstWithin(keys: readonly string[], range: Range, reverse: boolean): number {
  if (reverse) {
    if (range.to === undefined) return keys.length - 1;
    const at = position(keys, range.to);
    return keys[at] === range.to && range.toExclusive !== true ? at : at - 1;
  }
  if (range.from === undefined) return 0;
  const at = position(keys, range.from);
  return keys[at] === range.from && range.fromExclusive === true ? at + 1 : at;
}

function isAfter(key: string, { to, toExclusive }: Range): boolean {
  return to !== undefined && (key > to || (key === to && toExclusive === true));
}

function isBefore(key: string, { from, fromExclusive }: Range): boolean {
  return from !== undefined && (key < from || (key === from && fromExclusive === true));
}

function requireDepth(depth: number): void {
  if (depth > DEPTH_MAX) throw new OdbError('ODB_DAMAGED', 'The nodes of a map make no tree');
}

export function keyAt(keys: readonly string[], at: number): string {
  const key = keys[at];
  assert(key !== undefined, `node has a key ${at}`);
  return key;
}

export function childAt<Id>(node: Inner<Id>, at: number): Id {
  const child = node.children[at];
  assert(child !== undefined, `node has a child ${at}`);
  return child;
}
