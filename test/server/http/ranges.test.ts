import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRange, RANGES_MAX } from '../../../server/http/ranges.js';

const SIZE = 1000;

function parts(header: string): string {
  const outcome = parseRange(header, SIZE);
  return outcome.kind === 'parts'
    ? outcome.parts.map(({ start, end }) => `${start}-${end}`).join(' ')
    : outcome.kind;
}

test('a range has a first and a last byte, or the end of the file', () => {
  assert.equal(parts('bytes=0-0'), '0-0');
  assert.equal(parts('bytes=100-199'), '100-199');
  assert.equal(parts('bytes=900-'), '900-999');
  assert.equal(parts('bytes=900-5000'), '900-999');
  assert.equal(parts('bytes=-1'), '999-999');
  assert.equal(parts('bytes=-5000'), '0-999');
});

test('several ranges keep the order in which they were asked for', () => {
  assert.equal(parts('bytes=500-599, 0-9,-5'), '500-599 0-9 995-999');
});

test('what lies outside is left out, and nothing left is unsatisfiable', () => {
  assert.equal(parts('bytes=0-9,2000-'), '0-9');
  assert.equal(parts('bytes=1000-'), 'unsatisfiable');
  assert.equal(parts('bytes=-0'), 'unsatisfiable');
});

test('what is malformed, of another unit, or too much, gets the whole', () => {
  for (const header of ['bytes=', 'bytes=a-b', 'bytes=9-1', 'bytes=-', 'items=0-1', 'bytes 0-1']) {
    assert.equal(parts(header), 'whole', header);
  }
  assert.equal(parseRange(undefined, SIZE).kind, 'whole');
  assert.equal(
    parts(`bytes=${Array.from({ length: RANGES_MAX + 1 }, () => '0-0').join(',')}`),
    'whole',
  );
});

test('parts that overlap to more than the file get the whole', () => {
  assert.equal(parts('bytes=0-999,0-999'), 'whole');
});
