/** What the signals to end mean: one request, its copies, and the wish to end at once. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { COPIES_WITHIN_MS, endSignals } from '../../../server/cli/end-signals.js';

test('the first signal asks to end; its copies say nothing, a later one wants it at once', async () => {
  const source = new EventEmitter();
  let nowMs = 0;
  let forced = 0;
  const { first } = endSignals({ source, nowMs: () => nowMs, onForced: () => (forced += 1) });
  source.emit('SIGINT');
  assert.equal(await first, 'SIGINT');
  // A terminal signals npm and the server, and npm passes it on.
  nowMs = 5;
  source.emit('SIGINT');
  nowMs = COPIES_WITHIN_MS - 1;
  source.emit('SIGTERM');
  assert.equal(forced, 0);
  nowMs = COPIES_WITHIN_MS;
  source.emit('SIGTERM');
  assert.equal(forced, 1);
});
