/**
 * A connection: one transaction's view of the database.
 *
 * Everything read through it is as of one snapshot, plus the connection's own changes. It belongs
 * to one thread. Its objects stay the same objects from transaction to transaction: `begin` makes
 * ghosts of those that other transactions changed, and they load their new state when touched.
 */
import { commitAttended } from './attended-commit.js';
import { packCommit } from '../commit/commit-packing.js';
import { PlanningConnection } from './connection-plans.js';
import type { ViewOptions } from './connection-view.js';
import { abortAll } from './data-manager.js';
import { AftermathError, closedError, OdbError } from '../errors.js';
import type { SavedCommit } from './loaded-objects.js';
import type { Oid } from '../oid.js';
import { Persistent, type Holder } from '../objects/persistent.js';
import type { Storage } from '../storage.js';
import type { TransactionMeta } from '../stored.js';
import type { CommitRequest, CommitResult } from '../writes.js';
import { TID_ZERO, type Tid } from '../tid.js';
import type { Transaction } from './transaction.js';
import { runAbortHooks } from './transaction-hooks.js';

declare module '../objects/persistent.js' {
  interface Persistent {
    /** The connection the object belongs to; `undefined` for one that is new. */
    readonly connection: Connection | undefined;
  }
}

/** Of a commit without changes. */
const NOTHING_SAVED: CommitResult = { tid: TID_ZERO, merged: [] };

/** A transaction as bytes, for whoever hands it to the storage (`Storage.commitPacked`). */
export interface PreparedCommit {
  /** Its buffer is nobody else's, so it may be transferred. */
  readonly bytes: Uint8Array;
  /** Oids of the objects it creates. */
  readonly created: readonly Oid[];
}

export interface ConnectionOptions extends ViewOptions {
  /** Changes nothing; so does a connection to the past. */
  readonly readOnly?: boolean | undefined;
  /** Called before changes are saved, with the connection; see `Derive`. */
  readonly derive?: (connection: Connection) => void;
  /** Called once, when the connection closes. */
  readonly onClose?: (connection: Connection) => void;
}

/**
 * A transaction's view of the database, and the objects loaded through it.
 *
 * Made by `Database.connect`; belongs to the thread that made it. Whatever touches an object that is
 * not loaded loads it, with one key read: an attribute, an entry of a map, a method here. That throws
 * OdbError `ODB_NO_OBJECT` for an object that does not exist, `ODB_DAMAGED` for what is not what was
 * written, `ODB_VERSION` and `ODB_MIGRATION` for a state its class cannot bring up to date, and
 * `ODB_CLASS_CHANGED`. Everything throws `ODB_CLOSED` after `close`; what changes something throws
 * `ODB_READ_ONLY_PAST` or `ODB_READ_ONLY_CONNECTION` where nothing can be changed, and
 * `ODB_TRANSACTION_FAILED`, `ODB_COMMITTING` or `ODB_TRANSACTION_ENDED` when the transaction accepts
 * nothing.
 */
export class Connection extends PlanningConnection implements Holder, Disposable {
  readonly #onClose: ((connection: Connection) => void) | undefined;
  readonly #derive: ((connection: Connection) => void) | undefined;
  readonly #readOnly: boolean;
  /** Ends when those who had joined aborted transactions have taken everything back. */
  #aborting: Promise<void> | undefined;

  /** Use `Database.connect`. Takes a snapshot and begins a transaction. */
  constructor(storage: Storage, { readOnly, derive, onClose, ...options }: ConnectionOptions) {
    super(storage, options);
    this.#readOnly = readOnly ?? false;
    this.#derive = derive;
    this.#onClose = onClose;
  }

  // --- Changing ------------------------------------------------------------------------------

  /**
   * The transaction of now: what it says about itself, and who takes part. Another one after each
   * `begin`, `commit`, `prepare` and `abort`.
   */
  get transaction(): Transaction {
    return this.work.transaction;
  }

  /** Nothing can be changed here: the connection was made so, or shows the past. */
  get isReadOnly(): boolean {
    return this.#readOnly || this.objects.at !== undefined;
  }

  /** There are changes, or hooks to be called, or others who joined: the end makes a difference. */
  get hasWork(): boolean {
    return this.hasChanges || this.work.transaction.isAttended;
  }

  /**
   * Makes a new object part of this transaction and gives it its oid. Not needed for what a stored
   * object refers to: that gets its oid at the commit.
   *
   * @throws OdbError `ODB_OTHER_CONNECTION` when it belongs to another connection
   */
  add(object: Persistent): Oid {
    if (object.$holder !== this) this.requireWritable();
    return this.work.oidOf(object);
  }

