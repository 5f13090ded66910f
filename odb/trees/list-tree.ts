/**
 * A B+tree over nodes in a store by position: item n is where n items are before it.
 *
 * Like `btree.ts`, the tree reads and writes whole nodes and knows them by ids whose meaning is the
 * store's; the root keeps its id. Inner nodes hold how many items each child has below it, so
 * finding a position and knowing the size take no walk. A node with more than `order` entries
 * splits; one with fewer than a quarter joins a neighbour, or takes over some of its entries.
 */
import { assert } from '../assert.js';
import { OdbError } from '../errors.js';

export interface ListLeaf<V> {
  readonly items: readonly V[];
}

/** `counts[i]` items are below `children[i]`. */
export interface ListInner<Id> {
  readonly children: readonly Id[];
  readonly counts: readonly number[];
}

export type ListNode<Id, V> = ListLeaf<V> | ListInner<Id>;

/** Where nodes are kept; see `NodeStore` in `btree.ts`. */
export interface ListStore<Id, V> {
  read(id: Id): ListNode<Id, V>;
  write(id: Id, node: ListNode<Id, V>): void;
  create(node: ListNode<Id, V>): Id;
  kill(id: Id): void;
}

/** Most entries of a node, unless a caller wants otherwise. */
export const LIST_ORDER = 48;
export const EMPTY_LIST: ListLeaf<never> = Object.freeze({ items: Object.freeze([]) });
const DEPTH_MAX = 32;

export function isListInner<Id, V>(node: ListNode<Id, V>): node is ListInner<Id> {
  return 'children' in node;
}

/** How many items are in a node and below. */
export function countOf<Id, V>(node: ListNode<Id, V>): number {
  return isListInner(node) ? node.counts.reduce((sum, count) => sum + count, 0) : node.items.length;
}

/** Finds the leaf of a position from 0 up to below the size. O(log size) node reads. */
export function listLeaf<Id, V>(
  store: ListStore<Id, V>,
  root: Id,
  position: number,
): { readonly id: Id; readonly leaf: ListLeaf<V>; readonly at: number } {
  let id = root;
  let at = position;
  for (let depth = 0; depth <= DEPTH_MAX; depth += 1) {
    const node = store.read(id);
    if (!isListInner(node)) return { id, leaf: node, at };
    let child = 0;
    while (child < node.counts.length - 1 && at >= (node.counts[child] ?? 0)) {
      at -= node.counts[child] ?? 0;
      child += 1;
    }
    id = childOf(node, child);
  }
  throw new OdbError('ODB_DAMAGED', 'The nodes of a list make no tree');
}

/** Walks the items of positions `from` up to `to`, exclusive. */
export function* listItems<Id, V>(
  store: ListStore<Id, V>,
  root: Id,
  from: number,
  to: number,
): Generator<V, void, undefined> {
  for (let position = from; position < to;) {
    const { leaf, at } = listLeaf(store, root, position);
    const items = leaf.items.slice(at, at + to - position);
    if (items.length === 0)
      throw new OdbError('ODB_DAMAGED', 'A list has fewer items than counted');
    yield* items;
    position += items.length;
  }
}

/**
 * Puts items in the place of those from `from` up to `to`, exclusive.
 *
 * Writes the leaves that change and the nodes above them.
 *
 * @param order most entries of a node, at least 4
 */
export function listReplace<Id, V>(
  store: ListStore<Id, V>,
  root: Id,
  change: Change<V>,
  order: number = LIST_ORDER,
): void {
  assert(order >= 4, `order ${order} is at least 4`);
  let nodes = replaced({ store, order }, store.read(root), change);
  while (nodes.length > 1) {
    const children = nodes.map((node) => store.create(node));
    nodes = split({ children, counts: nodes.map(countOf) }, order, false);
  }
  let top: ListNode<Id, V> = nodes[0] ?? EMPTY_LIST;
  while (isListInner(top) && top.children.length === 1) {
    const child = childOf(top, 0);
    top = store.read(child);
    store.kill(child);
  }
  store.write(root, top);
}

/** Which positions get which items instead. */
export interface Change<V> {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly items: readonly V[];
}

interface Tree<Id, V> {
  readonly store: ListStore<Id, V>;
  readonly order: number;
}

