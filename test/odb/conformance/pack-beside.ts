import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError } from '../../../odb/errors.js';
import { OID_ROOT, type Oid } from '../../../odb/oid.js';
import type { Storage } from '../../../odb/storage.js';
import { asTid, TID_MAX, TID_ZERO } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';
import { link, threeStates } from '../support/packing.js';
import { put, request, stateIn, stateOf, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';

/** What readers, writers and other packs notice of a pack. */
export function packBesideConformance(name: string, open: Open): void {
  describe(`${name}: beside a pack`, () => {
    for (const rounds of [1, 3]) {
      const times = rounds === 1 ? 'once' : 'again and again';
      test(`CT-pack-03: packed ${times} while three write, all is there and readable`, async () => {
        await using at = await open();
        const { storage } = at;
        const oids = await writeAndPack(storage, rounds);
        using reader = storage.snapshot();
        for (const oid of oids) {
          assert.deepEqual(stateIn(reader, oid), { n: WRITES });
          for (const { tid } of reader.revisions(oid)) assert.ok(reader.loadAt(oid, tid));
        }
        let tid = reader.lastTid;
        let count = 0;
        for (; tid !== TID_ZERO; count += 1) {
          const transaction = reader.transaction(tid);
          assert.ok(transaction !== undefined);
          tid = transaction.previousTid;
        }
        assert.equal(count, 1 + oids.length * WRITES, 'the record of each transaction stays');
      });
    }

    test('a reader goes on seeing what it saw', async () => {
      await using at = await open();
      const { storage } = at;
      const { oid, tids } = await threeStates(storage);
      await link(storage, {});
      using reader = storage.snapshot();
      await storage.pack({ before: TID_MAX });
      const states = tids.map((tid) => stateIn(reader, oid, tid));
      assert.deepEqual(states, [{ n: 1 }, { n: 2 }, { n: 3 }]);
      assert.equal(reader.revisions(oid).length, 3);
    });

    test('a merge whose base is packed away is a conflict', async () => {
      await using at = await open({ rules: { 'test.Page': { n: 'counter' } } });
      const { storage } = at;
      const { oid, tids } = await threeStates(storage);
      await link(storage, { a: oid });
      await storage.pack({ before: TID_MAX });
      const late = write(oid, { n: 9 }, { base: tids[1] });
      await assert.rejects(storage.commit(request([late])), { code: 'ODB_CONFLICT' });
    });

    test('whoever began before a pack cannot refer to what it took', async () => {
      await using at = await open();
      const { storage } = at;
      const oid = storage.allocate(1);
      await put(storage, oid, { n: 1 });
      await link(storage, { a: oid });
      const base = await link(storage, {});
      await put(storage, storage.allocate(1), { n: 2 });
      await storage.pack({ before: TID_MAX });
      const late = write(OID_ROOT, { a: new Ref(oid) }, { base });
      await assert.rejects(storage.commit(request([late], { baseTid: base })), {
        code: 'ODB_CONFLICT',
      });
      await link(storage, {});
    });

    test('what is unlinked and linked again while packs run is whole, or the link is refused', async () => {
      await using at = await open();
      const { storage } = at;
      const slots = Array.from({ length: WRITERS }, () => storage.allocate(1));
      await link(storage, Object.fromEntries(slots.map((oid, i) => [`k${i}`, oid])));
      const writing = { isOver: false };
      const writers = Promise.all(slots.map((slot) => relink(storage, slot))).finally(() => {
        writing.isOver = true;
      });
      while (!writing.isOver) await storage.pack({ before: TID_MAX });
      await writers;
      await storage.pack({ before: TID_MAX });
      using reader = storage.snapshot();
      for (const slot of slots) {
        const { to: item } = stateIn(reader, slot) ?? {};
        assert.ok(item instanceof Ref);
        const { to: part } = stateIn(reader, item.oid) ?? {};
        assert.ok(part instanceof Ref);
        assert.deepEqual(stateIn(reader, part.oid), { part: 1 });
      }
    });

    test('a second pack is refused, and a signal ends one, which can be run again', async () => {
      await using at = await open();
      const { storage } = at;
      await link(storage, {});
      const { oid } = await threeStates(storage);
      const abort = new AbortController();
      const ended = storage.pack({
        before: TID_MAX,
        signal: abort.signal,
        onProgress: () => abort.abort(new Error('enough')),
      });
      await assert.rejects(storage.pack({ before: TID_MAX }), { code: 'ODB_PACKING' });
      await assert.rejects(ended, /enough/);
      await assert.rejects(storage.pack({ before: TID_MAX, signal: abort.signal }), /enough/);
      await storage.pack({ before: TID_MAX });
      assert.equal(stateOf(storage, oid), undefined);
    });

    test('progress names each phase, and never goes back in one', async () => {
      await using at = await open();
      const { storage } = at;
      const { oid } = await threeStates(storage);
      await link(storage, { a: oid });
      const phases: string[] = [];
      let last = 0;
      await storage.pack({
        before: TID_MAX,
        onProgress({ phase, done, total }) {
          if (phases.at(-1) !== phase) phases.push(phase);
          else assert.ok(done >= last);
          assert.ok(done <= total);
          last = done;
        },
      });
      const room = storage.supports.persistence ? ['compact'] : [];
      assert.deepEqual(phases, ['mark', 'forget', 'blobs', ...room]);
    });
  });
}

const WRITERS = 3;
const OBJECTS_EACH = 3;
/** Rounds of each writer over its objects. */
const WRITES = Number(process.env.CANOPY_PACK_ROUNDS ?? 10);

/** Takes an object with a part out of a slot and puts it back, or another where that is refused. */
async function relink(storage: Storage, slot: Oid): Promise<void> {
  const set = async (to: Oid | undefined): Promise<void> => {
    await put(storage, slot, to === undefined ? {} : { to: new Ref(to) });
  };
  const make = async (): Promise<Oid> => {
    const [item, part] = [storage.allocate(1), storage.allocate(1)];
    using reader = storage.snapshot();
    const base = reader.revision(slot)?.tid ?? TID_ZERO;
    const holder = write(slot, { to: new Ref(item) }, { base });
    const writes = [holder, write(item, { to: new Ref(part) }), write(part, { part: 1 })];
    await storage.commit(request(writes, { baseTid: reader.lastTid }));
    return item;
  };
  let item = await make();
  for (let n = 0; n < WRITES; n += 1) {
    await set(undefined);
    using reader = storage.snapshot();
    const base = reader.revision(slot)?.tid ?? TID_ZERO;
    if (reader.revision(item) === undefined) item = await make();
    else {
      const back = write(slot, { to: new Ref(item) }, { base });
      try {
        await storage.commit(request([back], { baseTid: reader.lastTid }));
      } catch (error) {
        assert.ok(error instanceof ConflictError);
        item = await make();
      }
    }
  }
}

/** Clients write objects of theirs again and again while packs run; answers the objects. */
async function writeAndPack(storage: Storage, packs: number): Promise<Oid[]> {
  const oids = Array.from({ length: WRITERS * OBJECTS_EACH }, () => storage.allocate(1));
  await link(storage, Object.fromEntries(oids.map((oid, i) => [`k${i}`, oid])));
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (let n = 1; n <= WRITES; n += 1) {
      for (let i = 0; i < OBJECTS_EACH; i += 1) {
        await put(storage, oids[writer * OBJECTS_EACH + i] ?? OID_ROOT, { n });
      }
    }
  });
  for (let pack = 0; pack < packs; pack += 1) {
    await storage.pack({ before: packs === 1 ? asTid(storage.lastTid - 1) : TID_MAX });
  }
  await Promise.all(writers);
  return oids;
}