  /**
   * Makes the commit fail when another transaction changes `object` until then. Only a commit that
   * saves something asks; for an object that is new, there is nothing to ask.
   *
   * @throws OdbError `ODB_TRANSACTION_FAILED` and others, when nothing can be changed
   */
  readCurrent(object: Persistent): void {
    this.requireWritable();
    if (object.$holder === this && object.$oid !== undefined && object.tid > 0) {
      this.work.changes.reads.set(object.$oid, object.tid);
    }
  }

  // --- The transaction -----------------------------------------------------------------------

  /**
   * Begins a transaction on the newest state. Costs nothing when nothing happened since the last.
   *
   * A transaction always has an explicit end: one that changed something, or that someone waits
   * for, is not given up silently for the next.
   *
   * @throws OdbError `ODB_UNSAVED_CHANGES` when there is work: commit or abort it first
   * @throws OdbError `ODB_COMMITTING` while a commit is in progress
   */
  begin(): void {
    if (this.hasWork) {
      this.work.transaction.requireIdle();
      throw new OdbError(
        'ODB_UNSAVED_CHANGES',
        'The transaction has changes, hooks or others who joined it: commit or abort first',
      );
    }
    this.#begin();
  }

  /**
   * Saves the changes and begins the next transaction.
   *
   * Hooks before the commit run first, then all who joined vote; then the storage commits; then all
   * who joined finish, and the hooks after the commit run. A failure before the storage has
   * committed aborts all who joined, leaves nothing, and the transaction accepts nothing until it
   * is aborted.
   *
   * @returns the new transaction's tid; without changes, the tid this connection sees
   * @throws ConflictError when others changed the same and it cannot be merged
   * @throws TypeError for a `meta` that is none, and for what cannot be stored
   * @throws OdbError `ODB_TRANSACTION_FAILED` when an earlier commit of this transaction failed
   * @throws OdbError `ODB_DOOMED` when it was doomed; it goes on
   * @throws AftermathError `ODB_FINISH_FAILED` or `ODB_HOOK_FAILED` when the transaction is saved,
   *   but someone failed afterwards; `ODB_ABORT_FAILED` when it is not, and that too
   */
  async commit(meta: TransactionMeta = {}): Promise<Tid> {
    const transaction = this.work.transaction;
    transaction.requireActive();
    transaction.requireIdle();
    transaction.requireNotDoomed();
    if (this.#aborting !== undefined) await this.settled();
    if (!transaction.isAttended) return this.#save(meta);
    return commitAttended(transaction, {
      save: (vote) => this.#save(meta, vote),
      dropAftermath: () => this.#dropAftermath(),
    });
  }

  /**
   * Gives what `commit` would send, and forgets the changes: changed objects become ghosts, new
   * ones belong to no connection any more. For threads that do not wait for the disk.
   *
   * Hooks before the commit run. Whether the transaction is saved is not known here, so it can have
   * no hooks after the commit, and nobody can have joined it. Hooks around an abort do not run.
   *
   * @throws OdbError `ODB_NEEDS_COMMIT` with hooks after the commit, hooks that have to be waited
   *   for, and others who joined: use `commit`
   * @throws OdbError `ODB_DOOMED`, `ODB_TRANSACTION_FAILED` and others, as `commit`
   */
  prepare(meta: TransactionMeta = {}): PreparedCommit {
    const transaction = this.work.transaction;
    requireUnattended(transaction);
    transaction.prepare();
    let bytes: Uint8Array;
    try {
      transaction.hooks?.runBeforePrepare();
      requireUnattended(transaction);
      transaction.requireNotDoomed();
      if (this.hasChanges) this.#derive?.(this);
      bytes = packCommit(this.work.request(meta));
    } catch (error) {
      transaction.fail();
      throw error;
    }
    const created = this.work.createdOids;
    this.work.drop();
    return { bytes, created };
  }

  /**
   * Drops the changes: changed objects become ghosts, new ones lose their oids and belong to no
   * connection. The snapshot stays; `begin` takes a new one. Others who joined take their changes
   * back, in order; those that need time for it are done once `settled` is.
   *
   * @throws OdbError `ODB_COMMITTING` while a commit is in progress
   * @throws AftermathError `ODB_ABORT_FAILED`, once all was dropped, when a hook failed or someone
   *   who had joined could not take back what was done
   */
  abort(): void {
    const transaction = this.work.transaction;
    transaction.requireIdle();
    if (!transaction.isAttended) {
      this.work.drop();
      return;
    }
    // A hook that aborts aborts what is being aborted already.
    if (transaction.state === 'ended') return;
    transaction.end();
    const errors: unknown[] = [];
    runAbortHooks(transaction.hooks?.beforeAbort ?? [], errors);
    const { managers } = transaction;
    transaction.managersEnd();
    this.work.drop();
    let aborting = abortAll(managers, transaction, errors);
    runAbortHooks(transaction.hooks?.afterAbort ?? [], errors);
    const aftermath = this.#abortAftermath(errors);
    if (aftermath !== undefined) aborting = aborting?.then(() => aftermath) ?? aftermath;
    if (aborting === undefined) requireNoErrors(errors);
    else {
      const earlier = this.#aborting;
      this.#aborting = aborting.then(() => earlier).then(() => requireNoErrors(errors));
    }
  }

  /**
   * Waits until those who had joined aborted transactions have taken everything back. `commit` does
   * so by itself.
   *
   * @throws AftermathError `ODB_ABORT_FAILED` when one of them failed; told once
   */
  async settled(): Promise<void> {
    const aborting = this.#aborting;
    this.#aborting = undefined;
    await aborting;
  }

  /** Ends the connection and drops its changes. Harmless when it has ended. */
  close(): void {
    if (this.objects.isClosed) return;
    const { state } = this.work.transaction;
    try {
      if (state !== 'committing' && state !== 'preparing') this.abort();
    } finally {
      this.objects.close();
      this.#onClose?.(this);
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  // --- For its objects -----------------------------------------------------------------------

  /** Notes that an object is about to be changed. For `Persistent` alone. */
  changing(object: Persistent): void {
    this.requireWritable();
    if (object.$changed) return;
    this.work.add(object);
  }

  /** Notes what an entry of a map was before it changed. For `PersistentMap` alone. */
  patching(map: Persistent, key: string, base: unknown): void {
    this.requireWritable();
    this.work.changes.patch(map, key, base);
  }

  // --- Inside --------------------------------------------------------------------------------

  protected override requireWritable(): void {
    if (this.objects.isClosed) throw closedError();
    if (this.objects.at !== undefined) {
      throw new OdbError(
        'ODB_READ_ONLY_PAST',
        'The past cannot be changed: this connection shows it',
      );
    }
    if (this.#readOnly) {
      throw new OdbError(
        'ODB_READ_ONLY_CONNECTION',
        'This connection only reads: connect without readOnly to change something',
      );
    }
    this.work.transaction.requireActive();
  }

  /** Begins a transaction when nothing is changed. @param own what was committed just now */
  #begin(own?: SavedCommit): void {
    this.objects.refresh(own);
    this.work.end();
  }

  /**
   * Saves the changes, and begins the next transaction.
   *
   * @param vote awaited once it is certain what is to be saved, before the storage commits
   */
  async #save(meta: TransactionMeta, vote?: () => Promise<void>): Promise<Tid> {
    const transaction = this.work.transaction;
    const request = this.hasChanges ? this.#request(transaction, meta) : undefined;
    let result: CommitResult = NOTHING_SAVED;
    transaction.committing();
    try {
      if (vote !== undefined) await vote();
      if (request !== undefined) result = await this.storage.commit(request);
    } catch (error) {
      transaction.fail();
      throw error;
    }
    this.work.saved(result.tid, new Set(result.merged));
    const { tid, previousTid, merged } = result;
    if (!this.objects.isClosed) {
      const { baseTid, maps = [] } = request ?? {};
      const isNext = merged.length === 0 && baseTid !== undefined && previousTid === baseTid;
      this.#begin({ tid, maps, isNext });
    }
    return request === undefined ? this.tid : tid;
  }

  /** Gives what the storage is to be asked, with what is derived from the changes. */
  #request(transaction: Transaction, meta: TransactionMeta): CommitRequest {
    try {
      this.#derive?.(this);
    } catch (error) {
      transaction.fail();
      throw error;
    }
    return this.work.request(meta);
  }

