/**
 * Whether the writer may write: not while the disk is full, and not after a write that failed.
 */
import { diskFullError, isDiskFull, type DiskSpace } from '../blobs/disk-space.js';
import { OdbError } from '../errors.js';
import type { Mended } from './level-mending.js';

/** Packs make room, so they may use half of what stays free on the disk. */
const PACK_RESERVE_SHARE = 0.5;
/** How often it is tried to go on after a full disk, at most. */
const MEND_AGAIN_MS = 1_000;

/** What the writer asks of the disk, and does when it was full. */
export interface WriterDisk {
  readonly directory: string;
  readonly space: Pick<DiskSpace, 'require'>;
  mend(): Promise<Mended>;
  /** There is room, and yet the database takes nothing until it is opened anew. */
  onStuck?(error: OdbError): void;
}

export class WriterGate {
  readonly #disk: WriterDisk | undefined;
  /** Why nothing is accepted. */
  #error: OdbError | undefined;
  #mendAtMs = 0;

  constructor(disk: WriterDisk | undefined) {
    this.#disk = disk;
  }

  /** @throws OdbError `ODB_DISK_FULL`, `ODB_READ_ONLY` */
  require(bytes: number, { isPack }: { readonly isPack: boolean }): void {
    if (this.#error !== undefined) throw this.#error;
    this.#disk?.space.require(bytes, isPack ? PACK_RESERVE_SHARE : 1);
  }

  /** Takes note of a write that failed, and gives the error that tells of it. */
  failed(cause: unknown): OdbError {
    this.#error = this.#errorOf(cause);
    return this.#error;
  }

  /** After a full disk, sees whether there is room now; answers whether it has just become so. */
  async mend(): Promise<boolean> {
    const disk = this.#disk;
    if (this.#error?.code !== 'ODB_DISK_FULL' || disk === undefined) return false;
    if (performance.now() < this.#mendAtMs) return false;
    this.#mendAtMs = performance.now() + MEND_AGAIN_MS;
    try {
      disk.space.require(0);
      const mended = await disk.mend();
      if (mended === 'mended') this.#error = undefined;
      if (mended === 'stuck') this.#stick(disk);
    } catch (error) {
      this.failed(error);
    }
    return this.#error === undefined;
  }

  #stick(disk: WriterDisk): void {
    this.#error = new OdbError(
      'ODB_READ_ONLY',
      'The disk was full. There is room again, but the database has to be opened anew',
      { cause: this.#error },
    );
    disk.onStuck?.(this.#error);
  }

  #errorOf(cause: unknown): OdbError {
    if (cause instanceof OdbError && cause.code === 'ODB_DISK_FULL') return cause;
    if (this.#disk !== undefined && isDiskFull(cause)) {
      return diskFullError(this.#disk.directory, { cause });
    }
    return new OdbError(
      'ODB_READ_ONLY',
      'The disk refused a write; nothing is accepted until the database is opened again',
      { cause },
    );
  }
}
