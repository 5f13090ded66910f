/** SQL over real HTTP: methods and connections by JSON, pages with rows, and what may be written. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Storage } from '../../../odb/index.js';
import type { Client, Page } from '../../support/client.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';
import { leaveInJournal } from '../sql/journal-entry.js';
import { addFailingMethods, assertFailuresTakenBack } from '../content/sql-failing-pages.js';

let server: TestServer;
let storage: Storage;
let admin: Client;
let anyone: Client;

const ARTIST = [{ name: 'artist', type: 'int', required: true }];

before(async () => {
  server = await startServer({
    settings: { workers: 2 },
    onStorage: (opened) => void (storage = opened),
  });
  admin = server.client(ADMIN);
  anyone = server.client();
  await add('', { type: 'Folder', id: 'music' });
  await add('/music', { type: 'SqlConnection', id: 'db', fields: { url: 'music.sqlite' } });
  const page = await admin.json('POST', '/music/db/@api/test', {
    sql: `CREATE TABLE album (id INTEGER PRIMARY KEY, artist INTEGER, title TEXT);
      INSERT INTO album VALUES (1, 1, 'Ash'), (2, 1, 'Birch'), (3, 2, 'Cedar')`,
  });
  assert.equal(page.status, 200, page.text);
  await method('by_artist', {
    arguments: ARTIST,
    source: 'SELECT id, title FROM album WHERE {{sqltest artist}} ORDER BY id',
  });
  await method('add', {
    arguments: [{ name: 'title', type: 'string' }],
    source: 'INSERT INTO album (artist, title) VALUES (9, {{sqlvar title}})',
  });
  await method('count', { source: 'SELECT count(*) AS n FROM album', cacheSeconds: 3600 });
});
after(() => server[Symbol.asyncDispose]());

async function add(at: string, body: Record<string, unknown>): Promise<Page> {
  const page = await admin.json('POST', `${at}/@api/contents`, body);
  assert.equal(page.status, 201, page.text);
  return page;
}

function method(id: string, fields: Readonly<Record<string, unknown>>): Promise<Page> {
  return add('/music', { type: 'SqlMethod', id, fields: { connection: 'db', ...fields } });
}

function run(id: string, given: Readonly<Record<string, unknown>>, who = admin): Promise<Page> {
  return who.json('POST', `/music/${id}/@api/run`, { arguments: given });
}

async function count(): Promise<unknown> {
  return (await run('count', {})).json<{ rows: unknown[][] }>().rows[0]?.[0];
}

function errorsOf(page: Page): readonly unknown[] {
  assert.equal(page.status, 422, page.text);
  return page
    .json<{ errors: Record<string, unknown>[] }>()
    .errors.map(({ field, line, column }) => (line === undefined ? field : [field, line, column]));
}

test('a method has the fields that it was made with, and its defaults', async () => {
  const { fields } = (await admin.json('GET', '/music/by_artist/@api')).json();
  assert.deepEqual(fields, {
    connection: 'db',
    arguments: ARTIST,
    source: 'SELECT id, title FROM album WHERE {{sqltest artist}} ORDER BY id',
    maxRows: 1000,
    cacheSeconds: 0,
  });
  const connection = (await admin.json('GET', '/music/db/@api')).json();
  assert.deepEqual(connection['fields'], {
    driver: 'sqlite',
    url: 'music.sqlite',
    hasPassword: false,
    connected: true,
  });
  const closed = await admin.json('PATCH', '/music/db/@api', { fields: { connected: false } });
  assert.deepEqual(errorsOf(closed), ['fields.connected']);
});

test('a call answers with columns, rows, the statement and its parameters', async () => {
  const page = await run('by_artist', { artist: '1' });
  assert.equal(page.status, 200, page.text);
  const { milliseconds, ...answer } = page.json();
  assert.equal(typeof milliseconds, 'number');
  assert.deepEqual(answer, {
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'title', type: 'text' },
    ],
    rows: [
      [1, 'Ash'],
      [2, 'Birch'],
    ],
    truncated: false,
    statement: 'SELECT id, title FROM album WHERE artist = ? ORDER BY id',
    parameters: [1],
  });
});

test('what is missing, cannot be read or is not declared is named', async () => {
  assert.deepEqual(errorsOf(await run('by_artist', {})), ['arguments.artist']);
  assert.deepEqual(errorsOf(await run('by_artist', { artist: 'x' })), ['arguments.artist']);
  assert.deepEqual(errorsOf(await run('by_artist', { artist: 1, a: 2 })), ['arguments.a']);
  assert.equal((await admin.json('POST', '/music/@api/run', {})).status, 404);
});

test('what the database refuses is told by its place to who may see the source', async () => {
  await method('wrong', { source: 'SELECT 1;\nSELECT name\nFROM albums' });
  const [error] = errorsOf(await run('wrong', {}));
  assert.deepEqual(error, ['fields.source', 3, 6]);
  await method('nameless', { source: 'SELECT 1,\n  {{sqlvar (nothing 1)}}' });
  assert.deepEqual(errorsOf(await run('nameless', {})), [['fields.source', 2, 12]]);
  await open('wrong');
  const page = await run('wrong', {}, anyone);
  assert.equal(page.status, 500);
  assert.doesNotMatch(page.text, /albums/);
  const typed = await admin.json('POST', '/music/db/@api/test', { sql: 'SELECT 1 +' });
  assert.deepEqual(errorsOf(typed).length, 1);
});

/** Lets anybody call a method. */
async function open(id: string): Promise<void> {
  const page = await admin.json('PATCH', `/music/${id}/@api/permissions`, {
    permissions: { 'Use Database Methods': { roles: ['Anonymous'], acquire: true } },
  });
  assert.equal(page.status, 200, page.text);
}