  /** Aborts what hooks after the end of a transaction did. Their own hooks are not called. */
  #abortAftermath(errors: unknown[]): Promise<void> | undefined {
    if (!this.hasWork) return undefined;
    const transaction = this.work.transaction;
    const { managers } = transaction;
    this.work.drop();
    return abortAll(managers, transaction, errors);
  }

  async #dropAftermath(): Promise<unknown[]> {
    const errors: unknown[] = [];
    await this.#abortAftermath(errors);
    return errors;
  }
}

Object.defineProperty(Persistent.prototype, 'connection', {
  configurable: true,
  get(this: Persistent): Connection | undefined {
    return this.$holder instanceof Connection ? this.$holder : undefined;
  },
});

/** Makes sure that nobody has to learn how the commit ends. */
function requireUnattended({ managers, hooks }: Transaction): void {
  if (managers.length > 0 || (hooks !== undefined && hooks.afterCommit.length > 0)) {
    throw new OdbError(
      'ODB_NEEDS_COMMIT',
      'Others joined the transaction, or it has hooks after the commit: prepare cannot serve them, commit instead',
    );
  }
}

function requireNoErrors(errors: readonly unknown[]): void {
  if (errors.length > 0) throw new AftermathError('ODB_ABORT_FAILED', errors);
}
