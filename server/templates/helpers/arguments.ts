/** Arguments of helpers, read as what they are meant to be. */
import { numberOf } from '../compare.js';
import { unusable } from '../errors.js';
import type { Run } from '../frame.js';
import type { HelperCall } from '../language.js';
import { itemsOf } from '../list.js';
import { textOf } from '../text.js';

/** Characters of what an author may call things: locales, zones, currencies. */
const WORD_CHARACTERS_MAX = 100;

/** Gives an argument as text; nothing is the empty text. */
export function textArgument(run: Run, value: unknown): string {
  return textOf(run, value);
}

/** @throws TemplateFault `SRV_TEMPLATE_VALUE` when it is no number */
export function numberArgument(run: Run, value: unknown): number {
  const number = numberOf(value);
  if (number !== undefined) return number;
  throw unusable(`${described(run, value)} is no number.`);
}

/**
 * Gives a whole number between bounds.
 * @throws TemplateFault `SRV_TEMPLATE_VALUE` when it is none
 */
export function wholeArgument(
  run: Run,
  value: unknown,
  { name, min, max }: { readonly name: string; readonly min: number; readonly max: number },
): number {
  const number = numberOf(value);
  if (number !== undefined && Number.isInteger(number) && number >= min && number <= max)
    return number;
  throw unusable(`${name} is a whole number from ${min} to ${max}, not ${described(run, value)}.`);
}

/** Gives the items of a list; nothing is the empty list. @throws TemplateFault `SRV_TEMPLATE_VALUE` */
export function listArgument(run: Run, value: unknown): readonly unknown[] {
  if (value === undefined || value === null || value === '') return [];
  const items = itemsOf(run, value);
  if (items !== undefined) return items;
  throw unusable(`${described(run, value)} is no list.`);
}

/** Gives an option as a short text; `undefined` where it was not given. */
export function wordOption({ run, options }: HelperCall, name: string): string | undefined {
  const value = options[name];
  if (value === undefined || value === null) return undefined;
  const word = textOf(run, value);
  if (word.length <= WORD_CHARACTERS_MAX) return word;
  throw unusable(`${name}= is longer than ${WORD_CHARACTERS_MAX} characters.`);
}

/** What a value is, in an error's words. */
function described(run: Run, value: unknown): string {
  if (value === undefined || value === null) return 'Nothing';
  const text = textOf(run, value);
  return `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`;
}
