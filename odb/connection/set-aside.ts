/**
 * What a transaction set aside at its savepoints, and the objects that went with it.
 *
 * Setting aside encodes the changed objects, so that they need not stay in memory; going back to a
 * mark makes ghosts of what was changed since, and lets go of what was new.
 */
import type { Changes } from './changes.js';
import { stateWrite, type RequestSource, type StateWrite } from './commit-request.js';
import type { LoadedObjects } from './loaded-objects.js';
import { MapNode, TreeNode } from '../objects/map-node.js';
import type { Oid } from '../oid.js';
import type { Holder, Persistent } from '../objects/persistent.js';
import { SavedStates, type SavedMark } from './saved-states.js';
import type { SpillOptions } from './spill-file.js';

/** Of a transaction that has set nothing aside. */
const NOTHING_SAVED_YET: SavedMark = { end: 0, steps: 0, created: 0 };

export interface SetAsideOptions {
  /** Whose objects they are. */
  readonly holder: Holder;
  readonly objects: LoadedObjects;
  readonly source: RequestSource;
  /** Where the states go. */
  readonly spill: SpillOptions | undefined;
}

export class SetAside {
  readonly #options: SetAsideOptions;
  /** What this transaction wrote before its last savepoint. */
  #saved: SavedStates | undefined;

  constructor(options: SetAsideOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#saved?.size ?? 0;
  }

  /** Oids of those that the database does not know yet. */
  get created(): Iterable<Oid> {
    return this.#saved?.created ?? [];
  }

  has({ $oid: oid }: Persistent): boolean {
    return oid !== undefined && this.#saved?.has(oid) === true;
  }

  /** The object was new when it was set aside. */
  hasCreated({ $oid: oid }: Persistent): boolean {
    return oid !== undefined && this.#saved?.created.has(oid) === true;
  }

  /** Walks what is to be written; see `SavedStates.writes`. */
  writes(): Iterable<StateWrite> | undefined {
    return this.#saved?.writes();
  }

  /** Walks the objects whose states are set aside, with the map of those that are nodes. */
  states(): Iterable<Omit<StateWrite, 'record'>> {
    return this.#saved?.states() ?? [];
  }

  /** Adds the objects whose states are set aside to some others; brings them back into memory. */
  addTo(objects: Set<Persistent>): void {
    const { holder } = this.#options;
    for (const { oid, map } of this.states()) {
      const object = holder.get(oid);
      if (object instanceof MapNode && map !== undefined) {
        object.$map ??= holder.get(map) as TreeNode;
      }
      objects.add(object);
    }
  }

  /** Sets aside what was changed, and answers what takes the objects back to this moment. */
  mark(changes: Changes): () => void {
    if (changes.changed.size > 0) this.#setAside(changes);
    const notes = changes.mark();
    const mark = this.#saved?.mark() ?? NOTHING_SAVED_YET;
    return () => {
      this.#goBack(changes, mark);
      changes.restore(notes);
    };
  }

  /** Takes what was set aside out of the objects' way, for the end of the transaction. */
  take(): SetAside {
    const taken = new SetAside(this.#options);
    taken.#saved = this.#saved;
    if (this.#saved !== undefined) this.#options.objects.setSaved(undefined);
    this.#saved = undefined;
    return taken;
  }

  /** Makes ghosts of the objects that were set aside, and lets go of new ones. */
  forgetObjects(): void {
    for (const { oid } of this.states()) this.#forget(oid, this.#saved?.created.has(oid) === true);
  }

  close(): void {
    this.#saved?.close();
  }

  #setAside(changes: Changes): void {
    const { objects, source, spill } = this.#options;
    if (this.#saved === undefined) {
      this.#saved = new SavedStates(spill);
      objects.setSaved(this.#saved);
    }
    // The set grows while it is walked: encoding an object finds the new ones it refers to.
    for (const object of changes.changed) {
      this.#saved.save(stateWrite(object, changes, source), changes.created.has(object));
    }
    for (const object of changes.changed) {
      object.$changed = false;
      if (changes.erased.has(object)) object.$slots = undefined;
    }
    changes.forgetObjects();
    objects.trim();
  }

  #goBack(changes: Changes, mark: SavedMark): void {
    const { holder, objects } = this.#options;
    const { changed, created } = changes;
    objects.changed();
    for (const [oid, { isGone }] of this.#saved?.rollback(mark) ?? []) this.#forget(oid, isGone);
    for (const object of changed) {
      object.$changed = false;
      if (created.has(object)) objects.detach(object);
      else if (object.$holder === holder) object.$slots = undefined;
    }
    changes.forgetObjects();
  }

  /** Forgets the state of an object that was set aside. @param isNew the object is gone with it */
  #forget(oid: Oid, isNew: boolean): void {
    const { objects } = this.#options;
    const object = objects.known(oid);
    if (object === undefined) return;
    // What came back from where it was set aside refers to others by oids that mean nothing now.
    if (!isNew || this.#saved?.isReloaded(object) === true) object.$slots = undefined;
    if (isNew) objects.detach(object);
  }
}
