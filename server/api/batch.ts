/**
 * "Batch" of the JSON interface: several operations in one transaction, or none.
 *
 * Each operation is a request of its own, traversed and judged like any other, in the transaction
 * of the request that brought it. The first that fails ends the batch, and nothing is kept.
 */
import { TransientError } from '../../odb/index.js';
import { siteRoot } from '../content/places.js';
import { Invalid, NotFound, ServerError, TooLarge } from '../errors.js';
import { DRY_RUN_FIELD, PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { quoted } from '../quote.js';
import { readPath, traverse } from '../publisher/traverse.js';
import { Body, isObject, type Json } from './json.js';
import { requireMatch } from './objects.js';
import { type Problem, problemOf, problemResponse } from './problem.js';
import { onJson, refusal } from './refusals.js';
import type { Answers, Route } from './route.js';
import { listOf, result, shape, text, tid } from './schemas.js';

/** The most operations of one batch. */
export const OPERATIONS_MAX = 10_000;

const METHODS = new Set(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']);

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

interface Result {
  readonly status: number;
  readonly body: unknown;
}

/** An operation may be refused for whatever it could be refused for alone; and says which it was. */
const refusedAnswers: Answers = Object.fromEntries(
  Object.entries(onJson({ 409: 'An operation collides with what is there' })).map(
    ([status, { description }]) => [status, refusal(description, 'BatchProblem')],
  ),
);

type Answering = (request: PublishRequest) => Response | Promise<Response>;

/**
 * Gives the route of batches.
 * @param answer answers one operation as it would be answered alone, or throws
 */
export function batchRoute(answer: Answering): Route {
  return {
    method: 'POST',
    path: 'batch',
    summary: 'Runs operations in one transaction, all or none',
    body: shape({
      operations: listOf(shape({ method: text, path: text, 'body?': {} })),
      'note?': text,
    }),
    answers: {
      200: {
        description: 'Every operation’s answer',
        schema: shape({
          tid,
          results: listOf(result),
        }),
      },
      ...refusedAnswers,
    },
    async run(request) {
      const body = new Body(request);
      const given = body.list('operations');
      const list = given ?? [];
      const note = body.string('note');
      body.requireItems('operations', given);
      if (list.length > OPERATIONS_MAX) {
        throw new TooLarge(`At most ${OPERATIONS_MAX} operations make a batch`);
      }
      const operations = list.map((item, at) => readOperation(body, item, at));
      body.done();
      requireMatch(request, request.object);
      if (note !== undefined) request.note(note);

      const results: Result[] = [];
      for (const [at, operation] of operations.entries()) {
        const result = operation && (await runOne(request, operation, answer));
        if (result === undefined) continue;
        if ('problem' in result) return refused(request, result.problem, at, results);
        results.push(result);
      }
      return Response.json({ tid: request.transactionTid, results });
    },
  };
}

function readOperation(body: Body, item: unknown, at: number): Operation | undefined {
  const where = `operations.${at}`;
  if (!isObject(item)) {
    body.refuse(where, 'This must be an object');
    return undefined;
  }
  const { method, path, body: sent, ...others } = item;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    body.refuse(where, `An operation has no member ${quoted(other)}`);
    return undefined;
  }
  if (typeof method !== 'string' || !METHODS.has(method)) {
    body.refuse(`${where}.method`, `This must be one of ${[...METHODS].join(', ')}`);
    return undefined;
  }
  if (typeof path !== 'string') {
    body.refuse(`${where}.path`, 'This must be a string');
    return undefined;
  }
  const refused = refusePath(path);
  if (refused !== undefined) {
    body.refuse(`${where}.path`, refused);
    return undefined;
  }
  return { method, path, body: sent };
}

/** Says why a path has no place in a batch. What cannot be read is left to its operation to tell. */
function refusePath(path: string): string | undefined {
  if (!/^\/(.*\/)?@api(\/|\?|$)/.test(path)) return 'This must be a full path with /@api';
  if (leadsTo('batch', path)) return 'A batch cannot hold a batch';
  const mark = path.indexOf('?');
  const query = new URLSearchParams(mark === -1 ? '' : path.slice(mark));
  if (query.has(DRY_RUN_FIELD)) return 'A batch is tried out as a whole: say so in its own address';
  return query.has('at') ? 'A batch reads the present: “at” has no place in it' : undefined;
}

/** Tells whether a path leads to a route of one name, however it is written. */
function leadsTo(name: string, path: string): boolean {
  try {
    const { segments } = readPath(path.split('?', 1)[0] ?? '');
    return segments.at(-1) === name && segments.at(-2) === '@api';
  } catch (error) {
    if (error instanceof ServerError) return false;
    throw error;
  }
}

async function runOne(
  outer: PublishRequest,
  operation: Operation,
  answer: Answering,
): Promise<Result | { readonly problem: Problem }> {
  try {
    const request = inner(outer, operation);
    const response = await answer(request);
    const { status } = response;
    const held = bodyOf(response);
    if (status < 400) return { status, body: held };
    const { title, detail, ...extra } = held as Problem & Json;
    return { problem: { status, title, detail, extra } };
  } catch (error) {
    // A conflict begins the whole batch again, and a fault of ours belongs in the log: both pass.
    const problem = problemOf(error, '');
    if (error instanceof TransientError || problem.status === 500) throw error;
    return { problem };
  }
}

function inner(outer: PublishRequest, { method, path, body }: Operation): PublishRequest {
  const { site, connection, policy, nowMs, deadlineMs } = outer;
  const [rawPath = '/'] = path.split('?', 1);
  const traversed = traverse(siteRoot(connection), rawPath, { containmentOnly: () => true });
  if (traversed.missing.length > 0) throw new NotFound(`There is nothing at ${rawPath}`);
  // Text sent to `data` is that text; a file keeps the type it has.
  const isText = typeof body === 'string' && leadsTo('data', path);
  const headers: Record<string, string> = { ...outer.headers, 'content-type': 'application/json' };
  delete headers['if-match'];
  if (isText) delete headers['content-type'];
  const sent = isText ? body : JSON.stringify(body);
  const envelope = { ...withoutBody(outer.envelope), method, url: path, headers };
  return new PublishRequest({
    envelope: sent === undefined ? envelope : { ...envelope, body: Buffer.from(sent) },
    site,
    connection,
    policy,
    traversed,
    nowMs,
    deadlineMs,
    within: outer,
  });
}

function withoutBody<T extends { body?: Uint8Array }>(envelope: T): Omit<T, 'body'> {
  const { body: _body, ...rest } = envelope;
  return rest;
}

function bodyOf(response: Response): unknown {
  if (typeof response.body !== 'string') {
    throw new Invalid([
      { field: 'operations', message: 'A batch answers JSON: bytes have no place' },
    ]);
  }
  const isJson = response.header('Content-Type')?.includes('json') ?? false;
  return isJson ? (JSON.parse(response.body) as unknown) : response.body;
}

function refused(
  request: PublishRequest,
  problem: Problem,
  failed: number,
  results: readonly Result[],
): Response {
  request.connection.abort();
  request.site.sql.door?.release();
  // There is no transaction, so nothing stands where its tid and time would have stood.
  const text = JSON.stringify(results)
    .replaceAll(`"${request.pendingTid}"`, 'null')
    .replaceAll(`"${request.pendingTime}"`, 'null');
  const told = JSON.parse(text) as readonly Result[];
  return problemResponse({ ...problem, extra: { ...problem.extra, failed, results: told } });
}
