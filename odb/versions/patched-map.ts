/**
 * A map as a version shows it: the tree main has, with the version's patch applied.
 *
 * Main's tree keeps its shape, and a leaf of it is worked out when it is first read: with the keys of
 * the patch that are in its range. Where they make it too large, a tree of its own stands in its
 * place, under oids that nothing is ever stored under. So whoever reads the nodes finds a tree, whose
 * leaves are not all at one depth, and what is not read costs nothing. It holds as long as main
 * writes no node of the map.
 */
import {
  EMPTY_LEAF,
  findLeaf,
  isInner,
  keyAt,
  NODE_CLASS,
  NODE_ENTRIES_MAX,
  position,
  treeEntries,
  treeGet,
  type Inner,
  type Leaf,
  type NodeStore,
  type Range,
} from '../trees/btree.js';
import { treeDelete, treeSet } from '../trees/btree-change.js';
import { treeLoad } from '../trees/btree-load.js';
import { OdbError } from '../errors.js';
import { decodeNode, encodeNode, nodeState, type OidNode } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import { patchValueOf } from '../trees/patch-record.js';
import { decodeRecord, decodeValue, encodeValue } from '../records/record.js';
import { StoredTree } from '../trees/stored-tree.js';
import type { LoadedRecord } from '../stored.js';
import type { EntryChange } from '../writes.js';
import type { Tid } from '../tid.js';
import { Ref, type State } from '../value.js';

/** Entries of a leaf in a tree that stands for one that got too large: there is room for more. */
const LOADED_ENTRIES = (NODE_ENTRIES_MAX * 3) >> 2;

export interface PatchedMapSource {
  /** Gives main's record of a node. */
  readonly load: (oid: Oid) => Uint8Array | undefined;
  /** Gives the record of a node of the patch; the map's own oid names its root. */
  readonly patch: (oid: Oid) => Uint8Array | undefined;
  /** Gives an oid nobody has. */
  readonly allocate: () => Oid;
  /** Told of nodes of main that read otherwise here, and of those that are here alone. */
  readonly onNode: (oid: Oid) => void;
}

export class PatchedMap implements NodeStore<Oid, unknown> {
  readonly map: Oid;
  /** The transaction that wrote the patch's root. */
  tid: Tid;
  readonly #source: PatchedMapSource;
  /** The nodes of main above leaves that the patch is about, and those leaves: which keys are theirs. */
  readonly #ranges = new Map<Oid, Range>();
  /** Leaves that were worked out, with the trees in place of some; `undefined`: it left its tree. */
  readonly #nodes = new Map<Oid, OidNode | undefined>();
  /** Main's inner nodes, few, which every key leads through. */
  readonly #inner = new Map<Oid, Inner<Oid>>();
  /** Those of which the children were told of. */
  readonly #told = new Set<Oid>();
  #patch: StoredTree;
  /** What was written since it was last asked. */
  #touched = new Set<Oid>();

  constructor(map: Oid, tid: Tid, source: PatchedMapSource) {
    this.map = map;
    this.tid = tid;
    this.#source = source;
    this.#patch = new StoredTree(source.patch);
    this.#ranges.set(map, {});
  }

