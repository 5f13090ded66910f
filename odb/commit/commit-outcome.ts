/**
 * From what was decided, object by object, to what is stored: the transaction's own record, and the
 * revisions it brings.
 */
import type { CommitChanges, DecidedOverlay, DecidedRevision, Decision } from './decision.js';
import type { Oid } from '../oid.js';
import type { MapNodes, OverlayOids, StoredRevision, TransactionChanges } from '../stored.js';
import { tidToMs, type Tid } from '../tid.js';

/** A state of an object before the commit and after it. */
export interface Change {
  readonly before: StoredRevision | undefined;
  readonly after: Uint8Array | undefined;
}

/** What was decided. */
export interface Outcome {
  readonly request: Pick<CommitChanges, 'version' | 'removed'>;
  readonly tid: Tid;
  /** The newest transaction until then. */
  readonly previousTid: Tid;
  /** Of each object: in main, or, in a version, as that shows it. */
  readonly changes: ReadonlyMap<Oid, Change>;
  /** Entries of overlays, by version. */
  readonly overlays: ReadonlyMap<Oid, ReadonlyMap<Oid, DecidedOverlay>>;
  readonly maps: readonly MapNodes[];
  /** Objects whose stored state is not what the request said. */
  readonly merged: ReadonlySet<Oid>;
}

/** Gives what is to be stored. */
export function decisionOf(outcome: Outcome): Decision {
  const { request, tid, previousTid, changes, overlays, maps } = outcome;
  const { version, removed } = request;
  const merged = [...outcome.merged];
  const stored: Iterable<readonly [Oid, Change | undefined]> =
    version === undefined ? changes : inVersion(version, outcome);
  const timeMs = tidToMs(tid);
  const transaction = { tid, previousTid, timeMs, ...oidsOf(stored, removed), maps };
  const revisions: DecidedRevision[] = [];
  if (version === undefined) {
    for (const [oid, { before, after }] of changes) {
      revisions.push({ oid, record: after, previous: before });
    }
    if (overlays.size === 0) return { transaction, revisions, overlays: [], merged };
  }
  return {
    transaction: { ...transaction, ...versionsOf(version, overlays) },
    revisions,
    overlays: [...overlays.values()].flatMap((entries) => [...entries.values()]),
    merged,
  };
}

/** Gives the entries of a version that are stored, each with what that makes of what it shows. */
function* inVersion(
  version: Oid,
  { changes, overlays }: Outcome,
): Generator<readonly [Oid, Change | undefined]> {
  for (const oid of overlays.get(version)?.keys() ?? []) yield [oid, changes.get(oid)];
}

/** Gives the oids of what is stored, of what begins and of what ends, each in ascending order. */
function oidsOf(
  stored: Iterable<readonly [Oid, Change | undefined]>,
  ended: readonly Oid[],
): Pick<TransactionChanges, 'oids' | 'created' | 'removed'> {
  const oids: Oid[] = [];
  const created: Oid[] = [];
  const removed: Oid[] = [];
  const taken = ended.length === 0 ? undefined : new Set(ended);
  for (const [oid, change] of stored) {
    oids.push(oid);
    if (change !== undefined && isBegin(change)) created.push(oid);
    if (taken?.has(oid) === true || (change !== undefined && isEnd(change))) removed.push(oid);
  }
  for (const list of [oids, created, removed]) list.sort(ascending);
  return { oids, created, removed };
}

/** Tells which overlays it writes: that of its own version, and others. */
function versionsOf(
  version: Oid | undefined,
  overlays: Outcome['overlays'],
): Pick<TransactionChanges, 'version' | 'overlays'> {
  const others: OverlayOids[] = [];
  for (const [other, entries] of overlays) {
    if (other !== version)
      others.push({ version: other, oids: [...entries.keys()].sort(ascending) });
  }
  others.sort((a, b) => ascending(a.version, b.version));
  return {
    ...(version === undefined ? {} : { version }),
    ...(others.length === 0 ? {} : { overlays: others }),
  };
}

function isBegin({ before, after }: Change): boolean {
  return after !== undefined && !hasState(before);
}

/** The object is not there any more. */
export function isEnd({ before, after }: Change): boolean {
  return after === undefined && hasState(before);
}

function hasState(revision: StoredRevision | undefined): boolean {
  return revision !== undefined && (revision.hasState ?? revision.record !== undefined);
}

function ascending(a: number, b: number): number {
  return a - b;
}
