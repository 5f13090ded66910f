/**
 * Check-ins and updates that are done in the background, as the screens of versions show them: how far
 * each is, and what came of the one that was asked about.
 */
import {
  getJob,
  hasEnded,
  type JobRecord,
  listJobs,
  maySeeJob,
  type PublishRequest,
} from '../server/index.js';
import { cancelJob } from './cancel-job.js';
import { countInWords } from './helpers.js';
import { screenAt } from './path-address.js';

const TITLES: Readonly<Record<string, string>> = {
  'check-in': 'Check-in',
  update: 'Update from main',
};

export interface RunningVersionJob {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly words: string;
  readonly counted: string;
  readonly known: boolean;
  readonly done: number;
  readonly total: number;
}

export interface EndedVersionJob {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly tone: 'good' | 'bad' | 'warn';
  readonly icon: string;
  readonly words: string;
  readonly detail: string;
  /** The transaction that it made, to be undone; `''` for none. */
  readonly tid: string;
  /** It was done inside the version, and is undone there. */
  readonly isInside: boolean;
  /** Where its conflicts are resolved; `''` when there are none. */
  readonly conflictsHref: string;
}

export interface VersionJobsShown {
  readonly running: readonly RunningVersionJob[];
  readonly ended: EndedVersionJob | undefined;
}

/**
 * Shows what runs, and the job that the address names, once it has ended.
 *
 * @param path of a Version; without it, the jobs of all of them
 */
export async function versionJobs(
  request: PublishRequest,
  path?: string,
): Promise<VersionJobsShown> {
  const mine = (job: JobRecord): boolean =>
    Object.hasOwn(TITLES, job.kind) &&
    (path === undefined || job.path === path) &&
    maySeeJob(request, job);
  const running = (await listJobs(request.site.storage)).filter(
    (job) => mine(job) && !hasEnded(job),
  );
  const named = getJob(request.site.storage, request.query.text('job'));
  const ended = named !== undefined && mine(named) && hasEnded(named) ? named : undefined;
  return {
    running: running.map(shownRunning).toReversed(),
    ended: ended && shownEnded(ended),
  };
}

/** @throws NotFound for a job that is none of a version, or not for the reader */
export function cancelVersionJob(request: PublishRequest): void {
  cancelJob(request, ({ kind }) => Object.hasOwn(TITLES, kind));
}

function shownRunning({ id, kind, path, state, progress, log }: JobRecord): RunningVersionJob {
  const { done, total } = progress;
  return {
    ...{ id, path, title: titleOf(kind), done, total, known: total > 0 },
    words:
      state === 'queued' ? 'Waits until the job before it has ended' : (log.at(-1) ?? 'Under way'),
    counted: total > 0 ? `${done.toLocaleString('en-GB')} of ${total.toLocaleString('en-GB')}` : '',
  };
}

function shownEnded({ id, kind, path, state, log, result }: JobRecord): EndedVersionJob {
  const { tid, objects = [], conflicts = [], missed } = resultOf(result);
  const about = { id, path, title: titleOf(kind), isInside: kind === 'update' };
  const none = { tid: '', conflictsHref: '' };
  if (state !== 'done' || typeof missed === 'string') {
    const words = state === 'cancelled' ? 'was cancelled' : 'could not be done';
    return {
      ...{ ...about, ...none, tone: 'bad', icon: 'error', words: `${about.title} ${words}` },
      detail: (missed ?? log.at(-1) ?? '').trim() || 'Nothing was changed.',
    };
  }
  if (conflicts.length > 0) {
    return {
      ...{ ...about, ...none, tone: 'bad', icon: 'conflict' },
      conflictsHref: screenAt(path, 'conflicts'),
      words: `Not done: ${countInWords(conflicts.length, 'conflict')} with main`,
      detail: 'Main and the version both changed the same. Nothing was changed now.',
    };
  }
  const done = kind === 'update' ? 'Brought in' : 'Checked in';
  return {
    ...{ ...about, ...none, tone: 'good', icon: 'done' },
    words: `${done} ${countInWords(objects.length, 'object')}`,
    detail:
      kind === 'update'
        ? 'What main has changed since is in the version now.'
        : 'It is one transaction on main, and can be undone.',
    tid: tid ?? '',
  };
}

interface JobResult {
  readonly tid?: string;
  readonly objects?: readonly unknown[];
  readonly conflicts?: readonly unknown[];
  readonly missed?: string | null;
}

function resultOf(result: unknown): JobResult {
  return typeof result === 'object' && result !== null ? result : {};
}

function titleOf(kind: string): string {
  return TITLES[kind] ?? kind;
}
