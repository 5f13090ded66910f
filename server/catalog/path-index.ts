/**
 * Path indexes: which documents are at or below an object, by the oids of what they are in.
 *
 * A document has an entry for itself and for each container up to the catalog's folder, whose value
 * is how far down it is. Names are in no entry, so renaming a folder changes nothing here; moving
 * one changes the entries of all below.
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
import { DocidGatherer, difference, intersection, NO_DOCIDS, type Docids } from './docids.js';
import type { EntryChanges } from './entry-changes.js';
import { boundsOfKey, docidsOfLeaf, EntryMap } from './entry-map.js';
import { keysIn } from './entry-index.js';
import type { Hits } from './hits.js';
import type { IndexDefinition } from './index-definition.js';
import { docidAt, docKey, entryKey } from './key.js';
import { QueryError } from './query-error.js';
import { typeName } from './spans.js';

export class PathIndex implements CatalogIndex {
  readonly definition: IndexDefinition;
  readonly scored = false;
  readonly entries: EntryMap<number>;

  constructor(definition: IndexDefinition, { entries }: IndexParts) {
    if (!(entries instanceof EntryMap)) {
      throw new TypeError(`The index ${definition.name} has no map of entries`);
    }
    this.definition = definition;
    this.entries = entries as EntryMap<number>;
  }

  get name(): string {
    return this.definition.name;
  }

  /** The keys of the document itself and what it is in, outwards. */
  indexed({ ancestors }: CatalogedDocument): Indexed | undefined {
    return ancestors.length === 0 ? undefined : ancestors.map(docKey);
  }

  problem({ ancestors }: CatalogedDocument): string | undefined {
    return ancestors.length === 0 ? 'it is in nothing' : undefined;
  }

  apply(docid: number, { before, after }: IndexedChange, changes: EntryChanges): void {
    const old = keysIn(before);
    const keys = keysIn(after);
    for (const key of old)
      if (!keys.includes(key)) changes.delete(this.entries, entryKey(key, docid));
    for (const [distance, key] of keys.entries()) {
      if (old[distance] !== key) changes.set(this.entries, entryKey(key, docid), distance);
    }
  }

  ask(term: Term, context: AskContext): Question {
    const { field, values, from, to, operator, not, level } = term;
    if (from !== undefined || to !== undefined) {
      throw new QueryError(field, 'paths have no range');
    }
    return new PathQuestion(this, {
      wanted: values?.map((value) => resolved(value, field, context)),
      unwanted: not.map((value) => resolved(value, `${field}.not`, context)),
      isAll: operator === 'and',
      level: level === undefined || level < 0 ? Infinity : level,
    });
  }

  /** Oids, the document's own first. */
  values(indexed: Indexed): readonly unknown[] {
    return keysIn(indexed).map((key) => docidAt(key, 0));
  }
}

/** Gives the key of what a path or an oid leads to; `undefined` when nothing is there. */
function resolved(value: unknown, field: string, context: AskContext): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return docKey(value);
  if (typeof value !== 'string' || context.resolvePath === undefined) {
    throw new QueryError(field, `a ${typeName(value)} is no path`);
  }
  const oid = context.resolvePath(value);
  return oid === undefined ? undefined : docKey(oid);
}

interface Asked {
  /** `undefined` in it: nothing is there. */
  readonly wanted: readonly (string | undefined)[] | undefined;
  readonly unwanted: readonly (string | undefined)[];
  readonly isAll: boolean;
  readonly level: number;
}

class PathQuestion implements Question {
  readonly #index: PathIndex;
  readonly #asked: Asked;

  constructor(index: PathIndex, asked: Asked) {
    this.#index = index;
    this.#asked = asked;
  }

  get text(): string {
    return this.#index.name;
  }

  estimate(): number {
    const { wanted, isAll } = this.#asked;
    const { entries } = this.#index;
    if (wanted === undefined) return entries.estimate();
    const each = wanted.map((key) => (key === undefined ? 0 : entries.estimate(boundsOfKey(key))));
    if (isAll) return Math.min(...each);
    return each.reduce((sum, count) => sum + count, 0);
  }

  hits(): Hits {
    const { wanted, unwanted, isAll, level } = this.#asked;
    let found: Docids;
    if (wanted === undefined) found = this.#index.entries.docids({});
    else if (isAll) {
      found = wanted.map((key) => this.#below([key], level)).reduce(intersection);
    } else found = this.#below(wanted, level);
    if (unwanted.length === 0) return { docids: found };
    return { docids: difference(found, this.#below(unwanted, level)) };
  }

  #below(keys: readonly (string | undefined)[], level: number): Docids {
    const gathered = new DocidGatherer();
    for (const key of keys) if (key !== undefined) this.#gather(key, level, gathered);
    return gathered.length === 0 ? NO_DOCIDS : gathered.sorted();
  }

  #gather(key: string, level: number, into: DocidGatherer): void {
    const bounds = boundsOfKey(key);
    if (level === Infinity) {
      this.#index.entries.gather(bounds, into);
      return;
    }
    for (const { keys, values, from, to } of this.#index.entries.runs(bounds)) {
      const docids = docidsOfLeaf(keys);
      for (let i = from; i < to; i += 1) {
        if ((values[i] as number) <= level) into.add(docids[i] as number);
      }
    }
  }
}
