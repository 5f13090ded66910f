/**
 * Exports on their way to whoever asked: each is made in a thread of its own, so that no request
 * waits for it, and no faster than it is taken. Lives in the main thread.
 */
import { Worker } from 'node:worker_threads';
import type { Storage } from '../../odb/index.js';
import { Unavailable } from '../errors.js';
import type { ExportOrder, ExportThreadData, FromExport, ToExport } from './messages.js';

/** The most exports at a time: each has the site's code loaded once more. */
export const EXPORTS_MAX = 4;
const RETRY_SECONDS = 30;

export interface ExportStreamsOptions {
  readonly storage: Storage;
  readonly plugins: readonly string[];
}

export class ExportStreams implements AsyncDisposable {
  readonly #options: ExportStreamsOptions;
  readonly #workers = new Set<Worker>();

  constructor(options: ExportStreamsOptions) {
    this.#options = options;
  }

  /**
   * Gives the bytes of an export. Its thread ends with the walk over them, however that ends.
   *
   * @throws Unavailable `SRV_BUSY` past `EXPORTS_MAX`
   */
  async *open(order: ExportOrder): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#workers.size >= EXPORTS_MAX) {
      throw new Unavailable('SRV_BUSY', `${EXPORTS_MAX} exports are on their way already.`, {
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
    const { storage, plugins } = this.#options;
    const data: ExportThreadData = { order, handle: storage.share(), plugins };
    const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: data });
    this.#workers.add(worker);
    // Heard by whoever waits for bytes; one that nobody waits for must not end the process.
    worker.on('error', () => undefined);
    try {
      for (;;) {
        const message = await nextOf(worker);
        if (message.kind === 'end') return;
        yield message.bytes;
      }
    } finally {
      await worker.terminate();
      this.#workers.delete(worker);
    }
  }

  /** Ends all of them: the database is about to be closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }
}

/** Asks the thread for the next bytes. */
function nextOf(worker: Worker): Promise<FromExport> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    const onMessage = (message: FromExport): void => {
      settle();
      resolve(message);
    };
    const onError = (error: unknown): void => {
      settle();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const onExit = (): void => {
      settle();
      reject(new Error('The thread of an export ended'));
    };
    worker.once('message', onMessage).once('error', onError).once('exit', onExit);
    worker.postMessage('next' satisfies ToExport);
  });
}
