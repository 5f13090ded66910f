/**
 * Checking versions in, and bringing main's changes into them.
 *
 * A check-in is one transaction of main, which can be undone as any other. It asks for `Save/discard
 * Version changes` on the Version, and on each object for what the same change by hand would ask of
 * whoever checks in: nobody can have others publish what neither might. What both sides changed and
 * nothing can merge is a conflict, told by path with all sides; it is resolved by saying which side
 * is to be taken, or what the object is to be, and asking again.
 */
import { type Oid, type PlannedObject, sameValue } from '../../odb/index.js';
import { Invalid, Taken } from '../errors.js';
import { quoted } from '../quote.js';
import {
  placeOf,
  requireAddAt,
  requireAt,
  requireHere,
  requireLosing,
  requireProxyRoles,
} from './by-hand.js';
import { Content } from './content.js';
import { contentTypes } from './content-type.js';
import { changeObject, requireRemovable, touched } from './edit.js';
import { isExecutable } from './executable.js';
import { siteRoot } from './places.js';
import { pathsSeenBy } from './transaction-notes.js';
import { User, watchManagers } from './user.js';
import { discardRemoved, JOIN_PERMISSION, PUBLISH_PERMISSION, type Version } from './version.js';
import { authorsIn, giveAuthors } from './version-authors.js';
import { type ConflictChoice, planWith } from './version-plans.js';
import { forgetComments } from './version-comments.js';
import { forgetReview } from './version-review.js';
import { type SideConflict, VersionSides } from './version-sides.js';
import type { Work } from './work.js';

export interface CheckInRequest {
  /**
   * Only the objects at these paths. One whose container is new takes it along, with all that is in
   * it. Default: everything.
   */
  readonly objects?: readonly string[];
  /** By path. */
  readonly resolve?: ReadonlyMap<string, ConflictChoice>;
  /** The version stays, empty of what went. Default: true. */
  readonly keep?: boolean;
  /**
   * Told now and then how far all is that there is to do, counted in entries of the version: planning,
   * asking and changing. What is left at the end is to save it.
   */
  readonly onProgress?: Progress;
}

type Progress = (done: number, total: number) => void;

/** How much of all is done when the plan is there, when all was asked, and when all is changed. */
const PARTS = { planned: 0.4, asked: 0.7, changed: 0.8 } as const;
/** How often it is told how far one of those parts is. */
const TOLD_EVERY = 256;

export interface CheckInOutcome {
  /** Paths of the objects that changed, but for those the user may not view. */
  readonly objects: readonly string[];
  /** What is in the way; nothing was changed then. */
  readonly conflicts: readonly SideConflict[];
}

/**
 * Publishes what a version holds.
 *
 * @throws Unauthorized when the user may not check it in, or not make the same changes
 * @throws Invalid for a path at which nothing is, and for what an object cannot be
 * @throws Taken amid other changes, inside a version, and where nobody would manage the site
 */
export async function checkIn(
  work: Work,
  version: Version,
  request: CheckInRequest,
): Promise<CheckInOutcome> {
  const { connection, policy } = work;
  policy.require(PUBLISH_PERMISSION, version);
  const oid = requireAlone(work, version);
  const { resolve = new Map<string, ConflictChoice>(), keep = true, onProgress } = request;
  if (!keep && request.objects !== undefined) {
    const message = 'What is not checked in would be lost: leave out objects, or keep the version';
    throw new Invalid([{ field: 'keep', message }]);
  }
  using sides = new VersionSides(work, oid);
  const objects = request.objects && (await oidsAt(work, sides, request.objects));
  const { plan, conflicts, resolved } = await planWith(sides, resolve, (resolutions) =>
    connection.planCheckIn(oid, {
      resolve: resolutions,
      ...(objects === undefined ? {} : { objects }),
      onProgress: partOf(onProgress, 0, PARTS.planned),
    }),
  );
  if (conflicts.length > 0) return { objects: [], conflicts };

  const asking = partOf(onProgress, PARTS.planned, PARTS.asked);
  const before = requireChanges(work, plan.objects, asking);
  const touchesUsers = plan.objects.some(({ oid: one }) => connection.find(one) instanceof User);
  const requireManager = touchesUsers ? watchManagers(work, siteRoot(connection)) : undefined;
  const authors = authorsIn(plan.objects);
  connection.applyCheckIn(plan);
  policy.forget();
  giveAuthors(work, authors);
  requireAdded(work, plan.objects, before, partOf(onProgress, PARTS.asked, PARTS.changed));
  giveValues(work, resolve, resolved);
  const paths = pathsAround(work, plan.objects, before);
  requireManager?.();
  if (plan.objects.some(({ after }) => after?.['place'] === undefined))
    discardRemoved(work, version);
  for (const path of paths) work.paths.add(path);
  const isForgotten = [
    forgetReview(version),
    forgetComments(version, new Set(plan.objects.map((each) => each.oid))),
  ].includes(true);
  if (isForgotten || paths.length > 0) touched(work, version);
  if (!keep) takeAway(work, version);
  if (paths.length > 0 || !keep) work.did(`Checked in ${quoted(version.title || version.path)}`);
  return { objects: paths.filter(pathsSeenBy(work)), conflicts: [] };
}

