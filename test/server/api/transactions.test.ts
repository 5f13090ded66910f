/** "Transactions and undo" of the JSON interface, and the site as it was, over real HTTP. */
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

interface Entry {
  readonly tid: string;
  readonly user: string;
  readonly description: string;
  readonly paths: readonly string[];
  readonly undoable: boolean;
}

async function write(method: string, path: string, body?: unknown): Promise<string> {
  const page = await admin.json(method, path, body);
  assert.ok(page.status < 300, `${method} ${path}: ${page.text}`);
  return String(page.json()['tid']);
}

async function make(id: string, source = ''): Promise<string> {
  return write('POST', '/@api/contents', { type: 'Document', id, title: id, fields: { source } });
}

async function titleOf(path: string): Promise<unknown> {
  return (await admin.json('GET', `${path}/@api`)).json()['title'];
}

test('undo takes a change back, and undo of the undo brings it again', async () => {
  await make('a');
  const change = await write('PATCH', '/a/@api', { title: 'New' });
  const undone = await admin.json('POST', '/@api/undo', { transactions: [change] });
  assert.equal(undone.status, 200, undone.text);
  assert.deepEqual(undone.json<{ objects: string[] }>().objects, ['/a']);
  assert.equal(await titleOf('/a'), 'a');
  await write('POST', '/@api/undo', { transactions: [undone.json()['tid']] });
  assert.equal(await titleOf('/a'), 'New');
});

test('an undo that finds everything as it was makes no transaction, and says so', async () => {
  await make('same');
  const change = await write('PATCH', '/same/@api', { title: 'New' });
  const back = await write('PATCH', '/same/@api', { title: 'same' });
  const undone = await admin.json('POST', '/@api/undo', { transactions: [change] });
  assert.deepEqual(undone.json(), { tid: back, objects: [] });
  const newest = (await admin.json('GET', '/@api/transactions?limit=1')).json<{ items: Entry[] }>();
  assert.equal(newest.items[0]?.tid, back);
});

test('a dry run says what would happen and changes nothing', async () => {
  await make('b');
  const change = await write('PATCH', '/b/@api', { title: 'New' });
  const dry = await admin.json('POST', '/@api/undo', { transactions: [change], dryRun: true });
  assert.deepEqual(dry.json(), { objects: ['/b'] });
  assert.equal(await titleOf('/b'), 'New');
});

test('what stands in the way is named, with the smallest set that can be undone together', async () => {
  await make('c');
  const first = await write('PATCH', '/c/@api', { title: 'One' });
  const second = await write('PATCH', '/c/@api', { title: 'Two' });
  const other = await write('PATCH', '/c/@api', { fields: { source: 'kept' } });
  const refused = await admin.json('POST', '/@api/undo', { transactions: [first] });
  assert.equal(refused.status, 409);
  const { conflicts, plan } = refused.json<{
    conflicts: { path: string; fields: string[]; blockedBy: string[] }[];
    plan: string[];
  }>();
  assert.deepEqual(conflicts, [{ path: '/c', fields: ['title'], blockedBy: [second] }]);
  assert.deepEqual([...plan].sort(), [first, second]);
  assert.ok(!plan.includes(other));
  await write('POST', '/@api/undo', { transactions: plan });
  const read = (await admin.json('GET', '/c/@api')).json<{
    title: string;
    fields: { source: string };
  }>();
  assert.equal(read.title, 'c');
  assert.equal(read.fields.source, 'kept');
});

test('undo brings back what was deleted, with all below it', async () => {
  await write('POST', '/@api/contents', { type: 'Folder', id: 'd' });
  await write('POST', '/d/@api/contents', { type: 'Document', id: 'in', title: 'In' });
  const gone = await write('DELETE', '/d/@api');
  assert.equal((await admin.json('GET', '/d/in/@api')).status, 404);
  await write('POST', '/@api/undo', { transactions: [gone] });
  assert.equal(await titleOf('/d/in'), 'In');
});

test('undo of a creation removes the object, unless it was changed since', async () => {
  const made = await make('e');
  await write('POST', '/@api/undo', { transactions: [made] });
  assert.equal((await admin.json('GET', '/e/@api')).status, 404);
  const again = await make('e2');
  const changed = await write('PATCH', '/e2/@api', { title: 'Changed' });
  const refused = await admin.json('POST', '/@api/undo', { transactions: [again] });
  assert.equal(refused.status, 409);
  assert.deepEqual(refused.json<{ plan: string[] }>().plan.toSorted(), [again, changed]);
});

