/**
 * Transaction ids.
 *
 * A tid names one committed transaction; its value is the moment of the commit. Tids only
 * grow, so "newer than" is `>` everywhere: in caches, in history, in the key order on disk.
 */
import { assert } from './assert.js';

declare const brand: unique symbol;

/** Whole microseconds since the epoch. Fits a number exactly until the year 2255. */
export type Tid = number & { readonly [brand]: 'Tid' };

/** Before every transaction: the tid of an object that was never stored. */
export const TID_ZERO = 0 as Tid;

/** After every transaction: reading as of this tid reads the present. */
export const TID_MAX = Number.MAX_SAFE_INTEGER as Tid;

/**
 * Gives the tid of a commit that happens now.
 *
 * The clock may step back (time sync, a restored machine image) and tids may not: a cache
 * that has seen the newer tid would never look for the older one. When the clock is behind,
 * the tid is one microsecond after `last`.
 *
 * @param last newest tid in the storage, or `TID_ZERO`
 * @param nowMs wall clock, milliseconds since the epoch
 */
export function nextTid(last: Tid, nowMs: number): Tid {
  const tid = Math.max(Math.floor(nowMs * 1000), last + 1);
  assert(Number.isSafeInteger(tid), `tid ${tid} is a safe integer`);
  return tid as Tid;
}

/** Tells whether a value can be a tid, `TID_ZERO` included. */
export function isTid(value: unknown): value is Tid {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * Takes a number that must be a tid for one.
 *
 * @throws AssertionError when it is not a safe integer from 0 up
 */
export function asTid(value: number): Tid {
  // Put in words only when it is broken: this stands beside each number that is read.
  if (!isTid(value)) assert(false, `tid ${value} is a safe integer from 0 up`);
  return value;
}

/** Gives the moment of a transaction in milliseconds since the epoch; the microseconds are cut. */
export function tidToMs(tid: Tid): number {
  return Math.floor(tid / 1000);
}

/**
 * Gives the newest tid a transaction of that millisecond can have, so that reading as of it sees
 * all that was committed until the end of the millisecond.
 *
 * @param ms whole milliseconds since the epoch, from 0 up
 */
export function tidAtMs(ms: number): Tid {
  return asTid(Math.floor(ms) * 1000 + 999);
}

/** Reads a tid written in decimal, as in an address; answers `undefined` for any other text. */
export function parseTid(text: string): Tid | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return isTid(value) ? value : undefined;
}
