/**
 * SQLite, each connection in a process of its own.
 *
 * A long query cannot be stopped from inside its process, and a thread that runs one cannot be ended:
 * so the process is killed, and whoever opens the file next recovers it from its journal.
 */
import type { ConnectionAddress, FileAddress } from './connection-url.js';
import { DataError } from './data-error.js';
import { columnOf, tableOf } from './listing.js';
import type { SqlResult } from './result.js';
import type {
  BeginOptions,
  Driver,
  Listing,
  ListingPath,
  PlainStatement,
  QueryOptions,
  Session,
  SessionFacts,
  SqlAccess,
} from './session.js';
import { sqliteFile } from './sqlite-file.js';
import { SqliteFailure, SqliteProcess } from './sqlite-process.js';
import type { SqlValue } from './value-types.js';

/** Processes of one database file: one writes at a time, the others read. */
const SESSIONS_MAX = 4;
/** How long a transaction waits for another that writes, at the most. */
const BUSY_MS_MAX = 2000;
/** Rows of a listing. */
const LISTED_MAX = 2000;

/** The one schema that a file has. */
const SCHEMA = 'main';

export interface SqliteDriverOptions {
  /** The folder in which all files are. */
  readonly folder: string;
}

export function sqliteDriver({ folder }: SqliteDriverOptions): Driver {
  return {
    async open(address, options) {
      const file = sqliteFile(folder, requireFile(address).file);
      const child = new SqliteProcess(file);
      try {
        await child.opened(options);
        const { rows } = await child.run({
          statement: { text: 'SELECT sqlite_version()', parameters: [] },
          rowsMax: 1,
        });
        return new SqliteSession(child, {
          server: `SQLite ${String(rows[0]?.[0])}`,
          isEncrypted: false,
          canPrepare: false,
        });
      } catch (error) {
        child.kill();
        throw error;
      }
    },

    sessionsMax: () => SESSIONS_MAX,
  };
}

function requireFile(address: ConnectionAddress): FileAddress {
  if (address.kind === 'file') return address;
  throw new TypeError('SQLite has files');
}

class SqliteSession implements Session {
  readonly facts: SessionFacts;
  readonly #child: SqliteProcess;
  #access: SqlAccess = 'write';
  /** Whether the file is its own to write. */
  #isWriting = false;

  constructor(child: SqliteProcess, facts: SessionFacts) {
    this.#child = child;
    this.facts = facts;
  }

  get isUsable(): boolean {
    return this.#child.isAlive;
  }

  async begin({ access, remainingMs }: BeginOptions): Promise<void> {
    this.#access = access;
    this.#isWriting = access === 'write';
    const busyMs = Math.max(1, Math.floor(Math.min(BUSY_MS_MAX, remainingMs / 2)));
    // One that may write later takes the file only then.
    await this.#say(
      `PRAGMA busy_timeout = ${busyMs}; PRAGMA query_only = ${access === 'read' ? 'ON' : 'OFF'}; ` +
        `BEGIN ${access === 'write' ? 'IMMEDIATE' : 'DEFERRED'}`,
    );
  }

  async query(statement: PlainStatement, { rowsMax }: QueryOptions): Promise<SqlResult> {
    const startedMs = performance.now();
    if (statement.kind !== 'read') await this.#takeFile();
    try {
      const answer = await this.#child.run({ statement, rowsMax });
      return { ...answer, milliseconds: performance.now() - startedMs };
    } catch (error) {
      // A statement that was told to wait keeps its view of the file as long as its process lives.
      if (isBusy(error)) this.#child.kill();
      throw this.#errorOf(error, statement.text);
    }
  }

  wrote(): Promise<boolean> {
    return Promise.resolve(this.#access !== 'read');
  }

  prepare(): Promise<void> {
    return Promise.reject(new TypeError('SQLite has no prepared transactions'));
  }

  async commit(): Promise<void> {
    await this.#say('COMMIT; PRAGMA query_only = OFF');
  }

  async rollback(): Promise<void> {
    try {
      await this.#say('ROLLBACK; PRAGMA query_only = OFF');
    } catch (error) {
      // After some errors SQLite has rolled back by itself.
      if (!(error instanceof DataError) || !NO_TRANSACTION.test(error.message)) throw error;
    }
  }

  prepared(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  finish(): Promise<void> {
    return Promise.reject(new TypeError('SQLite has no prepared transactions'));
  }

  async explain({ text, parameters }: PlainStatement): Promise<SqlResult> {
    const statement: PlainStatement = { text: `EXPLAIN QUERY PLAN ${text}`, parameters };
    return this.query(statement, { rowsMax: LISTED_MAX });
  }

  async browse({ schema, table }: ListingPath): Promise<Listing> {
    if (schema === undefined) return { level: 'schemas', schemas: [{ name: SCHEMA }] };
    if (schema !== SCHEMA) return { level: 'tables', tables: [] };
    if (table === undefined) {
      const rows = await this.#list(TABLES, []);
      return { level: 'tables', tables: rows.map(tableOf) };
    }
    const rows = await this.#list(COLUMNS, [table]);
    return { level: 'columns', columns: rows.map(columnOf) };
  }

  cancel(): Promise<void> {
    this.#child.kill();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#child.close();
  }

  /** Makes a transaction that has only read one that writes. Where another is in its way, it is busy. */
  async #takeFile(): Promise<void> {
    if (this.#access !== 'either' || this.#isWriting) return;
    await this.#say(TAKE_FILE);
    this.#isWriting = true;
  }

  async #list(text: string, parameters: readonly SqlValue[]): Promise<SqlResult['rows']> {
    return (await this.query({ text, parameters }, { rowsMax: LISTED_MAX })).rows;
  }

  async #say(text: string): Promise<void> {
    try {
      await this.#child.say(text);
    } catch (error) {
      throw this.#errorOf(error);
    }
  }

  #errorOf(error: unknown, text?: string): unknown {
    if (!(error instanceof SqliteFailure)) return error;
    const { code, message } = error;
    const facts = { cause: error };
    if (isBusy(error)) return new DataError('transient', message, facts);
    if (code.startsWith('SQLITE_READONLY') && this.#access === 'read') {
      return new DataError('read-only', message, facts);
    }
    const position = text === undefined ? undefined : positionOf(message, text);
    return new DataError('failed', message, { ...facts, position });
  }
}

/** The one statement that takes a file for writing and, as our files are made, changes nothing in it. */
const TAKE_FILE = 'PRAGMA incremental_vacuum(1)';

function isBusy(error: unknown): boolean {
  return error instanceof SqliteFailure && /^SQLITE_(?:BUSY|LOCKED)/.test(error.code);
}

const TABLES = `SELECT name, type = 'view' FROM sqlite_schema
  WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`;

const COLUMNS = 'SELECT name, type, "notnull" = 0, pk > 0, dflt_value FROM pragma_table_xinfo(?)';

const NO_TRANSACTION = /no transaction is active/;

/** SQLite names the word at which it could not go on. */
function positionOf(message: string, text: string): number | undefined {
  const word =
    /^near "(.+?)":/s.exec(message)?.[1] ?? /^no such \w+: (?:\w+\.)?(.+)$/.exec(message)?.[1];
  const at = word === undefined ? -1 : text.indexOf(word);
  return at === -1 ? undefined : at;
}
