import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ORDER_MIN } from '../../../odb/trees/btree.js';
import { Database, PersistentSet, type Connection } from '../../../odb/index.js';
import type { Open } from '../support/storages.js';

/** What every storage does with sets: two transactions that changed one never conflict. */
export function setConformance(name: string, open: Open): void {
  describe(`${name}: sets`, () => {
    test('what both sides add is in once, and what either removes is out', async () => {
      await using place = await open({ nodeEntries: ORDER_MIN });
      const database = await filled(place.storage, 40);
      using one = database.connect();
      using other = database.connect();
      for (const element of [100, 101, 'a']) setOf(one).add(element);
      for (const element of [1, 2, 3]) setOf(one).delete(element);
      for (const element of [101, 102, 'a', 'b']) setOf(other).add(element);
      for (const element of [3, 4]) setOf(other).delete(element);
      await one.commit();
      await other.commit();

      const expected = [0, ...range(5, 40), 100, 101, 102, 'a', 'b'];
      one.begin();
      for (const connection of [one, other]) {
        assert.deepEqual([...setOf(connection)], expected);
        assert.equal(setOf(connection).size, expected.length);
      }
    });

    test('what both sides do alike is done once, and leaves the set sound', async () => {
      await using place = await open({ nodeEntries: ORDER_MIN });
      const database = await filled(place.storage, 10);
      using one = database.connect();
      using other = database.connect();
      for (const connection of [one, other]) {
        setOf(connection).add('x').delete(5);
        await connection.commit();
      }
      assert.deepEqual([...setOf(other)], [...range(0, 5), ...range(6, 10), 'x']);
    });

    test('an undo takes back its own elements and no others; undone again, they return', async () => {
      await using place = await open({ nodeEntries: ORDER_MIN });
      const database = await filled(place.storage, 20);
      using connection = database.connect();
      setOf(connection).add(500).delete(3);
      const tid = await connection.commit();
      setOf(connection).add(501).delete(4);
      await connection.commit();

      connection.applyUndo(connection.planUndo([tid]));
      const undone = await connection.commit({ undoes: [tid] });
      assert.deepEqual([...setOf(connection)], [...range(0, 4), ...range(5, 20), 501]);

      connection.applyUndo(connection.planUndo([undone]));
      await connection.commit({ undoes: [undone] });
      assert.deepEqual([...setOf(connection)], [0, 1, 2, ...range(5, 20), 500, 501]);
    });

    test('what was put in since stands in the way of undoing its beginning, by its own name', async () => {
      await using place = await open();
      const database = await filled(place.storage, 3);
      using connection = database.connect();
      const began = connection.tid;
      setOf(connection).add('later').add(7);
      const later = await connection.commit();
      const plan = connection.planUndo([began]);
      assert.equal(plan.possible, false);
      const found = plan.conflicts.find(({ className }) => className === 'odb.Set');
      assert.deepEqual([found?.fields.toSorted(), found?.blockedBy], [['7', 'later'], [later]]);
    });

    test('the past of a set can be read, and given back', async () => {
      await using place = await open({ nodeEntries: ORDER_MIN });
      const database = await filled(place.storage, 30);
      using connection = database.connect();
      const then = connection.tid;
      for (const element of range(0, 25)) setOf(connection).delete(element);
      setOf(connection).add('x');
      await connection.commit();

      using past = database.connect({ at: then });
      assert.deepEqual([...setOf(past)], range(0, 30));
      assert.throws(() => setOf(past).add(1_000), { code: 'ODB_READ_ONLY_PAST' });

      connection.revert(setOf(connection), then);
      await connection.commit();
      assert.deepEqual([...setOf(connection)], range(0, 30));
    });
  });
}

async function filled(
  storage: Awaited<ReturnType<Open>>['storage'],
  size: number,
): Promise<Database> {
  const database = await Database.open({ storage });
  using connection = database.connect();
  connection.root.set('set', new PersistentSet(range(0, size)));
  await connection.commit();
  return database;
}

function setOf(connection: Connection): PersistentSet {
  const set = connection.root.get('set');
  assert.ok(set instanceof PersistentSet);
  return set;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, n) => from + n);
}
