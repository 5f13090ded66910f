/**
 * Results as comma-separated values, as RFC 4180 has them: the names of the columns first, lines that
 * end in CR LF, quotes where a value needs them.
 *
 * A value that is nothing is an empty field, and an empty text is one in quotes. Spreadsheets run a
 * text that begins with `=`, `+`, `-` or `@` as a formula when they open such a file; `forSpreadsheet`
 * puts an apostrophe before it, which they take as “this is text”. Other readers would see the
 * apostrophe, so it is asked for each time. Numbers stay numbers, also those that are texts here to keep
 * all their digits.
 */
import type { SqlResult } from './result.js';
import { jsonOfValue } from './result.js';
import type { SqlValue } from './value-types.js';

export interface CsvOptions {
  /** Whether texts that a spreadsheet would run are kept from it. */
  readonly forSpreadsheet: boolean;
}

/** The media type of what `csvLines` gives. */
export const CSV_TYPE = 'text/csv; charset=utf-8; header=present';

const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;
/** The types whose values are texts of digits. */
const DECIMALS: ReadonlySet<string> = new Set(['numeric', 'decimal']);
const IS_NUMBER = /^-?[0-9]+(?:\.[0-9]+)?$/;
const IS_FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

/** Gives a result line by line, each with its end. */
export function* csvLines(
  { columns, rows }: Pick<SqlResult, 'columns' | 'rows'>,
  options: CsvOptions,
): Generator<string> {
  yield lineOf(columns.map(({ name }) => textField(name, options)));
  const decimals = columns.map(({ type }) => DECIMALS.has(type));
  for (const row of rows) {
    yield lineOf(
      row.map((value, at) =>
        decimals[at] === true && IS_NUMBER.test(String(value))
          ? String(value)
          : fieldOf(value, options),
      ),
    );
  }
}

function lineOf(fields: readonly string[]): string {
  return `${fields.join(',')}\r\n`;
}

function fieldOf(value: SqlValue, options: CsvOptions): string {
  if (value === null) return '';
  if (typeof value === 'string') return value === '' ? '""' : textField(value, options);
  return String(jsonOfValue(value));
}

function textField(text: string, { forSpreadsheet }: CsvOptions): string {
  const safe = forSpreadsheet && IS_FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
