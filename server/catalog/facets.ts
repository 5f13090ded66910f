/**
 * Facets: how many of the hits have each value of an index.
 */
import type { CatalogIndex, Indexed } from './catalog-index.js';
import { DocidSet, type Docids } from './docids.js';
import { keysIn } from './entry-index.js';
import { docidsOfLeaf, type EntryMap } from './entry-map.js';
import { SEPARATOR } from './key.js';

/** Values that a facet tells of, unless more are asked for. */
export const FACET_LIMIT_DEFAULT = 20;
export const FACET_LIMIT_MAX = 1_000;

/** Looking up what one document has costs as much as reading so many entries in a row. */
const LOOK_UP_COST = 100;

export interface FacetCount {
  readonly value: unknown;
  /** Hits that have it; one at least. */
  readonly count: number;
}

export interface FacetSource {
  /** What an index keeps of a document. */
  indexed(docid: number, index: CatalogIndex): Indexed | undefined;
}

/**
 * Counts the values of an index among hits: the most frequent first, then in the order of values.
 *
 * @param index one with `counted`
 */
export function countFacet(
  docids: Docids,
  index: CatalogIndex,
  limit: number,
  source: FacetSource,
): FacetCount[] {
  const { counted } = index;
  if (counted === undefined || docids.length === 0) return [];
  const counts =
    docids.length * LOOK_UP_COST < counted.estimate()
      ? countOneByOne(docids, index, source)
      : countAll(docids, counted);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([key, count]) => ({ value: index.values([key])[0], count }));
}

function countOneByOne(
  docids: Docids,
  index: CatalogIndex,
  source: FacetSource,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const docid of docids) {
    for (const key of keysIn(source.indexed(docid, index))) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

/** The entries of one value stand together, so each is counted before the next begins. */
function countAll(docids: Docids, entries: EntryMap): Map<string, number> {
  const among = new DocidSet(docids);
  const counts = new Map<string, number>();
  let prefix = '';
  let count = 0;
  const finish = (): void => {
    if (count > 0) counts.set(prefix.slice(0, -1), count);
  };
  for (const { keys, from, to } of entries.runs()) {
    const there = docidsOfLeaf(keys);
    for (let i = from; i < to; i += 1) {
      if (!among.has(there[i] as number)) continue;
      const key = keys[i] as string;
      if (prefix === '' || !key.startsWith(prefix)) {
        finish();
        prefix = key.slice(0, key.lastIndexOf(SEPARATOR) + 1);
        count = 0;
      }
      count += 1;
    }
  }
  finish();
  return counts;
}
