/**
 * Where objects are, when what a version changed comes together with what main did.
 *
 * - Nothing goes below what main removed, and nothing is removed below which main changed something
 *   that the version did not see.
 * - Where an object is, is said by its place; the entries of maps follow. When a conflict about a
 *   place, or about an entry, was resolved, the others are brought in line, so that no object is in
 *   two places, or in none that it names.
 */
import { treeGet } from '../trees/btree.js';
import type { ConflictReason } from '../errors.js';
import { placeField, type MergeClasses } from '../commit/merge.js';
import type { Oid } from '../oid.js';
import { patchValueOf } from '../trees/patch-record.js';
import { patchNodes } from './patched-map.js';
import { classNameOf, decodeRecord, encodeRecord, referencesIn } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { TransactionRecord } from '../stored.js';
import { asTid, TID_ZERO, type Tid } from '../tid.js';
import { isTreeRecord } from '../objects/tree-class.js';
import { isPlainObject, own, Ref, sameValue, type State } from '../value.js';
import { OdbError } from '../errors.js';
import { SEARCHED_TRANSACTIONS_MAX } from '../undo/past.js';
import type { Turns, VersionEntries } from './version-entries.js';

/** Deepest nesting of containers; what is deeper is a circle. */
const CONTAINERS_MAX = 10_000;
/** Most revisions of one entry that are searched for the one that ended its place. */
const REVISIONS_MAX = 1_000;

/** Gives the record of an object on one side. */
export type LookRecord = (oid: Oid) => Uint8Array | undefined;

/** An entry of a map. */
export interface Slot {
  readonly map: Oid;
  readonly key: string;
}

/** Something below what main removed, or something removed with changes below it. */
export interface PlaceConflict {
  readonly oid: Oid;
  readonly field: string;
  readonly reason: ConflictReason;
}

export class Places {
  readonly #entries: VersionEntries;
  readonly #reader: Reader;
  readonly #classes: MergeClasses;
  readonly #removedAt = new Map<string, boolean>();
  /** What was read and decoded; the same is asked of each object in a container. */
  readonly #main = new Map<Oid, Uint8Array | undefined>();
  readonly #places = new WeakMap<Uint8Array, { readonly place: Readonly<State> | undefined }>();

  constructor(entries: VersionEntries, classes: MergeClasses) {
    this.#entries = entries;
    this.#reader = entries.reader;
    this.#classes = classes;
  }

  readonly inMain: LookRecord = (oid) => {
    if (!this.#main.has(oid)) this.#main.set(oid, this.#reader.revision(oid)?.record);
    return this.#main.get(oid);
  };

  readonly inVersion: LookRecord = (oid) => {
    const held = this.#entries.objects.get(oid);
    return held === undefined ? this.inMain(oid) : held.record;
  };

  /** Gives the place in a record; `undefined`: it is nowhere. */
  placeIn(record: Uint8Array | undefined): Readonly<State> | undefined {
    if (record === undefined) return undefined;
    const known = this.#places.get(record);
    if (known !== undefined) return known.place;
    const field = this.fieldOf(record);
    const value = field === undefined ? undefined : own(decodeRecord(record).state, field);
    const place = isPlainObject(value) ? value : undefined;
    this.#places.set(record, { place });
    return place;
  }

  /** Gives the name of the field that says where an object is; `undefined`: its class has none. */
  fieldOf(record: Uint8Array): string | undefined {
    return placeField(classNameOf(record), this.#classes.rules);
  }

  /** Gives a record with another place. */
  withPlace(record: Uint8Array, place: Readonly<State> | undefined): Uint8Array {
    const field = this.fieldOf(record);
    if (field === undefined) return record;
    const { className, state } = decodeRecord(record);
    return encodeRecord(className, { ...state, [field]: place });
  }

  /** Finds the entry of a map that says the same as an object's place, on one side. */
  slotOf(oid: Oid, place: Readonly<State> | undefined, side: 'main' | 'version'): Slot | undefined {
    if (place === undefined || typeof place.id !== 'string') return undefined;
    const key = place.id;
    const map = this.#mapsIn(place, side).find((one) => {
      const value = side === 'main' ? this.mainValue(one, key) : this.#versionValue(one, key);
      return value instanceof Ref && value.oid === oid;
    });
    return map === undefined ? undefined : { map, key };
  }

