/**
 * Roles: what someone is here.
 *
 * Four have a meaning of their own. All others are words that a folder introduces for itself and
 * everything in it.
 */
import { containersOf, type Contained } from '../../acquisition/index.js';

/** Everyone has it, signed in or not. */
export const ANONYMOUS_ROLE = 'Anonymous';
/** Everyone who is signed in, within the scope of their user folder. */
export const AUTHENTICATED_ROLE = 'Authenticated';
/** Whoever owns the object, at that object. */
export const OWNER_ROLE = 'Owner';
/** May do everything where it is held. */
export const MANAGER_ROLE = 'Manager';

/** The roles that are valid everywhere, in the order they are shown in. */
export const BUILT_IN_ROLES: readonly string[] = Object.freeze([
  ANONYMOUS_ROLE,
  AUTHENTICATED_ROLE,
  OWNER_ROLE,
  MANAGER_ROLE,
]);

/** What may introduce roles. */
export interface RoleSource extends Contained<RoleSource> {
  /** The roles it introduces. */
  readonly roles?: readonly string[] | undefined;
}

/** Lists the roles valid at `object`: the built-in ones, then those of its containers, sorted. */
export function rolesValidAt(object: RoleSource): readonly string[] {
  const introduced = new Set<string>();
  for (const holder of containersOf(object)) {
    for (const role of holder.roles ?? []) introduced.add(role);
  }
  return [...new Set([...BUILT_IN_ROLES, ...[...introduced].sort()])];
}
