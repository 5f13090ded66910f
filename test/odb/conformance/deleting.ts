import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError } from '../../../odb/errors.js';
import { OID_ROOT } from '../../../odb/oid.js';
import { TID_MAX, TID_ZERO } from '../../../odb/tid.js';
import { link, revisionsOf } from '../support/packing.js';
import { put, request, stateIn, stateOf, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';

/** What every storage does for a collector of garbage that decides by itself what goes. */
export function deletingConformance(name: string, open: Open): void {
  describe(`${name}: objects that are deleted`, () => {
    test('CT-misc-08: whoever deletes names the revision; another one is a conflict', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const old = await put(storage, oid, { n: 1 });
      const current = await put(storage, oid, { n: 2 });
      for (const base of [TID_ZERO, old]) {
        const deletion = request([write(oid, undefined, { base })]);
        await assert.rejects(storage.commit(deletion), ConflictError);
        assert.deepEqual(stateOf(storage, oid), { n: 2 });
      }
      await storage.commit(request([write(oid, undefined, { base: current })]));
      assert.equal(stateOf(storage, oid), undefined);
    });

    test('CT-misc-08: what was deleted can be read in the past, until a pack clears it', async () => {
      await using place = await open();
      const { storage } = place;
      const [kept, deleted] = [storage.allocate(1), storage.allocate(1)];
      await put(storage, kept, { n: 1 });
      const created = await put(storage, deleted, { n: 2 });
      await link(storage, { kept });
      const end = await put(storage, deleted, undefined);
      {
        using reader = storage.snapshot();
        assert.equal(reader.load(deleted), undefined);
        assert.equal(reader.loadAt(deleted, TID_MAX), undefined);
        assert.deepEqual(stateIn(reader, deleted, created), { n: 2 });
      }
      await storage.pack({ before: end });
      assert.deepEqual(revisionsOf(storage, deleted), []);
      assert.deepEqual(stateOf(storage, kept), { n: 1 });
      assert.equal(revisionsOf(storage, OID_ROOT).length, 1);
    });
  });
}
