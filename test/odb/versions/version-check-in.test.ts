/** Check-in of versions: what main has afterwards, and what is in conflict. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  check,
  OdbError,
  PersistentMap,
  VersionConflictError,
  type Counter,
  type KeyResolution,
  type Oid,
  type PersistentSet,
} from '../../../odb/index.js';
import { databaseKinds, fetched, newFolder, Page } from '../databases.js';
import {
  checkIn,
  folderOf,
  inVersion,
  listOf,
  mapOf,
  pageOf,
  titles,
  V1,
  V2,
  withContent,
} from '../support/versions.js';

/** An index, which is worked out from the pages. */
class Titles extends PersistentMap<string> {
  static {
    this.define('test.version.Titles', {}, { derived: true });
  }
}

for (const { name, open } of databaseKinds) {
  describe(`check-in (${name})`, () => {
    test('CT-ver-01, CT-ver-14: main has what the version had, in a transaction of its own', async () => {
      await using database = await open();
      await withContent(database);
      const written = await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        return first.tid;
      });
      using main = database.connect();
      const plan = await main.planCheckIn(V1);
      assert.deepEqual(
        plan.objects.map(({ oid, className, base, main: now, version, after }) => ({
          oid,
          className,
          titles: [base, now, version, after].map((state) => state?.title),
        })),
        [
          {
            oid: pageOf(main).oid,
            className: 'test.Page',
            titles: ['main', 'main', 'first', 'first'],
          },
        ],
      );
      const changed = main.applyCheckIn(plan);
      assert.deepEqual(changed, [pageOf(main)]);
      const tid = await main.commit({ note: 'check in' });
      assert.ok(tid > written);
      assert.equal(pageOf(main).title, 'first');
      assert.equal(pageOf(main).tid, tid);
      assert.deepEqual(await database.versions(), []);
      assert.deepEqual(titles(database, V1), ['first', 'first']);
    });

    test('CT-ver-15, CT-ver-16: each version has its own fate', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        first.root.set('one', new Page({ title: 'one' }));
      });
      await inVersion(database, V2, (second) => {
        pageOf(second, 'other').title = 'second';
        second.root.set('two', new Page({ title: 'two' }));
      });
      await checkIn(database, V1);
      using main = database.connect();
      assert.equal(pageOf(main).title, 'first');
      assert.equal(pageOf(main, 'other').title, 'other');
      assert.equal(pageOf(main, 'one').title, 'one');
      assert.equal(main.root.has('two'), false);
      using second = database.connect({ version: V2 });
      assert.equal(pageOf(second).title, 'first');
      assert.equal(pageOf(second, 'other').title, 'second');
      assert.equal(pageOf(second, 'two').title, 'two');
      assert.deepEqual(await database.versions(), [{ version: V2, entries: 3 }]);
    });

    test('what both changed is merged: fields, lines, keys, items, counters', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        const page = pageOf(first);
        page.title = 'first';
        page.body = 'ONE\ntwo\nthree\n';
        page.hits += 5;
        page.tags = ['first'];
        mapOf(first).set('k0001', 'first').delete('k0002');
        fetched<PersistentSet<string>>(first, 'set').add('first').delete('a');
        listOf(first).push('first');
        fetched<Counter>(first, 'counter').add(3);
      });
      await database.transact((main) => {
        const page = pageOf(main);
        page.body = 'one\ntwo\nTHREE\n';
        page.hits += 100;
        page.tags = ['main'];
        mapOf(main).set('k0003', 'main').set('new', 'main');
        fetched<PersistentSet<string>>(main, 'set').add('main');
        listOf(main).insert(0, 'main');
        fetched<Counter>(main, 'counter').add(100);
      });
      await checkIn(database, V1);
      using main = database.connect();
      const page = pageOf(main);
      assert.equal(page.title, 'first');
      assert.equal(page.body, 'ONE\ntwo\nTHREE\n');
      assert.equal(page.hits, 115);
      assert.deepEqual(page.tags, ['main', 'first']);
      const map = mapOf(main);
      assert.deepEqual(
        ['k0001', 'k0002', 'k0003', 'new'].map((key) => map.get(key)),
        ['first', undefined, 'main', 'main'],
      );
      assert.equal(map.size, 300);
      assert.deepEqual([...fetched<PersistentSet<string>>(main, 'set')], ['b', 'first', 'main']);
      assert.deepEqual([...listOf(main)], ['main', 'a', 'b', 'c', 'first']);
      assert.equal(fetched<Counter>(main, 'counter').value, 103);
      assert.deepEqual(await database.versions(), []);
    });

    test('equal changes on both sides are one', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'same';
        mapOf(first).set('k0001', 'same').delete('k0002');
      });
      await database.transact((main) => {
        pageOf(main).title = 'same';
        mapOf(main).set('k0001', 'same').delete('k0002');
      });
      await checkIn(database, V1);
      assert.deepEqual(titles(database, V1), ['same', 'same']);
      assert.deepEqual(await database.versions(), []);
    });

    test('a field that both changed is a conflict, which each side can win', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        pageOf(first).body = 'ONE\ntwo\nthree\n';
      });
      await database.transact((main) => {
        pageOf(main).title = 'changed';
        pageOf(main).body = 'one\ntwo\nTHREE\n';
      });
      using main = database.connect();
      const oid = pageOf(main).oid as Oid;
      const plan = await main.planCheckIn(V1);
      assert.equal(plan.possible, false);
      assert.equal(plan.conflicts.length, 1);
      const [conflict] = plan.conflicts;
      assert.equal(conflict?.oid, oid);
      assert.equal(conflict.className, 'test.Page');
      assert.deepEqual(conflict.fields, ['title']);
      assert.deepEqual(
        [conflict.base, conflict.main, conflict.version].map((state) => state?.title),
        ['main', 'changed', 'first'],
      );
      assert.throws(() => main.applyCheckIn(plan), VersionConflictError);
      assert.equal(main.hasChanges, false);

      for (const [resolution, title] of [
        ['version', 'first'],
        ['main', 'changed'],
        [{ state: { title: 'both', body: 'new' } }, 'both'],
      ] as const) {
        const resolved = await main.planCheckIn(V1, { resolve: new Map([[oid, resolution]]) });
        assert.equal(resolved.possible, true);
        main.applyCheckIn(resolved);
        assert.equal(pageOf(main).title, title);
        assert.equal(pageOf(main).body, title === 'both' ? 'new' : 'ONE\ntwo\nTHREE\n');
        main.abort();
      }
      main.applyCheckIn(await main.planCheckIn(V1, { resolve: new Map([[oid, 'version']]) }));
      await main.commit();
      assert.deepEqual(titles(database, V1), ['first', 'first']);
    });

    test('a key that both changed is a conflict, resolved for each', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        mapOf(first).set('k0001', 'first').set('k0003', 'first').set('k0004', 'x');
        mapOf(first).delete('k0002');
      });
      await database.transact((main) => {
        mapOf(main).set('k0001', 'main').set('k0002', 'main').delete('k0003');
      });
      using main = database.connect();
      const oid = mapOf(main).oid as Oid;
      const plan = await main.planCheckIn(V1);
      assert.deepEqual(
        plan.conflicts.map(({ keys, base, main: now, version }) => ({ keys, base, now, version })),
        [
          {
            keys: ['k0001', 'k0002', 'k0003'],
            base: { k0001: 'v1', k0002: 'v2', k0003: 'v3' },
            now: { k0001: 'main', k0002: 'main' },
            version: { k0001: 'first', k0003: 'first' },
          },
        ],
      );
      const keys = new Map<string, KeyResolution>([
        ['k0001', { value: 'both' }],
        ['k0002', 'version'],
        ['k0003', 'main'],
      ]);
      main.applyCheckIn(await main.planCheckIn(V1, { resolve: new Map([[oid, { keys }]]) }));
      await main.commit();
      assert.deepEqual(
        ['k0001', 'k0002', 'k0003', 'k0004'].map((key) => mapOf(main).get(key)),
        ['both', undefined, undefined, 'x'],
      );
      assert.deepEqual(await database.versions(), []);
    });

    test('items of a list that both changed are a conflict', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => listOf(first).set(1, 'first'));
      await database.transact((main) => {
        listOf(main).set(1, 'main').push('d');
      });
      using main = database.connect();
      const oid = listOf(main).oid as Oid;
      const { conflicts } = await main.planCheckIn(V1);
      assert.deepEqual(
        conflicts.map(({ fields, base, main: now, version }) => ({ fields, base, now, version })),
        [
          {
            fields: ['1'],
            base: { items: ['a', 'b', 'c'] },
            now: { items: ['a', 'main', 'c', 'd'] },
            version: { items: ['a', 'first', 'c'] },
          },
        ],
      );
      main.applyCheckIn(await main.planCheckIn(V1, { resolve: new Map([[oid, 'version']]) }));
      await main.commit();
      assert.deepEqual([...listOf(main)], ['a', 'first', 'c']);
    });

    test('what began in the version begins in main: objects, maps and lists of any size', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        const folder = newFolder('new');
        folderOf(first).insert(folder, 'new');
        for (let n = 0; n < 200; n += 1) folder.insert(new Page({ title: `${n}` }), `p${n}`);
      });
      await inVersion(database, V1, (first) => {
        const folder = folderOf(first).children.get('new') as ReturnType<typeof newFolder>;
        folder.remove('p7');
        folder.insert(new Page({ title: 'later' }), 'later');
      });
      const tid = await checkIn(database, V1);
      using main = database.connect();
      const folder = folderOf(main).children.get('new') as ReturnType<typeof newFolder>;
      assert.equal(folder.children.size, 200);
      assert.equal(folder.children.get('later')?.title, 'later');
      assert.equal(folder.children.get('p199')?.place?.container, folder);
      assert.equal(folder.tid, tid);
      folder.insert(new Page({ title: 'in main' }), 'in main');
      await main.commit();
      assert.equal(folder.children.size, 201);
    });

    test('a part of it is checked in, with new containers above and what is new below', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        const outer = newFolder('outer');
        const inner = newFolder('inner');
        folderOf(first).insert(outer, 'outer');
        outer.insert(inner, 'inner');
        inner.insert(new Page({ title: 'deep' }), 'deep');
        folderOf(first).insert(new Page({ title: 'beside' }), 'beside');
        folderOf(first).title = 'renamed';
        pageOf(first).title = 'first';
        mapOf(first).set('k0001', 'first');
      });
      using first = database.connect({ version: V1 });
      const outer = folderOf(first).children.get('outer') as ReturnType<typeof newFolder>;
      const inner = outer.children.get('inner') as ReturnType<typeof newFolder>;
      await checkIn(database, V1, { objects: [inner.children.get('deep')?.oid as Oid] });
      {
        using main = database.connect();
        const { children } = folderOf(main);
        assert.deepEqual([...children.keys()], ['child', 'outer']);
        const there = children.get('outer') as ReturnType<typeof newFolder>;
        const below = there.children.get('inner') as ReturnType<typeof newFolder>;
        assert.equal(below.children.get('deep')?.title, 'deep');
        assert.equal(folderOf(main).title, 'folder');
        assert.equal(pageOf(main).title, 'main');
      }
      first.begin();
      assert.equal(folderOf(first).title, 'renamed');
      assert.deepEqual([...folderOf(first).children.keys()], ['beside', 'child', 'outer']);
      await checkIn(database, V1, { objects: [mapOf(first).oid as Oid] });
      assert.equal(mapOf(database.connect()).get('k0001'), 'first');
      assert.deepEqual(titles(database, V1), ['main', 'first']);
      await checkIn(database, V1);
      assert.deepEqual(await database.versions(), []);
      using main = database.connect();
      assert.deepEqual([...folderOf(main).children.keys()], ['beside', 'child', 'outer']);
      assert.equal(pageOf(main).title, 'first');
    });

    test('a check-in, or a discard, is gone back from with a savepoint', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        mapOf(first).set('k0001', 'first');
      });
      using main = database.connect();
      const savepoint = await main.transaction.savepoint();
      main.applyCheckIn(await main.planCheckIn(V1));
      await main.transaction.savepoint();
      assert.equal(pageOf(main).title, 'first');
      await savepoint.rollback();
      assert.equal(main.hasChanges, false);
      assert.equal(pageOf(main).title, 'main');
      main.applyDiscard(await main.planDiscard(V1));
      assert.equal(main.hasChanges, true);
      await savepoint.rollback();
      await main.commit();
      assert.deepEqual(titles(database, V1), ['main', 'first']);
      main.applyCheckIn(await main.planCheckIn(V1));
      await main.transaction.savepoint();
      mapOf(main).set('k0002', 'main');
      await main.commit();
      assert.deepEqual(titles(database, V1), ['first', 'first']);
      assert.deepEqual(
        ['k0001', 'k0002'].map((key) => mapOf(main).get(key)),
        ['first', 'main'],
      );
      assert.deepEqual(await database.versions(), []);
    });

    test('what is derived from other objects is left to whoever derives it', async () => {
      await using database = await open();
      await withContent(database);
      await database.transact(({ root }) => root.set('index', new Titles([['page', 'main']])));
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        fetched<Titles>(first, 'index').set('page', 'first');
      });
      await database.transact((main) => {
        pageOf(main).body = 'changed';
        fetched<Titles>(main, 'index').set('page', 'main, again');
      });
      using main = database.connect();
      const plan = await main.planCheckIn(V1);
      assert.deepEqual(plan.conflicts, []);
      assert.deepEqual(plan.maps, []);
      const [page] = main.applyCheckIn(plan);
      assert.equal(page, pageOf(main));
      fetched<Titles>(main, 'index').set('page', pageOf(main).title);
      await main.commit();
      assert.deepEqual(await database.versions(), []);
      assert.equal(fetched<Titles>(main, 'index').get('page'), 'first');
    });

    test('a check-in is in conflict with what is done in the version meanwhile', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
      });
      using main = database.connect();
      main.applyCheckIn(await main.planCheckIn(V1));
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'meanwhile';
      });
      await assert.rejects(main.commit(), { code: 'ODB_CONFLICT' });
      main.abort();
      assert.deepEqual(titles(database, V1), ['main', 'meanwhile']);
    });

    test('CT-ver-11: a plan is carried out where it was made, on the snapshot it rests on', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
      });
      using main = database.connect();
      using first = database.connect({ version: V1 });
      await assert.rejects(first.planCheckIn(V1), { code: 'ODB_OTHER_VERSION' });
      await assert.rejects(main.planUpdate(), { code: 'ODB_OTHER_VERSION' });
      const plan = await main.planCheckIn(V1);
      assert.throws(
        () => first.applyCheckIn(plan),
        (error) => error instanceof OdbError && error.code === 'ODB_OTHER_VERSION',
      );
      await database.transact(({ root }) => root.set('x', 1));
      main.begin();
      assert.throws(
        () => main.applyCheckIn(plan),
        (error) => error instanceof OdbError && error.code === 'ODB_STALE_PLAN',
      );
    });

    test('with an entry go new objects that its value leads to', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        const map = fetched<PersistentMap<unknown>>(first, 'map');
        map.set('plain', { found: [new Page({ title: 'new' })] });
        pageOf(first).title = 'first';
      });
      using main = database.connect();
      await checkIn(database, V1, { objects: [mapOf(main).oid as Oid] });
      main.begin();
      const plain = fetched<PersistentMap<{ readonly found: readonly Page[] }>>(main, 'map').get(
        'plain',
      );
      assert.equal(plain?.found[0]?.title, 'new');
      assert.equal(pageOf(main).title, 'main');
      assert.deepEqual((await check(database.storage)).findings, []);
    });

    test('planning can be watched and ended', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        const map = new PersistentMap<Page>();
        first.root.set('many', map);
        for (let n = 0; n < 500; n += 1) map.set(`p${n}`, new Page({ title: `${n}` }));
      });
      using main = database.connect();
      const seen: number[] = [];
      const plan = await main.planCheckIn(V1, {
        onProgress: (done, total) => seen.push(done / total),
      });
      assert.ok(seen.length > 2 && seen.at(-1) === 1);
      assert.ok(plan.objects.length > 500);
      const ended = AbortSignal.abort(new Error('enough'));
      await assert.rejects(main.planCheckIn(V1, { signal: ended }), /enough/);
    });
  });
}
