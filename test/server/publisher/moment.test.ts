import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadRequest } from '../../../server/errors.js';
import { readMoment } from '../../../server/publisher/moment.js';

test('readMoment: a tid is itself', () => {
  assert.equal(readMoment('at', '1795271422347000', 'end'), 1795271422347000);
  assert.equal(readMoment('at', '0', 'end'), 0);
});

test('readMoment: a time is its whole millisecond, and UTC where no zone is named', () => {
  const ms = Date.UTC(2026, 10, 21, 9, 30);
  assert.equal(readMoment('at', '2026-11-21T09:30Z', 'end'), ms * 1000 + 999);
  assert.equal(readMoment('at', '2026-11-21T09:30', 'start'), ms * 1000);
  assert.equal(readMoment('at', '2026-11-21T10:30+01:00', 'start'), ms * 1000);
});

test('readMoment: times before and after all transactions are the first and the last', () => {
  assert.equal(readMoment('at', '1950-01-01', 'end'), 0);
  assert.equal(readMoment('at', '9999-12-31', 'end'), Number.MAX_SAFE_INTEGER);
});

test('readMoment: anything else is refused, by the name of the parameter', () => {
  for (const given of [
    '',
    'yesterday',
    'Sat, 21 Nov 2026',
    '99999999999999999',
    '-1',
    '2026-02-30',
  ]) {
    assert.throws(
      () => readMoment('from', given, 'start'),
      (error) =>
        error instanceof BadRequest &&
        error.field === 'from' &&
        error.message.startsWith('from must'),
      given,
    );
  }
});
