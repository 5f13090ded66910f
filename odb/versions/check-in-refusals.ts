/**
 * What places and references do not allow, in what a check-in would leave in main.
 */
import type { DraftedObject } from './check-in-places.js';
import type { Oid } from '../oid.js';
import { encodeValue, referencesIn } from '../records/record.js';
import { TID_ZERO } from '../tid.js';
import { Ref, sameBytes, sameValue, type State } from '../value.js';
import { Containers, type PlaceConflict } from './version-containers.js';
import type { Turns, VersionEntries } from './version-entries.js';
import type { RecordSides } from './version-merge.js';
import type { MergedKey } from './version-merge-map.js';
import type { Places } from './version-places.js';
import { PlannedObject, type VersionConflict } from './version-plan.js';

export class CheckInRefusals {
  readonly #places: Places;
  readonly #containers: Containers;
  readonly #objects: ReadonlyMap<Oid, DraftedObject>;

  /** @param objects what was decided, which may change from one search to the next */
  constructor(entries: VersionEntries, places: Places, objects: ReadonlyMap<Oid, DraftedObject>) {
    this.#places = places;
    this.#containers = new Containers(entries, places);
    this.#objects = objects;
  }

  /** @param begun nodes of begun maps that are others than the version has */
  async find(
    begun: ReadonlyMap<Oid, Uint8Array | undefined>,
    turns: Turns,
  ): Promise<PlaceConflict[]> {
    return [...(await this.#placeConflicts(turns)), ...(await this.#lostReferences(begun, turns))];
  }

  /** Gives a conflict with the states of all sides. */
  describe({ oid, field, reason }: PlaceConflict): VersionConflict {
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

  async #placeConflicts(turns: Turns): Promise<PlaceConflict[]> {
    const written = this.#changedRecords();
    const look = (oid: Oid): Uint8Array | undefined => {
      const drafted = this.#objects.get(oid);
      return drafted === undefined ? this.#places.inMain(oid) : drafted.after;
    };
    const containers = this.#containers;
    const found: PlaceConflict[] = [];
    for (const [oid, record] of written) {
      const conflict =
        containers.inItself(oid, record, look) ?? containers.belowRemoved(oid, record, look);
      if (conflict !== undefined) found.push(conflict);
      await turns.step();
    }
    for await (const conflict of containers.aboveChanged(written, look, turns)) {
      found.push(conflict);
    }
    return found;
  }

  #changedRecords(): [Oid, Uint8Array | undefined][] {
    return [...this.#objects].flatMap(([oid, { main, after }]) =>
      isSame(main, after) ? [] : [[oid, after] as [Oid, Uint8Array | undefined]],
    );
  }

  /** Finds what would come to main and refers to what main ended: it would be damage there. */
  async #lostReferences(
    begun: ReadonlyMap<Oid, Uint8Array | undefined>,
    turns: Turns,
  ): Promise<PlaceConflict[]> {
    const found: PlaceConflict[] = [];
    for (const [oid, drafted] of this.#objects) {
      const after = begun.has(oid) ? begun.get(oid) : drafted.after;
      const isLost = this.#refersToEnded(drafted.main, after);
      if (isLost) found.push({ oid, field: '', reason: 'removed' });
      await turns.step();
    }
    return found;
  }

  #refersToEnded(main: Uint8Array | undefined, after: Uint8Array | undefined): boolean {
    if (after === undefined || isSame(main, after)) return false;
    const known = main === undefined ? [] : referencesIn(main);
    return referencesIn(after).some((to) => !known.includes(to) && this.#isEnded(to));
  }

  /** Main does not have an object, and will not have it. */
  #isEnded(oid: Oid): boolean {
    return this.#objects.get(oid)?.after === undefined && this.#places.inMain(oid) === undefined;
  }

  /** Gives what main ended, or never had, among what a key of a map would lead to in main. */
  lostBy({ main, after }: MergedKey): Oid[] {
    if (after === undefined || sameValue(main, after)) return [];
    return referencesOf(after).filter((to) => this.#isEnded(to));
  }
}

function referencesOf(value: unknown): readonly Oid[] {
  if (value instanceof Ref) return [value.oid];
  return typeof value === 'object' && value !== null ? referencesIn(encodeValue(value)) : [];
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
