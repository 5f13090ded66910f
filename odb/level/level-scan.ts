/**
 * `StorageScan` on LevelDB: walks over its keys, in their order, from one snapshot.
 *
 * Current revisions and older ones are in two ranges of keys, both sorted by oid, so one walk along
 * both gives each object's revisions together.
 */
import { entryPages, type KeyEntry, type KeyRange } from './level-key-walk.js';
import {
  compareObjects,
  decodeNumber,
  KEY_NEXT_OID,
  metaKeys,
  nameOfMetaKey,
  numberOfKey,
  OBJECT_KEYS,
  oidOfOverlayKey,
  OVERLAY_KEYS,
  OVERLAY_REVISION_KEYS,
  REVISION_KEYS,
  tidOfOverlayKey,
  tidOfRevisionKey,
  TRANSACTION_KEYS,
  transactionKey,
  VERSION_KEYS,
} from './level-keys.js';
import { decodeRevision, decodeTransaction } from './level-values.js';
import { damagedTables } from './level-damage.js';
import { decodeOverlay } from './level-overlay.js';
import { LevelReader } from './level-reader.js';
import { LevelView, readError, type LevelDatabase, type LevelSnapshot } from './level-view.js';
import { asOid, OID_ROOT } from '../oid.js';
import { decodeValue } from '../records/record.js';
import type {
  DamagedFile,
  ScannedOverlay,
  ScannedRevision,
  ScannedTransaction,
  StorageScan,
  VersionSize,
} from '../storage.js';
import type { TransactionRange } from '../stored.js';
import { asTid, TID_ZERO } from '../tid.js';

export class LevelScan implements StorageScan {
  readonly reader: LevelReader;
  readonly nextOid: number;
  readonly #db: LevelDatabase;
  readonly #snapshot: LevelSnapshot;

  /** @throws OdbError `ODB_CLOSED` */
  constructor(db: LevelDatabase) {
    this.#db = db;
    try {
      this.#snapshot = db.snapshot();
    } catch (cause) {
      throw readError(cause);
    }
    this.reader = new LevelReader(db, this.#snapshot);
    const nextOid = new LevelView(db, this.#snapshot).get(KEY_NEXT_OID);
    this.nextOid = nextOid === undefined ? OID_ROOT : decodeNumber(nextOid);
  }

  damagedFiles(): AsyncGenerator<DamagedFile> {
    return damagedTables(this.#db);
  }

  async *transactions(range: TransactionRange = {}): AsyncGenerator<ScannedTransaction> {
    const { start = TID_ZERO, stop } = range;
    const bounds = {
      gte: transactionKey(start),
      ...(stop === undefined ? { lt: TRANSACTION_KEYS.lt } : { lte: transactionKey(stop) }),
    };
    for await (const [key, value] of this.#entries(bounds)) {
      const tid = asTid(numberOfKey(key));
      yield { tid, transaction: readable(() => decodeTransaction(tid, value)) };
    }
  }

  async *revisions(): AsyncGenerator<ScannedRevision> {
    for await (const { key, value, isCurrent } of this.#together(OBJECT_KEYS, REVISION_KEYS)) {
      const revision = readable(() => decodeRevision(value));
      const tid = isCurrent ? (revision?.tid ?? TID_ZERO) : tidOfRevisionKey(key);
      yield { oid: asOid(numberOfKey(key)), tid, isCurrent, revision };
    }
  }

  async *overlays(): AsyncGenerator<ScannedOverlay> {
    const walk = this.#together(OVERLAY_KEYS, OVERLAY_REVISION_KEYS);
    for await (const { key, value, isCurrent } of walk) {
      const revision = readable(() => decodeOverlay(value));
      const tid = isCurrent ? (revision?.tid ?? TID_ZERO) : tidOfOverlayKey(key);
      const version = asOid(numberOfKey(key));
      yield { version, oid: oidOfOverlayKey(key), tid, isCurrent, revision };
    }
  }

  async *versions(): AsyncGenerator<VersionSize> {
    for await (const [key, value] of this.#entries(VERSION_KEYS)) {
      yield { version: asOid(numberOfKey(key)), entries: decodeNumber(value) };
    }
  }

  /** Walks along current revisions and older ones, those of each object oldest first. */
  async *#together(currents: KeyRange, olders: KeyRange): AsyncGenerator<ScannedKey> {
    const older = this.#entries(olders);
    let next = await older.next();
    for await (const [key, value] of this.#entries(currents)) {
      for (
        ;
        next.done !== true && compareObjects(next.value[0], key) <= 0;
        next = await older.next()
      ) {
        const [olderKey, olderValue] = next.value;
        yield { key: olderKey, value: olderValue, isCurrent: false };
      }
      yield { key, value, isCurrent: true };
    }
    for (; next.done !== true; next = await older.next()) {
      const [key, value] = next.value;
      yield { key, value, isCurrent: false };
    }
  }

  async *meta(): AsyncGenerator<readonly [key: string, value: unknown]> {
    for await (const [key, value] of this.#entries(metaKeys(''))) {
      yield [nameOfMetaKey(key), decodeValue(value)];
    }
  }

  close(): void {
    this.reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async *#entries(range: KeyRange): AsyncGenerator<KeyEntry, void, undefined> {
    // Asked first, since a closed snapshot is an error with another name.
    void this.reader.lastTid;
    for await (const page of entryPages(this.#db, this.#snapshot, range)) yield* page;
  }
}

interface ScannedKey {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly isCurrent: boolean;
}

/** Decodes what is damaged in whatever way to `undefined`, which a scan answers for it. */
function readable<T extends object>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}
