/**
 * Jobs: work that takes longer than a request may.
 *
 * A job's record lies in the storage's metadata: no transaction, no history. What the record says
 * is a report; the work itself is an ordinary transaction like any other. A record stays until
 * `JOBS_KEPT` newer ones have ended. States go in one direction: queued, running, then one of
 * done, failed and cancelled.
 */
import type { Storage } from '../../odb/index.js';

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

/** What is to be done, in words that cross threads. */
export interface JobOrder {
  readonly id: string;
  /** Which job: a name of `kinds.ts`. */
  readonly kind: string;
  /** Principal key of who asked for it; it is done with what they may do. */
  readonly user: string;
  /** What it is about, by path. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface JobRecord extends JobOrder {
  readonly state: JobState;
  readonly createdMs: number;
  readonly endedMs: number | undefined;
  readonly progress: { readonly done: number; readonly total: number };
  /** What it had to say, oldest first; at most `LOG_LINES_MAX`. */
  readonly log: readonly string[];
  /** What the direct answer would be, once it is done. */
  readonly result: unknown;
}

/** What the main thread is asked to do with a job when an answer is sent. */
export type JobCommand =
  | { readonly what: 'start'; readonly order: JobOrder }
  | { readonly what: 'cancel'; readonly id: string };

/** How a job tells of itself while it runs. */
export interface JobReporter {
  progress(done: number, total: number): void;
  log(line: string): void;
}

/** How many ended jobs are remembered. */
export const JOBS_KEPT = 100;
/** The most lines of a job's log; the line after them says how many are missing. */
export const LOG_LINES_MAX = 1000;

const PREFIX = 'job:';

export function jobKey(id: string): string {
  return PREFIX + id;
}

/** Gives a job's record; `undefined` for one that never was, or is forgotten. */
export function getJob(storage: Pick<Storage, 'getMeta'>, id: string): JobRecord | undefined {
  return storage.getMeta(jobKey(id)) as JobRecord | undefined;
}

/** Lists all jobs, newest first. */
export async function listJobs(storage: Pick<Storage, 'listMeta'>): Promise<readonly JobRecord[]> {
  const entries = await storage.listMeta(PREFIX);
  return entries
    .map(([, value]) => value as JobRecord)
    .sort((a, b) => b.createdMs - a.createdMs || (a.id < b.id ? 1 : -1));
}

export function hasEnded({ state }: JobRecord): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}
