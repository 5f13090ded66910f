/** What the JSON interface tells of an object, and to whom. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';
import type { Client, Page } from '../../support/client.js';

let server: TestServer;
let admin: Client;
let anyone: Client;

before(async () => {
  server = await startServer();
  admin = server.client(ADMIN);
  anyone = server.client();
});
after(() => server[Symbol.asyncDispose]());

async function write(method: string, path: string, body?: unknown): Promise<Page> {
  const page = await admin.json(method, path, body);
  assert.ok(page.status < 300, `${method} ${path}: ${page.text}`);
  return page;
}

const CLOSED = { View: { roles: ['Manager'], acquire: false } };

test('a change that changes nothing shows an object only to those who may view it', async () => {
  const fields = { source: 'between us' };
  await write('POST', '/@api/contents', { type: 'Document', id: 'a', fields });
  await write('PATCH', '/a/@api/permissions', { permissions: CLOSED });
  for (const body of [undefined, {}, { note: 'just looking' }]) {
    const page = await anyone.json('PATCH', '/a/@api', body);
    assert.equal(page.status, 401, page.text);
    assert.doesNotMatch(page.text, /between us/);
  }
  const operations = [{ method: 'PATCH', path: '/a/@api', body: {} }];
  const batch = await anyone.json('POST', '/@api/batch', { operations });
  assert.equal(batch.status, 401, batch.text);
  assert.match((await admin.json('PATCH', '/a/@api', {})).text, /between us/);
});

test('a write answers no more of an object than its writer may view', async () => {
  const fields = { source: 'between us' };
  await write('POST', '/@api/contents', { type: 'Folder', id: 'b' });
  await write('POST', '/b/@api/contents', { type: 'Document', id: 'page', fields });
  const open = { roles: ['Anonymous'], acquire: true };
  await write('PATCH', '/b/page/@api/permissions', {
    permissions: { ...CLOSED, 'Delete objects': open, 'Manage properties': open },
  });
  const renamed = await anyone.json('POST', '/b/page/@api/move', { to: '/b', id: 'other' });
  assert.equal(renamed.status, 200, renamed.text);
  assert.deepEqual(Object.keys(renamed.json()).sort(), ['id', 'path', 'tid', 'type']);
  assert.equal(renamed.json()['path'], '/b/other');
  const properties = [{ name: 'p', value: 1 }];
  const changed = await anyone.json('PATCH', '/b/other/@api', { properties });
  assert.equal(changed.status, 200, changed.text);
  assert.doesNotMatch(changed.text, /between us/);
});

test('data that a browser would run is sandboxed, and downloaded', async () => {
  const script = '<script>alert(1)</script>';
  await write('POST', '/@api/contents', { type: 'File', id: 'file.html' });
  await admin.request('PUT', '/file.html/@api/data', {
    headers: { 'content-type': 'text/html' },
    body: script,
  });
  await write('POST', '/@api/contents', {
    type: 'Template',
    id: 'template',
    fields: { source: script },
  });
  await write('POST', '/@api/contents', { type: 'File', id: 'empty.html' });
  for (const path of ['/file.html', '/template', '/empty.html']) {
    const page = await admin.get(`${path}/@api/data`);
    assert.equal(page.status, 200, page.text);
    assert.equal(page.header('content-security-policy'), 'sandbox', path);
    if (path !== '/empty.html') {
      assert.equal(page.text, script);
      assert.match(page.header('content-disposition') ?? '', /^attachment; /, path);
    }
  }
});
