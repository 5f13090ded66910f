/**
 * A thread that joins a storage: commits as often as it is told, through the thread that opened,
 * and reads its own writes back.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { LevelStorage } from '../../../odb/level-storage.js';
import type { CommitResult, StorageHandle } from '../../../odb/storage.js';
import { put, stateOf } from './requests.js';

export interface JoiningData {
  readonly handle: StorageHandle;
  readonly commits: number;
}

export type FromJoining =
  | { readonly kind: 'commit'; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly oids: readonly number[] };

if (parentPort === null) throw new Error('to be started as a thread');
const port = parentPort;
const { handle, commits } = workerData as JoiningData;
let acknowledge: ((result: CommitResult) => void) | undefined;
port.on('message', (result: CommitResult) => acknowledge?.(result));

const storage = await LevelStorage.join(handle, {
  commit: (bytes) =>
    new Promise((resolve) => {
      acknowledge = resolve;
      port.postMessage({ kind: 'commit', bytes } satisfies FromJoining);
    }),
});
const oids: number[] = [];
for (let n = 0; n < commits; n++) {
  const oid = storage.allocate(1);
  await put(storage, oid, { n });
  if (stateOf(storage, oid)?.n !== n) throw new Error('a thread does not read what it wrote');
  oids.push(oid);
}
await storage.close();
port.postMessage({ kind: 'done', oids } satisfies FromJoining);
port.close();
