/**
 * An SQL transaction while it is open: what was done in it, and what is kept of that.
 */
import { errorText } from './data-error.js';
import type { SqlTarget, SqlTransactionId } from './data-messages.js';
import type { Attemptable } from './sql-attempts.js';
import { SqlError } from './sql-errors.js';
import type { JournalEntry } from './sql-journal.js';
import type { Statement } from './statement.js';

/** Statements of a transaction that its record names, and how much of each. */
export const NOTED_MAX = 50;
const NOTED_CHARACTERS_MAX = 1000;

/** A transaction in one database, which is part of one of objects. */
export interface OpenTransaction extends Attemptable {
  readonly id: SqlTransactionId;
  readonly target: SqlTarget;
  readonly mark: string | undefined;
  readonly canPrepare: boolean;
  readonly statements: RunStatement[];
  failure: unknown;
}

export interface RunStatement {
  readonly statement: Statement;
  /** Path of the method that it is of. */
  readonly path: string;
}

/** @throws SqlError when a statement failed there */
export function requireWhole({ failure, target, statements }: OpenTransaction): void {
  if (failure === undefined) return;
  const message = errorText(failure);
  throw new SqlError(
    'SRV_SQL_FAILED',
    `Nothing more is done in the database of ${target.path}, where something failed before: ${message}`,
    { path: statements.at(-1)?.path ?? target.path, cause: failure },
  );
}

/** What has to be run again. Functions that write may be called by statements that read. */
export function toRunAgain({ target, statements }: OpenTransaction): JournalEntry['statements'] {
  const all = statements.map(({ statement }) => statement);
  const writing = target.driver === 'sqlite' ? all.filter(({ kind }) => kind !== 'read') : all;
  return writing.map(({ text, parameters, kind }) => ({ text, parameters, kind }));
}

/** What it wrote, for people; values apart from the text are left out, since they may be secrets. */
export function saidBy({ statements }: OpenTransaction): JournalEntry['said'] {
  const writing = statements.filter(({ statement }) => statement.kind !== 'read');
  return (writing.length === 0 ? statements : writing)
    .slice(0, NOTED_MAX)
    .map(({ statement, path }) => ({ path, text: notedText(statement) }));
}

/** What is noted of a statement. */
export function notedText({ text }: Statement): string {
  return text.trim().slice(0, NOTED_CHARACTERS_MAX).toWellFormed();
}
