/** Undo inside versions, of check-ins, updates and discards, and redo of those. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  check,
  OdbError,
  type Counter,
  type Database,
  type Oid,
  type Resolution,
  type Tid,
} from '../../../odb/index.js';
import { databaseKinds, fetched, newFolder, Page, type Folder } from '../databases.js';
import {
  checkIn,
  discard,
  folderOf,
  inVersion,
  keysAndValues,
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

/** Gives the page a title in a version, and answers the transaction. */
async function retitle(database: Database, version: Oid | undefined, title: string): Promise<Tid> {
  using connection = database.connect(version === undefined ? {} : { version });
  pageOf(connection).title = title;
  return connection.commit({ note: title });
}

for (const { name, open } of databaseKinds) {
  describe(`undo with versions (${name})`, () => {
    test('CT-verundo-01: in a version, of its check-in, and of its discard', async () => {
      await using database = await open();
      await withContent(database);
      await retitle(database, undefined, '91');
      await retitle(database, V1, '92');
      const later = await retitle(database, V1, '93');
      const undone = await undoIn(database, V1, later);
      assert.deepEqual(titles(database, V1), ['91', '92']);
      const checkedIn = await checkIn(database, V1);
      assert.ok(checkedIn > undone);
      assert.deepEqual(titles(database, V1), ['92', '92']);
      await undoIn(database, undefined, checkedIn);
      assert.deepEqual(titles(database, V1), ['91', '92']);
      const discarded = await discard(database, V1);
      assert.deepEqual(titles(database, V1), ['91', '91']);
      assert.deepEqual(await database.versions(), []);
      await undoIn(database, undefined, discarded);
      assert.deepEqual(titles(database, V1), ['91', '92']);
      assert.deepEqual(await database.versions(), [{ version: V1, entries: 1 }]);
    });

    test('an undone check-in leaves the version as it was, and another change does not', async () => {
      await using database = await open();
      await withContent(database);
      const begun = await retitle(database, V1, '92');
      const checkedIn = await checkIn(database, V1);
      const undone = await undoIn(database, undefined, checkedIn);
      const later = await retitle(database, V1, '93');
      using main = database.connect();
      const { oid } = pageOf(main);
      assert.ok(oid);
      const isSame = (one: Tid, other: Tid): boolean =>
        main.isSameInVersion(V1, [oid], [one, other]);
      assert.equal(isSame(begun, undone), true);
      assert.equal(isSame(begun, checkedIn), false);
      assert.equal(isSame(undone, later), false);
      assert.equal(main.isSameInVersion(V2, [oid], [begun, later]), true);
    });

    test('CT-verundo-02: a check-in is taken back after a pack of what was before', async () => {
      await using database = await open();
      await withContent(database);
      await retitle(database, undefined, '91');
      const packed = await retitle(database, V1, '92');
      await retitle(database, V1, '93');
      const checkedIn = await checkIn(database, V1);
      await database.pack({ before: packed });
      const undone = await undoIn(database, undefined, checkedIn);
      using main = database.connect();
      assert.equal(pageOf(main).tid, undone);
      assert.deepEqual(titles(database, V1), ['91', '93']);
      const redone = await undoIn(database, undefined, undone);
      assert.deepEqual(titles(database, V1), ['93', '93']);
      await database.pack({ before: redone });
      assert.deepEqual(titles(database, V1), ['93', '93']);
    });

    test('CT-verundo-03: undoing the undo of a discard discards again, after a pack too', async () => {
      await using database = await open();
      await withContent(database);
      await retitle(database, undefined, '91');
      await retitle(database, V1, '92');
      const discarded = await discard(database, V1);
      const undone = await undoIn(database, undefined, discarded);
      assert.deepEqual(titles(database, V1), ['91', '92']);
      const again = await undoIn(database, undefined, undone);
      assert.deepEqual(titles(database, V1), ['91', '91']);
      assert.deepEqual(await database.versions(), []);
      await database.pack({ before: discarded });
      await undoIn(database, undefined, again);
      assert.deepEqual(titles(database, V1), ['91', '92']);
    });

    test('the first change of everything is taken back: main shows through', async () => {
      await using database = await open();
      await withContent(database);
      using first = database.connect({ version: V1 });
      pageOf(first).title = 'first';
      pageOf(first).hits += 1;
      mapOf(first).set('k0001', 'first').set('new', 'first').delete('k0002');
      listOf(first).push('first');
      fetched<Counter>(first, 'counter').add(1);
      folderOf(first).insert(new Page({ title: 'new' }), 'new');
      const changed = await first.commit();
      const undone = await undoIn(database, V1, changed);
      assert.deepEqual(await database.versions(), []);
      await database.transact((main) => {
        pageOf(main).title = 'main again';
        listOf(main).insert(0, 'main');
        mapOf(main).set('k0001', 'main');
      });
      first.begin();
      assert.equal(pageOf(first).title, 'main again');
      assert.equal(pageOf(first).hits, 10);
      assert.deepEqual([...listOf(first)], ['main', 'a', 'b', 'c']);
      assert.deepEqual(
        ['k0001', 'k0002', 'new'].map((key) => mapOf(first).get(key)),
        ['main', 'v2', undefined],
      );
      assert.deepEqual([...folderOf(first).children.keys()], ['child']);
      await undoIn(database, V1, undone);
      first.begin();
      assert.equal(pageOf(first).title, 'first');
      assert.equal(pageOf(first).hits, 11);
      assert.deepEqual(
        ['k0001', 'k0002', 'new'].map((key) => mapOf(first).get(key)),
        ['first', undefined, 'first'],
      );
      assert.equal(fetched<Counter>(first, 'counter').value, 1);
      assert.equal(folderOf(first).children.get('new')?.title, 'new');
      assert.equal([...listOf(first)].at(-1), 'first');
    });

    test('several transactions of a version are taken back at once, or one among others', async () => {
      await using database = await open();
      await withContent(database);
      const tids: Tid[] = [];
      for (const n of [1, 2, 3]) {
        using first = database.connect({ version: V1 });
        pageOf(first).hits += n;
        mapOf(first).set(`k${n}`, 'first').set('last', String(n));
        tids.push(await first.commit());
      }
      const [one, two, three] = tids as [Tid, Tid, Tid];
      using first = database.connect({ version: V1 });
      const plan = first.planUndo([two]);
      assert.equal(plan.possible, false);
      assert.deepEqual(
        plan.conflicts.map(({ oid, fields, blockedBy }) => ({ oid, fields, blockedBy })),
        [{ oid: mapOf(first).oid, fields: ['last'], blockedBy: [three] }],
      );
      assert.deepEqual(plan.together, [three, two]);
      await undoIn(database, V1, two, three);
      first.begin();
      assert.equal(pageOf(first).hits, 11);
      assert.deepEqual(
        ['k1', 'k2', 'k3', 'last'].map((key) => mapOf(first).get(key)),
        ['first', undefined, undefined, '1'],
      );
      await undoIn(database, V1, one);
      assert.deepEqual(await database.versions(), []);
    });

    test('each transaction is taken back where it was made', async () => {
      await using database = await open();
      await withContent(database);
      const inMain = await retitle(database, undefined, 'changed');
      const inFirst = await retitle(database, V1, 'first');
      for (const [version, tid] of [
        [undefined, inFirst],
        [V1, inMain],
        [V2, inFirst],
      ] as const) {
        using connection = database.connect(version === undefined ? {} : { version });
        assert.throws(
          () => connection.planUndo([tid]),
          (error) => error instanceof OdbError && error.code === 'ODB_OTHER_VERSION',
        );
      }
      await undoIn(database, undefined, inMain);
      assert.deepEqual(titles(database, V1), ['main', 'first']);
    });

    test('what main ended is shown with its parts where a version changed it, and comes back whole', async () => {
      for (const side of ['version', 'main'] as const) {
        await using database = await open();
        await withContent(database);
        using main = database.connect();
        const added = newFolder('added');
        folderOf(main).insert(added, 'added');
        for (const n of keysAndValues(0, 200)) added.insert(new Page({ title: n[1] }), n[0]);
        const made = await main.commit();
        await inVersion(database, V1, (first) => {
          first.root.set('kept', folderOf(first).children.get('added'));
          fetched<Folder>(first, 'kept').title = 'changed';
        });
        await undoIn(database, undefined, made);
        for (const isPacked of [false, true]) {
          if (isPacked) await database.pack({ before: database.storage.lastTid, trashDays: 0 });
          using first = database.connect({ version: V1 });
          const kept = fetched<Folder>(first, 'kept');
          assert.equal(kept.children.size, 200);
          assert.equal(kept.children.get('k0007')?.title, 'v7');
        }
        main.begin();
        const { conflicts } = await main.planCheckIn(V1);
        assert.deepEqual(
          conflicts.map(({ oid, reason }) => [oid, reason]),
          [[added.oid, 'removed']],
        );
        const resolve = new Map<Oid, Resolution>([[added.oid as Oid, side]]);
        if (side === 'version') {
          await update(database, V1, { resolve });
          await checkIn(database, V1);
          main.begin();
          const back = fetched<Folder>(main, 'kept');
          assert.equal(back.title, 'changed');
          assert.deepEqual([...back.children.values()].length, 200);
          assert.equal(folderOf(main).children.get('added'), back);
        } else await update(database, V1, { resolve });
        assert.deepEqual((await check(database.storage)).findings, []);
      }
    });

    test('nothing comes to main that refers to what main ended', async () => {
      await using database = await open();
      await withContent(database);
      using main = database.connect();
      const author = new Page({ title: 'author' });
      folderOf(main).insert(author, 'author');
      const made = await main.commit();
      await inVersion(database, V1, (first) => {
        const author = folderOf(first).children.get('author');
        first.root.set('book', new Page({ title: 'book', author }));
      });
      await undoIn(database, undefined, made);
      for (const side of ['version', 'main'] as const) {
        main.begin();
        const { conflicts } = await main.planCheckIn(V1);
        const [conflict] = conflicts;
        assert.equal(conflicts.length, 1);
        assert.deepEqual([conflict?.version?.title, conflict?.reason], ['book', 'removed']);
        const resolve = new Map<Oid, Resolution>([[conflict?.oid as Oid, side]]);
        const plan = await main.planCheckIn(V1, { resolve });
        assert.equal(plan.possible, side === 'main');
      }
    });

    test('what a version does stands in no way of an undo in main', async () => {
      await using database = await open();
      await withContent(database);
      using main = database.connect();
      folderOf(main).insert(newFolder('added'), 'added');
      const added = await main.commit();
      await inVersion(database, V1, (first) => {
        const folder = folderOf(first).children.get('added');
        assert.ok(folder !== undefined);
        folder.title = 'changed in the version';
      });
      main.begin();
      assert.equal(main.planUndo([added]).possible, true);
    });

    test('a check-in of everything is taken back and made again, with main and version', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        mapOf(first).set('k0001', 'first').delete('k0002');
        listOf(first).push('first');
        folderOf(first).insert(newFolder('new'), 'new');
        fetched<Counter>(first, 'counter').add(5);
      });
      const seen = (version?: Oid): unknown => {
        using connection = database.connect(version === undefined ? {} : { version });
        return {
          title: pageOf(connection).title,
          keys: ['k0001', 'k0002'].map((key) => mapOf(connection).get(key)),
          items: [...listOf(connection)],
          children: [...folderOf(connection).children.keys()],
          count: fetched<Counter>(connection, 'counter').value,
        };
      };
      const [mainBefore, firstBefore] = [seen(), seen(V1)];
      let tid = await checkIn(database, V1);
      for (let n = 0; n < 2; n += 1) {
        assert.deepEqual([seen(), seen(V1)], [firstBefore, firstBefore]);
        tid = await undoIn(database, undefined, tid);
        assert.deepEqual([seen(), seen(V1)], [mainBefore, firstBefore]);
        tid = await undoIn(database, undefined, tid);
      }
      await undoIn(database, undefined, tid);
      await checkIn(database, V1);
      assert.deepEqual([seen(), seen(V1)], [firstBefore, firstBefore]);
    });

    test('a discard is not taken back over what the version did since', async () => {
      await using database = await open();
      await withContent(database);
      await retitle(database, V1, 'first');
      const discarded = await discard(database, V1);
      const later = await retitle(database, V1, 'later');
      using main = database.connect();
      const plan = main.planUndo([discarded]);
      assert.equal(plan.possible, false);
      assert.deepEqual(
        plan.conflicts.map(({ oid, blockedBy }) => ({ oid, blockedBy })),
        [{ oid: pageOf(main).oid, blockedBy: [later] }],
      );
      assert.deepEqual(plan.together, []);
      assert.throws(
        () => main.applyUndo(plan),
        (error) => error instanceof OdbError && error.code === 'ODB_UNDO_CONFLICT',
      );
      await undoIn(database, V1, later);
      await undoIn(database, undefined, discarded);
      assert.deepEqual(titles(database, V1), ['main', 'first']);
    });

    test('check-ins of several versions are taken back at once', async () => {
      await using database = await open();
      await withContent(database);
      await retitle(database, V1, 'one');
      const one = await checkIn(database, V1);
      await retitle(database, V2, 'two');
      const two = await checkIn(database, V2);
      using main = database.connect();
      const plan = main.planUndo([one]);
      assert.equal(plan.possible, false);
      assert.deepEqual(plan.together, [two, one]);
      const undone = await undoIn(database, undefined, one, two);
      assert.deepEqual(titles(database, V1, V2), ['main', 'one', 'two']);
      await undoIn(database, undefined, undone);
      assert.deepEqual(titles(database, V1, V2), ['two', 'two', 'two']);
      assert.deepEqual(await database.versions(), []);
    });

    test('a check-in is not taken back into a version that has changed the same since', async () => {
      await using database = await open();
      await withContent(database);
      await retitle(database, V1, 'one');
      const one = await checkIn(database, V1);
      const later = await retitle(database, V1, 'two');
      using main = database.connect();
      const { possible, conflicts } = main.planUndo([one]);
      assert.equal(possible, false);
      assert.deepEqual(
        conflicts.map(({ oid, blockedBy }) => ({ oid, blockedBy })),
        [{ oid: pageOf(main).oid, blockedBy: [later] }],
      );
    });

    test('an update is taken back in the version', async () => {
      await using database = await open();
      await withContent(database);
      await inVersion(database, V1, (first) => {
        pageOf(first).title = 'first';
        mapOf(first).set('k0001', 'first').set('k0002', 'same');
        listOf(first).push('first');
      });
      await database.transact((main) => {
        pageOf(main).body = 'changed';
        mapOf(main).set('k0002', 'same');
        listOf(main).insert(0, 'main');
      });
      const updated = await update(database, V1);
      using first = database.connect({ version: V1 });
      assert.equal(pageOf(first).body, 'changed');
      assert.deepEqual([...listOf(first)], ['main', 'a', 'b', 'c', 'first']);
      await undoIn(database, V1, updated);
      first.begin();
      assert.deepEqual([...listOf(first)], ['a', 'b', 'c', 'first']);
      assert.equal(pageOf(first).body, 'one\ntwo\nthree\n');
      assert.equal(pageOf(first).title, 'first');
      await checkIn(database, V1);
      using main = database.connect();
      assert.equal(pageOf(main).title, 'first');
      assert.equal(pageOf(main).body, 'changed');
      assert.equal(mapOf(main).get('k0001'), 'first');
      assert.deepEqual([...listOf(main)], ['main', 'a', 'b', 'c', 'first']);
    });
  });
}
