/**
 * What a check-in would bring to main and that leads to what main ended, or never had: there it would
 * be damage.
 */
import type { DraftedObject } from './check-in-places.js';
import { lastRevision } from '../commit/last-revision.js';
import type { Oid } from '../oid.js';
import { classNameOf, referencesIn } from '../records/record.js';
import type { StoredRevision } from '../stored.js';
import type { Tid } from '../tid.js';
import { referencesOf } from './value-references.js';
import { sameBytes, sameValue } from '../value.js';
import type { PlaceConflict } from './version-containers.js';
import type { Turns, VersionEntries } from './version-entries.js';
import { listInConflict } from './version-merge-list.js';
import { keysInConflict, resolvedKey, type MergedKey } from './version-merge-map.js';
import type { Places } from './version-places.js';
import type { PlannedList, Resolution, VersionConflict } from './version-plan.js';

/** What was decided, which may change from one search to the next; keys and items are taken back. */
export interface LostReferencesOptions {
  readonly entries: VersionEntries;
  readonly places: Places;
  readonly objects: ReadonlyMap<Oid, DraftedObject>;
  readonly keys: ReadonlyMap<Oid, Map<string, MergedKey>>;
  readonly lists: PlannedList[];
  readonly conflicts: VersionConflict[];
  readonly resolve: ReadonlyMap<Oid, Resolution> | undefined;
}

export class LostReferences {
  readonly #options: LostReferencesOptions;

  constructor(options: LostReferencesOptions) {
    this.#options = options;
  }

  /** Finds what would come to main and refers to what main ended: it would be damage there. */
  async find(
    begun: ReadonlyMap<Oid, Uint8Array | undefined>,
    turns: Turns,
  ): Promise<PlaceConflict[]> {
    const found: PlaceConflict[] = [];
    for (const [oid, drafted] of this.#options.objects) {
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
    return (
      this.#options.objects.get(oid)?.after === undefined &&
      this.#options.places.inMain(oid) === undefined
    );
  }

  /** Gives what main ended, or never had, among what a key of a map would lead to in main. */
  #lostBy({ main, after }: MergedKey): Oid[] {
    return after === undefined || sameValue(main, after) ? [] : this.#lostIn(after);
  }

  /** Gives what main ended, or never had, among what a value refers to. */
  #lostIn(value: unknown): Oid[] {
    return referencesOf(value).filter((to) => this.#isEnded(to));
  }

  /**
   * Takes back keys that lead to what main ended: where that was said of them, or of all they lead to
   * in vain. The rest is in conflict.
   */
  takeBackKeys(): boolean {
    const { entries, keys: maps, conflicts, resolve } = this.#options;
    let isTakenBack = false;
    for (const [map, keys] of maps) {
      const open: MergedKey[] = [];
      for (const one of keys.values()) {
        const lost = this.#lostBy(one);
        // What is in conflict itself is to be resolved first.
        if (lost.length === 0 || lost.some((oid) => this.#isInConflict(oid))) continue;
        const chosen = resolvedKey(one, resolve?.get(map));
        const isMain = chosen !== undefined && sameValue(chosen.value, one.main);
        if (isMain || lost.every((oid) => resolve?.get(oid) === 'main')) {
          keys.set(one.key, { ...one, after: one.main });
          isTakenBack = true;
        } else open.push(one);
      }
      if (open.length === 0 || this.#isInConflict(map)) continue;
      const look = (oid: Oid, at?: Tid): StoredRevision | undefined =>
        entries.reader.revision(oid, at);
      const record = lastRevision(look, map)?.record;
      const className = record === undefined ? '' : classNameOf(record);
      const conflict = keysInConflict(map, className, open, { exists: true });
      conflicts.push({ ...conflict, reason: 'removed' });
    }
    return isTakenBack;
  }

  /** Takes back items of lists that lead to what main ended, likewise. */
  takeBackItems(): boolean {
    const { entries, lists, conflicts, resolve } = this.#options;
    let isTakenBack = false;
    for (const [at, { list, className, edits }] of lists.entries()) {
      const lostBy = (item: unknown): Oid[] => this.#lostIn(item);
      const lost = edits.flatMap(({ items }) => items.flatMap(lostBy));
      if (lost.length === 0 || lost.some((oid) => this.#isInConflict(oid))) continue;
      if (lost.every((oid) => resolve?.get(oid) === 'main')) {
        const kept = edits.map(({ from, to, items }) => {
          return { from, to, items: items.filter((item) => lostBy(item).length === 0) };
        });
        lists[at] = { list, className, edits: kept };
        isTakenBack = true;
        continue;
      }
      const held = entries.lists.get(list);
      if (held === undefined || this.#isInConflict(list)) continue;
      const about = { reader: entries.reader, reason: 'removed' as const, fields: [] };
      conflicts.push(listInConflict(list, held, about));
    }
    return isTakenBack;
  }

  #isInConflict(one: Oid): boolean {
    return this.#options.conflicts.some(({ oid }) => oid === one);
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
