import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError, Persistent } from '../../../odb/index.js';
import { CatalogStore } from '../../../server/catalog/catalog-store.js';
import { Invalid } from '../../../server/errors.js';
import { databaseKinds, fetched } from '../../odb/databases.js';
import { catalogIn, found, openCatalog, TestDocument } from './catalogs.js';

const KIND = { name: 'kind', type: 'field' };
const TAGS = { name: 'tags', type: 'keyword' };
const TEXT = { name: 'title', type: 'text' };

function fields(indexes: unknown): string[] {
  const store = CatalogStore.empty();
  try {
    store.configure({ indexes });
  } catch (error) {
    assert.ok(error instanceof Invalid, String(error));
    return error.errors.map(({ field }) => field);
  }
  return [];
}

describe('what a catalog is to keep', () => {
  test('definitions are checked, and each fault is named by its place', () => {
    const composite = { name: 'both', type: 'composite' };
    const faults: readonly (readonly [unknown, readonly string[]])[] = [
      ['kind', ['indexes']],
      [[7], ['indexes[0]']],
      [[{ name: '1st', type: 'field' }], ['indexes[0].name']],
      [[{ name: 'or', type: 'field' }], ['indexes[0].name']],
      [[{ name: 'query', type: 'field' }], ['indexes[0].name']],
      [[{ name: 'kind', type: 'tree' }], ['indexes[0].type']],
      [[KIND, KIND], ['indexes[1].name']],
      [[{ ...KIND, source: '' }], ['indexes[0].source']],
      [[{ ...KIND, fields: ['a'] }], ['indexes[0].fields']],
      [[{ ...KIND, filters: [] }], ['indexes[0].filters']],
      [[{ ...KIND, language: 'de' }], ['indexes[0].language']],
      [[{ ...KIND, boosts: {} }], ['indexes[0].boosts']],
      [[{ ...TEXT, boosts: { body: 2 } }], ['indexes[0].boosts']],
      [[{ ...TEXT, boosts: { title: 0 } }], ['indexes[0].boosts']],
      [[{ ...TEXT, boosts: { title: '2' } }], ['indexes[0].boosts']],
      [[{ name: 'when', type: 'dateRange', fields: ['since'] }], ['indexes[0].fields']],
      [[KIND, { ...composite, fields: ['kind'] }], ['indexes[1].fields']],
      [[KIND, { ...composite, fields: ['kind', 'price'] }], ['indexes[1].fields']],
      [[KIND, { ...composite, fields: ['kind', 'kind'] }], ['indexes[1].fields']],
      [
        [KIND, { name: 'path', type: 'path' }, { ...composite, fields: ['kind', 'path'] }],
        ['indexes[2].fields'],
      ],
      [
        [TAGS, { ...TAGS, name: 'words' }, { ...composite, fields: ['tags', 'words'] }],
        ['indexes[2].fields'],
      ],
      [[{ name: 'topic', type: 'topic' }], ['indexes[0].filters']],
      [[{ name: 'topic', type: 'topic', filters: [{ id: 'x' }] }], ['indexes[0].filters[0]']],
      [
        [{ name: 'topic', type: 'topic', filters: [{ id: 'x', query: { kind: 1 } }] }],
        ['indexes[0].filters'],
      ],
      [
        [KIND, { name: 'topic', type: 'topic', filters: [{ id: 'x', query: {} }] }],
        ['indexes[1].filters'],
      ],
      [
        [
          { name: 'path', type: 'path' },
          { name: 'topic', type: 'topic', filters: [{ id: 'x', query: { path: 5 } }] },
        ],
        ['indexes[1].filters'],
      ],
      [Array.from({ length: 101 }, (_, i) => ({ name: `i${i}`, type: 'field' })), ['indexes']],
      [[{ ...KIND, types: 'Document' }], ['indexes[0].types']],
      [[{ ...KIND, types: [7] }], ['indexes[0].types']],
      [
        [KIND, TAGS, { ...composite, fields: ['kind', 'tags'], types: ['A'] }],
        ['indexes[2].types'],
      ],
    ];
    for (const [given, expected] of faults) {
      assert.deepEqual(fields(given), expected, JSON.stringify(given));
    }
    assert.throws(() => CatalogStore.empty().configure({ columns: 'title' }), Invalid);
    assert.throws(() => CatalogStore.empty().configure({ columns: ['title', 5] }), Invalid);
    const columns = [{ name: 'title', types: [5] }];
    assert.throws(
      () => CatalogStore.empty().configure({ columns }),
      (error) => error instanceof Invalid && error.errors[0]?.field === 'columns[0].types',
    );
  });

  test('an index that is added begins empty; others keep what they have', async () => {
    await using opened = await openCatalog([KIND]);
    const { store, connection } = opened;
    const document = new TestDocument({ kind: 'a', tags: ['x', 'y'] });
    store.indexDocument(5, document);
    await connection.commit();
    assert.deepEqual(store.configure({ indexes: [KIND, TAGS] }), {
      added: ['tags'],
      removed: [],
      columns: false,
    });
    assert.deepEqual(found(store, { tags: 'x' }), []);
    assert.deepEqual(found(store, { kind: 'a' }), [5]);
    assert.equal(store.indexDocument(5, document, ['tags']), true);
    assert.equal(store.indexDocument(5, document), false);
    await connection.commit();
    assert.deepEqual(found(store, { tags: 'y' }), [5]);
  });

  test('an index that comes back under its name knows nothing of what it had', async () => {
    await using opened = await openCatalog([KIND, TAGS]);
    const { store, connection } = opened;
    store.indexDocument(5, new TestDocument({ kind: 'a', tags: ['x'] }));
    await connection.commit();
    assert.deepEqual(store.configure({ indexes: [KIND] }).removed, ['tags']);
    await connection.commit();
    store.configure({ indexes: [KIND, TAGS] });
    assert.deepEqual(found(store, { tags: 'x' }), []);
    assert.equal(store.indexDocument(5, new TestDocument({ kind: 'a', tags: ['x'] })), true);
    assert.deepEqual(found(store, { tags: 'x' }), [5]);
  });

  test('one that is defined otherwise begins empty, with those that ask it', async () => {
    const both = { name: 'both', type: 'composite', fields: ['kind', 'tags'] };
    const topic = {
      name: 'topic',
      type: 'topic',
      filters: [{ id: 'a', query: { kind_not: 'b' } }],
    };
    const other = { name: 'other', type: 'topic', filters: [{ id: 'x', query: { tags: 'x' } }] };
    await using opened = await openCatalog([KIND, TAGS, both, topic, other]);
    const { store } = opened;
    const change = store.configure({
      indexes: [{ ...KIND, source: 'sort' }, TAGS, both, topic, other],
    });
    assert.deepEqual(change.added, ['kind', 'both', 'topic']);
    assert.deepEqual(store.renew('tags'), ['tags', 'both', 'other']);
    assert.throws(() => store.renew('none'), { code: 'SRV_QUERY' });
    assert.deepEqual(store.configure({}), { added: [], removed: [], columns: false });
  });

  test('an index that another asks cannot be taken away', async () => {
    const topic = { name: 'topic', type: 'topic', filters: [{ id: 'a', query: { kind: 'a' } }] };
    await using opened = await openCatalog([KIND, topic]);
    const { store, connection } = opened;
    assert.throws(() => store.configure({ indexes: [topic] }), Invalid);
    assert.equal(connection.hasChanges, false);
    assert.deepEqual([...store.indexes.keys()], ['kind', 'topic']);
  });
});

