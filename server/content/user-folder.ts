/**
 * User folders: the users of a part of the site.
 *
 * A user folder is called `acl_users`, so a folder has one at most, and holds users alone. Its users
 * have their roles in the folder it is in, and below; elsewhere they are nobody.
 */
import type { PermissionSetting } from '../../acquisition/index.js';
import { parsePrincipal, principalKey, USER_FOLDER_ID } from '../security/principal.js';
import type { Passwords } from '../security/password.js';
import { MANAGER_ROLE } from '../security/role.js';
import type { Caller } from '../security/standing.js';
import { type Container, type Content, contentAt, isContainer } from './content.js';
import type { ContentType } from './content-type.js';
import { Folder } from './folder.js';
import { User } from './user.js';

const MANAGERS: PermissionSetting = { roles: [MANAGER_ROLE], acquire: false };

export interface Attempt {
  readonly name: string;
  readonly password: string;
  readonly remoteAddress: string;
}

export class UserFolder extends Folder {
  static {
    this.define('canopy.UserFolder', {});
  }

  /** Who is who is for managers to see, until someone opens it. */
  constructor(init?: object) {
    super({ permissions: { View: MANAGERS, 'Access contents information': MANAGERS }, ...init });
  }

  override get type(): string {
    return 'UserFolder';
  }

  user(name: string): User | undefined {
    const child = this.child(name);
    return child instanceof User ? child : undefined;
  }

  users(): readonly User[] {
    return this.items({ sort: 'id' }).filter((child) => child instanceof User);
  }

  /**
   * Gives the user whose name and password these are.
   *
   * A wrong name takes as long as a wrong password, a tenth of a second; credentials that were
   * right before take microseconds.
   */
  authenticate(attempt: Attempt, passwords: Passwords): User | undefined {
    const user = this.user(attempt.name);
    if (user === undefined || user.passwordHash === '') {
      passwords.pretend(attempt.password);
      return undefined;
    }
    const { password, name } = attempt;
    const principal = principalKey({ userFolder: this.path, name });
    const { passwordHash } = user;
    const isRight = passwords.verify({ principal, password, passwordHash });
    return isRight && user.isAdmitted(attempt.remoteAddress) ? user : undefined;
  }

  /** Gives a user as the policy knows one. */
  callerOf(user: User): Caller {
    return {
      principal: { userFolder: this.path, name: user.name },
      roles: user.userRoles,
      scope: this.container,
    };
  }
}

export const userFolderType: ContentType<UserFolder> = {
  name: 'UserFolder',
  title: 'User folder',
  icon: 'users',
  description: 'The users of this folder and all below it.',
  class: UserFolder,
  addPermission: 'Add User Folders',
  changePermission: 'Manage users',
  executable: false,
  isFound: false,
  fields: [],
  read: () => ({}),
  apply: () => undefined,
  refuses: (_folder, child) =>
    child.name === 'User' ? undefined : 'A user folder holds users alone',
};

/** Gives a container's own user folder. */
export function userFolderIn(container: Container): UserFolder | undefined {
  const child = container.child(USER_FOLDER_ID);
  return child instanceof UserFolder ? child : undefined;
}

/** Lists the user folders that may know who visits `object`, the nearest first. */
export function userFoldersFrom(object: Content): readonly UserFolder[] {
  const folders: UserFolder[] = [];
  for (let at: Content | undefined = object; at !== undefined; at = at.container) {
    const folder = isContainer(at) ? userFolderIn(at) : undefined;
    if (folder !== undefined) folders.push(folder);
  }
  return folders;
}

/**
 * Finds who a principal key stands for.
 *
 * @param root the site's root
 * @returns `undefined` when there is no such user any more; Anonymous is no user
 */
export function resolveCaller(root: Container, key: string): Caller | undefined {
  const principal = parsePrincipal(key);
  if (principal === undefined || principal.userFolder === '') return undefined;
  const folder = contentAt(root, principal.userFolder);
  if (!(folder instanceof UserFolder)) return undefined;
  const user = folder.user(principal.name);
  return user === undefined ? undefined : folder.callerOf(user);
}

/**
 * Gives the key of the user that a name means at `object`: `/pub/acl_users:low` is exact, a bare
 * name is looked for in the user folders outward.
 *
 * @returns `undefined` when nobody is called so
 */
export function principalNamed(root: Container, object: Content, name: string): string | undefined {
  if (name.startsWith('/')) return resolveCaller(root, name) === undefined ? undefined : name;
  const folder = userFoldersFrom(object).find((candidate) => candidate.user(name) !== undefined);
  return folder === undefined ? undefined : principalKey({ userFolder: folder.path, name });
}
