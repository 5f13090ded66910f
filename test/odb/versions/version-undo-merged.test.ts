/** Undo inside a version of what later transactions and updates built on. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  check,
  type Connection,
  type Database,
  type Oid,
  type Resolution,
  type Tid,
} from '../../../odb/index.js';
import { databaseKinds, newFolder, type Folder, type Page } from '../databases.js';
import { checkIn, folderOf, pageOf, undoIn, update, V1, withContent } from '../support/versions.js';

/** Changes something in main, or in the version, and answers the transaction. */
async function changed(
  database: Database,
  version: Oid | undefined,
  work: (connection: Connection) => void,
): Promise<Tid> {
  using connection = database.connect(version === undefined ? {} : { version });
  work(connection);
  return connection.commit();
}

/** Gives the child of the folder as main, or the version, shows it, with where it is. */
function childIn(database: Database, version?: Oid): readonly unknown[] {
  using connection = database.connect(version === undefined ? {} : { version });
  const folder = folderOf(connection);
  const child = folder.children.get('child');
  return [child?.title, child?.place?.container === folder, child?.place?.id];
}

function fieldsOf(database: Database, version?: Oid): readonly unknown[] {
  using connection = database.connect(version === undefined ? {} : { version });
  const { title, settings, hits, author } = pageOf(connection);
  return [title, author?.oid !== undefined, settings.later, hits];
}

/** Updates the version, and resolves what is in conflict as it has it. */
async function updateMine(database: Database): Promise<Tid> {
  using connection = database.connect({ version: V1 });
  const { conflicts } = await connection.planUpdate();
  const resolve = new Map(conflicts.map(({ oid }): [Oid, Resolution] => [oid, 'version']));
  return update(database, V1, { resolve });
}

