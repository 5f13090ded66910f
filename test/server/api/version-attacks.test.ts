/** What must not be possible by way of a version, the past or an undo, over real HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Client, Page } from '../../support/client.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';

const PASSWORD = 'a good password';

let server: TestServer;
let admin: Client;
/** May change permissions and templates, undo, and publish versions; holds no role of managers. */
let keeper: Client;
/** May work in versions, change documents, and nothing else. */
let writer: Client;

before(async () => {
  server = await startServer();
  admin = server.client(ADMIN);
  for (const id of ['keeper', 'writer']) {
    const fields = { password: PASSWORD, roles: [] };
    await write('POST', '/acl_users/@api/contents', { type: 'User', id, fields });
  }
  await write('PATCH', '/@api/permissions', { addRoles: ['Keeper', 'Writer'] });
  const keepers = { roles: ['Keeper'], acquire: true };
  const both = { roles: ['Keeper', 'Writer'], acquire: true };
  await write('PATCH', '/@api/permissions', {
    localRoles: { keeper: ['Keeper'], writer: ['Writer'] },
    permissions: {
      'Join/leave Versions': both,
      'Save/discard Version changes': keepers,
      'Change Documents': both,
      'Add Documents': both,
      'Change Templates': keepers,
      'Add Templates': keepers,
      'Change permissions': keepers,
      'Undo changes': keepers,
      'View history': keepers,
    },
  });
  keeper = server.client({ name: 'keeper', password: PASSWORD });
  writer = server.client({ name: 'writer', password: PASSWORD });
});
after(() => server[Symbol.asyncDispose]());

interface How {
  readonly as?: Client;
  readonly version?: string;
}

function send(method: string, url: string, body?: unknown, how: How = {}): Promise<Page> {
  const { as = admin, version } = how;
  return as.json(method, url, body, version === undefined ? {} : { 'canopy-version': version });
}

async function write(method: string, url: string, body?: unknown, how: How = {}): Promise<string> {
  const page = await send(method, url, body, how);
  assert.ok(page.status < 300, `${method} ${url}: ${page.status} ${page.text}`);
  return String(page.json()['tid']);
}

async function add(id: string, type: string, how: How & { readonly source?: string } = {}) {
  const { source, ...rest } = how;
  const fields = source === undefined ? {} : { fields: { source } };
  await write('POST', '/@api/contents', { type, id, title: id, ...fields }, rest);
}

async function proxyRolesOf(path: string): Promise<unknown> {
  return (await send('GET', `${path}/@api/permissions`)).json()['proxyRoles'];
}

async function sourceOf(path: string, how: How = {}): Promise<unknown> {
  const page = await send('GET', `${path}/@api`, undefined, how);
  return page.json<{ fields: { source: string } }>().fields.source;
}

function lend(path: string, roles: readonly string[], how: How = {}): Promise<string> {
  return write('PATCH', `${path}/@api/permissions`, { proxyRoles: roles }, how);
}

test('proxy roles that one has not come back by no restoring and no undo', async () => {
  await add('lent', 'Template', { source: 'x' });
  const given = await lend('/lent', ['Manager']);
  const taken = await lend('/lent', []);
  const byHand = await send(
    'PATCH',
    '/lent/@api/permissions',
    { proxyRoles: ['Manager'] },
    { as: keeper },
  );
  assert.equal(byHand.status, 422);
  const wish = { at: given, objects: ['/lent'], security: true };
  const restored = await send('POST', '/@api/restore', wish, { as: keeper });
  assert.equal(restored.status, 403, restored.text);
  const undone = await send('POST', '/@api/undo', { transactions: [taken] }, { as: keeper });
  assert.equal(undone.status, 403, undone.text);
  assert.match(undone.text, /Manager/);
  assert.deepEqual(await proxyRolesOf('/lent'), []);
  await write('POST', '/@api/undo', { transactions: [taken] });
  assert.deepEqual(await proxyRolesOf('/lent'), ['Manager']);
  // Who takes a role away needs not have it.
  await lend('/lent', [], { as: keeper });
});

test('whoever checks a version in lends no proxy roles that they have not', async () => {
  await add('old', 'Template', { source: 'x' });
  await add('lending', 'Version');
  await lend('/old', ['Manager'], { version: '/lending' });
  await add('new', 'Template', { source: 'x', version: '/lending' });
  await lend('/new', ['Manager'], { version: '/lending' });
  for (const objects of [['/old'], ['/new']]) {
    const page = await send('POST', '/lending/@api/check-in', { objects }, { as: keeper });
    assert.equal(page.status, 403, page.text);
  }
  assert.deepEqual(await proxyRolesOf('/old'), []);
  assert.equal((await send('GET', '/new/@api')).status, 404);
  await write('POST', '/lending/@api/check-in', {});
  assert.deepEqual(await proxyRolesOf('/old'), ['Manager']);
});

