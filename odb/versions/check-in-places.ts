/**
 * Brings the places of objects and the entries of maps in line, in what a check-in would leave.
 *
 * Where an object is, is said by its place; entries follow. What the version has in a place that is
 * another's, or in a container that does not begin, goes to where main has it, or does not begin.
 */
import { begunNodes, BegunMaps } from './begun-maps.js';
import type { Oid } from '../oid.js';
import { referencesIn } from '../records/record.js';
import { TID_ZERO, type Tid } from '../tid.js';
import { Ref, sameBytes, sameValue } from '../value.js';
import { LeftSlots } from './left-slots.js';
import type { Turns, VersionEntries } from './version-entries.js';
import type { RecordSides } from './version-merge.js';
import type { MergedKey } from './version-merge-map.js';
import { isSameSlot, isSameSpot, type Places, type Slot } from './version-places.js';

/** An object on the way. */
export interface DraftedObject extends RecordSides {
  /** Main's revision. */
  readonly currentTid: Tid;
  after: Uint8Array | undefined;
}

/** An entry that an object would have, and that another has. */
export interface ContestedEntry extends MergedKey {
  readonly map: Oid;
  readonly oid: Oid;
  /** What was decided of the key. */
  readonly planned: MergedKey;
}

/** What was decided, object by object and key by key; it is changed here. */
export interface CheckInDecisions {
  readonly entries: VersionEntries;
  readonly places: Places;
  readonly objects: Map<Oid, DraftedObject>;
  readonly keys: Map<Oid, Map<string, MergedKey>>;
}

export class CheckInPlaces {
  /** Maps that began in the version, as far as entries do not stay in them. */
  readonly begunMaps = new BegunMaps();
  readonly #entries: VersionEntries;
  readonly #places: Places;
  readonly #left: LeftSlots;
  readonly #objects: Map<Oid, DraftedObject>;
  readonly #keys: Map<Oid, Map<string, MergedKey>>;
  #contested: ContestedEntry[] = [];

  constructor({ entries, places, objects, keys }: CheckInDecisions) {
    this.#entries = entries;
    this.#places = places;
    this.#left = new LeftSlots(entries, places);
    this.#objects = objects;
    this.#keys = keys;
  }

  /** Where both sides put something under one key, takes out what lost it. */
  settleKeys(): void {
    for (const [map, keys] of this.#keys) {
      for (const one of keys.values()) this.#settleKey(map, one);
    }
  }

  /**
   * Brings everything in line, after objects were decided or taken back.
   *
   * @returns the entries that two objects would have, which are for somebody to give to one of them
   */
  async settle(turns: Turns): Promise<readonly ContestedEntry[]> {
    this.#contested = [];
    await this.#settleBelow(turns);
    await this.#settleSpots(turns);
    return this.#contested;
  }

  /** Gives a contested entry to the side that is to have it; what loses it is as if the other had won. */
  giveEntry({ map, oid, planned }: ContestedEntry, side: 'main' | 'version'): void {
    const { key, main, after } = planned;
    const isHeldByMain = sameValue(after, main);
    const goesToHolder = isHeldByMain === (side === 'main');
    const loser = goesToHolder ? oid : after instanceof Ref ? after.oid : undefined;
    if (!goesToHolder) this.#keysOf(map).set(key, { ...planned, after: new Ref(oid) });
    if (loser === undefined) return;
    if (side === 'main') this.#losesInVersion(loser, key);
    else this.#losesInMain(loser, key, map);
  }

