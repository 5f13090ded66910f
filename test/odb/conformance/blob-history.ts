import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { copyTransactions } from '../../../odb/backup/transfer.js';
import type { Oid } from '../../../odb/oid.js';
import type { Storage } from '../../../odb/storage.js';
import { TID_MAX, type Tid } from '../../../odb/tid.js';
import { DAY_MS, link } from '../support/packing.js';
import { put, stateIn, stateOf } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import { undo } from '../support/undoing.js';

/** What every storage does with blobs whose objects have a past. */
export function blobHistoryConformance(name: string, open: Open): void {
  describe(`${name}: blobs in the past`, () => {
    test('CT-misc-07: undo and redo lead back to the content of before, and to the beginning', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const created = await putContent(storage, oid, 'this is state 1');
      const second = await putContent(storage, oid, 'this is state 2');
      const undone = await undo(storage, second);
      assert.equal(contentNow(storage, oid), 'this is state 1');
      await undo(storage, undone);
      assert.equal(contentNow(storage, oid), 'this is state 2');
      await undo(storage, storage.lastTid, undone, second);
      const gone = await undo(storage, created);
      assert.equal(stateOf(storage, oid), undefined);
      await undo(storage, gone);
      assert.equal(contentNow(storage, oid), 'this is state 1');
    });

    test('CT-misc-07: as of each moment kept there is its content, also after packs', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      await link(storage, { a: oid });
      const tids: Tid[] = [];
      for (const n of [1, 2, 3, 4]) tids.push(await putContent(storage, oid, `state ${n}`));
      const [, second, third, fourth] = tids;
      assert.ok(second !== undefined && third !== undefined && fourth !== undefined);
      const nowMs = Date.now() + 2 * DAY_MS;
      const report = await storage.pack({ before: second, nowMs });
      assert.deepEqual([report.revisions, report.blobs], [1, 1]);
      using reader = storage.snapshot();
      const at = [second, third, fourth].map((tid) =>
        contentAt(storage, stateIn(reader, oid, tid)),
      );
      assert.deepEqual(at, ['state 2', 'state 3', 'state 4']);
      await undo(storage, fourth);
      assert.equal(contentNow(storage, oid), 'state 3');
    });

    test('CT-misc-07: a pack leaves what is put and not yet committed', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      await link(storage, { a: oid });
      const committed = await putContent(storage, oid, 'committed');
      const { sha256 } = await storage.blobs.put(Buffer.from('on its way'));
      await storage.pack({ before: TID_MAX });
      await put(storage, oid, { file: sha256 }, { blobs: [sha256] });
      assert.equal(contentNow(storage, oid), 'on its way');
      await storage.pack({ before: committed });
      await undo(storage, storage.lastTid);
      assert.equal(contentNow(storage, oid), 'committed');
    });

    test('CT-misc-07: a copy of the transactions has the blobs they name', async () => {
      await using from = await open();
      await using to = await open();
      const oid = from.storage.allocate(1);
      const tids: Tid[] = [];
      for (const n of [1, 2]) tids.push(await putContent(from.storage, oid, `state ${n}`));
      await copyTransactions(from.storage, to.storage);
      using reader = to.storage.snapshot();
      const copied = tids.map((tid) => contentAt(to.storage, stateIn(reader, oid, tid)));
      assert.deepEqual(copied, ['state 1', 'state 2']);
    });
  });
}

async function putContent(storage: Storage, oid: Oid, content: string): Promise<Tid> {
  const { sha256 } = await storage.blobs.put(Buffer.from(content));
  return put(storage, oid, { file: sha256 }, { blobs: [sha256] });
}

function contentNow(storage: Storage, oid: Oid): string {
  return contentAt(storage, stateOf(storage, oid));
}

function contentAt(storage: Storage, state: Readonly<Record<string, unknown>> | undefined): string {
  return storage.blobs.read(String(state?.['file'])).toString();
}
