/**
 * What touching an object throws that is there and cannot be read.
 */
import { isDiskError } from '../blobs/file-error.js';
import { pathByPlaces } from '../commit/stored-path.js';
import { OdbError } from '../errors.js';
import type { Oid } from '../oid.js';
import type { Reader, Storage } from '../storage.js';

/** Of an object whose record is damaged, with where it was. */
export function unreadableError(
  reader: Reader,
  { rules }: Storage,
  oid: Oid,
  cause: OdbError,
): OdbError {
  const path = pathByPlaces(reader, rules, oid);
  const which = path === '' ? `Object ${oid}` : `Object ${oid} (${path})`;
  return new OdbError(
    'ODB_DAMAGED',
    `${which} cannot be read; a check with repair gives it the newest state that can be. ${cause.message}`,
    { cause },
  );
}

/** Tells damage of one object from a disk that fails, which may fail for any other as well. */
export function isUnreadable(error: unknown): error is OdbError {
  return error instanceof OdbError && error.code === 'ODB_DAMAGED' && !isDiskError(error.cause);
}
