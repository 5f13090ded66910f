/**
 * Text queries put to an index: which documents they find, and with what scores. As lunr finds and
 * scores them.
 */
import type { Question, Seen, TextAsked } from './catalog-index.js';
import { DocidGatherer, difference, intersection, NO_DOCIDS, type Docids } from './docids.js';
import { boundsOfKey, docidsOfLeaf } from './entry-map.js';
import { excerptOf, type Excerpt, type ExcerptOptions, type FieldText } from './excerpt.js';
import { NO_HITS, scoredHits, type Hits } from './hits.js';
import { textKey } from './key.js';
import { suggestionFor } from './suggest.js';
import type { TermPattern } from './term-pattern.js';
import type { Posting, Postings } from './text-maps.js';
import type { TextParts } from './text-parts.js';
import type { TextClause } from './text-query.js';
import { scoresOf, type ScoredTerm } from './text-score.js';

const AROUND_WORD = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

/** A question by one text. Lives as long as the search. */
export class TextQuestion implements Question, TextAsked {
  readonly index: string;
  readonly query: string;
  readonly #parts: TextParts;
  readonly #clauses: readonly TextClause[];
  readonly #seen: Seen | undefined;
  /** Terms that some document has, of those that the one who asks may view. */
  readonly #there = new Map<string, boolean>();
  readonly #postings = new Map<string, Postings>();
  readonly #keys = new Map<TermPattern, readonly string[]>();

  constructor(
    index: string,
    {
      query,
      clauses,
      parts,
      seen,
    }: {
      query: string;
      clauses: readonly TextClause[];
      parts: TextParts;
      seen?: Seen | undefined;
    },
  ) {
    this.index = index;
    this.query = query;
    this.#clauses = clauses;
    this.#parts = parts;
    this.#seen = seen;
  }

  get text(): string {
    return this.index;
  }

  get texts(): readonly TextAsked[] {
    return [this];
  }

