/**
 * Reading LevelDB: point reads, synchronous, from a snapshot or from the present, in any thread.
 */
import type { Level } from 'level';
import { closedError, OdbError } from '../errors.js';
import {
  decodeNumber,
  KEY_LAST_TID,
  KEY_PACKED_TID,
  OBJECT_KEY_BYTES,
  OVERLAY_KEY_BYTES,
  overlayRevisionKey,
  putObjectKey,
  putOverlayKey,
  revisionKey,
  transactionKey,
  versionKey,
} from './level-keys.js';
import { decodeRevision, decodeTransaction, type LevelRevision } from './level-values.js';
import { decodeOverlay, type LevelOverlay } from './level-overlay.js';
import type { Oid } from '../oid.js';
import type { TransactionRecord } from '../stored.js';
import { asTid, TID_ZERO, type Tid } from '../tid.js';

/** A LevelDB whose keys and values are bytes. */
export type LevelDatabase = Level<Uint8Array, Uint8Array>;

/** A snapshot of one, as the library gives it. */
export type LevelSnapshot = ReturnType<LevelDatabase['snapshot']>;

/** Revisions by oid: main, or the overlay of a version. */
export interface LevelSpace<R extends LevelRevision> {
  current(oid: Oid): R | undefined;
  /** Gives an older revision by its own tid; `undefined` when there is none, or it is forgotten. */
  older(oid: Oid, tid: Tid): R | undefined;
}

/** The revisions and transactions as of a snapshot; without one, as they are at each read. */
export class LevelView implements LevelSpace<LevelRevision> {
  readonly #db: LevelDatabase;
  readonly #options: {
    readonly keyEncoding: 'view';
    readonly valueEncoding: string;
    readonly snapshot?: LevelSnapshot;
  };
  /** Keys are read by the library before `getSync` returns, so one buffer serves them all. */
  readonly #key = new Uint8Array(OBJECT_KEY_BYTES);
  readonly #overlayKey = new Uint8Array(OVERLAY_KEY_BYTES);

  constructor(db: LevelDatabase, snapshot?: LevelSnapshot) {
    this.#db = db;
    // By name: options that say what the library would have to look up are not copied there.
    const encodings = { keyEncoding: 'view', valueEncoding: db.valueEncoding().name } as const;
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
    return findRevision(this, oid, this.current(oid), at);
  }

  /** Gives an older revision by its own tid; `undefined` for `TID_ZERO`, or when it is forgotten. */
  older(oid: Oid, tid: Tid): LevelRevision | undefined {
    const value = tid === TID_ZERO ? undefined : this.get(revisionKey(oid, tid));
    if (value === undefined) return this.#forgotten(oid, tid);
    return decodeRevision(value);
  }

  /** The overlay of a version. */
  overlay(version: Oid): LevelSpace<LevelOverlay> {
    return {
      current: (oid) => this.currentOverlay(version, oid),
      older: (oid, tid) => {
        const value =
          tid === TID_ZERO ? undefined : this.get(overlayRevisionKey(version, oid, tid));
        if (value === undefined) return this.#forgotten(oid, tid);
        return decodeOverlay(value);
      },
    };
  }

  /** Gives the current revision of an entry of an overlay. */
  currentOverlay(version: Oid, oid: Oid): LevelOverlay | undefined {
    putOverlayKey(this.#overlayKey, version, oid);
    const value = this.get(this.#overlayKey);
    return value === undefined ? undefined : decodeOverlay(value);
  }

  /** How many entries a version has. */
  overlaySize(version: Oid): number {
    const value = this.get(versionKey(version));
    return value === undefined ? 0 : decodeNumber(value);
  }

  #forgotten(oid: Oid, tid: Tid): undefined {
    if (tid === TID_ZERO || tid <= this.packedTid()) return undefined;
    throw new OdbError('ODB_DAMAGED', `The revision of object ${oid} as of ${tid} is missing`);
  }

  transaction(tid: Tid): TransactionRecord | undefined {
    const value = this.get(transactionKey(tid));
    return value === undefined ? undefined : decodeTransaction(tid, value);
  }
}

/** Finds a revision of an object in its space, when the current one is at hand. */
export function findRevision<R extends LevelRevision>(
  space: LevelSpace<R>,
  oid: Oid,
  current: R | undefined,
  at: Tid,
): R | undefined {
  let found = current;
  while (found !== undefined && found.tid > at) {
    const { skipTid, previousTid } = found;
    const skipped = skipTid > at ? space.older(oid, skipTid) : undefined;
    const older: R | undefined = skipped ?? space.older(oid, previousTid);
    // Forgotten: then this one is the oldest kept.
    if (older === undefined && previousTid !== TID_ZERO) return found;
    found = older;
  }
  return found;
}

export function readError(cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'LEVEL_DATABASE_NOT_OPEN' || code === 'LEVEL_SNAPSHOT_NOT_OPEN') {
    return closedError();
  }
  if (code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR' || isBareIoError(cause)) {
    const what = cause instanceof Error ? cause.message : String(code);
    return new OdbError('ODB_DAMAGED', `The database files cannot be read: ${what}`, { cause });
  }
  if (code === 'LEVEL_DECODE_ERROR') {
    return new OdbError('ODB_DAMAGED', 'The codec of the database refuses what is in its files', {
      cause,
    });
  }
  return cause;
}

/** Reads that do not wait tell of a failing disk in words only. */
function isBareIoError(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith('IO error: ');
}
