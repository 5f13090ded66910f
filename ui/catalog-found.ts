/** What a catalog found, as its screens show it: hits, pages of them, and how they were come by. */
import {
  type Catalog,
  type CatalogQuestion,
  type CatalogResult,
  contentTypes,
  type Form,
  type Found,
  type PublishRequest,
  QueryError,
  searchCatalog,
} from '../server/index.js';
import { millisecondsInWords, valueInWords } from './catalog-words.js';
import { screenUrl, type ViewModel } from './screen.js';

/** Hits on one page. */
export const PAGE_HITS = 20;

/** What is shown where nothing was asked. */
export const NOTHING_ASKED: ViewModel = { found: null, wrong: '' };

/** Reads how many hits stand before the page that is asked for. */
function readStart(query: Form): number {
  const start = query.text('start');
  return /^\d{1,9}$/.test(start) ? Number(start) : 0;
}

/** Asks, and gives what is shown of the answer; `wrong` where the question makes no sense. */
export function outcomeOf(
  request: PublishRequest,
  catalog: Catalog,
  {
    readQuestion,
    more = () => ({}),
  }: {
    readonly readQuestion: () => Omit<CatalogQuestion, 'start' | 'limit'>;
    /** What else is shown of it. */
    readonly more?: (result: CatalogResult) => ViewModel;
  },
): ViewModel {
  const start = readStart(request.query);
  try {
    const range = { start, limit: PAGE_HITS };
    const result = searchCatalog(request, catalog, { ...readQuestion(), excerpts: true, ...range });
    return { ...NOTHING_ASKED, found: { ...foundOf(request, result, start), ...more(result) } };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const { message, position } = error;
    return {
      ...NOTHING_ASKED,
      wrong: position === undefined ? message : `${message} (at character ${position + 1})`,
    };
  }
}

function foundOf(
  request: PublishRequest,
  { items, total, plan, milliseconds }: CatalogResult,
  start: number,
): ViewModel {
  const page = (at: number): string => `?${paramsWith(request.query, 'start', [String(at)])}`;
  return {
    total,
    first: start + 1,
    last: start + items.length,
    took: millisecondsInWords(milliseconds),
    hits: items.map((found) => hitOf(found, request)),
    facets: [],
    plan: (plan ?? []).map(({ step, estimate, hits, milliseconds: ms }) => ({
      ...{ step, hits, took: millisecondsInWords(ms) },
      estimate: estimate === undefined ? '' : Math.round(estimate).toLocaleString('en-GB'),
    })),
    suggestion: '',
    earlier: start > 0 ? page(Math.max(0, start - PAGE_HITS)) : '',
    later: start + items.length < total && items.length > 0 ? page(start + PAGE_HITS) : '',
  };
}

function hitOf({ object, score, columns, excerpt }: Found, request: PublishRequest): ViewModel {
  const type = contentTypes.get(object.type);
  const mayManage = request.policy.may('View management screens', object);
  return {
    heading: object.title === '' ? object.id || '/' : object.title,
    path: object.path,
    icon: type?.icon ?? 'file',
    type: type?.title ?? object.type,
    href: mayManage ? screenUrl(object) : object.url,
    score: score === undefined ? '' : score.toFixed(2),
    excerpt: excerpt ?? null,
    columns: Object.entries(columns)
      .filter(([name]) => name !== 'title' && name !== 'path')
      .map(([name, value]) => ({ name, value: valueInWords(value) })),
  };
}

/** A page's query with other values of one name; back to the first page unless that is it. */
export function paramsWith(query: Form, name: string, values: readonly string[]): string {
  const params = new URLSearchParams();
  for (const each of query.names) {
    if (each === name || each === 'start' || each === 'done') continue;
    for (const value of query.all(each)) if (value !== '') params.append(each, value);
  }
  for (const value of values) params.append(name, value);
  return params.toString();
}
