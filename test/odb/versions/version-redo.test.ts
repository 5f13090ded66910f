/** Undo of an undo inside versions, and of updates: what comes back there. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  check,
  PersistentList,
  PersistentMap,
  PersistentSet,
  type Connection,
  type Database,
  type Oid,
  type Persistent,
  type Tid,
} from '../../../odb/index.js';
import { databaseKinds, newFolder, Page } from '../databases.js';
import { checkIn, listOf, undoIn, update, V1, V2, withContent } from '../support/versions.js';

const makers: readonly (readonly [what: string, make: () => Persistent])[] = [
  ['a page', () => new Page({ title: 'new' })],
  ['a map', () => new PersistentMap([['a', 1]])],
  ['a set', () => new PersistentSet(['a'])],
  ['a list', () => new PersistentList(['a', 'b'])],
  ['a folder', () => newFolder('new')],
];

async function commitIn(
  database: Database,
  version: Oid | undefined,
  work: (connection: Connection) => void,
): Promise<Tid> {
  using connection = database.connect(version === undefined ? {} : { version });
  work(connection);
  return connection.commit();
}

function madeIn(database: Database, version?: Oid): unknown {
  using connection = database.connect(version === undefined ? {} : { version });
  return connection.root.get('new')?.constructor.name;
}

function itemsIn(database: Database, version?: Oid): string {
  using connection = database.connect(version === undefined ? {} : { version });
  return [...listOf(connection)].join('');
}

for (const { name, open } of databaseKinds) {
  describe(`redo with versions (${name})`, () => {
    for (const [what, make] of makers) {
      test(`${what} that began in a version ends and comes back there`, async () => {
        await using database = await open();
        const made = await commitIn(database, V1, ({ root }) => root.set('new', make()));
        const undone = await undoIn(database, V1, made);
        assert.equal(madeIn(database, V1), undefined);
        await undoIn(database, V1, undone);
        assert.equal(madeIn(database, V1), make().constructor.name);
        await checkIn(database, V1);
        assert.equal(madeIn(database), make().constructor.name);
        assert.deepEqual((await check(database.storage)).findings, []);
      });

      test(`${what} comes back, too, after main had it and took it back`, async () => {
        await using database = await open();
        const made = await commitIn(database, V1, ({ root }) => root.set('new', make()));
        await undoIn(database, undefined, await checkIn(database, V1));
        await undoIn(database, V1, await undoIn(database, V1, made));
        assert.equal(madeIn(database, V1), make().constructor.name);
        assert.equal(madeIn(database), undefined);
        await checkIn(database, V1);
        assert.equal(madeIn(database), make().constructor.name);
        assert.deepEqual((await check(database.storage)).findings, []);
      });
    }

    test('an update that ended the changes of a list is taken back', async () => {
      await using database = await open();
      await withContent(database);
      for (const version of [V1, V2]) {
        await commitIn(database, version, (connection) => listOf(connection).splice(1, 1));
      }
      await checkIn(database, V2);
      const updated = await update(database, V1);
      assert.deepEqual(await database.versions(), []);
      await commitIn(database, undefined, (connection) => listOf(connection).push('main'));
      assert.equal(itemsIn(database, V1), 'acmain');
      await undoIn(database, V1, updated);
      assert.equal(itemsIn(database, V1), 'ac');
      assert.deepEqual(await database.versions(), [{ version: V1, entries: 1 }]);
      assert.deepEqual((await check(database.storage)).findings, []);
    });
  });
}
