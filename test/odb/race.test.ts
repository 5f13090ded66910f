/** Threads that change and read the same objects at once. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Database, LevelStorage, mergeRules } from '../../odb/index.js';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js';
import { fetched, Page } from './databases.js';
import type { RaceResult, RaceTask } from './race-worker.js';
import { bundled } from './support/bundled.js';
import { runThreads } from './support/thread-link.js';

/** More of them find rarer races: `CANOPY_RACE_ROUNDS=5000 node --test …`. */
const ROUNDS = Number(process.env['CANOPY_RACE_ROUNDS'] ?? 200);

interface Race {
  readonly name: string;
  readonly thread: boolean;
  readonly tasks: readonly RaceTask[];
}

const quiet = { changeEvery: 0, connections: 1, reconnectEvery: 0 };

const races: readonly Race[] = [
  {
    name: 'CT-race-01: one that changes and one that looks, half from the cache, half from the storage',
    thread: false,
    tasks: [
      { ...quiet, rounds: ROUNDS, changeEvery: 1 },
      { ...quiet, rounds: ROUNDS * 3 },
    ],
  },
  {
    name: 'CT-race-02: eight that look, and change now and then',
    thread: true,
    tasks: Array.from({ length: 8 }, (_, i) => ({
      ...quiet,
      rounds: ROUNDS / 2,
      changeEvery: 5 + i,
    })),
  },
  {
    name: 'CT-race-03: sixty-four connections in eight threads, each replaced in every fourth round',
    thread: true,
    tasks: Array.from({ length: 8 }, (_, i) => ({
      rounds: ROUNDS,
      changeEvery: 10 + i,
      connections: 8,
      reconnectEvery: 4,
    })),
  },
];

describe('threads that share a database never see half of a transaction', () => {
  let scratch: TemporaryDirectory;
  let worker: URL;
  before(async () => {
    scratch = await temporaryDirectory();
    const module = new URL('./race-worker.js', import.meta.url);
    worker = pathToFileURL(await bundled(module, scratch.path));
  });
  after(() => scratch[Symbol.asyncDispose]());

  for (const { name, thread, tasks } of races) {
    test(name, async () => {
      await using directory = await temporaryDirectory();
      const rules = mergeRules();
      const storage = await LevelStorage.open({ directory: directory.path, thread, rules });
      await using database = await Database.open({ storage });
      using setup = database.connect();
      for (const key of ['one', 'two', 'first', 'second']) {
        setup.root.set(key, new Page({ title: '0' }));
      }
      await setup.commit();

      const done = await runThreads<RaceTask, RaceResult>(storage, worker, tasks);
      const changes = done.reduce((sum, each) => sum + each.changes, 0);
      assert.ok(changes > 0, 'some changes were saved');
      setup.begin();
      assert.equal(fetched<Page>(setup, 'one').title, String(changes));
      assert.equal(fetched<Page>(setup, 'two').title, String(changes));
      const [first, second] = [fetched<Page>(setup, 'first'), fetched<Page>(setup, 'second')];
      assert.equal(first.hits + second.hits, changes);
    });
  }
});
