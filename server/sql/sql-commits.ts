/**
 * Where SQL and objects are saved together. Lives in the main thread.
 *
 * A publisher hands its open SQL transactions over with its answer. The objects are saved first: when
 * they are not, everything is rolled back. Once they are, the journal has what was done in databases,
 * so each of them can be committed, and is, now or later. What wrote to one database alone is committed
 * without more ado.
 */
import type { Storage } from '../../odb/index.js';
import { TransientError } from '../../odb/index.js';
import { NotFinished } from '../errors.js';
import type { Logger } from '../log.js';
import { DataError } from './data-error.js';
import type { CommitOutcome, SqlTarget, SqlTransactionId } from './data-messages.js';
import { SqlError } from './sql-errors.js';
import type { SqlNews } from './sql-door.js';
import { type RecoveryHost, SqlRecovery } from './sql-recovery.js';
import { placeOf, wayOf } from './sql-target.js';
import type { HandedOver, HandedTransaction } from './sql-work.js';

/** What is needed of the `DataHost`. */
export interface CommitHost extends RecoveryHost {
  keep(transactions: readonly SqlTransactionId[]): void;
  holds(transactions: readonly SqlTransactionId[]): boolean;
  commit(transactions: readonly SqlTransactionId[]): Promise<readonly CommitOutcome[]>;
  rollback(transactions: readonly SqlTransactionId[]): Promise<void>;
}

export interface SqlCommitsOptions {
  readonly host: CommitHost;
  readonly storage: Storage;
  readonly log: Logger;
  /** Something was written to a database. */
  readonly onWritten: (target: SqlTarget) => void;
}

/** Marks of one database that are forgotten at a time. */
const FORGOTTEN_AT_ONCE = 64;
const FORGET_MS_MAX = 10_000;

/** What a thread was told last; `news` tells what has changed since. */
export interface Told {
  version: number;
}

export class SqlCommits implements Disposable {
  readonly #options: SqlCommitsOptions;
  readonly #recovery: SqlRecovery;
  /** By place, what is being committed there. */
  readonly #underWay = new Map<string, Set<Promise<unknown>>>();
  readonly #marksUnderWay = new Set<string>();
  /** Marks that are whole on both sides and stand in the journal. */
  readonly #done = new Map<string, SqlTarget>();
  /** Of these, those that a thread was told to take out. */
  readonly #leaving = new Map<string, SqlTarget>();
  /** Marks that stand in a database and in the journal no more. */
  readonly #gone = new Map<string, { readonly target: SqlTarget; readonly marks: string[] }>();

