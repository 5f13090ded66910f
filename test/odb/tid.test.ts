import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asTid, nextTid, parseTid, TID_ZERO, tidAtMs, tidToMs } from '../../odb/tid.js';
import { asOid, OID_MAX, parseOid } from '../../odb/oid.js';
import { randomRuns } from '../support/random.js';

test('nextTid: tids grow whatever the clock does', () => {
  const clockMs = fc.nat({ max: 4e12 });
  fc.assert(
    fc.property(fc.array(clockMs, { minLength: 2 }), (readings) => {
      let last = TID_ZERO;
      for (const nowMs of readings) {
        const tid = nextTid(last, nowMs);
        assert.ok(tid > last, `${tid} is newer than ${last}`);
        last = tid;
      }
    }),
    randomRuns(),
  );
});

test('a tid is the moment of its commit', () => {
  assert.equal(tidToMs(nextTid(TID_ZERO, 1_700_000_000_123)), 1_700_000_000_123);
});

test('reading as of a millisecond sees every transaction until its end', () => {
  assert.equal(tidToMs(tidAtMs(1_700_000_000_123)), 1_700_000_000_123);
  assert.equal(tidToMs(asTid(tidAtMs(1_700_000_000_123) + 1)), 1_700_000_000_124);
});

test('ids in text are read only when they are ids', () => {
  assert.equal(parseTid('0'), TID_ZERO);
  assert.equal(parseTid('1700000000123456'), 1_700_000_000_123_456);
  assert.equal(parseOid('17'), asOid(17));
  assert.equal(parseOid(String(OID_MAX)), OID_MAX);
  for (const text of ['', '-1', '1.5', '01', ' 1', '1e3', '0x1', '9007199254740992', 'x']) {
    assert.equal(parseOid(text), undefined, text);
    assert.equal(parseTid(text), undefined, text);
  }
  assert.equal(parseOid('0'), undefined);
});

test('what is no id is never taken for one', () => {
  for (const value of [0, -1, 1.5, NaN, 2 ** 53]) assert.throws(() => asOid(value), /positive/);
  for (const value of [-1, 1.5, NaN, 2 ** 53]) assert.throws(() => asTid(value), /from 0 up/);
});
