/**
 * Security settings of an object: reading, changing and explaining them.
 *
 * What comes in is checked here as a whole, because a door hands it in as it was sent. A permission
 * set to acquire, with no roles of its own, is one that is not set. Who takes ownership of what runs
 * becomes its only author; giving ownership away changes no authors, since nobody answers for text
 * they have not seen.
 */
import { rolesFor } from '../../acquisition/index.js';
import type { Connection } from '../../odb/index.js';
import { type FieldError, Invalid } from '../errors.js';
import { quoted } from '../quote.js';
import type { Decision } from '../security/decision.js';
import { allPermissions, defaultRoles, isPermission } from '../security/permission.js';
import { ANONYMOUS_KEY, principalKey } from '../security/principal.js';
import {
  ANONYMOUS_ROLE,
  AUTHENTICATED_ROLE,
  BUILT_IN_ROLES,
  MANAGER_ROLE,
  rolesValidAt,
} from '../security/role.js';
import { ANONYMOUS_CALLER, type Caller, Standing } from '../security/standing.js';
import { Content } from './content.js';
import { touched } from './edit.js';
import { sameValue } from './fields.js';
import { isExecutable } from './executable.js';
import { siteRoot } from './places.js';
import { principalNamed, resolveCaller } from './user-folder.js';
import { policyAt } from './version-inside.js';
import type { Work } from './work.js';

/** A role's name: a word or a few. */
const ROLE_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u;

export interface PermissionEntry {
  readonly name: string;
  /** Set at this very object. */
  readonly roles: readonly string[];
  readonly acquire: boolean;
  /** All that have it, acquired ones included. */
  readonly effective: readonly string[];
}

export interface ObjectPermissions {
  /** The roles that can be named here. */
  readonly roles: readonly string[];
  readonly permissions: readonly PermissionEntry[];
  readonly localRoles: Readonly<Record<string, readonly string[]>>;
  readonly proxyRoles?: readonly string[];
  readonly owner: string | null;
}

/** A change as it was sent; what is `undefined` stays. */
export interface PermissionsChange {
  /** By name `{ roles, acquire }`; `null` for one to be acquired alone. */
  readonly permissions?: unknown;
  /** By user a list of roles; an empty one, or `null`, takes all. */
  readonly localRoles?: unknown;
  readonly proxyRoles?: unknown;
  readonly addRoles?: unknown;
  readonly removeRoles?: unknown;
  /** A user; `null` for nobody. */
  readonly owner?: unknown;
}

/** @throws Unauthorized without `Change permissions` */
export function readPermissions(work: Work, object: Content): ObjectPermissions {
  work.policy.require('Change permissions', object);
  return {
    roles: rolesValidAt(object),
    permissions: allPermissions().map(({ name }) => {
      const setting = object.permissionSetting(name);
      return {
        name,
        roles: setting?.roles ?? [],
        acquire: setting?.acquire ?? true,
        effective: rolesFor(name, object, defaultRoles(name)).roles,
      };
    }),
    localRoles: object.localRoles,
    ...(isExecutable(object) ? { proxyRoles: object.proxyRoles } : {}),
    owner: object.owner ?? null,
  };
}

/**
 * Changes settings.
 *
 * @returns `false` when everything is as given already
 * @throws Unauthorized without `Change permissions`, `Define permissions` for roles, `Take
 *   ownership` for the owner
 * @throws Invalid naming each value that does not pass
 */
export function setPermissions(work: Work, object: Content, change: PermissionsChange): boolean {
  const { policy } = work;
  const isGiven = (name: keyof PermissionsChange): boolean => change[name] !== undefined;
  if (isGiven('permissions') || isGiven('localRoles') || isGiven('proxyRoles')) {
    policy.require('Change permissions', object);
  }
  if (isGiven('addRoles') || isGiven('removeRoles')) policy.require('Define permissions', object);
  if (isGiven('owner')) policy.require('Take ownership', object);

  const next = new Settings(work, object);
  if (isGiven('addRoles')) next.addRoles(change.addRoles);
  if (isGiven('removeRoles')) next.removeRoles(change.removeRoles);
  if (isGiven('permissions')) next.setPermissions(change.permissions);
  if (isGiven('localRoles')) next.setLocalRoles(change.localRoles);
  if (isGiven('proxyRoles')) next.setProxyRoles(change.proxyRoles);
  if (isGiven('owner')) next.setOwner(change.owner);
  const changed = next.apply();
  if (changed.length === 0) return false;
  policy.forget();
  touched(work, object);
  work.did(`Changed ${object.path}: ${changed.join(', ')}`);
  return true;
}

