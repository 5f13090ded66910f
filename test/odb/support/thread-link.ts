/** Threads of a test that join a storage, and have their commits saved where it was opened. */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { ConflictError } from '../../../odb/errors.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import type { Storage, StorageHandle } from '../../../odb/storage.js';
import type { CommitResult } from '../../../odb/writes.js';

/** How long a thread waits for the others before it begins without them. */
const READY_MS = 30_000;

/** What every such thread is started with; `task` is its own. */
interface ThreadData<Task> {
  readonly handle: StorageHandle;
  readonly task: Task;
  /** Counts the threads that are ready. */
  readonly ready: Int32Array;
  readonly threads: number;
}

type FromThread<Result> =
  | { readonly kind: 'commit'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly result: Result };

type ToThread =
  | { readonly id: number; readonly result: CommitResult }
  | { readonly id: number; readonly conflict: true };

/** Starts a thread for each task, and answers what they answer once all have ended. */
export function runThreads<Task, Result>(
  storage: Storage,
  module: URL,
  tasks: readonly Task[],
): Promise<Result[]> {
  const handle = storage.share();
  const ready = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const threads = tasks.length;
  return Promise.all(
    tasks.map((task) => runThread<Task, Result>(storage, module, { handle, task, ready, threads })),
  );
}

function runThread<Task, Result>(
  storage: Storage,
  module: URL,
  data: ThreadData<Task>,
): Promise<Result> {
  const worker = new Worker(module, { workerData: data });
  return new Promise((resolve, reject) => {
    let done: { readonly result: Result } | undefined;
    worker.on('message', (message: FromThread<Result>) => {
      if (message.kind === 'done') {
        done = message;
        return;
      }
      save(storage, message.id, message.bytes).then(
        (answer) => worker.postMessage(answer),
        (error: unknown) => reject(error as Error),
      );
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      if (done === undefined) reject(new Error('The thread ended early'));
      else resolve(done.result);
    });
  });
}

async function save(storage: Storage, id: number, bytes: Uint8Array): Promise<ToThread> {
  try {
    return { id, result: await storage.commitPacked(bytes) };
  } catch (error) {
    if (error instanceof ConflictError) return { id, conflict: true };
    throw error;
  }
}

/** The thread's side: does the work on the storage it joins, and answers with what it gives. */
export async function workInThread<Task, Result>(
  work: (task: Task, tools: { readonly storage: Storage; allReady(): void }) => Promise<Result>,
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('This module is for a worker thread');
  const { handle, task, ready, threads } = workerData as ThreadData<Task>;
  const waiting = new Map<number, (answer: ToThread) => void>();
  port.on('message', (answer: ToThread) => waiting.get(answer.id)?.(answer));
  let sent = 0;
  await using storage = await LevelStorage.join(handle, {
    async commit(bytes) {
      sent += 1;
      const id = sent;
      const answer = await new Promise<ToThread>((resolve) => {
        waiting.set(id, resolve);
        port.postMessage({ kind: 'commit', id, bytes } satisfies FromThread<Result>);
      });
      waiting.delete(id);
      if ('conflict' in answer) throw new ConflictError([]);
      return answer.result;
    },
  });
  const result = await work(task, { storage, allReady: () => meet(ready, threads) });
  port.postMessage({ kind: 'done', result } satisfies FromThread<Result>);
  port.unref();
}

/** Waits until every thread has come here. */
function meet(ready: Int32Array, threads: number): void {
  if (Atomics.add(ready, 0, 1) + 1 === threads) Atomics.notify(ready, 0);
  for (let count = Atomics.load(ready, 0); count < threads; count = Atomics.load(ready, 0)) {
    if (Atomics.wait(ready, 0, count, READY_MS) === 'timed-out') return;
  }
}
