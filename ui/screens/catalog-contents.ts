/**
 * Contents of a catalog: which objects are in it, and whether it has them as they are. One page looks
 * at so many objects at most, however few of them fit what is asked for.
 */
import {
  Catalog,
  Content,
  contentTypes,
  explainObject,
  INDEX_PERMISSION,
  type Oid,
  type PublishRequest,
  viewsEverything,
} from '../../server/index.js';
import { problemOfIndex } from '../catalog-problems.js';
import { defineScreen, screenUrl, type ViewModel } from '../screen.js';

/** Rows on one page. */
const PAGE_ROWS = 50;
/** Objects that one page looks at. */
const LOOKED_AT_MAX = 1_000;

export const catalogContents = defineScreen({
  path: 'cataloged',
  tab: 'Contents',
  icon: 'catalog',
  view: 'catalog-contents',
  permission: INDEX_PERMISSION,
  styles: ['catalog'],
  help: 'catalog-screens',
  appliesTo: (object): object is Catalog => object instanceof Catalog,
  show,
});

interface Row {
  readonly heading: string;
  readonly path: string;
  readonly icon: string;
  readonly type: string;
  readonly href: string;
  readonly problems: readonly string[];
  readonly isStale: boolean;
}

function show(catalog: Catalog, request: PublishRequest): ViewModel {
  const { query } = request;
  const words = query.text('q').trim().toLowerCase();
  const isAmiss = query.has('amiss');
  const after = /^\d{1,16}$/.test(query.text('after')) ? Number(query.text('after')) : 0;
  const rows: Row[] = [];
  const ids = catalog.store.documentIds({ after, limit: LOOKED_AT_MAX });
  let last = after;
  let looked = 0;
  for (const id of ids) {
    if (rows.length === PAGE_ROWS) break;
    last = id;
    looked += 1;
    const object = request.connection.find(id as Oid);
    if (!(object instanceof Content) || !request.policy.may('View', object)) continue;
    if (!isNamed(object, words)) continue;
    const row = rowOf(catalog, object, request);
    if (!isAmiss || row.isStale || row.problems.length > 0) rows.push(row);
  }
  const hasMore = looked < ids.length || ids.length === LOOKED_AT_MAX;
  const kept = new URLSearchParams({ ...(words === '' ? {} : { q: query.text('q').trim() }) });
  if (isAmiss) kept.set('amiss', 'true');
  kept.set('after', String(last));
  return {
    action: screenUrl(catalog, 'cataloged'),
    searchHref: screenUrl(catalog, 'search'),
    folder: catalog.container?.path ?? '',
    mayCount: viewsEverything(request, catalog),
    size: catalog.store.size,
    q: query.text('q').trim(),
    isAmiss,
    isFiltered: words !== '' || isAmiss,
    isLater: after > 0,
    looked,
    rows,
    next: hasMore ? `?${kept.toString()}` : '',
  };
}

function isNamed(object: Content, words: string): boolean {
  return words === '' || `${object.path}\n${object.title}`.toLowerCase().includes(words);
}

function rowOf(catalog: Catalog, object: Content, { policy }: PublishRequest): Row {
  const type = contentTypes.get(object.type);
  const indexes = explainObject(catalog, object)?.indexes ?? [];
  return {
    heading: object.title === '' ? object.id || '/' : object.title,
    path: object.path,
    icon: type?.icon ?? 'file',
    type: type?.title ?? object.type,
    href: policy.may('View management screens', object) ? screenUrl(object, 'catalogs') : '',
    problems: indexes
      .map((index) => ({ name: index.name, problem: problemOfIndex(object, index) }))
      .filter(({ problem }) => problem !== '')
      .map(({ name, problem }) => `${name}: ${problem}`),
    isStale: indexes.some(({ isCurrent }) => isCurrent === false),
  };
}
