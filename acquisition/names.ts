/**
 * Which names may be acquired.
 *
 * A name that begins with `_` belongs to the object that has it: it is never found further out
 * unless code asks for it outright, or the object says that it acquires just this name.
 */

/** How an object acquires what it lacks. */
export interface AcquisitionRules {
  /** Whether what it lacks is looked for further out without being asked; `implicit` by default. */
  readonly acquires?: 'implicit' | 'explicit' | undefined;

  /** Names it acquires in any case: those of an `explicit` object, and private ones. */
  readonly acquiredNames?: ReadonlySet<string> | undefined;
}

/** Tells whether `name` is private to the object that has it. */
export function isPrivate(name: string): boolean {
  return name.startsWith('_');
}

/**
 * Tells whether a name that an object lacks is looked for further out without being asked to.
 *
 * Only the object that the search begins at is asked: one on the way that acquires nothing itself
 * does not stop what it contains.
 */
export function acquiresImplicitly(rules: AcquisitionRules, name: string): boolean {
  if (rules.acquires !== 'explicit' && !isPrivate(name)) return true;
  return rules.acquiredNames?.has(name) === true;
}
