/**
 * What is done from a version's first screen: checking it in now or at a set time, taking changes out of
 * it, discarding it, and what is said of it on the way.
 *
 * Nothing is checked in or judged that was not on the page: the form says what it showed, and when more
 * was changed since, it comes back with that.
 */
import {
  addComment,
  BadRequest,
  checkIn as checkInNow,
  checkInOrder,
  type Content,
  DIRECT_CHANGES_MAX,
  discardVersion,
  entriesIn,
  Invalid,
  isChangedSince,
  listChanges,
  LOOK_AGAIN,
  markReviewed,
  parseTid,
  principalKey,
  PUBLISH_PERMISSION,
  type PublishRequest,
  readMoment,
  removeComment,
  revertInVersion,
  type ReviewAction,
  reviewVersion,
  scheduleCheckIn,
  type SideConflict,
  siteRoot,
  Taken,
  tidToMs,
  unschedule,
  type Version,
} from '../server/index.js';
import { countInWords } from './helpers.js';
import { queryWithout } from './page.js';
import { type Action, findScreen, mayOpen, type Outcome } from './screen.js';
import { COMMENT_ACTION } from './version-changes.js';
import { cancelVersionJob } from './version-jobs.js';

/** The most changes that "the others" can be. */
const OTHERS_MAX = 100_000;

/** Fields of the query that one visit needs and the next does not. */
const MOMENTARY = ['done', 'part', 'format', 'job'];

/** Actions of the screen `changes`, by name. */
export const versionActions: Readonly<Record<string, Action<Version>>> = {
  'check-in': { run: (about, request) => checkIn(about, request, undefined) },
  'check-in-ticked': { run: (about, request) => checkIn(about, request, tickedIn(request)) },
  'check-in-others': { run: checkInOthers },
  discard: { run: discard },
  'take-out': { run: takeOut },
  seen: { run: (about, request) => mark(about, request, { reviewed: true }) },
  unseen: { run: (about, request) => mark(about, request, { reviewed: false }) },
  [COMMENT_ACTION]: { run: comment },
  'take-comment': { run: takeComment },
  ask: { run: (about, request) => review(about, request, 'ask') },
  withdraw: { run: (about, request) => review(about, request, 'withdraw') },
  approve: { run: (about, request) => review(about, request, 'approve') },
  'request-changes': { run: (about, request) => review(about, request, 'request-changes') },
  schedule: { run: schedule },
  unschedule: { run: takeBackTime },
  cancel: { run: cancel },
};

/** The query of a list of changes, without what only a single visit needs. */
export function queryOfList(request: PublishRequest): string {
  return queryWithout(request, MOMENTARY);
}

/** Goes back to the list as it was shown. */
function shownAgain(request: PublishRequest, message?: string): Outcome {
  const query = queryOfList(request);
  return { goTo: 'changes', query, ...(message === undefined ? {} : { message }) };
}

/** @throws BadRequest when nothing is ticked */
function tickedIn(request: PublishRequest): readonly string[] {
  const paths = request.form.all('object');
  if (paths.length === 0) throw new BadRequest('Tick the changes first');
  return paths;
}

/** Checks in everything, or what is at some paths; much of it as a job. */
async function checkIn(
  about: Version,
  request: PublishRequest,
  objects: readonly string[] | undefined,
): Promise<Outcome> {
  const { form, policy, site } = request;
  policy.require(PUBLISH_PERMISSION, about);
  requireSeen(about, request);
  const note = form.text('note').trim();
  const keep = objects !== undefined || form.has('keep');
  const list = listOfVersions(request);
  const part = objects === undefined ? {} : { objects };
  if ((objects?.length ?? entriesIn(site, about)) > DIRECT_CHANGES_MAX) {
    const command = checkInOrder(
      { user: principalKey(request.user), path: about.path },
      { ...part, keep, resolve: [], ...(note === '' ? {} : { note }) },
    );
    request.order(command);
    const query = `job=${command.order.id}`;
    return keep || list === undefined
      ? { goTo: 'changes', query }
      : { goTo: 'versions', at: list, query };
  }
  if (note !== '') request.note(note);
  const { container } = about;
  const { conflicts } = await checkInNow(request, about, { ...part, keep });
  if (conflicts.length > 0) return toConflicts(conflicts);
  if (keep) return { goTo: 'changes', message: 'Nothing was different from main' };
  return afterwards(list, container);
}

