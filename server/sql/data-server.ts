/**
 * What the data thread does: transactions on sessions, for whoever asked.
 *
 * Each transaction has one owner, who alone asks for things in it: a link, or the main thread, which
 * takes over those whose request has ended (`keep`). When a link ends, what it had open is rolled
 * back. Whatever is asked ends in time: past it, the session is stopped on the server too, and the
 * transaction with it.
 *
 * A prepared transaction that was kept is decided by the main thread alone, which knows whether the
 * objects are saved: here it is never rolled back unasked. One that may be prepared although nobody has
 * it any more is told of (`onLeft`).
 */
import { DataError } from './data-error.js';
import type {
  BegunTransaction,
  CommitOutcome,
  DataAnswer,
  DataCalls,
  DataRequest,
  DataStatus,
  SessionCounts,
  SqlTarget,
  SqlTransactionId,
} from './data-messages.js';
import type { Dialect } from './dialect.js';
import { inTime } from './in-time.js';
import { inParts, MarksTable } from './marks-table.js';
import type { SessionPool } from './session-pool.js';
import { type Driver, isMark, type Session } from './session.js';
import { isBreaking, Sessions, type Timed } from './sessions.js';

const ONE_ROW = { rowsMax: 1 };
const NO_SESSIONS: SessionCounts = { open: 0, busy: 0, waiting: 0, max: 0 };

/** Whoever owns what was kept; links have numbers from 1. */
export const MAIN_LINK = 0;

export interface DataServerOptions {
  readonly drivers: Readonly<Record<Dialect, Driver>>;
  /** Numbers of transactions and epochs begin here. */
  readonly firstNumber: number;
  /** Where `${…}` in a URL is looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A transaction was given up, and it may stand prepared in a database. */
  readonly onLeft: (target: SqlTarget) => void;
}

interface Transaction {
  readonly id: SqlTransactionId;
  readonly target: SqlTarget;
  readonly session: Session;
  readonly pool: SessionPool;
  readonly mark: string | undefined;
  owner: number;
  /** Settles when what is under way in it has ended. */
  underWay: Promise<unknown> | undefined;
  /** Or about to be. */
  isPrepared: boolean;
}

export class DataServer {
  readonly #sessions: Sessions;
  readonly #onLeft: (target: SqlTarget) => void;
  readonly #marks = new WeakMap<SessionPool, MarksTable>();
  readonly #links = new Set<number>([MAIN_LINK]);
  readonly #transactions = new Map<SqlTransactionId, Transaction>();
  #number: number;

  constructor(options: DataServerOptions) {
    const { drivers, environment, firstNumber, onLeft } = options;
    this.#number = firstNumber;
    this.#onLeft = onLeft;
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
    await Promise.all([...this.#transactions.values()].map((each) => this.#close(each)));
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
      case 'savepoint': {
        const text = savepointText(request);
        await this.#in(request, timed, ({ session }) =>
          session.query({ text, parameters: [], kind: 'read' }, ONE_ROW),
        );
        return undefined;
      }
      case 'prepared':
        return this.#preparedIn(request.target, timed);
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
      const isMarked = access !== 'read' && asked !== undefined && !canPrepare;
      if (isMarked) await this.#marksOn(target).make(session);
      const twoPhaseMark = canPrepare ? asked : undefined;
      await session.begin({ access, remainingMs: timed.remainingMs, twoPhaseMark });
      return { session, canPrepare };
    });
    this.#number += 1;
    const { session, canPrepare } = begun;
    const transaction: Transaction = {
      ...{ id: this.#number, target, session, pool, mark: asked },
      ...{ owner: link, underWay: undefined, isPrepared: false },
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
    const answer = inTime(remainingMs, () => work(transaction));
    transaction.underWay = answer;
    try {
      return await answer;
    } catch (error) {
      if (isBreaking(error)) this.#drop(transaction);
      throw error;
    } finally {
      transaction.underWay = undefined;
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
      if (isOpen && isPrepared) this.#drop(transaction);
      else if (isOpen) await this.#giveUp(transaction);
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
    const { id, session, pool, isPrepared } = transaction;
    // Stopped while it is prepared, it may be prepared or not: that is soon over.
    if (isPrepared) await transaction.underWay?.catch(() => undefined);
    if (!this.#transactions.has(id)) return;
    if (transaction.underWay !== undefined || !session.isUsable) {
      this.#drop(transaction);
      return;
    }
    this.#transactions.delete(id);
    if (!(await this.#sessions.giveBack(pool, session))) this.#tellLeft(transaction);
  }

  /** As `#giveUp`, but for what the main thread decides when it is back. */
  async #close(transaction: Transaction): Promise<void> {
    const { owner, isPrepared } = transaction;
    if (owner === MAIN_LINK && isPrepared) this.#drop(transaction);
    else await this.#giveUp(transaction);
  }

  #drop(transaction: Transaction): void {
    const { id, session, pool } = transaction;
    this.#transactions.delete(id);
    pool.discard(session);
    this.#tellLeft(transaction);
  }

  /** Tells of a transaction that nobody has any more, when its session is gone. */
  #tellLeft({ isPrepared, pool, target }: Transaction): void {
    if (isPrepared) void pool.settled().then(() => this.#onLeft(target));
  }

  async #preparedIn(target: SqlTarget, timed: Timed): Promise<readonly string[]> {
    const prepared = await this.#sessions.on(target, timed, (session) => session.prepared());
    const open = new Set([...this.#transactions.values()].map((each) => each.mark));
    return prepared.filter((name) => !open.has(name));
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
    let pool: SessionPool | undefined;
    try {
      pool = this.#sessions.poolOf(target);
      const facts = await this.#sessions.reading(target, timed, (session) =>
        Promise.resolve(session.facts),
      );
      return { ...facts, problem: undefined, epoch: pool.epoch, sessions: pool.counts };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const facts = { server: undefined, isEncrypted: false, canPrepare: false };
      const { epoch = 0, counts: sessions = NO_SESSIONS } = pool ?? {};
      return { ...facts, problem: error.message, epoch, sessions };
    }
  }
}

async function mark({ session, target, mark: name }: Transaction): Promise<undefined> {
  if (name === undefined) throw new TypeError('The transaction was begun without a mark');
  await new MarksTable(target.driver).add(session, name);
  return undefined;
}

async function prepare(transaction: Transaction): Promise<undefined> {
  // Also when the answer is lost on the way: then only its mark tells what became of it.
  transaction.isPrepared = true;
  await transaction.session.prepare();
  return undefined;
}

/** The same words for all databases. */
function savepointText({ number, step }: DataCalls['savepoint']['request']): string {
  const name = `canopy_${number}`;
  switch (step) {
    case 'set':
      return `SAVEPOINT ${name}`;
    case 'keep':
      return `RELEASE SAVEPOINT ${name}`;
    case 'undo':
      return `ROLLBACK TO SAVEPOINT ${name}`;
  }
}

function requireMark(text: string): void {
  if (!isMark(text)) throw new TypeError('A mark has letters, digits, “_”, “.”, “:” and “-”');
}
