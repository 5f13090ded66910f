/** Threads that work on one database, each with what it joined. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { check, Database, LevelStorage, mergeRules, PersistentMap } from '../../odb/index.js';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js';
import { fetched, Page } from './databases.js';
import { bundled } from './support/bundled.js';
import type { ClientResult, ClientTask } from './support/client-thread.js';
import { encrypting } from './support/encrypting-codec.js';
import { stateOf } from './support/requests.js';
import { runThreads } from './support/thread-link.js';

/** More of them find rarer faults: `CANOPY_THREAD_ROUNDS=1000 node --test …`. */
const ROUNDS = Number(process.env['CANOPY_THREAD_ROUNDS'] ?? 24);

interface Work {
  readonly name: string;
  readonly threads: number;
  readonly kind: ClientTask['kind'];
}

const objects: readonly Work[] = [
  { name: 'CT-mt-01: two threads', threads: 2, kind: 'objects' },
  { name: 'CT-mt-01: seven threads', threads: 7, kind: 'objects' },
];
const records: readonly Work[] = [
  { name: 'CT-mt-02: two threads', threads: 2, kind: 'records' },
  { name: 'CT-mt-02: seven threads', threads: 7, kind: 'records' },
  { name: 'CT-mt-03: four threads that also read all they can', threads: 4, kind: 'reading' },
];

let scratch: TemporaryDirectory;
let client: URL;
before(async () => {
  scratch = await temporaryDirectory();
  const module = new URL('./support/client-thread.js', import.meta.url);
  client = pathToFileURL(await bundled(module, scratch.path));
});
after(() => scratch[Symbol.asyncDispose]());

describe('changes of several threads to objects all count, conflicts done again', () => {
  for (const work of objects) {
    test(work.name, async () => {
      await using directory = await temporaryDirectory();
      const rules = mergeRules();
      const codec = encrypting();
      const storage = await LevelStorage.open({ directory: directory.path, rules, codec });
      await using database = await Database.open({ storage });
      using connection = database.connect();
      connection.root.set('shared', new Page({ title: '0' }));
      connection.root.set('map', new PersistentMap());
      await connection.commit();
      await run(storage, work);
      connection.begin();
      const changes = work.threads * ROUNDS;
      const shared = fetched<Page>(connection, 'shared');
      assert.deepEqual([shared.title, shared.hits], [String(changes), changes]);
      assert.equal(fetched<PersistentMap>(connection, 'map').size, changes);
      assert.deepEqual((await check(storage)).findings, []);
    });
  }
});

describe('threads that write records read back what they wrote', () => {
  for (const work of records) {
    test(work.name, async () => {
      await using directory = await temporaryDirectory();
      await using storage = await LevelStorage.open({ directory: directory.path });
      const results = await run(storage, work);
      const oids = results.flatMap((result) => result.oids);
      assert.equal(new Set(oids).size, work.threads * ROUNDS, 'no oid is given twice');
      for (const [id, result] of results.entries()) {
        for (const [round, oid] of result.oids.entries()) {
          assert.deepEqual(stateOf(storage, oid), { id, round, step: 2 });
        }
      }
    });
  }
});

function run(storage: LevelStorage, { threads, kind }: Work): Promise<ClientResult[]> {
  const tasks = Array.from({ length: threads }, (_, id) => ({ kind, id, rounds: ROUNDS }));
  return runThreads<ClientTask, ClientResult>(storage, client, tasks);
}
