/**
 * Runs jobs, one after another, each in a thread of its own. Lives in the main thread.
 *
 * A job that is cancelled has its thread ended: what it had not committed never was. Jobs that were
 * queued or running when the server ended are marked as failed at the next start, since their work
 * is gone with their thread.
 */
import { Worker } from 'node:worker_threads';
import type { Storage } from '../../odb/index.js';
import type { Logger } from '../log.js';
import { packCallError } from '../publisher/call-error.js';
import {
  hasEnded,
  jobKey,
  type JobCommand,
  type JobOrder,
  type JobRecord,
  JOBS_KEPT,
  listJobs,
  LOG_LINES_MAX,
} from './job.js';
import type { FromJob, JobThreadData, ToJob } from './messages.js';

/** How often a running job's record is stored, at most. */
const STORE_EVERY_MS = 200;
/** The most jobs that wait. */
export const QUEUE_MAX = 100;

export interface JobRunnerOptions {
  readonly storage: Storage;
  readonly plugins: readonly string[];
  readonly log: Logger;
  readonly nowMs: () => number;
}

interface Running {
  record: JobRecord;
  readonly worker: Worker;
  readonly log: string[];
  missing: number;
  timer: NodeJS.Timeout | undefined;
  /** Set once the outcome is known; what the thread says later counts no more. */
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

  /** Marks what the last run of the server left unfinished. */
  async open(): Promise<void> {
    const endedMs = this.#options.nowMs();
    const entries: Record<string, unknown> = {};
    for (const job of await listJobs(this.#options.storage)) {
      if (hasEnded(job)) continue;
      const log = [...job.log, 'The server ended before the job did. Nothing was changed.'];
      entries[jobKey(job.id)] = { ...job, state: 'failed', endedMs, log };
    }
    await this.#options.storage.setMeta(entries);
  }

  /** Does what an answer asks for; its record is stored when this resolves. */
  async run(command: JobCommand): Promise<void> {
    if (command.what === 'start') await this.#start(command.order);
    else await this.#cancel(command.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) this.#end(job, 'cancelled', 'The server ended.');
    const running = this.#running;
    if (running !== undefined) await this.#stop(running, 'cancelled', 'The server ended.');
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
    if (this.#closed || this.#waiting.length >= QUEUE_MAX) {
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
    if (waiting !== undefined) this.#end(waiting, 'cancelled', 'Cancelled.');
    const running = this.#running;
    if (running?.record.id === id) await this.#stop(running, 'cancelled', 'Cancelled.');
    await this.#stored;
  }

  #next(): void {
    if (this.#running !== undefined || this.#closed) return;
    const record = this.#waiting.shift();
    if (record === undefined) return;
    const { storage, plugins } = this.#options;
    const data: JobThreadData = { order: orderOf(record), handle: storage.share(), plugins };
    const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: data });
    const running: Running = {
      record: { ...record, state: 'running' },
      worker,
      log: [],
      missing: 0,
      timer: undefined,
      ended: false,
    };
    this.#running = running;
    this.#store(running.record);
    worker.on('message', (message: FromJob) => this.#receive(running, message));
    worker.on('error', (error) => {
      this.#options.log.error('A job failed', { id: record.id, kind: record.kind, error });
      this.#finish(running, 'failed', 'It failed for a reason that the log of the server tells.');
    });
    worker.once('exit', () => {
      this.#finish(running, 'failed', 'Its thread ended.');
      this.#running = undefined;
      this.#next();
    });
  }

  #receive(running: Running, message: FromJob): void {
    if (running.ended) return;
    switch (message.kind) {
      case 'progress':
        running.record = {
          ...running.record,
          progress: { done: message.done, total: message.total },
        };
        this.#storeSoon(running);
        break;
      case 'log':
        if (running.log.length < LOG_LINES_MAX) running.log.push(message.line);
        else running.missing += 1;
        this.#storeSoon(running);
        break;
      case 'commit':
        void this.#commit(running, message.call, message.bytes);
        break;
      case 'done':
        running.record = { ...running.record, result: message.result };
        this.#finish(running, 'done');
        break;
      case 'failed':
        this.#finish(running, 'failed', message.message);
        break;
      default:
        message satisfies never;
    }
  }

  async #commit(running: Running, call: number, bytes: Uint8Array): Promise<void> {
    const answer = (message: ToJob): void => running.worker.postMessage(message);
    try {
      const result = await this.#options.storage.commitPacked(bytes);
      answer({ kind: 'committed', call, result });
    } catch (error) {
      const packed = packCallError(error);
      if (packed === undefined) void running.worker.terminate();
      else answer({ kind: 'refused', call, error: packed });
    }
  }

  async #stop(running: Running, state: JobState, line: string): Promise<void> {
    this.#finish(running, state, line);
    await running.worker.terminate();
  }

  #finish(running: Running, state: JobState, line?: string): void {
    if (running.ended) return;
    running.ended = true;
    clearTimeout(running.timer);
    this.#end({ ...running.record, log: logOf(running) }, state, line);
  }

  #end(record: JobRecord, state: JobState, line?: string): void {
    const log = line === undefined ? record.log : [...record.log, line];
    this.#store({ ...record, state, log, endedMs: this.#options.nowMs() });
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
