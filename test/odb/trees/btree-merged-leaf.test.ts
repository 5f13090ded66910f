import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  EMPTY_LEAF,
  findLeaf,
  treeEntries,
  type Node,
  type NodeStore,
} from '../../../odb/trees/btree.js';
import {
  leafSet,
  mergedLeaf,
  replaceLeaf,
  treeSet,
  type EntryRun,
} from '../../../odb/trees/btree-change.js';
import { randomRuns } from '../../support/random.js';

class Nodes implements NodeStore<number, number> {
  readonly nodes = new Map<number, Node<number, number>>([[1, EMPTY_LEAF]]);
  writes = 0;
  #next = 2;

  read(id: number): Node<number, number> {
    const node = this.nodes.get(id);
    assert.ok(node !== undefined, `node ${id} is alive`);
    return node;
  }

  write(id: number, node: Node<number, number>): void {
    this.writes += 1;
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
const key = fc.nat({ max: 80 }).map((n) => `k${String(n).padStart(2, '0')}`);

/** Makes changes as whoever makes many does; answers what was there before, by key. */
function changeAll(
  store: Nodes,
  changes: EntryRun<number>,
  order: number,
): Map<string, number | undefined> {
  const before = new Map<string, number | undefined>();
  const { keys, values } = changes;
  for (let next = 0; next < keys.length;) {
    const name = keys[next] ?? '';
    const found = findLeaf(store, ROOT, name);
    const merged = mergedLeaf(found, changes, next, order);
    if (merged.next === next) {
      const value = values[next];
      assert.ok(value !== undefined, 'there is room for what goes');
      leafSet(store, found, name, value, order);
      before.set(name, undefined);
      next += 1;
      continue;
    }
    assert.equal(merged.replaced.length, merged.next - next);
    for (const [i, old] of merged.replaced.entries()) before.set(keys[next + i] ?? '', old);
    replaceLeaf(store, found, merged.leaf, order);
    next = merged.next;
  }
  return before;
}

test('entries set and removed leaf by leaf are as if each was, and what was there is told', () => {
  const many = fc.uniqueArray(key, { maxLength: 60 }).map((keys) => keys.sort());
  const gone = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(many, many, gone, fc.integer({ min: 4, max: 9 }), (first, second, ends, order) => {
      const store = new Nodes();
      const plain = new Map<string, number>();
      for (const [round, keys] of [first, second, first].entries()) {
        const values = keys.map((_, i) => (round > 0 && ends[i] ? undefined : round * 100 + i));
        const before = changeAll(store, { keys, values }, order);
        assert.deepEqual(before, new Map(keys.map((name) => [name, plain.get(name)])));
        for (const [i, name] of keys.entries()) {
          const value = values[i];
          if (value === undefined) plain.delete(name);
          else plain.set(name, value);
        }
        assert.deepEqual(
          [...treeEntries(store, ROOT)],
          [...plain].sort(([a], [b]) => (a < b ? -1 : 1)),
        );
        for (const { keys: own } of store.nodes.values()) assert.ok(own.length <= order);
      }
    }),
    randomRuns(300),
  );
});

test('a tree that loses all its entries leaf by leaf is one empty leaf again', () => {
  const store = new Nodes();
  const keys = Array.from({ length: 200 }, (_, i) => `k${100 + i}`);
  changeAll(store, { keys, values: keys.map((_, i) => i) }, 8);
  assert.ok(store.nodes.size > 20);
  changeAll(store, { keys, values: keys.map(() => undefined) }, 8);
  assert.deepEqual([...store.nodes], [[ROOT, { keys: [], values: [] }]]);
});

test('a leaf is written once for all the entries it has room for', () => {
  const store = new Nodes();
  for (let i = 0; i < 20; i += 1) treeSet(store, ROOT, `k${10 + i}`, i);
  store.writes = 0;
  const keys = Array.from({ length: 25 }, (_, i) => `k1${i % 5}x${10 + i}`).sort();
  changeAll(store, { keys, values: keys.map((_, i) => i) }, 48);
  assert.equal(store.writes, 1);
});

test('keys that come in order behind others, not at the end, leave their leaves mostly full', () => {
  const store = new Nodes();
  for (let i = 0; i < 2_000; i += 1) {
    treeSet(store, ROOT, `${i % 4}-${String(i).padStart(5, '0')}`, i);
  }
  const leaves = [...store.nodes.values()].filter((node) => 'values' in node);
  assert.ok(leaves.length <= 2_000 / 33, `${leaves.length} leaves`);
});
