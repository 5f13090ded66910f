/** Elements of sets as keys: they sort as the elements do, and come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { elementOfKey, keyOfElement } from '../../../odb/records/element-key.js';
import { randomRuns } from '../../support/random.js';

const numbers = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER),
);

test('keys of numbers sort as the numbers, and give them back', () => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      assert.equal(keyOfElement(a) < keyOfElement(b), a < b);
      assert.equal(elementOfKey(keyOfElement(a)), a === 0 ? 0 : a);
    }),
    randomRuns(),
  );
});

test('keys of texts sort as the texts, after all numbers, and give them back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), numbers, (a, b, number) => {
      assert.equal(keyOfElement(a) < keyOfElement(b), a < b);
      assert.ok(keyOfElement(number) < keyOfElement(a));
      assert.equal(elementOfKey(keyOfElement(a)), a);
    }),
    randomRuns(),
  );
});

test('small numbers from zero up have short keys', () => {
  for (let number = 0; number <= 100; number += 1) {
    assert.ok(keyOfElement(number).length <= 6, keyOfElement(number));
  }
});

test('what is neither text nor number is refused, and so is a key of no element', () => {
  for (const bad of [NaN, undefined, null, true, {}, '\ud800']) {
    assert.throws(() => keyOfElement(bad), TypeError);
  }
  for (const bad of ['', 'n', 'x1', 'nXY']) {
    assert.throws(() => elementOfKey(bad), { code: 'ODB_DAMAGED' });
  }
});
