/** What the data thread and the process of an SQLite connection say to each other. */
import type { SqlResult } from './result.js';
import type { PlainStatement } from './session.js';

/** The process opens its file by itself, and answers to the call with this number. */
export const OPENED = 0;

export type ToSqlite =
  /** Statements of the site's own, without values and without rows. */
  | { readonly call: number; readonly what: 'say'; readonly text: string }
  | {
      readonly call: number;
      readonly what: 'run';
      readonly statement: PlainStatement;
      readonly rowsMax: number;
    }
  /** To close the file; after the answer the process has nothing to lose. */
  | { readonly call: number; readonly what: 'close' };

export type SqliteAnswer = Omit<SqlResult, 'milliseconds'>;

export type FromSqlite =
  | { readonly call: number; readonly answer?: SqliteAnswer }
  | { readonly call: number; readonly code: string; readonly message: string };
