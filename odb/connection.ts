/**
 * A connection: one transaction's view of the database.
 *
 * Everything read through it is as of one snapshot, plus the connection's own changes. It belongs
 * to one thread. Its objects stay the same objects from transaction to transaction: `begin` makes
 * ghosts of those that other transactions changed, and they load their new state when touched.
 */
import { applyPlan } from './apply-undo.js';
import { assert } from './assert.js';
import { BrokenObject, MissingObject } from './broken.js';
import type { ClassInfo } from './class-registry.js';
import { packCommit } from './commit-packing.js';
import { buildRequest } from './commit-request.js';
import { closedError, OdbError } from './errors.js';
import { LoadedObjects } from './loaded-objects.js';
import { MapNode, TreeNode } from './map-node.js';
import { registeredClasses } from './merge-rules.js';
import { OID_ROOT, type Oid } from './oid.js';
import { Persistent, type Holder, type Slots } from './persistent.js';
import type { PersistentMap } from './persistent-map.js';
import { revertObject, stateAt } from './revert.js';
import type {
  CommitResult,
  Revision,
  Storage,
  TransactionMeta,
  TransactionRecord,
} from './storage.js';
import type { Tid } from './tid.js';
import { Transaction } from './transaction.js';
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
  /** How many objects keep their state in memory. */
  readonly cacheObjects: number;
  /** Called once, when the connection closes. */
  readonly onClose?: (connection: Connection) => void;
}

export class Connection implements Holder, Disposable {
  readonly #storage: Storage;
  readonly #objects: LoadedObjects;
  readonly #onClose: ((connection: Connection) => void) | undefined;
  #transaction = new Transaction();
  #nextOid = 0;
  #lastOid = -1;

  /** Use `Database.connect`. Takes a snapshot and begins a transaction. */
  constructor(storage: Storage, { at, cacheObjects, onClose }: ConnectionOptions) {
    this.#storage = storage;
    this.#objects = new LoadedObjects({ holder: this, storage, at, cacheObjects });
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
    return object !== undefined && this.#transaction.erased.has(object) ? undefined : object;
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
  transaction(tid: Tid): TransactionRecord | undefined {
    return tid > this.tid ? undefined : this.#objects.reader.transaction(tid);
  }

  // --- Changing ------------------------------------------------------------------------------

  /** Objects written or created in this transaction, nodes of maps included. */
  get changed(): ReadonlySet<Persistent> {
    return this.#transaction.changed;
  }

  get hasChanges(): boolean {
    return this.#transaction.changed.size > 0;
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

  /** Makes the commit fail when another transaction changes `object` until then. */
  readCurrent(object: Persistent): void {
    this.#requireWritable();
    if (object.$holder === this && object.$oid !== undefined && object.tid > 0) {
      this.#transaction.reads.set(object.$oid, object.tid);
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
        this.#transaction.created.add(object);
        this.changing(object);
        if (object.$oid !== undefined) this.#objects.hold(object.$oid, object);
      },
      erase: (object) => this.#transaction.erased.add(object),
    });
  }

  // --- The transaction -----------------------------------------------------------------------

