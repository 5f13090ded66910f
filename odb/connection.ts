/**
 * A connection: one transaction's view of the database.
 *
 * Everything read through it is as of one snapshot, plus the connection's own changes. It belongs
 * to one thread. Its objects stay the same objects from transaction to transaction: `begin` makes
 * ghosts of those that other transactions changed, and they load their new state when touched.
 */
import { assert } from './assert.js';
import { BrokenObject, makeBroken, makeMissing, MissingObject } from './broken.js';
import { classNamed, type ClassInfo } from './class-registry.js';
import { buildRequest } from './commit-request.js';
import { packCommit } from './commit-packing.js';
import { OdbError } from './errors.js';
import { applyPlan } from './apply-undo.js';
import { MapNode, TreeNode } from './map-node.js';
import { ObjectCache } from './object-cache.js';
import { OID_ROOT, type Oid } from './oid.js';
import type { PersistentMap } from './persistent-map.js';
import { registeredClasses } from './merge-rules.js';
import { makeGhost, Persistent, type Holder, type Slots } from './persistent.js';
import { decodeRecord, Ref, type State } from './record.js';
import { revertObject, stateAt } from './revert.js';
import type {
  LoadedRecord,
  Reader,
  Revision,
  Storage,
  TransactionMeta,
  TransactionRecord,
} from './storage.js';
import type { Tid } from './tid.js';
import { Transaction } from './transaction.js';
import { listTransactions, type LogPage, type LogQuery } from './transaction-log.js';
import { planUndo, type UndoPlan } from './undo.js';

declare module './persistent.js' {
  interface Persistent {
    /** The connection the object belongs to; `undefined` for one that is new. */
    readonly connection: Connection | undefined;
  }
}

