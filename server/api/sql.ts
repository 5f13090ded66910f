/**
 * The JSON interface, “SQL and catalog”: calling methods, and looking into databases.
 *
 * What a statement says is told to those who may see its source; so is where it went wrong.
 */
import {
  OPEN_CONNECTIONS,
  setConnected,
  SqlConnection,
  TEST_CONNECTIONS,
} from '../content/sql-connection.js';
import { callSqlMethod, explainSqlMethod, USE_METHODS } from '../content/sql-call.js';
import { SqlMethod } from '../content/sql-method.js';
import { MAX_ROWS_LIMIT } from '../content/sql-method-type.js';
import { browseDatabase, connectionStatus, tryStatements } from '../content/sql-try.js';
import { Invalid, NotFound, TemplateError } from '../errors.js';
import type { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { jsonOfResult, jsonOfValue } from '../sql/result.js';
import { SqlError } from '../sql/sql-errors.js';
import type { Statement } from '../sql/statement.js';
import { Body, type Json } from './json.js';
import { writtenJson } from './object-json.js';
import { requireMatch } from './objects.js';
import { JSON_REASONS, onJson, onOrder, onRead } from './refusals.js';
import type { Answers, Route } from './route.js';
import { listOf, named, shape, text, written } from './schemas.js';

const NO_METHOD = 'There is no such object, or it is no SQL method';
export const NO_CONNECTION = 'There is no such object, or it is no SQL connection';
const READS_ONLY = 'It would write, and the request is in a version, or a dry run';

const argumentsBody = shape({
  'arguments?': { type: 'object', description: 'By their names, each of its declared type' },
});

export const sqlRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: 'run',
    permission: USE_METHODS,
    summary: 'Calls an SQL method; the answer to its last statement is the answer',
    body: argumentsBody,
    answers: {
      200: { description: 'The rows, and what gave them', schema: named('SqlAnswer') },
      ...onOrder({ ...JSON_REASONS, 404: NO_METHOD, 409: READS_ONLY }),
    },
    run(request) {
      const method = requireMethod(request);
      const given = readGiven(request);
      request.policy.require('View', method);
      const { statements, result } = faultsTold(request, 'fields.source', () =>
        callSqlMethod(request, method, { given, context: request.context }),
      );
      return Response.json({ ...jsonOfResult(result), ...said(request, statements) });
    },
  },
  {
    method: 'POST',
    path: 'explain',
    permission: USE_METHODS,
    summary: 'Says how the database would run the last statement of an SQL method; runs nothing',
    body: argumentsBody,
    answers: {
      200: {
        description: 'The plan, in the database’s own words',
        schema: shape({ plan: named('SqlRows'), statement: text, parameters: listOf({}) }),
      },
      ...onOrder({ ...JSON_REASONS, 404: NO_METHOD }),
    },
    run(request) {
      const method = requireMethod(request);
      const given = readGiven(request);
      request.policy.require('View management screens', method);
      const { statements, plan } = faultsTold(request, 'fields.source', () =>
        explainSqlMethod(request, method, { given, context: request.context }),
      );
      return Response.json({ plan: jsonOfResult(plan), ...said(request, statements) });
    },
  },
  {
    method: 'POST',
    path: 'test',
    permission: TEST_CONNECTIONS,
    summary: 'Runs statements on an SQL connection',
    body: shape({
      sql: text,
      'maxRows?': { type: 'integer', minimum: 1, maximum: MAX_ROWS_LIMIT },
    }),
    answers: {
      200: {
        description: 'The answer to each statement',
        schema: shape({ results: listOf(named('SqlRows')) }),
      },
      ...onOrder({ ...JSON_REASONS, 404: NO_CONNECTION, 409: READS_ONLY }),
    },
    run(request) {
      const connection = requireConnection(request);
      const body = new Body(request);
      const sql = body.required('sql');
      const rowsMax = readRowsMax(body);
      body.done();
      const { results } = faultsTold(request, 'sql', () =>
        tryStatements(request, connection, {
          text: sql,
          ...(rowsMax === undefined ? {} : { rowsMax }),
        }),
      );
      return Response.json({ results: results.map(jsonOfResult) });
    },
  },
  {
    method: 'GET',
    path: 'status',
    summary: 'Tries an SQL connection',
    answers: {
      200: { description: 'Whether there is a way to the database', schema: named('SqlStatus') },
      ...onRead({ 404: NO_CONNECTION }),
    },
    run(request) {
      const connection = requireConnection(request);
      const { server, problem, isEncrypted, canPrepare, sessions } = connectionStatus(
        request,
        connection,
      );
      return Response.json({
        connected: connection.connected,
        server: server ?? null,
        problem: problem ?? null,
        encrypted: isEncrypted,
        prepares: canPrepare,
        sessions,
      });
    },
  },
  {
    method: 'GET',
    path: 'browse',
    permission: TEST_CONNECTIONS,
    summary: 'Lists what a database has: schemas, tables of one, columns of a table',
    query: {
      schema: { description: 'Whose tables are listed', schema: text },
      table: { description: 'Whose columns are listed', schema: text },
    },
    answers: {
      200: { description: 'One level of what there is', schema: named('SqlListing') },
      ...onRead({ 404: NO_CONNECTION }),
    },
    run(request) {
      const connection = requireConnection(request);
      const { query } = request;
      const listing = browseDatabase(request, connection, {
        ...(query.has('schema') ? { schema: query.text('schema') } : {}),
        ...(query.has('table') ? { table: query.text('table') } : {}),
      });
      return Response.json(listing);
    },
  },
  {
    method: 'POST',
    path: 'open',
    permission: OPEN_CONNECTIONS,
    summary: 'Opens an SQL connection that was closed',
    answers: connectedAnswers(),
    run: (request) => answerConnected(request, true),
  },
  {
    method: 'POST',
    path: 'close',
    permission: OPEN_CONNECTIONS,
    summary: 'Closes an SQL connection: nobody uses it until it is opened again',
    answers: connectedAnswers(),
    run: (request) => answerConnected(request, false),
  },
];

