import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodeSpans } from '../../../server/import/code-spans.js';

function spansOf(text: string): readonly string[] {
  const spans = new CodeSpans(text);
  const found: string[] = [];
  for (let span = spans.next(0); span !== undefined; span = spans.next(span.end)) {
    found.push(text.slice(span.start, span.end));
  }
  return found;
}

test('CodeSpans: a run of backticks goes on to the next of its length', () => {
  assert.deepEqual(spansOf('a `b` c ``d ` e`` f'), ['`b`', '``d ` e``']);
  assert.deepEqual(spansOf('a ` b `` c ` d'), ['` b `` c `']);
  assert.deepEqual(spansOf('``` a'), []);
  assert.deepEqual(spansOf(''), []);
});

test('CodeSpans: what begins before is passed over', () => {
  assert.deepEqual(new CodeSpans('`a` `b`').next(1), { start: 2, end: 5 });
});

test('CodeSpans: runs that nothing closes cost no look at what follows', () => {
  const text = Array.from({ length: 1400 }, (_, index) => '`'.repeat(index + 1)).join(' ');
  assert.deepEqual(spansOf(text), []);
  assert.equal(spansOf('`a'.repeat(500_000)).length, 250_000);
});
