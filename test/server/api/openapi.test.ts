/** Every status of every operation, as it is described and as it is. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { routes } from '../../../server/api/api.js';
import { DIRECT_CHANGES_MAX } from '../../../server/api/versions.js';
import { COMMENTS_MAX } from '../../../server/content/version-comments.js';
import { PREVIEWS_MAX } from '../../../server/content/version-preview.js';
import { FAILURES_MAX } from '../../../server/security/login-guard.js';
import type { Client } from '../../support/client.js';
import { builtModule } from '../../support/server.js';
import { leaveInJournal } from '../sql/journal-entry.js';
import { FAULTS } from './faulty-plugin.js';
import { type Asking, BODY_BYTES_MAX, DescribedServer } from './described-server.js';

let site: DescribedServer;
/** May view, and nothing else. */
let reader: Client;
/** Has failed to sign in too often. */
let ghost: Client;
/** The first transaction of a site that has one. */
let early: string;
/** The transaction that began a version, which has another title since. */
let begun: string;
let strangers = 0;

const inVersion = { 'canopy-version': '/v' };
const LARGE_BATCH = 250;
/** How many comments one request makes. */
const TALK_BATCH = 50;

before(async () => {
  site = await DescribedServer.start([builtModule('server/api/faulty-plugin.js')]);
  early = String((await site.write('POST', '/@api/contents', { type: 'Folder', id: 'f' }))['tid']);
  await site.write('POST', '/f/@api/contents', { type: 'Document', id: 'd' });
  begun = String((await site.write('POST', '/@api/contents', { type: 'Version', id: 'v' }))['tid']);
  await site.write('PATCH', '/v/@api', { title: 'Titled' });
  reader = await site.addUser('reader');
  ghost = site.client({ name: 'ghost', password: 'wrong' });
  for (let failed = 0; failed < FAILURES_MAX; failed += 1) await ghost.get('/@api/me');
});
after(() => site[Symbol.asyncDispose]());

/** Adds an object for a test of its own; answers its path and the transaction. */
async function add(type: string, id: string, fields = {}): Promise<{ at: string; tid: string }> {
  const made = await site.write('POST', '/f/@api/contents', { type, id, fields });
  return { at: `/f/${id}`, tid: String(made['tid']) };
}

/** Asks an operation for one status after the other; afterwards it was seen in all that it has. */
async function exhaust(
  key: string,
  cases: Readonly<Record<number, Asking | readonly Asking[]>>,
  url: string,
): Promise<void> {
  for (const [status, askings] of Object.entries(cases)) {
    for (const asking of Array.isArray(askings) ? (askings as readonly Asking[]) : [askings]) {
      await site.ask(key, Number(status), { url, ...(asking as Asking) });
    }
  }
  // Faults have a test of their own, and some operations can be done once, at the end.
  const described = Object.keys(site.operation(key).responses).filter(
    (status) => status < '500' && !(once.has(key) && status === '200'),
  );
  assert.deepEqual(Object.keys(cases).sort(), described.sort(), key);
}

const stranger = (): Client => {
  strangers += 1;
  return site.client({ name: `stranger${strangers}`, password: 'wrong' });
};

const JSON_TYPE = { 'content-type': 'application/json' };

/** What any `GET` below an object may answer. */
function reading(url: string): Record<number, Asking> {
  const [path = '', query = ''] = url.split('?');
  const with_ = (more: string): string => `${path}?${query === '' ? '' : `${query}&`}${more}`;
  return {
    304: { headers: { 'if-none-match': '*' } },
    400: { url: with_('at=nonsense') },
    401: { as: stranger() },
    403: { as: reader, url: with_(`at=${early}`) },
    404: { url: url.startsWith('/@api/') ? with_('at=1') : `/nowhere${url}` },
    412: { headers: { 'if-match': '"none"' } },
    429: { as: ghost },
  };
}

/** What any other request may answer. */
function ordering(url: string): Record<number, Asking> {
  return {
    400: { url: `/%ff${url}` },
    401: { as: stranger() },
    403: { headers: { origin: 'https://elsewhere.example' } },
    404: { url: `/nowhere${url}` },
    405: { url: `${url}?at=${early}` },
    413: { body: Buffer.alloc(BODY_BYTES_MAX + 1, ' '), headers: JSON_TYPE },
    429: { as: ghost },
  };
}

/** What any request that writes JSON may answer; `json` is a body that passes. */
function writing(url: string, json: unknown): Record<number, Asking> {
  return {
    ...ordering(url),
    412: { json, headers: { 'if-match': '"1"' } },
    415: { body: 'text', headers: { 'content-type': 'text/plain' } },
    422: { json: [] },
  };
}

