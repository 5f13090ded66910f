/**
 * Parts of pages that are kept for a while, for `{{#cache}}`.
 *
 * One of these belongs to one thread. What is in it was shown of one state of the site; when asked
 * about another, it forgets everything. So nothing that was kept outlives a change of what it shows,
 * or of who may see it.
 */
import type { Tid } from '../../odb/index.js';
import { Html } from '../templates/index.js';

/** Characters that all fragments of a thread may have together. */
export const FRAGMENTS_CHARACTERS_MAX = 16 * 2 ** 20;
/** A longer fragment is not kept. */
const FRAGMENT_CHARACTERS_MAX = 2 ** 20;

interface Fragment {
  readonly html: string;
  readonly untilMs: number;
}

export class KeptFragments {
  /** The one used longest ago comes first. */
  readonly #fragments = new Map<string, Fragment>();
  #characters = 0;
  #tid: Tid | undefined;

  /** Gives what is kept under `key`; `undefined` when there is nothing, or it is too old. */
  get(
    key: string,
    { tid, nowMs }: { readonly tid: Tid; readonly nowMs: number },
  ): Html | undefined {
    this.#follow(tid);
    const fragment = this.#fragments.get(key);
    if (fragment === undefined) return undefined;
    this.#remove(key, fragment);
    if (fragment.untilMs <= nowMs) return undefined;
    this.#add(key, fragment);
    return new Html(fragment.html);
  }

  set(
    key: string,
    html: Html,
    { tid, untilMs }: { readonly tid: Tid; readonly untilMs: number },
  ): void {
    if (html.text.length > FRAGMENT_CHARACTERS_MAX) return;
    this.#follow(tid);
    const held = this.#fragments.get(key);
    if (held !== undefined) this.#remove(key, held);
    this.#add(key, { html: html.text, untilMs });
    for (const [oldest, fragment] of this.#fragments) {
      if (this.#characters <= FRAGMENTS_CHARACTERS_MAX) return;
      this.#remove(oldest, fragment);
    }
  }

  #follow(tid: Tid): void {
    if (this.#tid === tid) return;
    this.#fragments.clear();
    this.#characters = 0;
    this.#tid = tid;
  }

  #add(key: string, fragment: Fragment): void {
    this.#fragments.set(key, fragment);
    this.#characters += key.length + fragment.html.length;
  }

  #remove(key: string, { html }: Fragment): void {
    this.#fragments.delete(key);
    this.#characters -= key.length + html.length;
  }
}
