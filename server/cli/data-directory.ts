/**
 * The data directory, before a database in it is opened or made.
 *
 * Canopy makes a database where there is none. In a directory that holds other things it does so
 * too, touching none of them, and says it: perhaps another directory was meant.
 */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ServerError } from '../errors.js';
import { CONFIG_FILE } from '../settings-sources.js';

/** Where the records are: what has it has a database. */
const DATABASE = 'objects';
/** What else may be there before the database is: of Canopy's own making, or the file system's. */
const EXPECTED: ReadonlySet<string> = new Set(['blobs', 'pid', CONFIG_FILE, 'lost+found']);
/** How many strange names a remark tells. */
const NAMES_SHOWN = 3;

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EEXIST: 'something else is there',
  ENAMETOOLONG: 'its path is too long',
  ENOENT: 'nothing can be made there',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'something on the way is no directory',
  EPERM: 'this user may not write there',
  EROFS: 'the disk can only be read',
};

/** Tells whether there is a database in a directory. Opens nothing. */
export function hasDatabase(directory: string): boolean {
  return existsSync(path.join(directory, DATABASE));
}

/**
 * Sees to it that a database can be opened, or made, in a directory: makes it where it is absent.
 *
 * @returns a remark when it holds other things and no database
 * @throws ServerError `SRV_DATA` when it is none, or cannot be made or written to
 */
export function prepareDataDirectory(directory: string): string | undefined {
  requireDirectory(directory);
  makeDirectories(directory);
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw refuse(`${directory} cannot be used: ${reasonOf(cause)}.`, cause);
  }
  if (hasDatabase(directory)) return undefined;
  const strange = readdirSync(directory).filter(
    (name) => !EXPECTED.has(name) && !name.startsWith('.'),
  );
  if (strange.length === 0) return undefined;
  return `${directory} holds ${inWords(strange.sort())}; the new database stands beside that.`;
}

/** @throws ServerError `SRV_DATA` when something else has that name */
export function requireDirectory(directory: string): void {
  if (existsSync(directory) && !statSync(directory).isDirectory()) {
    throw refuse(`${directory} is no directory.`);
  }
}

/**
 * Makes a directory and those above it that are absent, one by one: Node's own way never ends where
 * a file system takes no directories, as in `/proc`.
 */
function makeDirectories(directory: string): void {
  const absent: string[] = [];
  try {
    for (let at = directory; !existsSync(at); at = path.dirname(at)) absent.unshift(at);
    for (const each of absent) mkdirSync(each);
  } catch (cause) {
    throw refuse(`The directory ${directory} cannot be made: ${reasonOf(cause)}.`, cause);
  }
}

function inWords(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? String(error);
}

function refuse(message: string, cause?: unknown): ServerError {
  return new ServerError('SRV_DATA', `${message} Name another with --data.`, {
    cause,
  });
}
