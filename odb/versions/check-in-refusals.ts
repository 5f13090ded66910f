/**
 * What places do not allow, in what a check-in would leave in main.
 */
import type { DraftedObject } from './check-in-places.js';
import type { Oid } from '../oid.js';
import { TID_ZERO } from '../tid.js';
import { sameBytes, type State } from '../value.js';
import { Containers, type PlaceConflict } from './version-containers.js';
import type { Turns, VersionEntries } from './version-entries.js';
import type { RecordSides } from './version-merge.js';
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

  /** Finds what would be below what main removed, above what it changed, or in itself. */
  async find(turns: Turns): Promise<PlaceConflict[]> {
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

  #changedRecords(): [Oid, Uint8Array | undefined][] {
    return [...this.#objects].flatMap(([oid, { main, after }]) =>
      isSame(main, after) ? [] : [[oid, after] as [Oid, Uint8Array | undefined]],
    );
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