  /** Gives the nodes of begun maps that are others than the version has; `undefined`: none. */
  begunRecords(): ReadonlyMap<Oid, Uint8Array | undefined> {
    return this.begunMaps.records((oid) => this.#begun(oid)?.after);
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
    const currentTid = this.#entries.reader.revision(oid)?.tid ?? TID_ZERO;
    const after = this.#places.withPlace(record, undefined);
    this.#objects.set(oid, { ...sides, currentTid, after });
  }

  /** Nothing goes into a container that does not begin: what is new neither, the rest stays. */
  async #settleBelow(turns: Turns): Promise<void> {
    for (let isSettled = false; !isSettled;) {
      isSettled = true;
      for (const drafted of this.#objects.values()) {
        await turns.step();
        const { after, main } = drafted;
        const container = this.#places.placeIn(after)?.container;
        const isGone = container instanceof Ref && this.#doesNotBegin(container.oid);
        if (after === undefined || !isGone) continue;
        isSettled = false;
        const place = this.#places.placeIn(main);
        drafted.after = main === undefined ? undefined : this.#places.withPlace(after, place);
      }
    }
    let referred: ReadonlySet<Oid> | undefined;
    for (const [oid, { version }] of this.#objects) {
      await turns.step();
      if (version === undefined || !this.#doesNotBegin(oid)) continue;
      referred ??= this.#referred();
      for (const node of begunNodes(version, referred, (at) => this.#begun(at)?.version)) {
        const drafted = this.#begun(node);
        if (drafted !== undefined) drafted.after = undefined;
      }
    }
  }

  /** What is referred to by what begins or stays. */
  #referred(): ReadonlySet<Oid> {
    const referred = new Set<Oid>();
    for (const { after } of this.#objects.values()) {
      for (const oid of after === undefined ? [] : referencesIn(after)) referred.add(oid);
    }
    for (const keys of this.#keys.values()) {
      for (const { after } of keys.values()) if (after instanceof Ref) referred.add(after.oid);
    }
    return referred;
  }

  /** The version has an object that main has not, and will not have. */
  #doesNotBegin(oid: Oid): boolean {
    const drafted = this.#begun(oid);
    return drafted !== undefined && drafted.after === undefined;
  }

  #begun(oid: Oid): DraftedObject | undefined {
    const drafted = this.#objects.get(oid);
    return drafted?.main === undefined ? drafted : undefined;
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
    for (const slot of this.#left.find(oid, places.placeIn(after))) this.#put(slot, oid, false);
    if (isSame(base, main) && isSame(version, after)) return;
    const [from, there, here, then] = [base, main, version, after].map((record) =>
      places.placeIn(record),
    );
    if (isSameSpot(then, here) && isSameSpot(there, from)) return;
    const inMain = places.slotOf(oid, there, 'main');
    const inVersion = places.slotOf(oid, here, 'version') ?? this.#formerSlot(oid, version);
    const isAsMain = isSameSpot(then, there);
    const isAsVersion = isSameSpot(then, here);
    if (inVersion !== undefined && !isSameSlot(inMain, inVersion)) {
      this.#put(inVersion, oid, isAsVersion && then !== undefined);
    }
    if (inMain !== undefined) {
      const isSlot = isAsMain || (isAsVersion && isSameSlot(inMain, inVersion));
      this.#put(inMain, oid, isSlot && then !== undefined);
    }
  }

  /** Where the version edited what main took out of its container, the entry comes back with it. */
  #formerSlot(oid: Oid, version: Uint8Array | undefined): Slot | undefined {
    const held = this.#entries.objects.get(oid);
    if (held === undefined || held.basedOn === TID_ZERO) return undefined;
    return this.#places.formerSlot(oid, held.basedOn, version);
  }

  /** Sees to it that an entry refers to an object, or does not. */
  #put({ map, key }: Slot, oid: Oid, isThere: boolean): void {
    const known = this.#keys.get(map)?.get(key);
    if (known === undefined && this.#places.inMain(map) === undefined) {
      this.begunMaps.put(map, key, oid, isThere);
      return;
    }
    const keys = this.#keysOf(map);
    const main = this.#places.mainValue(map, key);
    const planned = known ?? { key, base: main, main, version: main, after: main };
    const isIt = planned.after instanceof Ref && planned.after.oid === oid;
    if (isIt === isThere) return;
    if (isThere && planned.after !== undefined) {
      // What main does not have there is what the version is about to put there.
      const isMains = main instanceof Ref && main.oid === oid;
      const version = isMains ? planned.after : new Ref(oid);
      this.#contested.push({ ...planned, version, map, oid, planned });
    } else keys.set(key, { ...planned, after: isThere ? new Ref(oid) : undefined });
  }

  #keysOf(map: Oid): Map<string, MergedKey> {
    const known = this.#keys.get(map) ?? new Map<string, MergedKey>();
    this.#keys.set(map, known);
    return known;
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
