/**
 * What was written last, at hand for the one who writes: whoever changes an object again needs no
 * read to know what is there, nor to find where the next revision skips to.
 *
 * Nobody else writes, so what is kept is always what is on disk, or in the batch that is on its way
 * there. All of that batch is kept until it is settled: nowhere else is it known.
 */
import type { LevelRevision, Skip } from './level-values.js';
import type { Oid } from '../oid.js';

/**
 * How many bytes of revisions are kept between batches, at most; those written last are, up to a
 * third of it. Revisions share buffers with those written next to them, so what is kept of a few of
 * them takes no more memory than this, either.
 */
export const LATELY_BYTES_MAX = 8 * 1024 * 1024;

/** A current revision, and where its skip pointer leads. */
export type Written<R extends LevelRevision> = R & { readonly skip: Skip | undefined };

/** The newer ones become the older ones once they are more than this, so keeping one is one entry. */
const NEWER_BYTES = Math.floor(LATELY_BYTES_MAX / 3);
const OLDER_BYTES = LATELY_BYTES_MAX - NEWER_BYTES;

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
    this.#newer.set(oid, written);
    this.#bytes += written.value.length;
  }

  drop(oid: Oid): void {
    this.#newer.delete(oid);
    this.#older.delete(oid);
  }

  /** Now that all of it is on disk, forgets what was written longest ago. */
  settle(): void {
    if (this.#bytes <= NEWER_BYTES) return;
    this.#older = this.#bytes <= OLDER_BYTES ? this.#newer : fitting(this.#newer);
    this.#newer = new Map();
    this.#bytes = 0;
  }
}

/** Of a batch that is too large by itself, gives as many as may be kept. */
function fitting<R extends LevelRevision>(
  written: ReadonlyMap<Oid, Written<R>>,
): Map<Oid, Written<R>> {
  const kept = new Map<Oid, Written<R>>();
  let bytes = 0;
  for (const [oid, revision] of written) {
    const { length } = revision.value;
    if (bytes + length > OLDER_BYTES) continue;
    bytes += length;
    kept.set(oid, revision);
  }
  return kept;
}
