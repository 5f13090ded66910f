/**
 * The door of the server: what the admin, and any other plugin, may use of it.
 *
 * What is here is what a package that adds content types, views or screens can rely on; everything
 * else of the server may change from one release to the next.
 */
export { ABSENT, Context, rolesFor } from '../acquisition/index.js';
export {
  type Connection,
  type Oid,
  parseOid,
  parseTid,
  type Tid,
  tidToMs,
  type TransactionRecord,
  type UndoneObject,
  type UndoPlan,
} from '../odb/index.js';
export { problemOf, problemResponse } from './api/problem.js';
export { DIRECT_CHANGES_MAX } from './api/versions.js';
export type { IndexExplanation } from './catalog/catalog-store.js';
export { type ColumnDefinition, nameOfColumn, typesOfColumn } from './catalog/column-definition.js';
export type { FacetCount } from './catalog/facets.js';
export { INDEX_TYPES, type IndexDefinition, type IndexType } from './catalog/index-definition.js';
export { isQueryName } from './catalog/query.js';
export { QueryError } from './catalog/query-error.js';
export { Catalog, INDEX_PERMISSION, SEARCH_PERMISSION } from './content/catalog.js';
export { readOptions, readQuery } from './content/catalog-answer.js';
export { beginFilling } from './content/catalog-fill.js';
export { catalogsIn } from './content/catalog-list.js';
export {
  type CatalogQuestion,
  type CatalogResult,
  explainObject,
  type Found,
  searchCatalog,
  slowQueriesOf,
  viewsEverything,
} from './content/catalog-search.js';
export { isFound } from './content/cataloged.js';
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
export type { WouldChange } from './content/would-change.js';
export { mediaType } from './content/data.js';
export { createObject, deleteObjects, setData, updateObject } from './content/edit.js';
export {
  type ServedWithout,
  servedWithout,
  type SourceAsTyped,
  wouldBeServedWithout,
} from './content/active-content.js';
export { isExecutable } from './content/executable.js';
export { answerFile, File } from './content/file.js';
export { compareContent, Folder } from './content/folder.js';
export { mayExport, requireImportable } from './content/export.js';
export {
  HISTORY_REVISIONS_MAX,
  listHistory,
  listTransactions,
  objectAsOf,
  revertObject,
  type RevisionEntry,
  type TransactionEntry,
  walkTransactions,
} from './content/history.js';
export { BUILT_IN_NAMES, refuseId } from './content/ids.js';
export { moveObject } from './content/move.js';
export { publishPage } from './content/page.js';
export { pastObject } from './content/past.js';
export { PastSite } from './content/past-site.js';
export {
  explainAccess,
  type ObjectPermissions,
  type PermissionEntry,
  readPermissions,
  setPermissions,
} from './content/permissions.js';
export { hasSite, pathAt, siteRoot } from './content/places.js';
export {
  type Property,
  PROPERTY_TYPES,
  type PropertyPatch,
  refusePropertyName,
} from './content/properties.js';
export { restoreFromPast } from './content/restore-past.js';
export type { RestoredObject, RestoreOutcome, RestoreRequest } from './content/restore-steps.js';
export { type LeftWhy, RESTORE_OBJECTS_MAX } from './content/restore-walk.js';
export { callSqlMethod, connectionOf, explainSqlMethod, USE_METHODS } from './content/sql-call.js';
export {
  CHANGE_CONNECTIONS,
  OPEN_CONNECTIONS,
  setConnected,
  SqlConnection,
  TEST_CONNECTIONS,
} from './content/sql-connection.js';
export { SqlMethod } from './content/sql-method.js';
export { browseDatabase, connectionStatus, TRIED_ROWS, tryStatements } from './content/sql-try.js';
export {
  finishNow,
  giveUpUnfinished,
  unfinishedIn,
  type UnfinishedItem,
} from './content/sql-unfinished.js';
export {
  findInTrash,
  folderNamed,
  listTrash,
  restoreFromTrash,
  type TrashItem,
  type TrashName,
} from './content/trash.js';
export {
  describeUndo,
  nameUndo,
  nearestAt,
  noteSeenBy,
  quotedInside,
  type UndoName,
} from './content/transaction-notes.js';
export { takenBackBy } from './content/taken-back.js';
export { isOwnAndRecent, type UndoOutcome, undoTransactions } from './content/undo.js';
export { principalNamed, resolveCaller, UserFolder } from './content/user-folder.js';
export type { User } from './content/user.js';
export {
  checkIn,
  type CheckInOutcome,
  type CheckInRequest,
  discardVersion,
  updateVersion,
} from './content/check-in.js';
export {
  entriesIn,
  JOIN_PERMISSION,
  PUBLISH_PERMISSION,
  Version,
  versionWith,
} from './content/version.js';
export {
  type ChangesCounted,
  type ChangeSides,
  type ChangesPage,
  listChanges,
  type VersionChange,
} from './content/version-changes.js';
export {
  addComment,
  COMMENT_CHARACTERS_MAX,
  listComments,
  removeComment,
  type VersionComment,
} from './content/version-comments.js';
export { MARKED_MAX, markReviewed, type MarkRequest } from './content/version-marks.js';
export {
  listPreviews,
  makePreview,
  PREVIEW_DAYS_DEFAULT,
  PREVIEW_DAYS_MAX,
  type PreviewLink,
  revokePreview,
} from './content/version-preview.js';
export {
  type ConflictKind,
  type ConflictSide,
  isSameConflict,
  type OpenConflict,
  VersionConflicts,
} from './content/version-conflicts.js';
export type { ConflictPart } from './content/version-parts.js';
export type { ConflictChoice } from './content/version-plans.js';
export { bothOf, type PartChoice } from './content/version-part-values.js';
export {
  type ConflictAnswer,
  type ConflictName,
  resolveConflict,
} from './content/version-resolve.js';
export { revertInVersion } from './content/version-revert.js';
export {
  readReview,
  type ReviewAction,
  type ReviewStep,
  reviewVersion,
  type VersionReview,
} from './content/version-review.js';
export { changedElsewhere, type VersionRow, VersionRows } from './content/version-rows.js';
export {
  SCHEDULE_DAYS_MAX,
  scheduleCheckIn,
  type ScheduleRequest,
  unschedule,
} from './content/version-schedule.js';
export type { SideConflict, SideState } from './content/version-sides.js';
export { isChangedSince, lastChangeIn, type VersionState } from './content/version-state.js';
export { countChanges, type VersionCounts } from './content/version-counts.js';
export { type ChangesByFolder, changesByFolder } from './content/version-folders.js';
export { type RemovedObject, removedFrom, restoreRemoved } from './content/version-removed.js';
export { type VersionEnd, versionEnd } from './content/version-ended.js';
export { versionsToJoin } from './content/version-list.js';
export {
  BadRequest,
  type FieldError,
  Invalid,
  type LackingPermission,
  NotFound,
  PreconditionFailed,
  ReadOnlyRequest,
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
export { checkInOrder } from './jobs/check-in.js';
export { updateOrder } from './jobs/update.js';
export { importOrder, importResultFor, type UploadedFile } from './jobs/import.js';
export { idOfImport, importObjectOrder, readExport } from './jobs/import-object.js';
export { getJob, hasEnded, type JobRecord, listJobs, LOOK_AGAIN } from './jobs/job.js';
export { packOrder } from './jobs/pack.js';
export { reindexOrder } from './jobs/reindex.js';
export type { AssetFolder, Plugin } from './plugin.js';
export { isSecure } from './publisher/authenticate.js';
export {
  browserPlace,
  type BrowserPlace,
  homeUrl,
  placesUrl,
  PresentMain,
  type Seeing,
} from './publisher/browser-place.js';
export { useDryRunPage } from './publisher/dry-run.js';
export type { DryRun } from './publisher/dry-run-outcome.js';
export type { Policy } from './security/policy.js';
export { pastPolicyAt } from './publisher/past.js';
export { policyAt } from './content/version-inside.js';
export { type ErrorReport, reportError } from './publisher/error-page.js';
export { type Form, type FormFile, isFormFile } from './publisher/form.js';
export { momentCookie, readMoment } from './publisher/moment.js';
export { changeOwnPassword } from './publisher/own-password.js';
export { DRY_RUN_FIELD, PublishRequest } from './publisher/request.js';
export { Response } from './publisher/response.js';
export {
  type SignInModel,
  type SignInPages,
  type SignOutModel,
  useSignInPages,
} from './publisher/sign-in-page.js';
export { traverse } from './publisher/traverse.js';
export { versionCookie } from './publisher/version.js';
export type { DonePlace, View } from './publisher/view.js';
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
export { type ArgumentDef } from './sql/arguments.js';
export { CSV_TYPE, csvLines } from './sql/csv.js';
export { jsonOfValue, type SqlResult } from './sql/result.js';
export type { Listing as SqlListing } from './sql/session.js';
export { SqlError } from './sql/sql-errors.js';
export type { Statement as SqlStatement } from './sql/statement.js';
export type { SqlValue } from './sql/value-types.js';
export { PAGE_LANGUAGE } from './templates/index.js';
export { countInWords, minuteInWords, momentInWords, sizeInWords } from './words.js';
