/**
 * The documents of the catalog's benchmarks: titles of 8 words from a vocabulary of 2,000 in which
 * few words are frequent, one of 10 kinds, one of 1,000 prices, 3 of 60 tags. Always the same ones.
 */
import type { CatalogedDocument } from '../../server/catalog/catalog-index.js';

const VOCABULARY = 2_000;
const WORDS_IN_TITLE = 8;
const FOLDERS = 100;

/** Numbers from 0 to 1, always the same ones. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A word, the first ones much more often than the last. */
export function wordFrom(random: () => number): string {
  const rank = Math.floor(VOCABULARY ** random());
  return `word${rank.toString(36)}`;
}

export class BenchDocument implements CatalogedDocument {
  readonly docid: number;
  readonly container: number;
  readonly ownSettings = false;
  readonly type = 'Document';
  readonly ancestors: readonly number[];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(docid: number, values: Readonly<Record<string, unknown>>) {
    this.docid = docid;
    this.container = 2 + (docid % FOLDERS);
    this.ancestors = [docid, this.container, 1];
    this.#values = values;
  }

  value(source: string): unknown {
    return this.#values[source];
  }

  /** All values, by attribute. */
  get values(): Readonly<Record<string, unknown>> {
    return this.#values;
  }

  /** The same document with other values. */
  with(values: Readonly<Record<string, unknown>>): BenchDocument {
    return new BenchDocument(this.docid, { ...this.#values, ...values });
  }
}

/** Makes documents; each has two oids before the next, as a page with its map would. */
export function benchDocuments(count: number, seed = 7): BenchDocument[] {
  const random = numbersFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  return Array.from({ length: count }, (_, i) => {
    const title = Array.from({ length: WORDS_IN_TITLE }, () => wordFrom(random)).join(' ');
    const tags = new Set<string>();
    while (tags.size < 3) tags.add(`tag${below(60)}`);
    return new BenchDocument(1_000 + i * 2, {
      id: `document-${i}`,
      title,
      kind: `kind${below(10)}`,
      price: below(1_000),
      tags: [...tags],
    });
  });
}

/** Makes documents that are texts: so many words in a body, and a kind. */
export function benchBodies(count: number, words: number, seed = 7): BenchDocument[] {
  const random = numbersFrom(seed);
  return Array.from({ length: count }, (_, i) => {
    const body = Array.from({ length: words }, () => wordFrom(random)).join(' ');
    return new BenchDocument(1_000 + i * 2, { id: `document-${i}`, body });
  });
}
