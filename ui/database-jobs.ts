/**
 * Jobs as the Database screen shows them: what runs and waits, how far it is, and what came of those
 * that ended last.
 */
import {
  hasEnded,
  type JobRecord,
  listJobs,
  maySeeJob,
  parsePrincipal,
  type PublishRequest,
} from '../server/index.js';
import { countInWords } from './helpers.js';

/** How many ended jobs are shown. */
const ENDED_MAX = 5;

const TITLES: Readonly<Record<string, string>> = {
  backup: 'Backup',
  check: 'Check',
  pack: 'Pack',
};

/** What a job counts, where it is not known how many there are. */
const THINGS: Readonly<Record<string, string>> = {
  backup: 'transaction copied',
  check: 'looked at',
  import: 'file',
  'import-object': 'object',
  pack: 'looked at',
  reindex: 'object',
};

interface RunningJob {
  readonly id: string;
  readonly title: string;
  /** What it is doing. */
  readonly words: string;
  /** How far it is. */
  readonly counted: string;
  readonly known: boolean;
  readonly done: number;
  readonly total: number;
}

interface EndedJob {
  readonly id: string;
  readonly title: string;
  readonly words: string;
  readonly chip: string;
  readonly icon: string;
  readonly state: string;
  readonly endedMs: number;
  readonly who: string;
  readonly href: string;
}

export interface JobsShown {
  readonly running: readonly RunningJob[];
  readonly ended: readonly EndedJob[];
}

/** Which jobs are shown; by default all of them. */
export type JobFilter = (job: JobRecord) => boolean;

/** Shows the jobs that the reader may see. */
export async function shownJobs(
  request: PublishRequest,
  isWanted: JobFilter = () => true,
): Promise<JobsShown> {
  const all = await listJobs(request.site.storage);
  const jobs = all.filter((job) => maySeeJob(request, job) && isWanted(job));
  return {
    // The one that runs, then those that wait, in the order in which they will be done.
    running: jobs
      .filter((job) => !hasEnded(job))
      .map(shownRunning)
      .toReversed(),
    ended: jobs.filter(hasEnded).slice(0, ENDED_MAX).map(shownEnded),
  };
}

function shownRunning(job: JobRecord): RunningJob {
  const { id, kind, state, progress, log } = job;
  const { done, total } = progress;
  const known = total > 0;
  return {
    id,
    title: titleOf(job),
    words:
      state === 'queued' ? 'Waits until the job before it has ended' : (log.at(-1) ?? 'Begins'),
    counted: known
      ? `${done.toLocaleString('en-GB')} of ${total.toLocaleString('en-GB')}`
      : countOf(kind, done),
    known,
    done,
    total,
  };
}

function countOf(kind: string, done: number): string {
  const thing = THINGS[kind] ?? '';
  if (done === 0 || thing === '') return '';
  if (thing === 'looked at') return `${done.toLocaleString('en-GB')} ${thing}`;
  const [one = '', ...more] = thing.split(' ');
  return [countInWords(done, one), ...more].join(' ');
}

const STATES: Readonly<Record<string, Pick<EndedJob, 'chip' | 'icon' | 'state'>>> = {
  done: { chip: 'add', icon: 'check', state: 'done' },
  failed: { chip: 'remove', icon: 'error', state: 'failed' },
  cancelled: { chip: 'past', icon: 'stop', state: 'cancelled' },
};
const UNKNOWN_STATE = { chip: 'past', icon: 'info', state: '' };

function shownEnded(job: JobRecord): EndedJob {
  const { id, user, state, log, endedMs } = job;
  return {
    id,
    title: titleOf(job),
    words: log.at(-1) ?? '',
    ...(STATES[state] ?? UNKNOWN_STATE),
    endedMs: endedMs ?? 0,
    who: parsePrincipal(user)?.name ?? user,
    href: `/@api/jobs/${encodeURIComponent(id)}`,
  };
}

function titleOf({ kind, path }: JobRecord): string {
  if (kind === 'check-in') return `Check-in of ${path}`;
  if (kind === 'reindex') return `Indexing for ${path}`;
  if (kind === 'update') return `Update of ${path} from main`;
  return TITLES[kind] ?? `Import into ${path}`;
}
