/**
 * Finishing in a database what is saved on the site.
 *
 * Before a way to a database is used for the first time, and again whenever a connection was lost, all
 * that the journal has for that database is looked up there: a prepared transaction is committed when
 * its mark is in the journal, and rolled back when it is not; what lacks its mark is run again. Nothing
 * else happens there until that is done. Lives in the main thread.
 */
import {
  type Connection,
  Database,
  RETRIES_MAX,
  type Storage,
  TransientError,
} from '../../odb/index.js';
import { Unavailable } from '../errors.js';
import type { Logger } from '../log.js';
import { DataError } from './data-error.js';
import type { DataAnswer, DataRequest, SqlTarget } from './data-messages.js';
import {
  type JournalItem,
  listJournal,
  partsOfMark,
  prepareJournal,
  siteOfMarks,
  takeFromJournal,
} from './sql-journal.js';
import { placeOf, wayOf } from './sql-target.js';
import { keepWay, listWays } from './sql-ways.js';

/** What is needed of the `DataHost`. */
export interface RecoveryHost {
  request<R extends DataRequest>(request: R, remainingMs: number): Promise<DataAnswer<R['what']>>;
}

export interface SqlRecoveryOptions {
  readonly host: RecoveryHost;
  readonly storage: Storage;
  /** The run of the server: what it prepared itself is decided by whoever prepared it. */
  readonly run: string;
  readonly log: Logger;
  /** Marks of this run whose transactions are being committed right now. */
  readonly isUnderWay: (mark: string) => boolean;
  /** Resolves when nothing is being committed there that began before. */
  readonly settled: (place: string) => Promise<void>;
  /** Something was written to a database. */
  readonly onWritten: (target: SqlTarget) => void;
}

/** How long one step may take. */
const STEP_MS_MAX = 30_000;
/** How long until a database must be there: somebody may be waiting for it. */
const THERE_MS_MAX = 8000;
/** How long until what could not be finished is tried again. */
const AGAIN_MS = 10_000;
const RETRY_SECONDS = 5;

export class SqlRecovery implements Disposable {
  readonly #options: SqlRecoveryOptions;
  readonly #flights = new Map<string, Promise<number>>();
  readonly #recovered = new Map<string, number>();
  readonly #again = new Map<string, NodeJS.Timeout>();
  #database: Database | undefined;
  #version = 0;
  #isClosed = false;

  constructor(options: SqlRecoveryOptions) {
    this.#options = options;
  }

  /** Grows whenever `recovered` changes. */
  get version(): number {
    return this.#version;
  }

  /** Epochs of ways on which nothing is left to be finished. */
  get recovered(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#recovered);
  }

