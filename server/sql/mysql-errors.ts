/** What MariaDB and MySQL say when something goes wrong, in the few kinds that the site tells apart. */
import { DataError, errorText, lost, stopped, withoutPassword } from './data-error.js';

const ERRNO = {
  readOnlyTransaction: 1792,
  lockWaitTimeout: 1205,
  deadlock: 1213,
  interrupted: 1317,
  tooSlow: 3024,
  tooSlowMariadb: 1969,
  notPreparable: 1295,
  tableChanged: 1412,
  unknownXa: 1397,
} as const;

const TRANSIENT: ReadonlySet<number> = new Set([
  ERRNO.lockWaitTimeout,
  ERRNO.deadlock,
  ERRNO.tableChanged,
]);
const OVERDUE: ReadonlySet<number> = new Set([
  ERRNO.interrupted,
  ERRNO.tooSlow,
  ERRNO.tooSlowMariadb,
]);
/** The server is going away, or ended this connection. */
const LOST: ReadonlySet<number> = new Set([1053, 1077, 1078, 1079, 1927, 2006, 2013, 4031]);

export interface ErrorFacts {
  /** The statement that was run, for the place in it. */
  readonly text: string | undefined;
  readonly password: string;
}

/** Makes of an error what the data thread expects. */
export function mysqlError(error: unknown, { text, password }: ErrorFacts): DataError {
  const message = withoutPassword(errorText(error), password);
  const errno = errnoOf(error);
  const facts = { cause: error };
  if (errno === undefined || LOST.has(errno) || isFatal(error)) return lost(error, { password });
  if (errno === ERRNO.readOnlyTransaction) return new DataError('read-only', message, facts);
  if (TRANSIENT.has(errno)) return new DataError('transient', message, facts);
  if (OVERDUE.has(errno)) return stopped(message, error);
  const position = text === undefined ? undefined : positionOf(message, text);
  return new DataError('failed', message, { ...facts, position });
}

/** Tells whether there is no prepared transaction of that name. */
export function isUnknownMark(error: unknown): boolean {
  return errnoOf(error) === ERRNO.unknownXa;
}

/** Tells whether the server takes a statement as text alone. */
export function isNotPreparable(error: unknown): boolean {
  return errnoOf(error) === ERRNO.notPreparable;
}

function errnoOf(error: unknown): number | undefined {
  const { errno } = (error ?? {}) as { readonly errno?: unknown };
  // Errors of sockets have negative ones, and are no words of the server's.
  return typeof errno === 'number' && errno > 0 ? errno : undefined;
}

function isFatal(error: unknown): boolean {
  return error instanceof Error && 'fatal' in error && error.fatal === true;
}

/** MySQL quotes what comes after the place where it could not go on. */
function positionOf(message: string, text: string): number | undefined {
  const near = /near '(.+?)' at line \d+$/s.exec(message)?.[1];
  const at = near === undefined ? -1 : text.indexOf(near);
  return at === -1 ? undefined : at;
}
