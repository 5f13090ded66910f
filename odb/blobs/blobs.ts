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
import { mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { DiskSpace } from './disk-space.js';
import { OdbError } from '../errors.js';
import { fileError } from './file-error.js';
import type { BlobInfo, Blobs } from '../storage.js';

const TEMPORARY = 'tmp';
const NAME = /^[0-9a-f]{64}$/;

/** `Blobs` in a directory, which is made when the first blob is put. */
export class FileBlobs implements Blobs {
  readonly #directory: string;
  readonly #space: Pick<DiskSpace, 'require'> | undefined;
  /** Directories that are on disk, with those they are in. */
  readonly #made = new Set<string>();

  /** @param space room that stays free on the disk; default: it may be filled */
  constructor(directory: string, space?: Pick<DiskSpace, 'require'>) {
    this.#directory = directory;
    this.#space = space;
  }

  async put(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobInfo> {
    const temporary = path.join(this.#directory, TEMPORARY, randomUUID());
    const stream = content instanceof Readable ? content : undefined;
    // It may fail before it is read from; reading tells.
    stream?.on('error', () => undefined);
    try {
      await this.#makeDirectory(path.dirname(temporary));
      const blob = await this.#write(temporary, content);
      await this.#take(temporary, blob.sha256);
      return blob;
    } finally {
      stream?.destroy();
      await removeFile(temporary);
    }
  }

  has(sha256: string): boolean {
    return existsSync(this.path(sha256));
  }

  sizeBytes(sha256: string): number {
    const file = this.path(sha256);
    try {
      const found = statSync(file, { throwIfNoEntry: false });
      if (found === undefined) throw noBlob(sha256);
      return found.size;
    } catch (cause) {
      throw fileError(cause, { what: 'A blob could not be looked at', file });
    }
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
      if (isMissing(cause)) throw noBlob(sha256, cause);
      if (isTooLarge(cause)) throw tooLarge(sha256, cause);
      throw fileError(cause, { what: 'A blob could not be read', file: this.path(sha256) });
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
    try {
      const found = statSync(file, { throwIfNoEntry: false });
      if (found === undefined || found.mtimeMs >= beforeMs) return undefined;
      rmSync(file, { force: true });
      return found.size;
    } catch (cause) {
      throw fileError(cause, { what: 'A blob could not be removed', file });
    }
  }

  /** Removes what interrupted `put`s left. Not to be called while one is running. */
  async removeTemporary(): Promise<void> {
    await rm(path.join(this.#directory, TEMPORARY), { recursive: true, force: true });
  }

  /** Writes content as it comes to a new file, which is on disk when it answers. */
  async #write(file: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobInfo> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const writing = (cause: unknown): never => {
      throw fileError(cause, { what: 'A blob could not be written', file });
    };
    await using handle = await open(file, 'wx', 0o640).catch(writing);
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      this.#space?.require(chunk.length);
      hash.update(chunk);
      sizeBytes += chunk.length;
      await handle.writeFile(chunk).catch(writing);
    }
    await handle.sync().catch(writing);
    return { sha256: hash.digest('hex'), sizeBytes };
  }

  /** Gives a finished temporary file its name, which is on disk when it answers. */
  async #take(temporary: string, sha256: string): Promise<void> {
    const file = this.path(sha256);
    try {
      await this.#makeDirectory(path.dirname(file));
      if (existsSync(file)) {
        // Content that is wanted again counts as new for whoever removes old blobs.
        const now = new Date();
        await utimes(file, now, now);
      } else await rename(temporary, file);
      // Also for a file that is there: whoever put it may be about to do the same.
      await syncFile(path.dirname(file));
    } catch (cause) {
      throw fileError(cause, { what: 'A blob could not be given its name', file });
    }
  }

  /** Makes a directory in that of the blobs; all of the way to it is on disk when it answers. */
  async #makeDirectory(directory: string): Promise<void> {
    if (this.#made.has(directory)) return;
    await makeDirectory(directory, path.dirname(this.#directory));
    this.#made.add(directory);
  }
}

/**
 * Makes a directory, and sees to it that it and those it is in are on disk, whoever made them.
 *
 * @param top what is above it is on disk, unless it is made here
 */
export async function makeDirectory(directory: string, top: string): Promise<void> {
  try {
    const made = await mkdir(directory, { recursive: true });
    for (let at = directory; ; at = path.dirname(at)) {
      await syncFile(path.dirname(at));
      const isMade = made !== undefined && at.length > made.length;
      if (!isMade && path.dirname(at).length <= top.length) return;
    }
  } catch (cause) {
    throw fileError(cause, { what: 'A directory could not be made', file: directory });
  }
}

async function removeFile(file: string): Promise<void> {
  try {
    await rm(file, { force: true });
  } catch (cause) {
    throw fileError(cause, { what: 'A file could not be removed', file });
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw fileError(error, { what: 'A directory could not be listed', file: directory });
  }
}

/** Sees to it that what a file has, or the names in a directory, are on disk. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Node reads files up to 2 GB at once. */
function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_FS_FILE_TOO_LARGE';
}

function tooLarge(sha256: string, cause: unknown): OdbError {
  return new OdbError(
    'ODB_TOO_LARGE',
    `The blob ${sha256} is too large to be read at once: read it as a stream`,
    { cause },
  );
}

function noBlob(sha256: string, cause?: unknown): OdbError {
  return new OdbError('ODB_NO_BLOB', `There is no blob ${sha256}`, { cause });
}
