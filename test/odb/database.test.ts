/** Opening, transactions with retries, closing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError, Database, MemoryStorage, RETRIES_MAX, type Oid } from '../../odb/index.js';
import { databaseKinds, fetched, Page } from './databases.js';

for (const kind of databaseKinds) {
  describe(`a database (${kind.name})`, () => {
    test('transact saves what the work did and answers what it answered', async () => {
      await using database = await kind.open();
      const answer = await database.transact(
        (connection) => {
          connection.root.set('n', 1);
          return 'done';
        },
        { note: 'Set n' },
      );
      assert.equal(answer, 'done');
      using reader = database.connect();
      assert.equal(reader.root.get('n'), 1);
      assert.equal(reader.transactionRecord(reader.tid)?.note, 'Set n');
    });

    test('transact does the work again after a conflict, so that no increment is lost', async () => {
      await using database = await kind.open();
      await database.transact(({ root }) => root.set('page', new Page({ title: '0' })));
      const increment = (): Promise<void> =>
        database.transact((connection) => {
          const page = fetched<Page>(connection, 'page');
          page.title = String(Number(page.title) + 1);
        });
      await Promise.all([increment(), increment(), increment()]);
      using reader = database.connect();
      assert.equal(fetched<Page>(reader, 'page').title, '3');
    });

    test('transact gives up after some attempts, and saves nothing', async () => {
      await using database = await kind.open();
      await database.transact(({ root }) => root.set('n', 0));
      using rival = database.connect();
      let attempts = 0;
      const hopeless = database.transact(async ({ root }) => {
        attempts += 1;
        root.set('n', -attempts);
        root.set('trace', true);
        rival.begin();
        rival.root.set('n', attempts);
        await rival.commit();
      });
      await assert.rejects(hopeless, ConflictError);
      assert.equal(attempts, RETRIES_MAX + 1);
      rival.begin();
      assert.equal(rival.root.get('n'), attempts);
      assert.equal(rival.root.has('trace'), false);
    });

    test('what is no oid is no version, and changes nothing in main', async () => {
      await using database = await kind.open();
      await database.transact(({ root }) => root.set('n', 1));
      using main = database.connect();
      const wrong: readonly unknown[] = [0, -1, 1.5, NaN, '7', null, 2 ** 53, {}];
      for (const value of wrong) {
        const version = value as Oid;
        assert.throws(() => database.connect({ version }), TypeError);
        const work = database.transact(({ root }) => root.set('n', 2), {}, { version });
        await assert.rejects(work, TypeError);
        await assert.rejects(main.planCheckIn(version), TypeError);
        await assert.rejects(main.planDiscard(version), TypeError);
      }
      main.begin();
      assert.equal(main.root.get('n'), 1);
    });

    test('transact saves nothing when the work throws, and the next one starts clean', async () => {
      await using database = await kind.open();
      const failing = database.transact(({ root }) => {
        root.set('n', 1);
        throw new RangeError('no');
      });
      await assert.rejects(failing, RangeError);
      await database.transact(({ root }) => {
        assert.equal(root.has('n'), false);
      });
    });

    test('closing closes its connections, twice without harm', async () => {
      const database = await kind.open();
      const connection = database.connect();
      await database.close();
      assert.throws(() => connection.root, { code: 'ODB_CLOSED' });
      await database.storage.close();
    });
  });
}

test('a database is opened again with what is in it', async () => {
  const storage = new MemoryStorage();
  const first = await Database.open({ storage });
  await first.transact(({ root }) => root.set('n', 1));
  const again = await Database.open({ storage });
  using connection = again.connect();
  assert.equal(connection.root.get('n'), 1);
  assert.equal(connection.transactions({ limit: 10 }).items.length, 2);
  await again.close();
});

test('a storage without the merge rules of a class refuses its objects', async () => {
  await using database = await Database.open({ storage: new MemoryStorage({ rules: {} }) });
  await assert.rejects(
    database.transact(({ root }) => root.set('page', new Page())),
    { code: 'ODB_RULES_MISSING' },
  );
});

test('cacheObjects has to be a positive number', async () => {
  const storage = new MemoryStorage();
  await assert.rejects(Database.open({ storage, cacheObjects: 0 }), TypeError);
  await storage.close();
});