function connectedAnswers(): Answers {
  return {
    200: { description: 'The connection as it now is', schema: written },
    ...onJson({ 404: NO_CONNECTION }),
  };
}

function answerConnected(request: PublishRequest, connected: boolean): Response {
  const connection = requireConnection(request);
  new Body(request).done();
  requireMatch(request, connection);
  setConnected(request, connection, connected);
  return Response.json(writtenJson(request, connection));
}

/** @throws NotFound when the request is for something else */
function requireMethod({ object }: PublishRequest): SqlMethod {
  if (object instanceof SqlMethod) return object;
  throw new NotFound(`${object.path} is no SQL method`);
}

/** @throws NotFound when the request is for something else */
export function requireConnection({ object }: PublishRequest): SqlConnection {
  if (object instanceof SqlConnection) return object;
  throw new NotFound(`${object.path} is no SQL connection`);
}

function readGiven(request: PublishRequest): Json {
  const body = new Body(request);
  const given = body.object('arguments') ?? {};
  body.done();
  return given;
}

function readRowsMax(body: Body): number | undefined {
  const rowsMax = body.number('maxRows');
  const isFit =
    rowsMax === undefined ||
    (Number.isSafeInteger(rowsMax) && rowsMax >= 1 && rowsMax <= MAX_ROWS_LIMIT);
  if (!isFit) body.refuse('maxRows', `This must be a whole number from 1 to ${MAX_ROWS_LIMIT}`);
  return rowsMax;
}

/** What was run, for those who may see the source. */
function said({ policy, object }: PublishRequest, statements: readonly Statement[]): Json {
  if (!policy.may('View management screens', object)) return {};
  return {
    statement: statements.map((each) => each.text).join(';\n'),
    parameters: statements.flatMap((each) => each.parameters.map(jsonOfValue)),
  };
}

/** Does `work`; where a statement is at fault, that is told by line and column to who may see it. */
function faultsTold<T>({ policy, object }: PublishRequest, field: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isShown =
      (error instanceof SqlError || error instanceof TemplateError) &&
      error.path === object.path &&
      (field === 'sql' || policy.may('View management screens', object));
    if (!isShown) throw error;
    const { message, line, column } = error;
    const place = {
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    };
    throw new Invalid([{ field, message, ...place }]);
  }
}
