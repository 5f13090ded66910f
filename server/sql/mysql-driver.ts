/**
 * MariaDB and MySQL, through `mysql2`.
 *
 * Statements are prepared by the server, values apart from the text: `query` with values would write
 * them into it. A transaction that may have to outlive its connection is an XA transaction from its
 * beginning. What the site relies on is set when a connection is made, and no statement may set it.
 */
import type mysql from 'mysql2';
import type { ConnectionAddress, ServerAddress } from './connection-url.js';
import { DataError, unreachable } from './data-error.js';
import { connect, connected, makeConnection, type MysqlFacts, said } from './mysql-connection.js';
import { isNotPreparable, isUnknownMark, mysqlError } from './mysql-errors.js';
import { inTime } from './in-time.js';
import { listLevel } from './listing.js';
import { MYSQL_LISTING } from './mysql-listing.js';
import { type MysqlColumn, mysqlParameter, mysqlTypeName, readMysqlValue } from './mysql-values.js';
import type { SqlResult } from './result.js';
import { RowCollector } from './row-collector.js';
import {
  type BeginOptions,
  type Driver,
  isMark,
  type Listing,
  type ListingPath,
  type PlainStatement,
  type QueryOptions,
  type Session,
  type SessionFacts,
} from './session.js';

/** How long stopping a query may take, itself. */
const CANCEL_MS_MAX = 3000;
/** Rows of a listing. */
const LISTED_MAX = 2000;
/** The server's own limit is set in such steps, so that it is rarely set. */
const LIMIT_STEP_MS = 5000;

const CHARSET_BINARY = 63;

export const mysqlDriver: Driver = {
  async open(address, options) {
    const server = requireServer(address);
    const connection = makeConnection(server, options);
    try {
      return new MysqlSession(connection, server, await connect(connection, server));
    } catch (error) {
      connection.destroy();
      throw error instanceof DataError ? error : unreachable(error, server);
    }
  },

  sessionsMax: (address) => requireServer(address).sessionsMax,
};

function requireServer(address: ConnectionAddress): ServerAddress {
  if (address.kind === 'server') return address;
  throw new TypeError('MariaDB is a server');
}

class MysqlSession implements Session {
  readonly facts: SessionFacts;
  readonly #connection: mysql.Connection;
  readonly #server: ServerAddress;
  readonly #isMariadb: boolean;
  /** Resolves when the connection is gone. */
  readonly #ended: Promise<void>;
  #isUsable = true;
  /** The mark of the XA transaction that this one is; the other kind has none. */
  #mark: string | undefined;
  #isPrepared = false;
  #limitMs = 0;
  #rowsMax = 0;

