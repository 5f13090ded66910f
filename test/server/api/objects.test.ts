/** "Objects" of the JSON interface, over real HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OPERATIONS_MAX } from '../../../server/api/batch.js';
import { SOURCE_BYTES_MAX } from '../../../server/content/fields.js';
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

/** Makes a folder of its own for a test, so that tests share nothing. */
async function folder(id: string): Promise<void> {
  await add('', { type: 'Folder', id });
}

async function add(at: string, body: Record<string, unknown>): Promise<Page> {
  const page = await admin.json('POST', `${at}/@api/contents`, body);
  assert.equal(page.status, 201, page.text);
  return page;
}

function errorsOf(page: Page): string[] {
  const { errors } = page.json<{ errors: { field: string }[] }>();
  return errors.map(({ field }) => field);
}

test('an object that was added is there, with its defaults and the transaction that made it', async () => {
  await folder('a');
  const page = await add('/a', {
    type: 'Document',
    id: 'today',
    title: 'Today',
    fields: { source: '# Hi' },
  });
  assert.equal(page.header('location'), `${server.url}a/today`);
  const made = page.json();
  assert.equal(page.header('etag'), `"${String(made['tid'])}"`);
  assert.match(String(made['tid']), /^\d{16}$/);

  const read = (await admin.json('GET', '/a/today/@api')).json();
  assert.deepEqual(read, made);
  assert.equal(read['path'], '/a/today');
  assert.equal(read['type'], 'Document');
  assert.equal(read['owner'], '/acl_users:admin');
  assert.deepEqual(read['fields'], { source: '# Hi', format: 'markdown', layout: 'layout' });
  assert.deepEqual(read['properties'], []);
  assert.equal(Math.floor(Number(read['tid']) / 1000), Date.parse(String(read['modified'])));
});

test('a patch changes what it lists and nothing else', async () => {
  await folder('b');
  await add('/b', {
    type: 'Document',
    id: 'page',
    title: 'Before',
    properties: [
      { name: 'colour', type: 'string', value: 'green' },
      { name: 'count', type: 'int', value: 3 },
    ],
  });
  const page = await admin.json('PATCH', '/b/page/@api', {
    fields: { source: 'New' },
    properties: [
      { name: 'count', value: 4 },
      { name: 'colour', value: null },
    ],
    note: 'Why not',
  });
  assert.equal(page.status, 200, page.text);
  const read = page.json();
  assert.equal(read['title'], 'Before');
  assert.deepEqual(read['properties'], [{ name: 'count', type: 'int', value: 4 }]);
  const [newest] = (await admin.json('GET', '/b/page/@api/transactions')).json<{
    items: { description: string; user: string; paths: string[]; tid: string }[];
  }>().items;
  assert.equal(newest?.description, 'Why not');
  assert.equal(newest?.user, '/acl_users:admin');
  assert.deepEqual(newest?.paths, ['/b/page']);
  assert.equal(newest?.tid, read['tid']);
});

test('a patch that changes nothing makes no transaction', async () => {
  await folder('c');
  const { tid } = (await add('/c', { type: 'Document', id: 'page', title: 'Same' })).json();
  const page = await admin.json('PATCH', '/c/page/@api', { title: 'Same' });
  assert.equal(page.status, 200);
  assert.equal(page.json()['tid'], tid);
});

test('what does not pass is named, and nothing changes', async () => {
  await folder('d');
  for (const [body, fields] of [
    [{ type: 'Document' }, ['id']],
    [{ type: 'Nothing', id: 'x' }, ['type']],
    [{ type: 'Document', id: '_x' }, ['id']],
    [{ type: 'Document', id: 'x', title: 7 }, ['title']],
    [{ type: 'Document', id: 'x', fields: { format: 'tex' } }, ['fields.format']],
    [{ type: 'Document', id: 'x', fields: { strange: 1 } }, ['fields.strange']],
    [{ type: 'Template', id: 'x', fields: { source: '{{#if}}' } }, ['fields.source']],
    [
      { type: 'Document', id: 'x', properties: [{ name: 'title', value: 1 }] },
      ['properties.title'],
    ],
    [
      { type: 'Document', id: 'x', properties: [{ name: 'n', type: 'int', value: 'no' }] },
      ['properties.n'],
    ],
    [{ type: 'Document', id: 'x', colour: 'red' }, ['colour']],
    [[1], ['']],
  ] as const) {
    const page = await admin.json('POST', '/d/@api/contents', body);
    assert.equal(page.status, 422, page.text);
    assert.equal(page.header('content-type'), 'application/problem+json');
    assert.deepEqual(errorsOf(page), fields);
  }
  assert.equal((await admin.json('GET', '/d/@api/contents')).json()['total'], 0);
});

