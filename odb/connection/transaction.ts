/**
 * A transaction: what it says about itself, who takes part in it, and whether it may go on.
 *
 * `active` until it commits; `preparing` while its hooks before the commit run, which may still
 * change objects; `committing` while the storage decides; then `ended`, or `failed`. A failed
 * transaction accepts nothing until it is aborted, so that work which rests on a lost change is not
 * saved in half. A transaction that has ended is over: nothing that was meant for it slips into the
 * next one. It knows no storage: the connection carries it out.
 */
import { assert } from '../assert.js';
import { Changes } from './changes.js';
import { inOrder, type DataManager } from './data-manager.js';
import { OdbError, TransientError } from '../errors.js';
import { checkOptions, TEXT, TID, type OptionRules } from '../options.js';
import { Savepoints, type Savepoint, type SavepointHost } from './savepoint.js';
import { META_TEXT_MAX, type TransactionMeta } from '../stored.js';
import {
  TransactionHooks,
  type AbortHook,
  type AfterCommitHook,
  type BeforeCommitHook,
} from './transaction-hooks.js';

/**
 * How far a transaction is: `active` until it commits; `preparing` while hooks before the commit
 * run; `committing` while the storage decides; `failed` after a commit that did not succeed, until
 * it is aborted; `ended` when it is over.
 */
export type TransactionState = 'active' | 'preparing' | 'committing' | 'failed' | 'ended';

const META: OptionRules = {
  user: TEXT,
  note: TEXT,
  paths: { is: (value) => Array.isArray(value) && value.every(TEXT.is), what: 'an array of texts' },
  undoes: { is: (value) => Array.isArray(value) && value.every(TID.is), what: 'an array of tids' },
  extension: true,
};

/**
 * The transaction of a connection: what it says about itself, who takes part, whether it may go on.
 *
 * Had by `Connection.transaction`, another one after each end. What is meant for one that has ended
 * throws OdbError `ODB_TRANSACTION_ENDED`; after a failed commit `ODB_TRANSACTION_FAILED`; while one
 * is in progress `ODB_COMMITTING`.
 */
export class Transaction {
  /** What was changed. For the connection alone. */
  readonly $changes = new Changes();
  readonly #host: SavepointHost | undefined;
  #savepoints: Savepoints | undefined;
  #state: TransactionState = 'active';
  #isDoomed = false;
  #user: string | undefined;
  #note: string | undefined;
  #extension: Map<string, unknown> | undefined;
  #data: Map<unknown, unknown> | undefined;
  #hooks: TransactionHooks | undefined;
  #managers: Set<DataManager> | undefined;
  #managersEnded = false;

  /** Begun by a connection. @param host what sets changes aside and takes them back */
  constructor(host?: SavepointHost) {
    this.#host = host;
  }

  /** How far it is. */
  get state(): TransactionState {
    return this.#state;
  }

  // --- What it says about itself ---------------------------------------------------------------

  /**
   * Who does it; stored with the transaction. A user given to `commit` comes before it.
   *
   * @throws OdbError `ODB_TOO_LARGE` past `META_TEXT_MAX` characters
   */
  get user(): string | undefined {
    return this.#user;
  }

  set user(user: string | undefined) {
    this.requireActive();
    requireShort(user);
    this.#user = user;
  }

  /** The lines given to `note` so far; `undefined` when there are none. */
  get notes(): string | undefined {
    return this.#note;
  }

  /**
   * Adds a line to what is stored as the transaction's note. The note given to `commit` comes
   * first, then these lines in their order.
   *
   * @throws OdbError `ODB_TOO_LARGE` when all lines together pass `META_TEXT_MAX` characters
   */
  note(line: string): void {
    this.requireActive();
    const note = this.#note === undefined ? line : `${this.#note}\n${line}`;
    requireShort(note);
    this.#note = note;
  }

  /** What `setExtension` was given. */
  get extension(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.#extension ?? []);
  }

