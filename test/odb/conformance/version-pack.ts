import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ORDER_MIN } from '../../../odb/trees/btree.js';
import { ConflictError } from '../../../odb/errors.js';
import { OID_ROOT, type Oid } from '../../../odb/oid.js';
import { encodeRecord } from '../../../odb/records/record.js';
import type { Storage } from '../../../odb/storage.js';
import { asTid, TID_MAX, type Tid } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';
import { changeMap } from '../support/map-client.js';
import { link, revisionsOf } from '../support/packing.js';
import { put, request, stateIn, stateOf } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import {
  changeMapIn,
  checkIn,
  discard,
  edit,
  editFrom,
  entriesIn,
  entryOf,
  patchOf,
  shown,
  shownIn,
  takeBack,
} from '../support/version-client.js';

const order = ORDER_MIN;
const ROUNDS = Number(process.env.CANOPY_PACK_ROUNDS ?? 12);

/** What packs keep of versions: what they hold, and what that is based on. */
export function versionPackConformance(name: string, open: Open): void {
  describe(`${name}: packing with versions`, () => {
    test('CT-ver-18: what a version holds outlives packs, and can be brought to main after them', async () => {
      await using place = await open();
      const { storage } = place;
      const { version, oid } = await linked(storage);
      await edit(storage, version, oid, { n: 2 });
      await takeBack(storage, await edit(storage, version, oid, { n: 3 }));
      await put(storage, oid, { n: 1, more: 1 });
      await put(storage, oid, { n: 1, more: 2 });
      await storage.pack({ before: TID_MAX });
      assert.deepEqual(shown(storage, version, oid), { n: 2 });
      const { basedOn = asTid(0) } = entryOf(storage, version, oid) ?? {};
      using reader = storage.snapshot();
      assert.deepEqual(stateIn(reader, oid, basedOn), { n: 1 });
      await checkIn(storage, version);
      assert.deepEqual(stateOf(storage, oid), { n: 2, more: 2 });
      await storage.pack({ before: TID_MAX });
      assert.deepEqual(stateOf(storage, oid), { n: 2, more: 2 });
      assert.equal(entryOf(storage, version, oid), undefined, 'its entry is over');
      assert.equal(revisionsOf(storage, oid).length, 1, 'nothing rests on the old state any more');
    });

    test('CT-ver-19: packed to before an undo, the undone is still there', async () => {
      await using place = await open();
      const { storage } = place;
      const { version, oid } = await linked(storage);
      const first = await edit(storage, version, oid, { n: 2 });
      const second = await edit(storage, version, oid, { n: 3 });
      const back = await takeBack(storage, second);
      await storage.pack({ before: second });
      using reader = storage.snapshot();
      assert.deepEqual(shownIn(reader, version, oid, second), { n: 3 });
      assert.equal(reader.overlay(version, oid, first)?.tid, second, 'the first is forgotten');
      await takeBack(storage, back);
      assert.deepEqual(shown(storage, version, oid), { n: 3 });
    });

    test('CT-ver-20: versions survive a pack, and so does what was discarded and taken back', async () => {
      await using place = await open();
      const { storage } = place;
      const { oid } = await linked(storage);
      const versions = [1, 2, 3].map((n) => ({ n, version: storage.allocate(1) }));
      for (const { n, version } of versions) {
        const inner = storage.allocate(1);
        await edit(storage, version, inner, { inner: n });
        await edit(storage, version, oid, { n: n * 10, inner: new Ref(inner) });
      }
      await storage.pack({ before: TID_MAX });
      const [first] = versions;
      assert.ok(first !== undefined);
      const before = storage.lastTid;
      const gone = await discard(storage, first.version);
      await storage.pack({ before });
      await takeBack(storage, gone);
      await storage.pack({ before });
      await storage.pack({ before: TID_MAX });
      for (const { n, version } of versions) {
        const { n: found, inner } = shown(storage, version, oid) ?? {};
        assert.equal(found, n * 10);
        assert.ok(inner instanceof Ref);
        assert.deepEqual(shown(storage, version, inner.oid), { inner: n });
      }
      assert.equal((await storage.versions()).length, 3);
    });

    test('CT-verundo-02: a check-in is taken back after older transactions were packed', async () => {
      await using place = await open();
      const { storage } = place;
      const { version, oid } = await linked(storage);
      const edited = await edit(storage, version, oid, { n: 2 });
      const merged = await checkIn(storage, version);
      await storage.pack({ before: edited });
      const back = await takeBack(storage, merged);
      assert.deepEqual([stateOf(storage, oid), shown(storage, version, oid)], [{ n: 1 }, { n: 2 }]);
      assert.equal(entryOf(storage, version, oid)?.tid, back);
    });

    test('what only a version refers to stays, and goes with the version', async () => {
      await using place = await open();
      const { storage } = place;
      const { version, oid } = await linked(storage);
      const [gone, only] = [storage.allocate(1), storage.allocate(1)];
      const { sha256 } = await storage.blobs.put(Buffer.from(`a picture for ${name}`));
      await put(storage, gone, { n: 1 });
      await put(storage, only, { n: 1 });
      await edit(storage, version, oid, { to: new Ref(only), sha256 }, { blobs: [sha256] });
      const nowMs = Date.now() + 48 * 3_600_000;
      await storage.pack({ before: TID_MAX, nowMs });
      assert.deepEqual([stateOf(storage, gone), stateOf(storage, only)], [undefined, { n: 1 }]);
      assert.ok(storage.blobs.has(sha256));
      await discard(storage, version);
      await storage.pack({ before: TID_MAX, nowMs });
      assert.equal(stateOf(storage, only), undefined);
      assert.ok(!storage.blobs.has(sha256));
      assert.deepEqual(stateOf(storage, oid), { n: 1 });
    });

    test('old revisions of entries are forgotten as main forgets its own', async () => {
      await using place = await open();
      const { storage } = place;
      const { version, oid } = await linked(storage);
      const tids: Tid[] = [];
      for (let n = 2; n < 8; n += 1) tids.push(await edit(storage, version, oid, { n }));
      const [, , third, fourth = asTid(0)] = tids;
      await storage.pack({ before: fourth });
      using reader = storage.snapshot();
      assert.deepEqual(
        tids.map((tid) => shownIn(reader, version, oid, tid)?.n),
        [5, 5, 5, 5, 6, 7],
      );
      await edit(storage, version, oid, { n: 8 });
      assert.deepEqual(shown(storage, version, oid, third), { n: 5 });
      await storage.pack({ before: TID_MAX, rules: [{ revisions: 2 }] });
      using after = storage.snapshot();
      assert.equal(after.overlay(version, oid, third)?.number, 6, 'as many as the rule says');
    });

    test('a patch and all its nodes outlive a pack', async () => {
      await using place = await open({ nodeEntries: order });
      const { storage } = place;
      const version = storage.allocate(1);
      const map = storage.allocate(1);
      const page = storage.allocate(1);
      await link(storage, { map });
      await change(storage, undefined, map, numbered(30));
      await put(storage, page, { n: 1 });
      await change(storage, version, map, { ...numbered(20, 'mine'), page: new Ref(page) });
      await change(storage, version, map, numbered(8, undefined));
      await change(storage, undefined, map, numbered(30, 'main'));
      using before = storage.snapshot();
      const expected = [entriesIn(before, version, map), patchOf(before, version, map)];
      await storage.pack({ before: TID_MAX });
      using reader = storage.snapshot();
      assert.deepEqual([entriesIn(reader, version, map), patchOf(reader, version, map)], expected);
      assert.deepEqual(stateOf(storage, page), { n: 1 });
    });

    test('a list a version changed rests on all its nodes as of one moment, which stay', async () => {
      await using place = await open();
      const { storage } = place;
      const version = storage.allocate(1);
      const [list, one, two] = [storage.allocate(1), storage.allocate(1), storage.allocate(1)];
      await link(storage, { list });
      await put(
        storage,
        list,
        { children: [new Ref(one), new Ref(two)], counts: [1, 1] },
        { className: 'odb.List' },
      );
      const node = { className: 'odb.ListNode' };
      const items = (...values: string[]) => ({ items: values, list: new Ref(list) });
      await put(storage, one, items('a'), node);
      const moment = await put(storage, two, items('b'), node);
      using reader = storage.snapshot();
      await put(storage, two, items('main'), node);
      const base = reader.revision(one)?.tid ?? asTid(0);
      const record = encodeRecord('odb.ListNode', items('mine'));
      const write = { oid: one, baseTid: base, record };
      await storage.commit(request([write], { version, baseTid: reader.lastTid }));
      const root = entryOf(storage, version, list);
      assert.deepEqual([root?.live, root?.basedOn], [false, moment]);
      await put(storage, two, items('main again'), node);
      await storage.pack({ before: TID_MAX });
      using after = storage.snapshot();
      assert.deepEqual(stateIn(after, two, moment)?.items, ['b'], 'the version shows this one');
      await discard(storage, version);
      await storage.pack({ before: TID_MAX });
      assert.equal(revisionsOf(storage, two).length, 1);
    });

    test('an entry cannot be made from what is packed away', async () => {
      await using place = await open();
      const { storage } = place;
      const { version, oid } = await linked(storage);
      using reader = storage.snapshot();
      await put(storage, oid, { n: 2 });
      await storage.pack({ before: TID_MAX });
      const late = editFrom(storage, reader, version, [[oid, { n: 3 }]]);
      await assert.rejects(late, ConflictError);
      await edit(storage, version, oid, { n: 3 });
    });

    test('commits into versions while packs run lose nothing', async () => {
      await using place = await open();
      const { storage } = place;
      await link(storage, {});
      const oids = Array.from({ length: 4 }, () => storage.allocate(1));
      await link(storage, Object.fromEntries(oids.map((oid) => [`o${oid}`, oid])));
      const versions = [storage.allocate(1), storage.allocate(1)];
      for (const oid of oids) await put(storage, oid, { n: 0, main: 0 });
      const work = versions.map(async (version, index) => {
        for (let n = 1; n <= ROUNDS; n += 1) {
          for (const oid of oids) {
            const began = storage.allocate(1);
            using reader = storage.snapshot();
            if (index === 0) await put(storage, oid, { n: 0, main: n });
            try {
              await editFrom(storage, reader, version, [
                [began, { n }],
                [oid, { n, to: new Ref(began) }],
              ]);
            } catch (error) {
              // What it was made from was packed away meanwhile.
              if (!(error instanceof ConflictError)) throw error;
              await edit(storage, version, began, { n });
              await edit(storage, version, oid, { n, to: new Ref(began) });
            }
            if (n % 3 === 0) await edit(storage, version, oid, 'live');
          }
        }
      });
      const ended = new AbortController();
      const packing = (async () => {
        while (!ended.signal.aborted) await storage.pack({ before: TID_MAX });
      })();
      await Promise.all(work);
      ended.abort();
      await packing;
      using reader = storage.snapshot();
      for (const version of versions) {
        for (const oid of oids) {
          const entry = reader.overlay(version, oid);
          if (entry === undefined || entry.live) continue;
          assert.notEqual(reader.revision(oid, entry.basedOn), undefined);
          assert.ok((reader.revision(oid, entry.basedOn)?.tid ?? TID_MAX) <= entry.basedOn);
          const { to } = shownIn(reader, version, oid) ?? {};
          assert.ok(to instanceof Ref);
          assert.notEqual(shownIn(reader, version, to.oid), undefined);
        }
        assert.equal(reader.overlaySize(version), await countOf(storage, version));
      }
    });
  });
}

/** An object that the root refers to, and a version. */
async function linked(storage: Storage): Promise<{ version: Oid; oid: Oid }> {
  const version = storage.allocate(1);
  const oid = storage.allocate(1);
  await put(storage, oid, { n: 1 });
  await link(storage, { oid });
  assert.notEqual(stateOf(storage, OID_ROOT), undefined);
  return { version, oid };
}

async function change(
  storage: Storage,
  version: Oid | undefined,
  map: Oid,
  changes: Record<string, unknown>,
): Promise<void> {
  using reader = storage.snapshot();
  if (version === undefined) await changeMap(storage, reader, { map, order, changes });
  else await changeMapIn(storage, reader, { version, map, changes });
}

function numbered(size: number, ...value: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: size }, (_, i) => [`k${i}`, value.length === 0 ? i : value[0]]),
  );
}

async function countOf(storage: Storage, version: Oid): Promise<number> {
  using reader = storage.snapshot();
  let count = 0;
  for await (const { revision } of reader.overlayEntries(version)) count += revision.live ? 0 : 1;
  return count;
}
