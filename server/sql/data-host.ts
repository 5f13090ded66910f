/**
 * The main thread's side of the data thread.
 *
 * The thread is started when it is first needed, and again when it is needed after it ended. Threads
 * that may need a database get a link; what they leave open when they hand over their answer is kept
 * here, and committed or rolled back from here.
 */
import path from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Logger } from '../log.js';
import { DataError } from './data-error.js';
import type {
  CommitOutcome,
  DataAnswer,
  DataReply,
  DataRequest,
  DataThreadData,
  FromDataThread,
  SqlTarget,
  SqlTransactionId,
  ToDataThread,
} from './data-messages.js';
import { LINK_SIGNAL, type LinkHandle, type LinkOpened } from './link-handle.js';

/** How long a commit may take before its outcome is unknown. */
export const COMMIT_MS_MAX = 30_000;
/** How long the thread may take to end what it has. */
const END_MS_MAX = 8000;
/** How long an answer may be late, so that the thread is the one to say that it took too long. */
const GRACE_MS = 500;
/** Numbers that one data thread may use. Another that follows it begins beyond. */
const NUMBERS_A_THREAD = 2 ** 36;
/** The folder of SQLite's files in the data directory. */
export const SQLITE_FOLDER = 'sql';

export interface DataHostOptions {
  /** The data directory. */
  readonly data: string;
  readonly log: Logger;
  /** A transaction that nobody has any more may stand prepared in a database. */
  readonly onLeft?: (target: SqlTarget) => void;
  /** The thread ended, and was not asked to. */
  readonly onEnded?: () => void;
  /** Starts the thread. Default: a worker thread. */
  readonly startThread?: (data: DataThreadData) => Worker;
}

interface Link {
  /** Main's end of the port that asks for a way to the data thread. */
  readonly port: MessagePort;
  readonly signal: SharedArrayBuffer;
}

interface Waiting {
  resolve(answer: DataAnswer): void;
  reject(error: DataError): void;
}

export class DataHost implements AsyncDisposable {
  readonly #options: DataHostOptions;
  readonly #links = new Map<number, Link>();
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #exited: Promise<void> = Promise.resolve();
  #starts = 0;
  #linksMade = 0;
  #calls = 0;
  #isClosing = false;

  constructor(options: DataHostOptions) {
    this.#options = options;
  }

  /** Whether the thread runs. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Makes a link for another thread. Costs little until it is used. */
  link(): LinkHandle {
    const { port1, port2 } = new MessageChannel();
    this.#linksMade += 1;
    const number = this.#linksMade;
    // The thread that runs counts from what has ended so far.
    const signal = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    this.#links.set(number, { port: port1, signal });
    port1.on('message', () => this.#open(number));
    port1.unref();
    return { number, port: port2, signal };
  }

  /**
   * Makes a link for this very thread, as a command needs. The data thread is started at once, since
   * nobody could start it while this thread waits.
   */
  openLink(): LinkHandle {
    const handle = this.link();
    this.#open(handle.number);
    return handle;
  }

  /**
   * Takes over what a thread left open in its databases. To be called at once when its answer arrives:
   * from then on it does not matter whether the thread lives.
   */
  keep(transactions: readonly SqlTransactionId[]): void {
    if (transactions.length > 0) this.#tell({ kind: 'keep', transactions });
  }

  /** Tells whether transactions are of the thread that runs: those of another are gone with it. */
  holds(transactions: readonly SqlTransactionId[]): boolean {
    const isOfThis = (id: number): boolean =>
      Math.floor(id / NUMBERS_A_THREAD) === this.#starts - 1;
    return this.isRunning && transactions.every(isOfThis);
  }

  /** Commits transactions that were kept, all at the same time. Never rejects. */
  commit(transactions: readonly SqlTransactionId[]): Promise<readonly CommitOutcome[]> {
    return Promise.all(transactions.map((transaction) => this.#commit(transaction)));
  }

  /** Rolls back transactions that were kept. Never rejects: what is left is rolled back by its server. */
  async rollback(transactions: readonly SqlTransactionId[]): Promise<void> {
    await Promise.all(
      transactions.map(async (transaction) => {
        try {
          await this.request({ what: 'rollback', transaction }, COMMIT_MS_MAX);
        } catch (error) {
          if (!(error instanceof DataError)) throw error;
        }
      }),
    );
  }

  /**
   * Asks the data thread.
   * @throws DataError
   */
  request<R extends DataRequest>(request: R, remainingMs: number): Promise<DataAnswer<R['what']>>;
  request(request: DataRequest, remainingMs: number): Promise<DataAnswer> {
    if (this.#isClosing) return Promise.reject(ended());
    const worker = this.#started();
    this.#calls += 1;
    const call = this.#calls;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(call);
        reject(new DataError('overdue', 'The database did not answer in time.'));
      }, remainingMs + GRACE_MS);
      this.#waiting.set(call, {
        resolve: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      const message: ToDataThread = { kind: 'request', call, request, remainingMs };
      worker.postMessage(message);
    });
  }