/** What ends the state that its refusals need. */
const once: ReadonlySet<string> = new Set(
  ['check-in', 'update', 'discard'].map((what) => `POST /{path}/@api/${what}`),
);

const exhausted: string[] = [];
function route(key: string, run: () => Promise<void>): void {
  exhausted.push(key);
  test(`${key} answers as it is described`, run);
}

route('GET /{path}/@api', async () => {
  const url = '/f/d/@api';
  await exhaust(
    'GET /{path}/@api',
    {
      ...reading(url),
      200: [
        {},
        { url: '/@api' },
        { url: '/acl_users/admin/@api' },
        { url: `${url}?at=9999-01-01` },
      ],
    },
    url,
  );
});

route('PATCH /{path}/@api', async () => {
  const { at } = await add('Document', 'patched');
  const json = {
    title: 'T',
    properties: [{ name: 'p', type: 'selection', value: 'a', choices: ['a'] }],
  };
  const blind = await site.addUser('blind');
  await site.write('PATCH', `${at}/@api/permissions`, {
    permissions: {
      View: { roles: ['Manager'], acquire: false },
      'Change Documents': { roles: ['Authenticated'], acquire: true },
    },
  });
  const url = `${at}/@api`;
  await exhaust(
    'PATCH /{path}/@api',
    {
      ...writing(url, json),
      200: [{ json }, {}, { as: blind, json: { title: 'Unseen' } }],
      409: { url: '/acl_users/admin/@api', json: { fields: { roles: [] } } },
    },
    url,
  );
});

route('DELETE /{path}/@api', async () => {
  const [gone, kept] = [await add('Folder', 'gone'), await add('Document', 'kept')];
  const url = `${kept.at}/@api`;
  await exhaust(
    'DELETE /{path}/@api',
    {
      ...ordering(url),
      200: { url: `${gone.at}/@api` },
      405: [{ url: `${url}?at=${early}` }, { url: '/@api' }],
      409: { url: '/acl_users/@api' },
      412: { headers: { 'if-match': '"1"' } },
    },
    url,
  );
});

route('GET /{path}/@api/contents', async () => {
  const url = '/f/@api/contents';
  await exhaust(
    'GET /{path}/@api/contents',
    {
      ...reading(url),
      200: [{}, { url: `${url}?sort=id&order=desc&start=1&limit=1&type=Document` }],
    },
    url,
  );
});

route('POST /{path}/@api/contents', async () => {
  const url = '/f/@api/contents';
  const json = { type: 'Template', id: 'added' };
  await exhaust(
    'POST /{path}/@api/contents',
    {
      ...writing(url, { type: 'Template', id: 'never' }),
      201: { json },
      409: { json: { type: 'Template', id: 'd' } },
      422: [{ json: [] }, { json: { type: 'Template', id: 'bad', fields: { source: '{{#if}}' } } }],
    },
    url,
  );
});

route('GET /{path}/@api/data', async () => {
  const { at } = await add('File', 'read');
  const url = `${at}/@api/data`;
  await site.ask('PUT /{path}/@api/data', 200, { url, body: 'some bytes' });
  await exhaust(
    'GET /{path}/@api/data',
    {
      ...reading(url),
      200: [{}, { url: '/f/d/@api/data' }],
      206: { headers: { range: 'bytes=0-3' } },
      404: [{ url: '/f/@api/data' }, { url: '/nowhere/@api/data' }],
      416: { headers: { range: 'bytes=900-' } },
    },
    url,
  );
});

route('PUT /{path}/@api/data', async () => {
  const { at } = await add('File', 'written');
  const url = `${at}/@api/data`;
  await exhaust(
    'PUT /{path}/@api/data',
    {
      ...ordering(url),
      200: [{ body: 'some bytes' }, { url: '/f/d/@api/data', body: '# Text' }],
      404: [{ url: '/f/@api/data' }, { url: '/nowhere/@api/data' }],
      412: { body: 'x', headers: { 'if-match': '"1"' } },
      415: { url: '/f/d/@api/data', body: Buffer.from([0xff]) },
      422: { body: 'x', headers: { 'content-type': 'nonsense' } },
    },
    url,
  );
});

route('POST /{path}/@api/copy', async () => {
  const { at } = await add('Document', 'copied');
  const url = `${at}/@api/copy`;
  const json = { to: '/f', id: 'copy' };
  await exhaust(
    'POST /{path}/@api/copy',
    { ...writing(url, { to: '/f' }), 201: { json }, 409: { json: { to: '/f', id: 'd' } } },
    url,
  );
});

