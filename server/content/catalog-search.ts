/**
 * Searching in the name of somebody: what they may not view is neither found nor counted.
 */
import type { Oid } from '../../odb/index.js';
import type { TextAsked } from '../catalog/catalog-index.js';
import type { CatalogStore, DocumentExplanation } from '../catalog/catalog-store.js';
import type { Excerpt } from '../catalog/excerpt.js';
import { sourcesOf } from '../catalog/index-definition.js';
import type { SearchResult } from '../catalog/search.js';
import type { SearchOptions } from '../catalog/search-options.js';
import type { SlowQuery } from '../catalog/slow-queries.js';
import type { Visibility } from '../catalog/visibility.js';
import { isKnown } from '../security/principal.js';
import { MANAGER_ROLE } from '../security/role.js';
import type { Guarded } from '../security/standing.js';
import { type Catalog, SEARCH_PERMISSION } from './catalog.js';
import { readableText } from './catalog-excerpt.js';
import { ancestorsIn, cataloged } from './cataloged.js';
import { Content, contentAt, isContainer } from './content.js';
import { siteRoot } from './places.js';
import type { Work } from './work.js';

/** One thing that was found, of those that may be viewed. */
export interface Found {
  readonly object: Content;
  readonly docid: number;
  /** Absent where nothing was asked that gives one. */
  readonly score: number | undefined;
  /** What the catalog's columns had when the object was indexed. */
  readonly columns: Readonly<Record<string, unknown>>;
  /** The part of its text that has most of what was asked; absent where that is not wanted. */
  readonly excerpt: Excerpt | undefined;
}

export interface CatalogResult extends Pick<SearchResult, 'total' | 'facets'> {
  /** Told to those who may view everything: it counts what is found before the rest is left out. */
  readonly plan: SearchResult['plan'] | undefined;
  readonly items: readonly Found[];
  /** Another text to ask, which finds more; where excerpts are wanted. */
  readonly suggestion: string | undefined;
  readonly milliseconds: number;
}

/** What is to be asked, and how the answer is to be given. */
export interface CatalogQuestion extends Pick<
  SearchOptions,
  'sort' | 'order' | 'start' | 'limit' | 'facets'
> {
  readonly query: Readonly<Record<string, unknown>>;
  /** It is asked by a template, whose authors are judged as well. */
  readonly isCode?: boolean;
  /** Excerpts and a suggestion are wanted, where a text is asked. */
  readonly excerpts?: boolean;
}

/**
 * Finds objects.
 *
 * @throws Unauthorized without `Search Catalog`
 * @throws QueryError `SRV_QUERY` naming the part of the question that makes no sense
 */
export function searchCatalog(
  work: Work,
  catalog: Catalog,
  { query, isCode = false, excerpts = false, ...options }: CatalogQuestion,
): CatalogResult {
  const { connection, policy } = work;
  policy.require(SEARCH_PERMISSION, catalog);
  const root = siteRoot(connection);
  const { store } = catalog;
  const asker = {
    visibility: visibilityFor(work, catalog, { isCode }),
    resolvePath: (path: string) => contentAt(root, path)?.oid,
  };
  const result = store.search(query, { ...options, ...asker });
  if (catalog.oid !== undefined) work.site.slowQueries.note(catalog.oid, result);
  const [text] = excerpts ? result.texts : [];
  const items = result.hits.flatMap(({ docid, score, columns }): Found[] => {
    const object = connection.find(docid as Oid);
    if (!(object instanceof Content)) return [];
    return [{ object, docid, score, columns, excerpt: excerptOf(object, text, store) }];
  });
  const { total, facets, milliseconds } = result;
  const plan = asker.visibility.everything === true ? result.plan : undefined;
  const suggestion = better(query, text, {
    total,
    totalOf: (other) => store.search(other, { ...asker, limit: 0 }).total,
  });
  return { items, total, facets, plan, milliseconds, suggestion };
}

