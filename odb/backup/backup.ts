/**
 * Backups: copying a database to a directory while it is in use.
 *
 * A backup is one moment of the database, whatever is committed meanwhile. The first one is full;
 * later ones hold what is new. Files get their names when they are whole and on disk, and count when
 * the manifest names them (`backup-format.ts` describes them).
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { BackupFile } from './backup-file.js';
import {
  BACKUP_FORMAT,
  readManifest,
  TEMPORARY_SUFFIX,
  writeManifest,
  type BackupEntry,
} from './backup-manifest.js';
import { possibleBlobs } from '../objects/blob-names.js';
import { FileBlobs, makeDirectory } from '../blobs/blobs.js';
import { OdbError } from '../errors.js';
import { fileError } from '../blobs/file-error.js';
import { blobsDirectory } from '../level/level-database.js';
import type { Oid } from '../oid.js';
import { BOOLEAN, checkOptions } from '../options.js';
import { encodeValue } from '../records/record.js';
import { forgottenOf, recordsOf } from '../storage-iterator.js';
import type { Reader, Storage, StorageScan } from '../storage.js';
import type { TransactionRecord } from '../stored.js';
import { asTid, TID_ZERO, type Tid } from '../tid.js';

/** How a backup is made. */
export interface BackupOptions {
  /** Everything, and the beginning of a new chain. Default: what is new, when there is a backup. */
  readonly full?: boolean;
  /** Ends the backup with its reason; those made before stay as they are. */
  readonly signal?: AbortSignal;
  /** Called after each transaction with the number of them so far. */
  readonly onProgress?: (transactions: number) => void;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
}

/** What a backup holds: its entry in the manifest, and what became of blobs. */
export interface BackupReport extends BackupEntry {
  /** `false`: nothing was new, so none was made, and the entry is that of the last one. */
  readonly isNew: boolean;
  /** Blobs copied; those an earlier backup had are not copied again. */
  readonly blobs: number;
  /** Blobs left out since their content is not what their names say: run `check`. */
  readonly damagedBlobs: readonly string[];
}

/**
 * Makes a backup of the present: all of it, or what was committed since the last backup in the
 * directory, with the blobs it names and the metadata as it is. Where nothing is new, that is all
 * it finds: no file is added.
 *
 * Reads from one scan; commits go on meanwhile and are in the next backup. A pack may run, too, but
 * when it removes a blob that is about to be copied the backup fails, and can be made again. One
 * backup at a time writes to a directory. Cost: reading what is copied; memory for one transaction.
 *
 * @param directory made when it is not there; keep it on another disk than the database
 * @throws OdbError `ODB_OTHER_DATABASE` when the last backup there is of another database, or of a
 *   later state of this one
 * What is written is not encrypted, also where the database has a codec: keep it where that is safe.
 *
 * @throws OdbError `ODB_BACKUP_BUSY` when another backup was begun or made there meanwhile
 * @throws OdbError `ODB_BACKUP_DAMAGED` when the manifest there cannot be read
 * @throws OdbError `ODB_DAMAGED` when the database is damaged, `ODB_NO_BLOB`, `ODB_CLOSED`; `ODB_DISK_FULL`
 *   or `ODB_FILE` when the file system refused; the reason of an aborted `signal`
 */
export async function backup(
  storage: Storage,
  directory: string,
  options: BackupOptions = {},
): Promise<BackupReport> {
  checkOptions('backup', options, { full: BOOLEAN, signal: true, onProgress: true, now: true });
  try {
    return await makeBackup(storage, directory, options);
  } catch (cause) {
    if (isTakenAway(cause)) throw busyError(directory, cause);
    throw fileError(cause, { what: 'The backup could not be made', file: directory });
  }
}

