import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OdbError } from '../../../odb/errors.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { Gate, heldCodec } from '../support/held-codec.js';
import { put, stateOf } from '../support/requests.js';

test('a storage is read while its writing thread starts, and commits wait for that', async () => {
  await using directory = await temporaryDirectory();
  const gate = new Gate();
  const options = { directory: directory.path, codec: heldCodec({ gate: gate.buffer }) };
  let oid;
  {
    await using before = await LevelStorage.open({ ...options, thread: false });
    oid = before.allocate(1);
    await put(before, oid, { n: 1 });
  }
  await using storage = await LevelStorage.open({ ...options, thread: true });
  assert.deepEqual(stateOf(storage, oid), { n: 1 });

  const order: string[] = [];
  const commits = [
    put(storage, oid, { n: 2 }).then(() => order.push('commit')),
    storage.setMeta({ a: 1 }).then(() => order.push('meta')),
  ];
  assert.deepEqual(stateOf(storage, oid), { n: 1 });
  order.push('opened');
  gate.open();
  await Promise.all(commits);
  assert.deepEqual(order, ['opened', 'commit', 'meta']);
  assert.deepEqual(stateOf(storage, oid), { n: 2 });
  assert.equal(storage.getMeta('a'), 1);
});

test('a storage closed while its writing thread starts writes what was committed before', async () => {
  await using directory = await temporaryDirectory();
  const gate = new Gate();
  const options = { directory: directory.path, codec: heldCodec({ gate: gate.buffer }) };
  const storage = await LevelStorage.open({ ...options, thread: true });
  const oid = storage.allocate(1);
  const committed = put(storage, oid, { n: 1 });
  const closed = storage.close();
  await assert.rejects(put(storage, oid, { n: 2 }), { code: 'ODB_CLOSED' });
  gate.open();
  await Promise.all([committed, closed]);
  await using again = await LevelStorage.open({ ...options, thread: false });
  assert.deepEqual(stateOf(again, oid), { n: 1 });
});

test('a storage closed at once can be opened again at once', async () => {
  await using directory = await temporaryDirectory();
  for (let n = 0; n < 5; n += 1) {
    const storage = await LevelStorage.open({ directory: directory.path, thread: true });
    assert.equal(storage.lastTid, 0);
    await storage.close();
  }
});

test('where the writing thread cannot start, reads go on and each commit says why', async () => {
  await using directory = await temporaryDirectory();
  const codec = heldCodec({ refusal: 'the key is not here' });
  const options = { directory: directory.path, codec, thread: true };
  const lost: OdbError[] = [];
  const storage = await LevelStorage.open({ ...options, onLost: (error) => lost.push(error) });
  const oid = storage.allocate(1);
  const refusal = { code: 'ODB_WRITER_LOST', message: /could not start.*the key is not here/ };
  await assert.rejects(put(storage, oid, { n: 1 }), refusal);
  await assert.rejects(storage.setMeta({ a: 1 }), refusal);
  assert.equal(stateOf(storage, oid), undefined);
  assert.equal(lost.length, 1);
  await storage.close();
});

test('where nothing was to be written, closing tells that the thread could not start', async () => {
  await using directory = await temporaryDirectory();
  const codec = heldCodec({ refusal: 'the key is not here' });
  const options = { directory: directory.path, codec };
  const storage = await LevelStorage.open({ ...options, thread: true });
  await assert.rejects(storage.close(), { code: 'ODB_WRITER_LOST' });
  // And yet everything is closed.
  await using again = await LevelStorage.open({ ...options, thread: false });
  assert.equal(again.lastTid, 0);
});
