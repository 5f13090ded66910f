/**
 * Checking versions in, and bringing main's changes into them.
 *
 * A check-in is one transaction of main, which can be undone as any other. It asks for `Save/discard
 * Version changes` on the Version, and on each object for what the same change by hand would ask of
 * whoever checks in: nobody can have others publish what neither might. What both sides changed and
 * nothing can merge is a conflict, told by path with all sides; it is resolved by saying which side
 * is to be taken, or what the object is to be, and asking again.
 */
import {
  type KeyResolution,
  type Oid,
  OdbError,
  type PlannedObject,
  type Resolution,
  sameValue,
  type VersionConflict,
} from '../../odb/index.js';
import { Invalid, Taken } from '../errors.js';
import { quoted } from '../quote.js';
import { placeOf, requireAt, requireByHand } from './by-hand.js';
import type { ObjectChange } from './change.js';
import { Content } from './content.js';
import { contentTypes } from './content-type.js';
import { changeObject, requireRemovable, touched } from './edit.js';
import { siteRoot } from './places.js';
import { pathsSeenBy } from './transaction-notes.js';
import { User, watchManagers } from './user.js';
import { discardRemoved, JOIN_PERMISSION, PUBLISH_PERMISSION, type Version } from './version.js';
import { authorsIn, giveAuthors } from './version-authors.js';
import { type SideConflict, VersionSides } from './version-sides.js';
import type { Work } from './work.js';

/** How a conflict is resolved: by what one side has, or by values for the object itself. */
export type ConflictChoice = 'version' | 'main' | ObjectChange;

/** How often a plan is made again, when resolving a conflict brings up another. */
const PLANS_MAX = 10;

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
  /** Told now and then how many of how many entries have been looked at. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface CheckInOutcome {
  /** Paths of the objects that changed, but for those the user may not view. */
  readonly objects: readonly string[];
  /** What is in the way; nothing was changed then. */
  readonly conflicts: readonly SideConflict[];
}

/** What a plan of either direction says. */
interface Plan {
  readonly objects: readonly PlannedObject[];
  readonly conflicts: readonly VersionConflict[];
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
      ...(onProgress === undefined ? {} : { onProgress }),
    }),
  );
  if (conflicts.length > 0) return { objects: [], conflicts };

  const before = requireChanges(work, plan.objects);
  const touchesUsers = plan.objects.some(({ oid: one }) => connection.find(one) instanceof User);
  const requireManager = touchesUsers ? watchManagers(work, siteRoot(connection)) : undefined;
  const authors = authorsIn(plan.objects);
  connection.applyCheckIn(plan);
  policy.forget();
  giveAuthors(work, authors);
  requireAdded(work, plan.objects, before);
  giveValues(work, resolve, resolved);
  const paths = pathsAround(work, plan.objects, before);
  requireManager?.();
  if (plan.objects.some(({ after }) => after?.['place'] === undefined))
    discardRemoved(work, version);
  for (const path of paths) work.paths.add(path);
  if (paths.length > 0) touched(work, version);
  if (!keep) takeAway(work, version);
  if (paths.length > 0 || !keep) work.did(`Checked in ${quoted(version.title || version.path)}`);
  return { objects: paths.filter(pathsSeenBy(work)), conflicts: [] };
}

/**
 * Brings what main has changed since into a version; `work` is in that version.
 *
 * @throws Unauthorized, Invalid, Taken as `checkIn`
 */
