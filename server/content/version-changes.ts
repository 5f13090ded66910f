/**
 * What is different in a version: each object that was added, changed or removed in it, with who did
 * that last, and whether it could be checked in as main is now.
 */
import { type Oid, type Reader, type Tid, TID_ZERO, tidToMs } from '../../odb/index.js';
import { BadRequest } from '../errors.js';
import { principalKey } from '../security/principal.js';
import { type ServedWithout, servedWithout } from './active-content.js';
import type { Content } from './content.js';
import { pathAt } from './places.js';
import { JOIN_PERMISSION, type Version } from './version.js';
import { conflictsOf, VersionFindings } from './version-findings.js';
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
  /** Main has changed it since the version did, or has removed it. */
  readonly elsewhere: boolean;
  /** What there is of it; only where that was asked for. */
  readonly sides?: ChangeSides;
}

/** `null`: it is not there, or not for whoever asks. */
export interface ChangeSides {
  /** What main had when the version changed it. */
  readonly base: SideState | null;
  readonly main: SideState | null;
  readonly version: SideState | null;
  /** What main would have after a check-in; `null` where it is in conflict. */
  readonly after: SideState | null;
  /** What the page would be served without after a check-in, where main serves all of it. */
  readonly without?: ServedWithout;
}

export interface ChangesQuery {
  readonly start: number;
  readonly limit: number;
  /** Shows what there is of each. */
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
 * The first time, and whenever anything was saved since, it reads all that the version holds, and what
 * main has of it; else only what the page shows.
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
  const all = await findings.of(work, { version: oid, of: principalKey(work.user) }, () =>
    findChanges(work, oid, sides),
  );
  const found = all.map((each): Listed => {
    const reviewed = isSeen(work, oid, each, marks.get(each.oid));
    return { ...each, change: { ...each.change, reviewed } };
  });
  const wanted = found.filter(
    ({ change }) =>
      (reviewed === undefined || change.reviewed === reviewed) &&
      (kind === undefined || change.kind === kind),
  );
  const shown = wanted.slice(start, start + limit);
  const items = withSides
    ? await withSidesOf(work, sides, { version: oid, shown })
    : shown.map(({ change }) => change);
  return { items, total: wanted.length, all: counted(found.map(({ change }) => change)) };
}

/** A change, whoever has marked it as seen. */
interface Found {
  readonly oid: Oid;
  /** The transaction by which it is as it is. */
  readonly tid: Tid;
  /** The moment of main that the version has it from. */
  readonly basedOn: Tid;
  readonly change: Omit<VersionChange, 'reviewed' | 'sides'>;
}

interface Listed extends Found {
  readonly change: VersionChange;
}

const findings = new VersionFindings<Found>();

/** Finds all that whoever asks may view, by path. */
async function findChanges(work: Work, version: Oid, sides: VersionSides): Promise<Found[]> {
  const conflicts = await conflictsOf(work, version);
  const inConflict = sides.pathsIn(conflicts);
  const open = new Set(conflicts.map((conflict) => conflict.oid));
  const found: Found[] = [];
  using reader = work.site.storage.snapshot();
  const userOf = usersIn(reader);
  for await (const { oid, revision } of reader.overlayEntries(version)) {
    const here = sides.find('version', oid);
    const there = sides.find('main', oid);
    const isLost = here === undefined && there === undefined && open.has(oid);
    const path = isLost ? sides.formerPath(oid) : (here ?? there)?.path;
    if (path === undefined || !sides.maySee('View', oid)) continue;
    const { tid, basedOn } = revision;
    const isGone = isLost || (there === undefined && stood(sides, oid, basedOn));
    found.push({
      ...{ oid, tid, basedOn },
      change: {
        path,
        kind: isGone ? 'changed' : kindOf(here, there),
        user: userOf(tid),
        modified: new Date(tidToMs(tid)).toISOString(),
        conflict: inConflict.has(path),
        elsewhere: isGone || isElsewhere(basedOn, reader.revision(oid)),
      },
    });
  }
  return found.sort((a, b) => (a.change.path < b.change.path ? -1 : 1));
}

/**
 * Tells whether a change is as somebody saw it: untouched since, or checked in and brought back just
 * so. Reads what was marked and touched afterwards.
 */
function isSeen(
  { connection }: Pick<Work, 'connection'>,
  version: Oid,
  { oid, tid }: Pick<Found, 'oid' | 'tid'>,
  marked: Tid | undefined,
): boolean {
  if (marked === undefined || marked === tid) return marked !== undefined;
  const { undoes = [] } = connection.transactionRecord(tid) ?? {};
  return undoes.length > 0 && connection.isSameInVersion(version, [oid], [marked, tid]);
}

/** Tells whether an object stood in main as the version was made from it: main has removed it since. */
function stood(sides: VersionSides, oid: Oid, basedOn: Tid): boolean {
  return basedOn !== TID_ZERO && pathAt(sides.main.connection, oid, basedOn) !== undefined;
}

/** Tells whether main has another revision of an object than the version was made from. */
function isElsewhere(basedOn: Tid, main: { readonly tid: Tid } | undefined): boolean {
  return basedOn !== TID_ZERO && main !== undefined && main.tid > basedOn;
}

/** Shows what there is of each; of what main changed too, what would become of it is planned. */
async function withSidesOf(
  { connection }: Work,
  sides: VersionSides,
  { version, shown }: { readonly version: Oid; readonly shown: readonly Listed[] },
): Promise<VersionChange[]> {
  const merged = shown.filter(({ change }) => change.elsewhere && !change.conflict);
  const { objects } =
    merged.length === 0
      ? { objects: [] }
      : await planned(() =>
          connection.planCheckIn(version, { objects: merged.map(({ oid }) => oid) }),
        );
  const planOf = new Map(objects.map((each) => [each.oid, each]));
  return shown.map(({ oid, basedOn, change }) => {
    const main = sides.stateOf('main', oid);
    const both = { main, version: sides.stateOf('version', oid), ...lostIn(sides, oid) };
    if (!change.elsewhere) {
      return { ...change, sides: { ...both, base: main, after: both.version } };
    }
    const base = sides.decoded(oid, sides.main.connection.stateAt(oid, basedOn), 'main') ?? null;
    const after = change.conflict
      ? null
      : (sides.decoded(oid, planOf.get(oid)?.after, 'version') ?? main);
    return { ...change, sides: { ...both, base, after } };
  });
}

/** Tells what a page loses by the version, because of who wrote in it there. */
function lostIn(sides: VersionSides, oid: Oid): Pick<ChangeSides, 'without'> {
  const [here, there] = [sides.find('version', oid), sides.find('main', oid)];
  const without = here && servedWithout(sides.version.policy, here);
  if (without === undefined) return {};
  const isMissing = there !== undefined && servedWithout(sides.main.policy, there) !== undefined;
  return isMissing ? {} : { without };
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