test('transactions are listed for the site and for a part of it', async () => {
  await write('POST', '/@api/contents', { type: 'Folder', id: 'f' });
  const inside = await write('POST', '/f/@api/contents', { type: 'Document', id: 'x' });
  const outside = await make('f2');
  const list = async (path: string): Promise<readonly Entry[]> =>
    (await admin.json('GET', `${path}/@api/transactions?limit=1000`)).json<{ items: Entry[] }>()
      .items;
  const part = (await list('/f')).map(({ tid }) => tid);
  assert.ok(part.includes(inside) && !part.includes(outside));
  const all = await list('');
  assert.ok(all.some(({ tid }) => tid === inside) && all.some(({ tid }) => tid === outside));
  assert.deepEqual(
    all.map(({ tid }) => Number(tid)),
    all.map(({ tid }) => Number(tid)).toSorted((a, b) => b - a),
  );
  const made = all.find(({ tid }) => tid === inside);
  assert.deepEqual(made?.paths, ['/f/x']);
  assert.equal(made?.undoable, true);
  assert.equal(all.at(-1)?.undoable, false);
});

test('history lists revisions; an old one can be seen, compared and gone back to', async () => {
  const first = await make('g', 'one\ntwo\n');
  const second = await write('PATCH', '/g/@api', {
    title: 'Second',
    fields: { source: 'one\n2\n' },
  });
  const { items, total } = (await admin.json('GET', '/g/@api/history')).json<{
    items: { tid: string }[];
    total: number;
  }>();
  assert.equal(total, 2);
  assert.deepEqual(
    items.map(({ tid }) => tid),
    [second, first],
  );

  const then = (await admin.json('GET', `/g/@api/history/${first}`)).json<{
    title: string;
    tid: string;
  }>();
  assert.equal(then.title, 'g');
  assert.equal(then.tid, first);
  const diff = await admin.json('GET', `/g/@api/history/${first}?diff=${second}`);
  assert.match(diff.text, /^-two$/m);
  assert.match(diff.text, /^\+2$/m);
  assert.match(diff.text, new RegExp(`^--- /g\\t${first}\\n\\+\\+\\+ /g\\t${second}$`, 'm'));
  assert.equal((await admin.json('GET', '/g/@api/history/17')).status, 404);

  await write('POST', '/g/@api/revert', { tid: first, fields: ['source'] });
  const now = (await admin.json('GET', '/g/@api')).json<{
    title: string;
    fields: { source: string };
  }>();
  assert.equal(now.fields.source, 'one\ntwo\n');
  assert.equal(now.title, 'Second');
});

test('restore: what was deleted and changed since is as it was, in one transaction', async () => {
  const made = await make('r', 'old text');
  await write('PATCH', '/r/@api', { title: 'Changed' });
  const body = { at: made, objects: ['/r'] };
  const planned = (await admin.json('POST', '/@api/restore', { ...body, dryRun: true })).json();
  assert.deepEqual(planned['objects'], [
    { kind: 'changed', path: '/r', before: '/r', parts: ['title'] },
  ]);
  assert.equal((await admin.json('GET', '/r/@api')).json()['title'], 'Changed');

  await write('DELETE', '/r/@api');
  const done = (await admin.json('POST', '/@api/restore', body)).json();
  assert.deepEqual(done['objects'], [{ kind: 'back', path: '/r', before: null, parts: ['title'] }]);
  assert.equal((await admin.json('GET', '/r/@api')).json()['tid'], done['tid']);
  await write('POST', '/@api/undo', { transactions: [done['tid']] });
  assert.equal((await admin.json('GET', '/r/@api')).status, 404);
  assert.equal((await admin.json('POST', '/@api/restore', { at: 'soon' })).status, 422);
});

test('restore: in a version it changes the version alone, and users are left to main', async () => {
  const made = await make('s', 'old text');
  await write('DELETE', '/s/@api');
  await write('POST', '/@api/contents', { type: 'Version', id: 'restoring', title: 'Restoring' });
  const there = { 'canopy-version': '/restoring' };
  const restore = (body: object) => admin.json('POST', '/@api/restore', body, there);

  const done = await restore({ at: made, objects: ['/s'] });
  assert.equal(done.status, 200, done.text);
  assert.equal((await admin.json('GET', '/s/@api')).status, 404);
  assert.equal((await admin.json('GET', '/s/@api', undefined, there)).status, 200);

  const users = await restore({ at: made, objects: ['/acl_users/admin'] });
  assert.equal(users.status, 409);
  assert.match(users.text, /outside of versions/);
});

