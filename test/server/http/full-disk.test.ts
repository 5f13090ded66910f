/** What visitors and authors see while the disk of the server is full. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { OdbError } from '../../../odb/index.js';
import { type DiskRoom, standInRoom } from '../../support/disk-room.js';
import { ADMIN, builtModule, startServer, type TestServer } from '../../support/server.js';

const TRIAL = builtModule('support/trial-plugin.js');
const SAID = /the disk of the server is full. Pages can still be read/;
const ROOM = 1_000_000_000;
/** Larger than what is read whole, so that it is streamed. */
const STREAMED = Buffer.alloc(70_000, 'x');

let room: DiskRoom;
let server: TestServer;
/** Nothing can be saved in the server. */
let full = false;
before(async () => {
  room = standInRoom(ROOM);
  server = await startServer({
    plugins: [TRIAL],
    onStorage(storage) {
      const commit = storage.commitPacked.bind(storage);
      storage.commitPacked = async (bytes) => {
        if (full) throw new OdbError('ODB_DISK_FULL', 'The disk is full: 0.1 MB are free in /data');
        return commit(bytes);
      };
    },
  });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  room[Symbol.dispose]();
});

test('with a full disk pages are read, saving is a 503 that says so, and goes on by itself', async () => {
  const client = server.client(ADMIN);
  await client.post('/@trial/rename', { title: 'Before' });
  full = true;
  const refused = await client.post('/@trial/rename', { title: 'Never' });
  assert.equal(refused.status, 503);
  assert.equal(refused.header('retry-after'), '30');
  assert.match(refused.text, SAID);
  const problem = await client.json('POST', '/@api/contents', { type: 'Folder', id: 'never' });
  assert.equal(problem.status, 503);
  assert.match(String(problem.json()['detail']), SAID);
  assert.equal((await client.get('/@trial/title')).text, 'Before');
  const line = server.log.find(({ message }) => message === 'A request failed');
  assert.match(JSON.stringify(line), /0.1 MB are free/, 'the log tells the rest');
  full = false;
  assert.equal((await client.post('/@trial/rename', { title: 'After' })).status, 200);
  assert.equal((await client.get('/@trial/title')).text, 'After');
});

test('a file for which there is no room is a 503, and leaves nothing behind', async () => {
  const client = server.client(ADMIN);
  await client.json('POST', '/@api/contents', { type: 'File', id: 'data.bin' });
  const put = () =>
    client.request('PUT', '/data.bin/@api/data', {
      headers: { 'content-type': 'application/octet-stream' },
      body: STREAMED,
    });
  room.freeBytes = 1_000_000;
  // So much that it is looked whether there is room, whenever that was done last.
  await assert.rejects(server.running.storage.blobs.put(Buffer.alloc(5_000_000)), {
    code: 'ODB_DISK_FULL',
  });
  const refused = await put();
  assert.equal(refused.status, 503);
  assert.match(refused.text, SAID);
  assert.equal((await client.get('/')).status, 200);
  assert.deepEqual(await readdir(path.join(server.data, 'blobs', 'tmp')), []);
  room.freeBytes = ROOM;
  assert.equal((await put()).status, 200);
  assert.equal((await client.get('/data.bin')).bytes.length, STREAMED.length);
});

test('a server starts on a full disk, to be read', async () => {
  await server.client().post('/@trial/rename', { title: 'Read me' });
  await server.running.close();
  const storage = { reserveBytes: Number.MAX_SAFE_INTEGER };
  await using again = await startServer({ plugins: [TRIAL], data: server.data, storage });
  const client = again.client(ADMIN);
  assert.equal((await client.get('/@trial/title')).text, 'Read me');
  const refused = await client.post('/@trial/rename', { title: 'Never' });
  assert.equal(refused.status, 503);
  assert.match(refused.text, SAID);
});
