/**
 * Packing a storage in memory: the same decisions and steps as anywhere, on lists of revisions.
 *
 * Lists are replaced, never shortened, and so is the map of them: a reader keeps what it began with.
 */
import type { FileBlobs } from './blobs.js';
import { closedError } from './errors.js';
import { asOid, type Oid } from './oid.js';
import { OidMarks } from './oid-marks.js';
import type { PackOptions, PackReport } from './pack-options.js';
import {
  NOTHING_ANSWERED,
  packingError,
  planPack,
  runPack,
  type PackAnswer,
  type PackStep,
  type PackView,
} from './pack-run.js';
import { PackWatch } from './pack-watch.js';
import { decodeValue } from './record.js';
import type { SharedCounters } from './shared-counters.js';
import type { MergeRules, StoredRevision, TransactionRecord, TrashEntry } from './storage.js';
import { TID_MAX, TID_ZERO, type Tid } from './tid.js';
import { TRASH_PREFIX } from './trash.js';

/** What a storage in memory has. */
export interface MemoryParts {
  readonly log: {
    revisions: Map<Oid, StoredRevision[]>;
    readonly transactions: ReadonlyMap<Tid, TransactionRecord>;
    readonly lastTid: Tid;
  };
  readonly meta: Map<string, Uint8Array>;
  readonly counters: SharedCounters;
  /** The blobs, when there are any. */
  readonly blobs: () => FileBlobs | undefined;
}

export class MemoryPack {
  readonly watch = new PackWatch();
  packedTid: Tid = TID_ZERO;
  readonly #parts: MemoryParts;
  #running: Promise<PackReport> | undefined;
  #closed = false;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
  }

  async run(options: PackOptions, rules: MergeRules): Promise<PackReport> {
    if (this.#running !== undefined) throw packingError();
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    this.#running = runPack(planPack(options, rules), {
      step: async (step) => this.#step(step),
      open: () => new MemoryPackView(this.#parts),
      pause: async () => {
        await new Promise<void>((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
        if (this.#closed) throw closedError();
      },
      progress: (progress) => onProgress?.(progress),
    });
    try {
      return await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  /** Ends a pack that runs, and waits for that. */
  async close(): Promise<void> {
    this.#closed = true;
    // Why it ended is told to whoever began it.
    await this.#running?.catch(() => undefined);
  }

  #step(step: PackStep): PackAnswer {
    const { log, meta, blobs } = this.#parts;
    switch (step.kind) {
      case 'begin':
        this.watch.begin();
        return NOTHING_ANSWERED;
      case 'touched':
        return { ...NOTHING_ANSWERED, oids: this.watch.takeTouched() };
      case 'forget': {
        const marks = step.marks === undefined ? undefined : new OidMarks(step.marks);
        const oids = this.watch.forget(marks);
        if (oids.length === 0 && step.before > this.packedTid) this.packedTid = step.before;
        return { ...NOTHING_ANSWERED, oids };
      }
      case 'remove':
        this.#remove(step);
        return NOTHING_ANSWERED;
      case 'trash':
        for (const name of step.names) meta.delete(name);
        return NOTHING_ANSWERED;
      case 'blobs': {
        const files = blobs();
        return files === undefined ? NOTHING_ANSWERED : this.watch.removeBlobs(step, files);
      }
      case 'end':
        this.watch.end(log.lastTid);
        return NOTHING_ANSWERED;
    }
  }

  #remove({ objects, revisions }: Extract<PackStep, { kind: 'remove' }>): void {
    const { log } = this.#parts;
    const kept = new Map(log.revisions);
    for (let at = 0; at < revisions.length; at += 2) {
      const tid = revisions[at + 1];
      const oid = asOid(revisions[at] ?? 0);
      const list = kept.get(oid) ?? [];
      kept.set(
        oid,
        list.filter((revision) => revision.tid !== tid),
      );
    }
    for (const object of objects) {
      const oid = asOid(object);
      if (this.watch.isForgotten(oid)) kept.delete(oid);
    }
    log.revisions = kept;
  }
}

/** One moment of a storage in memory. */
class MemoryPackView implements PackView {
  readonly lastTid: Tid;
  readonly nextOid: number;
  readonly #parts: MemoryParts;
  readonly #revisions: ReadonlyMap<Oid, readonly StoredRevision[]>;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
    this.lastTid = parts.log.lastTid;
    this.nextOid = parts.counters.nextOid;
    // Commits add to the lists meanwhile; what they add is newer than the view.
    this.#revisions = parts.log.revisions;
  }

  revision(oid: Oid, at: Tid = TID_MAX): StoredRevision | undefined {
    const list = this.#listOf(oid);
    return list.findLast(({ tid }) => tid <= at) ?? list[0];
  }

  older(oid: Oid, { previousTid }: StoredRevision): StoredRevision | undefined {
    return this.#listOf(oid).find(({ tid }) => tid === previousTid);
  }

  async *writtenSince(after: Tid): AsyncGenerator<readonly Oid[]> {
    for (const { tid, oids } of this.#parts.log.transactions.values()) {
      if (tid > after && tid <= this.lastTid) yield oids;
    }
  }

  async *objects(): AsyncGenerator<{ readonly oid: Oid; readonly older: readonly Tid[] }> {
    for (const oid of [...this.#revisions.keys()].sort((a, b) => a - b)) {
      const list = this.#listOf(oid);
      if (list.length > 0) yield { oid, older: list.slice(0, -1).map(({ tid }) => tid) };
    }
  }

  async *trash(): AsyncGenerator<readonly [name: string, entry: TrashEntry]> {
    for (const [name, value] of this.#parts.meta) {
      if (name.startsWith(TRASH_PREFIX)) yield [name, decodeValue(value) as TrashEntry];
    }
  }

  async *meta(): AsyncGenerator<Uint8Array> {
    yield* [...this.#parts.meta.values()];
  }

  async *blobs(): AsyncGenerator<string> {
    yield* this.#parts.blobs()?.names() ?? [];
  }

  #listOf(oid: Oid): readonly StoredRevision[] {
    return (this.#revisions.get(oid) ?? []).filter(({ tid }) => tid <= this.lastTid);
  }
}
