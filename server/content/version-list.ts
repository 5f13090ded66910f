/**
 * The versions of the site, wherever they stand.
 *
 * A list beside the site has the oid of each Version that was ever made, so that nobody has to look
 * through all folders for them. It only grows, but for those that the database has forgotten: whether
 * a Version stands on the site is seen when it is looked at, so what takes one away, and what brings it
 * back, has nothing to keep in step. An undo leaves the list alone.
 */
import { type Connection, type Oid, Persistent, set } from '../../odb/index.js';
import type { Policy } from '../security/policy.js';
import type { Content } from './content.js';
import { JOIN_PERMISSION, Version, versionWith } from './version.js';
import type { Work } from './work.js';

/** The entry of the database's root map that holds the list. */
export const VERSIONS_KEY = 'versions';

export class VersionList extends Persistent {
  static {
    this.define('canopy.VersionList', { oids: set([]) }, { derived: true });
  }

  declare oids: readonly Oid[];
}

/** Puts an object that was just made on the list, where it is a Version. */
export function listNew({ connection }: Pick<Work, 'connection'>, object: Content): void {
  if (!(object instanceof Version) || object.oid === undefined) return;
  const { oid } = object;
  const list = listIn(connection);
  if (list === undefined) connection.root.set(VERSIONS_KEY, new VersionList({ oids: [oid] }));
  else list.oids = [...list.oids.filter((each) => connection.find(each) !== undefined), oid];
}

/**
 * Lists the versions that whoever `policy` judges may be in, by title. Loads each Version there is.
 *
 * @param main a connection to main, and the policy that judges there
 */
export function versionsToJoin(main: {
  readonly connection: Connection;
  readonly policy: Policy;
}): readonly Version[] {
  return (listIn(main.connection)?.oids ?? [])
    .map((oid) => versionWith(main, oid))
    .filter((version) => version !== undefined)
    .filter((version) => main.policy.may(JOIN_PERMISSION, version))
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b), 'en'));
}

function listIn(connection: Connection): VersionList | undefined {
  const list = connection.root.get(VERSIONS_KEY);
  return list instanceof VersionList ? list : undefined;
}

function nameOf({ title, id }: Version): string {
  return title === '' ? id : title;
}
