/**
 * The queries that took long, with what was done for them: in memory, of one process, bounded.
 *
 * Queries of one shape (the same indexes asked in the same way, sorted alike) are one entry, so a
 * page that is slow each time does not push the others out.
 */
import type { PlanStep } from './plan.js';

export const SLOW_MS_DEFAULT = 100;
export const SLOW_ENTRIES_MAX = 100;

/** Queries of one shape. */
export interface SlowQuery {
  readonly shape: string;
  /** How often it was slow. */
  readonly count: number;
  readonly meanMs: number;
  readonly longestMs: number;
  /** The last time, milliseconds since the epoch. */
  readonly lastMs: number;
  /** What the slowest of them did. */
  readonly plan: readonly PlanStep[];
  /** Hits of the slowest. */
  readonly total: number;
}

/** One search that has ended. */
export interface SearchNote {
  readonly shape: string;
  readonly milliseconds: number;
  readonly plan: readonly PlanStep[];
  readonly total: number;
}

export class SlowQueries {
  readonly thresholdMs: number;
  readonly #entriesMax: number;
  readonly #now: () => number;
  /** The least recent first. */
  readonly #entries = new Map<string, SlowQuery>();

  /**
   * @param options.thresholdMs what takes as long is slow
   * @param options.entriesMax shapes that are kept; the least recent goes first
   * @param options.now milliseconds since the epoch
   */
  constructor({
    thresholdMs = SLOW_MS_DEFAULT,
    entriesMax = SLOW_ENTRIES_MAX,
    now = Date.now,
  }: {
    readonly thresholdMs?: number;
    readonly entriesMax?: number;
    readonly now?: () => number;
  } = {}) {
    this.thresholdMs = thresholdMs;
    this.#entriesMax = entriesMax;
    this.#now = now;
  }

  /** Takes note of a search, if it was slow. */
  note({ shape, milliseconds, plan, total }: SearchNote): void {
    if (milliseconds < this.thresholdMs) return;
    const known = this.#entries.get(shape);
    const count = (known?.count ?? 0) + 1;
    const meanMs = ((known?.meanMs ?? 0) * (count - 1) + milliseconds) / count;
    const slowest =
      known !== undefined && known.longestMs > milliseconds
        ? known
        : { longestMs: milliseconds, plan, total };
    this.#entries.delete(shape);
    this.#entries.set(shape, {
      shape,
      count,
      meanMs,
      longestMs: slowest.longestMs,
      lastMs: this.#now(),
      plan: slowest.plan,
      total: slowest.total,
    });
    if (this.#entries.size <= this.#entriesMax) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }

  /** Lists them, those that cost the most time altogether first. */
  list(): SlowQuery[] {
    return [...this.#entries.values()].sort((a, b) => b.meanMs * b.count - a.meanMs * a.count);
  }

  clear(): void {
    this.#entries.clear();
  }
}
