/**
 * Walking through CBOR item by item, for records.
 *
 * Reads what `record.ts` writes: definite lengths, and integers a number holds exactly. Whatever
 * else is in the bytes, or is not in them, is an error. It stands beside the library that encodes
 * because loading an object is mostly decoding: this takes half the time, by making no object for
 * each item and by knowing names again.
 */

/** The kinds of items; the first eight are CBOR's major types. */
export const KIND_UINT = 0;
export const KIND_NEGINT = 1;
export const KIND_BYTES = 2;
export const KIND_TEXT = 3;
export const KIND_ARRAY = 4;
export const KIND_MAP = 5;
export const KIND_TAG = 6;
export const KIND_SIMPLE = 7;

/** Names up to so many bytes are looked for among those read before. */
const NAME_BYTES_MAX = 40;
/** Slots of the table of names; a power of two. */
const NAMES = 1_024;
/** Texts up to so many bytes are put together here: calling for them takes longer. */
const SHORT_TEXT_BYTES_MAX = 12;

interface Name {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const names: (Name | undefined)[] = Array.from({ length: NAMES }, () => undefined);

export class CborCursor {
  /** Kind of the item the last `next` came to. */
  kind = KIND_SIMPLE;
  /** Its length, for arrays and maps (in pairs); its number, for tags; else its value. */
  value: unknown = undefined;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /**
   * Goes to the next item. Of an array, map or tag it reads the head alone.
   *
   * @throws Error when the bytes end early, or are not of the kind described above
   */
  next(): void {
    const head = this.#byte();
    const kind = head >> 5;
    this.kind = kind;
    if (kind === KIND_SIMPLE) {
      this.value = this.#simple(head & 31);
      return;
    }
    const argument = this.#argument(head & 31);
    if (kind === KIND_TEXT) {
      const from = this.#advance(argument);
      this.value = decodeText(this.#bytes, from, this.#at);
    } else if (kind === KIND_BYTES) {
      const from = this.#advance(argument);
      this.value = copyOf(this.#bytes, from, this.#at);
    } else if (kind === KIND_NEGINT) this.value = -1 - argument;
    else this.value = argument;
  }

  /**
   * Goes to the next item, which must be a text that is read often: a name.
   *
   * @throws Error as `next`, and for any other kind
   */
  name(): string {
    const bytes = this.#bytes;
    const head = this.#byte();
    if (head >> 5 !== KIND_TEXT) throw new Error('something has no name');
    const length = this.#argument(head & 31);
    const from = this.#advance(length);
    const to = this.#at;
    if (length > NAME_BYTES_MAX) return decodeText(bytes, from, to);
    let hash = length;
    for (let at = from; at < to; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const slot = hash & (NAMES - 1);
    const known = names[slot];
    if (known !== undefined && isAt(bytes, from, length, known.bytes)) return known.text;
    const text = decodeText(bytes, from, to);
    names[slot] = { bytes: copyOf(bytes, from, to), text };
    return text;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Error('it ends early');
    this.#at += 1;
    return byte;
  }

  /** Steps over `count` bytes and answers where they begin. */
  #advance(count: number): number {
    const from = this.#at;
    if (count > this.left) throw new Error('it ends early');
    this.#at = from + count;
    return from;
  }

  #argument(info: number): number {
    if (info < 24) return info;
    switch (info) {
      case 24:
        return this.#byte();
      case 25:
        return this.#byte() * 2 ** 8 + this.#byte();
      case 26:
        return this.#uint32();
      case 27: {
        const number = this.#uint32() * 2 ** 32 + this.#uint32();
        if (!Number.isSafeInteger(number)) throw new Error('an integer is too large');
        return number;
      }
      default:
        throw new Error('an item has no definite length');
    }
  }

  #uint32(): number {
    return (this.#byte() * 2 ** 8 + this.#byte()) * 2 ** 16 + this.#byte() * 2 ** 8 + this.#byte();
  }

  #viewOf(count: number): DataView {
    const from = this.#advance(count);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + from, count);
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return undefined;
      case 25:
        return halfFloat(this.#argument(25));
      case 26:
        return this.#viewOf(4).getFloat32(0);
      case 27:
        return this.#viewOf(8).getFloat64(0);
      default:
        throw new Error(`there is no simple value ${info}`);
    }
  }
}

/** A plain array of its own, also where the bytes are a Buffer, whose `slice` shares them. */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to));
}

function isAt(bytes: Uint8Array, from: number, length: number, wanted: Uint8Array): boolean {
  if (wanted.length !== length) return false;
  for (let at = 0; at < length; at += 1) if (bytes[from + at] !== wanted[at]) return false;
  return true;
}

/** The number of an IEEE 754 half: a sign, five bits of exponent, ten of fraction. */
function halfFloat(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1_023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1_024 + fraction) * 2 ** (exponent - 25);
}

function decodeText(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= SHORT_TEXT_BYTES_MAX) {
    let text = '';
    let at = from;
    for (; at < to; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte > 127) break;
      text += String.fromCharCode(byte);
    }
    if (at === to) return text;
  }
  return Buffer.prototype.utf8Slice.call(bytes, from, to);
}
