/** Lists in versions, as a connection sees them that has loaded their nodes before. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Connection, type Database } from '../../../odb/index.js';
import { databaseKinds } from '../databases.js';
import {
  checkIn,
  discard,
  inVersion,
  listOf,
  undoIn,
  update,
  V1,
  withContent,
} from '../support/versions.js';

/** A list of several nodes, of which the version changes the first item, and main the others. */
async function withLongList(database: Database): Promise<void> {
  await withContent(database);
  await database.transact((main) => {
    listOf(main).push(...Array.from({ length: 2_000 }, (_, n) => `item ${n}`));
  });
}

async function changeInMain(database: Database): Promise<void> {
  await database.transact((main) => {
    listOf(main).splice(700, 600);
    listOf(main).push(`end of ${listOf(main).size}`);
  });
}

async function changeInVersion(database: Database): Promise<void> {
  await inVersion(database, V1, (first) => listOf(first).splice(0, 1, 'first'));
}

for (const { name, open } of databaseKinds.slice(0, 2)) {
  describe(`lists in versions (${name})`, () => {
    test('what is loaded follows the moment that a list rests on', async () => {
      await using database = await open();
      await withLongList(database);
      using old = database.connect({ version: V1 });
      const agree = (what: string): void => {
        const seen = (connection: Connection): unknown[] => {
          const list = listOf(connection);
          return Array.from({ length: list.size }, (_, n) => list.get(n));
        };
        old.begin();
        using fresh = database.connect({ version: V1 });
        assert.deepEqual(seen(old), seen(fresh), what);
      };
      agree('as main has it');
      using stale = database.connect({ version: V1 });
      listOf(stale).splice(0, 1, 'stale');
      await changeInMain(database);
      agree('main changed');
      await stale.commit();
      agree('changed on an older moment');
      await discard(database, V1);
      agree('discarded');
      await changeInVersion(database);
      await changeInMain(database);
      agree('both changed');
      const updated = await update(database, V1);
      agree('updated');
      await undoIn(database, V1, updated);
      agree('update undone');
      const checkedIn = await checkIn(database, V1);
      agree('checked in');
      await undoIn(database, undefined, checkedIn);
      agree('check-in undone');
    });
  });
}
