/**
 * Parts of a page that are the same from one request to the next: a listing's rows, the leaves of
 * the tree. Each is rendered once a thread and put in again as long as its model says the same.
 *
 * Nothing has to be told that something changed. A part reads its model and nothing besides (no
 * `@frame`, no clock), the model is made anew for each request, and every field of it is compared.
 */
import { Markup } from './helpers.js';

/** Parts that a thread keeps, of one view; each is about a kilobyte. */
export const KEPT_MAX = 3000;

/** What a part shows: plain values under names, the same names each time. */
export interface PartModel {
  /** Tells this part from the others of its view: an address, say. */
  readonly key: string;
}

interface Kept {
  readonly model: PartModel;
  readonly html: string;
}

export class KeptParts {
  readonly #byView = new Map<string, Map<string, Kept>>();
  readonly #render: (view: string, model: PartModel) => string;

  constructor(render: (view: string, model: PartModel) => string) {
    this.#render = render;
  }

  /** Gives the parts one after the other, each rendered now or before. `view` names a partial. */
  each(view: string, models: readonly PartModel[]): Markup {
    let kept = this.#byView.get(view);
    if (kept === undefined) this.#byView.set(view, (kept = new Map<string, Kept>()));
    let html = '';
    for (const model of models) html += this.#part(view, model, kept);
    return new Markup(html);
  }

  #part(view: string, model: PartModel, kept: Map<string, Kept>): string {
    const before = kept.get(model.key);
    if (before !== undefined && saysTheSame(before.model, model)) return before.html;
    const html = inOnePiece(this.#render(view, model));
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(model.key, { model, html });
    return html;
  }
}

function saysTheSame(one: PartModel, other: PartModel): boolean {
  for (const name in other) {
    // The names of a model are its fields.
    if (one[name as keyof PartModel] !== other[name as keyof PartModel]) return false;
  }
  return true;
}

/** A string built by adding is a tree of its pieces, and each page would walk it again. */
function inOnePiece(text: string): string {
  return Buffer.from(text).toString();
}
