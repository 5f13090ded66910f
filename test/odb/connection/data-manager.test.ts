/** Others that commit together with the database, in two phases around its own commit. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AftermathError,
  Database,
  MemoryStorage,
  mergeRules,
  type Connection,
  type DataManager,
  type JoinedTransaction,
  type Tid,
} from '../../../odb/index.js';

type Step = 'begin' | 'commit' | 'vote' | 'finish' | 'abort';

/** Writes down what it is asked, and fails where it is told to. */
class Recorder implements DataManager {
  readonly sortKey: string;
  readonly #log: string[];
  readonly #fails: Step | undefined;
  readonly #waits: boolean;

  constructor(
    sortKey: string,
    log: string[],
    { fails, waits = false }: { readonly fails?: Step; readonly waits?: boolean } = {},
  ) {
    this.sortKey = sortKey;
    this.#log = log;
    this.#fails = fails;
    this.#waits = waits;
  }

  begin(): Promise<void> | undefined {
    return this.#take('begin');
  }

  commit(): Promise<void> | undefined {
    return this.#take('commit');
  }

  vote(): Promise<void> | undefined {
    return this.#take('vote');
  }

  finish(_transaction: JoinedTransaction, tid: Tid): Promise<void> | undefined {
    return this.#take('finish', tid);
  }

  abort(): Promise<void> | undefined {
    return this.#take('abort');
  }

