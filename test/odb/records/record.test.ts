import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OdbError } from '../../../odb/errors.js';
import { asOid } from '../../../odb/oid.js';
import {
  classNameOf,
  decodeRecord,
  decodeValue,
  encodeRecord,
  encodeValue,
  referencesIn,
} from '../../../odb/records/record.js';
import { VALUE_DEPTH_MAX } from '../../../odb/records/plain-writer.js';
import { freezeDeep, Ref } from '../../../odb/value.js';
import { randomRuns } from '../../support/random.js';

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(null, true, false, '', '__proto__', 'ä€😀'),
    fc.double().map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.maxSafeInteger(),
    fc.bigInt(),
    fc.string({ unit: 'binary' }),
    fc.uint8Array(),
    fc.date({ noInvalidDate: true }),
    fc.maxSafeNat().map((n) => new Ref(asOid(Math.max(1, n)))),
    fc.array(tie('value')),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { noNullPrototype: true }),
  ),
})).value;

test('what is encoded comes back equal, in the same order', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), plain, { noNullPrototype: true }), (state) => {
      const back = decodeRecord(encodeRecord('example.Page', state));
      assert.equal(back.className, 'example.Page');
      assert.deepEqual(back.state, state);
      assert.deepEqual(Object.keys(back.state), Object.keys(state));
    }),
    randomRuns(),
  );
});

test('a single value comes back equal, the extremes of dates and numbers too', () => {
  const extremes = [
    new Date(8.64e15),
    new Date(-8.64e15),
    new Date(8.64e15 - 1),
    new Date('+143578-05-06T23:01:34.863Z'),
    new Date(0),
    new Date(-1),
    new Date(-8_639_999_999_999_999),
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2 ** 53,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    Infinity,
    NaN,
    2n ** 64n,
    -(2n ** 64n),
    5n,
    0n,
    -1n,
  ];
  for (const value of extremes) assert.deepEqual(decodeValue(encodeValue(value)), value);
});

test('undefined fields are left out, undefined items are kept', () => {
  const { state } = decodeRecord(encodeRecord('C', { a: undefined, b: [undefined, 1] }));
  assert.deepEqual(state, { b: [undefined, 1] });
  assert.deepEqual(Object.keys(state), ['b']);
});

test('references go through the callbacks, and can be listed without making objects', () => {
  class Thing {
    readonly id: number;
    constructor(id: number) {
      this.id = id;
    }
  }
  const oidOf = (value: object) => (value instanceof Thing ? asOid(value.id) : undefined);
  const record = encodeRecord('C', { a: new Thing(7), b: { c: [new Thing(300), 6] } }, oidOf);

  assert.deepEqual(referencesIn(record), [7, 300]);
  const { state } = decodeRecord(record, (oid) => `ghost ${oid}`);
  assert.deepEqual(state, { a: 'ghost 7', b: { c: ['ghost 300', 6] } });
  assert.deepEqual(decodeRecord(record).state.a, new Ref(asOid(7)));
});

test('decoded plain data is frozen all through', () => {
  const { state } = decodeRecord(encodeRecord('C', { a: { b: [{ c: 1 }] } }));
  const a = state.a as { b: { c: number }[] };
  assert.throws(() => a.b.push({ c: 2 }), TypeError);
  assert.throws(() => Object.assign(a.b[0] ?? {}, { c: 2 }), TypeError);
  assert.throws(() => Object.assign(a, { d: 1 }), TypeError);
});

test('freezeDeep freezes arrays and plain objects, and leaves instances alone', () => {
  const instance = new (class Thing {
    n = 1;
  })();
  const value = freezeDeep({ list: [{ deep: true }], instance });
  assert.ok(Object.isFrozen(value.list[0]));
  instance.n = 2;
  assert.equal(value.instance.n, 2);
});

test('what is not plain data is refused with the path to it', () => {
  const cases: [value: unknown, message: RegExp][] = [
    [() => 1, /^C\.field is a function/],
    [Symbol('x'), /^C\.field is a symbol/],
    [{ deep: [1, new Map()] }, /^C\.field\.deep\[1\] is an instance of Map/],
    [new (class Page {})(), /^C\.field is an instance of Page/],
    [new Float64Array(1), /^C\.field is an instance of Float64Array/],
    [new Date(NaN), /^C\.field is an invalid Date/],
    ['\ud800', /^C\.field is a string with half a character/],
    [{ '\udc00': 1 }, /half a character/],
  ];
  for (const [field, message] of cases) {
    assert.throws(() => encodeRecord('C', { field }), { name: 'TypeError', message });
  }
});

test('an object whose members come and go while it is read is refused, not stored cut short', () => {
  let reads = 0;
  const fickle = {
    get sometimes(): number | undefined {
      reads += 1;
      return reads % 2 === 1 ? 1 : undefined;
    },
    always: 2,
  };
  assert.throws(
    () => encodeRecord('C', { field: fickle }),
    /^TypeError: C\.field is an object whose members change while it is read/,
  );
});

test('circular and very deep data is refused', () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  assert.throws(() => encodeRecord('C', { circle }), /C\.circle.* circular, or deeper than 200/);

  let deep: unknown = 1;
  for (let i = 0; i < VALUE_DEPTH_MAX - 3; i++) deep = [deep];
  assert.ok(encodeRecord('C', { deep }).length > 0);
  assert.throws(() => encodeRecord('C', { deep: [[[deep]]] }), TypeError);
});

test('a record names its class cheaply', () => {
  assert.equal(classNameOf(encodeRecord('example.Page', { a: 1 })), 'example.Page');
});

test('damaged bytes are an error with a code, never a wrong state', () => {
  const record = encodeRecord('C', { title: 'x', list: [1, 2, 3] });
  const isDamaged = (error: unknown) => error instanceof OdbError && error.code === 'ODB_DAMAGED';
  for (let length = 0; length < record.length; length++) {
    assert.throws(() => decodeRecord(record.subarray(0, length)), isDamaged);
  }
  assert.throws(() => decodeRecord(new Uint8Array([...record, 0])), isDamaged);
  assert.throws(() => decodeRecord(encodeValue([1, 2])), isDamaged);
  assert.throws(() => classNameOf(encodeValue('C')), isDamaged);
});

test('a record is small: field names, values and little else', () => {
  assert.ok(encodeRecord('example.Page', { title: 'x'.repeat(150), n: 1000 }).length <= 185);
});
