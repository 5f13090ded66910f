/**
 * Deciding what becomes of a list that others wrote since: their list, with the same done to it.
 */
import { OdbError } from '../errors.js';
import { CONFLICT_POSITIONS_MAX, mergeLists } from './list-merge.js';
import { LIST_ORDER } from '../trees/list-tree.js';
import { viewOf } from '../trees/list-view.js';
import type { Oid } from '../oid.js';
import { PresentList } from '../trees/present-list.js';
import { classNameOf } from '../records/record.js';
import type { StoredRevision } from '../stored.js';
import type { ObjectWrite } from '../writes.js';
import { TID_ZERO } from '../tid.js';

/** Gives a revision of a node. */
export type NodeRevision = (oid: Oid) => Pick<StoredRevision, 'tid' | 'record'> | undefined;

export interface ListWrites {
  readonly list: Oid;
  /** What the commit writes of its nodes, the list itself included. */
  readonly writes: ReadonlyMap<Oid, ObjectWrite>;
  /** What it began from. */
  readonly base: NodeRevision;
  /** What is there now. */
  readonly now: NodeRevision;
  /** All revisions it may have begun from are there. */
  readonly isKept: boolean;
  readonly allocate: () => Oid;
  /** Most entries of a node; default, and most: `LIST_ORDER`. */
  readonly order?: number;
}

export type DecidedList =
  /** The nodes to be stored in place of those that were sent. */
  | { readonly merged: true; readonly records: ReadonlyMap<Oid, Uint8Array> }
  | {
      readonly merged: false;
      readonly reason: 'changed' | 'created' | 'removed';
      /** Positions in the list as the commit found it; empty when it is about the whole. */
      readonly positions: readonly string[];
    };

/** Decides the writes of one list of which others wrote a node since. */
export function decideList({
  list,
  writes,
  base,
  now,
  isKept,
  allocate,
  order = LIST_ORDER,
}: ListWrites): DecidedList {
  const root = writes.get(list);
  const current = now(list)?.record;
  if (root?.baseTid === TID_ZERO) return refused('created');
  if (current === undefined || (root !== undefined && root.record === undefined)) {
    return refused('removed');
  }
  const isKnown = [...writes.values()].every(
    ({ oid, baseTid }) => baseTid === TID_ZERO || base(oid)?.tid === baseTid,
  );
  if (!isKept || !isKnown || base(list)?.record === undefined) return refused('changed');

  const stateOf = (revision: NodeRevision) => (oid: Oid) => {
    const found = revision(oid);
    return found && { record: found.record, revision: found.tid };
  };
  const [before, after] = [viewOf(stateOf(base)), viewOf(stateOf(now))];
  const mine = viewOf((oid) => {
    const write = writes.get(oid);
    return write === undefined ? stateOf(base)(oid) : { record: write.record, revision: write };
  });
  try {
    const changed = new Set(writes.keys());
    const sides = { list, base: before, theirs: after, mine, changed, strict: true };
    const result = mergeLists(sides);
    if (!result.merged) return refused('changed', result.positions);
    const tree = new PresentList(list, {
      view: after,
      allocate,
      order: Math.min(order, LIST_ORDER),
    });
    tree.edit(result.edits);
    return { merged: true, records: tree.records(classNameOf(current)) };
  } catch (error) {
    // It takes too long to be merged while other commits wait.
    if (error instanceof OdbError && error.code === 'ODB_TOO_LARGE') return refused('changed');
    throw error;
  }
}

function refused(
  reason: 'changed' | 'created' | 'removed',
  positions: readonly number[] = [],
): DecidedList {
  return {
    merged: false,
    reason,
    positions: positions.slice(0, CONFLICT_POSITIONS_MAX).map(String),
  };
}