test('to take main’s side asks what taking the version’s work back by hand would ask', async () => {
  await add('page', 'Template', { source: 'before' });
  await add('doc', 'Document', { source: 'before' });
  await add('work', 'Version');
  for (const path of ['/page', '/doc']) {
    const change = (source: string): unknown => ({ fields: { source } });
    await write('PATCH', `${path}/@api`, change('of the version'), { version: '/work' });
    await write('PATCH', `${path}/@api`, change('of main'));
  }
  const update = (path: string, as: Client): Promise<Page> =>
    send('POST', '/work/@api/update', { objects: [path], resolve: { [path]: 'main' } }, { as });
  const refused = await update('/page', writer);
  assert.equal(refused.status, 403, refused.text);
  assert.equal(await sourceOf('/page', { version: '/work' }), 'of the version');
  const own = await update('/doc', writer);
  assert.equal(own.status, 200, own.text);
  assert.equal(await sourceOf('/doc', { version: '/work' }), 'of main');
  const publisher = await update('/page', keeper);
  assert.equal(publisher.status, 200, publisher.text);
  assert.equal(await sourceOf('/page', { version: '/work' }), 'of main');
});

test('work that was removed on one side is not lost by who might not remove it', async () => {
  await add('kept', 'Document', { source: 'before' });
  await add('gone', 'Version');
  await write(
    'PATCH',
    '/kept/@api',
    { fields: { source: 'of the version' } },
    { version: '/gone' },
  );
  await write('DELETE', '/kept/@api');
  const resolve = { '/kept': 'main' };
  const page = await send('POST', '/gone/@api/update', { resolve }, { as: writer });
  assert.equal(page.status, 403, page.text);
  assert.match(page.text, /Delete objects/);
  const { items } = (await send('GET', '/gone/@api/changes')).json<{ items: { path: string }[] }>();
  assert.deepEqual(
    items.map(({ path }) => path),
    ['/kept'],
  );
});

test('a cookie that says nothing hides no version that the next one names', async () => {
  await add('target', 'Document', { source: 'main' });
  const page = await admin.request('PATCH', '/target/@api', {
    headers: {
      'content-type': 'application/json',
      cookie: 'canopy_version=; canopy_version=%2Fnowhere',
    },
    body: JSON.stringify({ title: 'Meant for a version' }),
  });
  assert.equal(page.status, 404, page.text);
  assert.equal((await send('GET', '/target/@api')).json()['title'], 'target');
});

test('many writes while a version ends: none of them reaches main', async () => {
  await add('raced', 'Document', { source: 'main' });
  await add('ending', 'Version');
  const how = { as: writer, version: '/ending' };
  await write('PATCH', '/raced/@api', { title: 'In the version' }, how);
  const patch = (at: number): Promise<Page> =>
    send('PATCH', '/raced/@api', { title: `${at}` }, how);
  const pages = await Promise.all([
    ...Array.from({ length: 8 }, (_, at) => patch(at)),
    send('DELETE', '/ending/@api'),
    ...Array.from({ length: 8 }, (_, at) => patch(at)),
  ]);
  for (const { status } of pages) assert.ok([200, 404, 503].includes(status), String(status));
  assert.equal((await send('GET', '/raced/@api')).json()['title'], 'raced');
});

test('the token of a preview is in no log', async () => {
  await add('shown', 'Version');
  const { url } = (await send('POST', '/shown/@api/preview', {})).json<{ url: string }>();
  const { pathname } = new URL(url);
  const token = pathname.split('/').at(-1) ?? '';
  using visitor = server.client();
  for (const address of [pathname, `/%40preview/${token}?x=1`, `${pathname}/more`]) {
    assert.equal((await visitor.get(address)).header('referrer-policy'), 'no-referrer');
  }
  const lines = server.log.filter((line) => String(line['url']).includes('preview'));
  assert.ok(lines.some((line) => line['url'] === '/@preview/…'));
  assert.doesNotMatch(JSON.stringify(server.log), new RegExp(token));
});

test('nothing of a batch is saved when one part of it was meant to be tried out', async () => {
  const body = { type: 'Document', id: 'tried' };
  const operation = { method: 'POST', path: '/@api/contents?@dry_run=1', body };
  const page = await send('POST', '/@api/batch', { operations: [operation] });
  assert.equal(page.status, 422, page.text);
  assert.equal((await send('GET', '/tried/@api')).status, 404);
});
