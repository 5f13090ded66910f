/**
 * `Storage` in memory: for tests and demos, and the plainest reading of the contract.
 *
 * Keeps every revision in one list an object, oldest first. Blobs are files, as everywhere, in a
 * temporary directory that goes when the storage closes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileBlobs } from './blobs.js';
import { NODE_ENTRIES_MAX } from './btree.js';
import { decodeMeta, packCommit, unpackCommit } from './commit-packing.js';
import { decideCommit, tidForCommit, type Decision, type Present } from './commit.js';
import { closedError, OdbError } from './errors.js';
import { MemoryScan } from './memory-scan.js';
import { MemoryPack } from './memory-pack.js';
import type { MergeClasses } from './merge.js';
import { registeredClasses } from './merge-rules.js';
import { OID_ROOT, type Oid } from './oid.js';
import type { PackOptions, PackReport } from './pack-options.js';
import { decodeValue, encodeValue } from './record.js';
import { SharedCounters } from './shared-counters.js';
import { walkTransactions } from './storage-iterator.js';
import type {
  Blobs,
  CommitRequest,
  CommitResult,
  LoadedRecord,
  MergeRules,
  Reader,
  Revision,
  Storage,
  StorageHandle,
  StorageScan,
  StoredRevision,
  StoredTransaction,
  TransactionMeta,
  TransactionRange,
  TransactionRecord,
  TrashEntry,
  TrashQuery,
} from './storage.js';
import { TID_MAX, TID_ZERO, type Tid } from './tid.js';
import { isInTrash, TRASH_LIMIT_DEFAULT, TRASH_PREFIX, trashOf } from './trash.js';

export interface MemoryStorageOptions {
  /** How objects are merged, by class name. Default: as the classes of this thread declare. */
  readonly rules?: MergeRules;
  /** Most entries of a map's node. Default: `NODE_ENTRIES_MAX`. */
  readonly nodeEntries?: number;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
}

export class MemoryStorage implements Storage {
  readonly supports = { persistence: false, threads: false, pack: true, backup: true };
  readonly rules: MergeRules;
  readonly #classes: MergeClasses;
  readonly #order: number;
  readonly #now: () => number;
  readonly #log = new Log();
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
    return new MemoryReader(this.#log, this.#log.lastTid);
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
    this.#packing.watch.check(decision, request.baseTid, (oid) => this.#log.revision(oid));
    const { removed } = request;
    const look = (oid: Oid): StoredRevision | undefined => this.#log.revision(oid);
    const entries = trashOf(decision, { removed, user: meta.user, rules: this.rules, look });
    for (const [name, entry] of entries) this.#meta.set(name, encodeValue(entry));
    this.#packing.watch.accepted(decision, request.blobs);
    for (const { oid } of decision.revisions) this.#counters.passOid(oid);
    this.#log.append(decision, meta);
    return { tid: decision.transaction.tid, merged: decision.merged };
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

  scan(): StorageScan {
    const reader = this.snapshot();
    return new MemoryScan({
      reader,
      log: { revisions: this.#log.revisions, transactions: this.#log.transactions },
      nextOid: this.#counters.nextOid,
      meta: [...this.#meta],
    });
  }

  get packedTid(): Tid {
    return this.#packing.packedTid;
  }

  async pack(options: PackOptions): Promise<PackReport> {
    this.#requireOpen();
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

/** Everything that was committed and is not forgotten, in order. */
class Log implements Present {
  /** Another map after a pack: whoever holds this one goes on seeing what it sees. */
  revisions = new Map<Oid, StoredRevision[]>();
  readonly transactions = new Map<Tid, TransactionRecord>();
  lastTid = TID_ZERO;
  lastRemovalTid = TID_ZERO;

  append({ transaction, revisions }: Decision, meta: TransactionMeta): void {
    const { tid } = transaction;
    for (const { oid, record, previous } of revisions) {
      const list = this.revisions.get(oid) ?? [];
      const previousTid = previous?.tid ?? TID_ZERO;
      list.push({ tid, previousTid, number: (previous?.number ?? 0) + 1, record });
      this.revisions.set(oid, list);
    }
    this.transactions.set(tid, { ...meta, ...transaction });
    this.lastTid = tid;
    if (transaction.removed.length > 0) this.lastRemovalTid = tid;
  }

  revision(oid: Oid, at: Tid = TID_MAX): StoredRevision | undefined {
    return revisionAt(this.revisions.get(oid), at);
  }

  *since(tid: Tid): Generator<TransactionRecord> {
    let transaction = this.transactions.get(this.lastTid);
    while (transaction !== undefined && transaction.tid > tid) {
      yield transaction;
      transaction = this.transactions.get(transaction.previousTid);
    }
  }
}

class MemoryReader implements Reader {
  readonly #log: Log;
  readonly #revisions: ReadonlyMap<Oid, readonly StoredRevision[]>;
  readonly #lastTid: Tid;
  #closed = false;

  constructor(log: Log, lastTid: Tid) {
    this.#log = log;
    this.#revisions = log.revisions;
    this.#lastTid = lastTid;
  }

  get lastTid(): Tid {
    this.#open();
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
    this.#open();
    const revision = revisionAt(this.#revisions.get(oid), at < this.#lastTid ? at : this.#lastTid);
    return revision !== undefined && revision.tid > this.#lastTid ? undefined : revision;
  }

  revisions(
    oid: Oid,
    { before = TID_MAX, limit = Infinity }: { readonly before?: Tid; readonly limit?: number } = {},
  ): Revision[] {
    this.#open();
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

  transaction(tid: Tid): TransactionRecord | undefined {
    return tid > this.#lastTid ? undefined : this.#open().transactions.get(tid);
  }

  close(): void {
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): Log {
    if (this.#closed) throw closedError();
    return this.#log;
  }
}

/** Gives the newest revision not newer than `at`; where that is forgotten, the oldest kept. */
function revisionAt(
  revisions: readonly StoredRevision[] = [],
  at: Tid,
): StoredRevision | undefined {
  const found = revisions.findLast(({ tid }) => tid <= at);
  if (found !== undefined) return found;
  const [oldest] = revisions;
  return oldest === undefined || oldest.previousTid === TID_ZERO ? undefined : oldest;
}

function loaded(revision: StoredRevision | undefined): LoadedRecord | undefined {
  if (revision?.record === undefined) return undefined;
  return { record: revision.record, tid: revision.tid };
}
