/**
 * Walking through CBOR item by item, for records.
 *
 * Reads what `record.ts` writes: definite lengths, and integers a number holds exactly. Whatever
 * else is in the bytes, or is not in them, is an error. It stands beside the library that encodes
 * because loading an object is mostly decoding: this takes a third of the time, by making no object
 * for each item and by knowing short texts again, which names of classes and fields are.
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

/** Texts up to so many bytes are looked for among those read before. */
const KNOWN_TEXT_BYTES_MAX = 24;
/** Slots of the table of known texts; a power of two. */
const KNOWN_TEXTS = 1_024;
/** Texts up to so many bytes are put together here: calling for them takes longer. */
const SHORT_TEXT_BYTES_MAX = 12;

interface KnownText {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const known: (KnownText | undefined)[] = Array.from({ length: KNOWN_TEXTS }, () => undefined);

export class CborCursor {
  /** Kind of the item the last `next` came to. */
  kind = KIND_SIMPLE;
  /** Its length, for arrays and maps (in pairs); its number, for tags; else its value. */
  value: unknown = undefined;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
    if (kind === KIND_TEXT) this.value = this.#text(argument);
    else if (kind === KIND_BYTES) this.value = this.#bytes.slice(this.#advance(argument), this.#at);
    else if (kind === KIND_NEGINT) this.value = -1 - argument;
    else this.value = argument;
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
        return this.#view.getUint16(this.#advance(2));
      case 26:
        return this.#view.getUint32(this.#advance(4));
      case 27: {
        const at = this.#advance(8);
        const number = this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
        if (!Number.isSafeInteger(number)) throw new Error('an integer is too large');
        return number;
      }
      default:
        throw new Error('an item has no definite length');
    }
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
      case 26:
        return this.#view.getFloat32(this.#advance(4));
      case 27:
        return this.#view.getFloat64(this.#advance(8));
      default:
        throw new Error(`there is no simple value ${info}`);
    }
  }

  #text(length: number): string {
    const from = this.#advance(length);
    if (length > KNOWN_TEXT_BYTES_MAX) return decodeText(this.#bytes, from, this.#at);
    const bytes = this.#bytes;
    let hash = length;
    for (let at = from; at < this.#at; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const slot = hash & (KNOWN_TEXTS - 1);
    const candidate = known[slot];
    if (candidate !== undefined && isAt(bytes, from, length, candidate.bytes)) {
      return candidate.text;
    }
    const text = decodeText(bytes, from, this.#at);
    known[slot] = { bytes: bytes.slice(from, this.#at), text };
    return text;
  }
}

function isAt(bytes: Uint8Array, from: number, length: number, wanted: Uint8Array): boolean {
  if (wanted.length !== length) return false;
  for (let at = 0; at < length; at += 1) if (bytes[from + at] !== wanted[at]) return false;
  return true;
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
