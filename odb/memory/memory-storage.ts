/**
 * `Storage` in memory: for tests and demos, and the plainest reading of the contract.
 *
 * Keeps every revision in one list an object, oldest first. Blobs are files, as everywhere, in a
 * temporary directory that goes when the storage closes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { blobFigures } from '../blobs/blob-figures.js';
import { FileBlobs } from '../blobs/blobs.js';
import { NODE_ENTRIES_MAX } from '../trees/btree.js';
import { decodeMeta, packCommit, unpackCommit } from '../commit/commit-packing.js';
import { decideCommit, tidForCommit } from '../commit/commit.js';
import { closedError, OdbError } from '../errors.js';
import { MemoryLog } from './memory-log.js';
import { MemoryPack } from './memory-pack.js';
import { MemoryReader, versionSizes } from './memory-reader.js';
import { MemoryScan } from './memory-scan.js';
import type { MergeClasses } from '../commit/merge.js';
import { registeredClasses } from '../objects/merge-rules.js';
import { OID_ROOT, type Oid } from '../oid.js';
import { checkOptions, WHOLE_FROM_1 } from '../options.js';
import { checkPackOptions, type PackOptions, type PackReport } from '../pack/pack-options.js';
import { decodeValue, encodeValue } from '../records/record.js';
import { SharedCounters } from '../level/shared-counters.js';
import { walkTransactions } from '../storage-iterator.js';
import type { MergeRules } from '../rules.js';
import type {
  Blobs,
  Reader,
  Storage,
  StorageHandle,
  StorageScan,
  TrashEntry,
  TrashQuery,
  VersionSize,
} from '../storage.js';
import type { StoredRevision, StoredTransaction, TransactionRange } from '../stored.js';
import type { CommitRequest, CommitResult } from '../writes.js';
import type { StorageFigures } from '../storage-figures.js';
import { TID_MAX, type Tid } from '../tid.js';
import { isInTrash, TRASH_LIMIT_DEFAULT, TRASH_PREFIX, trashOf } from '../pack/trash.js';

/** How a storage in memory behaves. */
export interface MemoryStorageOptions {
  /** How objects are merged, by class name. Default: as the classes of this thread declare. */
  readonly rules?: MergeRules;
  /** Most entries of a map's node. Default: `NODE_ENTRIES_MAX`. */
  readonly nodeEntries?: number;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
}

/**
 * `Storage` in memory, for tests and demonstrations: see there for what its methods promise, cost
 * and throw. Gone when it is closed; until then it holds every state that was not packed away. Blobs
 * are in a temporary directory.
 */
