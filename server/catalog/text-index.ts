/**
 * Text indexes: words in attributes, found in lunr's query language and scored as lunr does.
 *
 * Of each document the lengths of its fields are kept, and its terms with how often which field has
 * them; so a change writes the terms that differ, and no document but its own. Only documents that
 * have text in one of the fields are in the index.
 */
import type {
  AskContext,
  CatalogedDocument,
  CatalogIndex,
  Indexed,
  IndexedChange,
  IndexParts,
  Question,
  Seen,
  Term,
} from './catalog-index.js';
import { isText, type Analyser } from './analyser.js';
import type { EntryChanges } from './entry-changes.js';
import { EntryMap } from './entry-map.js';
import { sourcesOf, type IndexDefinition } from './index-definition.js';
import { docKey, entryKey, valueOfKey } from './key.js';
import { analyserOf } from './languages.js';
import { QueryError } from './query-error.js';
import { typeName } from './spans.js';
import { SeveralQuestions } from './several-questions.js';
import { keptOf, lengthsOf, postingOf, readDocument, textOf, type Kept } from './text-kept.js';
import { LengthMap, PostingMap } from './text-maps.js';
import type { TextParts } from './text-parts.js';
import { TextQuestion } from './text-question.js';
import { readTextQuery } from './text-query.js';
import { Vocabulary, type VocabularyEntry } from './vocabulary.js';

export class TextIndex implements CatalogIndex {
  readonly definition: IndexDefinition;
  readonly scored = true;
  readonly #fields: readonly string[];
  readonly #boosts: readonly number[];
  readonly #postings: PostingMap;
  readonly #lengths: LengthMap;
  readonly #vocabulary: Vocabulary;
  /** What was read last, which is what is applied next, as a rule. */
  #last: { readonly indexed: string; readonly kept: Kept } | undefined;

  constructor(definition: IndexDefinition, { postings, lengths, vocabulary }: IndexParts) {
    if (
      !(postings instanceof PostingMap) ||
      !(lengths instanceof LengthMap) ||
      !(vocabulary instanceof EntryMap)
    ) {
      throw new TypeError(`The index ${definition.name} lacks a map`);
    }
    this.definition = definition;
    this.#fields = [...new Set(sourcesOf(definition))];
    this.#boosts = this.#fields.map((field) => definition.boosts?.[field] ?? 1);
    this.#postings = postings;
    this.#lengths = lengths;
    this.#vocabulary = new Vocabulary(vocabulary as EntryMap<VocabularyEntry>);
  }

  /** Makes the maps of a new index. */
  static makeParts(): IndexParts {
    return {
      postings: new PostingMap(),
      lengths: new LengthMap(),
      vocabulary: new EntryMap<VocabularyEntry>(),
    };
  }

  get name(): string {
    return this.definition.name;
  }

  indexed(document: CatalogedDocument): Indexed | undefined {
    const kept = readDocument(document, this.#fields, this.#analyser);
    if (kept === undefined) return undefined;
    const indexed = textOf(kept);
    this.#last = { indexed, kept };
    return indexed;
  }

  problem(document: CatalogedDocument): string | undefined {
    const values = this.#fields.map((field) => document.value(field));
    for (const [at, value] of values.entries()) {
      if (value !== undefined && value !== null && !isText(value)) {
        return `its ${this.#fields[at] ?? ''}, of type ${typeName(value)}, is no text`;
      }
    }
    const isEmpty = values.every((value) => this.#analyser.words(value).length === 0);
    return isEmpty ? 'it has no text' : undefined;
  }

  apply(docid: number, { before, after }: IndexedChange, changes: EntryChanges): void {
    const old = keptOf(before);
    const kept =
      after !== undefined && this.#last?.indexed === after ? this.#last.kept : keptOf(after);
    // Of most documents there was nothing.
    const rest = new Map(old.keys.map((key, i) => [key, old.codes[i]]));
    for (let i = 0; i < kept.keys.length; i += 1) {
      const key = kept.keys[i] as string;
      const codes = kept.codes[i] as string;
      const known = rest.size === 0 ? undefined : rest.get(key);
      if (known !== undefined) rest.delete(key);
      if (known === codes) continue;
      const isFirst = changes.setOf(this.#postings, key, docid, postingOf(codes));
      // Whoever had the term before in these changes has noted it.
      if (isFirst && known === undefined) this.#note(key, docid, changes);
    }
    for (const key of rest.keys()) changes.delete(this.#postings, entryKey(key, docid));
    if (old.lengths === kept.lengths) return;
    if (after === undefined) changes.delete(this.#lengths, docKey(docid));
    else changes.set(this.#lengths, docKey(docid), lengthsOf(kept.lengths));
  }

  #note(key: string, docid: number, changes: EntryChanges): void {
    const word = (): string => this.#analyser.wordOf(String(valueOfKey(key)));
    this.#vocabulary.note(key, { docid, changes, word });
  }

  ask(term: Term, { seen }: AskContext): Question {
    const { field, values, from, to, operator, not, level } = term;
    if (level !== undefined) throw new QueryError(`${field}.level`, 'a text index has no levels');
    if (from !== undefined || to !== undefined) throw new QueryError(field, 'texts have no range');
    const wanted = values?.map((value) => this.#question(value, field, seen));
    const unwanted = not.map((value) => this.#question(value, `${field}.not`, seen));
    const [only] = wanted ?? [];
    if (only !== undefined && wanted?.length === 1 && unwanted.length === 0) return only;
    return new SeveralQuestions(this.name, {
      wanted: wanted ?? [this.#everything()],
      operator: operator ?? 'or',
      unwanted,
    });
  }

  /** Terms, in their order. */
  values(indexed: Indexed): readonly unknown[] {
    return keptOf(indexed).keys.toSorted().map(valueOfKey);
  }

  /** Loaded when first needed: a catalog can be looked at where its language is not installed. */
  get #analyser(): Analyser {
    return analyserOf(this.definition.language, this.name);
  }

  get #parts(): TextParts {
    return {
      fields: this.#fields,
      boosts: this.#boosts,
      analyser: this.#analyser,
      postings: this.#postings,
      lengths: this.#lengths,
      vocabulary: this.#vocabulary,
    };
  }

  /** All documents with text. */
  #everything(): Question {
    return new TextQuestion(this.name, { query: '', clauses: [], parts: this.#parts });
  }

  #question(value: unknown, field: string, seen: Seen | undefined): Question {
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new QueryError(field, `a ${typeName(value)} is no text to be looked for`);
    }
    const query = String(value).toWellFormed();
    const parts = this.#parts;
    const { fields, analyser } = parts;
    const clauses = readTextQuery(query, { fields, analyser, field });
    return new TextQuestion(this.name, { query, clauses, parts, seen });
  }
}
