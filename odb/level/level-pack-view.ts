/**
 * `PackView` on LevelDB: one snapshot, of which current records are read one by one, and everything
 * else is walked over in the order of keys.
 */
import type { FileBlobs } from '../blobs/blobs.js';
import { entryPages, keyPages } from './level-key-walk.js';
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
import { decodeTransaction, type LevelRevision } from './level-values.js';
import { decodeOverlay } from './level-overlay.js';
import { LevelView, type LevelDatabase, type LevelSnapshot } from './level-view.js';
import { asOid, OID_ROOT, type Oid } from '../oid.js';
import type { OverlayHistory } from '../pack/pack-overlays.js';
import type { PackView } from '../pack/pack-run.js';
import { decodeValue } from '../records/record.js';
import type { TrashEntry, VersionSize } from '../storage.js';
import type { OverlayRevision, StoredRevision } from '../stored.js';
import { asTid, TID_MAX, type Tid } from '../tid.js';
import { TRASH_PREFIX } from '../pack/trash.js';

export class LevelPackView implements PackView {
  readonly lastTid: Tid;
  readonly nextOid: number;
  readonly #db: LevelDatabase;
  readonly #snapshot: LevelSnapshot;
  readonly #view: LevelView;
  readonly #blobs: FileBlobs;

  constructor(db: LevelDatabase, blobs: FileBlobs) {
    this.#db = db;
    this.#blobs = blobs;
    this.#snapshot = db.snapshot();
    this.#view = new LevelView(db, this.#snapshot);
    this.lastTid = this.#view.lastTid();
    const nextOid = this.#view.get(KEY_NEXT_OID);
    this.nextOid = nextOid === undefined ? OID_ROOT : decodeNumber(nextOid);
  }

  revision(oid: Oid, at?: Tid): LevelRevision | undefined {
    return at === undefined || at === TID_MAX
      ? this.#view.current(oid)
      : this.#view.revision(oid, at);
  }

  older(oid: Oid, { previousTid }: StoredRevision): LevelRevision | undefined {
    return this.#view.older(oid, previousTid);
  }

  async *writtenSince(tid: Tid): AsyncGenerator<readonly Oid[]> {
    const bounds = { gt: transactionKey(tid), lt: TRANSACTION_KEYS.lt };
    for await (const page of entryPages(this.#db, this.#snapshot, bounds)) {
      for (const [key, value] of page) {
        yield decodeTransaction(asTid(numberOfKey(key)), value).oids;
      }
    }
  }

  async *objects(): AsyncGenerator<{ readonly oid: Oid; readonly older: readonly Tid[] }> {
    const revisions = new KeyWalk(keyPages(this.#db, this.#snapshot, REVISION_KEYS));
    const objects = new KeyWalk(keyPages(this.#db, this.#snapshot, OBJECT_KEYS));
    for (;;) {
      const object = objects.key ?? (await objects.read());
      const revision = revisions.key ?? (await revisions.read());
      if (object === undefined && revision === undefined) return;
      const first = object === undefined ? Infinity : numberOfKey(object);
      const second = revision === undefined ? Infinity : numberOfKey(revision);
      const oid = asOid(Math.min(first, second));
      if (first === oid) objects.next();
      yield { oid, older: second === oid ? await tidsOf(oid, revisions) : [] };
    }
  }

  async *versions(): AsyncGenerator<VersionSize> {
    for await (const page of entryPages(this.#db, this.#snapshot, VERSION_KEYS)) {
      for (const [key, value] of page) {
        yield { version: asOid(numberOfKey(key)), entries: decodeNumber(value) };
      }
    }
  }

  async *overlays(): AsyncGenerator<OverlayHistory> {
    const revisions = new KeyWalk(keyPages(this.#db, this.#snapshot, OVERLAY_REVISION_KEYS));
    for await (const page of entryPages(this.#db, this.#snapshot, OVERLAY_KEYS)) {
      for (const [key, value] of page) {
        const older = await tidsUpTo(key, revisions);
        const [version, oid] = [asOid(numberOfKey(key)), oidOfOverlayKey(key)];
        yield { version, oid, current: decodeOverlay(value), older };
      }
    }
  }

  olderOverlay(version: Oid, oid: Oid, tid: Tid): OverlayRevision | undefined {
    return this.#view.overlay(version).older(oid, tid);
  }

  async *trash(): AsyncGenerator<readonly [name: string, entry: TrashEntry]> {
    for await (const page of entryPages(this.#db, this.#snapshot, metaKeys(TRASH_PREFIX))) {
      for (const [key, value] of page) {
        yield [nameOfMetaKey(key), decodeValue(value) as TrashEntry];
      }
    }
  }

  async *meta(): AsyncGenerator<Uint8Array> {
    for await (const page of entryPages(this.#db, this.#snapshot, metaKeys(''))) {
      for (const [, value] of page) yield value;
    }
  }

  blobs(): AsyncIterable<string> {
    return this.#blobs.names();
  }

  async close(): Promise<void> {
    await this.#snapshot.close();
  }
}

/** Steps over the older revisions of one object, and answers their tids. */
async function tidsOf(oid: Oid, revisions: KeyWalk): Promise<Tid[]> {
  const tids: Tid[] = [];
  for (;;) {
    const key = revisions.key ?? (await revisions.read());
    if (key === undefined || numberOfKey(key) !== oid) return tids;
    tids.push(tidOfRevisionKey(key));
    revisions.next();
  }
}

/** Steps over older revisions of entries, and answers the tids of those of the entry at `current`. */
async function tidsUpTo(current: Uint8Array, revisions: KeyWalk): Promise<Tid[]> {
  const tids: Tid[] = [];
  for (;;) {
    const key = revisions.key ?? (await revisions.read());
    const order = key === undefined ? 1 : compareObjects(key, current);
    if (key === undefined || order > 0) return tids;
    if (order === 0) tids.push(tidOfOverlayKey(key));
    revisions.next();
  }
}

/** Keys one after another; only for a new page there is something to wait for. */
class KeyWalk {
  readonly #pages: AsyncGenerator<Uint8Array[], undefined>;
  #page: Uint8Array[] = [];
  #at = 0;

  constructor(pages: AsyncGenerator<Uint8Array[], undefined>) {
    this.#pages = pages;
  }

  /** The key the walk is at; `undefined`: `read` tells. */
  get key(): Uint8Array | undefined {
    return this.#page[this.#at];
  }

  next(): void {
    this.#at += 1;
  }

  /** Reads the next page and gives its first key; `undefined` at the end. */
  async read(): Promise<Uint8Array | undefined> {
    this.#page = (await this.#pages.next()).value ?? [];
    this.#at = 0;
    return this.key;
  }
}
