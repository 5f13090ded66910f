/**
 * What objects and their containers promise each other when several change them at once: nothing is
 * saved in a container that the other side removed, and no object comes to be in itself.
 *
 * An object says itself which container it is in (its place), so walking up needs one load a step.
 * The walk is taken only where something was removed, or moved.
 */
import { assert } from '../assert.js';
import { OdbError, type ConflictingObject } from '../errors.js';
import { placeField } from './merge.js';
import type { Oid } from '../oid.js';
import { classNameOf, fieldIn, hasSameClass } from '../records/record.js';
import type { MergeRules } from '../rules.js';
import type { TransactionChanges } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';
import { isPlainObject, Ref } from '../value.js';

/** Deepest nesting of containers; what is deeper is a circle. */
export const CONTAINERS_MAX = 10_000;

/** An object's record and the transaction it comes from. */
export interface RecordAt {
  readonly record: Uint8Array | undefined;
  readonly tid: Tid;
}

/** Gives the state of an object as it will be. */
export type Look = (oid: Oid) => RecordAt | undefined;

/** Walks up from an object: its container, that one's container, and so on. */
export function* containersOf(oid: Oid, look: Look, rules: MergeRules): Generator<Oid> {
  let at = containerOfOid(oid, look, rules);
  for (let steps = 0; at !== undefined; steps++) {
    assert(steps < CONTAINERS_MAX, `object ${oid} is in at most ${CONTAINERS_MAX} containers`);
    yield at;
    at = containerOfOid(at, look, rules);
  }
}

function containerOfOid(oid: Oid, look: Look, rules: MergeRules): Oid | undefined {
  const record = look(oid)?.record;
  return record === undefined ? undefined : containerIn(record, rules);
}

function containerIn(record: Uint8Array, rules: MergeRules): Oid | undefined {
  const place = placeIn(record, rules);
  return isPlainObject(place) && place.container instanceof Ref ? place.container.oid : undefined;
}

/** Gives a place. A record that is damaged says none: it can be replaced like any other. */
export function placeIn(record: Uint8Array, rules: MergeRules): unknown {
  try {
    const field = placeField(classNameOf(record), rules);
    return field === undefined ? undefined : fieldIn(record, field);
  } catch (error) {
    if (error instanceof OdbError && error.code === 'ODB_DAMAGED') return undefined;
    throw error;
  }
}

/** What a commit makes of one object. */
export interface Written {
  /** `undefined` for one that is new. */
  readonly before: { readonly record: Uint8Array | undefined } | undefined;
  readonly after: Uint8Array | undefined;
}

/**
 * Finds what would be in itself: moved into something that is, at last, in it. What is new can be in
 * itself only if something older was moved into it.
 *
 * @param look gives states as they will be after the commit
 */
export function findCircles(
  written: Iterable<readonly [Oid, Written]>,
  { look, baseTid, rules }: Pick<Sides, 'look' | 'baseTid' | 'rules'>,
): ConflictingObject[] {
  const found: ConflictingObject[] = [];
  // Objects of one class mostly come together.
  let last: Uint8Array | undefined;
  let className = '';
  let field: string | undefined;
  for (const [oid, { before, after }] of written) {
    if (before === undefined || after === undefined) continue;
    if (last === undefined || !hasSameClass(after, last)) {
      className = classNameOf(after);
      field = placeField(className, rules);
      last = after;
    }
    if (field === undefined || before.record === undefined) continue;
    const container = containerIn(after, rules);
    if (container === undefined || container === containerIn(before.record, rules)) continue;
    if (!isInItself(oid, look, rules)) continue;
    const currentTid = look(oid)?.tid ?? TID_ZERO;
    found.push({ oid, className, baseTid, currentTid, fields: [field], reason: 'moved' });
  }
  return found;
}

/** Tells whether walking up comes to where it has been. */
function isInItself(oid: Oid, look: Look, rules: MergeRules): boolean {
  const passed = new Set<Oid>();
  for (let at: Oid | undefined = oid; at !== undefined; at = containerOfOid(at, look, rules)) {
    if (passed.has(at)) return true;
    passed.add(at);
  }
  return false;
}

/** What a commit did, and what was committed since it began. */
export interface Sides {
  /** Objects the commit writes, nodes of maps left out. */
  readonly written: readonly Oid[];
  /** Those it removes. */
  readonly removed: readonly Oid[];
  /** Transactions since its snapshot. */
  readonly since: readonly TransactionChanges[];
  readonly baseTid: Tid;
  /** States as they will be after the commit. */
  readonly look: Look;
  readonly rules: MergeRules;
}

/** Finds what one side wrote in a container that the other side removed. */
export function findRemovedContainers(sides: Sides): ConflictingObject[] {
  return [...mineInTheirs(sides), ...theirsInMine(sides)];
}

/** My writes below what they removed. */
function mineInTheirs({ written, since, baseTid, look, rules }: Sides): ConflictingObject[] {
  const gone = new Set<Oid>();
  for (const { removed } of since) {
    // It may have been brought back since.
    for (const oid of removed) if (!isInContainer(oid, look, rules)) gone.add(oid);
  }
  if (gone.size === 0) return [];
  const found: ConflictingObject[] = [];
  for (const oid of written) {
    for (const container of containersOf(oid, look, rules)) {
      if (!gone.has(container)) continue;
      found.push(conflict(oid, look, baseTid));
      break;
    }
  }
  return found;
}

/** Their writes below what I remove. */
function theirsInMine({ removed, since, baseTid, look, rules }: Sides): ConflictingObject[] {
  const gone = new Set(removed.filter((oid) => !isInContainer(oid, look, rules)));
  if (gone.size === 0) return [];
  const found = new Map<Oid, ConflictingObject>();
  for (const transaction of since) {
    const nodes = new Set(transaction.maps.flatMap((map) => map.nodes));
    for (const oid of transaction.oids) {
      if (nodes.has(oid) || gone.has(oid) || found.has(oid)) continue;
      for (const container of containersOf(oid, look, rules)) {
        if (!gone.has(container)) continue;
        found.set(oid, conflict(oid, look, baseTid));
        break;
      }
    }
  }
  return [...found.values()];
}

function isInContainer(oid: Oid, look: Look, rules: MergeRules): boolean {
  return containerOfOid(oid, look, rules) !== undefined;
}

function conflict(oid: Oid, look: Look, baseTid: Tid): ConflictingObject {
  const now = look(oid);
  return {
    oid,
    className: now?.record === undefined ? '' : classNameOf(now.record),
    baseTid,
    currentTid: now?.tid ?? TID_ZERO,
    fields: [],
    reason: 'container-removed',
  };
}
