/**
 * The catalogs of the site, wherever they stand.
 *
 * A list beside the site has the oid of each Catalog that was ever made, so that nobody has to look
 * for them. It only grows, but for those that the database has forgotten; an undo leaves it alone.
 */
import { type Connection, type Oid, Persistent, set } from '../../odb/index.js';
import { Catalog } from './catalog.js';

/** The entry of the database's root map that holds the list. */
export const CATALOGS_KEY = 'catalogs';

export class CatalogList extends Persistent {
  static {
    this.define('canopy.CatalogList', { oids: set([]) }, { derived: true });
  }

  declare oids: readonly Oid[];
}

/** Gives the catalogs there are, those that stand nowhere at present included. */
export function catalogsIn(connection: Connection): readonly Catalog[] {
  return (listIn(connection)?.oids ?? [])
    .map((oid) => connection.find(oid))
    .filter((object) => object instanceof Catalog);
}

/** Makes a transaction begin again when a catalog is made at the same time. */
export function holdCatalogs(connection: Connection): void {
  connection.readCurrent(listIn(connection) ?? connection.root);
}

/** Puts a catalog on the list. */
export function listCatalog(connection: Connection, { oid }: Catalog): void {
  if (oid === undefined) return;
  const list = listIn(connection);
  if (list === undefined) connection.root.set(CATALOGS_KEY, new CatalogList({ oids: [oid] }));
  else if (!list.oids.includes(oid)) {
    list.oids = [...list.oids.filter((each) => connection.find(each) !== undefined), oid];
  }
}

/** Gives the oids of all that is derived for catalogs, but for inner nodes. */
export function derivedOids(connection: Connection): readonly Oid[] {
  const derived: (Persistent | undefined)[] = [listIn(connection)];
  for (const catalog of catalogsIn(connection)) {
    const { store, moves } = catalog.derived;
    derived.push(catalog.derived, store, moves, store.places, store.records);
    for (const { parts } of Object.values(store.stored)) derived.push(...Object.values(parts));
  }
  return derived.flatMap((object) => object?.oid ?? []);
}

function listIn(connection: Connection): CatalogList | undefined {
  const list = connection.root.get(CATALOGS_KEY);
  return list instanceof CatalogList ? list : undefined;
}
