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
import { leafSet, mergedLeaf, treeSet } from '../../../odb/trees/btree-change.js';
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

/** Sets sorted entries as whoever sets many does; answers what was there before, by key. */
function setAll(
  store: Nodes,
  entries: readonly (readonly [string, number])[],
  order: number,
): Map<string, number | undefined> {
  const before = new Map<string, number | undefined>();
  let next = 0;
  for (let entry = entries[0]; entry !== undefined; entry = entries[next]) {
    const found = findLeaf(store, ROOT, entry[0]);
    const merged = mergedLeaf(found, entries, next, order);
    if (merged.next === next) {
      leafSet(store, found, entry[0], entry[1], order);
      before.set(entry[0], undefined);
      next += 1;
      continue;
    }
    assert.equal(merged.replaced.length, merged.next - next);
    for (const [i, old] of merged.replaced.entries()) before.set(entries[next + i]?.[0] ?? '', old);
    store.write(found.id, merged.leaf);
    next = merged.next;
  }
  return before;
}

test('entries merged leaf by leaf are there as if each was set, and what was there is told', () => {
  const many = fc.uniqueArray(key, { maxLength: 60 }).map((keys) => keys.sort());
  fc.assert(
    fc.property(many, many, fc.integer({ min: 4, max: 9 }), (first, second, order) => {
      const store = new Nodes();
      const plain = new Map<string, number>();
      for (const [round, keys] of [first, second].entries()) {
        const entries = keys.map((name, i): [string, number] => [name, round * 100 + i]);
        const before = setAll(store, entries, order);
        assert.deepEqual(before, new Map(keys.map((name) => [name, plain.get(name)])));
        for (const [name, value] of entries) plain.set(name, value);
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

test('a leaf is written once for all the entries it has room for', () => {
  const store = new Nodes();
  for (let i = 0; i < 20; i += 1) treeSet(store, ROOT, `k${10 + i}`, i);
  store.writes = 0;
  setAll(
    store,
    Array.from({ length: 25 }, (_, i) => [`k1${i % 5}x${10 + i}`, i] as const).sort(),
    48,
  );
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