  #take(step: Step, tid?: Tid): Promise<void> | undefined {
    const take = (): void => {
      this.#log.push([this.sortKey, step, ...(tid === undefined ? [] : [tid])].join(' '));
      if (this.#fails === step) throw new Error(`${this.sortKey} cannot ${step}`);
    };
    if (this.#waits) return new Promise((resolve) => setImmediate(resolve)).then(take);
    take();
    return undefined;
  }
}

async function open(): Promise<{ database: Database; connection: Connection; log: string[] }> {
  const storage = new MemoryStorage({ rules: mergeRules() });
  const database = await Database.open({ storage });
  return { database, connection: database.connect(), log: [] };
}

test('what a manager or a hook answers that is no promise counts as nothing', async () => {
  const { database, connection, log } = await open();
  await using _ = database;
  const { transaction } = connection;
  transaction.join({
    sortKey: 'a',
    commit: () => log.push('commit'),
    vote: () => {
      throw new Error('refused');
    },
    finish: () => log.push('finish'),
    abort: () => log.push('abort'),
  } as unknown as DataManager);
  connection.root.set('n', 1);
  await assert.rejects(connection.commit(), { message: 'refused' });
  assert.deepEqual(log, ['commit', 'abort']);
  connection.abort();
  connection.transaction.beforeCommit((() => log.push('hook')) as unknown as () => void);
  connection.root.set('n', 2);
  connection.prepare();
  assert.equal(log.at(-1), 'hook');
});

for (const waits of [false, true]) {
  describe(`who joined a transaction${waits ? ' and takes time' : ''}`, () => {
    test('DB-03, DB-04: is asked in two phases, in the order of sort keys', async () => {
      const { database, connection, log } = await open();
      await using _ = database;
      const { transaction } = connection;
      const second = new Recorder('b', log, { waits });
      transaction.join(second);
      transaction.join(new Recorder('a', log, { waits }));
      transaction.join(second);
      transaction.beforeCommit(() => void log.push('hook'));
      transaction.afterCommit((isCommitted) => void log.push(`saved ${isCommitted}`));
      connection.root.set('n', 1);
      const before = database.storage.lastTid;
      const tid = await connection.commit();
      assert.ok(tid > before);
      assert.deepEqual(log, [
        'hook',
        'a begin',
        'b begin',
        'a commit',
        'b commit',
        'a vote',
        'b vote',
        `a finish ${tid}`,
        `b finish ${tid}`,
        'saved true',
      ]);
      connection.root.set('n', 2);
      await connection.commit();
      assert.equal(log.length, 10, 'it took part in one transaction');
    });

    for (const fails of ['begin', 'commit', 'vote'] as const) {
      test(`a failure to ${fails} aborts all in order and leaves nothing`, async () => {
        const { database, connection, log } = await open();
        await using _ = database;
        const before = database.storage.lastTid;
        connection.root.set('n', 1);
        connection.transaction.join(new Recorder('a', log, { waits }));
        connection.transaction.join(new Recorder('b', log, { fails, waits }));
        connection.transaction.join(new Recorder('c', log, { waits }));
        connection.transaction.afterCommit((isCommitted) => void log.push(`saved ${isCommitted}`));
        await assert.rejects(connection.commit(), { message: `b cannot ${fails}` });
        assert.deepEqual(log.slice(-4), ['a abort', 'b abort', 'c abort', 'saved false']);
        assert.equal(database.storage.lastTid, before);
        await assert.rejects(connection.commit(), { code: 'ODB_TRANSACTION_FAILED' });
        const { length } = log;
        connection.abort();
        await connection.settled();
        assert.equal(log.length, length, 'each aborts once');
        connection.root.set('n', 2);
        await connection.commit();
      });
    }

    test('aborts when the storage refuses, after all have voted', async () => {
      const { database, connection, log } = await open();
      await using _ = database;
      connection.root.set('n', 1);
      connection.transaction.join(new Recorder('a', log, { waits }));
      await database.transact(({ root }) => root.set('n', 2));
      await assert.rejects(connection.commit(), { code: 'ODB_CONFLICT' });
      assert.deepEqual(log, ['a begin', 'a commit', 'a vote', 'a abort']);
    });

    test('a failure to finish is told with the tid, and all others finish', async () => {
      const { database, connection, log } = await open();
      await using _ = database;
      connection.root.set('n', 1);
      connection.transaction.join(new Recorder('a', log, { fails: 'finish', waits }));
      connection.transaction.join(new Recorder('b', log, { waits }));
      connection.transaction.afterCommit(() => {
        throw new Error('the hook too');
      });
      await assert.rejects(connection.commit(), (error) => {
        assert.ok(error instanceof AftermathError);
        assert.equal(error.code, 'ODB_FINISH_FAILED');
        assert.equal(error.tid, database.storage.lastTid);
        assert.deepEqual(
          error.errors.map((one) => (one as Error).message),
          ['a cannot finish', 'the hook too'],
        );
        return true;
      });
      assert.deepEqual(log.slice(-1), [`b finish ${database.storage.lastTid}`]);
      assert.equal(connection.root.get('n'), 1);
      assert.equal(connection.hasWork, false);
    });

    test('a failure to abort is told with why the commit failed, and is not tried again', async () => {
      const { database, log } = await open();
      await using _ = database;
      let runs = 0;
      const work = database.transact(async (connection) => {
        runs += 1;
        connection.root.set('n', 1);
        connection.transaction.join(new Recorder('a', log, { fails: 'abort', waits }));
        connection.transaction.join(new Recorder('b', log, { waits }));
        using other = database.connect();
        other.root.set('n', 2);
        await other.commit();
      });
      await assert.rejects(work, (error) => {
        assert.ok(error instanceof AftermathError);
        assert.equal(error.code, 'ODB_ABORT_FAILED');
        assert.equal((error.cause as { code?: string }).code, 'ODB_CONFLICT');
        assert.equal(error.errors.length, 1);
        return true;
      });
      assert.equal(runs, 1);
      assert.deepEqual(log.slice(-2), ['a abort', 'b abort']);
    });

    test('is aborted with the connection, in order', async () => {
      const { database, connection, log } = await open();
      await using _ = database;
      for (const key of ['b', 'a']) {
        connection.transaction.join(new Recorder(key, log, { waits }));
      }
      assert.throws(() => connection.begin(), { code: 'ODB_UNSAVED_CHANGES' });
      connection.abort();
      await connection.settled();
      assert.deepEqual(log, ['a abort', 'b abort']);
    });

    test('takes part without changes in the database', async () => {
      const { database, connection, log } = await open();
      await using _ = database;
      const { tid } = connection;
      connection.transaction.join(new Recorder('a', log, { waits }));
      assert.equal(await connection.commit(), tid);
      assert.deepEqual(log, ['a begin', 'a commit', 'a vote', `a finish ${tid}`]);
    });
  });
}

describe('who joined a transaction', () => {
  test('and takes time to abort is waited for by the next commit, which tells its failure', async () => {
    const { database, connection, log } = await open();
    await using _ = database;
    connection.transaction.join(new Recorder('a', log, { fails: 'abort', waits: true }));
    connection.abort();
    connection.root.set('n', 1);
    await assert.rejects(connection.commit(), { code: 'ODB_ABORT_FAILED' });
    assert.deepEqual(log, ['a abort']);
    await connection.commit();
    assert.equal(connection.root.get('n'), 1);
  });

  test('is not served by prepare', async () => {
    const { database, connection, log } = await open();
    await using _ = database;
    connection.root.set('n', 1);
    connection.transaction.join(new Recorder('a', log));
    assert.throws(() => connection.prepare(), { code: 'ODB_NEEDS_COMMIT' });
    await connection.commit();
    assert.equal(log.length, 4);

    connection.root.set('n', 2);
    connection.transaction.beforeCommit(() => connection.transaction.join(new Recorder('b', log)));
    assert.throws(() => connection.prepare(), { code: 'ODB_NEEDS_COMMIT' });
    connection.abort();
    assert.deepEqual(log.slice(-1), ['b abort']);
  });

  test('cannot change objects, nor can anybody join, while the commit is in progress', async () => {
    const { database, connection } = await open();
    await using _ = database;
    const { transaction } = connection;
    const seen: unknown[] = [];
    const attempt = (work: () => void): void => {
      assert.throws(work, { code: 'ODB_COMMITTING' });
      seen.push(true);
    };
    const manager: DataManager = {
      sortKey: 'a',
      commit: () => attempt(() => connection.root.set('n', 1)),
      vote: () => attempt(() => transaction.join({ ...manager })),
      finish: () => undefined,
      abort: () => undefined,
    };
    transaction.join(manager);
    await connection.commit();
    assert.equal(seen.length, 2);
  });

  test('DB-10: may say that the work is to be done again', async () => {
    const { database } = await open();
    await using _ = database;
    let runs = 0;
    await database.transact((connection) => {
      runs += 1;
      connection.root.set('runs', runs);
      const attempt = runs;
      connection.transaction.join({
        sortKey: 'sql',
        commit: () => undefined,
        vote: () => {
          if (attempt < 3) throw new RangeError('deadlock');
        },
        finish: () => undefined,
        abort: () => undefined,
        shouldRetry: (error) => error instanceof RangeError,
      });
    });
    assert.equal(runs, 3);
    assert.equal(await database.transact(({ root }) => root.get('runs')), 3);
  });

  test('leaves the decision to do the work again to others when it does not know', async () => {
    const { database, log } = await open();
    await using _ = database;
    let runs = 0;
    const work = database.transact((connection) => {
      runs += 1;
      connection.transaction.join(new Recorder('a', log, { fails: 'vote' }));
    });
    await assert.rejects(work, { message: 'a cannot vote' });
    assert.equal(runs, 1);
  });
});
