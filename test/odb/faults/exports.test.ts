import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Database } from '../../../odb/database.js';
import { OdbError } from '../../../odb/errors.js';
import { exportSubtree } from '../../../odb/export/export-subtree.js';
import { importSubtree } from '../../../odb/export/import-subtree.js';
import type { LevelStorage } from '../../../odb/level/level-storage.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { assertWhole, Desk, doneIn, openDesks, workAt } from '../support/desk.js';
import { failEachCall } from './each-call.js';

/** Transactions at the desk that is exported: enough for a map of several nodes, and a file. */
const WORK = 6;

interface Place extends AsyncDisposable {
  readonly directory: string;
  readonly database: Database;
  readonly storage: LevelStorage;
  isImported: boolean;
}

test('whichever call fails, an import is there as a whole, or nothing of it', async () => {
  await using home = await temporaryDirectory();
  const source = path.join(home.path, 'source');
  {
    await using storage = await openDesks(source);
    const made = await Database.open({ storage });
    for (let n = 0; n < WORK; n += 1) await workAt(made, 'ada');
  }
  await using from = await openDesks(source);
  const origin = await Database.open({ storage: from });
  const calls = await failEachCall<Place>({
    async begin() {
      const directory = path.join(await mkdtemp(path.join(home.path, 'target-')), 'data');
      const storage = await openDesks(directory);
      const database = await Database.open({ storage });
      await workAt(database, 'ben');
      return {
        directory,
        database,
        storage,
        isImported: false,
        [Symbol.asyncDispose]: () => database.close(),
      };
    },
    async act(place) {
      // Nothing of it is loaded before: the export reads the disk.
      using there = origin.connect();
      using here = place.database.connect();
      const desk = there.root.get('ada');
      if (!(desk instanceof Desk)) throw new OdbError('ODB_NO_OBJECT', 'the database has a desk');
      here.root.set('ada', await importSubtree(here, exportSubtree(there, desk)));
      await here.commit();
      place.isImported = true;
    },
    async verify(place) {
      await place.database.close();
      await using storage = await openDesks(place.directory);
      const { ada } = await doneIn(storage);
      assert.ok(ada === WORK || (ada === undefined && !place.isImported));
      await assertWhole(storage, { ada: ada ?? 0, ben: 1 });
      await using again = await Database.open({ storage });
      assert.equal(await workAt(again, 'ben'), 2, 'it goes on');
    },
  });
  assert.ok(calls.before > 30 && calls.after > 5, JSON.stringify(calls));
});
