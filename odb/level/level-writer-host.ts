/**
 * The other end of the writing thread: sends it commits, and hands on its answers.
 *
 * When the thread ends without being asked to, whether the commits that wait were written is
 * unknown; they and all later ones are refused, and whoever opened the storage is told.
 */
import { Worker } from 'node:worker_threads';
import { closedError, OdbError } from '../errors.js';
import type { MetaEntries, WriterResult } from './level-writer.js';
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
import type { CommitResult } from '../writes.js';
import { asTid } from '../tid.js';

interface Waiting {
  readonly done: (result: WriterResult) => void;
  readonly failed: (error: Error) => void;
}

export class LevelWriterHost {
  readonly #worker: Worker;
  readonly #onLost: (error: OdbError) => void;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #jobs: CommitJob[] = [];
  #nextId = 1;
  #closing = false;
  #lost: OdbError | undefined;

  /** Starts the thread, and answers when it accepts commits. It loads its code until `rules` is there. */
  static async start(
    data: WriterThreadData,
    rules: Promise<MergeRules>,
    onLost: (error: OdbError) => void = () => undefined,
  ): Promise<LevelWriterHost> {
    const worker = new Worker(new URL('./level-writer-thread.js', import.meta.url), {
      workerData: data,
      name: 'canopy-storage',
      // The process's own may say how to read its first script (`--eval`), which is not this one.
      execArgv: [],
    });
    await new Promise<void>((resolve, reject) => {
      const ended = (): void =>
        reject(new OdbError('ODB_WRITER_LOST', 'The thread that writes ended before it began'));
      worker.once('exit', ended);
      worker.once('error', reject);
      rules.then(
        (known) => worker.postMessage({ kind: 'rules', rules: known } satisfies ToWriter),
        (error: unknown) => {
          worker.off('exit', ended);
          worker.terminate().then(() => reject(error), reject);
        },
      );
      worker.once('message', (message: FromWriter) => {
        worker.off('error', reject);
        if (message.kind === 'failed') reject(receiveError(message.error));
        else resolve();
      });
    });
    return new LevelWriterHost(worker, onLost);
  }

  private constructor(worker: Worker, onLost: (error: OdbError) => void) {
    this.#worker = worker;
    this.#onLost = onLost;
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
    // A storage nobody waits for does not keep the process alive.
    worker.unref();
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

  /** Ends the thread after what was sent before. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#flush();
      this.#worker.ref();
      this.#post({ kind: 'close' });
    }
    await this.#ended;
  }

  #send(work: (id: number) => void): Promise<WriterResult> {
    return new Promise((done, failed) => {
      if (this.#lost !== undefined) failed(this.#lost);
      else if (this.#closing) failed(closedError());
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
    const flushSmall = (): void => {
      if (small.length === 0) return;
      const packed = packJobs(small);
      this.#post({ kind: 'commits', packed }, [packed.buffer]);
      small = [];
    };
    for (const job of this.#jobs) {
      const { id, bytes } = job;
      if (bytes.length < ALONE_BYTES_MIN) small.push(job);
      else {
        flushSmall();
        this.#post({ kind: 'commit', id, bytes }, ownsBuffer(bytes) ? [bytes.buffer] : []);
      }
    }
    flushSmall();
    this.#jobs = [];
  }

  #post(message: ToWriter, transfer: ArrayBuffer[] = []): void {
    if (this.#lost === undefined) this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromWriter): void {
    if (message.kind !== 'answers') return;
    const { plain, others } = message;
    for (let at = 0; at < plain.length; at += 2) {
      const id = plain[at] ?? 0;
      const tid = asTid(plain[at + 1] ?? Number.NaN);
      this.#take(id)?.done({ tid, merged: [] });
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
    this.#lost = new OdbError(
      'ODB_WRITER_LOST',
      'The thread that writes the database has ended; what was waiting may or may not be written',
      { cause },
    );
    for (const { failed } of this.#waiting.values()) failed(this.#lost);
    this.#waiting.clear();
    this.#onLost(this.#lost);
  }
}

/** Bytes that are all of their buffer can be moved; others (pooled, shared) are copied. */
function ownsBuffer(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
}
