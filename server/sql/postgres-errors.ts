/** What PostgreSQL says when something goes wrong, in the few kinds that the site tells apart. */
import pg from 'pg';
import { DataError, errorText, lost, stopped, withoutPassword } from './data-error.js';

const SQLSTATE = {
  readOnly: '25006',
  canceled: '57014',
  lockNotAvailable: '55P03',
  undefinedObject: '42704',
} as const;
/** Classes of states after which the same transaction, begun again, may succeed. */
const TRANSIENT_CLASS = '40';
/** Connection exceptions, and a server that is starting or shutting down. */
const LOST = /^(?:08...|57P0[1-5])$/;

export interface ErrorFacts {
  /** The statement that was run, for the place in it. */
  readonly text: string | undefined;
  readonly password: string;
}

/** Makes of an error what the data thread expects. */
export function postgresError(error: unknown, { text, password }: ErrorFacts): DataError {
  const message = withoutPassword(errorText(error), password);
  const state = stateOf(error);
  const facts = { cause: error };
  if (state === undefined || LOST.test(state)) return lost(error, { password });
  if (state === SQLSTATE.readOnly) return new DataError('read-only', message, facts);
  if (state === SQLSTATE.canceled) return stopped(message, error);
  if (state.startsWith(TRANSIENT_CLASS) || state === SQLSTATE.lockNotAvailable) {
    return new DataError('transient', message, facts);
  }
  const position = text === undefined ? undefined : positionOf(error, text);
  return new DataError('failed', message, { ...facts, position });
}

/** Tells whether there is no prepared transaction of that name. */
export function isUnknownMark(error: unknown): boolean {
  return stateOf(error) === SQLSTATE.undefinedObject;
}

function stateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** The server counts characters from 1; a text is indexed in UTF-16 units from 0. */
function positionOf(error: unknown, text: string): number | undefined {
  if (!(error instanceof pg.DatabaseError) || error.position === undefined) return undefined;
  const characters = Number(error.position) - 1;
  return Array.from(text).slice(0, characters).join('').length;
}
