/**
 * Where one statement ends and the next begins.
 *
 * At a semicolon or `{{sqldelimiter}}`, but not at the semicolons inside the body of a trigger or a
 * procedure, which is one statement with others in it. A command of PostgreSQL's client, which
 * begins with a backslash, ends with its line.
 */
import { END_SIGN } from './source-marks.js';
import type { Token } from './tokens.js';

/** Statements of one source. */
export const STATEMENTS_MAX = 1000;

const WITH_BODY: ReadonlySet<string> = new Set(['TRIGGER', 'PROCEDURE', 'FUNCTION', 'EVENT']);
/** What `END` closes that no `BEGIN` or `CASE` opened. */
const CLOSED_BY_NAME: ReadonlySet<string> = new Set(['IF', 'LOOP', 'WHILE', 'REPEAT', 'FOR']);

/** Gives the tokens of each statement, one at a time; what has only comments is none. */
export function* statementsIn(text: string, tokens: Iterable<Token>): Generator<readonly Token[]> {
  let statement: Token[] = [];
  let body = new Body();
  for (const token of tokens) {
    const isEnd =
      (token.kind === 'end' && (text[token.start] === END_SIGN || !body.isOpen)) ||
      (token.kind === 'space' && isCommand(text, statement) && hasBreak(text, token));
    if (!isEnd) {
      statement.push(token);
      if (token.kind === 'word') body.add(text.slice(token.start, token.end).toUpperCase());
      continue;
    }
    if (statement.some(isSaying)) yield trimmed(statement);
    statement = [];
    body = new Body();
  }
  if (statement.some(isSaying)) yield trimmed(statement);
}

function isSaying({ kind }: Token): boolean {
  return kind !== 'space' && kind !== 'comment';
}

function isCommand(text: string, statement: readonly Token[]): boolean {
  const first = statement.find(isSaying);
  return first !== undefined && text[first.start] === '\\';
}

function hasBreak(text: string, { start, end }: Token): boolean {
  return /[\r\n]/.test(text.slice(start, end));
}

function trimmed(tokens: readonly Token[]): readonly Token[] {
  const isNoSpace = ({ kind }: Token): boolean => kind !== 'space';
  return tokens.slice(tokens.findIndex(isNoSpace), tokens.findLastIndex(isNoSpace) + 1);
}

/** How far into the body of a trigger or a procedure a statement is. */
class Body {
  #words = 0;
  #isCreate = false;
  #hasBody = false;
  #depth = 0;
  #last = '';
  /** Whether the last word was an `END` that closed something. */
  #hasClosed = false;

  get isOpen(): boolean {
    return this.#depth > 0;
  }

  add(word: string): void {
    if (this.#words === 0) this.#isCreate = word === 'CREATE';
    this.#words += 1;
    if (!this.#isCreate) return;
    if (WITH_BODY.has(word)) this.#hasBody = true;
    if (this.#hasBody) this.#count(word);
    this.#last = word;
  }

  #count(word: string): void {
    const isNamed = this.#last === 'END' && CLOSED_BY_NAME.has(word);
    if (word === 'BEGIN' || (word === 'CASE' && this.#last !== 'END')) this.#depth += 1;
    else if (isNamed && this.#hasClosed) this.#depth += 1;
    this.#hasClosed = word === 'END' && this.#depth > 0;
    if (this.#hasClosed) this.#depth -= 1;
  }
}
