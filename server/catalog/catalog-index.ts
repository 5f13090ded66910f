/**
 * The contract of an index: one aspect of the documents of a catalog.
 *
 * An index keeps entries that belong to one document each, in maps and counters of its own, so
 * transactions about different documents never meet in it. What it keeps of a document is also kept
 * with the document (`Indexed`), so a change or a removal needs no search. An index object is made
 * for the maps of one connection and holds nothing else that lasts.
 */
import type { KeyBounds, Persistent } from '../../odb/index.js';
import type { Docids } from './docids.js';
import type { EntryChanges } from './entry-changes.js';
import type { EntryMap } from './entry-map.js';
import type { Excerpt, ExcerptOptions, FieldText } from './excerpt.js';
import { holdsType } from './held-types.js';
import type { Hits } from './hits.js';
import type { IndexDefinition } from './index-definition.js';

/** An object, as a catalog sees it. What it says is read once, when it is indexed. */
export interface CatalogedDocument {
  /** Gives an attribute or property, as it is stored; `undefined` when there is none. */
  value(source: string): unknown;
  /** The name of its content type. */
  readonly type: string;
  /** Oid of the container. */
  readonly container: number;
  /** It has permission settings or local roles of its own, so it is judged apart. */
  readonly ownSettings: boolean;
  /** Oids of the object itself and what it is in, up to the folder the catalog stands in. */
  readonly ancestors: readonly number[];
}

/** What an index keeps of one document: plain data. Of most kinds, the keys of its entries. */
export type Indexed = object | string | number | boolean;

/** What was kept of a document and what is; `undefined`: nothing. */
export interface IndexedChange {
  readonly before: Indexed | undefined;
  readonly after: Indexed | undefined;
}

/** What an index has beside its definition: maps and counters, by name, each of a derived class. */
export type IndexParts = Readonly<Record<string, Persistent>>;

/** What a query asks of one index, before the index reads it. */
export interface Term {
  /** The index's name, for errors. */
  readonly field: string;
  /** The values asked for; `undefined` where only a range or exclusions are given. */
  readonly values: readonly unknown[] | undefined;
  /** Inclusive; `undefined`: open. */
  readonly from: unknown;
  readonly to: unknown;
  /** `and`: a document has all the values; default `or`. */
  readonly operator: 'and' | 'or' | undefined;
  /** Values that a document must not have. */
  readonly not: readonly unknown[];
  /** Paths: so many levels below; default: all. */
  readonly level: number | undefined;
}

/** What a query asks of one index, understood. Lives as long as the search. */
export interface Question {
  /** For a plan. */
  readonly text: string;
  /** About how many it finds. Cheap: some node reads. */
  estimate(): number;
  /** What it finds. */
  hits(): Hits;
  /**
   * Gives those of `docids` that it would find, where testing each is cheaper than finding all;
   * `undefined` where it is not. Never where hits have scores.
   */
  restrict?(docids: Docids): Docids | undefined;
  /** The keys it asks for, when it asks for whole values and any of them will do. */
  readonly exactKeys?: readonly string[] | undefined;
  /** Where all it finds are, in an index that sorts: what is outside need not be walked. */
  readonly bounds?: KeyBounds | undefined;
  /** Tells whether it finds a document by what the index keeps of it. */
  matches?(indexed: Indexed | undefined): boolean;
  /** The texts that are looked for. */
  readonly texts?: readonly TextAsked[] | undefined;
}

/** A text that is looked for, for those who show what was found. Lives as long as the search. */
export interface TextAsked {
  /** The index's name. */
  readonly index: string;
  readonly query: string;
  /** Gives a query that finds more; `undefined` where all its words are found, or none is near. */
  suggestion(): string | undefined;
  /** Gives the part of a document's texts that has most of what is looked for. */
  excerpt(texts: readonly FieldText[], options?: ExcerptOptions): Excerpt;
}

export interface CatalogIndex {
  readonly definition: IndexDefinition;
  readonly name: string;
  /** Its hits have scores, by which they are sorted where nothing else is said. */
  readonly scored: boolean;
  /**
   * Gives what is kept of a document; `undefined` for nothing.
   *
   * @param before what was kept of it until now: given back where nothing changed, it saves work
   */
  indexed(document: CatalogedDocument, before?: Indexed): Indexed | undefined;
  /** Says why there is nothing, or not all, of a document; `undefined` when nothing is amiss. */
  problem(document: CatalogedDocument): string | undefined;
  /** Notes how the entries of a document change, from what was kept of it to what is. */
  apply(docid: number, change: IndexedChange, changes: EntryChanges): void;
  /**
   * Understands what is asked.
   *
   * @throws QueryError `SRV_QUERY` for what this kind of index cannot answer
   */
  ask(term: Term, context: AskContext): Question;
  /** Gives the values kept of a document, for people. */
  values(indexed: Indexed): readonly unknown[];
  /** The entries in the order of their values, one a document; absent where it cannot sort. */
  readonly order?: EntryMap | undefined;
  /** Gives the key a document is sorted by; `undefined` for one without a value. */
  sortKey?(indexed: Indexed | undefined): string | undefined;
  /** The entries by value, where they can be counted value by value. */
  readonly counted?: EntryMap | undefined;
}

/** What questions may need to know of the world. */
export interface AskContext {
  /** Gives the oid at a path; `undefined` when nothing is there. */
  resolvePath?(path: string): number | undefined;
  /** What the one who asks may view; absent: everything. */
  readonly seen?: Seen | undefined;
}

/** The documents that the one who asks may view. What no such document has is as if it were nowhere. */
export interface Seen {
  /** Gives one of some documents that may be viewed. */
  first(docids: Iterable<number>): number | undefined;
  /** Gives an attribute of a document that may be viewed, as it is stored. */
  value(docid: number, source: string): unknown;
}

/**
 * Gives what an index keeps of a document; `undefined` for nothing, and for one whose type it
 * leaves out.
 *
 * @param before what was kept of it until now
 */
export function indexedIn(
  index: CatalogIndex,
  document: CatalogedDocument,
  before?: Indexed,
): Indexed | undefined {
  if (!holdsType(index.definition.types, document.type)) return undefined;
  return index.indexed(document, before);
}
