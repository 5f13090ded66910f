/** Savepoints: going back inside a transaction, and setting aside what was changed. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { NODE_ENTRIES_MAX } from '../../../odb/trees/btree.js';
import {
  Database,
  MemoryStorage,
  mergeRules,
  Persistent,
  PersistentMap,
  SAVEPOINTS_MAX,
  type DataManager,
} from '../../../odb/index.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { databaseKinds, fetched, newFolder, Page, type Folder } from '../databases.js';

interface OpenOptions {
  readonly cacheObjects?: number;
  readonly spill?: { readonly directory?: string; readonly memoryBytes?: number };
}

function openMemory(options: OpenOptions = {}): Promise<Database> {
  return Database.open({ ...options, storage: new MemoryStorage({ rules: mergeRules() }) });
}

/** Keys enough for a tree of three levels. */
const MANY = NODE_ENTRIES_MAX * NODE_ENTRIES_MAX;

function key(n: number): string {
  return String(n).padStart(6, '0');
}

for (const kind of databaseKinds) {
  describe(`savepoints, ${kind.name}`, () => {
    test('DB-13: go back any number of times, and make later ones void', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const page = new Page({ title: 'new' });
      connection.root.set('page', page);
      const first = await connection.transaction.savepoint();
      page.title = 'one';
      const second = await connection.transaction.savepoint();
      page.title = 'two';
      const third = await connection.transaction.savepoint();
      page.title = 'three';
      await second.rollback();
      assert.equal(page.title, 'one');
      assert.deepEqual([first.isValid, second.isValid, third.isValid], [true, true, false]);
      await assert.rejects(third.rollback(), { code: 'ODB_SAVEPOINT' });
      assert.equal(page.title, 'one');
      page.title = 'other';
      await second.rollback();
      assert.equal(page.title, 'one');
      await first.rollback();
      await first.rollback();
      assert.equal(page.title, 'new');
      await assert.rejects(second.rollback(), { code: 'ODB_SAVEPOINT' });
      page.body = 'text';
      await connection.commit();

      assert.equal(first.isValid, false);
      await assert.rejects(first.rollback(), { code: 'ODB_TRANSACTION_ENDED' });
      using reader = database.connect();
      const stored = fetched<Page>(reader, 'page');
      assert.deepEqual([stored.title, stored.body], ['new', 'text']);
    });

    test('DB-16: what was set aside is seen by the connection and by nobody else', async () => {
      await using database = await kind.open();
      await database.transact(({ root }) => root.set('page', new Page({ title: 'stored' })));
      using connection = database.connect();
      using other = database.connect();
      fetched<Page>(connection, 'page').title = 'mine';
      connection.root.set('n', 1);
      await connection.transaction.savepoint();
      assert.equal(connection.hasChanges, true);
      other.root.set('m', 2);
      await other.commit();
      assert.equal(fetched<Page>(connection, 'page').title, 'mine');
      assert.equal(connection.root.get('n'), 1);
      assert.equal(connection.root.get('m'), undefined);
      assert.equal(fetched<Page>(other, 'page').title, 'stored');
      assert.equal(other.root.get('n'), undefined);
      assert.throws(() => connection.begin(), { code: 'ODB_UNSAVED_CHANGES' });
      await connection.commit();
      assert.deepEqual([connection.root.get('n'), connection.root.get('m')], [1, 2]);
      other.begin();
      assert.equal(fetched<Page>(other, 'page').title, 'mine');
    });

    test('CT-misc-06: without changes since, a commit still writes what was set aside', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const folder = newFolder('top');
      connection.root.set('folder', folder);
      folder.insert(new Page({ title: 'a' }), 'a');
      await connection.transaction.savepoint();
      await connection.transaction.savepoint();
      const tid = await connection.commit();
      const record = connection.transactionRecord(tid);
      assert.equal(record?.created.length, 3);
      using reader = database.connect();
      assert.equal(fetched<Folder>(reader, 'folder').children.get('a')?.title, 'a');
      assert.equal(folder.children.get('a')?.tid, tid);
    });

    test('removals that were set aside are told as such', async () => {
      await using database = await kind.open();
      await database.transact(({ root }) => {
        const folder = newFolder('top');
        root.set('folder', folder);
        folder.insert(new Page({ title: 'a' }), 'a');
      });
      using connection = database.connect();
      const folder = fetched<Folder>(connection, 'folder');
      const page = folder.children.get('a');
      folder.remove('a');
      await connection.transaction.savepoint();
      const tid = await connection.commit();
      assert.deepEqual(connection.transactionRecord(tid)?.removed, [page?.oid]);
    });

    test('a large map goes back node by node, and is saved whole', async () => {
      await using database = await kind.open({ cacheObjects: 20 });
      await database.transact(({ root }) => {
        const map = new PersistentMap<number>();
        root.set('map', map);
        for (let n = 0; n < MANY; n += 2) map.set(key(n), n);
      });
      using connection = database.connect();
      const map = fetched<PersistentMap<number>>(connection, 'map');
      for (let n = 1; n < MANY; n += 2) map.set(key(n), n);
      const full = await connection.transaction.savepoint();
      assert.ok(connection.cachedObjects < 60, `${connection.cachedObjects} are in memory`);
      for (let n = 0; n < MANY; n += 1) map.delete(key(n));
      assert.equal(map.size, 0);
      await connection.transaction.savepoint();
      await full.rollback();
      assert.equal(map.size, MANY);
      assert.deepEqual(
        [...map.values()],
        Array.from({ length: MANY }, (_, n) => n),
      );
      map.delete(key(0));

      using other = database.connect();
      fetched<PersistentMap<number>>(other, 'map').set('late', -1);
      await other.commit();
      await connection.commit();
      assert.equal(map.size, MANY, 'the entries were merged with those of the other');
      using reader = database.connect();
      const stored = fetched<PersistentMap<number>>(reader, 'map');
      assert.deepEqual(
        [stored.get(key(0)), stored.get(key(1)), stored.get('late')],
        [undefined, 1, -1],
      );
      assert.equal([...stored.keys()].length, MANY);
    });
  });
}

