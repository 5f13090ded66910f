/**
 * Claims: who has a request that was posted to a thread, the thread or the one who posted it.
 *
 * A request may wait in a thread's port while the thread works on another. Until the thread has
 * begun it, the main thread can take it back, and whoever claims it first has it. Memory shared by
 * the two decides, since a message to take it back would wait in the same port.
 */

/** Requests that may be with one thread at the same time: one begun, one waiting. */
export const REQUESTS_AT_ONCE = 2;
/** A power of two above that, so that no two requests at once share a cell. */
const CELLS = 4;
const NOBODY = 0;

export class Claims {
  /** What the thread at the other end needs. */
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT);
    this.#cells = new Int32Array(this.buffer);
  }

  /** Lets a request be claimed. To be called before it is posted. */
  offer(id: number): void {
    Atomics.store(this.#cells, id % CELLS, id);
  }

  /** Claims a request; `false` when the other side has it. */
  claim(id: number): boolean {
    return Atomics.compareExchange(this.#cells, id % CELLS, id, NOBODY) === id;
  }
}
