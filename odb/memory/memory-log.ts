/**
 * Everything that was committed to a storage in memory and is not forgotten, in order.
 *
 * Each object, and each entry of an overlay, has one list of revisions, oldest first.
 */
import type { Decision, Present } from '../commit/decision.js';
import type { Oid } from '../oid.js';
import { isEntry } from '../trees/patch-record.js';
import type {
  OverlayRevision,
  StoredRevision,
  TransactionMeta,
  TransactionRecord,
} from '../stored.js';
import { TID_MAX, TID_ZERO, type Tid } from '../tid.js';

/** The overlay of each version: its entries by oid, each with its revisions. */
export type Overlays<Revisions = readonly OverlayRevision[]> = ReadonlyMap<
  Oid,
  ReadonlyMap<Oid, Revisions>
>;

export class MemoryLog implements Present {
  /** Other maps after a pack: whoever holds these goes on seeing what it sees. */
  revisions = new Map<Oid, StoredRevision[]>();
  overlays = new Map<Oid, Map<Oid, OverlayRevision[]>>();
  /** How many entries each version has. Another map after each change. */
  sizes: ReadonlyMap<Oid, number> = new Map();
  readonly transactions = new Map<Tid, TransactionRecord>();
  lastTid = TID_ZERO;
  lastRemovalTid = TID_ZERO;
  packedTid: Tid = TID_ZERO;

  append({ transaction, revisions, overlays }: Decision, meta: TransactionMeta): void {
    const { tid } = transaction;
    for (const { oid, record, previous } of revisions) {
      listIn(this.revisions, oid).push({ ...follow(tid, previous), record });
    }
    const sizes = new Map(overlays.length === 0 ? [] : this.sizes);
    for (const { version, oid, record, live, basedOn, previous } of overlays) {
      const entries = this.overlays.get(version) ?? new Map<Oid, OverlayRevision[]>();
      this.overlays.set(version, entries);
      const entry = { ...follow(tid, previous), record, live, basedOn };
      listIn(entries, oid).push(entry);
      const more = Number(isEntry(entry)) - Number(isEntry(previous));
      sizes.set(version, (sizes.get(version) ?? 0) + more);
    }
    if (overlays.length > 0) this.sizes = sizes;
    this.transactions.set(tid, { ...meta, ...transaction });
    this.lastTid = tid;
    if (transaction.removed.length > 0) this.lastRemovalTid = tid;
  }

  revision(oid: Oid, at: Tid = TID_MAX): StoredRevision | undefined {
    return revisionAt(this.revisions.get(oid), at);
  }

  overlay(version: Oid, oid: Oid, at: Tid = TID_MAX): OverlayRevision | undefined {
    return revisionAt(this.overlays.get(version)?.get(oid), at);
  }

  *since(tid: Tid): Generator<TransactionRecord> {
    let transaction = this.transactions.get(this.lastTid);
    while (transaction !== undefined && transaction.tid > tid) {
      yield transaction;
      transaction = this.transactions.get(transaction.previousTid);
    }
  }
}

function follow(
  tid: Tid,
  previous: StoredRevision | undefined,
): Pick<StoredRevision, 'tid' | 'previousTid' | 'number'> {
  const { tid: previousTid = TID_ZERO, number = 0 } = previous ?? {};
  return { tid, previousTid, number: number + 1 };
}

function listIn<T>(lists: Map<Oid, T[]>, oid: Oid): T[] {
  const found = lists.get(oid);
  if (found !== undefined) return found;
  const list: T[] = [];
  lists.set(oid, list);
  return list;
}

/** Gives the newest revision not newer than `at`; where that is forgotten, the oldest kept. */
export function revisionAt<T extends StoredRevision>(
  revisions: readonly T[] = [],
  at: Tid,
): T | undefined {
  const found = revisions.findLast(({ tid }) => tid <= at);
  if (found !== undefined) return found;
  const [oldest] = revisions;
  return oldest === undefined || oldest.previousTid === TID_ZERO ? undefined : oldest;
}