  /**
   * Begins a transaction on the newest state. Costs nothing when nothing happened since the last.
   *
   * @throws OdbError `ODB_UNSAVED_CHANGES` when there are changes: commit or abort them first
   * @throws OdbError `ODB_COMMITTING` while a commit is in progress
   */
  begin(): void {
    if (this.hasChanges) {
      if (this.#transaction.state === 'committing') this.#transaction.requireActive();
      throw new OdbError(
        'ODB_UNSAVED_CHANGES',
        'The transaction has changes: commit or abort first',
      );
    }
    this.#objects.refresh();
    this.#transaction = new Transaction();
  }

  /**
   * Saves the changes and begins the next transaction.
   *
   * @returns the new transaction's tid; without changes, the tid this connection sees
   * @throws ConflictError when others changed the same and it cannot be merged. Nothing was saved,
   *   and the transaction accepts nothing until it is aborted
   * @throws OdbError `ODB_TRANSACTION_FAILED` when an earlier commit of this transaction failed
   */
  async commit(meta: TransactionMeta = {}): Promise<Tid> {
    const transaction = this.#transaction;
    transaction.requireActive();
    if (!this.hasChanges) {
      this.begin();
      return this.tid;
    }
    const request = this.#request(meta);
    transaction.committing();
    let result: CommitResult;
    try {
      result = await this.#storage.commit(request);
    } catch (error) {
      transaction.fail();
      throw error;
    }
    this.#saved(result.tid, new Set(result.merged));
    return result.tid;
  }

  /**
   * Gives what `commit` would send, and forgets the changes: changed objects become ghosts, new
   * ones belong to no connection any more. For threads that do not wait for the disk.
   *
   * @throws OdbError `ODB_TRANSACTION_FAILED` and others, as `commit`
   */
  prepare(meta: TransactionMeta = {}): PreparedCommit {
    const transaction = this.#transaction;
    transaction.requireActive();
    const bytes = packCommit(this.#request(meta));
    const created = [...transaction.created].flatMap(({ $oid }) => $oid ?? []);
    this.abort();
    return { bytes, created };
  }

  /**
   * Drops the changes: changed objects become ghosts, new ones lose their oids and belong to no
   * connection. The snapshot stays; `begin` takes a new one.
   *
   * @throws OdbError `ODB_COMMITTING` while a commit is in progress
   */
  abort(): void {
    const transaction = this.#transaction;
    if (transaction.state === 'committing') transaction.requireActive();
    transaction.end();
    this.#transaction = new Transaction();
    if (transaction.changed.size === 0) return;
    this.#objects.changed();
    for (const object of transaction.changed) {
      object.$changed = false;
      if (transaction.created.has(object)) this.#objects.detach(object);
      else object.$slots = undefined;
    }
  }

  /** Ends the connection and drops its changes. Harmless when it has ended. */
  close(): void {
    if (this.#objects.isClosed) return;
    if (this.#transaction.state !== 'committing') this.abort();
    this.#objects.close();
    this.#onClose?.(this);
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
    this.#transaction.changed.add(object);
  }

  /** Notes what an entry of a map was before it changed. For `PersistentMap` alone. */
  patching(map: Persistent, key: string, base: unknown): void {
    this.#requireWritable();
    const { patches } = this.#transaction;
    const patch = patches.get(map);
    if (patch === undefined) patches.set(map, new Map([[key, base]]));
    else if (!patch.has(key)) patch.set(key, base);
  }

  /** Gives an object of a known class without loading it. For nodes of maps alone. */
  ghost(info: ClassInfo, oid: Oid): Persistent {
    return this.#objects.ghost(info, oid);
  }

  isMissing(object: Persistent): boolean {
    return object instanceof MissingObject;
  }

  // --- Inside --------------------------------------------------------------------------------

  #requireWritable(): void {
    if (this.#objects.isClosed) throw closedError();
    if (this.#objects.at !== undefined) {
      throw new OdbError(
        'ODB_READ_ONLY_PAST',
        'The past cannot be changed: this connection shows it',
      );
    }
    this.#transaction.requireActive();
  }

  #request(meta: TransactionMeta): ReturnType<typeof buildRequest> {
    const transaction = this.#transaction;
    try {
      return buildRequest(
        transaction,
        {
          reader: this.#objects.reader,
          rules: this.#storage.rules,
          oidOf: (object) => this.#oidOf(object),
        },
        meta,
      );
    } catch (error) {
      transaction.fail();
      throw error;
    }
  }

  /** Brings the objects in step with what was saved, and begins the next transaction. */
  #saved(tid: Tid, merged: ReadonlySet<Oid>): void {
    const { changed, created, erased } = this.#transaction;
    this.#transaction.end();
    const mergedMaps = new Set<Persistent>();
    for (const object of changed) {
      if (object instanceof TreeNode && object.$oid !== undefined && merged.has(object.$oid)) {
        mergedMaps.add(object.$map ?? object);
      }
    }
    for (const object of changed) {
      object.$changed = false;
      const isOfMergedMap = object instanceof TreeNode && mergedMaps.has(object.$map ?? object);
      const isMerged = object.$oid !== undefined && merged.has(object.$oid);
      if (isOfMergedMap || isMerged || erased.has(object)) object.$slots = undefined;
      else object.$tid = tid;
      // Of a merged map, the storage kept the entries and not the nodes.
      if (isOfMergedMap && created.has(object) && object instanceof MapNode)
        this.#objects.detach(object);
    }
    this.#transaction = new Transaction();
    if (!this.#objects.isClosed) this.begin();
  }

  #oidOf(object: Persistent): Oid {
    if (object.$holder === this) {
      assert(object.$oid !== undefined, 'an object of a connection has an oid');
      return object.$oid;
    }
    if (object.$holder !== undefined) {
      throw new OdbError('ODB_OTHER_CONNECTION', 'The object belongs to another connection');
    }
    refuseHiddenFields(object);
    if (this.#nextOid > this.#lastOid) {
      this.#nextOid = this.#storage.allocate(OIDS_AT_ONCE);
      this.#lastOid = this.#nextOid + OIDS_AT_ONCE - 1;
    }
    const oid = this.#nextOid as Oid;
    this.#nextOid += 1;
    object.$oid = oid;
    object.$holder = this;
    this.#transaction.created.add(object);
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
