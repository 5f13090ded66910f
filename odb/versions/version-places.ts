/**
 * Where objects are in main and in a version: what their places say, and which entries of maps say
 * the same.
 */
import { treeGet } from '../trees/btree.js';
import { lastRevision } from '../commit/last-revision.js';
import type { MergeClasses } from '../commit/merge.js';
import { placeField } from '../commit/place.js';
import type { Oid } from '../oid.js';
import { classNameOf, decodeRecord, encodeRecord, referencesIn } from '../records/record.js';
import type { Reader } from '../storage.js';
import { StoredTree } from '../trees/stored-tree.js';
import type { StoredRevision } from '../stored.js';
import type { Tid } from '../tid.js';
import { isTreeRecord } from '../objects/tree-class.js';
import { isPlainObject, own, Ref, sameValue, type State } from '../value.js';
import type { VersionEntries } from './version-entries.js';

/** Gives the record of an object on one side. */
export type LookRecord = (oid: Oid) => Uint8Array | undefined;

/** An entry of a map. */
export interface Slot {
  readonly map: Oid;
  readonly key: string;
}

export class Places {
  readonly #entries: VersionEntries;
  readonly #reader: Reader;
  readonly #classes: MergeClasses;
  /** What was read and decoded; the same is asked of each object in a container. */
  readonly #main = new Map<Oid, StoredRevision | undefined>();
  readonly #places = new WeakMap<Uint8Array, { readonly place: Readonly<State> | undefined }>();
  readonly #mainTree: StoredTree;
  readonly #versionTree: StoredTree;

  constructor(entries: VersionEntries, classes: MergeClasses) {
    this.#entries = entries;
    this.#reader = entries.reader;
    this.#classes = classes;
    this.#mainTree = new StoredTree(this.inMain);
    this.#versionTree = new StoredTree(this.inVersion);
  }

  /** Gives what main has, read once. */
  mainRevision(oid: Oid): StoredRevision | undefined {
    if (!this.#main.has(oid)) this.#main.set(oid, this.#reader.revision(oid));
    return this.#main.get(oid);
  }

  readonly inMain: LookRecord = (oid) => this.mainRevision(oid)?.record;

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
      const then = new StoredTree((node) => this.#reader.revision(node, basedOn)?.record);
      if (this.#reader.revision(one, basedOn)?.record === undefined) return false;
      const value = treeGet(then, one, key);
      return value instanceof Ref && value.oid === oid;
    });
    // What it was in may be packed away: a container with one map has no other.
    const map = found ?? (maps.length === 1 ? maps[0] : undefined);
    return map === undefined ? undefined : { map, key };
  }

  mainValue(map: Oid, key: string): unknown {
    if (this.inMain(map) === undefined) return undefined;
    return treeGet(this.#mainTree, map, key);
  }

  /** Tells whether a place names an entry, on one side. */
  isSlotOf(
    place: Readonly<State> | undefined,
    { map, key }: Slot,
    side: 'main' | 'version',
  ): boolean {
    return place?.id === key && this.#mapsIn(place, side).includes(map);
  }

  /** The maps that a container refers to. */
  #mapsIn({ container }: Readonly<State>, side: 'main' | 'version'): Oid[] {
    const look = side === 'main' ? this.inMain : this.inVersion;
    const record = container instanceof Ref ? look(container.oid) : undefined;
    if (record === undefined) return [];
    return [...new Set(referencesIn(record))].filter((oid) => {
      const target = this.#entries.patches.has(oid) ? this.#lastInMain(oid) : look(oid);
      return target !== undefined && isTreeRecord(target);
    });
  }

  /** A map that main ended is still the version's, with its patch. */
  #lastInMain(oid: Oid): Uint8Array | undefined {
    return lastRevision((one, at) => this.#reader.revision(one, at), oid)?.record;
  }

  #versionValue(map: Oid, key: string): unknown {
    if (this.#entries.patches.has(map)) {
      const held = this.#entries.patchValue(map, key);
      return held === undefined ? this.mainValue(map, key) : held.value;
    }
    if (this.inVersion(map) === undefined) return undefined;
    return treeGet(this.#versionTree, map, key);
  }
}

export function isSameSlot(a: Slot | undefined, b: Slot | undefined): boolean {
  return a !== undefined && a.map === b?.map && a.key === b.key;
}

/** Tells whether two places are one spot; the order among neighbours is not looked at. */
export function isSameSpot(
  a: Readonly<State> | undefined,
  b: Readonly<State> | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return sameValue(a.container, b.container) && sameValue(a.id, b.id);
}
