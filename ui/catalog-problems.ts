/**
 * What is amiss with an object in a catalog: a value that an index cannot take. That an object has no
 * value for an index is no fault of either.
 */
import { ABSENT, type Content, type IndexExplanation } from '../server/index.js';

/** Gives what is amiss with one index; `''` for nothing. */
export function problemOfIndex(object: Content, { sources, problem }: IndexExplanation): string {
  if (problem === undefined) return '';
  return sources.some((source) => hasValue(object.lookup(source))) ? problem : '';
}

function hasValue(value: unknown): boolean {
  if (value === ABSENT || value === undefined || value === null || value === '') return false;
  return !(Array.isArray(value) && value.length === 0);
}
