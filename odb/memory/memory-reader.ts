/**
 * `Reader` on a storage in memory: its log as of one tid.
 */
import { closedError, OdbError } from '../errors.js';
import { revisionAt, type MemoryLog, type Overlays } from './memory-log.js';
import type { Oid } from '../oid.js';
import { isEntry } from '../trees/patch-record.js';
import type { Reader, VersionSize } from '../storage.js';
import type {
  LoadedRecord,
  OverlayEntry,
  OverlayRevision,
  Revision,
  StoredRevision,
  TransactionRecord,
} from '../stored.js';
import { TID_MAX, type Tid } from '../tid.js';

export class MemoryReader implements Reader {
  readonly #log: Pick<MemoryLog, 'transactions'>;
  readonly #revisions: ReadonlyMap<Oid, readonly StoredRevision[]>;
  readonly #overlays: Overlays;
  readonly #sizes: ReadonlyMap<Oid, number>;
  readonly #lastTid: Tid;
  #closed = false;

  constructor(log: MemoryLog) {
    this.#log = log;
    this.#revisions = log.revisions;
    this.#overlays = log.overlays;
    this.#sizes = log.sizes;
    this.#lastTid = log.lastTid;
  }

  get lastTid(): Tid {
    this.#requireOpen();
    return this.#lastTid;
  }

  load(oid: Oid): LoadedRecord | undefined {
    return loaded(this.revision(oid));
  }

  loadAt(oid: Oid, at: Tid): LoadedRecord | undefined {
    if (this.revision(oid) === undefined) {
      throw new OdbError('ODB_NO_OBJECT', `No transaction ever stored object ${oid}`);
    }
    return loaded(this.revision(oid, at));
  }

  revision(oid: Oid, at: Tid = TID_MAX): StoredRevision | undefined {
    this.#requireOpen();
    return this.#seen(this.#revisions.get(oid), at);
  }

  revisions(
    oid: Oid,
    { before = TID_MAX, limit = Infinity }: { readonly before?: Tid; readonly limit?: number } = {},
  ): Revision[] {
    this.#requireOpen();
    return (this.#revisions.get(oid) ?? [])
      .filter(({ tid }) => tid <= this.#lastTid && tid < before)
      .toReversed()
      .slice(0, limit)
      .map(({ tid, record }) => ({
        tid,
        sizeBytes: record?.length ?? 0,
        removed: record === undefined,
      }));
  }

  overlay(version: Oid, oid: Oid, at: Tid = TID_MAX): OverlayRevision | undefined {
    this.#requireOpen();
    return this.#seen(this.#overlays.get(version)?.get(oid), at);
  }

  async *overlayEntries(version: Oid): AsyncGenerator<OverlayEntry, void, undefined> {
    const oids = [...(this.#overlays.get(version)?.keys() ?? [])];
    for (const oid of oids.sort((a, b) => a - b)) {
      const revision = this.overlay(version, oid);
      if (revision !== undefined && isEntry(revision)) yield { oid, revision };
    }
  }

  overlaySize(version: Oid): number {
    this.#requireOpen();
    return this.#sizes.get(version) ?? 0;
  }

  transaction(tid: Tid): TransactionRecord | undefined {
    this.#requireOpen();
    return tid > this.#lastTid ? undefined : this.#log.transactions.get(tid);
  }

  close(): void {
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #seen<T extends StoredRevision>(revisions: readonly T[] | undefined, at: Tid): T | undefined {
    const revision = revisionAt(revisions, at < this.#lastTid ? at : this.#lastTid);
    return revision !== undefined && revision.tid > this.#lastTid ? undefined : revision;
  }

  #requireOpen(): void {
    if (this.#closed) throw closedError();
  }
}

/** Lists the versions that hold anything, by oid. */
export function* versionSizes(overlays: Overlays, reader: Reader): Generator<VersionSize> {
  for (const version of [...overlays.keys()].sort((a, b) => a - b)) {
    const entries = reader.overlaySize(version);
    if (entries > 0) yield { version, entries };
  }
}

function loaded(revision: StoredRevision | undefined): LoadedRecord | undefined {
  if (revision?.record === undefined) return undefined;
  return { record: revision.record, tid: revision.tid };
}
