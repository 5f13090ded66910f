/**
 * Reading LevelDB: point reads, synchronous, from a snapshot or from the present, in any thread.
 */
import type { Level } from 'level';
import { closedError, OdbError } from './errors.js';
import {
  decodeNumber,
  decodeRevision,
  decodeTransaction,
  KEY_LAST_TID,
  KEY_PACKED_TID,
  OBJECT_KEY_BYTES,
  putObjectKey,
  revisionKey,
  transactionKey,
  type LevelRevision,
} from './level-keys.js';
import type { Oid } from './oid.js';
import type { LoadedRecord, Reader, Revision, TransactionRecord } from './storage.js';
import { asTid, TID_MAX, TID_ZERO, type Tid } from './tid.js';

/** A LevelDB whose keys and values are bytes. */
export type LevelDatabase = Level<Uint8Array, Uint8Array>;

/** A snapshot of one, as the library gives it. */
export type LevelSnapshot = ReturnType<LevelDatabase['snapshot']>;

/** The revisions and transactions as of a snapshot; without one, as they are at each read. */
export class LevelView {
  readonly #db: LevelDatabase;
  readonly #options: {
    readonly keyEncoding: 'view';
    readonly valueEncoding: 'view';
    readonly snapshot?: LevelSnapshot;
  };
  /** Keys are read by the library before `getSync` returns, so one buffer serves them all. */
  readonly #key = new Uint8Array(OBJECT_KEY_BYTES);

  constructor(db: LevelDatabase, snapshot?: LevelSnapshot) {
    this.#db = db;
    const encodings = { keyEncoding: 'view', valueEncoding: 'view' } as const;
    this.#options = snapshot === undefined ? encodings : { ...encodings, snapshot };
  }

  /** @throws OdbError `ODB_CLOSED`, or `ODB_DAMAGED` when LevelDB finds its files damaged */
  get(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#db.getSync(key, this.#options);
    } catch (cause) {
      throw readError(cause);
    }
  }

  lastTid(): Tid {
    const value = this.get(KEY_LAST_TID);
    return value === undefined ? TID_ZERO : asTid(decodeNumber(value));
  }

  /** The newest moment a pack went to. */
  packedTid(): Tid {
    const value = this.get(KEY_PACKED_TID);
    return value === undefined ? TID_ZERO : asTid(decodeNumber(value));
  }

  /** Gives the value of an object's current revision. */
  currentValue(oid: Oid): Uint8Array | undefined {
    putObjectKey(this.#key, oid);
    return this.get(this.#key);
  }

  current(oid: Oid): LevelRevision | undefined {
    const value = this.currentValue(oid);
    return value === undefined ? undefined : decodeRevision(value);
  }

  /** Gives the newest revision not newer than `at`. */
  revision(oid: Oid, at: Tid): LevelRevision | undefined {
    return this.findFrom(oid, this.current(oid), at);
  }

  /** The same, when the current revision is at hand. */
  findFrom(oid: Oid, current: LevelRevision | undefined, at: Tid): LevelRevision | undefined {
    let found = current;
    while (found !== undefined && found.tid > at) {
      const { skipTid, previousTid } = found;
      const skipped = skipTid > at ? this.older(oid, skipTid) : undefined;
      const older: LevelRevision | undefined = skipped ?? this.older(oid, previousTid);
      // Forgotten: then this one is the oldest kept.
      if (older === undefined && previousTid !== TID_ZERO) return found;
      found = older;
    }
    return found;
  }

  /** Gives an older revision by its own tid; `undefined` for `TID_ZERO`, or when it is forgotten. */
  older(oid: Oid, tid: Tid): LevelRevision | undefined {
    if (tid === TID_ZERO) return undefined;
    const value = this.get(revisionKey(oid, tid));
    if (value === undefined) {
      if (tid <= this.packedTid()) return undefined;
      throw new OdbError('ODB_DAMAGED', `The revision of object ${oid} as of ${tid} is missing`);
    }
    return decodeRevision(value);
  }

  transaction(tid: Tid): TransactionRecord | undefined {
    const value = this.get(transactionKey(tid));
    return value === undefined ? undefined : decodeTransaction(tid, value);
  }
}

/** `Reader` on a LevelDB snapshot. */
export class LevelReader implements Reader {
  readonly #view: LevelView;
  readonly #snapshot: LevelSnapshot;
  #lastTid: Tid | undefined;
  #closed = false;

  /**
   * @param snapshot what to read, closed with the reader; default: the present
   * @throws OdbError `ODB_CLOSED`
   */
  constructor(db: LevelDatabase, snapshot?: LevelSnapshot) {
    try {
      this.#snapshot = snapshot ?? db.snapshot();
    } catch (cause) {
      throw readError(cause);
    }
    this.#view = new LevelView(db, this.#snapshot);
  }

  get lastTid(): Tid {
    this.#lastTid ??= this.#open().lastTid();
    return this.#lastTid;
  }

  load(oid: Oid): LoadedRecord | undefined {
    const value = this.#open().currentValue(oid);
    if (value === undefined) return undefined;
    const { record, tid } = decodeRevision(value);
    return record === undefined ? undefined : { record, tid };
  }

  loadAt(oid: Oid, at: Tid): LoadedRecord | undefined {
    const current = this.#open().current(oid);
    if (current === undefined) {
      throw new OdbError('ODB_NO_OBJECT', `No transaction ever stored object ${oid}`);
    }
    const found = this.#view.findFrom(oid, current, at);
    return found?.record === undefined ? undefined : { record: found.record, tid: found.tid };
  }

  revision(oid: Oid, at: Tid = TID_MAX): LevelRevision | undefined {
    return this.#open().revision(oid, at);
  }

  revisions(
    oid: Oid,
    { before = TID_MAX, limit = Infinity }: { readonly before?: Tid; readonly limit?: number } = {},
  ): Revision[] {
    const view = this.#open();
    const list: Revision[] = [];
    if (before === TID_ZERO) return list;
    let found = view.revision(oid, asTid(before - 1));
    if (found !== undefined && found.tid >= before) return list;
    while (found !== undefined && list.length < limit) {
      const { tid, record } = found;
      list.push({ tid, sizeBytes: record?.length ?? 0, removed: record === undefined });
      if (list.length < limit) found = view.older(oid, found.previousTid);
    }
    return list;
  }

  transaction(tid: Tid): TransactionRecord | undefined {
    const view = this.#open();
    return tid > this.lastTid ? undefined : view.transaction(tid);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // The library releases a snapshot at once; its promise only tells of programming errors.
    void this.#snapshot.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): LevelView {
    if (this.#closed) throw closedError();
    return this.#view;
  }
}

export function readError(cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'LEVEL_DATABASE_NOT_OPEN' || code === 'LEVEL_SNAPSHOT_NOT_OPEN') {
    return closedError();
  }
  if (code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR') {
    return new OdbError('ODB_DAMAGED', 'The database files are damaged or cannot be read', {
      cause,
    });
  }
  return cause;
}