test('a visitor calls what was opened, and learns nothing of its source', async () => {
  await method('public', {
    arguments: ARTIST,
    source: 'SELECT title FROM album WHERE {{sqltest artist}}',
  });
  assert.equal((await run('public', { artist: 2 }, anyone)).status, 401);
  await open('public');
  const page = await run('public', { artist: 2 }, anyone);
  const { rows, statement, parameters } = page.json();
  assert.deepEqual([rows, statement, parameters], [[['Cedar']], undefined, undefined]);
  assert.equal((await anyone.json('POST', '/music/public/@api/explain', {})).status, 401);
  assert.equal((await anyone.json('POST', '/music/db/@api/test', { sql: 'SELECT 1' })).status, 401);
  assert.equal((await anyone.json('GET', '/music/db/@api/status')).status, 401);
  assert.equal((await anyone.json('GET', '/music/db/@api/browse')).status, 401);
  assert.equal((await anyone.json('POST', '/music/db/@api/close')).status, 401);
});

test('the plan of a method is told, and nothing is run', async () => {
  const before = await count();
  const page = await admin.json('POST', '/music/add/@api/explain', { arguments: { title: 'x' } });
  assert.equal(page.status, 200, page.text);
  const { plan, statement, parameters } = page.json();
  assert.ok(Array.isArray((plan as { rows: unknown }).rows));
  assert.match(String(statement), /^INSERT INTO album/);
  assert.deepEqual(parameters, ['x']);
  assert.equal(await count(), before);
});

test('a connection tells its server, what it has, and can be closed', async () => {
  const status = (await admin.json('GET', '/music/db/@api/status')).json();
  assert.match(String(status['server']), /^SQLite 3/);
  assert.deepEqual([status['connected'], status['problem']], [true, null]);
  const browse = async (query: string): Promise<unknown> =>
    (await admin.json('GET', `/music/db/@api/browse${query}`)).json();
  assert.deepEqual(await browse(''), { level: 'schemas', schemas: [{ name: 'main' }] });
  const columns = (await browse('?schema=main&table=album')) as { columns: { name: string }[] };
  assert.deepEqual(
    columns.columns.map(({ name }) => name),
    ['id', 'artist', 'title'],
  );
  assert.equal((await admin.json('POST', '/music/db/@api/close')).status, 200);
  const refused = await run('by_artist', { artist: 1 });
  assert.equal(refused.status, 503);
  assert.equal((await admin.json('POST', '/music/db/@api/open')).status, 200);
  assert.equal((await run('by_artist', { artist: 1 })).status, 200);
});

