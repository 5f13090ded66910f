/**
 * PostgreSQL, through `pg`.
 *
 * Statements go over the extended protocol alone, values apart from the text. Each transaction tells the
 * server how long its statements may take, so that none outlives the site's interest in it even when
 * nobody is left to stop it.
 */
import pg from 'pg';
import type { ConnectionAddress, ServerAddress } from './connection-url.js';
import { DataError, unreachable } from './data-error.js';
import { isUnknownMark, postgresError } from './postgres-errors.js';
import { inTime } from './in-time.js';
import { listLevel } from './listing.js';
import { POSTGRES_LISTING } from './postgres-listing.js';
import { postgresTypeName, postgresTypes } from './postgres-values.js';
import type { SqlResult } from './result.js';
import { RowCollector } from './row-collector.js';
import {
  type BeginOptions,
  type Driver,
  isMark,
  type Listing,
  type ListingPath,
  type OpenOptions,
  type PlainStatement,
  type QueryOptions,
  type Session,
  type SessionFacts,
} from './session.js';
import { tlsOptions } from './tls-options.js';
import type { SqlValue } from './value-types.js';

/** How long stopping a query may take, itself. */
const CANCEL_MS_MAX = 3000;
/** Rows of a listing. */
const LISTED_MAX = 2000;

/** What the site relies on when it takes a statement apart, and reads what comes back. */
const SETTINGS = [
  `SET TIME ZONE 'UTC'`,
  `SET standard_conforming_strings = on`,
  `SET DateStyle = 'ISO, YMD'`,
  `SET IntervalStyle = 'postgres'`,
  `SET bytea_output = 'hex'`,
  `SET extra_float_digits = 1`,
].join('; ');

export const postgresDriver: Driver = {
  async open(address, options) {
    const server = requireServer(address);
    const client = makeClient(server, options);
    try {
      return new PostgresSession(client, server, await connect(client, server));
    } catch (error) {
      await end(client);
      if (error instanceof DataError) throw error;
      throw unreachable(error, server);
    }
  },

  sessionsMax: (address) => requireServer(address).sessionsMax,
};

function requireServer(address: ConnectionAddress): ServerAddress {
  if (address.kind === 'server') return address;
  throw new TypeError('PostgreSQL is a server');
}

function makeClient(server: ServerAddress, { withinMs }: OpenOptions): pg.Client {
  const { socket, host, port, user, database, password } = server;
  const client = new pg.Client({
    host: socket ?? host,
    port,
    user,
    database,
    // As a function: an empty one given otherwise is looked for in the environment and in files.
    password: () => password,
    ssl: tlsOptions(server) ?? false,
    connectionTimeoutMillis: Math.max(1, Math.ceil(withinMs)),
    application_name: 'canopy',
    client_encoding: 'UTF8',
    keepAlive: true,
    types: postgresTypes,
  });
  return client;
}

interface Connected {
  readonly facts: SessionFacts;
  /** The server's process of this session. */
  readonly processId: number;
}

async function connect(client: pg.Client, server: ServerAddress): Promise<Connected> {
  // A connection that breaks while it is idle says so to nobody else.
  client.on('error', () => {});
  await client.connect();
  await client.query(SETTINGS);
  const { rows } = await client.query<{ version: string; prepared: string; pid: number }>(
    `SELECT current_setting('server_version') AS version,
            current_setting('max_prepared_transactions') AS prepared,
            pg_backend_pid() AS pid`,
  );
  const { version = '', prepared = '0', pid = 0 } = rows[0] ?? {};
  const facts: SessionFacts = {
    server: `PostgreSQL ${version.replace(/ .*/, '')}`,
    isEncrypted: server.tls !== 'disable',
    canPrepare: Number(prepared) > 0,
  };
  return { facts, processId: pid };
}

class PostgresSession implements Session {
  readonly facts: SessionFacts;
  readonly #client: pg.Client;
  readonly #server: ServerAddress;
  readonly #processId: number;
  #mark: string | undefined;
  #isPrepared = false;
  #isUsable = true;
  /** Resolves when the connection is gone. */
  readonly #ended: Promise<void>;

