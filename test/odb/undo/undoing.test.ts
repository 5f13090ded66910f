/** Undo through a connection, on every storage: plans, and carrying them out. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  Database,
  MemoryStorage,
  mergeRules,
  PersistentMap,
  type Connection,
  type Oid,
  type Tid,
} from '../../../odb/index.js';
import { planUndo } from '../../../odb/undo/undo.js';
import { randomRuns } from '../../support/random.js';
import { databaseKinds, fetched, Folder, newFolder, Page } from '../databases.js';

/** Takes transactions back and saves that. */
async function undo(connection: Connection, tids: readonly Tid[]): Promise<Tid> {
  connection.begin();
  const plan = connection.planUndo(tids);
  assert.deepEqual(plan.conflicts, []);
  connection.applyUndo(plan);
  return connection.commit({ note: 'Undo', undoes: tids });
}

test('planning costs little more for each transaction that stands in the way', async () => {
  const looksFor = async (later: number): Promise<number> => {
    await using storage = new MemoryStorage({ rules: mergeRules() });
    const database = await Database.open({ storage });
    using connection = database.connect();
    const pages = Array.from({ length: 100 }, (_, n) => new Page({ title: `${n}` }));
    connection.root.set('pages', new PersistentMap(pages.map((page, n) => [`${n}`, page])));
    const made = await connection.commit();
    for (const page of pages.slice(0, later)) {
      page.title = 'other';
      await connection.commit();
    }
    let looks = 0;
    using reader = storage.snapshot();
    const isDerived = (): boolean => {
      looks += 1;
      return false;
    };
    const plan = planUndo(reader, [made], { rules: storage.rules, isDerived });
    assert.equal(plan.together.length, later + 1, 'none of them can be left out');
    return looks;
  };
  const [few, many] = [await looksFor(2), await looksFor(40)];
  assert.ok(many < few * 2, `${many} objects are looked at, ${few} with two in the way`);
});

