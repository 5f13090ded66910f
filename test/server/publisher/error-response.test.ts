/** What error pages are told, and by whose leave, over real HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Client } from '../../support/client.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let admin: Client;
/** May write templates in `/pub`, and see none of the admin. */
let low: Client;

before(async () => {
  server = await startServer();
  admin = server.client(ADMIN);
  const password = 'a good password';
  await write(admin, '/acl_users', { type: 'User', id: 'low', fields: { password } });
  low = server.client({ name: 'low', password });
  for (const id of ['pub', 'own']) {
    await write(admin, '', { type: 'Folder', id });
    const setting = { roles: ['Authenticated'], acquire: true };
    const page = await admin.json('PATCH', `/${id}/@api/permissions`, {
      permissions: { 'Add Templates': setting, 'Change Templates': setting },
    });
    assert.equal(page.status, 200, page.text);
    await write(
      admin,
      `/${id}`,
      template('broken', 'fine\n{{raise "Boom" "a secret of the inside"}}'),
    );
  }
});
after(() => server[Symbol.asyncDispose]());

async function write(as: Client, at: string, body: unknown): Promise<void> {
  const page = await as.json('POST', `${at}/@api/contents`, body);
  assert.equal(page.status, 201, page.text);
}

function template(id: string, source: string): object {
  return { type: 'Template', id, fields: { source } };
}

const DETAILS = /secret of the inside|broken.*line|line 2/;

test('an error page whose author may not see the inside is not told of it, whoever visits', async () => {
  const told = '[{{error.status}} {{error.detail}}] <img src="/x?{{urlencode error.detail}}">';
  const ways = [
    told,
    '{{json error}}',
    '{{#with error}}{{detail}}{{/with}}',
    '{{#each error}}{{this}} {{/each}}',
    '{{set "kept" error}}{{kept.detail}}',
    '{{#let all=error}}{{all.detail}}{{/let}}',
  ];
  await write(low, '/pub', template('standard_error_message', told));
  for (const source of ways) {
    const page = await low.request('PUT', '/pub/standard_error_message/@api/data', {
      headers: { 'content-type': 'text/html' },
      body: source,
    });
    assert.equal(page.status, 200, page.text);
    const seen = await admin.get('/pub/broken');
    assert.equal(seen.status, 500);
    assert.match(seen.text, /A template of this page has an error/, source);
    assert.doesNotMatch(seen.text, DETAILS, source);
  }
});

test('an error page of a manager tells managers, and nobody else', async () => {
  await write(low, '/own', template('spy', '({{error.detail}})'));
  const source = '[{{error.detail}}] {{> spy}} {{#with error}}{{> spy}}{{/with}}';
  await write(admin, '/own', template('standard_error_message', source));
  const seen = await admin.get('/own/broken');
  assert.match(
    seen.text,
    /\[A template of this page has an error\. \/own\/broken, line 2.*a secret of the inside.*\]/,
  );
  assert.match(seen.text, /\(A template of this page has an error\.\)/);
  assert.equal(seen.text.match(/a secret of the inside/g)?.length, 1, 'a part of low is not told');
  for (const visitor of [low, server.client()]) {
    assert.doesNotMatch((await visitor.get('/own/broken')).text, DETAILS);
  }
});

test('roles that an error page runs with do not open the inside to visitors', async () => {
  const page = await admin.json('PATCH', '/own/standard_error_message/@api/permissions', {
    proxyRoles: ['Manager'],
  });
  assert.equal(page.status, 200, page.text);
  const seen = await server.client().get('/own/broken');
  assert.match(seen.text, /A template of this page has an error/);
  assert.doesNotMatch(seen.text, DETAILS);
});

test('what a template catches of another has no place, unless its author may see that source', async () => {
  const source =
    '{{#try}}{{> broken}}{{else}}({{@error.message}}{{@error.path}}{{@error.line}}){{/try}}';
  await write(low, '/own', template('catching', source));
  assert.match((await admin.get('/own/catching')).text, /\(a secret of the inside\)/);
  await write(admin, '/own', template('caught', source));
  assert.match((await admin.get('/own/caught')).text, /\(a secret of the inside\/own\/broken2\)/);
  assert.match((await low.get('/own/caught')).text, /\(a secret of the inside\)/);
});

test('without an error page, the plain one tells managers alone', async () => {
  await write(admin, '', template('broken', '{{raise "Boom" "a secret of the inside"}}'));
  assert.match((await admin.get('/broken')).text, /a secret of the inside/);
  assert.doesNotMatch((await server.client().get('/broken')).text, DETAILS);
});
