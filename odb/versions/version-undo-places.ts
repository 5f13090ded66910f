/**
 * Objects and the entries of containers, kept in line by an undo inside a version.
 *
 * An object says where it is, and an entry of a map says the same. After an update one of them may
 * rest on what main did and the other not, so that taking both back would part them: whoever wrote
 * the object since stands in the way.
 */
import { treeGet } from '../trees/btree.js';
import type { MergeClasses } from '../commit/merge.js';
import { placeField } from '../commit/place.js';
import type { Oid } from '../oid.js';
import { laterWriters } from './overlay-history.js';
import { isPatch, patchValueOf } from '../trees/patch-record.js';
import { classNameOf, decodeRecord, decodeValue, referencesIn } from '../records/record.js';
import { StoredTree } from '../trees/stored-tree.js';
import { isTreeRecord } from '../objects/tree-class.js';
import { TID_ZERO } from '../tid.js';
import type { UndoConflict, UndoneObject, UndoPlan } from '../undo/undo.js';
import { isPlainObject, own, Ref, type State } from '../value.js';
import { isSameSpot, type Slot } from './version-places.js';
import type { UndoneTransactions } from './version-undo-bases.js';

type Place = Readonly<State> | undefined;
/** Gives what an entry of a map refers to, or has. */
type Look = (slot: Slot) => unknown;

export class UndoPlaces {
  readonly #undone: UndoneTransactions;
  readonly #classes: MergeClasses;
  readonly #objects: ReadonlyMap<Oid, UndoneObject>;
  /** What entries will have, by map and key. */
  readonly #values: ReadonlyMap<Oid, ReadonlyMap<string, unknown>>;
  readonly #mainTree: StoredTree;
  readonly #ownTree: StoredTree;

  /** @param plan as the version will show it */
  constructor(
    undone: UndoneTransactions,
    { objects, maps }: Pick<UndoPlan, 'objects' | 'maps'>,
    classes: MergeClasses,
  ) {
    const { reader, version } = undone;
    this.#undone = undone;
    this.#classes = classes;
    this.#objects = new Map(objects.map((object) => [object.oid, object]));
    this.#values = new Map(
      maps.map(({ map, entries }) => [
        map,
        new Map(entries.map(({ key, value }) => [key, value && decodeValue(value)])),
      ]),
    );
    this.#mainTree = new StoredTree((oid) => reader.revision(oid)?.record);
    this.#ownTree = new StoredTree((oid) => reader.overlay(version, oid)?.record);
  }

  /** Finds what is where it says that it is, and would not be any more. */
  *conflicts(): Generator<UndoConflict> {
    const oldest = this.#undone.tids.at(-1) ?? TID_ZERO;
    const { reader, version, tids } = this.#undone;
    for (const oid of this.#moved()) {
      const later = laterWriters(reader, version, oid, oldest);
      const blockedBy = later.filter((tid) => !tids.includes(tid));
      // What goes back to what it was is in line with main as it was then.
      if (blockedBy.length === 0) continue;
      const [now, then] = [this.#placeNow(oid), this.#placeThen(oid)];
      const slot = this.#slotOf(oid, now, this.#valueNow);
      if (now !== undefined && slot === undefined) continue;
      const isLost = then !== undefined && this.#slotOf(oid, then, this.#valueThen) === undefined;
      const isLeft = !isSameSpot(now, then) && slot !== undefined && this.#isAt(oid, slot);
      if (!isLost && !isLeft) continue;
      const className = this.#className(oid);
      const field = placeField(className, this.#classes.rules) ?? '';
      yield { oid, className, fields: [field], blockedBy };
    }
  }

  /** The objects of which the place changes, or an entry. */
  #moved(): Set<Oid> {
    const moved = new Set<Oid>();
    for (const { oid, before, after } of this.#objects.values()) {
      if (before === undefined || after === undefined) continue;
      if (!isSameSpot(this.#placeNow(oid), this.#placeThen(oid))) moved.add(oid);
    }
    for (const [map, entries] of this.#values) {
      for (const key of entries.keys()) {
        const value = this.#valueNow({ map, key });
        if (value instanceof Ref && this.#stays(value.oid)) moved.add(value.oid);
      }
    }
    return moved;
  }

  /** An object is there, and will be. */
  #stays(oid: Oid): boolean {
    const planned = this.#objects.get(oid);
    if (planned !== undefined) return planned.before !== undefined && planned.after !== undefined;
    return this.#recordNow(oid) !== undefined;
  }

  #isAt(oid: Oid, slot: Slot): boolean {
    const value = this.#valueThen(slot);
    return value instanceof Ref && value.oid === oid;
  }

  /** Finds the entry that says the same as a place. */
  #slotOf(oid: Oid, place: Place, look: Look): Slot | undefined {
    if (typeof place?.id !== 'string' || !(place.container instanceof Ref)) return undefined;
    const record = this.#recordNow(place.container.oid);
    if (record === undefined) return undefined;
    for (const map of new Set(referencesIn(record))) {
      const slot = { map, key: place.id };
      const value = this.#isMap(map) ? look(slot) : undefined;
      if (value instanceof Ref && value.oid === oid) return slot;
    }
    return undefined;
  }

  readonly #valueNow: Look = ({ map, key }) => {
    const { reader, version } = this.#undone;
    const held = reader.overlay(version, map);
    const isHeld = held !== undefined && !held.live;
    if (isHeld && !isPatch(held.record)) {
      return held.record === undefined ? undefined : treeGet(this.#ownTree, map, key);
    }
    const patched = isHeld ? treeGet(this.#ownTree, map, key) : undefined;
    if (patched !== undefined) return patchValueOf(patched).value;
    const main = reader.revision(map)?.record;
    return main === undefined ? undefined : treeGet(this.#mainTree, map, key);
  };

  readonly #valueThen: Look = (slot) => {
    const planned = this.#values.get(slot.map);
    return planned?.has(slot.key) === true ? planned.get(slot.key) : this.#valueNow(slot);
  };

  #placeNow(oid: Oid): Place {
    const record = this.#recordNow(oid);
    if (record === undefined) return undefined;
    const { className, state } = decodeRecord(record);
    return this.#placeIn(className, state);
  }

  #placeThen(oid: Oid): Place {
    const planned = this.#objects.get(oid);
    if (planned === undefined) return this.#placeNow(oid);
    return planned.after && this.#placeIn(planned.className, planned.after);
  }

  #placeIn(className: string, state: Readonly<State>): Place {
    const field = placeField(className, this.#classes.rules);
    const place = field === undefined ? undefined : own(state, field);
    return isPlainObject(place) ? place : undefined;
  }

  #isMap(oid: Oid): boolean {
    const { reader, version } = this.#undone;
    const held = reader.overlay(version, oid);
    const isPatched = held === undefined || held.live || isPatch(held.record);
    const record = isPatched ? reader.revision(oid)?.record : held.record;
    return record !== undefined && isTreeRecord(record);
  }

  #recordNow(oid: Oid): Uint8Array | undefined {
    const { reader, version } = this.#undone;
    const held = reader.overlay(version, oid);
    return held === undefined || held.live ? reader.revision(oid)?.record : held.record;
  }

  #className(oid: Oid): string {
    const record = this.#recordNow(oid);
    return record === undefined ? '' : classNameOf(record);
  }
}
