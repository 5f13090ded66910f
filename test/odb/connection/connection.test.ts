/** One connection, on every storage: what it sees, what it changes, what it refuses. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  BrokenObject,
  MissingObject,
  Persistent,
  PersistentMap,
  TID_ZERO,
} from '../../../odb/index.js';
import { FOLLOW_OBJECTS_MAX } from '../../../odb/connection/loaded-objects.js';
import { encodeRecord } from '../../../odb/records/record.js';
import type { Oid, Tid } from '../../../odb/index.js';
import { databaseKinds, fetched, Page } from '../databases.js';

for (const kind of databaseKinds) {
  describe(`a connection (${kind.name})`, () => {
    test('begins with an empty root, and finds what another one saved', async () => {
      await using database = await kind.open();
      using writer = database.connect();
      assert.equal(writer.root.size, 0);
      const page = new Page({ title: 'Home' });
      writer.root.set('home', page);
      const tid = await writer.commit({ user: 'ada', note: 'Add the home page' });

      using reader = database.connect();
      assert.equal(reader.tid, tid);
      const found = fetched<Page>(reader, 'home');
      assert.equal(found.title, 'Home');
      assert.equal(found.tid, tid);
      assert.equal(found.modifiedMs, Math.floor(tid / 1000));
      assert.equal(found.oid, page.oid);
      assert.equal(found.connection, reader);
      assert.notEqual(found, page);
    });

    test('sees the database as of its beginning until it begins again', async () => {
      await using database = await kind.open();
      using first = database.connect();
      first.root.set('page', new Page({ title: 'one' }));
      await first.commit();
      using second = database.connect();
      const page = fetched<Page>(second, 'page');
      assert.equal(page.title, 'one');

      fetched<Page>(first, 'page').title = 'two';
      first.root.set('other', 1);
      await first.commit();

      assert.equal(page.title, 'one');
      assert.equal(second.root.has('other'), false);
      second.begin();
      assert.equal(page.title, 'two');
      assert.equal(second.root.get('other'), 1);
    });

    test('sees its own changes, and nobody else does before the commit', async () => {
      await using database = await kind.open();
      using writer = database.connect();
      using reader = database.connect();
      writer.root.set('n', 1);
      assert.equal(writer.root.get('n'), 1);
      reader.begin();
      assert.equal(reader.root.get('n'), undefined);
    });

    test('gives one object for one oid, also through references', async () => {
      await using database = await kind.open();
      using writer = database.connect();
      const author = new Page({ title: 'Ada' });
      writer.root.set('a', new Page({ author }));
      writer.root.set('b', new Page({ author, settings: { by: [author] } }));
      await writer.commit();

      using reader = database.connect();
      const [a, b] = [fetched<Page>(reader, 'a'), fetched<Page>(reader, 'b')];
      assert.equal(a.author, b.author);
      assert.deepEqual(b.settings, { by: [a.author] });
      assert.equal((b.settings['by'] as Page[])[0], a.author);
      assert.equal(reader.get(a.oid ?? (0 as Oid)), a);
      assert.equal(a.author instanceof Page && a.author.title, 'Ada');
    });

    test('stores what a stored object comes to refer to, however deep', async () => {
      await using database = await kind.open();
      using writer = database.connect();
      let chain = new Page({ title: '0' });
      for (let depth = 1; depth < 300; depth += 1) {
        chain = new Page({ title: String(depth), author: chain });
      }
      writer.root.set('chain', chain);
      await writer.commit();
      using reader = database.connect();
      let page: Page | undefined = fetched<Page>(reader, 'chain');
      let length = 0;
      for (; page !== undefined; page = page.author as Page | undefined) length += 1;
      assert.equal(length, 300);
    });

    test('keeps circles and objects that refer to themselves', async () => {
      await using database = await kind.open();
      using writer = database.connect();
      const [a, b] = [new Page({ title: 'a' }), new Page({ title: 'b' })];
      a.author = b;
      b.author = a;
      writer.root.set('a', a);
      await writer.commit();
      using reader = database.connect();
      const found = fetched<Page>(reader, 'a');
      assert.equal((found.author as Page).author, found);
    });

    test('plain data that was read is frozen, deep', async () => {
      await using database = await kind.open();
      using writer = database.connect();
      writer.root.set('page', new Page({ tags: ['a'], settings: { deep: { x: [1] } } }));
      writer.root.set('data', { list: [1] });
      await writer.commit();
      using reader = database.connect();
      const page = fetched<Page>(reader, 'page');
      assert.throws(() => (page.tags as string[]).push('b'), TypeError);
      assert.throws(() => ((page.settings['deep'] as { x: number[] }).x[0] = 2), TypeError);
      assert.throws(() => (reader.root.get('data') as { list: number[] }).list.pop(), TypeError);
      assert.equal(reader.hasChanges, false);
    });

    test('an assignment of the same value changes nothing', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      connection.root.set('page', new Page({ title: 'same', tags: ['a'] }));
      const tid = await connection.commit();
      const page = fetched<Page>(connection, 'page');
      page.title = 'same';
      const { tags } = page;
      page.tags = tags;
      connection.root.set('page', page);
      assert.equal(connection.hasChanges, false);
      assert.equal(await connection.commit(), tid);
    });

    test('abort takes changes back and new objects out', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      connection.root.set('page', new Page({ title: 'one' }));
      await connection.commit();
      const page = fetched<Page>(connection, 'page');
      const added = new Page({ title: 'new' });
      page.title = 'two';
      page.author = added;
      connection.root.set('more', 1);
      const oid = connection.add(added);
      assert.equal(connection.get(oid), added);
      connection.abort();
      assert.equal(page.title, 'one');
      assert.equal(page.author, undefined);
      assert.equal(connection.root.has('more'), false);
      assert.equal(connection.root.size, 1);
      assert.equal(added.oid, undefined);
      assert.equal(added.title, 'new');
      assert.equal(connection.find(oid), undefined);
      page.author = added;
      await connection.commit();
      assert.equal((page.author as Page).title, 'new');
    });

    test('begin refuses to drop changes', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      connection.root.set('n', 1);
      assert.throws(() => connection.begin(), { code: 'ODB_UNSAVED_CHANGES' });
      connection.abort();
      connection.begin();
    });

    test('a map is changed as one object, however many nodes it has', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const map = new PersistentMap<number>();
      connection.root.set('map', map);
      for (let n = 0; n < 500; n += 1) map.set(`k${n}`, n);
      await connection.commit();
      map.set('k7', 0);
      map.set('zzz', 0);
      assert.deepEqual(connection.changedObjects(), [map]);
      assert.ok([...connection.changed].length >= 1);
    });

    test('an object of another connection is refused', async () => {
      await using database = await kind.open();
      using one = database.connect();
      one.root.set('page', new Page());
      await one.commit();
      using two = database.connect();
      const page = fetched<Page>(two, 'page');
      assert.throws(() => one.root.set('foreign', page), { code: 'ODB_OTHER_CONNECTION' });
      const local = new Page({ author: page });
      one.root.set('local', local);
      await assert.rejects(one.commit(), { code: 'ODB_OTHER_CONNECTION' });
      assert.throws(() => one.root.set('x', 1), { code: 'ODB_TRANSACTION_FAILED' });
      one.abort();
      assert.equal(one.root.has('local'), false);
    });

    test('an object that does not exist throws when touched, and find answers undefined', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const missing = connection.get(123_456 as Oid);
      assert.ok(missing instanceof MissingObject);
      assert.equal(missing.oid, 123_456);
      assert.throws(() => missing.tid, { code: 'ODB_NO_OBJECT' });
      assert.throws(() => (missing as unknown as Page).title, { code: 'ODB_NO_OBJECT' });
      assert.throws(() => ((missing as unknown as Page).title = 'x'), { code: 'ODB_NO_OBJECT' });
      assert.equal(connection.find(123_456 as Oid), undefined);
    });

    test('a class field without declare is refused with what to do', async () => {
      class Hiding extends Persistent {
        static {
          this.define(`test.Hiding.${kind.name}`, { title: '' });
        }
      }
      await using database = await kind.open();
      using connection = database.connect();
      const object = new Hiding();
      Object.defineProperty(object, 'title', { value: 'hidden', enumerable: true });
      assert.throws(() => connection.add(object), { name: 'TypeError', message: /declare title/ });
    });

    test('objects of unknown classes can be read, survive and cannot be written', async () => {
      await using database = await kind.open();
      const oid = database.storage.allocate(1);
      using start = database.storage.snapshot();
      using connection = database.connect();
      connection.root.set('page', new Page());
      await connection.commit();
      const page = fetched<Page>(connection, 'page');
      await database.storage.commit({
        baseTid: start.lastTid,
        meta: {},
        writes: [
          {
            oid,
            baseTid: TID_ZERO,
            record: encodeRecord('gone.Class', { title: 'old', friend: page }, (value) =>
              value === page ? page.oid : undefined,
            ),
          },
        ],
        maps: [],
        reads: [],
        removed: [],
        blobs: [],
      });
      connection.begin();
      const broken = connection.get(oid);
      assert.ok(broken instanceof BrokenObject);
      assert.equal(broken.className, 'gone.Class');
      assert.deepEqual(broken.state, { title: 'old', friend: page });
      assert.equal((broken as unknown as Page).title, 'old');
      assert.throws(() => ((broken as unknown as Page).title = 'new'), { code: 'ODB_BROKEN' });
      page.author = broken;
      await connection.commit();
      using other = database.connect();
      const again = fetched<Page>(other, 'page').author;
      assert.ok(again instanceof BrokenObject);
      assert.equal(again.state['title'], 'old');
    });

    test('attributes a class does not declare survive a change', async () => {
      await using database = await kind.open();
      const oid = database.storage.allocate(1);
      const record = encodeRecord('test.Page', { title: 'one', fromTheFuture: [1, 2] });
      await database.storage.commit({
        baseTid: database.storage.lastTid,
        meta: {},
        writes: [{ oid, baseTid: TID_ZERO, record }],
        maps: [],
        reads: [],
        removed: [],
        blobs: [],
      });
      using connection = database.connect();
      const page = connection.get(oid) as Page;
      page.title = 'two';
      const tid = await connection.commit();
      const state = connection.stateAt(oid, tid);
      assert.equal(state?.['title'], 'two');
      assert.deepEqual(state?.['fromTheFuture'], [1, 2]);
    });

    test('a connection to the past shows what was, and refuses changes', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const page = new Page({ title: 'one' });
      connection.root.set('page', page);
      for (let n = 0; n < 200; n += 1) connection.root.set(`n${n}`, n);
      const first = await connection.commit();
      page.title = 'two';
      for (let n = 0; n < 200; n += 2) connection.root.delete(`n${n}`);
      connection.root.set('later', new Page());
      const second = await connection.commit();

      using past = database.connect({ at: first });
      assert.equal(past.tid, first);
      const old = fetched<Page>(past, 'page');
      assert.equal(old.title, 'one');
      assert.equal(old.tid, first);
      assert.equal(past.root.size, 201);
      assert.equal(past.root.has('later'), false);
      assert.equal(past.history(old.oid ?? (0 as Oid)).length, 1);
      assert.equal(past.transactionRecord(second), undefined);
      assert.equal(past.transactions({ limit: 10 }).items[0]?.tid, first);
      assert.throws(() => (old.title = 'x'), { code: 'ODB_READ_ONLY_PAST' });
      assert.throws(() => past.root.set('x', 1), { code: 'ODB_READ_ONLY_PAST' });
      assert.throws(() => past.add(new Page()), { code: 'ODB_READ_ONLY_PAST' });
      assert.equal(old.title, 'one');
      past.begin();
      assert.equal(old.title, 'one');

      using between = database.connect({ at: (second - 1) as Tid });
      assert.equal(fetched<Page>(between, 'page').title, 'one');
      using present = database.connect({ at: second });
      assert.equal(fetched<Page>(present, 'page').title, 'two');
      assert.equal(present.root.size, 102);
    });

    test('history and old states of an object can be read', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const author = new Page({ title: 'Ada' });
      const page = new Page({ title: 'v0', author });
      connection.root.set('page', page);
      const tids = [await connection.commit()];
      for (let n = 1; n < 6; n += 1) {
        page.title = `v${n}`;
        tids.push(await connection.commit());
      }
      const oid = page.oid ?? (0 as Oid);
      const history = connection.history(oid);
      assert.deepEqual(
        history.map(({ tid }) => tid),
        tids.toReversed(),
      );
      assert.deepEqual(
        connection.history(oid, { before: tids[3] as Tid, limit: 2 }).map(({ tid }) => tid),
        [tids[2], tids[1]],
      );
      for (const [n, tid] of tids.entries()) {
        const state = connection.stateAt(oid, tid);
        assert.equal(state?.['title'], `v${n}`);
        assert.equal(state?.['author'], page.author);
        assert.deepEqual(state?.['tags'], []);
      }
      assert.equal(connection.stateAt(oid, ((tids[0] ?? 1) - 1) as Tid), undefined);
    });

    test('revert gives an object an old state back, all of it or some attributes', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const page = new Page({ title: 'one', body: 'first', tags: ['a'] });
      const map = new PersistentMap<number>(Array.from({ length: 100 }, (_, n) => [`k${n}`, n]));
      connection.root.set('page', page);
      connection.root.set('map', map);
      const then = await connection.commit();
      page.title = 'two';
      page.body = 'second';
      for (let n = 0; n < 60; n += 1) map.delete(`k${n}`);
      map.set('extra', 1);
      map.set('k70', -1);
      await connection.commit();

      connection.revert(page, then, ['title']);
      assert.deepEqual([page.title, page.body], ['one', 'second']);
      connection.revert(page, then);
      connection.revert(map, then);
      await connection.commit();
      using reader = database.connect();
      const found = fetched<Page>(reader, 'page');
      assert.deepEqual([found.title, found.body, found.tags], ['one', 'first', ['a']]);
      const entries = [...fetched<PersistentMap<number>>(reader, 'map')];
      assert.deepEqual(
        entries,
        Array.from({ length: 100 }, (_, n): [string, number] => [`k${n}`, n]).sort(([a], [b]) =>
          a < b ? -1 : 1,
        ),
      );
      connection.revert(page, then);
      connection.revert(map, then);
      assert.equal(connection.hasChanges, false);
      assert.throws(() => connection.revert(page, 1 as Tid), { code: 'ODB_NO_OBJECT' });
      assert.throws(() => connection.revert(page, then, ['titel']), TypeError);
    });

    test('what prepare gave is what commit would have sent', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      connection.root.set('page', new Page({ title: 'one' }));
      await connection.commit();
      const page = fetched<Page>(connection, 'page');
      const added = new Page({ title: 'new' });
      page.author = added;
      page.title = 'two';
      const prepared = connection.prepare({ user: 'ada' });
      assert.equal(prepared.created.length, 1);
      assert.equal(connection.hasChanges, false);
      assert.equal(added.oid, undefined);
      assert.equal(page.title, 'one');

      const { tid } = await database.storage.commitPacked(prepared.bytes);
      connection.begin();
      assert.equal(connection.tid, tid);
      assert.equal(page.title, 'two');
      assert.equal(page.author?.oid, prepared.created[0]);
      assert.equal(connection.transactionRecord(tid)?.user, 'ada');
    });

    test('a cache smaller than the data loads again what it dropped, and keeps identities', async () => {
      await using database = await kind.open({ cacheObjects: 50 });
      using connection = database.connect();
      for (let n = 0; n < 400; n += 1) connection.root.set(`p${n}`, new Page({ title: `t${n}` }));
      await connection.commit();
      using reader = database.connect();
      const held = fetched<Page>(reader, 'p0');
      for (let round = 0; round < 2; round += 1) {
        for (let n = 0; n < 400; n += 1) {
          assert.equal(fetched<Page>(reader, `p${n}`).title, `t${n}`);
        }
        assert.ok(reader.cachedObjects <= 57, `${reader.cachedObjects} objects are cached`);
      }
      assert.equal(fetched<Page>(reader, 'p0'), held);
      for (let n = 0; n < 400; n += 1) fetched<Page>(reader, `p${n}`).title = `u${n}`;
      await reader.commit();
      connection.begin();
      assert.equal(fetched<Page>(connection, 'p399').title, 'u399');
      assert.equal(held.title, 'u0');
    });

    test('after more changes than it follows, a connection loads everything again', async () => {
      await using database = await kind.open();
      using reader = database.connect();
      using writer = database.connect();
      const page = new Page({ title: 'one' });
      writer.root.set('page', page);
      await writer.commit();
      reader.begin();
      const seen = fetched<Page>(reader, 'page');
      assert.equal(seen.title, 'one');
      page.title = 'two';
      for (let n = 0; n <= FOLLOW_OBJECTS_MAX; n += 1) writer.add(new Page());
      await writer.commit();
      reader.begin();
      assert.equal(seen.title, 'two');
    });

    test('a closed connection is over', async () => {
      await using database = await kind.open();
      const connection = database.connect();
      connection.root.set('page', new Page({ title: 'one' }));
      await connection.commit();
      const page = fetched<Page>(connection, 'page');
      connection.root.set('unsaved', 1);
      connection.close();
      connection.close();
      assert.throws(() => connection.root.get('unsaved'), { code: 'ODB_CLOSED' });
      assert.throws(() => connection.begin(), { code: 'ODB_CLOSED' });
      assert.throws(() => (page.title = 'x'), { code: 'ODB_CLOSED' });
      using other = database.connect();
      assert.equal(other.root.has('unsaved'), false);
    });

    test('transactions are listed by path, user and time, newest first', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const tids: Tid[] = [];
      for (let n = 0; n < 9; n += 1) {
        connection.root.set('n', n);
        const paths = [n % 3 === 0 ? '/docs/a' : `/docs${n}`];
        tids.push(
          await connection.commit({ user: n % 2 === 0 ? 'ada' : 'bob', note: `n${n}`, paths }),
        );
      }
      const notes = (
        query: Parameters<typeof connection.transactions>[0],
      ): (string | undefined)[] => connection.transactions(query).items.map(({ note }) => note);
      assert.deepEqual(notes({ limit: 3 }), ['n8', 'n7', 'n6']);
      assert.deepEqual(notes({ limit: 9, path: '/docs' }), ['n6', 'n3', 'n0']);
      assert.deepEqual(notes({ limit: 9, user: 'bob' }), ['n7', 'n5', 'n3', 'n1']);
      assert.deepEqual(notes({ limit: 9, from: tids[2] as Tid, to: tids[4] as Tid }), [
        'n4',
        'n3',
        'n2',
      ]);
      const short = connection.transactions({ limit: 9, user: 'bob', scan: 3 });
      assert.deepEqual([short.items.map(({ note }) => note), short.next], [['n7'], tids[6]]);
      const rest = { limit: 9, user: 'bob', before: tids[6] as Tid };
      assert.deepEqual(notes(rest), ['n5', 'n3', 'n1']);
      const all: (string | undefined)[] = [];
      let before: Tid | undefined;
      do {
        const page = connection.transactions({
          limit: 2,
          ...(before === undefined ? {} : { before }),
        });
        all.push(...page.items.map(({ note }) => note));
        before = page.next;
      } while (before !== undefined);
      assert.deepEqual(all, [
        'n8',
        'n7',
        'n6',
        'n5',
        'n4',
        'n3',
        'n2',
        'n1',
        'n0',
        'Created the database',
      ]);
    });
  });
}
