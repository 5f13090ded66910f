/**
 * How far a version is on its way to main, as its screens say it: the state in a word, what was asked,
 * who said what of it, and the time that was set.
 */
import {
  isKnown,
  minuteInWords,
  PUBLISH_PERMISSION,
  type PublishRequest,
  readReview,
  type Version,
  type VersionReview,
  type VersionState,
} from '../server/index.js';
import { type Who, whoIs } from './who.js';

/** A state as a chip shows it. */
export interface StateChip {
  readonly word: string;
  /** `''` for none in particular. */
  readonly tone: string;
  readonly icon: string;
}

const STATES: Readonly<Record<VersionState, StateChip>> = {
  open: { word: 'Open', tone: '', icon: 'edit' },
  review: { word: 'In review', tone: 'change', icon: 'comment' },
  approved: { word: 'Approved', tone: 'add', icon: 'check' },
  scheduled: { word: 'Scheduled', tone: 'accent', icon: 'calendar' },
};

export function stateChip(state: VersionState): StateChip {
  return STATES[state];
}

interface Said extends Who {
  readonly note: string;
  readonly timeMs: number;
}

export interface ReviewShown {
  readonly chip: StateChip;
  /** The newest transaction that all of this rests on; sent along with what is said of it. */
  readonly seen: string;
  readonly asked: Said | undefined;
  readonly verdicts: readonly (Said & {
    readonly word: string;
    readonly tone: string;
    readonly icon: string;
    readonly outdated: boolean;
  })[];
  readonly mayJudge: boolean;
  readonly mayWithdraw: boolean;
  readonly schedule:
    | (Said & { readonly at: string; readonly keep: boolean; readonly outdated: boolean })
    | undefined;
  readonly missed:
    | (Who & { readonly at: string; readonly timeMs: number; readonly reason: string })
    | undefined;
}

/**
 * Shows how far a version is.
 *
 * @throws Unauthorized for whoever may neither be in it nor check it in
 */
export function shownReview(request: PublishRequest, version: Version): ReviewShown {
  const review = readReview(request, version);
  const { asked, verdicts, schedule, missed } = review;
  return {
    chip: stateChip(review.state),
    seen: String(review.tid),
    asked: asked && said(asked),
    verdicts: verdicts.map((each) => ({
      ...said(each),
      ...(each.verdict === 'approve' ? APPROVED : ASKS),
      outdated: each.outdated,
    })),
    mayJudge: request.policy.may(PUBLISH_PERMISSION, version) && isKnown(request.user),
    mayWithdraw: asked !== undefined || verdicts.length > 0,
    schedule: schedule && {
      ...said(schedule),
      ...{ at: minuteInWords(schedule.atMs), keep: schedule.keep, outdated: schedule.outdated },
    },
    missed: missed && missedOf(missed),
  };
}

const APPROVED = { word: 'Approved', tone: 'add', icon: 'check' } as const;
const ASKS = { word: 'Asks for changes', tone: 'change', icon: 'comment' } as const;

function said({ user, note, timeMs }: { user: string; note: string; timeMs: number }): Said {
  return { ...whoIs(user), note, timeMs };
}

function missedOf({
  user,
  atMs,
  timeMs,
  reason,
}: NonNullable<VersionReview['missed']>): ReviewShown['missed'] {
  return { ...whoIs(user), at: minuteInWords(atMs), timeMs, reason };
}
