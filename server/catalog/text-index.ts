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
  Term,
} from './catalog-index.js';
import { isText, type Analyser } from './analyser.js';
import type { EntryChanges } from './entry-changes.js';
import { EntryMap } from './entry-map.js';
import { sourcesOf, type IndexDefinition } from './index-definition.js';
import { docKey, entryKey, SEPARATOR, textKey, valueOfKey } from './key.js';
import { analyserOf } from './languages.js';
import { QueryError } from './query-error.js';
import { typeName } from './spans.js';
import { SeveralQuestions } from './several-questions.js';
import { LengthMap, PostingMap, type FieldLengths, type Posting } from './text-maps.js';
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
    for (const key of old.codes.keys()) {
      if (!kept.codes.has(key)) changes.delete(this.#postings, entryKey(key, docid));
    }
    for (const [key, codes] of kept.codes) {
      const known = old.codes.get(key);
      if (known === codes) continue;
      changes.setOf(this.#postings, key, docid, postingOf(codes));
      if (known !== undefined) continue;
      const word = (): string => this.#analyser.wordOf(String(valueOfKey(key)));
      this.#vocabulary.note(key, { docid, changes, word });
    }
    if (old.lengths === kept.lengths) return;
    if (after === undefined) changes.delete(this.#lengths, docKey(docid));
    else changes.set(this.#lengths, docKey(docid), lengthsOf(kept.lengths));
  }

  ask(term: Term, _context: AskContext): Question {
    const { field, values, from, to, operator, not, level } = term;
    if (level !== undefined) throw new QueryError(`${field}.level`, 'a text index has no levels');
    if (from !== undefined || to !== undefined) throw new QueryError(field, 'texts have no range');
    const wanted = values?.map((value) => this.#question(value, field));
    const unwanted = not.map((value) => this.#question(value, `${field}.not`));
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
    return [...keptOf(indexed).codes.keys()].sort().map(valueOfKey);
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

  #question(value: unknown, field: string): Question {
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new QueryError(field, `a ${typeName(value)} is no text to be looked for`);
    }
    const query = String(value).toWellFormed();
    const parts = this.#parts;
    const { fields, analyser } = parts;
    const clauses = readTextQuery(query, { fields, analyser, field });
    return new TextQuestion(this.name, { query, clauses, parts });
  }
}

/** What is kept of a document. */
interface Kept {
  /** With commas between them. */
  readonly lengths: string;
  /** Codes of postings by the keys of terms; with commas between them where there are several. */
  readonly codes: ReadonlyMap<string, string>;
}

const NOTHING: Kept = { lengths: '', codes: new Map() };

/** Reads the words of a document; `undefined` where there are none. */
function readDocument(
  document: CatalogedDocument,
  fields: readonly string[],
  analyser: Analyser,
): Kept | undefined {
  const codes = new Map<string, string>();
  const lengths: number[] = [];
  let hasText = false;
  for (const [place, field] of fields.entries()) {
    const words = analyser.words(document.value(field));
    hasText ||= words.length > 0;
    const counts = new Map<string, number>();
    let length = 0;
    for (const word of words) {
      for (const term of analyser.termsOf(word)) {
        length += 1;
        // What is left of a word of signs counts for the length, and cannot be found.
        if (term !== '') counts.set(term, (counts.get(term) ?? 0) + 1);
      }
    }
    lengths.push(length);
    for (const [term, count] of counts) {
      const key = textKey(term);
      const code = place + fields.length * (count - 1);
      const others = codes.get(key);
      codes.set(key, others === undefined ? String(code) : `${others},${code}`);
    }
  }
  return hasText ? { lengths: lengths.join(','), codes } : undefined;
}

/**
 * Gives what is kept of a document as a text, `LENGTHS \0 KEY \0 CODES \0 KEY \0 CODES …`: one text is
 * stored and compared much quicker than many numbers.
 */
function textOf({ lengths, codes }: Kept): string {
  let text = lengths;
  for (const [key, own] of codes) text += SEPARATOR + key + SEPARATOR + own;
  return text;
}

function keptOf(indexed: Indexed | undefined): Kept {
  if (typeof indexed !== 'string') return NOTHING;
  const codes = new Map<string, string>();
  const [lengths = '', ...rest] = indexed.split(SEPARATOR);
  for (let i = 0; i < rest.length; i += 2) codes.set(rest[i] as string, rest[i + 1] as string);
  return { lengths, codes };
}

function postingOf(codes: string): Posting {
  return codes.includes(',') ? codes.split(',').map(Number) : Number(codes);
}

function lengthsOf(lengths: string): FieldLengths {
  return lengths.includes(',') ? lengths.split(',').map(Number) : Number(lengths);
}
