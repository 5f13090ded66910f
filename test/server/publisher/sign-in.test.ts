import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Database, MemoryStorage } from '../../../odb/index.js';
import { Authenticator } from '../../../server/publisher/authenticate.js';
import { Publisher } from '../../../server/publisher/publish.js';
import { signInViews } from '../../../server/publisher/sign-in.js';
import { registerView } from '../../../server/publisher/view.js';
import { FAILURES_MAX } from '../../../server/security/login-guard.js';
import { BRIEF_LIFETIME_MS, prepareSessions } from '../../../server/security/session.js';
import { initialise, openSite } from '../../../server/site.js';
import type { Page, RequestOptions } from '../../support/client.js';
import { ADMIN, builtModule, startServer, type TestServer } from '../../support/server.js';

const TRIAL = builtModule('support/trial-plugin.js');
const BROWSER = { accept: 'text/html,application/xhtml+xml' };

const LOW = { name: 'low', password: 'lower' };

/** What one of its threads was told of somebody, the other is to know as well. */
let server: TestServer;
before(async () => {
  server = await startServer({ plugins: [TRIAL], settings: { workers: 2 } });
  const admin = server.client(ADMIN);
  for (const [path, body] of [
    ['/@api/contents', { type: 'Folder', id: 'pub' }],
    ['/pub/@api/contents', { type: 'UserFolder', id: 'acl_users' }],
    ['/pub/acl_users/@api/contents', { type: 'User', id: 'low', fields: { password: 'lower' } }],
    ['/acl_users/@api/contents', { type: 'User', id: 'ann', fields: { password: 'of ann' } }],
    ['/acl_users/@api/contents', { type: 'User', id: 'ben', fields: { password: 'of ben' } }],
  ] as const) {
    const page = await admin.json('POST', path, body);
    assert.equal(page.status, 201, page.text);
  }
});
after(() => server[Symbol.asyncDispose]());

test('the form signs in, a session follows, and signing out ends it on the server', async () => {
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
  const client = server.client();
  const page = await client.json('POST', '/@login', ADMIN);
  assert.equal(page.status, 200);
  assert.deepEqual(page.json(), { name: 'admin', userFolder: '/acl_users', roles: ['Manager'] });
  assert.equal((await client.get('/@trial/echo')).json()['user'], '/acl_users:admin');
});

