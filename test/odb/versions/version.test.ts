/** What connections in a version see and save. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asOid, ConflictError, type Counter, type Oid } from '../../../odb/index.js';
import { databaseKinds, fetched, Page } from '../databases.js';
import {
  folderOf,
  keysAndValues,
  listOf,
  mapOf,
  pageOf,
  V1,
  V2,
  withContent,
} from '../support/versions.js';

for (const { name, open } of databaseKinds) {
  describe(`a version (${name})`, () => {
    test('CT-ver-03: what is changed in it is seen in it alone', async () => {
      await using database = await open();
      await withContent(database);
      using main = database.connect();
      using first = database.connect({ version: V1 });
      using second = database.connect({ version: V2 });
      pageOf(first).title = 'first';
      await first.commit();
      pageOf(first).title = 'first again';
      await first.commit();
      pageOf(second).title = 'second';
      await second.commit();
      main.begin();
      assert.equal(pageOf(main).title, 'main');
      assert.equal(pageOf(first).title, 'first again');
      assert.equal(pageOf(second).title, 'second');
      using later = database.connect({ version: V1 });
      assert.equal(pageOf(later).title, 'first again');
      assert.equal(later.version, V1);
    });

    test('CT-ver-04: one that holds nothing reads as main', async () => {
      await using database = await open();
      await withContent(database);
      using unknown = database.connect({ version: asOid(99) });
      assert.equal(pageOf(unknown).title, 'main');
      assert.equal(unknown.find(asOid(12_345)), undefined);
      assert.equal(mapOf(unknown).get('k0007'), 'v7');
      assert.deepEqual(await database.versions(), []);
    });

    test('main shows through where the version changed nothing', async () => {
      await using database = await open();
      await withContent(database);
      using first = database.connect({ version: V1 });
      pageOf(first).title = 'first';
      await first.commit();
      assert.equal(pageOf(first, 'other').title, 'other');
      await database.transact((main) => {
        pageOf(main, 'other').title = 'other, changed';
        pageOf(main).title = 'main, changed';
      });
      first.begin();
      assert.equal(pageOf(first, 'other').title, 'other, changed');
      assert.equal(pageOf(first).title, 'first');
    });

    test('CT-ver-16: what begins in it is nowhere else', async () => {
      await using database = await open();
      await withContent(database);
      using first = database.connect({ version: V1 });
      const made = new Page({ title: 'made' });
      first.root.set('made', made);
      await first.commit();
      const oid = made.oid as Oid;
      using main = database.connect();
      using second = database.connect({ version: V2 });
      assert.equal(main.find(oid), undefined);
      assert.equal(second.find(oid), undefined);
      assert.equal(main.root.has('made'), false);
      assert.equal(pageOf(first, 'made').title, 'made');
    });

    test('a map is what main has, with what the version changed of it', async () => {
      await using database = await open();
      await withContent(database);
      using first = database.connect({ version: V1 });
      const map = mapOf(first);
      map.set('k0003', 'first').set('new', 'first').delete('k0100');
      await first.commit();
      const expected = new Map(keysAndValues(0, 300));
      expected.set('k0003', 'first').set('new', 'first').delete('k0100');
      assert.deepEqual(new Map(map), expected);
      await database.transact((main) => {
        for (const [key, value] of keysAndValues(1000, 1200)) mapOf(main).set(key, value);
        mapOf(main).set('k0004', 'main').delete('k0005');
      });
      assert.deepEqual(new Map(map), expected);
      first.begin();
      for (const [key, value] of keysAndValues(1000, 1200)) expected.set(key, value);
      expected.set('k0004', 'main').delete('k0005');
      assert.deepEqual(new Map([...map].sort()), new Map([...expected].sort()));
      assert.equal(map.size, expected.size);
      using again = database.connect({ version: V1 });
      assert.deepEqual([...mapOf(again)], [...map]);
    });

    test('counters count what main counts, too', async () => {
      await using database = await open();
      await withContent(database);
      using first = database.connect({ version: V1 });
      const counter = fetched<Counter>(first, 'counter');
      counter.add(5);
      pageOf(first).hits += 1;
      await first.commit();
      await database.transact((main) => {
        fetched<Counter>(main, 'counter').add(100);
        pageOf(main).hits += 10;
      });
      first.begin();
      assert.equal(counter.value, 105);
      assert.equal(pageOf(first).hits, 21);
      counter.add(1);
      await first.commit();
      assert.equal(counter.value, 106);
      await database.transact((main) => fetched<Counter>(main, 'counter').add(1000));
      first.begin();
      assert.equal(counter.value, 1106);
      using again = database.connect({ version: V1 });
      assert.equal(fetched<Counter>(again, 'counter').value, 1106);
    });

    test('a list is as it was when the version first changed it', async () => {
      await using database = await open();
      await withContent(database);
      using first = database.connect({ version: V1 });
      const list = listOf(first);
      list.push('first');
      await first.commit();
      await database.transact((main) => {
        listOf(main).insert(0, 'main');
      });
      first.begin();
      assert.deepEqual([...list], ['a', 'b', 'c', 'first']);
      using second = database.connect({ version: V2 });
      assert.deepEqual([...listOf(second)], ['main', 'a', 'b', 'c']);
    });

    test('two connections in one version merge, or are in conflict, as in main', async () => {
      await using database = await open();
      await withContent(database);
      using one = database.connect({ version: V1 });
      using two = database.connect({ version: V1 });
      pageOf(one).title = 'one';
      pageOf(two).body = 'two';
      mapOf(one).set('k0001', 'one');
      mapOf(two).set('k0002', 'two');
      await one.commit();
      await two.commit();
      one.begin();
      for (const connection of [one, two]) {
        assert.equal(pageOf(connection).title, 'one');
        assert.equal(pageOf(connection).body, 'two');
        assert.equal(mapOf(connection).get('k0001'), 'one');
        assert.equal(mapOf(connection).get('k0002'), 'two');
      }
      mapOf(one).set('k0003', 'one');
      mapOf(two).set('k0003', 'two');
      await one.commit();
      await assert.rejects(two.commit(), ConflictError);
      two.abort();
      two.begin();
      assert.equal(mapOf(two).get('k0003'), 'one');
    });

    test('a transaction in a version is listed there, and in main when it is asked for', async () => {
      await using database = await open();
      await withContent(database);
      const before = await database.transact(
        (main) => main.transactions({ limit: 10 }).items.length,
      );
      await database.transact(
        (first) => {
          pageOf(first).title = 'first';
        },
        { note: 'in the version' },
        { version: V1 },
      );
      using main = database.connect();
      using first = database.connect({ version: V1 });
      assert.equal(main.transactions({ limit: 10 }).items.length, before);
      assert.equal(main.transactions({ limit: 10, version: 'all' }).items.length, before + 1);
      const [only, ...others] = main.transactions({ limit: 10, version: V1 }).items;
      assert.equal(only?.note, 'in the version');
      assert.equal(only?.version, V1);
      assert.deepEqual(others, []);
      assert.deepEqual(first.transactions({ limit: 10 }).items, [only]);
      const revisions = first.history(pageOf(first));
      assert.deepEqual(
        revisions.map(({ tid }) => tid),
        [only?.tid],
      );
      assert.deepEqual(main.history(pageOf(main)).length, 1);
    });

    test('its past can be read', async () => {
      await using database = await open();
      await withContent(database);
      using first = database.connect({ version: V1 });
      const tids = [];
      for (const title of ['a', 'b', 'c']) {
        pageOf(first).title = title;
        mapOf(first).set('k0009', title).set(title, title);
        tids.push(await first.commit());
        await database.transact((main) => {
          pageOf(main).title = `main ${title}`;
          mapOf(main).set('k0010', title);
        });
      }
      for (const [i, title] of ['a', 'b', 'c'].entries()) {
        using then = database.connect({ version: V1, at: tids[i] ?? first.tid });
        assert.equal(pageOf(then).title, title);
        assert.equal(mapOf(then).get('k0009'), title);
        assert.equal(mapOf(then).get('k0010'), ['v10', 'a', 'b'][i]);
        assert.equal(mapOf(then).has('c'), title === 'c');
        assert.equal(first.stateAt(pageOf(first), tids[i] ?? first.tid)?.title, title);
      }
      first.begin();
      first.revert(pageOf(first), tids[0] ?? first.tid);
      first.revert(mapOf(first), tids[0] ?? first.tid);
      await first.commit();
      assert.equal(pageOf(first).title, 'a');
      assert.equal(mapOf(first).has('c'), false);
      assert.equal(mapOf(first).get('k0009'), 'a');
      assert.equal(pageOf(database.connect()).title, 'main c');
    });

    test('savepoints go back in a version as in main', async () => {
      await using database = await open();
      await withContent(database);
      using first = database.connect({ version: V1 });
      pageOf(first).hits += 1;
      mapOf(first).set('k0001', 'before');
      await first.commit();
      await database.transact((main) => {
        pageOf(main).hits += 10;
      });
      first.begin();
      pageOf(first).hits += 100;
      mapOf(first).set('k0001', 'kept').set('z', 'kept');
      const savepoint = await first.transaction.savepoint();
      pageOf(first).hits += 1000;
      mapOf(first).set('k0001', 'dropped').set('zz', 'dropped');
      folderOf(first).insert(new Page({ title: 'dropped' }), 'dropped');
      await savepoint.rollback();
      assert.equal(pageOf(first).hits, 121);
      await first.commit();
      assert.equal(pageOf(first).hits, 121);
      assert.equal(mapOf(first).get('k0001'), 'kept');
      assert.equal(mapOf(first).get('z'), 'kept');
      assert.equal(mapOf(first).has('zz'), false);
      assert.equal(folderOf(first).children.has('dropped'), false);
      using again = database.connect({ version: V1 });
      assert.deepEqual([...mapOf(again)], [...mapOf(first)]);
      assert.equal(pageOf(again).hits, 121);
    });

    test('a change that is handed over is saved in the version', async () => {
      await using database = await open();
      await withContent(database);
      using first = database.connect({ version: V1 });
      pageOf(first).title = 'first';
      mapOf(first).set('k0001', 'first');
      const { bytes } = first.prepare({ note: 'handed over' });
      await database.storage.commitPacked(bytes);
      first.begin();
      assert.equal(pageOf(first).title, 'first');
      assert.equal(mapOf(first).get('k0001'), 'first');
      assert.equal(pageOf(database.connect()).title, 'main');
    });
  });
}
