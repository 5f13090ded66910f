/**
 * What the one who asks may view, inside a query: totals count nothing else.
 *
 * Most objects have no settings of their own, so one answer for a container holds for all of them
 * in it. Those that have are judged one by one.
 */
import { DocidGatherer } from './docids.js';
import { placeOf, type Documents } from './documents.js';
import { only, type Hits } from './hits.js';

/** Who may view what. Asked once for each container in a query. */
export interface Visibility {
  /** Nothing below the catalog's folder is hidden from the one who asks: nobody else is asked. */
  readonly everything?: boolean;
  /** Tells of the objects in a container without settings of their own; `each`: judge every one. */
  container(oid: number): 'all' | 'none' | 'each';
  /** Tells of one object. */
  document(docid: number): boolean;
}

/** Gives the hits that may be viewed. */
export function visibleHits(hits: Hits, documents: Documents, visibility: Visibility): Hits {
  if (visibility.everything === true || hits.docids.length === 0) return hits;
  const judged = new Map<number, 'all' | 'none' | 'each'>();
  const visible = new DocidGatherer();
  documents.eachPlace(hits.docids, (docid, place) => {
    const { container, ownSettings } = placeOf(place);
    let judgement: 'all' | 'none' | 'each' = 'each';
    if (!ownSettings) {
      const known = judged.get(container);
      judgement = known ?? visibility.container(container);
      if (known === undefined) judged.set(container, judgement);
    }
    if (judgement === 'all' || (judgement === 'each' && visibility.document(docid))) {
      visible.add(docid);
    }
  });
  if (visible.length === hits.docids.length) return hits;
  return only(hits, visible.sorted());
}
