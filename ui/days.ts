/**
 * Lists of what happened, newest first, in groups of one day. Days are those of UTC, as all times
 * the admin shows.
 */
import { fullTime } from './helpers.js';

const DAY_MS = 86_400_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A moment as a row below its day shows it. */
export interface Moment {
  readonly iso: string;
  /** The whole moment, for its title. */
  readonly moment: string;
  /** `9:41`. */
  readonly clock: string;
}

export interface Day<T> {
  /** "Today", "Yesterday", "3 Nov", and with the year when it is another one. */
  readonly day: string;
  readonly items: readonly T[];
}

export function momentOf(ms: number): Moment {
  const date = new Date(ms);
  const clock = `${date.getUTCHours()}:${String(date.getUTCMinutes()).padStart(2, '0')}`;
  return { iso: date.toISOString(), moment: fullTime(ms), clock };
}

/** Groups items that are sorted by time already. */
export function byDay<T>(
  items: readonly T[],
  timeMs: (item: T) => number,
  nowMs: number,
): Day<T>[] {
  const days: { day: string; items: T[] }[] = [];
  for (const item of items) {
    const day = dayInWords(timeMs(item), nowMs);
    const last = days.at(-1);
    if (last?.day === day) last.items.push(item);
    else days.push({ day, items: [item] });
  }
  return days;
}

/** Names the day of a moment. */
export function dayInWords(ms: number, nowMs: number): string {
  const age = Math.floor(nowMs / DAY_MS) - Math.floor(ms / DAY_MS);
  if (age === 0) return 'Today';
  if (age === 1) return 'Yesterday';
  const date = new Date(ms);
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''}`;
  const year = date.getUTCFullYear();
  return year === new Date(nowMs).getUTCFullYear() ? day : `${day} ${year}`;
}

/** Names a moment in a sentence, however near it is: "today 9:41", "yesterday 9:41", "3 Nov". */
export function whenInWords(ms: number, nowMs: number): string {
  const day = dayInWords(ms, nowMs);
  return day.endsWith('day') ? `${day.toLowerCase()} ${momentOf(ms).clock}` : day;
}