test('the past can be seen by those who may see history, and by nobody else', async () => {
  const first = await make('h', 'old text');
  await write('PATCH', '/h/@api', { title: 'New', fields: { source: 'new text' } });
  const then = (await admin.json('GET', `/h/@api?at=${first}`)).json<{
    title: string;
    fields: { source: string };
  }>();
  assert.equal(then.title, 'h');
  assert.equal(then.fields.source, 'old text');
  const page = await admin.get(`/h?@at=${first}`);
  assert.equal(page.status, 200, page.text);
  assert.match(page.text, /old text/);

  const anyone = server.client();
  assert.equal((await anyone.get('/h')).status, 200);
  assert.equal((await anyone.json('GET', `/h/@api?at=${first}`)).status, 401);
  assert.equal((await anyone.get(`/h?@at=${first}`)).status, 401);
  assert.equal((await admin.json('PATCH', `/h/@api?at=${first}`, { title: 'x' })).status, 405);
  assert.equal((await admin.json('GET', '/h/@api?at=nonsense')).status, 400);
});

test('what was deleted can still be seen as it was', async () => {
  const made = await make('i', 'still here');
  await write('DELETE', '/i/@api');
  assert.equal((await admin.get('/i')).status, 404);
  assert.match((await admin.get(`/i?@at=${made}`)).text, /still here/);
});

test('what may not be seen today may not be seen as it was', async () => {
  const made = await make('j', 'secret now');
  await write('PATCH', '/@api/permissions', {
    addRoles: ['Historian'],
    permissions: { 'View history': { roles: ['Historian', 'Owner', 'Manager'], acquire: false } },
  });
  await write('POST', '/acl_users/@api/contents', {
    type: 'User',
    id: 'historian',
    fields: { password: 'a good password', roles: ['Historian'] },
  });
  const historian = server.client({ name: 'historian', password: 'a good password' });
  assert.equal((await historian.get(`/j?@at=${made}`)).status, 200);
  await write('PATCH', '/j/@api/permissions', {
    permissions: { View: { roles: ['Manager'], acquire: false } },
  });
  assert.equal((await historian.get(`/j?@at=${made}`)).status, 403);
  assert.equal((await admin.get(`/j?@at=${made}`)).status, 200);
});

test('one may take back one’s own work, and others’ only with permission', async () => {
  await write('POST', '/acl_users/@api/contents', {
    type: 'User',
    id: 'otto',
    fields: { password: 'a good password', roles: [] },
  });
  await write('POST', '/@api/contents', { type: 'Folder', id: 'k' });
  await write('PATCH', '/k/@api/permissions', {
    addRoles: ['Editor'],
    localRoles: { otto: ['Editor'] },
    permissions: {
      'Change Documents': { roles: ['Editor'], acquire: true },
      'Add Documents': { roles: ['Editor'], acquire: true },
    },
  });
  const otto = server.client({ name: 'otto', password: 'a good password' });
  const page = await otto.json('POST', '/k/@api/contents', { type: 'Document', id: 'his' });
  assert.equal(page.status, 201, page.text);
  const own = (await otto.json('PATCH', '/k/his/@api', { title: 'Otto' })).json()['tid'];
  const others = await write('PATCH', '/k/his/@api', { fields: { source: 'admin' } });
  assert.equal((await otto.json('POST', '/k/@api/undo', { transactions: [others] })).status, 403);
  const undone = await otto.json('POST', '/k/@api/undo', { transactions: [own] });
  assert.equal(undone.status, 200, undone.text);
});

test('transactions: a list is narrowed to a path below, and to what may be undone', async () => {
  await using server = await startServer();
  const client = server.client(ADMIN);
  for (const id of ['a', 'b']) {
    await client.json('POST', '/@api/contents', { type: 'Folder', id });
    await client.json('POST', `/${id}/@api/contents`, { type: 'Document', id: 'x' });
  }
  const notes = async (query: string): Promise<readonly string[]> => {
    const page = await client.json('GET', `/@api/transactions?${query}`);
    assert.equal(page.status, 200, page.text);
    const { items } = page.json<{ items: { description: string }[] }>();
    return items.map(({ description }) => description);
  };

  assert.deepEqual(await notes('path=/b'), ['Added /b/x', 'Added /b']);
  assert.deepEqual(await notes('path=/c'), []);
  assert.ok((await notes('')).includes('Created the site'));
  assert.deepEqual(await notes('undoable=true'), [
    ...['Added /b/x', 'Added /b', 'Added /a/x', 'Added /a'],
  ]);
});
