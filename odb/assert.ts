/**
 * Assertions: what only a bug could break.
 *
 * They stay on in production. A broken promise stops the work that broke it, before anything is
 * written. What a user, a disk or a network can cause is an error (`errors.ts`), not an assertion.
 */

/** A promise of the code was broken. Always a bug in this package, never the caller's doing. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * Throws when a promise does not hold.
 *
 * @param holds the promise
 * @param what the promise in the positive: `tid 5 is newer than 4`
 * @throws AssertionError
 */
export function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new AssertionError(`Broken promise: ${what}`);
}
