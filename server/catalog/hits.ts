/**
 * The documents a question finds, with how well each answers it where the index can tell.
 */
import { difference, intersection, lowerIndex, NO_DOCIDS, union, type Docids } from './docids.js';

/** What was found. Never changed. */
export interface Hits {
  /** Ascending, each once. */
  readonly docids: Docids;
  /**
   * Gives the scores of documents, in their order, more being better; 0 for those that were not
   * found. Absent where all are alike. Worked out when asked for: who sorts by something else needs
   * those of a batch.
   *
   * @param docids ascending
   */
  readonly scoresOf?: ((docids: Docids) => Float64Array) | undefined;
}

/** Nothing was found. */
export const NO_HITS: Hits = { docids: NO_DOCIDS };

/**
 * Gives hits with scores.
 *
 * @param scores gives those of some of the documents that were found
 */
export function scoredHits(docids: Docids, scores: (some: Docids) => Float64Array): Hits {
  return {
    docids,
    scoresOf(some) {
      if (some === docids) return scores(docids);
      const found = intersection(some, docids);
      const own = scores(found);
      return found.length === some.length ? own : spread(own, found, some);
    },
  };
}

/** Gives what both found; scores add up. */
export function both(a: Hits, b: Hits): Hits {
  return withScores(intersection(a.docids, b.docids), [a, b]);
}

/** Gives what any found; scores add up, and what has none counts nothing. */
export function any(all: readonly Hits[]): Hits {
  const [first] = all;
  if (first !== undefined && all.length === 1) return first;
  return withScores(union(all.map(({ docids }) => docids)), all);
}

/** Gives what the first found and the second did not, with the scores of the first. */
export function without(a: Hits, b: Hits): Hits {
  return withScores(difference(a.docids, b.docids), [a]);
}

/** Gives those that are in a list, with their scores. @param docids of the hits' own */
export function only(hits: Hits, docids: Docids): Hits {
  return withScores(docids, [hits]);
}

function withScores(docids: Docids, sources: readonly Hits[]): Hits {
  const scored = sources.flatMap(({ scoresOf }) => scoresOf ?? []);
  const [first] = scored;
  if (first === undefined) return { docids };
  return scoredHits(docids, (some) => {
    const sums = first(some);
    for (const scoresOf of scored.slice(1)) {
      for (const [i, score] of scoresOf(some).entries()) sums[i] = (sums[i] as number) + score;
    }
    return sums;
  });
}

/** Puts the scores of some documents to their places among others. */
function spread(scores: Float64Array, found: Docids, among: Docids): Float64Array {
  const all = new Float64Array(among.length);
  let at = 0;
  for (const [i, docid] of found.entries()) {
    at = lowerIndex(among, docid, at);
    all[at] = scores[i] as number;
  }
  return all;
}
