/**
 * Failures of the file system, LevelDB's among them, said in the words of the database: what was to be done, to which
 * file, and a code of this room.
 */
import { freeText, isDiskFull } from './disk-space.js';
import { OdbError } from '../errors.js';

/**
 * Makes an error of what the file system said. Errors of this room stay as they are.
 *
 * `ODB_DISK_FULL` where there was no room, `ODB_FILE` for everything else.
 */
export function fileError(
  cause: unknown,
  { what, file }: { readonly what: string; readonly file: string },
): unknown {
  if (cause instanceof OdbError || !isSystemError(cause)) return cause;
  if (isDiskFull(cause)) {
    const free = freeText(file);
    return new OdbError('ODB_DISK_FULL', `${what} (${file}), as the disk is full: ${free}`, {
      cause,
    });
  }
  return new OdbError('ODB_FILE', `${what} (${file}): ${cause.message}`, { cause });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error && 'code' in error)) return false;
  return 'syscall' in error || error.code === 'LEVEL_IO_ERROR';
}

/** Tells whether it was the disk that failed, and not what is on it that is damaged. */
export function isDiskError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Reads of LevelDB that do not wait tell of it in words only.
  return isSystemError(error) || error.message.startsWith('IO error: ');
}
