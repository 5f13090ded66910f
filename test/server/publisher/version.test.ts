/** Which version a request is in, over real HTTP: what it sees, and what it can never reach. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { VERSION_CONNECTIONS_MAX } from '../../../server/publisher/version-connections.js';
import type { Client, Page } from '../../support/client.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let admin: Client;
/** May be in versions. */
let editor: Client;
/** May change documents, and may not be in versions. */
let outsider: Client;

const PASSWORD = 'a good password';

before(async () => {
  server = await startServer({ settings: { workers: 2 } });
  admin = server.client(ADMIN);
  for (const id of ['editor', 'outsider']) {
    await write('POST', '/acl_users/@api/contents', {
      ...{ type: 'User', id },
      fields: { password: PASSWORD, roles: [] },
    });
  }
  await write('PATCH', '/@api/permissions', {
    addRoles: ['Editor', 'Author'],
    localRoles: { editor: ['Editor'], outsider: ['Author'] },
  });
  await write('PATCH', '/@api/permissions', {
    permissions: {
      'Join/leave Versions': { roles: ['Editor'], acquire: true },
      'Add Documents': { roles: ['Editor', 'Author'], acquire: true },
      'Add Folders': { roles: ['Editor'], acquire: true },
      'Add Versions': { roles: ['Editor'], acquire: true },
      'Change Documents': { roles: ['Editor', 'Author'], acquire: true },
      'Delete objects': { roles: ['Editor', 'Author'], acquire: true },
      'View history': { roles: ['Editor'], acquire: true },
    },
  });
  editor = server.client({ name: 'editor', password: PASSWORD });
  outsider = server.client({ name: 'outsider', password: PASSWORD });
});
after(() => server[Symbol.asyncDispose]());

async function write(
  method: string,
  url: string,
  body?: unknown,
  { as = admin, version }: { readonly as?: Client; readonly version?: string } = {},
): Promise<Record<string, unknown>> {
  const page = await as.json(method, url, body, inVersion(version));
  assert.ok(page.status < 300, `${method} ${url}: ${page.status} ${page.text}`);
  return page.json();
}

function inVersion(version: string | undefined): Record<string, string> {
  return version === undefined ? {} : { 'canopy-version': version };
}

async function add(id: string, source = ''): Promise<void> {
  await write('POST', '/@api/contents', { type: 'Document', id, title: id, fields: { source } });
}

async function begin(id: string): Promise<string> {
  await write('POST', '/@api/contents', { type: 'Version', id, title: `The ${id}` });
  return `/${id}`;
}

async function titleOf(url: string, version?: string, as = admin): Promise<unknown> {
  const page = await as.json('GET', `${url}/@api`, undefined, inVersion(version));
  return page.status === 200 ? page.json()['title'] : page.status;
}

async function refused(page: Promise<Page>, status: number, detail: RegExp): Promise<void> {
  const { status: given, text } = await page;
  assert.equal(given, status, text);
  assert.match(text, detail);
}

test('what is written in a version is seen in it and nowhere else', async () => {
  await add('seen');
  const [one, two] = [await begin('one'), await begin('two')];
  await write('PATCH', '/seen/@api', { title: 'In one' }, { version: one });
  await write('PATCH', '/seen/@api', { title: 'In two' }, { version: two, as: editor });
  await write(
    'POST',
    '/@api/contents',
    { type: 'Document', id: 'new', title: 'New' },
    { version: one },
  );
  await write('DELETE', '/seen/@api', undefined, { version: await begin('three') });
  assert.equal(await titleOf('/seen'), 'seen');
  assert.equal(await titleOf('/seen', one), 'In one');
  assert.equal(await titleOf('/seen', two), 'In two');
  assert.equal(await titleOf('/seen', '/three'), 404);
  assert.equal(await titleOf('/new'), 404);
  assert.equal(await titleOf('/new', two), 404);
  assert.equal(await titleOf('/new', one, editor), 'New');
  const shown = await editor.get('/new', inVersion(one));
  assert.equal(shown.status, 200);
  assert.equal((await editor.get('/new')).status, 404);
});

test('an answer says which version it is of', async () => {
  const at = await begin('named');
  const version = inVersion(at);
  const read = async (url: string, headers = {}): Promise<unknown> =>
    (await admin.json('GET', url, undefined, headers)).json()['version'];
  assert.equal(await read('/@api', version), at);
  assert.equal(await read('/@api'), null);
  assert.equal(await read('/@api/me', version), at);
  assert.equal(await read('/@api/me'), null);
  await write('POST', '/named/@api/move', { to: '/', id: 'renamed' });
  assert.equal(await read('/@api', inVersion('/renamed')), '/renamed');
});