/** Checks in what is in conflict with nothing. */
async function checkInOthers(about: Version, request: PublishRequest): Promise<Outcome> {
  const { items } = await listChanges(request, about, {
    ...{ start: 0, limit: OTHERS_MAX, withSides: false },
  });
  const others = items.filter(({ conflict }) => !conflict).map(({ path }) => path);
  if (others.length === 0) throw new Taken('All that is changed here conflicts with main.');
  return checkIn(about, request, others);
}

function toConflicts(conflicts: readonly SideConflict[]): Outcome {
  const many = countInWords(conflicts.length, 'object');
  return {
    goTo: 'conflicts',
    message: `Not checked in: main and the version both changed ${many}`,
  };
}

/** The list of versions, where the reader may open it. */
function listOfVersions(request: PublishRequest): Content | undefined {
  const root = siteRoot(request.connection);
  const screen = findScreen(root, ['versions'])?.screen;
  return screen !== undefined && mayOpen(screen, root, request) ? root : undefined;
}

/** Where one goes when the version is not there any more. */
function afterwards(list: Content | undefined, container: Content | undefined): Outcome {
  if (list !== undefined) return { goTo: 'versions', at: list };
  return { goTo: '', ...(container === undefined ? {} : { at: container }) };
}

function discard(about: Version, request: PublishRequest): Outcome {
  const list = listOfVersions(request);
  const { container } = about;
  discardVersion(request, about);
  return afterwards(list, container);
}

async function takeOut(about: Version, request: PublishRequest): Promise<Outcome> {
  await revertInVersion(request, about, tickedIn(request));
  return shownAgain(request);
}

async function mark(
  about: Version,
  request: PublishRequest,
  { reviewed }: { readonly reviewed: boolean },
): Promise<Outcome> {
  const objects = tickedIn(request);
  const marked = await markReviewed(request, about, { objects, reviewed, ...seenBy(request) });
  const missed = objects.length - marked.length;
  if (missed === 0) return shownAgain(request);
  const many = countInWords(missed, 'change');
  return shownAgain(request, `Not marked: ${many} that you have not seen as it is now`);
}

/** What whoever says something of the version had before them. */
function seenBy({ form }: PublishRequest): {
  readonly seen?: NonNullable<ReturnType<typeof parseTid>>;
} {
  const seen = parseTid(form.text('seen'));
  return seen === undefined ? {} : { seen };
}

/** @throws Taken when something was changed in the version that was not on the page */
function requireSeen({ oid }: Version, request: PublishRequest): void {
  const { seen } = seenBy(request);
  if (seen === undefined || oid === undefined) return;
  if (!isChangedSince(request.connection, oid, seen)) return;
  throw new Taken(
    'Something was changed in the version after what you have seen of it. Look at the changes again.',
  );
}

function review(about: Version, request: PublishRequest, action: ReviewAction): Outcome {
  const note = request.form.text('review-note').trim();
  reviewVersion(request, about, { action, note, ...seenBy(request) });
  return shownAgain(request);
}

async function comment(about: Version, request: PublishRequest): Promise<Outcome> {
  const { form } = request;
  await addComment(request, about, { path: form.text('object'), text: form.text('text') });
  return shownAgain(request);
}

function takeComment(about: Version, request: PublishRequest): Outcome {
  removeComment(request, about, request.form.text('comment'));
  return shownAgain(request);
}

async function schedule(about: Version, request: PublishRequest): Promise<Outcome> {
  const { form } = request;
  requireSeen(about, request);
  const atMs = momentIn(form.text('at'));
  const note = form.text('note').trim();
  const keep = form.has('keep');
  const conflicts = await scheduleCheckIn(request, about, { atMs, note, keep });
  if (conflicts.length > 0) return toConflicts(conflicts);
  request.order(LOOK_AGAIN);
  return shownAgain(request);
}

/** @throws Invalid for what is no moment */
function momentIn(given: string): number {
  try {
    return tidToMs(readMoment('at', given, 'start'));
  } catch (cause) {
    const message = 'Not a moment. Write one as in 2026-11-12T09:14.';
    throw new Invalid([{ field: 'at', message }], { cause });
  }
}

function takeBackTime(about: Version, request: PublishRequest): Outcome {
  unschedule(request, about);
  return shownAgain(request, 'No time was set');
}

function cancel(_about: Version, request: PublishRequest): Outcome {
  cancelVersionJob(request);
  return { goTo: 'changes' };
}
