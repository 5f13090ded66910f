/**
 * Search: asks a catalog by all its indexes, and shows what was found, how often each value is among
 * it, and how the answer was come by. The address of the page says all that was asked.
 */
import {
  Catalog,
  type CatalogResult,
  contentTypes,
  type FacetCount,
  type Form,
  type Found,
  type PublishRequest,
  QueryError,
  readOptions,
  searchCatalog,
} from '../../server/index.js';
import { askedOf, facetIndexes, queryClauses, sortChoices } from '../catalog-form.js';
import { millisecondsInWords, valueInWords } from '../catalog-words.js';
import { defineScreen, screenUrl, type ViewModel } from '../screen.js';

/** Hits on one page. */
export const PAGE_HITS = 20;

export const catalogSearch = defineScreen({
  path: 'search',
  tab: 'Search',
  icon: 'search',
  view: 'catalog-search',
  permission: 'View management screens',
  styles: ['source', 'catalog'],
  help: 'catalog-screens',
  appliesTo: (object): object is Catalog => object instanceof Catalog,
  show,
});

function show(catalog: Catalog, request: PublishRequest): ViewModel {
  const { query } = request;
  const asked = askedOf(catalog, query);
  const isAsked = Object.keys(asked).length > 0;
  const start = readStart(query);
  const outcome = isAsked ? outcomeOf(catalog, request, { asked, start }) : {};
  return {
    action: screenUrl(catalog, 'search'),
    indexesHref: screenUrl(catalog, 'indexes'),
    hasIndexes: catalog.indexes.length > 0,
    clauses: queryClauses(catalog, query),
    sorts: sortChoices(catalog, query),
    size: catalog.store.size,
    isPending: catalog.derived.pending !== undefined,
    isAsked,
    jsonHref: `${catalog.url}/@api/search?${searchParams(asked, query).toString()}`,
    template: templateOf(catalog, asked, query),
    ...outcome,
  };
}

function readStart(query: Form): number {
  const start = query.text('start');
  return /^\d{1,9}$/.test(start) ? Number(start) : 0;
}

interface Question {
  readonly asked: Readonly<Record<string, unknown>>;
  readonly start: number;
}

function outcomeOf(
  catalog: Catalog,
  request: PublishRequest,
  { asked, start }: Question,
): ViewModel {
  const { query } = request;
  try {
    const { sort } = readOptions({ sort: query.text('sort') });
    const result = searchCatalog(request, catalog, {
      query: asked,
      ...(sort === undefined ? {} : { sort }),
      facets: facetIndexes(catalog),
      excerpts: true,
      ...{ start, limit: PAGE_HITS },
    });
    return { found: foundOf({ catalog, request, start }, result) };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const { message, position } = error;
    return {
      wrong: position === undefined ? message : `${message} (at character ${position + 1})`,
    };
  }
}

interface Page {
  readonly catalog: Catalog;
  readonly request: PublishRequest;
  readonly start: number;
}

function foundOf(
  { catalog, request, start }: Page,
  { items, total, facets, plan, milliseconds, suggestion }: CatalogResult,
): ViewModel {
  const { query } = request;
  const page = (at: number): string => `?${paramsWith(query, 'start', [String(at)])}`;
  return {
    total,
    first: start + 1,
    last: start + items.length,
    took: millisecondsInWords(milliseconds),
    hits: items.map((found) => hitOf(found, request)),
    facets: Object.entries(facets ?? {}).flatMap(([name, counts]) => facetOf(query, name, counts)),
    plan: plan.map(({ step, estimate, hits, milliseconds: ms }) => ({
      ...{ step, hits, took: millisecondsInWords(ms) },
      estimate: estimate === undefined ? '' : Math.round(estimate).toLocaleString('en-GB'),
    })),
    suggestion: suggestion ?? '',
    suggestionHref: suggestion === undefined ? '' : suggestedHref(catalog, request, suggestion),
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

/** A facet's values are links: those that were chosen leave the query, others come into it. */
function facetOf(query: Form, name: string, counts: readonly FacetCount[]): readonly ViewModel[] {
  const chosen = query.all(name).filter((value) => value !== '');
  // Where each value is there once, leaving all others out is no help.
  if (chosen.length === 0 && counts.every(({ count }) => count === 1)) return [];
  const values = counts.map(({ value, count }) => ({ value: String(value), count }));
  return [
    {
      name,
      values: values.map(({ value, count }) => {
        const isChosen = chosen.includes(value);
        const next = isChosen ? chosen.filter((each) => each !== value) : [...chosen, value];
        return { value, count, isChosen, href: `?${paramsWith(query, name, next)}` };
      }),
    },
  ];
}

/** The suggestion is for the first text that was asked. */
function suggestedHref({ indexes }: Catalog, request: PublishRequest, suggestion: string): string {
  const { query } = request;
  const texts = indexes.filter(({ type }) => type === 'text').map(({ name }) => name);
  const name = query.names.find((each) => texts.includes(each) && query.text(each) !== '') ?? '';
  return `?${paramsWith(query, name, [suggestion])}`;
}

/** This page's query with other values of one name; back to the first page unless that is it. */
function paramsWith(query: Form, name: string, values: readonly string[]): string {
  const params = new URLSearchParams();
  for (const each of query.names) {
    if (each === name || each === 'start' || each === 'done') continue;
    for (const value of query.all(each)) if (value !== '') params.append(each, value);
  }
  for (const value of values) params.append(name, value);
  return params.toString();
}

/** The query that `@api/search` takes for the same. */
function searchParams(asked: Readonly<Record<string, unknown>>, query: Form): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    for (const each of [value].flat()) params.append(name, String(each));
  }
  const sort = query.text('sort');
  if (sort !== '') params.append('sort', sort);
  return params;
}

/** The same in a template that stands where the catalog is acquired. */
function templateOf(
  { id }: Catalog,
  asked: Readonly<Record<string, unknown>>,
  query: Form,
): string {
  const sort = query.text('sort');
  const named = { ...asked, ...(sort === '' ? {} : { sort }) };
  const parts = Object.entries(named).map(([name, value]) =>
    Array.isArray(value)
      ? `${name}=(split ${JSON.stringify(value.join(','))} ",")`
      : `${name}=${JSON.stringify(value)}`,
  );
  return `{{#in (search ${[id, ...parts].join(' ')})}} … {{/in}}`;
}
