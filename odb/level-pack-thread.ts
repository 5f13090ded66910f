/**
 * The thread of a pack: reads one snapshot, decides, and hands on what is to be removed. Started by
 * `level-pack.ts`, ends with the pack.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from './assert.js';
import { FileBlobs } from './blobs.js';
import { blobsDirectory, openObjects } from './level-database.js';
import type { FromPack, PackThreadData, ToPack } from './level-pack-link.js';
import { LevelPackView } from './level-pack-view.js';
import { receiveError, sendError } from './level-writer-link.js';
import { runPack, type PackAnswer, type PackStep } from './pack-run.js';

assert(parentPort !== null, 'the thread of a pack was started by another thread');
const port = parentPort;
const data = workerData as PackThreadData;
const cancel = new Int32Array(data.cancel);

class Cancelled extends Error {}

function send(message: FromPack): void {
  port.postMessage(message);
}

function step(asked: PackStep): Promise<PackAnswer> {
  return new Promise((resolve, reject) => {
    port.once('message', (message: ToPack) => {
      if ('answer' in message) resolve(message.answer);
      else reject(receiveError(message.error));
    });
    send({ kind: 'step', step: asked });
  });
}

async function pause(): Promise<void> {
  if (Atomics.load(cancel, 0) !== 0) throw new Cancelled();
}

async function run(): Promise<void> {
  const db = await openObjects(data.directory);
  let view: LevelPackView | undefined;
  try {
    const report = await runPack(data.plan, {
      step,
      open() {
        view = new LevelPackView(db, new FileBlobs(blobsDirectory(data.directory)));
        return view;
      },
      pause,
      progress: (progress) => send({ kind: 'progress', progress }),
    });
    send({ kind: 'done', report });
  } finally {
    await view?.close();
    await db.close();
  }
}

run()
  .catch((error: unknown) => {
    if (error instanceof Cancelled) send({ kind: 'cancelled' });
    else send({ kind: 'failed', error: sendError(error) });
  })
  .finally(() => port.close());
