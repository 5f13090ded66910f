/**
 * What is different in a version: each object that was added, changed or removed in it, with who did
 * that last, and whether it could be checked in as main is now.
 */
import { type Oid, type Reader, type Tid, tidToMs } from '../../odb/index.js';
import { BadRequest } from '../errors.js';
import type { Content } from './content.js';
import { JOIN_PERMISSION, type Version } from './version.js';
import { marksOf } from './version-marks.js';
import { planned } from './version-plans.js';
import { type SideState, VersionSides } from './version-sides.js';
import type { Work } from './work.js';

export interface VersionChange {
  /**
   * Where it is in the version; of what was removed there, where it is in main; of what is below a
   * folder that main removed, where it was.
   */
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed';
  /** Principal key of who changed it last in the version; `null` where that is not known. */
  readonly user: string | null;
  /** When that was, in ISO 8601. */
  readonly modified: string;
  /** Main changed the same, and it cannot be merged. */
  readonly conflict: boolean;
  /** Whoever asks has marked it as seen, as it is. */
  readonly reviewed: boolean;
  /** What both have of it; only where that was asked for. */
  readonly sides?: { readonly main: SideState | null; readonly version: SideState | null };
}

export interface ChangesQuery {
  readonly start: number;
  readonly limit: number;
  /** Shows what both sides have. */
  readonly withSides: boolean;
  /** Only those that whoever asks has marked as seen, or has not. Default: all. */
  readonly reviewed?: boolean | undefined;
  /** Only those of a kind. Default: all. */
  readonly kind?: VersionChange['kind'] | undefined;
}

/** How many changes there are of each sort, whatever page of them is asked for. */
export interface ChangesCounted {
  readonly total: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Whoever asks has marked them as seen. */
  readonly reviewed: number;
  readonly conflicts: number;
}

export interface ChangesPage {
  readonly items: readonly VersionChange[];
  /** How many there are of those asked for. */
  readonly total: number;
  readonly all: ChangesCounted;
}

/**
 * Lists what is different in a version, by path, but for what the user may not view.
 *
 * Reads all that the version holds, and what main has of it.
 *
 * @throws Unauthorized when the user may not be in the version
 * @throws Taken when too much happened since something was removed in it
 */
export async function listChanges(
  work: Work,
  version: Version,
  { start, limit, withSides, reviewed, kind }: ChangesQuery,
): Promise<ChangesPage> {
  const { connection, policy, site } = work;
  policy.require(JOIN_PERMISSION, version);
  if (connection.at !== undefined) {
    throw new BadRequest('What is different in a version is shown as of now', { field: 'at' });
  }
  const { oid } = version;
  if (oid === undefined) return { items: [], total: 0, all: counted([]) };
  using sides = new VersionSides(work, oid);
  const marks = await marksOf(site, oid, work.user);
  const plan = await planned(() => connection.planCheckIn(oid));
  const inConflict = sides.pathsIn(plan.conflicts);
  const open = new Set(plan.conflicts.map((conflict) => conflict.oid));
  const found: { readonly oid: Oid; readonly change: VersionChange }[] = [];
  using reader = site.storage.snapshot();
  const userOf = usersIn(reader);
  for await (const { oid: one, revision } of reader.overlayEntries(oid)) {
    const here = sides.find('version', one);
    const there = sides.find('main', one);
    const isLost = here === undefined && there === undefined && open.has(one);
    const path = isLost ? sides.formerPath(one) : (here ?? there)?.path;
    if (path === undefined || !sides.maySee('View', one)) continue;
    found.push({
      oid: one,
      change: {
        path,
        kind: isLost ? 'changed' : kindOf(here, there),
        user: userOf(revision.tid),
        modified: new Date(tidToMs(revision.tid)).toISOString(),
        conflict: inConflict.has(path),
        reviewed: marks.get(one) === revision.tid,
      },
    });
  }
  found.sort((a, b) => (a.change.path < b.change.path ? -1 : 1));
  const wanted = found.filter(
    ({ change }) =>
      (reviewed === undefined || change.reviewed === reviewed) &&
      (kind === undefined || change.kind === kind),
  );
  const items = wanted.slice(start, start + limit).map(({ oid: one, change }) => {
    if (!withSides) return change;
    const both = { main: sides.stateOf('main', one), version: sides.stateOf('version', one) };
    return { ...change, sides: both };
  });
  return { items, total: wanted.length, all: counted(found.map(({ change }) => change)) };
}

function kindOf(here: Content | undefined, there: Content | undefined): VersionChange['kind'] {
  if (here === undefined) return 'removed';
  return there === undefined ? 'added' : 'changed';
}

function counted(changes: readonly VersionChange[]): ChangesCounted {
  const count = (is: (change: VersionChange) => boolean): number => changes.filter(is).length;
  return {
    total: changes.length,
    added: count(({ kind }) => kind === 'added'),
    changed: count(({ kind }) => kind === 'changed'),
    removed: count(({ kind }) => kind === 'removed'),
    reviewed: count(({ reviewed }) => reviewed),
    conflicts: count(({ conflict }) => conflict),
  };
}

/** Tells who made a transaction; the record of a large one is read once. */
function usersIn(reader: Reader): (tid: Tid) => string | null {
  const known = new Map<Tid, string | null>();
  return (tid) => {
    const held = known.get(tid);
    if (held !== undefined) return held;
    const user = reader.transaction(tid)?.user ?? null;
    known.set(tid, user);
    return user;
  };
}
