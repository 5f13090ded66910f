/**
 * Properties: named, typed values that a site gives its objects, found by name like attributes.
 *
 * A stored value has always the type its property says. Dates are stored as ISO 8601 text and read
 * as `Date`. What a property's value may be is decided here, for every door.
 */
import { parseDate } from '../dates.js';
import { quoted } from '../quote.js';
import { refuseId } from './ids.js';

export type PropertyType =
  | 'string'
  | 'text'
  | 'int'
  | 'float'
  | 'boolean'
  | 'date'
  | 'lines'
  | 'tokens'
  | 'selection'
  | 'multiple selection';

export type PropertyValue = string | number | boolean | readonly string[];

export interface Property {
  readonly type: PropertyType;
  readonly value: PropertyValue;
  /** What a selection chooses from. */
  readonly choices?: readonly string[];
}

/** A property as JSON shows it, and as a door hands it in to be set. */
export interface PropertyPatch {
  readonly name: string;
  /** One of `PROPERTY_TYPES` or of their aliases. */
  readonly type?: string | undefined;
  /** `null` takes the property away. */
  readonly value: unknown;
  readonly choices?: unknown;
}

export const PROPERTY_TYPES: readonly PropertyType[] = [
  ...(['string', 'text', 'int', 'float', 'boolean', 'date', 'lines', 'tokens'] as const),
  ...(['selection', 'multiple selection'] as const),
];

/** How much text one property may hold, in UTF-16 units. */
export const PROPERTY_TEXT_MAX = 1_000_000;

const ALIASES: Readonly<Record<string, PropertyType>> = {
  ustring: 'string',
  utext: 'text',
  long: 'int',
  ulines: 'lines',
  utokens: 'tokens',
};

/** Gives the type a name stands for: `ustring` is `string`; `undefined` for a name that is none. */
export function propertyType(name: string): PropertyType | undefined {
  return PROPERTY_TYPES.find((type) => type === name) ?? ALIASES[name];
}

/** Gives a property's value as templates see it: a date as a `Date`. */
export function propertyValue(property: Property): unknown {
  return property.type === 'date' ? new Date(String(property.value)) : property.value;
}

/** Says why a property may not be called `name`; `undefined` when it may. */
export function refusePropertyName(name: string): string | undefined {
  return refuseId(name)?.replace(/^An id/, 'A property’s name');
}

/**
 * Reads what a door hands in into a property.
 *
 * The type is the one given, else that of the property it replaces, else what suits the value.
 * Choices likewise stay where none are given.
 *
 * @throws PropertyRefusal when the value is not of the type
 */
export function readProperty(patch: PropertyPatch, held: Property | undefined): Property {
  const type = patch.type === undefined ? held?.type : propertyType(patch.type);
  if (type === undefined && patch.type !== undefined) {
    throw new PropertyRefusal(`There is no property type ${quoted(patch.type)}`);
  }
  const decided = type ?? typeFor(patch.value);
  if (decided !== 'selection' && decided !== 'multiple selection') {
    return { type: decided, value: converters[decided](patch.value) };
  }
  const choices =
    patch.choices === undefined ? (held?.choices ?? []) : converters.lines(patch.choices);
  if (choices.length === 0) throw new PropertyRefusal('A selection needs choices');
  const chosen = decided === 'selection' ? [oneLine(patch.value)] : converters.lines(patch.value);
  const strange = chosen.find((value) => !choices.includes(value));
  if (strange !== undefined)
    throw new PropertyRefusal(`${quoted(strange)} is not among the choices`);
  return { type: decided, value: decided === 'selection' ? (chosen[0] ?? '') : chosen, choices };
}

/** Gives properties as JSON shows them. */
export function propertiesJson(
  properties: Readonly<Record<string, Property>>,
): readonly PropertyPatch[] {
  return Object.entries(properties).map(([name, { type, value, choices }]) => ({
    name,
    type,
    value,
    ...(choices === undefined ? {} : { choices }),
  }));
}

/** A value that its property's type does not allow; the message says what is expected. */
export class PropertyRefusal extends Error {
  override readonly name = 'PropertyRefusal';
}

function typeFor(value: unknown): PropertyType {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'int' : 'float';
  if (typeof value === 'boolean') return 'boolean';
  if (Array.isArray(value)) return 'lines';
  if (value instanceof Date) return 'date';
  return typeof value === 'string' && /[\r\n]/.test(value) ? 'text' : 'string';
}

const converters = {
  string: oneLine,

  text(value: unknown): string {
    return plainText(value).replace(/\r\n?/g, '\n');
  },

  int(value: unknown): number {
    const number = toNumber(value);
    if (!Number.isSafeInteger(number)) throw new PropertyRefusal('A whole number is expected');
    return number;
  },

  float(value: unknown): number {
    const number = toNumber(value);
    if (!Number.isFinite(number)) throw new PropertyRefusal('A number is expected');
    return number;
  },

  boolean(value: unknown): boolean {
    if (typeof value === 'boolean') return value;
    const word = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
    if (word !== undefined && ['true', '1', 'on', 'yes'].includes(word)) return true;
    if (word !== undefined && ['', 'false', '0', 'off', 'no'].includes(word)) return false;
    throw new PropertyRefusal('true or false is expected');
  },

  date(value: unknown): string {
    const date = typeof value === 'string' ? parseDate(value) : value;
    if (!(date instanceof Date) || Number.isNaN(date.getTime())) {
      throw new PropertyRefusal('Not a date. Write 2026-05-01, or 2026-05-01T09:30Z');
    }
    return date.toISOString();
  },

  lines(value: unknown): readonly string[] {
    if (Array.isArray(value)) return (value as unknown[]).map(oneLine);
    const text = plainText(value).replace(/\r\n?/g, '\n').replace(/\n$/, '');
    return text === '' ? [] : text.split('\n');
  },

  tokens(value: unknown): readonly string[] {
    const words = Array.isArray(value) ? (value as unknown[]).map(oneLine) : [plainText(value)];
    return words.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '');
  },
};

function oneLine(value: unknown): string {
  const text = plainText(value);
  if (/[\r\n]/.test(text)) throw new PropertyRefusal('One line of text is expected');
  return text;
}

function plainText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') throw new PropertyRefusal('Text is expected');
  if (!value.isWellFormed()) throw new PropertyRefusal('Text has no lone surrogates');
  if (value.length > PROPERTY_TEXT_MAX) {
    throw new PropertyRefusal(`At most ${PROPERTY_TEXT_MAX} characters are kept in a property`);
  }
  return value;
}

function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && value.trim() !== '') return Number(value);
  return Number.NaN;
}