  /** To be called when whoever has a link has ended: what it had open is rolled back. */
  endLink(number: number): void {
    this.#links.get(number)?.port.close();
    this.#links.delete(number);
    this.#tell({ kind: 'end-link', link: number });
  }

  /** Rolls back what is open, and ends the thread. Nothing can be asked any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const { port } of this.#links.values()) port.close();
    this.#links.clear();
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#tell({ kind: 'close' });
    const timer = setTimeout(() => void worker.terminate(), END_MS_MAX);
    await this.#exited;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #commit(transaction: SqlTransactionId): Promise<CommitOutcome> {
    try {
      return await this.request({ what: 'commit', transaction }, COMMIT_MS_MAX);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      return { transaction, outcome: 'unknown', message: error.message };
    }
  }

  /** Gives a link its way to the data thread. */
  #open(number: number): void {
    const link = this.#links.get(number);
    if (link === undefined || this.#isClosing) return;
    const worker = this.#started();
    const { port1, port2 } = new MessageChannel();
    const { port, signal } = link;
    const message: ToDataThread = { kind: 'link', link: number, port: port1, signal };
    worker.postMessage(message, [port1]);
    port.postMessage({ port: port2 } satisfies LinkOpened, [port2]);
    wake(signal);
  }

  #tell(message: ToDataThread): void {
    this.#worker?.postMessage(message);
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const firstNumber = this.#starts * NUMBERS_A_THREAD;
    this.#starts += 1;
    const folder = path.join(path.resolve(this.#options.data), SQLITE_FOLDER);
    const worker = (this.#options.startThread ?? startWorker)({ folder, firstNumber });
    this.#worker = worker;
    worker.on('message', (message: FromDataThread) => {
      if ('left' in message) this.#options.onLeft?.(message.left);
      else this.#receive(message);
    });
    worker.on('error', (error) => this.#options.log.error('The data thread failed', { error }));
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#ended();
        resolve();
      });
    });
    return worker;
  }

  #receive(reply: DataReply): void {
    const waiting = this.#waiting.get(reply.call);
    this.#waiting.delete(reply.call);
    if ('answer' in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(dataErrorOf(reply.failure));
  }

  #ended(): void {
    this.#worker = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(ended());
    this.#waiting.clear();
    for (const { signal } of this.#links.values()) {
      Atomics.add(new Int32Array(signal), LINK_SIGNAL.ended, 1);
      wake(signal);
    }
    if (!this.#isClosing) this.#options.onEnded?.();
  }
}

function startWorker(data: DataThreadData): Worker {
  return new Worker(new URL('data-thread.js', import.meta.url), { workerData: data });
}

function wake(signal: SharedArrayBuffer): void {
  const changes = new Int32Array(signal);
  Atomics.add(changes, LINK_SIGNAL.changes, 1);
  Atomics.notify(changes, LINK_SIGNAL.changes);
}

function dataErrorOf({ kind, message, position }: DataError['failure']): DataError {
  return new DataError(kind, message, { position });
}

function ended(): DataError {
  return new DataError('lost', 'The thread that has the connections ended.');
}
