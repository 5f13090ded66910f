/**
 * The files of a database: where they are in its directory, and who may open them.
 *
 * | in the directory | is |
 * |---|---|
 * | `objects/` | LevelDB: records, transactions, metadata |
 * | `blobs/` | files named by their content |
 * | `pid` | the process that has the database open |
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Level } from 'level';
import { makeDirectory, syncFile } from '../blobs/blobs.js';
import { diskFullError, isDiskFull } from '../blobs/disk-space.js';
import { OdbError } from '../errors.js';
import { loadValueEncoding, type CodecSource } from './level-codec.js';
import { findDamagedFile } from './level-files.js';
import type { LevelDatabase } from './level-view.js';

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
 * @param options.codec how values are in the files; the same for every thread, and for ever
 * @throws OdbError `ODB_IN_USE` when another process has it open, naming the process
 * @throws OdbError `ODB_CODEC` when the codec's module has none
 * @throws OdbError `ODB_DISK_FULL`, and `ODB_DAMAGED` when the files cannot be read
 */
export async function openObjects(
  directory: string,
  options: {
    readonly cacheBytes?: number;
    readonly create?: boolean;
    readonly codec?: CodecSource | undefined;
  } = {},
): Promise<LevelDatabase> {
  const create = options.create ?? false;
  // LevelDB syncs what it writes, but not that its directory is there.
  if (create) await makeDirectory(objectsDirectory(directory), directory);
  if (create) await requireWholeFiles(directory);
  const valueEncoding = await loadValueEncoding(options.codec);
  // From here on it opens by itself.
  const db: LevelDatabase = new Level<Uint8Array, Uint8Array>(objectsDirectory(directory), {
    keyEncoding: 'view',
    valueEncoding,
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

/**
 * Sees to it that all of a database is on disk that was written without asking for that. It is
 * closed: LevelDB leaves the end of what it was told in logs that it never syncs.
 */
export async function syncObjects(directory: string): Promise<void> {
  const objects = objectsDirectory(directory);
  for (const name of await readdir(objects)) await syncFile(path.join(objects, name));
  await syncFile(objects);
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

/** Refuses what LevelDB would take for nothing, and then make final. */
async function requireWholeFiles(directory: string): Promise<void> {
  const damage = await findDamagedFile(objectsDirectory(directory));
  if (damage !== undefined) throw damagedError(directory, damage);
}

function damagedError(directory: string, what: string, cause?: unknown): OdbError {
  return new OdbError(
    'ODB_DAMAGED',
    `The database in ${directory} cannot be opened: ${what}. ` +
      'Restore a backup; or copy the directory, repair its files and check it',
    { cause },
  );
}

/** Says in the words of the database why LevelDB could not be opened. */
export async function openError(directory: string, error: unknown): Promise<unknown> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'LEVEL_LOCKED') {
    const pid = await readFile(pidFile(directory), 'utf8').catch(() => '');
    const who = pid.trim() === '' ? 'another process' : `process ${pid.trim()}`;
    return new OdbError('ODB_IN_USE', `The database in ${directory} is in use by ${who}`, {
      cause,
    });
  }
  if (isDiskFull(cause)) return diskFullError(directory, { cause });
  if (code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR') {
    return damagedError(directory, cause instanceof Error ? cause.message : code, cause);
  }
  return cause;
}
