/**
 * One space of revisions as it is for the one who writes: main, or the overlay of a version. What is
 * on disk, with what has been decided since on top.
 */
import { skipNumber, type LevelRevision } from './level-keys.js';
import { LatelyWritten, type Skip, type Written } from './level-lately.js';
import { findRevision, type LevelSpace } from './level-view.js';
import type { Oid } from '../oid.js';
import { TID_MAX, TID_ZERO, type Tid } from '../tid.js';

/** Where the next revision of an object belongs. */
export interface NextPlace<R> {
  readonly previousTid: Tid;
  readonly number: number;
  /** Where its skip pointer leads, and that one's, and so on; none where that is forgotten. */
  readonly skips: readonly Skip[];
  /** The revision until then. */
  readonly previous: R | undefined;
}

export class PresentSpace<R extends LevelRevision> {
  readonly #space: LevelSpace<R>;
  readonly #decided = new Map<Oid, Written<R>>();
  readonly #lately = new LatelyWritten<R>();
  /** Older revisions that are not on disk under their own key yet. */
  readonly #replaced = new Map<string, R>();
  /** Current revisions read for this group. */
  readonly #read = new Map<Oid, R | undefined>();

  constructor(space: LevelSpace<R>) {
    this.#space = space;
  }

  revision(oid: Oid, at: Tid = TID_MAX): R | undefined {
    let found = this.#current(oid);
    while (found !== undefined && found.tid > at) {
      const replaced = this.#replaced.get(keyOf(oid, found.previousTid));
      if (replaced === undefined) return findRevision(this.#space, oid, found, at);
      found = replaced;
    }
    return found;
  }

  #current(oid: Oid): R | undefined {
    const written = this.#written(oid);
    if (written !== undefined || this.#read.has(oid))
      return written?.revision ?? this.#read.get(oid);
    const current = this.#space.current(oid);
    this.#read.set(oid, current);
    return current;
  }

  #written(oid: Oid): Written<R> | undefined {
    return this.#decided.get(oid) ?? this.#lately.get(oid);
  }

  /** Tells where the revision belongs that comes after the current one. */
  place(oid: Oid): NextPlace<R> {
    const previous = this.#current(oid);
    if (previous === undefined) return { previousTid: TID_ZERO, number: 1, skips: [], previous };
    const number = previous.number + 1;
    // The revision to skip to is the previous one, or among those that one skips to.
    const from = [previous, ...(this.#written(oid)?.skips ?? this.#skips(oid, previous))];
    const found = from.findIndex((skip) => skip.number === skipNumber(number));
    const skips = found === -1 ? [] : from.slice(found).map(({ number, tid }) => ({ number, tid }));
    return { previousTid: previous.tid, number, skips, previous };
  }

  *#skips(oid: Oid, revision: R): Generator<Skip> {
    let skip = this.#older(oid, revision.skipTid);
    for (; skip !== undefined; skip = this.#older(oid, skip.skipTid)) yield skip;
  }

  /** Takes a revision for the current one. */
  decided(oid: Oid, written: Written<R>, previous: R | undefined): void {
    if (previous !== undefined) this.#replaced.set(keyOf(oid, previous.tid), previous);
    this.#decided.set(oid, written);
  }

  /** Takes an object for one that never was. */
  forget(oid: Oid): void {
    this.#decided.delete(oid);
    this.#lately.drop(oid);
    this.#read.set(oid, undefined);
  }

  /** Forgets what was read for those decided before. */
  beginGroup(): void {
    this.#read.clear();
  }

  /** What was decided is now on disk. */
  written(): void {
    for (const [oid, written] of this.#decided) this.#lately.keep(oid, written);
    this.#decided.clear();
    this.#replaced.clear();
  }

  #older(oid: Oid, tid: Tid): R | undefined {
    return this.#replaced.get(keyOf(oid, tid)) ?? this.#space.older(oid, tid);
  }
}

function keyOf(oid: Oid, tid: Tid): string {
  return `${oid} ${tid}`;
}
