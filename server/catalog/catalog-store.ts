/**
 * The persistent part of a catalog: its documents and the entries of its indexes.
 *
 * All of it is derived: from the definitions, and from the objects it is told of. Whoever changes an
 * object tells the store in the same transaction, and calls `Connection.readCurrent` with the store,
 * so that an index that is added at the same time misses nobody.
 */
import { Persistent, sameValue, type KeyBounds } from '../../odb/index.js';
import {
  indexedIn,
  type CatalogedDocument,
  type CatalogIndex,
  type Indexed,
} from './catalog-index.js';
import { EntryChanges } from './entry-changes.js';
import { columnsFor, readColumns, type ColumnDefinition } from './column-definition.js';
import { columnValue } from './column-value.js';
import { docidsOfLeaf, EntryMap } from './entry-map.js';
import { Documents, RecordMap, type CatalogRecord } from './documents.js';
import type { FacetCount } from './facets.js';
import { holdsType } from './held-types.js';
import { readDefinitions, sourcesOf, type IndexDefinition } from './index-definition.js';
import { AFTER, docKey, SEPARATOR } from './key.js';
import { search, type SearchResult } from './search.js';
import type { SearchOptions } from './search-options.js';
import { QueryError } from './query-error.js';
import {
  keyOf,
  kindOf,
  makeIndexes,
  requireLanguages,
  requireTopics,
  withDependents,
  type StoredParts,
} from './stored-indexes.js';

/** What changed when indexes and columns were defined. */
export interface DefinitionChange {
  /**
   * New or different ones, in which the documents are to be indexed again. They are empty, but for
   * those that hold other types and are the same otherwise.
   */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** There are other columns, which documents get when they are indexed again. */
  readonly columns: boolean;
}

/** What an index has of one document. */
export interface IndexExplanation {
  readonly name: string;
  readonly type: IndexDefinition['type'];
  /** The attributes it reads. */
  readonly sources: readonly string[];
  /** What is indexed; empty for nothing. */
  readonly values: readonly unknown[];
  /** It holds no objects of this type; told where the document is given. */
  readonly leavesOut?: boolean | undefined;
  /** Why it is nothing, or not all, of one it does not leave out; told where it is given. */
  readonly problem?: string | undefined;
  /** Where the document is given: what would be indexed now is what is. */
  readonly isCurrent?: boolean | undefined;
}

export interface DocumentExplanation {
  readonly docid: number;
  readonly container: number;
  readonly ownSettings: boolean;
  readonly indexes: readonly IndexExplanation[];
  readonly columns: Readonly<Record<string, unknown>>;
}

/** What is made of definitions and their maps. */
interface Made {
  readonly definitions: unknown;
  /** The maps. */
  readonly stored: unknown;
  readonly indexes: ReadonlyMap<string, CatalogIndex>;
  /** Where records keep what each has. */
  readonly keys: ReadonlyMap<string, string>;
}

export class CatalogStore extends Persistent {
  static {
    this.define(
      'canopy.CatalogStore',
      {
        definitions: [],
        columns: [],
        places: undefined,
        records: undefined,
        stored: {},
        generations: 0,
      },
      { derived: true },
    );
  }

  declare definitions: readonly IndexDefinition[];
  declare columns: readonly ColumnDefinition[];
  declare places: EntryMap<number>;
  declare records: RecordMap;
  declare stored: Readonly<Record<string, StoredParts>>;
  declare generations: number;
  /** The indexes made for `definitions` and `stored`, which are others whenever they change. */
  #made: Made | undefined;

  /** Makes the store of a new catalog, without indexes. */
  static empty(): CatalogStore {
    return new CatalogStore({ places: new EntryMap(), records: new RecordMap() });
  }

  /** The indexes by name, in the order of their definitions. */
  get indexes(): ReadonlyMap<string, CatalogIndex> {
    return this.#making.indexes;
  }

