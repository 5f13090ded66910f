/**
 * Takes a text of statements apart, as each database's own scanner does.
 *
 * What matters is where texts, quoted names and comments begin and end: everything that follows from
 * it (statements, placeholders, what kind a statement is) looks at tokens and never at text. The
 * servers are set so that this holds: PostgreSQL with `standard_conforming_strings`, MySQL without
 * `ANSI_QUOTES` and `NO_BACKSLASH_ESCAPES`. Linear in the length of the text.
 */
import type { Dialect } from './dialect.js';
import { END_SIGN, VALUE_SIGN } from './source-marks.js';

export type TokenKind =
  | 'space'
  | 'comment'
  /** A comment that MySQL runs: it begins with an exclamation mark. */
  | 'executable'
  /** A text, however it is quoted. */
  | 'text'
  /** A quoted name. */
  | 'name'
  /** A word of the language, or a name without quotes. */
  | 'word'
  | 'number'
  /** A placeholder that the author wrote: `?`, `$1`, `:name`. */
  | 'placeholder'
  /** Where a value stands. */
  | 'value'
  /** A semicolon, or the sign of `{{sqldelimiter}}`. */
  | 'end'
  | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  /** Index after its last character. */
  readonly end: number;
}

/** Thrown for a text, a quoted name or a comment that does not end. */
export class OpenToken extends Error {
  readonly start: number;

  constructor(what: string, start: number) {
    super(`This ${what} does not end.`);
    this.name = 'OpenToken';
    this.start = start;
  }
}

const SPACE = /[ \t\r\n\f\v]+/y;
const WORD = /[A-Za-z_\u0080-\uFDCF\uFDF0-\uFFFF][A-Za-z0-9_$\u0080-\uFDCF\uFDF0-\uFFFF]*/y;
const NUMBER = /[0-9][0-9A-Za-z_.]*|\.[0-9][0-9A-Za-z_]*/y;
const DOLLAR_TAG =
  /\$(?:[A-Za-z_\u0080-\uFDCF\uFDF0-\uFFFF][A-Za-z0-9_\u0080-\uFDCF\uFDF0-\uFFFF]*)?\$/y;
