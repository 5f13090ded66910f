/**
 * What was written last, at hand for the one who writes: whoever changes an object again needs no
 * read to know what is there, nor to find where the next revision skips to.
 *
 * Nobody else writes, so what is kept is always what is on disk.
 */
import type { LevelRevision } from './level-keys.js';
import type { Oid } from '../oid.js';
import type { Tid } from '../tid.js';

/** Most bytes of revisions that are kept; those written longest ago go first. */
export const LATELY_BYTES_MAX = 8 * 1024 * 1024;

/** A revision that a skip pointer leads to. */
export interface Skip {
  readonly number: number;
  readonly tid: Tid;
}

/** A current revision, and where its skip pointer leads, and that one's, and so on. */
export interface Written<R> {
  readonly revision: R;
  readonly skips: readonly Skip[];
}

export class LatelyWritten<R extends LevelRevision> {
  readonly #written = new Map<Oid, Written<R>>();
  #bytes = 0;

  get(oid: Oid): Written<R> | undefined {
    return this.#written.get(oid);
  }

  keep(oid: Oid, written: Written<R>): void {
    this.drop(oid);
    this.#written.set(oid, written);
    this.#bytes += written.revision.value.length;
    for (const [oldest] of this.#written) {
      if (this.#bytes <= LATELY_BYTES_MAX) return;
      this.drop(oldest);
    }
  }

  drop(oid: Oid): void {
    const written = this.#written.get(oid);
    if (written === undefined) return;
    this.#written.delete(oid);
    this.#bytes -= written.revision.value.length;
  }
}
