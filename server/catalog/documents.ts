/**
 * The documents of a catalog: where each is, and what every index keeps of it.
 *
 * One map says of each document its container; that is all a permission filter needs, so it reads
 * the leaves of a small map and no records. Another holds what the indexes keep and the columns, few
 * records in a leaf, so a change of a document writes little. Two changes of one document conflict
 * over its entry there.
 */
import type { KeyBounds } from '../../odb/index.js';
import type { Indexed } from './catalog-index.js';
import type { EntryChanges } from './entry-changes.js';
import { docidsOfLeaf, EntryMap } from './entry-map.js';
import { DocidGatherer, lowerIndex, type Docids } from './docids.js';
import { docKey } from './key.js';

/** What a catalog keeps of one document. */
export interface CatalogRecord {
  /** By the keys of `CatalogStore`, one for each index. */
  readonly indexed: Readonly<Record<string, Indexed>>;
  /** Values of columns, as they were when the document was indexed. */
  readonly columns: Readonly<Record<string, unknown>>;
}

/** Records of one leaf: a change of one writes them all. */
const RECORDS_IN_LEAF = 8;

/** Records by document. */
export class RecordMap extends EntryMap<CatalogRecord> {
  static {
    this.define('canopy.RecordMap', {}, { derived: true });
  }

  protected override get leafEntriesMax(): number {
    return RECORDS_IN_LEAF;
  }
}

/** Where a document is. */
export interface DocumentPlace {
  /** Oid of the container. */
  readonly container: number;
  readonly ownSettings: boolean;
}

/** Looking a document up costs as much as reading so many places in a row. */
const LOOK_UP_COST = 40;

/** The documents in two maps: their places, and their records. */
export class Documents {
  /** Twice the container's oid, and 1 for settings of its own. */
  readonly map: EntryMap<number>;
  readonly records: RecordMap;

  constructor(places: EntryMap<number>, records: RecordMap) {
    this.map = places;
    this.records = records;
  }

  get(docid: number): CatalogRecord | undefined {
    return this.records.get(docKey(docid));
  }

  place(docid: number): DocumentPlace | undefined {
    const place = this.map.get(docKey(docid));
    return place === undefined ? undefined : placeOf(place);
  }

  /** Notes where a document is. */
  put(docid: number, { container, ownSettings }: DocumentPlace, changes: EntryChanges): void {
    const key = docKey(docid);
    const place = container * 2 + (ownSettings ? 1 : 0);
    if (changes.get(this.map, key) !== place) changes.set(this.map, key, place);
  }

  /** Forgets a document; answers whether it was there. */
  remove(docid: number): boolean {
    this.records.delete(docKey(docid));
    return this.map.delete(docKey(docid));
  }

  /** All documents, or those with ids in a range. */
  docids(bounds: KeyBounds = {}): Docids {
    const gathered = new DocidGatherer();
    this.map.gather(bounds, gathered);
    return gathered.sorted();
  }

  /** Tells of some documents where they are, in their order; see `placeOf`. */
  eachPlace(docids: Docids, visit: (docid: number, place: number) => void): void {
    if (docids.length * LOOK_UP_COST < this.map.estimate()) {
      for (const docid of docids) {
        const place = this.map.get(docKey(docid));
        if (place !== undefined) visit(docid, place);
      }
      return;
    }
    let at = 0;
    for (const { keys, values } of this.map.runs(boundsOf(docids))) {
      const there = docidsOfLeaf(keys);
      const last = there.at(-1) ?? 0;
      let i = 0;
      for (; at < docids.length && (docids[at] as number) <= last; at += 1) {
        const docid = docids[at] as number;
        i = lowerIndex(there, docid, i);
        if (there[i] === docid) visit(docid, values[i] as number);
      }
      if (at >= docids.length) return;
    }
  }
}

/** Reads where a document is from what the map has of it. */
export function placeOf(place: number): DocumentPlace {
  return { container: Math.floor(place / 2), ownSettings: place % 2 === 1 };
}

function boundsOf(docids: Docids): KeyBounds {
  return { from: docKey(docids[0] ?? 1), to: docKey(docids.at(-1) ?? 1) };
}
