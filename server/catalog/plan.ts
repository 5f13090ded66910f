/**
 * Plans: in which order the parts of a query are asked.
 *
 * What finds least is asked first, by the indexes' own estimates. What comes next is found and
 * intersected, or tested document by document where few are left; exclusions come last. Where a
 * composite index joins several parts, it is asked in their place.
 */
import type { CatalogIndex, Question } from './catalog-index.js';
import { CompositeIndex } from './composite-index.js';
import type { Docids } from './docids.js';
import { any, both, NO_HITS, only, without, type Hits } from './hits.js';
import type { QueryNode } from './query.js';

/** One thing a search did. */
export interface PlanStep {
  readonly step: string;
  /** About how many were expected; absent where nothing was. */
  readonly estimate?: number | undefined;
  /** How many there were after it. */
  readonly hits: number;
  readonly milliseconds: number;
}

/** What carrying out a plan needs. */
export interface PlanSource {
  readonly indexes: Iterable<CatalogIndex>;
  /** All documents. */
  all(): Docids;
  /** About how many documents there are. */
  countAbout(): number;
  /** Milliseconds, from any beginning. */
  now(): number;
}

/** Carries out a query, and notes each step. */
export class Plan {
  readonly steps: PlanStep[] = [];
  readonly #source: PlanSource;
  readonly #composites: readonly CompositeIndex[];

  constructor(source: PlanSource) {
    this.#source = source;
    this.#composites = [...source.indexes].filter((index) => index instanceof CompositeIndex);
  }

  /** Finds what a query asks for. */
  run(node: QueryNode): Hits {
    switch (node.kind) {
      case 'term':
        return this.#ask(node.question);
      case 'and':
        return this.#runAll(node.nodes);
      case 'or':
        return any(node.nodes.map((each) => this.run(each)));
      case 'not':
        return this.#runAll([node]);
    }
  }

  /** Does something and notes it as a step. */
  noted(step: string, estimate: number | undefined, find: () => Hits): Hits {
    const began = this.#source.now();
    const found = find();
    const milliseconds = this.#source.now() - began;
    this.steps.push({ step, estimate, hits: found.docids.length, milliseconds });
    return found;
  }

  #ask(question: Question): Hits {
    return this.noted(question.text, question.estimate(), () => question.hits());
  }

  #runAll(nodes: readonly QueryNode[]): Hits {
    const wanted = this.#joined(nodes.filter(({ kind }) => kind !== 'not'))
      .map((node) => ({ node, estimate: this.#estimate(node) }))
      .sort((a, b) => a.estimate - b.estimate);
    let hits: Hits | undefined;
    for (const { node, estimate } of wanted) {
      hits = hits === undefined ? this.run(node) : this.#narrowed(hits, node, estimate);
      // Nothing is left that others could find.
      if (hits.docids.length === 0) return NO_HITS;
    }
    hits ??= this.noted('all documents', undefined, () => ({ docids: this.#source.all() }));
    for (const node of nodes) {
      if (node.kind !== 'not') continue;
      const unwanted = this.run(node.node);
      const found = hits;
      hits = this.noted('but not these', undefined, () => without(found, unwanted));
    }
    return hits;
  }

  #narrowed(hits: Hits, node: QueryNode, estimate: number): Hits {
    if (node.kind === 'term') {
      const { question } = node;
      let tested: Docids | undefined;
      const step = `${question.text}, tested one by one`;
      const began = this.#source.now();
      tested = question.restrict?.(hits.docids);
      if (tested !== undefined) {
        const milliseconds = this.#source.now() - began;
        this.steps.push({ step, estimate, hits: tested.length, milliseconds });
        return only(hits, tested);
      }
    }
    const found = this.run(node);
    return this.noted('in both', undefined, () => both(hits, found));
  }

  /** Puts composite questions in the place of terms they join. */
  #joined(nodes: readonly QueryNode[]): readonly QueryNode[] {
    let rest = nodes;
    for (const composite of this.#composites) {
      const terms = composite.parts.map((part) =>
        rest.find((node) => node.kind === 'term' && node.index === part),
      );
      const keys = terms.flatMap((node) =>
        node?.kind === 'term' && node.question.exactKeys !== undefined
          ? [node.question.exactKeys]
          : [],
      );
      if (keys.length < composite.parts.length) continue;
      const question = composite.askForAll(keys);
      if (question === undefined) continue;
      rest = rest.filter((node) => !terms.includes(node));
      rest = [...rest, { kind: 'term', index: composite, question }];
    }
    return rest;
  }

  #estimate(node: QueryNode): number {
    switch (node.kind) {
      case 'term':
        return node.question.estimate();
      case 'and':
        return Math.min(...node.nodes.map((each) => this.#estimate(each)));
      case 'or':
        return node.nodes.reduce((sum, each) => sum + this.#estimate(each), 0);
      case 'not':
        return this.#source.countAbout();
    }
  }
}
