/**
 * Query: asks a catalog by conditions, and groups of them of which all, any or none hold. The address
 * of the page holds the query as JSON, as templates and `@api/search` take it.
 */
import {
  Catalog,
  type Form,
  type PublishRequest,
  QueryError,
  readOptions,
  readQuery,
  Response,
  viewsEverything,
} from '../../server/index.js';
import { NOTHING_ASKED, outcomeOf } from '../catalog-found.js';
import { sortChoices } from '../catalog-form.js';
import {
  asksOf,
  emptyQuery,
  type Group,
  GROUPS_DEEP_MAX,
  isAsking,
  isGroup,
  type Part,
  queryOf,
  readRows,
  ROOT,
  rowsOf,
} from '../catalog-query.js';
import { defineScreen, screenUrl, type ViewModel } from '../screen.js';

const JOINS = [
  ['and', 'All of these hold'],
  ['or', 'Any of these holds'],
  ['not', 'None of these holds'],
] as const;

export const catalogQuery = defineScreen({
  path: 'query',
  tab: 'Query',
  icon: 'filter',
  view: 'catalog-query',
  permission: 'View management screens',
  styles: ['source', 'catalog'],
  help: 'catalog-screens',
  appliesTo: (object): object is Catalog => object instanceof Catalog,
  show,
  answer,
});

/** What the rows say becomes the address of the page. */
function answer(catalog: Catalog, { query }: PublishRequest): Response | undefined {
  if (!query.has(`${ROOT}.join`)) return undefined;
  const rows = readRows(query, catalog.indexes);
  const params = new URLSearchParams({ query: JSON.stringify(queryOf(rows)) });
  if (query.text('sort') !== '') params.set('sort', query.text('sort'));
  const [verb, path = ''] = query.text('do').split(' ');
  const at = verb === 'remove' ? path.slice(0, path.lastIndexOf('.')) : path;
  const place = at === '' ? '' : `#${placeIn(rows, at, verb === 'remove')}`;
  return Response.redirect(`${screenUrl(catalog, 'query')}?${params.toString()}${place}`, 303);
}

/** Gives what is gone on with: the part that was added last to a group, or the group itself. */
function placeIn(rows: Group, path: string, isGroupItself: boolean): string {
  let group = rows;
  for (const step of path.split('.').slice(1).map(Number)) {
    const part = group.parts[step];
    if (part !== undefined && isGroup(part)) group = part;
  }
  return isGroupItself ? path : `${path}.${group.parts.length - 1}`;
}

function show(catalog: Catalog, request: PublishRequest): ViewModel {
  const { query } = request;
  const given = readGiven(query, catalog);
  const rows = rowsOf(given.query, catalog.indexes);
  const isAsked = rows === undefined || isAsking(rows);
  const json = JSON.stringify(given.query);
  const sort = query.text('sort');
  const outcome = isAsked
    ? outcomeOf(request, catalog, {
        readQuestion: () => {
          if (given.error !== undefined) throw given.error;
          return { query: given.query, ...readOptions({ sort }) };
        },
      })
    : NOTHING_ASKED;
  const params = new URLSearchParams({ query: json, ...(sort === '' ? {} : { sort }) });
  return {
    ...{ root: ROOT, action: screenUrl(catalog, 'query') },
    indexesHref: screenUrl(catalog, 'indexes'),
    hasIndexes: catalog.indexes.some((index) => asksOf(index).length > 0),
    isPending: catalog.derived.pending !== undefined,
    rows: rows === undefined ? null : shownGroup(rows, catalog, ROOT),
    sorts: sortChoices(catalog, query),
    sort,
    size: viewsEverything(request, catalog) ? catalog.store.size : null,
    isAsked,
    json:
      given.error === undefined ? JSON.stringify(given.query, undefined, 2) : query.text('query'),
    jsonHref: `${catalog.url}/@api/search?${params.toString()}`,
    // In a template a text stands between the quotes that it does not have.
    template: json.includes("'") ? '' : `{{#in (search ${catalog.id} query='${json}')}} … {{/in}}`,
    ...outcome,
  };
}

interface Given {
  readonly query: Readonly<Record<string, unknown>>;
  readonly error?: QueryError;
}

/** Reads the query in the address; one that is no JSON is shown as it is. */
function readGiven(query: Form, catalog: Catalog): Given {
  const text = query.text('query').trim();
  if (text === '') return { query: queryOf(emptyQuery(catalog.indexes)) };
  try {
    return { query: readQuery({ query: text }) };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { query: {}, error };
  }
}

function shownGroup(group: Group, catalog: Catalog, path: string): ViewModel {
  const number = path
    .split('.')
    .slice(1)
    .map((step) => Number(step) + 1);
  const isRoot = number.length === 0;
  return {
    isGroup: true,
    ...{ path, isRoot },
    name: isRoot ? 'Query' : `Group ${number.join('.')}`,
    joins: JOINS.map(([value, words]) => ({ value, words, chosen: value === group.join })),
    mayGroup: number.length + 1 < GROUPS_DEEP_MAX,
    parts: group.parts.map((part, at) => shownPart(part, catalog, `${path}.${at}`)),
  };
}

function shownPart(part: Part, catalog: Catalog, path: string): ViewModel {
  if (isGroup(part)) return shownGroup(part, catalog, path);
  const number = path
    .split('.')
    .slice(1)
    .map((step) => Number(step) + 1);
  const { index, how, value } = part;
  return {
    isGroup: false,
    ...{ path, value },
    name: `Condition ${number.join('.')}`,
    asks: catalog.indexes.flatMap((each) => {
      const asks = asksOf(each);
      const choices = asks.map((ask) => ({ ...ask, chosen: ask.value === `${index} ${how}` }));
      return asks.length === 0 ? [] : [{ index: each.name, choices }];
    }),
  };
}
