/**
 * Scores, as lunr works them out: a document's fields are vectors of weights by BM25, three decimals
 * each; a query has a vector of boosts for each field; and the score is the sum, over the fields,
 * of the vectors' product by the length of the query's.
 */
import { lowerIndex, type Docids } from './docids.js';
import { docidsOfLeaf } from './entry-map.js';
import type { LengthsRead, Posting, Postings } from './text-maps.js';

const K1 = 1.2;
const B = 0.75;
/** Where the hits are so many times the postings, a place among them is searched for. */
const SEARCH_RATIO = 16;

/** A term that is asked for. */
export interface ScoredTerm {
  readonly postings: Postings;
  /** Boosts by the places of fields; absent: the field is not asked. */
  readonly boosts: readonly (number | undefined)[];
}

/**
 * Gives the scores of documents.
 *
 * @param docids ascending
 * @param terms each once
 * @param read the lengths of the documents' fields
 * @param fieldBoosts of the index, by the places of fields
 */
export function scoresOf(
  docids: Docids,
  terms: readonly ScoredTerm[],
  read: LengthsRead,
  fieldBoosts: readonly number[],
): Float64Array {
  const products = fieldBoosts.map(() => new Float64Array(docids.length));
  for (const term of terms) addProducts(products, docids, { term, read, fieldBoosts });
  const scores = new Float64Array(docids.length);
  for (const [field, own] of products.entries()) {
    const length = lengthOf(terms, field);
    for (let i = 0; i < scores.length; i += 1) {
      // A word that is boosted by nothing finds documents, and scores none.
      scores[i] = (scores[i] as number) + ((own[i] as number) / length || 0);
    }
  }
  return scores;
}

/** The length of the query's vector for a field. */
function lengthOf(terms: readonly ScoredTerm[], field: number): number {
  let squares = 0;
  for (const { boosts } of terms) squares += (boosts[field] ?? 0) ** 2;
  return Math.sqrt(squares);
}

interface Scoring {
  readonly term: ScoredTerm;
  readonly read: LengthsRead;
  readonly fieldBoosts: readonly number[];
}

function addProducts(
  products: readonly Float64Array[],
  docids: Docids,
  { term, read, fieldBoosts }: Scoring,
): void {
  const fields = fieldBoosts.length;
  const { boosts, postings } = term;
  const { means, lengths } = read;
  const { entries, pairs } = countOf(postings);
  const frequency = Math.log(1 + Math.abs((read.documents - pairs + 0.5) / (pairs + 0.5)));
  const isSearched = docids.length > entries * SEARCH_RATIO;
  let at = 0;
  for (const { keys, values, from, to } of postings) {
    const there = docidsOfLeaf(keys);
    // None of them is in this leaf.
    if ((there[to - 1] as number) < (docids[at] as number)) continue;
    for (let i = from; i < to && at < docids.length; i += 1) {
      const docid = there[i] as number;
      if (isSearched) at = lowerIndex(docids, docid, at);
      else while (at < docids.length && (docids[at] as number) < docid) at += 1;
      if (docids[at] !== docid) continue;
      const posting = values[i] as Posting;
      const count = typeof posting === 'number' ? 1 : posting.length;
      for (let each = 0; each < count; each += 1) {
        const code = typeof posting === 'number' ? posting : (posting[each] as number);
        const field = code % fields;
        const boost = boosts[field];
        if (boost === undefined) continue;
        const times = (code - field) / fields + 1;
        const length = lengths[at * fields + field] as number;
        // In lunr's order, so that what it rounds is the same number.
        const weight =
          ((frequency * ((K1 + 1) * times)) /
            (K1 * (1 - B + B * (length / (means[field] as number))) + times)) *
          (fieldBoosts[field] as number);
        const own = products[field] as Float64Array;
        own[at] = (own[at] as number) + (Math.round(weight * 1000) / 1000) * boost;
      }
    }
  }
}

/** Counts postings, and what lunr takes for their documents: those of each field. */
function countOf(postings: Postings): { entries: number; pairs: number } {
  let entries = 0;
  let pairs = 0;
  for (const { values, from, to } of postings) {
    entries += to - from;
    for (let i = from; i < to; i += 1) {
      const posting = values[i] as Posting;
      pairs += typeof posting === 'number' ? 1 : posting.length;
    }
  }
  return { entries, pairs };
}