test('a syntax error of a template is named with its line', async () => {
  await folder('e');
  const source = '<p>\n{{#if a}}\n</p>\n';
  const page = await admin.json('POST', '/e/@api/contents', {
    type: 'Template',
    id: 't',
    fields: { source },
  });
  const [error] = page.json<{ errors: { line: number; message: string }[] }>().errors;
  assert.equal(page.status, 422);
  assert.ok((error?.line ?? 0) >= 2, page.text);
});

test('a body that cannot be read is refused for what is wrong with it', async () => {
  const json = { 'content-type': 'application/json' };
  const malformed = await admin.request('PATCH', '/@api', { headers: json, body: '{"a":' });
  assert.equal(malformed.status, 400);
  const media = await admin.request('PATCH', '/@api', {
    headers: { 'content-type': 'text/plain' },
    body: 'a',
  });
  assert.equal(media.status, 415);
});

test('an id that is taken is refused', async () => {
  await folder('f');
  const page = await admin.json('POST', '/@api/contents', { type: 'Folder', id: 'f' });
  assert.equal(page.status, 409);
});

test('contents are listed in pages, sorted and by type', async () => {
  await folder('g');
  for (const id of ['b', 'a', 'c']) await add('/g', { type: 'Document', id, title: `T${id}` });
  await add('/g', { type: 'Folder', id: 'd' });
  const ids = async (query: string): Promise<string[]> =>
    (await admin.json('GET', `/g/@api/contents?${query}`))
      .json<{ items: { id: string }[] }>()
      .items.map(({ id }) => id);
  assert.deepEqual(await ids(''), ['b', 'a', 'c', 'd']);
  assert.deepEqual(await ids('sort=id'), ['a', 'b', 'c', 'd']);
  assert.deepEqual(await ids('sort=id&order=desc'), ['d', 'c', 'b', 'a']);
  assert.deepEqual(await ids('type=Folder'), ['d']);
  assert.deepEqual(await ids('sort=id&start=1&limit=2'), ['b', 'c']);
  const page = (await admin.json('GET', '/g/@api/contents?limit=1')).json();
  assert.equal(page['total'], 4);
  assert.equal(page['limit'], 1);
  for (const query of ['limit=1001', 'start=-1', 'sort=colour', 'limit=x']) {
    const refused = await admin.json('GET', `/g/@api/contents?${query}`);
    assert.equal(refused.status, 400);
    assert.equal(refused.json()['field'], query.split('=')[0]);
  }
});

test('If-Match holds a write to the revision it names', async () => {
  await folder('h');
  const { tid } = (await add('/h', { type: 'Document', id: 'p' })).json();
  const match = { 'if-match': `"${String(tid)}"` };
  const first = await admin.json('PATCH', '/h/p/@api', { title: 'One' }, match);
  assert.equal(first.status, 200);
  const second = await admin.json('PATCH', '/h/p/@api', { title: 'Two' }, match);
  assert.equal(second.status, 412);
  const gone = await admin.json('DELETE', '/h/p/@api', undefined, match);
  assert.equal(gone.status, 412);
  assert.equal((await admin.json('GET', '/h/p/@api')).json()['title'], 'One');
});

test('of writes that raced with If-Match one won and the others were told', async () => {
  await folder('race');
  const { tid } = (await add('/race', { type: 'Document', id: 'p' })).json();
  const match = { 'if-match': `"${String(tid)}"` };
  const pages = await Promise.all(
    [1, 2, 3, 4].map((turn) =>
      server.client(ADMIN).json('PATCH', '/race/p/@api', { title: `T${turn}` }, match),
    ),
  );
  assert.deepEqual(pages.map(({ status }) => status).sort(), [200, 412, 412, 412]);
});

