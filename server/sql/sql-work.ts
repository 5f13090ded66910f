/**
 * The SQL side of one transaction.
 *
 * The first statement on a database begins a transaction there, which is the same for all statements
 * that follow. It ends with the transaction of the objects: what only read is given up; what wrote is
 * handed over to whoever saves the objects (`finish`). When both sides wrote, or several databases
 * did, the journal in the object database holds them together (`sql-journal.ts`).
 *
 * After a statement failed on a database, nothing more is run there, and nothing of it is saved: who
 * caught the error has not seen half of something. What failed within an attempt is taken back with the
 * whole attempt, and the transaction goes on.
 */
import { type Connection, TransientError } from '../../odb/index.js';
import { MethodNotAllowed, Taken, Unavailable } from '../errors.js';
import { type AskOptions, DataFault } from './data-link.js';
import type {
  DataAnswer,
  DataRequest,
  SavepointStep,
  SqlTarget,
  SqlTransactionId,
} from './data-messages.js';
import type { SqlResult } from './result.js';
import {
  notedText,
  NOTED_MAX,
  type OpenTransaction,
  requireWhole,
  saidBy,
  toRunAgain,
} from './open-transaction.js';
import { type Attempt, Attempts } from './sql-attempts.js';
import { enterInJournal, type JournalEntry, journalIn, siteOfMarks } from './sql-journal.js';
import type { RunOptions, SqlPlaceOfWork, SqlQuestion, SqlRunner } from './sql-runner.js';
import { placeOf, plainTarget, wayOf } from './sql-target.js';
import type { Statement } from './statement.js';

/** Why nothing may be written, where that is so. */
export type ReadOnlyReason = 'method' | 'version' | 'past' | 'dry-run' | 'error-page';

/** What is needed of a `DataLink`. */
export interface SqlLink {
  request<R extends DataRequest>(request: R, options: AskOptions): DataAnswer<R['what']>;
}

/** What the transactions of a thread share: see `SqlDoor`. */
export interface WorkDoor {
  readonly link: SqlLink;
  isRecovered(way: string, epoch: number): boolean;
  mark(site: string): string;
  takeDone(): readonly string[];
  /** Something was committed in a database, without the objects. */
  onWritten(target: SqlTarget): void;
}

/** What a transaction may do in databases. */
export interface SqlBounds {
  /** `undefined`: it may write. */
  readonly readOnly: ReadOnlyReason | undefined;
  /** The moment, in milliseconds since the epoch, after which the request is ended. */
  readonly deadlineMs: number;
  /** It was begun before, and others were in the way. */
  readonly isAgain: boolean;
}

export interface SqlWorkOptions extends SqlBounds {
  readonly door: WorkDoor;
  /** The objects' side. */
  readonly connection: Connection;
  /** Principal key of whoever the work is for. */
  readonly user: string;
  readonly nowMs?: () => number;
}

/** SQL transactions that are to be committed with a transaction, or instead of one. Can be cloned. */
export interface HandedOver {
  readonly transactions: readonly HandedTransaction[];
  /** Marks that the transaction of the objects takes out of the journal. */
  readonly removed: readonly string[];
}

export interface HandedTransaction {
  readonly transaction: SqlTransactionId;
  readonly target: SqlTarget;
  /** Its entry in the journal; `undefined` where it is committed alone. */
  readonly mark: string | undefined;
}

/** Why a request has to be begun again. */
export type SqlObstacle =
  /** What was saved before is to be finished there first. */
  | { readonly kind: 'unfinished'; readonly target: SqlTarget }
  /** Others were in the way. */
  | { readonly kind: 'transient'; readonly reason: string };

/** A statement that wrote, for those who would take the transaction back. */
export interface WrittenStatement {
  /** Path of the connection. */
  readonly path: string;
  readonly text: string;
}

/** What a request keeps of its time to tell of a database that takes too long. */
const SPARED_MS = 200;
const REASONS: Readonly<Record<Exclude<ReadOnlyReason, 'method'>, string>> = {
  version: 'SQL is outside of versions, so in a version it can only read.',
  past: 'The past can only be read.',
  'dry-run': 'What it writes cannot be tried out.',
  'error-page': 'A page that tells of an error can only read.',
};