/**
 * Says whether somebody has a permission at an object, and why. About oneself anyone may ask.
 *
 * @param question.user a name or a principal; `''` for the user
 * @throws Unauthorized without `Change permissions`, about others
 * @throws Invalid for a permission or a user that there is none of
 */
export function explainAccess(
  work: Work,
  object: Content,
  question: { readonly user: string; readonly permission: string },
): Decision {
  const { permission, user } = question;
  if (!isPermission(permission)) {
    const message = `There is no permission ${quoted(permission)}`;
    throw new Invalid([{ field: 'permission', message }]);
  }
  if (user === '') return work.policy.decide(permission, object);
  const { connection, site } = work;
  const isInside = connection.version !== undefined;
  using outside = isInside ? site.database.connect({ at: connection.tid }) : undefined;
  const main = outside ?? connection;
  const caller = callerNamed(main, object, user);
  if (caller === undefined) throw new Invalid([{ field: 'user', message: nobody(user) }]);
  const isMe = principalKey(caller.principal) === principalKey(work.user);
  if (!isMe) work.policy.require('Change permissions', object);
  return policyAt(connection, main, caller).decide(permission, object);
}

/** Who the users are is main's to say: they are those that it knows where the object stands. */
function callerNamed(main: Connection, object: Content, user: string): Caller | undefined {
  if (user === ANONYMOUS_KEY) return ANONYMOUS_CALLER;
  const root = siteRoot(main);
  const key = principalNamed(root, counterpart(main, object), user);
  return key === undefined ? undefined : resolveCaller(root, key);
}

/** The same object in main; of what is not there, the nearest container that is. */
function counterpart(main: Connection, object: Content): Content {
  const root = siteRoot(main);
  for (let at: Content | undefined = object; at !== undefined; at = at.container) {
    const found = at.oid === undefined ? undefined : main.find(at.oid);
    if (found instanceof Content && found.isWithin(root)) return found;
  }
  return root;
}

function nobody(user: string): string {
  return `There is no user ${quoted(user)} here. Name one exactly as /path/acl_users:name.`;
}

/** The settings as they will be, with all that is wrong with them. */
class Settings {
  readonly #work: Work;
  readonly #object: Content;
  readonly #errors: FieldError[] = [];
  #roles: readonly string[];
  #permissions: Record<string, { readonly roles: readonly string[]; readonly acquire: boolean }>;
  #localRoles: Record<string, readonly string[]>;
  #proxyRoles: readonly string[] | undefined;
  #authors: readonly string[] | undefined;
  #owner: string | undefined;

  constructor(work: Work, object: Content) {
    this.#work = work;
    this.#object = object;
    this.#roles = object.roles;
    this.#permissions = { ...object.permissions };
    this.#localRoles = { ...object.localRoles };
    this.#proxyRoles = isExecutable(object) ? object.proxyRoles : undefined;
    this.#authors = isExecutable(object) ? object.authors : undefined;
    this.#owner = object.owner;
  }

