/**
 * What one connection changed since its snapshot, as objects in memory.
 *
 * Of each changed map there is, beside its nodes, what its entries were before: that is what is
 * merged when other transactions changed the map too.
 */
import type { Oid } from '../oid.js';
import type { Persistent } from '../objects/persistent.js';
import type { Tid } from '../tid.js';
import { VersionNotes, type NotesMark } from '../versions/version-notes.js';

/** A moment of what was noted beside the objects. */
export interface ChangesMark {
  readonly patches: readonly number[];
  readonly notes: NotesMark | undefined;
}

/** Of a transaction without notes for versions. */
const NO_NOTES: NotesMark = { objects: 0, entries: 0, overlay: 0 };

/** A map of which entries are noted one after another. */
interface NotedMap {
  readonly map: Persistent;
  readonly patch: Map<string, unknown>;
  /** No key that was noted is greater, so greater ones need not be looked for; `undefined`: unknown. */
  greatest: string | undefined;
}

export class Changes {
  /** Objects written or created, nodes of maps included. */
  readonly changed = new Set<Persistent>();
  /** Those of `changed` that the database does not know yet. */
  readonly created = new Set<Persistent>();
  /** Those of `changed` that are to become non-existent. */
  readonly erased = new Set<Persistent>();
  /** For each stored map: key to the value it had before, `undefined` for none. */
  readonly patches = new Map<Persistent, Map<string, unknown>>();
  /** Objects that must still be at that revision when this commits. */
  readonly reads = new Map<Oid, Tid>();
  #notes: VersionNotes | undefined;
  /** The map that was noted last. */
  #last: NotedMap | undefined;

  /** What versions are told; `undefined`: nothing. */
  get notes(): VersionNotes | undefined {
    return this.#notes;
  }

  /** The same, to be added to. */
  get someNotes(): VersionNotes {
    return (this.#notes ??= new VersionNotes());
  }

  /** Gives the moment, for `restore`. Costs one number a map. */
  mark(): ChangesMark {
    return {
      patches: [...this.patches.values()].map(({ size }) => size),
      notes: this.#notes?.mark(),
    };
  }

  /** Forgets what was noted since: notes are only added, so the first ones are those of then. */
  restore({ patches, notes }: ChangesMark): void {
    let index = 0;
    this.#last = undefined;
    for (const [map, patch] of this.patches) {
      const size = patches[index] ?? 0;
      index += 1;
      if (size === 0) this.patches.delete(map);
      else if (size < patch.size) {
        for (const key of [...patch.keys()].slice(size)) patch.delete(key);
      }
    }
    this.#notes?.restore(notes ?? NO_NOTES);
  }

  /** Forgets the objects, whose states are saved or taken back. */
  forgetObjects(): void {
    this.changed.clear();
    this.created.clear();
    this.erased.clear();
  }

  /** Notes what an entry of a map was, unless it was noted before. */
  patch(map: Persistent, key: string, base: unknown): void {
    const noted = this.#last?.map === map ? this.#last : this.#noted(map);
    const { patch, greatest } = noted;
    if (greatest !== undefined && key > greatest) noted.greatest = key;
    else if (patch.has(key)) return;
    patch.set(key, base);
  }

  #noted(map: Persistent): NotedMap {
    let patch = this.patches.get(map);
    const isNew = patch === undefined;
    patch ??= new Map<string, unknown>();
    if (isNew) this.patches.set(map, patch);
    this.#last = { map, patch, greatest: isNew ? '' : undefined };
    return this.#last;
  }
}
