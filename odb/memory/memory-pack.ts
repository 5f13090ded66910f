/**
 * Packing a storage in memory: the same decisions and steps as anywhere, on lists of revisions.
 *
 * Lists are replaced, never shortened, and so is the map of them: a reader keeps what it began with.
 */
import type { FileBlobs } from '../blobs/blobs.js';
import { closedError } from '../errors.js';
import type { MemoryLog, Overlays } from './memory-log.js';
import { MemoryReader, versionSizes } from './memory-reader.js';
import { asOid, type Oid } from '../oid.js';
import { OidMarks } from '../pack/oid-marks.js';
import type { PackOptions, PackReport } from '../pack/pack-options.js';
import type { OverlayHistory } from '../pack/pack-overlays.js';
import {
  NOTHING_ANSWERED,
  packingError,
  planPack,
  runPack,
  triples,
  type PackAnswer,
  type PackStep,
  type PackView,
} from '../pack/pack-run.js';
import { PackWatch } from '../pack/pack-watch.js';
import { decodeValue } from '../records/record.js';
import type { SharedCounters } from '../level/shared-counters.js';
import type { MergeRules } from '../rules.js';
import type { TrashEntry, VersionSize } from '../storage.js';
import type { OverlayRevision, StoredRevision } from '../stored.js';
import { asTid, TID_MAX, type Tid } from '../tid.js';
import { TRASH_PREFIX } from '../pack/trash.js';

/** What a storage in memory has. */
export interface MemoryParts {
  readonly log: MemoryLog;
  readonly meta: Map<string, Uint8Array>;
  readonly counters: SharedCounters;
  /** The blobs, when there are any. */
  readonly blobs: () => FileBlobs | undefined;
}

export class MemoryPack {
  readonly watch = new PackWatch();
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
        if (oids.length === 0 && step.before > log.packedTid) log.packedTid = step.before;
        return { ...NOTHING_ANSWERED, oids };
      }
      case 'remove':
        this.#remove(step);
        this.#parts.counters.packed();
        return NOTHING_ANSWERED;
      case 'overlays':
        this.#removeOverlays(step);
        this.#parts.counters.packed();
        return NOTHING_ANSWERED;
      case 'recount':
        // Nothing is counted here but when it is asked for.
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
      if (tid !== undefined && this.watch.isBase(oid, asTid(tid))) continue;
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

  #removeOverlays({ entries, revisions }: Extract<PackStep, { kind: 'overlays' }>): void {
    const { log } = this.#parts;
    const kept = new Map([...log.overlays].map(([version, lists]) => [version, new Map(lists)]));
    for (const [version, oid, tid] of triples(revisions)) {
      const lists = kept.get(version);
      const list = lists?.get(oid) ?? [];
      lists?.set(
        oid,
        list.filter((revision) => revision.tid !== tid),
      );
    }
    for (const [version, oid, tid] of triples(entries)) {
      const lists = kept.get(version);
      if (lists?.get(oid)?.at(-1)?.tid === tid) lists.delete(oid);
      if (lists?.size === 0) kept.delete(version);
    }
    log.overlays = kept;
  }
}

/** One moment of a storage in memory. */
class MemoryPackView implements PackView {
  readonly lastTid: Tid;
  readonly nextOid: number;
  readonly #parts: MemoryParts;
  readonly #revisions: ReadonlyMap<Oid, readonly StoredRevision[]>;
  readonly #overlays: Overlays;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
    this.lastTid = parts.log.lastTid;
    this.nextOid = parts.counters.nextOid;
    // Commits add to the lists meanwhile; what they add is newer than the view.
    this.#revisions = parts.log.revisions;
    this.#overlays = parts.log.overlays;
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

  async *versions(): AsyncGenerator<VersionSize> {
    using reader = new MemoryReader(this.#parts.log);
    yield* versionSizes(this.#overlays, reader);
  }

  async *overlays(): AsyncGenerator<OverlayHistory> {
    for (const [version, lists] of this.#overlays) {
      for (const oid of [...lists.keys()]) {
        const seen = this.#overlayOf(version, oid);
        const current = seen.at(-1);
        if (current === undefined) continue;
        yield { version, oid, current, older: seen.slice(0, -1).map(({ tid }) => tid) };
      }
    }
  }

  olderOverlay(version: Oid, oid: Oid, wanted: Tid): OverlayRevision | undefined {
    return this.#overlayOf(version, oid).find(({ tid }) => tid === wanted);
  }

  #overlayOf(version: Oid, oid: Oid): readonly OverlayRevision[] {
    const list = this.#overlays.get(version)?.get(oid) ?? [];
    return list.filter(({ tid }) => tid <= this.lastTid);
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
