/**
 * Queries: from what somebody wrote to questions put to indexes.
 *
 * ```
 * { kind: 'news', tags: { query: ['a', 'b'], operator: 'and' }, price: { from: 10, to: 20 } }
 * { and: [{ kind: 'news' }, { not: { path: '/old' } }] }     { or: [ … ] }
 * ```
 *
 * All that one mapping names must hold. The options of a term may also be written flat, as a form
 * does: `price_from=10`, `tags_operator=and`. Parts without a value are left out, and a query with
 * nothing left in it finds nothing.
 */
import type {
  AskContext,
  CatalogIndex,
  Indexed,
  Question,
  Term,
  TextAsked,
} from './catalog-index.js';
import { isPlainObject, type KeyBounds } from '../../odb/index.js';
import { QueryError } from './query-error.js';
import { quoted } from '../quote.js';
import { typeName } from './spans.js';

/** How deep `and`, `or` and `not` may be nested. */
export const QUERY_DEPTH_MAX = 20;
/** Terms of one query. */
export const QUERY_TERMS_MAX = 200;
/** Values of one term. */
export const QUERY_VALUES_MAX = 1_000;

const OPTIONS = ['query', 'range', 'usage', 'operator', 'not', 'level', 'from', 'to'] as const;
type Option = (typeof OPTIONS)[number];
type TermOptions = Partial<Record<Option, unknown>>;

export type QueryNode =
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly QueryNode[] }
  | { readonly kind: 'not'; readonly node: QueryNode }
  | { readonly kind: 'term'; readonly index: CatalogIndex; readonly question: Question };

export type Indexes = ReadonlyMap<string, CatalogIndex>;

/**
 * Reads a query.
 *
 * @returns `undefined` for one in which nothing is asked
 * @throws QueryError `SRV_QUERY` naming the part that makes no sense
 */
export function parseQuery(
  query: unknown,
  indexes: Indexes,
  context: AskContext,
): QueryNode | undefined {
  return new QueryReader(indexes, context).read(query, '', 0);
}

/** Tells whether a document is found, by what the indexes asked keep of it. */
export function matches(
  node: QueryNode,
  indexedBy: (index: CatalogIndex) => Indexed | undefined,
): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.every((each) => matches(each, indexedBy));
    case 'or':
      return node.nodes.some((each) => matches(each, indexedBy));
    case 'not':
      return !matches(node.node, indexedBy);
    case 'term':
      return node.question.matches?.(indexedBy(node.index)) === true;
  }
}

/** Gives where all that a query finds are in an index; `undefined` where it does not say. */
export function boundsIn(node: QueryNode | undefined, index: CatalogIndex): KeyBounds | undefined {
  if (node?.kind === 'term') return node.index === index ? node.question.bounds : undefined;
  if (node?.kind !== 'and') return undefined;
  for (const each of node.nodes) {
    const bounds = boundsIn(each, index);
    if (bounds !== undefined) return bounds;
  }
  return undefined;
}

/** Gives the texts that a query looks for; not those that are not wanted. */
export function textsIn(node: QueryNode): readonly TextAsked[] {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.nodes.flatMap(textsIn);
    case 'not':
      return [];
    case 'term':
      return node.question.texts ?? [];
  }
}

/** Says what a query asks of which indexes, without the values. */
export function shapeOf(node: QueryNode): string {
  switch (node.kind) {
    case 'and':
    case 'or':
      return `${node.kind}(${node.nodes.map(shapeOf).join(', ')})`;
    case 'not':
      return `not(${shapeOf(node.node)})`;
    case 'term':
      return node.question.text;
  }
}

/** Tells whether a name in a flat query is an index, or an option of one. */
export function isQueryName(name: string, indexes: Indexes): boolean {
  return indexes.has(name) || flatOption(name, indexes) !== undefined;
}

class QueryReader {
  readonly #indexes: Indexes;
  readonly #context: AskContext;
  #terms = 0;

  constructor(indexes: Indexes, context: AskContext) {
    this.#indexes = indexes;
    this.#context = context;
  }

