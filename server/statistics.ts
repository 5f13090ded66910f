/**
 * What a server counts while it runs, in memory that all of its threads share.
 *
 * Each cell has one thread that writes it: the main thread counts what became of requests, each
 * publisher tells how many objects it has loaded. So nobody waits for anybody, and whoever reads
 * sees each cell whole. Begins anew with each start of the server.
 */

/** Publisher threads whose caches are told, those that are being replaced included. */
const THREADS_MAX = 1024;

const COUNTERS = ['saved', 'merged', 'retried', 'refused'] as const;

export interface ConflictFigures {
  /** Requests whose transaction was saved. */
  readonly saved: number;
  /** Of these, the ones in which two changes of one object became one state. */
  readonly merged: number;
  /** Times that a request was begun again because others had changed the same. */
  readonly retried: number;
  /** Requests that were given up after that. */
  readonly refused: number;
}

export interface CacheFigures {
  readonly threads: number;
  /** Objects that the threads have loaded together. */
  readonly objects: number;
  /** The most that each of them keeps. */
  readonly objectsMax: number;
}

export class Statistics {
  /** What another thread needs to share the counts; can be posted to it. */
  readonly handle: SharedArrayBuffer;
  readonly #counts: Float64Array;

  /** @param handle that of another thread; new counts when left out */
  constructor(handle?: SharedArrayBuffer) {
    const cells = COUNTERS.length + THREADS_MAX;
    this.handle = handle ?? new SharedArrayBuffer(cells * Float64Array.BYTES_PER_ELEMENT);
    this.#counts = new Float64Array(this.handle);
  }

  /** Counts one more. For the main thread. */
  count(what: keyof ConflictFigures): void {
    const cell = COUNTERS.indexOf(what);
    this.#counts[cell] = (this.#counts[cell] ?? 0) + 1;
  }

  get conflicts(): ConflictFigures {
    const [saved = 0, merged = 0, retried = 0, refused = 0] = this.#counts;
    return { saved, merged, retried, refused };
  }

  /**
   * Tells how many objects a thread has loaded; 0 once it has ended. For that thread itself, and for
   * the main thread when it is gone.
   */
  setLoaded(thread: number, objects: number): void {
    if (thread < THREADS_MAX) this.#counts[COUNTERS.length + thread] = objects;
  }

  /** Objects loaded, by thread; those that have none are left out. */
  get loaded(): readonly number[] {
    return [...this.#counts.subarray(COUNTERS.length)].filter((objects) => objects > 0);
  }
}
