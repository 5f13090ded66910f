/**
 * The sessions of one database.
 *
 * A session is used by one transaction at a time. There are so many at the most; whoever comes then
 * waits for one, and not for long. Those that nobody uses are ended after a while. Lives in the data
 * thread.
 */
import type { ConnectionAddress } from './connection-url.js';
import { DataError } from './data-error.js';
import type { SessionCounts } from './data-messages.js';
import type { Driver, Session } from './session.js';

/** How long somebody waits for a session that others use. */
export const ACQUIRE_MS_MAX = 5000;
/** How long making a connection may take. */
export const CONNECT_MS_MAX = 10_000;
/** How long an unused session is kept. */
export const IDLE_MS_MAX = 30_000;

export interface SessionPoolOptions {
  readonly driver: Driver;
  readonly address: ConnectionAddress;
  /** Gives numbers that only grow. */
  readonly nextEpoch: () => number;
}

/** A session that somebody has. */
export interface Lease {
  readonly session: Session;
  /** Whether it was made for this; another may have broken while nobody used it. */
  readonly isFresh: boolean;
}

interface Idle {
  readonly session: Session;
  readonly sinceMs: number;
}

export class SessionPool {
  readonly max: number;
  readonly #options: SessionPoolOptions;
  readonly #idle: Idle[] = [];
  readonly #busy = new Set<Session>();
  readonly #waiting: (() => void)[] = [];
  readonly #closing = new Set<Promise<void>>();
  /** Connections that are being made. */
  #opening = 0;
  #epoch: number;
  #hasBroken = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SessionPoolOptions) {
    this.#options = options;
    this.max = options.driver.sessionsMax(options.address);
    this.#epoch = options.nextEpoch();
  }

  get epoch(): number {
    return this.#epoch;
  }

  get counts(): SessionCounts {
    const busy = this.#busy.size;
    const open = busy + this.#idle.length;
    return { open, busy, waiting: this.#waiting.length, max: this.max };
  }

  get isEmpty(): boolean {
    return this.#taken === 0 && this.#waiting.length === 0;
  }

  /**
   * Gives a session that is the caller's until it is released or discarded.
   * @throws DataError `busy` when none becomes free, `unreachable` when none can be made
   */
  async acquire(remainingMs: number): Promise<Lease> {
    const untilMs = performance.now() + Math.min(remainingMs, ACQUIRE_MS_MAX);
    for (;;) {
      const session = this.#takeIdle();
      if (session !== undefined) return { session, isFresh: false };
      if (this.#taken < this.max) return { session: await this.#open(remainingMs), isFresh: true };
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0 || !(await this.#turn(leftMs))) throw this.#allBusy();
    }
  }

  /** Takes a session back that has no transaction any more. */
  release(session: Session): void {
    if (!this.#busy.delete(session)) return;
    if (session.isUsable) {
      this.#idle.push({ session, sinceMs: performance.now() });
    } else {
      this.#hasBroken = true;
      this.#drop(session);
    }
    this.#next();
    this.#watch();
  }

  /** Takes a session back that is of no use: what is under way on it is stopped, on the server too. */
  discard(session: Session): void {
    if (!this.#busy.delete(session)) return;
    this.#hasBroken = true;
    this.#track(session.cancel().then(() => session.close()));
    this.#next();
  }

  /** Resolves when the sessions that are being ended have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#closing);
  }

  /** Ends the sessions that nobody uses. */
  async closeIdle(): Promise<void> {
    for (const { session } of this.#idle.splice(0)) this.#drop(session);
    await this.settled();
  }

  /** Ends all. Those in use are stopped. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const session of [...this.#busy]) this.discard(session);
    await this.closeIdle();
  }

  get #taken(): number {
    return this.#busy.size + this.#idle.length + this.#opening;
  }

  #takeIdle(): Session | undefined {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      const { session } = last;
      if (session.isUsable) {
        this.#busy.add(session);
        return session;
      }
      this.#hasBroken = true;
      this.#drop(session);
    }
    return undefined;
  }

  async #open(remainingMs: number): Promise<Session> {
    const { driver, address, nextEpoch } = this.#options;
    this.#opening += 1;
    try {
      const withinMs = Math.min(remainingMs, CONNECT_MS_MAX);
      const session = await driver.open(address, { withinMs });
      if (this.#hasBroken) this.#epoch = nextEpoch();
      this.#hasBroken = false;
      this.#busy.add(session);
      return session;
    } catch (error) {
      this.#hasBroken = true;
      throw error;
    } finally {
      this.#opening -= 1;
      // When it failed, the next in line may try.
      this.#next();
    }
  }

  /** Waits until it is worth looking again; `false` when the time is over. */
  #turn(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const called = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(called), 1);
        resolve(false);
      }, withinMs);
      this.#waiting.push(called);
    });
  }

  #next(): void {
    this.#waiting.shift()?.();
  }

  #drop(session: Session): void {
    this.#track(session.close());
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#closing.delete(tracked));
    this.#closing.add(tracked);
  }

  #watch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const nowMs = performance.now();
      while (this.#idle[0] !== undefined && nowMs - this.#idle[0].sinceMs >= IDLE_MS_MAX) {
        const oldest = this.#idle.shift();
        if (oldest !== undefined) this.#drop(oldest.session);
      }
      if (this.#idle.length > 0) this.#watch();
    }, IDLE_MS_MAX).unref();
  }

  #allBusy(): DataError {
    const message = `All ${this.max} connections to the database are in use.`;
    return new DataError('busy', message);
  }
}
