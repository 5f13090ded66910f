/**
 * The objects of one connection, and the snapshot they are loaded from.
 *
 * What is loaded is as of the snapshot, or newer where the connection itself wrote it. Moving to a
 * newer snapshot makes ghosts of the objects that the transactions in between wrote; it asks the
 * snapshot itself for them, so cache and snapshot cannot disagree. What other versions wrote is not
 * seen, and changes nothing.
 */
import { assert } from '../assert.js';
import { makeBroken, makeMissing, makeUnreadable } from '../objects/broken.js';
import { classNamed, type ClassInfo } from '../objects/class-registry.js';
import { closedError, OdbError } from '../errors.js';
import { ObjectCache } from './object-cache.js';
import { isOid, type Oid } from '../oid.js';
import type { OidSupply } from './oid-supply.js';
import { makeGhost, type Holder, type Persistent } from '../objects/persistent.js';
import type { Slots } from '../objects/slots.js';
import { decodeRecord, type DecodedRecord } from '../records/record.js';
import type { SavedStates } from './saved-states.js';
import type { Reader, Storage } from '../storage.js';
import type { LoadedRecord, TransactionRecord } from '../stored.js';
import { TID_MAX, TID_ZERO, type Tid } from '../tid.js';
import { Ref } from '../value.js';
import { isUnreadable, unreadableError } from './unreadable-error.js';
import { VersionReader, type OwnCommit } from '../versions/version-reader.js';

/** Past so many transactions or objects since the last one, a newer snapshot empties the cache. */
export const FOLLOW_TRANSACTIONS_MAX = 1_000;
export const FOLLOW_OBJECTS_MAX = 10_000;

export interface LoadedObjectsOptions {
  /** Whose objects they are. */
  readonly holder: Holder;
  readonly storage: Storage;
  /** For what has to be named and is not stored. */
  readonly oids: OidSupply;
  /** Shows what this version has before what main has; `undefined`: main. */
  readonly version: Oid | undefined;
  /** Shows the state as of this transaction; `undefined`: the newest at each `refresh`. */
  readonly at: Tid | undefined;
  /** How many objects keep their state in memory. */
  readonly cacheObjects: number;
}

/** A commit that the connection itself has just made. */
export interface SavedCommit extends OwnCommit {
  /** It came right after the snapshot, and stored what it was to store and nothing else. */
  readonly isNext: boolean;
}

export class LoadedObjects {
  readonly at: Tid | undefined;
  readonly version: Oid | undefined;
  readonly #holder: Holder;
  readonly #storage: Storage;
  readonly #cache: ObjectCache;
  #reader: Reader;
  /** The same, in a version. */
  readonly #versionReader: VersionReader | undefined;
  /** `Storage.packSteps` of the snapshot, or from before it. */
  #packSteps: number;
  #epoch = 1;
  /** What the connection wrote itself, which stands before the snapshot. */
  #saved: SavedStates | undefined;
  #closed = false;

