/**
 * The pool of publisher threads.
 *
 * Requests wait in one queue and each goes to the first free thread; a thread does one at a time.
 * While all are busy, one request may wait in each thread, which saves the thread the wait for the
 * next; it is taken back as soon as another thread is free, so it never waits for a slow neighbour
 * while somebody could do it.
 *
 * Whatever a request does to its thread is that request's alone: a thread past the time limit is
 * terminated, one that crashed is gone, and in both cases another takes its place while the rest
 * carry on. When every thread has been held for a while by the request it has, a spare is started.
 * It ends when the others would have been enough for some time, however busy all of them were: more
 * threads than processors answer no more requests, and each has its own objects in memory.
 *
 * One coarse timer watches limits and spares, and only while there is something to watch.
 */
import type { StorageHandle } from '../../odb/index.js';
import type { Logger } from '../log.js';
import type { SqlTarget } from '../sql/data-messages.js';
import { Deadline } from './deadline.js';
import type { Dispatch, Initial, Published } from './messages.js';
import type { Loaded, Ready, ThreadOutcome } from './thread.js';

/** How often limits and spares are looked at. */
export const SWEEP_MS = 50;
/** How long all threads must have been held by their requests before a spare is started. */
export const SPARE_AFTER_MS = 250;
/** How long a spare is kept after it was last needed. */
export const SPARE_KEPT_MS = 10_000;
/** Threads at the most, spares included, as a multiple of the pool's size. */
export const SPARES_FACTOR = 4;
/** Requests that may wait for a thread; one more is turned away. */
export const QUEUE_MAX = 2000;
/** How long to wait before a thread that could not start is tried again. */
const START_AGAIN_MS = 500;
/** Threads in a row that could not start, after which the server gives up. */
const START_FAILURES_MAX = 5;

/** What became of a request. */
export type PoolOutcome =
  | { readonly kind: 'published'; readonly published: Published }
  /** Begun again, it may succeed. */
  | { readonly kind: 'again'; readonly reason: string }
  /** It may succeed once what was saved before is finished in a database. */
  | { readonly kind: 'unfinished'; readonly target: SqlTarget }
  /** It passed the time limit; its thread is gone. */
  | { readonly kind: 'overdue' }
  /** Its thread crashed. */
  | { readonly kind: 'crashed'; readonly cause: unknown }
  /** Too many wait already, or the server is closing. */
  | { readonly kind: 'refused' };

/** What the pool needs of a thread: see `PublisherThread`. */
export interface PoolThread {
  readonly loaded: Promise<Loaded>;
  readonly ready: Promise<Ready>;
  join(handle: StorageHandle, initial?: Initial): void;
  publish(dispatch: Dispatch, done: (outcome: ThreadOutcome) => void): number;
  takeBack(id: number): boolean;
  renew(): void;
  end(): Promise<void>;
  terminate(reason: string): Promise<void>;
}

export interface PoolOptions {
  readonly size: number;
  readonly timeLimitMs: number;
  readonly log: Logger;
  /**
   * Starts a thread; it is joined to the database here, and used once it is ready. When it ends,
   * `onEnded` is called first and then whoever waits for its requests.
   */
  readonly startThread: (onEnded: (cause: unknown) => void) => PoolThread;
  /** No thread can be started any more: the process cannot go on. */
  readonly onFatal: (cause: unknown) => void;
  /** A clock that never steps back, in milliseconds. */
  readonly nowMs?: () => number;
}

interface Job {
  readonly dispatch: Dispatch;
  readonly done: (outcome: PoolOutcome) => void;
}

interface Running {
  readonly job: Job;
  readonly deadline: Deadline;
  /** Seen past its deadline once; stopped when it is seen so again. */
  state: 'in-time' | 'overdue' | 'stopped';
}

interface Member {
  readonly thread: PoolThread;
  ready: boolean;
  /** The request it does; `undefined` while it is free. */
  running: Running | undefined;
  /** The request that waits in it. */
  waiting: { readonly job: Job; readonly id: number } | undefined;
  /** It does what it has, and then ends. */
  leaving: boolean;
}

