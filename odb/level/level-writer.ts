/**
 * The one writer of a LevelDB database: has commits decided and writes them, in groups.
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
import { takeCommit, unpackCommit } from '../commit/commit-packing.js';
import { closedError } from '../errors.js';
import { writeBatch, type BatchOperation } from './level-batch.js';
import {
  bytesOf,
  LevelDecider,
  type DeciderOptions,
  type MetaEntries,
  type WriterResult,
  type WriterWork,
} from './level-decider.js';
import { NOTHING_ANSWERED, type PackAnswer, type PackStep } from '../pack/pack-run.js';
import type { CommitRequest, CommitResult } from '../writes.js';
import { WriterGate, type WriterDisk } from './writer-gate.js';

/** Most commits in one batch, and most bytes: those waiting longest come first. */
export const BATCH_COMMITS_MAX = 1_000;
export const BATCH_BYTES_MAX = 32 * 1024 * 1024;

export interface WriterOptions extends DeciderOptions {
  /** Writes a batch, and answers once it is on disk. Default: to `db`. */
  readonly write?: (batch: BatchOperation[]) => Promise<void>;
  /** The disk it is on. */
  readonly disk?: WriterDisk;
}

/** One who waits. */
interface Job {
  readonly work: WriterWork;
  /** Since when, by `performance.now`. */
  readonly sinceMs: number;
  readonly done: (result: WriterResult) => void;
  readonly failed: (error: unknown) => void;
}

export class LevelWriter {
  readonly #options: WriterOptions;
  readonly #write: (batch: BatchOperation[]) => Promise<void>;
  readonly #gate: WriterGate;
  readonly #decider: LevelDecider;
  #waiting: Job[] = [];
  #running = false;
  #closed = false;
  /** Called when nothing waits any more. */
  #idle: (() => void)[] = [];

  constructor(options: WriterOptions) {
    this.#options = options;
    const { db } = options;
    this.#write = options.write ?? ((batch) => writeBatch(db, batch, { sync: true }));
    this.#gate = new WriterGate(options.disk);
    this.#decider = new LevelDecider(options);
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

  #enqueue(work: WriterWork): Promise<WriterResult> {
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
    this.#decider.beginGroup();
    for (const { work, done, failed } of group) {
      const { length } = batch;
      try {
        this.#requireWritable(work);
        const result = this.#decider.decide(work, batch);
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

  #requireWritable(work: WriterWork): void {
    const isPack = work.kind === 'pack';
    // Writes nothing, and has to be done whatever happened before.
    if (isPack && work.step.kind === 'end') return;
    this.#gate.require(bytesOf(work), { isPack });
  }

  async #store(batch: BatchOperation[]): Promise<void> {
    const lastTid = this.#decider.complete(batch);
    const writing = this.#write(batch);
    // While the disk works. Where it fails, what is present is read again before it is used again.
    this.#decider.written();
    await writing;
    this.#options.counters.lastTid = lastTid;
  }

  /** What was decided on top of what could not be written is void. */
  #beginAnew(): void {
    try {
      this.#decider.beginAnew();
    } catch (cause) {
      this.#gate.failed(cause);
    }
  }
}
