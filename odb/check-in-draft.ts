/**
 * What a check-in would leave in main, entry by entry, and then all of it in line.
 */
import type { MergeClasses } from './merge.js';
import type { Oid } from './oid.js';
import { classNameOf, encodeValue } from './record.js';
import type { EntryChange, OverlayRevision, PatchValue } from './storage.js';
import { TID_ZERO, type Tid } from './tid.js';
import { Ref, sameBytes, sameValue, type State } from './value.js';
import type { VersionChoice } from './version-choice.js';
import type { Turns, VersionEntries } from './version-entries.js';
import {
  mergeList,
  mergeMap,
  mergeObject,
  sidesOf,
  type MergedKey,
  type RecordSides,
} from './version-merge.js';
import { isSameSpot, Places, type PlaceConflict, type Slot } from './version-places.js';
import {
  PlannedObject,
  type PlannedList,
  type PlannedMap,
  type Resolution,
  type VersionConflict,
} from './version-plan.js';

export interface CheckInDraftOptions {
  readonly entries: VersionEntries;
  readonly choice: VersionChoice;
  readonly classes: MergeClasses;
  readonly resolve: ReadonlyMap<Oid, Resolution> | undefined;
}

/** An object on the way. */
export interface DraftedObject extends RecordSides {
  /** Main's revision. */
  readonly currentTid: Tid;
  after: Uint8Array | undefined;
}

export class CheckInDraft {
  readonly conflicts: VersionConflict[] = [];
  readonly lists: PlannedList[] = [];
  /** Objects that go although main changed something below them, since it was resolved so. */
  readonly accepted = new Set<Oid>();
  readonly #options: CheckInDraftOptions;
  readonly #places: Places;
  readonly #objects = new Map<Oid, DraftedObject>();
  readonly #keys = new Map<Oid, Map<string, MergedKey>>();

  constructor(options: CheckInDraftOptions) {
    this.#options = options;
    this.#places = new Places(options.entries, options.classes);
  }

  /** Decides everything that was chosen. What is derived from other objects takes no part. */
  async decide(turns: Turns): Promise<void> {
    const { entries, choice } = this.#options;
    for (const [oid, held] of entries.objects) {
      if (choice.has(oid) && !this.isDerived(oid)) this.#decideObject(oid, held);
      await turns.next();
    }
    for (const map of entries.patches.keys()) {
      if (!this.isDerived(map)) this.#decideMap(map);
      await turns.next();
    }
    for (const [list, nodes] of entries.lists) {
      if (choice.has(list) && !this.isDerived(list)) this.#decideList(list, nodes);
      await turns.next();
    }
    await this.#settle(turns);
    turns.end();
  }

  /** Main has the object, and can work out its state: whoever derives it does. */
  isDerived(oid: Oid): boolean {
    return this.#options.classes.isDerived?.(this.#className(oid)) === true;
  }

  /** All objects that were decided, changed or not. */
  get drafted(): ReadonlyMap<Oid, DraftedObject> {
    return this.#objects;
  }

  /** All keys that were decided, by map, changed or not. */
  get keys(): ReadonlyMap<Oid, ReadonlyMap<string, MergedKey>> {
    return this.#keys;
  }

