/**
 * What goes wrong with statements.
 *
 * A `SqlFault` knows its place in the source but not whose source it is; whoever knows makes a
 * `SqlError` of it.
 */
import { ServerError, Unavailable } from '../errors.js';

export type SqlErrorCode =
  /** The source cannot be taken apart: an open text, a value inside quotes, a placeholder. */
  | 'SRV_SQL_SYNTAX'
  /** A statement that a connection of the site does not run. */
  | 'SRV_SQL_REFUSED'
  /** The database refused a statement; the message is its own. */
  | 'SRV_SQL_FAILED';

/** A place in a source. Lines and columns are counted from 1. */
export interface SqlPlace {
  readonly line: number;
  readonly column: number;
}

/** Thrown where the place is known and the source is not. */
export class SqlFault extends Error {
  readonly code: SqlErrorCode;
  readonly place: SqlPlace;

  constructor(code: SqlErrorCode, message: string, place: SqlPlace) {
    super(message);
    this.name = 'SqlFault';
    this.code = code;
    this.place = place;
  }

  /** The error of this fault in the source of an object. */
  in(path: string): SqlError {
    return new SqlError(this.code, this.message, { path, ...this.place, cause: this });
  }
}

/** A statement that was not run, or failed. */
export class SqlError extends ServerError {
  /** Path of the method, or of the connection whose statement was typed by hand. */
  readonly path: string;
  /** From 1; `undefined` where the place is not known. */
  readonly line: number | undefined;
  /** From 1. */
  readonly column: number | undefined;

  constructor(
    code: SqlErrorCode,
    message: string,
    facts: {
      readonly path: string;
      readonly line?: number | undefined;
      readonly column?: number | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(code, message, { cause: facts.cause });
    this.path = facts.path;
    this.line = facts.line;
    this.column = facts.column;
  }
}

/** There is no way to the database, for now; the rest of a page may do without. */
const NO_DATABASE: ReadonlySet<string> = new Set([
  'SRV_SQL_BUSY',
  'SRV_SQL_CLOSED',
  'SRV_SQL_PASSWORD',
  'SRV_SQL_UNREACHABLE',
]);

/** Gives the name that templates have for an error of a database; `undefined` for all they may not catch. */
export function typeOfSqlError(error: unknown): 'SqlError' | 'Unavailable' | undefined {
  if (error instanceof SqlError) return 'SqlError';
  return error instanceof Unavailable && NO_DATABASE.has(error.code) ? 'Unavailable' : undefined;
}