async function makeBackup(
  storage: Storage,
  directory: string,
  options: BackupOptions,
): Promise<BackupReport> {
  await makeDirectory(directory, directory);
  await removeTemporary(directory);
  const manifest = await readManifest(directory);
  using scan = storage.scan();
  const last = options.full === true ? undefined : manifest.backups.at(-1);
  if (last !== undefined && fingerprint(scan.reader, last.to) !== last.toSha256) {
    throw new OdbError(
      'ODB_OTHER_DATABASE',
      `The last backup in ${directory} does not belong to this database; name another directory, or make a full backup`,
    );
  }
  const metaSha256 = await metaHash(scan);
  if (
    last !== undefined &&
    !(await isAnythingNew(storage, scan, directory, { last, metaSha256 }))
  ) {
    return { ...last, isNew: false, blobs: 0, damagedBlobs: [] };
  }
  const kind = last === undefined ? 'full' : 'changes';
  const number = String(numberAfter(manifest.backups.at(-1))).padStart(6, '0');
  const name = `${number}-${kind}-${randomUUID().slice(0, 8)}.backup`;
  await using file = await BackupFile.create(path.join(directory, name));
  const run = new BackupRun(storage, scan, file, directory, options);
  await run.write(last?.to ?? TID_ZERO);
  const entry: BackupEntry = {
    file: name,
    kind,
    after: last?.to ?? TID_ZERO,
    to: scan.reader.lastTid,
    toSha256: fingerprint(scan.reader, scan.reader.lastTid),
    packedTid: storage.packedTid,
    madeMs: (options.now ?? Date.now)(),
    ...(await file.finish()),
    hasCodec: storage.hasCodec,
    metaSha256,
    transactions: run.transactions,
    revisions: run.revisions,
  };
  const now = await readManifest(directory);
  if (now.backups.length !== manifest.backups.length) {
    throw busyError(directory);
  }
  await writeManifest(directory, { format: BACKUP_FORMAT, backups: [...now.backups, entry] });
  return { ...entry, isNew: true, blobs: run.blobs, damagedBlobs: [...run.damagedBlobs] };
}

/** Older ones may have been removed, so the number is not how many there are. */
function numberAfter(last: BackupEntry | undefined): number {
  return last === undefined ? 1 : Number.parseInt(last.file, 10) + 1;
}

/** Tells whether there is anything that the last backup does not have. */
async function isAnythingNew(
  storage: Storage,
  scan: StorageScan,
  directory: string,
  { last, metaSha256 }: { readonly last: BackupEntry; readonly metaSha256: string },
): Promise<boolean> {
  if (scan.reader.lastTid !== last.to || storage.packedTid !== last.packedTid) return true;
  if (metaSha256 !== last.metaSha256) return true;
  return (await sizeOf(path.join(directory, last.file))) !== last.sizeBytes;
}

/** Gives how large a file is; `undefined` when it is not there. */
async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function metaHash(scan: StorageScan): Promise<string> {
  const hash = createHash('sha256');
  for await (const entry of scan.meta()) hash.update(encodeValue(entry));
  return hash.digest('hex');
}

/** Whoever begins a backup removes what earlier ones left unfinished. */
function isTakenAway(error: unknown): boolean {
  const cause = error instanceof OdbError && error.code === 'ODB_FILE' ? error.cause : error;
  if (!(cause instanceof Error && 'code' in cause && 'path' in cause)) return false;
  const file = String(cause.path);
  const isUnfinished = file.endsWith(TEMPORARY_SUFFIX) || path.dirname(file).endsWith('tmp');
  return cause.code === 'ENOENT' && isUnfinished;
}

function busyError(directory: string, cause?: unknown): OdbError {
  return new OdbError(
    'ODB_BACKUP_BUSY',
    `Another backup is being made in ${directory}, or was made meanwhile`,
    { cause },
  );
}

class BackupRun {
  transactions = 0;
  revisions = 0;
  blobs = 0;
  readonly damagedBlobs = new Set<string>();
  readonly #storage: Storage;
  readonly #scan: StorageScan;
  /** Objects that were made since the backup before, and that a pack forgot. */
  readonly #cameAndWent = new Set<Oid>();
  readonly #file: BackupFile;
  readonly #blobs: FileBlobs;
  readonly #options: BackupOptions;

