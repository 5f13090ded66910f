/**
 * The table in each database that says which transactions were committed.
 *
 * A transaction puts its mark into it; so the mark is there exactly when the transaction was
 * committed, whatever happened to whoever asked for that.
 */
import { DataError } from './data-error.js';
import { type Dialect, placeholder } from './dialect.js';
import type { BeginOptions, Session } from './session.js';

export const MARKS_TABLE = 'canopy_marks';
/** Marks that are named in one statement. */
const MARKS_AT_ONCE = 500;

const ONE_ROW = { rowsMax: 1 };

/** What is known of the table in one database. */
export class MarksTable {
  readonly #dialect: Dialect;
  #isThere = false;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /**
   * Makes the table, where it is absent. Outside a transaction: MySQL would commit it. Where we may not
   * make tables, that is told when a mark is to be put in. For SQLite there is nothing to do before:
   * a transaction that comes to read there is not to wait for another that writes.
   */
  async make(session: Session): Promise<void> {
    if (this.#dialect === 'sqlite' || (await this.#find(session))) return;
    await succeeds(session, this.#made);
  }

  /** Puts a mark in, in the session's transaction. */
  async add(session: Session, mark: string): Promise<void> {
    if (this.#dialect === 'sqlite') {
      await session.query({ text: this.#made, parameters: [] }, ONE_ROW);
    }
    const text = `INSERT INTO ${MARKS_TABLE} (mark) VALUES (${placeholder(this.#dialect, 1)})`;
    await session.query({ text, parameters: [mark] }, ONE_ROW);
  }

  /** Tells which of some marks are there. Outside a transaction. */
  async find(session: Session, marks: readonly string[]): Promise<readonly string[]> {
    if (!(await this.#find(session))) return [];
    const text = `SELECT mark FROM ${MARKS_TABLE} WHERE ${this.#areIn(marks)}`;
    const { rows } = await session.query({ text, parameters: marks }, { rowsMax: MARKS_AT_ONCE });
    return rows.map(([mark]) => String(mark));
  }

  /** Takes marks out, in a transaction of its own. */
  async remove(
    session: Session,
    marks: readonly string[],
    { remainingMs }: Pick<BeginOptions, 'remainingMs'>,
  ): Promise<void> {
    if (!(await this.#find(session))) return;
    const text = `DELETE FROM ${MARKS_TABLE} WHERE ${this.#areIn(marks)}`;
    await session.begin({ access: 'write', remainingMs });
    await session.query({ text, parameters: marks }, ONE_ROW);
    await session.commit();
  }

  get #made(): string {
    const engine = this.#dialect === 'mysql' ? ' ENGINE = InnoDB' : '';
    return (
      `CREATE TABLE IF NOT EXISTS ${MARKS_TABLE} (mark VARCHAR(64) NOT NULL PRIMARY KEY, ` +
      `made TIMESTAMP DEFAULT CURRENT_TIMESTAMP)${engine}`
    );
  }

  async #find(session: Session): Promise<boolean> {
    this.#isThere ||= await succeeds(session, `SELECT mark FROM ${MARKS_TABLE} WHERE 1 = 0`);
    return this.#isThere;
  }

  #areIn(marks: readonly string[]): string {
    const places = marks.map((_, at) => placeholder(this.#dialect, at + 1));
    return `mark IN (${places.join(', ')})`;
  }
}

/** Gives marks in as many as one statement names. */
export function* inParts(marks: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < marks.length; at += MARKS_AT_ONCE) {
    yield marks.slice(at, at + MARKS_AT_ONCE);
  }
}

/** Tells whether the database takes a statement of the site's own. */
async function succeeds(session: Session, text: string): Promise<boolean> {
  try {
    await session.query({ text, parameters: [] }, ONE_ROW);
    return true;
  } catch (error) {
    if (error instanceof DataError && error.kind === 'failed') return false;
    throw error;
  }
}
