/**
 * What a transaction tells versions beside the states it writes.
 *
 * A check-in ends entries of an overlay while it writes main; an update writes states and says what
 * they are based on from now on. Notes are only added, so a mark is how many there are.
 */
import { OdbError } from '../errors.js';
import type { Oid } from '../oid.js';
import type { Persistent } from '../objects/persistent.js';
import type { OverlayWrite } from '../writes.js';
import type { Tid } from '../tid.js';

/** What a version is told of a state, or of a value of a map. */
export interface VersionNote<Base> {
  /** The version's own goes, as long as the state (or value) is still of these bytes. */
  readonly liveAs?: { readonly bytes: Uint8Array | undefined };
  /** What of main it is based on from now on. */
  readonly basedOn?: Base;
}

/** The same of an entry of a map; values are bytes of `encodeValue`. */
export type EntryNote = VersionNote<{ readonly value: Uint8Array | undefined }>;

/** A moment of the notes. */
export interface NotesMark {
  readonly objects: number;
  readonly entries: number;
  readonly overlay: number;
}

export class VersionNotes {
  /** By oid. */
  readonly objects = new Map<Oid, VersionNote<Tid>>();
  /** By map and key. */
  readonly entries = new Map<Persistent, Map<string, EntryNote>>();
  readonly #overlay = new Map<string, OverlayWrite>();

  get size(): number {
    return this.objects.size + this.entries.size + this.#overlay.size;
  }

  /** Entries of overlays to be stored as they are. */
  get overlay(): Iterable<OverlayWrite> {
    return this.#overlay.values();
  }

  /** @throws OdbError `ODB_UNSAVED_CHANGES` when the transaction has one for that entry */
  addOverlay(write: OverlayWrite): void {
    const key = keyOf(write.version, write.oid);
    if (this.#overlay.has(key)) {
      throw new OdbError(
        'ODB_UNSAVED_CHANGES',
        `What version ${write.version} has of object ${write.oid} was changed already`,
      );
    }
    this.#overlay.set(key, write);
  }

  /** Tells whether the transaction ends that entry. */
  endsOverlay({ version, oid }: Pick<OverlayWrite, 'version' | 'oid'>): boolean {
    return this.#overlay.get(keyOf(version, oid))?.live === true;
  }

  addEntry(map: Persistent, key: string, note: EntryNote): void {
    const known = this.entries.get(map);
    if (known === undefined) this.entries.set(map, new Map([[key, note]]));
    else known.set(key, note);
  }

  mark(): NotesMark {
    return {
      objects: this.objects.size,
      entries: this.entries.size,
      overlay: this.#overlay.size,
    };
  }

  /** Forgets the notes taken since; of a map, all or none. */
  restore({ objects, entries, overlay }: NotesMark): void {
    shorten(this.objects, objects);
    shorten(this.entries, entries);
    shorten(this.#overlay, overlay);
  }
}

function keyOf(version: Oid, oid: Oid): string {
  return `${version} ${oid}`;
}

/** Takes out what was added to a map after it had a size. */
function shorten(map: Map<unknown, unknown>, size: number): void {
  if (map.size === size) return;
  for (const key of [...map.keys()].slice(size)) map.delete(key);
}
