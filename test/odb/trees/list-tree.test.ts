/** Trees by position against arrays; nodes hold few items, so that every step splits and joins some. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  countOf,
  EMPTY_LIST,
  isListInner,
  listItems,
  listReplace,
  type ListNode,
  type ListStore,
} from '../../../odb/trees/list-tree.js';
import { randomRuns } from '../../support/random.js';

const ROOT = 0;
const RUNS = 300;

class Nodes implements ListStore<number, number> {
  readonly nodes = new Map<number, ListNode<number, number>>([[ROOT, EMPTY_LIST]]);
  #next = 1;

  read(id: number): ListNode<number, number> {
    const node = this.nodes.get(id);
    assert.ok(node !== undefined, `node ${id} is there`);
    return node;
  }

  write(id: number, node: ListNode<number, number>): void {
    assert.ok(this.nodes.has(id));
    this.nodes.set(id, node);
  }

  create(node: ListNode<number, number>): number {
    this.nodes.set(this.#next, node);
    this.#next += 1;
    return this.#next - 1;
  }

  kill(id: number): void {
    assert.ok(id !== ROOT && this.nodes.delete(id));
  }

  /** Checks every node below one; gives its depth, and counts the nodes. */
  check(order: number, seen: Set<number>, id = ROOT): number {
    const node = this.read(id);
    assert.ok(!seen.has(id));
    seen.add(id);
    if (!isListInner(node)) {
      assert.ok(node.items.length <= order && (id === ROOT || node.items.length > 0));
      return 1;
    }
    assert.ok(node.children.length <= order && node.children.length === node.counts.length);
    assert.ok(id !== ROOT || node.children.length > 1);
    const depths = new Set(node.children.map((child) => this.check(order, seen, child)));
    assert.equal(depths.size, 1, 'all leaves are at one depth');
    assert.deepEqual(
      node.counts,
      node.children.map((child) => countOf(this.read(child))),
    );
    return 1 + ([...depths][0] ?? 0);
  }
}

test('any history of replacements leaves what an array has, in a sound tree without waste', () => {
  const step = fc.record({
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 3 }) }, fc.nat({ max: 80 })),
    insert: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 5 }) }, fc.nat({ max: 80 })),
  });
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 4, max: 8 }),
      (steps, order) => {
        const nodes = new Nodes();
        const model: number[] = [];
        let next = 0;
        for (const { from: at, remove, insert } of steps) {
          const from = Math.round(at * model.length);
          const to = Math.min(model.length, from + remove);
          const items = Array.from({ length: insert }, () => next++);
          listReplace(nodes, ROOT, { from, to, items }, order);
          model.splice(from, to - from, ...items);
          assert.equal(countOf(nodes.read(ROOT)), model.length);
          assert.deepEqual([...listItems(nodes, ROOT, 0, model.length)], model);
          const seen = new Set<number>();
          nodes.check(order, seen);
          assert.equal(seen.size, nodes.nodes.size, 'every node is in the tree');
        }
      },
    ),
    randomRuns(RUNS),
  );
});