for (const kind of databaseKinds) {
  describe(`undo (${kind.name})`, () => {
    test('takes a change back, and undoing the undo brings it again', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const page = new Page({ title: 'one', body: 'text\n' });
      connection.root.set('page', page);
      await connection.commit();
      page.title = 'two';
      const change = await connection.commit();
      const undone = await undo(connection, [change]);
      assert.equal(page.title, 'one');
      assert.deepEqual(connection.transactionRecord(undone)?.undoes, [change]);
      await undo(connection, [undone]);
      assert.equal(page.title, 'two');
      using other = database.connect();
      assert.equal(fetched<Page>(other, 'page').title, 'two');
    });

    test('a plan says what it would do and does nothing', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const page = new Page({ title: 'one' });
      connection.root.set('page', page);
      await connection.commit();
      page.title = 'two';
      connection.root.set('extra', 1);
      const change = await connection.commit();
      const plan = connection.planUndo([change]);
      assert.deepEqual(plan.tids, [change]);
      assert.deepEqual(plan.together, [change]);
      assert.deepEqual(
        plan.objects.map(({ oid, before, after }) => [oid, before?.['title'], after?.['title']]),
        [[page.oid, 'two', 'one']],
      );
      assert.equal(plan.maps.length, 1);
      assert.equal(plan.maps[0]?.map, connection.root.oid);
      assert.deepEqual(
        plan.maps[0]?.entries.map(({ key, value }) => [key, value]),
        [['extra', undefined]],
      );
      assert.equal(connection.hasChanges, false);
      const changed = connection.applyUndo(plan);
      assert.deepEqual(new Set(changed), new Set([page, connection.root]));
      connection.abort();
      assert.equal(page.title, 'two');
      assert.equal(connection.root.get('extra'), 1);
    });

    test('keeps later changes of other attributes and other keys', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const page = new Page({ title: 'one', body: 'a\nb\nc\n', hits: 1 });
      connection.root.set('page', page);
      await connection.commit();
      page.body = 'A\nb\nc\n';
      page.hits += 10;
      connection.root.set('wrong', 1);
      const change = await connection.commit();
      page.body = 'A\nb\nC\n';
      page.hits += 5;
      connection.root.set('right', 2);
      await connection.commit();
      await undo(connection, [change]);
      assert.equal(page.body, 'a\nb\nC\n');
      assert.equal(page.hits, 6);
      assert.equal(connection.root.has('wrong'), false);
      assert.equal(connection.root.get('right'), 2);
    });

    test('names what stands in the way, and the smallest set that can be undone together', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const page = new Page({ title: 'one' });
      connection.root.set('page', page);
      await connection.commit();
      page.title = 'two';
      const second = await connection.commit();
      connection.root.set('unrelated', 1);
      await connection.commit();
      page.title = 'three';
      const third = await connection.commit();
      const plan = connection.planUndo([second]);
      assert.equal(plan.possible, false);
      assert.deepEqual(plan.conflicts, [
        { oid: page.oid, className: 'test.Page', fields: ['title'], blockedBy: [third] },
      ]);
      assert.deepEqual(plan.together.toSorted(), [second, third]);
      assert.throws(() => connection.applyUndo(plan), { code: 'ODB_UNDO_CONFLICT' });
      await undo(connection, plan.together);
      assert.equal(page.title, 'one');
      assert.equal(connection.root.get('unrelated'), 1);
    });

    test('of a creation makes the object non-existent, and redo brings it back with its map', async () => {
      await using database = await kind.open({ cacheObjects: 16 });
      using connection = database.connect();
      const folder = newFolder('folder');
      for (let n = 0; n < 150; n += 1) folder.insert(new Page({ title: `p${n}` }), `p${n}`);
      connection.root.set('folder', folder);
      const created = await connection.commit();
      const oid = folder.oid ?? (0 as Oid);
      using other = database.connect();
      assert.equal(fetched<Folder>(other, 'folder').children.size, 150);

      const undone = await undo(connection, [created]);
      assert.equal(connection.root.has('folder'), false);
      assert.equal(connection.find(oid), undefined);
      assert.throws(() => folder.title, { code: 'ODB_NO_OBJECT' });
      other.begin();
      assert.equal(other.find(oid), undefined);

      await undo(connection, [undone]);
      for (const view of [connection, other, database.connect()]) {
        view.begin();
        const found = fetched<Folder>(view, 'folder');
        assert.equal(found.title, 'folder');
        assert.equal(found.children.size, 150);
        assert.equal(found.children.get('p77')?.title, 'p77');
        assert.equal(found.children.get('p77')?.place?.container, found);
      }
      assert.equal(fetched<Folder>(connection, 'folder'), folder);
    });

    test('of a removal brings the object back to its place', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const folder = newFolder('folder');
      folder.insert(new Page({ title: 'page' }), 'page');
      connection.root.set('folder', folder);
      await connection.commit();
      folder.remove('page');
      const removed = await connection.commit();
      folder.insert(new Page({ title: 'another' }), 'another');
      await connection.commit();
      await undo(connection, [removed]);
      assert.equal(folder.children.get('page')?.title, 'page');
      assert.equal(folder.children.get('page')?.place?.id, 'page');
      assert.equal(folder.children.size, 2);
    });

    test('of a rename works below what was removed since; out of there, nothing goes back in', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const [top, inner] = [newFolder('top'), newFolder('inner')];
      const [renamed, moved] = [new Page(), new Page()];
      connection.root.set('top', top);
      top.insert(inner, 'inner');
      inner.insert(renamed, 'before');
      inner.insert(moved, 'moved');
      await connection.commit();
      inner.remove('before');
      inner.insert(renamed, 'after');
      const rename = await connection.commit();
      inner.remove('moved');
      top.insert(moved, 'moved');
      const move = await connection.commit();
      top.remove('inner');
      const removal = await connection.commit();
      const [conflict] = connection.planUndo([move]).conflicts;
      assert.deepEqual([conflict?.oid, conflict?.blockedBy], [moved.oid, [removal]]);
      await undo(connection, [rename]);
      connection.begin();
      assert.deepEqual([renamed.place?.container, renamed.place?.id], [inner, 'before']);
      await undo(connection, [removal]);
      connection.begin();
      assert.deepEqual([...inner.children.keys()], ['before']);
    });

    test('of one object of a transaction leaves the others', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const [a, b] = [new Page({ title: 'a' }), new Page({ title: 'b' })];
      connection.root.set('a', a);
      connection.root.set('b', b);
      await connection.commit();
      a.title = 'A';
      b.title = 'B';
      const change = await connection.commit();
      const plan = connection.planUndo([change], { objects: [a.oid ?? (0 as Oid)] });
      connection.applyUndo(plan);
      await connection.commit({ undoes: [change] });
      assert.deepEqual([a.title, b.title], ['a', 'B']);
    });

    test('that loses a race is refused like any other change', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const page = new Page({ title: 'one' });
      connection.root.set('page', page);
      await connection.commit();
      page.title = 'two';
      const change = await connection.commit();
      using other = database.connect();
      fetched<Page>(other, 'page').title = 'three';
      connection.applyUndo(connection.planUndo([change]));
      await other.commit();
      await assert.rejects(connection.commit({ undoes: [change] }), { code: 'ODB_CONFLICT' });
      connection.abort();
      connection.begin();
      assert.equal(page.title, 'three');
    });

    test('refuses to mix with changes of the same object', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const page = new Page({ title: 'one' });
      connection.root.set('page', page);
      await connection.commit();
      page.title = 'two';
      const change = await connection.commit();
      const plan = connection.planUndo([change]);
      page.hits = 1;
      assert.throws(() => connection.applyUndo(plan), { code: 'ODB_UNSAVED_CHANGES' });
    });

    test('of any set of map changes gives the map without them, whatever split or joined since', async () => {
      await using database = await kind.open();
      let run = 0;
      const runs = fc.record({
        prefix: fc.constantFrom('a', 'b', 'c'),
        count: fc.integer({ min: 1, max: 120 }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(runs, { minLength: 2, maxLength: 5 }),
          fc.infiniteStream(fc.boolean()),
          async (steps, isUndone) => {
            using connection = database.connect();
            run += 1;
            const name = `map${run}`;
            connection.root.set(name, new PersistentMap());
            await connection.commit();
            const map = fetched<PersistentMap<number>>(connection, name);
            const kept = new Map<string, number>();
            const undone: Tid[] = [];
            for (const [index, { prefix, count }] of steps.entries()) {
              const keys = Array.from({ length: count }, (_, n) => `${prefix}${n}.${index}`);
              for (const key of keys) map.set(key, index);
              const tid = await connection.commit();
              if (isUndone.next().value) undone.push(tid);
              else for (const key of keys) kept.set(key, index);
            }
            if (undone.length > 0) await undo(connection, undone);
            using reader = database.connect();
            const expected = [...kept].sort(([a], [b]) => (a < b ? -1 : 1));
            assert.deepEqual([...fetched<PersistentMap<number>>(reader, name)], expected);
          },
        ),
        randomRuns(25, kind.name === 'memory' ? 1 : 1 / 5),
      );
    });
  });
}
