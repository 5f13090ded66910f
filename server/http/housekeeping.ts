/**
 * Housekeeping: throws away what was kept beside the objects and nobody will ask for again.
 *
 * Whoever tries to sign in leaves a count, under whatever name, and every session leaves a record; so
 * do links to versions, and what people have seen in them. All are void after their time; this is what
 * removes them from the disk, so that nobody can fill it by guessing.
 */
import type { VersionSize } from '../../odb/index.js';
import { sweepMarks, sweepPreviews } from '../content/version-metadata.js';
import type { Logger } from '../log.js';
import { sweepLogins } from '../security/login-guard.js';
import type { ListedMetadata } from '../security/metadata.js';
import { sweepSessions } from '../security/session.js';

/** How often it is done. */
const EVERY_MS = 15 * 60 * 1000;

export interface HousekeepingOptions {
  readonly metadata: ListedMetadata;
  /** Lists the versions that hold anything. */
  readonly versions?: () => Promise<readonly VersionSize[]>;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

export class Housekeeping implements Disposable {
  readonly #options: HousekeepingOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** Does it now and from time to time, until it is disposed of. */
  start(): void {
    void this.sweep();
    this.#timer ??= setInterval(() => void this.sweep(), EVERY_MS).unref();
  }

  /** Does it once. Never rejects: what could not be removed is removed the next time. */
  async sweep(): Promise<void> {
    const { metadata, versions, log, nowMs } = this.#options;
    try {
      await sweepLogins(metadata, nowMs());
      await sweepSessions(metadata, nowMs());
      await sweepPreviews(metadata, nowMs());
      if (versions !== undefined) await sweepMarks(metadata, await versions());
    } catch (error) {
      log.error('What is over could not be removed', { error });
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
