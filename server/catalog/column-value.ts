/**
 * What a column keeps of a value: plain data, of a bounded length, that refers to no object.
 */
import { isPlainObject } from '../../odb/index.js';

/** Units of a text, or items of a list, that are kept. */
export const COLUMN_LENGTH_MAX = 10_000;

/** Gives what is kept; `undefined` for what is no plain data. */
export function columnValue(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length > COLUMN_LENGTH_MAX
      ? value.slice(0, COLUMN_LENGTH_MAX).toWellFormed()
      : value.toWellFormed();
  }
  if (typeof value === 'number' || typeof value === 'boolean' || value instanceof Date)
    return value;
  if (Array.isArray(value)) {
    const items = value.slice(0, COLUMN_LENGTH_MAX).map(columnValue);
    return items.filter((item) => item !== undefined);
  }
  if (!isPlainObject(value)) return undefined;
  const entries = Object.entries(value).map(([key, item]) => [key, columnValue(item)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}
