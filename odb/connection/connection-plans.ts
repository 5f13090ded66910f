/**
 * Plans of a connection: taking back, reverting, and moving changes between a version and main.
 *
 * A plan is worked out on the connection's snapshot and writes nothing. Doing what it says makes
 * ordinary changes of the connection's transaction, so it is saved, merged, refused and undone as
 * anything else.
 */
import {
  applyCheckIn,
  applyDiscard,
  applyUndo,
  applyUpdate,
  type VersionTarget,
} from '../versions/apply-version.js';
import { planCheckIn, planDiscard, type VersionPlanSource } from '../versions/check-in.js';
import { ConnectionView } from './connection-view.js';
import { OdbError } from '../errors.js';
import type { MergeClasses } from '../commit/merge.js';
import { registeredClasses } from '../objects/merge-rules.js';
import { requireVersion, type Oid } from '../oid.js';
import type { Persistent } from '../objects/persistent.js';
import { revertObject } from '../undo/revert.js';
import type { Tid } from '../tid.js';
import type { UndoPlan } from '../undo/undo.js';
import type {
  CheckInOptions,
  CheckInPlan,
  DiscardPlan,
  UpdatePlan,
  VersionPlanOptions,
} from '../versions/version-plan.js';
import { entryAt, isSameEntry } from '../versions/overlay-history.js';
import { planUndoInMain, type VersionUndoPlan } from '../versions/version-undo.js';
import { planUndoInVersion } from '../versions/version-undo-inside.js';
import { planUpdate } from '../versions/version-update.js';

export abstract class PlanningConnection extends ConnectionView {
  /** Makes sure that something may be changed. */
  protected abstract requireWritable(): void;

  /**
   * Gives an object the state it had just after `tid`, as an ordinary change.
   *
   * @param fields only these attributes; default: all. A map is always taken whole
   * @throws OdbError `ODB_NO_OBJECT` when it did not exist then
   * @throws TypeError for an attribute its class does not declare
   */
  revert(object: Persistent, tid: Tid, fields?: readonly string[]): void {
    this.requireWritable();
    revertObject(this, this.objects.reader, object, tid, fields);
  }

