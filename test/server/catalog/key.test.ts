import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  docidAt,
  docKey,
  entryKey,
  KEY_TEXT_MAX,
  SEPARATOR,
  valueKey,
  valueOfKey,
  type IndexValue,
} from '../../../server/catalog/key.js';
import { randomRuns } from '../../support/random.js';

const numbers = fc.double({ noNaN: true });
const texts = fc.string({
  unit: fc.constantFrom('a', 'b', '\0', '\u0001', '\u0002', 'é', '😀'),
  maxLength: 8,
});
const docids = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

function keyOf(value: IndexValue): string {
  const key = valueKey(value);
  assert.ok(key !== undefined);
  return key;
}

function sign(number: number): number {
  return Math.sign(number);
}

test('keys of numbers sort as the numbers do, and give them back', () => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const order = sign(keyOf(a) < keyOf(b) ? -1 : Number(keyOf(a) > keyOf(b)));
      assert.equal(order, a < b ? -1 : Number(a > b));
      assert.equal(valueOfKey(keyOf(a)), a === 0 ? 0 : a);
    }),
    randomRuns(1_000),
  );
});

test('keys of whole numbers are short', () => {
  for (const number of [0, 1, 7, 999]) assert.ok(keyOf(number).length <= 5, keyOf(number));
});

test('keys of texts sort as the texts do, with any character, and give them back', () => {
  fc.assert(
    fc.property(texts, texts, docids, docids, (a, b, first, second) => {
      const [one, other] = [entryKey(keyOf(a), first), entryKey(keyOf(b), second)];
      if (a !== b) assert.equal(one < other, a < b);
      else assert.equal(one < other, first < second);
      assert.equal(valueOfKey(keyOf(a)), a);
    }),
    randomRuns(1_000),
  );
});

test('dates and booleans keep their types, and each type stands together', () => {
  const values = [true, false, new Date(5), new Date(-5), 3, -3, 'x', ''];
  const sorted = values.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  assert.deepEqual(sorted, [false, true, new Date(-5), new Date(5), -3, 3, '', 'x']);
  for (const value of values) assert.deepEqual(valueOfKey(keyOf(value)), value);
});

test('what cannot be compared has no key', () => {
  assert.equal(valueKey(Number.NaN), undefined);
  assert.equal(valueKey(new Date(Number.NaN)), undefined);
});

test('a document’s key sorts as the number it is, and is read off the end of an entry', () => {
  fc.assert(
    fc.property(docids, docids, texts, (a, b, text) => {
      assert.equal(docKey(a) < docKey(b), a < b);
      const key = entryKey(keyOf(text), a);
      assert.equal(docidAt(key, key.lastIndexOf(SEPARATOR) + 1), a);
    }),
    randomRuns(1_000),
  );
});

test('a long text is told from others that begin alike, and its key has a bound', () => {
  const long = 'x'.repeat(5_000);
  assert.notEqual(keyOf(long), keyOf(`${long}y`));
  assert.ok(keyOf(long).length < KEY_TEXT_MAX + 30);
  assert.equal(valueOfKey(keyOf(long)), `${'x'.repeat(KEY_TEXT_MAX)}…`);
  assert.ok(keyOf(`a${long}`) < keyOf(`b${long}`));
});
