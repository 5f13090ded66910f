/** Threads that write to one catalog, each for documents of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { check, Database, LevelStorage, mergeRules } from '../../../odb/index.js';
import { bundled } from '../../odb/support/bundled.js';
import { runThreads } from '../../odb/support/thread-link.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { putCatalog } from './catalogs.js';
import type { WriterResult, WriterTask } from './writer-thread.js';
import { INDEXES, newDocument } from './written-documents.js';

const WRITERS = 16;
const ROUNDS = 3;
const DOCUMENTS = 2;

test('sixteen threads that change their own documents in one catalog never begin again', async () => {
  await using directory = await temporaryDirectory();
  const module = new URL('./writer-thread.js', import.meta.url);
  const client = pathToFileURL(await bundled(module, directory.path));
  const storage = await LevelStorage.open({
    directory: `${directory.path}/database`,
    rules: mergeRules(),
  });
  await using database = await Database.open({ storage });
  using connection = database.connect();
  const store = await putCatalog(connection, INDEXES, []);
  const tasks = Array.from({ length: WRITERS }, (_, writer): WriterTask => {
    // The writers' documents lie between each other.
    const docids = Array.from({ length: DOCUMENTS }, (_, i) => 1_000 + i * WRITERS + writer);
    return { docids, rounds: ROUNDS };
  });
  const all = tasks.flatMap(({ docids }) => docids);
  store.indexDocuments(all.map((docid) => [docid, newDocument()]));
  await connection.commit();

  const results = await runThreads<WriterTask, WriterResult>(storage, client, tasks);
  assert.deepEqual(
    results,
    tasks.map(() => ({ begun: connection.tid, retries: 0 })),
  );

  connection.begin();
  const last = ROUNDS - 1;
  const found = (query: object): number => store.search(query).total;
  for (const query of [{ title: `+words +r${last}` }, { price: 10 + last }, { tags: `r${last}` }]) {
    assert.equal(found(query), all.length, JSON.stringify(query));
  }
  for (const query of [
    { title: 'page r0' },
    { price: { from: 0, to: 9 + last } },
    { tags: 'r0' },
  ]) {
    assert.equal(found(query), 0, JSON.stringify(query));
  }
  assert.equal(found({ tags: 'all' }), all.length);
  assert.deepEqual((await check(storage)).findings, []);
});
