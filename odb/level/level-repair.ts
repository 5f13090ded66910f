/**
 * Making files of LevelDB that can be read again out of what is left of damaged ones.
 *
 * Batches that are whole in a broken log are kept, and so are blocks of a table that are what was
 * written; what is broken is left out. Where a table is damaged, or LevelDB cannot open the files
 * even so, it makes a new list of them from what each file says of itself. The files as they were go
 * to `lost/` beside the others.
 */
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { CodecSource } from './level-codec.js';
import { leaveOutDamage, LOST, replaceFile } from './level-damage.js';
import { objectsDirectory, openError, openObjects, syncObjects } from './level-database.js';
import { findDamagedFile, hasFiles, logsIn } from './level-files.js';
import { keyPages } from './level-key-walk.js';
import {
  decodeNumber,
  encodeNumber,
  KEY_FORMAT,
  KEY_LAST_TID,
  KEY_NEXT_OID,
  numberOfKey,
  OBJECT_KEYS,
  oidOfOverlayKey,
  OVERLAY_KEYS,
  TRANSACTION_KEYS,
} from './level-keys.js';
import { brokenAt, wholeLog } from './level-log.js';
import { LevelView, readError, type LevelDatabase } from './level-view.js';
import { OdbError } from '../errors.js';
import { FORMAT } from '../format.js';
import { OID_ROOT } from '../oid.js';

/** What was wrong with the files of a database, and was mended. */
export interface FilesReport {
  /** Logs of which something had to be left out. */
  readonly brokenLogs: readonly string[];
  /** Tables of which something had to be left out. */
  readonly damagedTables: readonly string[];
  /** LevelDB's list of its files was made anew. */
  readonly isListRemade: boolean;
}

/**
 * Repairs the files of a database that `LevelStorage.open` refuses with `ODB_DAMAGED`, or of which
 * `check` finds a `file` damaged. Copy the directory first, and `check` the database with `repair`
 * afterwards: what could not be read is lost; the check names it, and the past may mend some of it.
 * Where there is a backup, restoring it is the better way.
 *
 * Does nothing where there is no database, or nothing is damaged. Harmless when it is ended early, or run again. Takes as long as reading everything.
 *
 * @param directory the database, which nobody may open meanwhile
 * @throws OdbError `ODB_IN_USE` when somebody has it open
 * @throws OdbError `ODB_DAMAGED` when LevelDB gives up, too
 */
export async function repairFiles(
  directory: string,
  options: { readonly codec?: CodecSource } = {},
): Promise<FilesReport> {
  const where = path.resolve(directory);
  const objects = objectsDirectory(where);
  if (!(await hasFiles(objects))) return { brokenLogs: [], damagedTables: [], isListRemade: false };
  await requireUnused(where, objects);
  const brokenLogs = await mendLogs(objects);
  // When it opens, LevelDB removes tables that do not count any more.
  const canOpen = await canBeOpened(where, options);
  const damagedTables = await leaveOutDamage(objects);
  const isListRemade = !canOpen || damagedTables.length > 0;
  if (isListRemade) {
    try {
      await ClassicLevel.repair(objects);
    } catch (cause) {
      throw readError(cause);
    }
  }
  const db = await openObjects(where, options);
  try {
    await setOwnKeys(db);
  } finally {
    await db.close();
  }
  await syncObjects(where);
  return { brokenLogs, damagedTables, isListRemade };
}

/** LevelDB locks its directory before it looks for what is in it, and here refuses all it may find. */
async function requireUnused(directory: string, objects: string): Promise<void> {
  const db = new ClassicLevel(objects, { createIfMissing: false, errorIfExists: true });
  try {
    await db.open();
  } catch (error) {
    const told = await openError(directory, error);
    if (told instanceof OdbError && told.code === 'ODB_IN_USE') throw told;
    return;
  }
  await db.close();
}

/** Takes what is broken out of logs, and keeps them as they were. Answers which. */
async function mendLogs(objects: string): Promise<string[]> {
  const broken: string[] = [];
  for (const name of await logsIn(objects)) {
    const file = path.join(objects, name);
    const log = await readFile(file);
    if (brokenAt(log) === undefined) continue;
    await mkdir(path.join(objects, LOST), { recursive: true });
    await copyFile(file, path.join(objects, LOST, name));
    await replaceFile(file, wholeLog(log));
    broken.push(name);
  }
  return broken;
}

async function canBeOpened(
  directory: string,
  options: { readonly codec?: CodecSource },
): Promise<boolean> {
  if ((await findDamagedFile(objectsDirectory(directory))) !== undefined) return false;
  let db: LevelDatabase | undefined;
  try {
    db = await openObjects(directory, options);
    const view = new LevelView(db);
    return view.get(KEY_FORMAT) !== undefined && view.get(KEY_LAST_TID) !== undefined;
  } catch (error) {
    const { code } = error instanceof OdbError ? error : { code: undefined };
    if (code === 'ODB_DAMAGED') return false;
    throw error;
  } finally {
    await db?.close();
  }
}

/** The storage's own keys may be among what is lost: they follow from what is there. */
async function setOwnKeys(db: LevelDatabase): Promise<void> {
  const view = new LevelView(db);
  const nextOid = view.get(KEY_NEXT_OID);
  const [transaction] = await db.keys({ ...TRANSACTION_KEYS, reverse: true, limit: 1 }).all();
  const [object] = await db.keys({ ...OBJECT_KEYS, reverse: true, limit: 1 }).all();
  let lastOid = Math.max(
    nextOid === undefined ? OID_ROOT : decodeNumber(nextOid) - 1,
    object === undefined ? OID_ROOT : numberOfKey(object),
  );
  await using snapshot = db.snapshot();
  for await (const page of keyPages(db, snapshot, OVERLAY_KEYS)) {
    for (const key of page) lastOid = Math.max(lastOid, oidOfOverlayKey(key));
  }
  const lastTid = Math.max(
    view.lastTid(),
    transaction === undefined ? 0 : numberOfKey(transaction),
  );
  const batch = db.batch();
  batch.put(KEY_LAST_TID, encodeNumber(lastTid));
  batch.put(KEY_NEXT_OID, encodeNumber(lastOid + 1));
  if (view.get(KEY_FORMAT) === undefined) batch.put(KEY_FORMAT, encodeNumber(FORMAT));
  await batch.write({ sync: true });
}
