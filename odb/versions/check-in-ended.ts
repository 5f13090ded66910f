/**
 * What main ended and a check-in brings back, since the version changed it.
 *
 * It comes with its parts, and with what was in it, as far as main ended those too and the version
 * says nothing of them.
 */
import type { DraftedObject } from './check-in-places.js';
import { lastRevision } from '../commit/last-revision.js';
import type { Oid } from '../oid.js';
import { referencesIn } from '../records/record.js';
import { TID_ZERO } from '../tid.js';
import { Ref } from '../value.js';
import type { VersionEntries } from './version-entries.js';
import type { Places } from './version-places.js';

export class EndedObjects {
  readonly #entries: VersionEntries;
  readonly #places: Places;
  readonly #objects: Map<Oid, DraftedObject>;

  /** @param objects what was decided; what comes back is added */
  constructor(entries: VersionEntries, places: Places, objects: Map<Oid, DraftedObject>) {
    this.#entries = entries;
    this.#places = places;
    this.#objects = objects;
  }

  /** Brings back a map as it last was. */
  bringBackMap(map: Oid): void {
    const record = this.#last(map);
    if (record === undefined) return;
    this.#add(map, record);
    this.bringBackParts(record);
  }

  /** Brings back what belongs to an object that comes back. @param record of the object */
  bringBackParts(record: Uint8Array): void {
    const waiting = [record];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const oid of referencesIn(next)) {
        if (this.#objects.has(oid) || this.#entries.get(oid) !== undefined) continue;
        const last = this.#last(oid);
        if (last === undefined || this.#places.inMain(oid) !== undefined) continue;
        const container = this.#places.placeIn(last)?.container;
        if (container instanceof Ref && !this.#comesBack(container.oid)) continue;
        this.#add(oid, last);
        waiting.push(last);
      }
    }
  }

  #add(oid: Oid, record: Uint8Array): void {
    const currentTid = this.#places.mainRevision(oid)?.tid ?? TID_ZERO;
    const sides = { base: undefined, main: undefined, version: record };
    this.#objects.set(oid, { ...sides, currentTid, after: record });
  }

  #comesBack(oid: Oid): boolean {
    const drafted = this.#objects.get(oid);
    return drafted !== undefined && drafted.main === undefined && drafted.after !== undefined;
  }

  #last(oid: Oid): Uint8Array | undefined {
    const { reader } = this.#entries;
    return lastRevision((one, at) => reader.revision(one, at), oid)?.record;
  }
}
