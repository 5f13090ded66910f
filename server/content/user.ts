/**
 * Users: the names people sign in with.
 *
 * A user's id is the name. Only a hash of the password is stored, and nothing ever shows it. Roles
 * count in the folder that holds the user folder, and below.
 */
import { isIP } from 'node:net';
import { rolesValidAt, ANONYMOUS_ROLE, AUTHENTICATED_ROLE, OWNER_ROLE } from '../security/role.js';
import { Content } from './content.js';
import type { ContentType } from './content-type.js';

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

  validate(values, { container, id, object }) {
    const errors = [];
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
    if (values['password'] === '') {
      errors.push({ field: 'fields.password', message: 'A password must not be empty' });
    }
    if (object === undefined && (id.includes(':') || id.trim() !== id)) {
      const message = 'A user’s name has no colon, and no space at its ends';
      errors.push({ field: 'id', message });
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