  constructor(
    storage: Storage,
    scan: StorageScan,
    file: BackupFile,
    directory: string,
    options: BackupOptions,
  ) {
    this.#storage = storage;
    this.#scan = scan;
    this.#file = file;
    this.#blobs = new FileBlobs(blobsDirectory(directory));
    this.#options = options;
  }

  async write(after: Tid): Promise<void> {
    const { signal, onProgress } = this.#options;
    const { reader, nextOid } = this.#scan;
    const range = { start: asTid(after + 1), stop: reader.lastTid };
    for await (const { tid, transaction } of this.#scan.transactions(range)) {
      signal?.throwIfAborted();
      if (transaction === undefined) {
        throw new OdbError('ODB_DAMAGED', `The record of transaction ${tid} cannot be read`);
      }
      await this.#transaction(transaction, after !== TID_ZERO);
      onProgress?.(this.transactions);
    }
    for await (const [name, value] of this.#scan.meta()) {
      await this.#file.write({ kind: 'meta', name, value });
    }
    const { transactions, revisions } = this;
    await this.#file.write({ kind: 'end', transactions, revisions, nextOid });
  }

  /** @param isLater there are backups before this one that belong to it */
  async #transaction(transaction: TransactionRecord, isLater: boolean): Promise<void> {
    await this.#file.write({ kind: 'transaction', transaction });
    this.transactions += 1;
    const names = new Set<string>();
    for (const revision of recordsOf(this.#scan.reader, transaction)) {
      const { oid, record, version, live = false, basedOn = TID_ZERO } = revision;
      if (version === undefined) await this.#file.write({ kind: 'revision', oid, record });
      else await this.#file.write({ kind: 'overlay', version, oid, record, live, basedOn });
      this.revisions += 1;
      if (record !== undefined) for (const name of possibleBlobs(record)) names.add(name);
    }
    if (isLater) await this.#forgotten(transaction);
    for (const sha256 of names) {
      if (await this.#copyBlob(sha256)) await this.#file.write({ kind: 'blob', sha256 });
    }
  }

  /** Ends what an earlier backup may hold, and a pack forgot. */
  async #forgotten(transaction: TransactionRecord): Promise<void> {
    const created = new Set(transaction.created);
    for (const { oid, version } of forgottenOf(this.#scan.reader, transaction)) {
      if (created.has(oid)) this.#cameAndWent.add(oid);
      const none = { record: undefined, live: true, basedOn: TID_ZERO };
      if (version !== undefined) await this.#file.write({ kind: 'overlay', version, oid, ...none });
      else if (this.#cameAndWent.has(oid)) continue;
      else await this.#file.write({ kind: 'revision', oid, record: undefined });
      this.revisions += 1;
    }
  }

  /** Sees to it that a blob is in the backup; what only looks like the name of one is not. */
  async #copyBlob(sha256: string): Promise<boolean> {
    if (this.#blobs.has(sha256)) return true;
    const { blobs } = this.#storage;
    if (!blobs.has(sha256)) return false;
    const content = blobs.createReadStream(sha256) as AsyncIterable<Uint8Array>;
    const copied = await this.#blobs.put(content);
    if (copied.sha256 !== sha256) {
      this.damagedBlobs.add(sha256);
      return false;
    }
    this.blobs += 1;
    return true;
  }
}

/** Tells a transaction from those of other databases; empty when there is none. */
function fingerprint(reader: Reader, tid: Tid): string {
  const transaction = reader.transaction(tid);
  if (transaction === undefined) return '';
  return createHash('sha256').update(encodeValue(transaction)).digest('hex');
}

async function removeTemporary(directory: string): Promise<void> {
  await new FileBlobs(blobsDirectory(directory)).removeTemporary();
  for (const name of await readdir(directory)) {
    if (name.endsWith(TEMPORARY_SUFFIX)) await rm(path.join(directory, name), { force: true });
  }
}
