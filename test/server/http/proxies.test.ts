import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtModule, startServer } from '../../support/server.js';

const TRIAL = builtModule('support/trial-plugin.js');
const FORWARDED = {
  'x-forwarded-for': '203.0.113.9, 198.51.100.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'example.org',
};

test('what a proxy says of the visitor is believed when the proxy was named', async () => {
  const settings = { trustedProxies: ['127.0.0.1', '198.51.100.7'] };
  await using server = await startServer({ plugins: [TRIAL], settings });
  const seen = (await server.client().get('/@trial/echo', FORWARDED)).json();
  assert.equal(seen['origin'], 'https://example.org');
  assert.equal(seen['remoteAddress'], '203.0.113.9');
  const ours = { ...FORWARDED, origin: 'https://example.org' };
  assert.equal((await server.client().post('/@trial/rename', { title: 'x' }, ours)).status, 200);
  const login = await server
    .client()
    .post('/@login', { name: 'admin', password: 'correct horse battery staple' }, FORWARDED);
  assert.match(login.header('set-cookie') ?? '', /; Secure/);
});

test('anybody else is not believed, and a host that cannot be one is refused', async () => {
  await using server = await startServer({ plugins: [TRIAL] });
  const seen = (await server.client().get('/@trial/echo', FORWARDED)).json();
  assert.equal(seen['origin'], server.url.slice(0, -1));
  assert.equal(seen['remoteAddress'], '127.0.0.1');
  assert.equal((await server.client().get('/', { host: 'a<b>' })).status, 400);
});
