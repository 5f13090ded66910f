/**
 * Topic indexes: named queries, each judged of a document when it is indexed.
 *
 * Asking for a topic costs as much as asking for one value, whatever its query is. The queries ask
 * the catalog's other indexes, about the document alone.
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
import { EntryIndex, type KeysRead } from './entry-index.js';
import { mayTopicAsk, type IndexDefinition } from './index-definition.js';
import { textKey } from './key.js';
import { matches, parseQuery, type QueryNode } from './query.js';
import { QueryError } from './query-error.js';
import { quoted } from '../quote.js';

export class TopicIndex extends EntryIndex {
  readonly #all: ReadonlyMap<string, CatalogIndex>;
  #filters: readonly { readonly id: string; readonly node: QueryNode }[] | undefined;

  /** @param all the other indexes of the catalog */
  constructor(
    definition: IndexDefinition,
    parts: IndexParts,
    all: ReadonlyMap<string, CatalogIndex>,
  ) {
    super(definition, parts);
    this.#all = all;
  }

  /**
   * Reads the filters.
   *
   * @throws QueryError `SRV_QUERY` for one that cannot be judged of a document alone
   */
  requireFilters(): void {
    this.#read();
  }

  protected read(document: CatalogedDocument): KeysRead {
    const known = new Map<string, Indexed | undefined>();
    const indexedBy = (index: CatalogIndex): Indexed | undefined => {
      if (!known.has(index.name)) known.set(index.name, indexedIn(index, document));
      return known.get(index.name);
    };
    const topics = this.#read().filter(({ node }) => matches(node, indexedBy));
    if (topics.length === 0) return { keys: [], problem: 'it belongs to none of the topics' };
    return { keys: topics.map(({ id }) => textKey(id)) };
  }

  override ask(term: Term, context: AskContext): Question {
    const ids = this.#read().map(({ id }) => id);
    for (const value of [...(term.values ?? []), ...term.not]) {
      if (typeof value === 'string' && ids.includes(value)) continue;
      throw new QueryError(
        term.field,
        `there is no topic ${quoted(String(value))}; there are ${ids.join(', ')}`,
      );
    }
    if (term.from !== undefined || term.to !== undefined) {
      throw new QueryError(term.field, 'topics have no range');
    }
    return super.ask(term, context);
  }

  #read(): readonly { readonly id: string; readonly node: QueryNode }[] {
    this.#filters ??= (this.definition.filters ?? []).map(({ id, query }) => {
      const asked = new Map(
        [...this.#all].filter(([, { definition }]) => mayTopicAsk(definition.type)),
      );
      const node = parseQuery(query, asked, {});
      if (node === undefined) throw new QueryError(`${this.name}.${id}`, 'the query is empty');
      return { id, node };
    });
    return this.#filters;
  }
}
