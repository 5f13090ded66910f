/**
 * Statements that a driver can run: text with placeholders, and values apart from it.
 *
 * A statement's text is made of its source and of placeholders alone. So two values of the same shape
 * (as many items in each list) give the same text, byte for byte, whatever they are.
 */
import { placeholder } from './dialect.js';
import type { Dialect } from './dialect.js';
import { refusalOf } from './refusals.js';
import { END_SIGN, placeAt, Places, VALUE_SIGN } from './source-marks.js';
import type { Binding, Piece, SqlSource } from './source-marks.js';
import { SqlFault } from './sql-errors.js';
import type { SqlPlace } from './sql-errors.js';
import { statementsIn, STATEMENTS_MAX } from './split.js';
import { commitsByItself, kindOf } from './statement-kind.js';
import type { StatementKind } from './statement-kind.js';
import { wordsOf } from './statement-words.js';
import type { Word } from './statement-words.js';
import { OpenToken, tokensOf } from './tokens.js';
import type { Token } from './tokens.js';
import { valueFor } from './value-types.js';
import type { SqlValue, ValueType } from './value-types.js';

/** Values of one statement: what the least of the databases takes. */
export const PARAMETERS_MAX = 32_766;

/** A statement ready to run. Plain data: it may be sent to another thread. */
export interface Statement {
  readonly text: string;
  /** The values of its placeholders, in their order, as this database takes them. */
  readonly parameters: readonly SqlValue[];
  /** What each parameter is, for people. */
  readonly origins: readonly ParameterOrigin[];
  readonly kind: StatementKind;
  /** Whether the server commits by itself when it runs this. */
  readonly commits: boolean;
  /** Where it begins in its source; from 1. */
  readonly line: number;
  readonly column: number;
  /** Where the pieces of its text stand in the source; see `placeInSource`. */
  readonly pieces: readonly Piece[];
}

export interface ParameterOrigin {
  readonly name: string;
  readonly type: ValueType | undefined;
}

/**
 * Takes a source apart into statements.
 *
 * An empty source has none. Linear in its length.
 *
 * @throws SqlFault `SRV_SQL_SYNTAX` for what cannot be taken apart; `SRV_SQL_REFUSED` for a statement
 *   that is not run
 */
export function compileStatements(source: SqlSource, dialect: Dialect): readonly Statement[] {
  const statements: Statement[] = [];
  for (const statement of eachStatement(source, dialect)) {
    if (statements.length >= STATEMENTS_MAX) {
      const message = `A source has at most ${STATEMENTS_MAX} statements.`;
      throw new SqlFault('SRV_SQL_SYNTAX', message, statement);
    }
    statements.push(statement);
  }
  return statements;
}

/** A statement of a file that only tells a client how to run the others. */
export interface LeftOut extends SqlPlace {
  /** Why it is not run. */
  readonly message: string;
}

/**
 * Gives the statements of a source one by one, however many there are: for files.
 * @param leaveOut told of each statement that is left out: `BEGIN`, `COMMIT`, `USE`, settings of a
 *   connection. Without it, such a statement is refused like others.
 */
export function* eachStatement(
  source: SqlSource,
  dialect: Dialect,
  leaveOut?: (left: LeftOut) => void,
): Generator<Statement> {
  const writing: Writing = { source, dialect, places: new Places(source) };
  for (const tokens of statementsOf(source, dialect)) {
    const words = wordsOf(source.text, tokens);
    const refusal = refusalOf(words, dialect);
    if (refusal === undefined) {
      yield compileOne(writing, tokens, words);
      continue;
    }
    const { message, start, isOfClient } = refusal;
    const { line, column } = writing.places.at(start);
    if (leaveOut === undefined || isOfClient !== true) {
      throw new SqlFault('SRV_SQL_REFUSED', message, { line, column });
    }
    leaveOut({ message, line, column });
  }
}

/** Gives where a character of a statement's text stands in its source. */
export function placeInSource(statement: Statement, index: number): SqlPlace {
  return placeAt(statement, Math.max(0, Math.min(index, statement.text.length)));
}

function* statementsOf(source: SqlSource, dialect: Dialect): Generator<readonly Token[]> {
  try {
    yield* statementsIn(source.text, tokensOf(source.text, dialect));
  } catch (error) {
    if (!(error instanceof OpenToken)) throw error;
    throw new SqlFault('SRV_SQL_SYNTAX', error.message, placeAt(source, error.start));
  }
}

interface Writing {
  readonly source: SqlSource;
  readonly dialect: Dialect;
  readonly places: Places;
}

function compileOne(writing: Writing, tokens: readonly Token[], words: readonly Word[]): Statement {
  const { dialect } = writing;
  const writer = new StatementWriter(writing);
  for (const token of tokens) writer.add(token);
  return { ...writer.finished(), kind: kindOf(words), commits: commitsByItself(words, dialect) };
}

