/**
 * The object database: `import { Database } from 'canopy/odb'`.
 *
 * Persistent objects in transactions, on a storage. Knows nothing of the web.
 */
export { AssertionError } from './assert.js';
export { backup, type BackupOptions, type BackupReport } from './backup/backup.js';
export { removeBackups, type RemovalOptions, type RemovalReport } from './backup/backup-removal.js';
export { readManifest, type BackupEntry, type Manifest } from './backup/backup-manifest.js';
export { verifyBackup, type BackupProblem, type VerifyReport } from './backup/backup-verify.js';
export { BrokenObject, MissingObject, UnreadableObject } from './objects/broken.js';
export { NODE_CLASS, type Range } from './trees/btree.js';
export type { KeyBounds, Run } from './trees/btree-runs.js';
export { check, type CheckOptions, type CheckReport } from './check/check.js';
export type { CheckCounts, CheckPhase } from './check/check-context.js';
export { FINDINGS_MAX, type Finding, type FindingCode } from './check/check-finding.js';
export {
  isDerivedClass,
  mergeRules,
  type ClassOptions,
  type Migrate,
} from './objects/class-registry.js';
export { Connection, type PreparedCommit } from './connection/connection.js';
export { Counter } from './objects/counter.js';
export { Cursor } from './objects/cursor.js';
export {
  CACHE_OBJECTS_DEFAULT,
  Database,
  RETRIES_MAX,
  type DatabaseOptions,
  type Derive,
} from './database.js';
export type {
  DataManager,
  DataManagerSavepoint,
  JoinedTransaction,
} from './connection/data-manager.js';
export * from './errors.js';
export type { OutsideReference } from './export/export-format.js';
export {
  EXPORT_MAGIC_BYTES,
  isExport,
  readExportSummary,
  type ExportSummary,
} from './export/export-header.js';
export { exportSubtree, type ExportOptions } from './export/export-subtree.js';
export {
  atomic,
  blob,
  counter,
  FieldRule,
  place,
  record,
  set,
  text,
  volatile,
} from './objects/field.js';
export type { CodecSource, ValueCodec } from './level/level-codec.js';
export { repairFiles, type FilesReport } from './level/level-repair.js';
export { ImportError, ImportOutsideError } from './export/import-error.js';
export { importSubtree, type ImportOptions } from './export/import-subtree.js';
export { DISK_RESERVE_BYTES } from './blobs/disk-space.js';
export { LevelStorage } from './level/level-storage.js';
export { type LevelStorageOptions } from './level/level-opening.js';
export { type JoinOptions } from './level/level-writing.js';
export { MemoryStorage, type MemoryStorageOptions } from './memory/memory-storage.js';
export * from './oid.js';
export {
  BLOB_AGE_MIN_MS,
  TRASH_DAYS_DEFAULT,
  type HistoryRule,
  type PackOptions,
  type PackPhase,
  type PackProgress,
  type PackReport,
} from './pack/pack-options.js';
export { PersistentList } from './objects/persistent-list.js';
export { PersistentMap } from './objects/persistent-map.js';
export { PersistentSet } from './objects/persistent-set.js';
export { Persistent } from './objects/persistent.js';
export { restore, type RestoreOptions, type RestoreReport } from './backup/restore.js';
export { copyTransactions, type CopyOptions, type CopyReport } from './backup/transfer.js';
export { isPlainObject, Ref, sameValue, type State } from './value.js';
export { SAVEPOINTS_MAX, type Savepoint } from './connection/savepoint.js';
export { SPILL_MEMORY_BYTES, type SpillOptions } from './connection/spill-file.js';
export type * from './storage-figures.js';
export type * from './rules.js';
export type * from './storage.js';
export type * from './stored.js';
export type * from './writes.js';
export * from './tid.js';
export type { Transaction, TransactionState } from './connection/transaction.js';
export {
  HOOKS_MAX,
  type AbortHook,
  type AfterCommitHook,
  type BeforeCommitHook,
} from './connection/transaction-hooks.js';
export { TRASH_LIMIT_DEFAULT } from './pack/trash.js';
export type { LogPage, LogQuery } from './connection/transaction-log.js';
export type {
  DanglingReference,
  ListChange,
  UndoConflict,
  UndoneList,
  UndoneMap,
  UndoneObject,
  UndoPlan,
} from './undo/undo.js';
export {
  PREVIEW_LINES_MAX,
  previewUndo,
  type FieldPreview,
  type LinesPreview,
  type ListPreview,
  type MapPreview,
  type ObjectPreview,
  type UndoPreview,
} from './undo/undo-preview.js';
export {
  PlannedObject,
  VersionConflictError,
  type CheckInOptions,
  type CheckInPlan,
  type DiscardPlan,
  type KeyResolution,
  type PlannedList,
  type PlannedMap,
  type PlannedRecords,
  type Resolution,
  type UpdateNotes,
  type UpdatePlan,
  type VersionConflict,
  type VersionPlanOptions,
} from './versions/version-plan.js';
export type { VersionUndoPlan } from './versions/version-undo.js';
