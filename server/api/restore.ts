/**
 * "Transactions and undo" of the JSON interface: restoring from the past.
 */
import { restoreFromPast } from '../content/restore-past.js';
import type { RestoreRequest } from '../content/restore-steps.js';
import { BadRequest } from '../errors.js';
import { readMoment } from '../publisher/moment.js';
import { Response } from '../publisher/response.js';
import { Body } from './json.js';
import { folderAt, requireMatch } from './objects.js';
import { onJson } from './refusals.js';
import type { Route } from './route.js';
import { listOf, path, shape, text, tid } from './schemas.js';

const moved = { enum: ['then', 'now'] };
const newer = { enum: ['stay', 'go'] };

export const restoreRoute: Route = {
  method: 'POST',
  path: 'restore',
  summary:
    'Restores the object, or what stood at some paths, as it was at a moment, with all it held, in one transaction',
  body: shape({
    at: text,
    'objects?': listOf(path),
    'below?': { type: 'boolean' },
    'place?': moved,
    'newer?': newer,
    'security?': { type: 'boolean' },
    'to?': path,
    'id?': text,
    'note?': text,
    'dryRun?': { type: 'boolean' },
  }),
  answers: {
    200: {
      description:
        'What was restored, or with `dryRun` would be: only what differs; `newer` was made since, `left` stays as it is',
      schema: shape({
        'tid?': tid,
        objects: listOf(
          shape({
            kind: { enum: ['back', 'moved', 'changed'] },
            path,
            before: { type: ['string', 'null'] },
            parts: listOf(text),
          }),
        ),
        newer: listOf(path),
        left: listOf(shape({ path, why: { enum: ['version', 'user', 'lost'] } })),
        hidden: { type: 'integer' },
      }),
    },
    ...onJson({
      409: 'Its id is taken in its place, or its folder is gone: `to` and `id` say where it goes; or it is a version',
    }),
  },
  run(request) {
    const body = new Body(request);
    const at = body.required('at');
    const objects = body.strings('objects');
    const below = body.boolean('below');
    const place = body.string('place');
    const since = body.string('newer');
    const security = body.boolean('security');
    const to = body.string('to');
    const id = body.string('id');
    const note = body.string('note');
    const dryRun = body.boolean('dryRun') ?? false;
    if (!isOneOf(moved.enum, place)) body.refuse('place', 'This is either then or now');
    if (!isOneOf(newer.enum, since)) body.refuse('newer', 'What was made since can stay or go');
    if (objects?.length === 0) body.refuse('objects', 'Name at least one');
    const moment = momentIn(body, at);
    body.done();
    requireMatch(request, request.object);
    if (note !== undefined) request.note(note);
    const { oid } = request.object;
    const outcome = restoreFromPast(request, {
      at: moment,
      objects: objects ?? (oid === undefined ? [] : [oid]),
      dryRun,
      ...(below === undefined ? {} : { below }),
      ...(place === undefined ? {} : { place: place as NonNullable<RestoreRequest['place']> }),
      ...(since === undefined ? {} : { newer: since as NonNullable<RestoreRequest['newer']> }),
      ...(security === undefined ? {} : { security }),
      ...(to === undefined ? {} : { to: folderAt(request, to) }),
      ...(id === undefined ? {} : { id }),
    });
    return Response.json({
      ...(dryRun ? {} : { tid: request.transactionTid }),
      objects: outcome.restored.map(({ kind, path: now, pathBefore, parts }) => ({
        kind,
        path: now,
        before: pathBefore ?? null,
        parts,
      })),
      newer: outcome.newer,
      left: outcome.left,
      hidden: outcome.hidden,
    });
  },
};

function isOneOf(choices: readonly string[], given: string | undefined): boolean {
  return given === undefined || choices.includes(given);
}

/** Reads the moment; one that is none is refused among all that is wrong with the body. */
function momentIn(body: Body, given: string): ReturnType<typeof readMoment> {
  try {
    return readMoment('at', given === '' ? '0' : given, 'end');
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    body.refuse('at', error.message);
    return readMoment('at', '0', 'end');
  }
}
