/**
 * Compiled templates, kept from request to request.
 *
 * Bounded by the length of their sources, since code is about in proportion to it; the template
 * used longest ago goes first. A key stands for one source for ever (object and revision), so
 * nothing here is ever out of date.
 */

/** Characters of source whose code is kept. */
export const CACHE_CHARACTERS_MAX = 4 * 1024 * 1024;

/** Counted for each template beside its source. */
const CHARACTERS_EACH = 500;

interface Entry<T> {
  readonly value: T;
  readonly characters: number;
}

export class TemplateCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #charactersMax: number;
  #characters = 0;

  constructor(charactersMax: number = CACHE_CHARACTERS_MAX) {
    this.#charactersMax = charactersMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Gives what is kept under a key, or makes it. What throws is not kept. */
  get(key: string, length: number, make: () => T): T {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.value;
    }
    const entry = { value: make(), characters: length + CHARACTERS_EACH };
    this.#entries.set(key, entry);
    this.#characters += entry.characters;
    this.#shrink();
    return entry.value;
  }

  /** Lets the oldest go, but never the one just asked for. */
  #shrink(): void {
    for (const [key, { characters }] of this.#entries) {
      if (this.#characters <= this.#charactersMax || this.#entries.size === 1) return;
      this.#entries.delete(key);
      this.#characters -= characters;
    }
  }
}
