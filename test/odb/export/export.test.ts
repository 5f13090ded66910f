import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { databaseKinds, fetched, newFolder, Page, type Folder } from '../databases.js';
import {
  exportSubtree,
  importSubtree,
  ImportOutsideError,
  PersistentList,
  PersistentMap,
  PersistentSet,
  type Connection,
  type Persistent,
} from '../../../odb/index.js';

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function exported(connection: Connection, object: Persistent): Promise<Buffer> {
  return bytesOf(exportSubtree(connection, object));
}

/** Cuts bytes into chunks of a size that fits nothing. */
function* inChunks(bytes: Uint8Array, size = 7): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

for (const { name, open } of databaseKinds) {
  describe(`export and import, ${name}`, () => {
    test('CT-misc-06: a folder comes with all below it, as new objects, into another database', async () => {
      await using from = await open();
      using source = from.connect();
      const folder = newFolder('news');
      source.root.set('site', folder);
      const inner = newFolder('inner');
      folder.insert(inner, 'inner');
      for (let n = 0; n < 300; n += 1) inner.insert(new Page({ title: `page ${n}` }), `p${n}`);
      const shared = new Page({ title: 'shared' });
      for (const id of ['p1', 'p2']) {
        const page = inner.children.get(id);
        assert.ok(page);
        page.author = shared;
        page.settings = { friends: [folder, shared], at: new Date(7), big: 10n ** 30n };
      }
      await source.commit();

      await using to = await open();
      using target = to.connect();
      const copy = (await importSubtree(target, inChunks(await exported(source, inner)), {
        unresolved: 'drop',
      })) as Folder;
      assert.equal(copy.place, undefined);
      target.root.set('copy', copy);
      await target.commit({ note: 'Import' });

      using fresh = to.connect();
      const found = fetched<Folder>(fresh, 'copy');
      assert.equal(found.title, 'inner');
      assert.equal(found.children.size, 300);
      const [one, two] = [found.children.get('p1'), found.children.get('p2')];
      assert.equal(one?.title, 'page 1');
      assert.equal(one.place?.container, found);
      assert.equal(one.author, two?.author);
      assert.equal((one.author as Page).title, 'shared');
      assert.deepEqual(one.settings, {
        friends: [null, one.author],
        at: new Date(7),
        big: 10n ** 30n,
      });
    });

    test('CT-misc-06: an import that is aborted leaves nothing', async () => {
      await using database = await open();
      using connection = database.connect();
      const folder = newFolder('news');
      connection.root.set('news', folder);
      folder.insert(new Page({ title: 'one' }), 'one');
      const tid = await connection.commit();
      const bytes = await exported(connection, folder);
      const copy = await importSubtree(connection, [bytes]);
      assert.ok(connection.hasChanges);
      connection.root.set('copy', copy);
      connection.abort();
      assert.ok(!connection.hasChanges);
      assert.equal(connection.root.get('copy'), undefined);
      connection.begin();
      assert.equal(connection.tid, tid);
      assert.equal(fetched<Folder>(connection, 'news').children.size, 1);
    });

    test('maps, sets and lists of any size come with their entries', async () => {
      await using from = await open();
      using source = from.connect();
      const SIZE = 2_000;
      const map = new PersistentMap();
      map.bulkLoad(Array.from({ length: SIZE }, (_, n) => [`k${String(n).padStart(6, '0')}`, n]));
      const set = new PersistentSet<string | number>([-1, 2.5, 'b', 'a', ...Array(SIZE).keys()]);
      const list = new PersistentList<unknown>(Array.from({ length: SIZE }, (_, n) => n * 2));
      map.set('list', list);
      map.set('set', set);
      list.insert(5, map, { in: [set] });
      source.root.set('map', map);
      await source.commit();

      await using to = await open({ cacheObjects: 50 });
      using target = to.connect();
      target.root.set(
        'map',
        await importSubtree(target, inChunks(await exported(source, map), 999)),
      );
      await target.commit();
      using fresh = to.connect();
      const copy = fetched<PersistentMap>(fresh, 'map');
      const copied = copy.get('list') as PersistentList;
      assert.equal(copy.size, SIZE + 2);
      assert.equal(copied.get(5), copy);
      assert.deepEqual(copied.get(6), { in: [copy.get('set')] });
      assert.deepEqual([...copied.values(7)], [...list.values(7)]);
      assert.deepEqual([...(copy.get('set') as PersistentSet)], [...set]);
      assert.deepEqual([...copy.keys()], [...map.keys()]);
    });

    test('blobs go along, once each', async () => {
      await using from = await open();
      await using to = await open();
      const content = Buffer.alloc(3_000_000, 'blob');
      const { sha256 } = await from.storage.blobs.put(content);
      using source = from.connect();
      const map = new PersistentMap<unknown>([
        ['a', { sha256 }],
        ['b', { sha256 }],
        ['none', 'f'.repeat(64)],
      ]);
      source.root.set('map', map);
      await source.commit();
      const bytes = await exported(source, map);
      assert.ok(bytes.length < 3_100_000);
      using target = to.connect();
      target.root.set('map', await importSubtree(target, inChunks(bytes, 70_001)));
      await target.commit();
      assert.ok(to.storage.blobs.read(sha256).equals(content));
    });

    test('a path outside begins with the place that the topmost object has in the root', async () => {
      await using from = await open();
      using source = from.connect();
      const site = newFolder('site');
      site.place = { container: source.root as unknown as Folder, id: 'site', order: 0 };
      source.root.set('site', site);
      const [page, author] = [new Page({ title: 'page' }), new Page({ title: 'author' })];
      site.insert(page, 'page');
      site.insert(author, 'author');
      page.author = author;
      await source.commit();
      const bytes = await exported(source, page);
      await using to = await open();
      using target = to.connect();
      await assert.rejects(importSubtree(target, inChunks(bytes)), (error) => {
        assert.ok(error instanceof ImportOutsideError);
        assert.deepEqual(
          error.references.map(({ path }) => path),
          [['site', 'author']],
        );
        return true;
      });
      const again = await importSubtree(source, inChunks(bytes));
      assert.equal((again as Page).author, author);
    });

    test('what is in another container is a path, found again where there is the same', async () => {
      await using from = await open();
      using source = from.connect();
      const [site, part] = [newFolder('site'), newFolder('part')];
      source.root.set('site', site);
      const other = new Page({ title: 'other' });
      site.insert(other, 'other');
      site.insert(part, 'part');
      part.insert(new Page({ title: 'page', author: other }), 'page');
      part.insert(new Page({ title: 'page', author: site, settings: { up: [other, part] } }), 'up');
      await source.commit();
      const bytes = await exported(source, part);

      // Into the same database: beside the first.
      const copy = (await importSubtree(source, [bytes])) as Folder;
      site.insert(copy, 'copy');
      await source.commit();
      assert.equal(copy.children.get('page')?.author, other);
      assert.equal(copy.children.get('up')?.author, site);
      assert.deepEqual(copy.children.get('up')?.settings, { up: [other, copy] });

      await using to = await open();
      using target = to.connect();
      await assert.rejects(importSubtree(target, [bytes]), (error) => {
        assert.ok(error instanceof ImportOutsideError);
        assert.equal(error.code, 'ODB_IMPORT_OUTSIDE');
        const paths = error.references.map(({ path, className }) => [path?.join('/'), className]);
        assert.deepEqual(paths.sort(), [
          ['site', 'test.Folder'],
          ['site/other', 'test.Page'],
        ]);
        return true;
      });
      assert.ok(!target.hasChanges);
      const mine = new Page({ title: 'mine' });
      const resolved = (await importSubtree(target, [bytes], { resolve: () => mine })) as Folder;
      assert.equal(resolved.children.get('page')?.author, mine);
      target.abort();
      const dropped = (await importSubtree(target, [bytes], { unresolved: 'drop' })) as Folder;
      assert.equal(dropped.children.get('page')?.author, undefined);
      assert.deepEqual(dropped.children.get('up')?.settings, { up: [null, dropped] });
    });

    test('the past is exported as it was', async () => {
      await using database = await open();
      using connection = database.connect();
      const folder = newFolder('old');
      connection.root.set('folder', folder);
      folder.insert(new Page({ title: 'gone' }), 'gone');
      const then = await connection.commit();
      folder.title = 'new';
      folder.remove('gone');
      await connection.commit();
      using past = database.connect({ at: then });
      const copy = (await importSubtree(connection, [
        await exported(past, fetched<Folder>(past, 'folder')),
      ])) as Folder;
      assert.equal(copy.title, 'old');
      assert.equal(copy.children.get('gone')?.title, 'gone');
      const mine = await exported(connection, copy);
      const again = (await importSubtree(connection, [mine])) as Folder;
      assert.equal(again.children.get('gone')?.title, 'gone');
      await assert.rejects(importSubtree(past, [mine]), { code: 'ODB_READ_ONLY_PAST' });
    });

    test('a version is exported as it shows, and imported into', async () => {
      await using database = await open();
      using connection = database.connect();
      const [folder, desk] = [newFolder('main'), new Page({ title: 'desk' })];
      connection.root.set('folder', folder);
      connection.root.set('desk', desk);
      for (let n = 0; n < 100; n += 1) folder.insert(new Page({ title: `${n}` }), `p${n}`);
      await connection.commit();
      assert.ok(desk.oid !== undefined);
      using version = database.connect({ version: desk.oid });
      const mine = fetched<Folder>(version, 'folder');
      mine.title = 'mine';
      mine.insert(new Page({ title: 'new' }), 'new');
      mine.remove('p7');
      await version.commit();

      const bytes = await exported(version, mine);
      const copy = (await importSubtree(connection, [bytes])) as Folder;
      assert.equal(copy.title, 'mine');
      assert.equal(copy.children.size, 100);
      assert.equal(copy.children.get('new')?.title, 'new');
      assert.equal(copy.children.has('p7'), false);
      connection.abort();

      version.root.set('copy', await importSubtree(version, [bytes]));
      await version.commit();
      assert.equal(fetched<Folder>(version, 'copy').children.size, 100);
      connection.begin();
      assert.equal(connection.root.has('copy'), false);
    });

    test('what is contained goes along in whatever order it is met', async () => {
      await using database = await open();
      using connection = database.connect();
      const [site, part, loose, elsewhere] = ['site', 'part', 'loose', 'elsewhere'].map(newFolder);
      assert.ok(site && part && loose && elsewhere);
      connection.root.set('site', site);
      connection.root.set('elsewhere', elsewhere);
      site.insert(part, 'part');
      const [inLoose, deep] = [newFolder('in'), new Page({ title: 'deep' })];
      loose.insert(inLoose, 'in');
      inLoose.insert(deep, 'deep');
      const far = new Page({ title: 'far' });
      elsewhere.insert(far, 'far');
      // What is in the loose folder is met before the folder, which nothing contains.
      part.settings = { a: deep, b: far, c: new PersistentList([inLoose, far]), d: { e: loose } };
      await connection.commit();
      const [bytes] = [await exported(connection, part)];
      const copy = (await importSubtree(connection, [bytes])) as Folder;
      const { a, b, c, d } = copy.settings as Record<string, unknown>;
      const copied = (d as { e: Folder }).e;
      const [inner, outer] = [...(c as PersistentList)];
      assert.notEqual(copied, loose);
      assert.equal(b, far);
      assert.equal(outer, far);
      assert.equal(inner, copied.children.get('in'));
      assert.equal(a, (inner as Folder).children.get('deep'));
      assert.equal((a as Page).place?.container, inner);
    });

    test('more objects than are held in memory come, and go with an abort', async () => {
      const SIZE = Number(process.env.CANOPY_IMPORT_OBJECTS ?? 2_000);
      await using from = await open({ cacheObjects: 100 });
      using source = from.connect();
      const map = new PersistentMap<Page>();
      source.root.set('map', map);
      map.bulkLoad(
        Array.from({ length: SIZE }, (_, n) => [
          `k${String(n).padStart(9, '0')}`,
          new Page({ title: `${n}`, hits: n }),
        ]),
      );
      await source.commit();
      const bytes = await exported(source, map);
      await using to = await open({ cacheObjects: 100 });
      using target = to.connect();
      target.root.set('before', 1);
      await importSubtree(target, inChunks(bytes, 10_000));
      target.abort();
      assert.ok(!target.hasChanges);
      await assert.rejects(importSubtree(target, inChunks(bytes.subarray(0, -60), 10_000)));
      assert.ok(!target.hasChanges);
      target.root.set('map', await importSubtree(target, inChunks(bytes, 10_000)));
      await target.commit();
      using fresh = to.connect();
      const copy = fetched<PersistentMap<Page>>(fresh, 'map');
      let sum = 0;
      for (const page of copy.values()) sum += page.hits;
      assert.equal(sum, (SIZE * (SIZE - 1)) / 2);
    });

    test('an export ends with its transaction, and with its signal', async () => {
      await using database = await open();
      using connection = database.connect();
      const folder = newFolder('news');
      connection.root.set('news', folder);
      for (let n = 0; n < 500; n += 1) folder.insert(new Page(), `p${n}`);
      await connection.commit();
      await assert.rejects(
        async () => {
          for await (const _ of exportSubtree(connection, folder, {
            onProgress(done) {
              if (done === 3) connection.begin();
            },
          }));
        },
        { code: 'ODB_TRANSACTION_ENDED' },
      );
      const stop = new AbortController();
      const onProgress = (done: number): void => {
        if (done === 3) stop.abort(new Error('enough'));
      };
      const { signal } = stop;
      await assert.rejects(
        bytesOf(exportSubtree(connection, folder, { signal, onProgress })),
        /enough/,
      );
      const bytes = await exported(connection, folder);
      const again = new AbortController();
      await assert.rejects(
        importSubtree(connection, [bytes], {
          signal: again.signal,
          onProgress: () => again.abort(new Error('enough')),
        }),
        /enough/,
      );
      assert.ok(!connection.hasChanges);
    });

    test('the same state gives the same bytes, whatever the oids', async () => {
      await using database = await open();
      using connection = database.connect();
      const folder = newFolder('same');
      for (let n = 0; n < 5; n += 1) folder.insert(new Page({ title: `${n}` }), `p${n}`);
      connection.root.set('folder', folder);
      await connection.commit();
      const first = await exported(connection, folder);
      const copy = await importSubtree(connection, [first]);
      const second = await exported(connection, copy);
      // But for the header, which says where the object was, and the checksum of all.
      const length = (bytes: Buffer): number => 8 + 9 + bytes.readUInt32BE(9);
      assert.deepEqual(second.subarray(length(second), -41), first.subarray(length(first), -41));
    });
  });
}
