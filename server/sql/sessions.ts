/**
 * Sessions on all databases, lent to whoever has something to do there.
 *
 * Whatever is done on a session ends in time, and a session comes back without a transaction, or not at
 * all. Lives in the data thread.
 */
import { type ConnectionAddress, readAddress, UrlFault } from './connection-url.js';
import { breaksSession, DataError } from './data-error.js';
import type { SqlTarget } from './data-messages.js';
import type { Dialect } from './dialect.js';
import { inTime } from './in-time.js';
import { type Lease, SessionPool } from './session-pool.js';
import type { Driver, Session } from './session.js';

/** Databases that are remembered without having a session. */
const POOLS_MAX = 200;

/** How long a rollback may take before its session is ended instead. */
const GIVE_UP_MS_MAX = 3000;

export interface SessionsOptions {
  readonly drivers: Readonly<Record<Dialect, Driver>>;
  /** Where `${…}` in a URL is looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Gives numbers that only grow. */
  readonly nextEpoch: () => number;
}

export interface Timed {
  readonly remainingMs: number;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #pools = new Map<string, SessionPool>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  /** Does something in a transaction that only reads, and leaves nothing behind. */
  reading<T>(target: SqlTarget, timed: Timed, work: (session: Session) => Promise<T>): Promise<T> {
    return this.on(target, timed, async (session) => {
      await session.begin({ access: 'read', ...timed });
      try {
        return await work(session);
      } finally {
        if (session.isUsable) await session.rollback();
      }
    });
  }

  /** Does something on a session, and gives the session back. */
  async on<T>(target: SqlTarget, timed: Timed, work: (session: Session) => Promise<T>): Promise<T> {
    const pool = this.poolOf(target);
    const { session, result } = await this.lease(pool, timed, async (leased) => ({
      session: leased,
      result: await work(leased),
    }));
    pool.release(session);
    return result;
  }

  /**
   * Begins something on a session, which stays the caller's when it succeeds. A session that broke
   * while nobody used it, as all do when a server is started again, is none of the caller's business.
   */
  async lease<T>(
    pool: SessionPool,
    { remainingMs }: Timed,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const untilMs = performance.now() + remainingMs;
    for (;;) {
      const leftMs = untilMs - performance.now();
      const { session, isFresh }: Lease = await pool.acquire(leftMs);
      try {
        return await inTime(untilMs - performance.now(), () => work(session));
      } catch (error) {
        if (isBreaking(error)) pool.discard(session);
        else await this.giveBack(pool, session);
        const isStale = error instanceof DataError && error.kind === 'lost' && !isFresh;
        if (!isStale) throw error;
      }
    }
  }

  /**
   * Gives a session back without the transaction that is open on it, if there is one. Never rejects.
   * @returns `false` when the server did not say that it rolled back
   */
  async giveBack(pool: SessionPool, session: Session): Promise<boolean> {
    try {
      await inTime(GIVE_UP_MS_MAX, () => session.rollback());
      pool.release(session);
      return true;
    } catch {
      // The server rolls back whatever is open on a connection that ends, but for what is prepared.
      pool.discard(session);
      return false;
    }
  }

  /**
   * Gives the sessions of one database.
   * @throws DataError `settings`
   */
  poolOf(target: SqlTarget): SessionPool {
    const { driver: dialect, url, password } = target;
    const key = JSON.stringify([dialect, url, password]);
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const address = addressOf(target, this.#options.environment);
    const { drivers, nextEpoch } = this.#options;
    const pool = new SessionPool({ driver: drivers[dialect], address, nextEpoch });
    if (this.#pools.size >= POOLS_MAX) this.#forgetUnused();
    this.#pools.set(key, pool);
    return pool;
  }

  #forgetUnused(): void {
    for (const [key, pool] of this.#pools) if (pool.isEmpty) this.#pools.delete(key);
  }
}

function addressOf(
  target: SqlTarget,
  environment: Readonly<Record<string, string | undefined>>,
): ConnectionAddress {
  try {
    return readAddress(target, environment);
  } catch (error) {
    if (!(error instanceof UrlFault)) throw error;
    throw new DataError('settings', error.message, { cause: error });
  }
}

/** Tells whether a session that threw this is of no use any more; a fault of our own leaves none. */
export function isBreaking(error: unknown): boolean {
  return !(error instanceof DataError) || breaksSession(error);
}
