/**
 * From what the writer is asked to do to operations of its next batch.
 *
 * Each piece of work is decided on what is on disk with all that was decided before it. Nothing is
 * written here, and nobody is told.
 */
import type { FileBlobs } from '../blobs/blobs.js';
import { decideCommit, tidForCommit } from '../commit/commit.js';
import { decodeMeta, type UnpackedCommit } from '../commit/commit-packing.js';
import type { Decision } from '../commit/decision.js';
import type { MergeClasses } from '../commit/merge.js';
import { OdbError } from '../errors.js';
import type { BatchOperation } from './level-batch.js';
import { LevelForgetter } from './level-forgetter.js';
import { encodeNumber, KEY_LAST_TID, KEY_NEXT_OID, metaKey } from './level-keys.js';
import { LevelPresent } from './level-present.js';
import type { LevelDatabase } from './level-view.js';
import type { PackAnswer, PackStep } from '../pack/pack-run.js';
import { trashOf } from '../pack/trash.js';
import { encodeValue } from '../records/record.js';
import type { SharedCounters } from './shared-counters.js';
import type { Tid } from '../tid.js';
import type { CommitRequest, CommitResult } from '../writes.js';

/** Metadata as it is to be stored: name to encoded value; `undefined` removes the entry. */
export type MetaEntries = Readonly<Record<string, Uint8Array | undefined>>;

/** What is asked for. */
export type WriterWork =
  | { readonly kind: 'commit'; readonly bytes: number; unpack(): UnpackedCommit }
  | { readonly kind: 'meta'; readonly entries: MetaEntries }
  | { readonly kind: 'pack'; readonly step: PackStep };

/** What became of it: of a commit, or of a step of a pack. */
export interface WriterResult extends CommitResult {
  readonly packed?: PackAnswer;
}

export interface DeciderOptions {
  readonly db: LevelDatabase;
  readonly counters: SharedCounters;
  readonly blobs: Pick<FileBlobs, 'has' | 'removeOlder'>;
  readonly classes: MergeClasses;
  /** Most entries of a map's node. */
  readonly order: number;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
}

export class LevelDecider {
  readonly #options: DeciderOptions;
  readonly #now: () => number;
  #present: LevelPresent;
  readonly #forgetter: LevelForgetter;

  constructor(options: DeciderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#present = new LevelPresent(options.db);
    this.#forgetter = new LevelForgetter(options.db, options.blobs);
  }

  /** To be called before the work of each batch. */
  beginGroup(): void {
    this.#present.beginGroup();
  }

  /**
   * Decides one piece of work, on top of those before, and adds what is to be written to `batch`. When
   * it throws, what was added means nothing.
   *
   * @throws whatever the work is refused with
   */
  decide(work: WriterWork, batch: BatchOperation[]): WriterResult {
    const present = this.#present;
    if (work.kind === 'meta') {
      for (const [name, value] of Object.entries(work.entries)) {
        const key = metaKey(name);
        batch.push(value === undefined ? { type: 'del', key } : { type: 'put', key, value });
      }
      return { tid: present.lastTid, merged: [] };
    }
    if (work.kind === 'pack') {
      const packed = this.#forgetter.step(work.step, present, batch);
      present.forgetReplaced();
      return { tid: present.lastTid, merged: [], packed };
    }
    const request = work.unpack();
    this.#requireBlobs(request);
    const { classes, order, counters } = this.#options;
    const decision = decideCommit(request, present, {
      tid: tidForCommit(request, present.lastTid, this.#now()),
      classes,
      order,
      allocate: () => counters.allocate(1),
    });
    if (decision === undefined) return { tid: present.lastTid, merged: [] };
    const { watch } = this.#forgetter;
    watch.check(decision, request.baseTid, present);
    this.#throwAway(decision, request, batch);
    watch.accepted(decision, request.blobs, present);
    present.accept(decision, request.meta, batch);
    for (const { oid, previous } of decision.revisions) {
      if (previous === undefined) counters.passOid(oid);
    }
    for (const { oid, previous } of decision.overlays) {
      if (previous === undefined) counters.passOid(oid);
    }
    const { tid, previousTid } = decision.transaction;
    return { tid, previousTid, merged: decision.merged };
  }

  /** Notes in the trash what a commit takes out of its container. */
  #throwAway(decision: Decision, request: UnpackedCommit, batch: BatchOperation[]): void {
    const { removed } = request;
    if (removed.length === 0) return;
    const entries = trashOf(decision, {
      removed,
      user: decodeMeta(request.meta).user,
      rules: this.#options.classes.rules,
      look: (oid) => this.#present.revision(oid),
    });
    for (const [name, entry] of entries) {
      batch.push({ type: 'put', key: metaKey(name), value: encodeValue(entry) });
    }
  }

  #requireBlobs({ blobs }: Pick<CommitRequest, 'blobs'>): void {
    for (const sha256 of blobs) {
      if (!this.#options.blobs.has(sha256)) {
        throw new OdbError('ODB_NO_BLOB', `A commit names the blob ${sha256}, which is not there`);
      }
    }
  }

  /** Adds what the whole batch has to say, and answers the newest transaction in it. */
  complete(batch: BatchOperation[]): Tid {
    const { changed, created, lastTid } = this.#present;
    if (changed) {
      batch.push({ type: 'put', key: KEY_LAST_TID, value: encodeNumber(lastTid) });
      if (created) {
        const nextOid = encodeNumber(this.#options.counters.nextOid);
        batch.push({ type: 'put', key: KEY_NEXT_OID, value: nextOid });
      }
    }
    return lastTid;
  }

  /** The batch is on disk, or on its way there. */
  written(): void {
    this.#present.written();
  }

  /** Forgets all that was decided, and reads again what there is. */
  beginAnew(): void {
    const { db, counters } = this.#options;
    this.#present = new LevelPresent(db);
    counters.lastTid = this.#present.lastTid;
  }
}

/** How many bytes are to be written for it, about. */
export function bytesOf(work: WriterWork): number {
  if (work.kind === 'commit') return work.bytes;
  if (work.kind === 'pack') return 0;
  return Object.values(work.entries).reduce((sum, value) => sum + (value?.length ?? 0), 0);
}
