/** What a value of a map, or an item of a list, refers to. */
import type { Oid } from '../oid.js';
import { encodeValue, referencesIn } from '../records/record.js';
import { Ref } from '../value.js';

/** Lists what a value refers to: itself, or in the plain data that it is. O(its size). */
export function referencesOf(value: unknown): readonly Oid[] {
  if (value instanceof Ref) return [value.oid];
  return typeof value === 'object' && value !== null ? referencesIn(encodeValue(value)) : [];
}