  constructor(options: SqlCommitsOptions) {
    this.#options = options;
    this.#recovery = new SqlRecovery({
      ...options,
      isUnderWay: (mark) => this.#marksUnderWay.has(mark),
      settled: async (place) => {
        await Promise.allSettled([...(this.#underWay.get(place) ?? [])]);
      },
    });
  }

  /** Finishes what the last run of the server left; what cannot be finished now, later. */
  async open(): Promise<void> {
    await this.#recovery.open();
  }

  /** Gives what a thread does not know yet; `undefined` where there is nothing new. */
  news(told: Told): SqlNews | undefined {
    const { version } = this.#recovery;
    if (told.version === version && this.#done.size === 0) return undefined;
    told.version = version;
    const done = [...this.#done.keys()];
    for (const [mark, target] of this.#done) this.#leaving.set(mark, target);
    this.#done.clear();
    const { recovered, problems } = this.#recovery;
    return { recovered, problems, done };
  }

  /** Takes over what a thread left open. To be called at once when its answer arrives. */
  keep({ transactions }: HandedOver): void {
    this.#options.host.keep(transactions.map(({ transaction }) => transaction));
  }

  /**
   * Finishes what is left in a database, before it is used.
   * @throws Unavailable `SRV_SQL_UNREACHABLE`, `SRV_SQL_UNFINISHED`
   */
  async recover(target: SqlTarget): Promise<void> {
    await this.#recovery.recover(target);
  }

  /** As `recover`, also where nothing is known to be left. */
  async lookAgain(target: SqlTarget): Promise<void> {
    this.#recovery.distrust(target);
    await this.#recovery.recover(target);
  }

  /** Somebody ended and may have left a prepared transaction there: it is decided, now or later. */
  async left(target: SqlTarget): Promise<void> {
    this.#recovery.distrust(target);
    await this.#recovery.keepTrying(target);
  }

  /** The thread with the connections ended, and all that was open in it. */
  async lost(): Promise<void> {
    await this.#recovery.distrustAll();
  }

  /**
   * Saves what was handed over.
   *
   * @param saveObjects saves the transaction of the objects; absent where there is none. When it
   *   rejects, nothing is saved anywhere
   * @returns what `saveObjects` gave
   * @throws TransientError when the same request, begun again, may succeed: nothing is saved
   * @throws SqlError `SRV_SQL_FAILED` when the one database refused, and nothing is saved
   * @throws NotFinished `SRV_SQL_UNFINISHED` when the objects are saved, and a database will follow;
   *   `SRV_SQL_UNKNOWN` when nobody knows whether the one database committed
   */
  async save<T>(handed: HandedOver, saveObjects?: () => Promise<T>): Promise<T | undefined> {
    const saving = this.#save(handed, saveObjects);
    const places = new Set(handed.transactions.map(({ target }) => placeOf(target)));
    for (const place of places) this.#enter(place, saving);
    for (const { mark } of handed.transactions) {
      if (mark !== undefined) this.#marksUnderWay.add(mark);
    }
    const ended = (): void => {
      for (const place of places) this.#leave(place, saving);
      for (const { mark } of handed.transactions) {
        if (mark !== undefined) this.#marksUnderWay.delete(mark);
      }
    };
    try {
      const { saved, left } = await saving;
      ended();
      if (left.length > 0) await this.#finishLater(left);
      return saved;
    } finally {
      ended();
    }
  }

  [Symbol.dispose](): void {
    this.#recovery[Symbol.dispose]();
  }

  async #save<T>(
    { transactions, removed }: HandedOver,
    saveObjects: (() => Promise<T>) | undefined,
  ): Promise<{ readonly saved: T | undefined; readonly left: readonly HandedTransaction[] }> {
    const { host, onWritten } = this.#options;
    const ids = transactions.map(({ transaction }) => transaction);
    let saved: T | undefined;
    try {
      // Otherwise what they prepared may be rolled back already: nobody had it any more.
      if (!host.holds(ids)) {
        throw new TransientError('ODB_CONFLICT', 'The thread that has the connections ended.');
      }
      saved = await saveObjects?.();
    } catch (error) {
      this.#tellAgain(removed);
      await host.rollback(ids);
      throw error;
    }
    this.#forget(removed);
    const outcomes = await host.commit(ids);
    const left: HandedTransaction[] = [];
    for (const [at, handed] of transactions.entries()) {
      const outcome = outcomes[at];
      if (outcome?.outcome !== 'failed') onWritten(handed.target);
      if (outcome?.outcome === 'committed') {
        if (handed.mark !== undefined) this.#done.set(handed.mark, handed.target);
      } else if (handed.mark === undefined) {
        throw aloneError(handed, outcome);
      } else {
        left.push(handed);
      }
    }
    return { saved, left };
  }

  /** The objects are saved: what is missing is run again at once, where that is possible. */
  async #finishLater(left: readonly HandedTransaction[]): Promise<void> {
    const targets = new Map(left.map(({ target }) => [wayOf(target), target]));
    for (const target of targets.values()) this.#recovery.distrust(target);
    const tried = await Promise.all(
      [...targets.values()].map((target) => this.#recovery.keepTrying(target)),
    );
    if (tried.every(Boolean)) return;
    const paths = [...targets.values()].map(({ path }) => path).join(', ');
    throw new NotFinished(
      'SRV_SQL_UNFINISHED',
      'Your change is saved. What belongs to it in a database could not be saved there yet, and will ' +
        `be as soon as the database can be reached (${paths}). Do not send it again.`,
    );
  }

  /** Marks that the journal still has: another thread is to take them out. */
  #tellAgain(marks: readonly string[]): void {
    for (const mark of marks) {
      const target = this.#leaving.get(mark);
      if (target !== undefined) this.#done.set(mark, target);
      this.#leaving.delete(mark);
    }
  }

  /** Marks that the journal has no more are taken out of the databases, many at a time. */
  #forget(marks: readonly string[]): void {
    for (const mark of marks) {
      const target = this.#leaving.get(mark);
      if (target === undefined) continue;
      this.#leaving.delete(mark);
      const way = wayOf(target);
      const gone = this.#gone.get(way) ?? { target, marks: [] };
      gone.marks.push(mark);
      this.#gone.set(way, gone);
      if (gone.marks.length < FORGOTTEN_AT_ONCE) continue;
      this.#gone.delete(way);
      void this.#forgetIn(gone);
    }
  }

  async #forgetIn({
    target,
    marks,
  }: {
    readonly target: SqlTarget;
    readonly marks: readonly string[];
  }): Promise<void> {
    const { host, log } = this.#options;
    try {
      await host.request({ what: 'forget', target, marks }, FORGET_MS_MAX);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      // Rows that stay mean nothing to anybody: no mark is made twice.
      log.debug('Marks of finished transactions stay in a database', { path: target.path, error });
    }
  }

  #enter(place: string, saving: Promise<unknown>): void {
    const known = this.#underWay.get(place);
    if (known === undefined) this.#underWay.set(place, new Set([saving]));
    else known.add(saving);
  }

  #leave(place: string, saving: Promise<unknown>): void {
    const known = this.#underWay.get(place);
    known?.delete(saving);
    if (known?.size === 0) this.#underWay.delete(place);
  }
}

/** What became of the one database that was written to. */
function aloneError(
  { target: { path } }: HandedTransaction,
  outcome: CommitOutcome | undefined,
): Error {
  const message = outcome?.message ?? 'The connection was lost.';
  if (outcome?.outcome !== 'failed') {
    return new NotFinished(
      'SRV_SQL_UNKNOWN',
      `The connection to the database of ${path} broke while it saved, so it may have saved or not: ` +
        'look before you send it again.',
    );
  }
  return outcome.isTransient === true
    ? new TransientError('ODB_CONFLICT', message)
    : new SqlError('SRV_SQL_FAILED', message, { path });
}
