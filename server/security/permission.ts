/**
 * Permissions: what may be allowed.
 *
 * Each has a name that people read in the security matrix, a sentence that says what it lets one
 * do, and the roles that have it at the root of a site where nothing was set. Content types add
 * their own with `registerPermission`; the list only grows.
 */
import { ANONYMOUS_ROLE, MANAGER_ROLE, OWNER_ROLE } from './role.js';

export interface Permission {
  readonly name: string;
  /** What it lets one do, in a few words. */
  readonly meaning: string;
  /** The roles that have it where nothing is set. */
  readonly defaultRoles: readonly string[];
}

const EVERYONE: readonly string[] = Object.freeze([ANONYMOUS_ROLE, MANAGER_ROLE]);
const OWNERS: readonly string[] = Object.freeze([MANAGER_ROLE, OWNER_ROLE]);
const MANAGERS: readonly string[] = Object.freeze([MANAGER_ROLE]);

/** The permissions that the server itself asks for. */
export const PERMISSIONS: readonly Permission[] = Object.freeze([
  permission('View', 'see pages and what they show', EVERYONE),
  permission('Access contents information', 'list what a folder holds, read properties', EVERYONE),
  permission('Search Catalog', 'search', EVERYONE),

  permission('View management screens', 'open the admin, read sources', MANAGERS),
  permission('View history', 'see earlier states, and who made them', OWNERS),
  permission('Undo changes', 'take back the changes of others', MANAGERS),
  permission('Delete objects', 'delete, rename and move away', OWNERS),
  permission('Manage properties', 'set properties', MANAGERS),
  permission('Import/Export objects', 'take objects out of the site and bring them in', MANAGERS),

  permission('Add Documents', 'add documents', MANAGERS),
  permission('Add Files', 'add files', MANAGERS),
  permission('Add Folders', 'add folders', MANAGERS),
  permission('Add Images', 'add images', MANAGERS),
  permission('Add Redirects', 'add redirects', MANAGERS),
  permission('Add Templates', 'add templates', MANAGERS),
  permission('Add User Folders', 'add user folders', MANAGERS),
  permission('Add Versions', 'begin versions', MANAGERS),
  permission('Change Documents', 'change documents', OWNERS),
  permission('Change Files', 'change files', OWNERS),
  permission('Change Folders', 'change the title of folders', OWNERS),
  permission('Change Images', 'change images', OWNERS),
  permission('Change Redirects', 'change redirects', OWNERS),
  permission('Change Templates', 'change templates', OWNERS),
  permission('Change Versions', 'change the title of versions', OWNERS),
  permission('Add Database Connections', 'add SQL connections', MANAGERS),
  permission('Add Database Methods', 'add SQL methods', MANAGERS),
  permission('Change Database Connections', 'change SQL connections', MANAGERS),
  permission('Change Database Methods', 'change SQL methods', MANAGERS),
  permission('Open/Close Database Connections', 'open and close SQL connections', MANAGERS),
  permission('Test Database Connections', 'look into databases, and run any SQL in them', MANAGERS),

  permission('Add active content', 'write pages whose scripts and forms are kept', MANAGERS),
  permission(
    'Use Database Methods',
    'run SQL methods; of a connection: write some for it',
    MANAGERS,
  ),
  permission('Use mailhost services', 'send mail', MANAGERS),
  permission('Manage Catalog Entries', 'index objects again', MANAGERS),
  permission('Join/leave Versions', 'work in a version', MANAGERS),
  permission('Save/discard Version changes', 'check versions in, or discard them', MANAGERS),
  permission('WebDAV access', 'come in by WebDAV', MANAGERS),
  permission('FTP access', 'come in by FTP', MANAGERS),

  permission('Manage users', 'add, change and delete users', MANAGERS),
  permission('Change permissions', 'say who may do what', MANAGERS),
  permission('Define permissions', 'introduce and remove roles', MANAGERS),
  permission('Take ownership', 'become the only author of a template or document', OWNERS),
  permission('Pack database', 'forget old states', MANAGERS),
]);

const registered = new Map(PERMISSIONS.map((known) => [known.name, known]));

/**
 * Adds a permission. Adding it again with the same default roles does nothing, so that two content
 * types may share one.
 *
 * @param options.defaultRoles only Manager when left out
 * @throws TypeError when the name is known with other default roles
 */
export function registerPermission(
  name: string,
  options: { readonly meaning: string; readonly defaultRoles?: readonly string[] },
): void {
  const added = permission(name, options.meaning, options.defaultRoles ?? MANAGERS);
  const known = registered.get(name);
  if (known === undefined) {
    registered.set(name, added);
    return;
  }
  if (!sameRoles(known.defaultRoles, added.defaultRoles)) {
    throw new TypeError(
      `The permission "${name}" has the default roles ${known.defaultRoles.join(', ')}`,
    );
  }
}

/** Tells whether there is a permission of that name. */
export function isPermission(name: string): boolean {
  return registered.has(name);
}

/** Lists all permissions, sorted by name. */
export function allPermissions(): readonly Permission[] {
  return [...registered.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/**
 * Gives the roles that have a permission where nothing is set.
 *
 * @throws TypeError for a name that is no permission: a typing error must not pass for a rule.
 *   Names that come from outside are asked about with `isPermission` first.
 */
export function defaultRoles(name: string): readonly string[] {
  const known = registered.get(name);
  if (known === undefined) throw new TypeError(`"${name}" is no permission`);
  return known.defaultRoles;
}

function permission(name: string, meaning: string, roles: readonly string[]): Permission {
  return Object.freeze({ name, meaning, defaultRoles: Object.freeze([...roles]) });
}

function sameRoles(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((role) => other.includes(role));
}
