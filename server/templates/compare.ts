/** Which of two values comes first, and whether they are the same. */
import { Html } from './html.js';

/**
 * One order for everybody: a page's lists must not depend on the machine, and `a` comes before `B`.
 */
const collator = new Intl.Collator('en');

/** Characters that decide the order of two texts; what follows them does not. */
const ORDER_CHARACTERS_MAX = 1000;

const NUMBER = /^\s*[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?\s*$/i;

/** Gives the number that a text or a number is; `undefined` for what is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Html) return numberOf(value.text);
  if (typeof value === 'string' && value.length <= 400 && NUMBER.test(value)) return Number(value);
  return undefined;
}

/**
 * Tells whether two values are the same: texts by what they say, a number and a text by the number,
 * dates by the moment, objects and lists only when they are the same one. Nothing equals nothing.
 */
export function areEqual(a: unknown, b: unknown): boolean {
  const one = plain(a);
  const other = plain(b);
  if (one === other) return true;
  if (typeof one === 'number' && typeof other === 'string') return numberOf(other) === one;
  if (typeof one === 'string' && typeof other === 'number') return numberOf(one) === other;
  return false;
}

/**
 * Compares two values: negative when `a` comes first, 0 when neither does.
 *
 * Numbers, dates and texts compare among each other; a text that is a number compares with numbers
 * as one. `undefined` for what has no order: lists, records, nothing.
 */
export function compareValues(a: unknown, b: unknown): number | undefined {
  const one = plain(a);
  const other = plain(b);
  if (typeof one === 'string' && typeof other === 'string') {
    return collator.compare(
      one.slice(0, ORDER_CHARACTERS_MAX),
      other.slice(0, ORDER_CHARACTERS_MAX),
    );
  }
  const left = orderOf(one);
  const right = orderOf(other);
  return left === undefined || right === undefined ? undefined : Math.sign(left - right);
}

function orderOf(value: unknown): number | undefined {
  return typeof value === 'boolean' ? Number(value) : numberOf(value);
}

/** Markup as its text, a date as its moment, `null` as nothing. */
function plain(value: unknown): unknown {
  if (value instanceof Html) return value.text;
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'bigint') return Number(value);
  return value ?? undefined;
}
