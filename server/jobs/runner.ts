/**
 * Runs jobs, one after another, and keeps their records. Lives in the main thread.
 *
 * A pack is done where the storage was opened, every other job in a thread of its own. Jobs that were
 * queued or running when the server ended are marked as failed at the next start, since whoever did
 * them is gone; those that keep how far they got go on.
 */
import type { Storage } from '../../odb/index.js';
import type { Logger } from '../log.js';
import {
  hasEnded,
  isResumed,
  jobKey,
  type JobCommand,
  type JobEvents,
  type JobOrder,
  type JobRecord,
  JOBS_KEPT,
  leftBy,
  type LOOK_AGAIN,
  listJobs,
  LOG_LINES_MAX,
  type StartedJob,
} from './job.js';
import { startPack } from './pack.js';
import { startInThread } from './thread.js';

/** How often a running job's record is stored, at most. */
const STORE_EVERY_MS = 200;
/** The most jobs that wait. */
export const QUEUE_MAX = 100;

export interface JobRunnerOptions {
  readonly storage: Storage;
  readonly plugins: readonly string[];
  /** The directory that backups go to. */
  readonly backups: string;
  readonly log: Logger;
  readonly nowMs: () => number;
  /** A job has ended, other than by the end of the server. */
  readonly onEnded?: (record: JobRecord) => void;
  /** A pack has forgotten: views of the database that see more than there is are to end. */
  readonly onForgotten: () => void;
}

interface Running {
  record: JobRecord;
  started: StartedJob | undefined;
  readonly log: string[];
  missing: number;
  timer: NodeJS.Timeout | undefined;
  /** Set once the outcome is known; what is told later counts no more. */
  ended: boolean;
}

export class JobRunner implements AsyncDisposable {
  readonly #options: JobRunnerOptions;
  readonly #waiting: JobRecord[] = [];
  #running: Running | undefined;
  #stored: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** So many jobs wait that no more are taken. */
  get isFull(): boolean {
    return this.#closed || this.#waiting.length >= QUEUE_MAX;
  }

  /** Marks what the last run of the server left unfinished, or goes on with it. */
  async open(): Promise<void> {
    const endedMs = this.#options.nowMs();
    for (const job of await listJobs(this.#options.storage)) {
      if (hasEnded(job)) continue;
      if (isResumed(job)) {
        const again: JobRecord = { ...job, state: 'queued' };
        this.#store(again);
        this.#waiting.push(again);
        continue;
      }
      const log = [...job.log, `The server ended before the job did. ${leftBy(job)}`];
      this.#store({ ...job, state: 'failed', endedMs, log });
    }
    this.#next();
    await this.#stored;
  }

  /** Does what an answer asks for; its record is stored when this resolves. */
  async run(command: Exclude<JobCommand, typeof LOOK_AGAIN>): Promise<void> {
    switch (command.what) {
      case 'start':
        await this.#start(command.order);
        break;
      case 'cancel':
        await this.#cancel(command.id);
        break;
      default:
        command satisfies never;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) {
      if (!isResumed(job)) this.#end(job, 'cancelled', 'The server ended.');
    }
    const running = this.#running;
    if (running !== undefined && isResumed(running.record)) await this.#leave(running);
    else if (running !== undefined) {
      await this.#stop(running, 'cancelled', `The server ended. ${leftBy(running.record)}`);
    }
    await this.#stored;
  }

  async #start(order: JobOrder): Promise<void> {
    const record: JobRecord = {
      ...order,
      state: 'queued',
      createdMs: this.#options.nowMs(),
      endedMs: undefined,
      progress: { done: 0, total: 0 },
      log: [],
      result: undefined,
    };
    if (this.isFull) {
      this.#end(record, 'failed', 'Too many jobs are waiting.');
      return this.#stored;
    }
    this.#store(record);
    this.#waiting.push(record);
    this.#next();
    return this.#stored;
  }

