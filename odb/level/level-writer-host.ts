/**
 * The other end of the writing thread: sends it commits, and hands on its answers.
 *
 * What is sent while the thread starts waits for it. When it cannot start, or ends without being
 * asked to, what waits and all that comes later is refused, and whoever opened the storage is told;
 * in the second case, nobody knows whether the commits that waited were written.
 */
import { Worker } from 'node:worker_threads';
import { packCommit } from '../commit/commit-packing.js';
import { closedError, OdbError } from '../errors.js';
import type { MetaEntries, WriterResult } from './level-decider.js';
import {
  ALONE_BYTES_MIN,
  packJobs,
  receiveError,
  type CommitJob,
  type FromWriter,
  type ToWriter,
  type WriterThreadData,
} from './level-writer-link.js';
import { NOTHING_ANSWERED, type PackAnswer, type PackStep } from '../pack/pack-run.js';
import type { MergeRules } from '../rules.js';
import type { CommitRequest, CommitResult } from '../writes.js';
import { asOid } from '../oid.js';
import { asTid } from '../tid.js';

/** Smaller requests are copied sooner than moved. */
const MOVED_BYTES_MIN = 4 * 1024;

/** One who waits for the start. */
interface PromiseEnds {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** One who waits for an answer. */
interface Waiting {
  readonly done: (result: WriterResult) => void;
  readonly failed: (error: Error) => void;
}

/** What is sent once the thread has started. */
interface Held {
  readonly message: ToWriter;
  readonly transfer: ArrayBuffer[];
}

export class LevelWriterHost {
  readonly #worker: Worker;
  readonly #onLost: ((error: OdbError) => void) | undefined;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  /** Those who wait for the start, and what does; `undefined` once it has started. */
  #starting: { readonly held: Held[]; readonly waiting: PromiseEnds[] } | undefined;
  #jobs: CommitJob[] = [];
  #nextId = 1;
  #closing = false;
  #lost: OdbError | undefined;
  /** Somebody knows of the loss. */
  #isTold = false;

