/**
 * What a check-in would leave in main, entry by entry, and then all of it in line.
 */
import type { BegunMaps } from './begun-maps.js';
import { CheckInPlaces, type DraftedObject } from './check-in-places.js';
import type { MergeClasses } from '../commit/merge.js';
import type { Oid } from '../oid.js';
import { classNameOf, encodeValue } from '../records/record.js';
import type { OverlayRevision } from '../stored.js';
import type { EntryChange, PatchValue } from '../writes.js';
import { TID_ZERO } from '../tid.js';
import { sameBytes, sameValue, type State } from '../value.js';
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
import { Places, type PlaceConflict } from './version-places.js';
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
  readonly #options: CheckInDraftOptions;
  readonly #places: Places;
  readonly #settling: CheckInPlaces;
  readonly #objects = new Map<Oid, DraftedObject>();
  readonly #keys = new Map<Oid, Map<string, MergedKey>>();

  constructor(options: CheckInDraftOptions) {
    this.#options = options;
    this.#places = new Places(options.entries, options.classes);
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
    this.#settling.settleKeys();
    for (let isSettled = false; !isSettled;) {
      await this.#settling.settle(turns);
      isSettled = !this.#takeBackPlaces(await this.#placeConflicts(turns));
    }
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
      // No object is in itself, whoever wants it.
      if (isResolved && conflict.reason !== 'moved') this.accepted.add(conflict.oid);
      else this.conflicts.push(this.#describe(conflict));
    }
    return false;
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
    const currentTid = this.#options.entries.reader.revision(oid)?.tid ?? TID_ZERO;
    this.#objects.set(oid, { ...sides, currentTid, after });
  }

  async #placeConflicts(turns: Turns): Promise<PlaceConflict[]> {
    const written = this.#changedRecords();
    const look = (oid: Oid): Uint8Array | undefined => {
      const drafted = this.#objects.get(oid);
      return drafted === undefined ? this.#places.inMain(oid) : drafted.after;
    };
    const found: PlaceConflict[] = [];
    for (const [oid, record] of written) {
      const conflict =
        this.#places.inItself(oid, record, look) ?? this.#places.belowRemoved(oid, record, look);
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

function encoded(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : encodeValue(value);
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
