/**
 * What the data thread does: transactions on sessions, for whoever asked.
 *
 * Each transaction has one owner, who alone asks for things in it: a link, or the main thread, which
 * takes over those whose request has ended (`keep`). When a link ends, what it had open is rolled
 * back. Whatever is asked ends in time: past it, the session is stopped on the server too, and the
 * transaction with it.
 */
import { DataError } from './data-error.js';
import type {
  BegunTransaction,
  CommitOutcome,
  DataAnswer,
  DataCalls,
  DataRequest,
  DataStatus,
  SqlTarget,
  SqlTransactionId,
} from './data-messages.js';
import type { Dialect } from './dialect.js';
import { inParts, MarksTable } from './marks-table.js';
import type { SessionPool } from './session-pool.js';
import { type Driver, isMark, type Session } from './session.js';
import { inTime, isBreaking, Sessions, type Timed } from './sessions.js';

/** Whoever owns what was kept; links have numbers from 1. */
export const MAIN_LINK = 0;

export interface DataServerOptions {
  readonly drivers: Readonly<Record<Dialect, Driver>>;
  /** Numbers of transactions and epochs begin here. */
  readonly firstNumber: number;
  /** Where `${…}` in a URL is looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface Transaction {
  readonly id: SqlTransactionId;
  readonly dialect: Dialect;
  readonly session: Session;
  readonly pool: SessionPool;
  readonly mark: string | undefined;
  owner: number;
  /** Something is under way in it. */
  isBusy: boolean;
  isPrepared: boolean;
}

export class DataServer {
  readonly #sessions: Sessions;
  readonly #marks = new WeakMap<SessionPool, MarksTable>();
  readonly #links = new Set<number>([MAIN_LINK]);
  readonly #transactions = new Map<SqlTransactionId, Transaction>();
  #number: number;

  constructor(options: DataServerOptions) {
    const { drivers, environment, firstNumber } = options;
    this.#number = firstNumber;
    const nextEpoch = (): number => (this.#number += 1);
    this.#sessions = new Sessions({ drivers, environment, nextEpoch });
  }

  openLink(link: number): void {
    this.#links.add(link);
  }

  /** Rolls back what a link had open. */
  async endLink(link: number): Promise<void> {
    this.#links.delete(link);
    const owned = [...this.#transactions.values()].filter(({ owner }) => owner === link);
    await Promise.all(owned.map((transaction) => this.#giveUp(transaction)));
  }

  /** Makes transactions the main thread's, so that they outlive their link. */
  keep(transactions: readonly SqlTransactionId[]): void {
    for (const id of transactions) {
      const transaction = this.#transactions.get(id);
      if (transaction !== undefined) transaction.owner = MAIN_LINK;
    }
  }

  /** Rolls back what is open, and ends all sessions. */
  async close(): Promise<void> {
    this.#links.clear();
    await Promise.all([...this.#transactions.values()].map((each) => this.#giveUp(each)));
    await this.#sessions.close();
  }

  /**
   * Does what was asked.
   *
   * @param link who asks
   * @param remainingMs how long it may take
   * @throws DataError
   */
  async answer(link: number, request: DataRequest, remainingMs: number): Promise<DataAnswer> {
    const timed: Timed = { remainingMs };
    switch (request.what) {
      case 'begin':
        return this.#begin(link, request, timed);
      case 'query': {
        const { statement, rowsMax } = request;
        return this.#in(request, timed, ({ session }) => session.query(statement, { rowsMax }));
      }
      case 'wrote':
        return this.#in(request, timed, ({ session }) => session.wrote());
      case 'mark':
        return this.#in(request, timed, mark);
      case 'prepare':
        return this.#in(request, timed, prepare);
      case 'commit':
        return this.#commit(request.transaction, timed);
      case 'rollback':
        return this.#rollback(request.transaction);
      case 'marks':
        return this.#marksOf(request, timed);
      case 'forget':
        return this.#forget(request, timed);
      case 'prepared':
        return this.#sessions.on(request.target, timed, (session) => session.prepared());
      case 'finish': {
        const { mark: name, decision } = request;
        requireMark(name);
        await this.#sessions.on(request.target, timed, (session) => session.finish(name, decision));
        return undefined;
      }
      case 'explain': {
        const { statement } = request;
        return this.#sessions.reading(request.target, timed, (session) =>
          session.explain(statement),
        );
      }
      case 'browse':
        return this.#sessions.reading(request.target, timed, (session) =>
          session.browse(request.path),
        );
      case 'status':
        return this.#status(request.target, timed);
      case 'close':
        await this.#sessions.poolOf(request.target).closeIdle();
        return undefined;
    }
  }

  async #begin(
    link: number,
    { target, access, mark: asked, twoPhase = true }: DataCalls['begin']['request'],
    timed: Timed,
  ): Promise<BegunTransaction> {
    if (asked !== undefined) requireMark(asked);
    const pool = this.#sessions.poolOf(target);
    const begun = await this.#sessions.lease(pool, timed, async (session) => {
      const canPrepare = asked !== undefined && twoPhase && session.facts.canPrepare;
      const isMarked = access === 'write' && asked !== undefined && !canPrepare;
      if (isMarked) await this.#marksOn(target).make(session);
      const twoPhaseMark = canPrepare ? asked : undefined;
      await session.begin({ access, remainingMs: timed.remainingMs, twoPhaseMark });
      return { session, canPrepare };
    });
    this.#number += 1;
    const { session, canPrepare } = begun;
    const transaction: Transaction = {
      ...{ id: this.#number, dialect: target.driver, session, pool, mark: asked },
      ...{ owner: link, isBusy: false, isPrepared: false },
    };
    this.#transactions.set(transaction.id, transaction);
    // Its owner may have ended meanwhile.
    if (!this.#links.has(link)) await this.#giveUp(transaction);
    return { transaction: transaction.id, canPrepare, epoch: pool.epoch };
  }

  /** Does something in an open transaction. */
  async #in<T>(
    { transaction: id }: { readonly transaction: SqlTransactionId },
    { remainingMs }: Timed,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    const transaction = this.#transactions.get(id);
    if (transaction === undefined) {
      throw new DataError('lost', 'The transaction in the database is no longer open.');
    }
    transaction.isBusy = true;
    try {
      return await inTime(remainingMs, () => work(transaction));
    } catch (error) {
      if (isBreaking(error)) this.#drop(transaction);
      throw error;
    } finally {
      transaction.isBusy = false;
    }
  }

  async #commit(id: SqlTransactionId, timed: Timed): Promise<CommitOutcome> {
    const transaction = this.#transactions.get(id);
    if (transaction === undefined) return { transaction: id, outcome: 'unknown' };
    const { session, pool, isPrepared } = transaction;
    const wasUsable = session.isUsable;
    try {
      await this.#in({ transaction: id }, timed, () => session.commit());
      this.#transactions.delete(id);
      pool.release(session);
      return { transaction: id, outcome: 'committed' };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const isOpen = this.#transactions.has(id);
      if (isOpen) await this.#giveUp(transaction);
      // An answer of the server's says that it was not committed. Without one, it may have been.
      const isKnown = !isPrepared && (isOpen || !wasUsable);
      const outcome = isKnown ? 'failed' : 'unknown';
      const isTransient = isKnown && error.kind === 'transient';
      return { transaction: id, outcome, message: error.message, isTransient };
    }
  }

  async #rollback(id: SqlTransactionId): Promise<undefined> {
    const transaction = this.#transactions.get(id);
    if (transaction !== undefined) await this.#giveUp(transaction);
    return undefined;
  }

