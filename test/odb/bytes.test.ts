import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from '../../odb/bytes.js';
import { randomRuns } from '../support/random.js';

test('what is written is read back, in the same order', () => {
  const item = fc.oneof(
    fc.record({ kind: fc.constant('number' as const), value: fc.maxSafeNat() }),
    fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 300 }) }),
    fc.record({
      kind: fc.constant('optional' as const),
      value: fc.option(fc.uint8Array(), { nil: undefined }),
    }),
    fc.record({ kind: fc.constant('text' as const), value: fc.string({ unit: 'grapheme' }) }),
  );
  fc.assert(
    fc.property(fc.array(item), (items) => {
      const out = new ByteWriter();
      for (const { kind, value } of items) {
        if (kind === 'number') out.number(value);
        else if (kind === 'bytes') out.bytes(value);
        else if (kind === 'optional') out.optional(value);
        else out.text(value);
      }
      const from = new ByteReader(out.finish());
      for (const { kind, value } of items) assert.deepEqual(from[kind](), value);
      assert.equal(from.rest().length, 0);
    }),
    randomRuns(),
  );
});

test('more than the scratch holds is written whole, and two writers do not meet', () => {
  const one = new ByteWriter();
  const other = new ByteWriter();
  const big = new Uint8Array(3_000_000).fill(7);
  one.bytes(big);
  other.text('other');
  one.number(5);
  const from = new ByteReader(one.finish());
  assert.equal(Buffer.compare(from.bytes(), big), 0);
  assert.equal(from.number(), 5);
  assert.equal(new ByteReader(other.finish()).text(), 'other');
});

test('what is written with its size can be stepped over, and holds others like it', () => {
  const out = new ByteWriter();
  out.sized(() => {
    out.text('not ASCII: ñ');
    out.sized(() => out.raw(new Uint8Array(200_000).fill(7)));
  });
  out.sized(() => undefined);
  out.number(5);
  const from = new ByteReader(out.finish());
  const inside = new ByteReader(from.sized());
  assert.equal(from.sized().length, 0);
  assert.equal(from.number(), 5);
  assert.equal(inside.text(), 'not ASCII: ñ');
  assert.equal(inside.sized().length, 200_000);
  assert.equal(inside.rest().length, 0);
  assert.throws(() => new ByteReader(Uint8Array.of(0, 0, 0, 2, 1)).sized(), {
    code: 'ODB_DAMAGED',
  });
});

test('bytes that end too early are damage', () => {
  const out = new ByteWriter();
  out.number(300);
  out.text('hello');
  const bytes = out.finish();
  for (let length = 0; length < bytes.length; length++) {
    const from = new ByteReader(bytes.subarray(0, length));
    assert.throws(() => [from.number(), from.text()], { code: 'ODB_DAMAGED' });
  }
  assert.throws(() => new ByteReader(new Uint8Array(20).fill(0xff)).number(), {
    code: 'ODB_DAMAGED',
  });
});

test('what is no number from 0 up is refused', () => {
  for (const value of [-1, 0.5, NaN, 2 ** 53]) {
    assert.throws(() => new ByteWriter().number(value), /safe integer/);
  }
});

test('single bytes and numbers of eight bytes are written as they sort', () => {
  const out = new ByteWriter();
  out.byte(1);
  out.number64(Number.MAX_SAFE_INTEGER);
  out.number64(258);
  const bytes = out.finish();
  assert.equal(Buffer.from(bytes).toString('hex'), '01001fffffffffffff0000000000000102');
});
