/**
 * A thread that reads and changes the same few objects as others do, and stops at the first sign
 * of a mixed view. Started by `race.test.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { ConflictError, Database, LevelStorage, type StorageHandle } from '../../odb/index.js';
import type { CommitResult, Connection } from '../../odb/index.js';
import { fetched, Page } from './databases.js';

export interface RaceTask {
  readonly handle: StorageHandle;
  readonly rounds: number;
  /** Changes in every n-th round; 0: never. */
  readonly changeEvery: number;
  /** Counts the threads that are ready; none begins before all are. */
  readonly ready: Int32Array;
  readonly threads: number;
}

export type RaceMessage =
  | { readonly kind: 'commit'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly changes: number };

export type RaceAnswer =
  | { readonly id: number; readonly result: CommitResult }
  | { readonly id: number; readonly conflict: true };

const { handle, rounds, changeEvery, ready, threads } = workerData as RaceTask;
const port = parentPort;
if (port === null) throw new Error('This module is for a worker thread');

const waiting = new Map<number, (answer: RaceAnswer) => void>();
port.on('message', (answer: RaceAnswer) => waiting.get(answer.id)?.(answer));
let sent = 0;

await using storage = await LevelStorage.join(handle, {
  async commit(bytes) {
    sent += 1;
    const id = sent;
    const answer = await new Promise<RaceAnswer>((resolve) => {
      waiting.set(id, resolve);
      port.postMessage({ kind: 'commit', id, bytes } satisfies RaceMessage);
    });
    waiting.delete(id);
    if ('conflict' in answer) throw new ConflictError([]);
    return answer.result;
  },
});
await using database = await Database.open({ storage });
using connection = database.connect();
let changes = 0;
verify(connection, 0);
if (Atomics.add(ready, 0, 1) + 1 === threads) Atomics.notify(ready, 0);
for (let count = Atomics.load(ready, 0); count < threads; count = Atomics.load(ready, 0)) {
  Atomics.wait(ready, 0, count, 10_000);
}
for (let round = 1; round <= rounds; round += 1) {
  connection.begin();
  verify(connection, round);
  if (changeEvery > 0 && round % changeEvery === 0 && (await change(connection))) changes += 1;
  // Others' messages are only seen between tasks.
  await new Promise(setImmediate);
}
port.postMessage({ kind: 'done', changes } satisfies RaceMessage);
port.unref();

/** One of the pair comes from the cache as `begin` left it, the other from the storage. */
function verify(view: Connection, round: number): void {
  const one = fetched<Page>(view, 'one');
  const two = fetched<Page>(view, 'two');
  (round % 2 === 0 ? one : two).$slots = undefined;
  if (one.title !== two.title) {
    throw new Error(`Round ${round}, as of ${view.tid}: '${one.title}' beside '${two.title}'`);
  }
  // Raised in turns, never together: a single change that goes unnoticed shows.
  const phase = fetched<Page>(view, 'first').hits - fetched<Page>(view, 'second').hits;
  if (phase !== 0 && phase !== 1) throw new Error(`Round ${round}: the counts differ by ${phase}`);
}

async function change(view: Connection): Promise<boolean> {
  const [one, two] = [fetched<Page>(view, 'one'), fetched<Page>(view, 'two')];
  const title = String(Number(one.title) + 1);
  one.title = title;
  two.title = title;
  const [first, second] = [fetched<Page>(view, 'first'), fetched<Page>(view, 'second')];
  const late = first.hits > second.hits ? second : first;
  view.readCurrent(first);
  view.readCurrent(second);
  late.hits += 1;
  try {
    await view.commit();
    return true;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    view.abort();
    return false;
  }
}
