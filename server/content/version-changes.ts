/**
 * What is different in a version: each object that was added, changed or removed in it, with who did
 * that last, and whether it could be checked in as main is now.
 */
import { type Oid, tidToMs } from '../../odb/index.js';
import { BadRequest } from '../errors.js';
import { JOIN_PERMISSION, type Version } from './version.js';
import { type SideState, VersionSides } from './version-sides.js';
import type { Work } from './work.js';

export interface VersionChange {
  /** Where it is in the version; of what was removed there, where it is in main. */
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed';
  /** Principal key of who changed it last in the version; `null` where that is not known. */
  readonly user: string | null;
  /** When that was, in ISO 8601. */
  readonly modified: string;
  /** Main changed the same, and it cannot be merged. */
  readonly conflict: boolean;
  /** What both have of it; only where that was asked for. */
  readonly sides?: { readonly main: SideState | null; readonly version: SideState | null };
}

export interface ChangesQuery {
  readonly start: number;
  readonly limit: number;
  /** Shows what both sides have. */
  readonly withSides: boolean;
}

/**
 * Lists what is different in a version, by path, but for what the user may not view.
 *
 * Reads all that the version holds, and what main has of it.
 *
 * @throws Unauthorized when the user may not be in the version
 */
export async function listChanges(
  work: Work,
  version: Version,
  { start, limit, withSides }: ChangesQuery,
): Promise<{ readonly items: readonly VersionChange[]; readonly total: number }> {
  const { connection, policy, site } = work;
  policy.require(JOIN_PERMISSION, version);
  if (connection.at !== undefined) {
    throw new BadRequest('What is different in a version is shown as of now', { field: 'at' });
  }
  const { oid } = version;
  if (oid === undefined) return { items: [], total: 0 };
  using sides = new VersionSides(work, oid);
  const plan = await connection.planCheckIn(oid);
  const inConflict = sides.pathsIn(plan.conflicts);
  const found: { readonly oid: Oid; readonly change: VersionChange }[] = [];
  using reader = site.storage.snapshot();
  for await (const { oid: one, revision } of reader.overlayEntries(oid)) {
    const here = sides.find('version', one);
    const there = sides.find('main', one);
    const path = (here ?? there)?.path;
    if (path === undefined || !sides.maySee('View', one)) continue;
    const kind = here === undefined ? 'removed' : there === undefined ? 'added' : 'changed';
    found.push({
      oid: one,
      change: {
        path,
        kind,
        user: reader.transaction(revision.tid)?.user ?? null,
        modified: new Date(tidToMs(revision.tid)).toISOString(),
        conflict: inConflict.has(path),
      },
    });
  }
  found.sort((a, b) => (a.change.path < b.change.path ? -1 : 1));
  const items = found.slice(start, start + limit).map(({ oid: one, change }) => {
    if (!withSides) return change;
    const both = { main: sides.stateOf('main', one), version: sides.stateOf('version', one) };
    return { ...change, sides: both };
  });
  return { items, total: found.length };
}
