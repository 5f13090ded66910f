/** Sets, new and stored, against plain ones. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { PersistentSet } from '../../../odb/index.js';
import { randomRuns } from '../../support/random.js';
import { databaseKinds, fetched } from '../databases.js';

const RUNS = 30;

describe('a new PersistentSet', () => {
  test('holds each element once, numbers in their order before texts', () => {
    const set = new PersistentSet<string | number>(['b', 10, 'a', -1, 9, 'b', 0.5]);
    assert.deepEqual([...set], [-1, 0.5, 9, 10, 'a', 'b']);
    assert.equal(set.size, 6);
    assert.equal(set.has(9), true);
    assert.equal(set.has('9'), false);
    assert.equal(set.delete(9), true);
    assert.equal(set.delete(9), false);
    assert.equal(set.size, 5);
  });

  test('ranges bound, turn round and limit the walk', () => {
    const set = new PersistentSet(Array.from({ length: 300 }, (_, n) => n));
    assert.deepEqual([...set.values({ from: 298 })], [298, 299]);
    assert.deepEqual([...set.values({ from: 297, fromExclusive: true, limit: 1 })], [298]);
    assert.deepEqual([...set.values({ to: 2, toExclusive: true, reverse: true })], [1, 0]);
    const mixed = new PersistentSet<string | number>(['x', 1, 2]);
    assert.deepEqual([...mixed.values({ from: '' })], ['x']);
  });

  test('refuses what can be no element, and stays as it was', () => {
    const set = new PersistentSet<string>(['a']);
    for (const bad of [NaN, undefined, {}, '\ud800']) {
      assert.throws(() => set.add(bad as string), TypeError);
    }
    assert.deepEqual([...set], ['a']);
  });
});

for (const kind of databaseKinds) {
  test(`agrees with a plain set through any history of changes, commits and aborts (${kind.name})`, async () => {
    const step = fc.record({
      action: fc.constantFrom('add', 'add', 'add', 'delete', 'delete', 'commit', 'abort'),
      at: fc.integer({ min: -300, max: 300 }),
      // Runs of elements, so that nodes split and join within a few steps.
      count: fc.nat({ max: 120 }),
      text: fc.boolean(),
    });
    await using database = await kind.open();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        using connection = database.connect();
        run += 1;
        const name = `set${run}`;
        connection.root.set(name, new PersistentSet());
        await connection.commit();
        const set = fetched<PersistentSet>(connection, name);
        let saved = new Set<string | number>();
        let model = new Set<string | number>();
        for (const { action, at, count, text } of steps) {
          const run = Array.from({ length: count }, (_, n) => (text ? `${at + n}` : at + n));
          if (action === 'commit') {
            await connection.commit();
            saved = new Set(model);
          } else if (action === 'abort') {
            connection.abort();
            model = new Set(saved);
          }
          for (const element of run) {
            if (action === 'add') {
              set.add(element);
              model.add(element);
            } else if (action === 'delete') {
              assert.equal(set.delete(element), model.delete(element));
            }
          }
          assert.equal(set.size, model.size);
        }
        await connection.commit();
        using reader = database.connect();
        const found = fetched<PersistentSet>(reader, name);
        const expected = [...model].sort(inOrder);
        assert.deepEqual([...found], expected);
        assert.deepEqual([...found.values({ reverse: true })], expected.toReversed());
        for (const element of expected) assert.equal(found.has(element), true);
      }),
      randomRuns(RUNS, kind.name === 'memory' ? 1 : 1 / 5),
    );
  });
}

function inOrder(a: string | number, b: string | number): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : 1;
}