describe('documents of a catalog', () => {
  test('columns are plain data as it was when the document was indexed', async () => {
    await using opened = await openCatalog(
      [KIND],
      ['kind', 'title', 'made', 'parts', 'object', 'long'],
    );
    const { store, connection } = opened;
    const made = new Date(5);
    const values = {
      kind: 'a',
      title: 'T',
      made,
      parts: [{ n: 1 }, store],
      object: store,
      long: 'x'.repeat(20_000),
    };
    store.indexDocument(5, new TestDocument(values));
    await connection.commit();
    const [hit] = store.search({ kind: 'a' }).hits;
    const { long, ...others } = hit?.columns ?? {};
    assert.deepEqual(others, { kind: 'a', title: 'T', made, parts: [{ n: 1 }] });
    assert.equal(String(long).length, 10_000);
    assert.equal(store.indexDocument(5, new TestDocument({ ...values, title: 'U' })), true);
    assert.equal(store.columnsOf(5)?.title, 'U');
    assert.equal(store.columnsOf(6), undefined);
  });

  test('an explanation tells what is indexed, why not, and whether it is current', async () => {
    await using opened = await openCatalog([
      KIND,
      TAGS,
      { name: 'day', type: 'date' },
      { name: 'path', type: 'path' },
    ]);
    const { store } = opened;
    const document = new TestDocument(
      { kind: ['a'], tags: ['x', 'y'], day: 'soon' },
      { ancestors: [5, 2, 1] },
    );
    store.indexDocument(5, document);
    const told = store.explain(5, document);
    assert.equal(told?.container, 2);
    const rows = told?.indexes.map(({ name, values, problem }) => [name, values, problem]);
    assert.deepEqual(rows, [
      ['kind', [], 'its value is a list, for which there are keyword indexes'],
      ['tags', ['x', 'y'], undefined],
      ['day', [], 'its value, of type string, is no date'],
      ['path', [5, 2, 1], undefined],
    ]);
    assert.ok(told?.indexes.every(({ isCurrent }) => isCurrent));
    const later = store.explain(
      5,
      new TestDocument({ kind: 'a', tags: ['x', 'y'] }, { ancestors: [5, 2, 1] }),
    );
    assert.deepEqual(
      later?.indexes.filter(({ isCurrent }) => !isCurrent).map(({ name }) => name),
      ['kind'],
    );
    assert.equal(store.explain(5)?.indexes[0]?.problem, undefined);
    assert.equal(store.explain(6), undefined);
  });

  test('an index that names types holds their objects alone; others have no value in it', async () => {
    const both = { name: 'both', type: 'composite', fields: ['kind', 'tags'] };
    const topic = { name: 'topic', type: 'topic', filters: [{ id: 'a', query: { kind: 'a' } }] };
    const kind = { ...KIND, types: ['News', 'Event'] };
    await using opened = await openCatalog([kind, TAGS, both, topic]);
    const { store } = opened;
    store.configure({ columns: ['kind', { name: 'tags', types: ['News'] }] });
    const values = { kind: 'a', tags: ['x'] };
    const page = new TestDocument(values, { type: 'Page' });
    store.indexDocument(5, page);
    store.indexDocument(6, new TestDocument(values, { type: 'News' }));
    store.indexDocument(7, new TestDocument({ kind: 'b', tags: ['x'] }, { type: 'Event' }));

    assert.deepEqual(found(store, { kind: ['a', 'b'] }), [6, 7]);
    assert.deepEqual(found(store, { kind: { not: 'b' } }), [6]);
    assert.deepEqual(found(store, { kind: 'a', tags: 'x' }), [6]);
    assert.deepEqual(found(store, { topic: 'a' }), [6]);
    assert.deepEqual(found(store, { tags: 'x' }, { sort: '-kind' }), [7, 6, 5]);
    assert.deepEqual(found(store, { tags: 'x' }, { sort: 'kind' }), [6, 7, 5]);
    const { facets } = store.search({ tags: 'x' }, { facets: ['kind'] });
    assert.deepEqual(facets, {
      kind: [
        { value: 'a', count: 1 },
        { value: 'b', count: 1 },
      ],
    });
    assert.deepEqual(store.columnsOf(5), { kind: 'a' });
    assert.deepEqual(store.columnsOf(6), { kind: 'a', tags: ['x'] });
    const [told, other] = store.explain(5, page)?.indexes ?? [];
    assert.deepEqual(
      [told?.leavesOut, told?.values, told?.problem, told?.isCurrent],
      [true, [], undefined, true],
    );
    assert.equal(other?.leavesOut, false);
  });

  test('other types leave in an index what it has until documents are indexed again', async () => {
    const topic = { name: 'topic', type: 'topic', filters: [{ id: 'a', query: { kind: 'a' } }] };
    await using opened = await openCatalog([KIND, TAGS, topic]);
    const { store } = opened;
    const documents = ['Page', 'News'].map((type) => new TestDocument({ kind: 'a' }, { type }));
    const indexAll = (): void => {
      for (const [at, document] of documents.entries()) {
        store.indexDocument(5 + at, document, ['kind', 'topic']);
      }
    };
    indexAll();
    const { added } = store.configure({ indexes: [{ ...KIND, types: ['News'] }, TAGS, topic] });
    assert.deepEqual(added, ['kind', 'topic']);
    assert.deepEqual(found(store, { kind: 'a' }), [5, 6]);
    indexAll();
    assert.deepEqual([found(store, { kind: 'a' }), found(store, { topic: 'a' })], [[6], [6]]);
    assert.deepEqual(store.configure({ indexes: [KIND, TAGS, topic] }).added, ['kind', 'topic']);
    indexAll();
    assert.deepEqual(
      [found(store, { kind: 'a' }), found(store, { topic: 'a' })],
      [
        [5, 6],
        [5, 6],
      ],
    );
  });

  test('forgetting all documents keeps the indexes', async () => {
    await using opened = await openCatalog([KIND], ['kind']);
    const { store, connection } = opened;
    store.indexDocument(5, new TestDocument({ kind: 'a' }));
    await connection.commit();
    assert.equal(store.hasDocument(5), true);
    store.clear();
    assert.deepEqual(
      [store.size, store.hasDocument(5), found(store, { kind: 'a' })],
      [0, false, []],
    );
    store.indexDocument(6, new TestDocument({ kind: 'a' }));
    await connection.commit();
    assert.deepEqual(found(store, { kind: 'a' }), [6]);
  });

  test('a change writes what is different, and nothing where nothing is', async () => {
    await using opened = await openCatalog([KIND, TAGS]);
    const { store, connection } = opened;
    store.indexDocument(5, new TestDocument({ kind: 'a', tags: ['x', 'y'] }));
    await connection.commit();
    assert.equal(
      store.indexDocument(5, new TestDocument({ kind: 'a', tags: ['y', 'x', 'x'] })),
      false,
    );
    assert.equal(connection.hasChanges, false);
    assert.equal(store.indexDocument(5, new TestDocument({ kind: 'b', tags: ['x', 'y'] })), true);
    assert.equal(connection.changed.size, 2, 'the record and one leaf');
  });
});

