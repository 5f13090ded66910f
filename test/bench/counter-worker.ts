/**
 * A thread that raises a counter as often as it can when it is told to. Started by `counter.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import {
  Counter,
  Database,
  LevelStorage,
  type CommitResult,
  type Oid,
  type StorageHandle,
} from '../../odb/index.js';

export interface CounterTask {
  readonly handle: StorageHandle;
}

export type CounterMessage =
  | { readonly kind: 'commit'; readonly bytes: Uint8Array }
  | { readonly kind: 'count'; readonly count: number };

export type CounterAnswer =
  | { readonly kind: 'raise'; readonly oid: Oid; readonly milliseconds: number }
  | { readonly kind: 'result'; readonly result: CommitResult };

const port = parentPort;
if (port === null) throw new Error('This module is for a worker thread');

function send(message: CounterMessage): void {
  port?.postMessage(message);
}

let answered: (result: CommitResult) => void = () => undefined;
const storage = await LevelStorage.join((workerData as CounterTask).handle, {
  commit: (bytes) =>
    new Promise((resolve) => {
      answered = resolve;
      send({ kind: 'commit', bytes });
    }),
});
const database = await Database.open({ storage });
const connection = database.connect();

async function raise(oid: Oid, milliseconds: number): Promise<void> {
  connection.begin();
  const counter = connection.get(oid) as Counter;
  const untilMs = performance.now() + milliseconds;
  let count = 0;
  for (; performance.now() < untilMs; count += 1) {
    counter.add(1);
    await connection.commit({ note: 'Count' });
  }
  send({ kind: 'count', count });
}

port.on('message', (message: CounterAnswer) => {
  if (message.kind === 'result') answered(message.result);
  else void raise(message.oid, message.milliseconds);
});
