/**
 * Nodes of maps as records, for those who work without persistent objects: commit and undo.
 *
 * The root's record has the class of the map, the others `NODE_CLASS`. A node that has left its tree
 * stays behind as a record without entries, or as none.
 */
import { isInner, NODE_CLASS, nodeOfState, stateOfNode, type Node } from './btree.js';
import type { Oid } from '../oid.js';
import { decodeRecord, encodeRecord } from '../records/record.js';
import { Ref, type State } from '../value.js';

/** Class name in the records of sets: what both sides added to one is added once. */
export const SET_CLASS = 'odb.Set';
/** Class names in the records of patches, which versions keep of maps: root and other nodes. */
export const PATCH_CLASS = 'odb.Patch';
export const PATCH_NODE_CLASS = 'odb.PatchNode';

/** A node whose children are named by oid; its values have `Ref`s. */
export type OidNode = Node<Oid, unknown>;

/** Reads a node. @throws OdbError `ODB_DAMAGED` when the record is none */
export function decodeNode(record: Uint8Array): OidNode {
  const node = nodeOfState<Ref, unknown>(decodeRecord(record).state);
  return isInner(node) ? { keys: node.keys, children: node.children.map(({ oid }) => oid) } : node;
}

/**
 * Gives the record of a node.
 *
 * @param as the class of the record, and, for a root node, the map's state: what is not the tree's
 *   stays. Default: a node of a map
 */
export function encodeNode(
  node: OidNode,
  as: { readonly className: string; readonly state?: State } = { className: NODE_CLASS },
): Uint8Array {
  return encodeRecord(as.className, nodeState(node, as.state));
}

/** Gives the state of a node's record. @param state what is not the tree's stays */
export function nodeState(node: OidNode, state?: State): State {
  const stored: Node<Ref, unknown> = isInner(node)
    ? { keys: node.keys, children: node.children.map((oid) => new Ref(oid)) }
    : node;
  return stateOfNode(stored, state);
}
