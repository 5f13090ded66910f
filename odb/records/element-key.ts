/**
 * Elements of sets as keys of a tree, in the order of the elements.
 *
 * Numbers come first, ascending; then texts in UTF-16 code-unit order. A number's key is `n` and
 * its bits as hexadecimal digits, turned so that they sort, without zeros at the end; a text's is
 * `s` and the text.
 */
import { OdbError } from '../errors.js';
import { isWellFormed } from '../plain.js';

const BITS = new DataView(new ArrayBuffer(8));
const DIGITS = 16;
const SIGN = 0x8000_0000;

/** Gives the key of an element. @throws TypeError for what is none, `NaN` among them */
export function keyOfElement(element: unknown): string {
  if (typeof element === 'string' && isWellFormed(element)) return `s${element}`;
  if (typeof element !== 'number' || Number.isNaN(element)) {
    throw new TypeError('An element of a set is a well-formed text or a number');
  }
  // Of the two zeros, the positive one.
  BITS.setFloat64(0, element === 0 ? 0 : element);
  const [high, low] = [BITS.getUint32(0), BITS.getUint32(4)];
  const digits =
    high >= SIGN ? hex(~high >>> 0) + hex(~low >>> 0) : hex((high | SIGN) >>> 0) + hex(low);
  return `n${digits.replace(/0+$/, '')}`;
}

/** Gives the element of a key. @throws OdbError `ODB_DAMAGED` for a key that is none's */
export function elementOfKey(key: string): string | number {
  if (key.startsWith('s')) return key.slice(1);
  if (!/^n[0-9a-f]{1,16}$/.test(key)) {
    throw new OdbError('ODB_DAMAGED', `A set holds '${key}', which is the key of no element`);
  }
  const digits = key.slice(1).padEnd(DIGITS, '0');
  const high = Number.parseInt(digits.slice(0, DIGITS / 2), 16);
  const low = Number.parseInt(digits.slice(DIGITS / 2), 16);
  BITS.setUint32(0, high >= SIGN ? high - SIGN : ~high >>> 0);
  BITS.setUint32(4, high >= SIGN ? low : ~low >>> 0);
  return BITS.getFloat64(0);
}

function hex(word: number): string {
  return word.toString(16).padStart(DIGITS / 2, '0');
}
