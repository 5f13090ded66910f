import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OID_ROOT } from '../../../odb/oid.js';
import { TID_MAX, tidToMs } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';
import { DAY_MS, link, oidsOf, revisionsOf, threeStates } from '../support/packing.js';
import { place, put, stateOf } from '../support/requests.js';
import type { Open } from '../support/storages.js';

const rules = { 'test.Page': { place: 'place' } } as const;

/** What packs keep beyond their moment: by rules, in the trash, and blobs. */
export function packKeepingConformance(name: string, open: Open): void {
  describe(`${name}: history rules`, () => {
    test('as many revisions stay as a rule says', async () => {
      await using at = await open();
      const { storage } = at;
      const { oid, tids } = await threeStates(storage);
      await link(storage, { a: oid });
      await storage.pack({ before: TID_MAX, rules: [{ revisions: 2 }] });
      assert.deepEqual(revisionsOf(storage, oid), [tids[2], tids[1]]);
    });

    test('what was current in the last days stays', async () => {
      await using at = await open();
      const { storage } = at;
      const { oid, tids } = await threeStates(storage);
      await link(storage, { a: oid });
      const nowMs = tidToMs(storage.lastTid);
      await storage.pack({ before: TID_MAX, nowMs, rules: [{ days: 1 }] });
      assert.equal(revisionsOf(storage, oid).length, 3);
      await storage.pack({ before: TID_MAX, nowMs: nowMs + 2 * DAY_MS, rules: [{ days: 1 }] });
      assert.deepEqual(revisionsOf(storage, oid), [tids[2]]);
    });

    test('a hold keeps what was current from its first transaction on', async () => {
      await using at = await open();
      const { storage } = at;
      const { oid, tids } = await threeStates(storage);
      const other = await threeStates(storage);
      await link(storage, { a: oid, b: other.oid });
      const hold = { from: tids[1], to: tids[2] };
      await storage.pack({ before: TID_MAX, rules: [{ hold }] });
      assert.deepEqual(revisionsOf(storage, oid), [tids[2], tids[1]]);
      assert.deepEqual(revisionsOf(storage, other.oid), [other.tids[2]], 'it began later');
    });

    test('a rule for a subtree is about what is contained in it, and their parts', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [top, folder, inside, part, outside] = oidsOf(storage, 5);
      await put(storage, top, { children: [new Ref(folder), new Ref(outside)] });
      await link(storage, { top });
      const all = [folder, inside, part, outside];
      for (const n of [1, 2, 3]) {
        await put(storage, folder, { n, place: place(top, 'folder'), to: new Ref(inside) });
        await put(storage, inside, { n, place: place(folder, 'in'), to: new Ref(part) });
        await put(storage, part, { n }, { className: 'test.Part' });
        await put(storage, outside, { n, place: place(top, 'out') });
      }
      await storage.pack({ before: TID_MAX, rules: [{ below: folder, revisions: 3 }] });
      const counts = all.map((oid) => revisionsOf(storage, oid).length);
      assert.deepEqual(counts, [3, 3, 3, 1]);
    });
  });

  describe(`${name}: trash`, () => {
    test('what is taken out of its container is in the trash until it is put back', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [top, folder, page] = oidsOf(storage, 3);
      await put(storage, top, {});
      await put(storage, folder, { place: place(top, 'news') });
      await put(storage, page, { n: 1, place: place(folder, 'today') });
      const removed = [page];
      const meta = { user: 'ann' };
      const first = await put(storage, page, { n: 1 }, { removed, meta });
      const entry = { oid: page, path: '/news/today', user: 'ann', tid: first };
      assert.deepEqual(await storage.trash(), [{ ...entry, timeMs: tidToMs(first) }]);
      await put(storage, page, { n: 1, place: place(folder, 'today') });
      assert.deepEqual(await storage.trash(), []);
      const second = await put(storage, page, { n: 1 }, { removed });
      await put(storage, page, { n: 2 });
      const third = await put(storage, folder, {}, { removed: [folder] });
      const tids = async (query = {}) => (await storage.trash(query)).map(({ tid }) => tid);
      assert.deepEqual(await tids(), [third, second]);
      assert.deepEqual(await tids({ limit: 1 }), [third]);
      assert.deepEqual(await tids({ before: third }), [second]);
    });

    test('a pack keeps what is in the trash, with all below it, until its time is over', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [folder, page] = oidsOf(storage, 2);
      await put(storage, page, { n: 1, place: place(folder, 'page') });
      await put(storage, folder, { page: new Ref(page), place: place(OID_ROOT, 'folder') });
      await link(storage, { folder });
      await link(storage, {});
      await put(storage, folder, { page: new Ref(page) }, { removed: [folder] });
      const nowMs = tidToMs(storage.lastTid) + 20 * DAY_MS;
      const { trash } = await storage.pack({ before: TID_MAX, nowMs });
      assert.equal(trash, 0);
      assert.deepEqual(stateOf(storage, page), { n: 1, place: place(folder, 'page') });
      const over = await storage.pack({ before: TID_MAX, nowMs, trashDays: 10 });
      assert.deepEqual([over.trash, over.objects], [1, 2]);
      assert.deepEqual(await storage.trash(), []);
      assert.equal(stateOf(storage, page), undefined);
    });
  });

  describe(`${name}: packing blobs`, () => {
    test('blobs go that nothing kept names, once they are a day old', async () => {
      await using at = await open();
      const { storage } = at;
      const content = ['kept', 'history', 'garbage', 'metadata', 'unnamed'].map((text) =>
        Buffer.from(text),
      );
      const names: string[] = [];
      for (const bytes of content) names.push((await storage.blobs.put(bytes)).sha256);
      const [kept, history, garbage, metadata] = names;
      const oid = storage.allocate(1);
      const moment = await put(storage, oid, { file: history });
      await put(storage, oid, { file: { sha256: kept } });
      await put(storage, storage.allocate(1), { file: garbage });
      await storage.setMeta({ draft: { file: metadata } });
      await link(storage, { a: oid });
      assert.equal((await storage.pack({ before: TID_MAX, garbage: false })).blobs, 0);
      assert.equal((await storage.pack({ before: moment })).blobs, 0, 'they are young');
      const there = (): boolean[] => names.map((sha256) => storage.blobs.has(sha256));
      const nowMs = Date.now() + 2 * DAY_MS;
      await storage.pack({ before: moment, nowMs });
      assert.deepEqual(there(), [true, false, true, true, false]);
      const { blobs, blobBytes } = await storage.pack({ before: TID_MAX, nowMs });
      assert.deepEqual(there(), [true, false, false, true, false]);
      assert.deepEqual([blobs, blobBytes], [1, 'garbage'.length]);
    });
  });
}
