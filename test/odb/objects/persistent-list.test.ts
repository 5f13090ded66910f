/** Lists against arrays: changed, merged, taken back. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  ConflictError,
  PersistentList,
  type Connection,
  type Database,
  type Tid,
} from '../../../odb/index.js';
import { randomRuns } from '../../support/random.js';
import { databaseKinds, fetched, Page } from '../databases.js';

const RUNS = 30;

interface Edit {
  /** From 0, the beginning of what is edited, up to 1, its end. */
  readonly at: number;
  readonly remove: number;
  readonly insert: number;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 90 })),
  insert: fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 120 })),
});

describe('a new PersistentList', () => {
  test('does what an array does', () => {
    const list = new PersistentList(['a', 'b', 'c']);
    assert.equal(list.push('d', 'e'), 5);
    list.set(0, 'A').insert(1, 'x', 'y');
    assert.deepEqual([...list], ['A', 'x', 'y', 'b', 'c', 'd', 'e']);
    assert.equal(list.delete(3), 'b');
    assert.deepEqual(list.splice(1, 2, 'z'), ['x', 'y']);
    assert.deepEqual(list.slice(), ['A', 'z', 'c', 'd', 'e']);
    assert.deepEqual(list.slice(-2), ['d', 'e']);
    assert.deepEqual(list.slice(1, -1), ['z', 'c', 'd']);
    assert.deepEqual([list.get(4), list.get(5), list.get(-1), list.get(0.5)], ['e', ...nothing(3)]);
    assert.deepEqual([list.size, new PersistentList().size], [5, 0]);
  });

  test('refuses positions and items that cannot be, and stays as it was', () => {
    const list = new PersistentList<unknown>([1, 2]);
    for (const position of [-1, 2, 0.5, NaN]) {
      assert.throws(() => list.set(position, 0), TypeError);
      assert.throws(() => list.delete(position), TypeError);
    }
    assert.throws(() => list.insert(3, 0), TypeError);
    assert.throws(() => list.push(undefined), TypeError);
    assert.throws(() => list.push(1, new Map()), { name: 'TypeError', message: /Item 3/ });
    assert.deepEqual([...list], [1, 2]);
  });
});

