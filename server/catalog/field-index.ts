/**
 * Field indexes: one value for each document, asked for whole or by range, and sorted by.
 */
import type { CatalogedDocument, Indexed, Question, Term, AskContext } from './catalog-index.js';
import { EntryIndex, keyOfSingle, keysIn, type KeysRead } from './entry-index.js';
import type { EntryMap } from './entry-map.js';
import { QueryError } from './query-error.js';

/** An index of texts, numbers, dates or booleans, one a document. */
export class FieldIndex extends EntryIndex {
  get order(): EntryMap | undefined {
    return this.entries;
  }

  sortKey(indexed: Indexed | undefined): string | undefined {
    return keysIn(indexed)[0];
  }

  protected read(document: CatalogedDocument): KeysRead {
    return keyOfSingle(document.value(this.source));
  }

  override ask(term: Term, context: AskContext): Question {
    if (term.operator === 'and' && (term.values?.length ?? 0) > 1) {
      throw new QueryError(
        `${term.field}.operator`,
        'a document has one value here, so it cannot have all of several',
      );
    }
    return super.ask(term, context);
  }
}
