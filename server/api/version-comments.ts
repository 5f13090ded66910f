/**
 * Comments on the changes of a version, in the JSON interface. They are written, listed and taken away
 * in main, whatever version the request is in.
 */
import {
  addComment,
  COMMENT_CHARACTERS_MAX,
  listComments,
  removeComment,
  type VersionComment,
} from '../content/version-comments.js';
import { JOIN_PERMISSION } from '../content/version.js';
import { Response } from '../publisher/response.js';
import { Body, type Json, page, readRange, timeOf } from './json.js';
import { requireMatch } from './objects.js';
import { onJson, onRead } from './refusals.js';
import type { Route } from './route.js';
import { pageOf, path, principal, rangeQuery, shape, text, tid, time } from './schemas.js';
import { NO_VERSION, requireVersion } from './versions.js';

const comment = shape({
  id: text,
  path: { ...path, description: 'Where the change is, as in the list of changes' },
  user: principal,
  text,
  time,
  outdated: { type: 'boolean', description: 'The object was changed in the version since' },
});

export const versionCommentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'comments',
    summary: 'Lists what was said of the changes in the version, the oldest first',
    query: rangeQuery,
    answers: {
      200: { description: 'Comments', schema: pageOf(comment) },
      ...onRead({ 404: NO_VERSION }),
    },
    run(request) {
      const range = readRange(request);
      const comments = listComments(request, requireVersion(request));
      const items = comments.slice(range.start, range.start + range.limit).map(commentJson);
      return Response.json(page(items, comments.length, range));
    },
  },
  {
    method: 'POST',
    path: 'comments',
    permission: JOIN_PERMISSION,
    summary: 'Says something of a change in the version',
    body: shape({ path, text: { ...text, minLength: 1, maxLength: COMMENT_CHARACTERS_MAX } }),
    answers: {
      200: { description: 'It was said', schema: shape({ id: text, tid }) },
      ...onJson({ 404: NO_VERSION, 409: 'There are too many comments on it' }),
    },
    async run(request) {
      const version = requireVersion(request);
      const body = new Body(request);
      const about = body.required('path');
      const said = body.required('text');
      body.done();
      requireMatch(request, version);
      const id = await addComment(request, version, { path: about, text: said });
      return Response.json({ id, tid: request.transactionTid });
    },
  },
  {
    method: 'DELETE',
    path: 'comments',
    permission: JOIN_PERMISSION,
    summary: 'Takes a comment away: one’s own, or any where one may check the version in',
    body: shape({ id: text }),
    answers: {
      200: { description: 'It is gone', schema: shape({ id: text, tid }) },
      ...onJson({ 404: 'There is no such version, or no such comment on it' }),
    },
    run(request) {
      const version = requireVersion(request);
      const body = new Body(request);
      const id = body.required('id');
      body.done();
      requireMatch(request, version);
      removeComment(request, version, id);
      return Response.json({ id, tid: request.transactionTid });
    },
  },
];

function commentJson({
  id,
  path: about,
  user,
  text: said,
  timeMs,
  outdated,
}: VersionComment): Json {
  return { id, path: about, user, text: said, time: timeOf(timeMs), outdated };
}
