/**
 * One search: the query is planned and carried out, what may not be viewed is left out, the values
 * of facets are counted, and as much is sorted as the batch needs.
 */
import type { CatalogIndex, Indexed, TextAsked } from './catalog-index.js';
import type { CatalogRecord, Documents } from './documents.js';
import { lowerIndex } from './docids.js';
import { countFacet, type FacetCount } from './facets.js';
import { NO_HITS, type Hits } from './hits.js';
import { Plan, type PlanStep } from './plan.js';
import { boundsIn, parseQuery, shapeOf, textsIn, type Indexes } from './query.js';
import { readBatch, readFacets, readSort, SCORE, type SearchOptions } from './search-options.js';
import { sortHits, type SortKey } from './sort.js';
import { Judgement } from './visibility.js';

/** One hit of a batch. */
export interface SearchHit {
  readonly docid: number;
  /** Absent where hits have no scores. */
  readonly score?: number | undefined;
  readonly columns: Readonly<Record<string, unknown>>;
}

export interface SearchResult {
  /** All that were found and may be viewed. */
  readonly total: number;
  readonly hits: readonly SearchHit[];
  /** By index, as asked for. */
  readonly facets: Readonly<Record<string, readonly FacetCount[]>>;
  /** The texts that were looked for: for excerpts, and for what else may have been meant. */
  readonly texts: readonly TextAsked[];
  readonly plan: readonly PlanStep[];
  /** What was asked of which indexes, and what it was sorted by. */
  readonly shape: string;
  readonly milliseconds: number;
}

/** What is searched. */
export interface Searched {
  readonly indexes: Indexes;
  readonly documents: Documents;
  /** Gives where records keep what an index has of a document. */
  keyOf(index: CatalogIndex): string;
}

/** The records of a search, each read once however often it is needed. */
class Records {
  readonly #searched: Searched;
  readonly #known = new Map<number, CatalogRecord | undefined>();

  constructor(searched: Searched) {
    this.#searched = searched;
  }

  indexed(docid: number, index: CatalogIndex): Indexed | undefined {
    return this.#get(docid)?.indexed[this.#searched.keyOf(index)];
  }

  columns(docid: number): Readonly<Record<string, unknown>> {
    return this.#get(docid)?.columns ?? {};
  }

  #get(docid: number): CatalogRecord | undefined {
    let record = this.#known.get(docid);
    if (record === undefined) {
      record = this.#searched.documents.get(docid);
      this.#known.set(docid, record);
    }
    return record;
  }
}

/** Finds documents; see `CatalogStore.search`. */
export function search(searched: Searched, query: unknown, options: SearchOptions): SearchResult {
  const { now = () => performance.now(), resolvePath, visibility } = options;
  const began = now();
  const { indexes, documents } = searched;
  const records = new Records(searched);
  const judgement =
    visibility === undefined || visibility.everything === true
      ? undefined
      : new Judgement(documents, visibility);
  const node = parseQuery(query, indexes, {
    ...(resolvePath === undefined ? {} : { resolvePath }),
    seen: judgement,
  });
  const given = readSort(options, indexes);
  const { start, limit } = readBatch(options);
  const counted = readFacets(options, indexes);
  const plan = new Plan({
    indexes: indexes.values(),
    all: () => documents.docids(),
    countAbout: () => documents.map.estimate(),
    now,
  });
  let hits: Hits = node === undefined ? NO_HITS : plan.run(node);
  if (judgement !== undefined) {
    const found = hits;
    hits = plan.noted('may be viewed', undefined, () => judgement.of(found));
  }
  const facets = Object.fromEntries(
    counted.map(({ index, limit: most }) => [
      index.name,
      countFacet(hits.docids, index, most, {
        indexed: (docid, of) => records.indexed(docid, of),
      }),
    ]),
  );
  const keys =
    given.length === 0
      ? defaultSort(hits)
      : given.map((key) => ({ ...key, within: key.index && boundsIn(node, key.index) }));
  const sortBegan = now();
  const sorted = sortHits(hits, keys, start + limit, {
    sortKey: (docid, index) => index.sortKey?.(records.indexed(docid, index)),
  });
  plan.steps.push({
    step: `sorted: ${sorted.how}`,
    hits: hits.docids.length,
    milliseconds: now() - sortBegan,
  });
  const batch = batchOf(sorted.docids.slice(start), hits, records);
  return {
    total: hits.docids.length,
    hits: batch,
    facets,
    texts: node === undefined ? [] : textsIn(node),
    plan: plan.steps,
    shape: `${node === undefined ? 'nothing' : shapeOf(node)}${sortShape(given)}`,
    milliseconds: now() - began,
  };
}

function defaultSort({ scoresOf }: Hits): readonly SortKey[] {
  return scoresOf === undefined ? [] : [{ index: undefined, descending: true }];
}

/** Gives hits with their scores, where there are scores, and their columns. */
function batchOf(docids: readonly number[], { scoresOf }: Hits, records: Records): SearchHit[] {
  const ascending = Float64Array.from(docids).sort();
  const scores = scoresOf?.(ascending);
  return docids.map((docid) => {
    const columns = records.columns(docid);
    if (scores === undefined) return { docid, columns };
    return { docid, score: scores[lowerIndex(ascending, docid)], columns };
  });
}

function sortShape(keys: readonly SortKey[]): string {
  if (keys.length === 0) return '';
  const named = keys.map(
    ({ index, descending }) => `${descending ? '-' : ''}${index?.name ?? SCORE}`,
  );
  return `, sort ${named.join(', ')}`;
}
