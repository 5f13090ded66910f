/**
 * Try: statements typed by hand, and what the database answers.
 *
 * They run in a transaction of their own, which is given up unless it is asked to be kept. An address
 * can fill in a statement, and never runs one.
 */
import {
  type PublishRequest,
  Response,
  type SqlConnection,
  TEST_CONNECTIONS,
  TRIED_ROWS,
  tryStatements,
} from '../../server/index.js';
import { pageResponse } from '../page.js';
import { type Attempt, defineScreen, screenUrl, type ViewModel } from '../screen.js';
import { frameOf } from '../shell.js';
import {
  csvResponse,
  type ShownFailure,
  shownFailure,
  type ShownResult,
  shownResult,
} from '../sql-shown.js';
import { isSqlConnection } from './sql-status.js';

/** Rows that one may ask for here. */
const ROWS_MAX = 10_000;

const SCREEN = {
  path: 'try',
  tab: 'Try',
  icon: 'play',
  view: 'sql-try',
  help: 'sql',
  permission: TEST_CONNECTIONS,
  isForm: true,
  styles: ['source', 'sql'],
  appliesTo: isSqlConnection,
  show: (connection: SqlConnection, request: PublishRequest, attempt?: Attempt) =>
    model(connection, request, { attempt }),
} as const;

export const sqlTry = defineScreen<SqlConnection>({
  ...SCREEN,
  actions: { run: { run }, csv: { run } },
});

interface Ran {
  readonly results?: readonly (ShownResult & { readonly line: number })[];
  readonly failure?: ShownFailure;
  readonly isKept?: boolean;
}

function model(
  connection: SqlConnection,
  { query, form, mayWrite }: PublishRequest,
  { ran = {} }: { readonly attempt?: Attempt | undefined; readonly ran?: Ran },
): ViewModel {
  const given = mayWrite ? form : query;
  const { results = [], failure, isKept = false } = ran;
  return {
    action: screenUrl(connection, 'try'),
    sql: given.text('sql'),
    rows: given.text('rows') || String(TRIED_ROWS),
    rowsMax: ROWS_MAX,
    keep: mayWrite && form.has('keep'),
    results: results.map((result, index) => ({ ...result, number: index + 1 })),
    several: results.length > 1,
    failure: failure ?? null,
    isKept,
    ran: results.length > 0,
  };
}

async function run(connection: SqlConnection, request: PublishRequest): Promise<Response> {
  const { form } = request;
  const isKept = form.has('keep') && form.text('action') === 'run';
  if (!isKept) request.connection.transaction.doom();
  let ran: Ran;
  try {
    const { statements, results } = tryStatements(request, connection, {
      text: form.text('sql'),
      rowsMax: rowsIn(form.text('rows')),
    });
    const last = results.at(-1);
    if (form.text('action') === 'csv' && last !== undefined) {
      return csvResponse(last, connection.id);
    }
    ran = {
      isKept,
      results: results.map((result, index) => ({
        ...shownResult(result),
        line: statements[index]?.line ?? 1,
      })),
    };
  } catch (error) {
    ran = { failure: shownFailure(error, connection) };
    request.connection.transaction.doom();
  }
  const shown = model(connection, request, { ran });
  const status = ran.failure?.status ?? 200;
  if (!request.wantsHtml) return Response.json(shown, { status });
  const frame = await frameOf(connection, request, {
    screen: defineScreen<SqlConnection>(SCREEN),
    attempt: undefined,
  });
  return pageResponse(request, { view: SCREEN.view, model: shown, frame, status });
}

function rowsIn(text: string): number {
  const rows = Math.floor(Number(text));
  return rows >= 1 ? Math.min(rows, ROWS_MAX) : TRIED_ROWS;
}
