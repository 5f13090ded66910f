import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RETRIES_MAX } from '../../../server/publisher/dispatcher.js';
import { builtModule, startServer, type TestServer } from '../../support/server.js';

const TRIAL = builtModule('support/trial-plugin.js');

let server: TestServer;
before(async () => {
  server = await startServer({ plugins: [TRIAL], settings: { workers: 2 } });
});
after(() => server[Symbol.asyncDispose]());

test('a request in conflict is begun again from the beginning, and both changes are kept', async () => {
  const [slow, quick] = [server.client(), server.client()];
  await quick.post('/@trial/rename', { title: 'First' });
  const waiting = slow.post('/@trial/meet', { title: 'third' });
  let tries = 0;
  for (; tries < 50; tries += 1) {
    const before = (await quick.get('/@trial/title')).text;
    if (before.includes('third')) break;
    await quick.post('/@trial/rename', { title: `Second ${tries}` });
  }
  const answer = await waiting;
  assert.equal(answer.status, 200);
  const { attempt, title } = answer.json<{ attempt: number; title: string }>();
  assert.ok(attempt >= 1, 'the first attempt was in conflict');
  assert.match(title, /^Second \d+ and third$/);
});

test('a conflict that lasts is a 503 that says when to try again, and nothing is saved', async () => {
  const { lastTid } = server.running.storage;
  const page = await server.client().post('/@trial/conflict', {});
  assert.equal(page.status, 503);
  assert.equal(page.header('retry-after'), '1');
  assert.equal(server.running.storage.lastTid, lastTid);
  const line = server.log.findLast(({ message }) => message === 'request');
  assert.equal(line?.['attempts'], RETRIES_MAX + 1);
});

test('an answer tells the tid of its own transaction', async () => {
  const page = await server.client().post('/@trial/rename', { title: 'Known' });
  assert.equal(page.json()['tid'], String(server.running.storage.lastTid));
});

test('what was answered is there after a restart', async () => {
  await server.client().post('/@trial/rename', { title: 'Kept' });
  await server.running.close();
  await using second = await startServer({ plugins: [TRIAL], data: server.data });
  assert.equal(second.running.made, false);
  assert.equal((await second.client().get('/@trial/title')).text, 'Kept');
});
