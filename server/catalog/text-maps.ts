/**
 * What a text index keeps: its postings, how long the fields of documents are, and its words.
 *
 * A posting is `TERM \0 DOC`, with how often which fields of the document have the term. A document
 * that has text has an entry with the lengths of its fields, in terms. Sums over all documents are
 * worked out from those entries leaf by leaf, and kept as long as a leaf is in memory: they are right
 * in every version and every past, which a number that is counted up would not be.
 */
import { lowerIndex, type Docids } from './docids.js';
import { boundsOfKey, docidsOfLeaf, EntryMap } from './entry-map.js';
import type { Run } from '../../odb/index.js';

/** Entries of a leaf of postings: a change of one writes them all, a query reads them one by one. */
const POSTINGS_IN_LEAF = 64;
const LENGTHS_IN_LEAF = 256;
/** Where the next document asked for is so much further on, it is searched for, not walked to. */
const SEARCH_DISTANCE = 16;

/**
 * How often a field has a term: the field's place, and the fields times one less than how often. A
 * list where several fields have it.
 */
export type Posting = number | readonly number[];

/** The postings of one term, in slices of leaves. */
export type Postings = readonly Run<Posting>[];

/** Postings by term and document. */
export class PostingMap extends EntryMap<Posting> {
  static {
    this.define('canopy.PostingMap', {}, { derived: true });
  }

  protected override get leafEntriesMax(): number {
    return POSTINGS_IN_LEAF;
  }

  /** Gives the postings of a term, by its key. Holds on to leaves, and copies nothing. */
  of(key: string): Postings {
    return [...this.runs(boundsOfKey(key))] as unknown as Postings;
  }
}

/** Lengths of a document's fields: a number where there is one field, else one for each. */
export type FieldLengths = number | readonly number[];

/** What all documents have together, and some of them one by one. */
export interface LengthsRead {
  /** Documents that have text. */
  readonly documents: number;
  /** The mean length of each field. */
  readonly means: readonly number[];
  /** Lengths of the fields of the documents asked for, one document after the other. */
  readonly lengths: Float64Array;
}

/** Field lengths by document. */
export class LengthMap extends EntryMap<FieldLengths> {
  static {
    this.define('canopy.LengthMap', {}, { derived: true });
  }

  protected override get leafEntriesMax(): number {
    return LENGTHS_IN_LEAF;
  }

  /**
   * Reads the sums over all documents, and the lengths of some.
   *
   * @param docids ascending; each has an entry
   * @param fields how many there are
   */
  read(docids: Docids, fields: number): LengthsRead {
    const lengths = new Float64Array(docids.length * fields);
    const sums = new Float64Array(fields);
    let documents = 0;
    let at = 0;
    for (const { keys, values } of this.runs()) {
      const leaf = leafOf(keys, values as readonly FieldLengths[], fields);
      documents += keys.length;
      for (let field = 0; field < fields; field += 1) {
        sums[field] = (sums[field] as number) + (leaf.sums[field] as number);
      }
      const { docids: there } = leaf;
      const last = there.at(-1) ?? 0;
      let i = 0;
      for (; at < docids.length && (docids[at] as number) <= last; at += 1) {
        const docid = docids[at] as number;
        if ((there[i] as number) + SEARCH_DISTANCE < docid) i = lowerIndex(there, docid, i);
        else while ((there[i] as number) < docid) i += 1;
        copy(leaf.lengths, i, lengths, at, fields);
      }
    }
    return { documents, means: [...sums].map((sum) => sum / documents), lengths };
  }
}

/** What is worked out of a leaf of lengths. */
interface LengthsLeaf {
  readonly docids: Docids;
  readonly lengths: Float64Array;
  readonly sums: Float64Array;
}

const leaves = new WeakMap<readonly string[], { of: readonly unknown[]; leaf: LengthsLeaf }>();

/** A change of a value leaves the keys of a leaf as they are, and makes other values. */
function leafOf(
  keys: readonly string[],
  values: readonly FieldLengths[],
  fields: number,
): LengthsLeaf {
  const known = leaves.get(keys);
  if (known?.of === values) return known.leaf;
  const lengths = new Float64Array(keys.length * fields);
  const sums = new Float64Array(fields);
  for (const [i, own] of values.entries()) {
    copy(typeof own === 'number' ? [own] : own, 0, lengths, i, fields);
    for (let field = 0; field < fields; field += 1) {
      sums[field] = (sums[field] as number) + (lengths[i * fields + field] as number);
    }
  }
  const leaf = { docids: docidsOfLeaf(keys), lengths, sums };
  leaves.set(keys, { of: values, leaf });
  return leaf;
}

function copy(
  from: ArrayLike<number>,
  place: number,
  to: Float64Array,
  at: number,
  fields: number,
): void {
  for (let field = 0; field < fields; field += 1) {
    to[at * fields + field] = from[place * fields + field] ?? 0;
  }
}
