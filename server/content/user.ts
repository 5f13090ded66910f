/**
 * Users: the names people sign in with.
 *
 * A user's id is the name. Only a hash of the password is stored, and nothing ever shows it. Roles
 * count in the folder that holds the user folder, and below.
 */
import { isIP } from 'node:net';
import { type FieldError, Taken } from '../errors.js';
import { refusePassword } from '../security/password.js';
import { USER_FOLDER_ID } from '../security/principal.js';
import {
  ANONYMOUS_ROLE,
  AUTHENTICATED_ROLE,
  MANAGER_ROLE,
  OWNER_ROLE,
  rolesValidAt,
} from '../security/role.js';
import { type Container, Content, isContainer } from './content.js';
import type { ContentType } from './content-type.js';
import type { Work } from './work.js';

/** Roles that come from who one is, not from being given. */
const NOT_GIVEN: ReadonlySet<string> = new Set([ANONYMOUS_ROLE, AUTHENTICATED_ROLE, OWNER_ROLE]);

export class User extends Content {
  static {
    this.define('canopy.User', { userRoles: [], domains: [], passwordHash: '' });
  }

  declare userRoles: readonly string[];
  /** Addresses the user may sign in from; empty for any. */
  declare domains: readonly string[];
  /** `''` for a user who cannot sign in by password. */
  declare passwordHash: string;

  get type(): string {
    return 'User';
  }

  get size(): number {
    return 0;
  }

  get name(): string {
    return this.id;
  }

  /** Tells whether the user may sign in from an address. */
  isAdmitted(remoteAddress: string): boolean {
    const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '');
    return (
      this.domains.length === 0 || this.domains.some((pattern) => addressMatches(pattern, address))
    );
  }
}

export const userType: ContentType<User> = {
  name: 'User',
  title: 'User',
  icon: 'user',
  description: 'Somebody who can sign in.',
  class: User,
  addPermission: 'Manage users',
  changePermission: 'Manage users',
  executable: false,
  isFound: false,
  protectedFields: true,
  fields: [
    {
      name: 'password',
      label: 'Password',
      kind: 'password',
      writeOnly: true,
      help: 'Without one the user cannot sign in.',
    },
    {
      name: 'roles',
      label: 'Roles',
      kind: 'list',
      help: 'What the user is in the folder of this user folder, and below.',
      default: [],
    },
    {
      name: 'domains',
      label: 'Addresses',
      kind: 'list',
      help: 'Where the user may sign in from, such as 10.0.0.* or ::1; empty for anywhere.',
      default: [],
    },
  ],

  validate(values, { container, id, object, work }) {
    const errors: FieldError[] = [];
    const roles = (values['roles'] ?? []) as readonly string[];
    const domains = (values['domains'] ?? []) as readonly string[];
    const valid = new Set(container === undefined ? [] : rolesValidAt(container));
    const strange = roles.find((role) => !valid.has(role) || NOT_GIVEN.has(role));
    if (strange !== undefined) {
      const reason = NOT_GIVEN.has(strange) ? 'is never given' : 'is not defined here';
      errors.push({ field: 'fields.roles', message: `The role “${strange}” ${reason}` });
    }
    const odd = domains.find((pattern) => !isAddressPattern(pattern));
    if (odd !== undefined) {
      errors.push({ field: 'fields.domains', message: `“${odd}” is no address or pattern` });
    }
    const { password } = values;
    const refusal = typeof password === 'string' ? refusePassword(password) : undefined;
    if (refusal !== undefined) errors.push({ field: 'fields.password', message: refusal });
    if (object === undefined && (id.includes(':') || id.trim() !== id)) {
      const message = 'A user’s name has no colon, and no space at its ends';
      errors.push({ field: 'id', message });
    }
    const keepsRole = values['roles'] === undefined || roles.includes(MANAGER_ROLE);
    if (errors.length === 0 && object !== undefined && !keepsRole) {
      requireOtherManager(work, [object]);
    }
    return errors;
  },

  read: (user) => ({ roles: user.userRoles, domains: user.domains }),

  apply(user, values, work) {
    const { roles, domains, password } = values;
    if (Array.isArray(roles)) user.userRoles = [...new Set(roles as readonly string[])];
    if (Array.isArray(domains)) user.domains = domains as readonly string[];
    if (typeof password === 'string') user.passwordHash = work.site.passwords.hash(password);
  },
};

/**
 * Lists the users of the site's own user folder who can sign in and manage the whole site.
 * Others have none: who manages a part of the site is looked after from above.
 */
function managersIn(users: Container): readonly User[] {
  if (users.container === undefined || users.container.container !== undefined) return [];
  return users
    .items()
    .filter((user) => user instanceof User)
    .filter(isManager);
}

function isManager({ userRoles, passwordHash }: User): boolean {
  return userRoles.includes(MANAGER_ROLE) && passwordHash !== '';
}

/**
 * Sees to it that somebody still manages the site when these objects are deleted, or lose their
 * roles: without anybody, only the command line leads back in.
 *
 * Whoever stays must still be there at the commit, so of two Managers who delete each other at the
 * same time one is refused.
 *
 * @throws Taken `SRV_LAST_MANAGER` when nobody would be left
 */
export function requireOtherManager(work: Work, leaving: readonly Content[]): void {
  const going = leaving.filter((object) => object instanceof User).filter(isManager);
  const users = going[0]?.container;
  if (users === undefined) return;
  const managers = managersIn(users);
  if (managers.length > 0) {
    keepManager(
      work,
      managers.filter((user) => !going.includes(user)),
      managers,
    );
  }
}

/**
 * Notes who manages the site now. The check it answers is for when many users may have changed.
 *
 * @returns a check that throws Taken `SRV_LAST_MANAGER` when somebody did and nobody does any more
 */
export function watchManagers(work: Work, root: Container): () => void {
  const users = root.child(USER_FOLDER_ID);
  const managers = (): readonly User[] => (isContainer(users) ? managersIn(users) : []);
  const before = managers();
  return () => {
    if (before.length > 0) keepManager(work, managers(), before);
  };
}

function keepManager(work: Work, left: readonly User[], before: readonly User[]): void {
  const [stays] = left;
  if (stays !== undefined) {
    work.connection.readCurrent(stays);
    return;
  }
  const who = before.map(({ path }) => path).join(', ');
  throw new Taken(
    `Nobody else has a password and the role ${MANAGER_ROLE} for the whole site: ${who} is the last. ` +
      'Give that role to another user of the same user folder first.',
    { code: 'SRV_LAST_MANAGER' },
  );
}

/** An address, or an IPv4 address in which `*` stands for any number. */
function isAddressPattern(pattern: string): boolean {
  return isIP(pattern) !== 0 || isIP(pattern.replace(/(?<=^|\.)\*(?=\.|$)/g, '0')) === 4;
}

function addressMatches(pattern: string, address: string): boolean {
  const wanted = pattern.toLowerCase().split('.');
  const given = address.toLowerCase().split('.');
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part === '*' || part === given[index])
  );
}
