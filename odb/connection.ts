/**
 * A connection: one transaction's view of the database.
 *
 * Everything read through it is as of one snapshot, plus the connection's own changes. It belongs
 * to one thread. Its objects stay the same objects from transaction to transaction: `begin` makes
 * ghosts of those that other transactions changed, and they load their new state when touched.
 */
import { applyPlan } from './apply-undo.js';
import { assert } from './assert.js';
import { commitAttended } from './attended-commit.js';
import { BrokenObject, MissingObject } from './broken.js';
import type { Changes } from './changes.js';
import type { ClassInfo } from './class-registry.js';
import { packCommit } from './commit-packing.js';
import { buildRequest, stateWrite, type RequestSource } from './commit-request.js';
import { abortAll } from './data-manager.js';
import { AftermathError, closedError, OdbError } from './errors.js';
import { LoadedObjects } from './loaded-objects.js';
import { MapNode, TreeNode } from './map-node.js';
import { registeredClasses } from './merge-rules.js';
import { OID_ROOT, type Oid } from './oid.js';
import { Persistent, type Holder, type Slots } from './persistent.js';
import type { SpillOptions } from './spill-file.js';
import type { PersistentMap } from './persistent-map.js';
import { SavedStates, type SavedMark } from './saved-states.js';
import type { SavepointHost } from './savepoint.js';
import { revertObject, stateAt } from './revert.js';
import type {
  CommitResult,
  Revision,
  Storage,
  TransactionMeta,
  TransactionRecord,
} from './storage.js';
import { TID_ZERO, type Tid } from './tid.js';
import { Transaction } from './transaction.js';
import { runAbortHooks } from './transaction-hooks.js';
import { listTransactions, type LogPage, type LogQuery } from './transaction-log.js';
import { planUndo, type UndoPlan } from './undo.js';
import type { State } from './value.js';

declare module './persistent.js' {
  interface Persistent {
    /** The connection the object belongs to; `undefined` for one that is new. */
    readonly connection: Connection | undefined;
  }
}

/** How many oids a connection takes from the storage at once. */
const OIDS_AT_ONCE = 64;

/** Of a commit without changes. */
const NOTHING_SAVED: CommitResult = { tid: TID_ZERO, merged: [] };

/** Of a transaction that has set nothing aside. */
const NOTHING_SAVED_YET: SavedMark = { end: 0, steps: 0, created: 0 };

/** A transaction as bytes, for whoever hands it to the storage (`Storage.commitPacked`). */
export interface PreparedCommit {
  /** Its buffer is nobody else's, so it may be transferred. */
  readonly bytes: Uint8Array;
  /** Oids of the objects it creates. */
  readonly created: readonly Oid[];
}

export interface ConnectionOptions {
  /** Reads as of this transaction, and changes nothing. Default: the present. */
  readonly at?: Tid | undefined;
  /** Changes nothing. */
  readonly readOnly?: boolean | undefined;
  /** How many objects keep their state in memory. */
  readonly cacheObjects: number;
  /** Where the states go that savepoints set aside. */
  readonly spill?: SpillOptions | undefined;
  /** Called once, when the connection closes. */
  readonly onClose?: (connection: Connection) => void;
}

export class Connection implements Holder, Disposable {
  readonly #storage: Storage;
  readonly #objects: LoadedObjects;
  readonly #onClose: ((connection: Connection) => void) | undefined;
  readonly #readOnly: boolean;
  readonly #spill: SpillOptions | undefined;
  readonly #source: RequestSource;
  readonly #savepointHost: SavepointHost = { mark: () => this.#mark() };
  #transaction = new Transaction(this.#savepointHost);
  /** What this transaction wrote before its last savepoint. */
  #saved: SavedStates | undefined;
  /** Ends when those who had joined aborted transactions have taken everything back. */
  #aborting: Promise<void> | undefined;
  #nextOid = 0;
  #lastOid = -1;

