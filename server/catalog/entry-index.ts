/**
 * What most kinds of indexes have in common: one map of entries, `VALUE \0 DOC`, a document having
 * an entry for each of its values.
 *
 * What is kept of a document are the keys of its values, sorted, each once.
 */
import type {
  AskContext,
  CatalogedDocument,
  CatalogIndex,
  Indexed,
  IndexedChange,
  IndexParts,
  Question,
  Term,
} from './catalog-index.js';
import type { EntryChanges } from './entry-changes.js';
import { EntryMap } from './entry-map.js';
import { EntryQuestion } from './entry-question.js';
import type { IndexDefinition } from './index-definition.js';
import { entryKey, valueKey, valueOfKey, type IndexValue } from './key.js';
import { QueryError } from './query-error.js';
import { spansBetween, spansOfValue, typeName, type Span } from './spans.js';

/** Keys of values, ascending, each once. */
export type Keys = readonly string[];

/** Values of one document in one index; further ones are not indexed. */
export const VALUES_MAX = 1_000;

/** What a kind makes of the value of an attribute. */
export interface KeysRead {
  /** In any order, perhaps more than once. */
  readonly keys: Keys;
  /** Why there are none, or not all. */
  readonly problem?: string | undefined;
}

export abstract class EntryIndex implements CatalogIndex {
  readonly definition: IndexDefinition;
  readonly scored = false;
  readonly entries: EntryMap;

  constructor(definition: IndexDefinition, parts: IndexParts) {
    const { entries } = parts;
    if (!(entries instanceof EntryMap)) {
      throw new TypeError(`The index ${definition.name} has no map of entries`);
    }
    this.definition = definition;
    this.entries = entries;
  }

  get name(): string {
    return this.definition.name;
  }

  /** The attribute that is indexed. */
  get source(): string {
    return this.definition.source ?? this.definition.name;
  }

  get counted(): EntryMap | undefined {
    return this.entries;
  }

  /** Reads what is to be kept of a document. */
  protected abstract read(document: CatalogedDocument): KeysRead;

  /** Gives what a value in a query means. @throws QueryError `SRV_QUERY` */
  protected spansOf(value: unknown, field: string): readonly Span[] {
    return spansOfValue(value, field);
  }

  /** Gives what two bounds in a query mean. @throws QueryError `SRV_QUERY` */
  protected between(from: unknown, to: unknown, field: string): readonly Span[] {
    return spansBetween(from, to, field);
  }

  indexed(document: CatalogedDocument): Indexed | undefined {
    const { keys } = this.read(document);
    if (keys.length < 2) return keys.length === 0 ? undefined : keys;
    return [...new Set(keys)].sort();
  }

  problem(document: CatalogedDocument): string | undefined {
    return this.read(document).problem;
  }

  apply(docid: number, { before, after }: IndexedChange, changes: EntryChanges): void {
    const old = keysIn(before);
    const keys = keysIn(after);
    for (const key of old)
      if (!keys.includes(key)) changes.delete(this.entries, entryKey(key, docid));
    for (const key of keys) if (!old.includes(key)) changes.setOf(this.entries, key, docid, 1);
  }

  ask(term: Term, _context: AskContext): Question {
    const { field, values, from, to, operator, not, level } = term;
    if (level !== undefined) {
      throw new QueryError(`${field}.level`, `a ${this.definition.type} index has no levels`);
    }
    const wanted = values?.map((value) => this.spansOf(value, field));
    const hasRange = from !== undefined || to !== undefined;
    const ranges = hasRange ? this.between(from, to, field) : undefined;
    return new EntryQuestion({
      index: this,
      wanted: ranges === undefined ? wanted : [...(wanted ?? []), ranges],
      operator: operator ?? 'or',
      unwanted: not.flatMap((value) => this.spansOf(value, `${field}.not`)),
    });
  }

  values(indexed: Indexed): readonly unknown[] {
    return keysIn(indexed).map((key) => this.valueOf(key));
  }

  /** Gives the value of a key, for people. */
  valueOf(key: string): unknown {
    return valueOfKey(key);
  }
}

/** Gives what is kept of a document, as keys. */
export function keysIn(indexed: Indexed | undefined): Keys {
  return Array.isArray(indexed) ? (indexed as Keys) : [];
}

/** Gives the key of a single value, or says why there is none. */
export function keyOfSingle(value: unknown): KeysRead {
  if (value === undefined || value === null) return { keys: [], problem: 'it has no value' };
  if (Array.isArray(value)) {
    return { keys: [], problem: 'its value is a list, for which there are keyword indexes' };
  }
  const key = isIndexValue(value) ? valueKey(value) : undefined;
  if (key === undefined) {
    return { keys: [], problem: `its value, of type ${typeName(value)}, cannot be compared` };
  }
  return { keys: [key] };
}

function isIndexValue(value: unknown): value is IndexValue {
  return ['string', 'number', 'boolean'].includes(typeof value) || value instanceof Date;
}