/** What a placeholder must not touch: together they would be another word. */
const TOUCHING = /[\w$?:@#\u0080-\uFFFF]/;

/** Writes the text of one statement, and says for each piece where it comes from. */
class StatementWriter {
  readonly #writing: Writing;
  readonly #bound: Binding[] = [];
  readonly #pieces: Piece[] = [];
  readonly #parts: string[] = [];
  #length = 0;
  #last = '';
  /** What was seen and not yet copied: texts are copied in as few pieces as can be. */
  #pending: { from: number; to: number } | undefined;

  constructor(writing: Writing) {
    this.#writing = writing;
  }

  add(token: Token): void {
    const { kind, start, end } = token;
    switch (kind) {
      case 'value':
        this.#bind(start);
        return;
      case 'comment':
        this.#comment(token);
        return;
      case 'text':
      case 'name':
        this.#requireWhole(token);
        break;
      case 'placeholder':
        throw this.#fault(start, 'Write values as {{sqlvar name}}, not as placeholders.');
      case 'executable':
        throw this.#fault(start, 'Comments that run are not understood here: write them out.');
      default:
    }
    this.#copy(start, end);
  }

  finished(): Omit<Statement, 'kind' | 'commits'> {
    this.#flush();
    const { dialect } = this.#writing;
    const { line, column } = this.#pieces[0] ?? { line: 1, column: 1 };
    return {
      text: this.#parts.join(''),
      parameters: this.#bound.map(({ value }) => valueFor(dialect, value)),
      origins: this.#bound.map(({ name, type }) => ({ name, type })),
      line,
      column,
      pieces: this.#pieces,
    };
  }

  #bind(start: number): void {
    const { source, dialect } = this.#writing;
    this.#flush();
    this.#bound.push(this.#bindingAt(start));
    if (this.#bound.length > PARAMETERS_MAX) {
      const message = `A statement has at most ${PARAMETERS_MAX.toLocaleString('en')} values.`;
      throw this.#fault(start, message);
    }
    if (TOUCHING.test(this.#last)) this.#write(' ');
    this.#place(start);
    this.#write(placeholder(dialect, this.#bound.length));
    const next = source.text[start + 1] ?? '';
    if (next !== VALUE_SIGN && TOUCHING.test(next)) this.#write(' ');
  }

  /** Nobody reads a value in a comment: what stands there is left out. */
  #comment({ start, end }: Token): void {
    const { text } = this.#writing.source;
    let from = start;
    for (let at = signAt(text, start, end); at !== -1; at = signAt(text, from, end)) {
      this.#copy(from, at);
      from = at + 1;
    }
    this.#copy(from, end);
  }

  #requireWhole({ start, end, kind }: Token): void {
    const at = signAt(this.#writing.source.text, start, end);
    if (at === -1) return;
    const message =
      kind === 'name'
        ? 'A name cannot be a value. Write the name into the source.'
        : 'A value stands without quotes around it: it is no part of a text.';
    throw this.#fault(at, message);
  }

  #copy(from: number, to: number): void {
    if (from >= to) return;
    if (this.#pending?.to === from) {
      this.#pending.to = to;
      return;
    }
    this.#flush();
    this.#pending = { from, to };
  }

  #flush(): void {
    if (this.#pending === undefined) return;
    const { source, places } = this.#writing;
    const { from, to } = this.#pending;
    this.#pending = undefined;
    this.#place(from);
    const offset = this.#length - from;
    for (const piece of places.until(to)) {
      this.#pieces.push({ ...piece, start: piece.start + offset });
    }
    this.#write(source.text.slice(from, to));
  }

  #write(text: string): void {
    this.#parts.push(text);
    this.#length += text.length;
    this.#last = text.at(-1) ?? this.#last;
  }

  /** What is written next stands at `index` in the source. */
  #place(index: number): void {
    this.#pieces.push({ start: this.#length, ...this.#writing.places.at(index) });
  }

  #bindingAt(index: number): Binding {
    const binding = this.#writing.source.bindings.get(index);
    if (binding === undefined) throw new TypeError('A sign in a source stands for no value');
    return binding;
  }

  #fault(index: number, message: string): SqlFault {
    return new SqlFault('SRV_SQL_SYNTAX', message, placeAt(this.#writing.source, index));
  }
}

/** The index of a sign in a part of a text, or -1. */
function signAt(text: string, from: number, to: number): number {
  const at = text.slice(from, to).search(SIGNS);
  return at === -1 ? -1 : from + at;
}

const SIGNS = new RegExp(`[${VALUE_SIGN}${END_SIGN}]`);
