/**
 * Finishing in a database what is saved on the site.
 *
 * Before a way to a database is used for the first time, and again whenever a connection was lost, all
 * that the journal has for that database is looked up there: a prepared transaction is committed when
 * its mark is in the journal, and rolled back when it is not; what lacks its mark is run again. Nothing
 * else happens there until that is done. Lives in the main thread.
 *
 * A prepared transaction that is neither open in the data thread nor being saved is nobody's: whoever
 * had it ended, and its objects are saved when the journal has its mark, and never will be when not.
 */
import { setTimeout as wait } from 'node:timers/promises';
import {
  type Connection,
  Database,
  RETRIES_MAX,
  type Storage,
  TransientError,
} from '../../odb/index.js';
import { ServerError, Unavailable } from '../errors.js';
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
/** How long until what could not be finished is tried again; twice as long each time, up to an hour. */
const AGAIN_MS = 10_000;
const AGAIN_MS_MAX = 3_600_000;
const RETRY_SECONDS = 5;
/** A session that ends may still have what it prepared: so often is looked, and so long waited. */
const LOOKS_MAX = 20;
const LOOK_AGAIN_MS = 100;

/** Why something could not be finished. Can be cloned. */
export interface RecoveryProblem {
  readonly message: string;
  /** When it was tried, milliseconds since the epoch. */
  readonly triedMs: number;
  /** The mark of what the database did not take; `undefined` where it is not one alone. */
  readonly mark: string | undefined;
}

export class SqlRecovery implements Disposable {
  readonly #options: SqlRecoveryOptions;
  readonly #flights = new Map<string, Promise<boolean>>();
  readonly #recovered = new Map<string, number>();
  readonly #problems = new Map<string, RecoveryProblem>();
  /** Ways on which something was left after a flight began that does not know of it. */
  readonly #distrusted = new Set<string>();
  readonly #again = new Map<string, NodeJS.Timeout>();
  /** By ways, how long was waited last. */
  readonly #waitedMs = new Map<string, number>();
  #database: Database | undefined;
  #version = 0;
  #isClosed = false;

  constructor(options: SqlRecoveryOptions) {
    this.#options = options;
  }

  /** Grows whenever `recovered` or `problems` change. */
  get version(): number {
    return this.#version;
  }

  /** Epochs of ways on which nothing is left to be finished. */
  get recovered(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#recovered);
  }

  /** By ways, why what is left there could not be finished when it was last tried. */
  get problems(): Readonly<Record<string, RecoveryProblem>> {
    return Object.fromEntries(this.#problems);
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
    const way = wayOf(target);
    this.#recovered.delete(way);
    this.#distrusted.add(way);
    this.#version += 1;
  }

  /** The thread with the connections ended: what it had prepared is looked for, in a while. */
  async distrustAll(): Promise<void> {
    for (const { target, canPrepare } of await listWays(this.#options.storage)) {
      if (!this.#recovered.has(wayOf(target))) continue;
      this.distrust(target);
      if (canPrepare) this.#tryLater(target);
    }
  }

  /**
   * Finishes what is left in a database.
   * @throws Unavailable `SRV_SQL_UNREACHABLE`, `SRV_SQL_UNFINISHED`
   */
  async recover(target: SqlTarget): Promise<void> {
    const way = wayOf(target);
    let isWhole = false;
    while (!isWhole) isWhole = await (this.#flights.get(way) ?? this.#fly(way, target));
  }

  /** @returns `false` where something was left meanwhile that it may not have seen */
  #fly(way: string, target: SqlTarget): Promise<boolean> {
    this.#distrusted.delete(way);
    const flight = this.#attempt(way, target).finally(() => this.#flights.delete(way));
    this.#flights.set(way, flight);
    return flight;
  }

  async #attempt(way: string, target: SqlTarget): Promise<boolean> {
    const trying: Trying = { mark: undefined };
    try {
      const epoch = await this.#finish(target, trying);
      if (this.#distrusted.has(way)) return false;
      this.#recovered.set(way, epoch);
      this.#problems.delete(way);
      this.#waitedMs.delete(way);
      return true;
    } catch (error) {
      const message = error instanceof ServerError ? error.message : String(error);
      this.#problems.set(way, { message, triedMs: Date.now(), mark: trying.mark });
      throw error;
    } finally {
      this.#version += 1;
    }
  }

  /** Recovers, and where that fails, again later until it succeeds. Never rejects. */
  async keepTrying(target: SqlTarget): Promise<boolean> {
    try {
      await this.recover(target);
      return true;
    } catch (error) {
      if (this.#isClosed) return false;
      const { log } = this.#options;
      log.warn('SQL of a saved transaction is not finished yet', { path: target.path, error });
      this.#tryLater(target);
      return false;
    }
  }

  #tryLater(target: SqlTarget): void {
    const way = wayOf(target);
    if (this.#isClosed || this.#again.has(way)) return;
    // A server that is gone for good, or does not take a password any more, is not to be pestered.
    const waitMs = Math.min((this.#waitedMs.get(way) ?? AGAIN_MS / 2) * 2, AGAIN_MS_MAX);
    this.#waitedMs.set(way, waitMs);
    const timer = setTimeout(() => {
      this.#again.delete(way);
      void this.keepTrying(target);
    }, waitMs).unref();
    this.#again.set(way, timer);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const timer of this.#again.values()) clearTimeout(timer);
  }

  /** @returns the epoch in which everything was finished */
  async #finish(target: SqlTarget, trying: Trying): Promise<number> {
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
    for (const item of unprepared) {
      if (found.has(item.mark)) continue;
      trying.mark = item.mark;
      await this.#run(target, item);
    }
    trying.mark = undefined;
    await this.#take(items, marks, target);
    return epoch;
  }

  /**
   * Decides what is prepared there by this database, but for what is open or being saved. A server says
   * of a transaction whose session has not quite ended that there is none: so it is looked again.
   */
  async #decidePrepared(target: SqlTarget, site: string): Promise<void> {
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      const prepared = await this.#ask({ what: 'prepared', target }, target);
      const { isUnderWay } = this.#options;
      const isOurs = (mark: string): boolean => partsOfMark(mark)?.site === site;
      const nobodys = prepared.filter((mark) => isOurs(mark) && !isUnderWay(mark));
      if (nobodys.length === 0) return;
      const saved = new Set((await this.#items()).map(({ mark }) => mark));
      for (const mark of nobodys) {
        const decision = saved.has(mark) ? 'commit' : 'rollback';
        await this.#ask({ what: 'finish', target, mark, decision }, target);
        if (decision === 'commit') this.#options.onWritten(target);
      }
      if (look > 0) await wait(LOOK_AGAIN_MS);
    }
    throw unfinished(target, 'a connection that has ended still holds a transaction there.');
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

/** What is being tried, for whoever tells of its failure. */
interface Trying {
  mark: string | undefined;
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
