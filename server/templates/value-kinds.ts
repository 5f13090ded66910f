/** The kinds of values that are neither texts, numbers, lists nor objects of the site. */
import { ABSENT } from '../../acquisition/index.js';
import type { Frame } from './frame.js';

/** A function of the engine's own that templates call by a path: `@response.redirect`. */
export class Callable {
  readonly name: string;
  readonly call: (args: CallableArguments) => unknown;

  constructor(name: string, call: (args: CallableArguments) => unknown) {
    this.name = name;
    this.call = call;
  }
}

export interface CallableArguments {
  readonly frame: Frame;
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
}

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
  return Object.create(null) as Record<string, unknown>;
}
