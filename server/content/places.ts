/**
 * Places: finding the site's root in a database, and where objects are or were.
 */
import { type Connection, type Oid, OdbError, type Tid } from '../../odb/index.js';
import { Content, type Place } from './content.js';
import { Folder } from './folder.js';

/** The entry of the database's root map that holds the site. */
export const SITE_KEY = 'site';

/**
 * Gives the root of the site.
 * @throws TypeError when the database has none: it was never initialised
 */
export function siteRoot(connection: Connection): Folder {
  const root = connection.root.get(SITE_KEY);
  if (!(root instanceof Folder)) throw new TypeError('There is no site in this database');
  return root;
}

/** Tells whether there is a site. Before its first transaction a database has no root map either. */
export function hasSite(connection: Connection): boolean {
  try {
    return connection.root.has(SITE_KEY);
  } catch (error) {
    if (error instanceof OdbError && error.code === 'ODB_NO_OBJECT') return false;
    throw error;
  }
}

/**
 * Gives the path an object had just after `tid`; `undefined` when it was nowhere, or is no content.
 * One read a step outward.
 */
export function pathAt(connection: Connection, oid: Oid, tid: Tid): string | undefined {
  const rootOid = siteRoot(connection).oid;
  const ids: string[] = [];
  for (let at = oid; at !== rootOid;) {
    const state = connection.stateAt(at, tid) as { readonly place?: Place } | undefined;
    const next = state?.place?.container.oid;
    if (state?.place === undefined || next === undefined) return undefined;
    ids.unshift(state.place.id);
    at = next;
  }
  return `/${ids.join('/')}`;
}

/** Finds the folder whose children are in the map `map`, among the objects named and their containers. */
export function holderOfMap(
  connection: Connection,
  map: Oid,
  among: readonly Oid[],
): Content | undefined {
  for (const oid of among) {
    const object = connection.find(oid);
    if (!(object instanceof Content)) continue;
    for (const holder of [object, object.container]) {
      if (holder instanceof Folder && holder.children.oid === map) return holder;
    }
  }
  return undefined;
}