  /** Use `Database.connect`. Takes a snapshot and begins a transaction. */
  constructor(storage: Storage, { at, readOnly, cacheObjects, spill, onClose }: ConnectionOptions) {
    this.#storage = storage;
    this.#objects = new LoadedObjects({ holder: this, storage, at, cacheObjects });
    this.#readOnly = readOnly ?? false;
    this.#spill = spill;
    const objects = this.#objects;
    this.#source = {
      get reader() {
        return objects.reader;
      },
      rules: storage.rules,
      oidOf: (object) => this.#oidOf(object),
    };
    this.#onClose = onClose;
  }

  // --- Reading -------------------------------------------------------------------------------

  /**
   * The map everything is reached from.
   *
   * @throws OdbError `ODB_NO_OBJECT` in a connection to a time before the database
   */
  get root(): PersistentMap {
    return this.get(OID_ROOT) as PersistentMap;
  }

  /** The newest transaction this connection sees. */
  get tid(): Tid {
    return this.#objects.tid;
  }

  /** The past this connection shows; `undefined` for the present. */
  get at(): Tid | undefined {
    return this.#objects.at;
  }

  /** Another number after each `begin` that brought something new, and each `abort`. */
  get epoch(): number {
    return this.#objects.epoch;
  }

  /** How many objects are held in memory. */
  get cachedObjects(): number {
    return this.#objects.cachedObjects;
  }

  /**
   * Gives the object with that oid. One object for each oid, as long as anyone refers to it.
   *
   * An object that does not exist is stood for by a `MissingObject`, which throws `ODB_NO_OBJECT`
   * when it is touched; `find` answers `undefined` instead. One key read when it is not cached.
   *
   * @throws OdbError `ODB_CLOSED` after `close`
   */
  get(oid: Oid): Persistent {
    return this.#objects.get(oid);
  }

  /** Gives the object with that oid, loaded; `undefined` when it does not exist. */
  find(oid: Oid): Persistent | undefined {
    const object = this.#objects.find(oid);
    return object !== undefined && this.#changes.erased.has(object) ? undefined : object;
  }

  /**
   * Gives the attributes an object had just after `tid`, with what they refer to as it is now.
   *
   * @param of the object, or its oid
   * @returns a frozen object; `undefined` when the object did not exist then
   */
  stateAt(of: Oid | Persistent, tid: Tid): Readonly<State> | undefined {
    const oid = oidIn(of);
    if (oid === undefined) return undefined;
    return stateAt(this, this.#objects.reader, oid, this.#objects.noLaterThanAt(tid));
  }

  /**
   * Lists the revisions of an object, newest first; empty for one nobody stored.
   *
   * @param of the object, or its oid; of a map, the revisions of its root node
   * @param options.before only revisions older than this; default: all
   * @param options.limit at most so many; default: all
   */
  history(
    of: Oid | Persistent,
    options: { readonly before?: Tid; readonly limit?: number } = {},
  ): Revision[] {
    const oid = oidIn(of);
    if (oid === undefined) return [];
    const { at, reader } = this.#objects;
    if (at === undefined) return reader.revisions(oid, options);
    const before = Math.min(options.before ?? Infinity, at + 1) as Tid;
    return reader.revisions(oid, { ...options, before });
  }

  /** Lists transactions, newest first. See `listTransactions` for bounds and cost. */
  transactions(query: LogQuery): LogPage {
    return listTransactions(this.#objects.reader, this.tid, query);
  }

  /** Gives the record of a transaction; `undefined` when there is none this connection sees. */
  transactionRecord(tid: Tid): TransactionRecord | undefined {
    return tid > this.tid ? undefined : this.#objects.reader.transaction(tid);
  }

  // --- Changing ------------------------------------------------------------------------------

  /**
   * The transaction of now: what it says about itself, and who takes part. Another one after each
   * `begin`, `commit`, `prepare` and `abort`.
   */
  get transaction(): Transaction {
    return this.#transaction;
  }

  /** Nothing can be changed here: the connection was made so, or shows the past. */
  get isReadOnly(): boolean {
    return this.#readOnly || this.#objects.at !== undefined;
  }

  /**
   * Objects written or created in this transaction, nodes of maps included. After a savepoint, this
   * brings what was changed before it back into memory.
   */
  get changed(): ReadonlySet<Persistent> {
    const { changed } = this.#changes;
    if (this.#saved === undefined) return changed;
    const all = new Set(changed);
    for (const { oid, map } of this.#saved.states()) {
      const object = this.get(oid);
      if (object instanceof MapNode && map !== undefined) object.$map ??= this.get(map) as TreeNode;
      all.add(object);
    }
    return all;
  }

  get hasChanges(): boolean {
    return this.#changes.changed.size > 0 || (this.#saved !== undefined && this.#saved.size > 0);
  }

  /** There are changes, or hooks to be called, or others who joined: the end makes a difference. */
  get hasWork(): boolean {
    return this.hasChanges || this.#transaction.isAttended;
  }

  /** Lists what `changed` holds, with each changed map in place of its nodes. */
  changedObjects(): Persistent[] {
    const objects = new Set<Persistent>();
    for (const object of this.changed) {
      objects.add(object instanceof MapNode ? (object.$map ?? object) : object);
    }
    return [...objects];
  }

  /**
   * Makes a new object part of this transaction and gives it its oid. Not needed for what a stored
   * object refers to: that gets its oid at the commit.
   *
   * @throws OdbError `ODB_OTHER_CONNECTION` when it belongs to another connection
   */
  add(object: Persistent): Oid {
    if (object.$holder !== this) this.#requireWritable();
    return this.#oidOf(object);
  }

  /**
   * Makes the commit fail when another transaction changes `object` until then. Only a commit that
   * saves something asks; for an object that is new, there is nothing to ask.
   *
   * @throws OdbError `ODB_TRANSACTION_FAILED` and others, when nothing can be changed
   */
  readCurrent(object: Persistent): void {
    this.#requireWritable();
    if (object.$holder === this && object.$oid !== undefined && object.tid > 0) {
      this.#changes.reads.set(object.$oid, object.tid);
    }
  }

  /**
   * Gives an object the state it had just after `tid`, as an ordinary change.
   *
   * @param fields only these attributes; default: all. A map is always taken whole
   * @throws OdbError `ODB_NO_OBJECT` when it did not exist then
   * @throws TypeError for an attribute its class does not declare
   */
  revert(object: Persistent, tid: Tid, fields?: readonly string[]): void {
    this.#requireWritable();
    revertObject(this, this.#objects.reader, object, tid, fields);
  }

  /**
   * Computes what taking back transactions would do, on this connection's snapshot. Writes nothing.
   *
   * @param options.objects only these objects of the transactions; a map stands for its nodes
   */
  planUndo(tids: readonly Tid[], options: { readonly objects?: readonly Oid[] } = {}): UndoPlan {
    return planUndo(this.#objects.reader, tids, {
      ...options,
      ...registeredClasses(this.#storage.rules),
    });
  }

  /**
   * Does what a plan of this connection's `planUndo` says, as ordinary changes. The caller names
   * the transactions in `meta.undoes` of the commit.
   *
   * @returns the objects that changed
   * @throws OdbError `ODB_UNDO_CONFLICT` when the plan is not possible
   * @throws OdbError `ODB_UNSAVED_CHANGES` when this transaction changed one of the objects
   */
  applyUndo(plan: UndoPlan): Persistent[] {
    this.#requireWritable();
    return applyPlan(plan, {
      holder: this,
      objectFor: (oid, className) => this.#objects.ghostNamed(className, oid),
      recreate: (object) => {
        this.#changes.created.add(object);
        this.changing(object);
        if (object.$oid !== undefined) this.#objects.hold(object.$oid, object);
      },
      isChanged: (object) => object.$changed || this.#isSaved(object),
      erase: (object) => this.#changes.erased.add(object),
    });
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
      this.#transaction.requireIdle();
      throw new OdbError(
        'ODB_UNSAVED_CHANGES',
        'The transaction has changes, hooks or others who joined it: commit or abort first',
      );
    }
    this.#objects.refresh();
    this.#saved?.close();
    this.#endTransaction();
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
   * @throws OdbError `ODB_TRANSACTION_FAILED` when an earlier commit of this transaction failed
   * @throws OdbError `ODB_DOOMED` when it was doomed; it goes on
   * @throws AftermathError `ODB_FINISH_FAILED` or `ODB_HOOK_FAILED` when the transaction is saved,
   *   but someone failed afterwards; `ODB_ABORT_FAILED` when it is not, and that too
   */
  async commit(meta: TransactionMeta = {}): Promise<Tid> {
    const transaction = this.#transaction;
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
    const transaction = this.#transaction;
    requireUnattended(transaction);
    transaction.prepare();
    let bytes: Uint8Array;
    try {
      transaction.hooks?.runBeforePrepare();
      requireUnattended(transaction);
      transaction.requireNotDoomed();
      bytes = packCommit(this.#request(meta));
    } catch (error) {
      transaction.fail();
      throw error;
    }
    const unsaved = [...this.#changes.created].flatMap(({ $oid }) => $oid ?? []);
    const created = [...(this.#saved?.created ?? []), ...unsaved];
    this.#drop();
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
    const transaction = this.#transaction;
    transaction.requireIdle();
    if (!transaction.isAttended) {
      this.#drop();
      return;
    }
    // A hook that aborts aborts what is being aborted already.
    if (transaction.state === 'ended') return;
    transaction.end();
    const errors: unknown[] = [];
    runAbortHooks(transaction.hooks?.beforeAbort ?? [], errors);
    const { managers } = transaction;
    transaction.managersEnd();
    this.#drop();
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
    if (this.#objects.isClosed) return;
    const { state } = this.#transaction;
    try {
      if (state !== 'committing' && state !== 'preparing') this.abort();
    } finally {
      this.#objects.close();
      this.#onClose?.(this);
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  // --- For its objects -----------------------------------------------------------------------

  /** Loads a ghost. For `Persistent` alone. */
  load(object: Persistent): Slots {
    return this.#objects.load(object);
  }

  /** Notes that an object is about to be changed. For `Persistent` alone. */
  changing(object: Persistent): void {
    this.#requireWritable();
    if (object.$changed) return;
    object.$changed = true;
    this.#changes.changed.add(object);
  }

  /** Notes what an entry of a map was before it changed. For `PersistentMap` alone. */
  patching(map: Persistent, key: string, base: unknown): void {
    this.#requireWritable();
    this.#changes.patch(map, key, base);
  }

  /** Gives an object of a known class without loading it. For nodes of maps alone. */
  ghost(info: ClassInfo, oid: Oid): Persistent {
    return this.#objects.ghost(info, oid);
  }

  isMissing(object: Persistent): boolean {
    return object instanceof MissingObject;
  }

  // --- Inside --------------------------------------------------------------------------------

  get #changes(): Changes {
    return this.#transaction.$changes;
  }

  #requireWritable(): void {
    if (this.#objects.isClosed) throw closedError();
    if (this.#objects.at !== undefined) {
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
    this.#transaction.requireActive();
  }

  /**
   * Saves the changes, and begins the next transaction.
   *
   * @param vote awaited once it is certain what is to be saved, before the storage commits
   */
  async #save(meta: TransactionMeta, vote?: () => Promise<void>): Promise<Tid> {
    const transaction = this.#transaction;
    const request = this.hasChanges ? this.#request(meta) : undefined;
    let result: CommitResult = NOTHING_SAVED;
    transaction.committing();
    try {
      if (vote !== undefined) await vote();
      if (request !== undefined) result = await this.#storage.commit(request);
    } catch (error) {
      transaction.fail();
      throw error;
    }
    this.#stored(result.tid, new Set(result.merged));
    return request === undefined ? this.tid : result.tid;
  }

  #request(given: TransactionMeta): ReturnType<typeof buildRequest> {
    const transaction = this.#transaction;
    try {
      const meta = transaction.metaWith(given);
      return buildRequest(this.#changes, this.#saved?.writes(), this.#source, meta);
    } catch (error) {
      transaction.fail();
      throw error;
    }
  }

  /** Brings the objects in step with what was saved, and begins the next transaction. */
  #stored(tid: Tid, merged: ReadonlySet<Oid>): void {
    const { changed, created, erased } = this.#changes;
    const saved = this.#saved;
    this.#endTransaction();
    const mergedMaps = new Set<Oid | undefined>();
    for (const object of changed) {
      if (object instanceof TreeNode && object.$oid !== undefined && merged.has(object.$oid)) {
        mergedMaps.add(mapOf(object));
      }
    }
    for (const { oid, map } of saved?.states() ?? []) {
      if (map !== undefined && merged.has(oid)) mergedMaps.add(map);
    }
    for (const object of changed) {
      object.$changed = false;
      const isOfMergedMap = object instanceof TreeNode && mergedMaps.has(mapOf(object));
      const isMerged = object.$oid !== undefined && merged.has(object.$oid);
      if (isOfMergedMap || isMerged || erased.has(object)) object.$slots = undefined;
      else object.$tid = tid;
      const isCreated = created.has(object) || isCreatedIn(saved, object);
      // Of a merged map, the storage kept the entries and not the nodes.
      if (isOfMergedMap && isCreated && object instanceof MapNode) this.#objects.detach(object);
    }
    for (const { oid, map } of saved?.states() ?? []) {
      const object = this.#objects.known(oid);
      if (object === undefined || changed.has(object)) continue;
      object.$slots = undefined;
      const isNode = map !== undefined && map !== oid;
      if (isNode && mergedMaps.has(map) && isCreatedIn(saved, object)) this.#objects.detach(object);
    }
    saved?.close();
    if (!this.#objects.isClosed) this.begin();
  }

  /** Forgets the changes, and begins another transaction on the same snapshot. */
  #drop(): void {
    const { changed, created } = this.#changes;
    const saved = this.#saved;
    this.#endTransaction();
    if (changed.size === 0 && saved === undefined) return;
    this.#objects.changed();
    for (const object of changed) {
      object.$changed = false;
      if (created.has(object)) this.#objects.detach(object);
      else if (!isCreatedIn(saved, object)) object.$slots = undefined;
    }
    for (const { oid } of saved?.states() ?? []) this.#forget(oid, saved, saved?.created.has(oid));
    saved?.close();
  }

  /** Begins the next transaction; what the last one changed is the caller's. */
  #endTransaction(): void {
    this.#transaction.end();
    this.#transaction = new Transaction(this.#savepointHost);
    if (this.#saved === undefined) return;
    this.#saved = undefined;
    this.#objects.setSaved(undefined);
  }

  #isSaved({ $oid: oid }: Persistent): boolean {
    return oid !== undefined && this.#saved?.has(oid) === true;
  }

  /** Sets aside what was changed, and answers what takes the connection back to this moment. */
  #mark(): () => void {
    const changes = this.#changes;
    if (changes.changed.size > 0) this.#setAside();
    const patches = changes.markPatches();
    const mark = this.#saved?.mark() ?? NOTHING_SAVED_YET;
    return () => {
      this.#goBack(mark);
      changes.restorePatches(patches);
    };
  }

  #setAside(): void {
    const changes = this.#changes;
    if (this.#saved === undefined) {
      this.#saved = new SavedStates(this.#spill);
      this.#objects.setSaved(this.#saved);
    }
    // The set grows while it is walked: encoding an object finds the new ones it refers to.
    for (const object of changes.changed) {
      const write = stateWrite(object, changes, this.#source);
      this.#saved.save(write, changes.created.has(object));
    }
    for (const object of changes.changed) {
      object.$changed = false;
      if (changes.erased.has(object)) object.$slots = undefined;
    }
    changes.forgetObjects();
    this.#objects.trim();
  }

  #goBack(mark: SavedMark): void {
    const { changed, created } = this.#changes;
    const saved = this.#saved;
    this.#objects.changed();
    for (const [oid, { isGone }] of saved?.rollback(mark) ?? []) this.#forget(oid, saved, isGone);
    for (const object of changed) {
      object.$changed = false;
      if (created.has(object)) this.#objects.detach(object);
      else if (object.$holder === this) object.$slots = undefined;
    }
    this.#changes.forgetObjects();
  }

  /** Forgets the state of an object that was set aside. @param isNew the object is gone with it */
  #forget(oid: Oid, saved: SavedStates | undefined, isNew = false): void {
    const object = this.#objects.known(oid);
    if (object === undefined) return;
    // What came back from where it was set aside refers to others by oids that mean nothing now.
    if (!isNew || saved?.isReloaded(object) === true) object.$slots = undefined;
    if (isNew) this.#objects.detach(object);
  }

  /** Aborts what hooks after the end of a transaction did. Their own hooks are not called. */
  #abortAftermath(errors: unknown[]): Promise<void> | undefined {
    if (!this.hasWork) return undefined;
    const transaction = this.#transaction;
    const { managers } = transaction;
    this.#drop();
    return abortAll(managers, transaction, errors);
  }

  async #dropAftermath(): Promise<unknown[]> {
    const errors: unknown[] = [];
    await this.#abortAftermath(errors);
    return errors;
  }

  #oidOf(object: Persistent): Oid {
    if (object.$holder === this) {
      assert(object.$oid !== undefined, 'an object of a connection has an oid');
      return object.$oid;
    }
    if (object.$holder !== undefined) {
      throw new OdbError('ODB_OTHER_CONNECTION', 'The object belongs to another connection');
    }
    if (object.$slots === undefined) throw lostError(object);
    refuseHiddenFields(object);
    if (this.#nextOid > this.#lastOid) {
      this.#nextOid = this.#storage.allocate(OIDS_AT_ONCE);
      this.#lastOid = this.#nextOid + OIDS_AT_ONCE - 1;
    }
    const oid = this.#nextOid as Oid;
    this.#nextOid += 1;
    object.$oid = oid;
    object.$holder = this;
    this.#changes.created.add(object);
    this.changing(object);
    this.#objects.hold(oid, object);
    return oid;
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

function mapOf(node: TreeNode): Oid | undefined {
  return (node.$map ?? node).$oid;
}

function isCreatedIn(saved: SavedStates | undefined, { $oid: oid }: Persistent): boolean {
  return oid !== undefined && saved?.created.has(oid) === true;
}

function lostError(object: Persistent): OdbError {
  return new OdbError(
    'ODB_NO_OBJECT',
    `A new ${object.$class.name} was set aside at a savepoint, and is gone with its transaction`,
  );
}

function oidIn(of: Oid | Persistent): Oid | undefined {
  return typeof of === 'number' ? of : of.$oid;
}

/** A class field without `declare` hides the accessor, and its value would never be stored. */
function refuseHiddenFields(object: Persistent): void {
  if (object instanceof BrokenObject) return;
  for (const name of Object.keys(object)) {
    if (object.$class.byName.has(name)) {
      throw new TypeError(
        `${object.$class.name}.${name} hides the stored attribute: write 'declare ${name}: …;' in the class`,
      );
    }
  }
}
