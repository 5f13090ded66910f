/** Undo and what is derived from other objects: it is left out, and derived again. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  isDerivedClass,
  Persistent,
  PersistentMap,
  type Connection,
  type Oid,
  type Tid,
} from '../../../odb/index.js';
import { databaseKinds, Page } from '../databases.js';

/** Titles to the documents that have them. */
class TitleMap extends PersistentMap<readonly Page[]> {
  static {
    this.define('test.TitleMap', {}, { derived: true });
  }
}

/** An index of titles, worked out from the pages. */
class TitleIndex extends Persistent {
  static {
    this.define('test.TitleIndex', { byTitle: undefined, titles: {}, count: 0 }, { derived: true });
  }

  declare byTitle: TitleMap;
  /** The title under which each document is found, by its oid. */
  declare titles: Readonly<Record<string, string>>;
  declare count: number;

  /** Brings the index in step with a document, which need not exist any more. */
  update(connection: Connection, oid: Oid): void {
    const { [oid]: old, ...titles } = this.titles;
    const page = connection.find(oid);
    const title = page instanceof Page ? page.title : undefined;
    if (title === old) return;
    if (old !== undefined) this.#set(old, (pages) => pages.filter((each) => each.oid !== oid));
    if (title !== undefined) this.#set(title, (pages) => [...pages, page as Page]);
    this.titles = title === undefined ? titles : { ...titles, [oid]: title };
    this.count = Object.keys(this.titles).length;
  }

  #set(title: string, change: (pages: readonly Page[]) => readonly Page[]): void {
    const pages = change(this.byTitle.get(title) ?? []);
    if (pages.length === 0) this.byTitle.delete(title);
    else this.byTitle.set(title, pages);
  }
}

/** Saves, with the index derived in the same transaction, as a layer above would. */
async function save(connection: Connection, undoes: readonly Tid[] = []): Promise<Tid> {
  const index = connection.root.get('index') as TitleIndex;
  const changed = [...connection.changedObjects()];
  for (const object of changed) {
    if (object instanceof Page) index.update(connection, connection.add(object));
  }
  return connection.commit(undoes.length === 0 ? {} : { undoes });
}

async function take(connection: Connection, tids: readonly Tid[]): Promise<Tid> {
  const plan = connection.planUndo(tids);
  assert.deepEqual(plan.conflicts, []);
  for (const { className } of plan.objects) assert.equal(isDerivedClass(className), false);
  const index = connection.root.get('index') as TitleIndex;
  for (const object of connection.applyUndo(plan)) {
    if (object instanceof Page && object.oid !== undefined) index.update(connection, object.oid);
  }
  return connection.commit({ undoes: tids });
}

/** What the index says, as titles to names. */
function indexed(connection: Connection): Record<string, unknown> {
  const index = connection.root.get('index') as TitleIndex;
  const entries = [...index.byTitle].map(([title, pages]) => [title, pages.map(({ oid }) => oid)]);
  return { ...Object.fromEntries(entries), count: index.count };
}

/** Adds a document, which is known to the transaction from then on. */
function insert(connection: Connection, key: string, title: string): Page {
  const page = new Page({ title });
  connection.add(page);
  (connection.root.get('pages') as PersistentMap).set(key, page);
  return page;
}

async function begin(connection: Connection): Promise<void> {
  connection.root.set('index', new TitleIndex({ byTitle: new TitleMap() }));
  connection.root.set('pages', new PersistentMap());
  await connection.commit();
}

for (const kind of databaseKinds.slice(0, 2)) {
  describe(`derived objects (${kind.name})`, () => {
    test('are left out of undo and stand in its way never', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      await begin(connection);
      const a = insert(connection, 'a', 'one');
      const b = insert(connection, 'b', 'two');
      await save(connection);
      a.title = 'changed';
      const change = await save(connection);
      // The same entries and fields of the index change again, for another document.
      b.title = 'changed';
      await save(connection);
      const { oid: first } = a;
      const { oid: second } = b;
      assert.deepEqual(indexed(connection), { changed: [first, second], count: 2 });

      const undone = await take(connection, [change]);
      assert.equal(a.title, 'one');
      assert.deepEqual(indexed(connection), { one: [first], changed: [second], count: 2 });
      await take(connection, [undone]);
      assert.deepEqual(indexed(connection), { changed: [second, first], count: 2 });
    });

    test('may refer to what an undo ends: whoever derives them lets go of it', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      await begin(connection);
      insert(connection, 'a', 'one');
      const made = await save(connection);
      const { oid } = insert(connection, 'b', 'one');
      await save(connection);
      const plan = connection.planUndo([made]);
      assert.deepEqual([plan.possible, plan.dangling], [true, []]);
      await take(connection, [made]);
      assert.deepEqual(indexed(connection), { one: [oid], count: 1 });
    });
  });
}