/**
 * Brings what main has changed since into a version; `work` is in that version. Of chosen objects
 * alone, it resolves the conflicts of one object after the other: those of the others stay.
 *
 * @throws Unauthorized, Invalid, Taken as `checkIn`
 */
export async function updateVersion(
  work: Work,
  version: Version,
  request: Omit<CheckInRequest, 'keep'>,
): Promise<CheckInOutcome> {
  const { connection, policy } = work;
  policy.require(JOIN_PERMISSION, version);
  if (connection.version === undefined || connection.version !== version.oid) {
    throw new Taken(`${version.path} is updated by a request of its own`);
  }
  const { resolve = new Map<string, ConflictChoice>(), onProgress } = request;
  using sides = new VersionSides(work, connection.version);
  const objects = request.objects && (await oidsAt(work, sides, request.objects));
  const { plan, conflicts, resolved } = await planWith(sides, resolve, (resolutions) =>
    connection.planUpdate({
      resolve: resolutions,
      ...(objects === undefined ? {} : { objects }),
      onProgress: partOf(onProgress, 0, PARTS.changed),
    }),
  );
  if (conflicts.length > 0) return { objects: [], conflicts };
  const taken = [...resolved].filter(([path]) => resolve.get(path) === 'main');
  requireLosing(work, version, {
    objects: plan.objects,
    taken: new Set(taken.map(([, oid]) => oid)),
  });
  const before = pathsOf(work, plan.objects);
  const authors = authorsIn(plan.objects);
  connection.applyUpdate(plan);
  policy.forget();
  giveAuthors(work, authors);
  giveValues(work, resolve, resolved);
  const paths = pathsAround(work, plan.objects, before);
  for (const path of paths) work.paths.add(path);
  if (connection.hasChanges) work.did('Brought in what main has changed');
  return { objects: paths.filter(pathsSeenBy(work)), conflicts: [] };
}

/**
 * Takes a version away with all that was changed in it. Undoing that brings back both.
 *
 * @throws Unauthorized when the user may not discard it
 */
export function discardVersion(work: Work, version: Version): void {
  work.policy.require(PUBLISH_PERMISSION, version);
  requireAlone(work, version);
  takeAway(work, version);
  discardRemoved(work);
  work.did(`Discarded ${quoted(version.title || version.path)}`);
}

function takeAway(work: Work, version: Version): void {
  touched(work, version);
  version.container?.remove(version.id);
  work.policy.forget();
}

/**
 * A plan rests on what is stored, so nothing may have been changed before it.
 *
 * @throws Taken inside a version, and amid other changes
 */
export function requireAlone({ connection }: Work, { oid, path }: Version): Oid {
  if (connection.version !== undefined || connection.hasChanges || oid === undefined) {
    throw new Taken(`${path} is checked in or discarded in main, apart from other changes`);
  }
  return oid;
}

/** Tells of a part of all there is to do as what it is of the whole. */
function partOf(onProgress: Progress | undefined, from: number, to: number): Progress {
  return (done, total) => {
    const part = total === 0 ? to : from + (to - from) * (done / total);
    onProgress?.(Math.floor(part * total), total);
  };
}

