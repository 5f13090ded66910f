/**
 * Forgetting in LevelDB: the steps of a pack as operations of the next batch.
 *
 * For the one who writes: steps take their turn among commits, so what a step sees is what the
 * next commit sees.
 */
import type { FileBlobs } from '../blobs/blobs.js';
import type { BatchOperation } from './level-batch.js';
import {
  encodeNumber,
  KEY_PACKED_TID,
  metaKey,
  objectKey,
  overlayKey,
  overlayRevisionKey,
  revisionKey,
} from './level-keys.js';
import type { LevelPresent } from './level-present.js';
import { LevelView, type LevelDatabase } from './level-view.js';
import { asOid } from '../oid.js';
import { OidMarks } from '../pack/oid-marks.js';
import { NOTHING_ANSWERED, triples, type PackAnswer, type PackStep } from '../pack/pack-run.js';
import { PackWatch } from '../pack/pack-watch.js';
import { asTid } from '../tid.js';

export class LevelForgetter {
  /** What commits have to be told of, and what they are not to do meanwhile. */
  readonly watch = new PackWatch();
  readonly #view: LevelView;
  readonly #blobs: Pick<FileBlobs, 'removeOlder'>;

  constructor(db: LevelDatabase, blobs: Pick<FileBlobs, 'removeOlder'>) {
    this.#view = new LevelView(db);
    this.#blobs = blobs;
  }

  /** Does one step. What it removes from the database goes with `batch`. */
  step(step: PackStep, present: LevelPresent, batch: BatchOperation[]): PackAnswer {
    switch (step.kind) {
      case 'begin':
        this.watch.begin();
        return NOTHING_ANSWERED;
      case 'touched':
        return { ...NOTHING_ANSWERED, oids: this.watch.takeTouched() };
      case 'forget':
        return this.#forget(step, batch);
      case 'remove':
        this.#remove(step, present, batch);
        return NOTHING_ANSWERED;
      case 'overlays':
        this.#removeOverlays(step, present, batch);
        return NOTHING_ANSWERED;
      case 'recount':
        for (let at = 0; at < step.versions.length; at += 2) {
          const [version = 0, more = 0] = step.versions.subarray(at, at + 2);
          present.recount(asOid(version), more, batch);
        }
        return NOTHING_ANSWERED;
      case 'trash':
        for (const name of step.names) batch.push({ type: 'del', key: metaKey(name) });
        return NOTHING_ANSWERED;
      case 'blobs':
        return this.watch.removeBlobs(step, this.#blobs);
      case 'end':
        this.watch.end(present.lastTid);
        return NOTHING_ANSWERED;
    }
  }

  #forget(
    { before, marks }: Extract<PackStep, { kind: 'forget' }>,
    batch: BatchOperation[],
  ): PackAnswer {
    const kept = marks === undefined ? undefined : new OidMarks(marks);
    const oids = this.watch.forget(kept);
    if (oids.length === 0 && before > this.#view.packedTid()) {
      // On disk before anything is forgotten, so that nobody takes what is missing for damage.
      batch.push({ type: 'put', key: KEY_PACKED_TID, value: encodeNumber(before) });
    }
    return { ...NOTHING_ANSWERED, oids };
  }

  #remove(
    { objects, revisions }: Extract<PackStep, { kind: 'remove' }>,
    present: LevelPresent,
    batch: BatchOperation[],
  ): void {
    for (let at = 0; at < revisions.length; at += 2) {
      const oid = asOid(revisions[at] ?? 0);
      const tid = asTid(revisions[at + 1] ?? 0);
      if (!this.watch.isBase(oid, tid)) batch.push({ type: 'del', key: revisionKey(oid, tid) });
    }
    for (const object of objects) {
      const oid = asOid(object);
      if (!this.watch.isForgotten(oid)) continue;
      batch.push({ type: 'del', key: objectKey(oid) });
      present.forgetObject(oid);
    }
  }

  #removeOverlays(
    { entries, revisions }: Extract<PackStep, { kind: 'overlays' }>,
    present: LevelPresent,
    batch: BatchOperation[],
  ): void {
    for (const [version, oid, tid] of triples(revisions)) {
      batch.push({ type: 'del', key: overlayRevisionKey(version, oid, tid) });
    }
    for (const [version, oid, tid] of triples(entries)) {
      // A commit may have written it since.
      if (present.overlay(version, oid)?.tid !== tid) continue;
      batch.push({ type: 'del', key: overlayKey(version, oid) });
      present.forgetOverlay(version, oid);
    }
  }
}
