/**
 * Doing a job in a thread of its own. What the main thread knows of that thread is here.
 *
 * The thread reads the database by itself; its commits come here and go to the one writer. It may be
 * ended at any moment: what it had not committed never was.
 */
import { Worker } from 'node:worker_threads';
import type { Storage } from '../../odb/index.js';
import { packCallError } from '../publisher/call-error.js';
import type { JobEvents, JobOrder, StartedJob } from './job.js';
import type { FromJob, JobThreadData, ToJob } from './messages.js';

export interface JobThreadOptions {
  readonly storage: Storage;
  readonly plugins: readonly string[];
  /** The directory that backups go to. */
  readonly backups: string;
}

/** Starts a thread that does the job and ends. */
export function startInThread(
  order: JobOrder,
  { storage, plugins, backups }: JobThreadOptions,
  events: JobEvents,
): StartedJob {
  const data: JobThreadData = { order, handle: storage.share(), plugins, backups };
  const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: data });
  const commit = async (call: number, bytes: Uint8Array): Promise<void> => {
    const answer = (message: ToJob): void => worker.postMessage(message);
    try {
      answer({ kind: 'committed', call, result: await storage.commitPacked(bytes) });
    } catch (error) {
      const packed = packCallError(error);
      if (packed === undefined) void worker.terminate();
      else answer({ kind: 'refused', call, error: packed });
    }
  };
  worker.on('message', (message: FromJob) => {
    switch (message.kind) {
      case 'progress':
        events.progress(message.done, message.total);
        break;
      case 'log':
        events.log(message.line);
        break;
      case 'commit':
        void commit(message.call, message.bytes);
        break;
      case 'done':
        events.done(message.result);
        break;
      case 'failed':
        events.failed(message.message);
        break;
      default:
        message satisfies never;
    }
  });
  worker.on('error', (error) => events.broke(error));
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      events.failed('Its thread ended.');
      resolve();
    });
  });
  return { ended, stop: () => void worker.terminate() };
}