  /**
   * Finds the entry in which an object was when the version began from it, if its map is still
   * there: for an object that main has taken out of it.
   */
  formerSlot(oid: Oid, basedOn: Tid, record: Uint8Array | undefined): Slot | undefined {
    const place = this.placeIn(record);
    if (place === undefined || typeof place.id !== 'string') return undefined;
    const key = place.id;
    const maps = this.#mapsIn(place, 'main');
    const found = maps.find((one) => {
      const then = patchNodes((node) => this.#reader.revision(node, basedOn)?.record);
      if (this.#reader.revision(one, basedOn)?.record === undefined) return false;
      const value = treeGet(then, one, key);
      return value instanceof Ref && value.oid === oid;
    });
    // What it was in may be packed away: a container with one map has no other.
    const map = found ?? (maps.length === 1 ? maps[0] : undefined);
    return map === undefined ? undefined : { map, key };
  }

  /**
   * Finds the entries that the version still has of an object where it once put it, and that its
   * place does not name: main had moved it, and the version moved it on from there.
   */
  leftSlots(oid: Oid, place: Readonly<State> | undefined): Slot[] {
    const { reader, version } = this.#entries;
    const slots: Slot[] = [];
    let entry = this.#entries.objects.get(oid);
    let last = place;
    for (let count = 0; entry !== undefined && count < REVISIONS_MAX; count += 1) {
      const former = this.placeIn(entry.record);
      if (!isSameSpot(former, last) && !isSameSpot(former, place)) {
        const slot = this.slotOf(oid, former, 'version');
        if (slot !== undefined) slots.push(slot);
      }
      last = former;
      if (entry.previousTid === TID_ZERO) break;
      const before = reader.overlay(version, oid, entry.previousTid);
      entry = before !== undefined && before.tid < entry.tid ? before : undefined;
    }
    return slots;
  }

  mainValue(map: Oid, key: string): unknown {
    if (this.inMain(map) === undefined) return undefined;
    return treeGet(patchNodes(this.inMain), map, key);
  }

  /** Tells whether an object would be in itself: each side moved one into the other. */
  inItself(oid: Oid, record: Uint8Array | undefined, look: LookRecord): PlaceConflict | undefined {
    const isMoved = !isSameSpot(this.placeIn(record), this.placeIn(this.inMain(oid)));
    if (record === undefined || !isMoved) return undefined;
    const passed = new Set<Oid>();
    for (const container of this.#containersOf(oid, look)) {
      if (container === oid) return { oid, field: this.fieldOf(record) ?? '', reason: 'moved' };
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
    if (this.placeIn(record) === undefined) return undefined;
    const held = this.#entries.objects.get(oid);
    const since = held === undefined ? TID_ZERO : held.basedOn || held.tid;
    for (const container of this.#containersOf(oid, look)) {
      if (!this.#wasRemoved(container, look, since, held?.tid)) continue;
      const field = record === undefined ? undefined : this.fieldOf(record);
      return { oid, field: field ?? '', reason: 'container-removed' };
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
      const isEnd = this.placeIn(record) === undefined;
      if (isEnd && this.placeIn(this.inMain(oid)) !== undefined) ended.set(oid, this.#endedAt(oid));
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
      const record = this.inMain(oid);
      const field = record === undefined ? undefined : this.fieldOf(record);
      yield { oid, field: field ?? '', reason: 'container-removed' };
    }
  }

  /** The maps that a container refers to. */
  #mapsIn({ container }: Readonly<State>, side: 'main' | 'version'): Oid[] {
    const look = side === 'main' ? this.inMain : this.inVersion;
    const record = container instanceof Ref ? look(container.oid) : undefined;
    if (record === undefined) return [];
    return [...new Set(referencesIn(record))].filter((oid) => {
      const target = this.#entries.patches.has(oid) ? this.inMain(oid) : look(oid);
      return target !== undefined && isTreeRecord(target);
    });
  }

  #versionValue(map: Oid, key: string): unknown {
    if (this.#entries.patches.has(map)) {
      const { reader, version } = this.#entries;
      const patch = patchNodes((oid) => reader.overlay(version, oid)?.record);
      const held = treeGet(patch, map, key);
      if (held !== undefined) return patchValueOf(held).value;
      return this.mainValue(map, key);
    }
    if (this.inVersion(map) === undefined) return undefined;
    return treeGet(patchNodes(this.inVersion), map, key);
  }

  *#containersOf(oid: Oid, look: LookRecord): Generator<Oid> {
    let at = this.#containerOf(oid, look);
    for (let steps = 0; at !== undefined && steps < CONTAINERS_MAX; steps += 1) {
      yield at;
      at = this.#containerOf(at, look);
    }
  }

  #containerOf(oid: Oid, look: LookRecord): Oid | undefined {
    const container = this.placeIn(look(oid))?.container;
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
    if (this.placeIn(look(container)) !== undefined) return false;
    const now = this.#reader.revision(container);
    // What began in the version, or was removed in it, is its own business.
    if (now === undefined || this.placeIn(now.record) !== undefined) return false;
    // What is new rests on no moment of main, so nothing tells that its container was known to be gone.
    const isUnknown = since === written || now.tid > since;
    if (now.record === undefined) return isUnknown && look(container) === undefined;
    const hadPlace = (at: Tid): boolean =>
      this.placeIn(this.#reader.revision(container, at)?.record) !== undefined;
    if (hadPlace(since) || (written !== undefined && hadPlace(written))) return true;
    return isUnknown && this.#reader.transaction(now.tid)?.removed.includes(container) === true;
  }

  /** The moment of which the version saw main when it took an object out of its container. */
  #endedAt(oid: Oid): Tid {
    const held = this.#entries.objects.get(oid);
    if (held === undefined) return this.#reader.lastTid;
    const { reader, version } = this.#entries;
    let { tid } = held;
    for (let count = 0, at = held.previousTid; count < REVISIONS_MAX; count += 1) {
      const before = at === TID_ZERO ? undefined : reader.overlay(version, oid, at);
      if (before === undefined || before.live || before.tid > at) break;
      if (this.placeIn(before.record) !== undefined) break;
      tid = before.tid;
      at = before.previousTid;
    }
    return asTid(Math.max(tid, held.basedOn));
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

/** Tells whether two places are one spot; the order among neighbours is not looked at. */
export function isSameSpot(
  a: Readonly<State> | undefined,
  b: Readonly<State> | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return sameValue(a.container, b.container) && sameValue(a.id, b.id);
}
