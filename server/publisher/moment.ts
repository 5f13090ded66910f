/**
 * Moments, as requests name them: a transaction, or a time in ISO 8601.
 *
 * A time without a zone is UTC. One before there were transactions, or after all that there can be,
 * stands for the first and the last of them, so every time means something.
 */
import { parseTid, type Tid, TID_ZERO, tidAtMs } from '../../odb/index.js';
import { parseDate } from '../dates.js';
import { BadRequest } from '../errors.js';
import { quoted } from '../quote.js';

/** The cookie of a browser that looks at the past: a tid. */
export const MOMENT_COOKIE = 'canopy_at';

/** The newest transaction there can be. */
const TID_MAX = Number.MAX_SAFE_INTEGER as Tid;
const LAST_MS = Math.floor(TID_MAX / 1000) - 1;

/**
 * Reads a moment.
 *
 * @param name the parameter it was given in
 * @param edge which end of a time's millisecond is meant
 * @throws BadRequest naming the parameter when it is neither a tid nor a time
 */
export function readMoment(name: string, given: string, edge: 'start' | 'end'): Tid {
  const tid = parseTid(given);
  if (tid !== undefined) return tid;
  const ms = parseDate(given)?.getTime();
  if (ms === undefined) {
    throw new BadRequest(
      `${name} must be a tid or a time, as in 2026-11-21T09:30Z, not ${quoted(given)}`,
      { field: name },
    );
  }
  if (ms < 0) return TID_ZERO;
  if (ms > LAST_MS) return TID_MAX;
  return edge === 'end' ? tidAtMs(ms) : ((ms * 1000) as Tid);
}

/** Gives a `Set-Cookie` value that shows a browser the site as of a moment, or, without one, as it is. */
export function momentCookie(at: Tid | undefined, secure: boolean): string {
  const parts = [`${MOMENT_COOKIE}=${at ?? ''}`, 'Path=/', 'HttpOnly', 'SameSite=Lax'];
  if (secure) parts.push('Secure');
  if (at === undefined) parts.push('Max-Age=0');
  return parts.join('; ');
}