/** How many oids a connection takes from the storage at once. */
const OIDS_AT_ONCE = 64;
/** Past so many transactions or objects since the last one, `begin` empties the cache instead. */
export const FOLLOW_TRANSACTIONS_MAX = 1_000;
export const FOLLOW_OBJECTS_MAX = 10_000;

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
  readonly #at: Tid | undefined;
  readonly #cache: ObjectCache;
  readonly #onClose: ((connection: Connection) => void) | undefined;
  #reader: Reader;
  #transaction = new Transaction();
  #epoch = 1;
  #closed = false;
  #nextOid = 0;
  #lastOid = -1;

  /** Use `Database.connect`. Takes a snapshot and begins a transaction. */
  constructor(storage: Storage, options: ConnectionOptions) {
    this.#storage = storage;
    this.#at = options.at;
    this.#cache = new ObjectCache(options.cacheObjects);
    this.#onClose = options.onClose;
    this.#reader = storage.snapshot();
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
    const { lastTid } = this.#reader;
    return this.#at !== undefined && this.#at < lastTid ? this.#at : lastTid;
  }

  /** The past this connection shows; `undefined` for the present. */
  get at(): Tid | undefined {
    return this.#at;
  }

  /** Another number after each `begin` that brought something new, and each `abort`. */
  get epoch(): number {
    return this.#epoch;
  }

  /** How many objects are held in memory. */
  get cachedObjects(): number {
    return this.#cache.size;
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
    return this.#cache.get(oid) ?? this.#bring(oid) ?? makeMissing(oid, this);
  }

  /** Gives the object with that oid, loaded; `undefined` when it does not exist. */
  find(oid: Oid): Persistent | undefined {
    const cached = this.#cache.get(oid);
    if (cached === undefined) return this.#bring(oid);
    if (cached.$slots !== undefined) {
      return this.#transaction.erased.has(cached) ? undefined : cached;
    }
    const loaded = this.#read(oid);
    if (loaded === undefined) return undefined;
    this.#fill(cached, loaded);
    return cached;
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
    return stateAt(this, this.#openReader(), oid, this.#noLaterThanAt(tid));
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
    if (this.#at === undefined) return this.#openReader().revisions(oid, options);
    const before = Math.min(options.before ?? Infinity, this.#at + 1) as Tid;
    return this.#openReader().revisions(oid, { ...options, before });
  }

  /** Lists transactions, newest first. See `listTransactions` for bounds and cost. */
  transactions(query: LogQuery): LogPage {
    return listTransactions(this.#openReader(), this.tid, query);
  }

  /** Gives the record of a transaction; `undefined` when there is none this connection sees. */
  transaction(tid: Tid): TransactionRecord | undefined {
    return tid > this.tid ? undefined : this.#openReader().transaction(tid);
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
    revertObject(this, this.#openReader(), object, tid, fields);
  }

  /**
   * Computes what taking back transactions would do, on this connection's snapshot. Writes nothing.
   *
   * @param options.objects only these objects of the transactions; a map stands for its nodes
   */
  planUndo(tids: readonly Tid[], options: { readonly objects?: readonly Oid[] } = {}): UndoPlan {
    return planUndo(this.#openReader(), tids, {
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
      objectFor: (oid, className) => this.#objectFor(oid, className),
      recreate: (object) => {
        if (object.$oid !== undefined) this.#cache.hold(object.$oid, object);
        this.#transaction.created.add(object);
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
    this.#openReader();
    if (this.hasChanges) {
      if (this.#transaction.state === 'committing') this.#transaction.requireActive();
      throw new OdbError(
        'ODB_UNSAVED_CHANGES',
        'The transaction has changes: commit or abort first',
      );
    }
    this.#transaction = new Transaction();
    if (this.#at !== undefined || this.#storage.lastTid === this.#reader.lastTid) return;
    const known = this.#reader.lastTid;
    const fresh = this.#storage.snapshot();
    this.#reader.close();
    this.#reader = fresh;
    this.#follow(fresh, known);
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
    try {
      const { tid, merged } = await this.#storage.commit(request);
      this.#saved(tid, new Set(merged));
      return tid;
    } catch (error) {
      transaction.fail();
      throw error;
    }
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
    this.#epoch += 1;
    for (const object of transaction.changed) {
      object.$changed = false;
      if (transaction.created.has(object)) this.#detach(object);
      else object.$slots = undefined;
    }
  }

  /** Ends the connection and drops its changes. Harmless when it has ended. */
  close(): void {
    if (this.#closed) return;
    if (this.#transaction.state !== 'committing') this.abort();
    this.#closed = true;
    this.#reader.close();
    this.#onClose?.(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  // --- For its objects -----------------------------------------------------------------------

  /** Loads a ghost. For `Persistent` alone. */
  load(object: Persistent): Slots {
    const oid = object.$oid;
    assert(oid !== undefined, 'a ghost has an oid');
    const loaded = this.#read(oid);
    if (loaded === undefined) throw new OdbError('ODB_NO_OBJECT', `There is no object ${oid}`);
    return this.#fill(object, loaded);
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
    return this.#cache.get(oid) ?? makeGhost(info, oid, this);
  }

  isMissing(object: Persistent): boolean {
    return object instanceof MissingObject;
  }

  // --- Inside --------------------------------------------------------------------------------

  #openReader(): Reader {
    if (this.#closed) throw new OdbError('ODB_CLOSED', 'The connection is closed');
    return this.#reader;
  }

  #requireWritable(): void {
    this.#openReader();
    if (this.#at !== undefined) {
      throw new OdbError(
        'ODB_READ_ONLY_PAST',
        'The past cannot be changed: this connection shows it',
      );
    }
    this.#transaction.requireActive();
  }

  #noLaterThanAt(tid: Tid): Tid {
    return this.#at !== undefined && this.#at < tid ? this.#at : tid;
  }

  #read(oid: Oid): LoadedRecord | undefined {
    const reader = this.#openReader();
    if (this.#at === undefined) return reader.load(oid);
    const revision = reader.revision(oid, this.#at);
    if (revision?.record === undefined) return undefined;
    return { record: revision.record, tid: revision.tid };
  }

  /** Makes the object with that oid, loaded; `undefined` when it does not exist. */
  #bring(oid: Oid): Persistent | undefined {
    const loaded = this.#read(oid);
    if (loaded === undefined) return undefined;
    const references = referencesMade;
    const { className, state } = decodeRecord(loaded.record, makeCountedRef);
    const info = classNamed(className);
    const object =
      info === undefined ? makeBroken(className, oid, this) : makeGhost(info, oid, this);
    object.$tid = loaded.tid;
    object.$slots = object.$adopt(state, referencesMade !== references);
    this.#cache.hold(oid, object);
    return object;
  }

  #fill(object: Persistent, { record, tid }: LoadedRecord): Slots {
    const oid = object.$oid;
    assert(oid !== undefined, 'a loaded object has an oid');
    const references = referencesMade;
    const { className, state } = decodeRecord(record, makeCountedRef);
    if (className !== object.$class.name) {
      throw new OdbError(
        'ODB_CLASS_CHANGED',
        `Object ${oid} is of class '${className}' now and was of class '${object.$class.name}'`,
      );
    }
    const slots = object.$adopt(state, referencesMade !== references);
    object.$tid = tid;
    object.$slots = slots;
    this.#cache.hold(oid, object);
    return slots;
  }

  /** Ghosts what the transactions after `known` wrote. */
  #follow(reader: Reader, known: Tid): void {
    this.#epoch += 1;
    let transactions = 0;
    let objects = 0;
    for (let tid = reader.lastTid; tid > known;) {
      const record = reader.transaction(tid);
      transactions += 1;
      objects += record?.oids.length ?? 0;
      if (
        record === undefined ||
        transactions > FOLLOW_TRANSACTIONS_MAX ||
        objects > FOLLOW_OBJECTS_MAX
      ) {
        this.#cache.invalidateAll();
        return;
      }
      for (const oid of record.oids) this.#cache.invalidate(oid, tid);
      tid = record.previousTid;
    }
  }

  #request(meta: TransactionMeta): ReturnType<typeof buildRequest> {
    const transaction = this.#transaction;
    try {
      return buildRequest(
        transaction,
        {
          reader: this.#openReader(),
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
      if (isOfMergedMap && created.has(object) && object instanceof MapNode) this.#detach(object);
    }
    this.#transaction = new Transaction();
    if (!this.#closed) this.begin();
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
    this.#cache.hold(oid, object);
    return oid;
  }

  #detach(object: Persistent): void {
    if (object.$oid !== undefined) this.#cache.remove(object.$oid);
    object.$oid = undefined;
    object.$holder = undefined;
    object.$tid = 0 as Tid;
  }

  /** The object to give a state to that it has not now: the one with that oid, or a new ghost. */
  #objectFor(oid: Oid, className: string): Persistent {
    const cached = this.#cache.get(oid);
    if (cached !== undefined) return cached;
    const info = classNamed(className);
    return info === undefined ? makeBroken(className, oid, this) : makeGhost(info, oid, this);
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

/** Counts the references made while decoding, since most records have none to look for. */
let referencesMade = 0;

function makeCountedRef(oid: Oid): Ref {
  referencesMade += 1;
  return new Ref(oid);
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
