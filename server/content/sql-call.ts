/**
 * Calling SQL methods: from templates, URLs and JSON, all in the same way.
 *
 * A call asks `Use Database Methods` at the method of its caller and of all authors whose executables
 * run, the method's own included. Its authors need the same at the connection, since it is they who
 * chose it; its callers do not, so a method can be opened to visitors and its database stays closed.
 */
import { acquire, Context } from '../../acquisition/index.js';
import { Forbidden, Invalid, NotFound } from '../errors.js';
import { quoted } from '../quote.js';
import type { DataAnswer } from '../sql/data-messages.js';
import { readArguments } from '../sql/arguments.js';
import { renderStatements } from '../sql/render-statements.js';
import type { SqlResult } from '../sql/result.js';
import { SqlError, SqlFault } from '../sql/sql-errors.js';
import type { SqlPlaceOfWork } from '../sql/sql-runner.js';
import type { Statement } from '../sql/statement.js';
import type { CallArguments } from '../templates/index.js';
import { rendererOf, worldOf } from './rendering.js';
import { SqlConnection, targetOf } from './sql-connection.js';
import { methodCode, type SqlMethod } from './sql-method.js';
import { type SiteRow, siteRows } from './sql-row.js';
import type { PageRequest } from './work.js';

/** Asked at the method, and of its authors at the connection. */
export const USE_METHODS = 'Use Database Methods';

export interface SqlCall {
  /** By the names of arguments; others are refused. */
  readonly given: Readonly<Record<string, unknown>>;
  /** What it is called on: where the names in its source are acquired from. */
  readonly context: Context;
  /** Rows, where that is to be less than the method says. */
  readonly rowsMax?: number;
}

export interface SqlAnswer {
  readonly statements: readonly Statement[];
  /** The answer to the last statement. */
  readonly result: SqlResult;
}

const NOTHING: SqlResult = { columns: [], rows: [], truncated: false, milliseconds: 0 };

/**
 * Calls a method.
 *
 * @throws Unauthorized, Forbidden when the caller or an author may not
 * @throws Invalid naming each argument that is missing, cannot be read or is not declared
 * @throws TemplateError, SqlError with line and column of the source
 * @throws SqlError `SRV_SQL_FAILED` when there is no connection of that name
 * @throws Unavailable, ReadOnlyRequest, Taken, TransientError as `SqlRunner.run`
 */
export function callSqlMethod(request: PageRequest, method: SqlMethod, call: SqlCall): SqlAnswer {
  return request.policy.run(method, () => {
    const { target, statements } = compileCall(request, method, call);
    const rowsMax = Math.min(method.maxRows, call.rowsMax ?? method.maxRows);
    try {
      const results = keptOrRun(request, method, { target, statements, rowsMax });
      return { statements, result: results.at(-1) ?? NOTHING };
    } catch (error) {
      throw error instanceof SqlFault ? error.in(method.path) : error;
    }
  });
}

/** As `callSqlMethod`; runs nothing, and says how the database would run the last statement. */
export function explainSqlMethod(
  request: PageRequest,
  method: SqlMethod,
  call: SqlCall,
): { readonly statements: readonly Statement[]; readonly plan: DataAnswer<'explain'> } {
  return request.policy.run(method, () => {
    const { target, statements } = compileCall(request, method, call);
    const statement = statements.at(-1);
    if (statement === undefined) return { statements, plan: NOTHING };
    try {
      const plan = request.sql.ask({ what: 'explain', target, statement }, { statement });
      return { statements, plan };
    } catch (error) {
      throw error instanceof SqlFault ? error.in(method.path) : error;
    }
  });
}

/** Calls a method as a template does: what stands without a name goes to the arguments in their order. */
export function callFromTemplate(
  request: PageRequest,
  method: SqlMethod,
  { positional, named, context }: CallArguments,
): readonly SiteRow[] {
  const given = { ...named };
  for (const [index, value] of positional.entries()) {
    const name = method.definitions[index]?.name;
    if (name === undefined || Object.hasOwn(given, name)) {
      const message = `${method.path} has no argument for ${quoted(String(value))}.`;
      throw new Invalid([{ field: 'arguments', message }]);
    }
    given[name] = value;
  }
  const { result } = callSqlMethod(request, method, { given, context });
  return siteRows(result, context.object);
}

