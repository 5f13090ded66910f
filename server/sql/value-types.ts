/**
 * Values on their way into a statement.
 *
 * Whatever a visitor or a template gives is read as one of a few types, or refused: there is no type
 * that takes everything. What comes out can be bound as it is by every driver, and none of it can
 * become text of a statement, since nothing in this room ever writes a value.
 */
import { isAcquirable } from '../../acquisition/index.js';
import { parseDate } from '../dates.js';
import { quoted } from '../quote.js';
import { Html } from '../templates/html.js';
import { untaint } from '../templates/taint.js';
import { isRecord } from '../templates/records.js';
import { ListItem } from '../templates/world.js';
import type { Dialect } from './dialect.js';

/** What a driver is given for a placeholder, and what it gives for a field of a row. */
export type SqlValue = null | boolean | number | bigint | string | Uint8Array;

/** A value that was read, before it is known to which database it goes. */
export type BoundValue = SqlValue | Date;

export const VALUE_TYPES = ['string', 'int', 'float', 'boolean', 'date', 'json'] as const;

export type ValueType = (typeof VALUE_TYPES)[number];

/** Lists and records one inside the other, in a value of type `json`. */
export const JSON_DEPTH_MAX = 64;

/** Members and items of a value of type `json`, all levels together. */
export const JSON_PARTS_MAX = 100_000;

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
const INT = /^[+-]?[0-9]{1,40}$/;
const FLOAT = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i;
const NUMBER_CHARACTERS_MAX = 400;

const TRUE: ReadonlySet<string> = new Set(['1', 'true', 'on', 'yes']);
const FALSE: ReadonlySet<string> = new Set(['0', 'false', 'off', 'no']);

/** Why a value cannot be read as its type, in words that go on after its name: “is no date: …”. */
export class Unreadable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unreadable';
  }
}

export function isValueType(value: unknown): value is ValueType {
  return VALUE_TYPES.some((type) => type === value);
}

/** Gives a value without the marks that templates put around it. */
export function plainValue(value: unknown): unknown {
  if (value instanceof ListItem) return plainValue(value.value);
  const bare = untaint(value);
  return bare instanceof Html ? bare.text : bare;
}

/** Tells whether nothing was given: an empty text is nothing, 0 and `false` are something. */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/**
 * Reads one value as its type.
 * @param value without marks, and not nothing: see `plainValue` and `isNothing`
 * @throws Unreadable
 */
export function readValue(type: ValueType, value: unknown): BoundValue {
  switch (type) {
    case 'string':
      return readText(value);
    case 'int':
      return readInt(value);
    case 'float':
      return readFloat(value);
    case 'boolean':
      return readBoolean(value);
    case 'date':
      return readDate(value);
    case 'json':
      return readText(jsonOf(value));
  }
}

/** Reads one value as what it is, where no type is named. @throws Unreadable */
export function readAsItIs(value: unknown): BoundValue {
  if (typeof value === 'number') return readFloat(value);
  if (typeof value === 'bigint') return readInt(value);
  if (typeof value === 'boolean') return value;
  if (value instanceof Date) return readDate(value);
  if (value instanceof Uint8Array) return value;
  return readText(value);
}

/** Gives a value in the form that a database of this kind takes. */
export function valueFor(dialect: Dialect, value: BoundValue): SqlValue {
  if (value instanceof Date) return dateFor(dialect, value);
  if (typeof value === 'boolean' && dialect !== 'postgres') return value ? 1 : 0;
  return value;
}

/**
 * A moment as text, in UTC. Midnight is written as a day alone, which is what a date without a time
 * was read as, and which SQLite, where dates are texts, compares with other days.
 */
function dateFor(dialect: Dialect, date: Date): string {
  const [day = '', time = ''] = date.toISOString().replace(/Z$/, '').split('T');
  if (time === '00:00:00.000') return day;
  const moment = `${day} ${time.replace(/\.000$/, '')}`;
  return dialect === 'postgres' ? `${moment}+00` : moment;
}

function readText(value: unknown): string {
  const text = textOf(value);
  if (text === undefined) throw new Unreadable('is no text');
  if (text.includes('\0')) throw new Unreadable('has the character NUL in it');
  if (!text.isWellFormed()) throw new Unreadable('has half a character in it');
  return text;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return String(value);
  }
  return value instanceof Date && isMoment(value) ? value.toISOString() : undefined;
}

function readInt(value: unknown): number | bigint {
  const whole = wholeOf(value);
  if (whole === undefined) throw new Unreadable(`is no whole number: ${described(value)}`);
  if (whole < INT_MIN || whole > INT_MAX) throw new Unreadable('is more than 64 bits hold');
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  // A number beyond 2^53 stands for several whole ones.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== 'string') return undefined;
  const digits = value.trim();
  return INT.test(digits) ? BigInt(digits.replace(/^\+/, '')) : undefined;
}

function readFloat(value: unknown): number {
  const number = floatOf(value);
  if (number !== undefined && Number.isFinite(number)) return number;
  throw new Unreadable(`is no number: ${described(value)}`);
}

function floatOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || value.length > NUMBER_CHARACTERS_MAX) return undefined;
  const digits = value.trim();
  return FLOAT.test(digits) ? Number(digits) : undefined;
}

function readBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'bigint' ? undefined : textOf(value)?.trim().toLowerCase();
  if (word !== undefined && TRUE.has(word)) return true;
  if (word !== undefined && FALSE.has(word)) return false;
  throw new Unreadable(`is neither true nor false: ${described(value)}`);
}

function readDate(value: unknown): Date {
  const date = typeof value === 'string' ? parseDate(value) : value;
  if (!(date instanceof Date) || !isMoment(date)) {
    throw new Unreadable(`is no date: ${described(value)}. Write it as 2026-11-21`);
  }
  return date;
}

/** Within the years that all the databases know. */
function isMoment(date: Date): boolean {
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999;
}

/** Gives a value as JSON; a text stands for itself. @throws Unreadable */
function jsonOf(value: unknown): string {
  const counter = { parts: 0 };
  return JSON.stringify(jsonPart(value, { depth: 0, counter }));
}

interface JsonPlace {
  readonly depth: number;
  readonly counter: { parts: number };
}

function jsonPart(marked: unknown, { depth, counter }: JsonPlace): unknown {
  const value = plainValue(marked);
  counter.parts += 1;
  if (counter.parts > JSON_PARTS_MAX || depth > JSON_DEPTH_MAX) {
    throw new Unreadable('is too large or too deep for JSON');
  }
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Date && isMoment(value)) return value.toISOString();
  const inside: JsonPlace = { depth: depth + 1, counter };
  if (Array.isArray(value)) return value.map((item) => jsonPart(item, inside));
  if (!isRecord(value) || isAcquirable(value)) throw new Unreadable('is nothing that JSON can say');
  const copy: Record<string, unknown> = { __proto__: null };
  for (const [name, member] of Object.entries(value)) copy[name] = jsonPart(member, inside);
  return copy;
}

function described(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return 'a list';
  return quoted(textOf(value) ?? typeof value);
}
