/** Objects whose class no module defines: read, listed, kept as they are, and never changed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  BrokenObject,
  PersistentMap,
  Ref,
  type Connection,
  type Database,
  type Oid,
  type Persistent,
  type State,
  type Storage,
} from '../../../odb/index.js';
import { encodeRecord } from '../../../odb/records/record.js';
import { databaseKinds, fetched, Page } from '../databases.js';
import { put } from '../support/requests.js';

const GONE = 'test.broken.Gone';

for (const kind of databaseKinds) {
  describe(`a broken object (${kind.name})`, () => {
    test('is read and listed in its container, and survives every save of the container', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const { broken, bytes } = await stored(database, connection);
      const shelf = new PersistentMap<Persistent>([['broken', broken]]);
      connection.root.set('shelf', shelf);
      connection.root.set('page', new Page({ author: broken }));
      await connection.commit();
      for (let n = 0; n < 100; n += 1) shelf.set(`page ${n}`, new Page());
      await connection.commit();

      using reader = database.connect();
      const found = fetched<PersistentMap<Persistent>>(reader, 'shelf').get('broken');
      assert.ok(found instanceof BrokenObject);
      assert.equal(found, fetched<Page>(reader, 'page').author);
      assert.equal(found.className, GONE);
      assert.equal(found.state.title, 'kept');
      assert.equal((found as unknown as { title: string }).title, 'kept');
      assert.equal('title' in found, true);
      assert.equal('other' in found, false);
      assert.equal((found as unknown as State).toString, Object.prototype.toString);
      assert.deepEqual(recordOf(database.storage, found.oid), bytes);
    });

    test('its state makes its record again, byte for byte', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const { broken, bytes } = await stored(database, connection);
      const copy = encodeRecord(broken.className, broken.$state());
      assert.deepEqual(Uint8Array.from(copy), bytes);
    });

    test('comes back byte for byte when its beginning was undone, and that too', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const { broken, bytes } = await stored(database, connection);
      const { oid, tid: began } = broken;
      connection.applyUndo(connection.planUndo([began]));
      const gone = await connection.commit({ undoes: [began] });
      assert.equal(recordOf(database.storage, oid), undefined);
      connection.applyUndo(connection.planUndo([gone]));
      await connection.commit({ undoes: [gone] });
      assert.deepEqual(recordOf(database.storage, oid), bytes);
    });

    test('refuses every change, and is not among what changed', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const { broken } = await stored(database, connection);
      const changes: (() => unknown)[] = [
        () => Reflect.set(broken, 'title', 'new'),
        () => Reflect.set(broken, 'fresh', 1),
        () => Reflect.deleteProperty(broken, 'title'),
        () => Object.defineProperty(broken, 'title', { value: 1 }),
        () => Object.setPrototypeOf(broken, null),
        () => Object.freeze(broken),
        () => connection.revert(broken, broken.tid),
      ];
      for (const change of changes) assert.throws(change, { code: 'ODB_BROKEN', message: /Gone/ });
      assert.throws(() => Object.assign(broken.state, { title: 'new' }), TypeError);
      assert.equal(connection.hasChanges, false);
      assert.equal(broken.state.title, 'kept');
    });

    test('can be taken out of what refers to it', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const { broken, bytes } = await stored(database, connection);
      connection.root.set('broken', broken);
      await connection.commit();
      connection.root.delete('broken');
      await connection.commit();
      assert.equal(connection.root.has('broken'), false);
      assert.deepEqual(recordOf(database.storage, broken.oid), bytes);
    });

    test('reads what others stored since, as itself', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const { broken } = await stored(database, connection);
      assert.ok(broken.oid !== undefined);
      await put(database.storage, broken.oid, { title: 'newer' }, { className: GONE });
      connection.begin();
      assert.equal((broken as unknown as { title: string }).title, 'newer');
      assert.equal(connection.get(broken.oid), broken);
    });
  });
}

/** Stores an object of the class that is gone, with a value of every kind. */
async function stored(
  { storage }: Database,
  connection: Connection,
): Promise<{ readonly broken: BrokenObject; readonly bytes: Uint8Array | undefined }> {
  const page = new Page();
  connection.root.set('friend', page);
  await connection.commit();
  assert.ok(page.oid !== undefined);
  const oid = storage.allocate(1);
  const state = JSON.parse('{"__proto__":{"polluted":true}}') as State;
  await put(
    storage,
    oid,
    Object.assign(state, {
      title: 'kept',
      $version: 4,
      list: [1, -2.5, 1e300, null, true, [new Ref(page.oid), { deep: new Ref(oid) }]],
      friend: new Ref(page.oid),
      when: new Date(1_234),
      big: -(2n ** 80n),
      bytes: new Uint8Array([1, 2, 3]),
    }),
    { className: GONE },
  );
  connection.begin();
  const broken = connection.get(oid);
  assert.ok(broken instanceof BrokenObject);
  return { broken, bytes: recordOf(storage, oid) };
}

function recordOf(storage: Storage, oid: Oid | undefined): Uint8Array | undefined {
  assert.ok(oid !== undefined);
  using reader = storage.snapshot();
  const record = reader.load(oid)?.record;
  return record === undefined ? undefined : Uint8Array.from(record);
}
