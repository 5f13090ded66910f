/**
 * What a transaction has written up to its last savepoint, as records.
 *
 * Within the connection these states stand before those of the snapshot, so their objects need not
 * stay in memory. Of each object there is the newest state and what is needed to go back to the
 * state of an earlier mark. Memory holds some 200 bytes for each saved state; the records are in a
 * `SpillFile`.
 */
import type { StateWrite } from './commit-request.js';
import type { Oid } from '../oid.js';
import type { Persistent } from '../objects/persistent.js';
import { SpillFile, type SpillOptions } from './spill-file.js';
import type { LoadedRecord } from '../stored.js';

/** A saved state, with the place of its record; `undefined` for a non-existent object. */
interface SavedState extends Omit<StateWrite, 'record'> {
  readonly place: { readonly position: number; readonly length: number } | undefined;
}

/** A moment to go back to. */
export interface SavedMark {
  readonly end: number;
  readonly steps: number;
  readonly created: number;
}

export class SavedStates implements Disposable {
  readonly #file: SpillFile;
  readonly #states = new Map<Oid, SavedState>();
  /** Objects the database does not know yet, in the order in which they were first saved. */
  readonly #created = new Set<Oid>();
  /** What each step replaced. */
  readonly #steps: { readonly oid: Oid; readonly replaced: SavedState | undefined }[] = [];
  /** Objects the database does not know, whose states came back from here. */
  readonly #reloaded = new WeakSet<Persistent>();

  constructor(options?: SpillOptions) {
    this.#file = new SpillFile(options);
  }

  get size(): number {
    return this.#states.size;
  }

  /** Those the database does not know yet. */
  get created(): ReadonlySet<Oid> {
    return this.#created;
  }

  has(oid: Oid): boolean {
    return this.#states.has(oid);
  }

  /** Gives the saved state of an object that has one; `undefined`: it does not exist. */
  load(oid: Oid): LoadedRecord | undefined {
    const state = this.#states.get(oid);
    if (state?.place === undefined) return undefined;
    return {
      record: this.#file.read(state.place.position, state.place.length),
      tid: state.baseTid,
    };
  }

  /** Takes note that an object got its state from here. */
  reloaded(oid: Oid, object: Persistent): void {
    if (this.#created.has(oid)) this.#reloaded.add(object);
  }

  /** The object's state came from here: what it refers to by oid is gone with this. */
  isReloaded(object: Persistent): boolean {
    return this.#reloaded.has(object);
  }

  /** @param isCreated the database does not know the object yet */
  save({ record, ...write }: StateWrite, isCreated: boolean): void {
    const { oid } = write;
    const place =
      record === undefined
        ? undefined
        : { position: this.#file.append(record), length: record.length };
    this.#steps.push({ oid, replaced: this.#states.get(oid) });
    this.#states.set(oid, { ...write, place });
    if (isCreated) this.#created.add(oid);
  }

  /** Walks what is to be written: the newest state of each object, without its record. */
  states(): IterableIterator<Omit<StateWrite, 'record'>> {
    return this.#states.values();
  }

  /** Walks the newest states of all objects, read from the file one by one. */
  *writes(): Generator<StateWrite> {
    for (const [oid, { place: _, ...state }] of this.#states) {
      yield { ...state, record: this.load(oid)?.record };
    }
  }

  mark(): SavedMark {
    return {
      end: this.#file.end,
      steps: this.#steps.length,
      created: this.#created.size,
    };
  }

  /**
   * Goes back to a mark. Marks taken after it are void.
   *
   * @returns the objects whose states are others now, with whether each was created since
   */
  rollback(mark: SavedMark): Map<Oid, { readonly isGone: boolean }> {
    const gone = new Set([...this.#created].slice(mark.created));
    const touched = new Map<Oid, { readonly isGone: boolean }>();
    for (const { oid, replaced } of this.#steps.splice(mark.steps).reverse()) {
      if (replaced === undefined) this.#states.delete(oid);
      else this.#states.set(oid, replaced);
      touched.set(oid, { isGone: gone.has(oid) });
    }
    for (const oid of gone) this.#created.delete(oid);
    this.#file.truncate(mark.end);
    return touched;
  }

  close(): void {
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
