/**
 * Removing old backups: those before a full one, which is all that later ones need.
 */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { readItems } from './backup-format.js';
import { BACKUP_FORMAT, readManifest, writeManifest, type BackupEntry } from './backup-manifest.js';
import { FileBlobs } from '../blobs/blobs.js';
import { fileError } from '../blobs/file-error.js';
import { OdbError } from '../errors.js';
import { blobsDirectory } from '../level/level-database.js';
import { checkOptions, WHOLE_FROM_1 } from '../options.js';

/** Every backup has such a name. */
const BACKUP_FILE = /^\d{6,}-(?:full|changes)-[0-9a-f]+\.backup$/;

/** What is kept. */
export interface RemovalOptions {
  /** How many full backups stay, each with the changes that follow it: the newest ones. From 1 up. */
  readonly keepFull: number;
}

/** What was removed. */
export interface RemovalReport {
  readonly backups: readonly BackupEntry[];
  /** Blobs that no backup names any more. */
  readonly blobs: number;
  /** Of the backups and the blobs. */
  readonly sizeBytes: number;
}

/**
 * Removes the oldest backups in a directory. What is kept can be restored as before; moments before
 * the oldest full backup that is kept cannot. Does nothing where there are no more than those.
 *
 * Takes backups off the list first, so that it can be interrupted, and run again. Nobody makes a
 * backup there meanwhile. Cost: reading the backups that are kept.
 *
 * @throws TypeError for a `keepFull` that is no whole number from 1 up
 * @throws OdbError `ODB_BACKUP_DAMAGED` when the list, or a backup that is kept, cannot be read: then
 *   no blob is removed
 * @throws OdbError `ODB_BACKUP_BUSY` when a backup was made there meanwhile
 * @throws OdbError `ODB_FILE` when the file system refused
 */
export async function removeBackups(
  directory: string,
  options: RemovalOptions,
): Promise<RemovalReport> {
  checkOptions('removeBackups', options, { keepFull: WHOLE_FROM_1 });
  if (options.keepFull === undefined) throw new TypeError("removeBackups: 'keepFull' is missing");
  try {
    return await remove(directory, options.keepFull);
  } catch (cause) {
    throw fileError(cause, { what: 'Old backups could not be removed', file: directory });
  }
}

async function remove(directory: string, keepFull: number): Promise<RemovalReport> {
  const beganMs = Date.now();
  const { backups } = await readManifest(directory);
  const fulls = backups.flatMap(({ kind }, i) => (kind === 'full' ? [i] : []));
  const kept = backups.slice(fulls.at(-keepFull) ?? 0);
  const removed = backups.slice(0, backups.length - kept.length);
  const named = await blobsIn(directory, kept);
  if (removed.length > 0) await writeManifest(directory, { format: BACKUP_FORMAT, backups: kept });
  let sizeBytes = 0;
  for (const { sizeBytes: size } of removed) sizeBytes += size;
  const first = kept[0]?.file ?? '';
  // Also those that an earlier removal did not come to. Names begin with numbers that grow.
  for (const name of await readdir(directory)) {
    if (BACKUP_FILE.test(name) && name < first) await rm(path.join(directory, name));
  }
  const now = await readManifest(directory);
  if (now.backups.length !== kept.length) {
    throw new OdbError('ODB_BACKUP_BUSY', `A backup was made in ${directory} meanwhile`);
  }
  const blobs = new FileBlobs(blobsDirectory(directory));
  let count = 0;
  for await (const sha256 of blobs.names()) {
    if (named.has(sha256)) continue;
    const size = blobs.removeOlder(sha256, beganMs);
    if (size === undefined) continue;
    sizeBytes += size;
    count += 1;
  }
  return { backups: removed, blobs: count, sizeBytes };
}

/** Gives the blobs that backups name. */
async function blobsIn(directory: string, backups: readonly BackupEntry[]): Promise<Set<string>> {
  const named = new Set<string>();
  for (const { file } of backups) {
    for await (const item of readItems(path.join(directory, file), () => undefined)) {
      if (item.kind === 'blob') named.add(item.sha256);
    }
  }
  return named;
}
