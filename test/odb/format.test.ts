import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FORMAT, stepsFrom, type FormatStep } from '../../odb/format.js';

const step = (from: number): FormatStep<string[]> => ({
  from,
  run: async (done) => {
    done.push(`${from}`);
  },
});

test('the present format needs no steps', () => {
  assert.deepEqual(stepsFrom(FORMAT, [step(0)], '/db'), []);
});

test('an older format takes each step on the way', async () => {
  const done: string[] = [];
  for (const each of stepsFrom(FORMAT - 1, [step(FORMAT - 1), step(-5)], '/db'))
    await each.run(done);
  assert.deepEqual(done, [`${FORMAT - 1}`]);
});

test('a format without a way from it is refused, with what to do', () => {
  assert.throws(() => stepsFrom(FORMAT - 1, [], '/db'), {
    code: 'ODB_FORMAT',
    message: /older release/,
  });
});

test('a newer format is refused by its number', () => {
  assert.throws(() => stepsFrom(FORMAT + 1, [], '/db'), {
    code: 'ODB_FORMAT',
    message: new RegExp(`/db has format ${FORMAT + 1}; this release reads up to ${FORMAT}`),
  });
});