route('POST /{path}/@api/move', async () => {
  const { at } = await add('Document', 'moved');
  const url = `${at}/@api/move`;
  await exhaust(
    'POST /{path}/@api/move',
    {
      ...writing(url, { to: '/f' }),
      200: { json: { to: '/f', before: 'd' } },
      409: [{ json: { to: '/f', id: 'd' } }, { url: '/@api/move', json: { to: '/f' } }],
    },
    url,
  );
});

route('POST /{path}/@api/batch', async () => {
  const url = '/f/@api/batch';
  const one = (method: string, path: string, body?: unknown): Asking => ({
    json: {
      operations: [
        { method: 'GET', path: '/f/@api' },
        { method, path, body },
      ],
    },
  });
  const { json } = one('GET', '/f/@api/me');
  await exhaust(
    'POST /{path}/@api/batch',
    {
      ...writing(url, json),
      200: [{ json }, one('PUT', '/f/d/@api/data', '# Text'), one('GET', '/f/d/@api/data')],
      400: [
        { body: '{', headers: JSON_TYPE },
        one('GET', '/%ff/@api'),
        one('GET', '/@api/contents?limit=x'),
      ],
      403: [
        { headers: { origin: 'https://elsewhere.example' } },
        { as: reader, ...one('PATCH', '/f/@api', { title: 'Mine' }) },
      ],
      404: [{ url: `/nowhere${url}` }, one('GET', '/nowhere/@api')],
      405: [{ url: `${url}?at=${early}` }, one('PUT', '/f/@api')],
      409: [
        one('POST', '/f/@api/contents', { type: 'Folder', id: 'd' }),
        one('POST', '/@api/undo', { transactions: [early] }),
      ],
      422: [{ json: [] }, one('PATCH', '/f/@api', { title: 7 }), one('GET', '/@api?at=1')],
    },
    url,
  );
});

route('GET /{path}/@api/transactions', async () => {
  const url = '/f/@api/transactions';
  const query = `user=admin&from=${early}&to=9999-01-01&limit=2&start=1`;
  await exhaust(
    'GET /{path}/@api/transactions',
    { ...reading(url), 200: [{}, { url: `${url}?${query}` }, { url: '/@api/transactions' }] },
    url,
  );
});

route('GET /{path}/@api/history', async () => {
  const url = '/f/@api/history';
  await exhaust('GET /{path}/@api/history', { ...reading(url), 200: {} }, url);
});

route('GET /{path}/@api/history/{tid}', async () => {
  const { at, tid } = await add('Document', 'old');
  const { tid: now } = await site.write('PATCH', `${at}/@api`, { fields: { source: 'new' } });
  const url = `${at}/@api/history/${tid}`;
  await exhaust(
    'GET /{path}/@api/history/{tid}',
    {
      ...reading(url),
      200: [{}, { url: `${url}?diff=${String(now)}` }],
      400: { url: `${url}?diff=yesterday` },
    },
    url,
  );
});

route('POST /{path}/@api/revert', async () => {
  const { at, tid } = await add('Document', 'reverted');
  await site.write('PATCH', `${at}/@api`, { title: 'Later' });
  const url = `${at}/@api/revert`;
  await exhaust(
    'POST /{path}/@api/revert',
    {
      ...writing(url, { tid }),
      200: { json: { tid } },
      409: { url: '/v/@api/revert', json: { tid: begun }, headers: inVersion },
    },
    url,
  );
});

route('POST /{path}/@api/restore', async () => {
  const { at, tid } = await add('Document', 'restored');
  await site.write('PATCH', `${at}/@api`, { title: 'Later' });
  const url = `${at}/@api/restore`;
  await exhaust(
    'POST /{path}/@api/restore',
    {
      ...writing(url, { at: tid }),
      200: { json: { at: tid } },
      409: { url: '/v/@api/restore', json: { at: begun } },
    },
    url,
  );
});

route('POST /{path}/@api/undo', async () => {
  const { at } = await add('Document', 'undone');
  const { tid } = await site.write('PATCH', `${at}/@api`, { title: 'One' });
  const { tid: later } = await site.write('PATCH', `${at}/@api`, { title: 'Two' });
  const [{ tid: first } = { tid: '' }] = (
    (await site.write('GET', '/@api/transactions?limit=1000'))['items'] as { tid: string }[]
  ).slice(-1);
  const url = `${at}/@api/undo`;
  await exhaust(
    'POST /{path}/@api/undo',
    {
      ...writing(url, { transactions: [later] }),
      200: [{ json: { transactions: [later], dryRun: true } }, { json: { transactions: [later] } }],
      409: [{ json: { transactions: [first] } }, { json: { transactions: [early] } }],
      422: [
        { json: [] },
        { json: { transactions: ['1'] } },
        { json: { transactions: [tid, 'x'] } },
      ],
    },
    url,
  );
});

