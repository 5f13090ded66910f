/**
 * Rows in the site: what a template meets of an answer of a database.
 *
 * A row has its columns by name, and acquires everything else from where its method was called, so a
 * row can be shown by whatever template its surroundings have. It is no object of the site: whoever
 * was given it may read it.
 */
import type { Acquirable } from '../../acquisition/index.js';
import { jsonOfValue, rowsOf, type SqlResult, type SqlRow } from '../sql/result.js';

export class SiteRow implements Acquirable {
  readonly container: Acquirable;
  readonly #row: SqlRow;

  constructor(row: SqlRow, container: Acquirable) {
    this.#row = row;
    this.container = container;
  }

  get names(): readonly string[] {
    return this.#row.names;
  }

  lookup(name: string): unknown {
    return this.#row.lookup(name);
  }

  /** The row as JSON has it: a record of its columns. */
  toJSON(): Readonly<Record<string, unknown>> {
    const entries = Object.entries(this.#row.record());
    return Object.fromEntries(entries.map(([name, value]) => [name, jsonOfValue(value)]));
  }
}

/** Gives the rows of an answer as the site meets them, where its method was called. */
export function siteRows(result: SqlResult, container: Acquirable): readonly SiteRow[] {
  return rowsOf(result).map((row) => new SiteRow(row, container));
}
