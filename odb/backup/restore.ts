/**
 * Restoring: making a database from backups.
 *
 * The database is made beside its place and moved there when it is whole, on disk, and every file it
 * was made from is what the manifest says. So there is either the database of that moment or none.
 */
import { createHash } from 'node:crypto';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { damagedBackup, readItems } from './backup-format.js';
import { readManifest, type BackupEntry } from './backup-manifest.js';
import { FileBlobs, makeDirectory, syncFile } from '../blobs/blobs.js';
import type { DecidedOverlay, DecidedRevision } from '../commit/decision.js';
import { encodeMeta } from '../commit/commit-packing.js';
import { OdbError } from '../errors.js';
import { fileError } from '../blobs/file-error.js';
import { FORMAT } from '../format.js';
import { writeBatch, type BatchOperation } from '../level/level-batch.js';
import type { CodecSource } from '../level/level-codec.js';
import { blobsDirectory, openObjects, syncObjects } from '../level/level-database.js';
import {
  encodeNumber,
  KEY_FORMAT,
  KEY_LAST_TID,
  KEY_NEXT_OID,
  KEY_PACKED_TID,
  metaKey,
} from '../level/level-keys.js';
import { LevelPresent } from '../level/level-present.js';
import type { LevelDatabase } from '../level/level-view.js';
import { OID_ROOT } from '../oid.js';
import { checkOptions, TID } from '../options.js';
import { encodeValue } from '../records/record.js';
import type { TransactionRecord } from '../stored.js';
import { asTid, TID_ZERO, type Tid } from '../tid.js';
import { metaOf } from './transfer.js';

/** Operations collected before they are written. */
const BATCH_OPERATIONS = 2_000;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Which moment is restored, and how. */
export interface RestoreOptions {
  /**
   * How values are in the files of the database that is made: the codec that the backed-up one had,
   * or another; it has it for ever. `'none'`: none, though that one had a codec. Default: none; of a
   * database with a codec that is an error.
   */
  readonly codec?: CodecSource | 'none';
  /**
   * The moment to restore, inclusive; it need not be the tid of a transaction (`tidAtMs`). Default:
   * that of the last backup.
   */
  readonly at?: Tid;
  /** Ends the work with its reason, and leaves nothing behind. */
  readonly signal?: AbortSignal;
  /** Called after each transaction with the number of them so far. */
  readonly onProgress?: (transactions: number) => void;
}

/** What a restored database holds. */
export interface RestoreReport {
  /** The newest transaction of the database. */
  readonly lastTid: Tid;
  readonly transactions: number;
  readonly revisions: number;
  readonly blobs: number;
}

/**
 * Makes a database as it was at a backed-up moment: its objects with their history, transactions,
 * blobs, and the metadata as of the first backup that reaches that moment.
 *
 * Any moment can be restored up to the last backup, unless a pack had forgotten it before it was
 * first backed up. The numbers of revisions begin anew where a pack had removed the first ones.
 * What is in a backup is as it was before a codec; whether the database is to have one is said here. Cost: writing the
 * database; memory for one transaction.
 *
 * @param directory that of the backups, where nothing is changed
 * @param target where the database is to be: not there yet, or an empty directory; the directory
 *   `target` with `.restoring` after its name is used for the work, and removed
 * @throws OdbError `ODB_NOT_EMPTY` when there is something at `target`
 * @throws OdbError `ODB_CODEC` when the database had a codec and none is named, or the module that
 *   is named has none
 * @throws OdbError `ODB_NO_BACKUP` when there is none that has that moment
 * @throws OdbError `ODB_BACKUP_DAMAGED` when a file is not what was written: see `verifyBackup`
 * @throws OdbError `ODB_DISK_FULL` or `ODB_FILE` when the file system refused
 * @throws the reason of an aborted `signal`
 */
export async function restore(
  directory: string,
  target: string,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  checkOptions('restore', options, { at: TID, codec: true, signal: true, onProgress: true });
  try {
    return await restoreTo(path.resolve(target), directory, options);
  } catch (cause) {
    throw fileError(cause, { what: 'The database could not be restored', file: target });
  }
}

