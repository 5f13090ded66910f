/**
 * What objects and their containers promise each other, kept by an undo: nothing that comes back
 * goes into a container that was removed, and nothing is removed with later changes below it.
 */
import { containersOf, type RecordAt } from '../commit/containment.js';
import { placeField } from '../commit/place.js';
import type { Oid } from '../oid.js';
import { decodeRecord } from '../records/record.js';
import { TID_ZERO, type Tid } from '../tid.js';
import type { UndoDraft } from './undo-draft.js';
import { isPlainObject, own, sameValue } from '../value.js';

/**
 * Adds conflicts for places that an undo would break.
 *
 * @param oldest the oldest transaction taken back
 */
export function checkContainers(draft: UndoDraft, oldest: Tid): void {
  const ended = new Set<Oid>();
  for (const oid of draft.touched) {
    const before = placeIn(draft, draft.past.revision(oid)?.record);
    const after = placeIn(draft, draft.look(oid)?.record);
    if (sameValue(before, after)) continue;
    if (after === undefined) ended.add(oid);
    else checkComesBack(draft, oid, oldest);
  }
  if (ended.size > 0) checkEnds(draft, ended, oldest);
}

/** What gets a place must not get it below something that was removed, or below itself. */
function checkComesBack(draft: UndoDraft, oid: Oid, oldest: Tid): void {
  const { past, classes } = draft;
  const look = (at: Oid): RecordAt | undefined => draft.look(at);
  const above: Oid[] = [];
  for (const container of containersOf(oid, look, classes.rules)) {
    if (container === oid || above.includes(container)) {
      const movers = above.flatMap((each) => moversOf(draft, each, oldest));
      draft.refuse(oid, [placeName(draft, oid)], movers);
      return;
    }
    above.push(container);
    const state = draft.look(container);
    if (placeIn(draft, state?.record) !== undefined) continue;
    // Whatever is not in a container was removed, or never was in one.
    const last = past.revision(container);
    // What begins again with it, and was in no container before it ended, stands in no way.
    if (last?.record === undefined && state?.record !== undefined) continue;
    const remover = lastWriter(draft, container);
    const isRemoved =
      remover !== undefined && past.transaction(remover).removed.includes(container);
    if (isRemoved && !isBelow(draft, oid, container)) {
      draft.refuse(oid, [placeName(draft, oid)], [remover]);
    }
  }
}

/** Tells whether an object is below a container already, so that it comes to nowhere else. */
function isBelow({ past, classes }: UndoDraft, oid: Oid, container: Oid): boolean {
  for (const at of containersOf(oid, (each) => past.revision(each), classes.rules)) {
    if (at === container) return true;
  }
  return false;
}

/** Gives the newest transaction that wrote an object and is not taken back. */
function lastWriter(draft: UndoDraft, oid: Oid): Tid | undefined {
  for (const { after } of draft.past.changes(oid, TID_ZERO)) {
    if (!draft.isChosen(after.tid)) return after.tid;
  }
  return undefined;
}

/** Gives the later transactions that put an object elsewhere. */
function moversOf(draft: UndoDraft, oid: Oid, oldest: Tid): Tid[] {
  const movers: Tid[] = [];
  for (const { before, after } of draft.past.changes(oid, oldest)) {
    const [from, to] = [before, after].map((revision) => placeIn(draft, revision?.record));
    if (!sameValue(from, to)) movers.push(after.tid);
  }
  return movers;
}

/** What loses its place must have nothing below it that others changed since. */
function checkEnds(draft: UndoDraft, ended: ReadonlySet<Oid>, oldest: Tid): void {
  const blockers = new Map<Oid, Tid[]>();
  const look = (at: Oid): RecordAt | undefined => draft.look(at);
  for (const { tid, oids, maps } of draft.past.since(oldest)) {
    if (draft.isChosen(tid)) continue;
    const nodes = new Set(maps.flatMap((map) => map.nodes));
    for (const oid of oids) {
      if (nodes.has(oid) || ended.has(oid)) continue;
      for (const container of containersOf(oid, look, draft.classes.rules)) {
        if (!ended.has(container)) continue;
        const tids = blockers.get(container);
        if (tids === undefined) blockers.set(container, [tid]);
        else tids.push(tid);
        break;
      }
    }
  }
  for (const [oid, tids] of blockers) draft.refuse(oid, [placeName(draft, oid)], tids);
}

function placeIn({ classes }: UndoDraft, record: Uint8Array | undefined): unknown {
  if (record === undefined) return undefined;
  const { className, state } = decodeRecord(record);
  const field = placeField(className, classes.rules);
  const place = field === undefined ? undefined : own(state, field);
  return isPlainObject(place) ? place : undefined;
}

function placeName(draft: UndoDraft, oid: Oid): string {
  return placeField(draft.classNameOf(oid), draft.classes.rules) ?? '';
}
