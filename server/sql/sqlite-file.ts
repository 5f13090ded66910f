/**
 * Where the files of SQLite connections are: in one folder of the data directory, and nowhere else.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { DataError } from './data-error.js';

/** Readable for the server's own user alone. */
const FOLDER_MODE = 0o700;

/**
 * Gives the path of a database's file, and makes the folder where it is absent.
 *
 * @param folder the one for such files
 * @param file a name without folders: see `readAddress`
 * @throws DataError `settings` when something else has that name, a link to elsewhere included
 */
export function sqliteFile(folder: string, file: string): string {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  const full = path.join(folder, file);
  if (path.dirname(full) !== path.resolve(folder))
    throw new TypeError('A file name has no folders');
  const found = lstatSync(full, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return full;
  throw new DataError('settings', `In the folder of databases, ${file} is no file of its own.`);
}
