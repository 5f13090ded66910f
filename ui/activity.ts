/**
 * Activity: how many transactions there were on each of the last days, as the bar above the control
 * that shows the site as of a moment.
 */
import {
  type Content,
  minuteInWords,
  type PublishRequest,
  siteRoot,
  type Tid,
  tidToMs,
} from '../server/index.js';
import { countInWords } from './helpers.js';

/** Days that the bar shows, today included. */
export const ACTIVITY_DAYS = 52;
/** Transactions that are counted; of a busier time the bar shows the newest. */
export const ACTIVITY_COUNTED_MAX = 2000;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** `2026-11-12T09:14`: as far as a field for a moment goes. */
const MINUTE_CHARACTERS = 16;
/** Size of the drawing, in units of its own. */
const WIDTH = 1000;
const HEIGHT = 20;

/** One day of the bar. */
interface Bar {
  readonly x: string;
  readonly y: string;
  readonly width: string;
  readonly height: string;
}

/** What the form sends along, to come back to where its reader is, or was before. */
interface Whence {
  readonly back: string;
  readonly object: string;
}

/** What the partial `past-control` reads. */
export interface PastControl extends Whence {
  /** The moment that is chosen, as the field has it. */
  readonly at: string;
  readonly latest: string;
  /** In words, and in milliseconds. */
  readonly when: string;
  readonly atMs: number;
  readonly bars: readonly Bar[];
  /** What the bar says, for those who do not see it. */
  readonly label: string;
  /** Ends of the slider, in minutes since the epoch, and where it stands. */
  readonly first: number;
  readonly last: number;
  readonly value: number;
  readonly firstWords: string;
}

/**
 * Gives what chooses a moment. Reads `ACTIVITY_COUNTED_MAX` transactions at most: those of the whole
 * site, or of the object and what is below it, where its user may not see the others.
 *
 * @param options.atMs the moment that is chosen at first
 */
export function pastControl(
  request: PublishRequest,
  object: Content,
  { atMs, back, object: about }: Whence & { readonly atMs: number },
): PastControl {
  const { connection, policy, nowMs } = request;
  const root = siteRoot(connection);
  const isAll = policy.may('View history', root);
  const begin = startOfDay(nowMs) - (ACTIVITY_DAYS - 1) * DAY_MS;
  const { items, next } = connection.transactions({
    from: (begin * 1000) as Tid,
    limit: ACTIVITY_COUNTED_MAX,
    ...(isAll ? {} : { path: object.path }),
  });
  const times = items.map(({ tid }) => tidToMs(tid));
  const oldest = times.at(-1);
  const firstMs =
    next === undefined || oldest === undefined ? begin : Math.max(begin, startOfDay(oldest));
  const days = countDays(times, firstMs, nowMs);
  const shownMs = Math.min(atMs, nowMs);
  return {
    back,
    object: about,
    at: new Date(shownMs).toISOString().slice(0, MINUTE_CHARACTERS),
    latest: new Date(nowMs).toISOString().slice(0, MINUTE_CHARACTERS),
    when: minuteInWords(shownMs),
    atMs: shownMs,
    bars: barsOf(days),
    label: labelOf(days, firstMs),
    first: Math.floor(firstMs / MINUTE_MS),
    last: Math.floor(nowMs / MINUTE_MS),
    value: Math.max(Math.floor(firstMs / MINUTE_MS), Math.floor(shownMs / MINUTE_MS)),
    firstWords: dayWords(firstMs),
  };
}

function countDays(times: readonly number[], firstMs: number, nowMs: number): number[] {
  const days = Array.from({ length: Math.floor((nowMs - firstMs) / DAY_MS) + 1 }, () => 0);
  for (const ms of times) {
    const day = Math.floor((ms - firstMs) / DAY_MS);
    const held = days[day];
    if (held !== undefined) days[day] = held + 1;
  }
  return days;
}

/** A day with anything at all is seen; the busiest is as high as the drawing. */
function barsOf(days: readonly number[]): Bar[] {
  const most = Math.max(1, ...days);
  const step = WIDTH / days.length;
  return days.flatMap((count, day) => {
    if (count === 0) return [];
    const height = Math.max(1, Math.round((count / most) * HEIGHT));
    return [
      {
        x: (day * step + step * 0.15).toFixed(1),
        y: String(HEIGHT - height),
        width: (step * 0.7).toFixed(1),
        height: String(height),
      },
    ];
  });
}

function labelOf(days: readonly number[], firstMs: number): string {
  const total = days.reduce((sum, count) => sum + count, 0);
  if (total === 0) return `No transactions since ${dayWords(firstMs)}`;
  const most = Math.max(...days);
  const busiest = dayWords(firstMs + days.indexOf(most) * DAY_MS);
  const counted = countInWords(total, 'transaction');
  return `${counted} since ${dayWords(firstMs)}; most on ${busiest}: ${most}`;
}

function dayWords(ms: number): string {
  return minuteInWords(ms).split(',', 1)[0] ?? '';
}

function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}
