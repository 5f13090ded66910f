/**
 * What readers made from the help page on the format share: numbers and CBOR as the page tells of
 * them. Nothing here or in what uses it is imported from `odb`.
 */
import { decode } from 'cborg';

/** A reference to an object. */
export class Reference {
  readonly oid: number;

  constructor(oid: number) {
    this.oid = oid;
  }
}

type Tagged = () => unknown;

const TAGS = {
  2: (content: Tagged): bigint => bigint(content()),
  3: (content: Tagged): bigint => -1n - bigint(content()),
  6: (content: Tagged): Reference => new Reference(Number(content())),
  7: (content: Tagged): Date => new Date(Number(content())),
};

function bigint(bytes: unknown): bigint {
  return BigInt(`0x${Buffer.from(bytes as Uint8Array).toString('hex')}`);
}

/** Reads CBOR as it is in records. */
export function cbor(bytes: Uint8Array): unknown {
  return decode(bytes, { tags: TAGS });
}

/** Reads one thing after another. */
export class Bytes {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Error('The bytes end early');
    this.#at += 1;
    return byte;
  }

  fixed(): number {
    let number = 0;
    for (let n = 0; n < 8; n += 1) number = number * 256 + this.byte();
    return number;
  }

  short(): number {
    let number = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      number += (byte % 128) * factor;
      if (byte < 128) return number;
    }
  }

  many<T>(one: () => T): T[] {
    return Array.from({ length: this.short() }, one);
  }

  oids(): number[] {
    let last = 0;
    return this.many(() => (last += this.short()));
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }
}