/** Begins a version in which a document was changed as it was in main; answers where its API is. */
async function addVersion(id: string): Promise<string> {
  const { at } = await add('Document', `in-${id}`);
  await site.write('POST', '/f/@api/contents', { type: 'Version', id });
  for (const source of ['inside', 'outside']) {
    const headers = source === 'inside' ? { 'canopy-version': `/f/${id}` } : {};
    const page = await site.admin.json('PATCH', `${at}/@api`, { fields: { source } }, headers);
    assert.equal(page.status, 200, page.text);
  }
  return `/f/${id}/@api`;
}

/** Adds a version in which more is changed than a request may wait for. */
async function addLarge(): Promise<string> {
  await site.write('POST', '/f/@api/contents', { type: 'Version', id: 'large' });
  const headers = { 'canopy-version': '/f/large' };
  for (let from = 0; from <= DIRECT_CHANGES_MAX; from += LARGE_BATCH) {
    const operations = Array.from({ length: LARGE_BATCH }, (_, at) => ({
      method: 'POST',
      path: '/f/@api/contents',
      body: { type: 'Document', id: `large${from + at}` },
    }));
    const page = await site.admin.json('POST', '/@api/batch', { operations }, headers);
    assert.equal(page.status, 200, page.text.slice(0, 1000));
  }
  return '/f/large/@api';
}

for (const what of ['enter', 'leave']) {
  route(`POST /{path}/@api/${what}`, async () => {
    const url = `/v/@api/${what}`;
    await exhaust(`POST /{path}/@api/${what}`, { ...ordering(url), 200: {} }, url);
    site.admin.cookies.delete('canopy_version');
  });
}

route('GET /{path}/@api/changes', async () => {
  const url = `${await addVersion('changed')}/changes`;
  await exhaust(
    'GET /{path}/@api/changes',
    {
      ...reading(url),
      200: [{}, { url: `${url}?show=diff&limit=1` }],
      400: [{ url: `${url}?limit=x` }, { url: `${url}?at=9999-01-01` }],
      404: { url: '/f/@api/changes' },
    },
    url,
  );
});

for (const what of ['check-in', 'update']) {
  route(`POST /{path}/@api/${what}`, async () => {
    const url = `${await addVersion(`for-${what}`)}/${what}`;
    const json = { note: 'All', resolve: { [`/f/in-for-${what}`]: 'version' } };
    const wrong = [{ resolve: { '/nowhere': 'main' } }, { resolve: 7 }, { resolve: { '/f': 7 } }];
    const objects = Array.from({ length: DIRECT_CHANGES_MAX + 1 }, () => '/f');
    await exhaust(
      `POST /{path}/@api/${what}`,
      {
        ...writing(url, json),
        409: [{ json: {} }, {}],
        422: [{ json: [] }, ...wrong.map((body) => ({ json: body }))],
        202: what === 'update' ? { url: `${await addLarge()}/update` } : { json: { objects } },
      },
      url,
    );
    await site.ask(`POST /{path}/@api/${what}`, 200, { url, json });
  });
}

route('POST /{path}/@api/discard', async () => {
  const url = `${await addVersion('discarded')}/discard`;
  await exhaust(
    'POST /{path}/@api/discard',
    { ...ordering(url), 412: { headers: { 'if-match': '"1"' } } },
    url,
  );
  await site.ask('POST /{path}/@api/discard', 200, { url });
});

route('GET /{path}/@api/review', async () => {
  const url = `${await addVersion('asked')}/review`;
  const cases = { ...reading(url), 200: {}, 404: { url: '/f/@api/review' } };
  await exhaust('GET /{path}/@api/review', cases, url);
});

route('POST /{path}/@api/review', async () => {
  const url = `${await addVersion('reviewed')}/review`;
  const json = { action: 'ask', note: 'Look' };
  const wrong = [{}, { action: 'bless' }, { action: 'approve', seen: 'x' }, { ...json, note: 7 }];
  await exhaust(
    'POST /{path}/@api/review',
    {
      ...writing(url, json),
      200: [{ json }, { json: { action: 'approve' } }],
      409: [
        { json: { action: 'approve', seen: early } },
        { url: '/v/@api/review', json: { action: 'withdraw' } },
      ],
      422: [{ json: [] }, ...wrong.map((body) => ({ json: body }))],
    },
    url,
  );
});

