/** Exporting and importing what one side does not know, knows otherwise, or never stores. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  BrokenObject,
  exportSubtree,
  importSubtree,
  ImportError,
  Persistent,
  PersistentList,
  PersistentMap,
  PersistentSet,
  Ref,
  volatile,
  type Connection,
  type Database,
  type Oid,
} from '../../../odb/index.js';
import { treeGet } from '../../../odb/trees/btree.js';
import { check } from '../../../odb/check/check.js';
import { EXPORT_FORMAT, FrameWriter } from '../../../odb/export/export-format.js';
import { decodeNode, type OidNode } from '../../../odb/trees/node-record.js';
import { encodeValue } from '../../../odb/records/record.js';
import { databaseKinds, fetched, newFolder, Page } from '../databases.js';
import { Person, PERSON, PERSON_ONCE } from '../support/person.js';
import { put, stateIn } from '../support/requests.js';

const GONE = 'test.export.Gone';
const GONE_TREE = 'test.export.GoneTree';

class Cached extends Persistent {
  static {
    this.define('test.export.Cached', { title: '', cache: volatile(0) });
  }

  declare title: string;
  declare cache: number;
}

class Index extends PersistentMap {
  static {
    this.define('test.export.Index', {}, { derived: true });
  }
}

async function bytesOf(connection: Connection, object: Persistent): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportSubtree(connection, object)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Makes an export of one object by hand. */
function streamOf(className: string, state: object): Uint8Array {
  const writer = new FrameWriter();
  const head = { format: EXPORT_FORMAT, objects: 1, outside: 0, className, tid: 1 };
  return Buffer.concat([
    writer.begin(),
    writer.frame('H', encodeValue(head)),
    writer.frame('R', encodeValue([1, className, state])),
    writer.end(),
  ]);
}

/** Stores a map or list as one of a class that nobody knows. */
async function storedAsGone(
  { storage }: Database,
  connection: Connection,
  tree: Persistent,
): Promise<Persistent> {
  connection.root.set('tree', tree);
  await connection.commit();
  const { oid } = tree;
  assert.ok(oid !== undefined);
  using reader = storage.snapshot();
  const gone = storage.allocate(1);
  await put(storage, gone, stateIn(reader, oid), { className: GONE_TREE });
  connection.begin();
  return connection.get(gone);
}