describe('savepoints', () => {
  test('DB-17: new objects lose their oids when they are taken back, and can be added again', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const savepoint = await connection.transaction.savepoint();
    const added = new Page({ title: 'added' });
    const reached = newFolder('reached');
    reached.author = added;
    for (let n = 0; n < MANY; n += 1) reached.children.set(key(n), added);
    const oid = connection.add(added);
    connection.root.set('reached', reached);
    await connection.transaction.savepoint();
    assert.ok(reached.oid !== undefined);
    added.title = 'changed since';
    await savepoint.rollback();

    assert.deepEqual(
      [added.oid, reached.oid, reached.connection],
      [undefined, undefined, undefined],
    );
    assert.equal(connection.hasChanges, false);
    assert.equal(connection.find(oid), undefined);
    assert.equal(added.title, 'changed since');
    connection.root.set('again', reached);
    await connection.commit();
    using reader = database.connect();
    const stored = fetched<Folder>(reader, 'again');
    assert.equal((stored.author as Page).title, 'changed since');
    assert.equal(stored.children.size, MANY);
  });

  test('a new object whose state had left the memory is gone with an abort, and says so', async () => {
    await using database = await openMemory({ cacheObjects: 10 });
    using connection = database.connect();
    const folder = newFolder('top');
    connection.root.set('folder', folder);
    const pages = Array.from({ length: 100 }, (_, n) => new Page({ title: key(n) }));
    for (const page of pages) folder.insert(page, page.title);
    await connection.transaction.savepoint();
    assert.deepEqual(
      pages.map(({ title }) => title),
      Array.from({ length: 100 }, (_, n) => key(n)),
    );
    connection.abort();
    assert.ok(pages.every(({ oid }) => oid === undefined));
    const gone = pages.filter((page) => page.$slots === undefined);
    assert.ok(gone.length >= 80, `${gone.length} are gone`);
    const lost = { code: 'ODB_NO_OBJECT' };
    for (const page of gone) assert.throws(() => page.title, lost);
    assert.throws(() => connection.add(gone[0] as Page), lost);
    connection.root.set('n', 1);
    await connection.commit();
    assert.equal(connection.root.get('folder'), undefined);
  });

  test('what came back into memory refers to nothing that is gone', async () => {
    await using database = await openMemory({ cacheObjects: 10 });
    using connection = database.connect();
    const map = new PersistentMap<Page>();
    connection.root.set('map', map);
    for (let n = 0; n < MANY; n += 1) map.set(key(n), new Page({ title: key(n) }));
    await connection.transaction.savepoint();
    assert.equal([...map.values()].filter(({ title }, n) => title === key(n)).length, MANY);
    connection.abort();
    const before = database.storage.lastTid;
    // Whether all of it is still there or not: nothing with a hole in it is stored.
    await assert.rejects(
      (async () => {
        connection.root.set('map', map);
        await connection.commit();
      })(),
      { code: 'ODB_NO_OBJECT' },
    );
    assert.equal(database.storage.lastTid, before);
  });

  test('abort drops what was set aside', async () => {
    await using database = await openMemory();
    await database.transact(({ root }) => root.set('page', new Page({ title: 'stored' })));
    using connection = database.connect();
    const page = fetched<Page>(connection, 'page');
    page.title = 'changed';
    await connection.transaction.savepoint();
    connection.abort();
    assert.equal(connection.hasChanges, false);
    assert.equal(page.title, 'stored');
    page.title = 'again';
    await connection.commit();
    assert.equal(await database.transact((work) => fetched<Page>(work, 'page').title), 'again');
  });

  test('prepare hands over what was set aside', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const page = new Page({ title: 'one' });
    connection.root.set('page', page);
    await connection.transaction.savepoint();
    page.title = 'two';
    connection.root.set('other', new Page());
    const { bytes, created } = connection.prepare();
    assert.equal(created.length, 2);
    assert.equal(page.oid, undefined);
    await database.storage.commitPacked(bytes);
    connection.begin();
    assert.equal(fetched<Page>(connection, 'page').title, 'two');
  });

  test('what was changed is listed with what was set aside', async () => {
    await using database = await openMemory({ cacheObjects: 10 });
    using connection = database.connect();
    const map = new PersistentMap<number>();
    const page = new Page();
    connection.root.set('map', map);
    connection.root.set('page', page);
    for (let n = 0; n < MANY; n += 1) map.set(key(n), n);
    await connection.transaction.savepoint();
    page.title = 'changed since';
    assert.deepEqual(new Set(connection.changedObjects()), new Set([connection.root, map, page]));
  });

  test('an undo is not applied over what was set aside', async () => {
    await using database = await openMemory();
    await database.transact(({ root }) => root.set('page', new Page({ title: 'one' })));
    using connection = database.connect();
    const page = fetched<Page>(connection, 'page');
    page.title = 'two';
    const tid = await connection.commit();
    page.title = 'three';
    const savepoint = await connection.transaction.savepoint();
    const plan = connection.planUndo([tid]);
    assert.throws(() => connection.applyUndo(plan), { code: 'ODB_UNSAVED_CHANGES' });
    await savepoint.rollback();
    assert.equal(page.title, 'three');
  });

  test('what an undo did can be taken back', async () => {
    await using database = await openMemory();
    const made = await database.transact(({ root }) => {
      root.set('folder', newFolder('one'));
    });
    assert.equal(made, undefined);
    using connection = database.connect();
    const { tid } = connection;
    const folder = fetched<Folder>(connection, 'folder');
    const before = await connection.transaction.savepoint();
    connection.applyUndo(connection.planUndo([tid]));
    const undone = await connection.transaction.savepoint();
    assert.equal(connection.root.get('folder'), undefined);
    assert.equal(connection.find(folder.oid as NonNullable<typeof folder.oid>), undefined);
    await before.rollback();
    assert.equal(fetched<Folder>(connection, 'folder').title, 'one');
    await assert.rejects(undone.rollback(), { code: 'ODB_SAVEPOINT' });
    connection.applyUndo(connection.planUndo([tid]));
    await connection.transaction.savepoint();
    await connection.commit();
    assert.equal(connection.root.get('folder'), undefined);
    assert.throws(() => folder.title, { code: 'ODB_NO_OBJECT' });
  });

  test('CT-misc-06, DB-18: a failing savepoint sticks', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const failed = { code: 'ODB_TRANSACTION_FAILED' };
    const good = await connection.transaction.savepoint();
    class Unsound extends Persistent {
      static {
        this.define('test.savepoint.Unsound', { title: '' });
      }

      readonly title = 'hides the attribute';
    }
    connection.root.set('page', new Page());
    connection.root.set('unsound', new Unsound());
    await assert.rejects(connection.transaction.savepoint(), TypeError);
    await assert.rejects(connection.transaction.savepoint(), failed);
    await assert.rejects(good.rollback(), failed);
    await assert.rejects(connection.commit(), failed);
    connection.abort();
    assert.equal(connection.root.get('page'), undefined);
    connection.root.set('page', new Page());
    await connection.commit();
  });

  test('CT-misc-06: going back keeps what must stay current', async () => {
    await using database = await openMemory();
    await database.transact(({ root }) => {
      root.set('rate', new Page());
      root.set('sum', new Page());
    });
    using connection = database.connect();
    const savepoint = await connection.transaction.savepoint();
    const fresh = new Page();
    connection.add(fresh);
    connection.readCurrent(fresh);
    connection.readCurrent(fetched(connection, 'rate'));
    await savepoint.rollback();
    fetched<Page>(connection, 'sum').title = 'changed';
    await database.transact((other) => (fetched<Page>(other, 'rate').title = 'changed'));
    await assert.rejects(connection.commit(), { code: 'ODB_CONFLICT' });
  });

  test('are bounded in number', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const first = await connection.transaction.savepoint();
    for (let n = 1; n < SAVEPOINTS_MAX; n += 1) await connection.transaction.savepoint();
    await first.rollback();
    await connection.transaction.savepoint();
    assert.equal(connection.hasWork, false);
  });

  test('DB-14: states past the bound are in a file without a name, and memory stays small', async () => {
    await using directory = await temporaryDirectory();
    await using database = await openMemory({
      cacheObjects: 50,
      spill: { directory: directory.path, memoryBytes: 10_000 },
    });
    using connection = database.connect();
    const map = new PersistentMap<Page>();
    connection.root.set('map', map);
    const start = await connection.transaction.savepoint();
    for (let round = 0; round < 20; round += 1) {
      for (let n = 0; n < 100; n += 1) {
        map.set(key(round * 100 + n), new Page({ body: 'x'.repeat(500) }));
      }
      await connection.transaction.savepoint();
      assert.ok(connection.cachedObjects <= 100, `${connection.cachedObjects} are in memory`);
    }
    if (process.platform !== 'win32') assert.deepEqual(await readdir(directory.path), []);
    assert.equal(
      [...map.values()].every(({ body }) => body.length === 500),
      true,
    );
    const tid = await connection.commit();
    assert.ok((connection.transactionRecord(tid)?.created.length ?? 0) > 2_000);
    assert.deepEqual(await readdir(directory.path), []);
    await assert.rejects(start.rollback(), { code: 'ODB_TRANSACTION_ENDED' });
    assert.equal(map.size, 2_000);
    assert.equal(map.get(key(1_234))?.body.length, 500);
  });
});

