/**
 * Claims: who has a request that was posted to a thread, the thread or the one who posted it.
 *
 * A request may wait in a thread's port while the thread works on another. Until the thread has
 * begun it, the main thread can take it back, and whoever claims it first has it. Memory shared by
 * the two decides, since a message to take it back would wait in the same port.
 *
 * At most two requests are with a thread: the one it does, or is about to, and the one that waits.
 * Each has a cell of its own. The cell of one that was taken back serves the next; the thread finds
 * another number there when it comes to the old message, however late that is.
 */
const CELLS = 2;
const NOBODY = 0;
/** Requests are numbered up to this, and then again. */
const ID_MAX = 2 ** 30;

export class Claims {
  /** What the thread at the other end needs. */
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array;
  #last = NOBODY;

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT);
    this.#cells = new Int32Array(this.buffer);
  }

  /**
   * Numbers a request that is about to be posted, and lets it be claimed.
   *
   * @param other the request that is with the thread already
   */
  offer(other: number | undefined): number {
    const id = (this.#last % ID_MAX) + 1;
    this.#last = other !== undefined && id % CELLS === other % CELLS ? id + 1 : id;
    Atomics.store(this.#cells, this.#last % CELLS, this.#last);
    return this.#last;
  }

  /** Claims a request; `false` when the other side has it. */
  claim(id: number): boolean {
    return Atomics.compareExchange(this.#cells, id % CELLS, id, NOBODY) === id;
  }
}
