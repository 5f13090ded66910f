/** "Versions" of the JSON interface, over real HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { DIRECT_CHANGES_MAX } from '../../../server/api/versions.js';
import type { Client, Page } from '../../support/client.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let admin: Client;
/** May work in versions, and publish them, but only change documents. */
let editor: Client;
/** May work in versions, and not publish them. */
let writer: Client;

const PASSWORD = 'a good password';

interface Change {
  readonly path: string;
  readonly kind: string;
  readonly user: string;
  readonly modified: string;
  readonly conflict: boolean;
  readonly diff?: string;
}

interface Side {
  readonly path: string;
  readonly title: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

interface Conflict {
  readonly path: string;
  readonly fields: readonly string[];
  readonly base: Side | null;
  readonly main: Side | null;
  readonly version: Side | null;
}

interface Entry {
  readonly tid: string;
  readonly description: string;
  readonly paths: readonly string[];
  readonly version: string | null;
  readonly undoable: boolean;
}

before(async () => {
  server = await startServer();
  admin = server.client(ADMIN);
  for (const id of ['editor', 'writer']) {
    const fields = { password: PASSWORD, roles: [] };
    await write('POST', '/acl_users/@api/contents', { type: 'User', id, fields });
  }
  await write('PATCH', '/@api/permissions', { addRoles: ['Editor', 'Writer'] });
  const both = { roles: ['Editor', 'Writer'], acquire: true };
  await write('PATCH', '/@api/permissions', {
    localRoles: { editor: ['Editor'], writer: ['Writer'] },
    permissions: {
      'Join/leave Versions': both,
      'Save/discard Version changes': { roles: ['Editor'], acquire: true },
      'Add Documents': both,
      'Change Documents': both,
      'Change Templates': { roles: ['Writer'], acquire: true },
      'View management screens': both,
    },
  });
  editor = server.client({ name: 'editor', password: PASSWORD });
  writer = server.client({ name: 'writer', password: PASSWORD });
});
after(() => server[Symbol.asyncDispose]());

interface How {
  readonly as?: Client;
  readonly version?: string;
}

function send(method: string, url: string, body?: unknown, how: How = {}): Promise<Page> {
  const { as = admin, version } = how;
  const headers = version === undefined ? {} : { 'canopy-version': version };
  return as.json(method, url, body, headers);
}

async function write(method: string, url: string, body?: unknown, how: How = {}): Promise<string> {
  const page = await send(method, url, body, how);
  assert.ok(page.status < 300, `${method} ${url}: ${page.status} ${page.text}`);
  return String(page.json()['tid']);
}

async function add(path: string, how: How & { readonly type?: string; source?: string } = {}) {
  const at = path.lastIndexOf('/');
  const { type = 'Document', source, ...rest } = how;
  const id = path.slice(at + 1);
  const fields = source === undefined ? {} : { fields: { source } };
  await write(
    'POST',
    `${path.slice(0, at)}/@api/contents`,
    { type, id, title: id, ...fields },
    rest,
  );
}

async function begin(id: string): Promise<string> {
  await write('POST', '/@api/contents', { type: 'Version', id, title: `The ${id}` });
  return `/${id}`;
}

async function titleOf(url: string, version?: string): Promise<unknown> {
  const page = await send(
    'GET',
    `${url}/@api`,
    undefined,
    version === undefined ? {} : { version },
  );
  return page.status === 200 ? page.json()['title'] : page.status;
}

async function sourceOf(url: string, version?: string): Promise<unknown> {
  const page = await send(
    'GET',
    `${url}/@api`,
    undefined,
    version === undefined ? {} : { version },
  );
  return page.json<{ fields: { source: string } }>().fields.source;
}

async function undoLast(): Promise<void> {
  const [last] = await transactions('limit=1');
  await write('POST', '/@api/undo', { transactions: [last?.tid] });
}

async function changesOf(version: string, query = '', as = admin): Promise<readonly Change[]> {
  const page = await send('GET', `${version}/@api/changes${query}`, undefined, { as });
  assert.equal(page.status, 200, page.text);
  return page.json<{ items: Change[] }>().items;
}

async function checkIn(version: string, body: unknown = {}, as = admin): Promise<string[]> {
  const page = await send('POST', `${version}/@api/check-in`, body, { as });
  assert.equal(page.status, 200, page.text);
  return page.json<{ objects: string[] }>().objects;
}

async function conflictsOf(page: Promise<Page>): Promise<readonly Conflict[]> {
  const { status, text } = await page;
  assert.equal(status, 409, text);
  return (JSON.parse(text) as { conflicts: Conflict[] }).conflicts;
}

async function transactions(query: string): Promise<readonly Entry[]> {
  const page = await send('GET', `/@api/transactions?${query}`);
  assert.equal(page.status, 200, page.text);
  return page.json<{ items: Entry[] }>().items;
}

test('a version says how it is and how much is changed in it', async () => {
  await add('/counted');
  const at = await begin('counts');
  const fields = async (): Promise<unknown> =>
    (await send('GET', `${at}/@api`)).json<{ fields: unknown }>().fields;
  assert.deepEqual(await fields(), { state: 'open', changes: 0 });
  await write('PATCH', '/counted/@api', { title: 'Inside' }, { version: at });
  assert.deepEqual(await fields(), { state: 'open', changes: 1 });
  assert.equal((await send('PATCH', `${at}/@api`, { fields: { state: 'approved' } })).status, 422);
  assert.equal((await admin.get(at, { accept: 'text/html' })).status, 302);
  assert.equal((await server.client().get(at)).status, 404);
});

test('what is different is listed by path, with who did it and how it differs', async () => {
  await add('/list', { type: 'Folder' });
  for (const id of ['a', 'b', 'c', 'd']) await add(`/list/${id}`, { source: 'same\n' });
  const at = await begin('listed');
  const version = { version: at };
  await write(
    'PATCH',
    '/list/a/@api',
    { fields: { source: 'same\nmore\n' } },
    { ...version, as: writer },
  );
  await write('DELETE', '/list/b/@api', undefined, version);
  await add('/list/new', version);
  await write('POST', '/list/c/@api/move', { to: '/list', id: 'moved' }, version);
  await write('PATCH', '/list/d/@api', { title: 'Inside' }, version);
  await write('PATCH', '/list/d/@api', { title: 'd' }, version);
  const changes = await changesOf(at, '?show=diff');
  assert.deepEqual(
    changes.map(({ path, kind, user, conflict }) => [path, kind, user, conflict]),
    [
      ['/list/a', 'changed', '/acl_users:writer', false],
      ['/list/b', 'removed', '/acl_users:admin', false],
      ['/list/moved', 'changed', '/acl_users:admin', false],
      ['/list/new', 'added', '/acl_users:admin', false],
    ],
  );
  assert.match(changes[0]?.diff ?? '', /^\+more$/m);
  assert.match(changes[1]?.diff ?? '', /^-title: "b"$/m);
  assert.match(changes[3]?.diff ?? '', /^\+title: "new"$/m);
  assert.ok((await changesOf(at)).every(({ diff }) => diff === undefined));
  assert.equal((await changesOf(at, '?start=1&limit=2')).length, 2);
  await write('PATCH', '/list/a/@api', { fields: { source: 'other\n' } });
  const [first, ...others] = await changesOf(at);
  assert.equal(first?.conflict, true);
  assert.ok(others.every(({ conflict }) => !conflict));
});

test('the list leaves out what one may not view in the version', async () => {
  await add('/open');
  const at = await begin('veiled');
  await add('/hidden', { version: at });
  const hidden = { permissions: { View: { roles: ['Manager'], acquire: false } } };
  await write('PATCH', '/hidden/@api/permissions', hidden, { version: at });
  await write('PATCH', '/open/@api', { title: 'Inside' }, { version: at });
  assert.deepEqual(
    (await changesOf(at, '', writer)).map(({ path }) => path),
    ['/open'],
  );
  assert.equal(
    (await send('GET', `${at}/@api/changes`, undefined, { as: server.client() })).status,
    401,
  );
});

test('a check-in is one transaction of main, and undoing it brings back both', async () => {
  await add('/whole');
  await add('/doomed');
  const at = await begin('work');
  await write('PATCH', '/whole/@api', { title: 'Inside' }, { version: at });
  await add('/added', { version: at });
  await write('DELETE', '/doomed/@api', undefined, { version: at });
  const page = await send('POST', `${at}/@api/check-in`, { note: 'The new look' });
  const { tid, objects } = page.json<{ tid: string; objects: string[] }>();
  assert.deepEqual(objects, ['/added', '/doomed', '/whole']);
  assert.equal(await titleOf('/whole'), 'Inside');
  assert.equal(await titleOf('/added'), 'added');
  assert.equal(await titleOf('/doomed'), 404);
  assert.deepEqual(await changesOf(at), []);
  const [entry] = await transactions('limit=1');
  assert.equal(entry?.tid, tid);
  assert.equal(entry.description, 'The new look');
  assert.equal(entry.version, null);
  assert.deepEqual(entry.paths, ['/added', '/doomed', '/whole', at]);
  await write('POST', '/@api/undo', { transactions: [tid] });
  assert.equal(await titleOf('/whole'), 'whole');
  assert.equal(await titleOf('/added'), 404);
  assert.equal(await titleOf('/doomed'), 'doomed');
  assert.equal(await titleOf('/whole', at), 'Inside');
  assert.equal(await titleOf('/added', at), 'added');
  assert.equal((await changesOf(at)).length, 3);
  await checkIn(at, { keep: false });
  assert.equal(await titleOf('/whole'), 'Inside');
  assert.equal(await titleOf(at), 404);
  // Taking it back brings the version back, and doing it again ends the version again.
  await undoLast();
  assert.equal(await titleOf('/whole'), 'whole');
  assert.equal(await titleOf('/whole', at), 'Inside');
  await undoLast();
  assert.equal(await titleOf('/whole'), 'Inside');
  assert.equal(await titleOf(at), 404);
  const nothing = await begin('nothing');
  const { tid: newest } = (await send('POST', `${nothing}/@api/check-in`)).json();
  assert.equal(newest, (await transactions('limit=1'))[0]?.tid);
});

test('what both sides changed is merged, and what cannot be is shown with all sides', async () => {
  await add('/both', { source: 'one\ntwo\nthree\nfour\nfive\n' });
  await add('/clash', { source: 'base\n' });
  await add('/gone');
  const at = await begin('merges');
  const version = { version: at };
  await write(
    'PATCH',
    '/both/@api',
    { fields: { source: 'ONE\ntwo\nthree\nfour\nfive\n' } },
    version,
  );
  await write('PATCH', '/both/@api', { fields: { source: 'one\ntwo\nthree\nfour\nFIVE\n' } });
  await write('PATCH', '/clash/@api', { title: 'Mine', fields: { source: 'mine\n' } }, version);
  await write('PATCH', '/clash/@api', { fields: { source: 'theirs\n' } });
  await write('PATCH', '/gone/@api', { title: 'Mine' }, version);
  await write('DELETE', '/gone/@api');
  const before = await transactions('limit=1');
  const conflicts = await conflictsOf(send('POST', `${at}/@api/check-in`, { note: 'Try' }));
  assert.deepEqual(
    conflicts.map(({ path }) => path),
    ['/clash', '/gone'],
  );
  const [clash, gone] = conflicts;
  assert.deepEqual(clash?.fields, ['fields.source']);
  assert.deepEqual(
    [clash.base, clash.main, clash.version].map((side) => side?.fields['source']),
    ['base\n', 'theirs\n', 'mine\n'],
  );
  assert.equal(gone?.main, null);
  assert.equal(gone.version?.title, 'Mine');
  assert.deepEqual(await transactions('limit=1'), before);
  const half = send('POST', `${at}/@api/check-in`, { resolve: { '/clash': 'version' } });
  assert.deepEqual((await conflictsOf(half)).map(({ path }) => path).includes('/gone'), true);
  await checkIn(at, {
    resolve: { '/clash': { fields: { source: 'both\n' } }, '/gone': 'main' },
  });
  assert.equal(await sourceOf('/both'), 'ONE\ntwo\nthree\nfour\nFIVE\n');
  assert.equal(await sourceOf('/clash'), 'both\n');
  assert.equal(await titleOf('/clash'), 'Mine');
  assert.equal(await titleOf('/gone'), 404);
  assert.deepEqual(await changesOf(at), []);
});

test('a side is taken for what is in conflict, and two objects of one name are told apart', async () => {
  await add('/mine', { source: 'base\n' });
  await add('/theirs', { source: 'base\n' });
  const at = await begin('sides');
  for (const path of ['/mine', '/theirs']) {
    await write('PATCH', `${path}/@api`, { fields: { source: 'version\n' } }, { version: at });
    await write('PATCH', `${path}/@api`, { fields: { source: 'main\n' } });
  }
  await write(
    'POST',
    '/@api/contents',
    { type: 'Document', id: 'twice', title: 'V' },
    { version: at },
  );
  await write('POST', '/@api/contents', { type: 'Document', id: 'twice', title: 'M' });
  const conflicts = await conflictsOf(send('POST', `${at}/@api/check-in`));
  const twice = conflicts.find(({ path }) => path === '/twice');
  assert.deepEqual([twice?.base, twice?.main?.title, twice?.version?.title], [null, 'M', 'V']);
  const sides = { '/mine': 'version', '/theirs': 'main' };
  const strange = { ...sides, '/twice': { title: 'Both' } };
  const refused = await send('POST', `${at}/@api/check-in`, { resolve: strange });
  assert.equal(refused.status, 422, refused.text);
  await checkIn(at, { resolve: { ...sides, '/twice': 'version' } });
  assert.equal(await sourceOf('/mine'), 'version\n');
  assert.equal(await sourceOf('/theirs'), 'main\n');
  assert.equal(await titleOf('/twice'), 'V');
});

test('some objects are checked in, and a new folder comes along with what is in it', async () => {
  await add('/apart');
  const at = await begin('partial');
  await write('PATCH', '/apart/@api', { title: 'Inside' }, { version: at });
  await add('/set', { type: 'Folder', version: at });
  await add('/set/one', { version: at });
  await add('/set/two', { version: at });
  await add('/alone', { version: at });
  assert.deepEqual(await checkIn(at, { objects: ['/set/one'] }), ['/set', '/set/one', '/set/two']);
  assert.equal(await titleOf('/set/one'), 'one');
  assert.equal(await titleOf('/set/two'), 'two');
  assert.equal(await titleOf('/alone'), 404);
  assert.equal(await titleOf('/alone', at), 'alone');
  assert.equal(await titleOf('/apart'), 'apart');
  assert.deepEqual(
    (await changesOf(at)).map(({ path, kind }) => [path, kind]),
    [
      ['/alone', 'added'],
      ['/apart', 'changed'],
    ],
  );
  const bad = await send('POST', `${at}/@api/check-in`, { objects: ['/apart', '/none'] });
  assert.equal(bad.status, 422);
  assert.match(bad.text, /objects\.1/);
  assert.equal(
    (await send('POST', `${at}/@api/check-in`, { objects: ['/apart'], keep: false })).status,
    422,
  );
  assert.deepEqual(await checkIn(at, { objects: ['/alone'] }), ['/alone']);
  assert.deepEqual(await checkIn(at), ['/apart']);
});

test('main’s changes are brought into a version, where their conflicts are resolved', async () => {
  await add('/far', { source: 'one\ntwo\nthree\nfour\nfive\n' });
  await add('/odd', { source: 'base\n' });
  const at = await begin('updated');
  const version = { version: at };
  await write(
    'PATCH',
    '/far/@api',
    { fields: { source: 'ONE\ntwo\nthree\nfour\nfive\n' } },
    version,
  );
  await write('PATCH', '/odd/@api', { fields: { source: 'mine\n' } }, { ...version, as: writer });
  await write('PATCH', '/far/@api', { fields: { source: 'one\ntwo\nthree\nfour\nFIVE\n' } });
  await write('PATCH', '/odd/@api', { fields: { source: 'theirs\n' } });
  const [only, ...others] = await conflictsOf(
    send('POST', `${at}/@api/update`, {}, { as: writer }),
  );
  assert.equal(only?.path, '/odd');
  assert.deepEqual(others, []);
  const body = { resolve: { '/odd': { fields: { source: 'agreed\n' } } } };
  const updated = await send('POST', `${at}/@api/update`, body, { as: writer });
  assert.equal(updated.status, 200, updated.text);
  assert.equal(await sourceOf('/far', at), 'ONE\ntwo\nthree\nfour\nFIVE\n');
  assert.equal(await sourceOf('/far'), 'one\ntwo\nthree\nfour\nFIVE\n');
  assert.equal(await sourceOf('/odd', at), 'agreed\n');
  assert.ok((await changesOf(at)).every(({ conflict }) => !conflict));
  const [entry] = await transactions(`version=${at}&limit=1`);
  assert.equal(entry?.tid, String(updated.json()['tid']));
  await checkIn(at);
  assert.equal(await sourceOf('/odd'), 'agreed\n');
});

test('a version is discarded with its work, by any door, and undo brings back both', async () => {
  await add('/safe');
  await add('/box', { type: 'Folder' });
  await write('POST', '/box/@api/contents', { type: 'Version', id: 'boxed', title: 'Boxed' });
  const doors: [path: string, method: string, url: string][] = [
    ['/thrown', 'POST', '/thrown/@api/discard'],
    ['/deleted', 'DELETE', '/deleted/@api'],
    ['/box/boxed', 'DELETE', '/box/@api'],
  ];
  for (const [path, method, url] of doors) {
    if (!path.startsWith('/box')) await begin(path.slice(1));
    await write('PATCH', '/safe/@api', { title: 'Inside' }, { version: path });
    const tid = await write(method, url);
    assert.equal(await titleOf(path), 404);
    assert.equal(await titleOf('/safe', path), 'safe');
    await write('POST', '/@api/undo', { transactions: [tid] });
    assert.equal(await titleOf('/safe', path), 'Inside', path);
    assert.equal(await titleOf('/safe'), 'safe');
  }
  const made = (await transactions('limit=200')).find(({ paths }) => paths.includes('/made'));
  assert.equal(made, undefined);
  const tid = await write('POST', '/@api/contents', { type: 'Version', id: 'made' });
  await write('PATCH', '/safe/@api', { title: 'Inside' }, { version: '/made' });
  const unmade = await write('POST', '/@api/undo', { transactions: [tid] });
  await write('POST', '/@api/undo', { transactions: [unmade] });
  assert.equal(await titleOf('/safe', '/made'), 'Inside');
});

test('publishing asks for the permission, and for what the same changes by hand would', async () => {
  await add('/text');
  await add('/page', { type: 'Template', source: 'old' });
  const at = await begin('rights');
  await write('PATCH', '/text/@api', { title: 'Inside' }, { version: at, as: writer });
  for (const what of ['check-in', 'discard']) {
    assert.equal((await send('POST', `${at}/@api/${what}`, {}, { as: writer })).status, 403, what);
  }
  assert.equal((await send('DELETE', `${at}/@api`, undefined, { as: editor })).status, 403);
  await checkIn(at, {}, editor);
  await write('PATCH', '/page/@api', { fields: { source: 'new' } }, { version: at, as: writer });
  const refused = await send('POST', `${at}/@api/check-in`, {}, { as: editor });
  assert.equal(refused.status, 403);
  assert.match(refused.text, /Change Templates/);
  await add('/opened', { version: at });
  const opened = { localRoles: { writer: ['Manager'] } };
  await write('PATCH', '/opened/@api/permissions', opened, { version: at });
  const added = await send('POST', `${at}/@api/check-in`, { objects: ['/opened'] }, { as: editor });
  assert.equal(added.status, 403);
  assert.match(added.text, /Change permissions/);
  assert.equal(await titleOf('/opened'), 404);
  assert.equal(await sourceOf('/page'), 'old');
});

test('nobody is left out, or made, an author of a source by its being checked in', async () => {
  const runs = async (path: string): Promise<boolean> =>
    (await server.client().get(path)).text.includes('seen');
  await add('/hidden-for-author');
  const closed = { permissions: { View: { roles: ['Manager', 'Editor'], acquire: false } } };
  await write('PATCH', '/hidden-for-author/@api/permissions', closed);
  await add('/teller', { type: 'Template', source: 'nothing' });
  const proxied = { proxyRoles: ['Manager'] };
  await write('PATCH', '/teller/@api/permissions', proxied);
  const source = '{{#if hidden-for-author}}seen{{/if}}';
  const mine = await begin('mine-alone');
  await write('PATCH', '/teller/@api', { fields: { source } }, { version: mine });
  await checkIn(mine);
  assert.equal(await runs('/teller'), true);
  const theirs = await begin('with-writer');
  const more = `${source} `;
  await write(
    'PATCH',
    '/teller/@api',
    { fields: { source: more } },
    { version: theirs, as: writer },
  );
  await checkIn(theirs);
  assert.equal(await sourceOf('/teller'), more);
  assert.equal(await runs('/teller'), false);
});

test('the last who manages the site is not taken away by a check-in', async () => {
  const at = await begin('coup');
  const fields = { password: PASSWORD, roles: ['Manager'] };
  await write('POST', '/acl_users/@api/contents', { type: 'User', id: 'heir', fields });
  await write('PATCH', '/acl_users/admin/@api', { fields: { roles: [] } }, { version: at });
  await write('DELETE', '/acl_users/heir/@api');
  const page = await send('POST', `${at}/@api/check-in`);
  assert.equal(page.status, 409, page.text);
  assert.match(page.text, /is the last/);
  await write('POST', `${at}/@api/discard`);
});

test('undo inside a version is of its own transactions alone', async () => {
  await add('/step');
  const outside = await write('PATCH', '/step/@api', { title: 'Main' });
  const [at, other] = [await begin('undoing'), await begin('other')];
  const first = await write('PATCH', '/step/@api', { title: 'One' }, { version: at });
  const second = await write('PATCH', '/step/@api', { title: 'Two' }, { version: at });
  const undo = (tid: string, version?: string): Promise<Page> =>
    send('POST', '/@api/undo', { transactions: [tid] }, version === undefined ? {} : { version });
  for (const page of [undo(outside, at), undo(first), undo(first, other)]) {
    const { status, text } = await page;
    assert.equal(status, 422, text);
    assert.match(text, /transactions/);
  }
  assert.equal((await undo(second, at)).status, 200);
  assert.equal(await titleOf('/step', at), 'One');
  assert.equal((await undo(first, at)).status, 200);
  assert.equal(await titleOf('/step', at), 'Main');
  assert.deepEqual(await changesOf(at), []);
});

test('transactions of a version are listed where one asks for them', async () => {
  await add('/noted');
  const at = await begin('notes');
  const tid = await write('PATCH', '/noted/@api', { title: 'Inside' }, { version: at });
  assert.ok((await transactions('limit=1000')).every((entry) => entry.tid !== tid));
  const [entry, ...others] = await transactions(`version=${at}`);
  assert.deepEqual([entry?.tid, entry?.version, entry?.undoable], [tid, at, false]);
  assert.deepEqual(others, []);
  const inside = await send('GET', '/noted/@api/transactions', undefined, { version: at });
  const [own] = inside.json<{ items: Entry[] }>().items;
  assert.deepEqual([own?.tid, own?.version, own?.undoable], [tid, at, true]);
  assert.equal((await send('GET', '/@api/transactions?version=/none')).status, 400);
});

test('a batch in a version is written there, and what ends a version stands alone', async () => {
  await add('/batched');
  const at = await begin('batches');
  const one = (method: string, path: string, body: unknown = {}): unknown => ({
    operations: [
      { method: 'PATCH', path: '/batched/@api', body: { title: 'Batched' } },
      { method, path, body },
    ],
  });
  await write('POST', '/@api/batch', one('GET', '/batched/@api', undefined), { version: at });
  assert.equal(await titleOf('/batched'), 'batched');
  assert.equal(await titleOf('/batched', at), 'Batched');
  for (const what of ['check-in', 'update', 'discard']) {
    const inMain = await send('POST', '/@api/batch', one('POST', `${at}/@api/${what}`));
    assert.equal(inMain.status, 409, `${what}: ${inMain.text}`);
  }
  for (const what of ['check-in', 'discard']) {
    const operations = [{ method: 'POST', path: `${at}/@api/${what}`, body: {} }];
    const inside = await send('POST', '/@api/batch', { operations }, { version: at });
    assert.equal(inside.status, 409, `${what}: ${inside.text}`);
  }
  for (const what of ['enter', 'leave']) {
    const page = await send('POST', '/@api/batch', one('POST', `${at}/@api/${what}`));
    assert.equal(page.status, 422, `${what}: ${page.text}`);
  }
  const gone = await send('POST', '/@api/batch', {
    operations: [
      { method: 'DELETE', path: `${at}/@api` },
      { method: 'PATCH', path: '/nowhere/@api', body: {} },
    ],
  });
  assert.equal(gone.status, 404, gone.text);
  assert.equal(await titleOf('/batched', at), 'Batched');
  assert.equal(await titleOf('/batched'), 'batched');
});

test('a check-in goes to main from inside any version', async () => {
  await add('/through');
  const [at, other] = [await begin('from'), await begin('elsewhere')];
  await write('PATCH', '/through/@api', { title: 'Inside' }, { version: at });
  await write(
    'PATCH',
    '/through/@api',
    { properties: [{ name: 'p', value: 'x' }] },
    { version: other },
  );
  const page = await send('POST', `${at}/@api/check-in`, {}, { version: other });
  assert.equal(page.status, 200, page.text);
  assert.equal(await titleOf('/through'), 'Inside');
  assert.equal(await titleOf('/through', other), 'through');
  const { status } = await send('POST', `${other}/@api/discard`, undefined, { version: other });
  assert.equal(status, 200);
  assert.equal(await titleOf(other), 404);
});

test('much is checked in by a job, which answers as the request would', async () => {
  await add('/much', { type: 'Folder' });
  const at = await begin('much-work');
  const operations = Array.from({ length: DIRECT_CHANGES_MAX + 1 }, (_, id) => ({
    method: 'POST',
    path: '/much/@api/contents',
    body: { type: 'Document', id: `d${id}`, title: 'Much' },
  }));
  await write('POST', '/@api/batch', { operations }, { version: at });
  await write('POST', '/much/@api/contents', { type: 'Document', id: 'd7', title: 'Main' });
  const run = async (body: unknown): Promise<Record<string, unknown>> => {
    const page = await send('POST', `${at}/@api/check-in`, body);
    assert.equal(page.status, 202, page.text);
    const { job } = page.json();
    assert.equal(page.header('location'), `/@api/jobs/${String(job)}`);
    for (;;) {
      const record = (await send('GET', `/@api/jobs/${String(job)}`)).json();
      if (record['state'] !== 'queued' && record['state'] !== 'running') return record;
      await wait(60);
    }
  };
  const refused = await run({ note: 'All of it' });
  assert.equal(refused['state'], 'done', JSON.stringify(refused));
  const { conflicts } = refused['result'] as { conflicts: Conflict[] };
  assert.deepEqual(
    conflicts.map(({ path }) => path),
    ['/much/d7'],
  );
  assert.equal(await titleOf('/much/d8'), 404);
  const done = await run({ note: 'All of it', resolve: { '/much/d7': 'version' } });
  const { tid, objects } = done['result'] as { tid: string; objects: string[] };
  assert.ok(objects.length > DIRECT_CHANGES_MAX);
  assert.equal(await titleOf('/much/d8'), 'Much');
  assert.equal(await titleOf('/much/d7'), 'Much');
  const [entry] = await transactions('limit=1');
  assert.deepEqual([entry?.tid, entry?.description], [tid, 'All of it']);
});