test('data is given and taken as bytes', async () => {
  await folder('i');
  await add('/i', { type: 'Template', id: 't', fields: { source: '<p>{{title}}</p>' } });
  await add('/i', { type: 'File', id: 'f' });
  const source = await admin.get('/i/t/@api/data');
  assert.equal(source.text, '<p>{{title}}</p>');
  assert.equal(source.header('content-type'), 'text/html; charset=utf-8');

  const bytes = Buffer.from([0, 1, 2, 255]);
  const put = await admin.request('PUT', '/i/f/@api/data', {
    headers: { 'content-type': 'application/x-thing' },
    body: bytes,
  });
  assert.equal(put.status, 200, put.text);
  const { fields } = put.json<{ fields: Record<string, unknown> }>();
  assert.equal(fields['size'], 4);
  assert.equal(fields['contentType'], 'application/x-thing');
  const read = await admin.get('/i/f/@api/data');
  assert.deepEqual(read.bytes, bytes);
  assert.equal(read.header('content-type'), 'application/x-thing');

  const text = await admin.request('PUT', '/i/t/@api/data', {
    headers: { 'content-type': 'text/html' },
    body: '<b>',
  });
  assert.equal(text.status, 200, text.text);
  assert.equal((await admin.get('/i/t/@api/data')).text, '<b>');
});

test('objects are copied, moved, renamed, reordered and deleted', async () => {
  await folder('j');
  await folder('k');
  await add('/j', { type: 'Document', id: 'one', title: 'One' });
  await add('/j', { type: 'Document', id: 'two' });

  const copy = await admin.json('POST', '/j/one/@api/copy', { to: '/k' });
  assert.equal(copy.status, 201);
  assert.equal(copy.json()['path'], '/k/one');
  const again = await admin.json('POST', '/j/one/@api/copy', { to: '/k' });
  assert.equal(again.json()['path'], '/k/copy_of_one');
  const taken = await admin.json('POST', '/j/one/@api/copy', { to: '/k', id: 'one' });
  assert.equal(taken.status, 409);

  const renamed = await admin.json('POST', '/j/one/@api/move', { to: '/j', id: 'uno' });
  assert.equal(renamed.json()['path'], '/j/uno');
  const ordered = await admin.json('POST', '/j/two/@api/move', { to: '/j', before: 'uno' });
  assert.equal(ordered.status, 200, ordered.text);
  const { items } = (await admin.json('GET', '/j/@api/contents')).json<{
    items: { id: string }[];
  }>();
  assert.deepEqual(
    items.map(({ id }) => id),
    ['two', 'uno'],
  );

  const into = await admin.json('POST', '/k/@api/move', { to: '/k' });
  assert.ok(into.status === 409 || into.status === 422, into.text);
  const nowhere = await admin.json('POST', '/j/uno/@api/move', { to: '/nowhere' });
  assert.deepEqual(errorsOf(nowhere), ['to']);

  const gone = await admin.json('DELETE', '/j/uno/@api');
  assert.match(String(gone.json()['tid']), /^\d{16}$/);
  assert.equal((await admin.json('GET', '/j/uno/@api')).status, 404);
});

