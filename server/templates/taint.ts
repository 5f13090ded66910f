/**
 * The mark of values that came from the request.
 *
 * A marked value is never printed unescaped, whatever the template says. The mark is always the
 * outermost thing: lists and records inside it are plain, and reading from a marked value marks
 * what was read. Objects of the site take no mark, since what they hold is not the request's; nor
 * do numbers, booleans and dates, which hold no markup.
 */
import { isAcquirable } from '../../acquisition/index.js';
import { Html } from './html.js';
import { ListItem } from './world.js';

export class Tainted {
  /** A text, a list or a record; never itself marked. */
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** Marks a value that may hold markup. */
export function taint(value: unknown): unknown {
  if (typeof value === 'string') return new Tainted(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Tainted || value instanceof Date || isAcquirable(value)) return value;
  if (value instanceof ListItem) return new ListItem(taint(value.value), value.data);
  return new Tainted(value instanceof Html ? value.text : value);
}

/** Gives the value under the mark. */
export function untaint(value: unknown): unknown {
  return value instanceof Tainted ? value.value : value;
}

export function isTainted(value: unknown): value is Tainted {
  return value instanceof Tainted;
}
