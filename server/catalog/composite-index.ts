/**
 * Composite indexes: the values of several other indexes together, for queries that ask for all.
 *
 * Nobody asks one by its name. Where a query asks for values of every part, the plan asks the
 * composite instead, which finds at once what the parts would find and leave out again.
 */
import {
  indexedIn,
  type AskContext,
  type CatalogedDocument,
  type CatalogIndex,
  type Indexed,
  type IndexParts,
  type Question,
  type Term,
} from './catalog-index.js';
import { EntryIndex, keysIn, type KeysRead } from './entry-index.js';
import { EntryQuestion } from './entry-question.js';
import type { IndexDefinition } from './index-definition.js';
import { SEPARATOR, valueOfKey } from './key.js';
import { QueryError } from './query-error.js';

/** Combinations of values that are asked for at once; for more, the parts are asked. */
export const COMBINATIONS_MAX = 100;

export class CompositeIndex extends EntryIndex {
  readonly parts: readonly CatalogIndex[];

  /** @param all the other indexes of the catalog, its parts among them */
  constructor(
    definition: IndexDefinition,
    own: IndexParts,
    all: ReadonlyMap<string, CatalogIndex>,
  ) {
    super(definition, own);
    this.parts = (definition.fields ?? []).flatMap((name) => all.get(name) ?? []);
  }

  override get counted(): undefined {
    return undefined;
  }

  /** A document that lacks a value in one part is not found by a query for all, nor is it here. */
  protected read(document: CatalogedDocument): KeysRead {
    let keys = [''];
    for (const part of this.parts) {
      const own = keysIn(indexedIn(part, document));
      if (own.length === 0) return { keys: [], problem: `${part.name} has no value` };
      keys = combined(keys, own);
    }
    return { keys };
  }

  override ask(term: Term, _context: AskContext): Question {
    const names = this.parts.map(({ name }) => name).join(', ');
    throw new QueryError(term.field, `is asked for by its parts: ${names}`);
  }

  /** Gives the question for keys of each part; `undefined` for too many combinations. */
  askForAll(keys: readonly (readonly string[])[]): Question | undefined {
    let all: readonly string[] = [''];
    for (const own of keys) {
      if (all.length * own.length > COMBINATIONS_MAX) return undefined;
      all = combined(all, own);
    }
    const wanted = [all.map((key) => ({ low: key, high: key }))];
    return new EntryQuestion({ index: this, wanted, operator: 'or', unwanted: [] });
  }

  override values(indexed: Indexed): readonly unknown[] {
    return keysIn(indexed).map((key) => key.split(SEPARATOR).map(valueOfKey));
  }
}

function combined(first: readonly string[], second: readonly string[]): string[] {
  return first.flatMap((a) => second.map((b) => (a === '' ? b : a + SEPARATOR + b)));
}
