/**
 * What a value in a query means, as ranges of keys.
 *
 * A value from a form is text, and what it is compared with may be a number or a date. So a text
 * stands for all it can be read as: `2026` is asked of texts and of numbers, `2026-11-21` of texts
 * and of dates. A date without a time is the whole day, one without seconds the whole minute.
 */
import { parseDate } from '../dates.js';
import {
  BOOLEAN,
  booleanKey,
  DATE,
  dateKey,
  NUMBER,
  numberKey,
  TEXT,
  textKey,
  valueKey,
} from './key.js';
import { QueryError } from './query-error.js';
import { quoted } from '../quote.js';

/** Keys from `low` to `high`, both included; the same one where it is a single value. */
export interface Span {
  readonly low: string;
  readonly high: string;
}

const NUMBER_TEXT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DAY_MS = 86_400_000;

/**
 * Gives all that a value in a query can mean.
 *
 * @throws QueryError `SRV_QUERY` for what cannot be asked for
 */
export function spansOfValue(value: unknown, field: string): readonly Span[] {
  if (typeof value === 'string') return spansOfText(value);
  return [single(keyOfValue(value, field))];
}

/**
 * Gives the ranges between two bounds: one for each type that the bounds can be read as.
 *
 * @param from inclusive; `undefined`: open, from the first of the other bound's type
 * @throws QueryError `SRV_QUERY` for bounds that cannot be compared
 */
export function spansBetween(from: unknown, to: unknown, field: string): readonly Span[] {
  const lows = from === undefined ? undefined : spansOfValue(from, `${field}.from`);
  const highs = to === undefined ? undefined : spansOfValue(to, `${field}.to`);
  const spans: Span[] = [];
  for (const type of [BOOLEAN, DATE, NUMBER, TEXT]) {
    const low = lows?.find((span) => span.low.startsWith(type))?.low;
    const high = highs?.find((span) => span.high.startsWith(type))?.high;
    if (low === undefined && lows !== undefined) continue;
    if (high === undefined && highs !== undefined) continue;
    spans.push({ low: low ?? type, high: high ?? typeEnd(type) });
  }
  if (spans.length === 0) throw new QueryError(field, 'its two bounds are of different types');
  return spans;
}

/** Gives the moments a date in a query stands for: first and last, in milliseconds. */
export function momentsOf(
  value: unknown,
  field: string,
): { readonly first: number; readonly last: number } {
  const moments = typeof value === 'string' ? momentsOfText(value) : undefined;
  if (moments !== undefined) return moments;
  const ms = value instanceof Date ? value.getTime() : value;
  if (typeof ms === 'number' && Number.isFinite(ms)) return { first: ms, last: ms };
  const said = typeof value === 'string' ? quoted(value) : `a ${typeName(value)}`;
  throw new QueryError(field, `${said} is no date: write it as 2026-11-21 or 2026-11-21T09:30`);
}

/** Says what sort of value something is, for messages. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Date) return 'date';
  return typeof value;
}

function spansOfText(text: string): Span[] {
  const spans = [single(textKey(text))];
  const trimmed = text.trim();
  if (NUMBER_TEXT.test(trimmed)) spans.push(single(numberKey(Number(trimmed))));
  if (trimmed === 'true' || trimmed === 'false') spans.push(single(booleanKey(trimmed === 'true')));
  const moments = momentsOfText(trimmed);
  if (moments !== undefined)
    spans.push({ low: dateKey(moments.first), high: dateKey(moments.last) });
  return spans;
}

function momentsOfText(
  text: string,
): { readonly first: number; readonly last: number } | undefined {
  const first = parseDate(text)?.getTime();
  if (first === undefined) return undefined;
  const [, hours, seconds, fraction] =
    /^\S+?(?:[T ]+(\d+:\d+)(?::(\d+)(\.\d+)?)?.*)?$/i.exec(text.trim()) ?? [];
  let length = 1;
  if (hours === undefined) length = DAY_MS;
  else if (seconds === undefined) length = 60_000;
  else if (fraction === undefined) length = 1_000;
  return { first, last: first + length - 1 };
}

function keyOfValue(value: unknown, field: string): string {
  const isValue = typeof value === 'number' || typeof value === 'boolean' || value instanceof Date;
  const key = isValue ? valueKey(value) : undefined;
  if (key === undefined) throw new QueryError(field, `a ${typeName(value)} cannot be asked for`);
  return key;
}

function single(key: string): Span {
  return { low: key, high: key };
}

/** The letter after a type's own, with which no key begins. */
function typeEnd(type: string): string {
  return String.fromCharCode(type.charCodeAt(0) + 1);
}
