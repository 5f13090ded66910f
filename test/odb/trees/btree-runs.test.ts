import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EMPTY_LEAF, treeEntries, type Node, type NodeStore } from '../../../odb/trees/btree.js';
import { treeDelete, treeSet } from '../../../odb/trees/btree-change.js';
import { treeCount, treeEstimate, treeRuns } from '../../../odb/trees/btree-runs.js';
import { randomRuns } from '../../support/random.js';

class Nodes implements NodeStore<number, number> {
  readonly nodes = new Map<number, Node<number, number>>([[1, EMPTY_LEAF]]);
  reads = 0;
  #next = 2;

  read(id: number): Node<number, number> {
    this.reads += 1;
    const node = this.nodes.get(id);
    assert.ok(node !== undefined, `node ${id} is alive`);
    return node;
  }

  write(id: number, node: Node<number, number>): void {
    this.nodes.set(id, node);
  }

  create(node: Node<number, number>): number {
    this.nodes.set(this.#next, node);
    return this.#next++;
  }

  kill(id: number): void {
    this.nodes.delete(id);
  }
}

const ROOT = 1;
const key = fc.nat({ max: 60 }).map((n) => `k${String(n).padStart(2, '0')}`);
const commands = fc.array(fc.record({ key, set: fc.boolean() }), { maxLength: 250 });
const ranges = fc.record(
  {
    from: key,
    fromExclusive: fc.boolean(),
    to: key,
    toExclusive: fc.boolean(),
    reverse: fc.boolean(),
    limit: fc.nat({ max: 70 }),
  },
  { requiredKeys: [] },
);

function treeOf(size: number): Nodes {
  const store = new Nodes();
  for (let i = 0; i < size; i += 1) treeSet(store, ROOT, String(i).padStart(6, '0'), i);
  return store;
}

test('runs hold the entries that a walk gives, in its order, and count says how many', () => {
  fc.assert(
    fc.property(commands, ranges, fc.integer({ min: 4, max: 9 }), (steps, range, order) => {
      const store = new Nodes();
      for (const [at, { key: name, set }] of steps.entries()) {
        if (set) treeSet(store, ROOT, name, at, order);
        else treeDelete(store, ROOT, name, order);
      }
      const found: [string, number][] = [];
      for (const { keys, values, from, to } of treeRuns(store, ROOT, range)) {
        assert.ok(from < to, 'no run is empty');
        const run = keys
          .slice(from, to)
          .map((name, i): [string, number] => [name, values[from + i] ?? -1]);
        found.push(...(range.reverse === true ? run.toReversed() : run));
      }
      assert.deepEqual(found, [...treeEntries(store, ROOT, range)]);
      const { limit: _limit, reverse: _reverse, ...bounds } = range;
      assert.equal(treeCount(store, ROOT, bounds), [...treeEntries(store, ROOT, bounds)].length);
    }),
    randomRuns(300),
  );
});

test('an estimate reads two paths and is near the count of what was added in order', () => {
  const store = treeOf(20_000);
  for (const [from, to] of [
    [0, 19_999],
    [100, 18_000],
    [5_000, 5_900],
    [7_000, 7_010],
  ] as const) {
    const bounds = { from: String(from).padStart(6, '0'), to: String(to).padStart(6, '0') };
    store.reads = 0;
    const about = treeEstimate(store, ROOT, bounds);
    assert.ok(store.reads <= 8, `${store.reads} nodes were read`);
    const count = to - from + 1;
    assert.ok(about >= count * 0.7 - 48 && about <= count * 1.3 + 48, `${about} for ${count}`);
  }
});

test('an estimate is right inside one leaf, and nothing for a range the wrong way round', () => {
  const store = treeOf(30);
  assert.equal(treeEstimate(store, ROOT, { from: '000010', to: '000019' }), 10);
  assert.equal(treeEstimate(store, ROOT, { from: '000019', to: '000010' }), 0);
  assert.equal(treeEstimate(treeOf(5_000), ROOT, { from: '004000', to: '000010' }), 0);
});
