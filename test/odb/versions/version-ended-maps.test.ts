/** Maps that main ended while a version had changed them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  check,
  type Connection,
  type Database,
  type Oid,
  type PersistentList,
  type Resolution,
  type Tid,
} from '../../../odb/index.js';
import { databaseKinds, fetched, newFolder, Page, type Folder } from '../databases.js';
import {
  checkIn,
  folderOf,
  inVersion,
  keysAndValues,
  undoIn,
  update,
  V1,
  withContent,
} from '../support/versions.js';

const PAGES = 200;

/**
 * A folder with pages in main, that a version changes, has a new page in and lacks one in, and that
 * main ended then.
 */
async function withEnded(database: Database): Promise<void> {
  await withContent(database);
  let made: Tid | undefined;
  {
    using main = database.connect();
    const added = newFolder('added');
    folderOf(main).insert(added, 'added');
    for (const [id, title] of keysAndValues(0, PAGES)) added.insert(new Page({ title }), id);
    made = await main.commit();
  }
  await inVersion(database, V1, (first) => {
    const added = folderOf(first).children.get('added') as Folder;
    first.root.set('kept', added);
    added.title = 'changed';
    added.insert(new Page({ title: 'new' }), 'new');
    added.remove('k0003');
  });
  await undoIn(database, undefined, made);
}

function requireKept(connection: Connection): Folder {
  const kept = fetched<Folder>(connection, 'kept');
  assert.equal(kept.title, 'changed');
  assert.deepEqual(
    [...kept.children].map(([id, { title }]) => [id, title]),
    [...keysAndValues(0, 3), ...keysAndValues(4, PAGES), ['new', 'new']],
  );
  for (const [id, page] of kept.children) assert.equal(page.place?.id, id);
  return kept;
}

async function resolved(database: Database, side: Resolution): Promise<Map<Oid, Resolution>> {
  using main = database.connect();
  const { conflicts } = await main.planCheckIn(V1);
  assert.deepEqual(
    new Set(conflicts.map(({ className, reason }) => `${className} ${reason}`)),
    new Set(['test.Folder removed', 'odb.Map removed', 'test.Page removed']),
  );
  return new Map(conflicts.map(({ oid }) => [oid, side]));
}

for (const { name, open } of databaseKinds.slice(0, 2)) {
  describe(`maps that main ended (${name})`, () => {
    test('the version shows its own as it last was, after a pack too, and goes on changing it', async () => {
      await using database = await open();
      await withEnded(database);
      for (const isPacked of [false, true]) {
        if (isPacked) await database.pack({ before: database.storage.lastTid, trashDays: 0 });
        using first = database.connect({ version: V1 });
        const kept = requireKept(first);
        kept.insert(new Page({ title: 'later' }), 'later');
        await first.commit();
        kept.remove('later');
        await first.commit();
      }
      assert.deepEqual((await check(database.storage)).findings, []);
    });

    for (const isUpdated of [false, true]) {
      const since = isUpdated ? ', with an update before' : '';
      test(`it comes back with what the version did to it${since}`, async () => {
        await using database = await open();
        await withEnded(database);
        const resolve = await resolved(database, 'version');
        if (isUpdated) {
          await update(database, V1, { resolve });
          using first = database.connect({ version: V1 });
          requireKept(first);
          await database.pack({ before: database.storage.lastTid, trashDays: 0 });
        }
        const checkedIn = await checkIn(database, V1, isUpdated ? {} : { resolve });
        using main = database.connect();
        assert.equal(folderOf(main).children.get('added'), requireKept(main));
        assert.deepEqual(await database.versions(), []);
        assert.deepEqual((await check(database.storage)).findings, []);
        await undoIn(database, undefined, checkedIn);
        main.begin();
        assert.equal(main.root.get('kept'), undefined);
        using first = database.connect({ version: V1 });
        requireKept(first);
      });

      test(`it stays ended when main is to win${since}`, async () => {
        await using database = await open();
        await withEnded(database);
        const resolve = await resolved(database, 'main');
        if (isUpdated) await update(database, V1, { resolve });
        // What led to it in the version does not come to main either.
        await checkIn(database, V1, isUpdated ? {} : { resolve });
        using main = database.connect();
        assert.equal(main.root.has('kept'), false);
        assert.deepEqual(await database.versions(), []);
        assert.deepEqual((await check(database.storage)).findings, []);
      });
    }

    test('what leads to what main ended does not come to main: an entry, an item', async () => {
      await using database = await open();
      await withContent(database);
      using main = database.connect();
      const author = new Page({ title: 'author' });
      folderOf(main).insert(author, 'author');
      const made = await main.commit();
      await inVersion(database, V1, (first) => {
        const found = folderOf(first).children.get('author');
        assert.ok(found !== undefined);
        first.root.set('author', found);
        fetched<PersistentList<unknown>>(first, 'list').push(found, 'more');
      });
      await undoIn(database, undefined, made);
      main.begin();
      const { conflicts } = await main.planCheckIn(V1);
      const list = fetched<PersistentList<unknown>>(main, 'list');
      assert.deepEqual(
        conflicts.map(({ oid, reason }) => [oid, reason]),
        [
          [main.root.oid, 'removed'],
          [list.oid, 'removed'],
        ],
      );
      for (const side of ['version', 'main'] as const) {
        const resolve = new Map(conflicts.map(({ oid }): [Oid, Resolution] => [oid, side]));
        const plan = await main.planCheckIn(V1, { resolve });
        assert.equal(plan.possible, side === 'main');
      }
      const resolve = new Map(conflicts.map(({ oid }): [Oid, Resolution] => [oid, 'main']));
      await checkIn(database, V1, { resolve });
      main.begin();
      assert.equal(main.root.has('author'), false);
      assert.deepEqual((await check(database.storage)).findings, []);
    });

    test('an update that accepted the end is taken back: it is in conflict again', async () => {
      await using database = await open();
      await withEnded(database);
      const resolve = await resolved(database, 'version');
      const updated = await update(database, V1, { resolve });
      await undoIn(database, V1, updated);
      await resolved(database, 'version');
    });
  });
}
