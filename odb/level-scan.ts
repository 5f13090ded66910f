/**
 * `StorageScan` on LevelDB: walks over its keys, in their order, from one snapshot.
 *
 * Current revisions and older ones are in two ranges of keys, both sorted by oid, so one walk along
 * both gives each object's revisions together.
 */
import {
  decodeNumber,
  decodeRevision,
  decodeTransaction,
  KEY_NEXT_OID,
  metaKeys,
  nameOfMetaKey,
  numberOfKey,
  OBJECT_KEYS,
  REVISION_KEYS,
  tidOfRevisionKey,
  TRANSACTION_KEYS,
  transactionKey,
} from './level-keys.js';
import {
  LevelReader,
  LevelView,
  readError,
  type LevelDatabase,
  type LevelSnapshot,
} from './level-reader.js';
import { asOid, OID_ROOT } from './oid.js';
import { decodeValue } from './record.js';
import type {
  ScannedRevision,
  ScannedTransaction,
  StorageScan,
  TransactionRange,
} from './storage.js';
import { asTid, TID_ZERO } from './tid.js';

/** Keys read at once, and about how many bytes of them. */
const PAGE_KEYS = 256;
const PAGE_BYTES = 1024 * 1024;

type Entry = [key: Uint8Array, value: Uint8Array];

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
    const older = this.#entries(REVISION_KEYS);
    let next = await older.next();
    for await (const [key, value] of this.#entries(OBJECT_KEYS)) {
      const oid = asOid(numberOfKey(key));
      for (; next.done !== true && numberOfKey(next.value[0]) <= oid; next = await older.next()) {
        yield olderRevision(next.value);
      }
      const revision = readable(() => decodeRevision(value));
      yield { oid, tid: revision?.tid ?? TID_ZERO, isCurrent: true, revision };
    }
    for (; next.done !== true; next = await older.next()) yield olderRevision(next.value);
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

  async *#entries(bounds: {
    readonly gte: Uint8Array;
    readonly lt?: Uint8Array;
    readonly lte?: Uint8Array;
  }): AsyncGenerator<Entry, void, undefined> {
    // Asked first, since a closed snapshot is an error with another name.
    void this.reader.lastTid;
    const iterator = this.#db.iterator({
      ...bounds,
      snapshot: this.#snapshot,
      // What is walked through once would push out of the cache what is read all the time.
      fillCache: false,
      highWaterMarkBytes: PAGE_BYTES,
    });
    try {
      for (;;) {
        const page = await iterator.nextv(PAGE_KEYS);
        if (page.length === 0) return;
        yield* page;
      }
    } catch (cause) {
      throw readError(cause);
    } finally {
      await iterator.close();
    }
  }
}

function olderRevision([key, value]: Entry): ScannedRevision {
  const revision = readable(() => decodeRevision(value));
  return {
    oid: asOid(numberOfKey(key)),
    tid: tidOfRevisionKey(key),
    isCurrent: false,
    revision,
  };
}

/** Decodes what is damaged in whatever way to `undefined`, which a scan answers for it. */
function readable<T extends object>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}
