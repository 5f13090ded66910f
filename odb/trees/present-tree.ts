/**
 * The tree of one map as it is stored now, with changes that are not: for applying entries to it.
 */
import { NODE_CLASS, type NodeStore } from './btree.js';
import { OdbError } from '../errors.js';
import { decodeNode, encodeNode, type OidNode } from './node-record.js';
import type { Oid } from '../oid.js';
import { decodeRecord } from '../records/record.js';

export interface TreeSource {
  /** Gives the current record of a node. */
  readonly load: (oid: Oid) => Uint8Array | undefined;
  /** Gives an oid nobody has. */
  readonly allocate: () => Oid;
  /** Class of the records of nodes other than the root. Default: as in maps. */
  readonly nodeClass?: string;
}

export class PresentTree implements NodeStore<Oid, unknown> {
  readonly #map: Oid;
  readonly #source: TreeSource;
  /** Changed nodes; `undefined`: it left the tree. */
  readonly #changed = new Map<Oid, OidNode | undefined>();
  /** Stored nodes that were read; a commit comes back to most of them. */
  readonly #read = new Map<Oid, OidNode>();

  /** @param map the map, which is there */
  constructor(map: Oid, source: TreeSource) {
    this.#map = map;
    this.#source = source;
  }

  read(oid: Oid): OidNode {
    const known = this.#changed.get(oid) ?? this.#read.get(oid);
    if (known !== undefined) return known;
    const node = decodeNode(this.#load(oid));
    this.#read.set(oid, node);
    return node;
  }

  write(oid: Oid, node: OidNode): void {
    this.#changed.set(oid, node);
  }

  create(node: OidNode): Oid {
    const oid = this.#source.allocate();
    this.#changed.set(oid, node);
    return oid;
  }

  kill(oid: Oid): void {
    this.#changed.set(oid, undefined);
  }

  /** Gives the records to be stored. A node that left the tree is stored as gone. */
  records(): Map<Oid, Uint8Array | undefined> {
    const records = new Map<Oid, Uint8Array | undefined>();
    const { nodeClass: className = NODE_CLASS } = this.#source;
    for (const [oid, node] of this.#changed) {
      if (node === undefined) records.set(oid, undefined);
      else if (oid !== this.#map) records.set(oid, encodeNode(node, { className }));
      // The root has the map's class, and what else the map may store.
      else records.set(oid, encodeNode(node, decodeRecord(this.#load(oid))));
    }
    return records;
  }

  #load(oid: Oid): Uint8Array {
    const record = this.#source.load(oid);
    if (record !== undefined) return record;
    throw new OdbError('ODB_DAMAGED', `Node ${oid} of map ${this.#map} is missing`);
  }
}
