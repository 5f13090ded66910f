/** What was set aside at savepoints: of what is taken back, nothing comes along later. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, Database, MemoryStorage, mergeRules, PersistentMap } from '../../../odb/index.js';
import { fetched, Page } from '../databases.js';

const CACHE_OBJECTS = 10;

test('a new map whose nodes have left the memory is gone when it is taken back, not stored by half', async () => {
  const storage = new MemoryStorage({ rules: mergeRules() });
  await using database = await Database.open({ storage, cacheObjects: CACHE_OBJECTS });
  await database.transact(({ root }) => {
    for (let n = 0; n < 3 * CACHE_OBJECTS; n += 1)
      root.set(`page${n}`, new Page({ title: `${n}` }));
  });
  using connection = database.connect();
  const before = await connection.transaction.savepoint();
  const map = new PersistentMap(Array.from({ length: 100 }, (_, n) => [`k${n}`, n] as const));
  connection.root.set('map', map);
  const oid = connection.add(map);
  assert.equal(connection.get(oid), map);
  await connection.transaction.savepoint();
  for (let n = 0; n < 3 * CACHE_OBJECTS; n += 1) {
    // The map itself is asked for again and again, and so stays.
    assert.equal(connection.get(oid), map);
    assert.equal(fetched<Page>(connection, `page${n}`).title, `${n}`);
  }
  await before.rollback();
  assert.equal(map.connection, undefined);
  connection.root.set('again', map);
  await assert.rejects(connection.commit(), { code: 'ODB_NO_OBJECT' });
  connection.abort();
  assert.equal(connection.root.has('again'), false);
  assert.deepEqual((await check(storage)).findings, []);
});

test('a map that an undo had brought back belongs to nobody once that is taken back', async () => {
  const storage = new MemoryStorage({ rules: mergeRules() });
  await using database = await Database.open({ storage });
  using connection = database.connect();
  connection.root.set('map', new PersistentMap([['a', 1]]));
  const created = await connection.commit();
  connection.applyUndo(connection.planUndo([created]));
  const gone = await connection.commit();
  const savepoint = await connection.transaction.savepoint();
  connection.applyUndo(connection.planUndo([gone]));
  const map = fetched<PersistentMap>(connection, 'map');
  map.set('b', 2);
  await savepoint.rollback();
  connection.root.set('other', 1);
  await connection.commit();
  assert.deepEqual([map.connection, map.oid], [undefined, undefined]);
  assert.deepEqual([...connection.root.keys()], ['other']);
  assert.deepEqual((await check(storage)).findings, []);
});