export class PublisherPool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #nowMs: () => number;
  readonly #members = new Set<Member>();
  readonly #free: Member[] = [];
  readonly #queue: Job[] = [];
  readonly #ending = new Set<Promise<void>>();
  #handle: StorageHandle | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #startAgain: NodeJS.Timeout | undefined;
  #failures = 0;
  #closing = false;
  /** When there was last a use for more threads than the pool's size. */
  #neededMs = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Threads that there are, starting ones included. */
  get size(): number {
    return this.#members.size;
  }

  /**
   * Starts a first thread, which loads its code before there is a database to join.
   *
   * @returns what the code brings; rejects when the thread ends while it loads
   */
  load(): Promise<Loaded> {
    return this.#start().loaded;
  }

  /**
   * Joins the threads to the database and starts as many as the pool's size.
   * Resolves when the first takes requests; rejects when it ends before.
   *
   * @param initial what the first thread makes of a database without a site
   */
  async open(handle: StorageHandle, initial?: Initial): Promise<Ready> {
    const [first] = this.#members;
    const thread = first?.thread ?? this.#start();
    thread.join(handle, initial);
    const ready = await thread.ready;
    this.#handle = handle;
    this.#fill();
    return ready;
  }

  /** Gives a request to the next free thread. `done` is called exactly once, never at once. */
  publish(dispatch: Dispatch, done: (outcome: PoolOutcome) => void): void {
    if (this.#closing || this.#queue.length >= QUEUE_MAX) {
      queueMicrotask(() => done({ kind: 'refused' }));
      return;
    }
    this.#queue.push({ dispatch, done });
    this.#next();
    this.#watch();
  }

  /**
   * Has every thread take a new view of the database. A pack needs that: as long as a view sees what
   * was forgotten, its room on the disk cannot be given back.
   */
  renew(): void {
    for (const { thread, ready } of this.#members) if (ready) thread.renew();
  }

  /** Lets what was begun finish, then ends every thread. Takes no request any more. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#sweep);
    clearTimeout(this.#startAgain);
    for (const { done } of this.#queue.splice(0)) done({ kind: 'refused' });
    await Promise.all([...[...this.#members].map(({ thread }) => thread.end()), ...this.#ending]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Starts threads until the pool has its size; one that is leaving does not count. */
  #fill(): void {
    const staying = [...this.#members].filter(({ leaving }) => !leaving).length;
    if (this.#closing) return;
    for (let missing = this.#options.size - staying; missing > 0; missing -= 1) this.#start();
  }

  #start(): PoolThread {
    const thread = this.#options.startThread((cause) => this.#ended(member, cause));
    const member: Member = {
      thread,
      ready: false,
      running: undefined,
      waiting: undefined,
      leaving: false,
    };
    this.#members.add(member);
    thread.ready.then(
      () => {
        member.ready = true;
        this.#failures = 0;
        this.#release(member);
      },
      () => {}, // `onEnded` says it too.
    );
    if (this.#handle !== undefined) thread.join(this.#handle);
    return thread;
  }

  /** Hands out requests as long as there are threads to take them. */
  #next(): void {
    for (;;) {
      const [job] = this.#queue;
      if (job === undefined) return;
      // The thread freed last: its caches are the warmest, and spares get to be idle.
      const free = this.#free.pop();
      const busy = free === undefined ? this.#heldLongest(mayWaitIn) : undefined;
      if (free !== undefined) this.#run(free, job);
      else if (busy !== undefined) busy.waiting = { job, id: this.#give(busy, job) };
      else return;
      this.#queue.shift();
    }
  }

  #run(member: Member, job: Job): void {
    this.#begin(member, job);
    this.#give(member, job);
  }

  #begin(member: Member, job: Job): void {
    const deadline = new Deadline(this.#nowMs(), this.#options.timeLimitMs);
    member.running = { job, deadline, state: 'in-time' };
  }

  #give(member: Member, job: Job): number {
    return member.thread.publish(job.dispatch, (outcome) => this.#finish(member, job, outcome));
  }

  #finish(member: Member, job: Job, outcome: ThreadOutcome): void {
    const { running, waiting } = member;
    if (waiting?.job === job) {
      // The thread ended before its answer, and not because of this one.
      member.waiting = undefined;
      this.#again(job);
      return;
    }
    member.running = undefined;
    if (outcome.kind === 'ended') {
      const stopped = running?.state === 'stopped';
      job.done(stopped ? { kind: 'overdue' } : { kind: 'crashed', cause: outcome.cause });
      return;
    }
    if (waiting === undefined) {
      this.#release(member);
    } else {
      member.waiting = undefined;
      this.#begin(member, waiting.job);
      this.#next();
    }
    job.done(outcome);
  }

  /** Makes a thread free, or gives it what waits: in the queue, or in another thread. */
  #release(member: Member): void {
    if (member.leaving) {
      this.#end(member);
      return;
    }
    this.#free.push(member);
    this.#next();
    if (!this.#free.includes(member)) return;
    const other = this.#heldLongest(({ waiting }) => waiting !== undefined);
    if (other?.waiting === undefined || !other.thread.takeBack(other.waiting.id)) return;
    const { job } = other.waiting;
    other.waiting = undefined;
    this.#again(job);
  }

  /** Puts a request that nobody began back where it was in the queue: first. */
  #again(job: Job): void {
    if (this.#closing) {
      job.done({ kind: 'refused' });
      return;
    }
    this.#queue.unshift(job);
    this.#next();
  }

  /** Finds, of the busy threads that fit, the one that has been at its request the longest. */
  #heldLongest(fits: (member: Member) => boolean): Member | undefined {
    let longest: Member | undefined;
    let startedMs = Number.POSITIVE_INFINITY;
    for (const member of this.#members) {
      if (member.running === undefined || !fits(member)) continue;
      if (member.running.deadline.startedMs >= startedMs) continue;
      startedMs = member.running.deadline.startedMs;
      longest = member;
    }
    return longest;
  }

  #ended(member: Member, cause: unknown): void {
    const expected = !this.#members.delete(member);
    const at = this.#free.indexOf(member);
    if (at !== -1) this.#free.splice(at, 1);
    if (this.#closing || expected) return;
    if (member.ready) {
      this.#fill();
      return;
    }
    this.#failures += 1;
    if (this.#failures >= START_FAILURES_MAX) {
      this.#options.onFatal(cause);
      return;
    }
    this.#options.log.error('A publisher thread could not start', { error: cause });
    this.#startAgain ??= setTimeout(() => {
      this.#startAgain = undefined;
      this.#fill();
    }, START_AGAIN_MS);
  }

  #watch(): void {
    this.#sweep ??= setInterval(() => this.#look(), SWEEP_MS).unref();
  }

  #look(): void {
    const nowMs = this.#nowMs();
    const { size } = this.#options;
    let running = 0;
    let held = 0;
    let starting = false;
    for (const member of this.#members) {
      if (!member.ready) starting = true;
      if (member.running === undefined) continue;
      running += 1;
      const { deadline } = member.running;
      if (nowMs - deadline.startedMs >= SPARE_AFTER_MS) held += 1;
      if (deadline.passed(nowMs)) stop(member, member.running);
    }
    if (held >= size) this.#neededMs = nowMs;
    const allHeld = held > 0 && held === this.#members.size;
    if (allHeld && !starting && held < size * SPARES_FACTOR) {
      this.#options.log.debug('A spare publisher thread is started', { threads: held + 1 });
      this.#start();
    }
    if (this.#members.size > size && nowMs - this.#neededMs >= SPARE_KEPT_MS) this.#letGo();
    if (running === 0 && !starting && this.#members.size <= size) {
      clearInterval(this.#sweep);
      this.#sweep = undefined;
    }
  }

  /** Lets the newest thread end, when it has done what it has. One at a time. */
  #letGo(): void {
    const newest = [...this.#members].at(-1);
    if (newest === undefined || !newest.ready || newest.leaving) return;
    newest.leaving = true;
    if (newest.running !== undefined) return;
    this.#free.splice(this.#free.indexOf(newest), 1);
    this.#end(newest);
  }

  #end(member: Member): void {
    this.#members.delete(member);
    const ending = member.thread.end().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

function mayWaitIn({ waiting, running, leaving }: Member): boolean {
  return waiting === undefined && running?.state === 'in-time' && !leaving;
}

/**
 * Terminates a thread past its limit, at the second look: after the main thread itself was held
 * up, the answer may be waiting to be read.
 */
function stop(member: Member, running: Running): void {
  if (running.state === 'in-time') {
    running.state = 'overdue';
  } else if (running.state === 'overdue') {
    running.state = 'stopped';
    void member.thread.terminate('The time limit passed');
  }
}
