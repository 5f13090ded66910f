import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError, Database, LevelStorage, mergeRules, TID_ZERO } from '../../../odb/index.js';
import { fetched, Page } from '../databases.js';
import { put, stateOf } from '../support/requests.js';
import type { Open, Place } from '../support/storages.js';

/** What every storage gives those who work with objects in transactions. */
export function connectionConformance(name: string, open: Open): void {
  /** A database with a page in it, on a storage that goes with the place. */
  async function openPage(): Promise<{ readonly place: Place; readonly database: Database }> {
    const place = await open({ rules: mergeRules() });
    const database = await Database.open({ storage: place.storage });
    await database.transact(({ root }) => root.set('page', new Page({ title: 'first' })));
    return { place, database };
  }

  describe(`${name}: transactions of connections`, () => {
    test('CT-sync-02: what belongs to another transaction is not stored with this one', async () => {
      const { place, database } = await openPage();
      await using _ = place;
      using one = database.connect();
      using two = database.connect();
      const page = fetched<Page>(one, 'page');
      page.title = 'by the first';
      assert.throws(() => two.add(page), { code: 'ODB_OTHER_CONNECTION' });
      two.root.set('other', 1);
      await two.commit();
      using reader = database.connect();
      assert.equal(fetched<Page>(reader, 'page').title, 'first');
      await one.commit();
    });

    test('CT-sync-03, CT-sync-07: an abort of nothing is no error, and holds up nobody', async () => {
      const { place, database } = await openPage();
      await using _ = place;
      using one = database.connect();
      using two = database.connect();
      one.abort();
      one.abort();
      fetched<Page>(one, 'page').title = 'dropped';
      one.abort();
      fetched<Page>(two, 'page').title = 'saved';
      await two.commit();
      one.begin();
      assert.equal(fetched<Page>(one, 'page').title, 'saved');
    });

    test('CT-sync-04: an abort takes back its own transaction and no other', async () => {
      const { place, database } = await openPage();
      await using _ = place;
      using one = database.connect();
      using two = database.connect();
      fetched<Page>(one, 'page').title = 'kept';
      fetched<Page>(two, 'page').title = 'dropped';
      two.abort();
      await one.commit();
      two.begin();
      assert.equal(fetched<Page>(two, 'page').title, 'kept');
    });

    test('CT-conf-02: whoever loses keeps what it had until it aborts, and then sees what is there', async () => {
      const { place, database } = await openPage();
      await using _ = place;
      using one = database.connect();
      using two = database.connect();
      fetched<Page>(one, 'page').title = 'won';
      fetched<Page>(two, 'page').title = 'lost';
      await one.commit();
      await assert.rejects(two.commit(), (error) => {
        assert.ok(error instanceof ConflictError);
        assert.match(error.message, /test\.Page/);
        return true;
      });
      assert.equal(fetched<Page>(two, 'page').title, 'lost');
      two.abort();
      two.begin();
      assert.equal(fetched<Page>(two, 'page').title, 'won');
    });

    test('CT-misc-01: for whoever may only read, all is there and nothing can be changed', async () => {
      const { place, database } = await openPage();
      await using _ = place;
      using writing = database.connect();
      using reading = database.connect({ readOnly: true });
      const page = fetched<Page>(reading, 'page');
      assert.deepEqual(page.title, fetched<Page>(writing, 'page').title);
      assert.equal(page.tid, fetched<Page>(writing, 'page').tid);
      const refused = { code: 'ODB_READ_ONLY_CONNECTION' };
      assert.throws(() => (page.title = 'x'), refused);
      assert.throws(() => reading.root.set('x', 1), refused);
      assert.throws(() => reading.add(new Page()), refused);
      assert.throws(() => reading.applyUndo(reading.planUndo([reading.tid])), refused);
      if (!place.storage.supports.threads) return;
      await using joined = await LevelStorage.join(place.storage.share());
      const { oid } = page;
      assert.ok(oid !== undefined);
      assert.deepEqual(stateOf(joined, oid), stateOf(place.storage, oid));
      await assert.rejects(put(joined, oid, {}), { code: 'ODB_NO_WRITER' });
      await assert.rejects(joined.setMeta({ a: 1 }), { code: 'ODB_NO_WRITER' });
      await assert.rejects(joined.pack({ before: TID_ZERO }), { code: 'ODB_NO_WRITER' });
    });

    test('CT-misc-05: a connection sees its moment until it begins again, whatever others save', async () => {
      const { place, database } = await openPage();
      await using _ = place;
      using one = database.connect();
      using two = database.connect();
      const [here, there] = [fetched<Page>(one, 'page'), fetched<Page>(two, 'page')];
      here.title = 'second';
      assert.equal(there.title, 'first', 'nobody sees what is not saved');
      const before = two.tid;
      const tid = await one.commit();
      assert.ok(tid > before);
      assert.deepEqual([there.title, two.tid], ['first', before]);
      there.$slots = undefined;
      assert.equal(there.title, 'first', 'nor when it is loaded again');
      two.begin();
      assert.deepEqual([there.title, two.tid], ['second', tid]);
    });

    test('CT-misc-06: a savepoint brings nothing of what others saved', async () => {
      const { place, database } = await openPage();
      await using _ = place;
      using one = database.connect();
      using two = database.connect();
      const page = fetched<Page>(one, 'page');
      one.root.set('own', 1);
      fetched<Page>(two, 'page').title = 'second';
      await two.commit();
      const savepoint = await one.transaction.savepoint();
      assert.equal(page.title, 'first');
      await savepoint.rollback();
      assert.equal(page.title, 'first');
      await one.commit();
      assert.equal(page.title, 'second');
    });

    test('CT-misc-06: several undos make one transaction', async () => {
      const { place, database } = await openPage();
      await using _ = place;
      using connection = database.connect();
      connection.root.set('other', new Page({ title: 'first' }));
      await connection.commit();
      const tids = [];
      for (const key of ['page', 'other']) {
        fetched<Page>(connection, key).title = 'second';
        tids.push(await connection.commit());
      }
      for (const tid of tids) connection.applyUndo(connection.planUndo([tid]));
      const undone = await connection.commit({ undoes: tids });
      using fresh = database.connect();
      for (const key of ['page', 'other']) assert.equal(fetched<Page>(fresh, key).title, 'first');
      assert.deepEqual(fresh.transactionRecord(undone)?.oids.length, 2);
    });
  });
}
