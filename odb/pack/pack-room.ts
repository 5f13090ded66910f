/**
 * Where a pack made so much room that it is worth giving back to the disk.
 *
 * What a pack removes is marked as removed; the bytes go when the files around them are written
 * anew. That costs as much as what is left there, so it is done only for ranges of objects of which
 * a good part went.
 */
import type { Oid } from '../oid.js';

/** Objects from one oid to another, both included. */
export interface OidRange {
  readonly from: Oid;
  readonly to: Oid;
}

/** Keys that are looked at together. */
const STRETCH_KEYS = 10_000;
/** The part of them that is to be gone. */
const GONE_MIN = 1 / 8;
/** Fewest keys that are to be gone altogether. */
const GONE_KEYS_MIN = 100;

/** Collects ranges while a pack goes through all objects, by ascending oid. */
export class EmptiedRanges {
  readonly #ranges: OidRange[] = [];
  #from: Oid | undefined;
  #to: Oid | undefined;
  #keys = 0;
  #gone = 0;
  #goneInAll = 0;
  /** The stretch before this one is the last of the ranges. */
  #isNeighbour = false;

  /** Takes note of an object: how many keys it had, and how many of them went. */
  passed(oid: Oid, keys: number, gone: number): void {
    this.#from ??= oid;
    this.#to = oid;
    this.#keys += keys;
    this.#gone += gone;
    this.#goneInAll += gone;
    if (this.#keys >= STRETCH_KEYS) this.#end();
  }

  /** Gives the ranges, ascending; neighbours are one. */
  finish(): readonly OidRange[] {
    this.#end();
    return this.#goneInAll < GONE_KEYS_MIN ? [] : this.#ranges;
  }

  #end(): void {
    const [from, to] = [this.#from, this.#to];
    const isWorthIt = this.#gone > 0 && this.#gone >= this.#keys * GONE_MIN;
    this.#keys = 0;
    this.#gone = 0;
    this.#from = undefined;
    if (from === undefined || to === undefined || !isWorthIt) {
      this.#isNeighbour = false;
      return;
    }
    const last = this.#isNeighbour ? this.#ranges.pop() : undefined;
    this.#ranges.push({ from: last?.from ?? from, to });
    this.#isNeighbour = true;
  }
}
