/**
 * Search: asks a catalog by all its indexes, and shows what was found, how often each value is among
 * it, and how the answer was come by. The address of the page says all that was asked.
 */
import {
  Catalog,
  type CatalogResult,
  type FacetCount,
  type Form,
  type PublishRequest,
  readOptions,
  viewsEverything,
} from '../../server/index.js';
import { askedOf, facetIndexes, queryClauses, sortChoices } from '../catalog-form.js';
import { NOTHING_ASKED, outcomeOf, paramsWith } from '../catalog-found.js';
import { defineScreen, screenUrl, type ViewModel } from '../screen.js';

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
  const outcome = isAsked
    ? outcomeOf(request, catalog, {
        readQuestion: () => ({
          query: asked,
          ...readOptions({ sort: query.text('sort') }),
          facets: facetIndexes(catalog),
        }),
        more: (result) => narrowing(catalog, request, result),
      })
    : NOTHING_ASKED;
  return {
    action: screenUrl(catalog, 'search'),
    indexesHref: screenUrl(catalog, 'indexes'),
    hasIndexes: catalog.indexes.length > 0,
    clauses: queryClauses(catalog, query),
    sorts: sortChoices(catalog, query),
    size: viewsEverything(request, catalog) ? catalog.store.size : null,
    isPending: catalog.derived.pending !== undefined,
    isAsked,
    jsonHref: `${catalog.url}/@api/search?${searchParams(asked, query).toString()}`,
    template: templateOf(catalog, asked, query),
    ...outcome,
  };
}

/** What leads to other questions: values among what was found, and what else may have been meant. */
function narrowing(
  catalog: Catalog,
  request: PublishRequest,
  { facets, suggestion }: CatalogResult,
): ViewModel {
  const { query } = request;
  return {
    facets: Object.entries(facets).flatMap(([name, counts]) => facetOf(query, name, counts)),
    suggestion: suggestion ?? '',
    suggestionHref: suggestion === undefined ? '' : suggestedHref(catalog, request, suggestion),
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
