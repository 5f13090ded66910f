/** Reading CBOR: each kind of item, and bytes that are not what a record has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CborCursor, KIND_ARRAY, KIND_MAP, KIND_TAG } from '../../../odb/records/cbor-cursor.js';

function first(hex: string): { kind: number; value: unknown; left: number } {
  const items = new CborCursor(Buffer.from(hex, 'hex'));
  items.next();
  return { kind: items.kind, value: items.value, left: items.left };
}

test('reads numbers of every width, as the standard gives them', () => {
  const examples: [hex: string, value: number][] = [
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1_000],
    ['1a000f4240', 1_000_000],
    ['1affffffff', 4_294_967_295],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['20', -1],
    ['3903e7', -1_000],
    ['f93c00', 1],
    ['f97bff', 65_504],
    ['f90001', 5.960464477539063e-8],
    ['f9c400', -4],
    ['f97c00', Infinity],
    ['f97e00', Number.NaN],
    ['fa47c35000', 100_000],
    ['fb3ff199999999999a', 1.1],
  ];
  for (const [hex, value] of examples) assert.equal(first(hex).value, value, hex);
});

test('reads texts, bytes, constants, and the heads of what holds others', () => {
  assert.equal(first('6449455446').value, 'IETF');
  assert.equal(first('62c3bc').value, 'ü');
  assert.equal(first(`7820${'61'.repeat(32)}`).value, 'a'.repeat(32));
  assert.deepEqual(first('4401020304').value, Uint8Array.of(1, 2, 3, 4));
  assert.deepEqual(
    ['f4', 'f5', 'f6', 'f7'].map((hex) => first(hex).value),
    [false, true, null, undefined],
  );
  assert.deepEqual(first('83010203'), { kind: KIND_ARRAY, value: 3, left: 3 });
  assert.deepEqual(first('a10102'), { kind: KIND_MAP, value: 1, left: 2 });
  assert.deepEqual(first('c601'), { kind: KIND_TAG, value: 6, left: 1 });
});

test('names that share a slot or a length are told apart', () => {
  for (let round = 0; round < 2; round += 1) {
    for (let n = 0; n < 5_000; n += 1) {
      const name = `name${n}`;
      const bytes = Buffer.concat([Buffer.of(0x60 + name.length), Buffer.from(name)]);
      assert.equal(new CborCursor(bytes).name(), name);
    }
  }
});

test('bytes that are read do not change with the record', () => {
  const record = Buffer.from('420102', 'hex');
  const items = new CborCursor(record);
  items.next();
  record[1] = 9;
  assert.deepEqual(items.value, Uint8Array.of(1, 2));
});

test('refuses what ends early, is too large, or has no definite length', () => {
  for (const hex of ['', '18', '1900', '64494554', '42ff', 'fb3ff1', '1bffffffffffffffff']) {
    assert.throws(() => first(hex), Error, hex);
  }
  for (const hex of ['5f', '7f', '9f', 'bf', '1c', 'f8ff', 'ff']) {
    assert.throws(() => first(hex), Error, hex);
  }
  assert.throws(() => new CborCursor(Buffer.of(1)).name(), /no name/);
});