export class MemoryStorage implements Storage {
  readonly supports = {
    persistence: false,
    threads: false,
    pack: true,
    backup: true,
    versions: true,
  };
  readonly rules: MergeRules;
  readonly #classes: MergeClasses;
  readonly #order: number;
  readonly #now: () => number;
  readonly #log = new MemoryLog();
  readonly #counters = new SharedCounters();
  readonly #meta = new Map<string, Uint8Array>();
  readonly #packing = new MemoryPack({
    log: this.#log,
    meta: this.#meta,
    counters: this.#counters,
    blobs: () => this.#blobs?.files,
  });
  #blobs: { readonly directory: string; readonly files: FileBlobs } | undefined;
  #closed = false;

  constructor(options: MemoryStorageOptions = {}) {
    checkOptions('new MemoryStorage', options, {
      rules: true,
      nodeEntries: WHOLE_FROM_1,
      now: true,
    });
    this.#classes = registeredClasses(options.rules);
    this.rules = this.#classes.rules;
    this.#order = options.nodeEntries ?? NODE_ENTRIES_MAX;
    this.#now = options.now ?? Date.now;
    this.#counters.passOid(OID_ROOT);
  }

  get lastTid(): Tid {
    return this.#log.lastTid;
  }

  get blobs(): Blobs {
    if (this.#blobs === undefined) {
      this.#requireOpen();
      const directory = mkdtempSync(path.join(tmpdir(), 'canopy-blobs-'));
      this.#blobs = { directory, files: new FileBlobs(directory) };
    }
    return this.#blobs.files;
  }

  snapshot(): Reader {
    this.#requireOpen();
    return new MemoryReader(this.#log);
  }

  allocate(count: number): Oid {
    return this.#counters.allocate(count);
  }

  async commit(request: CommitRequest): Promise<CommitResult> {
    // Packed as elsewhere, so that every storage refuses the same and shares no bytes with callers.
    return this.commitPacked(packCommit(request));
  }

  async commitPacked(bytes: Uint8Array): Promise<CommitResult> {
    this.#requireOpen();
    const request = unpackCommit(bytes);
    for (const sha256 of request.blobs) {
      if (!this.blobs.has(sha256)) {
        throw new OdbError('ODB_NO_BLOB', `A commit names the blob ${sha256}, which is not there`);
      }
    }
    const decision = decideCommit(request, this.#log, {
      tid: tidForCommit(request, this.#log.lastTid, this.#now()),
      classes: this.#classes,
      order: this.#order,
      allocate: () => this.#counters.allocate(1),
    });
    if (decision === undefined) return { tid: this.#log.lastTid, merged: [] };
    const meta = decodeMeta(request.meta);
    this.#packing.watch.check(decision, request.baseTid, this.#log);
    const { removed } = request;
    const look = (oid: Oid): StoredRevision | undefined => this.#log.revision(oid);
    const entries = trashOf(decision, { removed, user: meta.user, rules: this.rules, look });
    for (const [name, entry] of entries) this.#meta.set(name, encodeValue(entry));
    this.#packing.watch.accepted(decision, request.blobs, this.#log);
    for (const { oid } of decision.revisions) this.#counters.passOid(oid);
    for (const { oid } of decision.overlays) this.#counters.passOid(oid);
    this.#log.append(decision, meta);
    const { tid, previousTid } = decision.transaction;
    return { tid, previousTid, merged: decision.merged };
  }

  getMeta(key: string): unknown {
    const value = this.#meta.get(key);
    return value === undefined ? undefined : decodeValue(value);
  }

  async setMeta(entries: Readonly<Record<string, unknown>>): Promise<void> {
    this.#requireOpen();
    const encoded = Object.entries(entries).map(
      ([key, value]) => [key, value === undefined ? undefined : encodeValue(value)] as const,
    );
    for (const [key, value] of encoded) {
      if (value === undefined) this.#meta.delete(key);
      else this.#meta.set(key, value);
    }
  }

  async listMeta(prefix: string): Promise<readonly (readonly [key: string, value: unknown])[]> {
    this.#requireOpen();
    return [...this.#meta]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map(([key, value]) => [key, decodeValue(value)]);
  }

  transactionsFrom(range: TransactionRange = {}): AsyncIterableIterator<StoredTransaction> {
    return walkTransactions(this.scan(), range);
  }

  async versions(): Promise<readonly VersionSize[]> {
    using reader = this.snapshot();
    return [...versionSizes(this.#log.overlays, reader)];
  }

  scan(): StorageScan {
    const reader = this.snapshot();
    const { revisions, overlays, transactions } = this.#log;
    return new MemoryScan({
      reader,
      log: { revisions, overlays, transactions },
      nextOid: this.#counters.nextOid,
      meta: [...this.#meta],
    });
  }

  get packSteps(): number {
    return this.#counters.packSteps;
  }

  get hasCodec(): boolean {
    return false;
  }

  get packedTid(): Tid {
    return this.#log.packedTid;
  }

  async pack(options: PackOptions): Promise<PackReport> {
    this.#requireOpen();
    checkPackOptions(options);
    return this.#packing.run(options, this.rules);
  }

  async trash(query: TrashQuery = {}): Promise<readonly TrashEntry[]> {
    const { before = TID_MAX, limit = TRASH_LIMIT_DEFAULT } = query;
    using reader = this.snapshot();
    const found: TrashEntry[] = [];
    const names = [...this.#meta.keys()].filter((name) => name.startsWith(TRASH_PREFIX));
    for (const name of names.sort().toReversed()) {
      const entry = this.getMeta(name) as TrashEntry;
      if (found.length >= limit) break;
      if (entry.tid < before && isInTrash(reader, entry, this.rules)) found.push(entry);
    }
    return found;
  }

  async figures(): Promise<StorageFigures> {
    this.#requireOpen();
    let overlayRevisions = 0;
    for (const entries of this.#log.overlays.values()) {
      for (const list of entries.values()) overlayRevisions += list.length;
    }
    let revisions = overlayRevisions;
    for (const list of this.#log.revisions.values()) revisions += list.length;
    const blobs =
      this.#blobs === undefined ? { blobs: 0, blobBytes: 0 } : await blobFigures(this.#blobs.files);
    const { size: objects } = this.#log.revisions;
    const { size: transactions } = this.#log.transactions;
    return { objects, revisions, overlayRevisions, transactions, recordBytes: 0, ...blobs };
  }

  share(): StorageHandle {
    throw new OdbError('ODB_NOT_SHARED', 'A storage in memory belongs to one thread');
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#packing.close();
    if (this.#blobs !== undefined) rmSync(this.#blobs.directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #requireOpen(): void {
    if (this.#closed) throw closedError();
  }
}
