/**
 * The files of a database: where they are in its directory, and who may open them.
 *
 * | in the directory | is |
 * |---|---|
 * | `objects/` | LevelDB: records, transactions, metadata |
 * | `blobs/` | files named by their content |
 * | `pid` | the process that has the database open |
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Level } from 'level';
import { OdbError } from './errors.js';
import type { LevelDatabase } from './level-reader.js';

/** Memory for blocks of the files, shared by all threads. */
export const CACHE_BYTES = 32 * 1024 * 1024;
/** Memory for writes until they go to a file of their own; also how much is read at a restart. */
const WRITE_BUFFER_BYTES = 8 * 1024 * 1024;

export function objectsDirectory(directory: string): string {
  return path.join(directory, 'objects');
}

export function blobsDirectory(directory: string): string {
  return path.join(directory, 'blobs');
}

/**
 * Opens the LevelDB of a database for this thread. The first thread to open it decides about the
 * cache, must be the last to close it, and claims the directory with `claimDirectory`.
 *
 * @throws OdbError `ODB_IN_USE` when another process has it open, naming the process
 */
export async function openObjects(
  directory: string,
  options: { readonly cacheBytes?: number; readonly create?: boolean } = {},
): Promise<LevelDatabase> {
  const create = options.create ?? false;
  if (create) await mkdir(directory, { recursive: true });
  const db: LevelDatabase = new Level<Uint8Array, Uint8Array>(objectsDirectory(directory), {
    keyEncoding: 'view',
    valueEncoding: 'view',
    multithreading: true,
    createIfMissing: create,
    cacheSize: options.cacheBytes ?? CACHE_BYTES,
    writeBufferSize: WRITE_BUFFER_BYTES,
  });
  try {
    await db.open();
    return db;
  } catch (error) {
    throw await openError(directory, error);
  }
}

/** Notes that this process has the database open. */
export async function claimDirectory(directory: string): Promise<void> {
  await writeFile(pidFile(directory), `${process.pid}\n`);
}

export async function releaseDirectory(directory: string): Promise<void> {
  await rm(pidFile(directory), { force: true });
}

function pidFile(directory: string): string {
  return path.join(directory, 'pid');
}

async function openError(directory: string, error: unknown): Promise<unknown> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'LEVEL_LOCKED') {
    const pid = await readFile(pidFile(directory), 'utf8').catch(() => '');
    const who = pid.trim() === '' ? 'another process' : `process ${pid.trim()}`;
    return new OdbError('ODB_IN_USE', `The database in ${directory} is in use by ${who}`, {
      cause,
    });
  }
  if (code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR') {
    return new OdbError('ODB_DAMAGED', `The database in ${directory} cannot be opened`, { cause });
  }
  return error;
}
