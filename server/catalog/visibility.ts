/**
 * What the one who asks may view, inside a query: totals count nothing else.
 *
 * Most objects have no settings of their own, so one answer for a container holds for all of them
 * in it. Those that have are judged one by one.
 */
import type { Seen } from './catalog-index.js';
import { DocidGatherer } from './docids.js';
import { placeOf, type DocumentPlace, type Documents } from './documents.js';
import { only, type Hits } from './hits.js';

/** Who may view what. Asked once for each container in a query. */
export interface Visibility {
  /** Nothing below the catalog's folder is hidden from the one who asks: nobody else is asked. */
  readonly everything?: boolean;
  /** Tells of the objects in a container without settings of their own; `each`: judge every one. */
  container(oid: number): 'all' | 'none' | 'each';
  /** Tells of one object. */
  document(docid: number): boolean;
  /** Gives an attribute of one that may be viewed, as it is stored. */
  value(docid: number, source: string): unknown;
}

/** Answers for one query: each container is asked about once. */
export class Judgement implements Seen {
  readonly #documents: Documents;
  readonly #visibility: Visibility;
  readonly #containers = new Map<number, 'all' | 'none' | 'each'>();
  /** Many words are first met in the same few documents. */
  readonly #firsts = new Map<number, boolean>();

  constructor(documents: Documents, visibility: Visibility) {
    this.#documents = documents;
    this.#visibility = visibility;
  }

  /** Gives the hits that may be viewed. */
  of(hits: Hits): Hits {
    if (hits.docids.length === 0) return hits;
    const visible = new DocidGatherer();
    this.#documents.eachPlace(hits.docids, (docid, place) => {
      if (this.#mayView(docid, placeOf(place))) visible.add(docid);
    });
    if (visible.length === hits.docids.length) return hits;
    return only(hits, visible.sorted());
  }

  first(docids: Iterable<number>): number | undefined {
    for (const docid of docids) {
      let mayView = this.#firsts.get(docid);
      if (mayView === undefined) {
        const place = this.#documents.place(docid);
        mayView = place !== undefined && this.#mayView(docid, place);
        this.#firsts.set(docid, mayView);
      }
      if (mayView) return docid;
    }
    return undefined;
  }

  value(docid: number, source: string): unknown {
    return this.#visibility.value(docid, source);
  }

  #mayView(docid: number, { container, ownSettings }: DocumentPlace): boolean {
    let judgement: 'all' | 'none' | 'each' = 'each';
    if (!ownSettings) {
      const known = this.#containers.get(container);
      judgement = known ?? this.#visibility.container(container);
      if (known === undefined) this.#containers.set(container, judgement);
    }
    return judgement === 'all' || (judgement === 'each' && this.#visibility.document(docid));
  }
}
