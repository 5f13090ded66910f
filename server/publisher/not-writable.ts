/**
 * What is said when the database takes no changes: pages are read as before, and whoever looks after
 * the server finds the rest in the log.
 */
import { OdbError } from '../../odb/index.js';
import { Unavailable } from '../errors.js';

const RETRY_SECONDS = 30;

const MESSAGES: Readonly<Record<string, string>> = {
  ODB_DISK_FULL:
    'Nothing was saved: the disk of the server is full. Pages can still be read, and saving works ' +
    'again by itself as soon as whoever looks after the server has made room.',
  ODB_READ_ONLY: 'The database takes no changes at the moment. Pages can still be read.',
  ODB_WRITER_LOST: 'The database takes no changes at the moment. Pages can still be read.',
};

/** Gives the error to be told in place of one of the database; `undefined` for all others. */
export function notWritable(error: unknown): Unavailable | undefined {
  if (!(error instanceof OdbError)) return undefined;
  const message = MESSAGES[error.code];
  if (message === undefined) return undefined;
  const facts = { retryAfterSeconds: RETRY_SECONDS, cause: error };
  return new Unavailable('SRV_NOT_WRITABLE', message, facts);
}