const CONTINUED = /[ \t\f\v]*(?:--[^\r\n]*)?[\r\n](?:\s|--[^\r\n]*[\r\n])*'/y;
const PLACEHOLDERS: Readonly<Record<Dialect, RegExp>> = {
  sqlite: /\?[0-9]*|[:@$#][A-Za-z0-9_$\u0080-\uFDCF\uFDF0-\uFFFF]+/y,
  postgres: /\$[0-9]+/y,
  mysql: /\?/y,
};
const LINE_COMMENTS: Readonly<Record<Dialect, RegExp>> = {
  sqlite: /--[^\n]*/y,
  postgres: /--[^\r\n]*/y,
  // Two minus signs are a comment only before a space or a control character.
  mysql: /--(?=[\0-\x20]|$)[^\n]*|#[^\n]*/y,
};

/** Gives the tokens of a text in their order, without gaps. @throws OpenToken */
export function* tokensOf(text: string, dialect: Dialect): Generator<Token> {
  const scanner = new Scanner(text, dialect);
  for (let start = 0; start < text.length;) {
    const [kind, end] = scanner.next(start);
    yield { kind, start, end };
    start = end;
  }
}

type Scanned = readonly [kind: TokenKind, end: number];

class Scanner {
  readonly #text: string;
  readonly #dialect: Dialect;

  constructor(text: string, dialect: Dialect) {
    this.#text = text;
    this.#dialect = dialect;
  }

  next(at: number): Scanned {
    const character = this.#text[at] ?? '';
    if (character === VALUE_SIGN) return ['value', at + 1];
    if (character === ';' || character === END_SIGN) return ['end', at + 1];
    return (
      this.#matched('space', SPACE, at) ??
      this.#comment(at) ??
      this.#quoted(character, at) ??
      this.#matched('placeholder', PLACEHOLDERS[this.#dialect], at) ??
      this.#word(at) ??
      this.#matched('number', NUMBER, at) ?? ['symbol', at + 1]
    );
  }

  #matched(kind: TokenKind, pattern: RegExp, at: number): Scanned | undefined {
    pattern.lastIndex = at;
    return pattern.test(this.#text) ? [kind, pattern.lastIndex] : undefined;
  }

  #comment(at: number): Scanned | undefined {
    const line = this.#matched('comment', LINE_COMMENTS[this.#dialect], at);
    if (line !== undefined || !this.#text.startsWith('/*', at)) return line;
    const isRun = this.#dialect === 'mysql' && /^(?:!|M!)/.test(this.#text.slice(at + 2, at + 4));
    return [isRun ? 'executable' : 'comment', this.#endOfComment(at)];
  }

  /** PostgreSQL's comments stand in each other; in the others the first end is the end. */
  #endOfComment(start: number): number {
    const sign = /\/\*|\*\//g;
    sign.lastIndex = start + 2;
    let depth = 1;
    while (depth > 0) {
      const match = sign.exec(this.#text);
      if (match === null) throw new OpenToken('comment', start);
      if (match[0] === '*/') depth -= 1;
      else if (this.#dialect === 'postgres') depth += 1;
      else sign.lastIndex -= 1;
    }
    return sign.lastIndex;
  }

  #quoted(character: string, at: number): Scanned | undefined {
    const isMysql = this.#dialect === 'mysql';
    switch (character) {
      case "'":
        return ['text', this.#endOfQuoted(at, { what: 'text', escapes: isMysql })];
      case '"':
        return isMysql
          ? ['text', this.#endOfQuoted(at, { what: 'text', escapes: true })]
          : ['name', this.#endOfQuoted(at, { what: 'quoted name' })];
      case '`':
        return this.#dialect === 'postgres'
          ? undefined
          : ['name', this.#endOfQuoted(at, { what: 'quoted name' })];
      case '[':
        return this.#dialect === 'sqlite' ? ['name', this.#endOfBrackets(at)] : undefined;
      case '$':
        return this.#dialect === 'postgres' ? this.#dollarQuoted(at) : undefined;
      default:
        return undefined;
    }
  }

  /** A quote inside is written twice or, where the server knows it, after a backslash. */
  #endOfQuoted(
    start: number,
    { what, escapes = false }: { readonly what: string; readonly escapes?: boolean },
  ): number {
    const quote = this.#text[start];
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const character = this.#text[at];
      if (character === '\\' && escapes) at += 1;
      else if (character === quote && this.#text[at + 1] === quote) at += 1;
      else if (character === quote) return at + 1;
    }
    throw new OpenToken(what, start);
  }

  #endOfBrackets(start: number): number {
    const end = this.#text.indexOf(']', start);
    if (end === -1) throw new OpenToken('quoted name', start);
    return end + 1;
  }

  #dollarQuoted(start: number): Scanned | undefined {
    DOLLAR_TAG.lastIndex = start;
    const [tag] = DOLLAR_TAG.exec(this.#text) ?? [];
    if (tag === undefined) return undefined;
    const end = this.#text.indexOf(tag, start + tag.length);
    if (end === -1) throw new OpenToken('text', start);
    return ['text', end + tag.length];
  }

  /** A word, or with PostgreSQL's `E'…'` a text that knows backslashes. */
  #word(at: number): Scanned | undefined {
    const word = this.#matched('word', WORD, at);
    if (word === undefined || this.#dialect !== 'postgres') return word;
    const [, end] = word;
    if (end - at !== 1 || !/^E'/i.test(this.#text.slice(at, end + 1))) return word;
    return ['text', this.#endOfEscaped(end)];
  }

  /** A text goes on in the next line with another quote, and knows backslashes there too. */
  #endOfEscaped(start: number): number {
    let end = this.#endOfQuoted(start, { what: 'text', escapes: true });
    for (;;) {
      CONTINUED.lastIndex = end;
      if (!CONTINUED.test(this.#text)) return end;
      end = this.#endOfQuoted(CONTINUED.lastIndex - 1, { what: 'text', escapes: true });
    }
  }
}
