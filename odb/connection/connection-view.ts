/**
 * What a connection shows: its objects, changed or not, their history, and the transactions that
 * made them.
 *
 * Everything is as of one snapshot, plus the connection's own changes.
 */
import { isStandIn } from '../objects/broken.js';
import type { ClassInfo } from '../objects/class-registry.js';
import { LoadedObjects } from './loaded-objects.js';
import { MapNode } from '../objects/map-node.js';
import { OID_ROOT, type Oid } from '../oid.js';
import { OidSupply } from './oid-supply.js';
import type { Persistent } from '../objects/persistent.js';
import type { Slots } from '../objects/slots.js';
import { listOfNode } from '../objects/persistent-list.js';
import type { PersistentMap } from '../objects/persistent-map.js';
import { stateAt } from '../undo/revert.js';
import type { SpillOptions } from './spill-file.js';
import type { Blobs, Storage } from '../storage.js';
import type { Revision, TransactionRecord } from '../stored.js';
import type { Tid } from '../tid.js';
import { listTransactions, type LogPage, type LogQuery } from './transaction-log.js';
import { UnsavedWork } from './unsaved-work.js';
import type { State } from '../value.js';

export interface ViewOptions {
  /** Shows the database as of this transaction. Default: the present. */
  readonly at?: Tid | undefined;
  /** Shows what this version has before what main has. Default: main. */
  readonly version?: Oid | undefined;
  /** How many objects keep their state in memory. */
  readonly cacheObjects: number;
  /** Where the states go that savepoints set aside. */
  readonly spill?: SpillOptions | undefined;
}

export abstract class ConnectionView {
  protected readonly storage: Storage;
  protected readonly objects: LoadedObjects;
  protected readonly work: UnsavedWork;

  /** Takes a snapshot and begins a transaction. */
  constructor(storage: Storage, { at, version, cacheObjects, spill }: ViewOptions) {
    const oids = new OidSupply(storage);
    const shared = { holder: this, oids };
    const objects = new LoadedObjects({ ...shared, storage, at, version, cacheObjects });
    this.storage = storage;
    this.objects = objects;
    this.work = new UnsavedWork({ ...shared, objects, rules: storage.rules, spill });
  }

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
    return this.objects.tid;
  }

  /** The past this connection shows; `undefined` for the present. */
  get at(): Tid | undefined {
    return this.objects.at;
  }

  /** The version this connection works in; `undefined` in main. */
  get version(): Oid | undefined {
    return this.objects.version;
  }

  /** Another number after each `begin` that brought something new, and each `abort`. */
  get epoch(): number {
    return this.objects.epoch;
  }

  /** How many objects are held in memory. */
  get cachedObjects(): number {
    return this.objects.cachedObjects;
  }

  /**
   * Gives the object with that oid. One object for each oid, as long as anyone refers to it.
   *
   * An object that does not exist is stood for by a `MissingObject`, which throws `ODB_NO_OBJECT`
   * when it is touched; `find` answers `undefined` instead. One that cannot be read is stood for by
   * an `UnreadableObject`, which throws `ODB_DAMAGED` when it is touched; `find` throws that itself.
   * One key read when it is not cached.
   *
   * @throws TypeError for what is no oid
   * @throws OdbError `ODB_CLOSED` after `close`
   */
  get(oid: Oid): Persistent {
    return this.objects.get(oid);
  }

  /** Gives the object with that oid, loaded; `undefined` when it does not exist. */
  find(oid: Oid): Persistent | undefined {
    const object = this.objects.find(oid);
    return object !== undefined && this.work.changes.erased.has(object) ? undefined : object;
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
    return stateAt(this, this.objects.reader, oid, this.objects.noLaterThanAt(tid));
  }

  /**
   * Lists the revisions of an object, newest first; empty for one nobody stored. In a version, the
   * revisions that were made in it.
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
    const { at, reader } = this.objects;
    if (at === undefined) return reader.revisions(oid, options);
    const before = Math.min(options.before ?? Infinity, at + 1) as Tid;
    return reader.revisions(oid, { ...options, before });
  }

  /**
   * Lists transactions, newest first. See `listTransactions` for bounds and cost. In a version,
   * those made in it, unless the query names another.
   */
  transactions(query: LogQuery): LogPage {
    const { version } = this.objects;
    const asked = version === undefined ? query : { version, ...query };
    return listTransactions(this.objects.reader, this.tid, asked);
  }

  /** Gives the record of a transaction; `undefined` when there is none this connection sees. */
  transactionRecord(tid: Tid): TransactionRecord | undefined {
    return tid > this.tid ? undefined : this.objects.reader.transaction(tid);
  }

  /** The blobs beside the objects. For this room alone. */
  get $blobs(): Blobs {
    return this.storage.blobs;
  }

  /**
   * Objects written or created in this transaction, nodes of maps included. After a savepoint, this
   * brings what was changed before it back into memory.
   */
  get changed(): ReadonlySet<Persistent> {
    return this.work.changed;
  }

  /** Something was changed in this transaction, or added to it. */
  get hasChanges(): boolean {
    return this.work.hasChanges;
  }

  /** Lists what `changed` holds, with each changed map or list in place of its nodes. */
  changedObjects(): Persistent[] {
    const objects = new Set<Persistent>();
    for (const object of this.changed) {
      objects.add(object instanceof MapNode ? (object.$map ?? object) : listOfNode(object));
    }
    return [...objects];
  }

  // --- For its objects -----------------------------------------------------------------------

  /** Notes that an object is about to be changed. For `Persistent` alone. */
  abstract changing(object: Persistent): void;

  /** Notes what an entry of a map was before it changed. For `PersistentMap` alone. */
  abstract patching(map: Persistent, key: string, base: unknown): void;

  /** Loads a ghost. For `Persistent` alone. */
  load(object: Persistent): Slots {
    return this.objects.load(object);
  }

  /** Gives an object of a known class without loading it. For nodes of maps alone. */
  ghost(info: ClassInfo, oid: Oid): Persistent {
    return this.objects.ghost(info, oid);
  }

  isMissing(object: Persistent): boolean {
    return isStandIn(object);
  }
}

function oidIn(of: Oid | Persistent): Oid | undefined {
  return typeof of === 'number' ? of : of.$oid;
}
