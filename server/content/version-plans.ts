/**
 * Plans of check-ins and updates, with their conflicts resolved as was said.
 */
import {
  type KeyResolution,
  type Oid,
  OdbError,
  type PlannedObject,
  type Resolution,
  type VersionConflict,
} from '../../odb/index.js';
import { Invalid, Taken } from '../errors.js';
import type { ObjectChange } from './change.js';
import type { SideConflict, VersionSides } from './version-sides.js';

/** How a conflict is resolved: by what one side has, or by values for the object itself. */
export type ConflictChoice = 'version' | 'main' | ObjectChange;

/** How often a plan is made again, when resolving a conflict brings up another. */
const PLANS_MAX = 10;

/** What a plan of either direction says. */
interface Plan {
  readonly objects: readonly PlannedObject[];
  readonly conflicts: readonly VersionConflict[];
}

/**
 * Plans, with the conflicts resolved as was said, until nothing is left that was said.
 *
 * @throws Invalid for a choice about a path where nothing is
 * @throws Taken when too much happened since something was removed
 */
export async function planWith<P extends Plan>(
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

/**
 * Makes a plan of a version.
 * @throws Taken when too much happened since something was removed
 */
export /** @throws Taken when too much happened since something was removed */
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
