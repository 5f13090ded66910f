/** Records are written by hand, and by a library for comparison. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, Token, Type } from 'cborg';
import fc from 'fast-check';
import { decodeValue, encodeValue } from '../../../odb/records/record.js';
import { randomRuns } from '../../support/random.js';

const EDGES = [
  ...[0, -0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53],
  ...[-1, -24, -25, -256, -257, -(2 ** 53 - 1), -(2 ** 53), 1e300, 0.1, 0.5, -1.5, 65_504, 65_505],
  ...[2 ** -14, 2 ** -24, 2 ** -25, 3 * 2 ** -24, 1_023 * 2 ** -24, 2 ** -149, Infinity, -Infinity],
  Number.NaN,
];

const leaf = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.double(),
  fc.float(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ minLength: 15, maxLength: 300, unit: 'grapheme' }),
  fc.uint8Array(),
  fc.constantFrom(null, true, false),
  fc.date({ noInvalidDate: true }),
);

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value')),
    fc.dictionary(fc.string(), tie('value')),
  ),
}));

/** The same by the library. */
function encodeByLibrary(what: unknown): Uint8Array {
  return encode(what, {
    mapSorter: undefined as never,
    typeEncoders: {
      Date(date: Date) {
        const ms = date.getTime();
        return [new Token(Type.tag, 7), new Token(ms < 0 ? Type.negint : Type.uint, ms)];
      },
      bigint(big: bigint) {
        const digits = (big < 0n ? -1n - big : big).toString(16);
        const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
        return [
          new Token(Type.tag, big < 0n ? 3 : 2),
          new Token(Type.bytes, new Uint8Array(bytes)),
        ];
      },
    },
  });
}

test('what is written is what the library writes, byte for byte', () => {
  fc.assert(
    fc.property(value, (what) => {
      assert.deepEqual(Buffer.from(encodeValue(what)), Buffer.from(encodeByLibrary(what)));
    }),
    randomRuns(1_000),
  );
});

test('a text is read back, whatever its length, in ASCII and not', () => {
  for (const unit of ['a', 'é', '€', '\u{1f600}']) {
    for (const length of [0, 1, 5, 7, 8, 23, 24, 25, 85, 86, 255, 256, 21_845, 65_535, 65_536]) {
      const text = unit.repeat(length);
      assert.equal(decodeValue(encodeValue(text)), text);
      assert.equal(
        decodeValue(encodeValue(`${'a'.repeat(20)}${text}`)),
        `${'a'.repeat(20)}${text}`,
      );
    }
  }
});

test('what cannot be stored leaves nothing behind for what is written next', () => {
  for (const bad of [
    '\ud800',
    ['fine', '\udc00'],
    { ['\ud800']: 1 },
    { a: [() => 1] },
    new Map(),
  ]) {
    assert.throws(() => encodeValue(bad), TypeError);
    assert.deepEqual(decodeValue(encodeValue({ a: ['b'] })), { a: ['b'] });
  }
});

test('what is encoded while something else is being encoded does not disturb it', () => {
  class Thing {}
  const bytes = encodeValue({ first: 1, thing: new Thing(), last: 'x' }, (object) => {
    assert.deepEqual(decodeValue(encodeValue(['inside'])), ['inside']);
    return object instanceof Thing ? (5 as never) : undefined;
  });
  assert.deepEqual(
    Buffer.from(bytes).toString('hex'),
    'a365666972737401657468696e67c605646c6173746178',
  );
});
