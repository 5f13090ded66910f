/**
 * Keys of index entries: `VALUE \0 DOC`, texts whose code-unit order is the order of the values.
 *
 * A value's key begins with a letter for its type: booleans, dates, numbers and texts each stand
 * together, in that order. Numbers and dates are the bits of the IEEE number, turned so that they
 * sort, in digits of six bits; lowest digits at the end are left out, so small whole numbers are
 * short. A document's key is a digit for its length and its id in the same digits, so it sorts as the
 * number it is. The separator is less than whatever a value's key holds: a value comes before all
 * that begin with it.
 */
import { createHash } from 'node:crypto';

/** What an index can sort and compare. */
export type IndexValue = string | number | boolean | Date;

/** Stands between a value's key and the document's, and sorts before everything else. */
export const SEPARATOR = '\0';
/** Sorts just after the separator, and so ends the entries of one value. */
export const AFTER = '\u0001';

/** So much of a text is in a key; a longer one is told from others by a hash. In UTF-16 units. */
export const KEY_TEXT_MAX = 240;

/** First letters of keys, which sort the types. */
export const BOOLEAN = 'b';
export const DATE = 'd';
export const NUMBER = 'n';
export const TEXT = 's';

/** The digits are 64 characters in a row, from `0` on. */
const DIGIT_ZERO = 0x30;
const DIGIT_BITS = 6;
/** Begins what stands for the rest of a text that is too long. */
const CUT = '\u0001\u0003';
const HASH_LENGTH = 16;

/** Gives the key of a value; `undefined` for what has none: not a number, an invalid date. */
export function valueKey(value: IndexValue): string | undefined {
  if (typeof value === 'string') return textKey(value);
  if (typeof value === 'boolean') return booleanKey(value);
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : numberKey(value);
  const ms = value.getTime();
  return Number.isNaN(ms) ? undefined : dateKey(ms);
}

/** Gives the key of a text: compared by code units, so capitals come before small letters. */
export function textKey(text: string): string {
  if (text.length <= KEY_TEXT_MAX) return TEXT + escaped(text.toWellFormed());
  const beginning = text.slice(0, KEY_TEXT_MAX).toWellFormed();
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
  return `${TEXT}${escaped(beginning)}${CUT}${hash}`;
}

export function booleanKey(value: boolean): string {
  return value ? `${BOOLEAN}1` : `${BOOLEAN}0`;
}

/** Gives the key of a number that is one. */
export function numberKey(value: number): string {
  return NUMBER + sortableBits(value);
}

/** Gives the key of a moment. @param ms milliseconds since the epoch */
export function dateKey(ms: number): string {
  return DATE + sortableBits(ms);
}

/** Gives the value of a key; of a text that was too long for one, its beginning and `…`. */
export function valueOfKey(key: string): IndexValue {
  const rest = key.slice(1);
  switch (key[0]) {
    case BOOLEAN:
      return rest === '1';
    case DATE:
      return new Date(numberOfBits(rest));
    case NUMBER:
      return numberOfBits(rest);
    default: {
      const cut = rest.length - HASH_LENGTH - CUT.length;
      const isCut = cut >= KEY_TEXT_MAX && rest.startsWith(CUT, cut);
      return isCut ? `${unescaped(rest.slice(0, cut))}…` : unescaped(rest);
    }
  }
}

/** Gives the key of an index's entry. */
export function entryKey(key: string, docid: number): string {
  return key + SEPARATOR + docKey(docid);
}

/** Gives a document's key. @param docid a whole number from 1 on */
export function docKey(docid: number): string {
  // Entries of one document are made one after another, or of some documents in turn.
  const slot = docid % KNOWN_KEYS;
  if (knownIds[slot] === docid) return knownKeys[slot] as string;
  const key = keyOfDocid(docid);
  knownIds[slot] = docid;
  knownKeys[slot] = key;
  return key;
}

const KNOWN_KEYS = 4_096;
const knownIds = new Float64Array(KNOWN_KEYS);
const knownKeys: string[] = [];

function keyOfDocid(docid: number): string {
  let digits = '';
  let rest = docid;
  do {
    digits = String.fromCharCode(DIGIT_ZERO + (rest % 64)) + digits;
    rest = Math.floor(rest / 64);
  } while (rest > 0);
  return String.fromCharCode(DIGIT_ZERO + digits.length) + digits;
}

/** Reads a document's id off the end of a key. @param at where its key begins */
export function docidAt(key: string, at: number): number {
  let docid = 0;
  for (let i = at + 1; i < key.length; i += 1) {
    docid = docid * 64 + (key.charCodeAt(i) - DIGIT_ZERO);
  }
  return docid;
}

const bits = new DataView(new ArrayBuffer(8));

/** The bits of a number, turned so that they sort: 64, then two that are zero. */
function sortableBits(value: number): string {
  // Both zeros are one value.
  bits.setFloat64(0, value === 0 ? 0 : value);
  const mask = bits.getInt32(0) < 0 ? 0xffff_ffff : 0x8000_0000;
  const high = (bits.getUint32(0) ^ mask) >>> 0;
  const low = mask === 0x8000_0000 ? bits.getUint32(4) : ~bits.getUint32(4) >>> 0;
  let digits = '';
  for (let shift = 26; shift >= 2; shift -= DIGIT_BITS) digits += digit(high >>> shift);
  digits += digit(((high & 3) << 4) | (low >>> 28));
  for (let shift = 22; shift >= 4; shift -= DIGIT_BITS) digits += digit(low >>> shift);
  digits += digit((low & 15) << 2);
  let length = digits.length;
  while (length > 0 && digits.charCodeAt(length - 1) === DIGIT_ZERO) length -= 1;
  return digits.slice(0, length);
}

function digit(value: number): string {
  return String.fromCharCode(DIGIT_ZERO + (value & 63));
}

function numberOfBits(digits: string): number {
  const at = (i: number): number => (i < digits.length ? digits.charCodeAt(i) - DIGIT_ZERO : 0);
  let high = 0;
  for (let i = 0; i < 5; i += 1) high = high * 64 + at(i);
  high = high * 4 + (at(5) >>> 4);
  let low = at(5) & 15;
  for (let i = 6; i < 10; i += 1) low = low * 64 + at(i);
  low = low * 16 + (at(10) >>> 2);
  const isPositive = high >= 0x8000_0000;
  bits.setUint32(0, isPositive ? high - 0x8000_0000 : ~high >>> 0);
  bits.setUint32(4, isPositive ? low : ~low >>> 0);
  return bits.getFloat64(0);
}

/** Nothing in a value is the separator, and the order stays. */
function escaped(text: string): string {
  if (!text.includes('\0') && !text.includes('\u0001')) return text;
  return text.replaceAll('\u0001', '\u0001\u0002').replaceAll('\0', '\u0001\u0001');
}

function unescaped(text: string): string {
  return text.replaceAll('\u0001\u0001', SEPARATOR).replaceAll('\u0001\u0002', '\u0001');
}
