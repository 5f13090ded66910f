/**
 * The thread of a pack: reads one snapshot, decides, hands on what is to be removed, and then gives
 * its room back to the disk. Started by `level-pack.ts`, ends with the pack.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../assert.js';
import { FileBlobs } from '../blobs/blobs.js';
import { DiskSpace } from '../blobs/disk-space.js';
import { compact } from './level-compaction.js';
import { blobsDirectory, openObjects } from './level-database.js';
import type { FromPack, PackThreadData, ToPack } from './level-pack-link.js';
import { LevelPackView } from './level-pack-view.js';
import { receiveError, sendError } from './level-writer-link.js';
import { PackPace } from '../pack/pack-pace.js';
import type { OidRange } from '../pack/pack-room.js';
import { runPack, type PackAnswer, type PackStep } from '../pack/pack-run.js';
import { SharedCounters } from './shared-counters.js';

assert(parentPort !== null, 'the thread of a pack was started by another thread');
const port = parentPort;
const data = workerData as PackThreadData;
const cancel = new Int32Array(data.cancel);
const counters = new SharedCounters(data.counters);
const pace = new PackPace({
  waits: () => counters.waits,
  now: () => performance.now(),
  // Ends early when the pack is to end. Nothing else runs in this thread.
  rest: (ms) => void Atomics.wait(cancel, 0, 0, ms),
});

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
  pace.turn();
  if (Atomics.load(cancel, 0) !== 0) throw new Cancelled();
}

async function run(): Promise<void> {
  const db = await openObjects(data.directory, { codec: data.codec });
  let view: LevelPackView | undefined;
  let emptied: readonly OidRange[] = [];
  try {
    const report = await runPack(data.plan, {
      step,
      open() {
        view = new LevelPackView(db, new FileBlobs(blobsDirectory(data.directory)));
        return view;
      },
      pause,
      progress: (progress) => send({ kind: 'progress', progress }),
      emptied: (ranges) => {
        emptied = ranges;
      },
    });
    // What the view still sees would keep its room.
    await view?.close();
    await compact(db, emptied, {
      space: new DiskSpace(data.directory),
      async pause(done, total) {
        send({ kind: 'progress', progress: { phase: 'compact', done, total } });
        await pause();
      },
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
