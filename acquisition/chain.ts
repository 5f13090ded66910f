/**
 * Chains of objects: what contains what, and the order of lookup.
 *
 * A chain begins at an object and goes outward. It is never longer than `DEPTH_MAX`, and one that
 * comes back to itself is an error instead of a hang.
 */
import { AcquisitionError } from './errors.js';

/**
 * Most objects one inside the other, and most steps one path can take.
 *
 * Far beyond any site; it bounds what an address of thousands of segments can cost.
 */
export const DEPTH_MAX = 500;

/** What knows the object that holds it. The outermost has no container. */
export interface Contained<T> {
  readonly container?: T | undefined;
}

/**
 * Lists `object` and its containers, outward.
 *
 * @throws AcquisitionError `ACQ_CYCLE` when an object contains itself, however indirectly
 * @throws AcquisitionError `ACQ_TOO_DEEP` when there are more than `DEPTH_MAX`
 */
export function containersOf<T extends Contained<T>>(object: T): readonly T[] {
  const chain: T[] = [];
  for (let at: T | undefined = object; at !== undefined; at = at.container) {
    if (chain.length === DEPTH_MAX) throw endless(chain);
    chain.push(at);
  }
  return chain;
}

/** Joins chains into one; where they share an object, its first place counts. */
export function joinChains<T>(chains: Iterable<readonly T[]>): readonly T[] {
  const joined = new Set<T>();
  for (const chain of chains) {
    for (const object of chain) joined.add(object);
  }
  return [...joined];
}

/** Refuses a chain longer than `DEPTH_MAX`. */
export function requireDepth(depth: number): void {
  if (depth > DEPTH_MAX) throw tooDeep();
}

/** Tells a circle from a chain that is merely too long. */
function endless(chain: readonly unknown[]): AcquisitionError {
  if (new Set(chain).size === chain.length) return tooDeep();
  return new AcquisitionError(
    'ACQ_CYCLE',
    'An object contains itself. Move one of the objects on the way back to where it belongs.',
  );
}

function tooDeep(): AcquisitionError {
  return new AcquisitionError(
    'ACQ_TOO_DEEP',
    `More than ${DEPTH_MAX} objects, one inside the other or one reached through the other.`,
  );
}
