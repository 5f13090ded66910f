/** Loading trees from below makes the trees that setting one entry after the other makes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  EMPTY_LEAF,
  isInner,
  ORDER_MIN,
  treeEntries,
  treeSize,
  type Node,
  type NodeStore,
} from '../../../odb/trees/btree.js';
import { treeDelete, treeSet } from '../../../odb/trees/btree-change.js';
import { treeLoad } from '../../../odb/trees/btree-load.js';
import { PersistentMap, PersistentSet } from '../../../odb/index.js';
import { randomRuns } from '../../support/random.js';
import { databaseKinds, fetched } from '../databases.js';

const ROOT = 0;
const RUNS = 200;

class Nodes implements NodeStore<number, number> {
  readonly nodes = new Map<number, Node<number, number>>([[ROOT, EMPTY_LEAF]]);
  written = 0;

  read(id: number): Node<number, number> {
    const node = this.nodes.get(id);
    assert.ok(node !== undefined, `node ${id} is there`);
    return node;
  }

  write(id: number, node: Node<number, number>): void {
    this.written += 1;
    this.nodes.set(id, node);
  }

  create(node: Node<number, number>): number {
    const id = this.nodes.size;
    this.write(id, node);
    return id;
  }

  kill(id: number): void {
    this.write(id, EMPTY_LEAF);
  }

  /** The tree without the ids of its nodes. */
  shape(id = ROOT): unknown {
    const node = this.read(id);
    if (!isInner(node)) return node;
    return { keys: node.keys, children: node.children.map((child) => this.shape(child)) };
  }
}

describe('treeLoad', () => {
  test('makes the tree that setting the entries one by one makes, whatever is there before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 120 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: ORDER_MIN, max: 9 }),
        (portions, order) => {
          const [loaded, filled] = [new Nodes(), new Nodes()];
          let next = 0;
          for (const size of portions) {
            const entries = Array.from({ length: size }, (_, n) => entry(next + n));
            next += size;
            assert.equal(treeLoad(loaded, ROOT, entries, order), size);
            for (const [key, value] of entries) treeSet(filled, ROOT, key, value, order);
            assert.deepEqual(loaded.shape(), filled.shape());
          }
        },
      ),
      randomRuns(RUNS),
    );
  });

  test('loads behind what deletions have left, and the tree stays sound', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 199 }), { maxLength: 250 }),
        fc.nat({ max: 60 }),
        fc.integer({ min: ORDER_MIN, max: 7 }),
        (deletions, size, order) => {
          const nodes = new Nodes();
          const model = new Map(Array.from({ length: 200 }, (_, n) => entry(n)));
          treeLoad(nodes, ROOT, model, order);
          for (const n of deletions) {
            treeDelete(nodes, ROOT, entry(n)[0], order);
            model.delete(entry(n)[0]);
          }
          const more = Array.from({ length: size }, (_, n) => entry(200 + n));
          treeLoad(nodes, ROOT, more, order);
          for (const [key, value] of more) model.set(key, value);
          assert.deepEqual([...treeEntries(nodes, ROOT)], [...model]);
          for (const key of [...model.keys()]) assert.ok(treeDelete(nodes, ROOT, key, order));
          assert.equal(treeSize(nodes, ROOT), 0);
        },
      ),
      randomRuns(RUNS),
    );
  });

  test('writes each node once', () => {
    const nodes = new Nodes();
    treeLoad(
      nodes,
      ROOT,
      Array.from({ length: 10_000 }, (_, n) => entry(n)),
      10,
    );
    assert.equal(nodes.written, nodes.nodes.size);
  });

  test('refuses a key that is not after the last, by its name, and leaves the tree as it was', () => {
    const nodes = new Nodes();
    treeLoad(nodes, ROOT, [entry(5), entry(6), entry(7), entry(8), entry(9)], ORDER_MIN);
    const before = nodes.shape();
    for (const bad of [[entry(9)], [entry(3)], [entry(10), entry(12), entry(11)]]) {
      const key = bad.at(-1)?.[0] ?? '';
      assert.throws(
        () => treeLoad(nodes, ROOT, bad, ORDER_MIN),
        new RegExp(`'${key}' is not after`),
      );
      assert.deepEqual(nodes.shape(), before);
    }
    assert.equal(treeLoad(nodes, ROOT, []), 0);
    assert.deepEqual(nodes.shape(), before);
  });
});

for (const kind of databaseKinds) {
  test(`a map is loaded portion by portion while others change it (${kind.name})`, async () => {
    await using database = await kind.open({ cacheObjects: 50 });
    using connection = database.connect();
    connection.root.set('map', new PersistentMap());
    await connection.commit();
    const map = fetched<PersistentMap<number>>(connection, 'map');
    for (let from = 0; from < 3_000; from += 1_000) {
      using other = database.connect();
      fetched<PersistentMap<number>>(other, 'map').set(`0 ${from}`, -from);
      assert.equal(map.bulkLoad(Array.from({ length: 1_000 }, (_, n) => entry(from + n))), 1_000);
      await other.commit();
      await connection.commit();
    }
    using reader = database.connect();
    const found = fetched<PersistentMap<number>>(reader, 'map');
    assert.equal(found.size, 3_003);
    assert.equal(map.size, 3_003);
    assert.deepEqual(
      [...found.values({ to: '0 9' })],
      [-0, -1_000, -2_000].map((n) => n + 0),
    );
    assert.deepEqual(
      [...found.keys({ from: 'k' })],
      range(3_000).map((n) => entry(n)[0]),
    );
  });
}

test('a failed load leaves map and set as they were, and saves nothing', async () => {
  const [memory] = databaseKinds;
  assert.ok(memory !== undefined);
  await using database = await memory.open();
  using connection = database.connect();
  const map = new PersistentMap<unknown>([['b', 1]]);
  const set = new PersistentSet<number | string>([1, 2]);
  connection.root.set('map', map).set('set', set);
  await connection.commit();
  assert.throws(
    () =>
      map.bulkLoad([
        ['c', 1],
        ['a', 2],
      ]),
    /'a' is not after 'c'/,
  );
  assert.throws(() => map.bulkLoad([['c', new Map()]]), TypeError);
  assert.throws(() => map.bulkLoad([['c', undefined]]), TypeError);
  assert.throws(() => set.bulkLoad([3, 'x', 4]), /4 is not after x/);
  assert.throws(() => set.bulkLoad([2]), TypeError);
  assert.equal(connection.hasChanges, false);
  assert.deepEqual([[...map], [...set]], [[['b', 1]], [1, 2]]);
  assert.equal(set.bulkLoad([3, 10, 'a', 'b']), 4);
  assert.deepEqual([...set], [1, 2, 3, 10, 'a', 'b']);
});

function entry(n: number): [key: string, value: number] {
  return [`k${String(n).padStart(5, '0')}`, n];
}

function range(size: number): number[] {
  return Array.from({ length: size }, (_, n) => n);
}
