/**
 * `StorageScan` over what a storage in memory has: its log as of one tid, its metadata as copied.
 */
import type { Overlays } from './memory-log.js';
import { versionSizes } from './memory-reader.js';
import type { Oid } from '../oid.js';
import { decodeValue } from '../records/record.js';
import type {
  DamagedFile,
  Reader,
  ScannedOverlay,
  ScannedRevision,
  ScannedTransaction,
  StorageScan,
  VersionSize,
} from '../storage.js';
import type {
  OverlayRevision,
  StoredRevision,
  TransactionRange,
  TransactionRecord,
} from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';

/** What is walked. The revisions of an object, and transactions, are in the order of their tids. */
export interface MemoryContent {
  readonly reader: Reader;
  readonly log: {
    readonly revisions: ReadonlyMap<Oid, readonly StoredRevision[]>;
    readonly overlays: Overlays;
    readonly transactions: ReadonlyMap<Tid, TransactionRecord>;
  };
  readonly nextOid: number;
  /** Name and encoded value. */
  readonly meta: readonly (readonly [string, Uint8Array])[];
}

export class MemoryScan implements StorageScan {
  readonly reader: Reader;
  readonly nextOid: number;
  readonly #content: MemoryContent;

  constructor(content: MemoryContent) {
    this.reader = content.reader;
    this.nextOid = content.nextOid;
    this.#content = content;
  }

  async *damagedFiles(): AsyncGenerator<DamagedFile> {}

  async *transactions(range: TransactionRange = {}): AsyncGenerator<ScannedTransaction> {
    const { start = TID_ZERO, stop = this.reader.lastTid } = range;
    for (const [tid, transaction] of this.#content.log.transactions) {
      // Reading it fails when the scan was closed meanwhile.
      if (tid > stop || tid > this.reader.lastTid) return;
      if (tid >= start) yield { tid, transaction };
    }
  }

  async *revisions(): AsyncGenerator<ScannedRevision> {
    for (const one of this.#walk(this.#content.log.revisions)) yield one;
  }

  async *overlays(): AsyncGenerator<ScannedOverlay> {
    const { overlays } = this.#content.log;
    for (const version of [...overlays.keys()].sort(ascending)) {
      const entries = overlays.get(version) ?? new Map<Oid, readonly OverlayRevision[]>();
      for (const one of this.#walk(entries)) yield { version, ...one };
    }
  }

  async *versions(): AsyncGenerator<VersionSize> {
    yield* versionSizes(this.#content.log.overlays, this.reader);
  }

  async *meta(): AsyncGenerator<readonly [key: string, value: unknown]> {
    const sorted = this.#content.meta.toSorted(([a], [b]) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    for (const [key, value] of sorted) yield [key, decodeValue(value)];
  }

  *#walk<T extends StoredRevision>(
    lists: ReadonlyMap<Oid, readonly T[]>,
  ): Generator<Omit<ScannedRevision, 'revision'> & { readonly revision: T }> {
    for (const oid of [...lists.keys()].sort(ascending)) {
      const { lastTid } = this.reader;
      const seen = (lists.get(oid) ?? []).filter(({ tid }) => tid <= lastTid);
      for (const [index, revision] of seen.entries()) {
        yield { oid, tid: revision.tid, isCurrent: index === seen.length - 1, revision };
      }
    }
  }

  close(): void {
    this.reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}
