/** The room's door: acquisition contexts, the lookup along them, and acquired security settings. */
export { AcquisitionError } from './errors.js';
export { acquiresImplicitly, isPrivate, type AcquisitionRules } from './names.js';
export { containersOf, DEPTH_MAX, type Contained } from './chain.js';
export { ABSENT, Context, isAcquirable, type Acquirable } from './context.js';
export { acquire, Found, type AcquireOptions } from './acquire.js';
export {
  localRolesOf,
  rolesFor,
  type EffectiveRoles,
  type LocalRoles,
  type LocalRoleSource,
  type PermissionSetting,
  type Secured,
  type SettingSource,
} from './settings.js';
