import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineIndex } from '../../../server/import/line-index.js';

test('LineIndex: lines are counted from 1, and a line break ends its own', () => {
  const lines = new LineIndex('ab\n\nc');
  assert.deepEqual(
    [0, 2, 3, 4, 5, 99].map((offset) => lines.at(offset)),
    [1, 1, 2, 3, 3, 3],
  );
  assert.equal(new LineIndex('').at(0), 1);
});
