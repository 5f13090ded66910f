/**
 * Everything wrong that can be sent to the JSON interface: each answer is one that is described, none
 * is a fault of the server, and each says in words what is wrong.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { contentTypes } from '../../../server/content/content-type.js';
import { PROPERTY_TYPES } from '../../../server/content/properties.js';
import { registerBuiltInTypes } from '../../../server/content/types.js';
import { JSON_DEPTH_MAX } from '../../../server/publisher/json-body.js';
import { MESSAGE_LENGTH_MAX } from '../../../server/quote.js';
import type { Page } from '../../support/client.js';
import { DescribedServer } from './described-server.js';

let site: DescribedServer;
let tid: string;
/** An object of each content type, by its name. */
const paths: Record<string, string> = {
  Folder: '/f',
  UserFolder: '/f/acl_users',
  User: '/f/acl_users/low',
};

/** Fields that objects of a type cannot be without. */
const NEEDED: Readonly<Record<string, object>> = {
  Redirect: { target: '/f' },
  SqlConnection: { url: 'site.sqlite' },
  SqlMethod: { connection: 'SqlConnection' },
};

before(async () => {
  registerBuiltInTypes();
  site = await DescribedServer.start();
  await site.write('POST', '/@api/contents', { type: 'Folder', id: 'f' });
  await site.write('POST', '/f/@api/contents', { type: 'UserFolder', id: 'acl_users' });
  const low = { type: 'User', id: 'low', fields: { password: 'a good password' } };
  await site.write('POST', '/f/acl_users/@api/contents', low);
  for (const { name } of contentTypes.all()) {
    if (name in paths) continue;
    const fields = NEEDED[name];
    await site.write('POST', '/f/@api/contents', { type: name, id: name, fields });
    paths[name] = `/f/${name}`;
  }
  tid = String((await site.write('PATCH', '/f/Document/@api', { title: 'New' }))['tid']);
});
after(() => site[Symbol.asyncDispose]());

const LONG = 'x'.repeat(20_000);

/** Texts that mean nothing where they are sent, or should not. */
const TEXTS = [
  '',
  ' ',
  'x',
  '\u0000',
  'a\nb',
  '\ud800',
  '..',
  '/',
  '//',
  '@x',
  '_x',
  LONG,
  '-1',
  '1',
];
const OTHERS = [null, true, 7, -1.5, 1e308, [], [1], [null], ['x'], ['\ud800'], {}, { a: 1 }];
const VALUES: readonly unknown[] = [...TEXTS, ...OTHERS, { constructor: 1 }, [['x']]];

/** Where each operation that takes JSON is asked, and a body that passes. */
const bodies = (): Readonly<Record<string, { url: string; body: Record<string, unknown> }>> => ({
  'PATCH /{path}/@api': { url: '/f/Document/@api', body: {} },
  'POST /{path}/@api/contents': { url: '/f/@api/contents', body: { type: 'Document', id: 'f' } },
  'POST /{path}/@api/copy': { url: '/f/Document/@api/copy', body: { to: '/nowhere' } },
  'POST /{path}/@api/move': { url: '/f/Document/@api/move', body: { to: '/nowhere' } },
  'POST /{path}/@api/batch': { url: '/@api/batch', body: { operations: [] } },
  'POST /{path}/@api/revert': { url: '/f/Document/@api/revert', body: { tid } },
  'POST /{path}/@api/restore': {
    url: '/f/Document/@api/restore',
    body: { at: tid, dryRun: true },
  },
  'POST /{path}/@api/undo': {
    url: '/@api/undo',
    body: { transactions: [tid], dryRun: true },
  },
  'POST /{path}/@api/run': { url: '/f/SqlMethod/@api/run', body: {} },
  'POST /{path}/@api/test': { url: '/f/SqlConnection/@api/test', body: { sql: 'SELECT 1' } },
  'PATCH /{path}/@api/permissions': { url: '/f/Document/@api/permissions', body: {} },
  'POST /{path}/@api/me/password': {
    url: '/@api/me/password',
    body: { present: 'a guess', password: 'x' },
  },
});

