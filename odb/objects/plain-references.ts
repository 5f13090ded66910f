/**
 * References inside plain data: finding them, and leaving some out.
 */
import { Persistent } from './persistent.js';
import { isPlainObject, Ref } from '../value.js';

/** A persistent object in plain data, or what stands for one. */
export type Reference = Persistent | Ref;

export function isReference(value: unknown): value is Reference {
  return value instanceof Ref || value instanceof Persistent;
}

/** Calls for each reference in a value, as often as it is there. */
export function eachReference(value: unknown, visit: (reference: Reference) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (isReference(value)) visit(value);
  else if (Array.isArray(value)) for (const item of value) eachReference(item, visit);
  else if (isPlainObject(value)) {
    for (const item of Object.values(value)) eachReference(item, visit);
  }
}

/**
 * Gives a value without some of its references: `undefined` when it is one of them itself, `null`
 * in their place when they are inside. What has none of them comes back as it is.
 */
export function withoutReferences(
  value: unknown,
  isGone: (reference: Reference) => boolean,
): unknown {
  let found = false;
  eachReference(value, (reference) => {
    found ||= isGone(reference);
  });
  if (!found) return value;
  return isReference(value) ? undefined : cut(value, isGone);
}

function cut(value: unknown, isGone: (reference: Reference) => boolean): unknown {
  if (isReference(value)) return isGone(value) ? null : value;
  if (Array.isArray(value)) return value.map((item) => cut(item, isGone));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cut(item, isGone)]));
}
