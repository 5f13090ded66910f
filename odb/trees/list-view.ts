/**
 * A list as it is stored as of some moment: its nodes by oid, and the leaves in their order.
 */
import { OdbError } from '../errors.js';
import { DEAD_NODE, listNodeOfState } from './list-record.js';
import { countOf, isListInner, type ListNode } from './list-tree.js';
import type { Oid } from '../oid.js';
import { decodeRecord } from '../records/record.js';
import type { Ref } from '../value.js';

/** A node whose children are oids. Never changed in place. */
export type OidListNode = ListNode<Oid, unknown>;

/** One state of a node. Of one node, two equal `revision`s are one state. */
export interface NodeState {
  readonly node: OidListNode;
  readonly revision: unknown;
}

/** Gives a node of a list; `undefined` when it does not exist. */
export type ListView = (oid: Oid) => NodeState | undefined;

/** What a view is made from: a record, and what tells it from others of the same oid. */
export interface NodeRecord {
  readonly record: Uint8Array | undefined;
  readonly revision: unknown;
}

/** A leaf, and how many items are in it. */
export interface LeafAt {
  readonly oid: Oid;
  readonly count: number;
}

/** Largest list of which the leaves are listed: some five million items. */
export const LEAVES_MAX = 100_000;

/** Makes a view of records that decodes each node once. */
export function viewOf(load: (oid: Oid) => NodeRecord | undefined): ListView {
  const known = new Map<Oid, NodeState | undefined>();
  return (oid) => {
    if (known.has(oid)) return known.get(oid);
    const found = load(oid);
    const state =
      found?.record === undefined
        ? undefined
        : { node: listNodeOfRecord(found.record), revision: found.revision };
    known.set(oid, state);
    return state;
  };
}

/** Reads a node from its record. @throws OdbError `ODB_DAMAGED` */
export function listNodeOfRecord(record: Uint8Array): OidListNode {
  return withOids(listNodeOfState(decodeRecord(record).state));
}

function withOids(node: ListNode<Ref, unknown>): OidListNode {
  if (!isListInner(node)) return node === DEAD_NODE ? DEAD_NODE : node;
  return { children: node.children.map(({ oid }) => oid), counts: node.counts };
}

/**
 * Lists the leaves of a list in order. Reads the inner nodes, one for each 2,000 items or so.
 *
 * @throws OdbError `ODB_TOO_LARGE` past `LEAVES_MAX`
 */
export function leavesOf(view: ListView, list: Oid): readonly LeafAt[] {
  const root = nodeIn(view, list);
  let level: readonly LeafAt[] = [{ oid: list, count: countOf(root) }];
  for (;;) {
    const [first] = level;
    if (first === undefined || !isListInner(nodeIn(view, first.oid))) return level;
    level = level.flatMap(({ oid }) => childrenOf(nodeIn(view, oid)));
    if (level.length > LEAVES_MAX) {
      throw new OdbError('ODB_TOO_LARGE', `List ${list} has more than ${LEAVES_MAX} leaves`);
    }
  }
}

function childrenOf(node: OidListNode): LeafAt[] {
  if (!isListInner(node)) throw noTree();
  return node.children.map((oid, i) => ({ oid, count: node.counts[i] ?? 0 }));
}

/** Gives the items of some leaves, in order. */
export function itemsIn(view: ListView, leaves: readonly LeafAt[]): unknown[] {
  return leaves.flatMap(({ oid }) => {
    const node = nodeIn(view, oid);
    if (isListInner(node)) throw noTree();
    return node.items;
  });
}

/** @throws OdbError `ODB_DAMAGED` for a node that does not exist */
export function nodeIn(view: ListView, oid: Oid): OidListNode {
  const state = view(oid);
  if (state === undefined) throw new OdbError('ODB_DAMAGED', `Node ${oid} of a list is missing`);
  return state.node;
}

function noTree(): OdbError {
  return new OdbError('ODB_DAMAGED', 'The nodes of a list make no tree');
}
