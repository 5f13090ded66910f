/**
 * The JSON interface, “SQL and catalog”: what is saved on the site and has still to be done in a
 * database; trying again, and giving up.
 */
import { CHANGE_CONNECTIONS } from '../content/sql-connection.js';
import {
  finishNow,
  giveUpUnfinished,
  unfinishedIn,
  type UnfinishedItem,
} from '../content/sql-unfinished.js';
import { Response } from '../publisher/response.js';
import { Body, type Json, timeOf } from './json.js';
import { JSON_REASONS, onOrder, onRead } from './refusals.js';
import type { Route } from './route.js';
import { listOf, named, shape, text, tid } from './schemas.js';
import { NO_CONNECTION, requireConnection } from './sql.js';

export const sqlUnfinishedRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'unfinished',
    summary: 'Lists transactions whose objects are saved and whose part in the database is not yet',
    answers: {
      200: { description: 'What waits, the oldest first', schema: named('SqlUnfinished') },
      ...onRead({ 404: NO_CONNECTION }),
    },
    run(request) {
      const { items, isKnown, problem } = unfinishedIn(request, requireConnection(request));
      return Response.json({
        items: items.map(itemJson),
        known: isKnown,
        problem: problem?.message ?? null,
        tried: problem === undefined ? null : timeOf(problem.triedMs),
      });
    },
  },
  {
    method: 'POST',
    path: 'finish',
    permission: CHANGE_CONNECTIONS,
    summary: 'Tries at once to finish what waits for a database',
    answers: {
      200: {
        description: 'Whether nothing waits any more, and why not',
        schema: shape({ finished: { type: 'boolean' }, problem: { type: ['string', 'null'] } }),
      },
      ...onOrder({ ...JSON_REASONS, 404: NO_CONNECTION }),
    },
    async run(request) {
      const connection = requireConnection(request);
      new Body(request).done();
      const problem = await finishNow(request, connection);
      return Response.json({ finished: problem === undefined, problem: problem ?? null });
    },
  },
  {
    method: 'POST',
    path: 'give-up',
    permission: CHANGE_CONNECTIONS,
    summary:
      'Gives up what waits for a database: it is never done there, and cannot be brought back',
    body: shape({ marks: listOf(text), 'note?': text }),
    answers: {
      200: {
        description: 'What was given up',
        schema: shape({ tid, lost: listOf(named('SqlUnfinishedItem')) }),
      },
      ...onOrder({ ...JSON_REASONS, 404: NO_CONNECTION, 409: 'The request is in a version' }),
    },
    run(request) {
      const connection = requireConnection(request);
      const body = new Body(request);
      const marks = body.strings('marks');
      body.requireItems('marks', marks);
      const note = body.string('note');
      body.done();
      if (note !== undefined) request.note(note);
      const lost = giveUpUnfinished(request, connection, marks ?? []);
      return Response.json({ tid: request.pendingTid, lost: lost.map(itemJson) });
    },
  },
];

function itemJson({
  mark,
  madeMs,
  by,
  path,
  isPrepared,
  statements,
  problem,
}: UnfinishedItem): Json {
  return {
    ...{ mark, time: timeOf(madeMs), user: by, connection: path },
    ...{ prepared: isPrepared, statements, problem: problem ?? null },
  };
}
