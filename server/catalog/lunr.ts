/**
 * lunr's tokenizer, pipelines and query parser, behind the types the catalog needs. The only module
 * that knows the library.
 *
 * lunr's own index is not used: it lives in memory and is built anew for each change.
 */
import lunr from 'lunr';

/** A word on its way through a pipeline. */
export interface LunrToken {
  toString(): string;
  readonly metadata: { readonly position?: readonly [start: number, length: number] };
}

interface Pipeline {
  add(...functions: readonly unknown[]): void;
  runString(word: string, metadata?: object): string[];
}

/** What lunr makes words of texts with; a plugin for a language sets other ones. */
export interface LunrBuilder {
  readonly tokenizer: (this: void, value: unknown, metadata?: object) => LunrToken[];
  readonly pipeline: Pipeline;
  readonly searchPipeline: Pipeline;
  use(plugin: unknown): void;
}

/** One clause, as the parser gives it. */
export interface LunrClause {
  term: string;
  readonly fields: readonly string[];
  readonly boost: number;
  readonly presence: number;
  readonly usePipeline: boolean;
  readonly editDistance?: number;
}

/** A piece of a query text: `TERM`, `FIELD`, `PRESENCE`, `EDIT_DISTANCE` or `BOOST`. */
export interface LunrLexeme {
  readonly type: string;
  readonly str: string;
  /** In UTF-16 units, from 0. */
  readonly start: number;
  readonly end: number;
}

interface LunrParts {
  readonly Builder: new () => LunrBuilder;
  readonly Query: (new (fields: readonly string[]) => { readonly clauses: LunrClause[] }) & {
    readonly presence: { readonly REQUIRED: number; readonly PROHIBITED: number };
  };
  readonly QueryLexer: new (text: string) => { run(): void; readonly lexemes: LunrLexeme[] };
  readonly QueryParser: new (text: string, query: object) => { parse(): void };
  readonly QueryParseError: new () => Error & { readonly start: number; readonly end: number };
  readonly tokenizer: LunrBuilder['tokenizer'] & { readonly separator: RegExp };
  readonly trimmer: unknown;
  readonly stopWordFilter: unknown;
  readonly stemmer: unknown;
}

// The library's types tell of less than it has, and of some wrongly.
const parts = lunr as unknown as LunrParts;

export const { REQUIRED, PROHIBITED } = parts.Query.presence;

/** Splits words in lunr's own tokenizer. */
export const SEPARATOR_PATTERN = parts.tokenizer.separator;

/** The library itself, for plugins that put their languages into it. */
export const LUNR: object = lunr;

/** What lunr refuses in a query. */
export class LunrSyntaxError extends Error {
  override readonly name = 'LunrSyntaxError';
  /** Where it begins, in UTF-16 units from 0. */
  readonly start: number;

  constructor(message: string, start: number, cause: unknown) {
    super(message, { cause });
    this.start = start;
  }
}

/** Makes what English texts are read with, as `lunr()` does. */
export function englishBuilder(): LunrBuilder {
  const builder = new parts.Builder();
  builder.pipeline.add(parts.trimmer, parts.stopWordFilter, parts.stemmer);
  builder.searchPipeline.add(parts.stemmer);
  return builder;
}

/** Makes what texts are read with as a plugin for a language sets it up. */
export function builderWith(plugin: unknown): LunrBuilder {
  const builder = new parts.Builder();
  builder.use(plugin);
  return builder;
}

/** Tells whether a text is split as `SEPARATOR_PATTERN` says. */
export function hasOwnTokenizer({ tokenizer }: LunrBuilder): boolean {
  return tokenizer !== parts.tokenizer;
}

/**
 * Parses a query.
 *
 * @returns its clauses, and its pieces; the clauses belong to the `TERM`s in their order
 * @throws LunrSyntaxError for what lunr refuses
 */
export function parseClauses(
  text: string,
  fields: readonly string[],
): { readonly clauses: readonly LunrClause[]; readonly lexemes: readonly LunrLexeme[] } {
  const query = new parts.Query(fields);
  const lexer = new parts.QueryLexer(text);
  lexer.run();
  try {
    new parts.QueryParser(text, query).parse();
  } catch (error) {
    if (!(error instanceof parts.QueryParseError)) throw error;
    throw new LunrSyntaxError(error.message, error.start, error);
  }
  return { clauses: query.clauses, lexemes: lexer.lexemes };
}