  constructor(
    connection: mysql.Connection,
    server: ServerAddress,
    { isMariadb, facts }: MysqlFacts,
  ) {
    this.facts = facts;
    this.#connection = connection;
    this.#server = server;
    this.#isMariadb = isMariadb;
    const onLost = (): void => {
      this.#isUsable = false;
    };
    this.#ended = new Promise((resolve) => {
      for (const event of ['error', 'end']) {
        connection.on(event, () => {
          onLost();
          resolve();
        });
      }
    });
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  async begin({ access, remainingMs, twoPhaseMark }: BeginOptions): Promise<void> {
    await this.#limit(remainingMs);
    this.#mark = twoPhaseMark;
    this.#isPrepared = false;
    if (twoPhaseMark !== undefined) await this.#run(`XA START ${quotedMark(twoPhaseMark)}`);
    else await this.#run(`START TRANSACTION READ ${access === 'read' ? 'ONLY' : 'WRITE'}`);
  }

  async query(statement: PlainStatement, { rowsMax }: QueryOptions): Promise<SqlResult> {
    await this.#limitRows(rowsMax + 1);
    const startedMs = performance.now();
    const answer = await this.#execute(statement, rowsMax).catch((error: unknown) => {
      throw this.#errorOf(error, statement.text);
    });
    const { columns, collector, changes } = answer;
    return {
      columns: columns.map((column) => ({ name: column.name, type: mysqlTypeName(column) })),
      rows: collector.rows,
      truncated: collector.isTruncated,
      ...(changes === undefined ? {} : { changes }),
      milliseconds: performance.now() - startedMs,
    };
  }

  wrote(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async prepare(): Promise<void> {
    const mark = quotedMark(this.#mark);
    await this.#run(`XA END ${mark}`);
    await this.#run(`XA PREPARE ${mark}`);
    this.#isPrepared = true;
  }

  async commit(): Promise<void> {
    if (this.#mark === undefined) {
      await this.#run('COMMIT');
      return;
    }
    const mark = quotedMark(this.#mark);
    if (!this.#isPrepared) await this.#run(`XA END ${mark}`);
    await this.#run(`XA COMMIT ${mark}${this.#isPrepared ? '' : ' ONE PHASE'}`);
    this.#mark = undefined;
  }

  async rollback(): Promise<void> {
    if (this.#mark === undefined) {
      await this.#run('ROLLBACK');
      return;
    }
    const mark = quotedMark(this.#mark);
    if (!this.#isPrepared) await this.#run(`XA END ${mark}`);
    await this.#run(`XA ROLLBACK ${mark}`);
    this.#mark = undefined;
  }

  async prepared(): Promise<readonly string[]> {
    // Rows are: format, length of the global part, length of the branch, both as one text.
    const rows: unknown = await this.#run('XA RECOVER');
    if (!Array.isArray(rows)) return [];
    return rows.map((row: unknown) => String(Array.isArray(row) ? row[3] : '')).filter(isMark);
  }

  async finish(mark: string, decision: 'commit' | 'rollback'): Promise<void> {
    try {
      await said(
        this.#connection,
        `XA ${decision === 'commit' ? 'COMMIT' : 'ROLLBACK'} ${quotedMark(mark)}`,
      );
    } catch (error) {
      if (!isUnknownMark(error)) throw this.#errorOf(error);
    }
  }

  async explain({ text, parameters }: PlainStatement): Promise<SqlResult> {
    return this.query({ text: `EXPLAIN ${text}`, parameters }, { rowsMax: LISTED_MAX });
  }

  async browse(path: ListingPath): Promise<Listing> {
    return listLevel(MYSQL_LISTING, path, async (text, parameters) => {
      const { rows } = await this.query({ text, parameters }, { rowsMax: LISTED_MAX });
      return rows;
    });
  }

  async cancel(): Promise<void> {
    this.#isUsable = false;
    let other: mysql.Connection | undefined;
    try {
      other = makeConnection(this.#server, { withinMs: CANCEL_MS_MAX });
      await connected(other);
      // The connection and not only its query: the transaction is given up as well.
      await said(other, `KILL CONNECTION ${this.#connection.threadId}`);
      // It ends what it is doing first, which may be to prepare.
      await inTime(CANCEL_MS_MAX, () => this.#ended);
    } catch {
      // Then the limit that the transaction began with ends it.
    } finally {
      other?.destroy();
      this.#connection.destroy();
    }
  }

  async close(): Promise<void> {
    this.#isUsable = false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#connection.destroy();
        resolve();
      }, CANCEL_MS_MAX);
      this.#connection.end(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Tells the server how long a statement may take: the least that needs no new setting. */
  async #limit(remainingMs: number): Promise<void> {
    const limitMs = Math.max(1, Math.ceil(remainingMs / LIMIT_STEP_MS)) * LIMIT_STEP_MS;
    if (limitMs === this.#limitMs) return;
    await this.#run(
      this.#isMariadb
        ? `SET SESSION max_statement_time = ${limitMs / 1000}`
        : `SET SESSION max_execution_time = ${limitMs}`,
    );
    this.#limitMs = limitMs;
  }

  /** Tells the server how many rows of a `SELECT` without a `LIMIT` are wanted. */
  async #limitRows(rowsMax: number): Promise<void> {
    if (rowsMax === this.#rowsMax) return;
    await this.#run(`SET SESSION sql_select_limit = ${Math.max(1, Math.floor(rowsMax))}`);
    this.#rowsMax = rowsMax;
  }

  async #execute(statement: PlainStatement, rowsMax: number): Promise<Answer> {
    try {
      return await this.#collect(statement, { rowsMax, isPrepared: true });
    } catch (error) {
      const isText = isNotPreparable(error) && statement.parameters.length === 0;
      if (!isText) throw error;
      return this.#collect(statement, { rowsMax, isPrepared: false });
    }
  }

  #collect(
    { text, parameters }: PlainStatement,
    { rowsMax, isPrepared }: { readonly rowsMax: number; readonly isPrepared: boolean },
  ): Promise<Answer> {
    let columns: readonly MysqlColumn[] = [];
    let collector = new RowCollector(rowsMax);
    let changes: number | undefined;
    const options: mysql.QueryOptions = { sql: text, rowsAsArray: true };
    return this.#unlessLost((resolve, reject) => {
      const command = isPrepared
        ? this.#connection.execute({ ...options, values: parameters.map(mysqlParameter) })
        : this.#connection.query(options);
      command.on('error', reject);
      // A procedure gives several lists of rows: the last one is the answer.
      command.on('fields', (fields: unknown) => {
        if (!Array.isArray(fields)) return;
        columns = fields.map(columnOf);
        collector = new RowCollector(rowsMax);
      });
      command.on('result', (row: unknown) => {
        if (Array.isArray(row)) {
          collector.add(columns.map((column, at) => readMysqlValue(row[at], column)));
        } else if (columns.length === 0) changes = changesOf(row);
      });
      command.on('end', () => resolve({ columns, collector, changes }));
    });
  }

  /** Of a connection that breaks, a command that gives row after row hears nothing. */
  async #unlessLost<T>(
    work: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    let onLost: (error: unknown) => void = () => {};
    try {
      return await new Promise<T>((resolve, reject) => {
        onLost = reject;
        this.#connection.on('error', onLost);
        work(resolve, reject);
      });
    } finally {
      this.#connection.off('error', onLost);
    }
  }

  async #run(text: string): Promise<unknown> {
    try {
      return await said(this.#connection, text);
    } catch (error) {
      throw this.#errorOf(error);
    }
  }

  #errorOf(error: unknown, text?: string): DataError {
    const made = mysqlError(error, { text, password: this.#server.password });
    if (made.kind === 'lost') this.#isUsable = false;
    return made;
  }
}

interface Answer {
  readonly columns: readonly MysqlColumn[];
  readonly collector: RowCollector;
  readonly changes: number | undefined;
}

function quotedMark(mark: string | undefined): string {
  if (mark === undefined || !isMark(mark)) throw new TypeError('A prepared transaction has a mark');
  return `'${mark}'`;
}

function columnOf(field: unknown): MysqlColumn {
  const { name, columnType, characterSet } = field as {
    readonly name: string;
    readonly columnType: number;
    readonly characterSet: number;
  };
  return { name, type: columnType, hasBytes: characterSet === CHARSET_BINARY };
}

function changesOf(header: unknown): number | undefined {
  const { affectedRows } = (header ?? {}) as { readonly affectedRows?: unknown };
  return typeof affectedRows === 'number' ? affectedRows : undefined;
}
