/** Changing one's own password, over real HTTP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD_BYTES_MAX } from '../../../server/security/password.js';
import { FAILURES_MAX } from '../../../server/security/login-guard.js';
import type { Client, Page } from '../../support/client.js';
import { ADMIN, builtModule, startServer, type TestServer } from '../../support/server.js';

const TRIAL = builtModule('support/trial-plugin.js');
const LOW = { name: 'low', password: 'lower' };

/** Makes `/pub` with a user folder of its own, and the user `low` in it, who has no role at all. */
async function withLowerUser(): Promise<TestServer> {
  const server = await startServer({ plugins: [TRIAL], settings: { workers: 2 } });
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

async function signedIn(server: TestServer, remember = ''): Promise<Client> {
  const client = server.client();
  const page = await client.json('POST', '/pub/@login', { ...LOW, remember });
  assert.equal(page.status, 200, page.text);
  return client;
}

function change(client: Client, body: unknown, at = '/pub'): Promise<Page> {
  return client.json('POST', `${at}/@api/me/password`, body);
}

async function whoIs(client: Client): Promise<unknown> {
  return (await client.get('/pub/@trial/echo')).json()['user'];
}

function fieldOf(page: Page): unknown {
  return page.json<{ errors: { field: string }[] }>().errors[0]?.field;
}

test('whoever is signed in changes their own, in a transaction with a note', async () => {
  await using server = await withLowerUser();
  const other = { type: 'User', id: 'low', fields: { password: 'other' } };
  await server.client(ADMIN).json('POST', '/acl_users/@api/contents', other);
  const client = server.client(LOW);
  const page = await change(client, { present: 'lower', password: 'pw' });
  assert.equal(page.status, 200, page.text);
  assert.equal(page.header('set-cookie'), undefined, 'no session asked');
  assert.equal((await client.get('/pub/@trial/echo')).status, 401);
  assert.equal(await whoIs(server.client({ ...LOW, password: 'pw' })), '/pub/acl_users:low');
  const namesake = server.client({ name: 'low', password: 'other' });
  assert.equal((await namesake.get('/@api/me')).status, 200, 'another user folder, another person');

  const [newest] = (await server.client(ADMIN).get('/@api/transactions?limit=1')).json<{
    items: readonly Record<string, unknown>[];
  }>().items;
  assert.equal(newest?.['tid'], page.json()['tid']);
  assert.equal(newest?.['user'], '/pub/acl_users:low');
  assert.equal(newest?.['description'], 'low changed the own password');
  assert.deepEqual(newest?.['paths'], ['/pub/acl_users/low']);
});

test('the old password does not come back by an undo of one’s own', async () => {
  await using server = await withLowerUser();
  const changed = await change(server.client(LOW), { present: 'lower', password: 'higher' });
  const low = server.client({ ...LOW, password: 'higher' });
  const undo = { transactions: [changed.json()['tid']] };
  const refused = await low.json('POST', '/pub/@api/undo', undo);
  assert.equal(refused.status, 403, refused.text);
  const done = await server.client(ADMIN).json('POST', '/@api/undo', undo);
  assert.equal(done.status, 200, done.text);
  assert.equal(await whoIs(server.client(LOW)), '/pub/acl_users:low');
});

test('the session that asks goes on under a new id, the others end', async () => {
  await using server = await withLowerUser();
  const client = await signedIn(server, 'true');
  const other = await signedIn(server);
  const before = client.cookies.get('canopy_session');
  const page = await change(client, { present: 'lower', password: 'higher' });
  assert.equal(page.status, 200, page.text);
  assert.match(page.header('set-cookie') ?? '', /HttpOnly; SameSite=Lax; Max-Age=\d+$/);
  assert.notEqual(client.cookies.get('canopy_session'), before);
  assert.equal(await whoIs(client), '/pub/acl_users:low');
  assert.equal(await whoIs(other), 'Anonymous');
  client.cookies.set('canopy_session', before ?? '');
  assert.equal(await whoIs(client), 'Anonymous');
});

test('what is wrong is named, and nothing is changed', async () => {
  await using server = await withLowerUser();
  const client = await signedIn(server);
  for (const [body, field] of [
    [{ present: 'guess', password: 'higher' }, 'present'],
    [{ present: 'lower', password: '' }, 'password'],
    [{ present: 'lower', password: 'x'.repeat(PASSWORD_BYTES_MAX + 1) }, 'password'],
    [{ present: 'lower' }, 'password'],
    [{ password: 'higher' }, 'present'],
    [{ present: 'lower', password: 'higher', user: 'admin' }, 'user'],
  ] as const) {
    const page = await change(client, body);
    assert.equal(page.status, 422, page.text);
    assert.equal(fieldOf(page), field);
  }
  assert.equal((await change(server.client(), { present: 'x', password: 'y' })).status, 401);
  assert.equal((await change(client, { present: 'lower', password: 'y' }, '')).status, 401);
  assert.equal((await client.json('GET', '/pub/@api/me/password')).status, 405);
  assert.equal(await whoIs(client), '/pub/acl_users:low');
});

test('wrong ones count as failed sign-ins, and too many have to wait', async () => {
  await using server = await withLowerUser();
  const client = await signedIn(server);
  for (let tried = 0; tried < FAILURES_MAX; tried += 1) {
    assert.equal((await change(client, { present: 'guess', password: 'mine' })).status, 422);
  }
  const refused = await change(client, { present: 'lower', password: 'mine' });
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.header('retry-after')) > 0);
  const signIn = await server.client().json('POST', '/pub/@login', { ...LOW, password: 'guess' });
  assert.equal(signIn.status, 429);
});

test('neither in a batch nor in the past', async () => {
  await using server = await withLowerUser();
  const client = await signedIn(server);
  const body = { present: 'lower', password: 'higher' };
  const batch = await client.json('POST', '/pub/@api/batch', {
    operations: [{ method: 'POST', path: '/pub/@api/me/password', body }],
  });
  assert.equal(batch.status, 403, batch.text);
  const past = await client.json('POST', '/pub/@api/me/password?at=2026-01-01', body);
  assert.equal(past.status, 405, past.text);
  assert.equal(await whoIs(client), '/pub/acl_users:low');
});

test('it is described like all the rest', async () => {
  await using server = await startServer({ settings: { workers: 2 } });
  const { paths } = (await server.client().get('/@api/openapi.json')).json<{
    paths: Record<string, { post?: { requestBody?: unknown } }>;
  }>();
  assert.ok(paths['/{path}/@api/me/password']?.post?.requestBody);
});