  addRoles(given: unknown): void {
    const roles = this.#readRoles('addRoles', given, { known: false });
    if (roles.length > 0 && !this.#object.isFolder) {
      this.#refuse('addRoles', 'Roles are introduced by folders');
    }
    const odd = roles.find((role) => !ROLE_NAME.test(role));
    if (odd !== undefined) this.#refuse('addRoles', `${quoted(odd)} is no name for a role`);
    this.#roles = [...new Set([...this.#roles, ...roles])].filter(
      (role) => !BUILT_IN_ROLES.includes(role),
    );
  }

  removeRoles(given: unknown): void {
    const roles = this.#readRoles('removeRoles', given, { known: false });
    const strange = roles.find((role) => !this.#roles.includes(role));
    if (strange !== undefined) {
      this.#refuse('removeRoles', `The role ${quoted(strange)} was not introduced here`);
    }
    this.#roles = this.#roles.filter((role) => !roles.includes(role));
  }

  setPermissions(given: unknown): void {
    for (const [name, setting] of this.#entries('permissions', given)) {
      const field = `permissions.${name}`;
      if (!isPermission(name)) {
        this.#refuse(field, 'There is no such permission');
        continue;
      }
      if (setting === null) {
        delete this.#permissions[name];
        continue;
      }
      const {
        roles = [],
        acquire = true,
        ...others
      } = isRecord(setting) ? setting : { roles: setting };
      const [other] = Object.keys(others);
      if (other !== undefined) this.#refuse(field, `A setting has no member ${quoted(other)}`);
      const read = this.#readRoles(field, roles, { known: true });
      if (typeof acquire !== 'boolean') this.#refuse(field, 'acquire is true or false');
      else if (acquire && read.length === 0) delete this.#permissions[name];
      else this.#permissions[name] = { roles: read, acquire };
    }
  }

  setLocalRoles(given: unknown): void {
    const root = siteRoot(this.#work.connection);
    for (const [name, roles] of this.#entries('localRoles', given)) {
      const field = `localRoles.${name}`;
      // Someone who is gone can still be taken off the list.
      const held = Object.hasOwn(this.#localRoles, name) ? name : undefined;
      const key = principalNamed(root, this.#object, name) ?? held;
      const read = roles === null ? [] : this.#readRoles(field, roles, { known: true });
      const odd = read.find((role) => role === ANONYMOUS_ROLE || role === AUTHENTICATED_ROLE);
      if (key === undefined) this.#refuse(field, nobody(name));
      else if (odd !== undefined) this.#refuse(field, `The role “${odd}” is never given`);
      else if (read.length === 0) delete this.#localRoles[key];
      else this.#localRoles[key] = read;
    }
  }

  setProxyRoles(given: unknown): void {
    const roles = this.#readRoles('proxyRoles', given, { known: true });
    if (!isExecutable(this.#object)) {
      if (roles.length > 0) this.#refuse('proxyRoles', `${this.#object.path} does not run`);
      return;
    }
    const standing = new Standing(this.#work.policy.caller);
    const held = standing.rolesAt(this.#object).map(({ role }) => role);
    const missing = roles.find((role) => !held.includes(role) && !held.includes(MANAGER_ROLE));
    if (missing !== undefined && !(this.#proxyRoles ?? []).includes(missing)) {
      this.#refuse('proxyRoles', `You have not the role “${missing}” here yourself`);
    }
    this.#proxyRoles = roles;
  }

  setOwner(given: unknown): void {
    const me = principalKey(this.#work.user);
    if (given === null) {
      this.#work.policy.require('Change permissions', this.#object);
      this.#owner = undefined;
      return;
    }
    const root = siteRoot(this.#work.connection);
    const key = typeof given === 'string' ? principalNamed(root, this.#object, given) : undefined;
    if (key === undefined) {
      this.#refuse('owner', typeof given === 'string' ? nobody(given) : 'A user is expected');
      return;
    }
    this.#owner = key;
    if (key === me) this.#authors = this.#authors === undefined ? undefined : [me];
    else this.#work.policy.require('Change permissions', this.#object);
  }

  /**
   * Sets what differs, and says what that was.
   * @throws Invalid when anything was refused; then nothing is set
   */
  apply(): readonly string[] {
    if (this.#errors.length > 0) throw new Invalid(this.#errors);
    const object = this.#object;
    const changed: string[] = [];
    const set = (what: string, held: unknown, next: unknown, assign: () => void): void => {
      if (sameValue(held, next)) return;
      changed.push(what);
      assign();
    };
    set('roles', object.roles, this.#roles, () => (object.roles = this.#roles));
    set('permissions', object.permissions, this.#permissions, () => {
      object.permissions = this.#permissions;
    });
    set('local roles', object.localRoles, this.#localRoles, () => {
      object.localRoles = this.#localRoles;
    });
    set('owner', object.owner, this.#owner, () => (object.owner = this.#owner));
    if (!isExecutable(object)) return changed;
    const { proxyRoles, authors } = object;
    set('proxy roles', proxyRoles, this.#proxyRoles, () => {
      object.proxyRoles = this.#proxyRoles ?? [];
    });
    set('authors', authors, this.#authors, () => (object.authors = this.#authors ?? []));
    return changed;
  }

  #readRoles(field: string, given: unknown, { known }: { readonly known: boolean }): string[] {
    if (!Array.isArray(given) || !given.every((role) => typeof role === 'string')) {
      this.#refuse(field, 'A list of roles is expected');
      return [];
    }
    const roles = [...new Set(given)];
    const valid = new Set([...rolesValidAt(this.#object), ...this.#roles]);
    const strange = known ? roles.find((role) => !valid.has(role)) : undefined;
    if (strange !== undefined)
      this.#refuse(field, `The role ${quoted(strange)} is not defined here`);
    return roles;
  }

  #entries(field: string, given: unknown): readonly [string, unknown][] {
    if (isRecord(given)) return Object.entries(given);
    this.#refuse(field, 'An object is expected');
    return [];
  }

  #refuse(field: string, message: string): void {
    this.#errors.push({ field, message });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
