/**
 * A database at a glance: how much there is, how the server is doing with it, when it was last
 * backed up, checked and packed.
 */
import {
  OdbError,
  readManifest,
  type Storage,
  type StorageFigures,
  tidToMs,
  TID_ZERO,
} from '../../odb/index.js';
import type { SiteServices } from '../content/work.js';
import { hasEnded, type JobRecord, listJobs } from '../jobs/job.js';
import type { CacheFigures, ConflictFigures } from '../statistics.js';
import { backupSummary, type BackupSummary } from './backup.js';
import type { CheckResult } from './check.js';

export interface DatabaseOverview {
  /** The newest transaction. */
  readonly tid: string;
  readonly time: string;
  readonly counts: {
    readonly objects: number;
    readonly revisions: number;
    readonly transactions: number;
    readonly files: number;
  };
  /** Bytes on disk. */
  readonly sizes: { readonly records: number; readonly files: number };
  readonly caches: CacheFigures;
  /** Since the server was started. */
  readonly conflicts: ConflictFigures & { readonly since: string };
  /** Of older transactions than this one, not everything is kept. */
  readonly packed: { readonly tid: string; readonly time: string } | null;
  readonly backups: BackupsOverview;
  /** The last check that is remembered. */
  readonly checked: CheckedOverview | null;
}

export interface BackupsOverview {
  /** Where they are; empty where the server makes none. */
  readonly directory: string;
  readonly count: number;
  readonly bytes: number;
  readonly last: BackupSummary | null;
  /** Why it is not known what is there. */
  readonly problem: string | null;
}

export interface CheckedOverview {
  readonly job: string;
  readonly time: string;
  readonly tid: string;
  /** How many things were wrong. */
  readonly count: number;
  readonly repaired: number | null;
}

/** Figures by the storage they are of, for as long as nothing changed it. */
const counted = new WeakMap<
  Storage,
  { readonly state: string; readonly figures: StorageFigures }
>();

/**
 * Looks at the database. Counting takes about a second for a million revisions, the first time and
 * after each change.
 */
export async function databaseOverview({
  storage,
  server,
}: SiteServices): Promise<DatabaseOverview> {
  const jobs = await listJobs(storage);
  const { lastTid: tid, packedTid } = storage;
  // A pack and a backup change figures without a transaction.
  const state = [tid, packedTid, jobs.filter(hasEnded).map(({ id }) => id)].join(' ');
  const kept = counted.get(storage);
  const figures = kept?.state === state ? kept.figures : await storage.figures();
  counted.set(storage, { state, figures });
  const { objects, revisions, transactions, blobs, recordBytes, blobBytes } = figures;
  const loaded = server?.statistics.loaded ?? [];
  return {
    ...moment(tid),
    counts: { objects, revisions, transactions, files: blobs },
    sizes: { records: recordBytes, files: blobBytes },
    caches: {
      threads: loaded.length,
      objects: loaded.reduce((sum, each) => sum + each, 0),
      objectsMax: server?.cacheObjects ?? 0,
    },
    conflicts: {
      ...(server?.statistics.conflicts ?? NO_CONFLICTS),
      since: new Date(server?.startedMs ?? 0).toISOString(),
    },
    packed: packedTid === TID_ZERO ? null : moment(packedTid),
    backups: await backupsIn(server?.backups ?? ''),
    checked: lastCheck(jobs),
  };
}

const NO_CONFLICTS: ConflictFigures = { saved: 0, merged: 0, retried: 0, refused: 0 };

function moment(tid: Storage['lastTid']): { readonly tid: string; readonly time: string } {
  return { tid: String(tid), time: new Date(tidToMs(tid)).toISOString() };
}

async function backupsIn(directory: string): Promise<BackupsOverview> {
  const nothing = { directory, count: 0, bytes: 0, last: null, problem: null };
  if (directory === '') return nothing;
  try {
    const { backups } = await readManifest(directory);
    const last = backups.at(-1);
    return {
      ...nothing,
      count: backups.length,
      bytes: backups.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      last: last === undefined ? null : backupSummary(last),
    };
  } catch (error) {
    if (!(error instanceof OdbError || (error instanceof Error && 'syscall' in error))) throw error;
    return { ...nothing, problem: error.message };
  }
}

function lastCheck(jobs: readonly JobRecord[]): CheckedOverview | null {
  const job = jobs.find(({ kind, state }) => kind === 'check' && state === 'done');
  if (job === undefined) return null;
  // A check that is done left its result.
  const { tid, count, repaired = null } = job.result as CheckResult;
  return { job: job.id, time: new Date(job.endedMs ?? 0).toISOString(), tid, count, repaired };
}
