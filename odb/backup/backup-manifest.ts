/**
 * The list of the backups in a directory.
 *
 * A backup counts once the list names it, and the list is replaced whole; so whatever happens while
 * a backup is made, the older ones are as they were.
 */
import { randomUUID } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { syncFile } from '../blobs/blobs.js';
import { OdbError } from '../errors.js';
import { fileError } from '../blobs/file-error.js';
import type { Tid } from '../tid.js';

/** The format of the files, as `backup-format.ts` describes it. */
export const BACKUP_FORMAT = 1;
export const TEMPORARY_SUFFIX = '.tmp';
const MANIFEST = 'manifest.json';

/** One backup in a directory, as the manifest lists it. */
export interface BackupEntry {
  /** Name of the file in the directory. */
  readonly file: string;
  /** All of a database, or what was new since the backup before it. */
  readonly kind: 'full' | 'changes';
  /** The newest transaction of the backup before it in the chain; 0 for a full one. */
  readonly after: Tid;
  /** The newest transaction in it; that of the backup before it when nothing was new. */
  readonly to: Tid;
  /** SHA-256 of the CBOR of that transaction, to tell one database from another. */
  readonly toSha256: string;
  /** Up to this transaction, a pack had forgotten what no later one needs. */
  readonly packedTid: Tid;
  /** When it was made, milliseconds since the epoch. */
  readonly madeMs: number;
  /** Of the file; blobs are beside it. */
  readonly sizeBytes: number;
  /** Of the whole file, in hex. */
  readonly sha256: string;
  /** The database had a codec. What is in the backup is as it was before that. */
  readonly hasCodec?: boolean;
  /** SHA-256 of the metadata, in hex; absent in older lists. */
  readonly metaSha256?: string;
  /** How many transactions are in it, and how many revisions they wrote. */
  readonly transactions: number;
  readonly revisions: number;
}

/** The list of backups in a directory: its `manifest.json`. */
export interface Manifest {
  readonly format: typeof BACKUP_FORMAT;
  /** Oldest first. */
  readonly backups: readonly BackupEntry[];
}

/**
 * Reads the list; without one, an empty list.
 *
 * @throws OdbError `ODB_FILE` when the file cannot be read
 * @throws OdbError `ODB_BACKUP_DAMAGED` when it is no list of backups, or one of a newer format
 */
export async function readManifest(directory: string): Promise<Manifest> {
  const file = path.join(directory, MANIFEST);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return { format: BACKUP_FORMAT, backups: [] };
    }
    throw fileError(error, { what: 'The list of backups could not be read', file });
  }
  const manifest = parse(text);
  if (manifest?.format === BACKUP_FORMAT && Array.isArray(manifest.backups)) return manifest;
  throw new OdbError('ODB_BACKUP_DAMAGED', `${file} is no list of backups that can be read here`);
}

function parse(text: string): Manifest | undefined {
  try {
    return JSON.parse(text) as Manifest;
  } catch {
    return undefined;
  }
}

/** Puts a new list in place of the old one. Whole, and on disk, when it answers. */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  const temporary = path.join(directory, `${randomUUID()}${TEMPORARY_SUFFIX}`);
  const handle = await open(temporary, 'wx', 0o640);
  try {
    await handle.writeFile(`${JSON.stringify(manifest, undefined, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path.join(directory, MANIFEST));
  await syncFile(directory);
}
