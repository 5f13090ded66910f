/**
 * The main thread's side of one publisher thread.
 *
 * A thread goes through its states in one direction: loading, joined, ready, ended. It does one
 * request at a time, and one more may wait in it, so that it need not wait for the next itself.
 * Whoever gave it a request hears of it exactly once, also when the thread ends before it answered,
 * unless the request was taken back.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import type { Storage, StorageHandle } from '../../odb/index.js';
import type { Logger } from '../log.js';
import type { SqlTarget } from '../sql/data-messages.js';
import type { SqlHandle, SqlServer } from '../sql/sql-server.js';
import { Claims } from './claims.js';
import type {
  Call,
  CallResult,
  Dispatch,
  FromThread,
  Initial,
  Published,
  ThreadData,
  ThreadSettings,
  ToThread,
} from './messages.js';

/**
 * Heap of a publisher thread. The young generation is kept small because each thread has one of
 * its own; the old one holds the loaded objects.
 */
const YOUNG_GENERATION_MB = 16;
const OLD_GENERATION_MB = 512;
/** How long a thread that was asked to end may take before it is terminated. */
const END_WITHIN_MS = 2000;

/** What became of a request in a thread. */
export type ThreadOutcome =
  | { readonly kind: 'published'; readonly published: Published }
  | { readonly kind: 'again'; readonly reason: string }
  | { readonly kind: 'unfinished'; readonly target: SqlTarget }
  | { readonly kind: 'ended'; readonly cause: unknown };

/** What a thread's code brings, known before it is joined to a database. */
export type Loaded = Omit<Extract<FromThread, { kind: 'loaded' }>, 'kind'>;

export type Ready = Omit<Extract<FromThread, { kind: 'ready' }>, 'kind'>;

export interface ThreadOptions {
  readonly settings: ThreadSettings;
  readonly log: Logger;
  /** The one storage; calls of the thread go there. */
  readonly storage: () => Storage | undefined;
  /** Its way to SQL databases, from when it is joined. */
  readonly sql: () => ThreadSql | undefined;
  /** Called once, when the thread is gone for whatever reason. */
  readonly onEnded: (cause: unknown) => void;
}

/** What a thread needs of the `SqlServer`. */
export type ThreadSql = Pick<SqlServer, 'share' | 'ended' | 'news' | 'keep' | 'tryAgain'>;

export class PublisherThread {
  /** Resolves when the code is loaded; rejects when the thread ends before. */
  readonly loaded: Promise<Loaded>;
  /** Resolves when requests are taken; rejects when the thread ends before. */
  readonly ready: Promise<Ready>;
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  readonly #exited: Promise<void>;
  #settleLoaded: { resolve(loaded: Loaded): void; reject(cause: unknown): void };
  #settleReady: { resolve(ready: Ready): void; reject(cause: unknown): void };
  readonly #claims = new Claims();
  /** Requests that it has, the one it does first. */
  readonly #requests = new Map<number, (outcome: ThreadOutcome) => void>();
  #sql: { readonly handle: SqlHandle; readonly told: { version: number } } | undefined;
  #cause: unknown;

