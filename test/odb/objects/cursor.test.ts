/** Cursors: they move among entries that change under them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { PersistentMap, PersistentSet } from '../../../odb/index.js';
import { randomRuns } from '../../support/random.js';
import { databaseKinds, fetched } from '../databases.js';

test('a cursor goes to and fro, and stays before the first and behind the last', () => {
  const cursor = new PersistentMap([
    ['a', 1],
    ['b', 2],
  ]).cursor();
  assert.equal(cursor.key, undefined);
  assert.equal(cursor.previous(), false);
  assert.equal(cursor.next(), true);
  assert.deepEqual([cursor.key, cursor.value], ['a', 1]);
  assert.equal(cursor.next(), true);
  assert.equal(cursor.next(), false);
  assert.equal(cursor.next(), false);
  assert.equal(cursor.key, undefined);
  assert.equal(cursor.previous(), true);
  assert.equal(cursor.key, 'b');
  assert.equal(cursor.previous(), true);
  assert.equal(cursor.previous(), false);
  assert.equal(cursor.next(), true);
  assert.equal(cursor.key, 'a');
});

test('a cursor in a set moves as an index in the sorted elements does', () => {
  const move = fc.oneof(fc.constantFrom('next', 'previous'), fc.nat({ max: 110 }));
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat({ max: 100 })),
      fc.array(move, { maxLength: 30 }),
      (elements, moves) => {
        const sorted = elements.toSorted((a, b) => a - b);
        const cursor = new PersistentSet(elements).cursor();
        let at = -1;
        for (const step of moves) {
          if (typeof step === 'number') {
            const found = sorted.findIndex((element) => element >= step);
            at = found === -1 ? sorted.length : found;
            assert.equal(cursor.seek(step), found !== -1);
          } else {
            at = step === 'next' ? Math.min(sorted.length, at + 1) : Math.max(-1, at - 1);
            assert.equal(cursor[step](), sorted[at] !== undefined);
          }
          assert.equal(cursor.key, sorted[at]);
        }
      },
    ),
    randomRuns(),
  );
});

for (const kind of databaseKinds) {
  test(`a cursor is carried over transactions that change what is around it (${kind.name})`, async () => {
    await using database = await kind.open();
    using connection = database.connect();
    const keys = Array.from({ length: 500 }, (_, n) => String(n).padStart(3, '0'));
    connection.root.set('map', new PersistentMap(keys.map((key) => [key, key])));
    await connection.commit();
    const cursor = fetched<PersistentMap<string>>(connection, 'map').cursor();
    assert.equal(cursor.seek('250'), true);
    using other = database.connect();
    const map = fetched<PersistentMap<string>>(other, 'map');
    for (const key of keys.slice(200, 300)) map.delete(key);
    map.set('250+', 'new');
    await other.commit();
    connection.begin();
    assert.equal(cursor.key, '250');
    assert.equal(cursor.next(), true);
    assert.deepEqual([cursor.key, cursor.value], ['250+', 'new']);
    assert.equal(cursor.next(), true);
    assert.equal(cursor.key, '300');
    assert.equal(cursor.seek('250'), true);
    assert.equal(cursor.previous(), true);
    assert.equal(cursor.key, '199');
  });
}
