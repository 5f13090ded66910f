/**
 * Blobs: files named by the SHA-256 of their content, beside the records.
 *
 * A blob that can be seen is whole: content goes to a temporary file, which is synced, renamed to
 * its name, and the directory synced, before `put` answers. So a commit that names a blob never
 * gets to the disk before the blob does. A crash leaves at most temporary files, which are removed
 * when the directory is next opened by the storage that writes.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  type ReadStream,
} from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { OdbError } from './errors.js';
import type { BlobInfo, Blobs } from './storage.js';

const TEMPORARY = 'tmp';
const NAME = /^[0-9a-f]{64}$/;

/** `Blobs` in a directory, which is made when the first blob is put. */
export class FileBlobs implements Blobs {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async put(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobInfo> {
    const temporary = path.join(this.#directory, TEMPORARY, randomUUID());
    await makeDirectory(path.dirname(temporary));
    try {
      const blob = await writeSynced(temporary, content);
      await this.#take(temporary, blob.sha256);
      return blob;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  has(sha256: string): boolean {
    return existsSync(this.path(sha256));
  }

  sizeBytes(sha256: string): number {
    const found = statSync(this.path(sha256), { throwIfNoEntry: false });
    if (found === undefined) throw noBlob(sha256);
    return found.size;
  }

  /** @throws TypeError when the name is no SHA-256 in lower-case hex */
  path(sha256: string): string {
    // Names come from records and addresses; anything else could lead out of the directory.
    if (!NAME.test(sha256)) throw new TypeError(`'${sha256}' is not the name of a blob`);
    return path.join(this.#directory, sha256.slice(0, 2), sha256);
  }

  read(sha256: string): Buffer {
    try {
      return readFileSync(this.path(sha256));
    } catch (cause) {
      throw isMissing(cause) ? noBlob(sha256, cause) : cause;
    }
  }

  createReadStream(
    sha256: string,
    range: { readonly start?: number; readonly end?: number } = {},
  ): ReadStream {
    if (!this.has(sha256)) throw noBlob(sha256);
    return createReadStream(this.path(sha256), range);
  }

  async verify(sha256: string): Promise<boolean> {
    const hash = createHash('sha256');
    for await (const chunk of this.createReadStream(sha256)) hash.update(chunk as Buffer);
    return hash.digest('hex') === sha256;
  }

  /** Walks the names of all blobs, in no order. */
  async *names(): AsyncGenerator<string> {
    for (const folder of await namesIn(this.#directory)) {
      if (folder === TEMPORARY) continue;
      for (const name of await namesIn(path.join(this.#directory, folder))) {
        if (NAME.test(name)) yield name;
      }
    }
  }

  /**
   * Removes a blob unless it was put since a moment, and answers its size; `undefined` when it
   * stays or is not there. Synchronous, so that nothing is put between the look and the removal
   * by this thread.
   */
  removeOlder(sha256: string, beforeMs: number): number | undefined {
    const file = this.path(sha256);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined || found.mtimeMs >= beforeMs) return undefined;
    rmSync(file, { force: true });
    return found.size;
  }

  /** Removes what interrupted `put`s left. Not to be called while one is running. */
  async removeTemporary(): Promise<void> {
    await rm(path.join(this.#directory, TEMPORARY), { recursive: true, force: true });
  }

  /** Gives a finished temporary file its name. */
  async #take(temporary: string, sha256: string): Promise<void> {
    const file = this.path(sha256);
    const now = new Date();
    if ((await stat(file).catch(() => undefined)) !== undefined) {
      // Content that is wanted again counts as new for whoever removes old blobs.
      await utimes(file, now, now);
      return;
    }
    await makeDirectory(path.dirname(file));
    await rename(temporary, file);
    await syncDirectory(path.dirname(file));
  }
}

async function writeSynced(
  file: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<BlobInfo> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  await using handle = await open(file, 'wx', 0o640);
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    await handle.writeFile(chunk);
  }
  await handle.sync();
  return { sha256: hash.digest('hex'), sizeBytes };
}

/** Makes a directory, and sees to it that its entry in the one above is on disk. */
async function makeDirectory(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true });
  if (made === undefined) return;
  for (let at = directory; ; at = path.dirname(at)) {
    await syncDirectory(path.dirname(at));
    if (at === made) return;
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Sees to it that the names in a directory are on disk. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function noBlob(sha256: string, cause?: unknown): OdbError {
  return new OdbError('ODB_NO_BLOB', `There is no blob ${sha256}`, { cause });
}
