/**
 * From texts to the terms that are indexed, as lunr does it: split into words, which go through the
 * pipeline of a language.
 *
 * What a pipeline makes of a word depends on the word alone, so it is remembered.
 */
import { textKey } from './key.js';
import { hasOwnTokenizer, SEPARATOR_PATTERN, type LunrBuilder } from './lunr.js';

/** Words that are remembered with their terms; beyond, all are forgotten before the next text. */
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

/**
 * A term while a text is counted: one object for each, so that a word is looked up once and its term
 * never. Whoever counts leaves `times` at 0, before another text is read.
 */
export interface CountedTerm {
  /** Empty for an empty term, which has none. */
  readonly key: string;
  times: number;
}

/** What a word is indexed by. */
interface Terms {
  readonly terms: readonly string[];
  readonly counted: readonly CountedTerm[];
}

/** Reads texts of one language. Holds nothing but what it remembers. */
export class Analyser {
  readonly #builder: LunrBuilder;
  readonly #hasOwnTokenizer: boolean;
  readonly #terms = new Map<string, Terms>();
  /** By key. */
  readonly #counted = new Map<string, CountedTerm>();
  readonly #words = new Map<string, string>();

  constructor(builder: LunrBuilder) {
    this.#builder = builder;
    this.#hasOwnTokenizer = hasOwnTokenizer(builder);
  }

  /** Splits a value into words, in small letters; a list is a list of words already. */
  words(value: unknown): readonly string[] {
    if (this.#counted.size >= REMEMBERED_MAX || this.#terms.size >= REMEMBERED_MAX) this.#forget();
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
    return this.#read(word).terms;
  }

  /** Gives the keys of the terms a word is indexed by; empty for an empty term, which has none. */
  keysOf(word: string): readonly string[] {
    return this.#read(word).counted.map(({ key }) => key);
  }

  /** Gives the same for counting the words of one text, which `words` has given. */
  countedOf(word: string): readonly CountedTerm[] {
    return this.#read(word).counted;
  }

  /** Gives the terms that a word in a query asks for. */
  queryTermsOf(word: string): readonly string[] {
    return this.#builder.searchPipeline.runString(word, { fields: [] });
  }

  /** Gives a word that was read for a term not long ago, else the term. */
  wordOf(term: string): string {
    return this.#words.get(term) ?? term;
  }

  #read(word: string): Terms {
    const known = this.#terms.get(word);
    if (known !== undefined) return known;
    const terms = this.#builder.pipeline.runString(word, { fields: [] });
    const counted = terms.map((term) => this.#count(term === '' ? '' : textKey(term)));
    const read = { terms, counted };
    if (word.length <= REMEMBERED_LENGTH_MAX) this.#remember(word, read);
    return read;
  }

  #count(key: string): CountedTerm {
    let counted = this.#counted.get(key);
    if (counted === undefined) {
      counted = { key, times: 0 };
      this.#counted.set(key, counted);
    }
    return counted;
  }

  #forget(): void {
    this.#terms.clear();
    this.#counted.clear();
    this.#words.clear();
  }

  #remember(word: string, read: Terms): void {
    this.#terms.set(word, read);
    const { terms } = read;
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
