/**
 * “Did you mean”: a text query with words that no document has replaced by ones that are near.
 */
import { boundsOfKey } from './entry-map.js';
import { textKey } from './key.js';
import { patternOf } from './term-pattern.js';
import type { TextParts } from './text-parts.js';
import type { TextClause } from './text-query.js';

/** Words replaced in one query. */
const REPLACED_MAX = 5;
/** Words as long as this may be so many edits away. */
const LENGTHS_FOR_EDITS: readonly (readonly [edits: number, length: number])[] = [
  [1, 3],
  [2, 6],
];
const SPECIAL = /[\\:~^+*\s-]/g;

export interface SuggestSource {
  readonly parts: TextParts;
  /** Tells whether any document has a term. @param key the term's */
  readonly isThere: (key: string) => boolean;
  /** Gives a word that a term was made of; `undefined` where there is none to tell. */
  readonly wordOf: (key: string) => string | undefined;
}

/**
 * Gives a query that finds more; `undefined` where every word is found, or nothing is near.
 *
 * Of the terms that are nearest, the one most documents have. Reads the vocabulary once or twice for
 * each word that is not found.
 */
export function suggestionFor(
  query: string,
  clauses: readonly TextClause[],
  source: SuggestSource,
): string | undefined {
  let suggestion = '';
  let at = 0;
  let replaced = 0;
  for (const clause of clauses) {
    if (replaced === REPLACED_MAX) break;
    const word = betterWord(clause, source);
    if (word === undefined) continue;
    suggestion += query.slice(at, clause.start) + word.replaceAll(SPECIAL, String.raw`\$&`);
    at = clause.end;
    replaced += 1;
  }
  return replaced === 0 ? undefined : suggestion + query.slice(at);
}

function betterWord(clause: TextClause, source: SuggestSource): string | undefined {
  const { presence, patterns, word } = clause;
  const [pattern] = patterns;
  if (presence === 'prohibited' || pattern?.term === undefined || patterns.length > 1) return;
  const { term } = pattern;
  const { analyser, vocabulary } = source.parts;
  // A word that is in every text is in no index.
  if (source.isThere(textKey(term)) || analyser.termsOf(word.toLowerCase()).length === 0) return;
  for (const [edits, length] of LENGTHS_FOR_EDITS) {
    if (term.length < length) break;
    const near = mostFrequent(vocabulary.keysOf(patternOf(term, edits)), source);
    if (near !== undefined) return source.wordOf(near);
  }
  return undefined;
}

function mostFrequent(
  keys: readonly string[],
  { parts, isThere }: SuggestSource,
): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const key of keys) {
    const count = parts.postings.estimate(boundsOfKey(key));
    if (count > most && isThere(key)) {
      best = key;
      most = count;
    }
  }
  return best;
}
