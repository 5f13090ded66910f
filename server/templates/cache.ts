/**
 * Compiled templates, kept from request to request.
 *
 * Bounded by their weight, which is about the memory that their code takes; the template used
 * longest ago goes first. A key stands for one source for ever (object and revision), so
 * nothing here is ever out of date.
 */

/** Bytes that all code together may weigh, roughly. */
export const CACHE_BYTES_MAX = 64 * 1024 * 1024;

/** What is kept, and how much it weighs. */
export interface Weighed<T> {
  readonly value: T;
  readonly sizeBytes: number;
}

export class TemplateCache<T> {
  readonly #entries = new Map<string, Weighed<T>>();
  readonly #bytesMax: number;
  #sizeBytes = 0;

  constructor(bytesMax: number = CACHE_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Gives what is kept under a key, or makes it. What throws is not kept. */
  get(key: string, make: () => Weighed<T>): T {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.value;
    }
    const entry = make();
    this.#entries.set(key, entry);
    this.#sizeBytes += entry.sizeBytes;
    this.#shrink();
    return entry.value;
  }

  /** Lets the oldest go, but never the one just asked for. */
  #shrink(): void {
    for (const [key, { sizeBytes }] of this.#entries) {
      if (this.#sizeBytes <= this.#bytesMax || this.#entries.size === 1) return;
      this.#entries.delete(key);
      this.#sizeBytes -= sizeBytes;
    }
  }
}
