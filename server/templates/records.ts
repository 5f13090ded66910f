/** Records: the plain objects among the values of templates. Authors choose the names in them. */
import { ABSENT } from '../../acquisition/index.js';

/** The member of a record that it prints as: a page of a batch as its number. */
export const SHOWN_AS = '@shown';

/** Tells plain records from everything else that JavaScript calls an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Gives a record's own member, or `ABSENT`; functions are no members. */
export function propertyOf(record: Readonly<Record<string, unknown>>, name: string): unknown {
  if (!Object.hasOwn(record, name)) return ABSENT;
  const value = record[name];
  return typeof value === 'function' ? ABSENT : value;
}

/** A record without prototype, for names that authors choose. */
export function emptyRecord(): Record<string, unknown> {
  return { __proto__: null };
}
