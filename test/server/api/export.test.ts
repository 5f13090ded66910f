/** `GET P/@api/export` and `POST P/@api/import`: a part of a site out of one and into another. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { EXPORTS_MAX } from '../../../server/export/streams.js';
import type { Client, Page } from '../../support/client.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let other: TestServer;
let admin: Client;

before(async () => {
  [server, other] = await Promise.all([startServer(), startServer()]);
  admin = server.client(ADMIN);
  await write('POST', '/@api/contents', { type: 'Folder', id: 'docs', title: 'Docs' });
  await write('POST', '/docs/@api/contents', { type: 'Folder', id: 'deep' });
  const fields = { source: '# Text\n', format: 'markdown' };
  const properties = [{ name: 'rating', type: 'int', value: 5 }];
  await write('POST', '/docs/deep/@api/contents', {
    type: 'Document',
    id: 'a',
    fields,
    properties,
  });
  await write('POST', '/docs/@api/contents', {
    type: 'Template',
    id: 't',
    fields: { source: 'Hi' },
  });
  await write('POST', '/docs/@api/contents', { type: 'File', id: 'b.bin' });
  const bytes = Buffer.alloc(300_000, 'bytes ');
  assert.equal((await admin.request('PUT', '/docs/b.bin/@api/data', { body: bytes })).status, 200);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

async function write(method: string, url: string, body?: unknown, as = admin): Promise<void> {
  const page = await as.json(method, url, body);
  assert.ok(page.status < 300, `${method} ${url}: ${page.text}`);
}

interface Job {
  readonly state: string;
  readonly log: readonly string[];
  readonly result?: Readonly<Record<string, unknown>>;
}

async function importInto(as: Client, url: string, body: Buffer): Promise<Job> {
  const page = await as.request('POST', url, { body });
  assert.equal(page.status, 202, page.text);
  for (;;) {
    const job = (await as.json('GET', page.header('location') ?? '')).json<Job>();
    if (!['queued', 'running'].includes(job.state)) return job;
    await wait(60);
  }
}

async function exported(url: string, as = admin): Promise<Page> {
  const page = await as.get(url);
  assert.equal(page.status, 200, page.text);
  return page;
}

test('what is exported from one site is in another as it was, and belongs to who imports it', async () => {
  const page = await exported('/docs/@api/export');
  assert.equal(page.header('content-type'), 'application/vnd.canopy.export');
  assert.equal(
    page.header('content-disposition'),
    `attachment; filename="docs.canopy"; filename*=UTF-8''docs.canopy`,
  );
  const there = other.client(ADMIN);
  const job = await importInto(there, '/@api/import', page.bytes);
  assert.equal(job.state, 'done', job.log.join('\n'));
  assert.deepEqual(
    [job.result?.['path'], job.result?.['type'], job.result?.['objects']],
    ['/docs', 'Folder', 5],
  );
  const [mine, theirs] = await Promise.all(
    [admin, there].map(async (each) => (await each.get('/docs/deep/a/@api')).json()),
  );
  assert.deepEqual(theirs?.['fields'], mine?.['fields']);
  assert.deepEqual(theirs?.['properties'], mine?.['properties']);
  assert.equal(theirs?.['owner'], '/acl_users:admin');
  assert.deepEqual((await there.get('/docs/b.bin')).bytes, (await admin.get('/docs/b.bin')).bytes);
  const { tid } = job.result ?? {};
  const undone = await there.json('POST', '/@api/undo', { transactions: [tid] });
  assert.equal(undone.status, 200, undone.text);
  assert.equal((await there.get('/docs/@api')).status, 404);
});

test('an export of the past is what there was then', async () => {
  await write('POST', '/@api/contents', { type: 'Document', id: 'past', title: 'Then' });
  const { tid } = (await admin.get('/past/@api')).json();
  await write('PATCH', '/past/@api', { title: 'Now' });
  const { bytes } = await exported(`/past/@api/export?at=${String(tid)}`);
  const job = await importInto(admin, '/docs/@api/import?id=past', bytes);
  assert.equal(job.state, 'done', job.log.join('\n'));
  assert.equal((await admin.get('/docs/past/@api')).json()['title'], 'Then');
});

test('an id that is taken is not asked for; one that was given is refused', async () => {
  const { bytes } = await exported('/docs/t/@api/export');
  const job = await importInto(admin, '/docs/@api/import', bytes);
  assert.equal(job.result?.['path'], '/docs/copy_of_t');
  assert.equal(
    (await admin.request('POST', '/docs/@api/import?id=t', { body: bytes })).status,
    409,
  );
});

test('what was given to single people stays behind, and so do authors and proxy roles', async () => {
  await write('POST', '/@api/contents', { type: 'Folder', id: 'given' });
  await write('POST', '/given/@api/contents', { type: 'Template', id: 't' });
  await write('POST', '/acl_users/@api/contents', {
    type: 'User',
    id: 'ann',
    fields: { password: 'a good password', roles: [] },
  });
  await write('PATCH', '/given/@api/permissions', {
    localRoles: { ann: ['Manager'] },
    permissions: { View: { roles: ['Manager'], acquire: false } },
  });
  await write('PATCH', '/given/t/@api/permissions', { proxyRoles: ['Manager'] });
  const { bytes } = await exported('/given/@api/export');
  const job = await importInto(admin, '/@api/import?id=taken', bytes);
  assert.equal(job.state, 'done', job.log.join('\n'));
  interface Settings {
    readonly localRoles: object;
    readonly proxyRoles?: readonly string[];
    readonly permissions: readonly { name: string; acquire: boolean }[];
  }
  const folder = (await admin.get('/taken/@api/permissions')).json<Settings>();
  assert.deepEqual(folder.localRoles, {});
  assert.equal(folder.permissions.find(({ name }) => name === 'View')?.acquire, false);
  assert.deepEqual((await admin.get('/taken/t/@api/permissions')).json<Settings>().proxyRoles, []);
});

test('whoever may not read all of it may not export it, and users ask for more', async () => {
  await write('POST', '/@api/contents', { type: 'Folder', id: 'half' });
  await write('POST', '/half/@api/contents', { type: 'Document', id: 'secret' });
  await write('POST', '/acl_users/@api/contents', {
    type: 'User',
    id: 'ben',
    fields: { password: 'a good password', roles: [] },
  });
  await write('PATCH', '/half/@api/permissions', {
    addRoles: ['Carrier'],
    localRoles: { ben: ['Carrier'] },
    permissions: Object.fromEntries(
      ['Import/Export objects', 'View management screens'].map((name) => [
        name,
        { roles: ['Carrier'], acquire: true },
      ]),
    ),
  });
  const ben = server.client({ name: 'ben', password: 'a good password' });
  const { bytes } = await exported('/half/@api/export', ben);
  await write('PATCH', '/half/secret/@api/permissions', {
    permissions: { View: { roles: ['Manager'], acquire: false } },
  });
  const refused = await ben.json('GET', '/half/@api/export');
  assert.equal(refused.status, 403);
  assert.match(refused.text, /\/half\/secret/);
  await write('DELETE', '/half/secret/@api');
  assert.equal((await ben.get('/half/@api/export')).status, 200);
  await write('POST', '/half/@api/contents', { type: 'UserFolder', id: 'acl_users' });
  await write('POST', '/half/acl_users/@api/contents', { type: 'User', id: 'low' });
  assert.equal((await ben.json('GET', '/half/@api/export')).status, 403);

  const imports = await ben.request('POST', '/half/@api/import', { body: bytes });
  assert.equal(imports.status, 403, 'settings and sources come along');
});

test('a file that was damaged on its way is refused by the job, and changes nothing', async () => {
  const { bytes } = await exported('/docs/@api/export');
  for (const body of [bytes.subarray(0, -10), Buffer.from(bytes)]) {
    body[bytes.length >> 1] = (body[bytes.length >> 1] ?? 0) ^ 1;
    const job = await importInto(admin, '/@api/import?id=damaged', body);
    assert.equal(job.state, 'failed');
    assert.match(job.log.join('\n'), /At byte \d+ of the import/);
    assert.equal((await admin.get('/damaged/@api')).status, 404);
  }
});

test('HEAD tells of an export and makes none; a batch holds none', async () => {
  const head = await admin.request('HEAD', '/docs/@api/export');
  assert.deepEqual([head.status, head.bytes.length], [200, 0]);
  const batch = await admin.json('POST', '/@api/batch', {
    operations: [{ method: 'GET', path: '/docs/@api/export' }],
  });
  assert.equal(batch.status, 403);
});

/** Asks for an export, and cuts the connection when it begins; answers the status. */
async function leave(): Promise<number | undefined> {
  const auth = `${ADMIN.name}:${ADMIN.password}`;
  const leaving = get(new URL('/docs/@api/export', server.url), { agent: false, auth });
  const [answer] = (await once(leaving, 'response')) as [IncomingMessage];
  answer.destroy();
  return answer.statusCode;
}

