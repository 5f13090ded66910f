/**
 * Objects by their paths, for references that lead out of what is exported.
 *
 * A path is the key under which the topmost container is in the root map, and then the ids that the
 * places of what is below it say.
 */
import { CONTAINERS_MAX } from '../commit/containment.js';
import { OID_ROOT, type Oid } from '../oid.js';
import { Persistent } from '../objects/persistent.js';
import { PersistentMap } from '../objects/persistent-map.js';
import { isPlainObject } from '../value.js';

/** Entries of the root map among which a topmost container is looked for. */
const ROOT_ENTRIES_MAX = 10_000;

interface Place {
  readonly container: Persistent;
  readonly id: unknown;
}

/** Gives where an object is; `undefined` when it is nowhere, or its class knows no places. */
export function placeOf(object: Persistent): Place | undefined {
  const { place } = object.$class;
  if (place === undefined) return undefined;
  const value: unknown = Reflect.get(object, place.name);
  if (!isPlainObject(value) || !(value.container instanceof Persistent)) return undefined;
  return { container: value.container, id: value.id };
}

/** Walks up from an object that exists: its container, that one's, and so on. */
export function* containersAbove(object: Persistent): Generator<Persistent> {
  let place = placeOf(object);
  for (let steps = 0; place !== undefined && steps < CONTAINERS_MAX; steps += 1) {
    yield place.container;
    if (place.container.$holder?.isMissing(place.container) === true) return;
    place = placeOf(place.container);
  }
}

/** Finds the paths of objects of one connection. */
export class Paths {
  readonly #root: PersistentMap;
  #keys: Map<Oid, string> | undefined;

  constructor(root: PersistentMap) {
    this.#root = root;
  }

  /** Gives the path of an object; `undefined` when it has none. */
  pathOf(object: Persistent): readonly string[] | undefined {
    if (object.$oid === OID_ROOT) return [];
    const ids: string[] = [];
    let top = object;
    for (const container of containersAbove(object)) {
      const id = placeOf(top)?.id;
      if (typeof id !== 'string') return undefined;
      ids.unshift(id);
      top = container;
    }
    // The topmost one has a place in the root map.
    if (top.$oid === OID_ROOT) return ids;
    const key = top.$oid === undefined ? undefined : this.#rootKeys().get(top.$oid);
    return key === undefined ? undefined : [key, ...ids];
  }

  /** Gives the object at a path; `undefined` when there is none. */
  find(path: readonly string[]): Persistent | undefined {
    let at: Persistent = this.#root;
    for (const [depth, id] of path.entries()) {
      const next = depth === 0 ? this.#root.get(id) : childAt(at, id);
      if (!(next instanceof Persistent)) return undefined;
      at = next;
    }
    return at;
  }

  #rootKeys(): Map<Oid, string> {
    if (this.#keys !== undefined) return this.#keys;
    const keys = new Map<Oid, string>();
    for (const [key, value] of this.#root.entries({ limit: ROOT_ENTRIES_MAX })) {
      if (value instanceof Persistent && value.$oid !== undefined) keys.set(value.$oid, key);
    }
    this.#keys = keys;
    return keys;
  }
}

/** What a map of the container has under an id, and says itself that it is there. */
function childAt(container: Persistent, id: string): Persistent | undefined {
  for (const { name } of container.$class.fields) {
    const map: unknown = Reflect.get(container, name);
    if (!(map instanceof PersistentMap)) continue;
    const child: unknown = map.get(id);
    if (!(child instanceof Persistent) || child.$holder?.isMissing(child) === true) continue;
    const place = placeOf(child);
    if (place?.container === container && place.id === id) return child;
  }
  return undefined;
}
