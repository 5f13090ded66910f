/** A map whose class wants small leaves, as its values are large. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PersistentMap } from '../../../odb/index.js';
import { databaseKinds, fetched } from '../databases.js';
import { randomRuns } from '../../support/random.js';

const LEAF = 5;

class SmallLeaves extends PersistentMap<number> {
  static {
    this.define('test.SmallLeaves', {});
  }

  protected override get leafEntriesMax(): number {
    return LEAF;
  }
}

const key = fc.nat({ max: 80 }).map((n) => `k${String(n).padStart(2, '0')}`);
const steps = fc.array(
  fc.oneof(
    fc.record({ set: fc.array(key, { maxLength: 12 }) }),
    fc.record({ put: key }),
    fc.record({ gone: key }),
  ),
  { maxLength: 60 },
);

function requireSame(map: PersistentMap<number>, plain: ReadonlyMap<string, number>): void {
  assert.deepEqual(
    [...map],
    [...plain].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  assert.equal(map.size, plain.size);
}

describe('a map with small leaves', () => {
  test('it holds what a plain map holds, and no leaf is larger', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const map = new SmallLeaves();
        const plain = new Map<string, number>();
        for (const [at, step] of history.entries()) {
          if ('set' in step) {
            map.setAll(step.set.map((name, i) => [name, at * 100 + i]));
            for (const [i, name] of step.set.entries()) plain.set(name, at * 100 + i);
          } else if ('put' in step) {
            map.set(step.put, at);
            plain.set(step.put, at);
          } else assert.equal(map.delete(step.gone), plain.delete(step.gone));
        }
        requireSame(map, plain);
        for (const { keys } of map.runs()) assert.ok(keys.length <= LEAF);
      }),
      randomRuns(200),
    );
  });

  for (const kind of databaseKinds) {
    test(`${kind.name}: what others set meanwhile is merged, and leaves split again`, async () => {
      await using database = await kind.open();
      using first = database.connect();
      const map = new SmallLeaves();
      first.root.set('map', map);
      const plain = new Map<string, number>();
      const set = (target: PersistentMap<number>, name: string, value: number): void => {
        target.set(name, value);
        plain.set(name, value);
      };
      for (let i = 0; i < 60; i += 1) set(map, `k${i}`, i);
      await first.commit();
      for (let round = 0; round < 4; round += 1) {
        first.begin();
        using second = database.connect();
        const theirs = fetched<SmallLeaves>(second, 'map');
        for (let i = 0; i < 40; i += 1) {
          set(map, `k2-${round}-a${i}`, i);
          set(theirs, `k2-${round}-b${i}`, i);
        }
        await first.commit();
        await second.commit();
      }
      first.begin();
      requireSame(map, plain);
      for (const name of [...plain.keys()].filter((_, i) => i % 3 > 0)) {
        assert.ok(map.delete(name));
        plain.delete(name);
      }
      set(map, 'k2-0', 1);
      await first.commit();
      using later = database.connect();
      requireSame(fetched<SmallLeaves>(later, 'map'), plain);
    });
  }
});
