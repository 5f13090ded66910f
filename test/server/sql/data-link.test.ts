/** A thread's way to the data thread, with a test in the place of the main thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { DataLink } from '../../../server/sql/data-link.js';
import type { DataMessage } from '../../../server/sql/data-messages.js';
import { LINK_SIGNAL } from '../../../server/sql/link-handle.js';

const ROLLBACK = { what: 'rollback', transaction: 1 } as const;

test('a link whose data thread was slow to come finds the next one all the same', () => {
  const main = new MessageChannel();
  const signal = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  const link = new DataLink({ number: 1, port: main.port2, signal });
  const ask = (): unknown => link.request(ROLLBACK, { remainingMs: 0 });
  const open = (): MessagePort => {
    const way = new MessageChannel();
    main.port1.postMessage({ port: way.port2 }, [way.port2]);
    return way.port1;
  };
  const asked = (): number => {
    let count = 0;
    while (receiveMessageOnPort(main.port1) !== undefined) count += 1;
    return count;
  };

  assert.throws(ask, { code: 'SRV_SQL_OVERDUE' });
  assert.throws(ask, { code: 'SRV_SQL_OVERDUE' });
  const opened = Array.from({ length: asked() }, open);
  assert.throws(ask, { code: 'SRV_SQL_OVERDUE' });
  Atomics.add(new Int32Array(signal), LINK_SIGNAL.ended, 1);
  assert.throws(ask, { code: 'SRV_SQL_OVERDUE' });
  assert.equal(asked(), 1, 'it asks for a way to the thread that there is now');
  const next = open();
  assert.throws(ask, { code: 'SRV_SQL_OVERDUE' });
  const heard: { readonly message: DataMessage } | undefined = receiveMessageOnPort(next);
  assert.deepEqual(heard?.message.request, ROLLBACK);
  for (const port of [main.port1, next, ...opened]) port.close();
});
