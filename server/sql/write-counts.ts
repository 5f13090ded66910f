/**
 * How often was written to each database, for those who keep what they read.
 *
 * The counts are in memory that all threads share. A database has its slot by a digest of its URL, so
 * two connection objects of one database count together; two databases may share a slot, and then
 * answers are dropped too early, never too late.
 */
import { createHash } from 'node:crypto';
import type { ConnectionSource } from './connection-url.js';

const SLOTS = 1024;

export class WriteCounts {
  readonly handle: SharedArrayBuffer;
  readonly #counts: Int32Array;

  /** @param handle of another thread's counts, to share them */
  constructor(handle?: SharedArrayBuffer) {
    this.handle = handle ?? new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT);
    this.#counts = new Int32Array(this.handle);
  }

  /**
   * Gives the count of a database. What was read in a transaction is good for as long as the count is
   * what it was before that transaction began.
   */
  of(database: ConnectionSource): number {
    return Atomics.load(this.#counts, slotOf(database));
  }

  /** Counts a write. To be called after each commit of a transaction that wrote. */
  add(database: ConnectionSource): void {
    Atomics.add(this.#counts, slotOf(database), 1);
  }
}

function slotOf({ driver, url }: ConnectionSource): number {
  return createHash('sha256').update(`${driver}\n${url}`).digest().readUInt32LE(0) % SLOTS;
}