for (const kind of databaseKinds) {
  describe(`a catalog in the database, ${kind.name}`, () => {
    test('edits of different documents at the same time never conflict', async () => {
      await using database = await kind.open();
      using first = database.connect();
      const store = CatalogStore.empty();
      first.root.set('catalog', store);
      store.configure({ indexes: [KIND, TAGS, { name: 'path', type: 'path' }] });
      for (let i = 0; i < 60; i += 1) {
        store.indexDocument(
          100 + i,
          new TestDocument({ kind: 'a', tags: ['x'] }, { ancestors: [100 + i, 1] }),
        );
      }
      await first.commit();
      const writers = Array.from({ length: 4 }, () => database.connect());
      for (let round = 0; round < 5; round += 1) {
        for (const connection of writers) connection.begin();
        for (const [w, connection] of writers.entries()) {
          const mine = catalogIn(connection);
          connection.readCurrent(mine);
          for (let i = 0; i < 4; i += 1) {
            const id = 100 + round * 4 + i + w * 20;
            const values = { kind: `k${round}`, tags: ['x', `t${w}`] };
            if (id < 160) mine.indexDocument(id, new TestDocument(values, { ancestors: [id, 1] }));
            mine.indexDocument(
              1_000 + id * 4 + w,
              new TestDocument(values, { ancestors: [id, 1] }),
            );
          }
          if (round === 4) mine.removeDocument(100 + w * 15);
        }
        await Promise.all(writers.map((connection) => connection.commit()));
      }
      for (const connection of writers) connection.close();
      first.begin();
      assert.equal(store.size, 60 + 80 - 4);
      const all = found(store, { path: 1 });
      assert.equal(all.length, 60 + 80 - 4);
      for (const id of all) {
        const values = store.explain(id)?.indexes[0]?.values ?? [];
        assert.ok(found(store, { kind: values }).includes(id));
      }
    });

    test('two edits of one document, or an edit and its removal, conflict', async () => {
      await using database = await kind.open();
      using first = database.connect();
      const store = CatalogStore.empty();
      first.root.set('catalog', store);
      store.configure({ indexes: [KIND] });
      store.indexDocument(5, new TestDocument({ kind: 'a' }));
      await first.commit();
      using second = database.connect();
      store.indexDocument(5, new TestDocument({ kind: 'b' }));
      catalogIn(second).indexDocument(5, new TestDocument({ kind: 'c' }));
      await first.commit();
      await assert.rejects(second.commit(), ConflictError);
      second.abort();
      second.begin();
      catalogIn(second).indexDocument(5, new TestDocument({ kind: 'c' }));
      store.removeDocument(5);
      await first.commit();
      await assert.rejects(second.commit(), ConflictError);
    });

    test('an index that is added while a document is indexed misses nobody: one begins again', async () => {
      await using database = await kind.open();
      using first = database.connect();
      const store = CatalogStore.empty();
      first.root.set('catalog', store);
      store.configure({ indexes: [KIND] });
      await first.commit();
      using second = database.connect();
      const mine = catalogIn(second);
      second.readCurrent(mine);
      mine.indexDocument(5, new TestDocument({ kind: 'a', tags: ['x'] }));
      store.configure({ indexes: [KIND, TAGS] });
      await first.commit();
      await assert.rejects(second.commit(), ConflictError);
    });

    test('an undo leaves the catalog alone, and it is derived again', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const store = CatalogStore.empty();
      connection.root.set('catalog', store);
      store.configure({ indexes: [KIND] });
      const page = new Titled({ kind: 'old' });
      connection.root.set('page', page);
      const docid = connection.add(page);
      store.indexDocument(docid, new TestDocument({ kind: 'old' }));
      await connection.commit();
      page.kind = 'new';
      store.indexDocument(docid, new TestDocument({ kind: 'new' }));
      const edit = await connection.commit();
      // A later edit of another document touches the same leaves, and is not in the way.
      store.indexDocument(docid + 1_000, new TestDocument({ kind: 'new' }));
      await connection.commit();
      const plan = connection.planUndo([edit]);
      assert.equal(plan.possible, true);
      for (const object of connection.applyUndo(plan)) {
        assert.ok(object instanceof Titled, 'nothing of the catalog is undone');
        store.indexDocument(docid, new TestDocument({ kind: object.kind }));
      }
      await connection.commit();
      assert.deepEqual(found(store, { kind: 'old' }), [docid]);
      assert.deepEqual(found(store, { kind: 'new' }), [docid + 1_000]);
    });

    test('a version has its own entries over those of main', async () => {
      await using database = await kind.open();
      using main = database.connect();
      const store = CatalogStore.empty();
      const holder = new Titled({ kind: 'version' });
      main.root.set('catalog', store);
      main.root.set('version', holder);
      store.configure({ indexes: [KIND, TAGS], columns: ['kind'] });
      for (let i = 0; i < 200; i += 1) {
        store.indexDocument(
          100 + i,
          new TestDocument({ kind: `k${i % 4}`, tags: ['x', `t${i % 3}`] }),
        );
      }
      await main.commit();
      const version = holder.oid;
      assert.ok(version !== undefined);
      {
        using inside = database.connect({ version });
        const mine = catalogIn(inside);
        inside.readCurrent(mine);
        for (let i = 0; i < 50; i += 1)
          mine.indexDocument(100 + i, new TestDocument({ kind: 'mine', tags: ['x'] }));
        mine.removeDocument(299);
        await inside.commit();
      }
      store.indexDocument(250, new TestDocument({ kind: 'late', tags: [] }));
      await main.commit();
      using later = database.connect({ version });
      const seen = catalogIn(later);
      assert.deepEqual(
        found(seen, { kind: 'mine' }),
        Array.from({ length: 50 }, (_, i) => 100 + i),
      );
      assert.deepEqual(found(seen, { kind: 'late' }), [250]);
      assert.equal(seen.search({ tags: 'x' }).total, 198);
      assert.equal(seen.size, 199);
      assert.equal(seen.search({ kind: 'mine' }, { sort: 'kind' }).hits[0]?.columns.kind, 'mine');
      assert.deepEqual(found(store, { kind: 'mine' }), []);
      assert.equal(store.search({ tags: 'x' }).total, 199);
      assert.equal(store.size, 200);
    });

    test('another connection finds what was committed', async () => {
      await using database = await kind.open();
      {
        using connection = database.connect();
        const store = CatalogStore.empty();
        connection.root.set('catalog', store);
        store.configure({ indexes: [KIND], columns: ['kind'] });
        store.indexDocument(7, new TestDocument({ kind: 'a' }));
        await connection.commit();
      }
      using other = database.connect();
      assert.deepEqual(fetched<CatalogStore>(other, 'catalog').search({ kind: 'a' }).hits, [
        { docid: 7, columns: { kind: 'a' } },
      ]);
    });
  });
}

class Titled extends Persistent {
  static {
    this.define('test.catalog.Titled', { kind: '' });
  }

  declare kind: string;
}
