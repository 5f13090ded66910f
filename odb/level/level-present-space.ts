/**
 * One space of revisions as it is for the one who writes: main, or the overlay of a version. What is
 * on disk, with what has been decided since on top.
 */
import { skipNumber, type LevelRevision, type Skip } from './level-values.js';
import { LatelyWritten, type Written } from './level-lately.js';
import { ReplacedRevisions } from './level-replaced.js';
import { findRevision, type LevelSpace } from './level-view.js';
import type { Oid } from '../oid.js';
import { TID_MAX, TID_ZERO, type Tid } from '../tid.js';

/** Older revisions that stay in memory from batch to batch. */
const REPLACED_MAX = 256;

/** Where the next revision of an object belongs. */
export interface NextPlace<R> {
  readonly previousTid: Tid;
  readonly number: number;
  /** Where its skip pointer leads; nowhere, where that is forgotten. */
  readonly skip: Skip | undefined;
  /** The revision until then. */
  readonly previous: R | undefined;
}

export class PresentSpace<R extends LevelRevision> {
  readonly #space: LevelSpace<R>;
  /** What is decided and not on disk yet, and what was written before. */
  readonly #lately = new LatelyWritten<R>();
  /**
   * Older revisions: those that are not on disk under their own key yet, and some more, since whoever
   * changes what others change, too, began from one that was current a moment ago.
   */
  readonly #replaced = new ReplacedRevisions<R>();
  /** Current revisions read for this group. */
  #read = new Map<Oid, R | undefined>();

  constructor(space: LevelSpace<R>) {
    this.#space = space;
  }

  revision(oid: Oid, at: Tid = TID_MAX): R | undefined {
    let found = this.#current(oid);
    while (found !== undefined && found.tid > at) {
      const replaced = this.#replaced.find(oid, found.previousTid);
      if (replaced === undefined) return findRevision(this.#space, oid, found, at);
      found = replaced;
    }
    return found;
  }

  #current(oid: Oid): R | undefined {
    const written = this.#lately.get(oid);
    if (written !== undefined) return written;
    if (this.#read.has(oid)) return this.#read.get(oid);
    const current = this.#space.current(oid);
    this.#read.set(oid, current);
    return current;
  }

  /** Tells where the revision belongs that comes after the current one. */
  place(oid: Oid): NextPlace<R> {
    const written = this.#lately.get(oid);
    const previous = written ?? this.#current(oid);
    if (previous === undefined) {
      return { previousTid: TID_ZERO, number: 1, skip: undefined, previous };
    }
    const number = previous.number + 1;
    // The revision to skip to is the previous one, or among those that one skips to.
    const skipped = skipNumber(number);
    let skip = written === undefined ? this.#skipOf(oid, previous) : written.skip;
    if (previous.number === skipped) skip = { number: skipped, tid: previous.tid, skip };
    while (skip !== undefined && skip.number !== skipped) skip = skip.skip;
    return { previousTid: previous.tid, number, skip, previous };
  }

  #skipOf(oid: Oid, { skipTid }: R): Skip | undefined {
    if (skipTid === TID_ZERO) return undefined;
    const found = this.#replaced.find(oid, skipTid) ?? this.#space.older(oid, skipTid);
    if (found === undefined) return undefined;
    return { number: found.number, tid: found.tid, skip: this.#skipOf(oid, found) };
  }

  /** Takes a revision for the current one. */
  decided(oid: Oid, written: Written<R>, previous: R | undefined): void {
    if (previous !== undefined) this.#replaced.add(oid, previous);
    this.#lately.keep(oid, written);
  }

  /** Forgets that there was an object. */
  forget(oid: Oid): void {
    this.#lately.drop(oid);
    this.#replaced.drop(oid);
    this.#read.set(oid, undefined);
  }

  /** Forgets what was read for those decided before. */
  beginGroup(): void {
    if (this.#read.size > 0) this.#read = new Map();
  }

  /** What was decided is now on disk. */
  written(): void {
    this.#lately.settle();
    if (this.#replaced.size > REPLACED_MAX) this.forgetReplaced();
  }

  /** Forgets older revisions, as far as they are on disk or were removed there. */
  forgetReplaced(): void {
    this.#replaced.clear();
  }
}
