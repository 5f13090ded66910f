/**
 * Links for a preview of a version, in the JSON interface. They are made, listed and ended in main,
 * whatever version the request is in, and none of it is a transaction.
 */
import {
  listPreviews,
  makePreview,
  PREVIEW_DAYS_DEFAULT,
  PREVIEW_DAYS_MAX,
  type PreviewLink,
  revokePreview,
} from '../content/version-preview.js';
import { JOIN_PERMISSION } from '../content/version.js';
import { Response } from '../publisher/response.js';
import { Body, type Json, page, readRange, readTime, timeOf } from './json.js';
import { JSON_REASONS, onOrder, onRead } from './refusals.js';
import type { Route } from './route.js';
import { moment, pageOf, principal, rangeQuery, shape, text, time } from './schemas.js';
import { NO_VERSION, requireOwnRequest, requireVersion } from './versions.js';

const DAY_MS = 24 * 60 * 60 * 1000;

const link = shape({ id: text, user: principal, created: time, until: time });

export const versionPreviewRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'preview',
    summary: 'Lists the links to a preview of the version that hold, the newest first',
    query: rangeQuery,
    answers: {
      200: { description: 'Links, without their tokens', schema: pageOf(link) },
      ...onRead({ 404: NO_VERSION }),
    },
    async run(request) {
      const range = readRange(request);
      const links = await listPreviews(request, requireVersion(request));
      const items = links.slice(range.start, range.start + range.limit).map(linkJson);
      return Response.json(page(items, links.length, range));
    },
  },
  {
    method: 'POST',
    path: 'preview',
    permission: JOIN_PERMISSION,
    summary: 'Makes a link to a preview of the version, for people without an account',
    body: shape({
      'days?': {
        type: 'number',
        exclusiveMinimum: 0,
        maximum: PREVIEW_DAYS_MAX,
        default: PREVIEW_DAYS_DEFAULT,
      },
      'until?': moment,
    }),
    answers: {
      200: {
        description: 'The link; its address is told this once',
        schema: shape({ id: text, url: { type: 'string', format: 'uri' }, until: moment }),
      },
      ...onOrder({ ...JSON_REASONS, 404: NO_VERSION, 409: 'There are too many links to it' }),
    },
    async run(request) {
      const version = requireVersion(request);
      const body = new Body(request);
      const days = body.number('days');
      const until = body.has('until') ? readTime(body, 'until') : undefined;
      if (days !== undefined && body.has('until')) body.refuse('days', 'Say either days or until');
      if (days !== undefined && !(days > 0 && days <= PREVIEW_DAYS_MAX)) {
        body.refuse('days', `A link holds for ${PREVIEW_DAYS_MAX} days at most`);
      }
      body.done();
      requireOwnRequest(request);
      const forMs = (days ?? PREVIEW_DAYS_DEFAULT) * DAY_MS;
      const made = await makePreview(request, version, until ?? request.nowMs + forMs);
      return Response.json({
        id: made.id,
        url: `${request.origin}/@preview/${made.token}`,
        until: timeOf(made.untilMs),
      }).set('Cache-Control', 'no-store');
    },
  },
  {
    method: 'DELETE',
    path: 'preview',
    permission: JOIN_PERMISSION,
    summary: 'Ends a link to a preview at once',
    body: shape({ id: text }),
    answers: {
      200: { description: 'It has ended', schema: shape({ id: text }) },
      ...onOrder({ ...JSON_REASONS, 404: 'There is no such version, or no such link to it' }),
    },
    async run(request) {
      const version = requireVersion(request);
      const body = new Body(request);
      const id = body.required('id');
      body.done();
      requireOwnRequest(request);
      await revokePreview(request, version, id);
      return Response.json({ id });
    },
  },
];

function linkJson({ id, user, createdMs, untilMs }: PreviewLink): Json {
  return { id, user, created: timeOf(createdMs), until: timeOf(untilMs) };
}
