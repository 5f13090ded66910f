/**
 * Carrying out an undo plan in a connection.
 *
 * What the plan says becomes ordinary changes of a transaction, so an undo is merged, refused and
 * retried as anything else that is saved.
 */
import { treeNodes } from '../trees/btree.js';
import { OdbError } from '../errors.js';
import { MapNode, MapNodes } from '../objects/map-node.js';
import type { Oid } from '../oid.js';
import { markChanged, slotsOf, type Holder, type Persistent } from '../objects/persistent.js';
import { followReferences } from '../objects/slots.js';
import { ListNode, type PersistentList } from '../objects/persistent-list.js';
import { PersistentTree } from '../objects/persistent-tree.js';
import { decodeValue } from '../records/record.js';
import type { UndoneObject, UndoPlan } from './undo.js';

/** What carrying out a plan needs of a connection. */
export interface UndoTarget {
  readonly holder: Holder;
  /** The object of that oid, which does not exist now, to be given a state. */
  objectFor(oid: Oid, className: string): Persistent;
  /** Marks the object as changed, existing again; called before it has its state. */
  recreate(object: Persistent): void;
  /** The transaction changed the object already. */
  isChanged(object: Persistent): boolean;
  /** Takes note that the object is to become non-existent. */
  erase(object: Persistent): void;
}

/**
 * Makes the changes of a plan.
 *
 * @returns the objects that changed; a map or a list, not its nodes
 * @throws OdbError `ODB_UNDO_CONFLICT` when the plan is not possible
 * @throws OdbError `ODB_UNSAVED_CHANGES` when one of the objects has changes already
 */
export function applyPlan(plan: UndoPlan, target: UndoTarget): Persistent[] {
  const { holder } = target;
  if (!plan.possible) {
    throw new OdbError(
      'ODB_UNDO_CONFLICT',
      `The undo is not possible: ${plan.conflicts.map(describe).join(', ')}`,
    );
  }
  const touched: Persistent[] = [];

  // All of them are there before any has its state, so that the parts of a tree find each other.
  const recreated = plan.objects
    .filter(({ before, after }) => before === undefined && after !== undefined)
    .map((undone) => ({ undone, object: target.objectFor(undone.oid, undone.className) }));
  for (const { object } of recreated) target.recreate(object);
  for (const { undone, object } of recreated) {
    giveState(object, undone);
    object.$tid = undone.currentTid;
  }
  for (const { object } of recreated) nameMapOfNodes(object);

  for (const undone of plan.objects) {
    if (undone.before === undefined) continue;
    const object = holder.get(undone.oid);
    if (target.isChanged(object)) {
      throw new OdbError('ODB_UNSAVED_CHANGES', `Object ${undone.oid} has changes of its own`);
    }
    slotsOf(object);
    if (undone.after === undefined) {
      nameMapOfNodes(object);
      markChanged(object);
      target.erase(object);
    } else giveState(object, undone);
    touched.push(object);
  }

  for (const { map: oid, entries } of plan.maps) {
    const map = holder.get(oid) as PersistentTree;
    for (const { key, value } of entries) {
      if (value === undefined) map.$remove(key);
      else
        map.$put(
          key,
          decodeValue(value, (reference) => holder.get(reference)),
        );
    }
    touched.push(map);
  }
  for (const { list: oid, edits } of plan.lists) {
    const list = holder.get(oid) as PersistentList;
    for (const { from, to, items } of edits.toReversed()) {
      const put = items.map((item) => followReferences(item, (reference) => holder.get(reference)));
      list.splice(from, to - from, ...put);
    }
    touched.push(list);
  }
  const changed = new Set([...touched, ...recreated.map(({ object }) => object)]);
  return [...changed].filter((object) => !isNode(object));
}

function giveState(object: Persistent, { after }: UndoneObject): void {
  markChanged(object);
  object.$slots = object.$adopt({ ...after }, true);
}

/** Nodes that are got by their oids do not know their map until it was walked through. */
function nameMapOfNodes(object: Persistent): void {
  if (!(object instanceof PersistentTree)) return;
  for (const { id } of treeNodes(new MapNodes(object), object)) id.$map = object;
}

function isNode(object: Persistent): boolean {
  return object instanceof MapNode || object instanceof ListNode;
}

function describe(conflict: UndoPlan['conflicts'][number]): string {
  const { className, oid, fields, packed, referred } = conflict;
  const which = fields.length === 0 ? '' : ` [${fields.join(', ')}]`;
  const isReferred = referred === true;
  const since = isReferred ? 'others refer to it' : 'changed since';
  const why = packed === true ? 'what it was before is packed away' : since;
  return `${className} ${oid}${which} (${why})`;
}
