/**
 * `Reader` on a LevelDB snapshot.
 */
import { closedError, OdbError } from '../errors.js';
import { entryPages } from './level-key-walk.js';
import { oidOfOverlayKey, overlayKeys } from './level-keys.js';
import { decodeRevision, type LevelRevision } from './level-values.js';
import { decodeOverlay, type LevelOverlay } from './level-overlay.js';
import {
  findRevision,
  LevelView,
  readError,
  type LevelDatabase,
  type LevelSnapshot,
} from './level-view.js';
import type { Oid } from '../oid.js';
import { isEntry } from '../trees/patch-record.js';
import type { Reader } from '../storage.js';
import type { LoadedRecord, OverlayEntry, Revision, TransactionRecord } from '../stored.js';
import { asTid, TID_MAX, TID_ZERO, type Tid } from '../tid.js';

export class LevelReader implements Reader {
  readonly #db: LevelDatabase;
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
    this.#db = db;
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
    const found = findRevision(this.#view, oid, current, at);
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

  overlay(version: Oid, oid: Oid, at: Tid = TID_MAX): LevelOverlay | undefined {
    const view = this.#open();
    const current = view.currentOverlay(version, oid);
    if (current === undefined || current.tid <= at) return current;
    return findRevision(view.overlay(version), oid, current, at);
  }

  async *overlayEntries(version: Oid): AsyncGenerator<OverlayEntry, void, undefined> {
    this.#open();
    for await (const page of entryPages(this.#db, this.#snapshot, overlayKeys(version))) {
      for (const [key, value] of page) {
        const revision = decodeOverlay(value);
        if (isEntry(revision)) yield { oid: oidOfOverlayKey(key), revision };
        this.#open();
      }
    }
  }

  overlaySize(version: Oid): number {
    return this.#open().overlaySize(version);
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
