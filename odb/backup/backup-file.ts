/**
 * The file of a backup while it is written: it gets its name when it is whole and on disk.
 */
import { createHash } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { encodeFrame, MAGIC, type BackupItem } from './backup-format.js';
import { TEMPORARY_SUFFIX } from './backup-manifest.js';
import { syncFile } from '../blobs/blobs.js';

/** Bytes collected before they are written. */
const WRITE_BYTES = 1024 * 1024;

/** A file that gets its name when it is whole. */
export class BackupFile implements AsyncDisposable {
  readonly #name: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;
  #waiting: Uint8Array[] = [MAGIC];
  #waitingBytes = MAGIC.length;

  static async create(name: string): Promise<BackupFile> {
    const temporary = `${name}${TEMPORARY_SUFFIX}`;
    return new BackupFile(name, temporary, await open(temporary, 'wx', 0o640));
  }

  private constructor(name: string, temporary: string, handle: FileHandle) {
    this.#name = name;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  async write(item: BackupItem): Promise<void> {
    const bytes = encodeFrame(item);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= WRITE_BYTES) await this.#flush();
  }

  async finish(): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
    await this.#flush();
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.#temporary, this.#name);
    await syncFile(path.dirname(this.#name));
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') };
  }

  /** Removes what is not finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    await rm(this.#temporary, { force: true });
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.length;
    await this.#handle.writeFile(bytes);
  }
}