  /** Finishes what the last run of the server left. What cannot be finished is tried again, later. */
  async open(): Promise<void> {
    const { storage } = this.#options;
    const ways = await listWays(storage);
    if (ways.length === 0) return;
    const pending = new Set((await this.#items()).map(({ target }) => placeOf(target)));
    const left = ways.filter(
      ({ target, canPrepare }) => canPrepare || pending.has(placeOf(target)),
    );
    await Promise.all(left.map(({ target }) => this.keepTrying(target)));
  }

  /** From now on nothing is done on a way until it was recovered. */
  distrust(target: SqlTarget): void {
    this.#recovered.delete(wayOf(target));
    this.#version += 1;
  }

  /**
   * Finishes what is left in a database.
   * @throws Unavailable `SRV_SQL_UNREACHABLE`, `SRV_SQL_UNFINISHED`
   */
  async recover(target: SqlTarget): Promise<void> {
    const way = wayOf(target);
    const flying = this.#flights.get(way);
    if (flying !== undefined) {
      await flying;
      return;
    }
    const flight = this.#finish(target).finally(() => this.#flights.delete(way));
    this.#flights.set(way, flight);
    this.#recovered.set(way, await flight);
    this.#version += 1;
  }

  /** Recovers, and where that fails, again later until it succeeds. Never rejects. */
  async keepTrying(target: SqlTarget): Promise<boolean> {
    const way = wayOf(target);
    try {
      await this.recover(target);
      return true;
    } catch (error) {
      if (this.#isClosed) return false;
      const { log } = this.#options;
      log.warn('SQL of a saved transaction is not finished yet', { path: target.path, error });
      if (this.#again.has(way)) return false;
      const timer = setTimeout(() => {
        this.#again.delete(way);
        void this.keepTrying(target);
      }, AGAIN_MS).unref();
      this.#again.set(way, timer);
      return false;
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const timer of this.#again.values()) clearTimeout(timer);
  }

  /** @returns the epoch in which everything was finished */
  async #finish(target: SqlTarget): Promise<number> {
    const { storage, settled } = this.#options;
    const place = placeOf(target);
    await settled(place);
    const { epoch, canPrepare, problem } = await this.#ask(
      { what: 'status', target },
      target,
      THERE_MS_MAX,
    );
    if (problem !== undefined) throw unreachable(problem);
    const site = await this.#site();
    await keepWay(storage, target, canPrepare);
    if (canPrepare) await this.#decidePrepared(target, site);
    const items = (await this.#items(place)).filter(({ mark }) => !this.#options.isUnderWay(mark));
    const unprepared = items.filter(({ isPrepared }) => !isPrepared);
    const marks = unprepared.map(({ mark }) => mark);
    const present =
      marks.length === 0 ? [] : await this.#ask({ what: 'marks', target, marks }, target);
    const found = new Set(present);
    for (const item of unprepared) if (!found.has(item.mark)) await this.#run(target, item);
    await this.#take(items, marks, target);
    return epoch;
  }

  /** Decides what is prepared there by this database, but for what this very run still has open. */
  async #decidePrepared(target: SqlTarget, site: string): Promise<void> {
    const prepared = await this.#ask({ what: 'prepared', target }, target);
    if (prepared.length === 0) return;
    const { run, isUnderWay } = this.#options;
    const saved = new Set((await this.#items()).map(({ mark }) => mark));
    for (const mark of prepared) {
      const parts = partsOfMark(mark);
      if (parts?.site !== site || isUnderWay(mark)) continue;
      const isSaved = saved.has(mark);
      if (!isSaved && parts.run === run) continue;
      const decision = isSaved ? 'commit' : 'rollback';
      await this.#ask({ what: 'finish', target, mark, decision }, target);
      if (isSaved) this.#options.onWritten(target);
    }
  }

  /** Runs again what was saved and is not there. */
  async #run(target: SqlTarget, { mark, statements }: JournalItem): Promise<void> {
    const begun = await this.#ask(
      { what: 'begin', target, access: 'write', mark, twoPhase: false },
      target,
    );
    const { transaction } = begun;
    try {
      for (const statement of statements) {
        await this.#ask({ what: 'query', transaction, statement, rowsMax: 1 }, target);
      }
      await this.#ask({ what: 'mark', transaction }, target);
    } catch (error) {
      await this.#ask({ what: 'rollback', transaction }, target);
      throw error;
    }
    const { outcome, message = '' } = await this.#ask({ what: 'commit', transaction }, target);
    if (outcome !== 'committed') throw unfinished(target, message);
    this.#options.onWritten(target);
  }

  /** Takes what is done out of the journal, and then its marks out of the database. */
  async #take(
    items: readonly JournalItem[],
    marks: readonly string[],
    target: SqlTarget,
  ): Promise<void> {
    if (items.length === 0) return;
    await this.#transact(`Finished in ${target.path} what was saved before`, (connection) => {
      takeFromJournal(
        connection,
        items.map(({ mark }) => mark),
      );
    });
    if (marks.length > 0) await this.#ask({ what: 'forget', target, marks }, target);
  }

  async #items(place?: string): Promise<JournalItem[]> {
    using connection = (await this.#opened()).connect();
    return listJournal(connection, place);
  }

  /** Gives what our marks begin with. Whatever is entered later finds the journal there. */
  async #site(): Promise<string> {
    return this.#transact('Made the journal of SQL', (connection) => {
      prepareJournal(connection);
      return siteOfMarks(connection);
    });
  }

  /** Saves something through a connection that keeps no view of the database afterwards. */
  async #transact<T>(note: string, work: (connection: Connection) => T): Promise<T> {
    using connection = (await this.#opened()).connect();
    for (let attempt = 0; ; attempt += 1) {
      connection.begin();
      try {
        const result = work(connection);
        await connection.commit({ note });
        return result;
      } catch (error) {
        connection.abort();
        if (!(error instanceof TransientError) || attempt >= RETRIES_MAX) throw error;
      }
    }
  }

  /** A database of its own on the storage, which is closed by whoever opened it. */
  async #opened(): Promise<Database> {
    this.#database ??= await Database.open({ storage: this.#options.storage });
    return this.#database;
  }

  async #ask<R extends DataRequest>(
    request: R,
    target: SqlTarget,
    withinMs = STEP_MS_MAX,
  ): Promise<DataAnswer<R['what']>> {
    try {
      return await this.#options.host.request(request, withinMs);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      throw error.kind === 'failed' || error.kind === 'read-only'
        ? unfinished(target, error.message, error)
        : unreachable(error.message, error);
    }
  }
}

function unreachable(message: string, cause?: unknown): Unavailable {
  const facts = { retryAfterSeconds: RETRY_SECONDS, cause };
  return new Unavailable('SRV_SQL_UNREACHABLE', message, facts);
}

/** What a request is told that would use a database where something is still to be done. */
function unfinished({ path }: SqlTarget, message: string, cause?: unknown): Unavailable {
  const told =
    `What was saved on the site has still to be done in the database of ${path}, which does not ` +
    `take it: ${message}`;
  return new Unavailable('SRV_SQL_UNFINISHED', told, { retryAfterSeconds: RETRY_SECONDS, cause });
}
