/** Undo and references: none is left without its object. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  PersistentList,
  PersistentMap,
  PersistentSet,
  type Connection,
  type Oid,
  type Persistent,
  type Tid,
} from '../../../odb/index.js';
import { databaseKinds, fetched, newFolder, Page } from '../databases.js';

function oidOf({ oid }: Persistent): Oid {
  assert.ok(oid !== undefined);
  return oid;
}

/** Makes a page in a transaction of its own, found under `page` in the root. */
async function makePage(connection: Connection): Promise<{ page: Page; made: Tid }> {
  const page = new Page({ title: 'page' });
  connection.root.set('page', page);
  return { page, made: await connection.commit() };
}

async function take(connection: Connection, tids: readonly Tid[]): Promise<Tid> {
  connection.applyUndo(connection.planUndo(tids));
  return connection.commit({ undoes: tids });
}

for (const kind of databaseKinds.slice(0, 2)) {
  describe(`undo of a creation (${kind.name})`, () => {
    test('names every object that would refer to nothing, and can be taken back with them', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const other = new Page({ title: 'other' });
      const map = new PersistentMap<unknown>();
      const list = new PersistentList<unknown>([1, 2]);
      for (const [key, object] of Object.entries({ other, map, list })) {
        connection.root.set(key, object);
      }
      await connection.commit();
      const { page, made } = await makePage(connection);
      other.author = page;
      const inField = await connection.commit();
      map.set('key', [page]);
      const inMap = await connection.commit();
      list.insert(1, { page });
      const inList = await connection.commit();
      other.title = 'renamed';
      map.set('another', 1);
      list.push(3);
      const unrelated = await connection.commit();

      const plan = connection.planUndo([made]);
      assert.equal(plan.possible, false);
      const to = oidOf(page);
      assert.deepEqual(
        plan.dangling.toSorted((a, b) => a.oid - b.oid),
        [
          { oid: oidOf(other), className: 'test.Page', field: 'author', to },
          { oid: oidOf(map), className: 'odb.Map', field: 'key', to },
          { oid: oidOf(list), className: 'odb.List', field: '1', to },
        ].sort((a, b) => a.oid - b.oid),
      );
      assert.deepEqual(plan.conflicts, [
        {
          oid: to,
          className: 'test.Page',
          fields: [],
          blockedBy: [inList, inMap, inField],
          referred: true,
        },
      ]);
      assert.deepEqual(plan.together, [inList, inMap, inField, made]);
      assert.ok(!plan.together.includes(unrelated));
      assert.throws(() => connection.applyUndo(plan), {
        code: 'ODB_UNDO_CONFLICT',
        message: /others refer to it/,
      });

      const undone = await take(connection, plan.together);
      assert.equal(connection.find(to), undefined);
      assert.equal(other.author, undefined);
      assert.deepEqual([...map], [['another', 1]]);
      assert.deepEqual([...list], [1, 2, 3]);

      await take(connection, [undone]);
      assert.equal(other.author, page);
      assert.deepEqual([...list], [1, { page }, 2, 3]);
    });

    test('a reference that came and went again stands in no way, but coming back it does', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const other = new Page({ title: 'other' });
      connection.root.set('other', other);
      await connection.commit();
      const { page, made } = await makePage(connection);
      other.author = page;
      const refers = await connection.commit();
      other.author = undefined;
      const letsGo = await connection.commit();

      // The reference would come back just when its object goes.
      const both = connection.planUndo([made, letsGo]);
      assert.equal(both.possible, false);
      assert.deepEqual(both.together, [letsGo, refers, made]);

      const undone = await take(connection, [made]);
      const plan = connection.planUndo([letsGo]);
      assert.equal(plan.possible, false);
      assert.deepEqual(plan.dangling, [
        { oid: oidOf(other), className: 'test.Page', field: 'author', to: oidOf(page) },
      ]);
      assert.deepEqual(plan.conflicts, [
        { oid: oidOf(other), className: 'test.Page', fields: ['author'], blockedBy: [undone] },
      ]);
      assert.deepEqual(plan.together, [undone, letsGo]);
      await take(connection, plan.together);
      assert.equal(fetched<Page>(connection, 'other').author?.oid, page.oid);
      assert.equal(connection.find(oidOf(page)), page);
    });

    test('what has grown by another reference needs all who made one', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const set = new PersistentMap<unknown>();
      connection.root.set('map', set);
      const list = new PersistentList<unknown>();
      connection.root.set('list', list);
      await connection.commit();
      const { page, made } = await makePage(connection);
      list.push(page);
      set.set('a', page);
      const first = await connection.commit();
      list.push(page, 7);
      set.set('b', page);
      const second = await connection.commit();
      const plan = connection.planUndo([made]);
      assert.deepEqual(plan.together, [second, first, made]);
      await take(connection, plan.together);
      assert.deepEqual([[...list], [...set]], [[], []]);
    });

    test('a part of a transaction may be taken back, and tells what it leaves to be mended', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const folder = newFolder('folder');
      connection.root.set('folder', folder);
      await connection.commit();
      const page = new Page({ title: 'page' });
      folder.insert(page, 'page');
      const made = await connection.commit();
      const plan = connection.planUndo([made], { objects: [oidOf(page)] });
      assert.equal(plan.possible, true);
      assert.deepEqual(plan.dangling, [
        { oid: oidOf(folder.children), className: 'odb.Map', field: 'page', to: oidOf(page) },
      ]);
      connection.applyUndo(plan);
      folder.children.delete('page');
      await connection.commit();
      assert.equal(connection.find(oidOf(page)), undefined);
    });

    test('moves that would put two containers into each other are refused', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const [top, a, b] = [newFolder('top'), newFolder('a'), newFolder('b')];
      connection.root.set('top', top);
      top.insert(a, 'a');
      top.insert(b, 'b');
      await connection.commit();
      const move = async (folder: typeof a, from: typeof a, to: typeof a): Promise<Tid> => {
        from.remove(folder.title);
        to.insert(folder, folder.title);
        return connection.commit();
      };
      await move(a, top, b);
      const back = await move(a, b, top);
      const into = await move(b, top, a);
      const plan = connection.planUndo([back]);
      assert.equal(plan.possible, false);
      assert.deepEqual(plan.conflicts, [
        { oid: oidOf(a), className: 'test.Folder', fields: ['place'], blockedBy: [into] },
      ]);
      await take(connection, plan.together);
      assert.deepEqual([a.place?.container, b.place?.container], [b, top]);
    });

    test('a set and a list that begin with the object end with it', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const page = new Page({ title: 'page' });
      const list = new PersistentList<unknown>([page, ...Array.from({ length: 200 }, (_, n) => n)]);
      connection.root.set('all', new PersistentMap());
      await connection.commit();
      const all = connection.root.get('all') as PersistentMap;
      all.set('list', list);
      all.set('set', new PersistentSet(['x']));
      const made = await connection.commit();
      const undone = await take(connection, [made]);
      assert.equal(all.size, 0);
      assert.equal(connection.find(oidOf(list)), undefined);
      await take(connection, [undone]);
      assert.equal((all.get('list') as PersistentList).size, 201);
      assert.equal((all.get('list') as PersistentList<unknown>).get(0), page);
    });
  });
}