  constructor(client: pg.Client, server: ServerAddress, { facts, processId }: Connected) {
    this.#client = client;
    this.#server = server;
    this.facts = facts;
    this.#processId = processId;
    const onLost = (): void => {
      this.#isUsable = false;
    };
    client.on('error', onLost);
    this.#ended = new Promise((resolve) => {
      client.on('end', () => {
        onLost();
        resolve();
      });
    });
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  async begin({ access, remainingMs, twoPhaseMark }: BeginOptions): Promise<void> {
    this.#mark = twoPhaseMark;
    this.#isPrepared = false;
    const limitMs = Math.max(1, Math.ceil(remainingMs));
    // After its first query nothing can make a transaction writable any more.
    const isRead = access === 'read';
    await this.#run(
      `BEGIN ${isRead ? 'READ ONLY' : 'READ WRITE'}; SET LOCAL statement_timeout = ${limitMs}` +
        (isRead ? '; SELECT 1' : ''),
    );
  }

  async query(statement: PlainStatement, { rowsMax }: QueryOptions): Promise<SqlResult> {
    const startedMs = performance.now();
    const collector = new RowCollector(rowsMax);
    const query = new BoundedQuery(statement, rowsMax + 1);
    const result = await new Promise<pg.ResultBuilder>((resolve, reject) => {
      query.on('row', (row) => void collector.add(asValues(row)));
      query.on('error', (error) => {
        // A query that asks for so many rows ends its part of the exchange by itself.
        if (error instanceof pg.DatabaseError) this.#client.connection.sync();
        reject(error);
      });
      query.on('end', resolve);
      this.#client.query(query);
    }).catch((error: unknown) => {
      throw this.#errorOf(error, statement.text);
    });
    const changes = result.command === 'SELECT' ? null : result.rowCount;
    return {
      columns: result.fields.map(({ name, dataTypeID }) => ({
        name,
        type: postgresTypeName(dataTypeID),
      })),
      rows: collector.rows,
      truncated: collector.isTruncated,
      ...(changes === null ? {} : { changes }),
      milliseconds: performance.now() - startedMs,
    };
  }

  async wrote(): Promise<boolean> {
    const text = 'SELECT pg_current_xact_id_if_assigned() IS NOT NULL';
    const { rows } = await this.query({ text, parameters: [] }, { rowsMax: 1 });
    return rows[0]?.[0] === true;
  }

  async prepare(): Promise<void> {
    await this.#run(`PREPARE TRANSACTION ${quotedMark(this.#mark)}`);
    this.#isPrepared = true;
  }

  async commit(): Promise<void> {
    await this.#run(this.#isPrepared ? `COMMIT PREPARED ${quotedMark(this.#mark)}` : 'COMMIT');
  }

  async rollback(): Promise<void> {
    await this.#run(this.#isPrepared ? `ROLLBACK PREPARED ${quotedMark(this.#mark)}` : 'ROLLBACK');
  }

  async prepared(): Promise<readonly string[]> {
    const text = 'SELECT gid FROM pg_prepared_xacts WHERE database = current_database()';
    const { rows } = await this.query({ text, parameters: [] }, { rowsMax: LISTED_MAX });
    return rows.map(([gid]) => String(gid)).filter(isMark);
  }

  async finish(mark: string, decision: 'commit' | 'rollback'): Promise<void> {
    const word = decision === 'commit' ? 'COMMIT' : 'ROLLBACK';
    try {
      await this.#client.query(`${word} PREPARED ${quotedMark(mark)}`);
    } catch (error) {
      if (!isUnknownMark(error)) throw this.#errorOf(error);
    }
  }

  async explain({ text, parameters }: PlainStatement): Promise<SqlResult> {
    return this.query({ text: `EXPLAIN ${text}`, parameters }, { rowsMax: LISTED_MAX });
  }

  async browse(path: ListingPath): Promise<Listing> {
    return listLevel(POSTGRES_LISTING, path, async (text, parameters) => {
      const { rows } = await this.query({ text, parameters }, { rowsMax: LISTED_MAX });
      return rows;
    });
  }

  async cancel(): Promise<void> {
    this.#isUsable = false;
    let other: pg.Client | undefined;
    try {
      other = makeClient(this.#server, { withinMs: CANCEL_MS_MAX });
      other.on('error', () => {});
      await other.connect();
      await other.query('SELECT pg_terminate_backend($1)', [this.#processId]);
      // It ends what it is doing first, which may be to prepare.
      await inTime(CANCEL_MS_MAX, () => this.#ended);
    } catch {
      // Then the limit that the transaction began with ends it.
    } finally {
      if (other !== undefined) await end(other);
    }
  }

  async close(): Promise<void> {
    this.#isUsable = false;
    await end(this.#client);
  }

  /** Runs what the site itself has to say to the server. */
  async #run(text: string): Promise<void> {
    try {
      await this.#client.query(text);
    } catch (error) {
      throw this.#errorOf(error);
    }
  }

  #errorOf(error: unknown, text?: string): DataError {
    const made = postgresError(error, { text, password: this.#server.password });
    if (made.kind === 'lost') this.#isUsable = false;
    return made;
  }
}

/**
 * A query that asks for so many rows and no more: then the rest is left in the server, where the
 * portal goes away with the transaction.
 */
class BoundedQuery extends pg.Query<SqlValue[]> {
  constructor({ text, parameters }: PlainStatement, rows: number) {
    const config = { text, values: [...parameters], rows, rowMode: 'array', queryMode: 'extended' };
    super(config);
  }

  handlePortalSuspended(connection: pg.Connection): void {
    connection.sync();
  }
}

function quotedMark(mark: string | undefined): string {
  if (mark === undefined || !isMark(mark)) throw new TypeError('A prepared transaction has a mark');
  return `'${mark}'`;
}

function asValues(row: unknown): readonly SqlValue[] {
  // `rowMode` makes rows lists, of what `postgresTypes` read.
  return row as readonly SqlValue[];
}

/** Ends a client whatever state it is in. */
async function end(client: pg.Client): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      client.connection.stream.destroy();
      resolve();
    }, CANCEL_MS_MAX);
    client.end(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