  /** The root, and the nodes that were told of. */
  get nodes(): Iterable<Oid> {
    return new Set([...this.#ranges.keys(), ...this.#nodes.keys()]);
  }

  /**
   * Gives a node that was told of, or the root. O(its keys, and those of the patch in its range) the
   * first time, then nothing is read.
   */
  load(oid: Oid): LoadedRecord {
    if (!this.#nodes.has(oid)) {
      const record = this.#main(oid);
      const node = this.#inner.get(oid) ?? decodeNode(record);
      if (isInner(node)) {
        this.#inner.set(oid, node);
        if (!this.#told.has(oid)) this.#tellOfChildren(oid, node);
        return { record, tid: this.tid };
      }
      this.#workOut(oid, node);
    }
    return this.#loaded(oid, this.read(oid));
  }

  #loaded(oid: Oid, node: OidNode): LoadedRecord {
    // The root has the map's class, and what else the map may store.
    const as: { readonly className: string; readonly state?: State } =
      oid === this.map ? decodeRecord(this.#main(oid)) : { className: NODE_CLASS };
    const given = isInner(node) ? node : { keys: node.keys, values: node.values.map(ownValue) };
    return {
      get record() {
        return encodeNode(node, as);
      },
      tid: this.tid,
      decoded: { className: as.className, state: nodeState(given, as.state) },
    };
  }

  /**
   * Takes over what the version wrote, where nobody else wrote the map meanwhile.
   *
   * What a key has is read from the patch: one that was brought back to what it had at first is the
   * version's no more, and has what main has by now.
   *
   * @returns the nodes that read otherwise
   */
  refresh(entries: Iterable<Pick<EntryChange, 'key'>>, tid: Tid): Iterable<Oid> {
    this.tid = tid;
    this.#patch = new StoredTree(this.#source.patch);
    this.#touched = new Set();
    const upper = { read: (oid: Oid) => this.#upperNode(oid) };
    const main = new StoredTree((oid) => this.#main(oid));
    for (const { key } of entries) {
      const { id: leaf, from, to } = findLeaf(upper, this.map, key);
      if (!this.#ranges.has(leaf)) this.#tellOf(leaf, within(from, to));
      // What was not read yet is worked out when it is.
      if (!this.#nodes.has(leaf)) {
        this.#touched.add(leaf);
        continue;
      }
      const held = treeGet(this.#patch, this.map, key);
      const value = held === undefined ? treeGet(main, leaf, key) : patchValueOf(held).value;
      this.#set(leaf, key, value);
    }
    return this.#touched;
  }

  read(oid: Oid): OidNode {
    const node = this.#nodes.get(oid);
    if (node === undefined) throw missing(oid, this.map);
    return node;
  }

  write(oid: Oid, node: OidNode): void {
    this.#nodes.set(oid, node);
    this.#touched.add(oid);
  }

  create(node: OidNode): Oid {
    const oid = this.#source.allocate();
    this.write(oid, node);
    this.#source.onNode(oid);
    return oid;
  }

  kill(oid: Oid): void {
    this.#nodes.set(oid, undefined);
    this.#touched.add(oid);
  }

  /** @param leaf main's, in whose place there may be a tree by now */
  #set(leaf: Oid, key: string, value: unknown): void {
    if (value === undefined) treeDelete(this, leaf, key);
    else treeSet(this, leaf, key, value);
  }

  /** Tells of the children in whose range the patch has keys; of others once it gets some. */
  #tellOfChildren(oid: Oid, { keys, children }: Inner<Oid>): void {
    this.#told.add(oid);
    const { from, to } = this.#ranges.get(oid) ?? {};
    for (const [at, child] of children.entries()) {
      if (this.#ranges.has(child)) continue;
      const range = within(at > 0 ? keys[at - 1] : from, at < keys.length ? keys[at] : to);
      for (const _ of treeEntries(this.#patch, this.map, { ...range, limit: 1 })) {
        this.#tellOf(child, range);
      }
    }
  }

  #tellOf(oid: Oid, range: Range): void {
    this.#ranges.set(oid, range);
    this.#source.onNode(oid);
  }

  /** Applies the patch to a leaf of main. */
  #workOut(oid: Oid, main: Leaf<unknown>): void {
    const patch = treeEntries(this.#patch, this.map, this.#ranges.get(oid));
    const leaf = merged(main, patch);
    if (leaf.keys.length <= NODE_ENTRIES_MAX) {
      this.#nodes.set(oid, leaf);
      return;
    }
    this.#nodes.set(oid, EMPTY_LEAF);
    const entries = leaf.keys.map((key, at) => [key, leaf.values[at]] as const);
    treeLoad(this, oid, entries, LOADED_ENTRIES);
  }

  /** Gives a node of main for the way to a leaf; what is in that is left out. */
  #upperNode(oid: Oid): OidNode {
    const known = this.#inner.get(oid);
    if (known !== undefined) return known;
    if (this.#nodes.has(oid)) return EMPTY_LEAF;
    const node = decodeNode(this.#main(oid));
    if (isInner(node)) this.#inner.set(oid, node);
    return node;
  }

  #main(oid: Oid): Uint8Array {
    const record = this.#source.load(oid);
    if (record === undefined) throw missing(oid, this.map);
    return record;
  }
}

/** Puts what a patch has in the place of what main has. */
function merged(
  main: Leaf<unknown>,
  patch: Iterable<readonly [key: string, value: unknown]>,
): Leaf<unknown> {
  const keys: string[] = [];
  const values: unknown[] = [];
  let at = 0;
  const takeMains = (until: number): void => {
    for (; at < until; at += 1) {
      keys.push(keyAt(main.keys, at));
      values.push(main.values[at]);
    }
  };
  for (const [key, held] of patch) {
    takeMains(position(main.keys, key));
    if (main.keys[at] === key) at += 1;
    const { value } = patchValueOf(held);
    if (value === undefined) continue;
    keys.push(key);
    values.push(value);
  }
  takeMains(main.keys.length);
  return { keys, values };
}

/** Gives a value to somebody who may change what is in it: a date, or bytes. */
function ownValue(value: unknown): unknown {
  return mayChange(value) ? decodeValue(encodeValue(value)) : value;
}

function mayChange(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Ref) return false;
  if (value instanceof Date || value instanceof Uint8Array) return true;
  return Object.values(value).some(mayChange);
}

function within(from: string | undefined, to: string | undefined): Range {
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to, toExclusive: true }),
  };
}

function missing(oid: Oid, map: Oid): OdbError {
  return new OdbError('ODB_DAMAGED', `Node ${oid} of map ${map} is missing`);
}
