/**
 * The JSON interface: the view `@api` of every object.
 *
 * Every answer is JSON, errors included, wherever on the way they happened.
 */
import { contentTypes } from '../content/content-type.js';
import { MethodNotAllowed, NotFound, Unauthorized } from '../errors.js';
import { requireJsonType } from '../publisher/json-body.js';
import type { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import type { View } from '../publisher/view.js';
import { quoted } from '../quote.js';
import { isKnown } from '../security/principal.js';
import { VERSION } from '../version.js';
import { batchRoute } from './batch.js';
import { catalogRoutes } from './catalog.js';
import { databaseRoutes } from './database.js';
import { exportRoutes } from './export.js';
import { jobRoutes } from './jobs.js';
import { objectRoutes, requireFit } from './objects.js';
import { openApi } from './openapi.js';
import { problemOf, problemResponse } from './problem.js';
import { onRead } from './refusals.js';
import { type FoundRoute, matchRoutes, type Route } from './route.js';
import { securityRoutes } from './security.js';
import { sqlRoutes } from './sql.js';
import { sqlUnfinishedRoutes } from './sql-unfinished.js';
import { transactionRoutes } from './transactions.js';
import { versionCommentRoutes } from './version-comments.js';
import { versionPreviewRoutes } from './version-preview.js';
import { versionReviewRoutes } from './version-review.js';
import { placeInVersions, versionRoutes } from './versions.js';

/** Every route of the JSON interface. */
export const routes: readonly Route[] = [
  ...objectRoutes,
  ...exportRoutes,
  batchRoute(answer),
  ...transactionRoutes,
  ...versionRoutes,
  ...versionReviewRoutes,
  ...versionCommentRoutes,
  ...versionPreviewRoutes,
  ...securityRoutes,
  ...sqlRoutes,
  ...sqlUnfinishedRoutes,
  ...catalogRoutes,
  ...jobRoutes,
  ...databaseRoutes,
  {
    method: 'GET',
    path: 'openapi.json',
    rootOnly: true,
    summary: 'Describes all of this',
    answers: {
      200: { description: 'An OpenAPI 3.1 document', schema: { type: 'object' } },
      ...onRead(),
    },
    run: () => Response.json(openApi(routes, VERSION)),
  },
];

export const apiView: View = {
  name: '@api',
  containmentOnly: true,
  handle: answer,
  place: placeInVersions,
  preflight: judgeLargeBody,
  error: (error, id) => problemResponse(problemOf(error, id)),
};

async function answer(request: PublishRequest): Promise<Response> {
  const { route, parameters } = findRoute(request);
  return route.run(request, parameters);
}

/** What bytes are to change is known before they are read; of JSON, at least who sends it. */
function judgeLargeBody(request: PublishRequest): void {
  const { route } = findRoute(request);
  const { object, policy, user } = request;
  const { changePermission } = contentTypes.of(object);
  // Whoever may change an object need not be able to view it.
  const mayChange = route.body === 'raw' || policy.may(changePermission, object);
  policy.require(route.permission ?? (mayChange ? changePermission : 'View'), object);
  if (!isKnown(user)) {
    throw new Unauthorized('Sign in to send so much at once.', {
      known: false,
      decision: policy.decide('View', object),
    });
  }
  if (typeof route.body === 'object') requireJsonType(request.mediaType);
  if (route.path === 'data') requireFit(object, Number(request.headers['content-length'] ?? 0));
}

function findRoute(request: PublishRequest): FoundRoute {
  const found = matchRoutes(routes, request.rest).filter(
    ({ route }) => route.rootOnly !== true || request.object.container === undefined,
  );
  if (found.length === 0) {
    throw new NotFound(
      `The JSON interface has no ${quoted(request.rest.join('/'))} at ${request.object.path}`,
    );
  }
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const fitting = found.find(({ route }) => route.method === method);
  if (fitting !== undefined) return fitting;
  const allow = found.flatMap(({ route }) =>
    route.method === 'GET' ? ['GET', 'HEAD'] : [route.method],
  );
  throw new MethodNotAllowed(
    `${request.method} means nothing here; what can be used is ${allow.join(', ')}`,
    { allow },
  );
}
