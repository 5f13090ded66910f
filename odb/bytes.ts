/**
 * Bytes written one after another, and read back in the same order.
 *
 * Numbers are safe integers from 0 up, seven bits a byte, the lowest first: small numbers, which
 * most are, take one byte.
 */
import { assert } from './assert.js';
import { OdbError } from './errors.js';

const SCRATCH_START_BYTES = 64 * 1024;
/** A scratch that a giant made bigger than this is let go, so that it does not stay for ever. */
const SCRATCH_KEPT_BYTES = 1024 * 1024;
const NUMBER_BYTES_MAX = 8;
/** Before what `sized` writes. */
const SIZE_BYTES = 4;
/** Texts up to so many characters are looked at one by one. Their length is one byte. */
const SHORT_TEXT_MAX = 32;
/** Four bytes of seven bits: up to there, and above there, a number is whole for the processor. */
const LOW_BYTES = 4;
const LOW = 2 ** (LOW_BYTES * 7);

/** The scratch of the last writer that finished, for the next one. */
let kept: Buffer | undefined;

/** Writes a number at `at`, where there is room for it, and answers where it ends. */
export function putNumber(bytes: Uint8Array, at: number, value: number): number {
  let next = at;
  let rest = value;
  if (value >= LOW) {
    rest = Math.floor(value / LOW);
    let low = value - rest * LOW;
    for (let i = 0; i < LOW_BYTES; i += 1) {
      bytes[next++] = low | 0x80;
      low >>>= 7;
    }
  }
  while (rest > 0x7f) {
    bytes[next++] = rest | 0x80;
    rest >>>= 7;
  }
  bytes[next++] = rest;
  return next;
}

/** How many bytes a number takes. */
export function bytesOfNumber(value: number): number {
  let count = 1;
  let rest = value;
  if (value >= LOW) {
    rest = Math.floor(value / LOW);
    count += LOW_BYTES;
  }
  for (; rest > 0x7f; rest >>>= 7) count += 1;
  return count;
}

/** Collects bytes; `finish` gives them. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor() {
    this.#buffer = kept ?? Buffer.allocUnsafeSlow(SCRATCH_START_BYTES);
    kept = undefined;
  }

  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      assert(false, `${value} is a safe integer from 0 up`);
    }
    this.#reserve(NUMBER_BYTES_MAX);
    this.#length = putNumber(this.#buffer, this.#length, value);
  }

  /** Writes one byte. */
  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  /** Writes a number as eight bytes, the highest first. */
  number64(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeUInt32BE(Math.floor(value / 0x1_0000_0000), this.#length);
    this.#length = this.#buffer.writeUInt32BE(value % 0x1_0000_0000, this.#length);
  }

  /** Writes bytes as they are: their length has to be known to the reader. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.raw(bytes);
  }

  /** Writes bytes or their absence. */
  optional(bytes: Uint8Array | undefined): void {
    this.number(bytes === undefined ? 0 : bytes.length + 1);
    if (bytes !== undefined) this.raw(bytes);
  }

  /** Writes what `write` writes, behind how many bytes it is. */
  sized(write: () => void): void {
    this.#reserve(SIZE_BYTES);
    this.#length += SIZE_BYTES;
    const from = this.#length;
    write();
    this.#buffer.writeUInt32BE(this.#length - from, from - SIZE_BYTES);
  }

  text(text: string): void {
    if (text.length <= SHORT_TEXT_MAX && this.#ascii(text)) return;
    const length = Buffer.byteLength(text);
    this.number(length);
    this.#reserve(length);
    this.#buffer.write(text, this.#length);
    this.#length += length;
  }

  /** Gives all bytes in a buffer of their own. The writer is not to be used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(this.#length).buffer);
    this.#buffer.copy(bytes, 0, 0, this.#length);
    if (this.#buffer.length <= SCRATCH_KEPT_BYTES) kept = this.#buffer;
    return bytes;
  }

  /** Writes a short text, unless not all of it is ASCII: calling for it takes longer. */
  #ascii(text: string): boolean {
    this.#reserve(text.length + 1);
    const start = this.#length + 1;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code > 127) return false;
      this.#buffer[start + at] = code;
    }
    this.#buffer[this.#length] = text.length;
    this.#length = start + text.length;
    return true;
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#buffer.length) return;
    const bigger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    bigger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = bigger;
  }
}

/** Reads what a `ByteWriter` wrote. @throws OdbError `ODB_DAMAGED` past the end */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  number(): number {
    const bytes = this.#bytes;
    let low = 0;
    for (let bits = 0; bits < LOW_BYTES * 7; bits += 7) {
      const byte = bytes[this.#at++];
      if (byte === undefined) throw cutShort();
      low |= (byte & 0x7f) << bits;
      if (byte < 0x80) return low;
    }
    let high = 0;
    for (let bits = 0; bits < (NUMBER_BYTES_MAX - LOW_BYTES) * 7; bits += 7) {
      const byte = bytes[this.#at++];
      if (byte === undefined) throw cutShort();
      high |= (byte & 0x7f) << bits;
      if (byte < 0x80) return high * LOW + low;
    }
    throw cutShort();
  }

  /** Gives a view of the next bytes, not a copy. */
  raw(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw cutShort();
    const { buffer, byteOffset } = this.#bytes;
    const view = new Uint8Array(buffer, byteOffset + this.#at, length);
    this.#at = end;
    return view;
  }

  bytes(): Uint8Array {
    return this.raw(this.number());
  }

  /** Gives a view of what `ByteWriter.sized` wrote. */
  sized(): Uint8Array {
    const { buffer, byteOffset } = this.raw(SIZE_BYTES);
    return this.raw(new DataView(buffer, byteOffset, SIZE_BYTES).getUint32(0));
  }

  optional(): Uint8Array | undefined {
    const length = this.number();
    return length === 0 ? undefined : this.raw(length - 1);
  }

  text(): string {
    const { buffer, byteOffset, length } = this.bytes();
    return Buffer.from(buffer, byteOffset, length).toString('utf8');
  }

  /** Gives a view of all that is left. */
  rest(): Uint8Array {
    return this.raw(this.#bytes.length - this.#at);
  }

  /** Reads as many items as the next number says. */
  list<T>(item: () => T): T[] {
    const items: T[] = [];
    for (let rest = this.number(); rest > 0; rest--) items.push(item());
    return items;
  }
}

function cutShort(): OdbError {
  return new OdbError('ODB_DAMAGED', 'Stored bytes end too early');
}
