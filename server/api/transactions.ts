/**
 * "Transactions and undo" of the JSON interface.
 */
import { parseTid, type Tid, tidAtMs } from '../../odb/index.js';
import type { Content } from '../content/content.js';
import { listHistory, listTransactions, objectAsOf, revertObject } from '../content/history.js';
import { undoTransactions } from '../content/undo.js';
import { BadRequest, NotFound } from '../errors.js';
import type { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { Body, page, readRange } from './json.js';
import { requireMatch } from './objects.js';
import { objectJson, writtenJson } from './object-json.js';
import { problemResponse } from './problem.js';
import type { Route } from './route.js';
import { listOf, named, pageOf, path, shape, text, tid } from './schemas.js';
import { unifiedDiff } from './unified-diff.js';

export const transactionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'transactions',
    summary: 'Lists transactions that touched the object or anything below it, newest first',
    query: {
      start: { description: 'How many to pass over', schema: { type: 'integer', minimum: 0 } },
      limit: { description: 'How many to give', schema: { type: 'integer', maximum: 1000 } },
      user: { description: 'Only those of this principal', schema: text },
      from: { description: 'Only those at this tid or time, or later', schema: text },
      to: { description: 'Only those at this tid or time, or earlier', schema: text },
    },
    answers: { 200: { description: 'Transactions', schema: pageOf(named('Transaction')) } },
    run(request) {
      const range = readRange(request);
      const user = request.query.text('user');
      const from = readMoment(request, 'from', 'start');
      const to = readMoment(request, 'to', 'end');
      const { items, total } = listTransactions(request, request.object, {
        ...range,
        ...(user === '' ? {} : { user }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
      return Response.json(page(items, total, range));
    },
  },
  {
    method: 'GET',
    path: 'history',
    summary: 'Lists the revisions of the object, newest first',
    query: {
      start: { description: 'How many to pass over', schema: { type: 'integer', minimum: 0 } },
      limit: { description: 'How many to give', schema: { type: 'integer', maximum: 1000 } },
    },
    answers: { 200: { description: 'Revisions', schema: pageOf(named('Revision')) } },
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
    answers: { 200: { description: 'The object as it was', schema: named('Object') } },
    run(request, { tid: given = '' }) {
      const before = asOf(request, given);
      if (!request.query.has('diff')) return Response.json(objectJson(request, before));
      const other = request.query.text('diff');
      const after = asOf(request, other);
      const { path: called } = request.object;
      const patch = unifiedDiff(
        { name: `${called}\t${given}`, text: diffText(objectJson(request, before)) },
        { name: `${called}\t${other}`, text: diffText(objectJson(request, after)) },
      );
      return Response.text(patch, 'text/x-diff; charset=utf-8');
    },
  },
  {
    method: 'POST',
    path: 'revert',
    summary: 'Gives the object the state it had, in a new transaction',
    body: shape({ tid, 'fields?': listOf(text), 'note?': text }),
    answers: { 200: { description: 'The object as it now is', schema: named('Object') } },
    run(request) {
      const body = new Body(request);
      const given = body.required('tid');
      const fields = body.strings('fields');
      const note = body.string('note');
      const at = parseTid(given);
      if (at === undefined) body.refuse('tid', `There is no revision ${given}`);
      body.done();
      requireMatch(request, request.object);
      if (note !== undefined) request.note(note);
      revertObject(request, request.object, at as Tid, fields);
      return Response.json(writtenJson(request, request.object));
    },
  },
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
        schema: shape({ 'tid?': tid, objects: listOf(path) }),
      },
      409: {
        description: 'Later changes stand in the way; `plan` can be undone together',
        schema: shape({ conflicts: listOf({ type: 'object' }), plan: listOf(tid) }),
      },
    },
    run(request) {
      const body = new Body(request);
      const given = body.strings('transactions');
      const objects = body.strings('objects');
      const note = body.string('note');
      const dryRun = body.boolean('dryRun') ?? false;
      const transactions = (given ?? []).map((word, at) => {
        const parsed = parseTid(word);
        if (parsed === undefined)
          body.refuse(`transactions.${at}`, `There is no transaction ${word}`);
        return parsed;
      });
      if (transactions.length === 0) body.refuse('transactions', 'Name at least one');
      body.done();
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
          },
        });
      }
      return Response.json({
        ...(dryRun ? {} : { tid: request.pendingTid }),
        objects: outcome.objects,
      });
    },
  },
];

/**
 * Reads a tid or a time from the query.
 * @param edge which end of a time's millisecond is meant
 * @throws BadRequest naming the parameter when it is neither
 */
export function readMoment(
  request: PublishRequest,
  name: string,
  edge: 'start' | 'end',
): Tid | undefined {
  const given = request.query.text(name);
  if (given === '') return undefined;
  const exact = parseTid(given);
  if (exact !== undefined) return exact;
  const ms = Date.parse(given);
  if (Number.isNaN(ms)) {
    throw new BadRequest(`${name} must be a tid or a time, as in 2026-11-21T09:30Z, not ${given}`, {
      field: name,
    });
  }
  return edge === 'end' ? tidAtMs(ms) : ((ms * 1000) as Tid);
}

function asOf(request: PublishRequest, given: string): Content {
  const at = parseTid(given);
  request.policy.require('Access contents information', request.object);
  const found = at === undefined ? undefined : objectAsOf(request, request.object, at);
  if (found === undefined) throw new NotFound(`${request.object.path} has no revision ${given}`);
  return found;
}

/** An object as lines: its fields and properties one a line, then its text as it is. */
function diffText(json: Readonly<Record<string, unknown>>): string {
  const fields = json['fields'] as Readonly<Record<string, unknown>>;
  const { source, ...rest } = fields;
  const facts = { title: json['title'], owner: json['owner'], ...rest };
  const lines = Object.entries(facts).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const properties = json['properties'] as readonly { name: string; value: unknown }[];
  for (const { name, value } of properties) lines.push(`${name}: ${JSON.stringify(value)}`);
  if (typeof source === 'string') lines.push('', source);
  return `${lines.join('\n')}\n`;
}