for (const kind of databaseKinds) {
  describe(`a stored PersistentList (${kind.name})`, () => {
    test('agrees with an array through any history of changes, commits, aborts and undos', async () => {
      const step = fc.oneof(
        { weight: 6, arbitrary: edit },
        { weight: 3, arbitrary: fc.constantFrom('commit', 'abort', 'undo') },
      );
      await using database = await kind.open({ cacheObjects: 10 });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
          using connection = database.connect();
          const list = await begun(connection, 0);
          let before: number[] = [];
          let saved: number[] = [];
          let model: number[] = [];
          let next = 0;
          let last: Tid | undefined;
          for (const each of steps) {
            if (typeof each === 'object') {
              const from = Math.round(each.at * model.length);
              const items = Array.from({ length: each.insert }, () => next++);
              const taken = list.splice(from, each.remove, ...items);
              assert.deepEqual(taken, model.splice(from, each.remove, ...items));
            } else if (each === 'abort') {
              connection.abort();
              model = [...saved];
            } else {
              if (connection.hasChanges) {
                before = saved;
                saved = [...model];
                last = await connection.commit();
              }
              if (each === 'undo' && last !== undefined) {
                connection.applyUndo(connection.planUndo([last]));
                assert.deepEqual([...list], before);
                last = await connection.commit();
                [before, saved] = [saved, before];
                model = [...saved];
              }
            }
            assert.equal(list.size, model.length);
          }
          await connection.commit();
          using reader = database.connect();
          assert.deepEqual([...listOf(reader)], model);
          for (const [position, item] of model.entries()) assert.equal(list.get(position), item);
        }),
        randomRuns(RUNS, kind.name === 'memory' ? 1 : 1 / 5),
      );
    });

    test('changes of different parts are both kept, or the second is refused and nothing lost', async () => {
      await using database = await kind.open();
      const edits = fc.array(edit, { minLength: 1, maxLength: 6 });
      let merged = 0;
      await fc.assert(
        fc.asyncProperty(edits, edits, async (theirs, mine) => {
          using one = database.connect();
          using other = database.connect();
          await begun(one, 600);
          other.begin();
          const head = edited(one, theirs, { from: 0, to: 200, first: 1_000 });
          const tail = edited(other, mine, { from: 400, to: 600, first: 5_000 });
          await one.commit();
          let expected = [...head, ...range(200, 400), ...tail];
          try {
            await other.commit();
            merged += 1;
          } catch (error) {
            assert.ok(error instanceof ConflictError);
            other.abort();
            expected = [...head, ...range(200, 600)];
          }
          checkList(database, expected);
        }),
        randomRuns(RUNS),
      );
      assert.ok(merged > 0, 'some were merged');
    });

    test('items set in different places, next to each other too, are both kept', async () => {
      await using database = await kind.open();
      using one = database.connect();
      using other = database.connect();
      await begun(one, 300);
      other.begin();
      listOf(one).set(100, -1).insert(20, -3);
      listOf(other).set(101, -2).delete(280);
      await one.commit();
      await other.commit();
      const expected = range(0, 300).toSpliced(280, 1).with(100, -1).with(101, -2);
      checkList(database, expected.toSpliced(20, 0, -3));
    });

    test('one item that both sides changed is a conflict that names its position in the list', async () => {
      await using database = await kind.open();
      using one = database.connect();
      using other = database.connect();
      const { oid } = await begun(one, 300);
      other.begin();
      listOf(one).set(203, -1).delete(7);
      listOf(other).splice(202, 2);
      await one.commit();
      await assert.rejects(other.commit(), (error) => {
        assert.ok(error instanceof ConflictError);
        assert.equal(error.objects.length, 1);
        assert.deepEqual([error.objects[0]?.oid, error.objects[0]?.fields], [oid, ['203']]);
        return true;
      });
    });

    test('what both sides push is kept, in the order of their commits, however much it is', async () => {
      await using database = await kind.open();
      using one = database.connect();
      using other = database.connect();
      using third = database.connect();
      await begun(one, 40);
      for (const connection of [other, third]) connection.begin();
      listOf(one).push(-1);
      listOf(other).push(...range(1_000, 1_100));
      listOf(third).push(-1);
      for (const connection of [one, other, third]) await connection.commit();
      const expected = [...range(0, 40), -1, ...range(1_000, 1_100), -1];
      checkList(database, expected);
      for (const connection of [one, other, third]) {
        connection.begin();
        assert.deepEqual([...listOf(connection)], expected);
        listOf(connection).delete(0);
        connection.abort();
      }
    });

    test('an undo takes back one part and leaves later changes of others, or says what is in the way', async () => {
      await using database = await kind.open();
      const edits = fc.array(edit, { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(edits, edits, async (early, late) => {
          using connection = database.connect();
          await begun(connection, 600);
          const began = connection.tid;
          const head = edited(connection, early, { from: 0, to: 200, first: 1_000 });
          const first = await connection.commit();
          const shift = head.length - 200;
          const tail = edited(connection, late, {
            from: 400 + shift,
            to: 600 + shift,
            first: 5_000,
          });
          const second = await connection.commit();
          if (first === began || second === first) return;
          const plan = connection.planUndo([first]);
          let expected = [...head, ...range(200, 400), ...tail];
          if (plan.possible) {
            connection.applyUndo(plan);
            await connection.commit();
            expected = [...range(0, 400), ...tail];
          } else assert.ok(plan.conflicts.some(({ blockedBy }) => blockedBy.includes(second)));
          checkList(database, expected);
          const both = connection.planUndo([second, first]);
          if (plan.possible) return;
          connection.applyUndo(both);
          await connection.commit();
          checkList(database, range(0, 600));
        }),
        randomRuns(RUNS, 1 / 2),
      );
    });

    test('an undo of the list alone takes its nodes with it', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const list = await begun(connection, 200);
      list.set(150, -1).insert(10, -2);
      connection.root.set('other', 1);
      const tid = await connection.commit();
      assert.ok(list.oid !== undefined);
      connection.applyUndo(connection.planUndo([tid], { objects: [list.oid] }));
      await connection.commit();
      checkList(database, range(0, 200));
      assert.equal(connection.root.get('other'), 1);
    });

    test('a changed list is told as one object, whatever nodes it has', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const list = await begun(connection, 400);
      list.set(300, -1).insert(10, ...range(1_000, 1_100));
      assert.deepEqual(connection.changedObjects(), [list]);
      await connection.transaction.savepoint();
      list.set(200, -2);
      assert.deepEqual(connection.changedObjects(), [list]);
    });

    test('the past can be read, not changed, and given back', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const list = await begun(connection, 300);
      const then = connection.tid;
      list.splice(20, 200, -1);
      list.push(-2);
      await connection.commit();
      using past = database.connect({ at: then });
      assert.deepEqual([...listOf(past)], range(0, 300));
      assert.throws(() => listOf(past).set(0, 1), { code: 'ODB_READ_ONLY_PAST' });
      assert.throws(() => listOf(past).push(1), { code: 'ODB_READ_ONLY_PAST' });
      connection.revert(list, then);
      await connection.commit();
      checkList(database, range(0, 300));
    });

    test('a long list is loaded and saved in pieces, and gives the objects it refers to', async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const list = (await begun(connection, 5_000)) as PersistentList<unknown>;
      list.set(2_500, new Page({ title: 'x' }));
      list.set(2_501, [list.get(2_500)]);
      await connection.commit();
      assert.equal(connection.history(list).length, 1);
      using reader = database.connect();
      const found = listOf(reader) as PersistentList<unknown>;
      const page = found.get(2_500);
      assert.ok(page instanceof Page);
      assert.equal(page.title, 'x');
      assert.deepEqual(found.get(2_501), [page]);
      assert.ok(reader.cachedObjects < 12, `${reader.cachedObjects} objects are loaded`);
    });
  });
}

async function begun(connection: Connection, size: number): Promise<PersistentList<number>> {
  connection.begin();
  connection.root.set('list', new PersistentList(range(0, size)));
  await connection.commit();
  return listOf(connection);
}

function listOf(connection: Connection): PersistentList<number> {
  return fetched<PersistentList<number>>(connection, 'list');
}

/** Edits one part of the list, and gives what the part is then. */
function edited(
  connection: Connection,
  edits: readonly Edit[],
  part: { readonly from: number; readonly to: number; readonly first: number },
): number[] {
  const list = listOf(connection);
  const model = list.slice(part.from, part.to);
  let next = part.first;
  for (const { at, remove, insert } of edits) {
    const from = Math.round(at * model.length);
    const count = Math.min(remove, model.length - from);
    const items = Array.from({ length: insert }, () => next++);
    list.splice(part.from + from, count, ...items);
    model.splice(from, count, ...items);
  }
  return model;
}

function checkList(database: Database, expected: readonly number[]): void {
  using reader = database.connect();
  const list = listOf(reader);
  assert.deepEqual([...list], expected);
  assert.equal(list.size, expected.length);
  assert.equal(list.get(expected.length - 1), expected.at(-1));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, n) => from + n);
}

function nothing(count: number): undefined[] {
  return Array.from({ length: count }, () => undefined);
}
