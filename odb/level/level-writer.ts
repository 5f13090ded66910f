/**
 * The one writer of a LevelDB database: checks, merges and writes commits, in groups.
 *
 * All commits that wait are decided one after another, each seeing those before it, and written as
 * one synced batch; then all are acknowledged. So however many clients wait, the disk is asked
 * once, and what was acknowledged is on disk. Refusals are told after the batch too, since they may
 * rest on commits that were not on disk before.
 *
 * After a write that failed, nobody knows what of the batch is on disk, and what is written later may
 * be lost. So from then on every commit is refused: where the disk was full, until there is room
 * (`level-mending.ts`), and after any other failure until the database is opened again. Usually it
 * does not come to that, since commits are refused while there still is room (`disk-space.ts`).
 */
import type { FileBlobs } from '../blobs/blobs.js';
import { decideCommit, tidForCommit } from '../commit/commit.js';
import type { Decision } from '../commit/decision.js';
import {
  decodeMeta,
  takeCommit,
  unpackCommit,
  type UnpackedCommit,
} from '../commit/commit-packing.js';
import { closedError, OdbError } from '../errors.js';
import { LevelForgetter } from './level-forgetter.js';
import { encodeNumber, KEY_LAST_TID, KEY_NEXT_OID, metaKey } from './level-keys.js';
import { LevelPresent, type BatchOperation } from './level-present.js';
import type { LevelDatabase } from './level-view.js';
import type { MergeClasses } from '../commit/merge.js';
import { encodeValue } from '../records/record.js';
import type { SharedCounters } from './shared-counters.js';
import { NOTHING_ANSWERED, type PackAnswer, type PackStep } from '../pack/pack-run.js';
import type { CommitRequest, CommitResult } from '../writes.js';
import { trashOf } from '../pack/trash.js';
import { WriterGate, type WriterDisk } from './writer-gate.js';

/** Most commits in one batch, and most bytes: those waiting longest come first. */
export const BATCH_COMMITS_MAX = 1_000;
export const BATCH_BYTES_MAX = 32 * 1024 * 1024;

/** Metadata as it is to be stored: name to encoded value; `undefined` removes the entry. */
export type MetaEntries = Readonly<Record<string, Uint8Array | undefined>>;

export interface WriterOptions {
  readonly db: LevelDatabase;
  readonly counters: SharedCounters;
  readonly blobs: Pick<FileBlobs, 'has' | 'removeOlder'>;
  readonly classes: MergeClasses;
  /** Most entries of a map's node. */
  readonly order: number;
  /** Writes a batch, and answers once it is on disk. Default: to `db`. */
  readonly write?: (batch: BatchOperation[]) => Promise<void>;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
  /** The disk it is on. */
  readonly disk?: WriterDisk;
}

/** What became of a job: of a commit, or of a step of a pack. */
export interface WriterResult extends CommitResult {
  readonly packed?: PackAnswer;
}

/** One who waits. */
interface Job {
  readonly work:
    | { readonly kind: 'commit'; readonly bytes: number; unpack(): UnpackedCommit }
    | { readonly kind: 'meta'; readonly entries: MetaEntries }
    | { readonly kind: 'pack'; readonly step: PackStep };
  /** Since when, by `performance.now`. */
  readonly sinceMs: number;
  readonly done: (result: WriterResult) => void;
  readonly failed: (error: unknown) => void;
}

export class LevelWriter {
  readonly #options: WriterOptions;
  readonly #write: (batch: BatchOperation[]) => Promise<void>;
  readonly #now: () => number;
  readonly #gate: WriterGate;
  #present: LevelPresent;
  readonly #forgetter: LevelForgetter;
  #waiting: Job[] = [];
  #running = false;
  #closed = false;
  /** Called when nothing waits any more. */
  #idle: (() => void)[] = [];

  constructor(options: WriterOptions) {
    this.#options = options;
    const { db } = options;
    this.#write = options.write ?? ((batch) => writeSynced(db, batch));
    this.#now = options.now ?? Date.now;
    this.#gate = new WriterGate(options.disk);
    this.#present = new LevelPresent(db);
    this.#forgetter = new LevelForgetter(db, options.blobs);
  }

