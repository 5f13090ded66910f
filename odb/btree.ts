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
import { assert } from './assert.js';
import { OdbError } from './errors.js';
import type { State } from './record.js';

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

/** Where nodes are kept. */
export interface NodeStore<Id, V> {
  /** Gives a node; the tree never changes it. */
  read(id: Id): Node<Id, V>;
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
export interface Range {
  /** Default: from the first. */
  readonly from?: string;
  readonly fromExclusive?: boolean;
  /** Inclusive unless `toExclusive`; default: to the last. */
  readonly to?: string;
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
export function treeGet<Id, V>(store: NodeStore<Id, V>, root: Id, key: string): V | undefined {
  const leaf = leafFor(store, root, key);
  const at = position(leaf.keys, key);
  return leaf.keys[at] === key ? leaf.values[at] : undefined;
}

/** Tells whether there is an entry. O(log size) node reads. */
export function treeHas<Id, V>(store: NodeStore<Id, V>, root: Id, key: string): boolean {
  const leaf = leafFor(store, root, key);
  return leaf.keys[position(leaf.keys, key)] === key;
}

/**
 * Puts a value under a key, in place of the one there.
 *
 * Writes one leaf; when it splits, also its parent, and so on.
 *
 * @param order most entries of a node, at least `ORDER_MIN`
 */
export function treeSet<Id, V>(
  store: NodeStore<Id, V>,
  root: Id,
  key: string,
  value: V,
  order: number = NODE_ENTRIES_MAX,
): void {
  const { id, leaf, path, last } = findLeaf(store, root, key);
  const at = position(leaf.keys, key);
  const replaced = leaf.keys[at] === key ? 1 : 0;
  const grown: Leaf<V> = {
    keys: leaf.keys.toSpliced(at, replaced, key),
    values: leaf.values.toSpliced(at, replaced, value),
  };
  if (grown.keys.length <= order) {
    store.write(id, grown);
    return;
  }
  // Keys that come in ascending order fill their leaves, rather than leave each half empty.
  const appended = last && at === leaf.keys.length;
  const middle = appended ? grown.keys.length - 1 : grown.keys.length >> 1;
  const left = { keys: grown.keys.slice(0, middle), values: grown.values.slice(0, middle) };
  const right = { keys: grown.keys.slice(middle), values: grown.values.slice(middle) };
  replaceBySplit(store, { id, path, left, right, separator: keyAt(right.keys, 0), order });
}

/**
 * Removes an entry; answers whether there was one.
 *
 * Writes one leaf; when it gets too small, also a neighbour and their parent, and so on.
 */
export function treeDelete<Id, V>(
  store: NodeStore<Id, V>,
  root: Id,
  key: string,
  order: number = NODE_ENTRIES_MAX,
): boolean {
  const { id, leaf, path } = findLeaf(store, root, key);
  const at = position(leaf.keys, key);
  if (leaf.keys[at] !== key) return false;
  const shrunk = { keys: leaf.keys.toSpliced(at, 1), values: leaf.values.toSpliced(at, 1) };
  replaceByShrunk(store, id, shrunk, path, order);
  return true;
}

/**
 * Walks entries in key order. The map may be changed meanwhile: entries of the leaf that is being
 * walked come as they were when it was reached.
 */
export function* treeEntries<Id, V>(
  store: NodeStore<Id, V>,
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
export function treeSize<Id, V>(store: NodeStore<Id, V>, root: Id): number {
  let size = 0;
  for (const { node } of treeNodes(store, root)) if (!isInner(node)) size += node.keys.length;
  return size;
}

/** Walks the nodes of a tree, each before its children. */
export function* treeNodes<Id, V>(
  store: NodeStore<Id, V>,
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
  store: NodeStore<Id, V>,
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
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

// --- Finding ----------------------------------------------------------------------------------

/** An inner node on the way down, and which child was taken. */
interface Step<Id> {
  readonly id: Id;
  readonly node: Inner<Id>;
  readonly at: number;
}

interface FoundLeaf<Id, V> {
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
function leafFor<Id, V>(store: NodeStore<Id, V>, root: Id, key: string): Leaf<V> {
  let id = root;
  for (let depth = 0; ; depth += 1) {
    requireDepth(depth);
    const node = store.read(id);
    if (!isInner(node)) return node;
    const at = position(node.keys, key);
    id = childAt(node, node.keys[at] === key ? at + 1 : at);
  }
}

function findLeaf<Id, V>(store: NodeStore<Id, V>, root: Id, key: string): FoundLeaf<Id, V> {
  return descend(store, root, (keys) => {
    const at = position(keys, key);
    return keys[at] === key ? at + 1 : at;
  });
}

/** The leaf in which the greatest key below `bound` would be; without a bound, the last leaf. */
function findLeafBelow<Id, V>(
  store: NodeStore<Id, V>,
  root: Id,
  bound: string | undefined,
  inclusive: boolean,
): FoundLeaf<Id, V> {
  if (bound === undefined) return descend(store, root, (keys) => keys.length);
  if (inclusive) return findLeaf(store, root, bound);
  return descend(store, root, (keys) => position(keys, bound));
}

function descend<Id, V>(
  store: NodeStore<Id, V>,
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

/** Gives the index of a key, or where it would be. */
function position(keys: readonly string[], key: string): number {
  let low = 0;
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

function keyAt(keys: readonly string[], at: number): string {
  const key = keys[at];
  assert(key !== undefined, `node has a key ${at}`);
  return key;
}

function childAt<Id>(node: Inner<Id>, at: number): Id {
  const child = node.children[at];
  assert(child !== undefined, `node has a child ${at}`);
  return child;
}

// --- Splitting --------------------------------------------------------------------------------

interface Split<Id, V> {
  readonly id: Id;
  readonly path: readonly Step<Id>[];
  readonly left: Node<Id, V>;
  readonly right: Node<Id, V>;
  /** The smallest key that may be in `right`. */
  readonly separator: string;
  readonly order: number;
}

/** Writes two nodes in place of one, and the parent that now has a child more. */
function replaceBySplit<Id, V>(store: NodeStore<Id, V>, split: Split<Id, V>): void {
  const { id, path, left, right, separator, order } = split;
  assert(order >= ORDER_MIN, `order ${order} is at least ${ORDER_MIN}`);
  const parent = path.at(-1);
  if (parent === undefined) {
    // The root keeps its id: both halves get new ones.
    store.write(id, { keys: [separator], children: [store.create(left), store.create(right)] });
    return;
  }
  store.write(id, left);
  const created = store.create(right);
  const { node, at } = parent;
  const keys = node.keys.toSpliced(at, 0, separator);
  const children = node.children.toSpliced(at + 1, 0, created);
  if (children.length <= order) {
    store.write(parent.id, { keys, children });
    return;
  }
  const appended = at + 2 === children.length;
  const middle = appended ? children.length - 2 : children.length >> 1;
  replaceBySplit(store, {
    id: parent.id,
    path: path.slice(0, -1),
    left: { keys: keys.slice(0, middle - 1), children: children.slice(0, middle) },
    right: { keys: keys.slice(middle), children: children.slice(middle) },
    separator: keyAt(keys, middle - 1),
    order,
  });
}

// --- Joining ----------------------------------------------------------------------------------

/** Writes a node that lost something, together with a neighbour when it got too small. */
function replaceByShrunk<Id, V>(
  store: NodeStore<Id, V>,
  id: Id,
  shrunk: Node<Id, V>,
  path: readonly Step<Id>[],
  order: number,
): void {
  const parent = path.at(-1);
  if (parent === undefined) {
    replaceRoot(store, id, shrunk);
    return;
  }
  if (lengthOf(shrunk) >= smallest(shrunk, order) || parent.node.children.length === 1) {
    store.write(id, shrunk);
    return;
  }
  const { node, at } = parent;
  const leftAt = at > 0 ? at - 1 : at;
  const neighbourId = childAt(node, at > 0 ? at - 1 : at + 1);
  const neighbour = store.read(neighbourId);
  const [left, right] = at > 0 ? [neighbour, shrunk] : [shrunk, neighbour];
  const [leftId, rightId] = at > 0 ? [neighbourId, id] : [id, neighbourId];
  const joined = concatenate(left, right, keyAt(node.keys, leftAt));
  // Some room is left, or the next insert would split it again.
  if (lengthOf(joined) <= (order * 3) >> 2) {
    store.write(leftId, joined);
    store.kill(rightId);
    const keys = node.keys.toSpliced(leftAt, 1);
    const children = node.children.toSpliced(leftAt + 1, 1);
    replaceByShrunk(store, parent.id, { keys, children }, path.slice(0, -1), order);
    return;
  }
  const halves = halve(joined);
  store.write(leftId, halves.left);
  store.write(rightId, halves.right);
  store.write(parent.id, {
    keys: node.keys.with(leftAt, halves.separator),
    children: node.children,
  });
}

/** A root with one child becomes that child, so trees get lower again. */
function replaceRoot<Id, V>(store: NodeStore<Id, V>, id: Id, root: Node<Id, V>): void {
  let node = root;
  while (isInner(node) && node.children.length === 1) {
    const child = childAt(node, 0);
    node = store.read(child);
    store.kill(child);
  }
  store.write(id, node);
}

function lengthOf<Id, V>(node: Node<Id, V>): number {
  return isInner(node) ? node.children.length : node.keys.length;
}

/** What is below this gets help. An inner node needs a neighbour for its children to join. */
function smallest<Id, V>(node: Node<Id, V>, order: number): number {
  return Math.max(isInner(node) ? 2 : 1, order >> 2);
}

function concatenate<Id, V>(left: Node<Id, V>, right: Node<Id, V>, separator: string): Node<Id, V> {
  if (isInner(left) && isInner(right)) {
    return {
      keys: [...left.keys, separator, ...right.keys],
      children: [...left.children, ...right.children],
    };
  }
  assert(!isInner(left) && !isInner(right), 'neighbours in a tree are of one kind');
  return { keys: [...left.keys, ...right.keys], values: [...left.values, ...right.values] };
}

function halve<Id, V>(
  node: Node<Id, V>,
): { left: Node<Id, V>; right: Node<Id, V>; separator: string } {
  const middle = lengthOf(node) >> 1;
  if (isInner(node)) {
    return {
      left: { keys: node.keys.slice(0, middle - 1), children: node.children.slice(0, middle) },
      right: { keys: node.keys.slice(middle), children: node.children.slice(middle) },
      separator: keyAt(node.keys, middle - 1),
    };
  }
  return {
    left: { keys: node.keys.slice(0, middle), values: node.values.slice(0, middle) },
    right: { keys: node.keys.slice(middle), values: node.values.slice(middle) },
    separator: keyAt(node.keys, middle),
  };
}
