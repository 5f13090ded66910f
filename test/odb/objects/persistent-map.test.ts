/** Maps, new and stored, against plain ones. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { PersistentMap } from '../../../odb/index.js';
import { randomRuns } from '../../support/random.js';
import { databaseKinds, fetched, Page } from '../databases.js';

describe('a new PersistentMap', () => {
  test('holds what was put in, in the order of the keys', () => {
    const map = new PersistentMap<number>([
      ['b', 2],
      ['a', 1],
      ['ä', 3],
      ['B', 4],
    ]);
    assert.deepEqual(
      [...map],
      [
        ['B', 4],
        ['a', 1],
        ['b', 2],
        ['ä', 3],
      ],
    );
    assert.equal(map.size, 4);
    assert.equal(map.get('a'), 1);
    assert.equal(map.get('c'), undefined);
    assert.equal(map.has('b'), true);
    assert.equal(map.delete('b'), true);
    assert.equal(map.delete('b'), false);
    assert.equal(map.size, 3);
  });

  test('ranges bound, turn round and limit the walk', () => {
    const map = new PersistentMap<number>(
      Array.from({ length: 200 }, (_, n) => [String(n).padStart(3, '0'), n]),
    );
    assert.deepEqual([...map.keys({ from: '197' })], ['197', '198', '199']);
    assert.deepEqual([...map.keys({ from: '197', fromExclusive: true })], ['198', '199']);
    assert.deepEqual([...map.values({ to: '002', toExclusive: true })], [0, 1]);
    assert.deepEqual([...map.keys({ reverse: true, limit: 2 })], ['199', '198']);
    assert.deepEqual([...map.values({ from: '1', to: '2', limit: 1 })], [100]);
    assert.deepEqual([...map.keys({ from: 'x' })], []);
  });

  test('refuses keys and values that cannot be stored, and stays as it was', () => {
    const map = new PersistentMap<unknown>();
    assert.throws(() => map.set('k', undefined), {
      name: 'TypeError',
      message: /use delete\('k'\)/,
    });
    assert.throws(() => map.set(1 as unknown as string, 1), TypeError);
    assert.throws(() => map.set('\ud800', 1), TypeError);
    assert.throws(() => map.set('k', new Map()), { name: 'TypeError', message: /value of 'k'/ });
    assert.equal(map.size, 0);
  });

  test('freezes its values', () => {
    const map = new PersistentMap<number[]>();
    const value = [1];
    map.set('k', value);
    assert.throws(() => value.push(2), TypeError);
  });

  test('may be changed while it is walked: each key comes at most once and in order', () => {
    const map = new PersistentMap<number>(
      Array.from({ length: 500 }, (_, n) => [String(n).padStart(3, '0'), n]),
    );
    const seen: string[] = [];
    for (const key of map.keys()) {
      seen.push(key);
      map.delete(key);
      map.set(`${key}+`, 0);
    }
    assert.deepEqual(seen, [...new Set(seen)].sort());
    assert.equal(map.size, 500);
  });
});

for (const kind of databaseKinds) {
  describe(`a stored PersistentMap (${kind.name})`, () => {
    test('agrees with a plain map through any history of changes, commits and aborts', async () => {
      const key = fc.nat({ max: 400 }).map((n) => `k${n}`);
      const step = fc.oneof(
        { weight: 6, arbitrary: fc.tuple(fc.constant('set'), key, fc.nat({ max: 600 })) },
        { weight: 4, arbitrary: fc.tuple(fc.constant('delete'), key, fc.nat({ max: 600 })) },
        { weight: 1, arbitrary: fc.tuple(fc.constantFrom('commit', 'abort'), key, fc.constant(0)) },
      );
      await using database = await kind.open();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
          using connection = database.connect();
          run += 1;
          const name = `map${run}`;
          connection.root.set(name, new PersistentMap());
          await connection.commit();
          const map = fetched<PersistentMap<number>>(connection, name);
          let saved = new Map<string, number>();
          let model = new Map<string, number>();
          for (const [action, at, count] of steps) {
            // Runs of keys, so that nodes split and join within a few steps.
            const keys = Array.from({ length: count % 90 }, (_, n) => `${at}.${n}`);
            if (action === 'set') {
              for (const one of keys) {
                map.set(one, count);
                model.set(one, count);
              }
            } else if (action === 'delete') {
              for (const one of keys) assert.equal(map.delete(one), model.delete(one));
            } else if (action === 'commit') {
              await connection.commit();
              saved = new Map(model);
            } else {
              connection.abort();
              model = new Map(saved);
            }
            assert.equal(map.size, model.size);
          }
          await connection.commit();
          using reader = database.connect();
          const found = fetched<PersistentMap<number>>(reader, name);
          const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
          assert.deepEqual([...found], expected);
          assert.deepEqual([...map], expected);
          assert.deepEqual([...found.entries({ reverse: true })], expected.toReversed());
          assert.equal(found.size, expected.length);
        }),
        randomRuns(30, kind.name === 'memory' ? 1 : 1 / 5),
      );
    });

    test('a large map is loaded in pieces and saved in pieces', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const count = 5_000;
      const map = new PersistentMap<unknown>();
      connection.root.set('map', map);
      for (let n = 0; n < count; n += 1) map.set(String(n).padStart(6, '0'), { n });
      await connection.commit();
      map.set('002500', 'changed');
      const tid = await connection.commit();
      assert.equal(connection.transactionRecord(tid)?.oids.length, 1);

      using reader = database.connect();
      const found = fetched<PersistentMap<unknown>>(reader, 'map');
      assert.equal(found.get('002500'), 'changed');
      assert.deepEqual(found.get('004999'), { n: 4_999 });
      assert.ok(reader.cachedObjects < 12, `${reader.cachedObjects} nodes are loaded`);
      assert.equal(found.size, count);
    });

    test('values that refer to objects give the objects', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const page = new Page({ title: 'x' });
      connection.root.set(
        'map',
        new PersistentMap<unknown>([
          ['direct', page],
          ['within', [page]],
        ]),
      );
      await connection.commit();
      using reader = database.connect();
      const map = fetched<PersistentMap<unknown>>(reader, 'map');
      const found = map.get('direct');
      assert.ok(found instanceof Page);
      assert.deepEqual(map.get('within'), [found]);
      assert.equal((map.get('within') as Page[])[0], found);
      map.set('direct', found);
      assert.equal(reader.hasChanges, false);
    });
  });
}
