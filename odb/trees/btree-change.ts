/**
 * Changing a B+tree: insertion and deletion, with the splits and joins that follow from them.
 *
 * A node with more than `order` entries splits. One with fewer than a quarter joins a neighbour, or
 * takes over some of its entries. Both may go on upwards; the root alone grows and shrinks in place.
 */
import { assert } from '../assert.js';
import {
  childAt,
  findLeaf,
  isInner,
  keyAt,
  NODE_ENTRIES_MAX,
  ORDER_MIN,
  position,
  type FoundLeaf,
  type Leaf,
  type Node,
  type NodeStore,
  type Step,
} from './btree.js';

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
  leafSet(store, findLeaf(store, root, key), key, value, order);
}

/**
 * The same as `treeSet`, for whoever has found the key's leaf already.
 *
 * @param order most entries of a leaf
 * @param innerOrder most children of an inner node
 */
export function leafSet<Id, V>(
  store: NodeStore<Id, V>,
  { id, leaf, path, last }: FoundLeaf<Id, V>,
  key: string,
  value: V,
  order: number = NODE_ENTRIES_MAX,
  innerOrder: number = order,
): void {
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
  const middle = splitAt(grown, at, last);
  const left = { keys: grown.keys.slice(0, middle), values: grown.values.slice(0, middle) };
  const right = { keys: grown.keys.slice(middle), values: grown.values.slice(middle) };
  replaceBySplit(store, {
    id,
    path,
    left,
    right,
    separator: keyAt(right.keys, 0),
    order: innerOrder,
  });
}

/** What is to become of entries: `values[i]` of `keys[i]`, `undefined` for its end. */
export interface EntryRun<V> {
  /** Strictly ascending. */
  readonly keys: readonly string[];
  readonly values: readonly (V | undefined)[];
}

/** What a leaf becomes with some entries changed. */
export interface MergedLeaf<V> {
  readonly leaf: Leaf<V>;
  /** The index after the last of the changes that is in it. */
  readonly next: number;
  /** What was under their keys before; `undefined`: nothing. */
  readonly replaced: readonly (V | undefined)[];
}

/**
 * Makes the first of some changes in the leaf that was found for them, as many as it has room for:
 * one node is made, where changing entries one by one makes it each time. Writes nothing.
 *
 * @param found the leaf of the first change's key
 * @param from the first change to be made; in a full leaf with other keys, not even that is
 */
export function mergedLeaf<Id, V>(
  { leaf, to }: FoundLeaf<Id, V>,
  changes: EntryRun<V>,
  from = 0,
  order: number = NODE_ENTRIES_MAX,
): MergedLeaf<V> {
  const places: number[] = [];
  const replaced: (V | undefined)[] = [];
  let at = 0;
  let next = from;
  let room = order - leaf.keys.length;
  for (; next < changes.keys.length; next += 1) {
    const key = keyAt(changes.keys, next);
    if (to !== undefined && key >= to) break;
    at = position(leaf.keys, key, at);
    const isThere = leaf.keys[at] === key;
    const isToBe = changes.values[next] !== undefined;
    if (isToBe && !isThere && room <= 0) break;
    room -= Number(isToBe) - Number(isThere);
    places.push(at);
    replaced.push(isThere ? leaf.values[at] : undefined);
  }
  if (next === from) return { leaf, next, replaced };
  return { leaf: changedLeaf(leaf, { changes, from, places, size: order - room }), next, replaced };
}

/** Copies a leaf with changes. The lists are made as long as they are to be: most leaves stay a while. */
function changedLeaf<V>(
  leaf: Leaf<V>,
  made: {
    readonly changes: EntryRun<V>;
    readonly from: number;
    /** Where their keys are in the leaf, or would be. */
    readonly places: readonly number[];
    readonly size: number;
  },
): Leaf<V> {
  const { changes, from, places, size } = made;
  const keys = Array<string>(size);
  const values = Array<V>(size);
  let read = 0;
  let count = 0;
  const copyUpTo = (end: number): void => {
    for (; read < end; read += 1) {
      keys[count] = leaf.keys[read] as string;
      values[count] = leaf.values[read] as V;
      count += 1;
    }
  };
  for (let i = 0; i < places.length; i += 1) {
    const place = places[i] as number;
    copyUpTo(place);
    const key = keyAt(changes.keys, from + i);
    if (leaf.keys[place] === key) read += 1;
    const value = changes.values[from + i];
    if (value === undefined) continue;
    keys[count] = key;
    values[count] = value;
    count += 1;
  }
  copyUpTo(leaf.keys.length);
  assert(count === size, `a leaf of ${count} entries was to have ${size}`);
  return { keys, values };
}

/** Writes a leaf that was changed; one that lost something gets help where it is too small. */
export function replaceLeaf<Id, V>(
  store: NodeStore<Id, V>,
  { id, leaf: before, path }: FoundLeaf<Id, V>,
  leaf: Leaf<V>,
  order: number = NODE_ENTRIES_MAX,
): void {
  if (leaf.keys.length < before.keys.length) replaceByShrunk(store, id, leaf, path, order);
  else store.write(id, leaf);
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
 * Where a leaf splits that grew at `at`. Keys that come in ascending order fill their leaves, rather
 * than leave each half empty: at the end of the tree all of them; before it, where more may come
 * behind any key, as near behind the new one as leaves neither part in need of help.
 */
function splitAt<V>({ keys }: Leaf<V>, at: number, isLast: boolean): number {
  if (isLast && at === keys.length - 1) return at;
  const least = keys.length >> 2;
  return Math.min(Math.max(at + 1, least), keys.length - least);
}

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
  if (isInner(neighbour) !== isInner(shrunk)) {
    // In a map that a version shows, a tree may stand for a leaf: no two of one kind, no joining.
    store.write(id, shrunk);
    return;
  }
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
