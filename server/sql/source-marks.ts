/**
 * Marks: what a running template writes where a value, an end of a statement, or a new piece of the
 * source stands.
 *
 * They are made of characters that no text may contain, in any language. A source that has one is
 * refused, and nothing but the source and the marks is ever written, so a mark in a rendered text
 * was made by the engine. A mark of a value says its number, never the value.
 */
import { SqlFault } from './sql-errors.js';
import type { SqlPlace } from './sql-errors.js';
import type { BoundValue, ValueType } from './value-types.js';

const VALUE_OPENS = '\uFDD2';
const VALUE_CLOSES = '\uFDD3';
const PLACE_OPENS = '\uFDD4';
const PLACE_CLOSES = '\uFDD5';

/** In a `SqlSource`, where a value stands. */
export const VALUE_SIGN = VALUE_OPENS;

/** In a `SqlSource`, where a statement ends. */
export const END_SIGN = '\uFDD6';

const RESERVED = /[\uFDD0-\uFDEF]/;
const MARKS = /\uFDD2([0-9]+)\uFDD3|\uFDD4([0-9]+):([0-9]+)(!?)\uFDD5/g;

/** The index of the first character of a text that only marks may have, or -1. */
export function reservedAt(text: string): number {
  return text.search(RESERVED);
}

/** The mark of the value of that number. */
export function valueMark(number: number): string {
  return VALUE_OPENS + String(number) + VALUE_CLOSES;
}

/**
 * The mark before a piece that stands at `place` in the source.
 * @param isMade whether the piece was made for a tag, so that all of it stands where the tag does
 */
export function placeMark({ line, column }: SqlPlace, isMade: boolean): string {
  return `${PLACE_OPENS}${line}:${column}${isMade ? '!' : ''}${PLACE_CLOSES}`;
}

/** Takes the marks of places out of a text. */
export function withoutPlaces(text: string): string {
  return text.replace(MARKS, (mark, value?: string) => (value === undefined ? '' : mark));
}

/** Where a piece of a text stands in the source. */
export interface Piece extends SqlPlace {
  /** Index of its first character in the text. */
  readonly start: number;
  readonly isMade: boolean;
}

/** A value that waits for its placeholder. */
export interface Binding {
  readonly value: BoundValue;
  /** What the source calls it: the name of an argument. */
  readonly name: string;
  /** The type it was read as; `undefined` where the source names none. */
  readonly type: ValueType | undefined;
}

/** A text of statements whose values wait beside it. */
export interface SqlSource {
  /** With `VALUE_SIGN` where a value stands, and `END_SIGN` where a statement ends. */
  readonly text: string;
  /** By the index of their sign. */
  readonly bindings: ReadonlyMap<number, Binding>;
  /** In the order of their starts. */
  readonly pieces: readonly Piece[];
}

/** Takes the marks out of a rendered text. */
export function resolveMarks(rendered: string, kept: readonly Binding[]): SqlSource {
  const bindings = new Map<number, Binding>();
  const pieces: Piece[] = [];
  let text = '';
  let done = 0;
  for (const match of rendered.matchAll(MARKS)) {
    const [mark, number, line, column, made] = match;
    text += rendered.slice(done, match.index);
    done = match.index + mark.length;
    if (number === undefined) {
      const place = { line: Number(line), column: Number(column) };
      pieces.push({ start: text.length, ...place, isMade: made === '!' });
    } else {
      bindings.set(text.length, keptBinding(kept, Number(number)));
      text += VALUE_SIGN;
    }
  }
  return { text: text + rendered.slice(done), bindings, pieces };
}

function keptBinding(kept: readonly Binding[], number: number): Binding {
  const binding = kept[number];
  if (binding === undefined) throw new TypeError('A mark stands for a value of another render');
  return binding;
}

/**
 * Takes a text that no template made: typed by hand, or read from a file. It has no values.
 * @throws SqlFault `SRV_SQL_SYNTAX` for a character that only marks may have
 */
export function sourceOfText(text: string): SqlSource {
  const source: SqlSource = { text, bindings: new Map(), pieces: [] };
  const at = reservedAt(text);
  if (at === -1) return source;
  throw new SqlFault('SRV_SQL_SYNTAX', RESERVED_CHARACTER, placeAt(source, at));
}

/** Why a source with a character of marks is refused. */
export const RESERVED_CHARACTER = 'There is a character here that no text may contain.';

/** Gives where a character of a source's text stands in what its author wrote. */
export function placeAt(
  { text, pieces }: Pick<SqlSource, 'text' | 'pieces'>,
  index: number,
): SqlPlace {
  const { line, column } = new Places({ text, pieces }).at(index);
  return { line, column };
}

/** A place, and whether all of what was made there stands at it. */
export type PieceAt = SqlPlace & Pick<Piece, 'isMade'>;

const BEGINNING: Piece = { start: 0, line: 1, column: 1, isMade: false };

/** Walks a source from its beginning to its end, and knows where it is. Linear in the text. */
export class Places {
  readonly #source: Pick<SqlSource, 'text' | 'pieces'>;
  /** How many pieces begin at or before `#index`. */
  #passed = 0;
  #index = 0;
  #here: PieceAt = BEGINNING;

  constructor(source: Pick<SqlSource, 'text' | 'pieces'>) {
    this.#source = source;
  }

  /** Gives the place of a character. @param index never before the one asked for last */
  at(index: number): PieceAt {
    const { pieces } = this.#source;
    for (let next = pieces[this.#passed]; next !== undefined && next.start <= index;) {
      this.#here = next;
      this.#index = next.start;
      this.#passed += 1;
      next = pieces[this.#passed];
    }
    this.#here = moved(this.#here, this.#source.text.slice(this.#index, index));
    this.#index = Math.max(this.#index, index);
    return this.#here;
  }

  /** Gives the pieces that begin after the place asked for last and before `index`. */
  *until(index: number): Generator<Piece> {
    const { pieces } = this.#source;
    for (let at = this.#passed; at < pieces.length; at += 1) {
      const piece = pieces[at];
      if (piece === undefined || piece.start >= index) return;
      yield piece;
    }
  }
}

function moved({ line, column, isMade }: PieceAt, over: string): PieceAt {
  if (isMade || over === '') return { line, column, isMade };
  const rows = over.split(/\r\n?|\n/);
  const last = rows.at(-1) ?? '';
  return rows.length === 1
    ? { line, column: column + last.length, isMade }
    : { line: line + rows.length - 1, column: last.length + 1, isMade };
}