route('POST /{path}/@api/reviewed', async () => {
  const url = `${await addVersion('marked')}/reviewed`;
  const json = { objects: ['/f/in-marked'], reviewed: true };
  const { 412: _none, ...cases } = writing(url, json);
  const wrong = [{}, { ...json, objects: [] }, { ...json, objects: ['/v'] }, { ...json, seen: 7 }];
  await exhaust(
    'POST /{path}/@api/reviewed',
    { ...cases, 200: { json }, 422: [{ json: [] }, ...wrong.map((body) => ({ json: body }))] },
    url,
  );
});

route('POST /{path}/@api/schedule', async () => {
  const url = `${await addVersion('conflicting')}/schedule`;
  const json = { at: new Date(Date.now() + 3_600_000).toISOString(), note: 'Later', keep: true };
  const wrong = [{}, { at: 'noon' }, { at: '2001-01-01' }, { at: 7 }, { ...json, keep: 1 }];
  const { at } = await add('Document', 'later');
  await site.write('POST', '/f/@api/contents', { type: 'Version', id: 'timed' });
  const headers = { 'canopy-version': '/f/timed' };
  await site.admin.json('PATCH', `${at}/@api`, { title: 'Later' }, headers);
  const timed = '/f/timed/@api/schedule';
  await exhaust(
    'POST /{path}/@api/schedule',
    {
      ...writing(url, json),
      200: [
        { url: timed, json },
        { url: timed, json: { at: null } },
      ],
      409: [{ json }, { url: '/v/@api/schedule', json }],
      422: [{ json: [] }, ...wrong.map((body) => ({ json: body }))],
    },
    url,
  );
});

route('GET /{path}/@api/comments', async () => {
  const url = `${await addVersion('heard')}/comments`;
  await site.write('POST', url, { path: '/f/in-heard', text: 'Good' });
  const cases = { ...reading(url), 200: {}, 404: { url: '/f/@api/comments' } };
  await exhaust('GET /{path}/@api/comments', cases, url);
});

route('POST /{path}/@api/comments', async () => {
  const url = `${await addVersion('commented')}/comments`;
  const json = { path: '/f/in-commented', text: 'Look at line 3' };
  const full = `${await addVersion('talked')}/comments`;
  for (let said = 0; said < COMMENTS_MAX; said += TALK_BATCH) {
    const operations = Array.from({ length: TALK_BATCH }, () => ({
      method: 'POST',
      path: full,
      body: { path: '/f/in-talked', text: 'More' },
    }));
    const page = await site.admin.json('POST', '/@api/batch', { operations });
    assert.equal(page.status, 200, page.text.slice(0, 1000));
  }
  const wrong = [{}, { ...json, text: ' ' }, { ...json, path: '/v' }, { ...json, text: 7 }];
  await exhaust(
    'POST /{path}/@api/comments',
    {
      ...writing(url, json),
      200: { json },
      409: { url: full, json: { ...json, path: '/f/in-talked' } },
      422: [{ json: [] }, ...wrong.map((body) => ({ json: body }))],
    },
    url,
  );
});

route('DELETE /{path}/@api/comments', async () => {
  const url = `${await addVersion('quiet')}/comments`;
  const { id } = await site.write('POST', url, { path: '/f/in-quiet', text: 'Gone soon' });
  await exhaust(
    'DELETE /{path}/@api/comments',
    {
      ...writing(url, { id }),
      200: { json: { id } },
      404: [{ url: `/nowhere${url}`, json: { id } }, { json: { id: 'none' } }],
      422: [{ json: [] }, { json: {} }],
    },
    url,
  );
});

route('GET /{path}/@api/preview', async () => {
  const url = '/v/@api/preview';
  await site.write('POST', url, {});
  const cases = { ...reading(url), 200: {}, 404: { url: '/f/@api/preview' } };
  await exhaust('GET /{path}/@api/preview', cases, url);
});

route('POST /{path}/@api/preview', async () => {
  await site.write('POST', '/f/@api/contents', { type: 'Version', id: 'linked' });
  const [url, full] = ['/v/@api/preview', '/f/linked/@api/preview'];
  for (let links = 0; links < PREVIEWS_MAX; links += 1) await site.write('POST', full, {});
  const { 412: _none, ...cases } = writing(url, {});
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const wrong = [{ days: 91 }, { days: '7' }, { until: 'noon' }, { until, days: 1 }];
  await exhaust(
    'POST /{path}/@api/preview',
    {
      ...cases,
      200: [{}, { json: { days: 0.5 } }, { json: { until } }],
      409: { url: full },
      422: [{ json: [] }, ...wrong.map((body) => ({ json: body }))],
    },
    url,
  );
});

