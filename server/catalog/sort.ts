/**
 * The order of hits: as much of it as a batch needs.
 *
 * Where hits are many, the sort index is walked in its order until enough of them were met; where
 * they are few, their values are looked up and the best kept. Several keys sort within each other.
 * Documents without a value come last, in either direction; equal ones by id, which is the order
 * in which they came to be.
 */
import type { CatalogIndex } from './catalog-index.js';
import { DocidGatherer, DocidSet, lowerIndex, type Docids } from './docids.js';
import { boundsOfKey, docidsOfLeaf, type EntryMap } from './entry-map.js';
import type { Hits } from './hits.js';
import type { KeyBounds, Run } from '../../odb/index.js';
import { SEPARATOR } from './key.js';

/** By a value of an index, or by score. */
export interface SortKey {
  /** `undefined`: by score. */
  readonly index: CatalogIndex | undefined;
  readonly descending: boolean;
  /** All that are to be sorted have a value, and their entries are within; default: unknown. */
  readonly within?: KeyBounds | undefined;
}

export interface SortSource {
  /** Gives the key a document has in an index; `undefined` when it has none. */
  sortKey(docid: number, index: CatalogIndex): string | undefined;
}

/** Looking one document's value up costs as much as reading so many entries in a row. */
const LOOK_UP_COST = 100;

/** What was done, and the first of the hits in order. */
export interface Sorted {
  readonly docids: readonly number[];
  /** For a plan. */
  readonly how: string;
}

/** Gives the first `count` hits in the order of `keys`. */
export function sortHits(
  hits: Hits,
  keys: readonly SortKey[],
  count: number,
  source: SortSource,
): Sorted {
  const sorting = new Sorting(hits, source);
  const docids = sorting.first(hits.docids, keys, count);
  return { docids, how: sorting.how };
}

class Sorting {
  how = 'in the order of their ids';
  readonly #hits: Hits;
  readonly #source: SortSource;
  #known: Float64Array | undefined;

  constructor(hits: Hits, source: SortSource) {
    this.#hits = hits;
    this.#source = source;
  }

  first(docids: Docids, keys: readonly SortKey[], count: number): number[] {
    const [key, ...rest] = keys;
    if (count <= 0) return [];
    if (key === undefined || docids.length < 2) return [...docids.subarray(0, count)];
    const order = key.index?.order;
    if (order !== undefined) {
      const entries = order.estimate(key.within);
      const walked = Math.min(entries, (count * entries) / docids.length);
      if (walked < docids.length * LOOK_UP_COST) {
        this.how = `walked ${key.index?.name ?? ''}`;
        return this.#walk({ docids, key, rest, count, order });
      }
    }
    if (key.index === undefined) {
      this.how = 'by score';
      if (rest.length === 0 && docids === this.#hits.docids) {
        return bestByScore(docids, this.#scores, count, key.descending);
      }
    } else this.how = `looked up ${key.index.name}`;
    return this.#best(docids, keys, count);
  }

  /** Keeps the best of those that were seen in a heap, the worst on top. */
  #best(docids: Docids, keys: readonly SortKey[], count: number): number[] {
    const compare = this.#comparison(keys);
    if (count * 2 >= docids.length) return [...docids].sort(compare).slice(0, count);
    const heap: number[] = [];
    for (const docid of docids) {
      if (heap.length < count) {
        heap.push(docid);
        rise(heap, compare);
      } else if (compare(docid, heap[0] as number) < 0) {
        heap[0] = docid;
        sink(heap, compare);
      }
    }
    return heap.sort(compare);
  }

  /** The scores of all hits. */
  get #scores(): Float64Array | undefined {
    const { docids, scoresOf } = this.#hits;
    return (this.#known ??= scoresOf?.(docids));
  }

  #comparison(keys: readonly SortKey[]): (a: number, b: number) => number {
    const steps = keys.map(({ index, descending }) => {
      const sign = descending ? -1 : 1;
      if (index === undefined) {
        const { docids } = this.#hits;
        const scores = this.#scores;
        if (scores === undefined) return () => 0;
        const score = (docid: number): number => scores[lowerIndex(docids, docid)] as number;
        return (a: number, b: number) => sign * (score(a) - score(b));
      }
      const known = new Map<number, string | undefined>();
      const key = (docid: number): string | undefined =>
        remembered(known, docid, () => this.#source.sortKey(docid, index));
      return (a: number, b: number) => compareKeys(key(a), key(b), sign);
    });
    return (a, b) => {
      for (const step of steps) {
        const order = step(a, b);
        if (order !== 0) return order;
      }
      return a - b;
    };
  }

  #walk(walk: Walk): number[] {
    const { docids, key, rest, count } = walk;
    const found: number[] = [];
    const among = new DocidSet(docids);
    const take = (group: Docids): boolean => {
      for (const docid of this.first(group, rest, count - found.length)) found.push(docid);
      return found.length >= count;
    };
    const seen = new DocidGatherer();
    const { within = {} } = key;
    const isEnough = key.descending
      ? walkDown(walk.order, { among, seen, take, within })
      : walkUp(walk.order, { among, seen, take, within, isGrouped: rest.length > 0 });
    if (!isEnough && seen.length < docids.length) {
      const valued = new DocidSet(seen.sorted());
      take(docids.filter((docid) => !valued.has(docid)));
    }
    return found;
  }
}

