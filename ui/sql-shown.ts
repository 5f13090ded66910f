/**
 * What the screens of databases show of statements and their answers: plain texts, bounded.
 *
 * Rows and values beyond the bounds are counted, not shown; a download has them all.
 */
import {
  csvLines,
  CSV_TYPE,
  type Content,
  jsonOfValue,
  Response,
  ServerError,
  SqlError,
  type SqlResult,
  type SqlStatement,
  type SqlValue,
  TemplateError,
  Unauthorized,
} from '../server/index.js';
import { guarded } from './page.js';

/** Rows of one answer on a page. */
export const ROWS_SHOWN_MAX = 200;
/** Characters of one value on a page. */
const VALUE_CHARACTERS_MAX = 500;
/** Columns of these types stand at the end of their cells, as figures do. */
const NUMERIC = /int|num|dec|real|float|double|serial|money/i;

export interface ShownResult {
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly end: boolean;
  }[];
  readonly rows: readonly { readonly cells: readonly ShownCell[] }[];
  readonly count: number;
  /** The answer had more rows than were asked for. */
  readonly truncated: boolean;
  /** Rows of the answer that the page leaves out. */
  readonly leftOut: number;
  /** Rows that were written; `null` where the database does not say. */
  readonly changes: number | null;
  readonly took: string;
}

interface ShownCell {
  readonly value: string;
  readonly isNull: boolean;
  readonly end: boolean;
}

/** Shows an answer as a table. */
export function shownResult(result: SqlResult): ShownResult {
  const { columns, rows, truncated, changes, milliseconds } = result;
  const ends = columns.map(({ type }) => NUMERIC.test(type));
  return {
    columns: columns.map(({ name, type }, index) => ({ name, type, end: ends[index] ?? false })),
    rows: rows.slice(0, ROWS_SHOWN_MAX).map((row) => ({
      cells: row.map((value, index) => ({
        value: value === null ? '' : shortened(textOf(value)),
        isNull: value === null,
        end: ends[index] ?? false,
      })),
    })),
    count: rows.length,
    truncated,
    leftOut: Math.max(0, rows.length - ROWS_SHOWN_MAX),
    changes: columns.length > 0 ? null : (changes ?? null),
    took: tookWords(milliseconds),
  };
}

export interface ShownStatement {
  readonly text: string;
  readonly parameters: readonly {
    readonly number: number;
    readonly value: string;
    readonly from: string;
  }[];
}

/** Shows a statement as the database gets it, and its values apart. */
export function shownStatement({ text, parameters, origins }: SqlStatement): ShownStatement {
  return {
    text: text.trim(),
    parameters: parameters.map((value, index) => {
      const { type, name } = origins[index] ?? {};
      const from = [type, name === undefined || name === '' ? undefined : `from ${name}`];
      return {
        number: index + 1,
        value: shortened(JSON.stringify(jsonOfValue(value))),
        from: from.filter((each) => each !== undefined).join(', '),
      };
    }),
  };
}

/** Shows a plan, one step a line: the last column of it is what databases write for people. */
export function shownPlan({ columns, rows }: SqlResult): readonly string[] {
  if (columns.length <= 1) return rows.map((row) => textOf(row[0] ?? null));
  const details = columns.findIndex(({ name }) => name.toLowerCase() === 'detail');
  if (details !== -1) return rows.map((row) => textOf(row[details] ?? null));
  return rows.map((row) =>
    columns
      .flatMap(({ name }, index) => {
        const value = row[index] ?? null;
        return value === null ? [] : [`${name} ${textOf(value)}`];
      })
      .join(' · '),
  );
}

/** A statement that was not run, or failed, for people. */
export interface ShownFailure {
  readonly message: string;
  /** 0 where nobody knows. */
  readonly line: number;
  readonly column: number;
  /** Path of what the line is counted in, where that is not the object itself. */
  readonly path: string;
  readonly status: number;
}

const FAILED_STATUS = 422;
const REFUSED_STATUS = 409;

/**
 * Shows why nothing came back.
 * @throws what is no refusal of a statement, or is not told here: it needs another permission
 */
export function shownFailure(error: unknown, object: Content): ShownFailure {
  if (!(error instanceof ServerError) || error instanceof Unauthorized) throw error;
  if (error instanceof SqlError || error instanceof TemplateError) {
    const { message, line = 0, column = 0 } = error;
    const path = error.path === object.path ? '' : error.path;
    return { message, line, column, path, status: FAILED_STATUS };
  }
  return { message: error.message, line: 0, column: 0, path: '', status: REFUSED_STATUS };
}

/** Answers with the rows as a file for spreadsheets. */
export function csvResponse(result: SqlResult, name: string): Response {
  const body = [...csvLines(result, { forSpreadsheet: true })].join('');
  return guarded(Response.text(body, CSV_TYPE)).set(
    'Content-Disposition',
    `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}.csv"`,
  );
}

function tookWords(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds).toString()} ms`;
}

function textOf(value: SqlValue): string {
  return String(jsonOfValue(value));
}

function shortened(text: string): string {
  return text.length <= VALUE_CHARACTERS_MAX
    ? text
    : `${text.slice(0, VALUE_CHARACTERS_MAX).toWellFormed()}…`;
}
