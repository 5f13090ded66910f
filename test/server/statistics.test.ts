/** What a server counts while it runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Statistics } from '../../server/statistics.js';

test('counts are seen by every thread that shares them', () => {
  const counting = new Statistics();
  const reading = new Statistics(counting.handle);
  counting.count('saved');
  counting.count('saved');
  counting.count('retried');
  assert.deepEqual(reading.conflicts, { saved: 2, merged: 0, retried: 1, refused: 0 });
});

test('each thread tells what it has loaded, until it has ended', () => {
  const statistics = new Statistics();
  statistics.setLoaded(0, 10);
  statistics.setLoaded(3, 5);
  assert.deepEqual(statistics.loaded, [10, 5]);
  statistics.setLoaded(0, 0);
  statistics.setLoaded(1_000_000, 7);
  assert.deepEqual(statistics.loaded, [5]);
});