route('DELETE /{path}/@api/preview', async () => {
  const url = '/v/@api/preview';
  const { id } = await site.write('POST', url, {});
  const { 412: _none, ...cases } = writing(url, { id });
  await exhaust(
    'DELETE /{path}/@api/preview',
    {
      ...cases,
      200: { json: { id } },
      404: [{ json: { id: 'none' } }, { url: '/f/@api/preview', json: { id } }],
      422: [{ json: [] }, { json: {} }],
    },
    url,
  );
});

route('GET /{path}/@api/permissions', async () => {
  const url = '/f/d/@api/permissions';
  await exhaust(
    'GET /{path}/@api/permissions',
    { ...reading(url), 200: [{}, { url: '/@api/permissions' }] },
    url,
  );
});

route('PATCH /{path}/@api/permissions', async () => {
  const { at } = await add('Folder', 'guarded');
  const url = `${at}/@api/permissions`;
  const json = {
    permissions: {
      View: { roles: ['Manager'], acquire: true },
      'Define permissions': { roles: ['Owner'], acquire: true },
    },
    localRoles: { reader: ['Manager'], definer: ['Owner'] },
    addRoles: ['Editor'],
  };
  const definer = await site.addUser('definer');
  await exhaust(
    'PATCH /{path}/@api/permissions',
    {
      ...writing(url, json),
      200: [{ json }, {}, { as: definer, json: { addRoles: ['New'] } }],
      409: { url: '/v/@api/permissions', json: { owner: null }, headers: inVersion },
    },
    url,
  );
});

route('GET /{path}/@api/access', async () => {
  const url = '/f/@api/access?permission=View&user=reader';
  await exhaust(
    'GET /{path}/@api/access',
    {
      ...reading(url),
      200: {},
      400: [{ url: '/f/@api/access' }, { url: `${url}&at=nonsense` }],
      422: [{ url: '/f/@api/access?permission=Fly' }, { url: `${url}nobody` }],
    },
    url,
  );
});

route('GET /{path}/@api/me', async () => {
  const url = '/f/@api/me';
  await exhaust('GET /{path}/@api/me', { ...reading(url), 200: [{}, { as: site.client() }] }, url);
});

route('POST /{path}/@api/me/password', async () => {
  const fickle = await site.addUser('fickle');
  const url = '/f/@api/me/password';
  const json = { present: 'a good password', password: 'a new password' };
  const { 412: _none, ...cases } = writing(url, json);
  await exhaust(
    'POST /{path}/@api/me/password',
    {
      ...cases,
      200: { as: fickle, json },
      409: { json, headers: inVersion },
      422: [{ json: [] }, { as: reader, json: { ...json, present: 'a guess' } }],
    },
    url,
  );
});

const CATALOG = { indexes: [{ name: 'title', type: 'field' }], columns: ['title'] };

route('GET /{path}/@api/search', async () => {
  const { at } = await add('Catalog', 'searched', CATALOG);
  const url = `${at}/@api/search`;
  await exhaust(
    'GET /{path}/@api/search',
    {
      ...reading(url),
      200: [{}, { url: `${url}?title=&facets=title` }],
      400: [{ url: `${url}?limit=x` }, { url: `${url}?colour=red` }],
      404: { url: '/f/@api/search' },
    },
    url,
  );
});

route('POST /{path}/@api/reindex', async () => {
  const { at } = await add('Catalog', 'indexed', CATALOG);
  const url = `${at}/@api/reindex`;
  const { 412: _, ...cases } = writing(url, {});
  await exhaust(
    'POST /{path}/@api/reindex',
    { ...cases, 202: [{}, { json: { path: '/f' } }], 404: { url: '/f/@api/reindex' } },
    url,
  );
});

/** Adds a connection to a file of its own, and a method on it. */
async function addSql(id: string, source = 'SELECT {{sqlvar x}} AS x'): Promise<string> {
  const { at } = await add('SqlConnection', `${id}-db`, { url: `${id}.sqlite` });
  await add('SqlMethod', id, {
    connection: `${id}-db`,
    arguments: [{ name: 'x', type: 'int', default: 1 }],
    source,
  });
  return at.replace(/-db$/, '');
}

const BAD_ARGUMENT = { json: { arguments: { x: 'one' } } };

route('POST /{path}/@api/run', async () => {
  const at = await addSql('run');
  const write = await addSql('write', 'CREATE TABLE t (a)');
  const url = `${at}/@api/run`;
  const { 412: _, ...cases } = writing(url, {});
  await exhaust(
    'POST /{path}/@api/run',
    {
      ...cases,
      200: [{}, { json: { arguments: { x: 2 } } }, { url: `${write}/@api/run` }],
      404: { url: '/f/@api/run' },
      409: { url: `${write}/@api/run`, headers: inVersion },
      422: [{ json: [] }, BAD_ARGUMENT],
    },
    url,
  );
});

