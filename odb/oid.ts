/**
 * Object ids.
 *
 * An oid names one persistent object for ever: it is given once, in growing order, and never
 * given to another object, whatever happens to the first. Zero is no oid.
 */
import { assert } from './assert.js';

declare const brand: unique symbol;

/** A positive safe integer. */
export type Oid = number & { readonly [brand]: 'Oid' };

/** The object every other one is reached from: the root map. */
export const OID_ROOT = 1 as Oid;

/** The largest oid a number holds exactly. */
export const OID_MAX = Number.MAX_SAFE_INTEGER as Oid;

/** Tells whether a value can be an oid. */
export function isOid(value: unknown): value is Oid {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/**
 * Takes a number that must be an oid for one.
 *
 * @throws AssertionError when it is not a positive safe integer
 */
export function asOid(value: number): Oid {
  // Put in words only when it is broken: this stands beside each number that is read.
  if (!isOid(value)) assert(false, `oid ${value} is a positive safe integer`);
  return value;
}

/**
 * Makes sure that what callers say is a version can be one. A caller's mistake must not become a
 * change of main.
 *
 * @throws TypeError when it is no oid
 */
export function requireVersion(value: unknown): asserts value is Oid {
  if (isOid(value)) return;
  throw new TypeError(`A version is an oid, a whole number from 1 up, not ${String(value)}`);
}

/** Reads an oid written in decimal, as in an address; answers `undefined` for any other text. */
export function parseOid(text: string): Oid | undefined {
  if (!/^[1-9][0-9]{0,15}$/.test(text)) return undefined;
  const value = Number(text);
  return isOid(value) ? value : undefined;
}
