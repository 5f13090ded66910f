/**
 * Sorted lists of document ids, and the set operations on them.
 *
 * A list ascends and holds each id once. Operations take time proportional to the shorter list
 * where the other is much longer, and never more than to both.
 */

/** Ascending, each once. */
export type Docids = Float64Array;

export const NO_DOCIDS: Docids = new Float64Array(0);

/** Where one list is so many times as long, its places are searched for, not walked to. */
const SEARCH_RATIO = 16;
/** A set of bits may have so many for each id in it; else ids are sorted, or searched for. */
const BITS_FOR_ID_MAX = 256;
const BITS_MAX = 2 ** 30;
/** Below so many, sorting is quicker than a set of bits. */
const SORTED_MAX = 64;

/** Gives the index of an id, or of the first greater one, from `low` on. */
export function lowerIndex(docids: Docids, docid: number, low = 0): number {
  let from = low;
  let to = docids.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((docids[middle] as number) < docid) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Gives what is in both. */
export function intersection(a: Docids, b: Docids): Docids {
  return a.length > b.length ? sifted(b, a, true) : sifted(a, b, true);
}

/** Gives what is in the first and not in the second. */
export function difference(a: Docids, b: Docids): Docids {
  return a.length === 0 || b.length === 0 ? a : sifted(a, b, false);
}

/** Gives those of the first that are in the second, or those that are not. */
function sifted(a: Docids, b: Docids, isWanted: boolean): Docids {
  const kept = new Float64Array(a.length);
  let count = 0;
  const isSearched = b.length > a.length * SEARCH_RATIO;
  let at = 0;
  for (let i = 0; i < a.length; i += 1) {
    const docid = a[i] as number;
    if (isSearched) at = gallop(b, docid, at);
    else while (at < b.length && (b[at] as number) < docid) at += 1;
    if (isWanted && at === b.length) break;
    if ((b[at] === docid) === isWanted) kept[count++] = docid;
  }
  return kept.subarray(0, count);
}

/** Gives what is in any of the lists. */
export function union(lists: readonly Docids[]): Docids {
  const [first, second] = lists;
  if (first === undefined) return NO_DOCIDS;
  if (second === undefined) return first;
  const gathered = new DocidGatherer();
  for (const list of lists) gathered.addAll(list);
  return gathered.sorted();
}

/** Gathers ids in any order, perhaps more than once, for a sorted list of them. */
export class DocidGatherer {
  #docids = new Float64Array(256);
  #length = 0;
  #isSorted = true;
  #least = Infinity;
  #greatest = -Infinity;

  get length(): number {
    return this.#length;
  }

  add(docid: number): void {
    if (this.#length === this.#docids.length) this.#grow(this.#length + 1);
    this.#docids[this.#length++] = docid;
    this.#isSorted &&= docid > this.#greatest;
    if (docid > this.#greatest) this.#greatest = docid;
    if (docid < this.#least) this.#least = docid;
  }

  /** Adds a part of a list, in whatever order it is. */
  addAll(docids: Docids, from = 0, to = docids.length): void {
    if (this.#length + to - from > this.#docids.length) this.#grow(this.#length + to - from);
    const all = this.#docids;
    let length = this.#length;
    let least = this.#least;
    let greatest = this.#greatest;
    let isSorted = this.#isSorted;
    for (let i = from; i < to; i += 1) {
      const docid = docids[i] as number;
      all[length++] = docid;
      if (docid > greatest) greatest = docid;
      else isSorted = false;
      if (docid < least) least = docid;
    }
    this.#length = length;
    this.#least = least;
    this.#greatest = greatest;
    this.#isSorted = isSorted;
  }

  /** Gives the list. O(ids), where they are not far apart. */
  sorted(): Docids {
    const docids = this.#docids.subarray(0, this.#length);
    if (this.#isSorted) return docids;
    const span = this.#greatest - this.#least + 1;
    if (this.#length > SORTED_MAX && isClose(span, this.#length)) {
      return listOfBits(bitsOf(docids, this.#least, span), this.#least, this.#length);
    }
    docids.sort();
    let count = 0;
    for (const docid of docids) {
      if (count === 0 || docids[count - 1] !== docid) docids[count++] = docid;
    }
    return docids.subarray(0, count);
  }

  #grow(needed: number): void {
    const grown = new Float64Array(Math.max(needed, this.#docids.length * 2));
    grown.set(this.#docids.subarray(0, this.#length));
    this.#docids = grown;
  }
}

/** Tells whether an id is in a list, many times: in constant time where the ids are not far apart. */
export class DocidSet {
  readonly #docids: Docids;
  readonly #least: number;
  readonly #span: number;
  readonly #bits: Uint32Array | undefined;

  constructor(docids: Docids) {
    this.#docids = docids;
    this.#least = docids[0] ?? 0;
    this.#span = docids.length === 0 ? 0 : (docids.at(-1) as number) - this.#least + 1;
    this.#bits = isClose(this.#span, docids.length)
      ? bitsOf(docids, this.#least, this.#span)
      : undefined;
  }

  has(docid: number): boolean {
    const place = docid - this.#least;
    if (place < 0 || place >= this.#span) return false;
    if (this.#bits === undefined) {
      return this.#docids[lowerIndex(this.#docids, docid)] === docid;
    }
    return (((this.#bits[place >>> 5] as number) >>> (place & 31)) & 1) === 1;
  }
}

/** Tells whether ids are near enough to each other for a set of bits. */
function isClose(span: number, count: number): boolean {
  return span <= Math.min(count * BITS_FOR_ID_MAX, BITS_MAX);
}

function bitsOf(docids: Docids, least: number, span: number): Uint32Array {
  const bits = new Uint32Array((span >>> 5) + 1);
  for (const docid of docids) {
    const place = docid - least;
    const word = place >>> 5;
    bits[word] = (bits[word] as number) | (1 << (place & 31));
  }
  return bits;
}

function listOfBits(bits: Uint32Array, least: number, lengthMax: number): Docids {
  const docids = new Float64Array(lengthMax);
  let count = 0;
  for (let word = 0; word < bits.length; word += 1) {
    let rest = bits[word] as number;
    while (rest !== 0) {
      const bit = 31 - Math.clz32(rest & -rest);
      docids[count++] = least + word * 32 + bit;
      rest &= rest - 1;
    }
  }
  return docids.subarray(0, count);
}

/** Gives the index of the first id that is not less, doubling its steps from `from` on. */
function gallop(docids: Docids, docid: number, from: number): number {
  let step = 1;
  let low = from;
  while (low + step < docids.length && (docids[low + step] as number) < docid) {
    low += step;
    step *= 2;
  }
  const to = Math.min(docids.length, low + step + 1);
  return lowerIndex(docids.subarray(0, to), docid, low);
}