test('whoever leaves in the middle of an export leaves nothing running', async () => {
  // One that is still ending takes its place meanwhile; one that stayed would take it for ever.
  for (let left = 0; left < EXPORTS_MAX;) {
    const status = await leave();
    if (status === 200) left += 1;
    else assert.equal(status, 503);
    await wait(10);
  }
  let status = 503;
  for (; status === 503; await wait(10)) ({ status } = await admin.get('/docs/@api/export'));
  assert.equal(status, 200);
});

test('a file that was exported comes in through the form of the admin as the object it was', async () => {
  const { bytes } = await exported('/docs/deep/@api/export');
  const boundary = 'x-boundary-x';
  const head = (about: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; ${about}\r\n\r\n`;
  const body = Buffer.concat([
    Buffer.from(`${head('name="action"')}start\r\n${head('name="file"; filename="deep.canopy"')}`),
    bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const sent = await admin.request('POST', '/@manage/import', { headers, body });
  const id = /job=([^&]+)/.exec(sent.header('location') ?? '')?.[1] ?? '';
  for (;;) {
    const job = (await admin.json('GET', `/@api/jobs/${id}`)).json<Job>();
    if (['queued', 'running'].includes(job.state)) await wait(60);
    else {
      assert.deepEqual([job.state, job.result?.['path']], ['done', '/deep'], job.log.join('\n'));
      break;
    }
  }
  const page = await admin.request('GET', `/@manage/import?job=${id}`, {
    headers: { accept: 'text/html' },
  });
  assert.match(page.text, /Imported[\s\S]*Imported \/deep: 2 objects/);
  assert.match(page.text, /value="undo"/);
  assert.match(page.text, /href="\/@api\/export" download/);
});
