/**
 * A tree as it is stored, for reading alone.
 *
 * Nodes that were read are kept a while, since the next key is often in the same leaf, and always
 * below the same root: so what is read must not change meanwhile, as of a snapshot.
 */
import type { NodeReader } from './btree.js';
import { OdbError } from '../errors.js';
import { decodeNode, type OidNode } from './node-record.js';
import type { Oid } from '../oid.js';

/** Most nodes that are kept: enough for keys in order, and for some maps in turn. */
const NODES_MAX = 256;

export class StoredTree implements NodeReader<Oid, unknown> {
  readonly #load: (oid: Oid) => Uint8Array | undefined;
  readonly #nodes = new Map<Oid, OidNode>();

  /** @param load gives the record of a node, always the same */
  constructor(load: (oid: Oid) => Uint8Array | undefined) {
    this.#load = load;
  }

  read(oid: Oid): OidNode {
    const known = this.#nodes.get(oid);
    if (known !== undefined) return known;
    const record = this.#load(oid);
    if (record === undefined) {
      throw new OdbError('ODB_DAMAGED', `Node ${oid} of a map or its patch is missing`);
    }
    const node = decodeNode(record);
    if (this.#nodes.size >= NODES_MAX) this.#nodes.clear();
    this.#nodes.set(oid, node);
    return node;
  }
}
