/**
 * Questions about one map of entries: values or ranges wanted, any or all of them, others not.
 */
import { DocidGatherer, difference, intersection, NO_DOCIDS, type Docids } from './docids.js';
import type { Indexed, Question } from './catalog-index.js';
import { boundsOfKey, boundsOfKeys, type EntryMap } from './entry-map.js';
import type { Hits } from './hits.js';
import type { KeyBounds } from '../../odb/index.js';
import { entryKey } from './key.js';
import type { Span } from './spans.js';

/** Looking one entry up costs as much as reading so many in a row. */
const LOOK_UP_COST = 60;
/** Whole values looked up one by one, for each document. */
const LOOKED_UP_MAX = 8;

export interface EntryQuestionOptions {
  readonly index: { readonly name: string; readonly entries: EntryMap };
  /** What each value asked for can mean; `undefined`: any value. */
  readonly wanted: readonly (readonly Span[])[] | undefined;
  readonly operator: 'and' | 'or';
  readonly unwanted: readonly Span[];
}

export class EntryQuestion implements Question {
  readonly #index: EntryQuestionOptions['index'];
  readonly #wanted: readonly (readonly Span[])[] | undefined;
  readonly #operator: 'and' | 'or';
  readonly #unwanted: readonly Span[];

  constructor({ index, wanted, operator, unwanted }: EntryQuestionOptions) {
    this.#index = index;
    this.#wanted = wanted;
    this.#operator = operator;
    this.#unwanted = unwanted;
  }

  get text(): string {
    const count = this.#wanted?.length ?? 0;
    const how = count > 1 ? ` (${this.#operator} of ${count})` : '';
    return `${this.#index.name}${how}${this.#unwanted.length > 0 ? ', some not' : ''}`;
  }

  /** The keys asked for, where each stands for a whole value and any one will do. */
  get exactKeys(): readonly string[] | undefined {
    if (this.#wanted === undefined || this.#unwanted.length > 0) return undefined;
    if (this.#operator === 'and' && this.#wanted.length > 1) return undefined;
    const spans = this.#wanted.flat();
    return spans.every(isSingle) ? spans.map(({ low }) => low) : undefined;
  }

  get bounds(): KeyBounds | undefined {
    const spans = this.#wanted?.flat() ?? [];
    let [low, high] = [spans[0]?.low, spans[0]?.high];
    if (low === undefined || high === undefined) return undefined;
    for (const span of spans) {
      if (span.low < low) low = span.low;
      if (span.high > high) high = span.high;
    }
    return boundsOfKeys(low, high);
  }

  estimate(): number {
    const { entries } = this.#index;
    if (this.#wanted === undefined) return entries.estimate();
    const each = this.#wanted.map((spans) =>
      sumOf(spans, (span) => entries.estimate(boundsOf(span))),
    );
    if (this.#operator === 'and') return Math.min(...each);
    return sumOf(each, (count) => count);
  }

  hits(): Hits {
    const { entries } = this.#index;
    const found = this.#wanted === undefined ? entries.docids({}) : this.#found(this.#wanted);
    if (this.#unwanted.length === 0) return { docids: found };
    return { docids: difference(found, this.#gathered(this.#unwanted)) };
  }

  restrict(docids: Docids): Docids | undefined {
    const keys = this.exactKeys;
    if (keys === undefined || keys.length > LOOKED_UP_MAX) return undefined;
    if (docids.length * keys.length * LOOK_UP_COST > this.estimate()) return undefined;
    const { entries } = this.#index;
    return docids.filter((docid) => keys.some((key) => entries.has(entryKey(key, docid))));
  }

  matches(indexed: Indexed | undefined): boolean {
    const keys = Array.isArray(indexed) ? (indexed as readonly string[]) : [];
    const has = (spans: readonly Span[]): boolean => keys.some((key) => spans.some(holds(key)));
    if (keys.length === 0 || has(this.#unwanted)) return false;
    if (this.#wanted === undefined) return true;
    return this.#operator === 'and' ? this.#wanted.every(has) : this.#wanted.some(has);
  }

  #found(wanted: readonly (readonly Span[])[]): Docids {
    if (this.#operator === 'or') return this.#gathered(wanted.flat());
    const { entries } = this.#index;
    const [first, ...others] = wanted
      .map((spans) => ({ spans, about: sumOf(spans, (span) => entries.estimate(boundsOf(span))) }))
      .sort((a, b) => a.about - b.about);
    if (first === undefined) return NO_DOCIDS;
    let found = this.#gathered(first.spans);
    for (const { spans } of others) {
      if (found.length === 0) break;
      found = intersection(found, this.#gathered(spans));
    }
    return found;
  }

  #gathered(spans: readonly Span[]): Docids {
    const gathered = new DocidGatherer();
    for (const span of spans) this.#index.entries.gather(boundsOf(span), gathered);
    return gathered.sorted();
  }
}

function boundsOf(span: Span): KeyBounds {
  return isSingle(span) ? boundsOfKey(span.low) : boundsOfKeys(span.low, span.high);
}

function isSingle({ low, high }: Span): boolean {
  return low === high;
}

function holds(key: string): (span: Span) => boolean {
  return ({ low, high }) => key >= low && key <= high;
}

function sumOf<T>(items: readonly T[], count: (item: T) => number): number {
  let sum = 0;
  for (const item of items) sum += count(item);
  return sum;
}