test('wrong credentials are 401, on the form without a dialog of the browser', async () => {
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

test('a client that sends JSON, or would rather have it, is refused in JSON', async () => {
  const form = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'text/html;q=0.5, application/json',
  };
  const wrong = { name: 'ann', password: 'guess' };
  const ways = [
    { headers: { 'content-type': 'application/json' }, body: JSON.stringify(wrong) },
    { headers: form, body: new URLSearchParams(wrong).toString() },
  ];
  const post = (way: RequestOptions) => server.client().request('POST', '/@login', way);
  const requireProblem = (page: Page, status: number): void => {
    assert.equal(page.status, status, page.text);
    assert.match(page.header('content-type') ?? '', /^application\/problem\+json/);
    assert.equal(page.json()['status'], status);
  };
  for (const way of ways) requireProblem(await post(way), 401);
  const malformed = { headers: { 'content-type': 'application/json' }, body: '{' };
  requireProblem(await post(malformed), 400);
  for (let tried = ways.length; tried < FAILURES_MAX; tried += 1) await post(ways[0] ?? {});
  for (const way of ways) {
    const paused = await post(way);
    requireProblem(paused, 429);
    assert.ok(Number(paused.header('retry-after')) > 0);
  }
  const page = await server.client().post('/@login', wrong, { accept: '*/*' });
  assert.match(page.header('content-type') ?? '', /^text\/html/, 'whoever takes anything');
});

test('signing in again begins a session that lasts, also when the old one was due for renewal', async () => {
  let nowMs = Date.now();
  await using storage = new MemoryStorage();
  await using database = await Database.open({ storage });
  const site = await openSite({ database, nowMs: () => nowMs });
  await prepareSessions(storage);
  await initialise(site, { adminPassword: ADMIN.password, welcome: false });
  const authenticator = new Authenticator(site);
  for (const view of signInViews({ authenticator, sessions: site.sessions })) registerView(view);
  using publisher = new Publisher({ site, authenticator, timeLimitMs: 10_000 });
  const signIn = async (cookie: string): Promise<readonly string[]> => {
    const envelope = {
      method: 'POST',
      url: '/@login',
      headers: { 'content-type': 'application/json', ...(cookie === '' ? {} : { cookie }) },
      body: new TextEncoder().encode(JSON.stringify(ADMIN)),
      remoteAddress: '127.0.0.1',
      origin: 'http://site.test',
      attempt: 0,
    };
    const outcome = await publisher.publish({ envelope });
    assert.equal(outcome.kind, 'published');
    return outcome.kind === 'published'
      ? outcome.published.answer.headers
          .filter(([name]) => name === 'Set-Cookie')
          .map(([, value]) => value.split(';', 1)[0] ?? '')
      : [];
  };
  const [first = ''] = await signIn('');
  nowMs += BRIEF_LIFETIME_MS / 2;
  const again = await signIn(first);
  assert.equal(again.length, 1, 'one cookie, not the old one after the new');
  assert.notEqual(again[0], first);
});

test('a browser that may not see a page is sent to sign in, and comes back to it', async () => {
  const admin = server.client(ADMIN);
  const closed = await admin.json('PATCH', '/@api/permissions', {
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
  const transactions = [closed.json()['tid']];
  assert.equal((await admin.json('POST', '/@api/undo', { transactions })).status, 200);
});

test('next leads nowhere but to this site', async () => {
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
  assert.equal(
    (await server.client(LOW).get('/pub/@trial/echo')).json()['user'],
    '/pub/acl_users:low',
  );
  assert.equal((await server.client(LOW).get('/@trial/echo')).status, 401);

  const client = server.client();
  assert.equal((await client.json('POST', '/@login', LOW)).status, 401);
  const along = await client.post('/@login', { ...LOW, next: '/pub/' }, BROWSER);
  assert.equal(along.header('location'), '/pub/');
  assert.equal((await client.get('/pub/@trial/echo')).json()['user'], '/pub/acl_users:low');
  assert.equal((await client.get('/@trial/echo')).json()['user'], 'Anonymous');
});

test('Authorization wins over a session', async () => {
  const client = server.client(LOW);
  await client.json('POST', '/@login', ADMIN);
  assert.equal((await client.get('/pub/@trial/echo')).json()['user'], '/pub/acl_users:low');
});

test('after too many failures attempts are refused unseen, and nobody else is held up', async () => {
  const known = server.client({ name: 'ben', password: 'of ben' });
  assert.equal((await known.get('/@trial/echo')).status, 200);
  const guess = { name: 'ben', password: 'guess' };
  for (let tried = 0; tried < FAILURES_MAX; tried += 1) {
    assert.equal((await server.client().json('POST', '/@login', guess)).status, 401);
  }
  const refused = await server.client().json('POST', '/@login', guess);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.header('retry-after')) > 0);
  const page = await server.client().post('/@login', guess, BROWSER);
  assert.equal(page.status, 429);
  assert.equal((await known.get('/@trial/echo')).status, 200, 'verified before');
  assert.equal((await server.client().json('POST', '/pub/@login', LOW)).status, 200);
});

test('a session ends with the password it was begun with', async () => {
  const client = server.client();
  await client.json('POST', '/pub/@login', LOW);
  const changed = await server
    .client(ADMIN)
    .json('PATCH', '/pub/acl_users/low/@api', { fields: { password: 'another' } });
  assert.equal(changed.status, 200, changed.text);
  assert.equal((await client.get('/pub/@trial/echo')).json()['user'], 'Anonymous');
});
