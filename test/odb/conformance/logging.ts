import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Storage } from '../../../odb/storage.js';
import type { TransactionRecord } from '../../../odb/stored.js';
import type { Tid } from '../../../odb/tid.js';
import { listTransactions, type LogQuery } from '../../../odb/connection/transaction-log.js';
import { put } from '../support/requests.js';
import type { Open } from '../support/storages.js';

/** What every storage tells those who look for something to undo. */
export function loggingConformance(name: string, open: Open): void {
  describe(`${name}: the log of transactions`, () => {
    test('CT-undo-14: an entry has the note, the user and whatever else the transaction said', async () => {
      await using place = await open();
      const { storage } = place;
      const meta = {
        user: '/p3:u3',
        note: 't1',
        extension: { k2: 'this is transaction metadata' },
      };
      const tid = await put(storage, storage.allocate(1), { n: 1 }, { meta });
      const [found] = listed(storage, { limit: 1 });
      assert.equal(found?.tid, tid);
      const { user, note, extension } = found;
      assert.deepEqual({ user, note, extension }, meta);
    });

    test('CT-undo-15: any part of the log can be listed, newest first', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const tids: Tid[] = [];
      for (let n = 0; n < 27; n += 1) tids.push(await put(storage, oid, { n }));
      const newestFirst = tids.toReversed();
      const list = (query: LogQuery): Tid[] => listed(storage, query).map(({ tid }) => tid);
      assert.deepEqual(list({ limit: 100_000 }), newestFirst);
      assert.deepEqual(list({ limit: 20 }), newestFirst.slice(0, 20));
      assert.deepEqual(list({ limit: 1 }), newestFirst.slice(0, 1));
      assert.deepEqual(list({ limit: 0 }), []);
      const [tenth, fifteenth, sixteenth] = [10, 15, 16].map((at) => newestFirst[at]);
      assert.ok(tenth !== undefined && fifteenth !== undefined && sixteenth !== undefined);
      const part = newestFirst.slice(11, 17);
      assert.deepEqual(list({ before: tenth, limit: 6 }), part);
      assert.deepEqual(list({ before: tenth, from: sixteenth, limit: 100 }), part);
      assert.deepEqual(list({ from: fifteenth, to: tenth, limit: 100 }), newestFirst.slice(10, 16));
    });
  });
}

function listed(storage: Storage, query: LogQuery): readonly TransactionRecord[] {
  using reader = storage.snapshot();
  return listTransactions(reader, reader.lastTid, query).items;
}
