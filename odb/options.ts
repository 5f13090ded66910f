/**
 * Looking at what callers ask for, at the door of a public function.
 *
 * A misspelt option, or a number that makes no sense, would do something else than was meant without
 * a word: forget all history, for example. So it is a `TypeError` that names it, before anything is
 * done.
 */
import { isOid } from './oid.js';
import { isTid, type Tid } from './tid.js';

/** What an option may be, and in words what it is. */
export interface OptionRule {
  readonly is: (value: unknown) => boolean;
  readonly what: string;
}

/** The options of one function; `true`: whatever the types say. */
export type OptionRules = Readonly<Record<string, OptionRule | true>>;

export const WHOLE: OptionRule = {
  is: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  what: 'a whole number from 0 up',
};
export const WHOLE_FROM_1: OptionRule = {
  is: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  what: 'a whole number from 1 up',
};
export const NUMBER_FROM_0: OptionRule = {
  is: (value) => typeof value === 'number' && value >= 0,
  what: 'a number from 0 up',
};
export const BOOLEAN: OptionRule = {
  is: (value) => typeof value === 'boolean',
  what: 'true or false',
};
export const TEXT: OptionRule = { is: (value) => typeof value === 'string', what: 'a text' };
export const OID: OptionRule = { is: isOid, what: 'an oid, a whole number from 1 up' };
export const TID: OptionRule = {
  is: isTid,
  what: 'a tid, in whole microseconds since the epoch (tidAtMs gives that of a time)',
};

/**
 * Makes sure that options are what a function knows. What is `undefined` was left out.
 *
 * @param where the function, at the beginning of the message
 * @throws TypeError naming the option
 */
export function checkOptions(where: string, options: unknown, rules: OptionRules): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${where} takes an object of options, not ${inWords(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).join(', ');
      throw new TypeError(`${where} has no option '${name}'; it has ${known}`);
    }
    if (rule !== true && value !== undefined && !rule.is(value)) {
      throw new TypeError(`${where}: '${name}' is ${rule.what}, not ${inWords(value)}`);
    }
  }
}

/** Makes sure that an argument is a tid. @throws TypeError naming it */
export function requireTid(where: string, value: unknown): asserts value is Tid {
  if (!isTid(value)) throw new TypeError(`${where} is ${TID.what}, not ${inWords(value)}`);
}

/** Makes sure that an argument is a text. @throws TypeError naming it */
export function requireText(where: string, value: unknown): asserts value is string {
  if (!TEXT.is(value)) throw new TypeError(`${where} is ${TEXT.what}, not ${inWords(value)}`);
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (value instanceof Date) return 'a date';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
