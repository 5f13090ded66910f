/**
 * From what was decided, object by object, to what is stored: the transaction's own record, and the
 * revisions it brings.
 */
import type { CommitChanges, DecidedOverlay, DecidedRevision, Decision } from './decision.js';
import type { Oid } from '../oid.js';
import type { MapNodes, OverlayOids, StoredRevision, TransactionChanges } from '../stored.js';
import { tidToMs, type Tid } from '../tid.js';

/** What was decided. */
export interface Outcome {
  readonly request: Pick<CommitChanges, 'version' | 'removed'>;
  readonly tid: Tid;
  /** The newest transaction until then. */
  readonly previousTid: Tid;
  /** Of each object: in main, or, in a version, as that shows it. */
  readonly changes: ReadonlyMap<Oid, DecidedRevision>;
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
  const revisions = version === undefined ? [...changes.values()] : [];
  const stored = version === undefined ? revisions : inVersion(version, outcome);
  const timeMs = tidToMs(tid);
  const transaction = { tid, previousTid, timeMs, ...oidsOf(stored, removed), maps };
  if (version === undefined && overlays.size === 0) {
    return { transaction, revisions, overlays: [], merged };
  }
  return {
    transaction: { ...transaction, ...versionsOf(version, overlays) },
    revisions,
    overlays: [...overlays.values()].flatMap((entries) => [...entries.values()]),
    merged,
  };
}

/** What is stored of an object, as far as that makes another of it. */
type Stored = Pick<DecidedRevision, 'oid'> & Partial<DecidedRevision>;

/** Gives the entries of a version that are stored, each with what that makes of what it shows. */
function inVersion(version: Oid, { changes, overlays }: Outcome): Stored[] {
  return [...(overlays.get(version)?.keys() ?? [])].map((oid) => changes.get(oid) ?? { oid });
}

/** Gives the oids of what is stored, of what begins and of what ends, each in ascending order. */
function oidsOf(
  stored: readonly Stored[],
  ended: readonly Oid[],
): Pick<TransactionChanges, 'oids' | 'created' | 'removed'> {
  const oids: Oid[] = [];
  const created: Oid[] = [];
  const removed: Oid[] = [];
  const taken = ended.length === 0 ? undefined : new Set(ended);
  for (const change of stored) {
    const { oid } = change;
    oids.push(oid);
    if (isBegin(change)) created.push(oid);
    if (taken?.has(oid) === true || isEnd(change)) removed.push(oid);
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

function isBegin({ record, previous }: Partial<DecidedRevision>): boolean {
  return record !== undefined && !hasState(previous);
}

/** The object is not there any more. */
export function isEnd({ record, previous }: Partial<DecidedRevision>): boolean {
  return record === undefined && hasState(previous);
}

function hasState(revision: StoredRevision | undefined): boolean {
  return revision !== undefined && (revision.hasState ?? revision.record !== undefined);
}

function ascending(a: number, b: number): number {
  return a - b;
}
