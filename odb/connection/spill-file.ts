/**
 * Bytes a transaction sets aside: first in memory, past a bound in a temporary file.
 *
 * Bytes are only added at the end, and the end can go back. The file is readable by this user alone
 * and has no name as soon as it is open, so that it is gone with the process, however that ends;
 * where the platform keeps the names of open files, it is removed by `close`.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { assert } from '../assert.js';
import { OdbError } from '../errors.js';

/** How many bytes stay in memory unless told otherwise. */
export const SPILL_MEMORY_BYTES = 4 * 1024 * 1024;

/** Where transactions set states aside, and how much of them stays in memory. */
export interface SpillOptions {
  /** Where the temporary file is; default: the system's temporary directory. */
  readonly directory?: string;
  /** How many bytes stay in memory; default `SPILL_MEMORY_BYTES`. */
  readonly memoryBytes?: number;
}

export class SpillFile implements Disposable {
  readonly #directory: string;
  readonly #memoryMax: number;
  /** What is not in the file yet, by position, ascending. */
  readonly #memory = new Map<number, Uint8Array>();
  #end = 0;
  /** All before this position is in the file. */
  #written = 0;
  #file: number | undefined;
  /** The file's name, where it could not be removed while the file is open. */
  #name: string | undefined;

  constructor({ directory = tmpdir(), memoryBytes = SPILL_MEMORY_BYTES }: SpillOptions = {}) {
    this.#directory = directory;
    this.#memoryMax = memoryBytes;
  }

  /** Where the next bytes will be. */
  get end(): number {
    return this.#end;
  }

  /** How many bytes are in the file. */
  get fileBytes(): number {
    return this.#written;
  }

  /** Adds bytes, one at least, which are not changed afterwards; answers where they are. */
  append(bytes: Uint8Array): number {
    assert(bytes.length > 0, 'there is something to set aside');
    const position = this.#end;
    this.#memory.set(position, bytes);
    this.#end += bytes.length;
    if (this.#end - this.#written > this.#memoryMax) this.#write();
    return position;
  }

  /**
   * Gives bytes that were added.
   *
   * @throws OdbError `ODB_DAMAGED` when the file does not hold them any more
   */
  read(position: number, length: number): Uint8Array {
    const inMemory = this.#memory.get(position);
    if (inMemory !== undefined) return inMemory;
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count =
        this.#file === undefined
          ? 0
          : readSync(this.#file, bytes, done, length - done, position + done);
      if (count === 0) {
        throw new OdbError('ODB_DAMAGED', 'The temporary file of a transaction lost its bytes');
      }
      done += count;
    }
    return bytes;
  }

  /** Forgets what was added since the end was there. */
  truncate(end: number): void {
    for (const position of this.#memory.keys()) {
      if (position >= end) this.#memory.delete(position);
    }
    this.#end = end;
    if (end >= this.#written) return;
    this.#written = end;
    if (this.#file !== undefined) ftruncateSync(this.#file, end);
  }

  /** Forgets everything, and removes the file. */
  close(): void {
    this.#memory.clear();
    const [file, name] = [this.#file, this.#name];
    this.#file = undefined;
    this.#name = undefined;
    if (file !== undefined) closeSync(file);
    if (name !== undefined) rmSync(name, { force: true });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #write(): void {
    this.#file ??= this.#open();
    for (const [position, bytes] of this.#memory) {
      let done = 0;
      while (done < bytes.length) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, position + done);
      }
      this.#written = position + bytes.length;
    }
    this.#memory.clear();
  }

  #open(): number {
    const name = path.join(this.#directory, `canopy-${randomUUID()}.tmp`);
    const file = openSync(name, 'wx+', 0o600);
    try {
      rmSync(name);
    } catch {
      this.#name = name;
    }
    return file;
  }
}