  /**
   * Stores something else with the transaction. An entry given to `commit` comes before it.
   *
   * @param value plain data; checked and encoded at the commit, at most `META_BYTES_MAX` bytes
   *   with everything else the transaction says about itself
   */
  setExtension(key: string, value: unknown): void {
    this.requireActive();
    (this.#extension ??= new Map()).set(key, value);
  }

  /** Whatever its participants keep for as long as it lasts. Never stored; gone with it. */
  get data(): Map<unknown, unknown> {
    return (this.#data ??= new Map());
  }

  /** What is stored about it, given what `commit` was told. For the connection alone. */
  metaWith(given: TransactionMeta): TransactionMeta {
    checkOptions('commit', given, META);
    if (this.#user === undefined && this.#note === undefined && this.#extension === undefined) {
      return given;
    }
    const user = given.user ?? this.#user;
    const notes = [given.note, this.#note].filter((note) => note !== undefined);
    return {
      ...given,
      ...(user === undefined ? {} : { user }),
      ...(notes.length === 0 ? {} : { note: notes.join('\n') }),
      ...(this.#extension === undefined
        ? {}
        : { extension: { ...this.extension, ...given.extension } }),
    };
  }

  // --- Who takes part --------------------------------------------------------------------------

  /**
   * Calls something before the commit, once nothing else is left to be done: it may change objects
   * and give further hooks. When it throws, the transaction fails and nothing is saved. A promise
   * is awaited by `commit`; `prepare` refuses it with `ODB_NEEDS_COMMIT`.
   *
   * Hooks belong to this one transaction; they run in the order they were given, at most
   * `HOOKS_MAX` of a kind. Not called by `abort`.
   *
   * @throws OdbError `ODB_TOO_LARGE` past `HOOKS_MAX`
   */
  beforeCommit(hook: BeforeCommitHook): void {
    this.requireActive();
    this.#someHooks.add(this.#someHooks.beforeCommit, hook);
  }

  /**
   * Calls something after a commit, with whether it succeeded. The fate of the transaction is
   * decided: what the hook changes is aborted, and what it throws is told by `commit` after all
   * hooks have run (`ODB_HOOK_FAILED` when the transaction was saved). Not called by `abort`.
   *
   * @throws OdbError `ODB_TOO_LARGE` past `HOOKS_MAX`
   */
  afterCommit(hook: AfterCommitHook): void {
    this.requireActive();
    this.#someHooks.add(this.#someHooks.afterCommit, hook);
  }

  /**
   * Calls something when the transaction is aborted, while its changes can still be seen. What it
   * throws is told by `abort` as `ODB_ABORT_FAILED`, once everything was aborted.
   *
   * @throws OdbError `ODB_TOO_LARGE` past `HOOKS_MAX`
   */
  beforeAbort(hook: AbortHook): void {
    this.requireActive();
    this.#someHooks.add(this.#someHooks.beforeAbort, hook);
  }

  /**
   * Calls something once the transaction's changes were dropped. What it changes is aborted, too;
   * what it throws is told by `abort` as `ODB_ABORT_FAILED`.
   *
   * @throws OdbError `ODB_TOO_LARGE` past `HOOKS_MAX`
   */
  afterAbort(hook: AbortHook): void {
    this.requireActive();
    this.#someHooks.add(this.#someHooks.afterAbort, hook);
  }

  /**
   * Lets something else commit or abort together with the database; see `DataManager`. Joining
   * twice is joining once.
   */
  join(manager: DataManager): void {
    this.requireActive();
    (this.#managers ??= new Set()).add(manager);
  }

  /**
   * Tells whether the work may succeed when it is done again: after a `TransientError`, or when one
   * of those who joined says so.
   */
  shouldRetry(error: unknown): boolean {
    if (error instanceof TransientError) return true;
    for (const manager of this.#managers ?? []) {
      if (manager.shouldRetry?.(error) === true) return true;
    }
    return false;
  }

  // --- Whether it may go on --------------------------------------------------------------------

  /**
   * Marks this moment, to be gone back to with `rollback` of what is answered.
   *
   * The states of changed objects are encoded and set aside, in memory and past a bound in a
   * temporary file (`DatabaseOptions.spill`), and their objects can leave the memory: a transaction
   * with many changes takes savepoints to stay small. Costs as much as encoding what was changed
   * since the last one. At most `SAVEPOINTS_MAX` valid ones. An error fails the transaction.
   *
   * @param options.optimistic also when someone who joined has no savepoints: then it is going back
   *   that fails; default: false
   * @throws OdbError `ODB_SAVEPOINT` when someone who joined has no savepoints
   * @throws TypeError and others, as `commit`, for what no record can hold
   */
  savepoint({ optimistic = false }: { readonly optimistic?: boolean } = {}): Promise<Savepoint> {
    return this.failOnError(async () => {
      assert(this.#host !== undefined, 'a transaction with objects has a connection');
      this.#savepoints ??= new Savepoints(this, this.#host);
      return this.#savepoints.take(optimistic);
    });
  }

  /**
   * Makes sure that this is never saved. The work may go on, and sees its changes; `commit` and
   * `prepare` throw `ODB_DOOMED`. Dooming it twice is dooming it once.
   */
  doom(): void {
    this.requireActive();
    this.#isDoomed = true;
  }

  /** `doom` was called. */
  get isDoomed(): boolean {
    return this.#isDoomed;
  }

  /**
   * Makes sure that something may be changed.
   *
   * @throws OdbError `ODB_TRANSACTION_FAILED` after a failed commit
   * @throws OdbError `ODB_COMMITTING` while a commit is in progress
   * @throws OdbError `ODB_TRANSACTION_ENDED` afterwards
   */
  requireActive(): void {
    switch (this.#state) {
      case 'active':
      case 'preparing':
        return;
      case 'committing':
        throw committing();
      case 'failed':
        throw new OdbError(
          'ODB_TRANSACTION_FAILED',
          'The commit failed: abort the transaction, begin another and do the work again',
        );
      case 'ended':
        throw new OdbError('ODB_TRANSACTION_ENDED', 'The transaction has ended: begin another');
    }
  }

  /** Makes sure that a commit is not in progress. @throws OdbError `ODB_COMMITTING` */
  requireIdle(): void {
    if (this.#state === 'committing' || this.#state === 'preparing') throw committing();
  }

  // --- For its connection ----------------------------------------------------------------------

  /** Someone waits for its end. */
  get isAttended(): boolean {
    return this.#hooks !== undefined || this.#managers !== undefined;
  }

  get hooks(): TransactionHooks | undefined {
    return this.#hooks;
  }

  /** Those who joined and were not told of the end yet, in the order they are asked. */
  get managers(): readonly DataManager[] {
    return this.#managers === undefined || this.#managersEnded ? [] : inOrder(this.#managers);
  }

  /** Something can still be changed. */
  get isOpen(): boolean {
    return this.#state === 'active' || this.#state === 'preparing';
  }

  /** Does work that changes something, and fails for good when the work does. */
  async failOnError<T>(work: () => Promise<T>): Promise<T> {
    this.requireActive();
    try {
      return await work();
    } catch (error) {
      if (this.isOpen) this.fail();
      throw error;
    }
  }

  /** Takes out someone who joined. */
  leave(manager: DataManager): void {
    this.#managers?.delete(manager);
  }

  /** Takes note that those who joined were told of the end. */
  managersEnd(): void {
    this.#managersEnded = true;
  }

  /** @throws OdbError `ODB_DOOMED` */
  requireNotDoomed(): void {
    if (this.#isDoomed) {
      throw new OdbError('ODB_DOOMED', 'The transaction was doomed, so it can only be aborted');
    }
  }

  /** Begins the hooks before the commit. @throws OdbError as `requireActive`, and `ODB_DOOMED` */
  prepare(): void {
    this.requireActive();
    this.requireIdle();
    this.requireNotDoomed();
    this.#state = 'preparing';
  }

  committing(): void {
    this.requireActive();
    this.requireNotDoomed();
    this.#state = 'committing';
  }

  fail(): void {
    this.#state = 'failed';
  }

  end(): void {
    this.#state = 'ended';
  }

  get #someHooks(): TransactionHooks {
    return (this.#hooks ??= new TransactionHooks());
  }
}

function committing(): OdbError {
  return new OdbError('ODB_COMMITTING', 'Nothing can be changed while the commit is in progress');
}

function requireShort(text: string | undefined): void {
  if (text !== undefined && text.length > META_TEXT_MAX) {
    throw new OdbError(
      'ODB_TOO_LARGE',
      `A transaction's user and note have at most ${META_TEXT_MAX} characters each`,
    );
  }
}
