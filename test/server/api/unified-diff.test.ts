import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EDITS_MAX, unifiedDiff } from '../../../server/api/unified-diff.js';

const numbers = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `${from + index}\n`).join('');

test('unifiedDiff: names both sides and shows what changed', () => {
  const diff = unifiedDiff(
    { name: '/a', revision: '1', text: 'x\ny\n' },
    { name: '/a', revision: '2', text: 'x\nz\n' },
  );
  assert.match(diff, /^--- \/a\t1\n\+\+\+ \/a\t2\n@@ -1,2 \+1,2 @@\n x\n-y\n\+z\n$/m);
});

test('unifiedDiff: texts with nothing in common are shown as replaced, however long', () => {
  const [before, after] = [numbers(0, 200_000), numbers(200_000, 200_000)];
  const lines = unifiedDiff(
    { name: 'a', revision: '1', text: before },
    { name: 'b', revision: '2', text: after },
  ).split('\n');
  assert.deepEqual(lines.slice(1, 6), [
    '--- a\t1',
    '+++ b\t2',
    '@@ -1,200000 +1,200000 @@',
    '-0',
    '-1',
  ]);
  assert.deepEqual(lines.slice(-2), ['+399999', '']);
  assert.equal(lines.length, 4 + 400_000 + 1);
});

test('unifiedDiff: few changes in a long text are found', () => {
  const text = numbers(0, 100_000);
  const diff = unifiedDiff(
    { name: 'a', revision: '1', text },
    { name: 'a', revision: '2', text: `new\n${text}end\n` },
  );
  assert.equal(diff.match(/^[-+][^-+]/gm)?.length, 2);
  assert.ok(EDITS_MAX > 2);
});
