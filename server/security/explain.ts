/**
 * Decisions in words: what was asked for, and what each who was judged has.
 *
 * Nothing is decided here. Every sentence names paths and principals, so that one can go there and
 * change what is wrong.
 */
import { rolesFor } from '../../acquisition/index.js';
import type { Judged } from './executable.js';
import { defaultRoles } from './permission.js';
import { isKnown, principalKey } from './principal.js';
import { MANAGER_ROLE } from './role.js';
import { type Guarded, grants, type HeldRole } from './standing.js';

/** Says which roles `permission` asks for at `object`, and where that was set. */
export function explainRequirement(permission: string, object: Guarded): string {
  const { from } = rolesFor(permission, object, defaultRoles(permission));
  const sources = from.map(({ holder, roles, acquire }) => {
    if (holder === undefined) return `${list(roles)} (the default)`;
    return `${list(roles)} (set at ${holder.path}${acquire ? '' : ', which acquires none'})`;
  });
  return `"${permission}" at ${object.path} asks for ${sources.join(' or ')}.`;
}

/** Lists the roles that have `permission` at `object`; Manager has every one. */
export function rolesHaving(permission: string, object: Guarded): readonly string[] {
  const { roles } = rolesFor(permission, object, defaultRoles(permission));
  return roles.includes(MANAGER_ROLE) ? roles : [...roles, MANAGER_ROLE];
}

/** Says which roles one who is judged has at `object`, and whether they are enough. */
export function explainStanding(judged: Judged, permission: string, object: Guarded): string {
  const { standing } = judged;
  const { roles } = rolesFor(permission, object, defaultRoles(permission));
  const held = standing.rolesAt(object);
  const enough = held.find(({ role }) => grants(role, roles));
  const verdict = enough === undefined ? 'that is not enough' : `${enough.role} is enough`;
  return `${nameOf(judged)} has ${held.map(describe).join(', ')}${outOfScope(judged, object)}: ${verdict}.`;
}

function nameOf({ part, standing, executable, authorKey }: Judged): string {
  const { principal } = standing.caller;
  const key = principalKey(principal);
  if (part === 'caller') return isKnown(principal) ? key : 'Anonymous, who asks,';
  const path = executable?.path ?? '';
  if (part === 'proxy') return `${path}, which runs with proxy roles instead of the caller's,`;
  if (authorKey === undefined) return `${path}, whose author is not known,`;
  const gone = authorKey === key ? '' : ', who no longer exists';
  return `${authorKey}, an author of ${path}${gone},`;
}

/** Says that there would be roles, if only the object lay elsewhere. */
function outOfScope({ standing }: Judged, object: Guarded): string {
  const { principal, roles, scope } = standing.caller;
  if (scope === undefined || standing.isInScope(object)) return '';
  const lost = roles.length === 0 ? 'its users are nobody' : `${list(roles)} counts for nothing`;
  return ` (${lost} outside ${scope.path}, where ${principal.userFolder} is)`;
}

function describe({ role, source }: HeldRole): string {
  return source === undefined ? role : `${role} (${source})`;
}

function list(roles: readonly string[]): string {
  return roles.length === 0 ? 'no role' : roles.join(' or ');
}
