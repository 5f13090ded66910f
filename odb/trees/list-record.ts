/**
 * Nodes of lists as states of records.
 *
 * The list itself is the root node; every other node names its list. A node that has left its tree
 * stays behind and says so, so that whoever changed it at the same time is found to have done so.
 */
import { OdbError } from '../errors.js';
import { isListInner, type ListLeaf, type ListNode } from './list-tree.js';
import { Ref, type State } from '../value.js';

/** Class names in records: of lists, and of their nodes other than the root. */
export const LIST_CLASS = 'odb.List';
export const LIST_NODE_CLASS = 'odb.ListNode';

/** What a node holds that has left its tree. */
export const DEAD_NODE: ListLeaf<never> = Object.freeze({ items: Object.freeze([]) });

/** Takes the state of a record for a node. @throws OdbError `ODB_DAMAGED` when it is none */
export function listNodeOfState(state: Readonly<State>): ListNode<Ref, unknown> {
  const { items = [], children, counts, dead } = state;
  if (dead === true) return DEAD_NODE;
  if (children === undefined && Array.isArray(items)) return { items };
  if (
    isArrayOf(children, isRef) &&
    isArrayOf(counts, isCount) &&
    children.length === counts.length
  ) {
    return { children, counts };
  }
  throw new OdbError('ODB_DAMAGED', 'A node of a list has no proper items or children');
}

/** Gives the state for a node. */
export function stateOfListNode<Id>(node: ListNode<Id, unknown>): State {
  if (node === DEAD_NODE) return { dead: true };
  return isListInner(node)
    ? { children: node.children, counts: node.counts }
    : { items: node.items };
}

function isArrayOf<T>(value: unknown, is: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(is);
}

function isRef(value: unknown): value is Ref {
  return value instanceof Ref;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
