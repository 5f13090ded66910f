/**
 * What a word of a query stands for among the terms of an index: one term, all that a word with
 * wildcards fits, or all that few edits lead to. The same terms as in lunr.
 */
import { FuzzyTerms } from './fuzzy-terms.js';

const WILDCARD = '*';

export interface TermPattern {
  /** All that it fits begin so. */
  readonly prefix: string;
  /** The only term that it fits, where there is but one. */
  readonly term?: string | undefined;
  matches(term: string): boolean;
}

/** Gives the pattern of a term in a query. @param edits how many edits; `undefined`: not fuzzy */
export function patternOf(term: string, edits: number | undefined): TermPattern {
  if (edits !== undefined) return new FuzzyTerms(term, edits);
  if (!term.includes(WILDCARD)) {
    return { prefix: term, term, matches: (other) => other === term };
  }
  const prefix = term.slice(0, term.indexOf(WILDCARD));
  return { prefix, matches: (other) => other !== '' && fits(other, term) };
}

/** Tells whether a text fits a pattern with wildcards. O(text × pattern), mostly O(text). */
function fits(text: string, pattern: string): boolean {
  let at = 0;
  let next = 0;
  // Where the last wildcard is, and how much of the text it stands for so far.
  let wildcard = -1;
  let taken = 0;
  while (at < text.length) {
    if (pattern[next] === WILDCARD) {
      wildcard = next;
      taken = at;
      next += 1;
    } else if (next < pattern.length && pattern.charCodeAt(next) === text.charCodeAt(at)) {
      at += 1;
      next += 1;
    } else if (wildcard === -1) return false;
    else {
      taken += 1;
      at = taken;
      next = wildcard + 1;
    }
  }
  while (pattern[next] === WILDCARD) next += 1;
  return next === pattern.length;
}
