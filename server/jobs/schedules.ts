/**
 * Starts check-ins at the times that were set for them. Lives in the main thread.
 *
 * All it knows are reminders in the storage's metadata: what becomes of one that is due, the job sees
 * that is started. A reminder stays until its job has ended by itself, or by somebody's hand: what the
 * end of the server interrupted, or a time that passed while there was none, is looked after at the
 * next start.
 */
import type { Storage } from '../../odb/index.js';
import { listReminders, type Reminder } from '../content/version-metadata.js';
import type { Logger } from '../log.js';
import { dueOrder, readDue } from './due.js';
import type { JobCommand, JobRecord } from './job.js';

/** The longest wait before looking again: a clock may be set, and a timer holds no longer than days. */
export const LOOK_EVERY_MS = 60_000;

export interface SchedulesOptions {
  readonly storage: Pick<Storage, 'listMeta' | 'setMeta'>;
  /** Starts a job; resolves when it is on record. */
  readonly start: (command: Extract<JobCommand, { what: 'start' }>) => Promise<void>;
  /** No more jobs are taken at the moment. */
  readonly isFull: () => boolean;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

export class Schedules implements Disposable {
  readonly #options: SchedulesOptions;
  /** Jobs that were started and have not ended, with the keys of their reminders. */
  readonly #started = new Map<string, { readonly key: string; readonly reminder: Reminder }>();
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: SchedulesOptions) {
    this.#options = options;
  }

  /** Starts what is due, and waits for what is not. Never rejects. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  /** Hears that a job has ended, other than by the end of the server. */
  ended(record: JobRecord): void {
    const { id, state } = record;
    const found = this.#started.get(id);
    if (found === undefined) return;
    this.#started.delete(id);
    const { key, reminder } = found;
    // Whoever looks at the version is to see that nothing comes of its time any more.
    if (state !== 'done' && readDue(record)?.givenUp === undefined) {
      const reason = `Its job was ${state === 'failed' ? 'ended by a fault' : 'cancelled'}.`;
      void this.#start(key, reminder, reason);
    } else void this.#forget(key);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    const { storage, log, nowMs } = this.#options;
    let nextMs = nowMs() + LOOK_EVERY_MS;
    try {
      const running = new Set([...this.#started.values()].map(({ key }) => key));
      for (const [key, reminder] of await listReminders(storage)) {
        if (this.#closed) return;
        if (running.has(key)) continue;
        if (this.#options.isFull()) break;
        if (reminder.atMs <= nowMs()) await this.#start(key, reminder);
        else nextMs = Math.min(nextMs, reminder.atMs);
      }
    } catch (error) {
      log.error('What is scheduled could not be looked after', { error });
    }
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.look(), Math.max(nextMs - nowMs(), 0)).unref();
  }

  async #start(key: string, reminder: Reminder, givenUp?: string): Promise<void> {
    const command = dueOrder(reminder, givenUp);
    this.#started.set(command.order.id, { key, reminder });
    await this.#options.start(command);
  }

  async #forget(key: string): Promise<void> {
    try {
      await this.#options.storage.setMeta({ [key]: undefined });
    } catch (error) {
      this.#options.log.error('What is scheduled could not be looked after', { key, error });
    }
  }
}