  /** Commits a packed request. Errors: see `Storage.commit`. */
  commit(bytes: Uint8Array): Promise<CommitResult> {
    return this.#enqueue({
      kind: 'commit',
      bytes: bytes.length,
      unpack: () => unpackCommit(bytes),
    });
  }

  /** Commits a request that need not be packed. Errors: see `Storage.commit`. */
  commitRequest(given: CommitRequest): Promise<CommitResult> {
    const { request, bytes } = takeCommit(given);
    return this.#enqueue({ kind: 'commit', bytes, unpack: () => request });
  }

  async setMeta(entries: MetaEntries): Promise<void> {
    await this.#enqueue({ kind: 'meta', entries });
  }

  /** Does one step of a pack, in its turn among the commits. */
  async pack(step: PackStep): Promise<PackAnswer> {
    return (await this.#enqueue({ kind: 'pack', step })).packed ?? NOTHING_ANSWERED;
  }

  /** Accepts nothing more, and answers when nothing waits. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#running && this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #enqueue(work: Job['work']): Promise<WriterResult> {
    return new Promise((done, failed) => {
      if (this.#closed) failed(closedError());
      else {
        this.#waiting.push({ work, sinceMs: performance.now(), done, failed });
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
      if (await this.#gate.mend()) this.#beginAnew();
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
      bytes += bytesOf(work);
      if (count > 0 && (bytes > BATCH_BYTES_MAX || count >= BATCH_COMMITS_MAX)) break;
      count += 1;
      // What it removes is not to be found by those after it.
      if (work.kind === 'pack') break;
    }
    return this.#waiting.splice(0, count);
  }

  async #runGroup(group: readonly Job[]): Promise<void> {
    const answers: (() => void)[] = [];
    const batch: BatchOperation[] = [];
    this.#present.beginGroup();
    for (const { work, done, failed } of group) {
      const { length } = batch;
      try {
        this.#requireWritable(work);
        const result = this.#decide(work, batch);
        answers.push(() => done(result));
      } catch (error) {
        batch.length = length;
        answers.push(() => failed(error));
      }
    }
    if (batch.length > 0) {
      try {
        await this.#store(batch);
      } catch (cause) {
        const error = this.#gate.failed(cause);
        for (const { failed } of group) failed(error);
        return;
      }
    }
    if (batch.length > 0 && group.at(-1)?.work.kind === 'pack') this.#options.counters.packed();
    this.#noteWaits(group);
    for (const answer of answers) answer();
  }

  /** For whoever makes room for commits when they wait longer than they used to. */
  #noteWaits(group: readonly Job[]): void {
    const nowMs = performance.now();
    let commits = 0;
    let waitedMs = 0;
    for (const { work, sinceMs } of group) {
      if (work.kind !== 'commit') continue;
      commits += 1;
      waitedMs += nowMs - sinceMs;
    }
    if (commits > 0) this.#options.counters.answered(commits, waitedMs * 1_000);
  }

  #requireWritable(work: Job['work']): void {
    const isPack = work.kind === 'pack';
    // Writes nothing, and has to be done whatever happened before.
    if (isPack && work.step.kind === 'end') return;
    this.#gate.require(bytesOf(work), { isPack });
  }

  /** What was decided on top of what could not be written is void. */
  #beginAnew(): void {
    const { db, counters } = this.#options;
    try {
      this.#present = new LevelPresent(db);
      counters.lastTid = this.#present.lastTid;
    } catch (cause) {
      this.#gate.failed(cause);
    }
  }

  #decide(work: Job['work'], batch: BatchOperation[]): WriterResult {
    const present = this.#present;
    if (work.kind === 'meta') {
      for (const [name, value] of Object.entries(work.entries)) {
        const key = metaKey(name);
        batch.push(value === undefined ? { type: 'del', key } : { type: 'put', key, value });
      }
      return { tid: present.lastTid, merged: [] };
    }
    if (work.kind === 'pack') {
      const packed = this.#forgetter.step(work.step, present, batch);
      present.forgetReplaced();
      return { tid: present.lastTid, merged: [], packed };
    }
    const request = work.unpack();
    this.#requireBlobs(request);
    const { classes, order, counters } = this.#options;
    const decision = decideCommit(request, present, {
      tid: tidForCommit(request, present.lastTid, this.#now()),
      classes,
      order,
      allocate: () => counters.allocate(1),
    });
    if (decision === undefined) return { tid: present.lastTid, merged: [] };
    const { watch } = this.#forgetter;
    watch.check(decision, request.baseTid, present);
    this.#throwAway(decision, request, batch);
    watch.accepted(decision, request.blobs, present);
    present.accept(decision, request.meta, batch);
    for (const { oid, previous } of decision.revisions) {
      if (previous === undefined) counters.passOid(oid);
    }
    for (const { oid, previous } of decision.overlays) {
      if (previous === undefined) counters.passOid(oid);
    }
    const { tid, previousTid } = decision.transaction;
    return { tid, previousTid, merged: decision.merged };
  }

  /** Notes in the trash what a commit takes out of its container. */
  #throwAway(decision: Decision, request: UnpackedCommit, batch: BatchOperation[]): void {
    const { removed } = request;
    if (removed.length === 0) return;
    const entries = trashOf(decision, {
      removed,
      user: decodeMeta(request.meta).user,
      rules: this.#options.classes.rules,
      look: (oid) => this.#present.revision(oid),
    });
    for (const [name, entry] of entries) {
      batch.push({ type: 'put', key: metaKey(name), value: encodeValue(entry) });
    }
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
    const { lastTid } = present;
    const writing = this.#write(batch);
    // While the disk works. Where it fails, what is present is read again before it is used again.
    present.written();
    await writing;
    counters.lastTid = lastTid;
  }
}

function bytesOf(work: Job['work']): number {
  if (work.kind === 'commit') return work.bytes;
  if (work.kind === 'pack') return 0;
  return Object.values(work.entries).reduce((sum, value) => sum + (value?.length ?? 0), 0);
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
