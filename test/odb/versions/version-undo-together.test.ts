/** What stands in the way of undo where versions and main meet, and the sets that are offered. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  PersistentMap,
  type Connection,
  type Database,
  type Oid,
  type Resolution,
  type Tid,
} from '../../../odb/index.js';
import { databaseKinds, newFolder, Page, type Folder } from '../databases.js';
import {
  checkIn,
  discard,
  folderOf,
  mapOf,
  pageOf,
  undoIn,
  update,
  V1,
  withContent,
} from '../support/versions.js';

async function made(
  database: Database,
  version: Oid | undefined,
  work: (connection: Connection) => void,
): Promise<Tid> {
  using connection = database.connect(version === undefined ? {} : { version });
  work(connection);
  return connection.commit();
}

function retitled(database: Database, version: Oid | undefined, title: string): Promise<Tid> {
  return made(database, version, (connection) => {
    pageOf(connection).title = title;
  });
}

/** Makes a folder with a page in the version, and then moves the page out of it. */
async function moveOut(database: Database): Promise<Tid> {
  await made(database, V1, (first) => {
    const folder = newFolder('new');
    folderOf(first).insert(folder, 'new');
    folder.insert(new Page({ title: 'page' }), 'page');
  });
  return made(database, V1, (first) => {
    const folder = folderOf(first).children.get('new') as Folder;
    const page = folder.children.get('page');
    assert.ok(page !== undefined);
    folder.remove('page');
    folderOf(first).insert(page, 'moved');
  });
}

function idsIn(database: Database, version: Oid): string[] {
  using connection = database.connect({ version });
  return [...folderOf(connection).children.keys()];
}

for (const { name, open } of databaseKinds.slice(0, 2)) {
  describe(`sets for undo with versions (${name})`, () => {
    test('what a check-in brought to main is not taken back in the version', async () => {
      await using database = await open();
      await withContent(database);
      const moved = await moveOut(database);
      const checkedIn = await checkIn(database, V1);
      using first = database.connect({ version: V1 });
      const { possible, conflicts, together } = first.planUndo([moved]);
      assert.equal(possible, false);
      assert.ok(conflicts.every(({ blockedBy }) => blockedBy.includes(checkedIn)));
      const whole = conflicts.find(({ oid }) => oid === folderOf(first).children.oid);
      assert.deepEqual(whole?.fields, ['moved']);
      assert.deepEqual(together, []);
      await undoIn(database, undefined, checkedIn);
      await undoIn(database, V1, moved);
      assert.deepEqual(idsIn(database, V1), ['child', 'new']);
    });

    test('nor is what a discard let go of, nor a map that began in the version', async () => {
      await using database = await open();
      await withContent(database);
      await made(database, V1, ({ root }) => root.set('new', new PersistentMap([['k', '1']])));
      const changed = await made(database, V1, (first) => mapOf(first, 'new').set('k', '2'));
      for (const end of [checkIn, discard]) {
        const ended = await end(database, V1);
        using first = database.connect({ version: V1 });
        const { possible, conflicts } = first.planUndo([changed]);
        assert.equal(possible, false);
        assert.deepEqual(conflicts.at(-1)?.blockedBy, [ended]);
        await undoIn(database, undefined, ended);
        first.begin();
        assert.equal(first.planUndo([changed]).possible, true);
      }
    });

    test('keys that a check-in left in the version are taken back there', async () => {
      await using database = await open();
      await withContent(database);
      const added = new Page({ title: 'added' });
      await made(database, V1, ({ root }) => root.set('added', added));
      const set = await made(database, V1, ({ root }) => root.set('kept', 'first'));
      await checkIn(database, V1, { objects: [added.oid as Oid] });
      await undoIn(database, V1, set);
      using first = database.connect({ version: V1 });
      assert.equal(first.root.get('kept'), undefined);
      assert.ok(first.root.has('added'));
    });

    test('what an update let go of below what main removed comes back with an undo', async () => {
      await using database = await open();
      await withContent(database);
      await made(database, undefined, (main) => folderOf(main).insert(newFolder('a'), 'a'));
      const page = new Page({ title: 'page' });
      await made(database, V1, (first) => {
        (folderOf(first).children.get('a') as Folder).insert(page, 'page');
      });
      await made(database, undefined, (main) => folderOf(main).remove('a'));
      const resolve = new Map<Oid, Resolution>([[page.oid as Oid, 'main']]);
      const updated = await update(database, V1, { resolve });
      await undoIn(database, V1, updated);
      using main = database.connect();
      const { conflicts } = await main.planCheckIn(V1);
      assert.deepEqual(
        conflicts.map(({ oid, reason }) => [oid, reason]),
        [[page.oid, 'container-removed']],
      );
    });

    test('no set is offered in main that a version stands in the way of', async () => {
      await using database = await open();
      await withContent(database);
      const edited = await retitled(database, undefined, 'edited');
      await retitled(database, V1, 'first');
      await checkIn(database, V1);
      const later = await retitled(database, V1, 'later');
      using main = database.connect();
      const blocked = main.planUndo([edited]);
      assert.equal(blocked.possible, false);
      assert.deepEqual(blocked.together, []);
      await undoIn(database, V1, later);
      main.begin();
      const { together } = main.planUndo([edited]);
      assert.equal(together.length, 2);
      assert.equal(main.planUndo(together).possible, true);
    });
  });
}