  /** Ends a transaction so that nothing of it stays. Never rejects. */
  async #giveUp(transaction: Transaction): Promise<void> {
    const { id, session, pool, isBusy } = transaction;
    if (isBusy || !session.isUsable) {
      this.#drop(transaction);
      return;
    }
    this.#transactions.delete(id);
    await this.#sessions.giveBack(pool, session);
  }

  #drop({ id, session, pool }: Transaction): void {
    this.#transactions.delete(id);
    pool.discard(session);
  }

  async #marksOf(
    { target, marks }: DataCalls['marks']['request'],
    timed: Timed,
  ): Promise<readonly string[]> {
    const table = this.#marksOn(target);
    const found: string[] = [];
    for (const some of inParts(marks)) {
      found.push(
        ...(await this.#sessions.on(target, timed, (session) => table.find(session, some))),
      );
    }
    return found;
  }

  async #forget(
    { target, marks }: DataCalls['forget']['request'],
    timed: Timed,
  ): Promise<undefined> {
    const table = this.#marksOn(target);
    for (const some of inParts(marks)) {
      await this.#sessions.on(target, timed, (session) => table.remove(session, some, timed));
    }
    return undefined;
  }

  #marksOn(target: SqlTarget): MarksTable {
    const pool = this.#sessions.poolOf(target);
    const table = this.#marks.get(pool) ?? new MarksTable(target.driver);
    this.#marks.set(pool, table);
    return table;
  }

  async #status(target: SqlTarget, timed: Timed): Promise<DataStatus> {
    const pool = this.#sessions.poolOf(target);
    try {
      const facts = await this.#sessions.reading(target, timed, (session) =>
        Promise.resolve(session.facts),
      );
      return { ...facts, problem: undefined, epoch: pool.epoch, sessions: pool.counts };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const facts = { server: undefined, isEncrypted: false, canPrepare: false };
      return { ...facts, problem: error.message, epoch: pool.epoch, sessions: pool.counts };
    }
  }
}

async function mark({ session, dialect, mark: name }: Transaction): Promise<undefined> {
  if (name === undefined) throw new TypeError('The transaction was begun without a mark');
  await new MarksTable(dialect).add(session, name);
  return undefined;
}

async function prepare(transaction: Transaction): Promise<undefined> {
  // Also when the answer is lost on the way: then only its mark tells what became of it.
  transaction.isPrepared = true;
  await transaction.session.prepare();
  return undefined;
}

function requireMark(text: string): void {
  if (!isMark(text)) throw new TypeError('A mark has letters, digits, “_”, “.”, “:” and “-”');
}
