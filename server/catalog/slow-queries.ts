/**
 * The queries that took long, with what was done for them: in memory that all threads of the process
 * share, bounded.
 *
 * Queries of one shape (the same indexes of a catalog asked in the same way, sorted alike) are one
 * entry, so a page that is slow each time does not push the others out. An entry is claimed by a
 * thread while it writes, and whoever reads takes only what was whole all the while; nobody waits. Two
 * threads that meet a shape at the same moment make two entries, which are read as one. What a thread
 * was writing when it was terminated is lost, and its entry taken over.
 */
import type { PlanStep } from './plan.js';

export const SLOW_MS_DEFAULT = 100;
export const SLOW_ENTRIES_MAX = 100;
/** What is kept of a shape, and of a step's words, in UTF-16 units. */
const WORDS_MAX = 500;
/** One entry: its numbers, and behind them what is text. Of a plan that is longer, the beginning. */
const ENTRY_BYTES = 8192;
const NUMBERS = ['catalog', 'count', 'totalMs', 'longestMs', 'lastMs'] as const;
/** Before the numbers stand its state, odd while it is written, and the length of its text. */
const STATE_BYTES = 8;
const TEXT_AT = STATE_BYTES + NUMBERS.length * Float64Array.BYTES_PER_ELEMENT;
/** A thread that writes an entry for so long has ended. */
const WRITING_MS_MAX = 1_000;

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

type Numbers = Readonly<Record<(typeof NUMBERS)[number], number>>;
type Words = Pick<SlowQuery, 'shape' | 'plan' | 'total'>;
type Entry = Numbers & Words;

export class SlowQueries {
  /** What another thread of this process needs to share them; can be posted to it. */
  readonly handle: SharedArrayBuffer;
  readonly thresholdMs: number;
  readonly #now: () => number;
  readonly #states: Int32Array;
  readonly #entries: number;

  /**
   * @param options.handle of another thread's; new ones when left out
   * @param options.thresholdMs what takes as long is slow
   * @param options.entriesMax shapes that are kept, of all catalogs; the least recent goes first
   * @param options.now milliseconds since the epoch
   */
  constructor({
    handle,
    thresholdMs = SLOW_MS_DEFAULT,
    entriesMax = SLOW_ENTRIES_MAX,
    now = Date.now,
  }: {
    readonly handle?: SharedArrayBuffer;
    readonly thresholdMs?: number;
    readonly entriesMax?: number;
    readonly now?: () => number;
  } = {}) {
    this.handle = handle ?? new SharedArrayBuffer(entriesMax * ENTRY_BYTES);
    this.thresholdMs = thresholdMs;
    this.#now = now;
    this.#states = new Int32Array(this.handle);
    this.#entries = this.handle.byteLength / ENTRY_BYTES;
  }

