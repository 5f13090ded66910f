/**
 * Rows as they come from a database, as many as were asked for.
 *
 * Bounded in rows and in bytes, so that no statement can fill the memory of the thread that all
 * databases share. What goes past the bounds is dropped, and the answer says that there was more.
 */
import type { SqlValue } from './value-types.js';

/** Bytes of values that one answer holds. */
export const RESULT_BYTES_MAX = 32 * 2 ** 20;
/** What a value costs besides its text or bytes. */
const VALUE_BYTES = 8;

export class RowCollector {
  readonly rows: (readonly SqlValue[])[] = [];
  readonly #rowsMax: number;
  #bytes = 0;
  #isTruncated = false;

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  /** Whether there were more rows than are kept. */
  get isTruncated(): boolean {
    return this.#isTruncated;
  }

  /** Takes a row. `false` when no more are wanted. */
  add(row: readonly SqlValue[]): boolean {
    if (this.#isTruncated) return false;
    const bytes = row.reduce((sum: number, value) => sum + sizeOf(value), 0);
    if (this.rows.length >= this.#rowsMax || this.#bytes + bytes > RESULT_BYTES_MAX) {
      this.#isTruncated = true;
      return false;
    }
    this.#bytes += bytes;
    this.rows.push(row);
    return true;
  }
}

function sizeOf(value: SqlValue): number {
  if (typeof value === 'string') return VALUE_BYTES + 2 * value.length;
  return value instanceof Uint8Array ? VALUE_BYTES + value.byteLength : VALUE_BYTES;
}
