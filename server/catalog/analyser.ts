/**
 * From texts to the terms that are indexed, as lunr does it: split into words, which go through the
 * pipeline of a language.
 *
 * What a pipeline makes of a word depends on the word alone, so it is remembered.
 */
import { hasOwnTokenizer, SEPARATOR_PATTERN, type LunrBuilder } from './lunr.js';

/** Words that are remembered with their terms; beyond, all are forgotten and met anew. */
const REMEMBERED_MAX = 50_000;
/** Longer words are not remembered, in UTF-16 units. */
const REMEMBERED_LENGTH_MAX = 64;

const NO_TERMS: readonly string[] = [];
const AROUND_WORD = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;
const BETWEEN_WORDS = new RegExp(SEPARATOR_PATTERN.source, `${SEPARATOR_PATTERN.flags}g`);

/** A word in a text. */
export interface PlacedWord {
  readonly word: string;
  /** In UTF-16 units, from 0. */
  readonly start: number;
  readonly end: number;
}

/** Reads texts of one language. Holds nothing but what it remembers. */
export class Analyser {
  readonly #builder: LunrBuilder;
  readonly #hasOwnTokenizer: boolean;
  readonly #terms = new Map<string, readonly string[]>();
  readonly #words = new Map<string, string>();

  constructor(builder: LunrBuilder) {
    this.#builder = builder;
    this.#hasOwnTokenizer = hasOwnTokenizer(builder);
  }

  /** Splits a value into words, in small letters; a list is a list of words already. */
  words(value: unknown): readonly string[] {
    if (!isText(value)) return NO_TERMS;
    if (this.#hasOwnTokenizer || Array.isArray(value)) {
      return this.#builder.tokenizer(value).map(String);
    }
    const words = String(value).toLowerCase().split(SEPARATOR_PATTERN);
    // There is an empty one before or after a separator at the ends.
    if (words[0] === '') words.shift();
    if (words.at(-1) === '') words.pop();
    return words;
  }

  /** The same of a text, with the places of the words. */
  placedWords(text: string): readonly PlacedWord[] {
    if (this.#hasOwnTokenizer) {
      return this.#builder.tokenizer(text).map((token) => {
        const [start, length] = token.metadata.position ?? [0, 0];
        return { word: token.toString(), start, end: start + length };
      });
    }
    const placed: PlacedWord[] = [];
    let start = 0;
    const take = (end: number): void => {
      if (end > start) placed.push({ word: text.slice(start, end).toLowerCase(), start, end });
    };
    for (const separator of text.matchAll(BETWEEN_WORDS)) {
      take(separator.index);
      start = separator.index + separator[0].length;
    }
    take(text.length);
    return placed;
  }

  /** Gives the terms a word is indexed by: none for a stop word; one, as a rule. */
  termsOf(word: string): readonly string[] {
    const known = this.#terms.get(word);
    if (known !== undefined) return known;
    const terms = this.#builder.pipeline.runString(word, { fields: [] });
    if (word.length <= REMEMBERED_LENGTH_MAX) this.#remember(word, terms);
    return terms;
  }

  /** Gives the terms that a word in a query asks for. */
  queryTermsOf(word: string): readonly string[] {
    return this.#builder.searchPipeline.runString(word, { fields: [] });
  }

  /** Gives a word that was read for a term not long ago, else the term. */
  wordOf(term: string): string {
    return this.#words.get(term) ?? term;
  }

  #remember(word: string, terms: readonly string[]): void {
    if (this.#terms.size >= REMEMBERED_MAX) {
      this.#terms.clear();
      this.#words.clear();
    }
    this.#terms.set(word, terms);
    const [term] = terms;
    if (term === undefined || terms.length > 1) return;
    const bare = word.replaceAll(AROUND_WORD, '');
    // Where the term itself is a word, it is the best one.
    if (bare === term || (bare !== '' && !this.#words.has(term))) this.#words.set(term, bare);
  }
}

/** Tells whether a value is text: a text or a number, or a list of them. */
export function isText(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((each) => !Array.isArray(each) && isText(each));
  return typeof value === 'string' || typeof value === 'number';
}