  /** Takes note of a search, if it was slow. @param catalog its oid */
  note(catalog: number, { shape: whole, milliseconds, plan, total }: SearchNote): void {
    if (milliseconds < this.thresholdMs) return;
    const shape = whole.slice(0, WORDS_MAX).toWellFormed();
    const now = this.#now();
    for (let at = 0; at < this.#entries; at += 1) {
      const state = this.#stateOf(at);
      const known = this.#read(at);
      if (known?.catalog !== catalog || known.shape !== shape) continue;
      const slowest = known.longestMs > milliseconds ? known : { plan, total };
      const entry = {
        ...{ catalog, shape, plan: slowest.plan, total: slowest.total },
        count: known.count + 1,
        totalMs: known.totalMs + milliseconds,
        longestMs: Math.max(known.longestMs, milliseconds),
        lastMs: now,
      };
      if (this.#write(at, state, entry)) return;
    }
    const numbers = { count: 1, totalMs: milliseconds, longestMs: milliseconds, lastMs: now };
    for (const { at, state } of this.#leastRecent(now)) {
      if (this.#write(at, state, { catalog, shape, plan, total, ...numbers })) return;
    }
  }

  /** Lists those of a catalog, the most recent first. @param catalog its oid */
  list(catalog: number): SlowQuery[] {
    const byShape = new Map<string, Entry>();
    for (let at = 0; at < this.#entries; at += 1) {
      const entry = this.#read(at);
      if (entry?.catalog !== catalog) continue;
      const other = byShape.get(entry.shape);
      byShape.set(entry.shape, other === undefined ? entry : together(entry, other));
    }
    return [...byShape.values()]
      .sort((a, b) => b.lastMs - a.lastMs)
      .map(({ shape, count, totalMs, longestMs, lastMs, plan, total }) => ({
        ...{ shape, count, meanMs: totalMs / count, longestMs, lastMs, plan, total },
      }));
  }

  /** The entries that may be written, the least recent first; free ones before all. */
  #leastRecent(now: number): readonly { readonly at: number; readonly state: number }[] {
    const entries: { at: number; state: number; lastMs: number }[] = [];
    for (let at = 0; at < this.#entries; at += 1) {
      const state = this.#stateOf(at);
      const { lastMs } = numbersOf(this.#numbers(at));
      const isWritten = state % 2 !== 0 && now - lastMs < WRITING_MS_MAX;
      if (!isWritten) entries.push({ at, state, lastMs });
    }
    return entries.sort((a, b) => a.lastMs - b.lastMs);
  }

  /** Gives what is in an entry; `undefined` for nothing, and while it is written. */
  #read(at: number): Entry | undefined {
    const state = this.#stateOf(at);
    if (state === 0 || state % 2 !== 0) return undefined;
    const length = this.#states[this.#stateAt(at) + 1] ?? 0;
    const numbers = numbersOf(this.#numbers(at));
    const bytes = new Uint8Array(this.handle, at * ENTRY_BYTES + TEXT_AT, length).slice();
    if (this.#stateOf(at) !== state) return undefined;
    return { ...numbers, ...(JSON.parse(new TextDecoder().decode(bytes)) as Words) };
  }

  /** Writes an entry, unless another thread has begun to since its state was read. */
  #write(at: number, state: number, { shape, plan, total, ...numbers }: Entry): boolean {
    const stateAt = this.#stateAt(at);
    const writing = state + (state % 2 === 0 ? 1 : 2);
    if (Atomics.compareExchange(this.#states, stateAt, state, writing) !== state) return false;
    const cells = this.#numbers(at);
    for (const [cell, name] of NUMBERS.entries()) cells[cell] = numbers[name];
    const bytes = wordsOf({ shape, plan, total });
    this.#states[stateAt + 1] = bytes.length;
    new Uint8Array(this.handle, at * ENTRY_BYTES + TEXT_AT).set(bytes);
    Atomics.store(this.#states, stateAt, writing + 1);
    return true;
  }

  #stateOf(at: number): number {
    return Atomics.load(this.#states, this.#stateAt(at));
  }

  #stateAt(at: number): number {
    return (at * ENTRY_BYTES) / Int32Array.BYTES_PER_ELEMENT;
  }

  #numbers(at: number): Float64Array {
    return new Float64Array(this.handle, at * ENTRY_BYTES + STATE_BYTES, NUMBERS.length);
  }
}

function numbersOf([
  catalog = 0,
  count = 0,
  totalMs = 0,
  longestMs = 0,
  lastMs = 0,
]: Float64Array): Numbers {
  return { catalog, count, totalMs, longestMs, lastMs };
}

function together(a: Entry, b: Entry): Entry {
  return {
    ...(a.longestMs > b.longestMs ? a : b),
    count: a.count + b.count,
    totalMs: a.totalMs + b.totalMs,
    lastMs: Math.max(a.lastMs, b.lastMs),
  };
}

/** Encodes what is text, with as many steps as there is room for. */
function wordsOf({ shape, plan, total }: Words): Uint8Array {
  const steps = plan.map((each) => ({ ...each, step: each.step.slice(0, WORDS_MAX) }));
  for (let count = steps.length; ; count = Math.floor(count / 2)) {
    const words = JSON.stringify({ shape, total, plan: steps.slice(0, count) });
    const bytes = new TextEncoder().encode(words);
    if (bytes.length <= ENTRY_BYTES - TEXT_AT) return bytes;
  }
}
