import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Page, databaseKinds, fetched, newFolder, type Folder } from '../databases.js';
import { TID_MAX, tidToMs, type Oid } from '../../../odb/index.js';

const DAY_MS = 24 * 60 * 60 * 1000;

for (const { name, open } of databaseKinds) {
  describe(`packing a database, ${name}`, () => {
    test('maps, pages and connections go on as if nothing had happened', async () => {
      await using database = await open();
      using connection = database.connect();
      const folder = newFolder('news');
      connection.root.set('news', folder);
      for (let n = 0; n < 300; n += 1) folder.insert(new Page({ title: `${n}` }), `p${n}`);
      await connection.commit();
      for (let n = 0; n < 300; n += 2) folder.children.delete(`p${n}`);
      await connection.commit();
      const { objects, revisions } = await database.pack({ before: TID_MAX });
      assert.ok(objects >= 150, `${objects} objects are gone`);
      assert.ok(revisions > 0);

      connection.begin();
      assert.equal(folder.children.size, 150);
      using fresh = database.connect();
      const { children } = fetched<Folder>(fresh, 'news');
      const titles = [...children.values()].map(({ title }) => title);
      assert.equal(new Set(titles).size, 150);
      children.set('later', new Page({ title: 'later' }));
      await fresh.commit();
      assert.equal(children.get('later')?.title, 'later');
    });

    test('what is gone stands as missing in a connection that held it', async () => {
      await using database = await open();
      using connection = database.connect();
      const page = new Page({ title: 'short-lived' });
      connection.root.set('page', page);
      await connection.commit();
      const { oid } = page;
      assert.ok(oid !== undefined);
      connection.root.delete('page');
      await connection.commit();
      await database.pack({ before: TID_MAX });
      using fresh = database.connect();
      assert.equal(fresh.find(oid), undefined);
      assert.deepEqual(fresh.history(oid), []);
    });

    test('what is gone is not seen by those who begin afterwards, nothing else having happened', async () => {
      await using database = await open();
      using connection = database.connect();
      const page = new Page({ title: 'short-lived' });
      connection.root.set('page', page);
      await connection.commit();
      connection.root.delete('page');
      await connection.commit();
      const oid = page.oid as Oid;
      using other = database.connect();
      using version = database.connect({ version: database.storage.allocate(1) });
      await database.pack({ before: TID_MAX });
      for (const later of [other, version]) {
        later.begin();
        assert.equal(later.find(oid), undefined);
        assert.deepEqual(later.history(oid), []);
      }
    });

    test('an undo whose old state is packed away is refused, and its plan says why', async () => {
      await using database = await open();
      using connection = database.connect();
      const page = new Page({ title: 'one' });
      connection.root.set('page', page);
      const first = await connection.commit();
      page.title = 'two';
      const second = await connection.commit();
      connection.root.set('page', new Page({ title: 'other' }));
      connection.root.set('old', page);
      const third = await connection.commit();
      await database.pack({ before: third });
      using fresh = database.connect();
      for (const tid of [first, second, third]) {
        const plan = fresh.planUndo([tid]);
        assert.equal(plan.possible, false);
        assert.ok(plan.conflicts.every(({ packed }) => packed === true));
        assert.throws(() => fresh.applyUndo(plan), /packed away/);
      }
      page.title = 'three';
      const fourth = await connection.commit();
      await database.pack({ before: third });
      connection.begin();
      connection.applyUndo(connection.planUndo([fourth]));
      assert.equal(page.title, 'two');
    });

    test('a removed folder comes back from the trash with what is in it', async () => {
      await using database = await open();
      using connection = database.connect();
      const top = newFolder('top');
      const news = newFolder('news');
      connection.root.set('top', top);
      top.insert(news, 'news');
      news.insert(new Page({ title: 'today' }), 'today');
      await connection.commit();
      top.remove('news');
      const removed = await connection.commit({ user: 'ann' });
      const nowMs = tidToMs(removed) + 29 * DAY_MS;
      await database.pack({ before: TID_MAX, nowMs });
      const [entry] = await database.storage.trash();
      assert.deepEqual(entry, {
        oid: news.oid,
        path: '/news',
        user: 'ann',
        tid: removed,
        timeMs: tidToMs(removed),
      });
      using fresh = database.connect();
      const found = fresh.get(entry.oid) as Folder;
      fetched<Folder>(fresh, 'top').insert(found, 'news');
      await fresh.commit();
      assert.equal(found.children.get('today')?.title, 'today');
      assert.deepEqual(await database.storage.trash(), []);
    });
  });
}
