/**
 * A map as a version shows it: the tree main has, with the version's patch applied.
 *
 * The patch is applied by ordinary insertion and deletion, so whoever reads the nodes finds a tree
 * like any other. Nodes that differ from main's are kept here, new ones under oids that nothing is
 * ever stored under. It holds as long as main writes no node of the map.
 */
import { isInner, treeEntries, treeGet, type NodeStore } from '../trees/btree.js';
import { treeDelete, treeSet } from '../trees/btree-change.js';
import { OdbError } from '../errors.js';
import { decodeNode, encodeNode, type OidNode } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import { patchValueOf } from '../trees/patch-record.js';
import { decodeRecord } from '../records/record.js';
import type { Tid } from '../tid.js';
import { sameValue } from '../value.js';

export interface PatchedMapSource {
  /** Gives main's record of a node. */
  readonly load: (oid: Oid) => Uint8Array | undefined;
  /** Gives the record of a node of the patch; the map's own oid names its root. */
  readonly patch: (oid: Oid) => Uint8Array | undefined;
  /** Gives an oid nobody has. */
  readonly allocate: () => Oid;
}

export class PatchedMap implements NodeStore<Oid, unknown> {
  readonly map: Oid;
  /** The transaction that wrote the patch's root. */
  tid: Tid;
  readonly #source: PatchedMapSource;
  /** Nodes that are not main's; `undefined`: it left the tree. */
  readonly #nodes = new Map<Oid, OidNode | undefined>();
  /** What was written since it was last asked. */
  #touched = new Set<Oid>();
  /** Main's leaves that the work in hand has read. */
  #read = new Map<Oid, OidNode>();
  /** Main's inner nodes, few, which every key leads through. */
  readonly #inner = new Map<Oid, OidNode>();

  /** Applies the whole patch: O(log size) steps for each key in it. */
  constructor(map: Oid, tid: Tid, source: PatchedMapSource) {
    this.map = map;
    this.tid = tid;
    this.#source = source;
    for (const [key, value] of treeEntries(patchNodes(source.patch), map)) {
      this.#set(key, patchValueOf(value).value);
    }
    this.#read = new Map();
  }

  /** The nodes that are not main's. */
  get nodes(): Iterable<Oid> {
    return this.#nodes.keys();
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** Brings some keys in line with the patch and with main, after the version wrote them. */
  refresh(keys: Iterable<string>, tid: Tid): void {
    const { load, patch } = this.#source;
    for (const key of keys) {
      const changed = treeGet(patchNodes(patch), this.map, key);
      const value =
        changed === undefined
          ? treeGet(mainNodes(load), this.map, key)
          : patchValueOf(changed).value;
      this.#set(key, value);
    }
    this.tid = tid;
    this.#read = new Map();
  }

  /** Gives the nodes written since this was last asked. */
  takeTouched(): Iterable<Oid> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  /** Gives the record of a node that is not main's, or of the root. */
  record(oid: Oid): Uint8Array {
    const node = this.#nodes.get(oid);
    if (oid !== this.map) {
      if (node !== undefined) return encodeNode(node);
      throw missing(oid, this.map);
    }
    const root = this.#main(oid);
    // The root has the map's class, and what else the map may store.
    return node === undefined ? root : encodeNode(node, decodeRecord(root));
  }

  read(oid: Oid): OidNode {
    const node = this.#nodes.get(oid) ?? this.#inner.get(oid) ?? this.#read.get(oid);
    if (node !== undefined) return node;
    const read = decodeNode(this.#main(oid));
    (isInner(read) ? this.#inner : this.#read).set(oid, read);
    return read;
  }

  write(oid: Oid, node: OidNode): void {
    this.#nodes.set(oid, node);
    this.#touched.add(oid);
  }

  create(node: OidNode): Oid {
    const oid = this.#source.allocate();
    this.write(oid, node);
    return oid;
  }

  kill(oid: Oid): void {
    this.#nodes.set(oid, undefined);
    this.#touched.add(oid);
  }

  #set(key: string, value: unknown): void {
    if (sameValue(treeGet(this, this.map, key), value)) return;
    if (value === undefined) treeDelete(this, this.map, key);
    else treeSet(this, this.map, key, value);
  }

  #main(oid: Oid): Uint8Array {
    const record = this.#source.load(oid);
    if (record === undefined) throw missing(oid, this.map);
    return record;
  }
}

/** The tree of a patch, for reading. @param load gives the record of one of its nodes */
export function patchNodes(load: (oid: Oid) => Uint8Array | undefined): NodeStore<Oid, unknown> {
  return mainNodes(load);
}

function mainNodes(load: (oid: Oid) => Uint8Array | undefined): NodeStore<Oid, unknown> {
  return {
    read: (oid) => {
      const record = load(oid);
      if (record === undefined) {
        throw new OdbError('ODB_DAMAGED', `Node ${oid} of a map or its patch is missing`);
      }
      return decodeNode(record);
    },
    write: refuse,
    create: refuse,
    kill: refuse,
  };
}

function missing(oid: Oid, map: Oid): OdbError {
  return new OdbError('ODB_DAMAGED', `Node ${oid} of map ${map} is missing`);
}

function refuse(): never {
  throw new TypeError('A stored tree is only read');
}