export async function updateVersion(
  work: Work,
  version: Version,
  { resolve = new Map() }: Pick<CheckInRequest, 'resolve'>,
): Promise<CheckInOutcome> {
  const { connection, policy } = work;
  policy.require(JOIN_PERMISSION, version);
  if (connection.version === undefined || connection.version !== version.oid) {
    throw new Taken(`${version.path} is updated by a request of its own`);
  }
  using sides = new VersionSides(work, connection.version);
  const { plan, conflicts, resolved } = await planWith(sides, resolve, (resolutions) =>
    connection.planUpdate({ resolve: resolutions }),
  );
  if (conflicts.length > 0) return { objects: [], conflicts };
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

/** A plan rests on what is stored, so nothing may have been changed before it. */
function requireAlone({ connection }: Work, { oid, path }: Version): Oid {
  if (connection.version !== undefined || connection.hasChanges || oid === undefined) {
    throw new Taken(`${path} is checked in or discarded in main, apart from other changes`);
  }
  return oid;
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

/** What is in conflict no more may be named, what is nowhere may not. */
function requireChoices(
  sides: VersionSides,
  resolve: ReadonlyMap<string, ConflictChoice>,
  conflicts: readonly SideConflict[],
): void {
  const errors = [...resolve.keys()]
    .filter((path) => !conflicts.some((one) => one.path === path) && sides.at(path) === undefined)
    .map((path) => ({ field: `resolve.${path}`, message: 'There is nothing there' }));
  if (errors.length > 0) throw new Invalid(errors);
}

/** Plans, with the conflicts resolved as was said, until nothing is left that was said. */
async function planWith<P extends Plan>(
  sides: VersionSides,
  resolve: ReadonlyMap<string, ConflictChoice>,
  make: (resolutions: ReadonlyMap<Oid, Resolution>) => Promise<P>,
): Promise<{
  readonly plan: P;
  readonly conflicts: readonly SideConflict[];
  /** The objects that were in conflict, by path. */
  readonly resolved: ReadonlyMap<string, Oid>;
}> {
  const resolutions = new Map<Oid, Resolution>();
  const resolved = new Map<string, Oid>();
  for (let round = 1; ; round += 1) {
    const plan = await planned(() => make(resolutions));
    const conflicts = sides.conflictsIn(plan.conflicts);
    if (round === 1) requireChoices(sides, resolve, conflicts);
    const open = conflicts.filter(({ path }) => !resolve.has(path));
    if (conflicts.length === 0 || open.length > 0 || round === PLANS_MAX) {
      return { plan, conflicts, resolved };
    }
    for (const conflict of conflicts) {
      const choice = resolve.get(conflict.path);
      if (choice === undefined) continue;
      resolveOne(resolutions, conflict, choice);
      resolved.set(conflict.path, conflict.oid);
    }
  }
}

async function planned<P>(make: () => Promise<P>): Promise<P> {
  try {
    return await make();
  } catch (cause) {
    if (!(cause instanceof OdbError) || cause.code !== 'ODB_TOO_LONG_AGO') throw cause;
    throw new Taken(
      'Too much happened since something was removed in this version. Bring main’s changes in first.',
      { cause },
    );
  }
}

function resolveOne(
  resolutions: Map<Oid, Resolution>,
  { oid, key, path }: SideConflict,
  choice: ConflictChoice,
): void {
  const side = typeof choice === 'string' ? choice : 'version';
  if (key === undefined) {
    resolutions.set(oid, side);
    return;
  }
  if (typeof choice !== 'string') {
    const message = 'Two objects are at this place: say “version” or “main”';
    throw new Invalid([{ field: `resolve.${path}`, message }]);
  }
  const held = resolutions.get(oid);
  const keys = typeof held === 'object' && 'keys' in held ? held.keys : [];
  resolutions.set(oid, { keys: new Map<string, KeyResolution>([...keys, [key, side]]) });
}

/** Asks for what the same changes by hand would ask; answers where the objects stand before. */
function requireChanges(work: Work, objects: readonly PlannedObject[]): ReadonlyMap<Oid, string> {
  const before = pathsOf(work, objects);
  for (const { oid, main = {}, after = {} } of objects) {
    const object = before.has(oid) ? work.connection.find(oid) : undefined;
    if (!(object instanceof Content)) continue;
    if (after['place'] === undefined) requireRemovable(object);
    requireByHand(work, object, { before: main, after });
  }
  return before;
}

/** The same for what was added or put elsewhere, once it stands where it belongs. */
function requireAdded(
  work: Work,
  objects: readonly PlannedObject[],
  before: ReadonlyMap<Oid, string>,
): void {
  for (const { oid, main = {} } of objects) {
    const object = work.connection.find(oid);
    if (!(object instanceof Content) || object.place === undefined) continue;
    const type = contentTypes.of(object);
    const { container } = object.place;
    if (!before.has(oid) || placeOf(main)?.container.oid !== container.oid) {
      requireAt(work, type.addPermission, container);
    }
    if (before.has(oid)) continue;
    const fresh = new type.class();
    const isOpened = (['permissions', 'localRoles', 'proxyRoles'] as const).some(
      (name) => !sameValue(stored(object, name), stored(fresh, name)),
    );
    if (isOpened) requireAt(work, 'Change permissions', object);
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
