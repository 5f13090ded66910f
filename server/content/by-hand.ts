/**
 * What a change asks for that is worked out from states: an undo, a check-in.
 *
 * Whatever way a change comes, it asks for what the same change by hand would ask for.
 */
import { type Oid, type PlannedObject, Ref, sameValue, type State } from '../../odb/index.js';
import { Unauthorized } from '../errors.js';
import { quoted } from '../quote.js';
import { isKnown } from '../security/principal.js';
import { MANAGER_ROLE } from '../security/role.js';
import { Content } from './content.js';
import { type ContentType, contentTypes } from './content-type.js';
import { siteRoot } from './places.js';
import { JOIN_PERMISSION, PUBLISH_PERMISSION, Version } from './version.js';
import type { Work } from './work.js';

/** What a plan makes of an object; states hold `Ref`s. */
export interface PlannedChange {
  readonly before: State;
  readonly after: State;
}

/**
 * Asks for what making the same change by hand would ask for, of an object that stands on the site.
 *
 * @throws Unauthorized when the user may not
 */
export function requireByHand(work: Work, object: Content, change: PlannedChange): void {
  const { before, after } = change;
  requireHere(work, object, change);
  const target = placeOf(after);
  if (target === undefined || target.container.oid === placeOf(before)?.container.oid) return;
  const container = work.connection.find(target.container.oid);
  if (container instanceof Content) {
    requireAddAt(work, contentTypes.of(object), container);
  }
}

/** As `requireByHand`, but for what putting it into another container would ask there. */
export function requireHere(work: Work, object: Content, { before, after }: PlannedChange): void {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...names].filter((name) => !sameValue(before[name], after[name]));
  for (const permission of new Set(changed.flatMap((name) => permissionsFor(name, object)))) {
    requireAt(work, permission, object);
  }
  const { leadsOut = [], changePermission } = contentTypes.of(object);
  if (changed.some((name) => leadsOut.includes(name))) {
    requireAt(work, changePermission, siteRoot(work.connection));
  }
  requireProxyRoles(work, object, { before, after });
}

/**
 * Asks whoever gives proxy roles to have them there: nobody lends what they have not.
 *
 * @throws Unauthorized naming the role
 */
export function requireProxyRoles(
  { policy, user }: Work,
  object: Content,
  { before, after }: PlannedChange,
): void {
  const given = rolesIn(after).filter((role) => !rolesIn(before).includes(role));
  if (given.length === 0) return;
  const held = policy.rolesAt(object);
  if (held.includes(MANAGER_ROLE)) return;
  const missing = given.find((role) => !held.includes(role));
  if (missing === undefined) return;
  const message = policy.may('View', object)
    ? `This gives ${object.path} the proxy role ${quoted(missing)}, which you have not there yourself`
    : 'This changes something that you may not view';
  const decision = { allowed: false, because: [message] };
  throw new Unauthorized(`${message}.`, { known: isKnown(user), decision });
}

function rolesIn({ proxyRoles }: State): readonly string[] {
  return (proxyRoles ?? []) as readonly string[];
}

/**
 * Asks for what taking main's side asks in a version, where that undoes what was done there: whoever
 * may not discard the version, and not take the same back by hand, settles nothing by losing it.
 *
 * @param work in the version, before the plan is carried out
 * @param taken the objects of which main's side was chosen
 * @throws Unauthorized when the user may not
 */
export function requireLosing(
  work: Work,
  version: Version,
  { objects, taken }: { readonly objects: readonly PlannedObject[]; readonly taken: Set<Oid> },
): void {
  if (taken.size === 0 || work.policy.may(PUBLISH_PERMISSION, version)) return;
  for (const { oid, base = {}, version: mine = {}, after = {} } of objects) {
    const object = work.connection.find(oid);
    if (!(object instanceof Content)) continue;
    const [was, here, next] = [base, mine, after].map(placeOf);
    const isDropped = here !== undefined && next === undefined;
    if (here === undefined && next === undefined) continue;
    if (isDropped && (taken.has(oid) || was === undefined)) {
      requireAt(work, 'Delete objects', object);
    } else if (taken.has(oid) && here === undefined && object !== siteRoot(work.connection)) {
      const container = standingContainer(work, after);
      requireAddAt(work, contentTypes.of(object), container);
    } else if (taken.has(oid)) {
      const names = Object.keys({ ...base, ...mine }).filter(
        (name) => !sameValue(base[name], mine[name]) && !sameValue(mine[name], after[name]),
      );
      const of = (state: State): State =>
        Object.fromEntries(names.map((name) => [name, state[name]]));
      requireHere(work, object, { before: of(mine), after: of(after) });
    }
  }
}

/** As `requireAdd`, by `requireAt`. */
export function requireAddAt(work: Work, type: ContentType, container: Content): void {
  requireAt(work, type.addPermission, container);
  if (type.leadsOut !== undefined) requireAt(work, type.addPermission, siteRoot(work.connection));
}

/** As the policy's `require`; of what the user may not view, a refusal tells no more than that. */
export function requireAt(work: Work, permission: string, object: Content): void {
  const { policy, user } = work;
  if (policy.may('View', object) || policy.may(permission, object)) {
    policy.require(permission, object);
    return;
  }
  const message = 'This changes something that you may not view';
  const decision = { allowed: false, because: [message] };
  throw new Unauthorized(`${message}.`, { known: isKnown(user), decision });
}

function permissionsFor(attribute: string, object: Content): string[] {
  if (object instanceof Version && Object.hasOwn(VERSION_PERMISSIONS, attribute)) {
    return VERSION_PERMISSIONS[attribute] ?? [];
  }
  switch (attribute) {
    case 'place':
      return ['Delete objects'];
    case 'properties':
      return ['Manage properties'];
    case 'permissions':
    case 'localRoles':
    case 'proxyRoles':
      return ['Change permissions'];
    case 'roles':
      return ['Define permissions'];
    case 'owner':
      return ['Take ownership'];
    case 'authors':
    case 'createdMs':
      return [];
    default:
      return [contentTypes.of(object).changePermission];
  }
}

/** What is said of a version is said by those who work in it, or publish it. */
const VERSION_PERMISSIONS: Readonly<Record<string, string[]>> = {
  review: [JOIN_PERMISSION],
  schedule: [PUBLISH_PERMISSION],
  missed: [],
};

interface StoredPlace {
  readonly container: Ref;
  readonly id: string;
}

export function placeOf(state: State): StoredPlace | undefined {
  const place = state['place'] as StoredPlace | undefined;
  return place?.container instanceof Ref ? place : undefined;
}

/** Gives the nearest container, outward from where a state stands, that is there now. */
export function standingContainer(work: Work, state: State): Content {
  const target = placeOf(state);
  const container = target === undefined ? undefined : work.connection.find(target.container.oid);
  return container instanceof Content ? container : siteRoot(work.connection);
}
