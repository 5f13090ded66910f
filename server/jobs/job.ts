/**
 * Jobs: work that takes longer than a request may.
 *
 * A job's record lies in the storage's metadata: no transaction, no history. What the record says
 * is a report; what the work changes of the site is an ordinary transaction. A record stays until
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
  | { readonly what: 'cancel'; readonly id: string }
  /** What is to be started at a set time was changed. */
  | typeof LOOK_AGAIN;

/** Lets the main thread look again what is scheduled. */
export const LOOK_AGAIN = { what: 'look' } as const;

/** How a job tells of itself while it runs. */
export interface JobReporter {
  progress(done: number, total: number): void;
  log(line: string): void;
}

/** What whoever keeps a job's record is told of it. Of the last three, the first one counts. */
export interface JobEvents extends JobReporter {
  done(result: unknown): void;
  /** It failed for a reason that concerns who asked for it. */
  failed(message: string): void;
  /** It failed for a reason that only the log should tell. */
  broke(error: unknown): void;
}

/** A job that was started. */
export interface StartedJob {
  /** Resolves when nothing of it goes on any more, however it ended. */
  readonly ended: Promise<void>;
  /** Ends it early; harmless when it has ended. */
  stop(): void;
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

/** What remains of a job that did not come to its end, where that is not nothing. */
const LEFT: Readonly<Record<string, string>> = {
  pack: 'What it forgot until then stays forgotten, and the database is sound: pack again to go on.',
  backup: 'No backup was made; those made before are as they were.',
  reindex: 'What it indexed stays: index again to go on.',
};

/** Says what is left of a job that ended early. */
export function leftBy({ kind }: Pick<JobOrder, 'kind'>): string {
  return (Object.hasOwn(LEFT, kind) ? LEFT[kind] : undefined) ?? 'Nothing was changed.';
}

/** Kinds of jobs that go on after the end of the server, at its next start. */
const RESUMED: ReadonlySet<string> = new Set(['reindex']);

/** Tells whether a job that the server's end interrupts goes on at the next start. */
export function isResumed({ kind }: Pick<JobOrder, 'kind'>): boolean {
  return RESUMED.has(kind);
}

export function hasEnded({ state }: JobRecord): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}
