/**
 * Acquired security settings: which roles a permission asks for, and which roles someone is given.
 *
 * Settings follow containment alone, never the path by which an object was reached: what a visitor
 * types in the address can not open anything.
 */
import { containersOf } from './chain.js';
import type { Contained } from './chain.js';

/** One permission as set at one object. */
export interface PermissionSetting {
  readonly roles: readonly string[];
  /** Whether the roles set further out hold here too. */
  readonly acquire: boolean;
}

/** What acquisition needs to know of an object's security settings. */
export interface Secured extends Contained<Secured> {
  /** Gives the setting made at this very object, if any. */
  permissionSetting(permission: string): PermissionSetting | undefined;

  /** Principal key -> roles given at this very object. */
  readonly localRoles: Readonly<Record<string, readonly string[]>>;
}

/** A setting and the object it was made at; no holder: the permission's default. */
export interface SettingSource<T> extends PermissionSetting {
  readonly holder: T | undefined;
}

export interface EffectiveRoles<T> {
  /** Each role once; the nearest setting's roles first. */
  readonly roles: readonly string[];
  /** Where the roles come from, the nearest first; never empty. */
  readonly from: readonly SettingSource<T>[];
}

/**
 * Gives the roles that `permission` asks for at `object`.
 *
 * They are the roles set at the object and those of each container outward, up to and including
 * the first setting that does not acquire. The default roles count as if they were set above the
 * outermost container, so they hold wherever everything acquires. O(depth).
 *
 * @throws AcquisitionError `ACQ_CYCLE`, `ACQ_TOO_DEEP` when containment is broken
 */
export function rolesFor<T extends Secured & Contained<T>>(
  permission: string,
  object: T,
  defaultRoles: readonly string[],
): EffectiveRoles<T> {
  const roles = new Set<string>();
  const from: SettingSource<T>[] = [];
  const add = (source: SettingSource<T>) => {
    from.push(source);
    for (const role of source.roles) roles.add(role);
  };

  for (const holder of containersOf(object)) {
    const setting = holder.permissionSetting(permission);
    if (setting === undefined) continue;
    add({ holder, roles: setting.roles, acquire: setting.acquire });
    if (!setting.acquire) return { roles: [...roles], from };
  }
  add({ holder: undefined, roles: defaultRoles, acquire: false });
  return { roles: [...roles], from };
}

/** Roles given to one principal at one object. */
export interface LocalRoleSource<T> {
  readonly holder: T;
  readonly roles: readonly string[];
}

export interface LocalRoles<T> {
  readonly roles: readonly string[];
  readonly from: readonly LocalRoleSource<T>[];
}

/**
 * Gives the local roles of a principal at `object`: those of the object and of all its containers.
 *
 * They add up; nothing further in can take one away. O(depth).
 *
 * @throws AcquisitionError `ACQ_CYCLE`, `ACQ_TOO_DEEP` when containment is broken
 */
export function localRolesOf<T extends Secured & Contained<T>>(
  principalKey: string,
  object: T,
): LocalRoles<T> {
  const roles = new Set<string>();
  const from: LocalRoleSource<T>[] = [];
  for (const holder of containersOf(object)) {
    if (!Object.hasOwn(holder.localRoles, principalKey)) continue;
    const given = holder.localRoles[principalKey] ?? [];
    from.push({ holder, roles: given });
    for (const role of given) roles.add(role);
  }
  return { roles: [...roles], from };
}
