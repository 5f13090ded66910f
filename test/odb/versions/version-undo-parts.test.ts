/** Undo of check-ins and discards, of some objects alone: maps and lists come with their nodes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check, type Connection, type Database, type Oid } from '../../../odb/index.js';
import { databaseKinds } from '../databases.js';
import {
  checkIn,
  discard,
  keysAndValues,
  listOf,
  mapOf,
  pageOf,
  titles,
  V1,
  withContent,
} from '../support/versions.js';

const ways = [
  { way: 'a check-in', end: checkIn },
  { way: 'a discard', end: discard },
] as const;
const kinds = [
  { kind: 'map', of: (connection: Connection) => mapOf(connection), size: 800 },
  { kind: 'list', of: (connection: Connection) => listOf(connection), size: 1_503 },
] as const;

/** Changes a page in the version, and so many entries and items that they take several nodes. */
async function changeMuch(database: Database): Promise<void> {
  using first = database.connect({ version: V1 });
  pageOf(first).title = 'first';
  for (const [key, value] of keysAndValues(0, 800)) mapOf(first).set(key, `new ${value}`);
  listOf(first).push(...Array.from({ length: 1_500 }, (_, n) => `item ${n}`));
  await first.commit();
}

for (const { name, open } of databaseKinds.slice(0, 2)) {
  describe(`undo of parts of a version (${name})`, () => {
    for (const { way, end } of ways) {
      for (const { kind, of, size } of kinds) {
        test(`${way} is taken back for one ${kind} of several nodes`, async () => {
          await using database = await open();
          await withContent(database);
          await changeMuch(database);
          const seen = (version?: Oid): unknown[] => {
            using connection = database.connect(version === undefined ? {} : { version });
            return [...of(connection)];
          };
          const [mainBefore, firstBefore] = [seen(), seen(V1)];
          assert.equal(firstBefore.length, size);
          const tid = await end(database, V1);
          const shownTitles = titles(database, V1);
          using main = database.connect();
          main.applyUndo(main.planUndo([tid], { objects: [of(main).oid as Oid] }));
          await main.commit({ undoes: [tid] });
          assert.deepEqual([seen(), seen(V1)], [mainBefore, firstBefore]);
          assert.deepEqual(titles(database, V1), shownTitles);
          assert.deepEqual((await check(database.storage)).findings, []);
        });
      }
    }
  });
}
