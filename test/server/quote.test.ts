import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  asMessage,
  MESSAGE_LENGTH_MAX,
  quoted,
  QUOTED_CHARACTERS_MAX,
} from '../../server/quote.js';

test('quoted: a text stands between quotes, as it is', () => {
  assert.equal(quoted('Grüße 🌲'), '“Grüße 🌲”');
  assert.equal(quoted(''), '“”');
});

test('quoted: what cannot be shown is a sign, and never a new line', () => {
  assert.equal(quoted('a\u0000b\nc\u2028d'), '“a\ufffdb\ufffdc\ufffdd”');
  assert.equal(quoted('\ud800'), '“\ufffd”');
});

test('quoted: of a long text the beginning is shown, by whole characters', () => {
  const trees = '🌲'.repeat(QUOTED_CHARACTERS_MAX);
  assert.equal(quoted(trees), `“${trees}”`);
  assert.equal(quoted(`${trees}🌲`), `“${trees}…”`);
  assert.equal(quoted('x'.repeat(5_000_000)), `“${'x'.repeat(QUOTED_CHARACTERS_MAX)}…”`);
});

test('asMessage: one line, well-formed, and not endless', () => {
  assert.equal(asMessage('There is no a\r\nb'), 'There is no a b');
  assert.equal(asMessage('x\ud800'), 'x\ufffd');
  assert.equal(asMessage('x'.repeat(9000)).length, MESSAGE_LENGTH_MAX + 1);
});
