/**
 * The one writer of a LevelDB database: checks, merges and writes commits, in groups.
 *
 * All commits that wait are decided one after another, each seeing those before it, and written as
 * one synced batch; then all are acknowledged. So however many clients wait, the disk is asked
 * once, and what was acknowledged is on disk. Refusals are told after the batch too, since they may
 * rest on commits that were not on disk before.
 *
 * LevelDB's write error is sticky, and after one nobody knows what of the batch is on disk. So from
 * then on every commit is refused until the database is opened again.
 */
import { assert } from './assert.js';
import { decideCommit, type Decision, type Present } from './commit.js';
import { unpackCommit } from './commit-packing.js';
import { closedError, OdbError } from './errors.js';
import {
  encodeNumber,
  encodeRevision,
  encodeTransaction,
  KEY_LAST_TID,
  KEY_NEXT_OID,
  metaKey,
  objectKey,
  revisionKey,
  skipNumber,
  transactionKey,
  type LevelRevision,
} from './level-keys.js';
import { LevelView, type LevelDatabase } from './level-reader.js';
import type { MergeClasses } from './merge.js';
import type { Oid } from './oid.js';
import type { SharedCounters } from './shared-counters.js';
import type { Blobs, CommitRequest, CommitResult, TransactionChanges } from './storage.js';
import { nextTid, TID_MAX, TID_ZERO, type Tid } from './tid.js';

/** Most commits in one batch, and most bytes: those waiting longest come first. */
export const BATCH_COMMITS_MAX = 1_000;
export const BATCH_BYTES_MAX = 32 * 1024 * 1024;
/** Transactions kept in memory for checks against removals; older ones are read from disk. */
export const RECENT_TRANSACTIONS_MAX = 10_000;

/** Metadata as it is to be stored: name to encoded value; `undefined` removes the entry. */
export type MetaEntries = Readonly<Record<string, Uint8Array | undefined>>;

export type BatchOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

export interface WriterOptions {
  readonly db: LevelDatabase;
  readonly counters: SharedCounters;
  readonly blobs: Pick<Blobs, 'has'>;
  readonly classes: MergeClasses;
  /** Most entries of a map's node. */
  readonly order: number;
  /** Writes a batch, and answers once it is on disk. Default: to `db`. */
  readonly write?: (batch: BatchOperation[]) => Promise<void>;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
}

/** One who waits. */
interface Job {
  readonly work:
    | { readonly kind: 'commit'; readonly bytes: Uint8Array }
    | { readonly kind: 'meta'; readonly entries: MetaEntries };
  readonly done: (result: CommitResult) => void;
  readonly failed: (error: unknown) => void;
}

export class LevelWriter {
  readonly #options: WriterOptions;
  readonly #write: (batch: BatchOperation[]) => Promise<void>;
  readonly #now: () => number;
  readonly #present: LevelPresent;
  #waiting: Job[] = [];
  #running = false;
  #closed = false;
  #error: OdbError | undefined;
  /** Called when nothing waits any more. */
  #idle: (() => void)[] = [];

  constructor(options: WriterOptions) {
    this.#options = options;
    const { db } = options;
    this.#write = options.write ?? ((batch) => writeSynced(db, batch));
    this.#now = options.now ?? Date.now;
    this.#present = new LevelPresent(db);
  }

  /** Commits a packed request. Errors: see `Storage.commit`. */
  commit(bytes: Uint8Array): Promise<CommitResult> {
    return this.#enqueue({ kind: 'commit', bytes });
  }

  async setMeta(entries: MetaEntries): Promise<void> {
    await this.#enqueue({ kind: 'meta', entries });
  }