function excerptOf(
  object: Content,
  text: TextAsked | undefined,
  { indexes }: CatalogStore,
): Excerpt | undefined {
  const definition = text === undefined ? undefined : indexes.get(text.index)?.definition;
  if (text === undefined || definition === undefined) return undefined;
  const fields = [...new Set(sourcesOf(definition))];
  return text.excerpt(fields.map((field) => ({ field, text: readableText(object, field) })));
}

/** Words of what one may not view are told nobody: what is suggested finds more that one may. */
function better(
  query: CatalogQuestion['query'],
  text: TextAsked | undefined,
  {
    total,
    totalOf,
  }: { readonly total: number; readonly totalOf: (query: CatalogQuestion['query']) => number },
): string | undefined {
  if (text === undefined || query[text.index] !== text.query) return undefined;
  const suggestion = text.suggestion();
  if (suggestion === undefined) return undefined;
  return totalOf({ ...query, [text.index]: suggestion }) > total ? suggestion : undefined;
}

/**
 * Tells whether whoever asks may view everything that a catalog covers, and so may be told how much
 * there is of what.
 */
export function viewsEverything({ connection, policy }: Work, catalog: Catalog): boolean {
  if (connection.at !== undefined) return false;
  return policy.rolesAt(catalog.container ?? catalog).includes(MANAGER_ROLE);
}

/** Lists the queries of a catalog that took long in any thread of the server, the last one first. */
export function slowQueriesOf(
  { site }: Pick<Work, 'site'>,
  { oid }: Catalog,
): readonly SlowQuery[] {
  return oid === undefined ? [] : site.slowQueries.list(oid);
}

/**
 * Tells what a catalog has of an object, and what it would have if it were indexed now.
 *
 * @returns `undefined` for an object that is not in the catalog
 */
export function explainObject(catalog: Catalog, object: Content): DocumentExplanation | undefined {
  const { oid, container: folder } = { oid: object.oid, container: catalog.container };
  if (oid === undefined || folder === undefined) return undefined;
  const ancestors = ancestorsIn(object, folder);
  if (ancestors === undefined) return catalog.store.explain(oid);
  const explained = catalog.store.explain(oid, cataloged(object, ancestors));
  if (explained === undefined) return undefined;
  // What is indexed of a moment was taken just before its transaction had one.
  const indexes = explained.indexes.map((index) =>
    index.sources.includes('modified') ? { ...index, isCurrent: true } : index,
  );
  return { ...explained, indexes };
}

/** Judges by containers where that is the same, so a hit costs nothing of its own. */
function visibilityFor(
  work: Work,
  catalog: Catalog,
  { isCode }: { readonly isCode: boolean },
): Visibility {
  const { connection, policy } = work;
  const isPast = connection.at !== undefined;
  return {
    everything: !isCode && viewsEverything(work, catalog),
    container(oid) {
      const container = connection.find(oid as Oid);
      // The past is judged by the settings of today as well, where an object may be elsewhere.
      if (isPast || !isContainer(container)) return 'each';
      if (policy.may('View', new Anything(container))) return 'all';
      // One's own objects, and folders with users of their own, may be seen all the same.
      return isCode || isKnown(policy.caller.principal) ? 'each' : 'none';
    },
    document(oid) {
      const object = connection.find(oid as Oid);
      return object instanceof Content && policy.may('View', object);
    },
    value(oid, source) {
      const object = connection.find(oid as Oid);
      return object instanceof Content ? cataloged(object, []).value(source) : undefined;
    },
  };
}

/** Stands for any object in a container that has no settings, and is nobody's. */
class Anything implements Guarded {
  readonly container: Guarded;
  readonly localRoles = {};

  constructor(container: Guarded) {
    this.container = container;
  }

  get path(): string {
    return this.container.path;
  }

  permissionSetting(): undefined {
    return undefined;
  }
}
