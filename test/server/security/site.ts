/** A site for the policy to judge: plain objects in a tree, and the users who come to it. */
import assert from 'node:assert/strict';
import type { PermissionSetting } from '../../../acquisition/index.js';
import type { Executable } from '../../../server/security/executable.js';
import { Policy } from '../../../server/security/policy.js';
import { parsePrincipal } from '../../../server/security/principal.js';
import { ANONYMOUS_CALLER, type Caller } from '../../../server/security/standing.js';

export class Place implements Executable {
  readonly id: string;
  readonly container: Place | undefined;
  owner: string | undefined;
  permissions: Record<string, PermissionSetting> = {};
  localRoles: Record<string, readonly string[]> = {};
  authors: readonly string[] = [];
  proxyRoles: readonly string[] = [];

  constructor(id: string, container?: Place) {
    this.id = id;
    this.container = container;
  }

  get path(): string {
    if (this.container === undefined) return '/';
    return `${this.container.path === '/' ? '' : this.container.path}/${this.id}`;
  }

  permissionSetting(permission: string): PermissionSetting | undefined {
    return this.permissions[permission];
  }
}

/**
 * The root with a folder `pub`, which has a user folder of its own, and a folder `news`; in each a
 * page. Users: `/acl_users:admin` (Manager), `/acl_users:ed` (Editor), `/acl_users:joe` (no roles),
 * `/pub/acl_users:admin` (Manager), `/pub/acl_users:low` (Editor).
 */
export class TestSite {
  readonly root = new Place('');
  readonly pub = new Place('pub', this.root);
  readonly pubPage = new Place('page', this.pub);
  readonly news = new Place('news', this.root);
  readonly page = new Place('page', this.news);
  readonly #users = new Map<string, readonly string[]>([
    ['/acl_users:admin', ['Manager']],
    ['/acl_users:ed', ['Editor']],
    ['/acl_users:joe', []],
    ['/pub/acl_users:admin', ['Manager']],
    ['/pub/acl_users:low', ['Editor']],
  ]);

  /** Gives the caller a key stands for; Anonymous for `Anonymous`. */
  caller(key: string): Caller {
    const found = key === 'Anonymous' ? ANONYMOUS_CALLER : this.find(key);
    assert.ok(found, `${key} is a user`);
    return found;
  }

  find(key: string): Caller | undefined {
    const roles = this.#users.get(key);
    const principal = parsePrincipal(key);
    if (roles === undefined || principal === undefined) return undefined;
    return {
      principal,
      roles,
      scope: principal.userFolder === '/acl_users' ? this.root : this.pub,
    };
  }

  deleteUser(key: string): void {
    assert.ok(this.#users.delete(key), `${key} was a user`);
  }

  policy(key: string): Policy {
    return new Policy(this.caller(key), { resolveCaller: (author) => this.find(author) });
  }

  /** Makes an executable in a place. */
  executable(
    id: string,
    options: { in: Place; authors: readonly string[]; proxyRoles?: readonly string[] },
  ): Place {
    const made = new Place(id, options.in);
    made.authors = options.authors;
    made.proxyRoles = options.proxyRoles ?? [];
    return made;
  }
}

export const only = (...roles: string[]): PermissionSetting => ({ roles, acquire: false });
export const also = (...roles: string[]): PermissionSetting => ({ roles, acquire: true });
