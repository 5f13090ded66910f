import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FORMAT, stepsFrom, type FormatStep } from '../../odb/format.js';
import { decodeNumber, encodeNumber, KEY_FORMAT } from '../../odb/level/level-keys.js';
import { LevelStorage } from '../../odb/level/level-storage.js';
import { asOid } from '../../odb/oid.js';
import { temporaryDirectory } from '../support/temporary.js';
import { damage } from './support/damage.js';
import { put, stateOf } from './support/requests.js';

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

test('a database of the first format is opened as it is, and is of this one from then on', async () => {
  await using directory = await temporaryDirectory();
  const open = (): Promise<LevelStorage> =>
    LevelStorage.open({ directory: directory.path, thread: false });
  let oid = asOid(1);
  {
    await using storage = await open();
    oid = storage.allocate(1);
    await put(storage, oid, { n: 1 });
  }
  await damage(directory.path, (db) => db.put(KEY_FORMAT, encodeNumber(1)));
  {
    await using storage = await open();
    assert.deepEqual(stateOf(storage, oid), { n: 1 });
    assert.deepEqual(await storage.versions(), []);
  }
  await damage(directory.path, async (db) => {
    assert.equal(decodeNumber((await db.get(KEY_FORMAT)) ?? new Uint8Array()), FORMAT);
  });
});
