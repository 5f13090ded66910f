/** Ending a command by a signal. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { interruptible } from '../../../server/cli/interrupt.js';
import { ServerError } from '../../../server/errors.js';

test('a signal ends the work with what is left, and work that ends by itself answers', async () => {
  const source = new EventEmitter();
  assert.equal(await interruptible('Nothing was made.', async () => 7, source), 7);
  const ended = interruptible(
    'Nothing was made.',
    (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    source,
  );
  source.emit('SIGTERM', 'SIGTERM');
  await assert.rejects(
    ended,
    (error) =>
      error instanceof ServerError &&
      error.code === 'SRV_ENDED' &&
      error.message === 'Ended by SIGTERM. Nothing was made.',
  );
});

test('work that ended leaves signals as they were; after a signal its copies stay harmless', async () => {
  const source = new EventEmitter();
  const listeners = (): number => source.listenerCount('SIGTERM') + source.listenerCount('SIGINT');
  await interruptible('Nothing was made.', async () => assert.equal(listeners(), 2), source);
  assert.equal(listeners(), 0);
  await interruptible('Nothing was made.', async () => source.emit('SIGINT'), source);
  assert.equal(listeners(), 2);
});
