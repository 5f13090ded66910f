/** How much the table of remembered ghosts takes, with references that end when the test says so. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Persistent, type Oid } from '../../../odb/index.js';
import { LOOKS_PER_GHOST, RememberedGhosts } from '../../../odb/connection/remembered-ghosts.js';

class Thing extends Persistent {
  static {
    this.define('test.remembered.Thing', {});
  }
}

/** What the stack may still hold of what is gone. */
const FEW = 10;

/** A table whose ghosts are alive until they are let go. */
class Table {
  readonly ghosts = new RememberedGhosts((ghost) => {
    const alive = this.alive;
    return { deref: () => (alive.has(ghost) ? ghost : undefined) };
  });
  readonly alive = new Set<Persistent>();
  mostAlive = 0;
  #oid = 0;

  add(): void {
    this.#oid += 1;
    const ghost = new Thing();
    this.alive.add(ghost);
    this.mostAlive = Math.max(this.mostAlive, this.alive.size);
    this.ghosts.add(this.#oid as Oid, ghost);
  }

  /** Lets so many go: the oldest, or the newest. */
  letGo(count: number, end: 'oldest' | 'newest'): void {
    const alive = [...this.alive];
    const gone = end === 'oldest' ? alive.slice(0, count) : alive.slice(-count);
    for (const ghost of gone) this.alive.delete(ghost);
  }

  /** The bound that holds at any moment. */
  assertBounded(): void {
    const { size } = this.ghosts;
    assert.ok(
      size <= 2 * this.mostAlive + LOOKS_PER_GHOST,
      `${size} entries, and ${this.mostAlive} alive at most`,
    );
  }
}

describe('remembered ghosts', () => {
  test('gives a ghost as long as it is alive, and nothing that is gone or was deleted', () => {
    const table = new Table();
    table.add();
    table.add();
    table.add();
    const [first] = table.alive;
    assert.equal(table.ghosts.get(1 as Oid), first);
    table.letGo(1, 'oldest');
    assert.equal(table.ghosts.get(1 as Oid), undefined);
    table.ghosts.delete(2 as Oid);
    assert.equal(table.ghosts.get(2 as Oid), undefined);
    assert.notEqual(table.ghosts.get(3 as Oid), undefined);
  });

  test('holds no more than a constant of what passes through while little is alive', () => {
    const table = new Table();
    for (let n = 0; n < 100_000; n += 1) {
      table.add();
      if (table.alive.size === 100) table.letGo(100, 'oldest');
      table.assertBounded();
    }
    assert.ok(table.ghosts.size <= 200 + LOOKS_PER_GHOST, `${table.ghosts.size} entries`);
  });

  test('is never more than twice what was alive at once, whoever goes and when', () => {
    const step = fc.record({
      added: fc.integer({ min: 0, max: 200 }),
      gone: fc.integer({ min: 0, max: 200 }),
      end: fc.constantFrom('oldest' as const, 'newest' as const),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const table = new Table();
        for (const { added, gone, end } of steps) {
          for (let n = 0; n < added; n += 1) {
            table.add();
            table.assertBounded();
          }
          table.letGo(gone, end);
        }
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  test('shrinks to what is alive once few are left and others come and go', () => {
    const table = new Table();
    for (let n = 0; n < 10_000; n += 1) table.add();
    table.letGo(9_990, 'oldest');
    for (let n = 0; n < 10_000; n += 1) {
      table.add();
      table.letGo(1, 'newest');
    }
    assert.ok(table.ghosts.size <= 40, `${table.ghosts.size} entries`);
    for (const ghost of table.alive) assert.ok(ghost instanceof Thing);
  });

  test('notices what was collected when nothing is put in any more', async () => {
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const ghosts = new RememberedGhosts();
    const kept = new Thing();
    ghosts.add(1 as Oid, kept);
    for (let oid = 2; oid <= 30_000; oid += 1) ghosts.add(oid as Oid, new Thing());
    for (let turn = 0; turn < 50 && ghosts.size > FEW; turn += 1) {
      await new Promise(setImmediate);
      collect();
    }
    assert.ok(ghosts.size <= FEW, `${ghosts.size} entries`);
    assert.equal(ghosts.get(1 as Oid), kept);
  });
});
