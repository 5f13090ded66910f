import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ORDER_MIN } from '../../../odb/trees/btree.js';
import { ConflictError } from '../../../odb/errors.js';
import type { Oid } from '../../../odb/oid.js';
import { classNameOf } from '../../../odb/records/record.js';
import type { Storage } from '../../../odb/storage.js';
import { changeMap, entriesOf, MAP_CLASS } from '../support/map-client.js';
import type { Open } from '../support/storages.js';

const order = ORDER_MIN;

/** What every storage does with maps: two transactions that changed different keys never conflict. */
export function mapConformance(name: string, open: Open): void {
  describe(`${name}: maps`, () => {
    test('a map of any size is stored as nodes and read back', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const map = storage.allocate(1);
      await fill(storage, map, numbered(100));
      using reader = storage.snapshot();
      assert.deepEqual(entriesOf(reader, map), numbered(100));
    });

    test('changes of different keys are both kept, however nodes split and join', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const map = storage.allocate(1);
      await fill(storage, map, numbered(40));
      using old = storage.snapshot();
      const removals = Object.fromEntries(Object.keys(numbered(30)).map((key) => [key, undefined]));
      await changeMap(storage, old, { map, order, changes: removals });
      const additions = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`n${i}`, i]));
      await changeMap(storage, old, { map, order, changes: additions });
      await changeMap(storage, old, { map, order, changes: { [key(35)]: 'changed' } });

      using reader = storage.snapshot();
      const expected = { ...numbered(40), ...additions, [key(35)]: 'changed' };
      for (const gone of Object.keys(removals)) delete expected[gone];
      assert.deepEqual(entriesOf(reader, map), sorted(expected));
    });

    test('a merged map says which nodes are not what was sent, and keeps its class', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const map = storage.allocate(1);
      await fill(storage, map, numbered(3));
      using old = storage.snapshot();
      await changeMap(storage, old, { map, order, changes: { a: 1 } });
      const request = { map, order, changes: { b: 2 } };
      await changeMap(storage, old, request);
      using reader = storage.snapshot();
      const record = reader.load(map)?.record;
      assert.ok(record !== undefined);
      assert.equal(classNameOf(record), MAP_CLASS);
      const transaction = reader.transaction(reader.lastTid);
      assert.deepEqual(transaction?.maps[0]?.map, map);
      assert.deepEqual(
        transaction?.maps[0]?.nodes.toSorted((a, b) => a - b),
        transaction?.oids,
      );
    });

    test('one key changed differently on both sides is a conflict that names the key', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const map = storage.allocate(1);
      await fill(storage, map, numbered(20));
      using old = storage.snapshot();
      await changeMap(storage, old, {
        map,
        order,
        changes: { [key(1)]: 'a', x: 1, [key(5)]: undefined },
      });
      const cases: [changes: Record<string, unknown>, fields: string[]][] = [
        [{ [key(1)]: 'b', y: 1 }, [key(1)]],
        [{ [key(1)]: undefined }, [key(1)]],
        [{ x: 2, y: 1 }, ['x']],
        [{ [key(5)]: 'kept' }, [key(5)]],
      ];
      for (const [changes, fields] of cases) {
        const late = changeMap(storage, old, { map, order, changes });
        await assert.rejects(late, (error) => {
          assert.ok(error instanceof ConflictError);
          const [object] = error.objects;
          assert.deepEqual(
            [object?.oid, object?.className, object?.fields, object?.reason],
            [map, MAP_CLASS, fields, 'changed'],
          );
          return true;
        });
      }
      using reader = storage.snapshot();
      assert.equal(entriesOf(reader, map).y, undefined);
    });

    test('a key removed on both sides is removed; one set to equal values is a conflict', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const map = storage.allocate(1);
      await fill(storage, map, numbered(8));
      using old = storage.snapshot();
      const changes = { [key(1)]: { same: [1] }, [key(2)]: undefined, added: 1 };
      await changeMap(storage, old, { map, order, changes });
      await changeMap(storage, old, { map, order, changes: { [key(2)]: undefined } });
      // Each may have counted up from what it read.
      for (const equal of [{ [key(1)]: { same: [1] } }, { added: 1 }]) {
        const late = changeMap(storage, old, { map, order, changes: equal });
        await assert.rejects(late, ConflictError);
      }
      using reader = storage.snapshot();
      const { [key(2)]: _gone, ...kept } = numbered(8);
      assert.deepEqual(
        entriesOf(reader, map),
        sorted({ ...kept, ...changes, [key(2)]: undefined }),
      );
    });

    test('a map that ended meanwhile is a conflict', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const map = storage.allocate(1);
      await fill(storage, map, { a: 1 });
      using old = storage.snapshot();
      const root = old.revision(map);
      assert.ok(root !== undefined);
      const nothing = { meta: {}, reads: [], removed: [], blobs: [] };
      await storage.commit({
        ...nothing,
        baseTid: old.lastTid,
        writes: [{ oid: map, baseTid: root.tid, record: undefined }],
        maps: [{ map, nodes: [map], entries: [] }],
      });
      const late = changeMap(storage, old, { map, order, changes: { b: 1 } });
      await assert.rejects(late, (error) => {
        assert.ok(error instanceof ConflictError);
        assert.equal(error.objects[0]?.reason, 'removed');
        return true;
      });
    });

    test('many clients that add to one map at once all succeed', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const map = storage.allocate(1);
      await fill(storage, map, numbered(2));
      using old = storage.snapshot();
      const additions = Array.from({ length: 50 }, (_, i) => ({
        [`k${String(i).padStart(3, '0')}`]: i,
      }));
      await Promise.all(
        additions.map((changes) => changeMap(storage, old, { map, order, changes })),
      );
      using reader = storage.snapshot();
      assert.deepEqual(entriesOf(reader, map), sorted(Object.assign(numbered(2), ...additions)));
    });

    test('the past of a map is the map of the past', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const map = storage.allocate(1);
      const moments = [];
      for (let size = 5; size <= 50; size += 5) {
        const tid = await fill(storage, map, numbered(size));
        moments.push({ size, tid });
      }
      using reader = storage.snapshot();
      for (const { size, tid } of moments) {
        assert.deepEqual(entriesOf(reader, map, tid), numbered(size));
      }
    });
  });
}

function key(n: number): string {
  return String(n).padStart(4, '0');
}

function numbered(size: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: size }, (_, i) => [key(i), i]));
}

function sorted(entries: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entries)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

async function fill(storage: Storage, map: Oid, changes: Record<string, unknown>) {
  using reader = storage.snapshot();
  return changeMap(storage, reader, { map, order, changes });
}
