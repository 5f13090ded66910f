/**
 * Ghosts by oid, as long as someone else refers to them: they are remembered without being kept alive.
 *
 * What is gone leaves an entry behind, which nobody tells of. So for each ghost that is put in, a hand
 * goes on over `LOOKS_PER_GHOST` entries, round and round, and takes out those that are gone: there are
 * never more than twice as many entries as ghosts were alive at once. (In a round that begins with n
 * entries, n / 3 are put in; what it finds alive and leaves is at most what was alive at once, and
 * those n / 3. So rounds begin with 3/2 of what was alive at most, and end with a third more.)
 *
 * A ghost that nobody refers to is alive until it is collected. Of a few ghosts, the collector tells
 * when they are gone: then the hand goes round once by itself, some entries a turn, so that nothing
 * stays of what went with them where nothing is put in any more.
 */
import type { Oid } from '../oid.js';
import type { Persistent } from '../objects/persistent.js';

/** How many entries are looked at for each one that is put in. */
export const LOOKS_PER_GHOST = 4;
/** How many are looked at in one turn of the event loop after a collection: a millisecond or two. */
const LOOKS_PER_TURN = 10_000;
/** Of one in so many ghosts, the collector tells. */
const GHOSTS_PER_WATCHED = 1_024;

/** Leads to an object that may be gone. */
type Reference = Pick<WeakRef<Persistent>, 'deref'>;

export class RememberedGhosts {
  readonly #refer: (ghost: Persistent) => Reference;
  readonly #entries = new Map<Oid, Reference>();
  /** Where the hand is; `undefined`: a round is over. */
  #hand: Iterator<[Oid, Reference]> | undefined;
  /** How many entries are to be looked at since the last collection. */
  #unseen = 0;
  /** How many ghosts were put in since one that is watched. */
  #unwatched = 0;
  readonly #watched = new FinalizationRegistry<undefined>(() => this.#lookAtAll());

  /** @param refer makes references; default: those that do not keep alive */
  constructor(refer: (ghost: Persistent) => Reference = (ghost) => new WeakRef(ghost)) {
    this.#refer = refer;
  }

  /** How many entries there are, those of ghosts that are gone included. */
  get size(): number {
    return this.#entries.size;
  }

  get(oid: Oid): Persistent | undefined {
    return this.#entries.size === 0 ? undefined : this.#entries.get(oid)?.deref();
  }

  add(oid: Oid, ghost: Persistent): void {
    this.#entries.set(oid, this.#refer(ghost));
    this.#look(LOOKS_PER_GHOST);
    this.#unwatched += 1;
    if (this.#unwatched === GHOSTS_PER_WATCHED) this.#watch(ghost);
  }

  delete(oid: Oid): void {
    if (this.#entries.size > 0) this.#entries.delete(oid);
  }

  #watch(ghost: Persistent): void {
    this.#watched.register(ghost, undefined);
    this.#unwatched = 0;
  }

  /** Moves the hand over so many entries. Answers the last ghost it left, if there is one. */
  #look(count: number): Persistent | undefined {
    let last: Persistent | undefined;
    for (let left = count; left > 0; left -= 1) {
      this.#hand ??= this.#entries.entries();
      const { value, done } = this.#hand.next();
      if (done === true) {
        this.#hand = undefined;
        continue;
      }
      const [oid, reference] = value;
      const ghost = reference.deref();
      if (ghost === undefined) this.#entries.delete(oid);
      else last = ghost;
    }
    return last;
  }

  #lookAtAll(): void {
    if (this.#unseen === 0) this.#lookLater();
    this.#unseen = this.#entries.size;
  }

  #lookLater(): void {
    // Nobody waits for it, so it does not keep the process alive.
    setImmediate(() => this.#lookOn()).unref();
  }

  #lookOn(): void {
    const count = Math.min(this.#unseen, LOOKS_PER_TURN);
    const left = this.#look(count);
    // What is alive now may go without one that is watched.
    if (left !== undefined) this.#watch(left);
    this.#unseen -= count;
    if (this.#unseen > 0) this.#lookLater();
  }
}
