/**
 * Deriving: what catalogs know follows every change of the site, in the same transaction.
 *
 * It runs in whatever connection saves something, just before it is saved (`Database.derives`), so no
 * door can forget it. What a catalog knew before is read from the catalog itself: the objects that
 * changed are compared with that, whatever changed them.
 *
 * Transactions about different objects do not meet in a catalog. Where a folder comes in, leaves or
 * is moved with what is below it, whoever indexes something at the same time begins again.
 */
import type { Connection, Oid, Transaction } from '../../odb/index.js';
import { nameOfColumn } from '../catalog/column-definition.js';
import { sourcesOf } from '../catalog/index-definition.js';
import { Catalog, CatalogDerived, type Pending } from './catalog.js';
import { catalogsIn, holdCatalogs, listCatalog } from './catalog-list.js';
import { DocumentBatch } from './catalog-batch.js';
import { ancestorsIn, isFound, PLACE_SOURCES } from './cataloged.js';
import { type Container, Content, isContainer } from './content.js';

/** Objects that are indexed at once when a catalog is made or defined otherwise; more are for a job. */
export const DIRECT_OBJECTS_MAX = 1_000;

/** Under this key a transaction keeps the oids of catalogs that it leaves something to be indexed in. */
const PENDING = Symbol('catalogs that wait for a job');

/**
 * Brings all catalogs in step with what a transaction changed.
 *
 * Where there is no catalog, it looks at each changed object and reads one entry of the root map.
 */
export function deriveCatalogs(connection: Connection): void {
  const changes = changesIn(connection);
  if (changes.present.length + changes.gone.length === 0) return;
  const made = changes.present.filter((object) => object instanceof Catalog);
  holdCatalogs(connection);
  const catalogs = new Set(catalogsIn(connection));
  for (const catalog of made) {
    if (catalogs.has(catalog)) continue;
    listCatalog(connection, catalog);
    catalogs.add(catalog);
  }
  if (catalogs.size === 0) return;
  const nowMs = Date.now();
  for (const catalog of catalogs) {
    if (made.includes(catalog)) settle(connection, catalog);
    new CatalogChange(connection, catalog, nowMs).derive(changes);
  }
}

/** Gives the oids of catalogs that a transaction leaves something to be indexed in, and forgets them. */
export function takePending({ data }: Pick<Transaction, 'data'>): readonly Oid[] {
  const pending = data.get(PENDING) as ReadonlySet<Oid> | undefined;
  data.delete(PENDING);
  return [...(pending ?? [])];
}

/** The objects of the site that a transaction changed. */
interface Changes {
  readonly present: readonly Content[];
  /** Oids of those that do not exist any more. */
  readonly gone: readonly Oid[];
}

function changesIn(connection: Connection): Changes {
  const present: Content[] = [];
  const gone: Oid[] = [];
  for (const object of connection.changed) {
    if (!(object instanceof Content) || object.oid === undefined) continue;
    if (connection.find(object.oid) !== undefined) present.push(object);
    else {
      gone.push(object.oid);
      if (object instanceof Catalog) leave(object);
    }
  }
  return { present, gone };
}

/** What was derived here, not brought along with a catalog from elsewhere. */
const own = new WeakSet<CatalogDerived>();

/** What is derived stays when an undo takes its catalog away, and is not kept in step. */
function leave({ derived }: Catalog): void {
  derived.covers = undefined;
}

/** Brings a catalog that was made, changed, moved, or brought back in step with its definitions. */
function settle(connection: Connection, catalog: Catalog): void {
  // What an import brought along, or a copy shares, was derived from other objects.
  if (catalog.tid === 0 && !own.has(catalog.derived)) {
    catalog.derived = CatalogDerived.empty();
    own.add(catalog.derived);
  }
  const { derived, indexes, columns } = catalog;
  const folder = catalog.container;
  const { added, columns: hasOtherColumns } = derived.store.configure({ indexes, columns });
  if (folder?.oid !== derived.covers) {
    derived.covers = folder?.oid;
    // Whoever changes what it covers now and did not see it begins again.
    derived.moves.count += 1;
    derived.pending = undefined;
    derived.store.clear();
    if (folder !== undefined) fill(connection, catalog, folder, undefined);
  } else if (folder !== undefined && (added.length > 0 || hasOtherColumns)) {
    fill(connection, catalog, folder, hasOtherColumns ? undefined : added);
  }
}

/**
 * Indexes what there is, or leaves it to a job.
 * @param only names of indexes; `undefined`: all, and the columns
 */
