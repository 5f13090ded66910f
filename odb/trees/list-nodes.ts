/**
 * The nodes of a list as of one moment: what a version rests on that changed something in it.
 */
import { isListInner } from './list-tree.js';
import { LIST_CLASS, LIST_NODE_CLASS, listNodeOfState } from './list-record.js';
import type { Oid } from '../oid.js';
import { classNameOf, decodeRecord } from '../records/record.js';
import type { StoredRevision } from '../stored.js';
import type { Tid } from '../tid.js';
import { Ref } from '../value.js';

/** Tells whether a record is a list, or a node of one. */
export function isListPart(record: Uint8Array | undefined): boolean {
  if (record === undefined) return false;
  const className = classNameOf(record);
  return className === LIST_CLASS || className === LIST_NODE_CLASS;
}

/** Gives the list that a record is a node of; `undefined` when it is none, or does not say. */
export function listOf(oid: Oid, record: Uint8Array): Oid | undefined {
  const className = classNameOf(record);
  if (className === LIST_CLASS) return oid;
  if (className !== LIST_NODE_CLASS) return undefined;
  const { list } = decodeRecord(record).state;
  return list instanceof Ref ? list.oid : undefined;
}

/**
 * Walks the nodes of a list as of a moment, the root first. A node that is missing, or is kept only
 * as of later, comes without a revision, and nothing below it.
 */
export function* listNodesAt(
  look: (oid: Oid, at: Tid) => StoredRevision | undefined,
  list: Oid,
  at: Tid,
): Generator<{ readonly oid: Oid; readonly revision: StoredRevision | undefined }> {
  const waiting = [list];
  for (let oid = waiting.pop(); oid !== undefined; oid = waiting.pop()) {
    const found = look(oid, at);
    const revision = found !== undefined && found.tid <= at ? found : undefined;
    yield { oid, revision };
    if (revision?.record === undefined || !isListPart(revision.record)) continue;
    const node = listNodeOfState(decodeRecord(revision.record).state);
    if (isListInner(node)) waiting.push(...node.children.map((child) => child.oid));
  }
}
