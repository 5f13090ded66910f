/**
 * A set of oids as bits.
 *
 * Oids are given in order, so nearly all bits of a page are used: a million objects take 125 kB.
 * Pages are made when they are needed, so a single high oid costs one page.
 */
import type { Oid } from '../oid.js';

/** Oids in one page; its bits take 8 kB. */
const PAGE_OIDS = 65_536;
const WORD_BITS = 32;

/** The bits, page number and words, as they travel between threads. */
export type OidPages = ReadonlyMap<number, Uint32Array>;

export class OidMarks {
  readonly #pages = new Map<number, Uint32Array>();
  #size = 0;

  /** @param pages those of other marks, which are taken over */
  constructor(pages: OidPages = new Map()) {
    for (const [number, words] of pages) {
      this.#pages.set(number, words);
      for (const word of words) this.#size += bitsIn(word);
    }
  }

  /** How many oids are marked. */
  get size(): number {
    return this.#size;
  }

  /** The bits themselves, not a copy. */
  get pages(): OidPages {
    return this.#pages;
  }

  has(oid: Oid): boolean {
    const words = this.#pages.get(Math.floor(oid / PAGE_OIDS));
    const bit = oid % PAGE_OIDS;
    return words !== undefined && ((words[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  /** Marks an oid, and tells whether it was not marked before. */
  add(oid: Oid): boolean {
    const page = Math.floor(oid / PAGE_OIDS);
    let words = this.#pages.get(page);
    if (words === undefined) {
      words = new Uint32Array(PAGE_OIDS / WORD_BITS);
      this.#pages.set(page, words);
    }
    const bit = oid % PAGE_OIDS;
    const word = words[bit >>> 5] ?? 0;
    const mask = 1 << (bit & 31);
    if ((word & mask) !== 0) return false;
    words[bit >>> 5] = word | mask;
    this.#size += 1;
    return true;
  }

  /** Walks the marked oids, those of one page in ascending order. */
  *[Symbol.iterator](): Generator<Oid> {
    for (const [page, words] of this.#pages) {
      for (const [index, word] of words.entries()) {
        if (word === 0) continue;
        const first = page * PAGE_OIDS + index * WORD_BITS;
        for (let bit = 0; bit < WORD_BITS; bit += 1) {
          if ((word & (1 << bit)) !== 0) yield (first + bit) as Oid;
        }
      }
    }
  }
}

function bitsIn(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
