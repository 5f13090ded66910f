import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ORDER_MIN, treeNodes } from '../../../odb/trees/btree.js';
import type { Oid } from '../../../odb/oid.js';
import type { MergeRules } from '../../../odb/rules.js';
import type { Storage } from '../../../odb/storage.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import { changeMap, entriesOf, MAP_CLASS, TreeReader } from '../support/map-client.js';
import { request, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import { plan, undo } from '../support/undoing.js';

const order = ORDER_MIN;
const rules: MergeRules = {};

/** What every storage lets be undone of maps: entry by entry, whatever became of their nodes. */
export function undoMapsConformance(name: string, open: Open): void {
  describe(`${name}: undo in maps`, () => {
    test('takes entries back though their nodes have split and joined since', async () => {
      await using at = await open({ rules, nodeEntries: order });
      const { storage } = at;
      const map = storage.allocate(1);
      await set(storage, map, numbered(0, 6));
      const tid = await set(storage, map, { '0002': 'changed', '0003': undefined, x: 1 });
      await set(storage, map, numbered(10, 60));
      await set(
        storage,
        map,
        Object.fromEntries(Object.keys(numbered(20, 50)).map((k) => [k, undefined])),
      );
      const planned = plan(storage, [tid]);
      assert.deepEqual(planned.objects, []);
      assert.deepEqual(
        planned.maps.map(({ map: oid, className }) => [oid, className]),
        [[map, MAP_CLASS]],
      );
      assert.deepEqual(planned.maps[0]?.entries.map(({ key }) => key).sort(), [
        '0002',
        '0003',
        'x',
      ]);
      const undone = await undo(storage, tid);
      assert.deepEqual(mapOf(storage, map), {
        ...numbered(0, 6),
        ...numbered(10, 20),
        ...numbered(50, 60),
      });
      await undo(storage, undone);
      assert.equal(mapOf(storage, map)['0002'], 'changed');
    });

    test('names the keys that were changed since, and the transactions that did', async () => {
      await using at = await open({ rules, nodeEntries: order });
      const { storage } = at;
      const map = storage.allocate(1);
      await set(storage, map, numbered(0, 20));
      const tid = await set(storage, map, { '0003': 'a', '0004': 'a', new: 'a' });
      await set(storage, map, numbered(30, 60));
      const first = await set(storage, map, { '0003': 'b' });
      await set(storage, map, numbered(60, 90));
      const second = await set(storage, map, { '0003': 'c', new: undefined });
      const planned = plan(storage, [tid]);
      assert.deepEqual(planned.conflicts, [
        { oid: map, className: MAP_CLASS, fields: ['0003'], blockedBy: [second, first] },
      ]);
      assert.deepEqual(planned.together, [second, first, tid]);
      await undo(storage, ...planned.together);
      assert.deepEqual(mapOf(storage, map), { ...numbered(0, 20), ...numbered(30, 90) });
    });

    test('of the creation of a map ends it with all its nodes, and brings them back', async () => {
      await using at = await open({ rules, nodeEntries: order });
      const { storage } = at;
      const map = storage.allocate(1);
      const created = await set(storage, map, numbered(0, 30));
      const gone = await undo(storage, created);
      using reader = storage.snapshot();
      assert.equal(reader.load(map), undefined);
      for (const oid of reader.transaction(created)?.oids ?? []) {
        assert.equal(reader.load(oid), undefined);
      }
      await undo(storage, gone);
      assert.deepEqual(mapOf(storage, map), numbered(0, 30));
    });

    test('of the creation of a map is not possible when entries were changed since', async () => {
      await using at = await open({ rules, nodeEntries: order });
      const { storage } = at;
      const map = storage.allocate(1);
      const created = await set(storage, map, numbered(0, 10));
      const added = await set(storage, map, { x: 1 });
      const planned = plan(storage, [created]);
      assert.deepEqual(planned.conflicts, [
        { oid: map, className: MAP_CLASS, fields: ['x'], blockedBy: [added] },
      ]);
      await undo(storage, added, created);
      using reader = storage.snapshot();
      assert.equal(reader.load(map), undefined);
    });

    test('of the end of a map together with a change before it brings back what was before both', async () => {
      await using at = await open({ rules, nodeEntries: order });
      const { storage } = at;
      const map = storage.allocate(1);
      await set(storage, map, numbered(0, 10));
      const changed = await set(storage, map, { '0001': undefined, x: 1, '0002': 'b' });
      const ended = await end(storage, map);
      await undo(storage, ended, changed);
      assert.deepEqual(mapOf(storage, map), numbered(0, 10));
    });

    test('of a change in a map that has ended is not possible without its end', async () => {
      await using at = await open({ rules, nodeEntries: order });
      const { storage } = at;
      const map = storage.allocate(1);
      await set(storage, map, numbered(0, 10));
      const changed = await set(storage, map, { '0001': 'b' });
      const ended = await end(storage, map);
      const planned = plan(storage, [changed]);
      assert.deepEqual(planned.conflicts[0]?.blockedBy, [ended]);
      assert.deepEqual(planned.together, [ended, changed]);
    });
  });
}

/** Ends a map with all its nodes. */
async function end(storage: Storage, map: Oid): Promise<Tid> {
  using reader = storage.snapshot();
  const nodes = [...treeNodes(new TreeReader(reader), map)].map(({ id }) => id);
  const { tid } = await storage.commit({
    ...request(
      nodes.map((oid) => write(oid, undefined, { base: reader.revision(oid)?.tid ?? TID_ZERO })),
    ),
    maps: [{ map, nodes, entries: [] }],
  });
  return tid;
}

function numbered(from: number, to: number): Record<string, unknown> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  return Object.fromEntries(numbers.map((n) => [String(n).padStart(4, '0'), n]));
}

async function set(storage: Storage, map: Oid, changes: Record<string, unknown>): Promise<Tid> {
  using reader = storage.snapshot();
  return changeMap(storage, reader, { map, order, changes });
}

function mapOf(storage: Storage, map: Oid): Record<string, unknown> {
  using reader = storage.snapshot();
  return entriesOf(reader, map);
}
