/**
 * Entries of containers in which a version still has an object that it put there once, and that is
 * elsewhere by now: main had moved it, and the version moved it on from there.
 *
 * What an object was in is told by its past in the version and, where a pack forgot that, by the
 * entries that the version put into maps: patches note it, and a map that has the contents of a
 * container is known by what else is in it.
 */
import { NODE_CLASS, treeEntries } from '../trees/btree.js';
import type { Oid } from '../oid.js';
import { classNameOf } from '../records/record.js';
import { StoredTree } from '../trees/stored-tree.js';
import { TID_ZERO } from '../tid.js';
import { isTreeRecord } from '../objects/tree-class.js';
import { Ref, type State } from '../value.js';
import type { VersionEntries } from './version-entries.js';
import { isSameSlot, isSameSpot, type Places, type Slot } from './version-places.js';

/** Most revisions of one entry that are searched for places it had. */
const REVISIONS_MAX = 1_000;
/** Most entries of a map that are looked at to tell whether it has the contents of a container. */
const NEIGHBOURS_MAX = 1_000;

export class LeftSlots {
  readonly #entries: VersionEntries;
  readonly #places: Places;
  readonly #mainTree: StoredTree;
  readonly #versionTree: StoredTree;
  readonly #contents = new Map<Oid, boolean>();
  #ownSlots: ReadonlyMap<Oid, readonly Slot[]> | undefined;

  constructor(entries: VersionEntries, places: Places) {
    this.#entries = entries;
    this.#places = places;
    this.#mainTree = new StoredTree(places.inMain);
    this.#versionTree = new StoredTree(places.inVersion);
  }

  /** Finds the entries of an object that its place does not name. */
  find(oid: Oid, place: Readonly<State> | undefined): Slot[] {
    const slots = this.#slotsInVersion().get(oid) ?? [];
    const others = slots.filter((slot) => !this.#places.isSlotOf(place, slot, 'version'));
    const main = this.#places.inMain(oid);
    const isMoved = main !== undefined && !isSameSpot(this.#places.placeIn(main), place);
    // Most are where they were, and need no search.
    if (others.length === 0 && !isMoved) return [];
    const found = this.#slotsOfPast(oid, place);
    for (const slot of others) {
      const isFound = found.some((one) => isSameSlot(one, slot));
      if (!isFound && (this.#wasPlaced(slot) || this.#hasContents(slot.map))) found.push(slot);
    }
    return found;
  }

  /** The entries of places that the object had in the version. */
  #slotsOfPast(oid: Oid, place: Readonly<State> | undefined): Slot[] {
    const { reader, version } = this.#entries;
    const slots: Slot[] = [];
    let entry = this.#entries.objects.get(oid);
    let last = place;
    for (let count = 0; entry !== undefined && count < REVISIONS_MAX; count += 1) {
      const former = this.#places.placeIn(entry.record);
      if (!isSameSpot(former, last) && !isSameSpot(former, place)) {
        const slot = this.#places.slotOf(oid, former, 'version');
        if (slot !== undefined) slots.push(slot);
      }
      last = former;
      if (entry.previousTid === TID_ZERO) break;
      const before = reader.overlay(version, oid, entry.previousTid);
      entry = before !== undefined && before.tid < entry.tid ? before : undefined;
    }
    return slots;
  }

  /**
   * The entries by which the version itself refers to objects, by object: of patches, and of maps
   * that began in it.
   */
  #slotsInVersion(): ReadonlyMap<Oid, readonly Slot[]> {
    if (this.#ownSlots !== undefined) return this.#ownSlots;
    const found = new Map<Oid, Slot[]>();
    const note = (value: unknown, slot: Slot): void => {
      if (!(value instanceof Ref)) return;
      const known = found.get(value.oid);
      if (known === undefined) found.set(value.oid, [slot]);
      else known.push(slot);
    };
    for (const map of this.#entries.patches.keys()) {
      for (const [key, { value }] of this.#entries.patchOf(map)) note(value, { map, key });
    }
    for (const [map, { record }] of this.#entries.objects) {
      const isMap = record !== undefined && isTreeRecord(record);
      if (!isMap || classNameOf(record) === NODE_CLASS) continue;
      for (const [key, value] of treeEntries(this.#versionTree, map)) note(value, { map, key });
    }
    this.#ownSlots = found;
    return found;
  }

  /** Tells whether what the version put into an entry said that it was there. */
  #wasPlaced({ map, key }: Slot): boolean {
    const { patches } = this.#entries;
    return patches.has(map) && this.#entries.patchValue(map, key)?.placed === true;
  }

  /** Tells whether something in a map says, on one of the sides, that it is there. */
  #hasContents(map: Oid): boolean {
    const known = this.#contents.get(map);
    if (known !== undefined) return known;
    let found = false;
    let count = 0;
    for (const [key, value] of this.#entriesOf(map)) {
      found = value instanceof Ref && this.#isIn(value.oid, { map, key });
      count += 1;
      if (found || count >= NEIGHBOURS_MAX) break;
    }
    this.#contents.set(map, found);
    return found;
  }

  /** The version's entries of a map, and main's. */
  *#entriesOf(map: Oid): Generator<readonly [key: string, value: unknown]> {
    if (this.#entries.patches.has(map)) {
      for (const [key, { value }] of this.#entries.patchOf(map)) yield [key, value];
    } else if (this.#places.inVersion(map) !== undefined) {
      yield* treeEntries(this.#versionTree, map);
    }
    if (this.#places.inMain(map) !== undefined) yield* treeEntries(this.#mainTree, map);
  }

  #isIn(oid: Oid, slot: Slot): boolean {
    const places = this.#places;
    return (
      places.isSlotOf(places.placeIn(places.inMain(oid)), slot, 'main') ||
      places.isSlotOf(places.placeIn(places.inVersion(oid)), slot, 'version')
    );
  }
}