route('POST /{path}/@api/explain', async () => {
  const url = `${await addSql('explain')}/@api/explain`;
  const { 412: _, ...cases } = writing(url, {});
  await exhaust(
    'POST /{path}/@api/explain',
    { ...cases, 200: {}, 404: { url: '/f/@api/explain' }, 422: [{ json: [] }, BAD_ARGUMENT] },
    url,
  );
});

route('POST /{path}/@api/test', async () => {
  const url = `${await addSql('test')}-db/@api/test`;
  const { 412: _, ...cases } = writing(url, {});
  const sql = 'CREATE TABLE t (a)';
  await exhaust(
    'POST /{path}/@api/test',
    {
      ...cases,
      200: [{ json: { sql } }, { json: { sql: 'SELECT 1', maxRows: 1 } }],
      404: { url: '/f/@api/test' },
      409: { json: { sql }, headers: inVersion },
      422: [{ json: [] }, {}, { json: { sql: 'SELECT' } }, { json: { sql, maxRows: 0 } }],
    },
    url,
  );
});

route('GET /{path}/@api/status', async () => {
  const url = `${await addSql('status')}-db/@api/status`;
  await exhaust(
    'GET /{path}/@api/status',
    { ...reading(url), 200: {}, 404: { url: '/f/@api/status' } },
    url,
  );
});

route('GET /{path}/@api/browse', async () => {
  const url = `${await addSql('browse')}-db/@api/browse`;
  const table = { url: `${url}?schema=main&table=t` };
  await exhaust(
    'GET /{path}/@api/browse',
    {
      ...reading(url),
      200: [{}, { url: `${url}?schema=main` }, table],
      404: { url: '/f/@api/browse' },
    },
    url,
  );
});

for (const what of ['close', 'open']) {
  route(`POST /{path}/@api/${what}`, async () => {
    const url = `${await addSql(`${what}d`)}-db/@api/${what}`;
    await exhaust(
      `POST /{path}/@api/${what}`,
      { ...writing(url, {}), 200: [{}, {}], 404: { url: `/f/@api/${what}` } },
      url,
    );
  });
}

route('GET /{path}/@api/unfinished', async () => {
  const url = `${await addSql('left')}-db/@api/unfinished`;
  const path = '/f/left-db';
  const left = { file: 'left.sqlite', path, text: 'INSERT INTO nowhere VALUES (?)', value: 'x' };
  await leaveInJournal(site.storage, left);
  await exhaust(
    'GET /{path}/@api/unfinished',
    {
      ...reading(url),
      200: [{}, { url: '/f/left-db/@api/unfinished' }],
      404: { url: '/f/@api/unfinished' },
    },
    url,
  );
});

route('POST /{path}/@api/finish', async () => {
  const url = `${await addSql('finish')}-db/@api/finish`;
  const { 412: _, ...cases } = writing(url, {});
  await exhaust(
    'POST /{path}/@api/finish',
    { ...cases, 200: [{}, { url: '/f/left-db/@api/finish' }], 404: { url: '/f/@api/finish' } },
    url,
  );
});

route('POST /{path}/@api/give-up', async () => {
  const url = `${await addSql('given')}-db/@api/give-up`;
  const path = '/f/given-db';
  const left = { file: 'given.sqlite', path, text: 'INSERT INTO nowhere VALUES (?)', value: 'x' };
  const marks = [await leaveInJournal(site.storage, left)];
  const { 412: _, ...cases } = writing(url, { marks });
  await exhaust(
    'POST /{path}/@api/give-up',
    {
      ...cases,
      200: { json: { marks, note: 'Never' } },
      404: { url: '/f/@api/give-up', json: { marks } },
      409: { json: { marks }, headers: inVersion },
      422: [{ json: [] }, {}, { json: { marks: ['none'] } }],
    },
    url,
  );
});

/** Starts an import, and gives the job's id. */
async function startJob(): Promise<string> {
  const boundary = 'cut';
  const head = (about: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; ${about}\r\n\r\n`;
  const page = await site.admin.request('POST', '/f/@manage/import', {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: `${head('name="action"')}start\r\n${head('name="file"; filename="a.md"')}# A\r\n--${boundary}--\r\n`,
  });
  const id = /job=([^&]+)/.exec(page.header('location') ?? '')?.[1];
  assert.ok(id, page.text);
  return id;
}

route('GET /@api/jobs', async () => {
  await startJob();
  const url = '/@api/jobs';
  await exhaust('GET /@api/jobs', { ...reading(url), 200: [{}, { as: reader }] }, url);
});