async function restoreTo(
  place: string,
  directory: string,
  options: RestoreOptions,
): Promise<RestoreReport> {
  await requireEmpty(place);
  const { backups } = await readManifest(directory);
  const chain = chainFor(backups, options.at);
  if (chain === undefined) {
    const when = options.at === undefined ? '' : ` that has the moment ${options.at}`;
    throw new OdbError('ODB_NO_BACKUP', `There is no backup in ${directory}${when}`);
  }
  requireWhole(directory, chain);
  if (options.codec === undefined && chain.at(-1)?.hasCodec === true) {
    throw new OdbError(
      'ODB_CODEC',
      `The database in ${directory} had a codec, which encrypted it: name it as 'codec', or 'none' to have a database in plain text`,
    );
  }
  const work = `${place}.restoring`;
  await rm(work, { recursive: true, force: true });
  try {
    await makeDirectory(path.dirname(place), path.dirname(place));
    const report = await makeDatabase(directory, work, chain, options);
    await rmdir(place).catch(ignoreMissing);
    await rename(work, place);
    await syncFile(path.dirname(place));
    return report;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Gives the backups to be read for a moment: a full one and the changes up to the moment. */
export function chainFor(
  backups: readonly BackupEntry[],
  at: Tid | undefined,
): readonly BackupEntry[] | undefined {
  for (let first = backups.length - 1; first >= 0; first -= 1) {
    const full = backups[first];
    if (full?.kind !== 'full') continue;
    const next = backups.findIndex(({ kind }, i) => i > first && kind === 'full');
    const chain = backups.slice(first, next === -1 ? undefined : next);
    if (at === undefined) return chain;
    const reaching = chain.findIndex(({ to }) => to >= at);
    const last = chain[reaching];
    if (last !== undefined && at >= forgottenTo(last)) return chain.slice(0, reaching + 1);
  }
  return undefined;
}

/** Each backup begins where the one before it ended; else transactions would be missing. */
function requireWhole(directory: string, chain: readonly BackupEntry[]): void {
  for (const [i, { file, after }] of chain.entries()) {
    if (after === (chain[i - 1]?.to ?? TID_ZERO)) continue;
    throw damagedBackup(path.join(directory, file), 'does not follow the backup before it');
  }
}

/** Of the transactions in a backup that are older than this one, not everything is there. */
function forgottenTo({ packedTid, after }: BackupEntry): Tid {
  return packedTid > after ? packedTid : TID_ZERO;
}

async function makeDatabase(
  directory: string,
  work: string,
  chain: readonly BackupEntry[],
  options: RestoreOptions,
): Promise<RestoreReport> {
  const codec = options.codec === 'none' ? undefined : options.codec;
  const db = await openObjects(work, { create: true, codec });
  let run: RestoreRun;
  try {
    run = new RestoreRun(db, directory, work, options);
    for (const entry of chain) await run.read(entry, entry === chain.at(-1));
    await run.finish(asTid(Math.max(...chain.map(forgottenTo))));
  } finally {
    await db.close();
  }
  await syncObjects(work);
  return run.report;
}

class RestoreRun {
  readonly report = { lastTid: TID_ZERO, transactions: 0, revisions: 0, blobs: 0 };
  readonly #db: LevelDatabase;
  readonly #directory: string;
  readonly #from: FileBlobs;
  readonly #to: FileBlobs;
  readonly #options: RestoreOptions;
  readonly #present: LevelPresent;
  #nextOid = OID_ROOT + 1;
  #batch: BatchOperation[] = [];
  #batchBytes = 0;
  #transaction: TransactionRecord | undefined;
  #revisions: DecidedRevision[] = [];
  #overlays: DecidedOverlay[] = [];

  constructor(db: LevelDatabase, directory: string, work: string, options: RestoreOptions) {
    this.#db = db;
    this.#directory = directory;
    this.#from = new FileBlobs(blobsDirectory(directory));
    this.#to = new FileBlobs(blobsDirectory(work));
    this.#options = options;
    this.#present = new LevelPresent(db);
  }

  async read({ file, sha256 }: BackupEntry, isLast: boolean): Promise<void> {
    const name = path.join(this.#directory, file);
    const hash = createHash('sha256');
    for await (const item of readItems(name, (bytes) => hash.update(bytes))) {
      switch (item.kind) {
        case 'transaction':
          await this.#accept();
          this.#begin(item.transaction);
          break;
        case 'revision': {
          const { oid, record } = item;
          if (this.#transaction !== undefined) {
            this.#revisions.push({ oid, record, previous: undefined });
          }
          break;
        }
        case 'overlay': {
          const { version, oid, record, live, basedOn } = item;
          if (this.#transaction !== undefined) {
            this.#overlays.push({ version, oid, record, live, basedOn, previous: undefined });
          }
          break;
        }
        case 'blob':
          if (this.#transaction !== undefined) await this.#blob(item.sha256);
          break;
        case 'meta':
          await this.#accept();
          if (isLast) this.#put(metaKey(item.name), encodeValue(item.value));
          break;
        case 'end':
          await this.#accept();
          this.#nextOid = Math.max(this.#nextOid, item.nextOid);
      }
    }
    if (hash.digest('hex') !== sha256)
      throw damagedBackup(name, 'is not the file that was written');
  }

  /** Writes what is left, synced. */
  async finish(packedTid: Tid): Promise<void> {
    this.#put(KEY_LAST_TID, encodeNumber(this.report.lastTid));
    this.#put(KEY_NEXT_OID, encodeNumber(this.#nextOid));
    if (packedTid !== TID_ZERO) this.#put(KEY_PACKED_TID, encodeNumber(packedTid));
    this.#put(KEY_FORMAT, encodeNumber(FORMAT));
    await this.#write({ sync: true });
  }

  #begin(transaction: TransactionRecord): void {
    this.#options.signal?.throwIfAborted();
    const isLater = this.#options.at !== undefined && transaction.tid > this.#options.at;
    this.#transaction = isLater ? undefined : transaction;
  }

  /** Takes the transaction that was read, now that all it wrote is known. */
  async #accept(): Promise<void> {
    const transaction = this.#transaction;
    if (transaction === undefined) return;
    const [revisions, overlays] = [this.#revisions, this.#overlays];
    const meta = encodeMeta(metaOf(transaction));
    this.#transaction = undefined;
    this.#revisions = [];
    this.#overlays = [];
    const decision = { transaction, revisions, overlays, merged: [] };
    this.#present.accept(decision, meta, this.#batch);
    for (const { oid, record } of [...revisions, ...overlays]) {
      this.#nextOid = Math.max(this.#nextOid, oid + 1);
      this.#batchBytes += record?.length ?? 0;
    }
    this.report.lastTid = transaction.tid;
    this.report.transactions += 1;
    this.report.revisions += revisions.length + overlays.length;
    this.#options.onProgress?.(this.report.transactions);
    if (this.#batch.length >= BATCH_OPERATIONS || this.#batchBytes >= BATCH_BYTES) {
      await this.#write({ sync: false });
    }
  }

  async #blob(sha256: string): Promise<void> {
    if (this.#to.has(sha256)) return;
    const content = this.#from.createReadStream(sha256);
    const { sha256: found } = await this.#to.put(content);
    if (found !== sha256) {
      throw damagedBackup(this.#from.path(sha256), 'is not the blob that was written');
    }
    this.report.blobs += 1;
  }

  #put(key: Uint8Array, value: Uint8Array): void {
    this.#batch.push({ type: 'put', key, value });
  }

  async #write(options: { readonly sync: boolean }): Promise<void> {
    await writeBatch(this.#db, this.#batch, options);
    this.#batch = [];
    this.#batchBytes = 0;
    this.#present.written();
    this.#present.beginGroup();
  }
}

async function requireEmpty(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: unknown) => {
    ignoreMissing(error);
    return [];
  });
  if (names.length > 0) {
    throw new OdbError(
      'ODB_NOT_EMPTY',
      `${directory} is not empty; name a directory that is, or that is not there yet`,
    );
  }
}

function ignoreMissing(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
  throw error;
}
