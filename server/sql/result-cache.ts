/**
 * Answers of SQL methods that are kept for some seconds.
 *
 * An answer is good until its time is up, or something was written through a connection to its
 * database, by whatever thread. Bounded by entries and by bytes; the one used longest ago goes first.
 * One belongs to one thread. Only answers of statements that read may be kept.
 */
import type { SqlTarget } from './data-messages.js';
import type { SqlResult } from './result.js';
import { wayOf } from './sql-target.js';
import type { Statement } from './statement.js';
import type { SqlValue } from './value-types.js';
import type { WriteCounts } from './write-counts.js';

export const KEPT_ANSWERS_MAX = 1000;
/** Bytes that all answers together may take, roughly. */
export const KEPT_BYTES_MAX = 32 * 1024 * 1024;
/** A larger answer is not kept. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
/** What a value takes beside its text. */
const VALUE_BYTES = 16;
const ENTRY_BYTES = 200;

export interface AskedStatements {
  readonly target: SqlTarget;
  readonly statements: readonly Statement[];
  readonly rowsMax: number;
}

interface Kept {
  readonly results: readonly SqlResult[];
  readonly writes: number;
  readonly untilMs: number;
  readonly sizeBytes: number;
}

export interface KeepOptions {
  readonly nowMs: number;
  readonly seconds: number;
  /** The count of writes before the transaction that read this began. */
  readonly writes: number;
}

export class ResultCache {
  readonly #counts: WriteCounts;
  readonly #kept = new Map<string, Kept>();
  #sizeBytes = 0;

  constructor(counts: WriteCounts) {
    this.#counts = counts;
  }

  get size(): number {
    return this.#kept.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  find(asked: AskedStatements, nowMs: number): readonly SqlResult[] | undefined {
    const key = keyOf(asked);
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#drop(key, kept);
    if (kept.untilMs <= nowMs || kept.writes !== this.#counts.of(asked.target)) return undefined;
    this.#put(key, kept);
    return kept.results;
  }

  keep(
    asked: AskedStatements,
    results: readonly SqlResult[],
    { nowMs, seconds, writes }: KeepOptions,
  ): void {
    const key = keyOf(asked);
    const sizeBytes = ENTRY_BYTES + key.length * 2 + bytesOf(results);
    if (sizeBytes > ANSWER_BYTES_MAX) return;
    const known = this.#kept.get(key);
    if (known !== undefined) this.#drop(key, known);
    this.#put(key, { results, writes, untilMs: nowMs + seconds * 1000, sizeBytes });
    for (const [oldest, entry] of this.#kept) {
      if (this.#kept.size <= KEPT_ANSWERS_MAX && this.#sizeBytes <= KEPT_BYTES_MAX) break;
      this.#drop(oldest, entry);
    }
  }

  #put(key: string, entry: Kept): void {
    this.#kept.set(key, entry);
    this.#sizeBytes += entry.sizeBytes;
  }

  #drop(key: string, entry: Kept): void {
    this.#kept.delete(key);
    this.#sizeBytes -= entry.sizeBytes;
  }
}

/** Who has no password, or another, is answered by the database alone. */
function keyOf({ target, statements, rowsMax }: AskedStatements): string {
  const said = statements.map(({ text, parameters }) => [text, parameters.map(keyOfValue)]);
  return JSON.stringify([wayOf(target), rowsMax, said]);
}

function keyOfValue(value: SqlValue): unknown {
  if (typeof value === 'bigint') return { int: String(value) };
  return value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : value;
}

function bytesOf(results: readonly SqlResult[]): number {
  let bytes = 0;
  for (const { columns, rows } of results) {
    for (const { name } of columns) bytes += VALUE_BYTES + name.length * 2;
    for (const row of rows) for (const value of row) bytes += VALUE_BYTES + lengthOf(value);
  }
  return bytes;
}

function lengthOf(value: SqlValue): number {
  if (typeof value === 'string') return value.length * 2;
  return value instanceof Uint8Array ? value.byteLength : 0;
}