test('who may not be in a version sees main, and writes nothing anywhere', async () => {
  await add('kept');
  const at = await begin('closed');
  await write('PATCH', '/kept/@api', { title: 'Inside' }, { version: at });
  assert.equal(await titleOf('/kept', at, outsider), 'kept');
  assert.equal(await titleOf('/kept', at, server.client()), 'kept');
  const version = inVersion(at);
  const change = { title: 'Leaked' };
  await refused(outsider.json('PATCH', '/kept/@api', change, version), 403, /Join/);
  await refused(outsider.json('DELETE', '/kept/@api', undefined, version), 403, /Join/);
  await refused(
    outsider.request('PUT', '/kept/@api/data', { headers: version, body: 'Leaked' }),
    403,
    /Join/,
  );
  await refused(outsider.post('/kept', { title: 'Leaked' }, version), 403, /Join/);
  await refused(server.client().json('PATCH', '/kept/@api', change, version), 401, /Join/);
  await refused(
    admin.json('PATCH', '/kept/@api', change, inVersion('/made/up')),
    404,
    /no version/,
  );
  await refused(admin.json('PATCH', '/kept/@api', change, inVersion('/kept')), 404, /no version/);
  await refused(admin.json('PATCH', '/kept/@api', change, inVersion('7777')), 404, /no version/);
  await refused(admin.json('PATCH', '/kept/@api', change, inVersion('%ff')), 404, /no version/);
  assert.equal(await titleOf('/kept', '/made/up'), 'kept');
  assert.equal(await titleOf('/kept'), 'kept');
  const operations = [{ method: 'PATCH', path: '/kept/@api', body: change }];
  await refused(outsider.json('POST', '/@api/batch', { operations }, version), 403, /Join/);
  await write('PATCH', '/kept/@api', change, { as: outsider });
});

