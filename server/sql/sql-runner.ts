/**
 * What content needs of the SQL side of its transaction.
 *
 * One runner belongs to one transaction. What it runs on a database joins that transaction: it is
 * committed, or rolled back, together with the objects. Whether anything may be written at all is
 * its to say, since that follows from the transaction.
 */
import type { Oid } from '../../odb/index.js';
import type { DataAnswer, DataRequest, SqlTarget } from './data-messages.js';
import type { SqlResult } from './result.js';
import type { Attempt } from './sql-attempts.js';
import type { Statement } from './statement.js';

/** A database, and the object of the site that names it. */
export interface SqlPlaceOfWork extends SqlTarget {
  readonly oid: Oid;
}

export interface RunOptions {
  /** Rows of each answer. */
  readonly rowsMax: number;
  /** Path of the method whose statements they are, or of the connection where one was typed by hand. */
  readonly path: string;
}

/** What is asked outside of any transaction. */
export type SqlQuestion = Extract<
  DataRequest,
  { readonly what: 'explain' | 'browse' | 'status' | 'close' | 'marks' | 'prepared' }
>;

export interface SqlRunner {
  /**
   * Runs statements one after another in the transaction, and gives the answer to each.
   *
   * @throws SqlFault, SqlError for a statement that failed
   * @throws ReadOnlyRequest, Taken for one that would write where nothing may be written
   * @throws Unavailable, TransientError
   */
  run(
    target: SqlPlaceOfWork,
    statements: readonly Statement[],
    options: RunOptions,
  ): readonly SqlResult[];

  /** Asks the database something that is no part of the transaction. */
  ask<Q extends SqlQuestion>(
    question: Q,
    options?: { readonly statement?: Statement | undefined },
  ): DataAnswer<Q['what']>;

  /** Begins something that may fail: then what it did in databases can be taken back as one. */
  attempt(): Attempt;

  /** Tells whether the transaction has written to a database. */
  hasWritten(target: SqlTarget): boolean;
}