  /**
   * Starts the thread, which accepts commits from now on. It loads its code until `rules` is there.
   *
   * @param rules where they cannot be had, whoever gave them tells, and calls `end`
   * @param onLost called once, when the thread could not start or has ended by itself
   */
  constructor(
    data: WriterThreadData,
    rules: Promise<MergeRules>,
    onLost?: (error: OdbError) => void,
  ) {
    this.#onLost = onLost;
    this.#starting = { held: [], waiting: [] };
    const worker = new Worker(new URL('./level-writer-thread.js', import.meta.url), {
      workerData: data,
      name: 'canopy-storage',
      // The process's own may say how to read its first script (`--eval`), which is not this one.
      execArgv: [],
    });
    this.#worker = worker;
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('message', (message: FromWriter) => this.#receive(message));
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        if (!this.#closing || this.#waiting.size > 0) this.#lose(cause);
        resolve();
      });
    });
    rules.then(
      (known) => worker.postMessage({ kind: 'rules', rules: known } satisfies ToWriter),
      () => undefined,
    );
  }

  /** Answers once the thread has started. @throws why it could not, as it was thrown there */
  ready(): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#lost !== undefined) failed(this.#lost);
      else if (this.#starting === undefined) done();
      else this.#starting.waiting.push({ done, failed });
    });
  }

  /** The thread itself, for whoever must see to its end. */
  get worker(): Worker {
    return this.#worker;
  }

  /** Commits a packed request; a big one's buffer is moved to the thread. */
  commit(bytes: Uint8Array): Promise<CommitResult> {
    return this.#send((id) => {
      if (this.#jobs.length === 0) queueMicrotask(() => this.#flush());
      this.#jobs.push({ id, bytes });
    });
  }

  commitRequest(request: CommitRequest): Promise<CommitResult> {
    return this.commit(packCommit(request));
  }

  async setMeta(entries: MetaEntries): Promise<void> {
    await this.#send((id) => {
      this.#flush();
      this.#post({ kind: 'meta', id, entries });
    });
  }

  /** Does one step of a pack, after the commits sent before. */
  async pack(step: PackStep): Promise<PackAnswer> {
    const { packed } = await this.#send((id) => {
      this.#flush();
      this.#post({ kind: 'pack', id, step });
    });
    return packed ?? NOTHING_ANSWERED;
  }

  /**
   * Ends the thread after what was sent before.
   *
   * @throws OdbError `ODB_WRITER_LOST` when it is lost, and nobody was told
   */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#flush();
      this.#worker.ref();
      this.#post({ kind: 'close' });
    }
    await this.#ended;
    if (this.#lost === undefined || this.#isTold) return;
    this.#isTold = true;
    throw this.#lost;
  }

  /** Ends a thread that has nothing to write, whether it has started or not. */
  async end(): Promise<void> {
    this.#closing = true;
    await this.#worker.terminate();
    await this.#ended;
  }

  #send(work: (id: number) => void): Promise<WriterResult> {
    return new Promise((done, failed) => {
      if (this.#lost !== undefined) {
        this.#isTold = true;
        failed(this.#lost);
      } else if (this.#closing) failed(closedError());
      else {
        const id = this.#nextId++;
        if (this.#waiting.size === 0) this.#worker.ref();
        this.#waiting.set(id, { done, failed });
        work(id);
      }
    });
  }

  /** Sends what has been waiting since the last turn of the event loop, in the order it came. */
  #flush(): void {
    let small: CommitJob[] = [];
    for (const job of this.#jobs) {
      if (job.bytes.length < ALONE_BYTES_MIN) small.push(job);
      else {
        this.#sendTogether(small);
        this.#sendAlone(job);
        small = [];
      }
    }
    this.#sendTogether(small);
    this.#jobs = [];
  }

  #sendTogether(jobs: readonly CommitJob[]): void {
    const [first, second] = jobs;
    if (first === undefined) return;
    if (second === undefined) this.#sendAlone(first);
    else {
      const packed = packJobs(jobs);
      this.#post({ kind: 'commits', packed }, [packed.buffer]);
    }
  }

  #sendAlone({ id, bytes }: CommitJob): void {
    const isMoved = bytes.length >= MOVED_BYTES_MIN && ownsBuffer(bytes);
    this.#post({ kind: 'commit', id, bytes }, isMoved ? [bytes.buffer] : []);
  }

  #post(message: ToWriter, transfer: ArrayBuffer[] = []): void {
    if (this.#lost !== undefined) return;
    if (this.#starting === undefined) this.#worker.postMessage(message, transfer);
    else this.#starting.held.push({ message, transfer });
  }

  #receive(message: FromWriter): void {
    switch (message.kind) {
      case 'ready':
        this.#started();
        break;
      case 'failed':
        this.#lose(receiveError(message.error));
        break;
      case 'answers':
        this.#answer(message);
        break;
    }
  }

  #started(): void {
    const { held = [], waiting = [] } = this.#starting ?? {};
    this.#starting = undefined;
    for (const { message, transfer } of held) this.#post(message, transfer);
    for (const { done } of waiting) done();
    // A storage nobody waits for does not keep the process alive.
    if (this.#waiting.size === 0 && !this.#closing) this.#worker.unref();
  }

  #answer({ stored, others }: Extract<FromWriter, { readonly kind: 'answers' }>): void {
    for (let at = 0; at < stored.length;) {
      const id = stored[at] ?? 0;
      const tid = asTid(stored[at + 1] ?? Number.NaN);
      const sincePrevious = stored[at + 2] ?? 0;
      const end = at + 4 + (stored[at + 3] ?? 0);
      const merged = stored.slice(at + 4, end).map(asOid);
      // Nothing was written where no time passed.
      const previous = sincePrevious === 0 ? {} : { previousTid: asTid(tid - sincePrevious) };
      this.#take(id)?.done({ tid, ...previous, merged });
      at = end;
    }
    for (const answer of others) {
      const waiting = this.#take(answer.id);
      if ('result' in answer) waiting?.done(answer.result);
      else waiting?.failed(receiveError(answer.error));
    }
    if (this.#waiting.size === 0 && !this.#closing) this.#worker.unref();
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #lose(cause: unknown): void {
    if (this.#lost !== undefined) return;
    const lost = lostError(cause, { hasStarted: this.#starting === undefined });
    const { waiting = [] } = this.#starting ?? {};
    this.#starting = undefined;
    this.#lost = lost;
    this.#isTold = this.#waiting.size > 0 || waiting.length > 0 || this.#onLost !== undefined;
    for (const { failed } of waiting) failed(cause ?? lost);
    for (const { failed } of this.#waiting.values()) failed(lost);
    this.#waiting.clear();
    // Who waits for the start tells it.
    if (waiting.length === 0) this.#onLost?.(lost);
  }
}

function lostError(cause: unknown, { hasStarted }: { readonly hasStarted: boolean }): OdbError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  const what = hasStarted
    ? 'The thread that writes the database has ended; what was waiting may or may not be written'
    : `The thread that writes the database could not start, and nothing was written${why}`;
  return new OdbError('ODB_WRITER_LOST', what, { cause });
}

/** Bytes that are all of their buffer can be moved; others (pooled, shared) are copied. */
function ownsBuffer(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
}
