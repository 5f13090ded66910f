/**
 * Reviews of versions: asking for one, giving a verdict, and what came of it.
 *
 * What is said is stored on the Version, in main, as ordinary transactions: it can be seen in the
 * history and be undone. Asking, and taking that back, needs what working in the version needs; a
 * verdict what checking it in needs. Two verdicts at once are both kept.
 */
import type { Tid } from '../../odb/index.js';
import { Invalid, Taken } from '../errors.js';
import { quoted } from '../quote.js';
import { isKnown, principalKey } from '../security/principal.js';
import { touched } from './edit.js';
import { entriesIn, JOIN_PERMISSION, PUBLISH_PERMISSION, type Version } from './version.js';
import {
  type GivenVerdict,
  isChangedSince,
  isOfOtherState,
  isOutdated,
  missedOf,
  reviewOf,
  scheduleOf,
  type Verdict,
  type VersionState,
} from './version-state.js';
import type { Work } from './work.js';

/** How long what is said with a request or a verdict may be. */
export const REVIEW_NOTE_CHARACTERS_MAX = 4000;

export type ReviewAction = 'ask' | 'withdraw' | Verdict;

export interface ReviewStep {
  readonly action: ReviewAction;
  readonly note?: string;
  /**
   * The newest transaction that whoever gives a verdict has seen of the version, as `VersionReview`
   * says it. When something was changed since, the verdict is refused. Default: all there is.
   */
  readonly seen?: Tid;
}

/** All that is known of a version's way to main. Times are in milliseconds since the epoch. */
export interface VersionReview {
  readonly state: VersionState;
  /** The newest transaction that this rests on. */
  readonly tid: Tid;
  readonly asked: ReviewRequest | undefined;
  /** The last verdict of each, the newest first. */
  readonly verdicts: readonly VerdictShown[];
  readonly schedule: ScheduleShown | undefined;
  /** The last check-in that was scheduled and not made; the next thing that is done forgets it. */
  readonly missed: MissedShown | undefined;
}

export interface ReviewRequest {
  /** Principal key. */
  readonly user: string;
  readonly note: string;
  readonly timeMs: number;
}

export interface VerdictShown extends ReviewRequest {
  readonly verdict: Verdict;
  /** The version is not as it was then: it counts no more. */
  readonly outdated: boolean;
}

export interface ScheduleShown extends ReviewRequest {
  readonly atMs: number;
  readonly keep: boolean;
  /** Something was changed in the version since: the check-in will not be made. */
  readonly outdated: boolean;
}

export interface MissedShown {
  readonly atMs: number;
  readonly user: string;
  readonly timeMs: number;
  readonly reason: string;
}

/**
 * Shows how far a version is.
 *
 * @throws Unauthorized for whoever may neither be in it nor check it in
 */
export function readReview({ policy, connection }: Work, version: Version): VersionReview {
  if (!policy.may(PUBLISH_PERMISSION, version)) policy.require(JOIN_PERMISSION, version);
  const { asked, verdicts = {} } = reviewOf(version);
  const schedule = scheduleOf(version);
  const missed = missedOf(version);
  return {
    state: version.state,
    tid: connection.tid,
    asked,
    verdicts: Object.entries(verdicts)
      .map(([user, given]) => ({
        ...{ user, verdict: given.verdict, note: given.note, timeMs: given.timeMs },
        outdated: isOfOtherState(version, given),
      }))
      .sort((a, b) => b.timeMs - a.timeMs || (a.user < b.user ? -1 : 1)),
    schedule: schedule && { ...schedule, outdated: isOutdated(version, schedule) },
    missed,
  };
}

/**
 * Takes one step of a review.
 *
 * @throws Unauthorized when the user may not
 * @throws Invalid for a note that is too long, and for a verdict of nobody
 * @throws Taken where nothing is changed in the version, where nothing was asked that could be taken
 *   back, and for a verdict on what was changed since
 */
export function reviewVersion(work: Work, version: Version, step: ReviewStep): void {
  const { action, note = '' } = step;
  const isVerdict = action === 'approve' || action === 'request-changes';
  work.policy.require(isVerdict ? PUBLISH_PERMISSION : JOIN_PERMISSION, version);
  if (note.length > REVIEW_NOTE_CHARACTERS_MAX) {
    const message = `A note has at most ${REVIEW_NOTE_CHARACTERS_MAX} characters`;
    throw new Invalid([{ field: 'note', message }]);
  }
  if (action === 'withdraw') withdraw(work, version);
  else {
    requireChanges(work, version);
    if (isVerdict) give(work, version, { ...step, verdict: action, note });
    else ask(work, version, note);
  }
  version.missed = undefined;
  touched(work, version);
}

/** @throws Taken when there is nothing in the version */
export function requireChanges(work: Work, version: Version): void {
  if (entriesIn(work.site, version) > 0) return;
  throw new Taken(`Nothing is changed in ${nameOf(version)}`);
}

/** Forgets what was said of a version, since it is not what it was any more. */
export function forgetReview(version: Version): boolean {
  const { review, schedule, missed } = version;
  const isBlank = Object.keys(review).length === 0 && schedule === undefined;
  if (isBlank && missed === undefined) return false;
  version.review = {};
  version.schedule = undefined;
  version.missed = undefined;
  return true;
}

/** Names a version in a sentence. */
export function nameOf({ title, path }: Version): string {
  return quoted(title === '' ? path : title);
}

function ask(work: Work, version: Version, note: string): void {
  const asked = { user: principalKey(work.user), note, timeMs: work.nowMs };
  version.review = { ...begun(version), asked };
  work.did(`Asked for a review of ${nameOf(version)}${said(note)}`);
}

function withdraw(work: Work, version: Version): void {
  const { asked, verdicts = {} } = reviewOf(version);
  if (asked === undefined && Object.keys(verdicts).length === 0) {
    throw new Taken(`No review of ${nameOf(version)} was asked for`);
  }
  version.review = {};
  work.did(`Took back the review of ${nameOf(version)}`);
}

function give(
  work: Work,
  version: Version,
  { verdict, note, seen }: Omit<GivenVerdict, 'timeMs' | 'seen'> & Pick<ReviewStep, 'seen'>,
): void {
  const { user, nowMs, connection } = work;
  if (!isKnown(user)) {
    throw new Invalid([{ field: '', message: 'A verdict is given by somebody who is signed in' }]);
  }
  const { oid } = version;
  if (seen !== undefined && oid !== undefined && isChangedSince(connection, oid, seen)) {
    throw new Taken(
      `Something was changed in ${nameOf(version)} after what you have seen of it. Look again first.`,
    );
  }
  const given = { verdict, note, timeMs: nowMs, seen: connection.tid };
  const review = begun(version);
  version.review = { ...review, verdicts: { ...review.verdicts, [principalKey(user)]: given } };
  const words = verdict === 'approve' ? 'Approved' : 'Asked for changes of';
  work.did(`${words} ${nameOf(version)}${said(note)}`);
}

/** What was said before, where that is about this version, to be added to. */
function begun(version: Version): Version['review'] {
  const { oid } = version;
  return { ...reviewOf(version), ...(oid === undefined ? {} : { of: oid }) };
}

function said(note: string): string {
  return note === '' ? '' : `: ${note}`;
}