/** Gives the nodes that stand in the place of one; none when it has lost everything. */
function replaced<Id, V>(
  tree: Tree<Id, V>,
  node: ListNode<Id, V>,
  { from, to, items }: Change<V>,
): readonly ListNode<Id, V>[] {
  if (!isListInner(node)) {
    const appended = from === node.items.length;
    const changed = [...node.items.slice(0, from), ...items, ...node.items.slice(to)];
    return split({ items: changed }, tree.order, appended);
  }
  const children: Id[] = [];
  const counts: number[] = [];
  const touched: Id[] = [];
  let before = 0;
  let rest = items;
  for (const [i, child] of node.children.entries()) {
    const count = node.counts[i] ?? 0;
    const isLast = i === node.children.length - 1;
    const takes = rest.length > 0 && from >= before && (from < before + count || isLast);
    const [start, end] = [Math.max(0, from - before), Math.min(count, to - before)];
    before += count;
    if (!takes && start >= end) {
      children.push(child);
      counts.push(count);
      continue;
    }
    const change = {
      from: Math.min(start, count),
      to: Math.max(start, end),
      items: takes ? rest : [],
    };
    if (takes) rest = [];
    for (const made of put(tree, child, change)) {
      children.push(made.id);
      counts.push(made.count);
      touched.push(made.id);
    }
  }
  assert(rest.length === 0, 'the items have found their place');
  joinSmall(tree, children, counts, touched);
  return split({ children, counts }, tree.order, from >= before);
}

/** Changes the subtree of a child; gives the children that stand in its place. */
function put<Id, V>(
  tree: Tree<Id, V>,
  id: Id,
  change: Change<V>,
): readonly { readonly id: Id; readonly count: number }[] {
  const { store } = tree;
  const nodes = replaced(tree, store.read(id), change);
  if (nodes.length === 0) store.kill(id);
  return nodes.map((node, i) => {
    if (i === 0) store.write(id, node);
    return { id: i === 0 ? id : store.create(node), count: countOf(node) };
  });
}

/** Joins those of the changed children that got too small with a neighbour, or shares with it. */
function joinSmall<Id, V>(
  { store, order }: Tree<Id, V>,
  children: Id[],
  counts: number[],
  touched: readonly Id[],
): void {
  for (const id of touched) {
    const at = children.indexOf(id);
    if (at === -1 || children.length < 2) continue;
    if (lengthOf(store.read(id)) >= Math.max(2, order >> 2)) continue;
    const left = at > 0 ? at - 1 : at;
    const [leftId, rightId] = [childOf({ children }, left), childOf({ children }, left + 1)];
    const joined = concatenate(store.read(leftId), store.read(rightId));
    const [first, second] =
      lengthOf(joined) <= (order * 3) >> 2 ? [joined] : split(joined, lengthOf(joined) - 1, false);
    assert(first !== undefined, 'what is joined is something');
    store.write(leftId, first);
    counts[left] = countOf(first);
    if (second === undefined) {
      store.kill(rightId);
      children.splice(left + 1, 1);
      counts.splice(left + 1, 1);
    } else {
      store.write(rightId, second);
      counts[left + 1] = countOf(second);
    }
  }
}

function concatenate<Id, V>(left: ListNode<Id, V>, right: ListNode<Id, V>): ListNode<Id, V> {
  if (isListInner(left) && isListInner(right)) {
    return {
      children: [...left.children, ...right.children],
      counts: [...left.counts, ...right.counts],
    };
  }
  assert(!isListInner(left) && !isListInner(right), 'neighbours in a tree are of one kind');
  return { items: [...left.items, ...right.items] };
}

/**
 * Gives nodes of at most `order` entries; none for an empty node. Of what was appended to, all but
 * the last are full; otherwise they are of one size.
 */
function split<Id, V>(
  node: ListNode<Id, V>,
  order: number,
  appended: boolean,
): readonly ListNode<Id, V>[] {
  const length = lengthOf(node);
  const parts = Math.ceil(length / order);
  return Array.from({ length: parts }, (_, i) => {
    const start = appended ? i * order : Math.floor((i * length) / parts);
    const end = appended ? start + order : Math.floor(((i + 1) * length) / parts);
    if (!isListInner(node)) return { items: node.items.slice(start, end) };
    return { children: node.children.slice(start, end), counts: node.counts.slice(start, end) };
  });
}

function lengthOf<Id, V>(node: ListNode<Id, V>): number {
  return isListInner(node) ? node.children.length : node.items.length;
}

function childOf<Id>({ children }: { readonly children: readonly Id[] }, at: number): Id {
  const child = children[at];
  assert(child !== undefined, `a node of a list has a child ${at}`);
  return child;
}
