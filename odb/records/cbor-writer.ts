/**
 * Writing CBOR item by item, for records.
 *
 * Writes what `cbor-cursor.ts` reads: definite lengths, integers a number holds exactly, floats of as
 * few bits as hold them. All that is written goes to one scratch, behind what is being written
 * already; whoever began takes a copy and goes back. It takes a fifth of the time of a library, which
 * makes an object for each item: a commit of many objects is mostly encoding.
 */
import { toUSVString } from 'node:util';
import { ByteRoom } from '../byte-room.js';
import { KIND_BYTES, KIND_NEGINT, KIND_SIMPLE, KIND_TEXT, KIND_UINT } from './cbor-cursor.js';

const START_BYTES = 64 * 1024;
/** A scratch that a giant made bigger than this is let go. */
const KEPT_BYTES = 1024 * 1024;
/** How much the copies share: whoever keeps one of them keeps so much. */
const ROOM_BYTES = 8 * 1024;
/** The longest head: kind and argument. */
const HEAD_BYTES = 9;
/** Texts up to so many characters are looked at one by one: calling for them takes longer. */
const SHORT_TEXT_MAX = 24;
/** Of longer texts, the bytes are counted before room is made for them. */
const LONG_TEXT = 16 * 1024;
const SIMPLE = KIND_SIMPLE << 5;

export class CborWriter {
  readonly #room = new ByteRoom(ROOM_BYTES);
  #buffer: Buffer = Buffer.allocUnsafeSlow(START_BYTES);
  #at = 0;

  /** Where the next bytes go. */
  get at(): number {
    return this.#at;
  }

  /** Gives a copy of what was written since `from`. Small ones share a buffer with others. */
  since(from: number): Uint8Array {
    const bytes = this.#room.take(this.#at - from);
    const { buffer, byteOffset } = this.#buffer;
    bytes.set(new Uint8Array(buffer, byteOffset + from, bytes.length));
    return bytes;
  }

  /** Goes back to where something began. */
  goBack(at: number): void {
    this.#at = at;
    if (at === 0 && this.#buffer.length > KEPT_BYTES) {
      this.#buffer = Buffer.allocUnsafeSlow(START_BYTES);
    }
  }

  /** Writes the head of an item. @param argument from 0 up to 2^53 - 1 */
  head(kind: number, argument: number): void {
    this.#reserve(HEAD_BYTES);
    const buffer = this.#buffer;
    const major = kind << 5;
    if (argument < 24) buffer[this.#at++] = major | argument;
    else if (argument < 0x100) {
      buffer[this.#at++] = major | 24;
      buffer[this.#at++] = argument;
    } else if (argument < 0x1_0000) {
      buffer[this.#at++] = major | 25;
      buffer[this.#at++] = argument >>> 8;
      buffer[this.#at++] = argument;
    } else if (argument < 0x1_0000_0000) {
      buffer[this.#at++] = major | 26;
      this.#at = buffer.writeUInt32BE(argument, this.#at);
    } else {
      buffer[this.#at++] = major | 27;
      this.#at = buffer.writeUInt32BE(Math.floor(argument / 0x1_0000_0000), this.#at);
      this.#at = buffer.writeUInt32BE(argument >>> 0, this.#at);
    }
  }

  /** Writes a number; -0 as 0. */
  number(value: number): void {
    if ((value | 0) === value && value >= 0 && value < 24) {
      this.#reserve(1);
      this.#buffer[this.#at++] = value;
    } else if (Number.isSafeInteger(value)) {
      if (value < 0) this.head(KIND_NEGINT, -1 - value);
      else this.head(KIND_UINT, value);
    } else this.#float(value);
  }

  /** Writes a text, and answers whether it is well-formed; what is not leaves nothing. */
  text(value: string): boolean {
    const { length } = value;
    this.#reserve(HEAD_BYTES + (length <= LONG_TEXT ? length * 3 : Buffer.byteLength(value)));
    const buffer = this.#buffer;
    if (length <= SHORT_TEXT_MAX) {
      // In ASCII, which most are, the length is known before.
      const start = this.#at + headBytes(length);
      let at = 0;
      for (; at < length; at += 1) {
        const code = value.charCodeAt(at);
        if (code > 127) break;
        buffer[start + at] = code;
      }
      if (at === length) {
        this.head(KIND_TEXT, length);
        this.#at += length;
        return true;
      }
    }
    // Room for the head of a text in ASCII: in most others, a longer one moves what is behind it.
    const head = headBytes(length);
    const written = buffer.write(value, this.#at + head);
    if (written !== length && toUSVString(value) !== value) return false;
    const needed = headBytes(written);
    if (needed !== head)
      buffer.copyWithin(this.#at + needed, this.#at + head, this.#at + head + written);
    this.head(KIND_TEXT, written);
    this.#at += written;
    return true;
  }

  bytes(value: Uint8Array): void {
    this.head(KIND_BYTES, value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  /** Writes `false`, `true`, `null` or `undefined`: simple values 20 to 23. */
  simple(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#at++] = SIMPLE | value;
  }

  #float(value: number): void {
    this.#reserve(HEAD_BYTES);
    const buffer = this.#buffer;
    const half = halfBits(value);
    if (half !== undefined) {
      buffer[this.#at++] = SIMPLE | 25;
      this.#at = buffer.writeUInt16BE(half, this.#at);
    } else if (Math.fround(value) === value) {
      buffer[this.#at++] = SIMPLE | 26;
      this.#at = buffer.writeFloatBE(value, this.#at);
    } else {
      buffer[this.#at++] = SIMPLE | 27;
      this.#at = buffer.writeDoubleBE(value, this.#at);
    }
  }

  #reserve(length: number): void {
    const needed = this.#at + length;
    if (needed <= this.#buffer.length) return;
    const bigger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(bigger, 0, 0, this.#at);
    this.#buffer = bigger;
  }
}

function headBytes(length: number): number {
  if (length < 24) return 1;
  if (length < 0x100) return 2;
  if (length < 0x1_0000) return 3;
  return 5;
}

const SINGLE = new DataView(new ArrayBuffer(4));

/** The bits of an IEEE 754 half, when it holds the number exactly. */
function halfBits(value: number): number | undefined {
  if (Number.isNaN(value)) return 0x7e00;
  if (value === Infinity) return 0x7c00;
  if (value === -Infinity) return 0xfc00;
  if (Math.fround(value) !== value) return undefined;
  SINGLE.setFloat32(0, value);
  const bits = SINGLE.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7f_ffff;
  if (exponent >= 113 && exponent <= 142 && (fraction & 0x1fff) === 0) {
    return sign | ((exponent - 112) << 10) | (fraction >>> 13);
  }
  // Below the smallest normal half, powers of two: what the library took a half for.
  if (exponent >= 103 && exponent < 113 && fraction === 0) return sign | (1 << (exponent - 103));
  return undefined;
}
