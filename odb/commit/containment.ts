/**
 * What objects and their containers promise each other when several change them at once: nothing is
 * saved in a container that the other side removed, and no object comes to be in itself.
 *
 * An object says itself which container it is in (its place), so walking up needs one load a step.
 * The walk is taken only where something was removed, or moved.
 */
import { assert } from '../assert.js';
import type { ConflictingObject } from '../errors.js';
import { isEnd } from './commit-outcome.js';
import type { DecidedRevision, Present } from './decision.js';
import { containerIn, placeField } from './place.js';
import type { Oid } from '../oid.js';
import { classNameOf, hasSameClass } from '../records/record.js';
import type { MergeRules } from '../rules.js';
import type { TransactionChanges } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';

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

/** What a commit does to objects and their containers. */
export interface ContainmentOfCommit {
  /** What it makes of the objects it writes, nodes of maps left out. */
  readonly written: readonly DecidedRevision[];
  /** What it takes out of its container; what ends altogether is among `written`. */
  readonly removed: readonly Oid[];
  /** The snapshot it was made on. */
  readonly baseTid: Tid;
  readonly version: Oid | undefined;
  /** States as they will be after the commit. */
  readonly look: Look;
  readonly rules: MergeRules;
}

/** Finds what would break the promises, with what was committed since. */
export function findContainmentConflicts(
  commit: ContainmentOfCommit,
  present: Pick<Present, 'lastRemovalTid' | 'since'>,
): ConflictingObject[] {
  const { written, baseTid, version } = commit;
  const circles = findCircles(commit);
  // What is in itself has no way up to look for removed containers on.
  if (circles.length > 0) return circles;
  const removed = [...commit.removed];
  for (const change of written) if (isEnd(change)) removed.push(change.oid);
  if (removed.length === 0 && present.lastRemovalTid <= baseTid) return [];
  const since = [...present.since(baseTid)].filter(
    (transaction) => transaction.version === version,
  );
  const sides = { ...commit, removed, since };
  return [...mineInTheirs(sides), ...theirsInMine(sides)];
}

/** A commit with all it removes, and the transactions since its snapshot. */
interface Sides extends ContainmentOfCommit {
  readonly since: readonly TransactionChanges[];
}

/**
 * Finds what would be in itself: moved into something that is, at last, in it. What is new can be in
 * itself only if something older was moved into it.
 */
function findCircles({ written, look, baseTid, rules }: ContainmentOfCommit): ConflictingObject[] {
  const found: ConflictingObject[] = [];
  // Objects of one class mostly come together.
  let last: Uint8Array | undefined;
  let className = '';
  let field: string | undefined;
  for (const { oid, record, previous } of written) {
    if (record === undefined || previous === undefined) continue;
    if (last === undefined || !hasSameClass(record, last)) {
      className = classNameOf(record);
      field = placeField(className, rules);
      last = record;
    }
    if (field === undefined) continue;
    const container = containerIn(record, rules);
    const before = container === undefined ? undefined : previous.record;
    if (before === undefined || container === containerIn(before, rules)) continue;
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

/** My writes below what they removed. */
function mineInTheirs({ written, since, baseTid, look, rules }: Sides): ConflictingObject[] {
  const gone = new Set<Oid>();
  for (const { removed } of since) {
    // It may have been brought back since.
    for (const oid of removed) if (!isInContainer(oid, look, rules)) gone.add(oid);
  }
  if (gone.size === 0) return [];
  const found: ConflictingObject[] = [];
  for (const { oid } of written) {
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
