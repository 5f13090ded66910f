import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  EMPTY_LEAF,
  isInner,
  nodeOfState,
  NODE_ENTRIES_MAX,
  ORDER_MIN,
  stateOfNode,
  treeEntries,
  treeGet,
  treeHas,
  treeNodes,
  treeSize,
  type Node,
  type NodeStore,
  type Range,
} from '../../../odb/trees/btree.js';
import { treeDelete, treeSet } from '../../../odb/trees/btree-change.js';
import { randomRuns } from '../../support/random.js';

/** Nodes in memory, which notices what a tree must not do. */
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
    assert.ok(this.nodes.has(id), `node ${id} is alive`);
    this.nodes.set(id, node);
    this.writes += 1;
  }

  create(node: Node<number, number>): number {
    this.nodes.set(this.#next, node);
    return this.#next++;
  }

  kill(id: number): void {
    assert.notEqual(id, 1, 'the root lives for ever');
    assert.ok(this.nodes.delete(id), `node ${id} is alive`);
  }
}

const ROOT = 1;
const key = fc.nat({ max: 60 }).map((n) => `k${n}`);
const order = fc.integer({ min: ORDER_MIN, max: 9 });
const commands = fc.array(fc.record({ key, set: fc.boolean() }), { maxLength: 250 });

function grow(store: Nodes, size: number, nodeOrder = ORDER_MIN): void {
  for (let i = 0; i < size; i++) {
    treeSet(store, ROOT, String(i).padStart(6, '0'), i, nodeOrder);
  }
}

/** All leaves at one depth, no node too big, keys in their ranges, no node forgotten. */
function requireSound(store: Nodes, nodeOrder: number): void {
  const depths = new Set<number>();
  let seen = 0;
  const visit = (id: number, depth: number, from: string | undefined, to: string | undefined) => {
    seen += 1;
    const node = store.read(id);
    const size = isInner(node) ? node.children.length : node.keys.length;
    assert.ok(size <= nodeOrder, 'no node is too big');
    assert.ok(id === ROOT || size > 0, 'no node but the root is empty');
    assert.ok(!isInner(node) || size >= 2, 'no inner node has a single child');
    assert.deepEqual(node.keys, node.keys.toSorted());
    for (const k of node.keys) {
      assert.ok((from === undefined || k >= from) && (to === undefined || k < to), `${k} in range`);
    }
    if (!isInner(node)) depths.add(depth);
    else {
      for (const [at, child] of node.children.entries()) {
        visit(child, depth + 1, node.keys[at - 1] ?? from, node.keys[at] ?? to);
      }
    }
  };
  visit(ROOT, 0, undefined, undefined);
  assert.equal(depths.size, 1, 'all leaves are at one depth');
  assert.equal(seen, store.nodes.size, 'every node is in the tree or was killed');
}

test('a tree holds what a plain map holds, whatever is put in and taken out', () => {
  fc.assert(
    fc.property(order, commands, (nodeOrder, steps) => {
      const store = new Nodes();
      const model = new Map<string, number>();
      for (const [value, step] of steps.entries()) {
        if (step.set) {
          treeSet(store, ROOT, step.key, value, nodeOrder);
          model.set(step.key, value);
        } else {
          assert.equal(treeDelete(store, ROOT, step.key, nodeOrder), model.delete(step.key));
        }
        assert.equal(treeGet(store, ROOT, step.key), model.get(step.key));
        assert.equal(treeHas(store, ROOT, step.key), model.has(step.key));
        requireSound(store, nodeOrder);
      }
      assert.equal(treeSize(store, ROOT), model.size);
      assert.deepEqual([...treeEntries(store, ROOT)], sorted(model));
    }),
    randomRuns(),
  );
});

