/**
 * What one thread keeps for SQL, from transaction to transaction.
 */
import type { Instruction } from '../templates/frame.js';
import { TemplateCache } from '../templates/cache.js';
import { ResultCache } from './result-cache.js';
import type { SqlDoor } from './sql-door.js';
import { WriteCounts } from './write-counts.js';

export interface SqlServicesOptions {
  /** Shared with the other threads. */
  readonly counts?: WriteCounts | undefined;
  /** The way to databases; there is none in a job. */
  readonly door?: SqlDoor | undefined;
}

export class SqlServices {
  /** Counts what any thread wrote. */
  readonly counts: WriteCounts;
  /** Answers that this thread keeps. */
  readonly results: ResultCache;
  /** Compiled sources of methods. */
  readonly sources = new TemplateCache<Instruction>();

  /** The way to databases; `undefined` where there is none. */
  readonly door: SqlDoor | undefined;

  constructor({ counts = new WriteCounts(), door }: SqlServicesOptions = {}) {
    this.counts = counts;
    this.door = door;
    this.results = new ResultCache(counts);
  }
}
