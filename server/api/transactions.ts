/**
 * "Transactions and undo" of the JSON interface.
 */
import { type Oid, parseTid, type Tid } from '../../odb/index.js';
import { type Content, contentAt } from '../content/content.js';
import { listHistory, listTransactions, objectAsOf, revertObject } from '../content/history.js';
import { siteRoot } from '../content/places.js';
import { undoTransactions } from '../content/undo.js';
import { JOIN_PERMISSION, Version } from '../content/version.js';
import { revertInVersion } from '../content/version-revert.js';
import { BadRequest, NotFound } from '../errors.js';
import { readMoment } from '../publisher/moment.js';
import type { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { inVersion, namesVersion } from '../publisher/version.js';
import { quoted } from '../quote.js';
import { Body, page, readRange } from './json.js';
import { requireMatch } from './objects.js';
import { objectJson, writtenJson } from './object-json.js';
import { restoreRoute } from './restore.js';
import { problemResponse } from './problem.js';
import { onJson, onRead, refusal } from './refusals.js';
import type { Route } from './route.js';
import {
  listOf,
  named,
  pageOf,
  path,
  rangeQuery,
  shape,
  text,
  tid,
  written,
  writtenSql,
} from './schemas.js';
import { diffText, unifiedDiff } from './unified-diff.js';

export const transactionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'transactions',
    summary: 'Lists transactions that touched the object or anything below it, newest first',
    query: {
      ...rangeQuery,
      user: { description: 'Only those of this principal', schema: text },
      from: { description: 'Only those at this tid or time, or later', schema: text },
      to: { description: 'Only those at this tid or time, or earlier', schema: text },
      path: {
        description: 'Only those that touched this path, or something below it',
        schema: path,
      },
      undoable: {
        description: 'With `true`, only those that whoever asks may undo',
        schema: { type: 'boolean' },
      },
      version: {
        description:
          'Only those made in the version at this path; by default, where the request is',
        schema: path,
      },
    },
    answers: {
      200: { description: 'Transactions', schema: pageOf(named('Transaction')) },
      ...onRead(),
    },
    run(request) {
      const range = readRange(request);
      const user = request.query.text('user');
      const from = momentIn(request, 'from', 'start');
      const to = momentIn(request, 'to', 'end');
      const version = request.query.text('version');
      const below = request.query.text('path');
      const undoable = request.query.text('undoable');
      const { items, total } = listTransactions(request, request.object, {
        ...range,
        ...(user === '' ? {} : { user }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(below === '' ? {} : { path: below }),
        ...(undoable === 'true' ? { undoable: true } : {}),
        ...(version === '' ? {} : { version: versionNamed(request, version) }),
      });
      return Response.json(page(items, total, range));
    },
  },
  {
    method: 'GET',
    path: 'history',
    summary: 'Lists the revisions of the object, newest first',
    query: rangeQuery,
    answers: {
      200: { description: 'Revisions', schema: pageOf(named('Revision')) },
      ...onRead(),
    },
    run(request) {
      const range = readRange(request);
      const revisions = listHistory(request, request.object);
      const items = revisions.slice(range.start, range.start + range.limit);
      return Response.json(page(items, revisions.length, range));
    },
  },
  {
    method: 'GET',
    path: 'history/{tid}',
    summary: 'Shows the object as it was, or what changed from then to another revision',
    query: { diff: { description: 'The other revision: answers a unified diff', schema: tid } },
    answers: {
      200: {
        description: 'The object as it was; with `diff`, what changed from then on',
        schema: named('Object'),
        besides: { 'text/x-diff': text },
      },
      ...onRead(),
    },
    run(request, { tid: given = '' }) {
      const before = asOf(request, given);
      if (!request.query.has('diff')) return Response.json(objectJson(request, before));
      const other = request.query.text('diff');
      if (parseTid(other) === undefined) {
        throw new BadRequest(`diff must be a tid, not ${quoted(other)}`, { field: 'diff' });
      }
      const after = asOf(request, other);
      const { path: called } = request.object;
      const patch = unifiedDiff(
        { name: called, revision: given, text: diffText(objectJson(request, before)) },
        { name: called, revision: other, text: diffText(objectJson(request, after)) },
      );
      return Response.text(patch, 'text/x-diff; charset=utf-8');
    },
  },
  {
    method: 'POST',
    path: 'revert',
    summary:
      'Gives the object the state it had, in a new transaction; or, asked of a version, takes what was changed at some paths out of it',
    body: {
      ...shape({ 'tid?': tid, 'fields?': listOf(text), 'objects?': listOf(path), 'note?': text }),
      anyOf: [{ required: ['tid'] }, { required: ['objects'] }],
    },
    answers: {
      200: {
        description: 'The object as it now is; of a version, the paths of what was taken out of it',
        schema: { anyOf: [written, shape({ tid, objects: listOf(path) })] },
      },
      ...onJson({ 409: 'It is a version, and the request is in one' }),
    },
    async run(request) {
      const body = new Body(request);
      if (request.object instanceof Version && body.has('objects')) {
        return revertChanges(request, request.object, body);
      }
      const given = body.required('tid');
      const fields = body.strings('fields');
      const note = body.string('note');
      const at = parseTid(given);
      if (at === undefined && given !== '') {
        body.refuse('tid', `There is no revision ${quoted(given)}`);
      }
      body.done();
      // What is asked of a version is done in main, wherever the request is.
      const isInVersion = request.object instanceof Version && namesVersion(request.headers);
      if (isInVersion) throw inVersion('Versions are changed outside of them');
      requireMatch(request, request.object);
      if (note !== undefined) request.note(note);
      revertObject(request, request.object, at as Tid, fields);
      return Response.json(writtenJson(request, request.object));
    },
  },
  restoreRoute,
  {
    method: 'POST',
    path: 'undo',
    summary: 'Takes transactions back in a new one, or says what stands in the way',
    body: shape({
      transactions: listOf(tid),
      'objects?': listOf(path),
      'note?': text,
      'dryRun?': { type: 'boolean' },
    }),
    answers: {
      200: {
        description: 'Undone, or with `dryRun` what would be',
        schema: shape({ 'tid?': tid, objects: listOf(path), 'sql?': writtenSql }),
      },
      ...onJson(),
      409: refusal(
        'Later changes stand in the way, and `plan` can be undone together; or nothing can: the site would be gone',
        'UndoConflict',
      ),
    },
    run(request) {
      const body = new Body(request);
      const given = body.strings('transactions');
      const objects = body.strings('objects');
      const note = body.string('note');
      const dryRun = body.boolean('dryRun') ?? false;
      const transactions = (given ?? []).map((word, at) => {
        const parsed = parseTid(word);
        if (parsed === undefined) {
          body.refuse(`transactions.${at}`, `There is no transaction ${quoted(word)}`);
        }
        return parsed;
      });
      body.requireItems('transactions', given);
      body.done();
      requireMatch(request, request.object);
      if (note !== undefined) request.note(note);
      const outcome = undoTransactions(request, {
        transactions: transactions.filter((each) => each !== undefined),
        ...(objects === undefined ? {} : { objects }),
        dryRun,
      });
      if (outcome.conflicts.length > 0) {
        return problemResponse({
          status: 409,
          title: 'Conflict',
          detail: 'Later transactions changed the same things',
          extra: {
            conflicts: outcome.conflicts.map((conflict) => ({
              ...conflict,
              blockedBy: conflict.blockedBy.map(String),
            })),
            plan: outcome.plan.map(String),
            ...(outcome.sql.length === 0 ? {} : { sql: outcome.sql }),
          },
        });
      }
      return Response.json({
        ...(dryRun ? {} : { tid: request.transactionTid }),
        objects: outcome.objects,
        ...(outcome.sql.length === 0 ? {} : { sql: outcome.sql }),
      });
    },
  },
];

