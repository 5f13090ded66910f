/**
 * Reading a B+tree leaf by leaf: runs of entries for those who read many, and counts.
 *
 * A run is a slice of a leaf as it is in memory, so what it costs is the leaf, not its entries. The
 * tree is not to be changed while its runs are walked.
 */
import {
  childAt,
  isInner,
  position,
  type Inner,
  type Leaf,
  type NodeReader,
  type Range,
} from './btree.js';

/** Entries `from` (inclusive) up to `to` (exclusive) of one leaf; there is one at least. */
export interface Run<V = unknown> {
  /** Ascending. Never changed: another array stands for the leaf after a change. */
  readonly keys: readonly string[];
  /** `values[i]` belongs to `keys[i]`. */
  readonly values: readonly V[];
  readonly from: number;
  readonly to: number;
}

/** Bounds of keys; see `Range`. */
export type KeyBounds = Pick<Range, 'from' | 'fromExclusive' | 'to' | 'toExclusive'>;

/**
 * Walks the leaves with entries in a range, in order; of a `reverse` range from the last to the
 * first, each run ascending in itself. Where a limit cuts a run, what is nearer to the start stays.
 */
export function* treeRuns<Id, V>(
  store: NodeReader<Id, V>,
  root: Id,
  range: Range = {},
): Generator<Run<V>, void, undefined> {
  const reverse = range.reverse === true;
  let rest = range.limit ?? Infinity;
  for (const { keys, values } of leavesFrom(store, root, range)) {
    if (rest <= 0) return;
    let from = lowerBound(keys, range);
    let to = upperBound(keys, range);
    const isLast = reverse ? from > 0 : to < keys.length;
    if (to - from > rest) {
      if (reverse) from = to - rest;
      else to = from + rest;
    }
    if (from < to) {
      rest -= to - from;
      yield { keys, values, from, to };
    }
    if (isLast) return;
  }
}

/** Counts the entries in a range. Reads the leaves that hold them. */
export function treeCount<Id, V>(store: NodeReader<Id, V>, root: Id, range: KeyBounds): number {
  let count = 0;
  for (const { from, to } of treeRuns(store, root, range)) count += to - from;
  return count;
}

/**
 * Says about how many entries are in a range. Reads the nodes down to its two ends alone, and takes
 * what is between for as full as those; right where both ends are in one leaf.
 */
export function treeEstimate<Id, V>(store: NodeReader<Id, V>, root: Id, range: KeyBounds): number {
  return Math.round(estimate(store, root, range).within);
}

/** About how many entries are below a node: in the range, and altogether. */
interface Estimate {
  readonly within: number;
  readonly all: number;
}

function estimate<Id, V>(store: NodeReader<Id, V>, id: Id, bounds: KeyBounds): Estimate {
  const node = store.read(id);
  if (!isInner(node)) {
    const within = upperBound(node.keys, bounds) - lowerBound(node.keys, bounds);
    return { within: Math.max(0, within), all: node.keys.length };
  }
  const { from, fromExclusive, to, toExclusive } = bounds;
  if (from === undefined && to === undefined) {
    const middle = estimate(store, childAt(node, node.children.length >> 1), bounds);
    const all = middle.all * node.children.length;
    return { within: all, all };
  }
  const first = from === undefined ? 0 : childIndex(node, from);
  const last = to === undefined ? node.children.length - 1 : childIndex(node, to);
  if (first > last) return { within: 0, all: 0 };
  if (first === last) {
    const only = estimate(store, childAt(node, first), bounds);
    return { within: only.within, all: only.all * node.children.length };
  }
  const low = estimate(store, childAt(node, first), lowEnd(from, fromExclusive));
  const high = estimate(store, childAt(node, last), highEnd(to, toExclusive));
  const average = (low.all + high.all) / 2;
  const within = low.within + high.within + average * (last - first - 1);
  return { within, all: average * node.children.length };
}

function lowEnd(from: string | undefined, fromExclusive = false): KeyBounds {
  return from === undefined ? {} : { from, fromExclusive };
}

function highEnd(to: string | undefined, toExclusive = false): KeyBounds {
  return to === undefined ? {} : { to, toExclusive };
}

/** Walks leaves from the one in which the range begins; where it ends is for the caller to see. */
function* leavesFrom<Id, V>(
  store: NodeReader<Id, V>,
  root: Id,
  { from, to, reverse = false }: Range,
): Generator<Leaf<V>, void, undefined> {
  const path: { readonly node: Inner<Id>; at: number }[] = [];
  const start = reverse ? to : from;
  let id: Id | undefined = root;
  let isFirst = true;
  while (id !== undefined) {
    let node = store.read(id);
    while (isInner(node)) {
      let at = reverse ? node.children.length - 1 : 0;
      if (isFirst && start !== undefined) at = childIndex(node, start);
      path.push({ node, at });
      node = store.read(childAt(node, at));
    }
    isFirst = false;
    yield node;
    id = nextChild(path, reverse ? -1 : 1);
  }
}

/** Moves on to the next child on the way up that there is. */
function nextChild<Id>(
  path: { readonly node: Inner<Id>; at: number }[],
  step: 1 | -1,
): Id | undefined {
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    top.at += step;
    if (top.at >= 0 && top.at < top.node.children.length) return childAt(top.node, top.at);
    path.pop();
  }
  return undefined;
}

function childIndex<Id>(node: Inner<Id>, key: string): number {
  const at = position(node.keys, key);
  return node.keys[at] === key ? at + 1 : at;
}

/** Index of the first key within. */
function lowerBound(keys: readonly string[], { from, fromExclusive }: KeyBounds): number {
  const [first] = keys;
  // Most leaves are within altogether.
  if (from === undefined || first === undefined || first > from) return 0;
  const at = position(keys, from);
  return keys[at] === from && fromExclusive === true ? at + 1 : at;
}

/** Index after the last key within. */
function upperBound(keys: readonly string[], { to, toExclusive }: KeyBounds): number {
  const last = keys.at(-1);
  if (to === undefined || last === undefined || last < to) return keys.length;
  const at = position(keys, to);
  return keys[at] === to && toExclusive !== true ? at + 1 : at;
}