  get #making(): Made {
    const { definitions, stored } = this;
    if (this.#made?.stored !== stored || this.#made.definitions !== definitions) {
      const keys = new Map(Object.keys(stored).map((name) => [name, keyOf(name, stored)]));
      this.#made = { definitions, stored, indexes: makeIndexes(definitions, stored), keys };
    }
    return this.#made;
  }

  /** Gives where records keep what an index has of a document. */
  keyOf({ name }: CatalogIndex): string {
    return this.#making.keys.get(name) ?? keyOf(name, this.stored);
  }

  /** The documents. */
  get documents(): Documents {
    return new Documents(this.places, this.records);
  }

  /** How many documents there are. Counts the leaves of a map. */
  get size(): number {
    return this.places.size;
  }

  /**
   * Sets which indexes and columns there are.
   *
   * An index that is new or defined otherwise begins empty, unless it only holds other types; what
   * an index had that is gone is forgotten. O(indexes), whatever there are of documents.
   *
   * @param wanted definitions as from JSON; what is not given stays
   * @throws Invalid `SRV_INVALID` naming each place that is wrong; nothing is changed then
   */
  configure(wanted: { readonly indexes?: unknown; readonly columns?: unknown }): DefinitionChange {
    const definitions =
      wanted.indexes === undefined ? this.definitions : readDefinitions(wanted.indexes);
    const columns = wanted.columns === undefined ? this.columns : readColumns(wanted.columns);
    const before = new Map(this.definitions.map((each) => [each.name, each]));
    const different = definitions.filter((each) => !sameValue(each, before.get(each.name)));
    const emptied = different.filter(
      (each) => !sameValue(withoutTypes(each), withoutTypes(before.get(each.name))),
    );
    const removed = [...before.keys()].filter((name) =>
      definitions.every((each) => each.name !== name),
    );
    const change = {
      added: withDependents(different, definitions),
      removed,
      columns: !sameValue(columns, this.columns),
    };
    this.#store(definitions, withDependents(emptied, definitions));
    if (change.columns) this.columns = columns;
    return change;
  }

  /**
   * Empties an index, and those that ask it: for indexing all documents again from scratch.
   *
   * @returns the names of those that are empty now
   * @throws QueryError `SRV_QUERY` when there is no such index
   */
  renew(name: string): readonly string[] {
    const definition = this.definitions.find((each) => each.name === name);
    if (definition === undefined) throw new QueryError(name, 'there is no such index');
    const names = withDependents([definition], this.definitions);
    this.#store(this.definitions, names);
    return names;
  }

  /** Forgets all documents. Indexes and columns stay. */
  clear(): void {
    this.#store(
      this.definitions,
      this.definitions.map(({ name }) => name),
    );
    this.places = new EntryMap();
    this.records = new RecordMap();
  }

  /**
   * Takes in what an object is now: for one that is new, or was changed or moved.
   *
   * Writes what is different and nothing else. O(entries that differ).
   *
   * @param docid the object's oid
   * @param only names of the indexes to be filled; default: all, and the columns
   * @returns whether anything was different
   */
  indexDocument(docid: number, document: CatalogedDocument, only?: readonly string[]): boolean {
    return this.indexDocuments([[docid, document]], only) > 0;
  }

  /**
   * The same for many objects at once, which costs less for each: a node of an index is written
   * once for all. Memory: their entries.
   *
   * @returns of how many anything was different
   */
  indexDocuments(
    documents: Iterable<readonly [docid: number, document: CatalogedDocument]>,
    only?: readonly string[],
  ): number {
    const changes = new EntryChanges();
    let count = 0;
    for (const [docid, document] of documents) {
      if (this.#index(docid, document, changes, only)) count += 1;
    }
    changes.apply();
    return count;
  }

  /** Forgets an object; answers whether it was known. */
  removeDocument(docid: number): boolean {
    const record = this.documents.get(docid);
    if (record === undefined) return false;
    const changes = new EntryChanges();
    for (const index of this.indexes.values()) {
      const before = record.indexed[this.keyOf(index)];
      if (before !== undefined) index.apply(docid, { before, after: undefined }, changes);
    }
    changes.apply();
    return this.documents.remove(docid);
  }

  /** Tells whether an object is in the catalog. */
  hasDocument(docid: number): boolean {
    return this.places.has(docKey(docid));
  }

  /** Lists documents by id, from after one. */
  documentIds({ after = 0, limit }: { readonly after?: number; readonly limit: number }): number[] {
    const ids: number[] = [];
    const bounds = { from: docKey(after), fromExclusive: true };
    for (const { keys, from, to } of this.places.runs({ ...bounds, limit })) {
      ids.push(...docidsOfLeaf(keys).subarray(from, to));
    }
    return ids;
  }

  /** Gives the columns of a document, as they were when it was indexed. */
  columnsOf(docid: number): Readonly<Record<string, unknown>> | undefined {
    return this.documents.get(docid)?.columns;
  }

  /**
   * Finds documents.
   *
   * @param query see `query.ts`; one that asks nothing finds nothing
   * @throws QueryError `SRV_QUERY` naming the part of the query or the options that makes no sense
   */
  search(query: unknown, options: SearchOptions = {}): SearchResult {
    return search(this, query, options);
  }

  /**
   * Tells what is indexed of a document, and why.
   *
   * @param document what the object is now, to be compared; absent: only what is kept is told
   * @returns `undefined` for one that is not in the catalog
   */
  explain(docid: number, document?: CatalogedDocument): DocumentExplanation | undefined {
    const place = this.documents.place(docid);
    const record = this.documents.get(docid);
    if (place === undefined || record === undefined) return undefined;
    const indexes = [...this.indexes.values()].map((index) =>
      this.#explain(index, record, document),
    );
    return { docid, ...place, indexes, columns: record.columns };
  }

  /**
   * Lists the values of an index in their order, with how many documents have each.
   *
   * Reads each value's entries; `next` continues behind the last.
   *
   * @throws QueryError `SRV_QUERY` for an index whose values cannot be listed
   */
  indexValues(
    name: string,
    { after, limit }: { readonly after?: string | undefined; readonly limit: number },
  ): { readonly values: readonly FacetCount[]; readonly next?: string } {
    const index = this.indexes.get(name);
    const entries = index?.counted;
    if (index === undefined || entries === undefined) {
      throw new QueryError(name, 'there is no such index, or its values cannot be listed');
    }
    const values: FacetCount[] = [];
    let bounds: KeyBounds = after === undefined ? {} : { from: after + AFTER };
    for (;;) {
      const [first] = entries.keys({ ...bounds, limit: 1 });
      if (first === undefined) return { values };
      const key = first.slice(0, first.lastIndexOf(SEPARATOR));
      const to = key + AFTER;
      const count = entries.count({ from: first, to, toExclusive: true });
      values.push({ value: index.values([key])[0], count });
      if (values.length >= limit) return { values, next: key };
      bounds = { from: to };
    }
  }

  #index(
    docid: number,
    document: CatalogedDocument,
    changes: EntryChanges,
    only: readonly string[] | undefined,
  ): boolean {
    const { indexes } = this;
    this.documents.put(docid, document, changes);
    const record = changes.get(this.records, docKey(docid));
    const kept = record?.indexed ?? {};
    const indexed: Record<string, Indexed> = {};
    let isChanged = false;
    for (const [name, index] of indexes) {
      const key = this.keyOf(index);
      const before = kept[key];
      if (only !== undefined && !only.includes(name)) {
        if (before !== undefined) indexed[key] = before;
        continue;
      }
      const after = indexedIn(index, document, before);
      if (after !== undefined) indexed[key] = after;
      if (sameValue(before, after)) continue;
      index.apply(docid, { before, after }, changes);
      isChanged = true;
    }
    // A document of which nothing is indexed has a record as well.
    const columns = only === undefined ? this.#columnsOf(document) : (record?.columns ?? {});
    if (record !== undefined && !isChanged && sameValue(columns, record.columns)) return false;
    // What an index left that is gone goes with the next change.
    changes.set(this.records, docKey(docid), { indexed, columns });
    return true;
  }

  #explain(
    index: CatalogIndex,
    { indexed }: CatalogRecord,
    document: CatalogedDocument | undefined,
  ): IndexExplanation {
    const kept = indexed[this.keyOf(index)];
    const explanation = {
      name: index.name,
      type: index.definition.type,
      sources: sourcesOf(index.definition),
      values: kept === undefined ? [] : index.values(kept),
    };
    if (document === undefined) return explanation;
    const leavesOut = !holdsType(index.definition.types, document.type);
    return {
      ...explanation,
      leavesOut,
      problem: leavesOut ? undefined : index.problem(document),
      isCurrent: sameValue(kept, indexedIn(index, document, kept)),
    };
  }

  /** Plain data alone: a column never refers to an object. */
  #columnsOf(document: CatalogedDocument): Readonly<Record<string, unknown>> {
    const columns: Record<string, unknown> = {};
    for (const name of columnsFor(this.columns, document.type)) {
      const value = columnValue(document.value(name));
      if (value !== undefined) columns[name] = value;
    }
    return columns;
  }

  #store(definitions: readonly IndexDefinition[], renewed: readonly string[]): void {
    const stored: Record<string, StoredParts> = {};
    let { generations } = this;
    for (const definition of definitions) {
      const { name } = definition;
      const before = this.stored[name];
      if (before !== undefined && !renewed.includes(name)) {
        stored[name] = before;
        continue;
      }
      generations += 1;
      stored[name] = { generation: generations, parts: kindOf(definition).makeParts(definition) };
    }
    requireLanguages(definitions);
    requireTopics(makeIndexes(definitions, stored));
    if (!sameValue(definitions, this.definitions)) this.definitions = definitions;
    if (
      generations === this.generations &&
      sameValue(Object.keys(stored), Object.keys(this.stored))
    )
      return;
    this.stored = stored;
    this.generations = generations;
  }
}

function withoutTypes(definition: IndexDefinition | undefined): object | undefined {
  return definition === undefined ? undefined : { ...definition, types: undefined };
}