test('pages show rows, and rows have pages', async () => {
  await add('/music', {
    type: 'Template',
    id: 'list',
    fields: {
      source: '{{#each (by_artist artist=@request.form.artist)}}{{id}} {{title}};{{/each}}',
      contentType: 'text/plain',
    },
  });
  await add('/music', {
    type: 'Template',
    id: 'show',
    fields: { source: '{{title}}', contentType: 'text/plain' },
  });
  const page = await admin.request('GET', '/music/list?artist=1');
  assert.equal(page.text, '1 Ash;2 Birch;', page.text);
  assert.equal((await admin.request('GET', '/music/by_artist/2/show')).text, 'Cedar');
  assert.deepEqual((await admin.request('GET', '/music/by_artist/artist/2')).json(), {
    id: 3,
    title: 'Cedar',
  });
  assert.equal((await admin.request('GET', '/music/by_artist/1/show')).status, 404);
  assert.equal((await anyone.request('GET', '/music/by_artist/2/show')).status, 401);
});

test('what fails inside of a try is taken back in the database, and the rest is saved', async () => {
  await addFailingMethods(admin, '/music');
  await assertFailuresTakenBack(admin, '/music');
});

test('writing drops answers that were kept, in all threads', async () => {
  const before = Number(await count());
  for (let index = 1; index <= 4; index += 1) {
    assert.equal((await run('add', { title: `No. ${index}` })).status, 200);
    const seen = await Promise.all([count(), count(), count(), count()]);
    assert.deepEqual(
      seen,
      Array.from({ length: 4 }, () => before + index),
    );
  }
});

test('what a database never takes is listed, tried again, and given up by whoever may', async () => {
  const text = 'INSERT INTO nowhere (title) VALUES (?)';
  const left = { file: 'music.sqlite', path: '/music/db', text, value: 'a secret word' };
  const mark = await leaveInJournal(storage, left);
  const tried = await admin.json('POST', '/music/db/@api/finish');
  assert.equal(tried.status, 200, tried.text);
  assert.equal(tried.json()['finished'], false);
  assert.match(tried.text, /no such table: nowhere/);
  assert.equal((await run('by_artist', { artist: 1 })).status, 503);

  const list = await admin.json('GET', '/music/db/@api/unfinished');
  const { items, known, problem } = list.json<{
    items: readonly Record<string, unknown>[];
    known: boolean;
    problem: string;
  }>();
  assert.ok(!list.text.includes('a secret word'));
  assert.deepEqual([known, problem === items[0]?.['problem']], [true, true]);
  const item = {
    ...{ mark, time: '2026-05-01T10:00:00.000Z', user: '/acl_users:ada', connection: '/music/db' },
    ...{ prepared: false, statements: [{ path: '/add_album', text }], problem },
  };
  assert.deepEqual(items, [item]);

  assert.equal((await anyone.json('GET', '/music/db/@api/unfinished')).status, 401);
  for (const [order, body] of [
    ['finish', {}],
    ['give-up', { marks: [mark] }],
  ] as const) {
    assert.equal((await anyone.json('POST', `/music/db/@api/${order}`, body)).status, 401, order);
  }
  const wrong = await admin.json('POST', '/music/db/@api/give-up', { marks: [mark, 'no.mark'] });
  assert.deepEqual(errorsOf(wrong), ['marks']);
  await add('', { type: 'Version', id: 'giving', title: 'Giving' });
  const inside = await admin.request('POST', '/music/db/@api/give-up', {
    headers: { 'Canopy-Version': '/giving', 'Content-Type': 'application/json' },
    body: JSON.stringify({ marks: [mark] }),
  });
  assert.equal(inside.status, 409, inside.text);

  const given = await admin.json('POST', '/music/db/@api/give-up', { marks: [mark], note: 'Hm' });
  assert.equal(given.status, 200, given.text);
  const { tid, lost } = given.json();
  assert.deepEqual(lost, [item]);
  const { items: log } = (await admin.json('GET', '/@api/transactions?limit=1')).json<{
    items: readonly Record<string, unknown>[];
  }>();
  assert.equal(log[0]?.['tid'], tid);
  assert.match(
    String(log[0]?.['description']),
    /^Hm\nGave up what 1 transaction .* \/music\/db\nOf 2026-05-01T10:00:00\.000Z, \/acl_users:ada: \/add_album: INSERT INTO nowhere/,
  );
  const again = await admin.json('POST', '/music/db/@api/finish');
  assert.deepEqual(again.json(), { finished: true, problem: null });
  assert.equal((await run('by_artist', { artist: 1 })).status, 200);
  const none = (await admin.json('GET', '/music/db/@api/unfinished')).json();
  assert.deepEqual(none, { items: [], known: true, problem: null, tried: null });
});