function fill(
  connection: Connection,
  catalog: Catalog,
  folder: Container,
  only: readonly string[] | undefined,
): void {
  const { derived } = catalog;
  const before = derived.pending;
  const objects: Content[] = [];
  for (const object of within(folder)) {
    if (isFound(object)) objects.push(object);
    if (objects.length > DIRECT_OBJECTS_MAX) break;
  }
  if (objects.length > DIRECT_OBJECTS_MAX || before !== undefined) {
    derived.pending = { only: bothOf(before, only), after: 0 };
    const { data } = connection.transaction;
    const pending = (data.get(PENDING) as Set<Oid> | undefined) ?? new Set<Oid>();
    if (catalog.oid !== undefined) pending.add(catalog.oid);
    data.set(PENDING, pending);
    return;
  }
  // What is new gets its oid here; the transaction would find it only when it is saved.
  for (const object of objects) connection.add(object);
  const batch = new DocumentBatch(connection, catalog);
  for (const object of objects) batch.put(object);
  batch.index(only);
}

function bothOf(
  before: Pending | undefined,
  only: readonly string[] | undefined,
): readonly string[] | undefined {
  if (before === undefined) return only;
  if (before.only === undefined || only === undefined) return undefined;
  return [...new Set([...before.only, ...only])];
}

/** Gives an object and all below it, containers first. */
export function* within(top: Content): Iterable<Content> {
  const pending: Content[] = [top];
  for (let object = pending.pop(); object !== undefined; object = pending.pop()) {
    yield object;
    if (isContainer(object)) pending.push(...object.items());
  }
}

/** What one transaction means to one catalog. */
class CatalogChange {
  readonly #connection: Connection;
  readonly #catalog: Catalog;
  readonly #nowMs: number;
  readonly #changed = new Set<Content>();
  /** Containers whose whole content was looked at. */
  readonly #walked = new Set<Content>();
  readonly #batch: DocumentBatch;
  readonly #showsPlaces: boolean;

  constructor(connection: Connection, catalog: Catalog, nowMs: number) {
    this.#connection = connection;
    this.#catalog = catalog;
    this.#nowMs = nowMs;
    this.#batch = new DocumentBatch(connection, catalog);
    this.#showsPlaces = showsPlaces(catalog);
  }

  derive({ present, gone }: Changes): void {
    // What is outside may be moved in at the same time, by whoever does not see these changes.
    this.#connection.readCurrent(this.#catalog.derived.moves);
    const folder = this.#catalog.container;
    if (folder === undefined || this.#catalog.derived.covers !== folder.oid) return;
    for (const object of present) this.#changed.add(object);
    for (const oid of gone) this.#batch.remove(oid);
    for (const object of present) this.#take(object, folder);
    if (this.#showsPlaces) this.#followAbove(folder);
    this.#batch.index();
  }

  #take(object: Content, folder: Container): void {
    const { oid } = object;
    if (oid === undefined) return;
    const place = this.#catalog.store.documents.place(oid);
    const ancestors = ancestorsIn(object, folder);
    if (ancestors === undefined) {
      if (place === undefined) return;
      if (isContainer(object)) this.#moves(object, () => this.#batch.remove(oid));
      else this.#batch.remove(oid);
      return;
    }
    if (!isFound(object)) return;
    this.#batch.put(object, this.#nowMs);
    if (!isContainer(object)) return;
    const isMoved = place !== undefined && place.container !== (object.container?.oid ?? 0);
    // Where not all is indexed yet, what is below is indexed in its turn.
    const isNew = place === undefined && this.#catalog.derived.pending === undefined;
    if (isNew || isMoved || (this.#showsPlaces && this.#isRenamed(object))) this.#moves(object);
  }

  /** Looks at all that is below a container. */
  #moves(top: Container, removed?: () => void): void {
    removed?.();
    if (top.tid > 0) this.#batch.noteMove();
    const folder = this.#catalog.container;
    if (folder === undefined || this.#walked.has(top)) return;
    for (const object of within(top)) {
      if (object === top) continue;
      if (isContainer(object)) this.#walked.add(object);
      if (removed !== undefined) {
        if (object.oid !== undefined) this.#batch.remove(object.oid);
      } else if (isFound(object)) {
        this.#connection.add(object);
        this.#batch.put(object, this.#changed.has(object) ? this.#nowMs : undefined);
      }
    }
  }

  /** Where paths are indexed, they change with the folders that the catalog's own folder is in. */
  #followAbove(folder: Container): void {
    for (let at = folder.container; at !== undefined; at = at.container) {
      if (this.#changed.has(at) && this.#isRenamed(at)) {
        this.#batch.put(folder);
        this.#moves(folder);
        return;
      }
    }
  }

  #isRenamed(object: Content): boolean {
    const { connection } = object;
    if (connection === undefined || object.tid === 0) return false;
    const before = connection.stateAt(object, connection.tid) as
      | Partial<Pick<Content, 'place'>>
      | undefined;
    return before?.place?.id !== object.id || before.place.container !== object.container;
  }
}

function showsPlaces({ store }: Catalog): boolean {
  const sources = [...store.columns.map(nameOfColumn), ...store.definitions.flatMap(sourcesOf)];
  return sources.some((source) => PLACE_SOURCES.includes(source));
}
