/**
 * The object database: `import { Database } from 'canopy/odb'`.
 *
 * Persistent objects in transactions, on a storage. Knows nothing of the web.
 */
export { AssertionError } from './assert.js';
export { backup, type BackupOptions, type BackupReport } from './backup.js';
export { readManifest, type BackupEntry, type Manifest } from './backup-manifest.js';
export { verifyBackup, type BackupProblem, type VerifyReport } from './backup-verify.js';
export { BrokenObject, MissingObject } from './broken.js';
export { NODE_CLASS, type Range } from './btree.js';
export { check, type CheckOptions, type CheckReport } from './check.js';
export type { CheckCounts, CheckPhase } from './check-context.js';
export { FINDINGS_MAX, type Finding, type FindingCode } from './check-finding.js';
export { isDerivedClass, mergeRules, type ClassOptions, type Migrate } from './class-registry.js';
export { Connection, type PreparedCommit } from './connection.js';
export { Counter } from './counter.js';
export { Cursor } from './cursor.js';
export { CACHE_OBJECTS_DEFAULT, Database, RETRIES_MAX, type DatabaseOptions } from './database.js';
export type { DataManager, DataManagerSavepoint, JoinedTransaction } from './data-manager.js';
export * from './errors.js';
export type { OutsideReference } from './export-format.js';
export {
  EXPORT_MAGIC_BYTES,
  isExport,
  readExportSummary,
  type ExportSummary,
} from './export-header.js';
export { exportSubtree, type ExportOptions } from './export-subtree.js';
export { atomic, blob, counter, FieldRule, place, record, set, text, volatile } from './field.js';
export type { CodecSource, ValueCodec } from './level-codec.js';
export { repairFiles, type FilesReport } from './level-repair.js';
export { ImportError, ImportOutsideError } from './import-error.js';
export { importSubtree, type ImportOptions } from './import-subtree.js';
export { DISK_RESERVE_BYTES } from './disk-space.js';
export { LevelStorage, type JoinOptions, type LevelStorageOptions } from './level-storage.js';
export { MemoryStorage, type MemoryStorageOptions } from './memory-storage.js';
export * from './oid.js';
export * from './pack-options.js';
export { PersistentList } from './persistent-list.js';
export { PersistentMap } from './persistent-map.js';
export { PersistentSet } from './persistent-set.js';
export { Persistent } from './persistent.js';
export { restore, type RestoreOptions, type RestoreReport } from './restore.js';
export { copyTransactions, type CopyOptions, type CopyReport } from './transfer.js';
export { isPlainObject, Ref, sameValue, type State } from './value.js';
export { SAVEPOINTS_MAX, type Savepoint } from './savepoint.js';
export { SPILL_MEMORY_BYTES, type SpillOptions } from './spill-file.js';
export type * from './storage-figures.js';
export type * from './storage.js';
export * from './tid.js';
export type { Transaction, TransactionState } from './transaction.js';
export {
  HOOKS_MAX,
  type AbortHook,
  type AfterCommitHook,
  type BeforeCommitHook,
} from './transaction-hooks.js';
export { TRASH_LIMIT_DEFAULT } from './trash.js';
export type { LogPage, LogQuery } from './transaction-log.js';
export type {
  DanglingReference,
  ListChange,
  UndoConflict,
  UndoneList,
  UndoneMap,
  UndoneObject,
  UndoPlan,
} from './undo.js';
export {
  PREVIEW_LINES_MAX,
  previewUndo,
  type FieldPreview,
  type LinesPreview,
  type ListPreview,
  type MapPreview,
  type ObjectPreview,
  type UndoPreview,
} from './undo-preview.js';
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
} from './version-plan.js';
export type { VersionUndoPlan } from './version-undo.js';
