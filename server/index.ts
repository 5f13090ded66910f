/**
 * The door of the server: what the admin, and any other plugin, may use of it.
 *
 * What is here is what a package that adds content types, views or screens can rely on; everything
 * else of the server may change from one release to the next.
 */
export { Context, rolesFor } from '../acquisition/index.js';
export {
  type Oid,
  parseOid,
  parseTid,
  type Tid,
  type TransactionRecord,
  type UndoneObject,
  type UndoPlan,
} from '../odb/index.js';
export { problemOf, problemResponse } from './api/problem.js';
export {
  type ContentType,
  contentTypes,
  type FieldDef,
  type FieldValues,
} from './content/content-type.js';
export {
  type Container,
  Content,
  contentAt,
  isContainer,
  type SortKey,
} from './content/content.js';
export { copyObject } from './content/copy.js';
export { mediaType } from './content/data.js';
export { createObject, deleteObjects, setData, updateObject } from './content/edit.js';
export { isExecutable } from './content/executable.js';
export { File } from './content/file.js';
export { Folder } from './content/folder.js';
export { mayExport, requireImportable } from './content/export.js';
export {
  HISTORY_REVISIONS_MAX,
  listHistory,
  listTransactions,
  objectAsOf,
  revertObject,
  type RevisionEntry,
  type TransactionEntry,
} from './content/history.js';
export { BUILT_IN_NAMES, refuseId } from './content/ids.js';
export { moveObject } from './content/move.js';
export { pastObject } from './content/past.js';
export {
  explainAccess,
  type ObjectPermissions,
  type PermissionEntry,
  readPermissions,
  setPermissions,
} from './content/permissions.js';
export { pathAt, siteRoot } from './content/places.js';
export {
  type Property,
  PROPERTY_TYPES,
  type PropertyPatch,
  refusePropertyName,
} from './content/properties.js';
export {
  findInTrash,
  folderNamed,
  listTrash,
  restoreFromTrash,
  type TrashItem,
  type TrashName,
} from './content/trash.js';
export { describeUndo, nameUndo, noteSeenBy, type UndoName } from './content/transaction-notes.js';
export { isOwnAndRecent, type UndoOutcome, undoTransactions } from './content/undo.js';
export { principalNamed, resolveCaller, UserFolder } from './content/user-folder.js';
export type { User } from './content/user.js';
export {
  BadRequest,
  type FieldError,
  Invalid,
  type LackingPermission,
  NotFound,
  PreconditionFailed,
  ServerError,
  Taken,
  TemplateError,
  Unauthorized,
} from './errors.js';
export type { CheckResult, FindingSummary } from './database/check.js';
export { databaseOverview, type DatabaseOverview } from './database/overview.js';
export { areDays, PACK_DAYS_DEFAULT, PACK_DAYS_MAX } from './database/pack.js';
export { TRASH_DAYS_DEFAULT, trashDaysOf } from './database/trash-days.js';
export type { NoteGroup } from './import/report.js';
export { DATABASE_PERMISSION, maySeeJob } from './jobs/access.js';
export { backupOrder } from './jobs/backup.js';
export { checkOrder } from './jobs/check.js';
export { importOrder, importResultFor, type UploadedFile } from './jobs/import.js';
export { idOfImport, importObjectOrder, readExport } from './jobs/import-object.js';
export { getJob, hasEnded, type JobRecord, listJobs } from './jobs/job.js';
export { packOrder } from './jobs/pack.js';
export type { AssetFolder, Plugin } from './plugin.js';
export { type ErrorReport, reportError } from './publisher/error-page.js';
export { type Form, type FormFile, isFormFile } from './publisher/form.js';
export { changeOwnPassword } from './publisher/own-password.js';
export type { PublishRequest } from './publisher/request.js';
export { Response } from './publisher/response.js';
export {
  type SignInModel,
  type SignInPages,
  type SignOutModel,
  useSignInPages,
} from './publisher/sign-in-page.js';
export type { View } from './publisher/view.js';
export { allPermissions, defaultRoles, isPermission } from './security/permission.js';
export { PASSWORD_CHARACTERS_MIN, refuseChosenPassword } from './security/password.js';
export {
  ANONYMOUS_KEY,
  isKnown,
  parsePrincipal,
  principalKey,
  USER_FOLDER_ID,
} from './security/principal.js';
export {
  ANONYMOUS_ROLE,
  AUTHENTICATED_ROLE,
  BUILT_IN_ROLES,
  OWNER_ROLE,
  rolesValidAt,
} from './security/role.js';
export { ANONYMOUS_CALLER, Standing } from './security/standing.js';
export { PAGE_LANGUAGE } from './templates/index.js';
export { countInWords, momentInWords, sizeInWords } from './words.js';
