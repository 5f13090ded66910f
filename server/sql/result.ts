/**
 * What a statement answered, as templates, scripts and JSON see it.
 *
 * A driver gives columns and rows of plain values; nothing here changes them, it only gives them
 * names. A column is found by its exact name first and then by its name in any case, since databases
 * do not agree on the case of names. Of two columns with one name the first is meant.
 */
import { ABSENT } from '../../acquisition/index.js';
import type { SqlValue } from './value-types.js';

export interface SqlColumn {
  readonly name: string;
  /** The database's own word for its type, in small letters; `''` where it has none. */
  readonly type: string;
}

/** The answer to one statement. Plain data: it comes from another thread. */
export interface SqlResult {
  /** None for a statement that gives no rows. */
  readonly columns: readonly SqlColumn[];
  /** Each as long as `columns`. Dates are texts as ISO 8601 writes them. */
  readonly rows: readonly (readonly SqlValue[])[];
  /** Whether there were more rows than were asked for. */
  readonly truncated: boolean;
  /** Rows that it wrote, where the database says. */
  readonly changes?: number | undefined;
  readonly milliseconds: number;
}

/** A value of a row in JSON. */
export type JsonValue = null | boolean | number | string;

/** A result in JSON. */
export interface JsonResult {
  readonly columns: readonly SqlColumn[];
  readonly rows: readonly (readonly JsonValue[])[];
  readonly truncated: boolean;
  readonly changes?: number | undefined;
  readonly milliseconds: number;
}

/** Gives a result as JSON has it; see `jsonOfValue`. */
export function jsonOfResult(result: SqlResult): JsonResult {
  const { columns, rows, truncated, changes, milliseconds } = result;
  return {
    columns,
    rows: rows.map((row) => row.map(jsonOfValue)),
    truncated,
    ...(changes === undefined ? {} : { changes }),
    milliseconds,
  };
}

/**
 * Gives a value as JSON has it: a whole number beyond 2^53 as text, with all its digits; bytes in
 * base64; numbers that JSON has no word for as `"NaN"`, `"Infinity"` and `"-Infinity"`.
 */
export function jsonOfValue(value: SqlValue): JsonValue {
  switch (typeof value) {
    case 'bigint':
      return isSafe(value) ? Number(value) : String(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return value === null ? null : base64Of(value);
    default:
      return value;
  }
}

/**
 * Gives a value as templates have it: as JSON does, but a whole number beyond 2^53 stays a number, of
 * which templates print all digits.
 */
export function shownValue(value: SqlValue): JsonValue | bigint {
  return typeof value === 'bigint' && !isSafe(value) ? value : jsonOfValue(value);
}

/** The columns of a result, by their names. Shared by all its rows. */
export class SqlColumns {
  readonly names: readonly string[];
  readonly #exact = new Map<string, number>();
  readonly #anyCase = new Map<string, number>();

  constructor(columns: readonly SqlColumn[]) {
    this.names = columns.map(({ name }) => name);
    for (const [index, name] of this.names.entries()) {
      if (!this.#exact.has(name)) this.#exact.set(name, index);
      const folded = name.toLowerCase();
      if (!this.#anyCase.has(folded)) this.#anyCase.set(folded, index);
    }
  }

  /** Gives the number of the column of that name, counted from 0. */
  indexOf(name: string): number | undefined {
    return this.#exact.get(name) ?? this.#anyCase.get(name.toLowerCase());
  }
}

const INDEX = /^(?:0|[1-9][0-9]{0,4})$/;

/** One row, with names. */
export class SqlRow {
  readonly #columns: SqlColumns;
  readonly #values: readonly SqlValue[];

  constructor(columns: SqlColumns, values: readonly SqlValue[]) {
    this.#columns = columns;
    this.#values = values;
  }

  /** The names of its columns, in their order; one name may be there twice. */
  get names(): readonly string[] {
    return this.#columns.names;
  }

  get length(): number {
    return this.#values.length;
  }

  /** Its values in the order of the columns, as templates have them. */
  get values(): readonly (JsonValue | bigint)[] {
    return this.#values.map(shownValue);
  }

  /** Gives the value of a column; `undefined` where there is no column of that name. */
  get(name: string): JsonValue | bigint | undefined {
    const index = this.#columns.indexOf(name);
    return index === undefined ? undefined : this.at(index);
  }

  /** Gives a value by the number of its column, counted from 0. */
  at(index: number): JsonValue | bigint | undefined {
    const value = this.#values[index];
    return value === undefined ? undefined : shownValue(value);
  }

  /**
   * Gives what a template finds under a name, or `ABSENT`: a column; by its number, a column without a
   * name of its own; `names`, `values` and `length`.
   */
  lookup(name: string): unknown {
    const value = this.get(name);
    if (value !== undefined) return value;
    if (INDEX.test(name)) return this.at(Number(name)) ?? ABSENT;
    return name === 'names' || name === 'values' || name === 'length' ? this[name] : ABSENT;
  }

  /** The row as a record. Of two columns of one name, the second is called `name_2`. */
  record(): Readonly<Record<string, JsonValue | bigint>> {
    const record: Record<string, JsonValue | bigint> = { __proto__: null };
    for (const [index, name] of this.names.entries()) {
      record[freeName(record, name)] = this.at(index) ?? null;
    }
    return record;
  }
}

/** Gives the rows of a result, with names. */
export function rowsOf({ columns, rows }: Pick<SqlResult, 'columns' | 'rows'>): readonly SqlRow[] {
  const named = new SqlColumns(columns);
  return rows.map((row) => new SqlRow(named, row));
}

function freeName(record: object, name: string): string {
  if (!Object.hasOwn(record, name)) return name;
  let number = 2;
  while (Object.hasOwn(record, `${name}_${number}`)) number += 1;
  return `${name}_${number}`;
}

function isSafe(value: bigint): boolean {
  return Number.isSafeInteger(Number(value));
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
