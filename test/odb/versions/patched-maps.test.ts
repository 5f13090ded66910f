/** Maps that main has and a version changes: the tree that a version shows, of any shape. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PersistentMap, type Connection, type Database } from '../../../odb/index.js';
import { randomRuns } from '../../support/random.js';
import { databaseKinds, fetched } from '../databases.js';
import { inVersion, keysAndValues, mapOf, V1, withContent } from '../support/versions.js';

/** Far more than a leaf holds, all in the range of one. */
const CROWD = 300;

/** Sets the key so many times a hundredth after a number, or deletes what is from there on. */
interface Change {
  readonly at: number;
  readonly count: number;
  readonly isDeleted: boolean;
}

const changes = fc.array(
  fc.record({
    at: fc.nat({ max: 299 }),
    count: fc.integer({ min: 1, max: 80 }),
    isDeleted: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

/** A map of either kind. */
interface Changeable {
  set(key: string, value: string): unknown;
  delete(key: string): unknown;
}

function apply(change: Change, map: Changeable): void {
  const { at, count, isDeleted } = change;
  if (isDeleted) {
    for (const [key] of keysAndValues(at, Math.min(300, at + count))) map.delete(key);
    return;
  }
  const [[key] = ['']] = keysAndValues(at, at + 1);
  for (let n = 0; n < count; n += 1) map.set(`${key}-${n}`, `set ${n}`);
}

function requireShown(connection: Connection, expected: ReadonlyMap<string, string>): void {
  const map = mapOf(connection);
  const entries = [...expected].sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual([...map], entries);
  assert.deepEqual([...map.entries({ reverse: true })], entries.toReversed());
  assert.deepEqual(
    [...map.keys({ from: 'k0100', to: 'k0200' })],
    [...entries.map(([key]) => key).filter((key) => key >= 'k0100' && key <= 'k0200')],
  );
  assert.equal(map.size, entries.length);
  for (const [key, value] of entries) assert.equal(map.get(key), value);
}

async function fill(database: Database): Promise<void> {
  await inVersion(database, V1, (first) => {
    for (let n = 0; n < CROWD; n += 1) mapOf(first).set(`k0100-${n}`, 'crowd');
  });
}

for (const { name, open } of databaseKinds.slice(0, 2)) {
  describe(`maps that a version changes (${name})`, () => {
    test('the one who writes and whoever comes later see the same, in order', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 4 }), async (commits) => {
          await using database = await open();
          await withContent(database);
          const expected = new Map(keysAndValues(0, 300));
          using writer = database.connect({ version: V1 });
          using reader = database.connect({ version: V1 });
          for (const commit of commits) {
            for (const change of commit) {
              apply(change, mapOf(writer));
              apply(change, expected);
            }
            await writer.commit();
            requireShown(writer, expected);
            reader.begin();
            requireShown(reader, expected);
          }
          using later = database.connect({ version: V1 });
          requireShown(later, expected);
          using main = database.connect();
          requireShown(main, new Map(keysAndValues(0, 300)));
        }),
        randomRuns(15),
      );
    });

    test('what main writes to the map is shown at once, between what the version put there', async () => {
      await using database = await open();
      await withContent(database);
      await fill(database);
      using first = database.connect({ version: V1 });
      assert.equal(mapOf(first).size, 300 + CROWD);
      await database.transact((main) => mapOf(main).set('k0100-main', 'main').delete('k0101'));
      first.begin();
      assert.equal(mapOf(first).size, 300 + CROWD);
      assert.equal(mapOf(first).get('k0100-main'), 'main');
      assert.equal(mapOf(first).has('k0101'), false);
    });

    test('a key that is brought back to what it had at first is as main has it by now', async () => {
      await using database = await open();
      await withContent(database);
      using first = database.connect({ version: V1 });
      for (const key of ['k0001', 'k0002', 'new', 'stays']) mapOf(first).set(key, 'mine');
      await first.commit();
      await database.transact((main) => mapOf(main).set('k0001', 'main').set('new', 'main'));
      first.begin();
      const read = (connection: Connection): unknown[] =>
        ['k0001', 'k0002', 'new'].map((key) => mapOf(connection).get(key));
      assert.deepEqual(read(first), ['mine', 'mine', 'mine']);
      mapOf(first).set('k0001', 'v1').set('k0002', 'v2').delete('new');
      await first.commit();
      using later = database.connect({ version: V1 });
      assert.deepEqual(read(later), ['main', 'v2', 'main']);
      assert.deepEqual(read(first), ['main', 'v2', 'main']);
    });

    test('what the version empties leaves the rest as it is', async () => {
      await using database = await open();
      await withContent(database);
      await fill(database);
      using first = database.connect({ version: V1 });
      const map = mapOf(first);
      for (const [key] of keysAndValues(0, 90)) map.delete(key);
      for (let n = 0; n < CROWD; n += 1) map.delete(`k0100-${n}`);
      await first.commit();
      assert.deepEqual([...map], [...keysAndValues(90, 300)]);
      assert.equal(map.cursor().next(), true);
      for (const [key] of keysAndValues(90, 300)) map.delete(key);
      await first.commit();
      assert.deepEqual([...map], []);
    });

    test('whoever changes a date that was read changes nothing that is stored', async () => {
      await using database = await open();
      await database.transact(({ root }) => {
        root.set('map', new PersistentMap<Date>([['a', new Date(1)]]));
      });
      const dates = (connection: Connection): PersistentMap<Date> => fetched(connection, 'map');
      await inVersion(database, V1, (first) => dates(first).set('b', new Date(2)));
      using first = database.connect({ version: V1 });
      const map = dates(first);
      for (const key of ['a', 'b']) map.get(key)?.setTime(0);
      map.set('c', new Date(3));
      await first.commit();
      assert.deepEqual(
        ['a', 'b', 'c'].map((key) => map.get(key)?.getTime()),
        [1, 2, 3],
      );
    });
  });
}
