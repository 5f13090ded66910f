/**
 * Standing: what one principal is, and so may do, at each object.
 *
 * A standing answers for one principal alone; the policy asks several. Roles in force at an object:
 *
 * - Anonymous, always;
 * - Authenticated and the user's own roles, where the object lies within the scope of the user
 *   folder: in the folder that holds it. Elsewhere its users are nobody, Authenticated included;
 * - the local roles given to the principal at the object and at its containers, whatever the scope:
 *   whoever gives them names the user folder, so nobody is let in by mistake;
 * - Owner, at the objects the principal owns, not at what lies in them.
 *
 * Manager may do everything where it is held. Answers are kept, so a standing lives as long as a
 * request, or less when settings change meanwhile.
 */
import {
  type Contained,
  containersOf,
  localRolesOf,
  rolesFor,
  type Secured,
} from '../../acquisition/index.js';
import { defaultRoles } from './permission.js';
import { ANONYMOUS, isKnown, type Principal, principalKey } from './principal.js';
import { ANONYMOUS_ROLE, AUTHENTICATED_ROLE, MANAGER_ROLE, OWNER_ROLE } from './role.js';

/** What the policy needs to know of an object. */
export interface Guarded extends Secured, Contained<Guarded> {
  readonly container?: Guarded | undefined;
  readonly path: string;
  /** Principal key of whoever made the object, or took it. */
  readonly owner?: string | undefined;
}

/** Someone with the roles their user folder gives them. */
export interface Caller {
  readonly principal: Principal;
  /** The user's own roles, as stored with the user. */
  readonly roles: readonly string[];
  /** Where they count: the container of the user folder. Anonymous has none. */
  readonly scope: Guarded | undefined;
}

export const ANONYMOUS_CALLER: Caller = Object.freeze({
  principal: ANONYMOUS,
  roles: Object.freeze([]),
  scope: undefined,
});

/** A role in force at an object. */
export interface HeldRole {
  readonly role: string;
  /** Where it comes from, when that is not plain: `local role at /news`. */
  readonly source?: string | undefined;
}

export class Standing {
  readonly caller: Caller;
  /** Roles held wherever the object lies: the proxy roles of an executable. */
  readonly #everywhere: readonly string[];
  readonly #key: string;
  readonly #isKnown: boolean;
  /** Answers that leave Owner aside, and so hold for all that lies in an object as well. */
  readonly #answers = new Answers();
  readonly #answersToOwner = new Answers();

  constructor(
    caller: Caller,
    { everywhere = [] }: { readonly everywhere?: readonly string[] | undefined } = {},
  ) {
    this.caller = caller;
    this.#everywhere = everywhere;
    this.#key = principalKey(caller.principal);
    this.#isKnown = isKnown(caller.principal);
  }

  /**
   * Tells whether the principal has `permission` at `object`.
   *
   * Two map lookups when it was asked before. Otherwise the answer of the container holds, unless
   * something at the object could make a difference, so a list of a thousand documents without
   * settings of their own is judged once.
   *
   * @throws TypeError when there is no such permission
   */
  may(permission: string, object: Guarded): boolean {
    const answers = this.#answers.of(permission);
    const answer = answers.get(object) ?? this.#judge(permission, object, answers);
    return answer || (this.#owns(object) && this.#mayAsOwner(permission, object));
  }

  /** Lists the roles in force at `object`, each once. */
  rolesAt(object: Guarded): readonly HeldRole[] {
    const held = this.#rolesLeavingOwner(object);
    const isOwner = this.#owns(object) && held.every(({ role }) => role !== OWNER_ROLE);
    return isOwner ? [...held, { role: OWNER_ROLE, source: `owns ${object.path}` }] : held;
  }

  /** Tells whether the roles of the principal's user folder count at `object`. */
  isInScope(object: Guarded): boolean {
    const { scope } = this.caller;
    return this.#isKnown && scope !== undefined && containersOf(object).includes(scope);
  }

  /** Forgets all answers: settings have changed. */
  forget(): void {
    this.#answers.clear();
    this.#answersToOwner.clear();
  }

  #judge(permission: string, object: Guarded, answers: Map<Guarded, boolean>): boolean {
    const beside = object.container === undefined ? undefined : answers.get(object.container);
    if (beside !== undefined && !this.#differs(permission, object)) {
      // As for nearly all of a list, without going through its containers again.
      answers.set(object, beside);
      return beside;
    }
    const alike: Guarded[] = [];
    let answer: boolean | undefined;
    for (const at of containersOf(object)) {
      answer = answers.get(at);
      if (answer !== undefined) break;
      alike.push(at);
      if (this.#differs(permission, at)) {
        const { roles } = rolesFor(permission, at, defaultRoles(permission));
        answer = this.#rolesLeavingOwner(at).some(({ role }) => grants(role, roles));
        break;
      }
    }
    // The outermost object always differs, so there is an answer by now.
    const decided = answer === true;
    for (const same of alike) answers.set(same, decided);
    return decided;
  }

  /** Tells whether the answer at `object` may differ from the one at its container. */
  #differs(permission: string, object: Guarded): boolean {
    return (
      object.container === undefined ||
      object === this.caller.scope ||
      Object.hasOwn(object.localRoles, this.#key) ||
      object.permissionSetting(permission) !== undefined
    );
  }

  #mayAsOwner(permission: string, object: Guarded): boolean {
    const answers = this.#answersToOwner.of(permission);
    let answer = answers.get(object);
    if (answer === undefined) {
      const { roles } = rolesFor(permission, object, defaultRoles(permission));
      answer = roles.includes(OWNER_ROLE);
      answers.set(object, answer);
    }
    return answer;
  }

  #rolesLeavingOwner(object: Guarded): readonly HeldRole[] {
    const held = new Map<string, HeldRole>([[ANONYMOUS_ROLE, { role: ANONYMOUS_ROLE }]]);
    const hold = (role: string, source?: string) => {
      if (!held.has(role)) held.set(role, { role, source });
    };
    for (const role of this.#everywhere) hold(role, 'proxy role');
    if (this.isInScope(object)) {
      hold(AUTHENTICATED_ROLE);
      for (const role of this.caller.roles) hold(role);
    }
    for (const { holder, roles } of localRolesOf(this.#key, object).from) {
      for (const role of roles) hold(role, `local role at ${holder.path}`);
    }
    return [...held.values()];
  }

  /** Nobody owns as Anonymous: what nobody in particular made would be everybody's. */
  #owns(object: Guarded): boolean {
    return this.#isKnown && object.owner === this.#key;
  }
}

/** Kept answers, by permission and object. */
class Answers {
  readonly #byPermission = new Map<string, Map<Guarded, boolean>>();

  of(permission: string): Map<Guarded, boolean> {
    let answers = this.#byPermission.get(permission);
    if (answers === undefined) {
      answers = new Map();
      this.#byPermission.set(permission, answers);
    }
    return answers;
  }

  clear(): void {
    this.#byPermission.clear();
  }
}

/** Tells whether holding `role` is enough where `roles` are asked for. */
export function grants(role: string, roles: readonly string[]): boolean {
  return role === MANAGER_ROLE || roles.includes(role);
}