  /** Takes a snapshot. */
  constructor({ holder, storage, oids, at, version, cacheObjects }: LoadedObjectsOptions) {
    this.at = at;
    this.version = version;
    this.#holder = holder;
    this.#storage = storage;
    this.#cache = new ObjectCache(cacheObjects);
    this.#packSteps = storage.packSteps;
    this.#reader = storage.snapshot();
    if (version === undefined) return;
    this.#versionReader = new VersionReader(this.#reader, {
      version,
      rules: storage.rules,
      oids,
      onOther: (others) => this.#forget(others),
    });
    this.#reader = this.#versionReader;
  }

  /** The snapshot. @throws OdbError `ODB_CLOSED` after `close` */
  get reader(): Reader {
    if (this.#closed) throw closedError();
    return this.#reader;
  }

  /** The snapshot without the version. @throws OdbError `ODB_CLOSED` after `close` */
  get mainReader(): Reader {
    return this.#versionReader === undefined ? this.reader : this.#versionReader.main;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** The newest transaction that is seen. */
  get tid(): Tid {
    return this.noLaterThanAt(this.#reader.lastTid);
  }

  /** Another number whenever loaded states may have become others. */
  get epoch(): number {
    return this.#epoch;
  }

  get cachedObjects(): number {
    return this.#cache.size;
  }

  /** Puts states before those of the snapshot; `undefined`: no more. */
  setSaved(saved: SavedStates | undefined): void {
    this.#saved = saved;
    this.#cache.keepNodes(saved?.created ?? new Set());
  }

  /** Lets the states of objects go that need not be in memory any more. */
  trim(): void {
    this.#cache.trim();
  }

  /** Gives the object if anyone has it. */
  known(oid: Oid): Persistent | undefined {
    return this.#cache.get(oid);
  }

  noLaterThanAt(tid: Tid): Tid {
    return this.at !== undefined && this.at < tid ? this.at : tid;
  }

  /** Gives the object, or one that stands for an object that does not exist, or cannot be read. */
  get(oid: Oid): Persistent {
    return this.#cache.get(oid) ?? this.#bringAny(oid);
  }

  /** Gives the object, loaded; `undefined` when it does not exist. */
  find(oid: Oid): Persistent | undefined {
    const cached = this.#cache.get(oid);
    if (cached === undefined) return this.#bring(oid);
    if (cached.$slots !== undefined) return cached;
    const loaded = this.#read(oid);
    if (loaded === undefined) return undefined;
    this.#fill(cached, loaded);
    return cached;
  }

  /** Loads a ghost and answers its slots. @throws OdbError `ODB_NO_OBJECT` */
  load(object: Persistent): Slots {
    const oid = object.$oid;
    assert(oid !== undefined, 'a ghost has an oid');
    const loaded = this.#read(oid);
    if (loaded === undefined) throw new OdbError('ODB_NO_OBJECT', `There is no object ${oid}`);
    return this.#fill(object, loaded);
  }

  /** Gives the object, which need not exist, without loading it. */
  ghost(info: ClassInfo, oid: Oid): Persistent {
    return this.#cache.get(oid) ?? makeGhost(info, oid, this.#holder);
  }

  /** The same where a record gave the name of the class. */
  ghostNamed(className: string, oid: Oid): Persistent {
    return this.#cache.get(oid) ?? this.#make(className, oid);
  }

  /** Keeps an object that did not come from the snapshot. */
  hold(oid: Oid, object: Persistent): void {
    this.#cache.hold(oid, object);
  }

  /** Lets go of an object the database does not know: it keeps its state and belongs to nobody. */
  detach(object: Persistent): void {
    if (object.$oid !== undefined) this.#cache.remove(object.$oid);
    object.$oid = undefined;
    object.$holder = undefined;
    object.$tid = TID_ZERO;
  }

  /** Takes note that objects were made ghosts, or detached. */
  changed(): void {
    this.#epoch += 1;
  }

  /**
   * Moves to the newest snapshot. Costs nothing when there is nothing newer. After a pack, there is:
   * whoever refers to what it removed is refused, and has to see on the next try that it is gone.
   *
   * @param own the commit that the connection itself has just made
   */
  refresh(own?: SavedCommit): void {
    const known = this.reader.lastTid;
    const { lastTid, packSteps } = this.#storage;
    if (this.at !== undefined || (lastTid === known && packSteps === this.#packSteps)) return;
    this.#packSteps = packSteps;
    const fresh = this.#storage.snapshot();
    if (this.#versionReader === undefined) {
      this.#reader.close();
      this.#reader = fresh;
    } else this.#versionReader.moveTo(fresh);
    this.#epoch += 1;
    // What the connection wrote in main, its objects know already.
    const isKnown = own?.isNext === true && this.#versionReader === undefined;
    this.#follow(isKnown ? own.tid : known, own);
  }

  /** Of a map that main has, a version stores what happened to its entries, and no nodes. */
  takesEntries(map: Oid): boolean {
    return this.#versionReader?.takesEntries(map) ?? false;
  }

  /** Gives the state to be stored for one that is to be shown: in a version, another at times. */
  toStore(oid: Oid, record: Uint8Array): Uint8Array {
    return this.#versionReader?.toStore(oid, record) ?? record;
  }

  close(): void {
    this.#closed = true;
    this.#reader.close();
  }

  /** Ghosts what the transactions after `known` wrote. */
  #follow(known: Tid, own: OwnCommit | undefined): void {
    const reader = this.#reader;
    let transactions = 0;
    let objects = 0;
    let tid = reader.lastTid;
    while (tid > known) {
      const record = reader.transaction(tid);
      transactions += 1;
      if (record?.version === undefined || record.version === this.version) {
        objects += record?.oids.length ?? 0;
      }
      if (
        record === undefined ||
        transactions > FOLLOW_TRANSACTIONS_MAX ||
        objects > FOLLOW_OBJECTS_MAX
      ) {
        this.#versionReader?.forget();
        this.#cache.invalidateAll();
        return;
      }
      this.#invalidate(record, own);
      tid = record.previousTid;
    }
    if (this.#versionReader === undefined) return;
    this.#forget(this.#versionReader.followed());
    // Whether a list is as main has it, or as of which moment, is told by its root alone.
    const lists = this.#versionReader.takeWritten();
    if (lists.size > 0) this.#cache.invalidateListNodes(lists);
  }

  #invalidate(record: TransactionRecord, own: OwnCommit | undefined): void {
    const { tid, version, oids } = record;
    if (this.#versionReader !== undefined) {
      const { changed, written } = this.#versionReader.follow(record, own);
      this.#forget(changed);
      for (const oid of written) this.#cache.invalidate(oid, tid);
    } else if (version === undefined) for (const oid of oids) this.#cache.invalidate(oid, tid);
  }

  /** Ghosts objects whatever wrote their states. */
  #forget(oids: Iterable<Oid>): void {
    for (const oid of oids) this.#cache.invalidate(oid, TID_MAX);
  }

  #read(oid: Oid): LoadedRecord | undefined {
    const { reader } = this;
    if (this.#saved?.has(oid) === true) return this.#saved.load(oid);
    if (this.at === undefined) return reader.load(oid);
    const revision = reader.revision(oid, this.at);
    if (revision?.record === undefined) return undefined;
    return { record: revision.record, tid: revision.tid };
  }

  /** Makes the object, loaded, or what stands for it. */
  #bringAny(oid: Oid): Persistent {
    const holder = this.#holder;
    try {
      return this.#bring(oid) ?? makeMissing(oid, holder);
    } catch (cause) {
      if (!isUnreadable(cause)) throw cause;
      return makeUnreadable(oid, holder, () =>
        unreadableError(this.reader, this.#storage, oid, cause),
      );
    }
  }

  /** Makes the object, loaded; `undefined` when it does not exist. */
  #bring(oid: Oid): Persistent | undefined {
    if (!isOid(oid)) throw new TypeError(`An oid is a whole number from 1 up, not ${String(oid)}`);
    const loaded = this.#read(oid);
    if (loaded === undefined) return undefined;
    const references = referencesMade;
    const { className, state } = decoded(loaded);
    const object = this.#make(className, oid);
    object.$tid = loaded.tid;
    object.$slots = object.$adopt(state, referencesMade !== references);
    this.#saved?.reloaded(oid, object);
    this.#cache.hold(oid, object);
    return object;
  }

  #fill(object: Persistent, loaded: LoadedRecord): Slots {
    const oid = object.$oid;
    assert(oid !== undefined, 'a loaded object has an oid');
    const references = referencesMade;
    const { className, state } = decoded(loaded);
    if (className !== object.$class.name && classNamed(className) !== object.$class) {
      throw new OdbError(
        'ODB_CLASS_CHANGED',
        `Object ${oid} is of class '${className}' now and was of class '${object.$class.name}'`,
      );
    }
    const slots = object.$adopt(state, referencesMade !== references);
    object.$tid = loaded.tid;
    object.$slots = slots;
    this.#saved?.reloaded(oid, object);
    this.#cache.hold(oid, object);
    return slots;
  }

  #make(className: string, oid: Oid): Persistent {
    const info = classNamed(className);
    return info === undefined
      ? makeBroken(className, oid, this.#holder)
      : makeGhost(info, oid, this.#holder);
  }
}

/** What was worked out may have references anywhere. */
function decoded(loaded: LoadedRecord): DecodedRecord {
  if (loaded.decoded === undefined) return decodeRecord(loaded.record, makeCountedRef);
  referencesMade += 1;
  return loaded.decoded;
}

/** Counts the references made while decoding, since most records have none to look for. */
let referencesMade = 0;

function makeCountedRef(oid: Oid): Ref {
  referencesMade += 1;
  return new Ref(oid);
}