test('on GET, in a version, in the past and in a dry run SQL only reads', async () => {
  const before = await count();
  await add('/music', {
    type: 'Template',
    id: 'write',
    fields: { source: '{{#each (call add title="x")}}{{/each}}done', contentType: 'text/plain' },
  });
  const refused = await admin.request('GET', '/music/write');
  assert.deepEqual([refused.status, refused.header('allow')], [405, 'POST']);
  assert.match(refused.text, /\/music\/add/);

  await add('', { type: 'Version', id: 'draft', title: 'Draft' });
  const inside = { headers: { 'Canopy-Version': '/draft', 'Content-Type': 'application/json' } };
  const body = JSON.stringify({ arguments: { title: 'x' } });
  const write = await admin.request('POST', '/music/add/@api/run', { ...inside, body });
  assert.equal(write.status, 409, write.text);
  assert.match(write.text, /\/music\/add/);
  const read = await admin.request('GET', '/music/by_artist/2', { headers: inside.headers });
  assert.deepEqual(read.json(), { id: 3, title: 'Cedar' });

  const { tid } = (await admin.json('GET', '/music/write/@api')).json();
  const past = await admin.request('GET', `/music/by_artist/2?@at=${String(tid)}`);
  assert.deepEqual(past.json(), { id: 3, title: 'Cedar' });

  const tried = await admin.request('POST', '/music/add/@api/run', {
    headers: { 'Canopy-Dry-Run': 'true', 'Content-Type': 'application/json' },
    body,
  });
  assert.equal(tried.status, 409, tried.text);
  assert.equal(await count(), before);
  assert.equal((await admin.request('POST', '/music/write')).text, 'done');
  assert.equal(await count(), Number(before) + 1);
});

test('a batch runs methods together with other changes, or does nothing', async () => {
  const before = await count();
  const operations = [
    { method: 'POST', path: '/music/add/@api/run', body: { arguments: { title: 'Batch' } } },
    { method: 'POST', path: '/music/@api/contents', body: { type: 'Folder', id: 'batch' } },
    { method: 'POST', path: '/music/by_artist/@api/run', body: { arguments: {} } },
  ];
  const failed = await admin.json('POST', '/@api/batch', { operations });
  assert.equal(failed.status, 422, failed.text);
  assert.equal(await count(), before);
  assert.equal((await admin.json('GET', '/music/batch/@api')).status, 404);
  const done = await admin.json('POST', '/@api/batch', { operations: operations.slice(0, 2) });
  assert.equal(done.status, 200, done.text);
  assert.equal(await count(), Number(before) + 1);
});

test('an export takes methods and connections along, and an import brings them back', async () => {
  const stream = await admin.request('GET', '/music/@api/export');
  assert.equal(stream.status, 200);
  const page = await admin.request('POST', '/@api/import?id=again', {
    headers: { 'Content-Type': 'application/octet-stream' },
    body: stream.bytes,
  });
  assert.equal(page.status, 202, page.text);
  const job = page.header('location')?.replace(server.url, '/') ?? '';
  await jobDone(job);
  const again = (await admin.json('GET', '/again/by_artist/@api')).json();
  assert.deepEqual((again['fields'] as { arguments: unknown }).arguments, ARTIST);
  const called = await admin.json('POST', '/again/by_artist/@api/run', {
    arguments: { artist: 2 },
  });
  assert.deepEqual(called.json<{ rows: unknown }>().rows, [[3, 'Cedar']]);
});

/** Waits until a job has been done. */
async function jobDone(path: string): Promise<void> {
  for (;;) {
    const { state } = (await admin.json('GET', path)).json();
    if (state === 'done') return;
    assert.ok(state === 'queued' || state === 'running', String(state));
    await delay(20);
  }
}