  constructor(options: ThreadOptions) {
    this.#options = options;
    const loaded = settlable<Loaded>();
    const ready = settlable<Ready>();
    this.loaded = loaded.promise;
    this.ready = ready.promise;
    this.#settleLoaded = loaded;
    this.#settleReady = ready;
    const data: ThreadData = { ...options.settings, claims: this.#claims.buffer };
    this.#worker = new Worker(new URL('worker.js', import.meta.url), {
      workerData: data,
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
        maxOldGenerationSizeMb: OLD_GENERATION_MB,
      },
    });
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    this.#worker.on('error', (error) => {
      this.#cause = error;
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#ended(this.#cause ?? new Error(`A publisher thread ended with code ${code}`));
        resolve();
      });
    });
  }

  /** Tells the thread where the database is, and what to make of it when there is no site in it. */
  join(handle: StorageHandle, initial?: Initial): void {
    const sql = this.#options.sql()?.share();
    if (sql !== undefined) this.#sql = { handle: sql, told: { version: 0 } };
    this.#post(
      { kind: 'join', handle, sql, ...(initial === undefined ? {} : { initial }) },
      sql === undefined ? [] : [sql.link.port],
    );
  }

  /**
   * Gives the thread a request. It must be ready and have at most one.
   *
   * @returns the number by which the request can be taken back
   */
  publish(dispatch: Dispatch, done: (outcome: ThreadOutcome) => void): number {
    const [other] = this.#requests.keys();
    const id = this.#claims.offer(other);
    this.#requests.set(id, done);
    const news = this.#sql === undefined ? undefined : this.#options.sql()?.news(this.#sql.told);
    if (news !== undefined) this.#post({ kind: 'sql', news });
    this.#post({ kind: 'publish', id, dispatch });
    return id;
  }

  /** Takes a request back that waits in the thread; `false` when it was begun. */
  takeBack(id: number): boolean {
    return this.#claims.claim(id) && this.#requests.delete(id);
  }

  /** Has the thread take a new view of the database once it has done what it has. */
  renew(): void {
    this.#post({ kind: 'renew' });
  }

  /** Asks the thread to end, and waits until it has. What it is doing is finished first. */
  async end(): Promise<void> {
    this.#post({ kind: 'end' });
    const timer = setTimeout(() => void this.terminate('It did not end'), END_WITHIN_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Stops the thread wherever it is, and waits until it has ended. */
  async terminate(reason: string): Promise<void> {
    this.#cause ??= new Error(reason);
    await this.#worker.terminate();
    await this.#exited;
  }

  #post(message: ToThread, moved: readonly MessagePort[] = []): void {
    this.#worker.postMessage(message, moved);
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case 'loaded':
        this.#settleLoaded.resolve(message);
        break;
      case 'ready':
        this.#settleReady.resolve(message);
        break;
      case 'published':
        if (message.published.sql !== undefined) this.#options.sql()?.keep(message.published.sql);
        this.#done(message.id, { kind: 'published', published: message.published });
        break;
      case 'again':
        this.#done(message.id, { kind: 'again', reason: message.reason });
        break;
      case 'unfinished':
        this.#done(message.id, { kind: 'unfinished', target: message.target });
        break;
      case 'call':
        this.#call(message.request).then(
          (result) => this.#post({ kind: 'settled', call: message.call, result }),
          (error: unknown) => this.terminate(String(error)),
        );
        break;
      case 'log':
        this.#options.log[message.level](message.message, message.fields);
        break;
      default:
        message satisfies never;
    }
  }

  async #call(request: Call): Promise<CallResult> {
    const storage = this.#options.storage();
    if (storage === undefined) throw new TypeError('A thread that was not joined made a call');
    try {
      if (request.what === 'commit') {
        return { ok: true, commit: await storage.commitPacked(request.bytes) };
      }
      if (request.what === 'finish-sql') {
        return { ok: true, problem: await this.#options.sql()?.tryAgain(request.target) };
      }
      await storage.setMeta(request.entries);
      return { ok: true };
    } catch (error) {
      // Loaded when it is needed: this module is on the way of every start.
      const { packCallError } = await import('./call-error.js');
      const packed = packCallError(error);
      if (packed === undefined) throw error;
      return { ok: false, error: packed };
    }
  }

  #done(id: number, outcome: ThreadOutcome): void {
    const done = this.#requests.get(id);
    this.#requests.delete(id);
    done?.(outcome);
  }

  #ended(cause: unknown): void {
    if (this.#sql !== undefined) this.#options.sql()?.ended(this.#sql.handle);
    this.#settleLoaded.reject(cause);
    this.#settleReady.reject(cause);
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    this.#options.onEnded(cause);
    for (const done of requests) done({ kind: 'ended', cause });
  }
}

function settlable<T>(): {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(cause: unknown): void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (cause: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // Nobody may be waiting when the thread ends.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
