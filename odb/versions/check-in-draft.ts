/**
 * What a check-in would leave in main, entry by entry, and then all of it in line.
 */
import type { BegunMaps } from './begun-maps.js';
import { EndedObjects } from './check-in-ended.js';
import { CheckInPlaces, type ContestedEntry, type DraftedObject } from './check-in-places.js';
import { CheckInRefusals } from './check-in-refusals.js';
import { lastRevision } from '../commit/last-revision.js';
import { LostReferences } from './check-in-lost.js';
import type { MergeClasses } from '../commit/merge.js';
import type { Oid } from '../oid.js';
import { classNameOf, encodeValue } from '../records/record.js';
import type { OverlayRevision } from '../stored.js';
import type { EntryChange, PatchValue } from '../writes.js';
import { TID_ZERO } from '../tid.js';
import { sameBytes, sameValue } from '../value.js';
import type { VersionChoice } from './version-choice.js';
import type { Turns, VersionEntries } from './version-entries.js';
import type { PlaceConflict } from './version-containers.js';
import { mergeObject, sidesOf, type RecordSides } from './version-merge.js';
import { mergeList } from './version-merge-list.js';
import { keysInConflict, mergeMap, resolvedKey, type MergedKey } from './version-merge-map.js';
import { Places } from './version-places.js';
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

export class CheckInDraft {
  readonly conflicts: VersionConflict[] = [];
  readonly lists: PlannedList[] = [];
  /** Objects that go although main changed something below them, since it was resolved so. */
  readonly accepted = new Set<Oid>();
  /** What main removed, although something new of the version is to be below it. */
  readonly acceptedRemovals = new Set<Oid>();
  readonly #options: CheckInDraftOptions;
  readonly #places: Places;
  readonly #settling: CheckInPlaces;
  readonly #ended: EndedObjects;
  readonly #refusals: CheckInRefusals;
  readonly #lost: LostReferences;
  readonly #objects = new Map<Oid, DraftedObject>();
  readonly #keys = new Map<Oid, Map<string, MergedKey>>();