test('a batch happens whole, or not at all', async () => {
  await folder('l');
  const good = await admin.json('POST', '/@api/batch', {
    operations: [
      { method: 'POST', path: '/l/@api/contents', body: { type: 'Folder', id: 'in' } },
      { method: 'POST', path: '/l/in/@api/contents', body: { type: 'Document', id: 'p' } },
      { method: 'PATCH', path: '/l/in/p/@api', body: { title: 'T' } },
      { method: 'GET', path: '/l/in/@api/contents?limit=1' },
    ],
  });
  assert.equal(good.status, 200, good.text);
  const { tid, results } = good.json<{
    tid: string;
    results: { status: number; body: Record<string, unknown> }[];
  }>();
  assert.deepEqual(
    results.map(({ status }) => status),
    [201, 201, 200, 200],
  );
  assert.equal(results[2]?.body['tid'], tid);
  const [newest] = (await admin.json('GET', '/l/@api/transactions?limit=1')).json<{
    items: { tid: string }[];
  }>().items;
  assert.equal(newest?.tid, tid);

  const bad = await admin.json('POST', '/@api/batch', {
    operations: [
      { method: 'POST', path: '/l/@api/contents', body: { type: 'Folder', id: 'never' } },
      { method: 'POST', path: '/l/@api/contents', body: { type: 'Folder', id: 'in' } },
    ],
  });
  assert.equal(bad.status, 409, bad.text);
  assert.equal(bad.json()['failed'], 1);
  assert.equal(bad.json<{ results: unknown[] }>().results.length, 1);
  const [kept] = bad.json<{ results: { body: Record<string, unknown> }[] }>().results;
  assert.equal(kept?.body['tid'], null, 'there is no transaction to name');
  assert.equal((await admin.json('GET', '/l/never/@api')).status, 404);
});

test('the interface addresses by containment, and knows its methods', async () => {
  await folder('m');
  await add('', { type: 'Document', id: 'above' });
  assert.equal((await admin.json('GET', '/m/above/@api')).status, 404);
  assert.equal((await admin.get('/m/above')).status, 200);
  const wrong = await admin.json('PUT', '/m/@api');
  assert.equal(wrong.status, 405);
  assert.deepEqual((wrong.header('allow') ?? '').split(', ').sort(), [
    'DELETE',
    'GET',
    'HEAD',
    'PATCH',
  ]);
  assert.equal((await admin.json('GET', '/m/@api/nothing')).status, 404);
});

test('what somebody may not do is 401 to nobody and 403 to somebody', async () => {
  await folder('n');
  await add('/n', { type: 'Template', id: 't', fields: { source: 'secret' } });
  const anonymous = await anyone.json('PATCH', '/n/@api', { title: 'X' });
  assert.equal(anonymous.status, 401);
  assert.match(anonymous.header('www-authenticate') ?? '', /^Basic/);

  await add('/acl_users', {
    type: 'User',
    id: 'eva',
    fields: { password: 'a good password', roles: [] },
  });
  const eva = server.client({ name: 'eva', password: 'a good password' });
  const known = await eva.json('PATCH', '/n/@api', { title: 'X' });
  assert.equal(known.status, 403);
  assert.ok(known.json<{ because: string[] }>().because.length > 0);

  const template = (await anyone.json('GET', '/n/t/@api')).json();
  assert.deepEqual(template['fields'], {});
  assert.equal((await anyone.json('GET', '/n/t/@api/data')).status, 401);
  assert.equal(
    (await server.client({ name: 'eva', password: 'wrong' }).json('GET', '/@api')).status,
    401,
  );
});

test('openapi.json describes every route, and each is reachable as described', async () => {
  const page = await anyone.json('GET', '/@api/openapi.json');
  const { openapi, paths } = page.json<{
    openapi: string;
    paths: Record<string, Record<string, unknown>>;
  }>();
  assert.equal(openapi, '3.1.0');
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  for (const expected of [
    'GET /{path}/@api',
    'PATCH /{path}/@api',
    'DELETE /{path}/@api',
    'GET /{path}/@api/contents',
    'POST /{path}/@api/contents',
    'GET /{path}/@api/data',
    'PUT /{path}/@api/data',
    'POST /{path}/@api/copy',
    'POST /{path}/@api/move',
    'POST /{path}/@api/batch',
    'GET /{path}/@api/transactions',
    'GET /{path}/@api/history',
    'GET /{path}/@api/history/{tid}',
    'POST /{path}/@api/revert',
    'POST /{path}/@api/restore',
    'POST /{path}/@api/undo',
    'GET /{path}/@api/permissions',
    'PATCH /{path}/@api/permissions',
    'GET /{path}/@api/access',
    'GET /{path}/@api/me',
    'GET /@api/jobs',
    'GET /@api/jobs/{id}',
    'DELETE /@api/jobs/{id}',
    'GET /@api/openapi.json',
  ]) {
    assert.ok(operations.includes(expected), expected);
  }
});

