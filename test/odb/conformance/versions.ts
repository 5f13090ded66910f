import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError } from '../../../odb/errors.js';
import type { Oid } from '../../../odb/oid.js';
import { OID_ROOT } from '../../../odb/oid.js';
import type { Storage } from '../../../odb/storage.js';
import type { OverlayEntry } from '../../../odb/stored.js';
import { TID_ZERO } from '../../../odb/tid.js';
import { place, put, request, stateIn, stateOf, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import {
  checkIn,
  discard,
  edit,
  editFrom,
  entryOf,
  shown,
  shownIn,
  takeBack,
} from '../support/version-client.js';

const rules = { 'test.Page': { hits: 'counter', body: 'lines', place: 'place' } } as const;

/** What every storage does with versions: their entries, and what main sees of them, nothing. */
export function versionConformance(name: string, open: Open): void {
  describe(`${name}: versions`, () => {
    test('CT-ver-01: bringing a version to main tells what it touched, in a transaction of its own', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      const first = await put(storage, oid, { n: 1 });
      const second = await edit(storage, version, oid, { n: 2 });
      const third = await checkIn(storage, version);
      assert.ok(first < second && second < third && third === storage.lastTid);
      using reader = storage.snapshot();
      const { oids: written, overlays } = reader.transaction(third) ?? {};
      assert.deepEqual([written, overlays], [[oid], [{ version, oids: [oid] }]]);
    });

    test('CT-ver-02: so does discarding one, and main is what is left', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      await put(storage, oid, { n: 1 });
      const second = await edit(storage, version, oid, { n: 2 });
      const third = await discard(storage, version);
      assert.ok(second < third && third === storage.lastTid);
      assert.deepEqual(shown(storage, version, oid), { n: 1 });
    });

    test('CT-ver-03: a version shows its own, main and other versions show what main has', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid, other] = oids(storage);
      for (const n of [11, 12]) await put(storage, oid, { n });
      const tids = [];
      for (const n of [13, 14, 15]) tids.push(await edit(storage, version, oid, { n }));
      assert.deepEqual(stateOf(storage, oid), { n: 12 });
      assert.deepEqual(shown(storage, version, oid), { n: 15 });
      assert.deepEqual(shown(storage, other, oid), { n: 12 });
      using reader = storage.snapshot();
      for (const [i, tid] of tids.entries()) {
        assert.deepEqual(stateIn(reader, oid, tid), { n: 12 }, 'main, as of then');
        assert.deepEqual(shownIn(reader, version, oid, tid), { n: 13 + i });
        assert.equal(reader.overlay(version, oid, tid)?.number, i + 1);
      }
    });

    test('CT-ver-04: what is unknown is in no version; an unknown version holds nothing', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid, other] = oids(storage);
      await put(storage, oid, { n: 1 });
      await edit(storage, version, oid, { n: 2 });
      using reader = storage.snapshot();
      assert.equal(shownIn(reader, version, storage.allocate(1)), undefined);
      assert.equal(reader.overlay(version, storage.allocate(1)), undefined);
      assert.deepEqual(shownIn(reader, other, oid), { n: 1 });
      assert.equal(reader.overlay(other, oid, reader.lastTid), undefined);
      assert.deepEqual(await entriesOf(storage, other), []);
    });

    test('CT-ver-06: a version is empty until something is written in it, and when it is gone', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      await put(storage, oid, { n: 1 });
      assert.equal(sizeOf(storage, version), 0);
      await edit(storage, version, oid, { n: 2 });
      assert.equal(sizeOf(storage, version), 1);
      await edit(storage, version, oid, { n: 3 });
      assert.equal(sizeOf(storage, version), 1);
      assert.deepEqual(
        (await entriesOf(storage, version)).map((entry) => entry.oid),
        [oid],
      );
      await discard(storage, version);
      assert.equal(sizeOf(storage, version), 0);
    });

    test('CT-ver-07: the versions that hold something are listed, with how much', async () => {
      await using at = await open();
      const { storage } = at;
      const [one, first, two] = oids(storage);
      const second = storage.allocate(1);
      await put(storage, first, { n: 1 });
      assert.deepEqual(await storage.versions(), []);
      await edit(storage, two, first, { n: 2 });
      await edit(storage, one, second, { n: 2 });
      await edit(storage, two, second, { n: 3 });
      assert.deepEqual(await storage.versions(), [
        { version: one, entries: 1 },
        { version: two, entries: 2 },
      ]);
      await discard(storage, two);
      assert.deepEqual(await storage.versions(), [{ version: one, entries: 1 }]);
    });

    test('CT-ver-08: after a version is discarded, it shows what main has', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      await put(storage, oid, { n: 1 });
      await edit(storage, version, oid, { n: 2 });
      const tid = await discard(storage, version);
      const entry = entryOf(storage, version, oid);
      assert.deepEqual(
        [entry?.live, entry?.record, entry?.tid, entry?.basedOn],
        [true, undefined, tid, TID_ZERO],
      );
      assert.deepEqual(stateOf(storage, oid), { n: 1 });
    });

    test('CT-ver-09: what a version showed stays readable as of each moment', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      await put(storage, oid, { n: 1 });
      const edited = await edit(storage, version, oid, { n: 2 });
      const gone = await discard(storage, version);
      const later = await put(storage, oid, { n: 3 });
      using reader = storage.snapshot();
      assert.deepEqual(
        [edited, gone, later].map((tid) => shownIn(reader, version, oid, tid)),
        [{ n: 2 }, { n: 1 }, { n: 3 }],
      );
      assert.equal(reader.overlay(version, oid, later)?.tid, gone);
    });

    test('CT-ver-10: discarding what is empty changes nothing', async () => {
      await using at = await open();
      const { storage } = at;
      const [version] = oids(storage);
      await put(storage, OID_ROOT, { n: 1 });
      const { lastTid } = storage;
      assert.equal(await discard(storage, version), lastTid);
      assert.equal(storage.lastTid, lastTid);
    });

    test('CT-ver-11: a version cannot be brought into itself', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      await edit(storage, version, oid, { n: 1 });
      await assert.rejects(checkIn(storage, version, version), /written once/);
      assert.deepEqual(shown(storage, version, oid), { n: 1 });
    });

    test('CT-ver-12: what is brought to another version is a new revision there', async () => {
      await using at = await open();
      const { storage } = at;
      const [from, oid, to] = oids(storage);
      await put(storage, oid, { n: 1 });
      const before = await edit(storage, from, oid, { n: 2 });
      const tid = await checkIn(storage, from, to);
      assert.ok(tid > before);
      assert.equal(entryOf(storage, to, oid)?.tid, tid);
      using reader = storage.snapshot();
      const { version, overlays } = reader.transaction(tid) ?? {};
      assert.deepEqual([version, overlays], [to, [{ version: from, oids: [oid] }]]);
    });

    test('CT-ver-13: work goes on as usual after a version was discarded', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      await put(storage, oid, { n: 1 });
      await edit(storage, version, oid, { n: 2 });
      await discard(storage, version);
      await put(storage, oid, { n: 3 });
      await edit(storage, version, oid, { n: 4 });
      assert.deepEqual([stateOf(storage, oid), shown(storage, version, oid)], [{ n: 3 }, { n: 4 }]);
    });

    test('CT-ver-14: main shows what was brought to it', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      const began = storage.allocate(1);
      await put(storage, oid, { n: 1 });
      for (const n of [2, 3]) await edit(storage, version, oid, { n });
      await edit(storage, version, began, { n: 4 });
      await checkIn(storage, version);
      assert.deepEqual([stateOf(storage, oid), stateOf(storage, began)], [{ n: 3 }, { n: 4 }]);
      assert.deepEqual(await storage.versions(), []);
    });

    test('CT-ver-15: what is brought to another version has left the first', async () => {
      await using at = await open();
      const { storage } = at;
      const [one, oid, two] = oids(storage);
      await put(storage, oid, { n: 1 });
      await edit(storage, one, oid, { n: 2 });
      await checkIn(storage, one, two);
      assert.deepEqual(
        [one, two, storage.allocate(1)].map((version) => shown(storage, version, oid)),
        [{ n: 1 }, { n: 2 }, { n: 1 }],
      );
      await checkIn(storage, two);
      assert.deepEqual(stateOf(storage, oid), { n: 2 });
    });

    test('CT-ver-16: of two versions, one is discarded and the other brought to main', async () => {
      await using at = await open();
      const { storage } = at;
      const [one, oid, two] = oids(storage);
      const began = storage.allocate(1);
      await put(storage, oid, { a: 1, b: 1 });
      await edit(storage, one, oid, { a: 2, b: 1 });
      await edit(storage, two, oid, { a: 1, b: 2 });
      await edit(storage, one, began, { n: 1 });
      using reader = storage.snapshot();
      assert.equal(stateIn(reader, began), undefined);
      assert.throws(() => reader.loadAt(began, reader.lastTid), { code: 'ODB_NO_OBJECT' });
      assert.equal(shownIn(reader, two, began), undefined);
      await discard(storage, one);
      await checkIn(storage, two);
      assert.deepEqual(stateOf(storage, oid), { a: 1, b: 2 });
      assert.equal(shown(storage, one, began), undefined);
    });

    test('CT-ver-17: discarding a version takes back what began in it', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      const tid = await edit(storage, version, oid, { n: 1 });
      using reader = storage.snapshot();
      assert.deepEqual(reader.transaction(tid)?.created, [oid]);
      assert.equal(reader.overlay(version, oid)?.basedOn, TID_ZERO);
      const gone = await discard(storage, version);
      assert.equal(shown(storage, version, oid), undefined);
      await takeBack(storage, gone);
      assert.deepEqual(shown(storage, version, oid), { n: 1 });
    });

    test('CT-ver-21: main as of any moment knows nothing of versions', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      const moments = [];
      for (const n of [1, 2, 3]) {
        moments.push({ n, tid: await put(storage, oid, { n }) });
        moments.push({ n, tid: await edit(storage, version, oid, { n: n * 10 }) });
      }
      using reader = storage.snapshot();
      for (const { n, tid } of moments) assert.deepEqual(stateIn(reader, oid, tid), { n });
      assert.equal(reader.revisions(oid).length, 3);
    });

    test('CT-hist-02: the log tells which transactions were made in which version', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      for (const n of [1, 2, 3]) await put(storage, oid, { n });
      for (const n of [4, 5, 6]) await edit(storage, version, oid, { n });
      await checkIn(storage, version);
      const found = [];
      for await (const transaction of storage.transactionsFrom()) {
        const records = [...transaction.records()];
        found.push([transaction.version, records.map((record) => record.version)]);
      }
      const main = [undefined, [undefined]];
      const own = [version, [version]];
      const both = [undefined, [undefined, version]];
      assert.deepEqual(found, [main, main, main, own, own, own, both]);
    });

    test('CT-sync-08: nothing of a transaction in a version is seen when it fails', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid, other] = oids(storage);
      await edit(storage, version, oid, { n: 1 });
      using reader = storage.snapshot();
      await edit(storage, version, oid, { n: 2 });
      const late = editFrom(storage, reader, version, [
        [oid, { n: 3 }],
        [other, { n: 4 }],
      ]);
      await assert.rejects(late, ConflictError);
      assert.equal(entryOf(storage, version, other), undefined);
      assert.equal(sizeOf(storage, version), 1);
      const entry = entryOf(storage, version, oid);
      const raw = { version, oid, baseTid: TID_ZERO, record: undefined, live: true };
      const stale = request([], { overlay: [{ ...raw, basedOn: TID_ZERO }] });
      await assert.rejects(storage.commit(stale), ConflictError);
      assert.equal(entryOf(storage, version, oid)?.tid, entry?.tid);
    });

    test('CT-verundo-01: edits, check-in and discard can be taken back, and that again', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      const both = (): unknown[] => [stateOf(storage, oid)?.n, shown(storage, version, oid)?.n];
      await put(storage, oid, { n: 91 });
      await edit(storage, version, oid, { n: 92 });
      const edited = await edit(storage, version, oid, { n: 93 });
      await takeBack(storage, edited);
      assert.deepEqual(both(), [91, 92]);
      const merged = await checkIn(storage, version);
      assert.deepEqual(both(), [92, 92]);
      await takeBack(storage, merged);
      assert.deepEqual(both(), [91, 92]);
      const gone = await discard(storage, version);
      assert.deepEqual(both(), [91, 91]);
      await takeBack(storage, gone);
      assert.deepEqual(both(), [91, 92]);
    });

    test('CT-verundo-03: taking back the first edit leaves nothing of the object in the version', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      await put(storage, oid, { n: 1 });
      const first = await edit(storage, version, oid, { n: 2 });
      const back = await takeBack(storage, first);
      assert.equal(sizeOf(storage, version), 0);
      const again = await takeBack(storage, back);
      assert.deepEqual(shown(storage, version, oid), { n: 2 });
      assert.equal(entryOf(storage, version, oid)?.tid, again);
    });
  });

  describe(`${name}: commits into versions`, () => {
    test('that main changed since is no conflict, and is remembered', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      const first = await put(storage, oid, { n: 1 });
      using reader = storage.snapshot();
      await put(storage, oid, { n: 2 });
      const { tid, merged } = await editFrom(storage, reader, version, [[oid, { n: 3 }]]);
      assert.deepEqual(merged, []);
      const { basedOn, previousTid, number } = entryOf(storage, version, oid) ?? {};
      assert.deepEqual([basedOn, previousTid, number], [first, TID_ZERO, 1]);
      const next = await edit(storage, version, oid, { n: 4 });
      const later = entryOf(storage, version, oid);
      assert.deepEqual([later?.tid, later?.previousTid, later?.basedOn], [next, tid, first]);
    });

    test('two commits into one version are merged as in main', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [version, oid] = oids(storage);
      const first = await put(storage, oid, { a: 1, b: 1, hits: 1 });
      for (let round = 1; round <= 2; round += 1) {
        using reader = storage.snapshot();
        const { a = 0, b = 0, hits = 0 } = shownIn(reader, version, oid) as Record<string, number>;
        await editFrom(storage, reader, version, [[oid, { a: a + 1, b, hits: hits + 1 }]]);
        const mine = [[oid, { a, b: b + 1, hits: hits + 1 }]] as const;
        const { merged } = await editFrom(storage, reader, version, mine);
        assert.deepEqual(merged, [oid]);
        const expected = { a: a + 1, b: b + 1, hits: hits + 2 };
        assert.deepEqual(shown(storage, version, oid), expected);
        const late = editFrom(storage, reader, version, [[oid, { a: a + 5, b, hits }]]);
        await assert.rejects(late, (error) => {
          assert.ok(error instanceof ConflictError);
          assert.deepEqual(error.objects[0]?.fields, ['a']);
          return true;
        });
      }
      assert.equal(entryOf(storage, version, oid)?.basedOn, first);
      assert.deepEqual(stateOf(storage, oid), { a: 1, b: 1, hits: 1 });
    });

    test('a state that is what main has ends the entry', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      await put(storage, oid, { n: 1 });
      await edit(storage, version, oid, { n: 2 });
      await put(storage, oid, { n: 3 });
      using reader = storage.snapshot();
      const { merged } = await editFrom(storage, reader, version, [[oid, { n: 3 }]]);
      assert.deepEqual(merged, [oid]);
      assert.equal(entryOf(storage, version, oid)?.live, true);
      await put(storage, oid, { n: 4 });
      assert.deepEqual(shown(storage, version, oid), { n: 4 });
      const { tid } = await editFrom(storage, storage.snapshot(), version, [[oid, { n: 4 }]]);
      using after = storage.snapshot();
      assert.deepEqual(after.transaction(tid)?.oids, []);
    });

    test('a counter that both sides raised alike is kept: they are two', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [version, oid] = oids(storage);
      await put(storage, oid, { hits: 1 });
      using reader = storage.snapshot();
      await put(storage, oid, { hits: 2 });
      await editFrom(storage, reader, version, [[oid, { hits: 2 }]]);
      assert.equal(entryOf(storage, version, oid)?.live, false);
      await checkIn(storage, version);
      assert.deepEqual(stateOf(storage, oid), { hits: 3 });
    });

    test('an object can end in a version, and begin there, for the version alone', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      const other = storage.allocate(1);
      await put(storage, oid, { n: 1 });
      const ended = await edit(storage, version, oid, undefined);
      assert.equal(shown(storage, version, oid), undefined);
      assert.deepEqual(stateOf(storage, oid), { n: 1 });
      await edit(storage, version, other, { n: 2 });
      await edit(storage, version, other, undefined);
      assert.equal(entryOf(storage, version, other)?.live, true, 'nothing is what main has');
      using reader = storage.snapshot();
      assert.deepEqual(reader.transaction(ended)?.removed, [oid]);
      assert.equal(reader.overlaySize(version), 1);
    });

    test('an entry can be ended, or said to rest on what main has now', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      await put(storage, oid, { n: 1 });
      await edit(storage, version, oid, { n: 2 });
      const second = await put(storage, oid, { n: 3 });
      using reader = storage.snapshot();
      const base = reader.overlay(version, oid)?.tid ?? TID_ZERO;
      const update = { ...write(oid, { n: 4 }, { base }), basedOn: second };
      await storage.commit(request([update], { version, baseTid: reader.lastTid }));
      assert.equal(entryOf(storage, version, oid)?.basedOn, second);
      await assert.rejects(editFrom(storage, reader, version, [[oid, 'live']]), ConflictError);
      await edit(storage, version, oid, 'live');
      assert.deepEqual(shown(storage, version, oid), { n: 3 });
    });

    test('who worked on what was brought to main meanwhile is merged with it', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid] = oids(storage);
      await put(storage, oid, { a: 1, b: 1 });
      await edit(storage, version, oid, { a: 2, b: 1 });
      using reader = storage.snapshot();
      const merged = await checkIn(storage, version);
      await editFrom(storage, reader, version, [[oid, { a: 2, b: 2 }]]);
      const entry = entryOf(storage, version, oid);
      assert.deepEqual([shown(storage, version, oid), entry?.basedOn], [{ a: 2, b: 2 }, merged]);
    });

    test('what had to stay current is what the version shows', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid, other] = oids(storage);
      const main = await put(storage, oid, { n: 1 });
      const tid = await edit(storage, version, oid, { n: 2 });
      await edit(storage, version, other, { n: 1 }, { reads: [{ oid, tid }] });
      const stale = edit(storage, version, other, { n: 2 }, { reads: [{ oid, tid: main }] });
      await assert.rejects(stale, ConflictError);
      await put(storage, other, { n: 3 }, { reads: [{ oid, tid: main }] });
    });

    test('nothing goes into a container that the version removed, whatever main has', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [version, folder, page] = oids(storage);
      await put(storage, OID_ROOT, {});
      await put(storage, folder, { place: place(OID_ROOT, 'news') });
      using reader = storage.snapshot();
      await edit(storage, version, folder, {}, { removed: [folder] });
      const inside = { place: place(folder, 'today') };
      const late = editFrom(storage, reader, version, [[page, inside]]);
      await assert.rejects(late, (error) => {
        assert.ok(error instanceof ConflictError);
        assert.equal(error.objects[0]?.reason, 'container-removed');
        return true;
      });
      await storage.commit(request([write(page, inside)], { baseTid: reader.lastTid }));
      assert.deepEqual(await storage.trash(), [], 'main removed nothing');
    });

    test('what a version holds is there after reopening, with how much it is', async () => {
      await using at = await open();
      const { storage } = at;
      if (!storage.supports.persistence) return;
      const [version, oid, other] = oids(storage);
      await put(storage, oid, { n: 1 });
      for (let n = 2; n < 12; n += 1) await edit(storage, version, oid, { n });
      await edit(storage, version, other, { n: 1 });
      const before = await entriesOf(storage, version);
      const reopened = await at.reopen();
      assert.deepEqual(await entriesOf(reopened, version), before);
      assert.equal(sizeOf(reopened, version), 2);
      assert.ok(reopened.allocate(1) > other, 'an oid that is used in a version is taken');
      assert.deepEqual(stateOf(reopened, oid), { n: 1 });
    });

    test('a reader sees a version as of its own moment', async () => {
      await using at = await open();
      const { storage } = at;
      const [version, oid, other] = oids(storage);
      await edit(storage, version, oid, { n: 1 });
      using reader = storage.snapshot();
      await edit(storage, version, oid, { n: 2 });
      await edit(storage, version, other, { n: 2 });
      assert.deepEqual(shownIn(reader, version, oid), { n: 1 });
      assert.equal(reader.overlaySize(version), 1);
      const seen = [];
      for await (const entry of reader.overlayEntries(version)) seen.push(entry.oid);
      assert.deepEqual(seen, [oid]);
      reader.close();
      assert.throws(() => reader.overlay(version, oid), { code: 'ODB_CLOSED' });
      assert.throws(() => reader.overlaySize(version), { code: 'ODB_CLOSED' });
      const ended = reader.overlayEntries(version)[Symbol.asyncIterator]().next();
      await assert.rejects(ended, { code: 'ODB_CLOSED' });
    });
  });
}

function oids(storage: Storage): [version: Oid, oid: Oid, other: Oid] {
  return [storage.allocate(1), storage.allocate(1), storage.allocate(1)];
}

function sizeOf(storage: Storage, version: Oid): number {
  using reader = storage.snapshot();
  return reader.overlaySize(version);
}

async function entriesOf(storage: Storage, version: Oid): Promise<OverlayEntry[]> {
  using reader = storage.snapshot();
  const entries: OverlayEntry[] = [];
  for await (const entry of reader.overlayEntries(version)) entries.push(entry);
  return entries;
}
