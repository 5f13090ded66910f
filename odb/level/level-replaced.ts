/**
 * Revisions that others took the place of since, at hand for the one who writes.
 *
 * Adding one is all that a commit costs; they are put in order by object when somebody asks, who is
 * rare: whoever changed what another changed, too.
 */
import type { LevelRevision } from './level-values.js';
import type { Oid } from '../oid.js';
import type { Tid } from '../tid.js';

export class ReplacedRevisions<R extends LevelRevision> {
  /** In the order they were replaced, with their objects beside them. */
  #revisions: R[] = [];
  #oids: Oid[] = [];
  #byOid = new Map<Oid, R[]>();
  /** How many are in `#byOid`. */
  #ordered = 0;

  get size(): number {
    return this.#revisions.length;
  }

  add(oid: Oid, revision: R): void {
    this.#oids.push(oid);
    this.#revisions.push(revision);
  }

  /** Gives the revision of an object that has that tid. */
  find(oid: Oid, tid: Tid): R | undefined {
    this.#order();
    return this.#byOid.get(oid)?.findLast((revision) => revision.tid === tid);
  }

  /** Forgets those of one object. */
  drop(oid: Oid): void {
    this.#order();
    this.#byOid.delete(oid);
  }

  clear(): void {
    this.#revisions = [];
    this.#oids = [];
    this.#byOid = new Map();
    this.#ordered = 0;
  }

  #order(): void {
    for (; this.#ordered < this.#revisions.length; this.#ordered += 1) {
      const oid = this.#oids[this.#ordered];
      const revision = this.#revisions[this.#ordered];
      if (oid === undefined || revision === undefined) return;
      const others = this.#byOid.get(oid);
      if (others === undefined) this.#byOid.set(oid, [revision]);
      else others.push(revision);
    }
  }
}
