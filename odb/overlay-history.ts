/**
 * The revisions of one entry of a version's overlay, for whoever takes transactions back.
 */
import type { Oid } from './oid.js';
import type { OverlayRevision, Reader } from './storage.js';
import { TID_ZERO, type Tid } from './tid.js';
import { sameBytes } from './value.js';

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
  const found: Tid[] = [];
  let entry = reader.overlay(version, oid);
  while (entry !== undefined && entry.tid > tid && found.length < LATER_WRITERS_MAX) {
    found.push(entry.tid);
    if (entry.previousTid === TID_ZERO) break;
    const before = reader.overlay(version, oid, entry.previousTid);
    entry = before !== undefined && before.tid < entry.tid ? before : undefined;
  }
  return found;
}
