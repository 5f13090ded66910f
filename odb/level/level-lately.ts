/**
 * What was written last, at hand for the one who writes: whoever changes an object again needs no
 * read to know what is there, nor to find where the next revision skips to.
 *
 * Nobody else writes, so what is kept is always what is on disk.
 */
import type { LevelRevision } from './level-values.js';
import type { Oid } from '../oid.js';
import type { Tid } from '../tid.js';

/**
 * How many bytes of revisions are looked back on: what was written before the last so many is not
 * kept; what was written after half of them is, unless it is larger than that by itself. Revisions
 * share buffers with those written next to them, so what is kept of a few of them takes no more
 * memory than this, either.
 */
export const LATELY_BYTES_MAX = 8 * 1024 * 1024;

/** A revision that a skip pointer leads to. */
export interface Skip {
  readonly number: number;
  readonly tid: Tid;
  /** Where its own skip pointer leads; `undefined`: nowhere, or to what is forgotten. */
  readonly skip: Skip | undefined;
}

/** A current revision, and where its skip pointer leads. */
export interface Written<R> {
  readonly revision: R;
  readonly skip: Skip | undefined;
}

/** Half of what is kept goes at a time, so that keeping one costs one entry of a map. */
const HALF_BYTES = LATELY_BYTES_MAX / 2;

export class LatelyWritten<R extends LevelRevision> {
  #newer = new Map<Oid, Written<R>>();
  /** Written before; of an object that is in both, the newer one counts. */
  #older = new Map<Oid, Written<R>>();
  /** How much was written since the newer ones begin. */
  #bytes = 0;

  get(oid: Oid): Written<R> | undefined {
    return this.#newer.get(oid) ?? this.#older.get(oid);
  }

  keep(oid: Oid, written: Written<R>): void {
    const { length } = written.revision.value;
    if (length > HALF_BYTES) {
      this.drop(oid);
      return;
    }
    if (this.#bytes + length > HALF_BYTES) {
      this.#older = this.#newer;
      this.#newer = new Map();
      this.#bytes = 0;
    }
    this.#newer.set(oid, written);
    this.#bytes += length;
  }

  drop(oid: Oid): void {
    this.#newer.delete(oid);
    this.#older.delete(oid);
  }
}
