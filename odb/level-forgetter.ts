/**
 * Forgetting in LevelDB: the steps of a pack as operations of the next batch.
 *
 * For the one who writes: steps take their turn among commits, so what a step sees is what the
 * next commit sees.
 */
import type { FileBlobs } from './blobs.js';
import { encodeNumber, KEY_PACKED_TID, metaKey, objectKey, revisionKey } from './level-keys.js';
import type { BatchOperation } from './level-present.js';
import { LevelView, type LevelDatabase } from './level-reader.js';
import { asOid } from './oid.js';
import { OidMarks } from './oid-marks.js';
import { NOTHING_ANSWERED, type PackAnswer, type PackStep } from './pack-run.js';
import { PackWatch } from './pack-watch.js';
import { asTid, type Tid } from './tid.js';

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
  step(step: PackStep, lastTid: Tid, batch: BatchOperation[]): PackAnswer {
    switch (step.kind) {
      case 'begin':
        this.watch.begin();
        return NOTHING_ANSWERED;
      case 'touched':
        return { ...NOTHING_ANSWERED, oids: this.watch.takeTouched() };
      case 'forget':
        return this.#forget(step, batch);
      case 'remove':
        this.#remove(step, batch);
        return NOTHING_ANSWERED;
      case 'trash':
        for (const name of step.names) batch.push({ type: 'del', key: metaKey(name) });
        return NOTHING_ANSWERED;
      case 'blobs':
        return this.watch.removeBlobs(step, this.#blobs);
      case 'end':
        this.watch.end(lastTid);
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
    batch: BatchOperation[],
  ): void {
    for (let at = 0; at < revisions.length; at += 2) {
      const oid = asOid(revisions[at] ?? 0);
      batch.push({ type: 'del', key: revisionKey(oid, asTid(revisions[at + 1] ?? 0)) });
    }
    for (const object of objects) {
      const oid = asOid(object);
      if (this.watch.isForgotten(oid)) batch.push({ type: 'del', key: objectKey(oid) });
    }
  }
}
