/**
 * Packing a LevelDB database: starts the thread that decides, and hands its steps to the writer.
 *
 * The thread has ended when `run` answers, however it does, so the database can be closed.
 */
import { Worker } from 'node:worker_threads';
import { closedError } from '../errors.js';
import type { CodecSource } from './level-codec.js';
import type { FromPack, PackThreadData, ToPack } from './level-pack-link.js';
import { receiveError, sendError } from './level-writer-link.js';
import type { PackOptions, PackReport } from '../pack/pack-options.js';
import { packingError, planPack, type PackAnswer, type PackStep } from '../pack/pack-run.js';
import type { MergeRules } from '../rules.js';

/** What a pack needs of the storage. */
export interface PackedStorage {
  readonly directory: string;
  readonly codec: CodecSource | undefined;
  readonly rules: MergeRules;
  /** That of `SharedCounters`. */
  readonly counters: SharedArrayBuffer;
  /** Does one step among the commits. */
  step(step: PackStep): Promise<PackAnswer>;
}

export class LevelPack {
  readonly #cancel = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #running: Promise<PackReport> | undefined;

  /**
   * Packs.
   *
   * @throws OdbError `ODB_PACKING` while another pack runs; others as `Storage.pack`
   */
  async run(options: PackOptions, storage: PackedStorage): Promise<PackReport> {
    if (this.#running !== undefined) throw packingError();
    const { signal } = options;
    signal?.throwIfAborted();
    Atomics.store(this.#cancel, 0, 0);
    const cancel = (): void => this.#end();
    signal?.addEventListener('abort', cancel);
    this.#running = this.#start(options, storage);
    try {
      return await this.#running;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#running = undefined;
    }
  }

  /** Ends a pack that runs, and waits for that. */
  async close(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#end();
    // Why it ended is told to whoever began it.
    await running.catch(() => undefined);
  }

  #end(): void {
    Atomics.store(this.#cancel, 0, 1);
    // It may be resting.
    Atomics.notify(this.#cancel, 0);
  }

  async #start(options: PackOptions, storage: PackedStorage): Promise<PackReport> {
    const data: PackThreadData = {
      directory: storage.directory,
      codec: storage.codec,
      plan: planPack(options, storage.rules),
      cancel: this.#cancel.buffer,
      counters: storage.counters,
    };
    const worker = new Worker(new URL('./level-pack-thread.js', import.meta.url), {
      workerData: data,
      name: 'canopy-pack',
      execArgv: [],
    });
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    try {
      return await followed(worker, options, storage);
    } finally {
      worker.ref();
      await ended;
      // Harmless when the thread said so itself; needed when it ended by an error of its own.
      await storage.step({ kind: 'end' }).catch(() => undefined);
    }
  }
}

/** Does what the thread asks until it is done. */
function followed(
  worker: Worker,
  { onProgress }: PackOptions,
  storage: PackedStorage,
): Promise<PackReport> {
  const answer = (message: ToPack): void => worker.postMessage(message);
  return new Promise((resolve, reject) => {
    let failure: unknown;
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', () => reject(failure ?? closedError()));
    worker.on('message', (message: FromPack) => {
      switch (message.kind) {
        case 'step':
          storage.step(message.step).then(
            (given) => answer({ answer: given }),
            (error: unknown) => answer({ error: sendError(error) }),
          );
          break;
        case 'progress':
          onProgress?.(message.progress);
          break;
        case 'done':
          resolve(message.report);
          break;
        case 'cancelled':
          reject(closedError());
          break;
        case 'failed':
          reject(receiveError(message.error));
      }
    });
  });
}
