/** Changing one's own password, over real HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD_BYTES_MAX } from '../../../server/security/password.js';
import { FAILURES_MAX } from '../../../server/security/login-guard.js';
import type { Client, Page } from '../../support/client.js';
import { ADMIN, builtModule, startServer, type TestServer } from '../../support/server.js';

const TRIAL = builtModule('support/trial-plugin.js');
let server: TestServer;
let folders = 0;
before(async () => {
  // What one of its threads was told of somebody, the other is to know as well.
  server = await startServer({ plugins: [TRIAL], settings: { workers: 2 } });
});
after(() => server[Symbol.asyncDispose]());

/** A user of a folder with a user folder of its own. */
interface Low {
  /** Path of the folder. */
  readonly at: string;
  /** The principal's key. */
  readonly key: string;
  readonly name: string;
  readonly password: string;
}

/** Makes such a user, who has no role at all. */
async function addLow(): Promise<Low> {
  folders += 1;
  const [id, name] = [`pub${folders}`, `low${folders}`];
  const admin = server.client(ADMIN);
  for (const [path, body] of [
    ['/@api/contents', { type: 'Folder', id }],
    [`/${id}/@api/contents`, { type: 'UserFolder', id: 'acl_users' }],
    [`/${id}/acl_users/@api/contents`, { type: 'User', id: name, fields: { password: 'lower' } }],
  ] as const) {
    const page = await admin.json('POST', path, body);
    assert.equal(page.status, 201, page.text);
  }
  return { at: `/${id}`, key: `/${id}/acl_users:${name}`, name, password: 'lower' };
}

async function signedIn({ at, name, password }: Low, remember = ''): Promise<Client> {
  const client = server.client();
  const page = await client.json('POST', `${at}/@login`, { name, password, remember });
  assert.equal(page.status, 200, page.text);
  return client;
}

function change(client: Client, at: string, body: unknown): Promise<Page> {
  return client.json('POST', `${at}/@api/me/password`, body);
}

async function whoIs(client: Client, at: string): Promise<unknown> {
  return (await client.get(`${at}/@trial/echo`)).json()['user'];
}

function fieldOf(page: Page): unknown {
  return page.json<{ errors: { field: string }[] }>().errors[0]?.field;
}

test('whoever is signed in changes their own, in a transaction with a note', async () => {
  const low = await addLow();
  const { at } = low;
  const other = { type: 'User', id: low.name, fields: { password: 'other' } };
  await server.client(ADMIN).json('POST', '/acl_users/@api/contents', other);
  const client = server.client(low);
  const page = await change(client, at, { present: 'lower', password: 'pw' });
  assert.equal(page.status, 200, page.text);
  assert.equal(page.header('set-cookie'), undefined, 'no session asked');
  assert.equal((await client.get(`${at}/@trial/echo`)).status, 401);
  assert.equal(await whoIs(server.client({ ...low, password: 'pw' }), at), low.key);
  const namesake = server.client({ ...low, password: 'other' });
  assert.equal((await namesake.get('/@api/me')).status, 200, 'another user folder, another person');

  const [newest] = (await server.client(ADMIN).get('/@api/transactions?limit=1')).json<{
    items: readonly Record<string, unknown>[];
  }>().items;
  assert.equal(newest?.['tid'], page.json()['tid']);
  assert.equal(newest?.['user'], low.key);
  assert.equal(newest?.['description'], `${low.name} changed the own password`);
  assert.deepEqual(newest?.['paths'], [`${at}/acl_users/${low.name}`]);
});

test('the old password does not come back by an undo of one’s own', async () => {
  const low = await addLow();
  const { at } = low;
  const changed = await change(server.client(low), at, { present: 'lower', password: 'higher' });
  const own = server.client({ ...low, password: 'higher' });
  const undo = { transactions: [changed.json()['tid']] };
  const refused = await own.json('POST', `${at}/@api/undo`, undo);
  assert.equal(refused.status, 403, refused.text);
  const done = await server.client(ADMIN).json('POST', '/@api/undo', undo);
  assert.equal(done.status, 200, done.text);
  assert.equal(await whoIs(server.client(low), at), low.key);
});

test('the session that asks goes on under a new id, the others end', async () => {
  const low = await addLow();
  const { at } = low;
  const client = await signedIn(low, 'true');
  const other = await signedIn(low);
  const old = client.cookies.get('canopy_session');
  const page = await change(client, at, { present: 'lower', password: 'higher' });
  assert.equal(page.status, 200, page.text);
  assert.match(page.header('set-cookie') ?? '', /HttpOnly; SameSite=Lax; Max-Age=\d+$/);
  assert.notEqual(client.cookies.get('canopy_session'), old);
  assert.equal(await whoIs(client, at), low.key);
  assert.equal(await whoIs(other, at), 'Anonymous');
  client.cookies.set('canopy_session', old ?? '');
  assert.equal(await whoIs(client, at), 'Anonymous');
});

test('what is wrong is named, and nothing is changed', async () => {
  const low = await addLow();
  const { at } = low;
  const client = await signedIn(low);
  for (const [body, field] of [
    [{ present: 'guess', password: 'higher' }, 'present'],
    [{ present: 'lower', password: '' }, 'password'],
    [{ present: 'lower', password: 'x'.repeat(PASSWORD_BYTES_MAX + 1) }, 'password'],
    [{ present: 'lower' }, 'password'],
    [{ password: 'higher' }, 'present'],
    [{ present: 'lower', password: 'higher', user: 'admin' }, 'user'],
  ] as const) {
    const page = await change(client, at, body);
    assert.equal(page.status, 422, page.text);
    assert.equal(fieldOf(page), field);
  }
  assert.equal((await change(server.client(), at, { present: 'x', password: 'y' })).status, 401);
  assert.equal((await change(client, '', { present: 'lower', password: 'y' })).status, 401);
  assert.equal((await client.json('GET', `${at}/@api/me/password`)).status, 405);
  assert.equal(await whoIs(client, at), low.key);
});

test('wrong ones count as failed sign-ins, and too many have to wait', async () => {
  const low = await addLow();
  const { at } = low;
  const client = await signedIn(low);
  for (let tried = 0; tried < FAILURES_MAX; tried += 1) {
    assert.equal((await change(client, at, { present: 'guess', password: 'mine' })).status, 422);
  }
  const refused = await change(client, at, { present: 'lower', password: 'mine' });
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.header('retry-after')) > 0);
  const guess = { name: low.name, password: 'guess' };
  const signIn = await server.client().json('POST', `${at}/@login`, guess);
  assert.equal(signIn.status, 429);
});

test('neither in a batch nor in the past', async () => {
  const low = await addLow();
  const { at } = low;
  const client = await signedIn(low);
  const body = { present: 'lower', password: 'higher' };
  const batch = await client.json('POST', `${at}/@api/batch`, {
    operations: [{ method: 'POST', path: `${at}/@api/me/password`, body }],
  });
  assert.equal(batch.status, 403, batch.text);
  const past = await client.json('POST', `${at}/@api/me/password?at=2026-01-01`, body);
  assert.equal(past.status, 405, past.text);
  assert.equal(await whoIs(client, at), low.key);
});

test('it is described like all the rest', async () => {
  const { paths } = (await server.client().get('/@api/openapi.json')).json<{
    paths: Record<string, { post?: { requestBody?: unknown } }>;
  }>();
  assert.ok(paths['/{path}/@api/me/password']?.post?.requestBody);
});