  /** Accepts nothing more, and answers when nothing waits. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#running && this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #enqueue(work: Job['work']): Promise<CommitResult> {
    return new Promise((done, failed) => {
      if (this.#closed) failed(closedError());
      else if (this.#error !== undefined) failed(this.#error);
      else {
        this.#waiting.push({ work, done, failed });
        this.#start();
      }
    });
  }

  /** Begins soon, not at once: whoever commits in the same turn of the event loop joins in. */
  #start(): void {
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      await this.#runGroup(group);
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #takeGroup(): Job[] {
    let bytes = 0;
    let count = 0;
    for (const { work } of this.#waiting) {
      bytes += work.kind === 'commit' ? work.bytes.length : 0;
      if (count > 0 && (bytes > BATCH_BYTES_MAX || count >= BATCH_COMMITS_MAX)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #runGroup(group: readonly Job[]): Promise<void> {
    const answers: (() => void)[] = [];
    const batch: BatchOperation[] = [];
    for (const { work, done, failed } of group) {
      try {
        if (this.#error !== undefined) throw this.#error;
        const result = this.#decide(work, batch);
        answers.push(() => done(result));
      } catch (error) {
        answers.push(() => failed(error));
      }
    }
    if (batch.length > 0) {
      try {
        await this.#store(batch);
      } catch (cause) {
        this.#error = new OdbError(
          'ODB_READ_ONLY',
          'The disk refused a write; nothing is accepted until the database is opened again',
          { cause },
        );
        for (const { failed } of group) failed(this.#error);
        return;
      }
    }
    for (const answer of answers) answer();
  }

  #decide(work: Job['work'], batch: BatchOperation[]): CommitResult {
    const present = this.#present;
    if (work.kind === 'meta') {
      for (const [name, value] of Object.entries(work.entries)) {
        const key = metaKey(name);
        batch.push(value === undefined ? { type: 'del', key } : { type: 'put', key, value });
      }
      return { tid: present.lastTid, merged: [] };
    }
    const request = unpackCommit(work.bytes);
    this.#requireBlobs(request);
    const { classes, order, counters } = this.#options;
    const decision = decideCommit(request, present, {
      tid: nextTid(present.lastTid, this.#now()),
      classes,
      order,
      allocate: () => counters.allocate(1),
    });
    if (decision === undefined) return { tid: present.lastTid, merged: [] };
    present.accept(decision, request.meta, batch);
    for (const { oid, previous } of decision.revisions) {
      if (previous === undefined) counters.passOid(oid);
    }
    return { tid: decision.transaction.tid, merged: decision.merged };
  }

  #requireBlobs({ blobs }: Pick<CommitRequest, 'blobs'>): void {
    for (const sha256 of blobs) {
      if (!this.#options.blobs.has(sha256)) {
        throw new OdbError('ODB_NO_BLOB', `A commit names the blob ${sha256}, which is not there`);
      }
    }
  }

  async #store(batch: BatchOperation[]): Promise<void> {
    const present = this.#present;
    const { counters } = this.#options;
    if (present.changed) {
      batch.push({ type: 'put', key: KEY_LAST_TID, value: encodeNumber(present.lastTid) });
      if (present.created) {
        batch.push({ type: 'put', key: KEY_NEXT_OID, value: encodeNumber(counters.nextOid) });
      }
    }
    await this.#write(batch);
    counters.lastTid = present.lastTid;
    present.written();
  }
}

/** Writes all or nothing. A chained batch takes a third of the time of an array of operations. */
async function writeSynced(db: LevelDatabase, batch: readonly BatchOperation[]): Promise<void> {
  const chain = db.batch();
  for (const operation of batch) {
    if (operation.type === 'put') chain.put(operation.key, operation.value);
    else chain.del(operation.key);
  }
  await chain.write({ sync: true });
}

/** What is on disk, with what has been decided since on top. */
class LevelPresent implements Present {
  readonly #view: LevelView;
  readonly #decided = new Map<Oid, LevelRevision>();
  /** Older revisions that are not on disk under their own key yet. */
  readonly #replaced = new Map<string, LevelRevision>();
  /** Current revisions read since the last batch. */
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

  /** Forgets what is now on disk. */
  written(): void {
    this.#decided.clear();
    this.#replaced.clear();
    this.#read.clear();
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
    assert((skip?.number ?? 0) === target, `revision ${number} skips to ${target}`);
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