  #decideObject(oid: Oid, held: OverlayRevision): void {
    const { entries, classes, resolve } = this.#options;
    const sides = sidesOf(entries.reader, oid, held);
    const result = mergeObject(oid, sides, classes, resolve?.get(oid));
    if (!result.merged) this.conflicts.push(result.conflict);
    this.#add(oid, sides, result.merged ? result.value : sides.main);
  }

  #decideMap(map: Oid): void {
    const { entries, choice, resolve } = this.#options;
    const chosen: (readonly [string, PatchValue])[] = [];
    for (const entry of entries.patchOf(map)) if (choice.hasKey(map, entry[0])) chosen.push(entry);
    if (chosen.length === 0) return;
    const { reader } = entries;
    const resolution = resolve?.get(map);
    const result = mergeMap(map, this.#className(map), chosen, { reader, resolution });
    if (!result.merged) this.conflicts.push(result.conflict);
    else this.#keys.set(map, new Map(result.value.map((one) => [one.key, one])));
  }

  #decideList(list: Oid, held: ReadonlyMap<Oid, OverlayRevision>): void {
    const { entries, resolve } = this.#options;
    const { reader } = entries;
    const result = mergeList(list, held, { reader, resolution: resolve?.get(list) });
    if (!result.merged) this.conflicts.push(result.conflict);
    else this.lists.push({ list, className: this.#className(list), edits: result.value });
  }

  /** Brings places and entries of maps in line, and looks for what they do not allow. */
  async #settle(turns: Turns): Promise<void> {
    for (const [map, keys] of this.#keys) {
      for (const one of keys.values()) this.#settleKey(map, one);
    }
    await this.#settleSpots(turns);
    let isTakenBack = false;
    for (const conflict of await this.#placeConflicts(turns)) {
      const resolution = this.#options.resolve?.get(conflict.oid);
      const drafted = this.#objects.get(conflict.oid);
      if (resolution === 'main' && drafted !== undefined) {
        drafted.after = drafted.main;
        isTakenBack = true;
      } else if (resolution === undefined) this.conflicts.push(this.#describe(conflict));
      else this.accepted.add(conflict.oid);
    }
    if (isTakenBack) await this.#settleSpots(turns);
  }

  /** The objects that would change, begin or end. */
  objects(): PlannedObject[] {
    return [...this.#objects].flatMap(([oid, { currentTid, ...records }]) =>
      isSame(records.main, records.after) ? [] : [new PlannedObject(oid, currentTid, records)],
    );
  }

  maps(): PlannedMap[] {
    return [...this.#keys].flatMap(([map, keys]) => {
      const entries: EntryChange[] = [];
      for (const { key, main, after } of keys.values()) {
        if (sameValue(main, after)) continue;
        entries.push({ key, base: encoded(main), value: encoded(after) });
      }
      return entries.length === 0 ? [] : [{ map, className: this.#className(map), entries }];
    });
  }

  #add(oid: Oid, sides: RecordSides, after: Uint8Array | undefined): void {
    const currentTid = this.#options.entries.reader.revision(oid)?.tid ?? TID_ZERO;
    this.#objects.set(oid, { ...sides, currentTid, after });
  }

  /** Where both sides put something under one key, what lost it is not there. */
  #settleKey(map: Oid, { key, base, main, version, after }: MergedKey): void {
    if (sameValue(main, base) || sameValue(main, version)) return;
    if (version instanceof Ref && !sameValue(after, version))
      this.#losesInVersion(version.oid, key);
    if (main instanceof Ref && !sameValue(after, main)) this.#losesInMain(main.oid, key, map);
  }

  /** What the version put under a key that is another's: what is new does not begin. */
  #losesInVersion(oid: Oid, key: string): void {
    const drafted = this.#objects.get(oid);
    if (drafted?.after === undefined) return;
    if (this.#places.placeIn(drafted.after)?.id !== key) return;
    if (drafted.main === undefined) drafted.after = undefined;
    else {
      const place = this.#places.placeIn(drafted.main);
      drafted.after = this.#places.withPlace(drafted.after, place);
    }
  }

  /** What main has under a key that is another's from now on: it is in no container any more. */
  #losesInMain(oid: Oid, key: string, map: Oid): void {
    const main = this.#places.inMain(oid);
    const record = this.#objects.get(oid)?.after ?? main;
    if (record === undefined || main === undefined) return;
    const slot = this.#places.slotOf(oid, this.#places.placeIn(main), 'main');
    const isThere = slot?.map === map && slot.key === key;
    const goesElsewhere = !isSameSpot(this.#places.placeIn(record), this.#places.placeIn(main));
    if (!isThere || goesElsewhere) return;
    const sides = this.#objects.get(oid) ?? { base: main, main, version: main };
    this.#add(oid, sides, this.#places.withPlace(record, undefined));
  }

  async #settleSpots(turns: Turns): Promise<void> {
    for (const [oid, drafted] of this.#objects) {
      this.#settleSpot(oid, drafted);
      await turns.step();
    }
  }

  /** The version's entries say where the version has an object: elsewhere they have to follow. */
  #settleSpot(oid: Oid, { base, main, version, after }: DraftedObject): void {
    const places = this.#places;
    if (isSame(base, main) && isSame(version, after)) return;
    const [from, there, here, then] = [base, main, version, after].map((record) =>
      places.placeIn(record),
    );
    if (isSameSpot(then, here) && isSameSpot(there, from)) return;
    const inMain = places.slotOf(oid, there, 'main');
    const inVersion = places.slotOf(oid, here, 'version') ?? this.#formerSlot(oid, version);
    const isAsMain = isSameSpot(then, there);
    const isAsVersion = isSameSpot(then, here);
    if (inVersion !== undefined && !sameSlot(inMain, inVersion)) {
      this.#put(inVersion, oid, isAsVersion && then !== undefined);
    }
    if (inMain !== undefined) {
      const isSlot = isAsMain || (isAsVersion && sameSlot(inMain, inVersion));
      this.#put(inMain, oid, isSlot && then !== undefined);
    }
  }

  /** Where the version edited what main took out of its container, the entry comes back with it. */
  #formerSlot(oid: Oid, version: Uint8Array | undefined): Slot | undefined {
    const held = this.#options.entries.objects.get(oid);
    if (held === undefined || held.basedOn === TID_ZERO) return undefined;
    return this.#places.formerSlot(oid, held.basedOn, version);
  }

  /** Sees to it that an entry refers to an object, or does not. */
  #put({ map, key }: Slot, oid: Oid, isThere: boolean): void {
    const keys = this.#keys.get(map) ?? new Map<string, MergedKey>();
    const main = this.#places.mainValue(map, key);
    const planned = keys.get(key) ?? { key, base: main, main, version: main, after: main };
    const isIt = planned.after instanceof Ref && planned.after.oid === oid;
    if (isIt === isThere) return;
    if (this.#places.inMain(map) === undefined) return;
    // Somebody else is there, or is to be: that was decided by itself.
    if (isThere && planned.after !== undefined) return;
    keys.set(key, { ...planned, after: isThere ? new Ref(oid) : undefined });
    this.#keys.set(map, keys);
  }

  async #placeConflicts(turns: Turns): Promise<PlaceConflict[]> {
    const written = this.#changedRecords();
    const look = (oid: Oid): Uint8Array | undefined => {
      const drafted = this.#objects.get(oid);
      return drafted === undefined ? this.#places.inMain(oid) : drafted.after;
    };
    const found: PlaceConflict[] = [];
    for (const [oid, record] of written) {
      const conflict = this.#places.belowRemoved(oid, record, look);
      if (conflict !== undefined) found.push(conflict);
      await turns.step();
    }
    for await (const conflict of this.#places.aboveChanged(written, look, turns)) {
      found.push(conflict);
    }
    return found;
  }

  #changedRecords(): [Oid, Uint8Array | undefined][] {
    return [...this.#objects].flatMap(([oid, { main, after }]) =>
      isSame(main, after) ? [] : [[oid, after] as [Oid, Uint8Array | undefined]],
    );
  }

  #describe({ oid, field, reason }: PlaceConflict): VersionConflict {
    const { base, main, version } = this.#objects.get(oid) ?? this.#asMain(oid);
    const planned = new PlannedObject(oid, TID_ZERO, { base, main, version, after: undefined });
    const states: Record<'base' | 'main' | 'version', State | undefined> = planned;
    return {
      oid,
      className: planned.className,
      fields: field === '' ? [] : [field],
      keys: [],
      reason,
      base: states.base,
      main: states.main,
      version: states.version,
    };
  }

  #asMain(oid: Oid): RecordSides {
    const main = this.#places.inMain(oid);
    return { base: main, main, version: main };
  }

  #className(oid: Oid): string {
    const record = this.#places.inMain(oid);
    return record === undefined ? '' : classNameOf(record);
  }
}

function sameSlot(a: Slot | undefined, b: Slot | undefined): boolean {
  return a !== undefined && a.map === b?.map && a.key === b.key;
}

function encoded(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : encodeValue(value);
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
