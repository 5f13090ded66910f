/**
 * What became of a backup, in words and as data.
 */
import type { BackupEntry, BackupReport } from '../../odb/index.js';
import { countInWords, sizeInWords } from '../words.js';

/** A backup, as JSON clients read it. */
export interface BackupSummary {
  /** Name of its file in the directory of backups. */
  readonly file: string;
  readonly kind: 'full' | 'changes';
  /** The newest transaction in it. */
  readonly tid: string;
  readonly made: string;
  readonly bytes: number;
  readonly transactions: number;
}

export interface BackupResult extends BackupSummary {
  /** Files that were copied for it. */
  readonly files: number;
  /** Files left out because their content is damaged, by the SHA-256 they should have. */
  readonly damaged: readonly string[];
}

export function backupSummary(entry: BackupEntry): BackupSummary {
  const { file, kind, to, madeMs, sizeBytes: bytes, transactions } = entry;
  const made = new Date(madeMs).toISOString();
  return { file, kind, tid: String(to), made, bytes, transactions };
}

export function backupResult(report: BackupReport): BackupResult {
  return { ...backupSummary(report), files: report.blobs, damaged: report.damagedBlobs };
}

/** Says in lines what a backup copied, and what it had to leave out. */
export function summaryOfBackup(report: BackupReport): readonly string[] {
  const { isNew, kind, transactions, revisions, blobs, sizeBytes, damagedBlobs } = report;
  if (!isNew) return ['Nothing is new since the last backup'];
  const what = kind === 'full' ? 'Everything' : 'What is new';
  const copied = [
    countInWords(transactions, 'transaction'),
    countInWords(revisions, 'state'),
    countInWords(blobs, 'file'),
  ];
  const damaged = damagedBlobs.map(
    (sha256) => `Left out a damaged file, ${sha256}: canopy check says whose it is`,
  );
  return [`${what} is copied: ${copied.join(', ')}, in ${sizeInWords(sizeBytes)}`, ...damaged];
}
