/**
 * Changes: what is different in a version, and all that leads from there to main: seeing it, having it
 * reviewed, checking it in now or at a set time, taking parts of it out again, discarding it.
 *
 * It is done in main as it is now, whatever place the browser is in, and says so to whoever looks at the
 * past. Much at once is done by a job, and the page shows how far that is.
 */
import {
  type ChangesCounted,
  type Content,
  countChanges,
  JOIN_PERMISSION,
  listPreviews,
  PresentMain,
  PUBLISH_PERMISSION,
  type PublishRequest,
  tidToMs,
  Version,
} from '../../server/index.js';
import { errorOf } from '../form-fields.js';
import { countInWords } from '../helpers.js';
import { type Attempt, defineScreen, screenUrl, type ViewModel } from '../screen.js';
import { queryOfList, versionActions } from '../version-actions.js';
import { shownChanges } from '../version-changes.js';
import { isInVersion } from '../version-inside.js';
import { versionJobs } from '../version-jobs.js';
import { shownReview } from '../version-review.js';
import { whoIs } from '../who.js';

/** How many transactions of main are counted. */
const MAIN_COUNTED_MAX = 1000;
/** `2026-11-12T09:14`: as far as a field for a moment goes. */
const MINUTE_CHARACTERS = 16;
const HOUR_MS = 60 * 60 * 1000;

export const version = defineScreen<Version>({
  path: 'changes',
  tab: 'Changes',
  icon: 'compare',
  view: 'version',
  help: 'versions',
  permission: JOIN_PERMISSION,
  styles: ['source', 'components-history', 'components-edit', 'version'],
  modules: ['version'],
  parts: ['version-jobs'],
  appliesTo: isVersion,
  count: changesIn,
  show,
  actions: versionActions,
});

export function isVersion(object: Content): object is Version {
  return object instanceof Version;
}

async function show(
  about: Version,
  request: PublishRequest,
  attempt?: Attempt,
): Promise<ViewModel> {
  const { nowMs, policy } = request;
  const action = screenUrl(about, 'changes');
  const jobs = await versionJobs(request, about.path);
  const undoAction = screenUrl(about, jobs.ended?.isInside === true ? 'activity' : 'undo');
  const following = { action, undoAction, jobs, namesVersions: false };
  // What runs is looked at often, and comparing everything each time would be a burden.
  if (request.query.text('part') === 'version-jobs') return following;
  const changes = await shownChanges(request, about, attempt);
  const previews = await listPreviews(request, about);
  const { conflicts, total } = changes.all;
  return {
    ...following,
    here: addressOf(about, queryOfList(request)),
    oid: String(about.oid ?? ''),
    isInside: isInVersion(request, about),
    title: about.title === '' ? about.id : about.title,
    mayPublish: policy.may(PUBLISH_PERMISSION, about),
    changes,
    isEmpty: total === 0,
    rest: total - conflicts,
    conflictWords: conflictWords(changes.all),
    conflictsHref: screenUrl(about, 'conflicts'),
    review: shownReview(request, about),
    reviewNote: attempt?.form.text('review-note') ?? '',
    note: attempt?.form.text('note') ?? '',
    keep: attempt === undefined || !attempt.form.has('work') || attempt.form.has('keep'),
    at: attempt?.form.has('at') === true ? attempt.form.text('at') : minuteOf(nextHour(nowMs)),
    earliest: minuteOf(nowMs),
    errors: { at: errorOf('at', attempt?.errors) },
    previews: previews.length,
    previewsHref: screenUrl(about, 'preview'),
    activityHref: screenUrl(about, 'activity'),
    facts: factsOf(about, request),
  };
}

function conflictWords({ conflicts, total }: ChangesCounted): string {
  if (total === 1) return 'The change conflicts with main';
  const verb = conflicts === 1 ? 'conflicts' : 'conflict';
  return `${conflicts.toLocaleString('en-GB')} of ${countInWords(total, 'change')} ${verb} with main`;
}

/** How many changes there are; of a large version, how much it holds. */
async function changesIn(about: Version, request: PublishRequest): Promise<number> {
  using main = new PresentMain(request);
  const { added, changed, removed, entries } = await countChanges(request.site, about, { main });
  return entries ?? added + changed + removed;
}

/** The page's address, to come back to the same part of the list. */
function addressOf(about: Version, query: string): string {
  return query === '' ? screenUrl(about, 'changes') : `${screenUrl(about, 'changes')}?${query}`;
}

function factsOf(about: Version, request: PublishRequest): ViewModel {
  const since = mainSince(about, request);
  return {
    path: about.path,
    owner: about.owner === undefined ? null : whoIs(about.owner),
    begunMs: about.createdMs,
    main:
      since >= MAIN_COUNTED_MAX
        ? `more than ${MAIN_COUNTED_MAX.toLocaleString('en-GB')} transactions`
        : countInWords(since, 'transaction'),
  };
}

/**
 * How many transactions main has made since the version began, as far as they are counted. What is said
 * of the version itself is none of them.
 */
function mainSince({ createdMs, path }: Version, { connection }: PublishRequest): number {
  const { items } = connection.transactions({ limit: MAIN_COUNTED_MAX });
  return items.filter(
    ({ tid, paths = [] }) => tidToMs(tid) > createdMs && paths.some((each) => each !== path),
  ).length;
}

function nextHour(nowMs: number): number {
  return (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS;
}

function minuteOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, MINUTE_CHARACTERS);
}
