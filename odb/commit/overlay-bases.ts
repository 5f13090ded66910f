/**
 * What entries of overlays are based on: revisions of main that have to stay while the entries do.
 */
import type { Present } from './decision.js';
import { isListPart, listNodesAt } from '../trees/list-nodes.js';
import type { Oid } from '../oid.js';
import type { OverlayRevision, StoredRevision } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';

/**
 * Walks the revisions of main that an entry is based on: its own, and for a list those of all nodes
 * it had at that moment. What is missing is left out.
 *
 * @param look gives the newest revision of main not newer than a moment
 */
export function* basesOf(
  look: (oid: Oid, at: Tid) => StoredRevision | undefined,
  { oid, record, basedOn }: { readonly oid: Oid } & Pick<OverlayRevision, 'record' | 'basedOn'>,
): Generator<{ readonly oid: Oid; readonly tid: Tid }> {
  if (basedOn === TID_ZERO) return;
  const base = look(oid, basedOn);
  if (base === undefined || base.tid > basedOn) return;
  if (!isListPart(record ?? base.record)) {
    yield { oid, tid: base.tid };
    return;
  }
  for (const node of listNodesAt(look, oid, basedOn)) {
    if (node.revision !== undefined) yield { oid: node.oid, tid: node.revision.tid };
  }
}

/** Tells whether main still has all that an entry is to be based on. */
export function hasBase(
  present: Pick<Present, 'revision' | 'packedTid'>,
  { oid, record, basedOn }: { readonly oid: Oid } & Pick<OverlayRevision, 'record' | 'basedOn'>,
): boolean {
  if (basedOn === TID_ZERO) return true;
  const base = present.revision(oid, basedOn);
  if (base === undefined || base.tid > basedOn) return false;
  // Of an object, a pack forgets the oldest revisions; of a list, those of some nodes.
  if (basedOn >= present.packedTid || record === undefined || !isListPart(record)) return true;
  const look = (one: Oid, at: Tid): StoredRevision | undefined => present.revision(one, at);
  for (const { revision } of listNodesAt(look, oid, basedOn)) {
    if (revision === undefined) return false;
  }
  return true;
}