async function oidsAt(work: Work, sides: VersionSides, paths: readonly string[]): Promise<Oid[]> {
  const found = new Map(paths.map((path) => [path, sides.at(path)?.oid]));
  if ([...found.values()].includes(undefined)) {
    // What main has removed is at no path any more, and may be changed in the version.
    for (const [path, oid] of await sides.changed(work.site))
      if (found.has(path)) found.set(path, oid);
  }
  const errors = paths.flatMap((path, at) =>
    found.get(path) === undefined
      ? [{ field: `objects.${at}`, message: `There is nothing at ${quoted(path)}` }]
      : [],
  );
  if (errors.length > 0) throw new Invalid(errors);
  return [...found.values()].filter((oid) => oid !== undefined);
}

/** Asks for what the same changes by hand would ask; answers where the objects stand before. */
function requireChanges(
  work: Work,
  objects: readonly PlannedObject[],
  onProgress: Progress,
): ReadonlyMap<Oid, string> {
  const before = pathsOf(work, objects);
  for (const [index, { oid, main = {}, after = {} }] of objects.entries()) {
    if (index % TOLD_EVERY === 0) onProgress(index, objects.length);
    const object = before.has(oid) ? work.connection.find(oid) : undefined;
    if (!(object instanceof Content)) continue;
    if (after['place'] === undefined) requireRemovable(object);
    // Where it is put, that is asked when it stands there: the container may come with it.
    requireHere(work, object, { before: main, after });
  }
  return before;
}

/** The same for what was added or put elsewhere, once it stands where it belongs. */
function requireAdded(
  work: Work,
  objects: readonly PlannedObject[],
  before: ReadonlyMap<Oid, string>,
  onProgress: Progress,
): void {
  const root = siteRoot(work.connection);
  for (const [index, { oid, main = {} }] of objects.entries()) {
    if (index % TOLD_EVERY === 0) onProgress(index, objects.length);
    const object = work.connection.find(oid);
    // What goes with a folder that is removed is put nowhere.
    if (!(object instanceof Content) || object.place === undefined) continue;
    if (!object.isWithin(root)) continue;
    const type = contentTypes.of(object);
    const { container } = object.place;
    if (!before.has(oid) || placeOf(main)?.container.oid !== container.oid) {
      requireAddAt(work, type, container);
    }
    if (before.has(oid)) continue;
    const fresh = new type.class();
    const isOpened = (['permissions', 'localRoles', 'proxyRoles'] as const).some(
      (name) => !sameValue(stored(object, name), stored(fresh, name)),
    );
    if (isOpened) requireAt(work, 'Change permissions', object);
    if (isExecutable(object)) {
      requireProxyRoles(work, object, { before: {}, after: { proxyRoles: object.proxyRoles } });
    }
    if (object.roles.length > 0) requireAt(work, 'Define permissions', object);
  }
}

function stored(object: Content, name: 'permissions' | 'localRoles' | 'proxyRoles'): unknown {
  return (object as Partial<Record<typeof name, unknown>>)[name];
}

/** Gives objects the values that their conflicts were resolved by, as an edit of them. */
function giveValues(
  work: Work,
  resolve: ReadonlyMap<string, ConflictChoice>,
  resolved: ReadonlyMap<string, Oid>,
): void {
  for (const [path, oid] of resolved) {
    const choice = resolve.get(path);
    if (choice === undefined || typeof choice === 'string') continue;
    const object = work.connection.find(oid);
    if (object instanceof Content) changeObject(work, object, choice);
  }
}

/** Gives the paths at which the objects of a plan stood, or stand now. */
function pathsAround(
  work: Work,
  objects: readonly PlannedObject[],
  before: ReadonlyMap<Oid, string>,
): readonly string[] {
  return [...new Set([...before.values(), ...pathsOf(work, objects).values()])].sort();
}

/** Gives the paths of those objects that stand on the site. */
function pathsOf(work: Work, objects: readonly PlannedObject[]): ReadonlyMap<Oid, string> {
  const { connection } = work;
  const root = siteRoot(connection);
  const paths = new Map<Oid, string>();
  for (const { oid } of objects) {
    const object = connection.find(oid);
    if (object instanceof Content && object.isWithin(root)) paths.set(oid, object.path);
  }
  return paths;
}
