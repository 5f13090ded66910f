/**
 * What is in the database now, for the one who writes: what is on disk, with what has been decided
 * since on top. Decisions become operations of the next batch, and are on disk once it is written.
 */
import { assert } from './assert.js';
import type { Decision, Present } from './commit.js';
import {
  encodeRevision,
  encodeTransaction,
  objectKey,
  revisionKey,
  skipNumber,
  transactionKey,
  type LevelRevision,
} from './level-keys.js';
import { LevelView, type LevelDatabase } from './level-reader.js';
import type { Oid } from './oid.js';
import type { TransactionChanges } from './storage.js';
import { TID_MAX, TID_ZERO, type Tid } from './tid.js';

/** Transactions kept in memory for checks against removals; older ones are read from disk. */
export const RECENT_TRANSACTIONS_MAX = 10_000;

export type BatchOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

/** What is on disk, with what has been decided since on top. */
export class LevelPresent implements Present {
  readonly #view: LevelView;
  readonly #decided = new Map<Oid, LevelRevision>();
  /** Older revisions that are not on disk under their own key yet. */
  readonly #replaced = new Map<string, LevelRevision>();
  /** Current revisions read for this group. */
  readonly #read = new Map<Oid, LevelRevision | undefined>();
  readonly #recent: TransactionChanges[] = [];
  #lastTid: Tid;
  #lastRemovalTid: Tid;
  #changed = false;
  #created = false;

  constructor(db: LevelDatabase) {
    this.#view = new LevelView(db);
    this.#lastTid = this.#view.lastTid();
    // Nobody remembers when something was last removed; perhaps a moment ago.
    this.#lastRemovalTid = this.#lastTid;
  }

  get lastTid(): Tid {
    return this.#lastTid;
  }

  get lastRemovalTid(): Tid {
    return this.#lastRemovalTid;
  }

  /** There are decided transactions that are not written. */
  get changed(): boolean {
    return this.#changed;
  }

  /** Some of them create objects. */
  get created(): boolean {
    return this.#created;
  }

  revision(oid: Oid, at: Tid = TID_MAX): LevelRevision | undefined {
    let found = this.#current(oid);
    while (found !== undefined && found.tid > at) {
      const replaced = this.#replaced.get(keyOf(oid, found.previousTid));
      if (replaced === undefined) return this.#view.revision(oid, at);
      found = replaced;
    }
    return found;
  }

  #current(oid: Oid): LevelRevision | undefined {
    const decided = this.#decided.get(oid);
    if (decided !== undefined || this.#read.has(oid)) return decided ?? this.#read.get(oid);
    const current = this.#view.current(oid);
    this.#read.set(oid, current);
    return current;
  }

  *since(tid: Tid): Generator<TransactionChanges> {
    let next = this.#lastTid;
    for (let i = this.#recent.length - 1; i >= 0; i--) {
      const transaction = this.#recent[i];
      if (transaction === undefined || transaction.tid <= tid) return;
      yield transaction;
      next = transaction.previousTid;
    }
    while (next > tid) {
      const transaction = this.#view.transaction(next);
      if (transaction === undefined) return;
      yield transaction;
      next = transaction.previousTid;
    }
  }

  /** Takes a decision for done, and adds what is to be written for it to `batch`. */
  accept({ transaction, revisions }: Decision, meta: Uint8Array, batch: BatchOperation[]): void {
    // Whatever may throw comes first, so that a decision is taken whole or not at all.
    const steps = revisions.map(({ oid, record }) => {
      const previous = this.#current(oid);
      return { oid, previous, next: this.#nextRevision(oid, transaction.tid, record, previous) };
    });
    const value = encodeTransaction(transaction, meta);

    for (const { oid, previous, next } of steps) {
      if (previous === undefined) this.#created = true;
      else {
        const key = revisionKey(oid, previous.tid);
        batch.push({ type: 'put', key, value: previous.value });
        this.#replaced.set(keyOf(oid, previous.tid), previous);
      }
      batch.push({ type: 'put', key: objectKey(oid), value: next.value });
      this.#decided.set(oid, next);
    }
    batch.push({ type: 'put', key: transactionKey(transaction.tid), value });
    this.#changed = true;
    this.#lastTid = transaction.tid;
    if (transaction.removed.length > 0) this.#lastRemovalTid = transaction.tid;
    this.#recent.push(transaction);
    if (this.#recent.length > RECENT_TRANSACTIONS_MAX * 2) {
      this.#recent.splice(0, this.#recent.length - RECENT_TRANSACTIONS_MAX);
    }
  }

  /** Forgets what was read for those decided before. */
  beginGroup(): void {
    this.#read.clear();
  }

  /** Forgets what is now on disk. */
  written(): void {
    this.#decided.clear();
    this.#replaced.clear();
    this.#changed = false;
    this.#created = false;
  }

  /** Makes the revision that comes after `previous`. */
  #nextRevision(
    oid: Oid,
    tid: Tid,
    record: Uint8Array | undefined,
    previous: LevelRevision | undefined,
  ): LevelRevision {
    const number = (previous?.number ?? 0) + 1;
    const previousTid = previous?.tid ?? TID_ZERO;
    // The revision to skip to is among those the previous one skips to, in one or several steps.
    const target = skipNumber(number);
    let skip = target === 0 ? undefined : previous;
    while (skip !== undefined && skip.number > target) skip = this.#older(oid, skip.skipTid);
    // Where it is forgotten, there is nothing to skip to.
    assert(skip === undefined || skip.number === target, `revision ${number} skips to ${target}`);
    const skipTid = skip?.tid ?? TID_ZERO;
    const value = encodeRevision({ tid, previousTid, skipTid, number, record });
    return { tid, previousTid, skipTid, number, record, value };
  }

  #older(oid: Oid, tid: Tid): LevelRevision | undefined {
    return this.#replaced.get(keyOf(oid, tid)) ?? this.#view.older(oid, tid);
  }
}

function keyOf(oid: Oid, tid: Tid): string {
  return `${oid} ${tid}`;
}
