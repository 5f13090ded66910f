/**
 * The JSON interface, “SQL and catalog”: searching, and indexing again.
 */
import { INDEX_PERMISSION, Catalog, SEARCH_PERMISSION } from '../content/catalog.js';
import { readOptions, readQuery } from '../content/catalog-answer.js';
import { excerptHtml } from '../content/catalog-excerpt.js';
import { beginFilling } from '../content/catalog-fill.js';
import { type Found, searchCatalog } from '../content/catalog-search.js';
import { Invalid, NotFound } from '../errors.js';
import { reindexOrder } from '../jobs/reindex.js';
import type { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { quoted } from '../quote.js';
import { principalKey } from '../security/principal.js';
import { startedJob } from './jobs.js';
import { Body, type Json, readRange } from './json.js';
import { objectAt } from './objects.js';
import { onOrder, onRead, JSON_REASONS } from './refusals.js';
import type { Route } from './route.js';
import { listOf, named, path, rangeQuery, shape, text } from './schemas.js';

const NO_CATALOG = 'There is no such object, or it is no catalog';

export const catalogRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'search',
    permission: SEARCH_PERMISSION,
    summary:
      'Finds objects: each index by its name, `NAME_from`, `NAME_to`, `NAME_operator`, `NAME_not`, `NAME_level`',
    query: {
      ...rangeQuery,
      query: {
        description:
          'A whole query as JSON: `{"and": […]}`, `{"or": […]}` and `{"not": {…}}` around names of indexes. It has to hold beside what else is asked',
        schema: text,
      },
      sort: {
        description: 'Names of indexes, or `score`; with `-` before one, the last comes first',
        schema: listOf(text),
      },
      order: {
        description: 'For each of them, which way',
        schema: listOf({ enum: ['asc', 'desc', 'ascending', 'descending'] }),
      },
      facets: {
        description: 'Indexes whose values are counted among all that is found',
        schema: listOf(text),
      },
    },
    answers: {
      200: { description: 'What was found, and may be viewed', schema: named('Found') },
      ...onRead({
        400: 'The query cannot be understood; `field` names the part, `position` where in a text',
        404: NO_CATALOG,
      }),
    },
    run(request) {
      const { start, limit } = readRange(request);
      const catalog = requireCatalog(request);
      const { at: _at, ...asked } = request.query.toObject();
      const result = searchCatalog(request, catalog, {
        query: readQuery(asked),
        ...readOptions(asked),
        ...{ start, limit },
        excerpts: true,
      });
      const { items, total, facets, suggestion } = result;
      return Response.json({
        items: items.map(foundJson),
        total,
        ...{ start, limit },
        ...(request.query.has('facets') ? { facets } : {}),
        ...(suggestion === undefined ? {} : { suggestion }),
      });
    },
  },
  {
    method: 'POST',
    path: 'reindex',
    permission: INDEX_PERMISSION,
    summary: 'Indexes everything again, or what is at a path and below it',
    body: shape({ 'path?': path }),
    answers: {
      202: {
        description: 'A job does it; `Location` is its address',
        schema: shape({ job: text }),
      },
      ...onOrder({ ...JSON_REASONS, 404: NO_CATALOG }),
    },
    run(request) {
      const catalog = requireCatalog(request);
      const body = new Body(request);
      const below = body.string('path');
      body.done();
      request.policy.require(INDEX_PERMISSION, catalog);
      if (below === undefined) beginFilling(catalog);
      else requireCovered(request, catalog, below);
      const command = orderOf(request, catalog, below);
      request.order(command);
      return startedJob(command.order.id);
    },
  },
];

/** Gives what starts the job that indexes all, or what is at a path. */
function orderOf(
  request: PublishRequest,
  catalog: Catalog,
  below?: string,
): ReturnType<typeof reindexOrder> {
  const { oid } = catalog;
  if (oid === undefined) throw new TypeError('A catalog that is indexed is part of a transaction');
  const { version } = request.connection;
  return reindexOrder(
    { user: principalKey(request.user), path: catalog.path },
    {
      catalog: oid,
      ...(version === undefined ? {} : { version }),
      ...(below === undefined ? {} : { path: below }),
    },
  );
}

/** @throws NotFound when the request is for something else */
function requireCatalog({ object }: PublishRequest): Catalog {
  if (object instanceof Catalog) return object;
  throw new NotFound(`${object.path} is no catalog`);
}

function requireCovered(request: PublishRequest, catalog: Catalog, below: string): void {
  const found = below.startsWith('/') ? objectAt(request, below) : undefined;
  const folder = catalog.container;
  if (found !== undefined && folder !== undefined && found.isWithin(folder)) return;
  const message = `There is nothing at ${quoted(below)} that this catalog covers`;
  throw new Invalid([{ field: 'path', message }]);
}

function foundJson({ object, score, columns, excerpt }: Found): Json {
  return {
    ...columns,
    path: object.path,
    ...(score === undefined ? {} : { score }),
    ...(excerpt === undefined ? {} : { excerpt: excerptHtml(excerpt) }),
  };
}
