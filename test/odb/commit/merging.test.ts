/** Two transactions at once, on every storage: what is merged, and what is a conflict. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError, Counter, PersistentMap } from '../../../odb/index.js';
import type { Connection, Database } from '../../../odb/index.js';
import { databaseKinds, fetched, Folder, newFolder, Page } from '../databases.js';

/** Two connections on one state, each with the page found in it. */
async function twoEditors(
  database: Database,
): Promise<{ a: Connection; b: Connection; pageA: Page; pageB: Page }> {
  const a = database.connect();
  a.root.set(
    'page',
    new Page({
      title: 'title',
      body: 'one\ntwo\nthree\n',
      settings: { x: 1, y: { z: 2 } },
      tags: ['a', 'b'],
      hits: 10,
    }),
  );
  await a.commit();
  const b = database.connect();
  return { a, b, pageA: fetched(a, 'page'), pageB: fetched(b, 'page') };
}

for (const kind of databaseKinds) {
  describe(`two transactions at once (${kind.name})`, () => {
    test('of two that change one attribute, the first is saved and the second fails whole', async () => {
      await using database = await kind.open();
      const { a, b, pageA, pageB } = await twoEditors(database);
      pageA.title = 'by a';
      const first = await a.commit();
      pageB.title = 'by b';
      b.root.set('other', 1);
      await assert.rejects(b.commit(), (error) => {
        assert.ok(error instanceof ConflictError);
        assert.equal(error.objects.length, 1);
        assert.equal(error.objects[0]?.oid, pageB.oid);
        assert.equal(error.objects[0]?.className, 'test.Page');
        assert.equal(error.objects[0]?.currentTid, first);
        assert.deepEqual(error.objects[0]?.fields, ['title']);
        return true;
      });
      assert.throws(() => (pageB.title = 'again'), { code: 'ODB_TRANSACTION_FAILED' });
      await assert.rejects(b.commit(), { code: 'ODB_TRANSACTION_FAILED' });
      b.abort();
      b.begin();
      assert.equal(pageB.title, 'by a');
      assert.equal(b.root.has('other'), false);
      pageB.title = 'by b';
      await b.commit();
    });

    test('changes of different attributes are both kept, and both sides see it', async () => {
      await using database = await kind.open();
      const { a, b, pageA, pageB } = await twoEditors(database);
      pageA.title = 'by a';
      pageB.hits = 11;
      await a.commit();
      const tid = await b.commit();
      assert.equal(pageB.title, 'by a');
      assert.equal(pageB.hits, 11);
      assert.equal(pageB.tid, tid);
      a.begin();
      assert.deepEqual([pageA.title, pageA.hits], ['by a', 11]);
    });

    test('each field is merged by its rule', async () => {
      await using database = await kind.open();
      const { a, b, pageA, pageB } = await twoEditors(database);
      pageA.body = 'ONE\ntwo\nthree\n';
      pageB.body = 'one\ntwo\nTHREE\n';
      pageA.settings = { ...pageA.settings, x: 2 };
      pageB.settings = { ...pageB.settings, y: { z: 3 }, more: true };
      pageA.tags = ['b', 'c'];
      pageB.tags = ['a', 'b', 'd'];
      pageA.hits += 5;
      pageB.hits += 7;
      await a.commit();
      await b.commit();
      assert.equal(pageB.body, 'ONE\ntwo\nTHREE\n');
      assert.deepEqual(pageB.settings, { x: 2, y: { z: 3 }, more: true });
      assert.deepEqual(pageB.tags.toSorted(), ['b', 'c', 'd']);
      assert.equal(pageB.hits, 22);
    });

    test('equal changes are two changes: each may rest on what it read', async () => {
      await using database = await kind.open();
      const { a, b, pageA, pageB } = await twoEditors(database);
      pageA.title = `${pageA.title}!`;
      pageB.title = `${pageB.title}!`;
      await a.commit();
      await assert.rejects(b.commit(), ConflictError);
      b.abort();
      a.root.set('n', 1);
      b.begin();
      b.root.set('n', 1);
      await a.commit();
      await assert.rejects(b.commit(), ConflictError);
    });

    test('counters add up', async () => {
      await using database = await kind.open();
      using a = database.connect();
      a.root.set('counter', new Counter());
      await a.commit();
      using b = database.connect();
      const [here, there] = [fetched<Counter>(a, 'counter'), fetched<Counter>(b, 'counter')];
      for (let round = 1; round <= 5; round += 1) {
        here.add(1);
        there.add(10);
        await a.commit();
        await b.commit();
        a.begin();
        assert.equal(here.value, round * 11);
      }
      assert.throws(() => here.add(Number.NaN), TypeError);
    });

    test('a read that must stay current fails the commit when it did not', async () => {
      await using database = await kind.open();
      const { a, b, pageA, pageB } = await twoEditors(database);
      b.readCurrent(pageB);
      b.root.set('derived', pageB.hits * 2);
      pageA.hits = 50;
      await a.commit();
      await assert.rejects(b.commit(), (error) => {
        assert.ok(error instanceof ConflictError);
        assert.equal(error.objects[0]?.reason, 'read');
        return true;
      });
      b.abort();
      b.begin();
      b.readCurrent(pageB);
      b.root.set('derived', pageB.hits * 2);
      await b.commit();
      assert.equal(b.root.get('derived'), 100);
    });

    test('different keys of a map are both kept, also when its nodes split and join meanwhile', async () => {
      await using database = await kind.open();
      using a = database.connect();
      const keys = Array.from({ length: 300 }, (_, n) => `k${String(n).padStart(4, '0')}`);
      a.root.set('map', new PersistentMap(keys.map((key) => [key, 0])));
      await a.commit();
      using b = database.connect();
      const mapA = fetched<PersistentMap<number>>(a, 'map');
      const mapB = fetched<PersistentMap<number>>(b, 'map');
      // One side grows the middle until it splits; the other removes most of the end.
      for (let n = 0; n < 200; n += 1) mapA.set(`k0100.${n}`, 1);
      for (const key of keys.slice(150)) mapB.delete(key);
      mapB.set('k0100x', 2);
      await a.commit();
      await b.commit();
      a.begin();
      for (const map of [mapA, mapB]) {
        assert.equal(map.size, 150 + 200 + 1);
        assert.equal(map.get('k0100.7'), 1);
        assert.equal(map.get('k0100x'), 2);
        assert.equal(map.get('k0150'), undefined);
        assert.deepEqual([...map.keys()], [...map.keys()].sort());
      }
    });

    test('one key of a map changed on both sides is a conflict that names the key', async () => {
      await using database = await kind.open();
      const { a, b } = await twoEditors(database);
      a.root.set('key', 1);
      b.root.set('key', 2);
      b.root.set('own', 3);
      await a.commit();
      await assert.rejects(b.commit(), (error) => {
        assert.ok(error instanceof ConflictError);
        assert.deepEqual(error.objects[0]?.fields, ['key']);
        return true;
      });
      b.abort();
      b.begin();
      assert.equal(b.root.get('key'), 1);
      assert.equal(b.root.has('own'), false);
    });

    test('new objects in merged maps are there afterwards', async () => {
      await using database = await kind.open();
      const { a, b } = await twoEditors(database);
      a.root.set('from a', new Page({ title: 'A' }));
      const fromB = new Page({ title: 'B' });
      b.root.set('from b', fromB);
      await a.commit();
      await b.commit();
      assert.equal(b.root.get('from b'), fromB);
      assert.equal(fetched<Page>(b, 'from a').title, 'A');
      a.begin();
      assert.equal(fetched<Page>(a, 'from b').title, 'B');
    });

    test('one id added twice to a folder is a conflict', async () => {
      await using database = await kind.open();
      const { a, b } = await twoFolders(database);
      fetched<Folder>(a, 'folder').insert(new Page({ title: 'a' }), 'same');
      fetched<Folder>(b, 'folder').insert(new Page({ title: 'b' }), 'same');
      await a.commit();
      await assert.rejects(b.commit(), ConflictError);
    });

    test('a page moved to two places at once is a conflict', async () => {
      await using database = await kind.open();
      const { a, b } = await twoFolders(database);
      for (const [connection, to] of [
        [a, 'one'],
        [b, 'two'],
      ] as const) {
        const folder = fetched<Folder>(connection, 'folder');
        const page = folder.children.get('page');
        assert.ok(page);
        folder.remove('page');
        fetched<Folder>(connection, to).insert(page, 'page');
      }
      await a.commit();
      await assert.rejects(b.commit(), ConflictError);
    });

    test('a page removed on one side and changed on the other is a conflict, either way round', async () => {
      await using database = await kind.open();
      const { a, b } = await twoFolders(database);
      fetched<Folder>(a, 'folder').remove('page');
      pageIn(b, 'folder').title = 'changed';
      const tid = await a.commit();
      assert.equal(a.transactionRecord(tid)?.removed.length, 1);
      await assert.rejects(b.commit(), ConflictError);

      b.abort();
      b.begin();
      fetched<Folder>(b, 'folder').insert(new Page({ title: 'next' }), 'page');
      await b.commit();
      a.begin();
      pageIn(a, 'folder').title = 'changed';
      fetched<Folder>(b, 'folder').remove('page');
      await a.commit();
      await assert.rejects(b.commit(), ConflictError);
    });

    test('something saved below a folder that the other side removed is a conflict', async () => {
      await using database = await kind.open();
      const { a, b } = await twoFolders(database);
      const outer = fetched<Folder>(a, 'one');
      outer.insert(newFolder('inner'), 'inner');
      await a.commit();
      b.begin();
      (fetched<Folder>(b, 'one').children.get('inner') as Folder).insert(new Page(), 'late');
      const folder = fetched<Folder>(a, 'one');
      folder.place = undefined;
      a.root.delete('one');
      await a.commit();
      await assert.rejects(b.commit(), (error) => {
        assert.ok(error instanceof ConflictError);
        assert.equal(error.objects[0]?.reason, 'container-removed');
        return true;
      });
    });

    test('two folders that are moved into each other are a conflict, also over a third', async () => {
      await using database = await kind.open();
      const { a, b } = await twoFolders(database);
      moveInto(b, 'two', 'one');
      moveInto(a, 'one', 'folder');
      await a.commit();
      a.begin();
      const { one } = foldersOf(a);
      moveInto(a, 'folder', 'two');
      await a.commit();
      await assert.rejects(b.commit(), (error) => {
        assert.ok(error instanceof ConflictError);
        assert.deepEqual(
          error.objects.map(({ oid, reason, fields }) => [oid, reason, fields]),
          [[foldersOf(a).two.oid, 'moved', ['place']]],
        );
        return true;
      });
      b.abort();
      b.begin();
      assert.equal(fetched<Folder>(b, 'two').place?.container, b.root, 'nothing of it is saved');
      assert.equal(foldersOf(b).one.oid, one.oid);
    });

    test('a transaction that moves a folder into what is in it is refused', async () => {
      await using database = await kind.open();
      const { a } = await twoFolders(database);
      moveInto(a, 'one', 'two');
      moveInto(a, 'two', 'one');
      await assert.rejects(a.commit(), ConflictError);
    });

    test('money moved between accounts keeps its sum, whoever loses', async () => {
      await using database = await kind.open();
      using setup = database.connect();
      for (let n = 0; n < 4; n += 1) setup.root.set(`account${n}`, new Account({ balance: 100 }));
      await setup.commit();
      const move = (from: number, to: number, amount: number): Promise<void> =>
        database.transact((connection) => {
          const source = fetched<Account>(connection, `account${from}`);
          const target = fetched<Account>(connection, `account${to}`);
          source.balance -= amount;
          target.balance += amount;
        });
      const moves = Array.from({ length: 40 }, (_, n) => move(n % 4, (n * 3 + 1) % 4, 10));
      const outcomes = await Promise.allSettled(moves);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof ConflictError);
      }
      assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
      using reader = database.connect();
      let sum = 0;
      for (let n = 0; n < 4; n += 1) sum += fetched<Account>(reader, `account${n}`).balance;
      assert.equal(sum, 400);
    });
  });
}

