/**
 * Oids for new objects, taken from the storage in ranges, since each taking is shared by threads.
 */
import type { Oid } from '../oid.js';
import type { Storage } from '../storage.js';

/** How many oids are taken at once. */
const OIDS_AT_ONCE = 64;

export class OidSupply {
  readonly #storage: Pick<Storage, 'allocate'>;
  #next = 0;
  #last = -1;

  constructor(storage: Pick<Storage, 'allocate'>) {
    this.#storage = storage;
  }

  /** Gives an oid nobody has. */
  take(): Oid {
    if (this.#next > this.#last) {
      this.#next = this.#storage.allocate(OIDS_AT_ONCE);
      this.#last = this.#next + OIDS_AT_ONCE - 1;
    }
    const oid = this.#next as Oid;
    this.#next += 1;
    return oid;
  }
}
