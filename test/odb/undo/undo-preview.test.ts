/** Previews of undo: what would change, told without changing anything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Database,
  MemoryStorage,
  PersistentList,
  PersistentMap,
  PREVIEW_LINES_MAX,
  previewUndo,
  Ref,
  type Connection,
  type Oid,
  type Persistent,
} from '../../../odb/index.js';
import { Page } from '../databases.js';

function oidOf({ oid }: Persistent): Oid {
  assert.ok(oid !== undefined);
  return oid;
}

/** A database with a page, a map and a list in the root. */
async function opened(): Promise<{ readonly database: Database; readonly connection: Connection }> {
  const database = await Database.open({ storage: new MemoryStorage() });
  const connection = database.connect();
  connection.root.set('page', new Page({ title: 'one', body: 'a\nb\nc\n', hits: 3 }));
  connection.root.set('map', new PersistentMap([['kept', 1]]));
  connection.root.set('list', new PersistentList(['x', 'y', 'z']));
  await connection.commit();
  return { database, connection };
}

test('a preview tells fields, lines, keys and items, and leaves everything as it is', async () => {
  const { database, connection } = await opened();
  await using _closing = database;
  const page = connection.root.get('page') as Page;
  const map = connection.root.get('map') as PersistentMap<unknown>;
  const list = connection.root.get('list') as PersistentList<unknown>;
  const other = new Page({ title: 'other' });
  page.title = 'two';
  page.body = 'a\nB\nc\nd\n';
  page.author = other;
  map.set('added', page);
  map.delete('kept');
  list.splice(1, 1, 'Y', page);
  const change = await connection.commit();

  const preview = previewUndo(connection.planUndo([change]));
  const { objects, maps, lists } = preview;
  assert.deepEqual(
    [preview.tids, preview.possible, preview.conflicts, preview.dangling, preview.together],
    [[change], true, [], [], [change]],
  );
  assert.deepEqual(
    objects.map(({ oid, className, change: what }) => [oid, className, what]),
    [
      [oidOf(page), 'test.Page', 'changes'],
      [oidOf(other), 'test.Page', 'ends'],
    ],
  );
  assert.deepEqual(objects[0]?.fields, [
    { name: 'title', before: 'two', after: 'one' },
    {
      name: 'body',
      before: 'a\nB\nc\nd\n',
      after: 'a\nb\nc\n',
      lines: [
        { change: 'same', text: 'a\n', count: 1 },
        { change: 'removed', text: 'B\n', count: 1 },
        { change: 'added', text: 'b\n', count: 1 },
        { change: 'same', text: 'c\n', count: 1 },
        { change: 'removed', text: 'd\n', count: 1 },
      ],
    },
    { name: 'author', before: new Ref(oidOf(other)), after: undefined },
  ]);
  assert.deepEqual(objects[1]?.fields, [{ name: 'title', before: 'other', after: undefined }]);
  assert.deepEqual(maps, [
    {
      map: oidOf(map),
      className: 'odb.Map',
      entries: [
        { key: 'added', before: new Ref(oidOf(page)), after: undefined },
        { key: 'kept', before: undefined, after: 1 },
      ],
    },
  ]);
  assert.deepEqual(lists, [
    {
      list: oidOf(list),
      className: 'odb.List',
      items: [{ position: 1, before: ['Y', new Ref(oidOf(page))], after: ['y'] }],
    },
  ]);
  assert.equal(connection.hasChanges, false);
  assert.deepEqual([page.title, [...map.keys()], list.size], ['two', ['added'], 4]);
});

test('a preview of what is not possible says what is in the way and what can be undone together', async () => {
  const { database, connection } = await opened();
  await using _closing = database;
  const page = connection.root.get('page') as Page;
  page.title = 'two';
  page.hits = 4;
  const first = await connection.commit();
  page.title = 'three';
  const second = await connection.commit();
  const preview = previewUndo(connection.planUndo([first]));
  assert.equal(preview.possible, false);
  assert.deepEqual(preview.objects, []);
  assert.deepEqual(preview.conflicts, [
    { oid: oidOf(page), className: 'test.Page', fields: ['title'], blockedBy: [second] },
  ]);
  assert.deepEqual(preview.together, [second, first]);
  assert.deepEqual(previewUndo(connection.planUndo(preview.together)).objects[0]?.fields, [
    { name: 'title', before: 'three', after: 'one' },
    { name: 'hits', before: 4, after: 3 },
  ]);
});

test('what begins and ends is told as such, trees without their nodes', async () => {
  const { database, connection } = await opened();
  await using _closing = database;
  const entries = Array.from({ length: 300 }, (_, n) => [`k${n}`, n] as const);
  const map = new PersistentMap(entries);
  const list = new PersistentList(entries.map(([key]) => key));
  connection.root.set('new', map);
  connection.root.set('row', list);
  const made = await connection.commit();
  const told = (tids: Parameters<Connection['planUndo']>[0]): unknown[] =>
    previewUndo(connection.planUndo(tids)).objects.map(({ oid, change, fields }) => {
      return [oid, change, fields];
    });
  assert.deepEqual(told([made]), [
    [oidOf(map), 'ends', []],
    [oidOf(list), 'ends', []],
  ]);
  connection.applyUndo(connection.planUndo([made]));
  const undone = await connection.commit();
  assert.deepEqual(told([undone]), [
    [oidOf(map), 'begins', []],
    [oidOf(list), 'begins', []],
  ]);
});

test('a text that differs in too many lines is told as a whole', async () => {
  const { database, connection } = await opened();
  await using _closing = database;
  const page = connection.root.get('page') as Page;
  const lines = Array.from({ length: PREVIEW_LINES_MAX + 1 }, (_, n) => `line ${n}\n`);
  page.body = lines.join('');
  const change = await connection.commit();
  const [object] = previewUndo(connection.planUndo([change])).objects;
  assert.deepEqual(object?.fields, [{ name: 'body', before: page.body, after: 'a\nb\nc\n' }]);
});