for (const { name, open } of databaseKinds) {
  describe(`classes in exports, ${name}`, () => {
    test('an object of an unknown class goes along as it is stored', async () => {
      await using from = await open();
      using source = from.connect();
      const page = new Page({ title: 'known' });
      source.root.set('page', page);
      await source.commit();
      assert.ok(page.oid !== undefined);
      const state = { title: 'kept', friend: new Ref(page.oid), $version: 7, when: new Date(5) };
      const oid = from.storage.allocate(1);
      await put(from.storage, oid, state, { className: GONE });
      source.begin();
      const bytes = await bytesOf(source, source.get(oid));

      await using to = await open();
      using target = to.connect();
      target.root.set('gone', await importSubtree(target, [bytes]));
      await target.commit();
      using fresh = to.connect();
      const gone = fresh.root.get('gone');
      assert.ok(gone instanceof BrokenObject);
      assert.equal(gone.className, GONE);
      const { friend, ...others } = gone.state;
      assert.deepEqual(others, { title: 'kept', $version: 7, when: new Date(5) });
      assert.equal((friend as Page).title, 'known');
    });

    test('a map of an unknown class keeps its tree', async () => {
      await using from = await open();
      using source = from.connect();
      const map = new PersistentMap();
      for (let n = 0; n < 200; n += 1) map.set(`k${String(n).padStart(3, '0')}`, n);
      const bytes = await bytesOf(source, await storedAsGone(from, source, map));
      await using to = await open();
      using target = to.connect();
      target.root.set('gone', await importSubtree(target, [bytes]));
      await target.commit();
      const gone = target.root.get('gone');
      assert.ok(gone instanceof BrokenObject && gone.oid !== undefined);
      using reader = to.storage.snapshot();
      const read = (oid: Oid): OidNode => {
        const loaded = reader.load(oid);
        assert.ok(loaded !== undefined);
        return decodeNode(loaded.record);
      };
      const store = { read, write: refuse, create: refuse, kill: refuse };
      for (let n = 0; n < 200; n += 1) {
        assert.equal(treeGet(store, gone.oid, `k${String(n).padStart(3, '0')}`), n);
      }
    });

    test('a list of an unknown class keeps its parts', async () => {
      await using from = await open();
      using source = from.connect();
      const list = new PersistentList(Array(200).keys());
      const gone = await storedAsGone(from, source, list);
      const copy = await importSubtree(source, [await bytesOf(source, gone)]);
      source.root.set('copy', copy);
      await source.commit();
      assert.ok(copy instanceof BrokenObject);
      const parts = (object: Persistent): unknown[] =>
        ((object as BrokenObject).state.children as Persistent[]).map((part) => {
          const { list: _, ...state } = part.$state();
          return state;
        });
      assert.ok(parts(gone).length > 3);
      assert.deepEqual(parts(copy), parts(gone));
      assert.deepEqual(copy.state.counts, (gone as BrokenObject).state.counts);
    });

    test('maps of derived classes come with their entries', async () => {
      await using from = await open();
      using source = from.connect();
      const index = new Index([['a', 1]]);
      source.root.set('index', index);
      const bytes = await bytesOf(source, index);
      await using to = await open();
      using target = to.connect();
      const copy = await importSubtree(target, [bytes]);
      assert.ok(copy instanceof Index);
      assert.deepEqual([...copy], [['a', 1]]);
    });

    test('volatile attributes are left out', async () => {
      await using from = await open();
      using source = from.connect();
      const cached = new Cached({ title: 'one' });
      source.root.set('cached', cached);
      await source.commit();
      cached.cache = 7;
      const copy = (await importSubtree(source, [await bytesOf(source, cached)])) as Cached;
      assert.deepEqual([copy.title, copy.cache], ['one', 0]);
    });

    test('states of older versions are migrated, newer ones are refused', async () => {
      await using database = await open();
      using connection = database.connect();
      const old = streamOf(PERSON_ONCE, { first: 'Ada', last: 'Lovelace', visits: 3 });
      const ada = (await importSubtree(connection, [old])) as Person;
      assert.ok(ada instanceof Person);
      assert.deepEqual([ada.name, ada.visits], ['Ada Lovelace', 3]);
      connection.root.set('ada', ada);
      await connection.commit();
      using fresh = database.connect();
      assert.equal(fetched<Person>(fresh, 'ada').name, 'Ada Lovelace');
      const newer = streamOf(PERSON, { name: 'Ada', $version: 99 });
      await assert.rejects(importSubtree(connection, [newer]), (error) => {
        return error instanceof ImportError && error.code === 'ODB_VERSION' && error.offset > 0;
      });
      assert.ok(!connection.hasChanges);
    });

    test('what refers to nothing is left out', async () => {
      await using database = await open();
      using connection = database.connect();
      const nothing = database.storage.allocate(1);
      const oid = database.storage.allocate(1);
      const to = new Ref(nothing);
      await put(database.storage, oid, { author: to, tags: [1, to] });
      connection.begin();
      const page = connection.get(oid);
      connection.root.set(
        'map',
        new PersistentMap<unknown>([
          ['gone', connection.get(nothing)],
          ['page', page],
        ]),
      );
      const bytes = await bytesOf(connection, fetched(connection, 'map'));
      const copy = (await importSubtree(connection, [bytes])) as PersistentMap<Page>;
      assert.deepEqual([...copy.keys()], ['page']);
      assert.equal(copy.get('page')?.author, undefined);
      assert.deepEqual(copy.get('page')?.tags, [1, null]);
    });

    test('an imported database is sound', async () => {
      await using database = await open();
      using connection = database.connect();
      const folder = newFolder('news');
      connection.root.set('news', folder);
      for (let n = 0; n < 500; n += 1) folder.insert(new Page({ title: `${n}` }), `p${n}`);
      folder.settings = {
        list: new PersistentList(Array(500).keys()),
        set: new PersistentSet(Array(500).keys()),
      };
      await connection.commit();
      connection.root.set(
        'copy',
        await importSubtree(connection, [await bytesOf(connection, folder)]),
      );
      await connection.commit();
      assert.deepEqual((await check(database.storage)).findings, []);
    });
  });
}

function refuse(): never {
  throw new Error('The tree is only read');
}
