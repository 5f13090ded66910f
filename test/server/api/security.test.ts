/** "Security" of the JSON interface, over real HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';
import type { Client } from '../../support/client.js';

let server: TestServer;
let admin: Client;

before(async () => {
  server = await startServer();
  admin = server.client(ADMIN);
});
after(() => server[Symbol.asyncDispose]());

async function write(method: string, path: string, body?: unknown): Promise<void> {
  const page = await admin.json(method, path, body);
  assert.ok(page.status < 300, `${method} ${path}: ${page.text}`);
}

async function addUser(id: string, roles: readonly string[] = []): Promise<Client> {
  const password = 'a good password';
  await write('POST', '/acl_users/@api/contents', {
    type: 'User',
    id,
    fields: { password, roles },
  });
  return server.client({ name: id, password });
}

interface Settings {
  readonly roles: readonly string[];
  readonly permissions: readonly {
    name: string;
    roles: string[];
    acquire: boolean;
    effective: string[];
  }[];
  readonly localRoles: Readonly<Record<string, readonly string[]>>;
  readonly owner: string | null;
}

test('permissions are read, set here, and acquired below', async () => {
  await write('POST', '/@api/contents', { type: 'Folder', id: 'a' });
  await write('POST', '/a/@api/contents', { type: 'Document', id: 'p' });
  await write('PATCH', '/a/@api/permissions', {
    permissions: { View: { roles: ['Manager'], acquire: false } },
  });
  const at = async (path: string): Promise<Settings['permissions'][number] | undefined> =>
    (await admin.json('GET', `${path}/@api/permissions`))
      .json<Settings>()
      .permissions.find(({ name }) => name === 'View');
  assert.deepEqual(await at('/a'), {
    name: 'View',
    roles: ['Manager'],
    acquire: false,
    effective: ['Manager'],
  });
  assert.deepEqual(await at('/a/p'), {
    name: 'View',
    roles: [],
    acquire: true,
    effective: ['Manager'],
  });
  const anyone = server.client();
  assert.equal((await anyone.get('/a/p')).status, 401);
  await write('PATCH', '/a/p/@api/permissions', {
    permissions: { View: { roles: ['Anonymous'], acquire: true } },
  });
  assert.equal((await anyone.get('/a/p')).status, 200);
});

test('a local role reaches as far as its folder, and is explained', async () => {
  await write('POST', '/@api/contents', { type: 'Folder', id: 'b' });
  await write('POST', '/b/@api/contents', { type: 'Folder', id: 'guide' });
  const ines = await addUser('ines');
  await write('PATCH', '/b/guide/@api/permissions', { localRoles: { ines: ['Manager'] } });
  assert.equal((await ines.json('PATCH', '/b/guide/@api', { title: 'Mine' })).status, 200);
  assert.equal((await ines.json('PATCH', '/b/@api', { title: 'Mine' })).status, 403);

  const settings = (await admin.json('GET', '/b/guide/@api/permissions')).json<Settings>();
  assert.deepEqual(settings.localRoles, { '/acl_users:ines': ['Manager'] });
  const ask = async (path: string): Promise<{ allowed: boolean; because: string[] }> =>
    (await admin.json('GET', `${path}/@api/access?user=ines&permission=Change+Folders`)).json();
  const yes = await ask('/b/guide');
  assert.equal(yes.allowed, true);
  assert.match(yes.because.join(' '), /\/b\/guide/);
  assert.equal((await ask('/b')).allowed, false);
});

test('me says who I am here', async () => {
  const max = await addUser('max', ['Manager']);
  const here = (await max.json('GET', '/@api/me')).json<{
    roles: string[];
    permissions: string[];
  }>();
  assert.ok(here.roles.includes('Manager') && here.roles.includes('Authenticated'));
  assert.ok(here.permissions.includes('Manage users'));
  const nobody = (await server.client().json('GET', '/@api/me')).json<Record<string, unknown>>();
  assert.equal(nobody['name'], 'Anonymous');
  assert.equal(nobody['userFolder'], '');
  assert.deepEqual(nobody['roles'], ['Anonymous']);
});

test('settings that make no sense are named', async () => {
  for (const [body, field] of [
    [{ permissions: { Fly: { roles: [], acquire: true } } }, 'permissions.Fly'],
    [{ permissions: { View: { roles: ['Nobody'], acquire: true } } }, 'permissions.View'],
    [{ localRoles: { 'no one': ['Manager'] } }, 'localRoles.no one'],
    [{ colour: 1 }, 'colour'],
  ] as const) {
    const page = await admin.json('PATCH', '/@api/permissions', body);
    assert.equal(page.status, 422, page.text);
    const { errors } = page.json<{ errors: { field: string }[] }>();
    assert.equal(errors[0]?.field, field);
  }
  assert.equal((await admin.json('GET', '/@api/access')).status, 400);
});

test('who may not change permissions is not told of them', async () => {
  const eve = await addUser('eve');
  assert.equal((await eve.json('GET', '/@api/permissions')).status, 403);
  assert.equal(
    (await eve.json('PATCH', '/@api/permissions', { localRoles: { eve: ['Manager'] } })).status,
    403,
  );
  assert.equal((await eve.json('GET', '/@api/access?user=admin&permission=View')).status, 403);
  assert.equal((await eve.json('GET', '/@api/access?permission=View')).status, 200);
});

test('whoever may change a setting may do so without being told of the others', async () => {
  await write('POST', '/@api/contents', { type: 'Folder', id: 'k' });
  const own = await addUser('own');
  await write('PATCH', '/k/@api/permissions', {
    localRoles: { own: ['Owner'] },
    permissions: {
      'Define permissions': { roles: ['Owner'], acquire: true },
      'Take ownership': { roles: ['Owner'], acquire: true },
    },
  });
  for (const change of [{ addRoles: ['Editor'] }, { owner: '/acl_users:own' }]) {
    const page = await own.json('PATCH', '/k/@api/permissions', change);
    assert.equal(page.status, 200, page.text);
    assert.deepEqual(Object.keys(page.json()), ['id', 'path', 'type', 'tid']);
  }
  const settings = (await admin.json('GET', '/k/@api/permissions')).json<Settings>();
  assert.ok(settings.roles.includes('Editor'));
  assert.equal(settings.owner, '/acl_users:own');
  for (const body of [{}, { permissions: {} }, { note: 'Why' }]) {
    assert.equal((await own.json('PATCH', '/k/@api/permissions', body)).status, 403);
  }
});

test('an administrator of a part is nobody elsewhere', async () => {
  await write('POST', '/@api/contents', { type: 'Folder', id: 'pub' });
  await write('POST', '/pub/@api/contents', { type: 'UserFolder', id: 'acl_users' });
  const fields = { password: 'another password', roles: ['Manager'] };
  await write('POST', '/pub/acl_users/@api/contents', { type: 'User', id: 'admin', fields });
  const lower = server.client({ name: 'admin', password: 'another password' });
  assert.equal((await lower.json('PATCH', '/pub/@api', { title: 'Pub' })).status, 200);
  assert.equal((await lower.json('PATCH', '/@api', { title: 'Root' })).status, 401);
  const me = (await lower.json('GET', '/pub/@api/me')).json();
  assert.equal(me['userFolder'], '/pub/acl_users');
});

test('a page does no more than its author might, whoever visits', async () => {
  await write('POST', '/@api/contents', { type: 'Folder', id: 'c' });
  await write('POST', '/@api/contents', { type: 'Document', id: 'hidden', title: 'Top secret' });
  await write('PATCH', '/hidden/@api/permissions', {
    permissions: { View: { roles: ['Manager'], acquire: false } },
  });
  const low = await addUser('low');
  await write('PATCH', '/c/@api/permissions', {
    addRoles: ['Author'],
    localRoles: { low: ['Author'] },
    permissions: { 'Add Templates': { roles: ['Author'], acquire: true } },
  });
  const source = '[{{#with hidden}}{{title}}{{/with}}]';
  const made = await low.json('POST', '/c/@api/contents', {
    type: 'Template',
    id: 'spy',
    fields: { source },
  });
  assert.equal(made.status, 201, made.text);
  const seen = await admin.get('/c/spy');
  assert.doesNotMatch(seen.text, /Top secret/);
  assert.ok(seen.status === 403 || seen.text.includes('[]'), `${seen.status} ${seen.text}`);
});

test('the last Manager of the site is a conflict, alone and in a batch', async () => {
  const lower = { fields: { roles: [] } };
  const operations = [
    { method: 'PATCH', path: '/acl_users/max/@api', body: lower },
    { method: 'DELETE', path: '/acl_users/admin/@api' },
  ];
  for (const page of [
    await admin.json('POST', '/@api/batch', { operations }),
    await (async () => {
      await write('PATCH', '/acl_users/max/@api', lower);
      return admin.json('DELETE', '/acl_users/admin/@api');
    })(),
    await admin.json('PATCH', '/acl_users/admin/@api', lower),
  ]) {
    assert.equal(page.status, 409, page.text);
    assert.match(page.text, /\/acl_users\/(admin|max).*Give that role/);
  }
  await write('DELETE', '/acl_users/max/@api');
});
