/**
 * The object database: `import { Database } from 'canopy/odb'`.
 *
 * Persistent objects in transactions, on a storage. Knows nothing of the web.
 */
export { AssertionError } from './assert.js';
export { BrokenObject, MissingObject } from './broken.js';
export { NODE_CLASS, type Range } from './btree.js';
export { mergeRules } from './class-registry.js';
export { Connection, type PreparedCommit } from './connection.js';
export { Counter } from './counter.js';
export { CACHE_OBJECTS_DEFAULT, Database, RETRIES_MAX, type DatabaseOptions } from './database.js';
export * from './errors.js';
export { atomic, blob, counter, FieldRule, place, record, set, text } from './field.js';
export { LevelStorage, type JoinOptions, type LevelStorageOptions } from './level-storage.js';
export { MemoryStorage, type MemoryStorageOptions } from './memory-storage.js';
export * from './oid.js';
export { PersistentMap } from './persistent-map.js';
export { Persistent } from './persistent.js';
export { isPlainObject, Ref, sameValue, type State } from './value.js';
export type * from './storage.js';
export * from './tid.js';
export type { LogPage, LogQuery } from './transaction-log.js';
export type { UndoConflict, UndoneMap, UndoneObject, UndoPlan } from './undo.js';
