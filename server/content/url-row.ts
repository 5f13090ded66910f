/**
 * Rows that URLs lead through.
 */
import { ABSENT, type Acquirable, type Context } from '../../acquisition/index.js';
import { contentTypes } from './content-type.js';
import type { Content } from './content.js';
import { SiteRow } from './sql-row.js';
import type { PageRequest } from './work.js';

/**
 * A row that a URL asks for: `/albums/by_artist/artist/1`.
 *
 * The path is walked before anybody is known, so the row is not there yet then, and has no names until
 * it is `found`.
 */
export class UrlRow implements Acquirable {
  /** The method that gives it. */
  readonly container: Content;
  /** What the URL gives for the method's arguments. */
  readonly given: Readonly<Record<string, string>>;
  #row: SiteRow | undefined;

  constructor(method: Content, given: Readonly<Record<string, string>>) {
    this.container = method;
    this.given = given;
  }

  /** The row, once it is found. */
  get row(): SiteRow | undefined {
    return this.#row;
  }

  get names(): readonly string[] {
    return this.#row?.names ?? [];
  }

  found(row: SiteRow): void {
    this.#row = row;
  }

  lookup(name: string): unknown {
    return this.#row === undefined ? ABSENT : this.#row.lookup(name);
  }

  toJSON(): unknown {
    return this.#row?.toJSON();
  }
}

/** Tells rows from objects of the site. */
export function isRow(value: unknown): value is SiteRow | UrlRow {
  return value instanceof SiteRow || value instanceof UrlRow;
}

/** Finds the rows that the URL of a request leads through, outermost first, as `ContentType.urlRow`. */
export function findUrlRows(request: PageRequest): void {
  const contexts: Context[] = [];
  for (let at: Context | undefined = request.context; at !== undefined; at = at.parent) {
    if (at.object instanceof UrlRow) contexts.unshift(at);
  }
  for (const { object, parent } of contexts) {
    if (object instanceof UrlRow && parent !== undefined) findRow(request, object, parent);
  }
}

function findRow(request: PageRequest, row: UrlRow, context: Context): void {
  const { container: method, given } = row;
  const found = contentTypes.of(method).urlRow?.(method, request, { given, context });
  if (found === undefined) throw new TypeError(`${method.path} takes arguments, and gives no row`);
  row.found(found);
}