interface Problem {
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/** Sends a request; a refusal must be described and read well. */
async function send(key: string, url: string, body: unknown, headers = {}): Promise<Page> {
  const [method = ''] = key.split(' ');
  const json = { 'content-type': 'application/json', ...headers };
  const sent =
    body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const page = await site.admin.request(method, url, { headers: json, ...sent });
  const said = `${method} ${url} ${String(sent.body).slice(0, 200)}: ${page.status} ${page.text.slice(0, 400)}`;
  assert.ok(page.status < 500, said);
  if (page.status < 400) return page;
  assert.ok(page.status in site.operation(key).responses, `described: ${said}`);
  const { title, detail, errors = [] } = page.json<Problem>();
  for (const text of [title, detail, ...errors.map(({ message }) => message)]) {
    assert.ok(readsWell(text), `${JSON.stringify(text)} reads well: ${said}`);
  }
  return page;
}

function readsWell(text: string): boolean {
  return (
    /^[\p{L}_“"/]/u.test(text) &&
    /[\p{L}\p{N}.”")…/]$/u.test(text) &&
    !/\p{Cc}|\p{Cs}| {2}|undefined|\[object|NaN|““|: ;/u.test(text) &&
    text.length <= MESSAGE_LENGTH_MAX + 1
  );
}

function isOfType(value: unknown, type: string): boolean {
  return type === 'integer' ? Number.isSafeInteger(value) : typeof value === type;
}

function fieldsOf(page: Page): readonly string[] {
  return (page.json<Problem>().errors ?? []).map(({ field }) => field);
}

test('each member of each body: what is not of its type is refused by its name', async () => {
  for (const [key, { url, body }] of Object.entries(bodies())) {
    const schema = site.operation(key).requestBody?.content['application/json']?.schema;
    const members = schema?.['properties'] as Record<string, { readonly type?: unknown }>;
    for (const [name, { type }] of Object.entries(members)) {
      for (const value of VALUES) {
        const page = await send(key, url, { ...body, [name]: value });
        if (typeof type !== 'string' || isOfType(value, type) || Array.isArray(value)) continue;
        assert.equal(page.status, 422, `${key} ${name} ${JSON.stringify(value)}: ${page.text}`);
        assert.ok(fieldsOf(page).includes(name), `${key} ${name}: ${page.text}`);
      }
    }
  }
});

test('members that are missing or unknown are named', async () => {
  for (const [key, { url, body }] of Object.entries(bodies())) {
    const { content, required } = site.operation(key).requestBody ?? { content: {} };
    const schema = content['application/json']?.schema ?? {};
    // Of several that would do, the first is asked for.
    const [first] = (schema['anyOf'] ?? [schema]) as readonly Readonly<Record<string, unknown>>[];
    const names = (first?.['required'] ?? []) as readonly string[];
    const page = await send(key, url, {});
    assert.equal(page.status === 422, required === true, `${key}: ${page.text}`);
    if (required === true) assert.deepEqual(fieldsOf(page), names);
    for (const name of ['colour', '__proto__', 'constructor', 'toString', '']) {
      const text = `{${JSON.stringify(name)}:1,${JSON.stringify(body).slice(1)}`.replace(',}', '}');
      const strange = await send(key, url, text);
      assert.equal(strange.status, 422, `${key} ${name}: ${strange.text}`);
      assert.ok(fieldsOf(strange).includes(name), `${key} ${name}: ${strange.text}`);
    }
  }
});

test('a body that is no JSON object is refused for what it is', async () => {
  const deep = JSON_DEPTH_MAX + 1;
  for (const [key, { url }] of Object.entries(bodies())) {
    for (const body of ['[]', 'null', '1', '"text"', 'true', '[{}]']) {
      const page = await send(key, url, body);
      assert.equal(page.status, 422, `${key} ${body}`);
      assert.equal(page.json<Problem>().detail, 'The body must be a JSON object');
    }
    for (const body of ['{', '{"a":', "{'a':1}", '{}{}', 'nonsense', '{"a":1,}']) {
      assert.equal((await send(key, url, body)).status, 400, `${key} ${body}`);
    }
    const levels = `{"title":${'['.repeat(deep)}${']'.repeat(deep)}}`;
    assert.equal((await send(key, url, levels)).status, 400, key);
    for (const type of ['text/plain', '', 'application/x-www-form-urlencoded', 'text/json']) {
      const page = await send(key, url, '{}', { 'content-type': type });
      assert.equal(page.status, 415, `${key} ${type}`);
    }
    const form = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n';
    const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
    assert.equal((await send(key, url, form, multipart)).status, 415, key);
    const large = await send(key, url, 'x'.repeat(100_000), { 'content-type': 'text/plain' });
    assert.equal(large.status, 415, key);
  }
});

test('a text that no character stands for is refused where it would be stored', async () => {
  const key = 'PATCH /{path}/@api';
  for (const [type, path] of Object.entries(paths)) {
    const fields = contentTypes.get(type)?.fields ?? [];
    for (const { name, kind, readonly } of fields) {
      if (readonly === true || (kind !== 'text' && kind !== 'source')) continue;
      const page = await send(key, `${path}/@api`, { fields: { [name]: 'a\ud800b' } });
      assert.equal(page.status, 422, page.text);
      assert.deepEqual(fieldsOf(page), [`fields.${name}`]);
    }
    for (const property of [
      { name: 'p', value: '\udc00' },
      { name: '\udc00', value: 'p' },
    ]) {
      const page = await send(key, `${path}/@api`, { properties: [property] });
      assert.deepEqual(fieldsOf(page), [`properties.${property.name}`]);
    }
    const page = await send(key, `${path}/@api`, { title: `New ${type}`, note: 'Why \ud83c' });
    assert.equal(page.status, 200, page.text);
  }
});

test('each field and property of each type: whatever is sent, it passes or is named', async () => {
  const key = 'PATCH /{path}/@api';
  let refused = 0;
  const patch = async (path: string, body: Record<string, unknown>): Promise<void> => {
    const page = await send(key, `${path}/@api`, body);
    if (page.status < 400) return;
    refused += 1;
    assert.equal(page.status, 422, page.text);
    assert.ok(fieldsOf(page).length > 0 && !fieldsOf(page).includes(''), page.text);
  };
  for (const [type, path] of Object.entries(paths)) {
    for (const value of VALUES) {
      for (const { name } of contentTypes.get(type)?.fields ?? []) {
        await patch(path, { fields: { [name]: value } });
      }
      await patch(path, { properties: [value] });
    }
  }
  for (const value of VALUES) {
    await patch('/f', { properties: [{ name: 'p', value, colour: 'red' }] });
    await patch('/f', { properties: [{ name: value, value: 'x' }] });
    await patch('/f', { properties: [{ name: 'p', type: value, value: 'x' }] });
    await patch('/f', {
      properties: [{ name: 'p', type: 'selection', choices: value, value: 'x' }],
    });
    await patch('/f', {
      properties: [
        { name: 'q', value: 1 },
        { name: 'q', value: 2 },
      ],
    });
    for (const type of [...PROPERTY_TYPES, 'ustring']) {
      await patch('/f', { properties: [{ name: `new ${type}`, type, value }] });
      await patch('/f', { properties: [{ name: `new ${type}`, value: null }] });
    }
  }
  assert.ok(refused > 500, `${refused} were refused`);
});

test('each operation of a batch, and each setting of security, in any shape', async () => {
  for (const value of VALUES) {
    const word = typeof value === 'string' ? value : JSON.stringify(value);
    const good = { method: 'GET', path: '/f/@api' };
    for (const operation of [
      value,
      { ...good, method: value },
      { ...good, path: value },
      { ...good, path: `/${word}/@api` },
      { ...good, path: `/@api/${word}` },
      { ...good, path: `/@api/contents?limit=${word}&at=x` },
      { ...good, headers: value },
      { method: 'PATCH', path: '/f/@api', body: value },
      { method: 'PUT', path: '/f/Document/@api/data', body: value },
      { method: 'DELETE', path: '/f/nothing/@api', body: value },
    ]) {
      await send('POST /{path}/@api/batch', '/@api/batch', { operations: [good, operation] });
    }
    for (const change of [
      { permissions: { View: value } },
      { permissions: { View: { roles: value } } },
      { permissions: { View: { roles: [], acquire: value } } },
      { permissions: { View: { roles: [], acquire: true, colour: value } } },
      { permissions: { [word]: ['Manager'] } },
      { localRoles: { admin: value } },
      { localRoles: { [word]: ['Manager'] } },
    ]) {
      const url = '/f/Document/@api/permissions';
      await send('PATCH /{path}/@api/permissions', url, change);
    }
  }
});

test('queries: what cannot be read is refused with the name of the parameter', async () => {
  const counts = ['-1', 'x', '', '1e3', '1.5', '99999999999999999999', '%00', LONG.slice(0, 5000)];
  const moments = ['x', '99999999999999999', '-5', '2026-13-01', 'yesterday', '%00', 'a%0ab'];
  const bad: Readonly<Record<string, readonly string[]>> = {
    start: counts,
    limit: [...counts, '1001'],
    sort: ['', 'colour', '%00'],
    order: ['', 'up'],
    show: ['', 'all'],
    from: moments,
    to: moments,
    at: moments,
    diff: [...moments, ''],
    permission: [''],
  };
  let asked = 0;
  for (const [path, methods] of Object.entries(site.description.paths)) {
    const { get } = methods;
    if (get === undefined) continue;
    const url = path.replace('{path}', 'f').replace('{tid}', tid).replace('{id}', 'x');
    for (const { name, in: where } of get.parameters) {
      if (where !== 'query') continue;
      // What a search is sorted by depends on the catalog.
      if (path.endsWith('/search') && ['sort', 'order'].includes(name)) continue;
      for (const value of bad[name] ?? []) {
        const at = path.includes('history/') ? url.replace('/f/', '/f/Document/') : url;
        const page = await send(`GET ${path}`, `${at}?${name}=${value}`, undefined);
        assert.equal(page.status, 400, `${at} ${name}=${value}: ${page.text}`);
        assert.equal(page.json()['field'], name);
        asked += 1;
      }
    }
  }
  assert.ok(asked > 100, `${asked} were asked`);
});

test('any moment can be asked for, also before and after all transactions', async () => {
  for (const [path, methods] of Object.entries(site.description.paths)) {
    if (methods['get'] === undefined) continue;
    const url = path.replace('{path}/', '').replace('{tid}', tid).replace('{id}', 'x');
    for (const at of [
      '0',
      '1',
      tid,
      '9007199254740991',
      '1950-01-01',
      '9999-12-31',
      '2026-11-21',
    ]) {
      const page = await send(`GET ${path}`, `${url}?at=${at}`, undefined);
      const gone = ['0', '1', '1950-01-01'].includes(at);
      if (!gone) continue;
      assert.equal(page.status, 404, `${url} at ${at}: ${page.text}`);
      assert.equal(page.json<Problem>().detail, 'There was no site yet then');
    }
  }
});

test('paths that lead nowhere, or cannot be read, are problems too', async () => {
  for (const path of [
    ...['/nope', '/f/nope', '/f/Document/x', '/_x', '/%ff', '/a%2fb', '/%00', '/@nope'],
    ...[`/${'a/'.repeat(300)}b`, `/${LONG.slice(0, 8000)}`],
  ]) {
    for (const key of ['GET /{path}/@api', 'PATCH /{path}/@api', 'DELETE /{path}/@api']) {
      if (path === '/@nope') continue;
      const page = await send(key, `${path}/@api`, undefined);
      assert.equal(page.status, path === '/%ff' ? 400 : 404, path);
      assert.equal(page.header('content-type'), 'application/problem+json');
    }
  }
  for (const rest of ['nope', 'jobs/x/y', '%ff', 'history/a%2fb', '@api', 'history/%00']) {
    const page = await send('GET /{path}/@api', `/@api/${rest}`, undefined);
    assert.equal(page.status, rest === '%ff' ? 400 : 404, rest);
    assert.equal(page.header('content-type'), 'application/problem+json');
  }
});

test('tids that are none, or of no transaction', async () => {
  for (const word of ['0', '1', '-1', '1e5', 'x', '99999999999999999', '9007199254740991', '01']) {
    const shown = await send(
      'GET /{path}/@api/history/{tid}',
      `/f/Document/@api/history/${word}`,
      undefined,
    );
    assert.equal(shown.status, word === '9007199254740991' ? 200 : 404, word);
    const undone = await send('POST /{path}/@api/undo', '/@api/undo', { transactions: [word] });
    assert.equal(undone.status, 422, word);
  }
});
