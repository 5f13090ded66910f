/**
 * "Batch" of the JSON interface: several operations in one transaction, or none.
 *
 * Each operation is a request of its own, traversed and judged like any other, in the transaction
 * of the request that brought it. The first that fails ends the batch, and nothing is kept.
 */
import { TransientError } from '../../odb/index.js';
import { siteRoot } from '../content/places.js';
import { Invalid, NotFound } from '../errors.js';
import { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { readPath, traverse } from '../publisher/traverse.js';
import { Body, isObject, type Json } from './json.js';
import { type Problem, problemOf, problemResponse } from './problem.js';
import type { Route } from './route.js';
import { listOf, shape, text, tid } from './schemas.js';

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
          results: listOf(shape({ status: { type: 'integer' }, body: {} })),
        }),
      },
    },
    async run(request) {
      const body = new Body(request);
      const list = body.list('operations') ?? [];
      const note = body.string('note');
      if (list.length === 0) body.refuse('operations', 'Name at least one');
      if (list.length > OPERATIONS_MAX) {
        body.refuse('operations', `At most ${OPERATIONS_MAX} operations make a batch`);
      }
      const operations = list.map((item, at) => readOperation(body, item, at));
      body.done();
      if (note !== undefined) request.note(note);

      const results: Result[] = [];
      for (const [at, operation] of operations.entries()) {
        const result = operation && (await runOne(request, operation, answer));
        if (result === undefined) continue;
        if ('problem' in result) return refused(request, result.problem, at, results);
        results.push(result);
      }
      const changed = request.connection.hasChanges;
      return Response.json({
        tid: changed ? request.pendingTid : String(request.connection.tid),
        results,
      });
    },
  };
}

function readOperation(body: Body, item: unknown, at: number): Operation | undefined {
  const where = `operations.${at}`;
  if (!isObject(item)) {
    body.refuse(where, 'This must be an object');
    return undefined;
  }
  const { method, path } = item;
  if (typeof method !== 'string' || !METHODS.has(method)) {
    body.refuse(`${where}.method`, `This must be one of ${[...METHODS].join(', ')}`);
    return undefined;
  }
  if (typeof path !== 'string' || !/^\/(.*\/)?@api(\/|\?|$)/.test(path)) {
    body.refuse(`${where}.path`, 'This must be a full path with /@api');
    return undefined;
  }
  if (isBatch(path)) {
    body.refuse(`${where}.path`, 'A batch cannot hold a batch');
    return undefined;
  }
  return { method, path, body: item['body'] };
}

/** Tells whether a path leads to a batch, however it is written. */
function isBatch(path: string): boolean {
  const { segments } = readPath(path.split('?', 1)[0] ?? '');
  return segments.at(-1) === 'batch' && segments.at(-2) === '@api';
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
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers: Record<string, string> = { ...outer.headers, 'content-type': 'application/json' };
  delete headers['if-match'];
  const envelope = { ...outer.envelope, method, url: path, headers };
  return new PublishRequest({
    envelope:
      bytes === undefined ? withoutBody(envelope) : { ...withoutBody(envelope), body: bytes },
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
  // There is no transaction, so nothing stands where its tid and time would have stood.
  const text = JSON.stringify(results)
    .replaceAll(`"${request.pendingTid}"`, 'null')
    .replaceAll(`"${request.pendingTime}"`, 'null');
  const told = JSON.parse(text) as readonly Result[];
  return problemResponse({ ...problem, extra: { ...problem.extra, failed, results: told } });
}
