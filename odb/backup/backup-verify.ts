/**
 * Verifying backups: whether what is in the directory can be restored.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { readItems } from './backup-format.js';
import { readManifest, type BackupEntry } from './backup-manifest.js';
import { FileBlobs } from '../blobs/blobs.js';
import { OdbError } from '../errors.js';
import { blobsDirectory } from '../level/level-database.js';
import { TID_ZERO } from '../tid.js';

/** Something in a directory of backups that could not be restored. */
export interface BackupProblem {
  /** The backup it is about, by the name of its file. */
  readonly file: string;
  /** What is wrong, as the end of a sentence that begins with the file. */
  readonly what: string;
}

/** What `verifyBackup` found. */
export interface VerifyReport {
  /** As the manifest lists them, oldest first. */
  readonly backups: readonly BackupEntry[];
  /** How many were read: transactions, revisions, and blobs, each once. */
  readonly transactions: number;
  readonly revisions: number;
  readonly blobs: number;
  /** Empty when everything can be restored. */
  readonly problems: readonly BackupProblem[];
}

/**
 * Reads all that is in a directory of backups, and tells what could not be restored: files or blobs
 * that are missing or not what they were, and backups that do not follow one another.
 *
 * Reads every byte; memory for the names of the blobs. Changes nothing.
 *
 * @throws OdbError `ODB_BACKUP_DAMAGED` when the manifest cannot be read
 * @throws OdbError `ODB_NO_BACKUP` when there is none
 */
export async function verifyBackup(
  directory: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<VerifyReport> {
  const { backups } = await readManifest(directory);
  if (backups.length === 0)
    throw new OdbError('ODB_NO_BACKUP', `There is no backup in ${directory}`);
  const problems: BackupProblem[] = [];
  const blobs = new FileBlobs(blobsDirectory(directory));
  const seen = new Set<string>();
  let transactions = 0;
  let revisions = 0;
  let before: BackupEntry | undefined;
  for (const entry of backups) {
    const { file, kind, after } = entry;
    const problem = (what: string): void => void problems.push({ file, what });
    if (after !== (kind === 'full' ? TID_ZERO : before?.to)) {
      problem('does not follow the backup before it');
    }
    before = entry;
    try {
      await verifyFile(path.join(directory, file), entry, async (sha256) => {
        options.signal?.throwIfAborted();
        if (seen.has(sha256)) return;
        seen.add(sha256);
        if (!blobs.has(sha256)) problem(`needs the blob ${sha256}, which is not there`);
        else if (!(await blobs.verify(sha256)))
          problem(`needs the blob ${sha256}, which is damaged`);
      });
      transactions += entry.transactions;
      revisions += entry.revisions;
    } catch (error) {
      options.signal?.throwIfAborted();
      problem(error instanceof Error ? error.message : String(error));
    }
  }
  return { backups, transactions, revisions, blobs: seen.size, problems };
}

async function verifyFile(
  file: string,
  entry: BackupEntry,
  onBlob: (sha256: string) => Promise<void>,
): Promise<void> {
  const hash = createHash('sha256');
  let transactions = 0;
  let revisions = 0;
  let ended = false;
  for await (const item of readItems(file, (bytes) => hash.update(bytes))) {
    if (item.kind === 'transaction') transactions += 1;
    else if (item.kind === 'revision' || item.kind === 'overlay') revisions += 1;
    else if (item.kind === 'blob') await onBlob(item.sha256);
    else if (item.kind === 'end') {
      ended = item.transactions === transactions && item.revisions === revisions;
    }
  }
  const { size } = await stat(file);
  if (size !== entry.sizeBytes || hash.digest('hex') !== entry.sha256) {
    throw new OdbError('ODB_BACKUP_DAMAGED', 'is not the file that was written');
  }
  const isListed = transactions === entry.transactions && revisions === entry.revisions;
  if (!ended || !isListed) throw new OdbError('ODB_BACKUP_DAMAGED', 'does not hold what it says');
}