for (const { name, open } of databaseKinds.slice(0, 2)) {
  describe(`undo in a version of what went on since (${name})`, () => {
    test('the first change, after an update kept what main removed: it stays where it is', async () => {
      await using database = await open();
      await withContent(database);
      const first = await changed(database, V1, (connection) => {
        childOf(connection).title = 'mine';
      });
      await changed(database, undefined, (connection) => folderOf(connection).remove('child'));
      await updateMine(database);
      assert.deepEqual(childIn(database, V1), ['mine', true, 'child']);
      await undoIn(database, V1, first);
      assert.deepEqual(childIn(database, V1), ['child', true, 'child']);
      await checkIn(database, V1);
      assert.deepEqual(childIn(database), ['child', true, 'child']);
      assert.deepEqual((await check(database.storage)).findings, []);
    });

    test('the first change, with a later one: what main did since is left to the check-in', async () => {
      await using database = await open();
      await withContent(database);
      const first = await changed(database, V1, (connection) => {
        pageOf(connection).title = 'mine';
      });
      await changed(database, V1, (connection) => {
        pageOf(connection).settings = { later: true };
      });
      await changed(database, undefined, (connection) => {
        pageOf(connection).author = folderOf(connection);
      });
      await undoIn(database, V1, first);
      assert.deepEqual(fieldsOf(database, V1), ['main', false, true, 10]);
      await checkIn(database, V1);
      assert.deepEqual(fieldsOf(database), ['main', true, true, 10]);
    });

    test('the first change, when a later one took itself back: main shows through', async () => {
      await using database = await open();
      await withContent(database);
      const first = await changed(database, V1, (connection) => {
        pageOf(connection).title = 'mine';
      });
      for (const title of ['other', 'mine']) {
        await changed(database, V1, (connection) => {
          pageOf(connection).title = title;
        });
      }
      await changed(database, undefined, (connection) => {
        pageOf(connection).author = folderOf(connection);
      });
      await undoIn(database, V1, first);
      assert.deepEqual(fieldsOf(database, V1), ['main', true, undefined, 10]);
      assert.deepEqual(await database.versions(), []);
    });

    test('an update, with a later change: a check-in keeps what main did', async () => {
      await using database = await open();
      await withContent(database);
      await changed(database, V1, (connection) => {
        pageOf(connection).title = 'mine';
      });
      await changed(database, undefined, (connection) => {
        pageOf(connection).author = folderOf(connection);
        pageOf(connection).hits += 5;
      });
      const updated = await update(database, V1);
      await changed(database, V1, (connection) => {
        pageOf(connection).settings = { later: true };
        pageOf(connection).hits += 1;
      });
      await undoIn(database, V1, updated);
      assert.deepEqual(fieldsOf(database, V1), ['mine', false, true, 16]);
      await checkIn(database, V1);
      assert.deepEqual(fieldsOf(database), ['mine', true, true, 16]);
    });

    test('an update, with a later one that built on it: they go together', async () => {
      await using database = await open();
      await withContent(database);
      await changed(database, V1, (connection) => {
        pageOf(connection).title = 'mine';
      });
      const updates: Tid[] = [];
      for (const work of [
        (page: Page, folder: Folder): unknown => (page.author = folder),
        (page: Page): unknown => (page.hits += 5),
      ]) {
        await changed(database, undefined, (connection) => {
          work(pageOf(connection), folderOf(connection));
        });
        updates.unshift(await update(database, V1));
      }
      using version = database.connect({ version: V1 });
      const plan = version.planUndo(updates.slice(1));
      assert.equal(plan.possible, false);
      assert.deepEqual(plan.conflicts[0]?.blockedBy, updates.slice(0, 1));
      assert.deepEqual(plan.together, updates);
      await undoIn(database, V1, ...updates);
      assert.deepEqual(fieldsOf(database, V1), ['mine', false, undefined, 15]);
      await checkIn(database, V1);
      assert.deepEqual(fieldsOf(database), ['mine', true, undefined, 15]);
    });

    test('an update that renamed what is below something the version removed', async () => {
      await using database = await open();
      await withContent(database);
      const sub = newFolder('sub');
      await changed(database, undefined, (connection) => {
        const folder = folderOf(connection);
        const child = childOf(connection);
        folder.remove('child');
        folder.insert(sub, 'sub');
        sub.insert(child, 'child');
      });
      const subIn = (connection: Connection): Folder =>
        folderOf(connection).children.get('sub') as Folder;
      await changed(database, V1, (connection) => {
        const child = subIn(connection).children.get('child');
        if (child !== undefined) child.title = 'mine';
      });
      await changed(database, undefined, (connection) => {
        const folder = subIn(connection);
        const child = folder.children.get('child');
        folder.remove('child');
        if (child !== undefined) folder.insert(child, 'renamed');
      });
      await changed(database, V1, (connection) => folderOf(connection).remove('sub'));
      const updated = await updateMine(database);
      using version = database.connect({ version: V1 });
      assert.deepEqual(version.planUndo([updated]).conflicts, []);
    });

    test('a move, after an update kept it although main removed what was moved', async () => {
      await using database = await open();
      await withContent(database);
      await changed(database, undefined, ({ root }) => root.set('target', newFolder('target')));
      const moved = await changed(database, V1, (connection) => {
        const child = childOf(connection);
        folderOf(connection).remove('child');
        folderOf(connection, 'target').insert(child, 'child');
      });
      await changed(database, undefined, (connection) => folderOf(connection).remove('child'));
      const updated = await updateMine(database);
      using version = database.connect({ version: V1 });
      const plan = version.planUndo([moved]);
      assert.equal(plan.possible, false);
      assert.deepEqual(plan.conflicts[0]?.fields, ['place']);
      assert.deepEqual(plan.conflicts[0].blockedBy, [updated]);
      assert.deepEqual(plan.together, [updated, moved]);
      await undoIn(database, V1, updated, moved);
      assert.deepEqual(childIn(database, V1), [undefined, false, undefined]);
      assert.deepEqual(await database.versions(), []);
    });
  });
}

function childOf(connection: Connection): Page {
  const child = folderOf(connection).children.get('child');
  assert.ok(child !== undefined);
  return child;
}