class Account extends Page {
  static {
    this.define('test.Account', { balance: 0 });
  }

  declare balance: number;
}

async function twoFolders(database: Database): Promise<{ a: Connection; b: Connection }> {
  const a = database.connect();
  for (const name of ['folder', 'one', 'two']) {
    const folder = newFolder(name);
    folder.place = { container: a.root, id: name, order: 0 };
    a.root.set(name, folder);
  }
  fetched<Folder>(a, 'folder').insert(new Page({ title: 'page' }), 'page');
  await a.commit();
  return { a, b: database.connect() };
}

/** The three folders, wherever they are. */
function foldersOf(connection: Connection): Record<'folder' | 'one' | 'two', Folder> {
  const found: Partial<Record<string, Folder>> = {};
  const look = (children: Iterable<unknown>): void => {
    for (const child of children) {
      if (!(child instanceof Folder)) continue;
      found[child.title] = child;
      look(child.children.values());
    }
  };
  look(connection.root.values());
  return found as Record<'folder' | 'one' | 'two', Folder>;
}

/** Moves one of the folders, which is in the root, into another. */
function moveInto(connection: Connection, name: string, target: string): void {
  const folders = foldersOf(connection);
  const folder = folders[name as 'one'];
  folders[target as 'one'].insert(folder, name);
  connection.root.delete(name);
}

function pageIn(connection: Connection, folder: string): Page {
  const page = fetched<Folder>(connection, folder).children.get('page');
  assert.ok(page);
  return page;
}
