/**
 * Carrying out plans about a version in a connection.
 *
 * What a plan says becomes ordinary changes of a transaction, and notes for the version, so that
 * whoever derives something from the changed objects does it in the same transaction.
 */
import { applyPlan, type UndoTarget } from '../undo/apply-undo.js';
import type { Changes } from '../connection/changes.js';
import { OdbError } from '../errors.js';
import type { Oid } from '../oid.js';
import { Persistent } from '../objects/persistent.js';
import { encodeRecord } from '../records/record.js';
import type { Tid } from '../tid.js';
import { Ref } from '../value.js';
import {
  VersionConflictError,
  type CheckInPlan,
  type DiscardPlan,
  type PlannedObject,
  type UpdateNotes,
  type UpdatePlan,
} from './version-plan.js';
import type { UndoPlan } from '../undo/undo.js';
import type { VersionUndoPlan } from './version-undo.js';

/** What carrying out a plan needs of a connection. */
export interface VersionTarget extends UndoTarget {
  /** The version that is worked in; `undefined`: main. */
  readonly version: Oid | undefined;
  /** The snapshot that is seen. */
  readonly tid: Tid;
  readonly changes: Changes;
}

/** Makes the changes of a check-in; see `Connection.applyCheckIn`. */
export function applyCheckIn(plan: CheckInPlan, target: VersionTarget): Persistent[] {
  requireHere(plan, target, undefined);
  const changed = applyChanges(plan, target, ({ main }) => main);
  noteOverlay(plan, target);
  return changed;
}

/** Makes the changes of an update; see `Connection.applyUpdate`. */
export function applyUpdate(plan: UpdatePlan, target: VersionTarget): Persistent[] {
  requireHere(plan, target, plan.version);
  const changed = applyChanges(plan, target, ({ version }) => version);
  noteOverlay(plan, target);
  noteVersion(plan, target);
  return changed;
}

/** Makes the changes of an undo; see `Connection.applyUndo`. */
export function applyUndo(plan: UndoPlan | VersionUndoPlan, target: VersionTarget): Persistent[] {
  const changed = applyPlan(plan, target);
  if ('overlay' in plan) {
    noteOverlay(plan, target);
    if (plan.notes !== undefined) noteVersion({ notes: plan.notes }, target);
  }
  return changed;
}

/** Notes what the version is told of states and values, as they are now. */
function noteVersion(plan: { readonly notes: UpdateNotes }, target: VersionTarget): void {
  const notes = target.changes.someNotes;
  for (const [oid, { live, basedOn }] of plan.notes.objects) {
    const object = target.holder.get(oid);
    notes.objects.set(oid, live ? { liveAs: { bytes: bytesOf(object) }, basedOn } : { basedOn });
  }
  for (const [oid, keys] of plan.notes.keys) {
    const map = target.holder.get(oid);
    for (const [key, { live, main }] of keys) {
      const basedOn = { value: main };
      notes.addEntry(map, key, live ? { liveAs: { bytes: main }, basedOn } : { basedOn });
    }
  }
}

/** Makes the changes of a discard; see `Connection.applyDiscard`. */
export function applyDiscard(plan: DiscardPlan, target: VersionTarget): void {
  requireHere(plan, target, undefined);
  const notes = target.changes.someNotes;
  // A redone check-in ended its entries itself.
  const overlay = plan.overlay.filter((write) => !notes.endsOverlay(write));
  noteOverlay({ overlay }, target);
}

function applyChanges(
  { possible, conflicts, objects, maps, lists }: CheckInPlan | UpdatePlan,
  target: VersionTarget,
  before: (object: PlannedObject) => PlannedObject['after'],
): Persistent[] {
  if (!possible) throw new VersionConflictError(conflicts);
  return applyPlan(
    {
      tids: [],
      possible,
      objects: objects.map((object) => ({
        oid: object.oid,
        className: object.className,
        currentTid: object.currentTid,
        before: before(object),
        after: object.after,
      })),
      maps,
      // An update writes the nodes of lists itself.
      lists: target.version === undefined ? lists.map(withoutWas) : [],
      conflicts: [],
      dangling: [],
      together: [],
    },
    target,
  );
}

function withoutWas({ list, className, edits }: CheckInPlan['lists'][number]): {
  readonly list: Oid;
  readonly className: string;
  readonly edits: readonly {
    readonly from: number;
    readonly to: number;
    readonly items: readonly unknown[];
    readonly was: readonly unknown[];
  }[];
} {
  return { list, className, edits: edits.map((edit) => ({ ...edit, was: [] })) };
}

function noteOverlay(
  { overlay }: { readonly overlay: DiscardPlan['overlay'] },
  target: VersionTarget,
): void {
  const notes = target.changes.someNotes;
  for (const write of overlay) notes.addOverlay(write);
}

function requireHere(
  { version, tid }: { readonly version: Oid; readonly tid: Tid },
  target: VersionTarget,
  place: Oid | undefined,
): void {
  if (target.version !== place) {
    const where = place === undefined ? 'main' : `version ${place}`;
    throw new OdbError('ODB_OTHER_VERSION', `The plan is carried out in ${where}`);
  }
  if (target.tid !== tid) {
    throw new OdbError(
      'ODB_STALE_PLAN',
      `The plan for version ${version} rests on transaction ${tid}, and the connection shows ${target.tid}: plan again`,
    );
  }
}

function bytesOf(object: Persistent): Uint8Array {
  return encodeRecord(object.$class.name, object.$state(), (value) => {
    if (value instanceof Ref) return value.oid;
    return value instanceof Persistent ? value.$oid : undefined;
  });
}
