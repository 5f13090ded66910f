/** Threads that change and read the same objects at once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ConflictError, Database, LevelStorage, type Storage } from '../../odb/index.js';
import { temporaryDirectory } from '../support/temporary.js';
import { fetched, Page } from './databases.js';
import type { RaceAnswer, RaceMessage, RaceTask } from './race-worker.js';

/** More of them find rarer races: `CANOPY_RACE_ROUNDS=5000 node --test …`. */
const ROUNDS = Number(process.env['CANOPY_RACE_ROUNDS'] ?? 30);

for (const thread of [false, true]) {
  describe(`threads that share a database (${thread ? 'written in a thread' : 'written here'})`, () => {
    test('never see half of a transaction, whatever is cached and whoever writes', async () => {
      await using directory = await temporaryDirectory();
      const storage = await LevelStorage.open({ directory: directory.path, thread });
      await using database = await Database.open({ storage });
      using setup = database.connect();
      for (const name of ['one', 'two', 'first', 'second']) {
        setup.root.set(name, new Page({ title: '0' }));
      }
      await setup.commit();

      const handle = storage.share();
      const ready = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
      const shared = { handle, ready, threads: 2 };
      const done = await Promise.all([
        race(storage, { ...shared, rounds: ROUNDS, changeEvery: 1 }),
        race(storage, { ...shared, rounds: ROUNDS * 4, changeEvery: 3 }),
      ]);
      const changes = done.reduce((sum, each) => sum + each.changes, 0);
      assert.ok(changes > 0, 'some changes were saved');
      setup.begin();
      assert.equal(fetched<Page>(setup, 'one').title, String(changes));
      assert.equal(fetched<Page>(setup, 'two').title, String(changes));
      const [first, second] = [fetched<Page>(setup, 'first'), fetched<Page>(setup, 'second')];
      assert.equal(first.hits + second.hits, changes);
    });
  });
}

/** Runs one worker to its end, and saves what it sends. */
function race(storage: Storage, task: RaceTask): Promise<{ changes: number }> {
  const worker = new Worker(new URL('./race-worker.js', import.meta.url), { workerData: task });
  return new Promise((resolve, reject) => {
    let result: { changes: number } | undefined;
    worker.on('message', (message: RaceMessage) => {
      if (message.kind === 'done') {
        result = message;
        return;
      }
      save(storage, message.id, message.bytes).then(
        (answer) => worker.postMessage(answer, []),
        (error: unknown) => reject(error as Error),
      );
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      if (result === undefined) reject(new Error('The worker ended early'));
      else resolve(result);
    });
  });
}

async function save(storage: Storage, id: number, bytes: Uint8Array): Promise<RaceAnswer> {
  try {
    return { id, result: await storage.commitPacked(bytes) };
  } catch (error) {
    if (error instanceof ConflictError) return { id, conflict: true };
    throw error;
  }
}
