/**
 * The revisions of one entry of a version's overlay, for whoever takes transactions back.
 */
import { isInner } from '../trees/btree.js';
import { isListPart } from '../trees/list-nodes.js';
import { listNodeOfState } from '../trees/list-record.js';
import { isListInner } from '../trees/list-tree.js';
import { decodeNode } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import { isPatch, isPatchNode } from '../trees/patch-record.js';
import { decodeRecord } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { OverlayRevision } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';
import { isTreeRecord } from '../objects/tree-class.js';
import { sameBytes } from '../value.js';

/** Most later revisions of an entry that are named. */
export const LATER_WRITERS_MAX = 200;

/** What a version held just after a transaction; `undefined` also when it is forgotten. */
export function entryAt(
  reader: Reader,
  version: Oid,
  oid: Oid,
  at: Tid,
): OverlayRevision | undefined {
  const found = reader.overlay(version, oid, at);
  return found !== undefined && found.tid <= at ? found : undefined;
}

type EntryContent = Pick<OverlayRevision, 'record' | 'live' | 'basedOn'>;

/** Tells whether a version holds the same, whoever wrote it. */
export function isSameEntry(a: EntryContent | undefined, b: EntryContent | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.live !== b.live || a.basedOn !== b.basedOn) return false;
  if (a.record === undefined || b.record === undefined) return a.record === b.record;
  return sameBytes(a.record, b.record);
}

/** The transactions after one that wrote an entry, newest first. */
export function laterWriters(reader: Reader, version: Oid, oid: Oid, tid: Tid): Tid[] {
  return laterEntries(reader, version, oid, tid).flatMap((entry) =>
    entry.tid > tid ? [entry.tid] : [],
  );
}

/** What a transaction, and those after it, made of an entry, newest first. */
export function laterEntries(reader: Reader, version: Oid, oid: Oid, tid: Tid): OverlayRevision[] {
  const found: OverlayRevision[] = [];
  let entry = reader.overlay(version, oid);
  while (entry !== undefined && entry.tid >= tid && found.length < LATER_WRITERS_MAX) {
    found.push(entry);
    if (entry.previousTid === TID_ZERO) break;
    const before = reader.overlay(version, oid, entry.previousTid);
    entry = before !== undefined && before.tid < entry.tid ? before : undefined;
  }
  return found;
}

/**
 * Walks the entries that make one object at a moment: itself, and the nodes of a map, of its patch,
 * or of a list. What is not there, or not as it was then, has nothing below it.
 */
export function* entriesOf(reader: Reader, version: Oid, oid: Oid, at: Tid): Generator<Oid> {
  const waiting = [oid];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    yield part;
    const record = entryAt(reader, version, part, at)?.record;
    if (record !== undefined) waiting.push(...childrenIn(record));
  }
}

/** Gives the nodes below one; of what is no node, none. */
function childrenIn(record: Uint8Array): readonly Oid[] {
  if (isListPart(record)) {
    const node = listNodeOfState(decodeRecord(record).state);
    return isListInner(node) ? node.children.map((child) => child.oid) : [];
  }
  if (!isPatch(record) && !isPatchNode(record) && !isTreeRecord(record)) return [];
  const node = decodeNode(record);
  return isInner(node) ? node.children : [];
}
