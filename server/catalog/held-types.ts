/**
 * The types of objects that an index or a column holds: all of them, unless some are named.
 *
 * For an index, an object of another type is one without a value.
 */
/** Types that one index or column may name. */
export const TYPES_MAX = 100;

/** Names of types; `undefined`: all there are. */
export type HeldTypes = readonly string[] | undefined;

/** Tells whether objects of a type are held. */
export function holdsType(types: HeldTypes, type: string): boolean {
  return types === undefined || types.includes(type);
}

/**
 * Reads names of types, each once; none at all are as good as all.
 *
 * @param refuse called with what is wrong
 */
export function readTypes(given: unknown, refuse: (message: string) => void): HeldTypes {
  if (given === undefined) return undefined;
  const isList = Array.isArray(given) && given.every((each) => typeof each === 'string');
  if (!isList || given.length > TYPES_MAX) {
    refuse(`are a list of at most ${TYPES_MAX} names of types`);
    return undefined;
  }
  return given.length === 0 ? undefined : [...new Set(given)];
}
