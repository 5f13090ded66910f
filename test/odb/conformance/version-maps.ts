import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ORDER_MIN } from '../../../odb/trees/btree.js';
import { ConflictError } from '../../../odb/errors.js';
import type { Oid } from '../../../odb/oid.js';
import { encodeValue } from '../../../odb/records/record.js';
import type { Storage } from '../../../odb/storage.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import { changeMap, entriesOf } from '../support/map-client.js';
import { entry, request } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import { changeMapIn, commitEntries, edit, entriesIn, patchOf } from '../support/version-client.js';

const order = ORDER_MIN;

/** What every storage does with maps that versions change: it keeps what is different, and shows main. */
export function versionMapConformance(name: string, open: Open): void {
  describe(`${name}: maps in versions`, () => {
    test('a version keeps what it changed, and shows the rest as main has it', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const { version, map } = await filled(storage, 40);
      const changes = { [key(3)]: 'mine', [key(5)]: undefined, more: 1 };
      await change(storage, { version, map, changes });
      await change(storage, { map, changes: { [key(7)]: 'main', [key(3)]: 'main', other: 2 } });
      using reader = storage.snapshot();
      const expected = { ...numbered(40), [key(7)]: 'main', other: 2, ...changes };
      delete expected[key(5)];
      assert.deepEqual(entriesIn(reader, version, map), sorted(expected));
      assert.deepEqual(patchOf(reader, version, map), {
        [key(3)]: { base: 3, value: 'mine' },
        [key(5)]: { base: 5 },
        more: { value: 1 },
      });
      assert.equal(reader.overlaySize(version), 1);
      assert.equal(entriesOf(reader, map)[key(5)], 5);
    });

    test('a patch of any size is kept in nodes, which are no entries, and are read as of any moment', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const { version, map } = await filled(storage, 8);
      const moments: { tid: Tid; expected: Record<string, unknown> }[] = [];
      const expected = numbered(8);
      for (let round = 0; round < 12; round += 1) {
        const changes: Record<string, unknown> = {};
        for (let i = 0; i < 6; i += 1) changes[`n${round}-${i}`] = round;
        if (round > 3) for (let i = 0; i < 6; i += 1) changes[`n${round - 3}-${i}`] = undefined;
        Object.assign(expected, changes);
        const tid = await change(storage, { version, map, changes });
        moments.push({ tid, expected: sorted(expected) });
      }
      using reader = storage.snapshot();
      for (const { tid, expected: then } of moments) {
        assert.deepEqual(entriesIn(reader, version, map, tid), then);
      }
      assert.equal(reader.overlaySize(version), 1);
      const { maps, oids } = reader.transaction(storage.lastTid) ?? {};
      assert.equal(maps?.[0]?.map, map);
      assert.deepEqual(
        maps?.[0]?.nodes.toSorted((a, b) => a - b),
        oids,
      );
    });

    test('a key goes from the patch when it is what it was, or what main has now', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const { version, map } = await filled(storage, 20);
      const all = Object.fromEntries(Object.keys(numbered(20)).map((each) => [each, 'mine']));
      await change(storage, { version, map, changes: all });
      await change(storage, { map, changes: { [key(1)]: 'main' } });
      await change(storage, { version, map, changes: { [key(1)]: 'main', [key(2)]: 2 } });
      using reader = storage.snapshot();
      const patch = patchOf(reader, version, map);
      assert.deepEqual(
        [Object.keys(patch).length, patch[key(1)], patch[key(2)]],
        [18, undefined, undefined],
      );
      await change(storage, { version, map, changes: { ...numbered(20), [key(1)]: 'main' } });
      using after = storage.snapshot();
      assert.deepEqual(patchOf(after, version, map), {});
      assert.deepEqual([after.overlay(version, map)?.live, after.overlaySize(version)], [true, 0]);
      assert.deepEqual(await storage.versions(), []);
    });

    test('two commits into one version are merged key by key, and conflict on one key', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const { version, map } = await filled(storage, 12);
      using reader = storage.snapshot();
      await changeMapIn(storage, reader, { version, map, changes: { a: 1, [key(1)]: 'one' } });
      const { merged } = await changeMapIn(storage, reader, { version, map, changes: { b: 2 } });
      assert.ok(merged.includes(map));
      const cases = [{ a: 2 }, { [key(1)]: undefined }, { [key(1)]: 'one' }];
      for (const changes of cases) {
        const late = changeMapIn(storage, reader, { version, map, changes });
        await assert.rejects(late, (error) => {
          assert.ok(error instanceof ConflictError);
          assert.deepEqual(
            [error.objects[0]?.oid, error.objects[0]?.fields],
            [map, Object.keys(changes)],
          );
          return true;
        });
      }
      using after = storage.snapshot();
      assert.deepEqual(
        entriesIn(after, version, map),
        sorted({ ...numbered(12), a: 1, b: 2, [key(1)]: 'one' }),
      );
    });

    test('that main changed the same key since is no conflict', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const { version, map } = await filled(storage, 6);
      using reader = storage.snapshot();
      await change(storage, { map, changes: { [key(1)]: 'main', [key(2)]: undefined, a: 'main' } });
      const changes = { [key(1)]: 'mine', [key(2)]: 'mine', a: 'mine' };
      await changeMapIn(storage, reader, { version, map, changes });
      using after = storage.snapshot();
      assert.deepEqual(patchOf(after, version, map), {
        [key(1)]: { base: 1, value: 'mine' },
        [key(2)]: { base: 2, value: 'mine' },
        a: { value: 'mine' },
      });
    });

    test('a key can be let go, or said to rest on what main has now', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const { version, map } = await filled(storage, 6);
      await change(storage, { version, map, changes: { [key(1)]: 'a', [key(2)]: 'b' } });
      await change(storage, { map, changes: { [key(1)]: 'main', [key(2)]: 'main' } });
      using reader = storage.snapshot();
      const stays = entry(key(1), 'a', 'a');
      const goes = { ...entry(key(2), 'b', undefined), live: true } as const;
      const rebased = { ...stays, basedOn: { value: encodeValue('main') } };
      await commitEntries(storage, reader, { version, map, entries: [rebased, goes] });
      using after = storage.snapshot();
      assert.deepEqual(patchOf(after, version, map), { [key(1)]: { base: 'main', value: 'a' } });
      const stale = { ...entry(key(1), 'b', undefined), live: true } as const;
      const late = commitEntries(storage, after, { version, map, entries: [stale] });
      await assert.rejects(late, ConflictError);
    });

    test('a map can end in a version, and come back with what main has', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const { version, map } = await filled(storage, 10);
      await change(storage, { version, map, changes: { ...numbered(10, 'mine'), a: 1 } });
      using reader = storage.snapshot();
      await change(storage, { version, map, changes: { b: 1 } });
      const erase = (baseTid: Tid) =>
        storage.commit(
          request([{ oid: map, baseTid: TID_ZERO, record: undefined }], {
            version,
            baseTid,
            maps: [{ map, nodes: [map], entries: [] }],
          }),
        );
      await assert.rejects(erase(reader.lastTid), ConflictError);
      await erase(storage.lastTid);
      using gone = storage.snapshot();
      const entryNow = gone.overlay(version, map);
      assert.deepEqual([entryNow?.live, entryNow?.record], [false, undefined]);
      assert.equal(gone.overlaySize(version), 1);
      await assert.rejects(change(storage, { version, map, changes: { c: 1 } }), ConflictError);
      const back = { oid: map, baseTid: TID_ZERO, record: undefined, live: true } as const;
      await storage.commit(
        request([back], {
          version,
          baseTid: storage.lastTid,
          maps: [{ map, nodes: [map], entries: [] }],
        }),
      );
      using after = storage.snapshot();
      assert.deepEqual(entriesIn(after, version, map), numbered(10));
    });

    test('a version with many maps has as many entries, and other objects beside', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const { version, map } = await filled(storage, 30);
      const second = await filled(storage, 3);
      await change(storage, { version, map, changes: numbered(30, 'mine') });
      await change(storage, { version, map: second.map, changes: { a: 1 } });
      const page = storage.allocate(1);
      await edit(storage, version, page, { n: 1 });
      assert.deepEqual(await storage.versions(), [{ version, entries: 3 }]);
      using reader = storage.snapshot();
      const oids: Oid[] = [];
      for await (const { oid } of reader.overlayEntries(version)) oids.push(oid);
      assert.deepEqual(oids, [map, second.map, page]);
    });
  });
}

async function filled(storage: Storage, size: number): Promise<{ version: Oid; map: Oid }> {
  const version = storage.allocate(1);
  const map = storage.allocate(1);
  await change(storage, { map, changes: numbered(size) });
  return { version, map };
}

/** Changes entries on what is there now: in a version, or in main. */
async function change(
  storage: Storage,
  options: { version?: Oid; map: Oid; changes: Record<string, unknown> },
): Promise<Tid> {
  const { version, map, changes } = options;
  using reader = storage.snapshot();
  if (version === undefined) return changeMap(storage, reader, { map, order, changes });
  return (await changeMapIn(storage, reader, { version, map, changes })).tid;
}

function key(n: number): string {
  return String(n).padStart(4, '0');
}

function numbered(size: number, value?: unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: size }, (_, i) => [key(i), value ?? i]));
}

function sorted(entries: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entries)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
