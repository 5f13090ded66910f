/**
 * The SQL side of a server, in its main thread: the data thread, what is saved through it, and what
 * the other threads are given to use it. Nothing of it runs before the first statement does.
 */
import type { Storage } from '../../odb/index.js';
import { Unavailable } from '../errors.js';
import type { Logger } from '../log.js';
import { DataHost } from './data-host.js';
import type { LinkHandle } from './link-handle.js';
import type { SqlTarget } from './data-messages.js';
import type { SqlNews } from './sql-door.js';
import { newRun } from './sql-journal.js';
import { SqlCommits, type Told } from './sql-commits.js';
import type { HandedOver } from './sql-work.js';
import { WriteCounts } from './write-counts.js';

export interface SqlServerOptions {
  /** The data directory. */
  readonly data: string;
  readonly storage: Storage;
  readonly log: Logger;
}

/** What a thread gets to make its `SqlDoor` of; the link's port is transferred. */
export interface SqlHandle {
  readonly link: LinkHandle;
  /** What was written to databases (`WriteCounts`). */
  readonly writes: SharedArrayBuffer;
  /** Names the run of the server in marks. */
  readonly run: string;
}

export class SqlServer implements AsyncDisposable {
  readonly #host: DataHost;
  readonly #commits: SqlCommits;
  readonly #counts = new WriteCounts();
  readonly #run = newRun();
  readonly #log: Logger;

  constructor({ data, storage, log }: SqlServerOptions) {
    this.#log = log;
    this.#host = new DataHost({
      ...{ data, log },
      onLeft: (target) => void this.#commits.left(target),
      onEnded: () => this.#lost(),
    });
    this.#commits = new SqlCommits({
      ...{ host: this.#host, storage, log },
      onWritten: (target) => this.#counts.add(target),
    });
  }

  /** Begins to finish what the last run of the server left; nobody waits for it. */
  open(): void {
    this.#commits.open().catch((error: unknown) => {
      this.#log.error('What was left of SQL could not be looked up', { error });
    });
  }

  /** Makes what a thread needs. */
  share(): SqlHandle {
    return { link: this.#host.link(), writes: this.#counts.handle, run: this.#run };
  }

  /** To be called when a thread has ended: what it had open is rolled back. */
  ended({ link }: SqlHandle): void {
    this.#host.endLink(link.number);
  }

  /** Gives what a thread does not know yet; `undefined` where there is nothing new. */
  news(told: Told): SqlNews | undefined {
    return this.#commits.news(told);
  }

  /** Takes over what a thread left open. To be called at once when its answer arrives. */
  keep(handed: HandedOver): void {
    this.#commits.keep(handed);
  }

  /** See `SqlCommits.save`. */
  save<T>(handed: HandedOver, saveObjects?: () => Promise<T>): Promise<T | undefined> {
    return this.#commits.save(handed, saveObjects);
  }

  /** See `SqlCommits.recover`. */
  recover(target: SqlTarget): Promise<void> {
    return this.#commits.recover(target);
  }

  /**
   * Tries again to finish what is left in a database.
   * @returns why it could not be finished; `undefined` when it is
   */
  async tryAgain(target: SqlTarget): Promise<string | undefined> {
    try {
      await this.#commits.lookAgain(target);
      return undefined;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return error.message;
    }
  }

  /** Makes a link for this very thread, as a command needs. */
  openLink(): LinkHandle {
    return this.#host.openLink();
  }

  #lost(): void {
    this.#commits.lost().catch((error: unknown) => {
      this.#log.error('What a thread left of SQL could not be looked up', { error });
    });
  }

  /** Rolls back what is open, and ends the data thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#commits[Symbol.dispose]();
    await this.#host.close();
  }
}