test('a range gives what filtering and reversing all entries gives', () => {
  const bounds = fc.record(
    {
      from: fc.oneof(key, fc.constantFrom('', 'k', 'z')),
      fromExclusive: fc.boolean(),
      to: fc.oneof(key, fc.constantFrom('', 'k', 'z')),
      toExclusive: fc.boolean(),
      reverse: fc.boolean(),
      limit: fc.nat({ max: 20 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(order, fc.uniqueArray(key), bounds, (nodeOrder, keys, range) => {
      const store = new Nodes();
      for (const [value, k] of keys.entries()) treeSet(store, ROOT, k, value, nodeOrder);
      const model = new Map(keys.map((k, value) => [k, value]));
      assert.deepEqual([...treeEntries(store, ROOT, range)], within(sorted(model), range));
    }),
    randomRuns(),
  );
});

test('keys sort by UTF-16 code units, the empty key first', () => {
  const store = new Nodes();
  for (const k of ['b', '', 'B', 'ä', '\u{1f600}', '\uffff', 'a']) treeSet(store, ROOT, k, 0, 4);
  const keys = [...treeEntries(store, ROOT)].map(([k]) => k);
  assert.deepEqual(keys, ['', 'B', 'a', 'b', 'ä', '\u{1f600}', '\uffff']);
});

test('a tree can be emptied and used again, and is then a single leaf', () => {
  const store = new Nodes();
  grow(store, 300);
  for (const [k] of treeEntries(store, ROOT)) treeDelete(store, ROOT, k, ORDER_MIN);
  assert.equal(treeSize(store, ROOT), 0);
  assert.equal(store.nodes.size, 1);
  grow(store, 10);
  assert.equal(treeSize(store, ROOT), 10);
});

test('ascending keys fill their leaves', () => {
  const store = new Nodes();
  grow(store, 4800, NODE_ENTRIES_MAX);
  const leaves = [...treeNodes(store, ROOT)].filter(({ node }) => !isInner(node));
  assert.ok(leaves.length <= 103, `${leaves.length} leaves for 4800 entries`);
});

test('most changes write one node', () => {
  const store = new Nodes();
  grow(store, 1000, NODE_ENTRIES_MAX);
  store.writes = 0;
  for (let i = 0; i < 1000; i++) {
    treeSet(store, ROOT, String(i).padStart(6, '0'), -i, NODE_ENTRIES_MAX);
  }
  assert.equal(store.writes, 1000);
});

test('entries may be deleted while they are walked, in both directions', () => {
  for (const reverse of [false, true]) {
    const store = new Nodes();
    grow(store, 200);
    let walked = 0;
    for (const [k] of treeEntries(store, ROOT, { reverse })) {
      treeDelete(store, ROOT, k, ORDER_MIN);
      walked += 1;
    }
    assert.equal(walked, 200);
    assert.equal(treeSize(store, ROOT), 0);
  }
});

test('a node is what its state says, and other fields of the root stay', () => {
  const leaf = { keys: ['a'], values: [1] };
  const state = stateOfNode(leaf, { title: 'x', keys: [], children: [1] });
  assert.deepEqual(state, { title: 'x', keys: ['a'], values: [1] });
  assert.deepEqual(nodeOfState(state), leaf);
  assert.deepEqual(nodeOfState({}), EMPTY_LEAF);
});

test('a state that is no node is damage', () => {
  const cases = [
    { keys: ['a'], values: [] },
    { keys: [1], values: [1] },
    { keys: [], children: [] },
  ];
  for (const state of cases) assert.throws(() => nodeOfState(state), { code: 'ODB_DAMAGED' });
});

test('nodes that refer to each other in a circle are damage, not an endless walk', () => {
  const store = new Nodes();
  store.write(ROOT, { keys: [], children: [ROOT] });
  assert.throws(() => treeGet(store, ROOT, 'a'), { code: 'ODB_DAMAGED' });
  assert.throws(() => treeSize(store, ROOT), { code: 'ODB_DAMAGED' });
});

function sorted(model: ReadonlyMap<string, number>): [string, number][] {
  return [...model].sort(([a], [b]) => (a < b ? -1 : 1));
}

function within(entries: [string, number][], range: Range): [string, number][] {
  const { from, to } = range;
  const found = entries.filter(
    ([k]) =>
      (from === undefined || (range.fromExclusive === true ? k > from : k >= from)) &&
      (to === undefined || (range.toExclusive === true ? k < to : k <= to)),
  );
  return (range.reverse === true ? found.toReversed() : found).slice(0, range.limit);
}
