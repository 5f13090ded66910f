/**
 * Undo: taking back what transactions did, in a new one.
 *
 * An undo asks for what the same changes by hand would ask, on each object, and for `Undo changes`
 * besides, unless it takes back one's own work of the last days. Who the authors of a source are
 * afterwards says `restored-authors.ts`. What stands in the way is told by path, with the smallest set of
 * transactions that can be taken back together.
 */
import {
  type Oid,
  type Persistent,
  sameValue,
  type State,
  type Tid,
  TID_ZERO,
  type VersionUndoPlan,
} from '../../odb/index.js';
import { Invalid, Taken } from '../errors.js';
import { principalKey } from '../security/principal.js';
import type { WrittenStatement } from '../sql/sql-work.js';
import { placeOf, requireAddAt, requireAt, requireByHand, standingContainer } from './by-hand.js';
import { Content } from './content.js';
import { contentTypes } from './content-type.js';
import { isExecutable } from './executable.js';
import { Folder } from './folder.js';
import { holderOfMap, pathAt, siteRoot } from './places.js';
import { authorsAfterUndo } from './restored-authors.js';
import { sqlNotedIn } from './sql-notes.js';
import { describeUndo, nameUndo, pathsSeenBy } from './transaction-notes.js';
import { User, watchManagers } from './user.js';
import { discardRemoved, entriesIn, PUBLISH_PERMISSION, Version } from './version.js';
import type { Work } from './work.js';

/** How long one may take back one's own work without `Undo changes`. */
export const OWN_UNDO_DAYS = 7;

const DAY_MS = 24 * 60 * 60 * 1000;

export interface UndoRequest {
  readonly transactions: readonly Tid[];
  /** Only what they did to the objects at these paths, and below them. */
  readonly objects?: readonly string[];
  /** Says what would happen, and leaves everything as it is. */
  readonly dryRun?: boolean;
}

export interface UndoOutcome {
  /**
   * Paths of the objects taken back, but for those the user may not view; empty when something stands
   * in the way.
   */
  readonly objects: readonly string[];
  readonly conflicts: readonly BlockedObject[];
  /** The smallest set that can be undone together; the transactions asked for when they can. */
  readonly plan: readonly Tid[];
  /**
   * What the transactions asked for wrote to SQL databases, which stays as it is; without that in
   * databases whose connection the user may not view.
   */
  readonly sql: readonly WrittenStatement[];
}

export interface BlockedObject {
  readonly path: string;
  /** Fields, or ids of children, that were changed since; empty where the user may not view it. */
  readonly fields: readonly string[];
  /** The transactions that changed them. */
  readonly blockedBy: readonly Tid[];
}

/** One object of a plan, with what the undo does to it. */
interface Undone {
  readonly oid: Oid;
  /** The object, where it exists now. */
  readonly object: Content | undefined;
  /** Where it stands now; `undefined` when it is removed or not there. */
  readonly pathBefore: string | undefined;
  readonly before: State;
  readonly after: State;
}

/**
 * Takes transactions back.
 *
 * @throws Invalid for a transaction that does not exist, or was not made in the version worked in
 * @throws Taken for the one that made the site, where nobody would manage the site any more, and for
 *   a dry run amid other changes
 * @throws Unauthorized when the user may not make the same changes
 */
export function undoTransactions(work: Work, request: UndoRequest): UndoOutcome {
  const { connection, policy } = work;
  const tids = [...new Set(request.transactions)];
  requireUndoable(work, tids);
  if (request.dryRun === true && connection.hasChanges) {
    throw new Taken('A dry run of an undo stands alone, apart from other changes');
  }
  const only = request.objects === undefined ? undefined : oidsBelow(work, tids, request.objects);
  const plan = connection.planUndo(tids, only === undefined ? {} : { objects: only });
  const mine = tids.every((tid) => isOwnAndRecent(work, tid));
  if (!plan.possible) return blocked(work, plan, { tids, mine });
  const sql = sqlThatStays(work, tids);

  const undone = describePlan(work, plan);
  for (const each of undone) requirePermissions(work, each, { mine });

  const authors = new Map(undone.map((each) => [each.oid, authorsAfterUndo(work, plan, each)]));
  const touchesUsers = undone.some(({ object }) => object instanceof User);
  const requireManager = touchesUsers ? watchManagers(work, siteRoot(connection)) : undefined;
  connection.applyUndo(plan);
  const paths = new Set<string>();
  for (const { oid, pathBefore, before } of undone) {
    const object = connection.find(oid);
    if (pathBefore !== undefined) paths.add(pathBefore);
    if (only !== undefined) followPlaces(work, object, before);
    if (!(object instanceof Content)) continue;
    if (pathBefore === undefined) {
      requireAddAt(work, contentTypes.of(object), object.container ?? object);
    }
    const kept = authors.get(oid);
    if (isExecutable(object) && kept !== undefined && !sameValue(object.authors, kept)) {
      object.authors = kept;
    }
    if (object.place !== undefined || object === siteRoot(connection)) paths.add(object.path);
  }
  requireManager?.();
  const taken = undone.some(({ object }) => object instanceof Version || object?.isFolder === true);
  if (taken) discardRemoved(work);
  policy.forget();
  const touched = [...paths].sort();
  const objects = touched.filter(pathsSeenBy(work));
  if (request.dryRun === true) {
    connection.abort();
    return { objects, conflicts: [], plan: tids, sql };
  }
  for (const path of touched) work.paths.add(path);
  for (const tid of tids) work.undoes.add(tid);
  work.did(describeUndo(nameUndo(work, tids)));
  return { objects, conflicts: [], plan: tids, sql };
}

