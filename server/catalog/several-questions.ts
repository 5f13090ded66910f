/**
 * Several questions put to one index at once: any or all of them, and none of others.
 */
import type { Question, TextAsked } from './catalog-index.js';
import { any, both, without, NO_HITS, type Hits } from './hits.js';

export interface SeveralOptions {
  readonly wanted: readonly Question[];
  readonly operator: 'and' | 'or';
  readonly unwanted: readonly Question[];
}

export class SeveralQuestions implements Question {
  readonly text: string;
  readonly #options: SeveralOptions;

  constructor(index: string, options: SeveralOptions) {
    const { wanted, operator, unwanted } = options;
    const how = wanted.length > 1 ? ` (${operator} of ${wanted.length})` : '';
    this.text = `${index}${how}${unwanted.length > 0 ? ', some not' : ''}`;
    this.#options = options;
  }

  get texts(): readonly TextAsked[] {
    return this.#options.wanted.flatMap(({ texts }) => texts ?? []);
  }

  estimate(): number {
    const { wanted, operator } = this.#options;
    const each = wanted.map((question) => question.estimate());
    return operator === 'and' ? Math.min(...each) : each.reduce((sum, count) => sum + count, 0);
  }

  hits(): Hits {
    const { wanted, operator, unwanted } = this.#options;
    const each = wanted.map((question) => question.hits());
    const found = operator === 'and' ? each.reduce(both) : any(each);
    if (found.docids.length === 0) return NO_HITS;
    return unwanted.reduce((hits, question) => without(hits, question.hits()), found);
  }
}