/**
 * Gives the row that a URL leads through.
 *
 * @param call.context the method as it was reached
 * @throws NotFound where it is not exactly one row, or a value of the URL cannot be read
 */
export function callFromUrl(request: PageRequest, method: SqlMethod, call: SqlCall): SiteRow {
  request.policy.require('View', method);
  const [row, ...others] = urlRows(request, method, { ...call, rowsMax: 2 });
  if (row === undefined || others.length > 0) throw nothingAt(request);
  return row;
}

function urlRows(request: PageRequest, method: SqlMethod, call: SqlCall): readonly SiteRow[] {
  try {
    return siteRows(callSqlMethod(request, method, call).result, method);
  } catch (error) {
    throw error instanceof Invalid ? nothingAt(request, error) : error;
  }
}

function nothingAt({ path }: PageRequest, cause?: unknown): NotFound {
  return new NotFound(`There is nothing at ${path}`, { cause });
}

interface Compiled {
  readonly target: SqlPlaceOfWork;
  readonly statements: readonly Statement[];
}

function compileCall(
  request: PageRequest,
  method: SqlMethod,
  { given, context }: SqlCall,
): Compiled {
  request.policy.require(USE_METHODS, method);
  const values = readArguments(method.definitions, given, { undeclared: 'refuse' });
  const target = targetOf(request, connectionOf(request, method));
  const statements = renderStatements(worldOf(request), {
    code: methodCode(method, request),
    context,
    values,
    dialect: target.driver,
    cache: request.site.sql.sources,
    page: rendererOf(request),
  });
  return { target, statements };
}

/**
 * Gives the connection that a method runs on.
 *
 * @throws SqlError `SRV_SQL_FAILED` when its place has none of that name
 * @throws Forbidden when an author may not use it
 */
export function connectionOf({ policy }: PageRequest, method: SqlMethod): SqlConnection {
  const name = method.connectionId;
  const found = acquire(Context.of(method), name, {
    filter: (value) => value instanceof SqlConnection,
  });
  const connection = found?.value;
  if (!(connection instanceof SqlConnection)) {
    throw new SqlError(
      'SRV_SQL_FAILED',
      `There is no SQL connection ${quoted(name)} here or further out.`,
      { path: method.path },
    );
  }
  if (policy.authorsMay(USE_METHODS, method, connection)) return connection;
  throw new Forbidden(
    `The authors of ${method.path} may not all use the connection ${connection.path}.`,
  );
}

interface Asked extends Compiled {
  readonly rowsMax: number;
}

function keptOrRun(
  request: PageRequest,
  { path, cacheSeconds }: SqlMethod,
  asked: Asked,
): readonly SqlResult[] {
  const { target, statements, rowsMax } = asked;
  const { results } = request.site.sql;
  const { nowMs, sql } = request;
  const writes = writesBefore(request, target);
  const isKept =
    cacheSeconds > 0 && statements.every(({ kind }) => kind === 'read') && !sql.hasWritten(target);
  const kept = isKept ? results.find(asked, nowMs) : undefined;
  if (kept !== undefined) return kept;
  const answers = sql.run(target, statements, { rowsMax, path });
  if (isKept) results.keep(asked, answers, { nowMs, seconds: cacheSeconds, writes });
  return answers;
}

/** Gives the count of writes to a database before this request first asked it anything. */
function writesBefore(request: PageRequest, target: SqlPlaceOfWork): number {
  const name = `sql writes ${target.driver} ${target.url}`;
  const known = request.recall(name);
  if (typeof known === 'number') return known;
  const count = request.site.sql.counts.of(target);
  request.remember(name, count);
  return count;
}
