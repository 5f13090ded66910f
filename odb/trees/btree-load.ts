/**
 * Loading a B+tree from below: entries that come in the order of their keys, all after those there.
 *
 * Only the rightmost node of each level is open. It is closed when it is full, and its parent gets a
 * child more, so each node is made once: O(entries), where setting one by one is O(entries × log
 * size). The tree comes out as it would from setting them. What is there already is written last,
 * so a load that fails has changed nothing.
 */
import { assert } from '../assert.js';
import {
  isInner,
  NODE_ENTRIES_MAX,
  type Inner,
  type Leaf,
  type Node,
  type NodeStore,
} from './btree.js';

/** The rightmost node of one level of inner nodes, without the child that is open itself. */
interface OpenInner<Id> {
  /** `undefined` for a node that is new, or the root, which is where the topmost node will be. */
  id: Id | undefined;
  /** The smallest key that may be in it; `undefined`: any. */
  first: string | undefined;
  keys: string[];
  children: Id[];
  /** How many children it has in the store, the open one included. */
  stored: number;
}

interface OpenLeaf<Id, V> {
  id: Id | undefined;
  first: string | undefined;
  keys: string[];
  values: V[];
}

/**
 * Puts entries behind those of a tree.
 *
 * @param entries in strictly ascending order of their keys; taken one by one
 * @param order most entries of a node, at least `ORDER_MIN`
 * @returns how many there were
 * @throws TypeError for a key that is not greater than the one before it, in the tree or in `entries`
 */
export function treeLoad<Id, V>(
  store: NodeStore<Id, V>,
  root: Id,
  entries: Iterable<readonly [key: string, value: V]>,
  order: number = NODE_ENTRIES_MAX,
): number {
  const load = new Load(store, root, order);
  let count = 0;
  for (const [key, value] of entries) {
    load.append(key, value);
    count += 1;
  }
  if (count > 0) load.finish();
  return count;
}

class Load<Id, V> {
  readonly #store: NodeStore<Id, V>;
  readonly #root: Id;
  readonly #order: number;
  /** From the parent of the leaf up to the root. */
  readonly #inner: OpenInner<Id>[] = [];
  readonly #leaf: OpenLeaf<Id, V>;
  /** Nodes that are there already and get another content. */
  readonly #rewritten: [Id, Node<Id, V>][] = [];
  /** The greatest key; `undefined` where the last leaf is empty. */
  #last: string | undefined;

  constructor(store: NodeStore<Id, V>, root: Id, order: number) {
    this.#store = store;
    this.#root = root;
    this.#order = order;
    let id: Id | undefined = undefined;
    let first: string | undefined;
    let node = store.read(root);
    while (isInner(node)) {
      const open = openInner(node, id, first);
      this.#inner.unshift(open);
      id = node.children.at(-1);
      assert(id !== undefined, 'an inner node has children');
      first = node.keys.at(-1) ?? first;
      node = store.read(id);
    }
    this.#leaf = { id, first, keys: [...node.keys], values: [...node.values] };
    this.#last = node.keys.at(-1);
  }

  append(key: string, value: V): void {
    const { keys, first } = this.#leaf;
    const isAfter =
      this.#last === undefined ? first === undefined || key >= first : key > this.#last;
    if (!isAfter) {
      throw new TypeError(
        `'${key}' is not after '${this.#last ?? first}': entries are loaded in ascending order`,
      );
    }
    if (keys.length >= this.#order) {
      this.#closeLeaf();
      this.#leaf.first = key;
    }
    this.#last = key;
    this.#leaf.keys.push(key);
    this.#leaf.values.push(value);
  }

  finish(): void {
    if (this.#inner.length > 0) this.#closeLeaf();
    else this.#rewritten.push([this.#root, leafOf(this.#leaf)]);
    // Closing one level may add another on top.
    for (let level = 0; level < this.#inner.length; level += 1) {
      const open = this.#openAt(level);
      if (level === this.#inner.length - 1) {
        if (open.children.length !== open.stored) this.#rewritten.push([this.#root, innerOf(open)]);
      } else this.#closeInner(level, open);
    }
    for (const [id, node] of this.#rewritten) this.#store.write(id, node);
  }

  #closeLeaf(): void {
    const leaf = this.#leaf;
    const id = this.#keep(leaf.id, leafOf(leaf));
    this.#addChild(0, leaf.first, id);
    leaf.id = undefined;
    leaf.keys = [];
    leaf.values = [];
  }

  /** Gives an open node its place in its parent. */
  #closeInner(level: number, open: OpenInner<Id>): void {
    const unchanged = open.id !== undefined && open.children.length === open.stored;
    const id = unchanged ? open.id : this.#keep(open.id, innerOf(open));
    assert(id !== undefined, 'a node that is kept has an id');
    this.#addChild(level + 1, open.first, id);
  }

  #addChild(level: number, first: string | undefined, child: Id): void {
    const open = this.#inner[level];
    if (open === undefined) {
      this.#inner.push({ id: undefined, first: undefined, keys: [], children: [child], stored: 0 });
      return;
    }
    if (open.children.length === 0) {
      open.children.push(child);
      return;
    }
    assert(first !== undefined, 'a node with another to its left has a smallest key');
    if (open.children.length < this.#order) {
      open.keys.push(first);
      open.children.push(child);
      return;
    }
    // It keeps all but its last child, so that no node begins with a single one.
    const last = open.children.pop();
    const separator = open.keys.pop();
    assert(last !== undefined && separator !== undefined, 'a full node has children');
    const id = this.#keep(open.id, innerOf(open));
    this.#addChild(level + 1, open.first, id);
    open.id = undefined;
    open.first = separator;
    open.keys = [first];
    open.children = [last, child];
    open.stored = 0;
  }

  #keep(id: Id | undefined, node: Node<Id, V>): Id {
    if (id === undefined) return this.#store.create(node);
    this.#rewritten.push([id, node]);
    return id;
  }

  #openAt(level: number): OpenInner<Id> {
    const open = this.#inner[level];
    assert(open !== undefined, `there is a level ${level}`);
    return open;
  }
}

function openInner<Id>(
  node: Inner<Id>,
  id: Id | undefined,
  first: string | undefined,
): OpenInner<Id> {
  return {
    id,
    first,
    keys: node.keys.slice(0, -1),
    children: node.children.slice(0, -1),
    stored: node.children.length,
  };
}

function leafOf<Id, V>({ keys, values }: OpenLeaf<Id, V>): Leaf<V> {
  return { keys, values };
}

function innerOf<Id>({ keys, children }: OpenInner<Id>): Inner<Id> {
  return { keys, children };
}