async function revertChanges(
  request: PublishRequest,
  version: Version,
  body: Body,
): Promise<Response> {
  const objects = body.strings('objects');
  const note = body.string('note');
  body.requireItems('objects', objects);
  body.done();
  requireMatch(request, version);
  if (note !== undefined) request.note(note);
  const taken = await revertInVersion(request, version, objects ?? []);
  return Response.json({ tid: request.transactionTid, objects: taken });
}

function momentIn(request: PublishRequest, name: string, edge: 'start' | 'end'): Tid | undefined {
  const given = request.query.text(name);
  return given === '' ? undefined : readMoment(name, given, edge);
}

/** @throws BadRequest when no version is there; Unauthorized for whoever may not be in it */
function versionNamed(request: PublishRequest, given: string): Oid {
  const found = contentAt(siteRoot(request.connection), given);
  if (!(found instanceof Version) || found.oid === undefined) {
    throw new BadRequest(`There is no version ${quoted(given)}`, { field: 'version' });
  }
  request.policy.require(JOIN_PERMISSION, found);
  return found.oid;
}

function asOf(request: PublishRequest, given: string): Content {
  const at = parseTid(given);
  request.policy.require('Access contents information', request.object);
  const found = at === undefined ? undefined : objectAsOf(request, request.object, at);
  if (found === undefined)
    throw new NotFound(`${request.object.path} has no revision ${quoted(given)}`);
  return found;
}
