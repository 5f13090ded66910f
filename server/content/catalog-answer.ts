/**
 * What templates are answered by a catalog.
 *
 * Named arguments are those of the JSON interface: names of indexes, and `sort`, `order`, `start`,
 * `limit` and `facets`, which may be texts as a form sends them. `query` is a whole query, with groups
 * joined by `and`, `or` and `not`, as JSON.
 */
import { QueryError } from '../catalog/query-error.js';
import { isPlainObject } from '../../odb/index.js';
import type { SearchAnswer } from '../templates/index.js';
import { Html } from '../templates/index.js';
import type { Catalog } from './catalog.js';
import { excerptHtml } from './catalog-excerpt.js';
import { type CatalogQuestion, searchCatalog } from './catalog-search.js';
import type { Work } from './work.js';

/** Names that are no question to an index. */
const SEARCH_OPTIONS: ReadonlySet<string> = new Set(['sort', 'order', 'start', 'limit', 'facets']);

/**
 * Answers a template.
 *
 * @throws Unauthorized without `Search Catalog`, of the caller or of an author
 * @throws QueryError `SRV_QUERY` naming the argument that makes no sense
 */
export function answerTemplate(
  work: Work,
  catalog: Catalog,
  named: Readonly<Record<string, unknown>>,
): SearchAnswer {
  const { items, total, facets, suggestion } = searchCatalog(work, catalog, {
    query: readQuery(named),
    isCode: true,
    excerpts: true,
    ...readOptions(named),
  });
  return {
    total,
    facets,
    suggestion,
    items: items.map(({ object, score, excerpt }) => ({
      object,
      score,
      excerpt: excerpt === undefined ? undefined : new Html(excerptHtml(excerpt)),
    })),
  };
}

/**
 * Reads what is asked: indexes by their names, and `query`, which has to hold besides.
 *
 * @throws QueryError `SRV_QUERY` for a `query` that is none
 */
export function readQuery(
  named: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { query, ...rest } = Object.fromEntries(
    Object.entries(named).filter(([name]) => !SEARCH_OPTIONS.has(name)),
  );
  if (query === undefined || query === '') return rest;
  const whole = typeof query === 'string' ? parsed(query) : query;
  if (!isPlainObject(whole)) {
    throw new QueryError('query', 'is a query as JSON, such as {"or": [{"title": "a"}, …]}');
  }
  return Object.keys(rest).length === 0 ? whole : { and: [rest, whole] };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new QueryError('query', `is no JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Reads what says how an answer is to be given. @throws QueryError `SRV_QUERY` */
export function readOptions(
  named: Readonly<Record<string, unknown>>,
): Omit<CatalogQuestion, 'query'> {
  const { sort, order, facets } = named;
  const keys = listOf(sort);
  const orders = listOf(order);
  if (orders.length > Math.max(keys.length, 1)) {
    throw new QueryError('order', 'there are more than keys to sort by');
  }
  return {
    ...(keys.length === 0 ? {} : { sort: keys }),
    ...(orders.length === 0 ? {} : { order: orders.length === 1 ? orders[0] : orders }),
    ...(facets === undefined ? {} : { facets: listOf(facets) }),
    ...countOf(named, 'start'),
    ...countOf(named, 'limit'),
  };
}

/** Names may stand in one text, with commas between them. */
function listOf(value: unknown): readonly unknown[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values
    .flatMap((each) => (typeof each === 'string' ? each.split(',') : [each]))
    .map((each) => (typeof each === 'string' ? each.trim() : each))
    .filter((each) => each !== undefined && each !== null && each !== '');
}

/** A text of digits is a number; anything else is refused where it is used. */
function countOf(
  named: Readonly<Record<string, unknown>>,
  name: 'start' | 'limit',
): Partial<Record<'start' | 'limit', number>> {
  const value = named[name];
  if (value === undefined || value === null || value === '') return {};
  const count = typeof value === 'string' ? Number(value) : value;
  return { [name]: typeof count === 'number' ? count : NaN };
}
