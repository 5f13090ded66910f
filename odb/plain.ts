/**
 * Plain data: what an attribute or a map entry may hold.
 *
 * Texts, numbers, bigints, booleans, `null`, dates, bytes, and arrays and plain objects of these,
 * with references to persistent objects anywhere inside. Arrays and objects that are taken in are
 * frozen, deep, so a value that was stored cannot be changed behind the transaction's back; to
 * change it, one assigns a new value. (Dates and bytes cannot be frozen. Treat them as if they were.)
 */
import { toUSVString } from 'node:util';
import { isPlainObject } from './value.js';

/** How deep plain data may be nested. */
export const PLAIN_DEPTH_MAX = 100;

/** Answers whether an object is (or stands for) a persistent one; may throw to refuse it. */
export type IsReference = (value: object) => boolean;

/**
 * Takes a value in: refuses what a record cannot hold, freezes the rest.
 *
 * @param where what the value is for, at the beginning of an error's message
 * @throws TypeError naming the place inside the value and what is wrong with it
 */
export function admitPlain(value: unknown, where: string, isReference: IsReference): void {
  if (typeof value === 'object' && value !== null) admitObject(value, where, isReference, 0);
  else if (value !== undefined) admitPrimitive(value, where);
}

function admitPrimitive(value: unknown, where: string): void {
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'bigint':
    case 'object': // null
      return;
    case 'string':
      if (!isWellFormed(value)) refuse(where, 'a string with half a character');
      return;
    default:
      refuse(where, `a ${typeof value}`);
  }
}

function admitObject(value: object, where: string, isReference: IsReference, depth: number): void {
  if (isReference(value) || value instanceof Uint8Array) return;
  if (depth > PLAIN_DEPTH_MAX) {
    refuse(where, `data nested deeper than ${PLAIN_DEPTH_MAX}, or in a circle`);
  }
  const inside = (inner: unknown, step: string): void => {
    if (typeof inner === 'object' && inner !== null) {
      admitObject(inner, `${where}${step}`, isReference, depth + 1);
    } else admitPrimitive(inner, `${where}${step}`);
  };
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) inside(value[index], `[${index}]`);
  } else if (isPlainObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (!isWellFormed(key)) refuse(where, 'a key with half a character');
      if (inner !== undefined) inside(inner, `.${key}`);
    }
  } else if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) refuse(where, 'an invalid date');
    return;
  } else refuse(where, `an object of class ${value.constructor.name}`);
  Object.freeze(value);
}

/** Tells whether a text has no half of a character in it, which UTF-8 cannot hold. */
export function isWellFormed(value: string): boolean {
  return toUSVString(value) === value;
}

function refuse(where: string, what: string): never {
  throw new TypeError(
    `${where} cannot hold ${what}: only plain data and persistent objects are stored`,
  );
}
