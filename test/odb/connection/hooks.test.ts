/** Hooks around commit and abort, doomed transactions, and what a transaction says about itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AftermathError, Database, MemoryStorage, mergeRules } from '../../../odb/index.js';
import { databaseKinds, fetched, Page } from '../databases.js';

function openMemory(): Promise<Database> {
  return Database.open({ storage: new MemoryStorage({ rules: mergeRules() }) });
}

for (const kind of databaseKinds) {
  describe(`hooks, ${kind.name}`, () => {
    test('DB-05: run around the commit in the order they were given, and see the changes', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const { root, transaction } = connection;
      const seen: string[] = [];
      root.set('page', new Page({ title: 'one' }));
      transaction.beforeCommit(async () => {
        await Promise.resolve();
        seen.push(`before ${fetched<Page>(connection, 'page').title}`);
        root.set('added', 'by a hook');
        transaction.beforeCommit(() => void seen.push('given by a hook'));
      });
      transaction.beforeCommit(() => void seen.push('second'));
      transaction.afterCommit((isCommitted) => {
        seen.push(`after ${isCommitted}`);
        root.set('late', 'never saved');
      });
      transaction.afterCommit(async () => {
        await Promise.resolve();
        seen.push('after that');
      });
      transaction.afterAbort(() => void seen.push('abort'));
      const tid = await connection.commit();

      assert.deepEqual(seen, [
        'before one',
        'second',
        'given by a hook',
        'after true',
        'after that',
      ]);
      assert.equal(connection.hasWork, false);
      assert.equal(connection.tid, tid);
      assert.equal(root.get('added'), 'by a hook');
      assert.equal(root.get('late'), undefined);
      await connection.commit();
      assert.equal(seen.length, 5, 'hooks belong to one transaction');
    });

    test('DB-02: what a transaction says about itself is stored with it', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      connection.root.set('n', 1);
      connection.transaction.user = 'ada';
      connection.transaction.setExtension('reason', 'test');
      connection.transaction.beforeCommit(() => connection.transaction.note('counted'));
      const tid = await connection.commit({ note: 'set n' });
      const record = connection.transactionRecord(tid);
      assert.equal(record?.user, 'ada');
      assert.equal(record?.note, 'set n\ncounted');
      assert.deepEqual(record?.extension, { reason: 'test' });
      assert.equal(connection.transaction.notes, undefined);
    });
  });
}

describe('hooks', () => {
  test('a hook before the commit that throws fails the transaction, and hooks after it hear so', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const heard: boolean[] = [];
    connection.root.set('n', 1);
    connection.transaction.beforeCommit(() => {
      throw new RangeError('no');
    });
    connection.transaction.afterCommit((isCommitted) => void heard.push(isCommitted));
    await assert.rejects(connection.commit(), RangeError);
    assert.deepEqual(heard, [false]);
    await assert.rejects(connection.commit(), { code: 'ODB_TRANSACTION_FAILED' });
    connection.abort();
    assert.equal(connection.root.get('n'), undefined);
  });

  test('errors of hooks after a commit are told together, with the tid, when it is saved', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const first = new Error('first');
    connection.root.set('n', 1);
    connection.transaction.afterCommit(() => {
      throw first;
    });
    connection.transaction.afterCommit(() => Promise.reject(new Error('second')));
    await assert.rejects(connection.commit(), (error) => {
      assert.ok(error instanceof AftermathError);
      assert.equal(error.code, 'ODB_HOOK_FAILED');
      assert.equal(error.tid, database.storage.lastTid);
      assert.equal(error.cause, first);
      assert.deepEqual(
        error.errors.map((one) => (one as Error).message),
        ['first', 'second'],
      );
      return true;
    });
    using reader = database.connect();
    assert.equal(reader.root.get('n'), 1);
    connection.root.set('n', 2);
    await connection.commit();
  });

  test('run without changes, too, and may make the only ones', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const seen: string[] = [];
    connection.transaction.beforeCommit(() => void connection.root.set('n', 1));
    connection.transaction.afterCommit(() => void seen.push('after'));
    assert.throws(() => connection.begin(), { code: 'ODB_UNSAVED_CHANGES' });
    const tid = await connection.commit();
    assert.deepEqual(connection.transactionRecord(tid)?.oids, [connection.root.oid]);
    connection.transaction.afterCommit(() => void seen.push('nothing saved'));
    assert.equal(await connection.commit(), tid);
    assert.deepEqual(seen, ['after', 'nothing saved']);
  });

  test('while a hook before the commit runs, the transaction cannot be ended', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    connection.root.set('n', 1);
    const seen: unknown[] = [];
    connection.transaction.beforeCommit(async () => {
      for (const end of [() => connection.abort(), () => connection.begin()]) {
        assert.throws(end, { code: 'ODB_COMMITTING' });
      }
      await assert.rejects(connection.commit(), { code: 'ODB_COMMITTING' });
      assert.throws(() => connection.prepare(), { code: 'ODB_COMMITTING' });
      seen.push(connection.transaction.state);
    });
    await connection.commit();
    assert.deepEqual(seen, ['preparing']);
  });

  test('DB-05: around an abort, the first see the changes and the others no more', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const { root, transaction } = connection;
    const seen: unknown[] = [];
    root.set('n', 1);
    transaction.beforeCommit(() => void seen.push('never'));
    transaction.afterCommit(() => void seen.push('never'));
    transaction.beforeAbort(() => {
      seen.push(root.get('n'));
      connection.abort();
    });
    transaction.beforeAbort(() => {
      root.set('n', 2);
    });
    transaction.afterAbort(() => {
      seen.push(root.get('n'));
      root.set('n', 3);
    });
    assert.throws(() => connection.abort(), {
      name: 'AftermathError',
      code: 'ODB_ABORT_FAILED',
      tid: undefined,
    });
    assert.deepEqual(seen, [1, undefined]);
    assert.equal(root.get('n'), undefined);
    assert.equal(connection.hasWork, false);
  });

  test('closing a connection aborts', async () => {
    await using database = await openMemory();
    const seen: string[] = [];
    {
      using connection = database.connect();
      connection.transaction.afterAbort(() => void seen.push('aborted'));
    }
    assert.deepEqual(seen, ['aborted']);
  });

  test('what prepare hands over went through the hooks before the commit', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const seen: string[] = [];
    connection.transaction.beforeCommit(() => void connection.root.set('n', 1));
    connection.transaction.afterAbort(() => void seen.push('aborted'));
    connection.transaction.note('by a hook');
    assert.equal(connection.hasWork, true);
    const { bytes } = connection.prepare();
    assert.equal(connection.hasWork, false);
    assert.deepEqual(seen, []);
    const { tid } = await database.storage.commitPacked(bytes);
    connection.begin();
    assert.equal(connection.root.get('n'), 1);
    assert.equal(connection.transactionRecord(tid)?.note, 'by a hook');
  });

  test('prepare refuses what only commit can serve', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const refused = { code: 'ODB_NEEDS_COMMIT' };
    connection.root.set('n', 1);
    connection.transaction.afterCommit(() => undefined);
    assert.throws(() => connection.prepare(), refused);
    const tid = await connection.commit();
    assert.equal(connection.tid, tid, 'it was refused before anything was done');

    connection.root.set('n', 2);
    connection.transaction.beforeCommit(() => Promise.reject(new Error('nobody waits')));
    assert.throws(() => connection.prepare(), refused);
    assert.throws(() => connection.prepare(), { code: 'ODB_TRANSACTION_FAILED' });
    connection.abort();
    assert.equal(connection.root.get('n'), 1);
  });
});

describe('a doomed transaction', () => {
  test('CT-misc-06, DB-08: works on, and is never saved', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    connection.root.set('n', 1);
    connection.transaction.doom();
    connection.transaction.doom();
    assert.equal(connection.transaction.isDoomed, true);
    connection.root.set('n', 2);
    assert.equal(connection.root.get('n'), 2);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await assert.rejects(connection.commit(), { code: 'ODB_DOOMED' });
      assert.throws(() => connection.prepare(), { code: 'ODB_DOOMED' });
      assert.equal(connection.root.get('n'), 2);
    }
    connection.abort();
    assert.equal(connection.transaction.isDoomed, false);
    assert.equal(connection.root.get('n'), undefined);
    connection.root.set('n', 3);
    await connection.commit();
  });

  test('by a hook before the commit fails', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    connection.root.set('n', 1);
    connection.transaction.beforeCommit(() => connection.transaction.doom());
    await assert.rejects(connection.commit(), { code: 'ODB_DOOMED' });
    connection.abort();
    connection.root.set('n', 1);
    connection.transaction.beforeCommit(() => connection.transaction.doom());
    assert.throws(() => connection.prepare(), { code: 'ODB_DOOMED' });
  });

  test('transact gives up on it', async () => {
    await using database = await openMemory();
    let runs = 0;
    const work = database.transact((connection) => {
      runs += 1;
      connection.root.set('n', 1);
      connection.transaction.doom();
    });
    await assert.rejects(work, { code: 'ODB_DOOMED' });
    assert.equal(runs, 1);
    assert.equal(await database.transact(({ root }) => root.get('n')), undefined);
  });
});

describe('a transaction that cannot be saved', () => {
  test('CT-misc-06, DB-07: a failed commit sticks until it is aborted', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    using other = database.connect();
    connection.root.set('n', 1);
    other.root.set('n', 2);
    await other.commit();
    await assert.rejects(connection.commit(), { code: 'ODB_CONFLICT' });
    const failed = { code: 'ODB_TRANSACTION_FAILED' };
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await assert.rejects(connection.commit(), failed);
      assert.throws(() => connection.prepare(), failed);
      assert.throws(() => connection.root.set('m', 1), failed);
      assert.throws(() => connection.transaction.note('more'), failed);
      assert.throws(() => connection.begin(), { code: 'ODB_UNSAVED_CHANGES' });
    }
    connection.abort();
    connection.begin();
    assert.equal(connection.root.get('n'), 2);
    connection.root.set('n', 3);
    await connection.commit();
  });

  test('CT-misc-06, DB-09: begin gives up nothing silently', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const refused = { code: 'ODB_UNSAVED_CHANGES' };
    connection.root.set('n', 1);
    assert.throws(() => connection.begin(), refused);
    assert.equal(connection.root.get('n'), 1);
    connection.abort();
    const { transaction } = connection;
    connection.begin();
    assert.equal(transaction.state, 'ended');
    assert.notEqual(connection.transaction, transaction);
  });
});

describe('a connection that only reads', () => {
  test('refuses changes and reads on', async () => {
    await using database = await openMemory();
    await database.transact(({ root }) => root.set('page', new Page({ title: 'one' })));
    using connection = database.connect({ readOnly: true });
    const page = fetched<Page>(connection, 'page');
    const refused = { code: 'ODB_READ_ONLY_CONNECTION' };
    assert.equal(connection.isReadOnly, true);
    assert.throws(() => (page.title = 'two'), refused);
    assert.throws(() => connection.root.set('n', 1), refused);
    assert.throws(() => connection.root.delete('page'), refused);
    assert.throws(() => connection.add(new Page()), refused);
    assert.throws(() => connection.readCurrent(page), refused);
    assert.throws(() => connection.revert(page, connection.tid), refused);
    assert.equal(page.title, 'one');
    assert.equal(await connection.commit(), connection.tid);

    await database.transact((work) => (fetched<Page>(work, 'page').title = 'three'));
    assert.equal(page.title, 'one');
    connection.begin();
    assert.equal(page.title, 'three');
    using writer = database.connect();
    assert.equal(writer.isReadOnly, false);
  });
});

describe('an object that was only read', () => {
  test('CT-misc-06, DB-30: makes the commit fail when others changed it, with readCurrent', async () => {
    await using database = await openMemory();
    await database.transact(({ root }) => {
      root.set('rate', new Page({ hits: 2 }));
      root.set('sum', new Page());
    });
    using connection = database.connect();
    const rate = fetched<Page>(connection, 'rate');
    const work = (): void => {
      connection.readCurrent(rate);
      fetched<Page>(connection, 'sum').hits = rate.hits * 10;
    };
    work();
    await database.transact((other) => (fetched<Page>(other, 'rate').hits = 3));
    await assert.rejects(connection.commit(), {
      code: 'ODB_CONFLICT',
      message: /test\.Page \d+ \(read\)/,
    });
    connection.abort();
    connection.begin();
    work();
    await connection.commit();
    assert.equal(fetched<Page>(connection, 'sum').hits, 30);

    const fresh = new Page();
    connection.root.set('new', fresh);
    connection.add(fresh);
    connection.readCurrent(fresh);
    await connection.commit();
  });
});
