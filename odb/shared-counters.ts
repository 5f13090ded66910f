/**
 * Two numbers that all threads of one storage share: the newest acknowledged tid, and the next oid.
 *
 * The thread that writes sets the tid before it acknowledges, so no thread that heard of a commit
 * can read an older tid here. Any thread takes oids, without asking another.
 */
import { asOid, type Oid } from './oid.js';
import { assert } from './assert.js';
import { asTid, type Tid } from './tid.js';

const LAST_TID = 0;
const NEXT_OID = 1;
const COUNTERS = 2;

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

  /** Sees to it that no oid up to and including this one is given any more. */
  passOid(oid: number): void {
    for (;;) {
      const next = Atomics.load(this.#counters, NEXT_OID);
      if (next > BigInt(oid)) return;
      Atomics.compareExchange(this.#counters, NEXT_OID, next, BigInt(oid) + 1n);
    }
  }
}