export class SqlWork implements SqlRunner {
  readonly #options: SqlWorkOptions;
  readonly #open = new Map<string, OpenTransaction>();
  readonly #written: WrittenStatement[] = [];
  readonly #places = new Set<string>();
  readonly #attempts = new Attempts<OpenTransaction>(
    (open) => this.#open.get(wayOf(open.target)) === open,
  );
  #obstacle: SqlObstacle | undefined;

  constructor(options: SqlWorkOptions) {
    this.#options = options;
  }

  /** Set once the whole request is to be begun again, whoever caught the error that said so. */
  get obstacle(): SqlObstacle | undefined {
    return this.#obstacle;
  }

  /** The first statements that wrote. */
  get written(): readonly WrittenStatement[] {
    return this.#written;
  }

  hasWritten(target: SqlTarget): boolean {
    return this.#places.has(placeOf(target));
  }

  run(
    target: SqlPlaceOfWork,
    statements: readonly Statement[],
    options: RunOptions,
  ): readonly SqlResult[] {
    return statements.map((statement) => {
      if (statement.kind !== 'read') this.#requireWritable(options.path);
      return statement.commits
        ? this.#runAlone(target, statement, options)
        : this.#query(this.#opened(target, statement), statement, options);
    });
  }

  attempt(): Attempt {
    return this.#attempts.begin();
  }

  ask<Q extends SqlQuestion>(
    question: Q,
    { statement }: { readonly statement?: Statement | undefined } = {},
  ): DataAnswer<Q['what']> {
    return this.#request(question, statement);
  }

  /**
   * Ends it: gives up what only read, and gives what is to be committed with the objects. To be
   * called last before they are packed.
   *
   * @throws what a statement failed with, and whatever stands in the way
   */
  finish(): HandedOver | undefined {
    if (this.#obstacle !== undefined) throw new TransientError('ODB_CONFLICT', 'Begin again');
    for (const open of this.#open.values()) if (open.mark !== undefined) requireWhole(open);
    const writing = [...this.#open.values()].filter((open) => this.#hasWrittenIn(open));
    const isJournaled = this.#options.connection.hasWork || writing.length > 1;
    const removed = writing.length > 0 && isJournaled ? this.#enter(writing) : [];
    const transactions = writing.map(({ id, target, mark }) => ({
      ...{ transaction: id, target: plainTarget(target) },
      mark: isJournaled ? mark : undefined,
    }));
    for (const { target } of writing) this.#open.delete(wayOf(target));
    this.release();
    return transactions.length === 0 ? undefined : { transactions, removed };
  }

  /** Gives up what is open. */
  release(): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { id } of open) this.#giveUp(id);
  }

  /** Puts what was written into the journal, once the other side can be found again by its mark. */
  #enter(writing: readonly OpenTransaction[]): readonly string[] {
    const { door, connection } = this.#options;
    const entries = writing.map((open): [string, JournalEntry] => {
      const { id, target, mark, canPrepare } = open;
      if (mark === undefined) throw new TypeError('What writes was begun with a mark');
      this.#request({ what: canPrepare ? 'prepare' : 'mark', transaction: id });
      const { path, driver, url } = target;
      const statements = canPrepare ? [] : toRunAgain(open);
      const entry = { target: { path, driver, url }, isPrepared: canPrepare, statements };
      return [mark, { ...entry, by: this.#options.user, said: saidBy(open) }];
    });
    const journal = journalIn(connection);
    const done = door.takeDone().filter((mark) => journal?.has(mark));
    enterInJournal(connection, entries, done);
    return done;
  }

  #opened(target: SqlPlaceOfWork, first: Statement): OpenTransaction {
    const way = wayOf(target);
    const known = this.#open.get(way);
    if (known !== undefined) return known;
    const { door, connection, readOnly } = this.#options;
    const mark = readOnly === undefined ? door.mark(siteOfMarks(connection)) : undefined;
    const { transaction, canPrepare, epoch } = this.#request({
      ...{ what: 'begin', target: plainTarget(target) },
      ...(mark === undefined ? { access: 'read' } : { access: this.#access(target, first), mark }),
    });
    const open: OpenTransaction = {
      ...{ id: transaction, target, mark, canPrepare, statements: [], failure: undefined },
      setSavepoint: (number) => this.#savepoint(open, number, 'set'),
      keepSavepoint: (number) => this.#keepSavepoint(open, number),
      undoSavepoint: (number, statements) => this.#undoSavepoint(open, { number, statements }),
    };
    this.#open.set(way, open);
    this.#requireRecovered(target, epoch);
    return open;
  }

  /**
   * Only one transaction at a time writes to a file, and most that could do not. Where one that began
   * with reading was in another's way before, it waits for its turn at once.
   */
  #access({ driver }: SqlTarget, { kind }: Statement): 'write' | 'either' {
    return driver === 'sqlite' && kind === 'read' && !this.#options.isAgain ? 'either' : 'write';
  }

  #requireRecovered(target: SqlTarget, epoch: number): void {
    if (this.#options.door.isRecovered(wayOf(target), epoch)) return;
    this.#obstacle = { kind: 'unfinished', target: plainTarget(target) };
    throw new TransientError(
      'ODB_CONFLICT',
      `What was saved before is finished first: ${target.path}`,
    );
  }

  #query(open: OpenTransaction, statement: Statement, { rowsMax, path }: RunOptions): SqlResult {
    requireWhole(open);
    this.#attempts.enter(open);
    try {
      open.statements.push({ statement, path });
      if (statement.kind !== 'read') this.#note(open.target, statement);
      return this.#request({ what: 'query', transaction: open.id, statement, rowsMax }, statement);
    } catch (error) {
      open.failure = error;
      if (error instanceof DataFault && error.reason === 'read-only') this.#requireWritable(path);
      throw error;
    }
  }

  /**
   * Runs a statement that the server commits by itself, in a transaction of its own. What was written
   * before would be committed with it, so nothing may have been; and nothing takes it back, so it is not
   * run where all is to be given up.
   */
  #runAlone(target: SqlPlaceOfWork, statement: Statement, options: RunOptions): SqlResult {
    if (this.hasWritten(target)) {
      throw new Taken(
        `${options.path} cannot be run here: the database commits this statement by itself, and what ` +
          'was written before it in this request with it.',
        { code: 'SRV_SQL_COMMITS' },
      );
    }
    const { connection, door } = this.#options;
    if (connection.transaction.isDoomed) {
      throw new Taken(
        `${options.path} is not run: the database commits this statement by itself, and what is tried ` +
          'here is not to be kept.',
        { code: 'SRV_SQL_COMMITS' },
      );
    }
    // What was read until now would stand in its way.
    const open = this.#opened(target, statement);
    this.#open.delete(wayOf(target));
    this.#giveUp(open.id);
    const { transaction } = this.#request({
      ...{ what: 'begin', target: plainTarget(target) },
      ...{ access: 'write', twoPhase: false },
    });
    try {
      const { rowsMax } = options;
      const result = this.#request({ what: 'query', transaction, statement, rowsMax }, statement);
      this.#request({ what: 'commit', transaction });
      this.#list(target, statement);
      return result;
    } catch (error) {
      this.#giveUp(transaction);
      throw error;
    } finally {
      door.onWritten(target);
    }
  }

  #note(target: SqlTarget, statement: Statement): void {
    this.#places.add(placeOf(target));
    this.#list(target, statement);
  }

  #list(target: SqlTarget, statement: Statement): void {
    if (this.#written.length >= NOTED_MAX) return;
    this.#written.push({ path: target.path, text: notedText(statement) });
  }

  #savepoint(open: OpenTransaction, number: number, step: SavepointStep): void {
    try {
      this.#request({ what: 'savepoint', transaction: open.id, number, step });
    } catch (error) {
      open.failure ??= error;
      throw error;
    }
  }

  #keepSavepoint(open: OpenTransaction, number: number): void {
    if (open.failure === undefined) this.#savepoint(open, number, 'keep');
  }

  #undoSavepoint(
    open: OpenTransaction,
    { number, statements }: { readonly number: number; readonly statements: number },
  ): void {
    try {
      this.#savepoint(open, number, 'undo');
      open.statements.length = statements;
      open.failure = undefined;
    } catch (error) {
      // Whoever comes next is told, and nothing of it is saved.
      open.failure ??= error;
    }
  }

  /** A statement that reads may call a function that writes, which the server knows; SQLite has none. */
  #hasWrittenIn({ id, target, statements, mark }: OpenTransaction): boolean {
    if (mark === undefined) return false;
    if (statements.some(({ statement }) => statement.kind !== 'read')) return true;
    return target.driver !== 'sqlite' && this.#request({ what: 'wrote', transaction: id });
  }

  #requireWritable(path: string): void {
    const { readOnly } = this.#options;
    if (readOnly === undefined) return;
    const code = 'SRV_SQL_READ_ONLY';
    if (readOnly === 'method') {
      const message = `${path} would write to the database. Send a POST to do that.`;
      throw new MethodNotAllowed(message, { code, allow: ['POST'] });
    }
    throw new Taken(`${path} would write to the database. ${REASONS[readOnly]}`, { code });
  }

  #request<R extends DataRequest>(request: R, statement?: Statement): DataAnswer<R['what']> {
    const { door, deadlineMs, nowMs = Date.now } = this.#options;
    const remainingMs = Math.max(1, deadlineMs - nowMs() - SPARED_MS);
    try {
      return door.link.request(request, { remainingMs, statement });
    } catch (error) {
      if (error instanceof TransientError) {
        this.#obstacle ??= { kind: 'transient', reason: error.message };
      }
      throw error;
    }
  }

  /** Rolls back. Where that cannot be asked, the connection is gone, and the transaction with it. */
  #giveUp(transaction: SqlTransactionId): void {
    try {
      this.#options.door.link.request(
        { what: 'rollback', transaction },
        { remainingMs: SPARED_MS },
      );
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
    }
  }
}