test('a batch past its bound is refused, and so is a source, before it is read', async () => {
  const operation = { method: 'GET', path: '/@api/access?permission=View' };
  for (const [count, status] of [
    [OPERATIONS_MAX, 200],
    [OPERATIONS_MAX + 1, 413],
  ] as const) {
    const operations = Array.from({ length: count }, () => operation);
    const page = await admin.json('POST', '/@api/batch', { operations });
    assert.equal(page.status, status, page.text.slice(0, 200));
  }
  await folder('long');
  await add('/long', { type: 'Document', id: 'd' });
  await add('/long', { type: 'File', id: 'f' });
  const body = Buffer.alloc(SOURCE_BYTES_MAX + 1, 'x');
  const put = (id: string): Promise<Page> =>
    admin.request('PUT', `/long/${id}/@api/data`, { body });
  const source = await put('d');
  assert.equal(source.status, 413, source.text);
  assert.match(source.text, /A source has at most 16777216 bytes/);
  assert.equal((await put('f')).status, 200);
});

test('in a batch, text for data is that text', async () => {
  await folder('texts');
  await add('/texts', { type: 'Template', id: 't' });
  await add('/texts', { type: 'File', id: 'f', fields: { contentType: 'text/css' } });
  const page = await admin.json('POST', '/@api/batch', {
    operations: [
      { method: 'PUT', path: '/texts/t/@api/data', body: '<p>"é"</p>' },
      { method: 'PUT', path: '/texts/f/@api/data', body: 'a{}' },
      { method: 'GET', path: '/texts/t/@api/data' },
    ],
  });
  assert.equal(page.status, 200, page.text);
  assert.equal((await admin.get('/texts/t/@api/data')).text, '<p>"é"</p>');
  const file = await admin.get('/texts/f/@api/data');
  assert.equal(file.text, 'a{}');
  assert.equal(file.header('content-type'), 'text/css');
  assert.equal(page.json<{ results: { body: unknown }[] }>().results[2]?.body, '<p>"é"</p>');
});

test('If-Match holds every write, on whatever it names', async () => {
  await folder('held');
  const { tid } = (await add('/held', { type: 'Document', id: 'd' })).json();
  const writes: readonly (readonly [method: string, path: string, body?: unknown])[] = [
    ['PATCH', '/held/d/@api', { title: 'New' }],
    ['PUT', '/held/d/@api/data'],
    ['DELETE', '/held/d/@api'],
    ['POST', '/held/d/@api/copy', { to: '/' }],
    ['POST', '/held/d/@api/move', { to: '/' }],
    ['POST', '/held/d/@api/batch', { operations: [{ method: 'GET', path: '/@api' }] }],
    ['POST', '/held/d/@api/revert', { tid }],
    ['POST', '/held/d/@api/restore', { at: tid }],
    ['POST', '/held/d/@api/undo', { transactions: [tid] }],
    ['PATCH', '/held/d/@api/permissions', { owner: null }],
    ['POST', '/held/@api/contents', { type: 'Folder', id: 'in' }],
  ];
  for (const [method, path, body] of writes) {
    for (const match of ['"1"', 'garbage', `W/"${String(tid)}"`]) {
      const page = await admin.json(method, path, body, { 'if-match': match });
      assert.equal(page.status, 412, `${method} ${path} ${match}: ${page.text}`);
    }
  }
  assert.equal((await admin.json('GET', '/held/d/@api')).json()['tid'], tid);
});

test('a batch holds no batch, however its path is written', async () => {
  const inner = { operations: [{ method: 'GET', path: '/@api/me' }] };
  for (const path of ['/@api/batch', '/@api/batch/', '/@api/%62atch', '/@api/batch?x=1']) {
    const operations = [{ method: 'POST', path, body: inner }];
    const page = await admin.json('POST', '/@api/batch', { operations });
    assert.equal(page.status, 422, `${path}: ${page.text}`);
    assert.deepEqual(errorsOf(page), ['operations.0.path']);
  }
});
