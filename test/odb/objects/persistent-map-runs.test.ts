/** Reading many entries of a map at once: in main, in what is not saved yet, and in a version. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PersistentMap, type Connection } from '../../../odb/index.js';
import { databaseKinds, fetched } from '../databases.js';

const SIZE = 400;

function nameOf(i: number): string {
  return `k${String(i).padStart(5, '0')}`;
}

/** The entries as runs tell of them. */
function fromRuns(map: PersistentMap): [string, unknown][] {
  return [...map.runs()].flatMap(({ keys, values, from, to }) =>
    keys.slice(from, to).map((key, i): [string, unknown] => [key, values[from + i]]),
  );
}

function requireAgreement(connection: Connection): void {
  const map = fetched<PersistentMap>(connection, 'map');
  assert.deepEqual(fromRuns(map), [...map]);
  const bounds = { from: nameOf(37), to: nameOf(290), toExclusive: true };
  assert.equal(map.count(bounds), [...map.keys(bounds)].length);
}

describe('runs of a map', () => {
  for (const kind of databaseKinds) {
    test(`${kind.name}: they show what the connection shows, changed or not`, async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const map = new PersistentMap<number>();
      connection.root.set('map', map);
      for (let i = 0; i < SIZE; i += 1) map.set(nameOf(i), i);
      requireAgreement(connection);
      await connection.commit();
      map.delete(nameOf(3));
      for (let i = 0; i < 100; i += 1) map.set(`${nameOf(77)}x${i}`, i);
      requireAgreement(connection);
      connection.abort();
      requireAgreement(connection);
      assert.equal(map.count(), SIZE);
    });

    test(`${kind.name}: a version shows main's entries with its own`, async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const holder = new PersistentMap();
      const map = new PersistentMap<number>();
      connection.root.set('map', map);
      connection.root.set('version', holder);
      for (let i = 0; i < SIZE; i += 1) map.set(nameOf(i), i);
      await connection.commit();
      const version = holder.oid;
      assert.ok(version !== undefined);
      using inside = database.connect({ version });
      const mine = fetched<PersistentMap<number>>(inside, 'map');
      for (let i = 0; i < 120; i += 1) mine.set(`${nameOf(200)}x${String(i).padStart(3, '0')}`, i);
      mine.delete(nameOf(0));
      await inside.commit();
      connection.begin();
      map.set(nameOf(900), 900);
      map.delete(nameOf(399));
      await connection.commit();
      using later = database.connect({ version });
      requireAgreement(later);
      assert.equal(fetched<PersistentMap>(later, 'map').count(), SIZE + 120 - 1);
      requireAgreement(connection);
    });
  }

  for (const kind of databaseKinds) {
    test(`${kind.name}: many entries set at once are merged with what others set`, async () => {
      await using database = await kind.open();
      using first = database.connect();
      const map = new PersistentMap<unknown>();
      first.root.set('map', map);
      for (let i = 0; i < 100; i += 1) map.set(nameOf(i * 10), i);
      await first.commit();
      using second = database.connect();
      const theirs = fetched<PersistentMap<unknown>>(second, 'map');
      const plain = new Map<string, unknown>(map);
      const set = (target: PersistentMap<unknown>, from: number, value: unknown): void => {
        const entries = Array.from(
          { length: 300 },
          (_, i) => [nameOf(from + i * 3), value] as const,
        );
        target.setAll(entries.toReversed());
        for (const [key] of entries) plain.set(key, value);
      };
      set(map, 1, 'mine');
      set(theirs, 2, { of: 'theirs' });
      map.setAll([
        ['twice', 1],
        ['twice', 2],
      ]);
      plain.set('twice', 2);
      assert.equal(map.size, [...map].length);
      await first.commit();
      await second.commit();
      first.begin();
      assert.deepEqual(new Map(map), new Map([...plain].sort(([a], [b]) => (a < b ? -1 : 1))));
      assert.equal(map.size, plain.size);
    });
  }

  test('of many entries with one that cannot be stored, none is set', async () => {
    await using database = await (databaseKinds[0] ?? assert.fail()).open();
    using connection = database.connect();
    const map = new PersistentMap<unknown>([['a', 1]]);
    connection.root.set('map', map);
    await connection.commit();
    for (const wrong of [undefined, Symbol('x'), () => 1]) {
      assert.throws(
        () =>
          map.setAll([
            ['b', 1],
            ['c', wrong],
            ['a', 2],
          ]),
        TypeError,
      );
      assert.throws(() => map.setAll([['\ud800', 1]]), TypeError);
    }
    assert.equal(connection.hasChanges, false);
    assert.deepEqual([...map], [['a', 1]]);
  });

  test('an estimate of a small map is its count', async () => {
    await using database = await (databaseKinds[0] ?? assert.fail()).open();
    using connection = database.connect();
    const map = new PersistentMap([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    connection.root.set('map', map);
    assert.equal(map.estimate(), 3);
    assert.equal(map.estimate({ from: 'b' }), 2);
    assert.equal(new PersistentMap().estimate(), 0);
  });
});
