import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OdbError } from '../../../odb/errors.js';
import { put } from '../support/requests.js';
import type { Open } from '../support/storages.js';

/** What every storage tells of how much it holds. */
export function figuresConformance(name: string, open: Open): void {
  describe(`${name}: figures`, () => {
    test('objects, states, transactions and blobs are counted as they are now', async () => {
      await using place = await open();
      const { storage } = place;
      const empty = { objects: 0, revisions: 0, transactions: 0, blobs: 0, blobBytes: 0 };
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
        transactions: 3,
        blobs: 2,
        blobBytes: 15,
      });
      assert.equal(recordBytes > 0, storage.supports.persistence);
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
