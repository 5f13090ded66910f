/**
 * What runs in the process of one SQLite connection.
 *
 * It opens one file, and does what it is told, one thing after another; its parent sees to it that
 * nothing else is asked. It may be killed at any moment: what was not committed never was.
 */
import { Worker } from 'node:worker_threads';
import Sqlite from 'libsql';
import { ownBytes, wholeNumber } from './database-values.js';
import { RowCollector } from './row-collector.js';
import type { PlainStatement } from './session.js';
import { type FromSqlite, OPENED, type SqliteAnswer, type ToSqlite } from './sqlite-messages.js';
import type { SqlValue } from './value-types.js';

/** Memory that SQLite itself may take, for sorting and for values. */
const HEAP_BYTES_MAX = 256 * 2 ** 20;

/** Commits are on the disk when they are told; a file never trusts the words of its own schema. */
const SETTINGS = [
  'PRAGMA journal_mode = WAL',
  'PRAGMA synchronous = FULL',
  'PRAGMA foreign_keys = ON',
  'PRAGMA trusted_schema = OFF',
  'PRAGMA cell_size_check = ON',
  `PRAGMA hard_heap_limit = ${HEAP_BYTES_MAX}`,
].join('; ');

/** The types of the package leave out a method that it has. */
interface Database extends Sqlite.Database {
  /** Ends the statements that are under way. */
  interrupt(): void;
}

const [, , file = ''] = process.argv;
let database: Database | undefined;

new Worker(new URL('sqlite-watch.js', import.meta.url)).unref();

answer(OPENED, () => {
  database = new Sqlite(file) as Database;
  database.exec(SETTINGS);
  return undefined;
});

process.on('message', (message: ToSqlite) => {
  const { call } = message;
  switch (message.what) {
    case 'say':
      answer(call, () => void opened().exec(message.text));
      break;
    case 'run':
      answer(call, () => run(message.statement, message.rowsMax));
      break;
    case 'close':
      answer(call, () => void opened().close());
      break;
    default:
      message satisfies never;
  }
});

function opened(): Database {
  if (database === undefined) throw new Error('The file could not be opened');
  return database;
}

function answer(call: number, work: () => SqliteAnswer | undefined): void {
  try {
    const made = work();
    send(made === undefined ? { call } : { call, answer: made });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    send({ call, code, message: error instanceof Error ? error.message : String(error) });
  }
}

function send(message: FromSqlite): void {
  process.send?.(message);
}

function run({ text, parameters, kind }: PlainStatement, rowsMax: number): SqliteAnswer {
  const statement = opened().prepare<unknown[]>(text);
  statement.safeIntegers(true);
  const bound = parameters.map(asBound);
  if (!statement.reader) {
    const { changes } = statement.run(bound);
    return { columns: [], rows: [], truncated: false, changes };
  }
  statement.raw(true);
  const columns = statement.columns().map(({ name, type }) => ({
    name,
    type: type?.toLowerCase() ?? '',
  }));
  const collector = new RowCollector(rowsMax);
  let isStopped = false;
  try {
    for (const row of statement.iterate(bound)) {
      if (collector.add(asValues(row)) || isStopped || kind !== 'read') continue;
      // A statement that was left in the middle would hold its view of the file. One that writes
      // runs to its end: it is done then, and its rows are only dropped.
      isStopped = true;
      opened().interrupt();
    }
  } catch (error) {
    if (!isStopped) throw error;
  }
  return { columns, rows: collector.rows, truncated: collector.isTruncated };
}

/** A whole number is one for SQLite only as `bigint`. */
function asBound(value: SqlValue): unknown {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

function asValues(row: unknown): readonly SqlValue[] {
  if (!Array.isArray(row)) throw new TypeError('Rows are asked for as lists');
  return row.map((value: unknown) => {
    if (typeof value === 'bigint') return wholeNumber(value);
    if (value instanceof Uint8Array) return ownBytes(value);
    if (typeof value === 'string' || typeof value === 'number') return value;
    return null;
  });
}