test('a browser enters and leaves by a cookie, which wins nothing over the header', async () => {
  await add('page', 'outside');
  const [one, two] = [await begin('first'), await begin('second')];
  using browser = server.client({ name: 'editor', password: PASSWORD });
  const entered = await browser.json('POST', `${one}/@api/enter`);
  assert.deepEqual(entered.json(), { version: one });
  const cookie = entered.header('set-cookie') ?? '';
  assert.match(cookie, /^canopy_version=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
  await browser.request('PUT', '/page/@api/data', { body: 'inside' });
  assert.match((await browser.get('/page')).text, /inside/);
  assert.match((await admin.get('/page')).text, /outside/);
  assert.match((await browser.get('/page', inVersion(two))).text, /outside/);
  const left = await browser.json('POST', `${two}/@api/leave`);
  assert.deepEqual(left.json(), { version: null });
  assert.equal(browser.cookies.has('canopy_version'), false);
  assert.match((await browser.get('/page')).text, /outside/);
  await refused(outsider.json('POST', `${one}/@api/enter`), 403, /Join/);
  assert.equal(outsider.cookies.has('canopy_version'), false);
  await refused(admin.json('POST', '/page/@api/enter'), 404, /no version/);
});

test('cookies that somebody made up lead to main, and writes with them nowhere', async () => {
  await add('firm');
  const at = await begin('strong');
  for (const value of [
    '1',
    '0',
    '-1',
    'x',
    '%',
    '/',
    '/firm',
    '99999999999999999999',
    '/a'.repeat(900),
  ]) {
    using browser = server.client(ADMIN);
    browser.cookies.set('canopy_version', value);
    assert.equal(await titleOf('/firm', undefined, browser), 'firm', value);
    assert.equal(browser.cookies.has('canopy_version'), false, value);
    browser.cookies.set('canopy_version', value);
    await refused(browser.json('PATCH', '/firm/@api', { title: 'Leaked' }), 404, /no version/);
    assert.equal(browser.cookies.has('canopy_version'), false, value);
  }
  using byPath = server.client(ADMIN);
  byPath.cookies.set('canopy_version', encodeURIComponent(at));
  await write('PATCH', '/firm/@api', { title: 'Inside' }, { as: byPath });
  assert.equal(await titleOf('/firm'), 'firm');
  assert.equal(await titleOf('/firm', at), 'Inside');
});

test('a version that ended clears the cookie, and takes no write more', async () => {
  await add('last');
  const at = await begin('brief');
  using browser = server.client(ADMIN);
  await browser.json('POST', `${at}/@api/enter`);
  await write('PATCH', '/last/@api', { title: 'Inside' }, { as: browser });
  await write('DELETE', `${at}/@api`);
  const kept = browser.cookies.get('canopy_version') ?? '';
  await refused(browser.json('PATCH', '/last/@api', { title: 'Leaked' }), 404, /no version/);
  browser.cookies.set('canopy_version', kept);
  const page = await browser.get('/last');
  assert.equal(page.status, 200);
  assert.match(page.header('set-cookie') ?? '', /^canopy_version=; .*Max-Age=0/);
  assert.equal(browser.cookies.has('canopy_version'), false);
  assert.equal(await titleOf('/last'), 'last');
});

test('signing in and out ignore the version', async () => {
  using browser = server.client();
  browser.cookies.set('canopy_version', '/gone');
  const signedIn = await browser.post('/@login', { name: 'editor', password: PASSWORD });
  assert.equal(signedIn.status, 303, signedIn.text);
  assert.ok(browser.cookies.has('canopy_session'));
  browser.cookies.set('canopy_version', '/gone');
  assert.equal((await browser.post('/@logout', {})).status, 303);
});

test('versions are made, changed, moved and deleted outside of versions', async () => {
  await write('POST', '/@api/contents', { type: 'Folder', id: 'desk' });
  await write('POST', '/desk/@api/contents', { type: 'Folder', id: 'drawer' });
  await write('POST', '/desk/drawer/@api/contents', { type: 'Version', id: 'v', title: 'V' });
  await write('POST', '/@api/contents', { type: 'Folder', id: 'plain' });
  const version = inVersion(await begin('room'));
  const cases: [method: string, url: string, body?: unknown][] = [
    ['POST', '/@api/contents', { type: 'Version', id: 'inner' }],
    ['PATCH', '/room/@api', { title: 'Mine' }],
    ['PATCH', '/desk/drawer/v/@api', { title: 'Mine' }],
    ['PATCH', '/desk/drawer/v/@api/permissions', { localRoles: { editor: ['Owner'] } }],
    ['POST', '/room/@api/move', { to: '/plain' }],
    ['POST', '/room/@api/copy', { to: '/plain' }],
    ['DELETE', '/room/@api'],
    ['POST', '/desk/@api/move', { to: '/plain' }],
    ['POST', '/desk/@api/move', { to: '/', id: 'table' }],
    ['DELETE', '/desk/@api'],
    ['DELETE', '/desk/drawer/@api'],
    ['POST', '/desk/@api/copy', { to: '/plain' }],
  ];
  for (const [method, url, body] of cases) {
    await refused(admin.json(method, url, body, version), 409, /leave this version first/);
  }
  assert.equal(await titleOf('/desk/drawer/v'), 'V');
  await write('POST', '/plain/@api/move', { to: '/', id: 'moved' }, { version: '/room' });
  await write('DELETE', '/moved/@api', undefined, { version: '/room' });
  assert.equal(await titleOf('/plain'), '');
});

test('passwords and imports in the background are main’s', async () => {
  await add('sent');
  const version = inVersion(await begin('quiet'));
  const password = { present: PASSWORD, password: 'another password' };
  await refused(
    editor.json('POST', '/@api/me/password', password, version),
    409,
    /leave this version/,
  );
  const { bytes } = await admin.get('/sent/@api/export');
  const sent = admin.request('POST', '/@api/import?id=imported', { headers: version, body: bytes });
  await refused(sent, 409, /leave this version/);
  assert.equal(await titleOf('/imported'), 404);
});

test('settings of permissions are the version’s, users and roles are main’s', async () => {
  await add('secret');
  const at = await begin('guarded');
  const hidden = { permissions: { View: { roles: ['Manager'], acquire: false } } };
  await write('PATCH', '/secret/@api/permissions', hidden, { version: at });
  assert.equal(await titleOf('/secret', at, editor), 403);
  assert.equal(await titleOf('/secret', undefined, editor), 'secret');
  await write(
    'PATCH',
    '/acl_users/editor/@api',
    { fields: { roles: ['Manager'] } },
    { version: at },
  );
  assert.equal(await titleOf('/secret', at, editor), 403);
  const { name, fields } = { name: 'ghost', fields: { password: PASSWORD, roles: ['Manager'] } };
  await write(
    'POST',
    '/acl_users/@api/contents',
    { type: 'User', id: name, fields },
    { version: at },
  );
  const ghost = server.client({ name, password: PASSWORD });
  assert.equal((await ghost.json('GET', '/@api/me', undefined, inVersion(at))).status, 401);
});

test('what a version shows is never taken for what main shows', async () => {
  await add('tagged', 'one');
  const at = await begin('tags');
  const version = inVersion(at);
  for (const url of ['/tagged', '/tagged/@api', '/tagged/@api/data']) {
    const main = await admin.get(url);
    const inside = await admin.get(url, version);
    const [tag = '', other = ''] = [main.header('etag'), inside.header('etag')];
    assert.notEqual(tag, other, url);
    assert.equal((await admin.get(url, { ...version, 'if-none-match': tag })).status, 200, url);
    assert.equal((await admin.get(url, { 'if-none-match': other })).status, 200, url);
    assert.equal((await admin.get(url, { ...version, 'if-none-match': other })).status, 304, url);
    assert.equal(inside.header('cache-control'), 'private, no-cache', url);
    assert.match(inside.header('vary') ?? '', /Canopy-Version, Cookie/, url);
  }
  const tag = (await admin.get('/tagged/@api', version)).header('etag') ?? '';
  const change = (title: string, match: string): Promise<Page> =>
    admin.json('PATCH', '/tagged/@api', { title }, { ...version, 'if-match': match });
  const changed = await change('Inside', tag);
  assert.equal(changed.status, 200, changed.text);
  assert.equal((await change('Late', tag)).status, 412);
  assert.equal((await change('Again', changed.header('etag') ?? '')).status, 200);
  assert.equal(await titleOf('/tagged'), 'tagged');
});

test('a file of main that is newer does not stand in for the version’s', async () => {
  await write('POST', '/@api/contents', { type: 'File', id: 'file', fields: {} });
  await admin.request('PUT', '/file/@api/data', { body: 'first' });
  const version = inVersion(await begin('files'));
  await admin.request('PUT', '/file/@api/data', { body: 'inside', headers: version });
  await admin.request('PUT', '/file/@api/data', { body: 'second' });
  const since = (await admin.get('/file')).header('last-modified') ?? '';
  assert.notEqual(since, '');
  const inside = await admin.get('/file', { ...version, 'if-modified-since': since });
  assert.equal(inside.status, 200);
  assert.equal(inside.text, 'inside');
});

test('a version can be seen as it was', async () => {
  await add('aged');
  const at = await begin('old');
  const { tid } = await write('PATCH', '/aged/@api', { title: 'One' }, { version: at });
  await write('PATCH', '/aged/@api', { title: 'Two' }, { version: at });
  const then = async (version?: string, as = admin): Promise<unknown> => {
    const url = `/aged/@api?at=${String(tid)}`;
    const page = await as.json('GET', url, undefined, inVersion(version));
    return page.status === 200 ? page.json()['title'] : page.status;
  };
  assert.equal(await then(at), 'One');
  assert.equal(await then(), 'aged');
  assert.equal(await then(at, editor), 'One');
  assert.equal(await then(at, outsider), 403);
  assert.equal(await titleOf('/aged', at), 'Two');
});

test('more versions than a thread keeps connections to are all answered', async () => {
  await add('many');
  const versions: string[] = [];
  for (let at = 0; at < VERSION_CONNECTIONS_MAX + 2; at += 1) versions.push(await begin(`v${at}`));
  for (const version of versions) {
    await write('PATCH', '/many/@api', { title: `In ${version}` }, { version });
  }
  for (const version of [...versions, ...versions.toReversed()]) {
    assert.equal(await titleOf('/many', version), `In ${version}`);
  }
  assert.equal(await titleOf('/many'), 'many');
});

test('several who write in one version at once all get their change in', async () => {
  await add('shared');
  const at = await begin('crowd');
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  await Promise.all(
    names.map((name) =>
      write(
        'PATCH',
        '/shared/@api',
        { properties: [{ name, type: 'string', value: name }] },
        { version: at },
      ),
    ),
  );
  const page = await admin.json('GET', '/shared/@api', undefined, inVersion(at));
  const { properties } = page.json<{ properties: { name: string }[] }>();
  assert.deepEqual(properties.map(({ name }) => name).sort(), names);
  const main = (await admin.json('GET', '/shared/@api')).json<{ properties: unknown[] }>();
  assert.deepEqual(main.properties, []);
});
