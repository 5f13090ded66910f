/**
 * Which objects go along when one is exported.
 *
 * What is contained in an object that goes along goes along, however far below, and so does what an
 * object refers to that is in no container at all. Anything else that is referred to is outside:
 * what is in another container, the containers of the exported object, the root, and what is derived
 * from other objects (`ClassOptions.derived`): whoever derives it does so where it is brought in.
 *
 * What is in a container that turns out to go along only later is looked at again then, so the
 * answer does not depend on the order in which objects are met. Memory: some 100 bytes for each
 * object.
 */
import type { Connection } from '../connection/connection.js';
import { ExportedState } from './export-state.js';
import { OID_ROOT, type Oid } from '../oid.js';
import { containersAbove, placeOf } from './outside-reference.js';
import type { Persistent } from '../objects/persistent.js';
import { eachReference } from '../objects/plain-references.js';
import { Ref } from '../value.js';

export interface Reached {
  /** What goes along: the object at `n` has the number `n + 1`. */
  readonly objects: readonly Oid[];
  /** What is referred to and does not; numbered after those. */
  readonly outside: readonly Oid[];
  readonly numbers: ReadonlyMap<Oid, number>;
}

/**
 * Finds what goes along with an object.
 *
 * @param pause awaited now and then
 */
export async function reach(
  connection: Connection,
  object: Persistent,
  pause: () => Promise<void>,
): Promise<Reached> {
  const search = new Search(connection, object);
  for (const _ of search.run()) await pause();
  return search.reached;
}

class Search {
  readonly #connection: Connection;
  readonly #exported: Persistent;
  readonly #objects: Oid[] = [];
  readonly #numbers = new Map<Oid, number>();
  /** Above the exported object, and never with it. */
  readonly #above = new Set<Oid>([OID_ROOT]);
  /** What is outside as far as is known, in the order it was met. */
  readonly #outside = new Set<Oid>();
  readonly #missing = new Set<Oid>();
  /** By container, what goes along when the container does. */
  readonly #waiting = new Map<Oid, Oid[]>();

  constructor(connection: Connection, exported: Persistent) {
    this.#connection = connection;
    this.#exported = exported;
    for (const container of containersAbove(exported)) {
      if (container.$oid !== undefined) this.#above.add(container.$oid);
    }
    this.#join(connection.add(exported));
  }

  /** Goes on object by object, and within one now and then. */
  *run(): Generator<void> {
    // The list grows meanwhile.
    for (const oid of this.#objects) {
      const object = this.#connection.get(oid);
      const exported = new ExportedState(object, { isTop: object === this.#exported });
      const visit = (value: unknown): void =>
        eachReference(value, (reference) => {
          this.#consider(
            reference instanceof Ref ? reference.oid : this.#connection.add(reference),
          );
        });
      visit(exported.state);
      yield;
      for (const items of exported.entryPages()) {
        visit(items);
        yield;
      }
    }
  }

  get reached(): Reached {
    const numbers = this.#numbers;
    const outside = [...this.#outside];
    for (const oid of outside) numbers.set(oid, numbers.size + 1);
    return { objects: this.#objects, outside, numbers };
  }

  #join(oid: Oid): void {
    const joining = [oid];
    for (let next = joining.pop(); next !== undefined; next = joining.pop()) {
      if (this.#numbers.has(next)) continue;
      this.#outside.delete(next);
      this.#objects.push(next);
      this.#numbers.set(next, this.#objects.length);
      joining.push(...(this.#waiting.get(next) ?? []));
      this.#waiting.delete(next);
    }
  }

  #consider(oid: Oid): void {
    if (this.#numbers.has(oid) || this.#outside.has(oid) || this.#missing.has(oid)) return;
    const object = this.#connection.get(oid);
    if (this.#connection.isMissing(object)) this.#missing.add(oid);
    else if (this.#above.has(oid) || object.$class.derived) this.#outside.add(oid);
    else if (placeOf(object) === undefined) this.#join(oid);
    else this.#considerPlaced(object, oid);
  }

  #considerPlaced(object: Persistent, oid: Oid): void {
    const containers = [...containersAbove(object)].flatMap(({ $oid }) => $oid ?? []);
    if (containers.some((container) => this.#numbers.has(container))) {
      this.#join(oid);
      return;
    }
    this.#outside.add(oid);
    for (const container of containers) {
      // Nothing joins by what is above the exported object as well.
      if (this.#above.has(container)) break;
      const waiting = this.#waiting.get(container);
      if (waiting === undefined) this.#waiting.set(container, [oid]);
      else waiting.push(oid);
    }
  }
}
