/**
 * The matrix of permissions and roles at an object: what is allowed here, what is acquired from
 * above, what was cut off, and how a form says what it is to be.
 */
import {
  allPermissions,
  type Content,
  defaultRoles,
  type Form,
  type ObjectPermissions,
  type PermissionEntry,
  rolesFor,
} from '../server/index.js';
import { mergeChoices } from './stale.js';

/** One role's box in one permission's row. */
export interface Cell {
  /** Sent when the box is ticked. */
  readonly key: string;
  readonly checked: boolean;
  /** `acq`: allowed from above; `cut`: allowed above and not here; `''`: neither. */
  readonly state: 'acq' | 'cut' | '';
  /** Allowed above, whether it is acquired or not. */
  readonly above: boolean;
  /** The same in words, with the path it comes from. */
  readonly label: string;
  /** This box answered the question that was asked. */
  readonly asked: boolean;
}

export interface Row {
  readonly name: string;
  readonly meaning: string;
  readonly acquire: boolean;
  readonly cells: readonly Cell[];
}

export interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

const LOOKING = new Set([
  ...['View', 'Access contents information', 'Search Catalog', 'View history'],
  'View management screens',
]);
const WRITING = /^(Add |Change |Delete objects|Manage properties|Undo changes|Import\/Export)/;
const MANAGING = new Set([
  ...['Change permissions', 'Define permissions', 'Manage users', 'Take ownership'],
  ...['Pack database'],
]);

/** The groups in the order they stand in, each with its part of the permissions. */
const GROUPS: readonly { readonly title: string; readonly has: (name: string) => boolean }[] = [
  { title: 'Looking', has: (name) => LOOKING.has(name) },
  {
    title: 'Writing',
    has: (name) => WRITING.test(name) && !MANAGING.has(name) && !/Versions|active/.test(name),
  },
  { title: 'Managing', has: (name) => MANAGING.has(name) },
  { title: 'Using and the rest', has: () => true },
];

/** Builds the matrix; with `onlySet`, of the permissions that are set here. */
export function matrixOf(
  object: Content,
  settings: ObjectPermissions,
  options: {
    readonly onlySet: boolean;
    readonly asked: { readonly permission: string; readonly role: string } | undefined;
  },
): readonly Group[] {
  const meanings = new Map(allPermissions().map(({ name, meaning }) => [name, meaning]));
  const left = settings.permissions.filter((entry) => !options.onlySet || isSet(entry));
  const groups: Group[] = [];
  const taken = new Set<string>();
  for (const { title, has } of GROUPS) {
    const entries = left.filter(({ name }) => !taken.has(name) && has(name));
    for (const { name } of entries) taken.add(name);
    if (entries.length === 0) continue;
    const rows = entries.map((entry) => ({
      name: entry.name,
      meaning: meanings.get(entry.name) ?? '',
      acquire: entry.acquire,
      cells: settings.roles.map((role) => {
        const { asked } = options;
        const isAsked = asked?.permission === entry.name && asked.role === role;
        return cellOf(object, entry, role, isAsked);
      }),
    }));
    groups.push({ title, rows });
  }
  return groups;
}

/** Tells whether something about a permission is set at this very object. */
export function isSet({ roles, acquire }: PermissionEntry): boolean {
  return roles.length > 0 || !acquire;
}

/**
 * Reads what a form with the matrix says. Rows that were not in it are left as they are, so a
 * narrowed matrix changes only what it shows.
 */
export function readMatrix(
  form: Form,
  settings: ObjectPermissions,
): Readonly<Record<string, { readonly roles: readonly string[]; readonly acquire: boolean }>> {
  const rows = new Set(form.all('row'));
  const acquire = new Set(form.all('acquire'));
  const allowed = new Set(form.all('allow'));
  const changes: Record<string, { roles: readonly string[]; acquire: boolean }> = {};
  for (const { name } of settings.permissions) {
    if (!rows.has(name)) continue;
    const roles = settings.roles.filter((role) => allowed.has(keyOf(name, role)));
    changes[name] = { roles, acquire: acquire.has(name) };
  }
  return changes;
}

/**
 * The same, for a form that was made from older settings: box by box what the form changed, on what is
 * set now. Two people who change one box agree, so nothing is in conflict.
 */
export function mergeMatrix(
  form: Form,
  shown: Content,
  settings: ObjectPermissions,
): ReturnType<typeof readMatrix> {
  const merged: Record<string, { roles: readonly string[]; acquire: boolean }> = {};
  const now = new Map(settings.permissions.map((entry) => [entry.name, entry]));
  for (const [name, mine] of Object.entries(readMatrix(form, settings))) {
    const base = shown.permissionSetting(name) ?? { roles: [], acquire: true };
    const theirs = now.get(name) ?? mine;
    merged[name] = {
      roles: mergeChoices(base.roles, theirs.roles, mine.roles),
      acquire: mine.acquire === base.acquire ? theirs.acquire : mine.acquire,
    };
  }
  return merged;
}

/** Gives settings with what a form says of them, to be shown again. */
export function withTyped(form: Form, settings: ObjectPermissions): ObjectPermissions {
  const typed = readMatrix(form, settings);
  return {
    ...settings,
    permissions: settings.permissions.map((entry) => ({ ...entry, ...typed[entry.name] })),
  };
}

function keyOf(permission: string, role: string): string {
  return `${permission}: ${role}`;
}

function cellOf(object: Content, entry: PermissionEntry, role: string, asked: boolean): Cell {
  const { name, acquire } = entry;
  const checked = entry.roles.includes(role);
  const source = sourceAbove(object, name, role);
  const above = source !== undefined;
  const words = wordsFor({ checked, acquire, source });
  return {
    key: keyOf(name, role),
    checked,
    state: !above ? '' : acquire ? 'acq' : 'cut',
    above,
    label: `${name} for ${role}: ${words}`,
    asked,
  };
}

/** Where above a role got a permission, in words; `undefined` when it did not. */
function sourceAbove(object: Content, permission: string, role: string): string | undefined {
  const { container } = object;
  const defaults = defaultRoles(permission);
  if (container === undefined) return defaults.includes(role) ? 'the defaults' : undefined;
  const { from } = rolesFor(permission, container, defaults);
  const found = from.find(({ roles }) => roles.includes(role));
  if (found === undefined) return undefined;
  return found.holder === undefined ? 'the defaults' : (found.holder as Content).path;
}

function wordsFor(facts: {
  readonly checked: boolean;
  readonly acquire: boolean;
  readonly source: string | undefined;
}): string {
  const { checked, acquire, source } = facts;
  if (checked)
    return source !== undefined && acquire ? `allowed here and from ${source}` : 'allowed here';
  if (source === undefined) return 'not allowed';
  return acquire ? `allowed, acquired from ${source}` : `allowed above by ${source}, cut off here`;
}
