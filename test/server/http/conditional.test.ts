import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateConditions, ifRangeHolds } from '../../../server/http/conditional.js';

const EARLIER = 'Sat, 21 Nov 2026 10:00:00 GMT';
const THEN = 'Sat, 21 Nov 2026 12:00:00 GMT';
const LATER = 'Sat, 21 Nov 2026 14:00:00 GMT';
const STRONG = { etag: '"a"', lastModified: THEN };
const WEAK = { etag: 'W/"a"', lastModified: THEN };

test('If-None-Match compares weakly, and wins over If-Modified-Since', () => {
  const outcome = (value: string, validators = STRONG) =>
    evaluateConditions({ 'if-none-match': value, 'if-modified-since': EARLIER }, validators);
  assert.equal(outcome('"a"'), 'not-modified');
  assert.equal(outcome('"x", W/"a"'), 'not-modified');
  assert.equal(outcome('"a"', WEAK), 'not-modified');
  assert.equal(outcome('*'), 'not-modified');
  assert.equal(outcome('"b"'), 'send');
  assert.equal(
    evaluateConditions({ 'if-none-match': '"b"', 'if-modified-since': LATER }, STRONG),
    'send',
  );
});

test('If-Modified-Since holds at the same second and after', () => {
  const outcome = (value: string) => evaluateConditions({ 'if-modified-since': value }, STRONG);
  assert.equal(outcome(THEN), 'not-modified');
  assert.equal(outcome(LATER), 'not-modified');
  assert.equal(outcome(EARLIER), 'send');
  assert.equal(outcome('yesterday'), 'send');
});

test('If-Match compares strongly, and wins over If-Unmodified-Since', () => {
  const outcome = (value: string, validators = STRONG) =>
    evaluateConditions({ 'if-match': value, 'if-unmodified-since': EARLIER }, validators);
  assert.equal(outcome('"a"'), 'send');
  assert.equal(outcome('*'), 'send');
  assert.equal(outcome('"b"'), 'precondition-failed');
  assert.equal(outcome('W/"a"'), 'precondition-failed');
  assert.equal(outcome('"a"', WEAK), 'precondition-failed');
  assert.equal(
    evaluateConditions({ 'if-unmodified-since': EARLIER }, STRONG),
    'precondition-failed',
  );
});

test('If-Range lets a range through only for the very same file', () => {
  assert.equal(ifRangeHolds(undefined, STRONG), true);
  assert.equal(ifRangeHolds('"a"', STRONG), true);
  assert.equal(ifRangeHolds('"b"', STRONG), false);
  assert.equal(ifRangeHolds('W/"a"', WEAK), false);
  assert.equal(ifRangeHolds(THEN, STRONG), true);
  assert.equal(ifRangeHolds(LATER, STRONG), false);
});