  async #cancel(id: string): Promise<void> {
    const at = this.#waiting.findIndex((job) => job.id === id);
    const [waiting] = at === -1 ? [] : this.#waiting.splice(at, 1);
    if (waiting !== undefined) this.#end(waiting, 'cancelled', 'Cancelled before it began.');
    const running = this.#running;
    if (running?.record.id === id) {
      await this.#stop(running, 'cancelled', `Cancelled. ${leftBy(running.record)}`);
    }
    await this.#stored;
  }

  #next(): void {
    if (this.#running !== undefined || this.#closed) return;
    const record = this.#waiting.shift();
    if (record === undefined) return;
    const running: Running = {
      record: { ...record, state: 'running' },
      started: undefined,
      log: [],
      missing: 0,
      timer: undefined,
      ended: false,
    };
    this.#running = running;
    this.#store(running.record);
    const { storage, nowMs, onForgotten } = this.#options;
    const order = orderOf(record);
    const events = this.#eventsOf(running);
    running.started =
      order.kind === 'pack'
        ? startPack(order, { storage, nowMs, onForgotten }, events)
        : startInThread(order, this.#options, events);
    void running.started.ended.then(() => {
      this.#running = undefined;
      this.#next();
    });
  }

  #eventsOf(running: Running): JobEvents {
    return {
      progress: (done, total) => {
        if (running.ended) return;
        running.record = { ...running.record, progress: { done, total } };
        this.#storeSoon(running);
      },
      log: (line) => {
        if (running.ended) return;
        if (running.log.length < LOG_LINES_MAX) running.log.push(line);
        else running.missing += 1;
        this.#storeSoon(running);
      },
      done: (result) => {
        running.record = { ...running.record, result };
        this.#finish(running, 'done');
      },
      failed: (message) => this.#finish(running, 'failed', message),
      broke: (error) => {
        if (running.ended) return;
        const { id, kind } = running.record;
        this.#options.log.error('A job failed', { id, kind, error });
        this.#finish(running, 'failed', 'It failed for a reason that the log of the server tells.');
      },
    };
  }

  async #stop(running: Running, state: JobState, line: string): Promise<void> {
    this.#finish(running, state, line);
    running.started?.stop();
    await running.started?.ended;
  }

  /** Ends a job that goes on at the next start; its record stays as it is. */
  async #leave(running: Running): Promise<void> {
    running.ended = true;
    clearTimeout(running.timer);
    this.#store({ ...running.record, log: logOf(running) });
    running.started?.stop();
    await running.started?.ended;
  }

  #finish(running: Running, state: JobState, line?: string): void {
    if (running.ended) return;
    running.ended = true;
    clearTimeout(running.timer);
    this.#end({ ...running.record, log: logOf(running) }, state, line);
  }

  #end(record: JobRecord, state: JobState, line?: string): void {
    const log = line === undefined ? record.log : [...record.log, line];
    const ended = { ...record, state, log, endedMs: this.#options.nowMs() };
    this.#store(ended);
    if (!this.#closed) this.#options.onEnded?.(ended);
    this.#stored = this.#stored
      .then(() => this.#forgetOld())
      .catch((error: unknown) => {
        this.#options.log.error('Old jobs could not be forgotten', { error });
      });
  }

  #storeSoon(running: Running): void {
    running.timer ??= setTimeout(() => {
      running.timer = undefined;
      if (!running.ended) this.#store({ ...running.record, log: logOf(running) });
    }, STORE_EVERY_MS);
  }

  #store(record: JobRecord): void {
    this.#stored = this.#stored
      .then(() => this.#options.storage.setMeta({ [jobKey(record.id)]: record }))
      .catch((error: unknown) => {
        this.#options.log.error('A job could not be recorded', { id: record.id, error });
      });
  }

  async #forgetOld(): Promise<void> {
    const ended = (await listJobs(this.#options.storage)).filter(hasEnded);
    const old = ended.slice(JOBS_KEPT);
    if (old.length === 0) return;
    await this.#options.storage.setMeta(
      Object.fromEntries(old.map(({ id }) => [jobKey(id), undefined])),
    );
  }
}

type JobState = JobRecord['state'];

function orderOf({ id, kind, user, path, parameters }: JobRecord): JobOrder {
  return { id, kind, user, path, parameters };
}

function logOf({ log, missing }: Running): readonly string[] {
  return missing === 0 ? log : [...log, `… and ${missing} more`];
}
