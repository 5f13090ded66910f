import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OdbError } from '../../../odb/errors.js';
import type { Oid } from '../../../odb/oid.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import { put, request, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';

/** What every storage tells of how much it holds. */
export function figuresConformance(name: string, open: Open): void {
  describe(`${name}: figures`, () => {
    test('objects, states, transactions and blobs are counted as they are now', async () => {
      await using place = await open();
      const { storage } = place;
      const empty = {
        objects: 0,
        revisions: 0,
        overlayRevisions: 0,
        transactions: 0,
        blobs: 0,
        blobBytes: 0,
      };
      const { recordBytes: _none, ...nothing } = await storage.figures();
      assert.deepEqual(nothing, empty);

      const [one, two] = [storage.allocate(1), storage.allocate(1)];
      await put(storage, one, { n: 1 });
      await put(storage, two, { n: 1 });
      await put(storage, one, { n: 2 });
      await storage.blobs.put(Buffer.from('ten bytes.'));
      await storage.blobs.put(Buffer.from('ten bytes.'));
      await storage.blobs.put(Buffer.from('five.'));
      const { recordBytes, ...figures } = await storage.figures();
      assert.deepEqual(figures, {
        objects: 2,
        revisions: 3,
        overlayRevisions: 0,
        transactions: 3,
        blobs: 2,
        blobBytes: 15,
      });
      assert.equal(recordBytes > 0, storage.supports.persistence);
    });

    test('states of versions are counted among the others, and by themselves', async () => {
      await using place = await open();
      const { storage } = place;
      const [version, one, two] = [storage.allocate(1), storage.allocate(1), storage.allocate(1)];
      await put(storage, one, { n: 1 });
      const base = storage.lastTid;
      const inVersion = (oid: Oid, n: number, from: Tid) =>
        storage.commit(request([write(oid, { n }, { base: from })], { version }));
      const { tid } = await inVersion(one, 2, base);
      await inVersion(one, 3, tid);
      await inVersion(two, 1, TID_ZERO);
      const { objects, revisions, overlayRevisions } = await storage.figures();
      assert.deepEqual(
        { objects, revisions, overlayRevisions },
        {
          objects: 1,
          revisions: 4,
          overlayRevisions: 3,
        },
      );
    });

    test('nothing is counted after it was closed', async () => {
      await using place = await open();
      await place.storage.close();
      await assert.rejects(
        place.storage.figures(),
        (error) => error instanceof OdbError && error.code === 'ODB_CLOSED',
      );
    });
  });
}
