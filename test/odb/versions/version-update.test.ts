/** Update and discard of versions. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  check,
  PersistentList,
  PersistentSet,
  type Connection,
  type Counter,
  type KeyResolution,
  type Oid,
  type Resolution,
} from '../../../odb/index.js';
import { databaseKinds, fetched, newFolder, Page, type Folder } from '../databases.js';
import {
  checkIn,
  discard,
  folderOf,
  inVersion,
  listOf,
  mapOf,
  pageOf,
  titles,
  undoIn,
  update,
  V1,
  V2,
  withContent,
} from '../support/versions.js';

for (const { name, open } of databaseKinds) {
  describe(`update and discard (${name})`, () => {
    test('an update brings what main did into what the version changed', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        pageOf(first).hits += 5;
        pageOf(first, 'other').title = 'same';
        mapOf(first).set('k0001', 'first').set('k0002', 'same');
        listOf(first).push('first');
        fetched<Counter>(first, 'counter').add(1);
      });
      await database.transact((main) => {
        pageOf(main).body = 'main';
        pageOf(main).hits += 100;
        pageOf(main, 'other').title = 'same';
        mapOf(main).set('k0002', 'same').set('k0003', 'main');
        listOf(main).insert(0, 'main');
        fetched<Counter>(main, 'counter').add(10);
      });
      using connection = database.connect({ version: V1 });
      const changed = connection.applyUpdate(await connection.planUpdate());
      assert.ok(changed.includes(pageOf(connection)));
      assert.equal(pageOf(connection).body, 'main');
      await connection.commit();
      for (const first of [connection, database.connect({ version: V1 })]) {
        assert.equal(pageOf(first).title, 'first');
        assert.equal(pageOf(first).body, 'main');
        assert.equal(pageOf(first).hits, 115);
        assert.equal(fetched<Counter>(first, 'counter').value, 11);
        assert.deepEqual([...listOf(first)], ['main', 'a', 'b', 'c', 'first']);
        assert.deepEqual(
          ['k0001', 'k0002', 'k0003'].map((key) => mapOf(first).get(key)),
          ['first', 'same', 'main'],
        );
      }
      // What is the same on both sides is main's again.
      await database.transact((main) => {
        pageOf(main, 'other').title = 'later';
        mapOf(main).set('k0002', 'later');
      });
      connection.begin();
      assert.equal(pageOf(connection, 'other').title, 'later');
      assert.equal(mapOf(connection).get('k0002'), 'later');
      await checkIn(database, V1);
      using main = database.connect();
      assert.equal(pageOf(main).hits, 115);
      assert.equal(fetched<Counter>(main, 'counter').value, 11);
      assert.deepEqual([...listOf(main)], ['main', 'a', 'b', 'c', 'first']);
      assert.deepEqual(await database.versions(), []);
    });

    test('an update with a resolution leaves nothing to resolve at check-in', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        pageOf(first, 'other').title = 'first';
        mapOf(first).set('k0001', 'first').set('k0002', 'first');
      });
      await database.transact((main) => {
        pageOf(main).title = 'changed';
        pageOf(main, 'other').title = 'changed';
        mapOf(main).set('k0001', 'main').set('k0002', 'main');
      });
      using first = database.connect({ version: V1 });
      const plan = await first.planUpdate();
      assert.equal(plan.possible, false);
      assert.equal(plan.conflicts.length, 3);
      const keys = new Map<string, KeyResolution>([
        ['k0001', 'version'],
        ['k0002', 'main'],
      ]);
      await update(database, V1, {
        resolve: new Map<Oid, Resolution>([
          [pageOf(first).oid as Oid, 'version'],
          [pageOf(first, 'other').oid as Oid, 'main'],
          [mapOf(first).oid as Oid, { keys }],
        ]),
      });
      first.begin();
      assert.equal(pageOf(first).title, 'first');
      assert.equal(pageOf(first, 'other').title, 'changed');
      assert.equal(mapOf(first).get('k0001'), 'first');
      assert.equal(mapOf(first).get('k0002'), 'main');
      assert.deepEqual(await database.versions(), [{ version: V1, entries: 2 }]);
      await checkIn(database, V1);
      assert.deepEqual(titles(database), ['first']);
      assert.equal(mapOf(database.connect()).get('k0001'), 'first');
    });

    test('an update without anything new changes nothing', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        mapOf(first).set('k0001', 'first');
        listOf(first).push('first');
        first.root.set('new', new Page());
      });
      using first = database.connect({ version: V1 });
      const plan = await first.planUpdate();
      assert.equal(plan.possible, true);
      assert.deepEqual([...plan.objects, ...plan.maps, ...plan.lists, ...plan.overlay], []);
      first.applyUpdate(plan);
      assert.equal(first.hasChanges, false);
    });

    test('CT-ver-02, CT-ver-08, CT-ver-17: a discard leaves main, and nothing of the version', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        mapOf(first).set('k0001', 'first');
        listOf(first).push('first');
        folderOf(first).insert(newFolder('new'), 'new');
      });
      using main = database.connect();
      const plan = await main.planDiscard(V1);
      const oids = new Set(plan.oids);
      for (const object of [pageOf(main), mapOf(main), listOf(main), folderOf(main).children]) {
        assert.ok(oids.has(object.oid as Oid));
      }
      main.applyDiscard(plan);
      const tid = await main.commit();
      assert.equal(tid, database.storage.lastTid);
      assert.deepEqual(await database.versions(), []);
      using first = database.connect({ version: V1 });
      assert.equal(pageOf(first).title, 'main');
      assert.equal(mapOf(first).get('k0001'), 'v1');
      assert.deepEqual([...listOf(first)], ['a', 'b', 'c']);
      assert.deepEqual([...folderOf(first).children.keys()], ['child']);
    });

    test('CT-ver-09, CT-ver-13: work goes on after a discard, and the past stays', async () => {
      await using database = await open();
      await withContent(database);
      const work = async (title: string): Promise<void> => {
        await inVersion(database, V1, (first) => {
          pageOf(first).title = title;
        });
      };
      await work('first');
      using then = database.connect({ version: V1 });
      const at = then.tid;
      await discard(database, V1);
      await work('second');
      assert.deepEqual(titles(database, V1), ['main', 'second']);
      using past = database.connect({ version: V1, at });
      assert.equal(pageOf(past).title, 'first');
    });

    test('what began in the version, and main has come to have as well, is there', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        folderOf(first).insert(newFolder('new'), 'new');
        first.root.set('numbers', new PersistentSet(Array.from({ length: 200 }, (_, n) => n)));
        first.root.set('words', new PersistentList(['a', 'b']));
      });
      const discarded = await discard(database, V1);
      await undoIn(database, undefined, discarded);
      await checkIn(database, V1);
      // The version gets back what it had before the discard, which main has by now.
      await undoIn(database, undefined, discarded);
      await update(database, V1);
      const shown = (connection: Connection): unknown[] => [
        (folderOf(connection).children.get('new') as Folder | undefined)?.children.size,
        fetched<PersistentSet<number>>(connection, 'numbers').size,
        [...fetched<PersistentList<string>>(connection, 'words')],
      ];
      const expected = [0, 200, ['a', 'b']];
      assert.deepEqual(shown(database.connect({ version: V1 })), expected);
      assert.deepEqual(shown(database.connect()), expected);
      assert.deepEqual((await check(database.storage)).findings, []);
    });

    test('one part is discarded, the rest stays', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        folderOf(first).insert(new Page({ title: 'one' }), 'one');
        folderOf(first).insert(new Page({ title: 'two' }), 'two');
      });
      using first = database.connect({ version: V1 });
      await discard(database, V1, {
        objects: [folderOf(first).children.get('one')?.oid as Oid],
      });
      first.begin();
      assert.equal(pageOf(first).title, 'first');
      assert.deepEqual([...folderOf(first).children.keys()], ['child', 'two']);
    });

    test('CT-ver-12: what one version gave to main, another gets with an update', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
      });
      await inVersion(database, V2, (second) => {
        pageOf(second).body = 'second';
      });
      await checkIn(database, V1);
      await update(database, V2);
      using second = database.connect({ version: V2 });
      assert.equal(pageOf(second).title, 'first');
      assert.equal(pageOf(second).body, 'second');
    });
  });
}
