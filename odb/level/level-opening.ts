/**
 * Opening the database of a directory: what has to hold before anyone reads or writes there.
 *
 * The files are whole and nobody else's, and their format is this one. All that is looked at in the
 * thread that opens; the one that writes only starts. So a storage can be read as soon as its files
 * are open, and what is wrong with them is told by the opening.
 */
import path from 'node:path';
import { FileBlobs } from '../blobs/blobs.js';
import { DISK_RESERVE_BYTES, DiskSpace } from '../blobs/disk-space.js';
import { fileError } from '../blobs/file-error.js';
import { OdbError } from '../errors.js';
import { FORMAT, stepsFrom, type FormatStep } from '../format.js';
import type { CodecSource } from './level-codec.js';
import {
  blobsDirectory,
  CACHE_BYTES,
  claimDirectory,
  openObjects,
  releaseDirectory,
} from './level-database.js';
import {
  decodeNumber,
  encodeNumber,
  KEY_FORMAT,
  KEY_LAST_TID,
  KEY_NEXT_OID,
} from './level-keys.js';
import { removeProbe } from './level-mending.js';
import { LevelView, type LevelDatabase } from './level-view.js';
import { startWriterHere, startWriterThread, type StartedWriter } from './level-writing.js';
import { OID_ROOT } from '../oid.js';
import { BOOLEAN, checkOptions, requireText, TEXT, WHOLE, type OptionRules } from '../options.js';
import type { MergeRules } from '../rules.js';
import { SharedCounters } from './shared-counters.js';
import { NODE_ENTRIES_MAX, ORDER_MIN } from '../trees/btree.js';

/** Where a database is, and how it is opened. */
export interface LevelStorageOptions {
  /** Where the database is, or is to be: made when it is not there. */
  readonly directory: string;
  /** Write in a thread of its own, so that the disk never holds up this one. Default: yes. */
  readonly thread?: boolean;
  /**
   * How objects are merged, by class name. Default: as the classes defined so far declare. Where
   * another thread is still loading the classes, a promise: the files are opened meanwhile.
   */
  readonly rules?: MergeRules | Promise<MergeRules>;
  /** URLs of modules of classes with a `static merge`, to be loaded where the writing is done. */
  readonly classes?: readonly string[];
  /** Memory for blocks of the files, shared by all threads. Default: `CACHE_BYTES`. */
  readonly cacheBytes?: number;
  /** Most entries of a map's node, from `ORDER_MIN` up. Default: `NODE_ENTRIES_MAX`. */
  readonly nodeEntries?: number;
  /**
   * Rewrites each value on its way to the files and back, to encrypt them for example. A database
   * has the codec it was made with for ever: with another, or without, it cannot be opened. Default: none.
   */
  readonly codec?: CodecSource;
  /**
   * Bytes that stay free on the disk: with less, nothing is saved (`ODB_DISK_FULL`), until there is
   * room again. LevelDB needs some, so that it does not come to a write that fails. Default:
   * `DISK_RESERVE_BYTES`.
   */
  readonly reserveBytes?: number;
  /** Called once when the writing thread ended by itself: the process had better end, too. */
  readonly onLost?: (error: OdbError) => void;
}

/** A database that is open in this thread. */
export interface OpenedDatabase extends StartedWriter {
  readonly directory: string;
  readonly db: LevelDatabase;
  readonly counters: SharedCounters;
  readonly blobs: FileBlobs;
  readonly reserveBytes: number;
  readonly codec: CodecSource | undefined;
}

const OPTIONS: OptionRules = {
  directory: TEXT,
  thread: BOOLEAN,
  rules: true,
  classes: { is: Array.isArray, what: 'an array of URLs' },
  cacheBytes: WHOLE,
  nodeEntries: WHOLE,
  codec: true,
  reserveBytes: WHOLE,
  onLost: true,
};

/** Steps from older formats. Until the second there were no versions, and so nothing to change. */
const STEPS: readonly FormatStep<LevelDatabase>[] = [{ from: 1, run: async () => undefined }];

/** Directories this thread has open: LevelDB itself would let one thread open one twice. */
const openDirectories = new Set<string>();

/** Opens a database: see `LevelStorage.open`. To be closed with `closeDatabase`. */
export async function openDatabase(options: LevelStorageOptions): Promise<OpenedDatabase> {
  checkOptions('LevelStorage.open', options, OPTIONS);
  requireText('LevelStorage.open: directory', options.directory);
  const directory = path.resolve(options.directory);
  const { nodeEntries: order = NODE_ENTRIES_MAX, reserveBytes = DISK_RESERVE_BYTES } = options;
  if (order < ORDER_MIN) throw new TypeError(`nodeEntries is at least ${ORDER_MIN}`);
  claimInThread(directory);
  const given = Promise.resolve(options.rules);
  // Why the files cannot be opened is told first.
  given.catch(() => undefined);
  let db: LevelDatabase | undefined;
  try {
    const { cacheBytes = CACHE_BYTES, classes: modules = [], codec, thread = true } = options;
    db = await openObjects(directory, { cacheBytes, create: true, codec });
    await claimDirectory(directory);
    await requireFormat(db, directory);
    const counters = readCounters(db);
    const space = new DiskSpace(directory, { reserveBytes });
    const blobs = new FileBlobs(blobsDirectory(directory), space);
    await blobs.removeTemporary();
    await removeProbe(directory);
    const parts = { directory, db, counters, blobs, order, reserveBytes, codec, modules };
    const started = thread
      ? await startWriterThread(parts, given, options.onLost)
      : await startWriterHere(parts, given);
    return { ...parts, ...started };
  } catch (error) {
    if (db !== undefined) await closeFiles(directory, db);
    openDirectories.delete(directory);
    throw fileError(error, { what: 'The database could not be opened', file: directory });
  }
}

/** Lets go of a database's files, to which nobody writes any more. */
export async function closeDatabase(directory: string, db: LevelDatabase): Promise<void> {
  await closeFiles(directory, db);
  openDirectories.delete(directory);
}

async function closeFiles(directory: string, db: LevelDatabase): Promise<void> {
  await releaseDirectory(directory);
  await db.close();
}

function claimInThread(directory: string): void {
  if (openDirectories.has(directory)) {
    throw new OdbError(
      'ODB_IN_USE',
      `The database in ${directory} is in use by this process (${process.pid})`,
    );
  }
  openDirectories.add(directory);
}

function readCounters(db: LevelDatabase): SharedCounters {
  const view = new LevelView(db);
  const counters = new SharedCounters();
  counters.lastTid = view.lastTid();
  const nextOid = view.get(KEY_NEXT_OID);
  // The root's oid is taken from the beginning.
  counters.passOid(nextOid === undefined ? OID_ROOT : decodeNumber(nextOid) - 1);
  return counters;
}

async function requireFormat(db: LevelDatabase, directory: string): Promise<void> {
  const view = new LevelView(db);
  const found = view.get(KEY_FORMAT);
  const isNew = found === undefined && view.get(KEY_LAST_TID) === undefined;
  if (!isNew) {
    if (found === undefined) {
      throw new OdbError(
        'ODB_DAMAGED',
        `The database in ${directory} does not say its format, which every database does`,
      );
    }
    const format = decodeNumber(found);
    for (const step of stepsFrom(format, STEPS, directory)) await step.run(db);
    if (format === FORMAT) return;
  }
  await db.put(KEY_FORMAT, encodeNumber(FORMAT), { sync: true });
}
