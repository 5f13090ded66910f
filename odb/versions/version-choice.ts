/**
 * Which of a version's entries go together when some objects are chosen.
 *
 * With an object go what began in the version and it leads to, new containers it is in, its parts
 * (objects it refers to of which none says where it is), and the entries of maps that refer to it;
 * with an entry of a map, what it refers to if that is new or was moved. So nothing that is taken
 * dangles, and no object is in two places.
 */
import { placeField } from '../commit/place.js';
import type { Oid } from '../oid.js';
import { classNameOf, decodeRecord, referencesIn } from '../records/record.js';
import type { MergeRules } from '../rules.js';
import type { PatchValue } from '../writes.js';
import { isTreeRecord } from '../objects/tree-class.js';
import { own, sameValue } from '../value.js';
import { referencesOf } from './value-references.js';
import type { VersionEntries } from './version-entries.js';

export interface VersionChoice {
  /** Tells whether an object, or a list, is taken. */
  has(oid: Oid): boolean;
  /** Tells whether a key of a patch is taken. */
  hasKey(map: Oid, key: string): boolean;
}

/** Takes all there is. */
export const EVERYTHING: VersionChoice = { has: () => true, hasKey: () => true };

/** Takes some objects, and what goes with them. */
export function chooseObjects(
  entries: VersionEntries,
  objects: readonly Oid[],
  rules: MergeRules,
): VersionChoice {
  const choice = new Choice(entries, rules);
  for (const oid of objects) choice.take(oid, { isChosen: true });
  choice.finish();
  return choice;
}

interface Entry {
  readonly map: Oid;
  readonly key: string;
  readonly value: PatchValue;
}

class Choice implements VersionChoice {
  readonly #entries: VersionEntries;
  readonly #rules: MergeRules;
  readonly #taken = new Set<Oid>();
  readonly #keys = new Map<Oid, Set<string>>();
  readonly #waiting: Oid[] = [];
  /** Entries of patches, by what they refer to. */
  readonly #referring = new Map<Oid, Entry[]>();

  constructor(entries: VersionEntries, rules: MergeRules) {
    this.#entries = entries;
    this.#rules = rules;
    for (const map of entries.patches.keys()) {
      for (const [key, value] of entries.patchOf(map)) {
        for (const oid of referencesOfEntry(value)) {
          const known = this.#referring.get(oid) ?? [];
          known.push({ map, key, value });
          this.#referring.set(oid, known);
        }
      }
    }
  }

  has(oid: Oid): boolean {
    return this.#taken.has(oid);
  }

  hasKey(map: Oid, key: string): boolean {
    return this.#keys.get(map)?.has(key) === true;
  }

  /** @param options.isChosen of a map, all keys; otherwise those that lead to no placed object */
  take(oid: Oid, { isChosen }: { readonly isChosen: boolean }): void {
    if (this.#entries.patches.has(oid)) {
      for (const [key, value] of this.#entries.patchOf(oid)) {
        const isPart = isChosen || !referencesOfEntry(value).some((to) => this.#isPlaced(to));
        if (isPart) this.#takeKey({ map: oid, key, value });
      }
    }
    if (this.#taken.has(oid)) return;
    if (this.#entries.get(oid) !== undefined) this.#taken.add(oid);
    this.#waiting.push(oid);
  }

  finish(): void {
    for (let oid = this.#waiting.pop(); oid !== undefined; oid = this.#waiting.pop()) {
      for (const entry of this.#referring.get(oid) ?? []) this.#takeKey(entry);
      if (this.#entries.patches.has(oid)) continue;
      const nodes = this.#entries.lists.get(oid)?.values();
      const held = this.#entries.objects.get(oid);
      for (const { record } of nodes ?? (held === undefined ? [] : [held])) {
        if (record !== undefined) this.#follow(record);
      }
    }
  }

  #follow(record: Uint8Array): void {
    const isPart = isTreeRecord(record);
    for (const oid of new Set(referencesIn(record))) {
      const isOwn = isPart ? this.#moved(oid) : !this.#isPlaced(oid);
      if (this.#began(oid) || isOwn) this.take(oid, { isChosen: false });
    }
  }

  #takeKey({ map, key, value }: Entry): void {
    const keys = this.#keys.get(map) ?? new Set();
    if (keys.has(key)) return;
    this.#keys.set(map, keys.add(key));
    for (const oid of referencesOfEntry(value)) {
      if (this.#began(oid) || this.#moved(oid)) this.take(oid, { isChosen: false });
    }
  }

  /** The version has an object that main has not, or has no more. */
  #began(oid: Oid): boolean {
    const { objects, reader } = this.#entries;
    return objects.has(oid) && reader.revision(oid)?.record === undefined;
  }

  /** The version has the object in another place than main. */
  #moved(oid: Oid): boolean {
    const held = this.#entries.objects.get(oid);
    if (held === undefined) return false;
    const main = this.#entries.reader.revision(oid)?.record;
    return !sameValue(this.#placeIn(held.record), this.#placeIn(main));
  }

  #isPlaced(oid: Oid): boolean {
    const { reader } = this.#entries;
    const record = this.#entries.objects.get(oid)?.record ?? reader.revision(oid)?.record;
    return record !== undefined && placeField(classNameOf(record), this.#rules) !== undefined;
  }

  #placeIn(record: Uint8Array | undefined): unknown {
    if (record === undefined) return undefined;
    const { className, state } = decodeRecord(record);
    const field = placeField(className, this.#rules);
    return field === undefined ? undefined : own(state, field);
  }
}

function referencesOfEntry({ base, value }: PatchValue): Oid[] {
  return [...referencesOf(base), ...referencesOf(value)];
}