/** Tells whether a transaction may be undone without `Undo changes`. */
export function isOwnAndRecent(work: Work, tid: Tid): boolean {
  const record = work.connection.transactionRecord(tid);
  return (
    record !== undefined &&
    record.user === principalKey(work.user) &&
    work.nowMs - record.timeMs <= OWN_UNDO_DAYS * DAY_MS
  );
}

/** Tells whether a transaction made the site itself, so that without it there would be none. */
export function isBeginning(work: Work, tid: Tid): boolean {
  const { oid } = siteRoot(work.connection);
  const record = work.connection.transactionRecord(tid);
  return (
    record === undefined ||
    record.previousTid === TID_ZERO ||
    oid === undefined ||
    record.created.includes(oid)
  );
}

function requireUndoable(work: Work, tids: readonly Tid[]): void {
  for (const tid of tids) {
    if (work.connection.transactionRecord(tid) === undefined) {
      const message = `There is no transaction ${tid}`;
      throw new Invalid([{ field: 'transactions', message }]);
    }
    requireMadeHere(work, tid);
    if (isBeginning(work, tid)) {
      throw new Taken(`Transaction ${tid} made the site: there would be nothing without it`);
    }
  }
}

/** A transaction is taken back where it was made: in its version, or in main. */
function requireMadeHere({ connection }: Work, tid: Tid): void {
  const version = connection.transactionRecord(tid)?.version;
  if (version === connection.version) return;
  const message =
    version === undefined
      ? `Transaction ${tid} was made outside this version: leave it to undo that`
      : `Transaction ${tid} was made in a version: enter it to undo that`;
  throw new Invalid([{ field: 'transactions', message }]);
}

/** Lists the objects of transactions that stood at one of the paths, before or after, or below. */
function oidsBelow(work: Work, tids: readonly Tid[], paths: readonly string[]): Oid[] {
  const { connection } = work;
  const found = new Set<Oid>();
  for (const tid of tids) {
    const record = connection.transactionRecord(tid);
    for (const oid of record?.oids ?? []) {
      const moments = [record?.previousTid ?? tid, tid].map((at) => pathAt(connection, oid, at));
      const isBelow = moments.some((path) =>
        paths.some((top) => path === top || path?.startsWith(top === '/' ? '/' : `${top}/`)),
      );
      if (isBelow) found.add(oid);
    }
  }
  return [...found];
}

function describePlan(work: Work, plan: VersionUndoPlan): Undone[] {
  const { connection } = work;
  const root = siteRoot(connection);
  const described: Undone[] = [];
  for (const { oid, before = {}, after = {} } of plan.objects) {
    const found = connection.find(oid);
    const isContent = found instanceof Content || 'place' in before || 'place' in after;
    if (!isContent) continue;
    const object = found instanceof Content ? found : undefined;
    const stands = object !== undefined && (object.place !== undefined || object === root);
    const pathBefore = stands ? object.path : undefined;
    described.push({ oid, object, pathBefore, before, after });
  }
  return described;
}

/** Asks for what the same change by hand would ask for, where the object stands now. */
function requirePermissions(
  work: Work,
  undone: Undone,
  { mine }: { readonly mine: boolean },
): void {
  const { object, pathBefore, before, after } = undone;
  const standing = pathBefore === undefined ? undefined : object;
  if (!mine) requireAt(work, 'Undo changes', standing ?? standingContainer(work, after));
  const endsWork = standing instanceof Version && placeOf(after) === undefined;
  if (endsWork && entriesIn(work.site, standing) > 0) requireAt(work, PUBLISH_PERMISSION, standing);
  if (standing !== undefined) requireByHand(work, standing, { before, after });
}

/** An undo of single objects leaves the containers' maps to us. */
function followPlaces(work: Work, found: Persistent | undefined, before: State): void {
  const object = found instanceof Content ? found : undefined;
  const old = placeOf(before);
  const left = old === undefined ? undefined : work.connection.find(old.container.oid);
  if (old !== undefined && left instanceof Folder) left.follow(old.id, object);
  const container = object?.container;
  if (object !== undefined && container instanceof Folder) container.follow(object.id, object);
}

/** Says what stands in the way; of objects the user may not view, only where they are. */
function blocked(
  work: Work,
  plan: VersionUndoPlan,
  { tids, mine }: { readonly tids: readonly Tid[]; readonly mine: boolean },
): UndoOutcome {
  const { connection, policy } = work;
  const written = tids.flatMap((tid) => connection.transactionRecord(tid)?.oids ?? []);
  const conflicts = plan.conflicts.map(({ oid, fields, blockedBy }) => {
    const found = connection.find(oid);
    const object = found instanceof Content ? found : holderOfMap(connection, oid, written);
    if (!mine) policy.require('Undo changes', object ?? siteRoot(connection));
    const isShown = object !== undefined && policy.may('View', object);
    return { path: visiblePath(work, object), fields: isShown ? fields : [], blockedBy };
  });
  return { objects: [], conflicts, plan: plan.together, sql: sqlThatStays(work, tids) };
}

function sqlThatStays(work: Work, tids: readonly Tid[]): readonly WrittenStatement[] {
  const isSeen = pathsSeenBy(work);
  return tids
    .flatMap((tid) => sqlNotedIn(work.connection.transactionRecord(tid) ?? {}))
    .filter(({ path }) => isSeen(path));
}

function visiblePath(work: Work, object: Content | undefined): string {
  let at = object;
  while (at !== undefined && !work.policy.may('View', at)) at = at.container;
  return at?.path ?? '/';
}
