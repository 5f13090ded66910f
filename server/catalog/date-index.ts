/**
 * Date indexes: one moment for each document, to the millisecond.
 *
 * What is written as text is read as a date; a date without a time, in a query, is the whole day.
 */
import type { CatalogedDocument } from './catalog-index.js';
import type { KeysRead } from './entry-index.js';
import { FieldIndex } from './field-index.js';
import { dateKey } from './key.js';
import { parseDate } from '../dates.js';
import { momentsOf, typeName, type Span } from './spans.js';

/** An index of dates, one a document. A number is milliseconds since the epoch. */
export class DateIndex extends FieldIndex {
  protected override read(document: CatalogedDocument): KeysRead {
    const value = document.value(this.source);
    if (value === undefined || value === null) return { keys: [], problem: 'it has no value' };
    const ms = readMoment(value);
    if (ms !== undefined) return { keys: [dateKey(ms)] };
    return { keys: [], problem: `its value, of type ${typeName(value)}, is no date` };
  }

  protected override spansOf(value: unknown, field: string): readonly Span[] {
    const { first, last } = momentsOf(value, field);
    return [{ low: dateKey(first), high: dateKey(last) }];
  }

  protected override between(from: unknown, to: unknown, field: string): readonly Span[] {
    const low = from === undefined ? undefined : momentsOf(from, `${field}.from`).first;
    const high = to === undefined ? undefined : momentsOf(to, `${field}.to`).last;
    return [{ low: dateKey(low ?? -Infinity), high: dateKey(high ?? Infinity) }];
  }
}

/** Gives the moment of a stored value, in milliseconds; `undefined` for what is none. */
export function readMoment(value: unknown): number | undefined {
  let ms: unknown = value;
  if (value instanceof Date) ms = value.getTime();
  else if (typeof value === 'string') ms = parseDate(value)?.getTime();
  return typeof ms === 'number' && Number.isFinite(ms) ? ms : undefined;
}