  /**
   * Computes what taking back transactions would do, on this connection's snapshot. Writes nothing.
   *
   * In main, taking back a check-in or a discard restores what it ended in the version, unless that
   * was changed since. In a version, its own transactions are taken back.
   *
   * Synchronous. Reads each object the transactions wrote, and all that again for each set of
   * transactions it tries when something stands in the way: seconds for thousands of objects that
   * many later transactions changed.
   *
   * @param options.objects only these objects of the transactions; a map stands for its nodes
   * @throws OdbError `ODB_OTHER_VERSION` for a transaction that was made elsewhere
   * @throws OdbError `ODB_NO_TRANSACTION` for a tid that names none
   */
  planUndo(
    tids: readonly Tid[],
    options: { readonly objects?: readonly Oid[] } = {},
  ): VersionUndoPlan {
    const { mainReader: reader, version } = this.objects;
    const undo = { ...options, ...this.#classes };
    return version === undefined
      ? planUndoInMain(reader, tids, undo)
      : planUndoInVersion(reader, version, tids, undo);
  }

  /**
   * Tells whether a version held the same of objects, resting on the same of main, just after each of
   * two transactions. Two point reads for each object.
   */
  isSameInVersion(version: Oid, oids: Iterable<Oid>, [one, other]: readonly [Tid, Tid]): boolean {
    const { mainReader } = this.objects;
    for (const oid of oids) {
      const before = entryAt(mainReader, version, oid, one);
      if (!isSameEntry(before, entryAt(mainReader, version, oid, other))) return false;
    }
    return true;
  }

  /**
   * Does what a plan of this connection's `planUndo` says, as ordinary changes. The caller names
   * the transactions in `meta.undoes` of the commit. In a version, lists that main changed and
   * counters are seen as they will be only after the commit.
   *
   * @returns the objects that changed
   * @throws OdbError `ODB_UNDO_CONFLICT` when the plan is not possible
   * @throws OdbError `ODB_UNSAVED_CHANGES` when this transaction changed one of the objects
   */
  applyUndo(plan: UndoPlan | VersionUndoPlan): Persistent[] {
    this.requireWritable();
    return applyUndo(plan, this.#target);
  }

  /**
   * Computes what checking a version in would do to main, on this connection's snapshot. Writes
   * nothing; others get their turn meanwhile, but the connection is not to begin another
   * transaction until the plan is there.
   *
   * What main did not touch since is taken over, what both changed is merged: field by field, key by
   * key, item by item. What cannot be merged is a conflict, with the states of all sides; planning
   * again with `resolve` resolves it, and may bring up others. Nothing goes below what main removed
   * or refers to what it ended, and nothing is removed below which main changed something since. What is derived from other objects
   * (`ClassOptions.derived`) is left to whoever derives it, unless it began in the version.
   *
   * Takes the memory of the records of the version. Reads each entry, and what main had and has of
   * it.
   *
   * @param options.objects only these, with what they need; the rest stays in the version
   * @param options.resolve how conflicts are resolved, by object
   * @throws OdbError `ODB_OTHER_VERSION` in a connection that works in a version
   * @throws TypeError for a `version` that is no oid
   * @throws OdbError `ODB_TOO_LONG_AGO` when something is removed and more than 100,000
   *   transactions since would have to be searched
   * @throws the signal's reason when that ends it
   */
  async planCheckIn(version: Oid, options: CheckInOptions = {}): Promise<CheckInPlan> {
    return planCheckIn(this.#source(version, undefined), options);
  }

  /**
   * Does what a plan of this connection's `planCheckIn` says, as ordinary changes of main. The
   * commit ends the entries of the version with them; it is in conflict when somebody changed one of
   * those since.
   *
   * @returns the objects that changed; a map or a list, not its nodes
   * @throws VersionConflictError `ODB_VERSION_CONFLICT` when the plan is not possible
   * @throws OdbError `ODB_STALE_PLAN` when the connection has begun on a newer snapshot since
   * @throws OdbError `ODB_UNSAVED_CHANGES` when this transaction changed one of the objects
   */
  applyCheckIn(plan: CheckInPlan): Persistent[] {
    this.requireWritable();
    return applyCheckIn(plan, this.#target);
  }

  /**
   * Computes what bringing main's changes into the version of this connection would do. Afterwards
   * the version shows what main would have after a check-in, and rests on main as it is now.
   *
   * Merges, conflicts and cost are those of `planCheckIn`.
   *
   * @throws OdbError `ODB_OTHER_VERSION` in a connection to main
   */
  async planUpdate(options: CheckInOptions = {}): Promise<UpdatePlan> {
    const { version } = this.objects;
    const source = this.#source(version, version);
    return planUpdate({ ...source, allocate: () => this.storage.allocate(1) }, options);
  }

  /**
   * Does what a plan of this connection's `planUpdate` says, as ordinary changes in the version.
   * Lists are seen as they will be after the commit.
   *
   * @returns the objects that changed; of lists, none
   * @throws as `applyCheckIn`
   */
  applyUpdate(plan: UpdatePlan): Persistent[] {
    this.requireWritable();
    return applyUpdate(plan, this.#target);
  }

  /**
   * Computes what letting go of a version's changes would end. Writes nothing.
   *
   * @param options.objects only these, with what they need
   * @throws OdbError `ODB_OTHER_VERSION` in a connection that works in a version
   * @throws TypeError for a `version` that is no oid
   */
  async planDiscard(version: Oid, options: VersionPlanOptions = {}): Promise<DiscardPlan> {
    return planDiscard(this.#source(version, undefined), options);
  }

  /**
   * Lets the commit end what a plan of this connection's `planDiscard` names. Main is not changed;
   * undoing the transaction restores the version.
   *
   * @throws OdbError `ODB_STALE_PLAN` when the connection has begun on a newer snapshot since
   */
  applyDiscard(plan: DiscardPlan): void {
    this.requireWritable();
    applyDiscard(plan, this.#target);
  }

  /**
   * Makes an object of a class that need not be known, with an oid that no object has, part of the
   * transaction. Its state is the caller's to give, at once. For this room alone.
   */
  $create(oid: Oid, className: string): Persistent {
    this.requireWritable();
    const object = this.objects.ghostNamed(className, oid);
    this.#recreate(object);
    return object;
  }

  /** Makes sure that something may be changed. For this room alone. */
  $requireWritable(): void {
    this.requireWritable();
  }

  /** Takes consecutive oids that nobody has, and gives the first. For this room alone. */
  $allocate(count: number): Oid {
    return this.storage.allocate(count);
  }

  get #classes(): MergeClasses {
    return registeredClasses(this.storage.rules);
  }

  get #target(): VersionTarget {
    return {
      holder: this,
      version: this.objects.version,
      tid: this.tid,
      changes: this.work.changes,
      objectFor: (oid, className) => this.objects.ghostNamed(className, oid),
      recreate: (object) => this.#recreate(object),
      isChanged: (object) => this.work.isChanged(object),
      erase: (object) => this.work.changes.erased.add(object),
    };
  }

  /** @param place where the plan is worked out and carried out; `undefined`: main */
  #source(version: Oid | undefined, place: Oid | undefined): VersionPlanSource {
    if (version === undefined || this.objects.version !== place) {
      throw new OdbError(
        'ODB_OTHER_VERSION',
        'Check-in and discard are planned in main, an update in the version',
      );
    }
    requireVersion(version);
    return { reader: this.objects.mainReader, version, classes: this.#classes };
  }

  #recreate(object: Persistent): void {
    this.work.changes.created.add(object);
    this.changing(object);
    if (object.$oid !== undefined) this.objects.hold(object.$oid, object);
  }
}
