/**
 * The objects of one connection, by oid.
 *
 * Of each oid there is one object as long as anyone refers to it. The cache holds up to `limit`
 * objects with their states, and some more between trims; the ones that were not asked for lately
 * become ghosts. A ghost costs some 150 bytes, so up to `GHOSTS_PER_OBJECT` times as many are kept
 * as they are; past that the cache remembers ghosts without keeping them alive. (Not from the start,
 * since remembering one that way takes as long as half a load.) Changed objects keep their states,
 * which exist nowhere else.
 */
import { MapNode } from '../objects/map-node.js';
import type { Oid } from '../oid.js';
import type { Persistent } from '../objects/persistent.js';
import { ListNode } from '../objects/persistent-list.js';
import { RememberedGhosts } from './remembered-ghosts.js';
import type { Tid } from '../tid.js';
import { Ref } from '../value.js';

/** How far past its limit, as a fraction of it, a cache grows before it is trimmed. */
const SLACK = 1 / 8;
/** How many ghosts are kept for each object that may keep its state. */
const GHOSTS_PER_OBJECT = 4;

export class ObjectCache {
  readonly #limit: number;
  readonly #objects = new Map<Oid, Persistent>();
  readonly #remembered = new RememberedGhosts();
  /** Objects with states in the order they were loaded, and a few that lost theirs since. */
  #queue: Persistent[] = [];
  /** Counts trims; an object asked for since the last one bears this number. */
  #pass = 1;
  #trimAt: number;
  /** Nodes that are kept as ghosts, since who refers to them has to hear of their end. */
  #kept: ReadonlySet<Oid> = new Set();

  /** @param limit how many objects keep their state, from 1 up */
  constructor(limit: number) {
    this.#limit = limit;
    this.#trimAt = limit * (1 + SLACK);
  }

  /** Gives the object of that oid, loaded or not; `undefined` when nobody has it. */
  get(oid: Oid): Persistent | undefined {
    const object = this.#objects.get(oid);
    if (object !== undefined) {
      object.$used = this.#pass;
      return object;
    }
    return this.#remembered.get(oid);
  }

  /** How many objects are held with their state; changed and lately lost ones included. */
  get size(): number {
    return this.#queue.length;
  }

  /** Holds an object that is new here, or that was a ghost and gets its state now. */
  hold(oid: Oid, object: Persistent): void {
    if (object.$queued) return;
    this.#objects.set(oid, object);
    this.#remembered.delete(oid);
    object.$queued = true;
    this.#queue.push(object);
    if (this.#queue.length > this.#trimAt) this.#trim(object);
  }

  /** Keeps nodes with these oids, too, as long as anyone refers to them. */
  keepNodes(oids: ReadonlySet<Oid>): void {
    this.#kept = oids;
  }

  /** Lets states go until the limit is kept, now that changed objects may lose theirs. */
  trim(): void {
    if (this.#queue.length > this.#limit * (1 + SLACK)) this.#trim(undefined);
  }

  /** Forgets an object altogether: whoever has it has something the database does not. */
  remove(oid: Oid): void {
    const object = this.#objects.get(oid);
    if (object !== undefined) object.$queued = false;
    this.#objects.delete(oid);
    this.#remembered.delete(oid);
  }

  /** Makes the object of that oid a ghost, if there is one, and its state is older than `tid`. */
  invalidate(oid: Oid, tid: Tid): void {
    const object = this.#objects.get(oid);
    if (object !== undefined && object.$tid < tid) object.$slots = undefined;
  }

  /** Makes ghosts of all nodes of lists, the roots left out. */
  invalidateListNodes(lists: ReadonlySet<Oid>): void {
    for (const object of this.#queue) {
      if (!(object instanceof ListNode) || object.$changed) continue;
      const { $list: list } = object;
      const oid = list instanceof Ref ? list.oid : list?.$oid;
      // A node that does not say whose it is may be of any list.
      if (oid === undefined || lists.has(oid)) object.$slots = undefined;
    }
  }

  /** Makes ghosts of all objects that are not changed. */
  invalidateAll(): void {
    for (const object of this.#objects.values()) {
      if (!object.$changed) object.$slots = undefined;
    }
  }

  /**
   * Ghosts the oldest objects until `limit` are left.
   *
   * Oldest by when they were loaded, with a second chance for those asked for since the last trim.
   * The object that is being loaded stays, or its loader would fill what is a ghost again.
   */
  #trim(loading: Persistent | undefined): void {
    const kept: Persistent[] = [];
    let excess = this.#queue.length - this.#limit;
    let left = this.#queue.length;
    for (const object of this.#queue) {
      left -= 1;
      const isLoaded = object.$queued && object.$slots !== undefined;
      const hasSecondChance = object.$used === this.#pass && left >= excess;
      const stays = isLoaded && (excess <= 0 || hasSecondChance);
      if (object === loading || stays || (object.$queued && object.$changed)) {
        kept.push(object);
      } else {
        if (object.$queued) this.#evict(object);
        excess -= 1;
      }
    }
    this.#queue = kept;
    this.#pass += 1;
    // Where most objects are changed, there is nothing to be gained until as many again are loaded.
    this.#trimAt = Math.max(this.#limit, kept.length) * (1 + SLACK);
    if (this.#objects.size > this.#trimAt + this.#limit * GHOSTS_PER_OBJECT) this.#forgetGhosts();
  }

  #evict(object: Persistent): void {
    object.$slots = undefined;
    object.$queued = false;
    // Nobody but its parent, which is walked through anyway, refers to a node.
    const { $oid: oid } = object;
    if (object instanceof MapNode && oid !== undefined && !this.#kept.has(oid)) {
      this.#objects.delete(oid);
    }
  }

  #forgetGhosts(): void {
    for (const [oid, object] of this.#objects) {
      if (object.$queued) continue;
      this.#objects.delete(oid);
      this.#remembered.add(oid, object);
    }
  }
}
