/**
 * The publisher threads of one server, from their start on.
 *
 * Their code takes longer to load than anything else of a start, so the first thread is started
 * before there is a database, and before the rest of the main thread's own code is loaded. This
 * module and what it imports stay small for that reason.
 */
import type { MergeRules, Storage } from '../../odb/index.js';
import { SlowQueries } from '../catalog/slow-queries.js';
import type { Logger } from '../log.js';
import type { AssetFolder } from '../plugin.js';
import type { PasswordParameters } from '../security/password.js';
import { VerifiedCredentials } from '../security/verified-credentials.js';
import { Statistics } from '../statistics.js';
import type { Initial } from './messages.js';
import { PublisherPool } from './pool.js';
import { PublisherThread, type ThreadSql } from './thread.js';

export interface ThreadsOptions {
  readonly settings: {
    /** URLs of modules, the admin's first. */
    readonly plugins: readonly string[];
    readonly workers: number;
    readonly cacheObjects: number;
    readonly timeLimitMs: number;
    /** The directory that backups go to. */
    readonly backups: string;
    /** How new passwords are hashed; slowly, where it is not said. */
    readonly passwords?: PasswordParameters | undefined;
  };
  readonly log: Logger;
  /** No thread can be started any more: the process cannot go on. */
  readonly onFatal: (cause: unknown) => void;
}

export class PublisherThreads {
  readonly pool: PublisherPool;
  readonly statistics = new Statistics();
  /** What the threads' code brings; rejects when it cannot be loaded. */
  readonly loaded: Promise<{
    readonly rules: MergeRules;
    readonly assets: readonly AssetFolder[];
  }>;
  readonly #numbers = new ThreadNumbers();
  #storage: Storage | undefined;
  #sql: ThreadSql | undefined;

  /** Starts the first thread. */
  constructor({ settings, log, onFatal }: ThreadsOptions) {
    const { plugins, cacheObjects, timeLimitMs, backups, passwords } = settings;
    const startedMs = Date.now();
    const { handle: verified } = new VerifiedCredentials();
    const { handle: slowQueries } = new SlowQueries();
    this.pool = new PublisherPool({
      size: settings.workers,
      timeLimitMs,
      log,
      startThread: (onEnded) => {
        const thread = this.#numbers.take();
        return new PublisherThread({
          settings: {
            plugins,
            cacheObjects,
            timeLimitMs,
            thread,
            verified,
            passwords,
            statistics: this.statistics.handle,
            slowQueries,
            backups,
            startedMs,
          },
          log,
          storage: () => this.#storage,
          sql: () => this.#sql,
          onEnded: (cause) => {
            this.#numbers.giveBack(thread);
            this.statistics.setLoaded(thread, 0);
            onEnded(cause);
          },
        });
      },
      onFatal,
    });
    this.loaded = this.pool.load();
  }

  /**
   * Joins the threads to the database, and starts the others.
   *
   * @returns whether there was no site in it, and one was made
   */
  async open(storage: Storage, sql: ThreadSql, initial: Initial): Promise<boolean> {
    this.#storage = storage;
    this.#sql = sql;
    const { made } = await this.pool.open(storage.share(), initial);
    return made;
  }
}

/** Numbers for threads: each is one thread's at a time, and the smallest free one is next. */
class ThreadNumbers {
  readonly #taken = new Set<number>();

  take(): number {
    let number = 0;
    while (this.#taken.has(number)) number += 1;
    this.#taken.add(number);
    return number;
  }

  giveBack(number: number): void {
    this.#taken.delete(number);
  }
}