  constructor(options: CheckInDraftOptions) {
    this.#options = options;
    this.#places = new Places(options.entries, options.classes);
    this.#ended = new EndedObjects(options.entries, this.#places, this.#objects);
    this.#refusals = new CheckInRefusals(options.entries, this.#places, this.#objects);
    this.#lost = new LostReferences({
      entries: options.entries,
      places: this.#places,
      objects: this.#objects,
      keys: this.#keys,
      lists: this.lists,
      conflicts: this.conflicts,
      resolve: options.resolve,
    });
    this.#settling = new CheckInPlaces({
      entries: options.entries,
      places: this.#places,
      objects: this.#objects,
      keys: this.#keys,
    });
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

  /** Entries that go from maps that began in the version. */
  get deletions(): ReturnType<BegunMaps['deletions']> {
    return this.#settling.begunMaps.deletions();
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
    const main = this.#places.mainRevision(oid);
    const sides = sidesOf(entries.reader, oid, held, main);
    const result = mergeObject(oid, sides, classes, resolve?.get(oid));
    if (!result.merged) this.conflicts.push(result.conflict);
    const after = result.merged ? result.value : sides.main;
    this.#add(oid, sides, after);
    const isEnded = sides.main === undefined && main !== undefined;
    if (isEnded && after !== undefined) this.#ended.bringBackParts(after);
  }

  #decideMap(map: Oid): void {
    const { entries, choice, resolve } = this.#options;
    const chosen: (readonly [string, PatchValue])[] = [];
    for (const entry of entries.patchOf(map)) if (choice.hasKey(map, entry[0])) chosen.push(entry);
    if (chosen.length === 0) return;
    const { reader } = entries;
    const resolution = resolve?.get(map);
    const basedOn = entries.patches.get(map)?.basedOn ?? TID_ZERO;
    const sides = { map, className: this.#className(map), basedOn, patch: chosen };
    const result = mergeMap(sides, { reader, resolution });
    if (!result.merged) {
      this.conflicts.push(result.conflict);
      return;
    }
    const { keys, comesBack } = result.value;
    if (comesBack) this.#ended.bringBackMap(map);
    this.#keys.set(map, new Map(keys.map((one) => [one.key, one])));
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
    this.#settling.settleKeys();
    for (let isSettled = false; !isSettled;) {
      const contested = await this.#settling.settle(turns);
      isSettled =
        !this.#giveEntries(contested) &&
        !this.#lost.takeBackKeys() &&
        !this.#lost.takeBackItems() &&
        !this.#takeBackPlaces([
          ...(await this.#refusals.find(turns)),
          ...(await this.#lost.find(this.#settling.begunRecords(), turns)),
        ]);
    }
  }

  /** Gives entries that two objects would have to one of them, where that was said. */
  #giveEntries(contested: readonly ContestedEntry[]): boolean {
    const { resolve } = this.#options;
    const open = new Map<Oid, ContestedEntry[]>();
    for (const one of contested) {
      const chosen = resolvedKey(one, resolve?.get(one.map));
      const isMain = sameValue(chosen?.value, one.main);
      if (chosen !== undefined && (isMain || sameValue(chosen.value, one.version))) {
        this.#settling.giveEntry(one, isMain ? 'main' : 'version');
        return true;
      }
      open.set(one.map, [...(open.get(one.map) ?? []), one]);
    }
    for (const [map, keys] of open) {
      // What is in conflict already is to be resolved first.
      if (this.#isInConflict(map)) continue;
      this.conflicts.push(keysInConflict(map, this.#className(map), keys, { exists: true }));
    }
    return false;
  }

  #isInConflict(one: Oid): boolean {
    return this.conflicts.some(({ oid }) => oid === one);
  }

  /** Takes back what is resolved so, after which other places may be in conflict. */
  #takeBackPlaces(found: readonly PlaceConflict[]): boolean {
    const { resolve } = this.#options;
    let isTakenBack = false;
    for (const { oid } of found) {
      const drafted = this.#objects.get(oid);
      if (drafted === undefined || resolve?.get(oid) !== 'main') continue;
      drafted.after = drafted.main;
      isTakenBack = true;
    }
    if (isTakenBack) return true;
    for (const conflict of found) {
      const isResolved = resolve?.get(conflict.oid) !== undefined;
      // No object is in itself, or refers to nothing, whoever wants it.
      if (isResolved && conflict.reason === 'container-removed') this.#accept(conflict);
      else if (!this.#isInConflict(conflict.oid)) {
        this.conflicts.push(this.#refusals.describe(conflict));
      }
    }
    return false;
  }

  #accept({ oid, container }: PlaceConflict): void {
    this.accepted.add(oid);
    const isNew = this.#objects.get(oid)?.currentTid === TID_ZERO;
    if (isNew && container !== undefined) this.acceptedRemovals.add(container);
  }

  /** The objects that would change, begin or end. */
  objects(): PlannedObject[] {
    const begun = this.#settling.begunRecords();
    return [...this.#objects].flatMap(([oid, { currentTid, ...records }]) => {
      const after = begun.has(oid) ? begun.get(oid) : records.after;
      if (isSame(records.main, after)) return [];
      return [new PlannedObject(oid, currentTid, { ...records, after })];
    });
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
    const currentTid = this.#places.mainRevision(oid)?.tid ?? TID_ZERO;
    this.#objects.set(oid, { ...sides, currentTid, after });
  }

  #className(oid: Oid): string {
    const { reader } = this.#options.entries;
    const record = lastRevision((one, at) => reader.revision(one, at), oid)?.record;
    return record === undefined ? '' : classNameOf(record);
  }
}

function encoded(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : encodeValue(value);
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
