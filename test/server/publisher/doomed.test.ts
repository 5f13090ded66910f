import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, builtModule, startServer } from '../../support/server.js';

const TRIAL = builtModule('support/trial-plugin.js');

test('a request that doomed its transaction is answered, and saves nothing', async () => {
  await using server = await startServer({ plugins: [TRIAL] });
  const client = server.client(ADMIN);
  const before = (await client.json('GET', '/@api')).json<{ title: string; tid: string }>();

  const page = await client.json('POST', '/@trial/doom', { title: 'Never' });

  assert.deepEqual([page.status, page.text], [200, 'doomed']);
  const after = (await client.json('GET', '/@api')).json<{ title: string; tid: string }>();
  assert.deepEqual([after.title, after.tid], [before.title, before.tid]);
  const saved = await client.json('POST', '/@trial/rename', { title: 'Next' });
  assert.equal(saved.status, 200);
  assert.equal((await client.json('GET', '/@api')).json<{ title: string }>().title, 'Next');
});