/** Gives the first hits by score; equal ones by id. Scores of numbers alone, so very many go by. */
function bestByScore(
  docids: Docids,
  scores: Float64Array | undefined,
  count: number,
  descending: boolean,
): number[] {
  if (scores === undefined) return [...docids.subarray(0, count)];
  const sign = descending ? -1 : 1;
  // Places ascend as ids do.
  const compare = (a: number, b: number): number =>
    sign * ((scores[a] as number) - (scores[b] as number)) || a - b;
  const heap: number[] = [];
  for (let place = 0; place < docids.length; place += 1) {
    if (heap.length < count) {
      heap.push(place);
      rise(heap, compare);
    } else if (compare(place, heap[0] as number) < 0) {
      heap[0] = place;
      sink(heap, compare);
    }
  }
  return heap.sort(compare).map((place) => docids[place] as number);
}

interface Walk {
  readonly docids: Docids;
  readonly key: SortKey;
  readonly rest: readonly SortKey[];
  readonly count: number;
  readonly order: EntryMap;
}

interface Walking {
  /** Those that are sorted. */
  readonly among: DocidSet;
  /** Those that were met. */
  readonly seen: DocidGatherer;
  /** Takes some with one value, ascending; answers whether there are enough now. */
  readonly take: (group: Docids) => boolean;
  /** Where they are. */
  readonly within: KeyBounds;
}

/** Walks up through the values. Where nothing else sorts, a value's documents come as they are. */
function walkUp(
  order: EntryMap,
  { among, seen, take, within, isGrouped }: Walking & { readonly isGrouped: boolean },
): boolean {
  let group = new DocidGatherer();
  let value = '';
  for (const { keys, from, to } of order.runs(within)) {
    const docids = docidsOfLeaf(keys);
    for (let i = from; i < to; i += 1) {
      const docid = docids[i] as number;
      if (!among.has(docid)) continue;
      seen.add(docid);
      if (isGrouped) {
        const key = keys[i] as string;
        if (group.length > 0 && !hasValue(key, value)) {
          if (take(group.sorted())) return true;
          group = new DocidGatherer();
        }
        if (group.length === 0) value = valueIn(key);
        group.add(docid);
      } else if (take(Float64Array.of(docid))) return true;
    }
  }
  return group.length > 0 && take(group.sorted());
}

/** Walks down through the values; the documents of each are gathered upwards all the same. */
function walkDown(order: EntryMap, walking: Walking): boolean {
  let below: string | undefined;
  for (;;) {
    const runs = order.runs({
      ...walking.within,
      reverse: true,
      ...(below === undefined ? {} : { to: below, toExclusive: true }),
    });
    let next: string | undefined;
    for (const run of runs) {
      const { isEnough, crossing } = walkRunDown(run, walking);
      if (isEnough) return true;
      if (crossing === undefined) continue;
      // Its documents begin in a leaf before this one, perhaps far away.
      if (takeAll(order, crossing, walking)) return true;
      next = crossing + SEPARATOR;
      break;
    }
    if (next === undefined) return false;
    below = next;
  }
}

/** Takes the values of one leaf, downwards; stops at one that may begin before it. */
function walkRunDown(
  { keys, from, to }: Run,
  { among, seen, take }: Walking,
): { readonly isEnough: boolean; readonly crossing?: string } {
  const docids = docidsOfLeaf(keys);
  for (let i = to - 1; i >= from; i -= 1) {
    if (!among.has(docids[i] as number)) continue;
    const value = valueIn(keys[i] as string);
    let first = i;
    while (first > from && hasValue(keys[first - 1] as string, value)) first -= 1;
    if (first === from) return { isEnough: false, crossing: value };
    const group = new DocidGatherer();
    for (let at = first; at <= i; at += 1) {
      const docid = docids[at] as number;
      if (among.has(docid)) group.add(docid);
    }
    seen.addAll(group.sorted());
    if (take(group.sorted())) return { isEnough: true };
    i = first;
  }
  return { isEnough: false };
}

function takeAll(order: EntryMap, value: string, { among, seen, take }: Walking): boolean {
  const group = new DocidGatherer();
  for (const { keys, from, to } of order.runs(boundsOfKey(value))) {
    const docids = docidsOfLeaf(keys);
    for (let i = from; i < to; i += 1) {
      const docid = docids[i] as number;
      if (among.has(docid)) group.add(docid);
    }
  }
  seen.addAll(group.sorted());
  return take(group.sorted());
}

function valueIn(key: string): string {
  return key.slice(0, key.lastIndexOf(SEPARATOR));
}

function hasValue(key: string, value: string): boolean {
  return key.startsWith(value) && key[value.length] === SEPARATOR;
}

/** Those without a key come last, whatever the direction. */
function compareKeys(a: string | undefined, b: string | undefined, sign: number): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b ? -sign : sign;
}

function remembered<T>(known: Map<number, T>, docid: number, find: () => T): T {
  if (known.has(docid)) return known.get(docid) as T;
  const value = find();
  known.set(docid, value);
  return value;
}

/** Puts the last of a heap in its place. */
function rise(heap: number[], compare: (a: number, b: number) => number): void {
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (compare(heap[at] as number, heap[parent] as number) <= 0) return;
    swap(heap, at, parent);
    at = parent;
  }
}

/** Puts the first of a heap in its place. */
function sink(heap: number[], compare: (a: number, b: number) => number): void {
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    let worst = at;
    for (const child of [left, left + 1]) {
      if (child < heap.length && compare(heap[child] as number, heap[worst] as number) > 0) {
        worst = child;
      }
    }
    if (worst === at) return;
    swap(heap, at, worst);
    at = worst;
  }
}

function swap(heap: number[], a: number, b: number): void {
  const kept = heap[a] as number;
  heap[a] = heap[b] as number;
  heap[b] = kept;
}