  estimate(): number {
    const required: number[] = [];
    let sum = 0;
    for (const clause of this.#clauses) {
      if (clause.presence === 'prohibited') continue;
      const about = this.#estimate(clause);
      if (clause.presence === 'required') required.push(about);
      sum += about;
    }
    if (this.#isNegated()) return this.#parts.lengths.estimate();
    return required.length > 0 ? Math.min(...required) : sum;
  }

  hits(): Hits {
    let docids = this.#found();
    if (docids.length === 0) return NO_HITS;
    const unwanted = this.#clauses.filter(({ presence }) => presence === 'prohibited');
    if (unwanted.length > 0) docids = difference(docids, this.#docidsOf(unwanted));
    if (this.#isNegated()) return scoredHits(docids, ({ length }) => new Float64Array(length));
    const { lengths, fields, boosts } = this.#parts;
    return scoredHits(docids, (some) =>
      scoresOf(some, this.#scoredTerms(), lengths.read(some, fields.length), boosts),
    );
  }

  suggestion(): string | undefined {
    return suggestionFor(this.query, this.#clauses, {
      parts: this.#parts,
      isThere: (key) => this.#isThere(key),
      wordOf: (key) => this.#wordOf(key),
    });
  }

  excerpt(texts: readonly FieldText[], options?: ExcerptOptions): Excerpt {
    return excerptOf(texts, this.#clauses, this.#parts, options);
  }

  /** A query of nothing but exclusions finds all else. */
  #isNegated(): boolean {
    return this.#clauses.every(({ presence }) => presence === 'prohibited');
  }

  #found(): Docids {
    if (this.#isNegated()) return this.#parts.lengths.docids({});
    const required = this.#clauses.filter(({ presence }) => presence === 'required');
    if (required.length === 0) {
      return this.#docidsOf(this.#clauses.filter(({ presence }) => presence === 'optional'));
    }
    let found: Docids | undefined;
    for (const clause of required) {
      if (clause.patterns.some((pattern) => this.#keysOf(pattern).length === 0)) return NO_DOCIDS;
      const own = this.#docidsOf([clause]);
      found = found === undefined ? own : intersection(found, own);
      if (found.length === 0) break;
    }
    return found ?? NO_DOCIDS;
  }

  #docidsOf(clauses: readonly TextClause[]): Docids {
    const gathered = new DocidGatherer();
    for (const { patterns, fields } of clauses) {
      for (const key of patterns.flatMap((pattern) => this.#keysOf(pattern))) {
        this.#gather(key, fields, gathered);
      }
    }
    return gathered.sorted();
  }

  #gather(key: string, fields: readonly number[], into: DocidGatherer): void {
    const count = this.#parts.fields.length;
    for (const { keys, values, from, to } of this.#postingsOf(key)) {
      const docids = docidsOfLeaf(keys);
      if (fields.length === count) {
        into.addAll(docids, from, to);
        continue;
      }
      for (let i = from; i < to; i += 1) {
        if (isIn(values[i] as Posting, fields, count)) into.add(docids[i] as number);
      }
    }
  }

  /** Adds up what clauses say of each term. */
  #scoredTerms(): readonly ScoredTerm[] {
    const scored = new Map<string, { postings: Postings; boosts: (number | undefined)[] }>();
    for (const { presence, patterns, fields, boost } of this.#clauses) {
      if (presence === 'prohibited') continue;
      for (const key of patterns.flatMap((pattern) => this.#keysOf(pattern))) {
        let known = scored.get(key);
        if (known === undefined) {
          known = { postings: this.#postingsOf(key), boosts: [] };
          scored.set(key, known);
        }
        for (const field of fields) known.boosts[field] = (known.boosts[field] ?? 0) + boost;
      }
    }
    return [...scored.values()];
  }

  /** Gives the keys of a pattern's terms that some document has. */
  #keysOf(pattern: TermPattern): readonly string[] {
    let keys = this.#keys.get(pattern);
    if (keys === undefined) {
      keys = this.#parts.vocabulary.keysOf(pattern).filter((key) => this.#isThere(key));
      this.#keys.set(pattern, keys);
    }
    return keys;
  }

  #isThere(key: string): boolean {
    const postings = this.#postingsOf(key);
    if (postings.length === 0 || this.#seen === undefined) return postings.length > 0;
    let isThere = this.#there.get(key);
    if (isThere === undefined) {
      isThere = this.#seen.first(docidsIn(postings)) !== undefined;
      this.#there.set(key, isThere);
    }
    return isThere;
  }

  /** Gives a word that a term was made of: of a document that may be viewed. */
  #wordOf(key: string): string | undefined {
    const { analyser, fields, vocabulary } = this.#parts;
    if (this.#seen === undefined) return vocabulary.wordOf(key);
    const docid = this.#seen.first(docidsIn(this.#postingsOf(key)));
    if (docid === undefined) return undefined;
    for (const field of fields) {
      for (const word of analyser.words(this.#seen.value(docid, field))) {
        const isOfTerm = analyser.termsOf(word).some((term) => textKey(term) === key);
        if (isOfTerm) return word.replaceAll(AROUND_WORD, '');
      }
    }
    return undefined;
  }

  #postingsOf(key: string): Postings {
    let postings = this.#postings.get(key);
    if (postings === undefined) {
      postings = this.#parts.postings.of(key);
      this.#postings.set(key, postings);
    }
    return postings;
  }

  #estimate({ patterns }: TextClause): number {
    const { postings, vocabulary } = this.#parts;
    let sum = 0;
    for (const pattern of patterns) {
      if (pattern.term === undefined) {
        // They are needed anyway.
        for (const key of this.#keysOf(pattern)) sum += countOf(this.#postingsOf(key));
      } else {
        for (const key of vocabulary.keysOf(pattern)) sum += postings.estimate(boundsOfKey(key));
      }
    }
    return sum;
  }
}

function* docidsIn(postings: Postings): Iterable<number> {
  for (const { keys, from, to } of postings) yield* docidsOfLeaf(keys).subarray(from, to);
}

function countOf(postings: Postings): number {
  return postings.reduce((sum, { from, to }) => sum + to - from, 0);
}

function isIn(posting: Posting, fields: readonly number[], count: number): boolean {
  if (typeof posting === 'number') return fields.includes(posting % count);
  return posting.some((code) => fields.includes(code % count));
}
