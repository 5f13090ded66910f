/**
 * The numbers that all threads of one storage share: the newest acknowledged tid, the next oid, how
 * long commits waited, and how often packs removed something.
 *
 * The thread that writes sets the tid before it acknowledges, so no thread that heard of a commit
 * can read an older tid here. Any thread takes oids, without asking another.
 */
import { asOid, type Oid } from '../oid.js';
import { assert } from '../assert.js';
import type { CommitWaits } from '../pack/pack-pace.js';
import { asTid, type Tid } from '../tid.js';

const LAST_TID = 0;
const NEXT_OID = 1;
const COMMITS = 2;
const WAITED_US = 3;
const PACK_STEPS = 4;
const COUNTERS = 5;

/** Most oids that can be taken at once. */
export const ALLOCATE_MAX = 1_000_000;

export class SharedCounters {
  readonly buffer: SharedArrayBuffer;
  readonly #counters: BigInt64Array;

  /** @param buffer that of the storage's other threads; default: a new one */
  constructor(
    buffer: SharedArrayBuffer = new SharedArrayBuffer(COUNTERS * BigInt64Array.BYTES_PER_ELEMENT),
  ) {
    this.buffer = buffer;
    this.#counters = new BigInt64Array(buffer);
  }

  get lastTid(): Tid {
    return asTid(Number(Atomics.load(this.#counters, LAST_TID)));
  }

  set lastTid(tid: Tid) {
    Atomics.store(this.#counters, LAST_TID, BigInt(tid));
  }

  /** The oid that will be given next; none from here up was ever given. */
  get nextOid(): Oid {
    return asOid(Number(Atomics.load(this.#counters, NEXT_OID)));
  }

  /** Gives `count` consecutive oids and answers the first. */
  allocate(count: number): Oid {
    assert(
      Number.isSafeInteger(count) && count > 0 && count <= ALLOCATE_MAX,
      `${count} oids are at least 1 and at most ${ALLOCATE_MAX}`,
    );
    return asOid(Number(Atomics.add(this.#counters, NEXT_OID, BigInt(count))));
  }

  /** Takes note of commits that were answered, and how long they waited altogether. */
  answered(commits: number, waitedUs: number): void {
    Atomics.add(this.#counters, COMMITS, BigInt(commits));
    Atomics.add(this.#counters, WAITED_US, BigInt(Math.round(waitedUs)));
  }

  /** Commits answered since the storage was opened, and how long they waited altogether. */
  get waits(): CommitWaits {
    return {
      commits: Number(Atomics.load(this.#counters, COMMITS)),
      waitedUs: Number(Atomics.load(this.#counters, WAITED_US)),
    };
  }

  /** How often packs have removed something since the storage was opened. */
  get packSteps(): number {
    return Number(Atomics.load(this.#counters, PACK_STEPS));
  }

  /** Takes note that a pack has removed something. */
  packed(): void {
    Atomics.add(this.#counters, PACK_STEPS, 1n);
  }

  /** Sees to it that no oid up to and including this one is given any more. */
  passOid(oid: number): void {
    for (;;) {
      const next = Atomics.load(this.#counters, NEXT_OID);
      if (next > BigInt(oid)) return;
      Atomics.compareExchange(this.#counters, NEXT_OID, next, BigInt(oid) + 1n);
    }
  }
}
