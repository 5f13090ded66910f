/**
 * What a text index keeps of one document: how long its fields are, and its terms with how often
 * which field has them.
 *
 * It is kept as one text, `LENGTHS \0 KEY \0 CODES \0 KEY \0 CODES …`, which is stored and compared
 * much quicker than many numbers.
 */
import type { Analyser, CountedTerm } from './analyser.js';
import type { CatalogedDocument, Indexed } from './catalog-index.js';
import { SEPARATOR } from './key.js';
import type { FieldLengths, Posting } from './text-maps.js';

export interface Kept {
  /** With commas between them. */
  readonly lengths: string;
  /** Keys of terms, each once. */
  readonly keys: readonly string[];
  /** Codes of the postings of the keys; with commas between them where there are several. */
  readonly codes: readonly string[];
}

const NOTHING: Kept = { lengths: '', keys: [], codes: [] };

/** Reads the words of a document; `undefined` where there are none. */
export function readDocument(
  document: CatalogedDocument,
  fields: readonly string[],
  analyser: Analyser,
): Kept | undefined {
  const codes = new Map<string, string>();
  const lengths: number[] = [];
  let hasText = false;
  for (const [place, field] of fields.entries()) {
    const words = analyser.words(document.value(field));
    hasText ||= words.length > 0;
    const { met, length } = countTerms(words, analyser);
    lengths.push(length);
    if (fields.length === 1) {
      const kept = keptOfField(met, length);
      return hasText ? kept : undefined;
    }
    for (const term of met) {
      const code = place + fields.length * takeTimes(term);
      const others = codes.get(term.key);
      codes.set(term.key, others === undefined ? String(code) : `${others},${code}`);
    }
  }
  if (!hasText) return undefined;
  return { lengths: lengths.join(','), keys: [...codes.keys()], codes: [...codes.values()] };
}

/** Counts the terms of a text; answers those that were met, each to be taken with `takeTimes`. */
function countTerms(
  words: readonly string[],
  analyser: Analyser,
): { readonly met: readonly CountedTerm[]; readonly length: number } {
  const met: CountedTerm[] = [];
  let length = 0;
  try {
    for (const word of words) {
      for (const term of analyser.countedOf(word)) {
        length += 1;
        // What is left of a word of signs counts for the length, and cannot be found.
        if (term.key === '') continue;
        if (term.times === 0) met.push(term);
        term.times += 1;
      }
    }
  } catch (error) {
    // The pipeline of a language failed, and the next text is counted from nothing.
    met.forEach(takeTimes);
    throw error;
  }
  return { met, length };
}

/** Gives how often a term was met again, and is done with it. */
function takeTimes(term: CountedTerm): number {
  const again = term.times - 1;
  term.times = 0;
  return again;
}

/** What is kept where there is one field, which is the first. */
function keptOfField(met: readonly CountedTerm[], length: number): Kept {
  const codes = met.map((term) => String(takeTimes(term)));
  return { lengths: String(length), keys: met.map(({ key }) => key), codes };
}

export function textOf({ lengths, keys, codes }: Kept): string {
  const parts = [lengths];
  for (let i = 0; i < keys.length; i += 1) parts.push(keys[i] as string, codes[i] as string);
  return parts.join(SEPARATOR);
}

export function keptOf(indexed: Indexed | undefined): Kept {
  if (typeof indexed !== 'string') return NOTHING;
  const parts = indexed.split(SEPARATOR);
  const keys: string[] = [];
  const codes: string[] = [];
  for (let i = 1; i < parts.length; i += 2) {
    keys.push(parts[i] as string);
    codes.push(parts[i + 1] as string);
  }
  return { lengths: parts[0] as string, keys, codes };
}

export function postingOf(codes: string): Posting {
  return codes.includes(',') ? codes.split(',').map(Number) : Number(codes);
}

export function lengthsOf(lengths: string): FieldLengths {
  return lengths.includes(',') ? lengths.split(',').map(Number) : Number(lengths);
}