describe('savepoints of those who joined', () => {
  /** Keeps one number, and joins by hand. */
  class Box implements DataManager {
    readonly sortKey: string;
    value = 0;
    aborted = 0;

    constructor(sortKey: string) {
      this.sortKey = sortKey;
    }

    commit(): void {}
    vote(): void {}
    finish(): void {}

    abort(): void {
      this.aborted += 1;
      this.value = 0;
    }

    async savepoint(): Promise<{ rollback(): Promise<void> }> {
      await Promise.resolve();
      const { value } = this;
      return {
        rollback: async () => {
          await Promise.resolve();
          this.value = value;
        },
      };
    }
  }

  test('go back together, and whoever joined later is aborted', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const { transaction } = connection;
    const early = new Box('early');
    const late = new Box('late');
    transaction.join(early);
    early.value = 1;
    const savepoint = await transaction.savepoint();
    early.value = 2;
    transaction.join(late);
    late.value = 3;
    await savepoint.rollback();
    assert.deepEqual([early.value, early.aborted, late.value, late.aborted], [1, 0, 0, 1]);
    await connection.commit();
    assert.deepEqual([early.aborted, late.aborted], [0, 1]);
  });

  test('DB-15: without them there are no savepoints, unless optimistic: then no going back', async () => {
    await using database = await openMemory();
    using connection = database.connect();
    const refused = { code: 'ODB_SAVEPOINT' };
    const plain: DataManager = {
      sortKey: 'mail',
      commit: () => undefined,
      vote: () => undefined,
      finish: () => undefined,
      abort: () => undefined,
    };
    connection.transaction.join(plain);
    await assert.rejects(connection.transaction.savepoint(), refused);
    connection.abort();

    connection.transaction.join(plain);
    connection.root.set('n', 1);
    const savepoint = await connection.transaction.savepoint({ optimistic: true });
    connection.root.set('n', 2);
    await connection.commit();
    assert.equal(connection.root.get('n'), 2);

    connection.transaction.join(plain);
    const other = await connection.transaction.savepoint({ optimistic: true });
    connection.root.set('n', 3);
    await assert.rejects(other.rollback(), refused);
    await assert.rejects(connection.commit(), { code: 'ODB_TRANSACTION_FAILED' });
    connection.abort();
    assert.equal(connection.root.get('n'), 2);
    assert.equal(savepoint.isValid, false);
  });
});
