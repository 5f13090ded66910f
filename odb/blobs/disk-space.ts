/**
 * Room on the disk: what must stay free, and what is said when there is none.
 *
 * LevelDB does not get over a full disk by itself: after a write that failed, what comes later may be
 * lost at the next start. So a database stops taking changes while there still is room for what is
 * under way, and takes them again as soon as there is enough.
 */
import { statfsSync } from 'node:fs';
import path from 'node:path';
import { OdbError } from '../errors.js';

/**
 * What stays free for files that are written anew in the background. LevelDB merges at most 50 MB at
 * once, and writes two buffers beside that.
 */
export const DISK_RESERVE_BYTES = 64 * 1024 * 1024;

/** How long what was seen is believed, if no more than this is written meanwhile. */
const LOOK_AGAIN_MS = 100;
const LOOK_AGAIN_BYTES = 4 * 1024 * 1024;

/** Codes of the file system, and what LevelDB says instead, which keeps no codes. */
const FULL_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const FULL_TEXTS = /no space left on device|disk quota exceeded|file too large/i;

export interface DiskSpaceOptions {
  /** Bytes that stay free. Default: `DISK_RESERVE_BYTES`. */
  readonly reserveBytes?: number | undefined;
  /** Milliseconds on a clock that never steps back. */
  readonly now?: () => number;
}

/** The disk that a directory is on. */
export class DiskSpace {
  readonly #directory: string;
  readonly #reserveBytes: number;
  readonly #now: () => number;
  /** What may be written before the next look; negative: look first. */
  #allowance = -1;
  #lookAtMs = 0;

  /** @param directory is there when it is first asked about */
  constructor(directory: string, options: DiskSpaceOptions = {}) {
    this.#directory = directory;
    this.#reserveBytes = options.reserveBytes ?? DISK_RESERVE_BYTES;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Sees to it that so many bytes can be written and the reserve stays.
   *
   * Cheap: looks at the disk (some microseconds) ten times a second, and every few megabytes.
   *
   * @param share of the reserve that stays; less than 1 for work that makes room
   * @throws OdbError `ODB_DISK_FULL`
   */
  require(bytes: number, share = 1): void {
    this.#allowance -= bytes;
    if (this.#allowance >= 0 && this.#now() < this.#lookAtMs) return;
    const { bavail, bsize } = statfsSync(this.#directory);
    const freeBytes = bavail * bsize;
    const neededBytes = bytes + this.#reserveBytes * share;
    this.#allowance = Math.min(freeBytes - neededBytes, LOOK_AGAIN_BYTES);
    this.#lookAtMs = this.#now() + LOOK_AGAIN_MS;
    if (freeBytes < neededBytes) throw diskFullError(this.#directory, { neededBytes });
  }
}

/** Tells whether something failed because there was no room. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && FULL_CODES.has(String(error.code))) return true;
  return FULL_TEXTS.test(error.message) || isDiskFull(error.cause);
}

/**
 * Of a change that a database refuses for want of room, or that failed for it.
 *
 * @param facts.neededBytes what must be free, where that is known
 */
export function diskFullError(
  directory: string,
  { neededBytes, cause }: { readonly neededBytes?: number; readonly cause?: unknown } = {},
): OdbError {
  const needed = neededBytes === undefined ? '' : `, ${megabytes(neededBytes)} are needed`;
  return new OdbError(
    'ODB_DISK_FULL',
    `The disk is full: ${freeText(directory)}${needed}. ` +
      'Nothing is saved until there is room; then it goes on by itself',
    { cause },
  );
}

/** Says how much is free where a file is or was to be, for a message. */
export function freeText(file: string): string {
  for (const at of [file, path.dirname(file)]) {
    try {
      const { bavail, bsize } = statfsSync(at);
      return `${megabytes(bavail * bsize)} are free in ${at}`;
    } catch {
      // Asked while something else failed, which is told anyhow.
    }
  }
  return file;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
