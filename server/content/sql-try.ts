/**
 * Looking into a database through its connection: what its screens and the JSON interface show.
 *
 * Whoever may test a connection may run any statement in it that the site's connections run, and see
 * what there is; who may open the screens may see whether there is a way to it. A statement that is
 * typed by hand is part of the transaction of its request like a method's.
 */
import { Unavailable } from '../errors.js';
import type { DataStatus } from '../sql/data-messages.js';
import { isWithoutSql } from '../sql/no-sql.js';
import type { SqlResult } from '../sql/result.js';
import type { Listing, ListingPath } from '../sql/session.js';
import { sourceOfText } from '../sql/source-marks.js';
import { SqlFault } from '../sql/sql-errors.js';
import { compileStatements, type Statement } from '../sql/statement.js';
import { openTarget, type SqlConnection, targetOf, TEST_CONNECTIONS } from './sql-connection.js';
import type { Work } from './work.js';

/** Rows of the answer to what was typed by hand, where nothing is said. */
export const TRIED_ROWS = 100;

export interface Tried {
  readonly statements: readonly Statement[];
  /** The answer to each. */
  readonly results: readonly SqlResult[];
}

/**
 * Runs what was typed by hand.
 *
 * @throws Unauthorized without `Test Database Connections`
 * @throws SqlError with line and column of the text
 * @throws Unavailable, ReadOnlyRequest, Taken, TransientError as `SqlRunner.run`
 */
export function tryStatements(
  work: Work,
  connection: SqlConnection,
  { text, rowsMax = TRIED_ROWS }: { readonly text: string; readonly rowsMax?: number },
): Tried {
  work.policy.require(TEST_CONNECTIONS, connection);
  const target = targetOf(work, connection);
  const { path } = connection;
  try {
    const statements = compileStatements(sourceOfText(text), target.driver);
    return { statements, results: work.sql.run(target, statements, { rowsMax, path }) };
  } catch (error) {
    throw error instanceof SqlFault ? error.in(path) : error;
  }
}

/**
 * Lists what a database has: its schemas, the tables of one, or the columns of a table.
 * @throws Unauthorized without `Test Database Connections`
 */
export function browseDatabase(work: Work, connection: SqlConnection, path: ListingPath): Listing {
  work.policy.require(TEST_CONNECTIONS, connection);
  return work.sql.ask({ what: 'browse', target: targetOf(work, connection), path });
}

const NO_STATUS: DataStatus = {
  server: undefined,
  problem: undefined,
  isEncrypted: false,
  canPrepare: false,
  epoch: 0,
  sessions: { open: 0, busy: 0, waiting: 0, max: 0 },
};

/**
 * Tries a connection. One that is closed is left alone.
 * @throws Unauthorized without `View management screens`
 */
export function connectionStatus(work: Work, connection: SqlConnection): DataStatus {
  work.policy.require('View management screens', connection);
  if (!connection.connected) return { ...NO_STATUS, problem: 'The connection is closed.' };
  try {
    return work.sql.ask({ what: 'status', target: openTarget(work.site, connection) });
  } catch (error) {
    if (!(error instanceof Unavailable) && !isWithoutSql(error)) throw error;
    return { ...NO_STATUS, problem: error.message };
  }
}
