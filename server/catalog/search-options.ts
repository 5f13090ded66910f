/**
 * How hits are to be given: their order, which of them, and what is to be counted.
 */
import type { CatalogIndex } from './catalog-index.js';
import { FACET_LIMIT_DEFAULT, FACET_LIMIT_MAX } from './facets.js';
import { QueryError } from './query-error.js';
import type { Indexes } from './query.js';
import type { SortKey } from './sort.js';
import type { Visibility } from './visibility.js';
import { isPlainObject } from '../../odb/index.js';
import { quoted } from '../quote.js';

/** Hits of one batch, unless more are asked for. */
export const LIMIT_DEFAULT = 20;
/** Where a batch may end: what comes before is sorted, too. */
export const HITS_MAX = 10_000;
export const SORT_KEYS_MAX = 10;
/** Stands for the score among the keys of a sort. */
export const SCORE = 'score';

/** How a search is to answer. What comes from outside is checked. */
export interface SearchOptions {
  /**
   * What to sort by: a name of an index or `score`, with `-` before it to descend, or a list of
   * them, or of `{ index, order }`. Default: by score where there are scores, else by id.
   */
  readonly sort?: unknown;
  /** `ascending` or `descending` (`reverse`), for all keys or a list for each. */
  readonly order?: unknown;
  /** Hits before the batch. */
  readonly start?: number | undefined;
  readonly limit?: number | undefined;
  /** Indexes whose values are counted among the hits: names, or `{ index, limit }`. */
  readonly facets?: readonly unknown[] | undefined;
  /** What the one who asks may view. Default: everything. */
  readonly visibility?: Visibility | undefined;
  /** Gives the oid at a path, for path indexes. */
  readonly resolvePath?: ((path: string) => number | undefined) | undefined;
  /** Milliseconds, from any beginning. */
  readonly now?: (() => number) | undefined;
}

/** Reads what to sort by. @throws QueryError `SRV_QUERY` */
export function readSort({ sort, order }: SearchOptions, indexes: Indexes): readonly SortKey[] {
  if (sort === undefined || sort === '') return [];
  const given: readonly unknown[] = Array.isArray(sort) ? sort : [sort];
  if (given.length > SORT_KEYS_MAX) {
    throw new QueryError('sort', `there are at most ${SORT_KEYS_MAX} keys`);
  }
  const orders: readonly unknown[] = Array.isArray(order) ? order : given.map(() => order);
  return given.map((each, at) => {
    if (isPlainObject(each)) return sortKey(each.index, each.order ?? orders[at], indexes);
    if (typeof each === 'string' && each.startsWith('-')) {
      return sortKey(each.slice(1), 'descending', indexes);
    }
    return sortKey(each, orders[at], indexes);
  });
}

/** Reads which hits. @throws QueryError `SRV_QUERY` */
export function readBatch({ start = 0, limit = LIMIT_DEFAULT }: SearchOptions): {
  readonly start: number;
  readonly limit: number;
} {
  for (const [name, value] of Object.entries({ start, limit })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new QueryError(name, 'is a whole number from 0 on');
    }
  }
  if (start + limit > HITS_MAX) {
    throw new QueryError(
      'start',
      `with the limit, it reaches to ${HITS_MAX} at most: ask for less`,
    );
  }
  return { start, limit };
}

/** Reads which values to count. @throws QueryError `SRV_QUERY` */
export function readFacets(
  { facets = [] }: SearchOptions,
  indexes: Indexes,
): readonly { readonly index: CatalogIndex; readonly limit: number }[] {
  return facets.map((facet) => {
    const { index: name, limit } = isPlainObject(facet)
      ? facet
      : { index: facet, limit: undefined };
    const index = indexNamed(name, 'facets', indexes);
    if (index.counted === undefined) {
      throw new QueryError('facets', `the values of ${quoted(index.name)} cannot be counted`);
    }
    const most = limit ?? FACET_LIMIT_DEFAULT;
    if (
      typeof most !== 'number' ||
      !Number.isSafeInteger(most) ||
      most < 1 ||
      most > FACET_LIMIT_MAX
    ) {
      throw new QueryError('facets', `a limit is a whole number from 1 to ${FACET_LIMIT_MAX}`);
    }
    return { index, limit: most };
  });
}

/** Gives an index by name. @throws QueryError `SRV_QUERY` naming those there are */
export function indexNamed(name: unknown, field: string, indexes: Indexes): CatalogIndex {
  const index = typeof name === 'string' ? indexes.get(name) : undefined;
  if (index !== undefined) return index;
  const names = [...indexes.keys()].join(', ') || 'none';
  throw new QueryError(field, `there is no index ${quoted(String(name))}; there are ${names}`);
}

function sortKey(name: unknown, order: unknown, indexes: Indexes): SortKey {
  const direction = directionOf(order);
  // The best comes first, unless the worst is asked for.
  if (name === SCORE) return { index: undefined, descending: direction !== 'ascending' };
  const index = indexNamed(name, 'sort', indexes);
  if (index.order === undefined) {
    const { type } = index.definition;
    throw new QueryError('sort', `${quoted(index.name)} is a ${type} index, which cannot sort`);
  }
  return { index, descending: direction === 'descending' };
}

function directionOf(order: unknown): 'ascending' | 'descending' | undefined {
  switch (order) {
    case undefined:
    case '':
      return undefined;
    case 'ascending':
    case 'asc':
      return 'ascending';
    case 'descending':
    case 'desc':
    case 'reverse':
      return 'descending';
    default:
      throw new QueryError('order', 'is “ascending” or “descending”');
  }
}
