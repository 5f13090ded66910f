/**
 * What a version took away: which objects of a folder those are, and giving them back.
 *
 * Main has them still, so a list can show them where they were, and they come back as main has them.
 */
import { type Connection, type Oid, type Tid, TID_ZERO } from '../../odb/index.js';
import { Invalid, NotFound, Taken } from '../errors.js';
import { quoted } from '../quote.js';
import { type Container, Content } from './content.js';
import { listed } from './edit.js';
import { Folder } from './folder.js';
import { siteRoot } from './places.js';
import type { Version } from './version.js';
import { nameOf } from './version-review.js';
import { revertInVersion } from './version-revert.js';
import type { Work } from './work.js';

/** An object that a version took away. */
export interface RemovedObject {
  /** As main has it. */
  readonly object: Content;
  /** The transaction in the version that took it away. */
  readonly tid: Tid;
}

/**
 * Gives what main has in a folder and a version took out of the site. What the version put elsewhere
 * is there; what somebody may view of it is for the caller to ask.
 *
 * One look-up while the version leaves the folder's list of children as it is; else one for each
 * child in main.
 *
 * @param work in the version
 * @param main the present of main
 */
export function removedFrom(
  { connection, site }: Pick<Work, 'connection' | 'site'>,
  main: Connection,
  folder: Container,
): readonly RemovedObject[] {
  const { version, tid } = connection;
  const list = folder instanceof Folder ? folder.children : undefined;
  if (version === undefined || list?.oid === undefined || folder.oid === undefined) return [];
  using reader = site.storage.snapshot();
  const entry = reader.overlay(version, list.oid, tid);
  const outside = main.find(folder.oid);
  const isAsInMain = entry === undefined || entry.live || entry.basedOn === TID_ZERO;
  if (isAsInMain || !(outside instanceof Folder)) return [];
  const root = siteRoot(connection);
  const removed: RemovedObject[] = [];
  for (const object of outside.children.values()) {
    const { oid } = object;
    if (!(object instanceof Content) || oid === undefined) continue;
    if (folder.child(object.id)?.oid === oid) continue;
    const taken = reader.overlay(version, oid, tid);
    if (taken === undefined || taken.live || taken.basedOn === TID_ZERO) continue;
    const inside = connection.find(oid);
    if (inside instanceof Content && inside.isWithin(root)) continue;
    removed.push({ object, tid: taken.tid });
  }
  return removed;
}

/**
 * Gives objects back that a version took away, as main has them now.
 *
 * @param work in main
 * @returns their paths
 * @throws NotFound for what main has not, or has no more
 * @throws Taken where the version has another of that id in their place
 * @throws Unauthorized when the user may not
 */
export async function restoreRemoved(
  work: Work,
  version: Version,
  oids: readonly Oid[],
): Promise<readonly string[]> {
  const { connection, policy } = work;
  const root = siteRoot(connection);
  const objects = oids.map((oid) => {
    const object = connection.find(oid);
    const stands = object instanceof Content && object.isWithin(root);
    if (stands && policy.may('View', object)) return object;
    throw new NotFound('What was removed is not on main any more, so it cannot be restored');
  });
  if (objects.length === 0) {
    throw new Invalid([{ field: 'removed', message: 'Tick at least one removed object first' }]);
  }
  requireFree(work, version, objects);
  const paths = objects.map(({ path }) => path);
  work.note(`Restored ${listed(paths)} in ${nameOf(version)}`);
  await revertInVersion(work, version, oids);
  return paths;
}

/** An object of the version in that place would go when the one that was there comes back. */
function requireFree(
  { connection, site }: Work,
  { oid: version }: Version,
  objects: readonly Content[],
): void {
  if (version === undefined) return;
  using inside = site.database.connect({ version, at: connection.tid });
  for (const { id, oid, path, container } of objects) {
    const holder = container?.oid === undefined ? undefined : inside.find(container.oid);
    const held = holder instanceof Folder ? holder.child(id) : undefined;
    if (held === undefined || held.oid === oid) continue;
    throw new Taken(
      `Another object of this version is called ${quoted(id)} where ${path} was. Rename that one first.`,
    );
  }
}