  read(query: unknown, field: string, depth: number): QueryNode | undefined {
    if (depth > QUERY_DEPTH_MAX) {
      throw new QueryError(field, `a query is at most ${QUERY_DEPTH_MAX} levels deep`);
    }
    if (!isPlainObject(query)) {
      throw new QueryError(
        field,
        `a query is a mapping of indexes to values, not a ${typeName(query)}`,
      );
    }
    const nodes: QueryNode[] = [];
    const terms = new Map<string, { options: TermOptions; isMapping: boolean }>();
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined) continue;
      if (name === 'and' || name === 'or') {
        const inner = this.#readAll(name, value, depth);
        if (inner !== undefined) nodes.push(inner);
      } else if (name === 'not') {
        const inner = this.read(value, joined(field, 'not'), depth + 1);
        if (inner !== undefined) nodes.push({ kind: 'not', node: inner });
      } else this.#note(name, value, terms);
    }
    for (const [name, { options }] of terms) {
      const term = this.#term(name, options);
      if (term !== undefined) nodes.push(term);
    }
    return nodes.length > 1 ? { kind: 'and', nodes } : nodes[0];
  }

  #readAll(kind: 'and' | 'or', value: unknown, depth: number): QueryNode | undefined {
    if (!Array.isArray(value)) throw new QueryError(kind, 'holds a list of queries');
    const nodes = value.flatMap((each: unknown) => this.read(each, kind, depth + 1) ?? []);
    return nodes.length > 1 ? { kind, nodes } : nodes[0];
  }

  /** Puts what is said of one index together, whether in a mapping or flat. */
  #note(
    name: string,
    value: unknown,
    terms: Map<string, { options: TermOptions; isMapping: boolean }>,
  ): void {
    if (this.#indexes.has(name)) {
      const flat = terms.get(name)?.options;
      const isMapping = isPlainObject(value);
      const options = isMapping ? readOptions(name, value) : { query: withoutBlanks(value) };
      if (isMapping && flat !== undefined) throw twice(name);
      terms.set(name, { options: { ...flat, ...options }, isMapping });
      return;
    }
    const flat = flatOption(name, this.#indexes);
    if (flat === undefined) {
      const names = [...this.#indexes.keys()].join(', ');
      throw new QueryError(name, `there is no index ${quoted(name)}; there are ${names || 'none'}`);
    }
    const said = terms.get(flat.index);
    if (said?.isMapping === true) throw twice(flat.index);
    const options = { ...said?.options, [flat.option]: withoutBlanks(value) };
    terms.set(flat.index, { options, isMapping: false });
  }

  #term(name: string, options: TermOptions): QueryNode | undefined {
    const index = this.#indexes.get(name);
    const term = readTerm(name, options);
    if (index === undefined || term === undefined) return undefined;
    this.#terms += 1;
    if (this.#terms > QUERY_TERMS_MAX) {
      throw new QueryError('', `a query has at most ${QUERY_TERMS_MAX} terms`);
    }
    return { kind: 'term', index, question: index.ask(term, this.#context) };
  }
}

/** Reads the options of a term; `undefined` where nothing is asked. */
function readTerm(field: string, options: TermOptions): Term | undefined {
  const { query, operator, not, level } = options;
  let values = query === undefined ? undefined : listOf(query, field);
  let { from, to } = options;
  const range = rangeOf(field, options);
  if (range !== undefined && values !== undefined) {
    if (from !== undefined || to !== undefined) {
      throw new QueryError(`${field}.range`, 'the range is given by its ends already');
    }
    const needed = range === 'min:max' ? 2 : 1;
    if (values.length !== needed) {
      throw new QueryError(
        `${field}.range`,
        `“${range}” takes ${needed === 1 ? 'one value' : 'two values'}`,
      );
    }
    if (range !== 'max') [from] = values;
    if (range !== 'min') to = values.at(-1);
    values = undefined;
  }
  const unwanted = not === undefined ? [] : listOf(not, `${field}.not`);
  const isAsked = values !== undefined || from !== undefined || to !== undefined;
  if (!isAsked && unwanted.length === 0) return undefined;
  return {
    field,
    values,
    from,
    to,
    operator: operatorOf(field, operator),
    not: unwanted,
    level: levelOf(field, level),
  };
}

function readOptions(field: string, value: Readonly<Record<string, unknown>>): TermOptions {
  const options: TermOptions = {};
  for (const [name, given] of Object.entries(value)) {
    if (!isOption(name)) {
      throw new QueryError(
        `${field}.${name}`,
        `there is no such option; there are ${OPTIONS.join(', ')}`,
      );
    }
    if (given !== undefined) options[name] = given;
  }
  return options;
}

/** `tags_operator` is the option `operator` of the index `tags`. */
function flatOption(
  name: string,
  indexes: Indexes,
): { readonly index: string; readonly option: Option } | undefined {
  const at = name.lastIndexOf('_');
  const index = name.slice(0, Math.max(at, 0));
  const option = name.slice(at + 1);
  return indexes.has(index) && isOption(option) ? { index, option } : undefined;
}

function isOption(name: string): name is Option {
  return (OPTIONS as readonly string[]).includes(name);
}

function listOf(value: unknown, field: string): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > QUERY_VALUES_MAX) {
    throw new QueryError(field, `at most ${QUERY_VALUES_MAX} values are asked for at once`);
  }
  return list;
}

/** What a form sends for a field nobody filled in asks for nothing. */
function withoutBlanks(value: unknown): unknown {
  if (isBlank(value)) return undefined;
  if (!Array.isArray(value) || !value.some(isBlank)) return value;
  const rest = value.filter((each: unknown) => !isBlank(each));
  return rest.length === 0 ? undefined : rest;
}

function isBlank(value: unknown): boolean {
  return typeof value === 'string' && value.trim() === '';
}

function rangeOf(
  field: string,
  { range, usage }: TermOptions,
): 'min' | 'max' | 'min:max' | undefined {
  const given = range ?? (typeof usage === 'string' ? usage.replace(/^range:/, '') : usage);
  switch (given) {
    case undefined:
      return undefined;
    case 'min':
    case 'max':
    case 'min:max':
      return given;
    case 'minmax':
      return 'min:max';
    default:
      throw new QueryError(`${field}.range`, 'is “min”, “max” or “min:max”');
  }
}

function operatorOf(field: string, operator: unknown): 'and' | 'or' | undefined {
  if (operator === undefined) return undefined;
  const word = typeof operator === 'string' ? operator.toLowerCase() : operator;
  if (word === 'and' || word === 'or') return word;
  throw new QueryError(`${field}.operator`, 'is “and” or “or”');
}

function levelOf(field: string, level: unknown): number | undefined {
  if (level === undefined) return undefined;
  const number = typeof level === 'string' ? Number(level) : level;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= -1) return number;
  throw new QueryError(`${field}.level`, 'is a whole number from 0 on, or -1 for all levels');
}

function twice(name: string): QueryError {
  return new QueryError(name, 'its options are given twice: in a mapping and beside it');
}

function joined(field: string, step: string): string {
  return field === '' ? step : `${field}.${step}`;
}
