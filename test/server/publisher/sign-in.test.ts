import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAILURES_MAX } from '../../../server/security/login-guard.js';
import { ADMIN, builtModule, startServer, type TestServer } from '../../support/server.js';

const TRIAL = builtModule('support/trial-plugin.js');
const BROWSER = { accept: 'text/html,application/xhtml+xml' };

function start(): Promise<TestServer> {
  return startServer({ plugins: [TRIAL] });
}

/** Makes `/pub` with a user folder of its own, and the user `low` in it. */
async function withLowerUser(): Promise<TestServer> {
  const server = await start();
  const admin = server.client(ADMIN);
  for (const [path, body] of [
    ['/@api/contents', { type: 'Folder', id: 'pub' }],
    ['/pub/@api/contents', { type: 'UserFolder', id: 'acl_users' }],
    ['/pub/acl_users/@api/contents', { type: 'User', id: 'low', fields: { password: 'lower' } }],
  ] as const) {
    const page = await admin.json('POST', path, body);
    assert.equal(page.status, 201, page.text);
  }
  return server;
}

test('the form signs in, a session follows, and signing out ends it on the server', async () => {
  await using server = await start();
  const client = server.client();
  const form = (await client.get('/@login?next=/@trial/echo', BROWSER)).fields();
  assert.equal(form['next'], '/@trial/echo');
  const signedIn = await client.post('/@login', { ...form, ...ADMIN }, BROWSER);
  assert.equal(signedIn.status, 303);
  assert.equal(signedIn.header('location'), '/@trial/echo');
  assert.match(signedIn.header('set-cookie') ?? '', /HttpOnly; SameSite=Lax/);
  assert.equal((await client.get('/@trial/echo')).json()['user'], '/acl_users:admin');

  const kept = new Map(client.cookies);
  assert.equal((await client.post('/@logout', {}, BROWSER)).status, 303);
  for (const [name, value] of kept) client.cookies.set(name, value);
  assert.equal((await client.get('/@trial/echo')).json()['user'], 'Anonymous');
});

test('JSON signs in and is answered in JSON', async () => {
  await using server = await start();
  const client = server.client();
  const page = await client.json('POST', '/@login', ADMIN);
  assert.equal(page.status, 200);
  assert.deepEqual(page.json(), { name: 'admin', userFolder: '/acl_users', roles: ['Manager'] });
  assert.equal((await client.get('/@trial/echo')).json()['user'], '/acl_users:admin');
});

test('wrong credentials are 401, on the form without a dialog of the browser', async () => {
  await using server = await start();
  const wrong = { name: 'admin', password: 'guess' };
  const form = await server.client().post('/@login', wrong, BROWSER);
  assert.equal(form.status, 401);
  assert.doesNotMatch(form.header('www-authenticate') ?? '', /basic/i);
  assert.equal(form.fields()['name'], 'admin');
  const basic = await server.client(wrong).get('/@trial/echo');
  assert.equal(basic.status, 401);
  assert.match(basic.header('www-authenticate') ?? '', /^Basic realm=/);
  assert.equal((await server.client().json('POST', '/@login', wrong)).status, 401);
});

test('a browser that may not see a page is sent to sign in, and comes back to it', async () => {
  await using server = await start();
  const admin = server.client(ADMIN);
  await admin.json('PATCH', '/@api/permissions', {
    permissions: { View: { roles: ['Manager'], acquire: false } },
  });
  const client = server.client();
  const page = await client.get('/?a=b', BROWSER);
  assert.equal(page.status, 302);
  const target = page.header('location') ?? '';
  assert.equal(target, `/@login?next=${encodeURIComponent('/?a=b')}`);
  const form = (await client.get(target, BROWSER)).fields();
  const back = await client.post('/@login', { ...form, ...ADMIN }, BROWSER);
  assert.equal(back.header('location'), '/?a=b');
  assert.equal((await client.get('/?a=b', BROWSER)).status, 200);
  assert.equal((await server.client().get('/')).status, 401, 'a program is told');
});

test('next leads nowhere but to this site', async () => {
  await using server = await start();
  for (const next of [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'javascript:1',
  ]) {
    const page = await server.client().post('/@login', { ...ADMIN, next }, BROWSER);
    assert.equal(page.header('location'), '/', next);
  }
});

test('users of a lower folder are known there and below, and nobody elsewhere', async () => {
  await using server = await withLowerUser();
  const low = { name: 'low', password: 'lower' };
  assert.equal(
    (await server.client(low).get('/pub/@trial/echo')).json()['user'],
    '/pub/acl_users:low',
  );
  assert.equal((await server.client(low).get('/@trial/echo')).status, 401);

  const client = server.client();
  assert.equal((await client.json('POST', '/@login', low)).status, 401);
  const along = await client.post('/@login', { ...low, next: '/pub/' }, BROWSER);
  assert.equal(along.header('location'), '/pub/');
  assert.equal((await client.get('/pub/@trial/echo')).json()['user'], '/pub/acl_users:low');
  assert.equal((await client.get('/@trial/echo')).json()['user'], 'Anonymous');
});

test('Authorization wins over a session', async () => {
  await using server = await withLowerUser();
  const client = server.client({ name: 'low', password: 'lower' });
  await client.json('POST', '/@login', ADMIN);
  assert.equal((await client.get('/pub/@trial/echo')).json()['user'], '/pub/acl_users:low');
});

test('after too many failures attempts are refused unseen, and nobody else is held up', async () => {
  await using server = await withLowerUser();
  const known = server.client(ADMIN);
  assert.equal((await known.get('/@trial/echo')).status, 200);
  const guess = { name: 'admin', password: 'guess' };
  for (let tried = 0; tried < FAILURES_MAX; tried += 1) {
    assert.equal((await server.client().json('POST', '/@login', guess)).status, 401);
  }
  const refused = await server.client().json('POST', '/@login', guess);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.header('retry-after')) > 0);
  const page = await server.client().post('/@login', guess, BROWSER);
  assert.equal(page.status, 429);
  assert.equal((await known.get('/@trial/echo')).status, 200, 'verified before');
  const other = { name: 'low', password: 'lower' };
  assert.equal((await server.client().json('POST', '/pub/@login', other)).status, 200);
});

test('a session ends with the password it was begun with', async () => {
  await using server = await withLowerUser();
  const client = server.client();
  await client.json('POST', '/pub/@login', { name: 'low', password: 'lower' });
  const changed = await server
    .client(ADMIN)
    .json('PATCH', '/pub/acl_users/low/@api', { fields: { password: 'another' } });
  assert.equal(changed.status, 200, changed.text);
  assert.equal((await client.get('/pub/@trial/echo')).json()['user'], 'Anonymous');
});
