/**
 * Containers, when what a version changed comes together with what main did: nothing goes below what
 * main removed, nothing is removed below which main changed something that the version did not see,
 * and nothing is in itself.
 */
import { OdbError, type ConflictReason } from '../errors.js';
import type { Oid } from '../oid.js';
import type { Reader } from '../storage.js';
import type { TransactionRecord } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';
import { SEARCHED_TRANSACTIONS_MAX } from '../undo/past.js';
import { Ref, sameBytes } from '../value.js';
import type { Turns, VersionEntries } from './version-entries.js';
import { isSameSpot, type LookRecord, type Places } from './version-places.js';

/** Deepest nesting of containers; what is deeper is a circle. */
const CONTAINERS_MAX = 10_000;

/** Something below what main removed, or something removed with changes below it. */
export interface PlaceConflict {
  readonly oid: Oid;
  readonly field: string;
  readonly reason: ConflictReason;
  /** What main removed, and it is below. */
  readonly container?: Oid;
}

export class Containers {
  readonly #entries: VersionEntries;
  readonly #reader: Reader;
  readonly #places: Places;
  readonly #removedAt = new Map<string, boolean>();

  constructor(entries: VersionEntries, places: Places) {
    this.#entries = entries;
    this.#reader = entries.reader;
    this.#places = places;
  }

  /** Tells whether an object would be in itself: each side moved one into the other. */
  inItself(oid: Oid, record: Uint8Array | undefined, look: LookRecord): PlaceConflict | undefined {
    const isMoved = !isSameSpot(
      this.#places.placeIn(record),
      this.#places.placeIn(this.#places.inMain(oid)),
    );
    if (record === undefined || !isMoved) return undefined;
    const passed = new Set<Oid>();
    for (const container of this.#containersOf(oid, look)) {
      if (container === oid)
        return { oid, field: this.#places.fieldOf(record) ?? '', reason: 'moved' };
      if (passed.has(container)) return undefined;
      passed.add(container);
    }
    return undefined;
  }

  /**
   * Tells whether an object would go below something that main removed.
   *
   * @param record its new state
   * @param look states as they will be
   */
  belowRemoved(
    oid: Oid,
    record: Uint8Array | undefined,
    look: LookRecord,
  ): PlaceConflict | undefined {
    if (this.#places.placeIn(record) === undefined) return undefined;
    const held = this.#entries.objects.get(oid);
    const since = held === undefined ? TID_ZERO : held.basedOn || held.tid;
    for (const container of this.#containersOf(oid, look)) {
      if (!this.#wasRemoved(container, look, since, held?.tid)) continue;
      const field = record === undefined ? undefined : this.#places.fieldOf(record);
      return { oid, field: field ?? '', reason: 'container-removed', container };
    }
    return undefined;
  }

  /**
   * Finds what would be removed although main changed something below it.
   *
   * @throws OdbError `ODB_TOO_LONG_AGO` when more than 100,000 transactions would have to be searched
   */
  async *aboveChanged(
    written: Iterable<readonly [Oid, Uint8Array | undefined]>,
    look: LookRecord,
    turns: Turns,
  ): AsyncGenerator<PlaceConflict> {
    const ended = new Map<Oid, Tid>();
    for (const [oid, record] of written) {
      const isEnd = this.#places.placeIn(record) === undefined;
      if (isEnd && this.#places.placeIn(this.#places.inMain(oid)) !== undefined)
        ended.set(oid, this.#endedAt(oid));
    }
    if (ended.size === 0) return;
    const found = new Set<Oid>();
    for (const { tid, oids, maps } of this.#since(Math.min(...ended.values()) as Tid)) {
      const nodes = new Set(maps.flatMap((map) => map.nodes));
      await turns.step();
      for (const oid of oids) {
        if (nodes.has(oid) || ended.has(oid)) continue;
        for (const container of this.#containersOf(oid, look)) {
          if (tid > (ended.get(container) ?? Infinity)) found.add(container);
        }
      }
    }
    for (const oid of found) {
      const record = this.#places.inMain(oid);
      const field = record === undefined ? undefined : this.#places.fieldOf(record);
      yield { oid, field: field ?? '', reason: 'container-removed' };
    }
  }

  *#containersOf(oid: Oid, look: LookRecord): Generator<Oid> {
    let at = this.#containerOf(oid, look);
    for (let steps = 0; at !== undefined && steps < CONTAINERS_MAX; steps += 1) {
      yield at;
      at = this.#containerOf(at, look);
    }
  }

  #containerOf(oid: Oid, look: LookRecord): Oid | undefined {
    const container = this.#places.placeIn(look(oid))?.container;
    return container instanceof Ref ? container.oid : undefined;
  }

  /** Tells whether main took a container out of its own since the version began from something. */
  #wasRemoved(container: Oid, look: LookRecord, since: Tid, written: Tid | undefined): boolean {
    const key = `${container} ${since} ${written ?? 0}`;
    const known = this.#removedAt.get(key);
    if (known !== undefined) return known;
    const found = this.#isRemoved(container, look, since, written);
    this.#removedAt.set(key, found);
    return found;
  }

  #isRemoved(container: Oid, look: LookRecord, since: Tid, written: Tid | undefined): boolean {
    if (this.#places.placeIn(look(container)) !== undefined) return false;
    const now = this.#reader.revision(container);
    // What began in the version, or was removed in it, is its own business.
    if (now === undefined || this.#places.placeIn(now.record) !== undefined) return false;
    const acceptedAt = this.#acceptedAt(container);
    if (acceptedAt !== undefined) return now.tid > acceptedAt && this.#removes(now.tid, container);
    // What is new rests on no moment of main, so nothing tells that its container was known to be gone.
    const isUnknown = since === written || now.tid > since;
    if (now.record === undefined) return isUnknown && look(container) === undefined;
    const hadPlace = (at: Tid): boolean =>
      this.#places.placeIn(this.#reader.revision(container, at)?.record) !== undefined;
    if (hadPlace(since) || (written !== undefined && hadPlace(written))) return true;
    return isUnknown && this.#removes(now.tid, container);
  }

  #removes(tid: Tid, container: Oid): boolean {
    return this.#reader.transaction(tid)?.removed.includes(container) === true;
  }

  /** The moment of main as of which the version keeps a container as it is, removed or not. */
  #acceptedAt(container: Oid): Tid | undefined {
    const held = this.#entries.objects.get(container);
    if (held?.record === undefined || held.basedOn === TID_ZERO) return undefined;
    const then = this.#reader.revision(container, held.basedOn)?.record;
    return then !== undefined && sameBytes(then, held.record) ? held.basedOn : undefined;
  }

  /** The moment of which the version saw main when it took an object out of its container. */
  #endedAt(oid: Oid): Tid {
    const held = this.#entries.objects.get(oid);
    if (held === undefined) return this.#reader.lastTid;
    return held.basedOn === TID_ZERO ? held.tid : held.basedOn;
  }

  /** Main's transactions after one, newest first. */
  *#since(tid: Tid): Generator<TransactionRecord> {
    let at = this.#reader.lastTid;
    for (let count = 0; at > tid; count += 1) {
      if (count >= SEARCHED_TRANSACTIONS_MAX) {
        throw new OdbError(
          'ODB_TOO_LONG_AGO',
          `More than ${SEARCHED_TRANSACTIONS_MAX} transactions have been made since`,
        );
      }
      const transaction = this.#reader.transaction(at);
      if (transaction === undefined) return;
      if (transaction.version === undefined) yield transaction;
      at = transaction.previousTid;
    }
  }
}
