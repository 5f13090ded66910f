/**
 * The database: how much there is, and what keeps it in good order. For whoever looks after it, at
 * the root of the site.
 *
 * Pack, backup and check are jobs that run beside the site. Packing is the one thing that cannot be
 * undone, so it is asked for twice: the second time, the page says what goes and what stays.
 */
import {
  areDays,
  backupOrder,
  BadRequest,
  checkOrder,
  type CheckResult,
  type Content,
  DATABASE_PERMISSION,
  type DatabaseOverview,
  databaseOverview,
  Folder,
  getJob,
  PACK_DAYS_DEFAULT,
  PACK_DAYS_MAX,
  packOrder,
  principalKey,
  type PublishRequest,
  trashDaysOf,
} from '../../server/index.js';
import { cancelJob } from '../cancel-job.js';
import { shownJobs } from '../database-jobs.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** The most findings that are shown; all are in the record of the check. */
const FINDINGS_SHOWN = 50;
/** What tells of jobs alone, and counts nothing. */
const PARTS_OF_JOBS = ['database-jobs', 'database-ended'];

export const database = defineScreen({
  path: 'database',
  tab: 'Database',
  icon: 'database',
  view: 'database',
  permission: DATABASE_PERMISSION,
  modules: ['database'],
  styles: ['database'],
  parts: [...PARTS_OF_JOBS, 'database-now'],
  appliesTo: (object): object is Folder =>
    object instanceof Folder && object.container === undefined,
  show,
  actions: {
    pack: { run: startPack },
    backup: { run: (_root, request) => startBackup(request, { full: false }) },
    'backup-full': { run: (_root, request) => startBackup(request, { full: true }) },
    check: { run: (_root, request) => startCheck(request, { repair: false }) },
    repair: { run: (_root, request) => startCheck(request, { repair: true }) },
    cancel: { run: cancel },
  },
});

async function show(root: Folder, request: PublishRequest, attempt?: Attempt): Promise<ViewModel> {
  const action = screenUrl(root, 'database');
  const jobs = await shownJobs(request);
  // What runs is looked at often, and counting everything each time would be a burden.
  if (PARTS_OF_JOBS.includes(request.query.text('part'))) return { action, jobs };
  const now = await databaseOverview(request.site);
  const days = daysIn(attempt?.form.text('days') ?? request.query.text('days'));
  const asked = request.query.has('pack') && attempt === undefined;
  return {
    action,
    jobs,
    now,
    figures: figuresOf(now),
    check: shownCheck(now, request),
    days: days ?? PACK_DAYS_DEFAULT,
    daysMax: PACK_DAYS_MAX,
    wrongDays: days === undefined ? `Write a whole number of days, up to ${PACK_DAYS_MAX}.` : '',
    pack: asked && days !== undefined ? plannedPack(now, days, request) : null,
    backedUpMs: now.backups.last === null ? null : Date.parse(now.backups.last.made),
  };
}

/** Reads a number of days; the usual one where nothing was said, `undefined` for anything else. */
function daysIn(given: string): number | undefined {
  if (given.trim() === '') return PACK_DAYS_DEFAULT;
  const days = Number(given);
  return areDays(days) ? days : undefined;
}

interface Figure {
  readonly kind: 'count' | 'bytes';
  readonly amount: number;
  readonly words: string;
}

function figuresOf({ counts, sizes }: DatabaseOverview): readonly Figure[] {
  const count = (amount: number, words: string): Figure => ({ kind: 'count', amount, words });
  return [
    count(counts.objects, 'objects stored'),
    count(counts.revisions - counts.objects, 'older states kept'),
    count(counts.transactions, 'transactions'),
    { kind: 'bytes', amount: sizes.records, words: 'objects and history' },
    count(counts.files, 'files'),
    { kind: 'bytes', amount: sizes.files, words: 'in files' },
  ];
}

/** What a pack would forget and keep, said before it is begun. */
function plannedPack(
  { counts, packed, backups }: DatabaseOverview,
  days: number,
  request: PublishRequest,
): ViewModel {
  const beforeMs = request.nowMs - days * DAY_MS;
  const packedMs = packed === null ? undefined : Date.parse(packed.time);
  return {
    days,
    beforeMs,
    older: counts.revisions - counts.objects,
    transactions: counts.transactions,
    /** Everything that old is forgotten already. */
    isBehind: packedMs !== undefined && packedMs >= beforeMs,
    backedUp: backups.last !== null,
    trashDays: trashDaysOf(request.site.storage),
  };
}

/** The last check, with what it found. */
function shownCheck({ checked }: DatabaseOverview, request: PublishRequest): ViewModel | null {
  if (checked === null) return null;
  const record = getJob(request.site.storage, checked.job);
  const result = record?.result as CheckResult | undefined;
  const findings = result?.findings ?? [];
  return {
    timeMs: Date.parse(checked.time),
    count: checked.count,
    repaired: checked.repaired ?? 0,
    findings: findings.slice(0, FINDINGS_SHOWN),
    more: checked.count - Math.min(findings.length, FINDINGS_SHOWN),
    mendable: checked.repaired === null && findings.some(({ repairable }) => repairable),
    href: `/@api/jobs/${encodeURIComponent(checked.job)}`,
  };
}

const SHOWN: Outcome = { goTo: 'database' };

function startPack(_root: Content, request: PublishRequest): Outcome {
  const days = daysIn(request.form.text('days'));
  if (days === undefined) {
    throw new BadRequest(`Write a whole number of days, up to ${PACK_DAYS_MAX}`, { field: 'days' });
  }
  request.order(packOrder(principalKey(request.user), days));
  return SHOWN;
}

function startBackup(request: PublishRequest, options: { readonly full: boolean }): Outcome {
  request.order(backupOrder(principalKey(request.user), options));
  return SHOWN;
}

function startCheck(request: PublishRequest, options: { readonly repair: boolean }): Outcome {
  request.order(checkOrder(principalKey(request.user), options));
  return SHOWN;
}

function cancel(_root: Content, request: PublishRequest): Outcome {
  cancelJob(request);
  return SHOWN;
}