route('GET /@api/jobs/{id}', async () => {
  const url = `/@api/jobs/${await startJob()}`;
  await exhaust('GET /@api/jobs/{id}', { ...reading(url), 200: {} }, url);
});

route('DELETE /@api/jobs/{id}', async () => {
  const url = `/@api/jobs/${await startJob()}`;
  while (['queued', 'running'].includes(String((await site.write('GET', url))['state']))) {
    await wait(60);
  }
  const waiting = await startJob();
  await exhaust(
    'DELETE /@api/jobs/{id}',
    {
      ...ordering(url),
      202: { url: `/@api/jobs/${waiting}` },
      404: { url: '/@api/jobs/none' },
      409: {},
    },
    url,
  );
});

route('GET /{path}/@api/export', async () => {
  const url = '/f/@api/export';
  const cases = { ...reading(url), 200: [{}, { url: `${url}?at=9999-01-01` }] };
  await exhaust('GET /{path}/@api/export', cases, url);
});

route('POST /{path}/@api/import', async () => {
  const { at } = await add('Document', 'exported');
  const body = (await site.admin.get(`${at}/@api/export`)).bytes;
  const url = '/f/@api/import';
  await exhaust(
    'POST /{path}/@api/import',
    {
      ...ordering(url),
      202: [{ body }, { url: `${url}?id=again`, body }],
      404: [
        { url: '/f/d/@api/import', body },
        { url: `/nowhere${url}`, body },
      ],
      409: { url: `${url}?id=d`, body },
      415: [{ body: 'text' }, {}, { body: 'CANOPYX1 and no frame' }],
      422: { url: `${url}?id=_hidden`, body },
    },
    url,
  );
});

route('GET /@api/database', async () => {
  const url = '/@api/database';
  await exhaust('GET /@api/database', { ...reading(url), 200: {} }, url);
});

for (const [name, json, wrong] of [
  ['pack', { days: 1 }, [{ json: { days: 0.5 } }, { json: { days: '1' } }, {}]],
  ['backup', {}, [{ json: { full: 1 } }]],
  ['check', { repair: true }, [{ json: { mend: true } }]],
] as const) {
  route(`POST /@api/${name}`, async () => {
    const url = `/@api/${name}`;
    const { 412: _none, ...cases } = writing(url, json);
    const refused = [{ json: [] }, ...wrong];
    await exhaust(`POST ${url}`, { ...cases, 202: { json }, 422: refused }, url);
  });
}

route('GET /@api/openapi.json', async () => {
  const url = '/@api/openapi.json';
  await exhaust('GET /@api/openapi.json', { ...reading(url), 200: {} }, url);
});

test('there is no operation but these', () => {
  const described = Object.entries(site.description.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(described.sort(), exhausted.sort());
  assert.equal(described.length, routes.length);
});

test('a method that an address has not is refused with those it has', async () => {
  for (const [path, methods] of Object.entries(site.description.paths)) {
    const url = path.replace('{path}', 'f').replace('{tid}', early).replace('{id}', 'x');
    const has = Object.keys(methods).map((method) => method.toUpperCase());
    if (has.includes('GET')) has.push('HEAD');
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      if (has.includes(method)) continue;
      const page = await site.admin.request(method, url);
      assert.equal(page.status, 405, `${method} ${url}`);
      assert.deepEqual((page.header('allow') ?? '').split(', ').sort(), has.toSorted());
      assert.match(String(page.json()['detail']), /what can be used is/);
    }
  }
});

test('faults of the server, and requests that take too long, are described for all', async () => {
  for (const [id, status] of Object.entries(FAULTS)) {
    await site.write('POST', '/f/@api/contents', { type: 'Faulty', id });
    for (const [key, body] of [
      ['GET /{path}/@api', undefined],
      ['PATCH /{path}/@api', { fields: {} }],
    ] as const) {
      const page = await site.ask(key, status, { url: `/f/${id}/@api`, json: body });
      assert.equal(page.header('retry-after') !== undefined, status === 503);
    }
  }
  for (const key of exhausted) {
    const { responses } = site.operation(key);
    assert.ok(responses[500] !== undefined && responses[503] !== undefined, key);
  }
});

test('the description names each operation and each of its parameters', () => {
  const ids = new Set<string>();
  for (const [path, methods] of Object.entries(site.description.paths)) {
    for (const operation of Object.values(methods)) {
      const { operationId, parameters } = operation as typeof operation & { operationId: string };
      assert.ok(!ids.has(operationId), operationId);
      ids.add(operationId);
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      assert.deepEqual(
        inPath.map(({ name }) => name),
        named,
      );
    }
  }
});
