/**
 * What catalogs have of an object, and why: for each catalog of the site the values in its indexes,
 * what is amiss with them, and whether they are as the object is now; or the reason why it is not in
 * that catalog.
 */
import {
  type Catalog,
  catalogsIn,
  Content,
  contentTypes,
  explainObject,
  INDEX_PERMISSION,
  isFound,
  NotFound,
  type Oid,
  principalKey,
  type PublishRequest,
  reindexOrder,
} from '../../server/index.js';
import { problemOfIndex } from '../catalog-problems.js';
import { valuesInWords, valueInWords } from '../catalog-words.js';
import { anyObject, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';

export const catalogs = defineScreen({
  path: 'catalogs',
  under: 'properties',
  icon: 'catalog',
  view: 'catalogs',
  permission: 'View management screens',
  styles: ['catalog'],
  help: 'catalog-screens',
  appliesTo: anyObject,
  show,
  actions: { index: { run: indexAgain } },
});

function show(object: Content, request: PublishRequest): ViewModel {
  const { policy } = request;
  policy.require('View', object);
  return {
    action: screenUrl(object, 'catalogs'),
    path: object.path,
    catalogs: catalogsThere(request)
      .filter((catalog) => policy.may('View management screens', catalog))
      .map((catalog) => shownCatalog(catalog, object, request)),
  };
}

/** The catalogs that stand somewhere in the site; not those that were deleted. */
function catalogsThere({ connection }: PublishRequest): readonly Catalog[] {
  return catalogsIn(connection).filter(
    (catalog) => catalog.container?.child(catalog.id) === catalog,
  );
}

function shownCatalog(catalog: Catalog, object: Content, request: PublishRequest): ViewModel {
  const folder = catalog.container;
  const explained = explainObject(catalog, object);
  const isThere = folder !== undefined && object.isWithin(folder) && isFound(object);
  const mayIndex =
    request.connection.at === undefined && isThere && request.policy.may(INDEX_PERMISSION, catalog);
  return {
    oid: catalog.oid,
    path: catalog.path,
    type: contentTypes.get(object.type)?.title ?? object.type,
    heading: catalog.title === '' ? catalog.id : catalog.title,
    href: screenUrl(catalog),
    mayIndex,
    isIn: explained !== undefined,
    why: explained === undefined ? reasonOf(catalog, object) : '',
    isPending: catalog.derived.pending !== undefined,
    isCurrent: explained?.indexes.every(({ isCurrent }) => isCurrent !== false) ?? false,
    indexes: (explained?.indexes ?? []).map((index) => ({
      name: index.name,
      type: index.type,
      reads: index.sources.join(', '),
      values: valuesInWords(index.type === 'path' ? pathsOf(index.values, request) : index.values),
      problem: problemOfIndex(object, index),
      leavesOut: index.leavesOut === true,
      isStale: index.isCurrent === false,
    })),
    columns: Object.entries(explained?.columns ?? {}).map(([name, value]) => ({
      name,
      value: valueInWords(value),
    })),
  };
}

/** A path index keeps oids, so that a rename costs nothing. */
function pathsOf(values: readonly unknown[], { connection }: PublishRequest): readonly unknown[] {
  return values.map((value) => {
    const object = typeof value === 'number' ? connection.find(value as Oid) : undefined;
    return object instanceof Content ? object.path : value;
  });
}

/** Says why an object is not in a catalog. */
function reasonOf(catalog: Catalog, object: Content): string {
  const folder = catalog.container?.path ?? '/';
  const container = catalog.container;
  if (container === undefined || !object.isWithin(container)) {
    return `It covers what is in ${folder} and below, and this is elsewhere.`;
  }
  if (!isFound(object)) {
    const title = contentTypes.get(object.type)?.title ?? object.type;
    return `No catalog takes in an object of the type ${title}.`;
  }
  if (catalog.derived.pending !== undefined) return 'It waits for the job that fills the catalog.';
  return 'It should be there, and is not. Index it again.';
}

function indexAgain(object: Content, request: PublishRequest): Outcome {
  const oid = Number(request.form.text('catalog')) as Oid;
  const catalog = catalogsThere(request).find((each) => each.oid === oid);
  if (catalog === undefined) throw new NotFound('There is no such catalog any more');
  request.policy.require(INDEX_PERMISSION, catalog);
  const { version } = request.connection;
  const about = { user: principalKey(request.user), path: catalog.path };
  const where = version === undefined ? {} : { version };
  request.order(reindexOrder(about, { catalog: oid, path: object.path, ...where }));
  return { goTo: 'catalogs', message: `Began to index ${object.path} and what is below it` };
}
