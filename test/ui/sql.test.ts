/** The screens of SQL connections and methods, on a real server with a database of SQLite. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Storage } from '../../odb/index.js';
import { leaveInJournal } from '../server/sql/journal-entry.js';
import type { Client, Page } from '../support/client.js';
import { ADMIN, startServer, type TestServer } from '../support/server.js';

const HTML = { accept: 'text/html' };

interface SqlScreens extends AsyncDisposable {
  readonly client: Client;
  readonly storage: Storage;
  run(sql: string, more?: Readonly<Record<string, string>>): Promise<Page>;
}

const opened: Storage[] = [];
let starting: Promise<TestServer> | undefined;

after(async () => {
  await (await starting)?.[Symbol.asyncDispose]();
});

/** Fills the server that all tests share; what a test leaves in its root goes with it. */
async function screens(): Promise<SqlScreens> {
  starting ??= startServer({ onStorage: (each) => void opened.push(each) });
  const server = await starting;
  const [storage] = opened;
  assert.ok(storage !== undefined);
  const client = server.client(ADMIN);
  const add = async (fields: Readonly<Record<string, unknown>>, object: object): Promise<void> => {
    const added = await client.json('POST', '/@api/contents', { ...object, fields });
    assert.equal(added.status, 201, added.text);
  };
  await add({ driver: 'sqlite', url: 'shop.sqlite' }, { type: 'SqlConnection', id: 'db' });
  const run: SqlScreens['run'] = (sql, more = {}) =>
    client.post('/db/@manage/try', { action: 'run', sql, ...more }, HTML);
  const made = await run(
    "CREATE TABLE album (id INTEGER PRIMARY KEY, title TEXT NOT NULL, price REAL DEFAULT 1.5); INSERT INTO album (title) VALUES ('Ash'), ('<b>Birch</b>'), ('=1+1')",
    { keep: 'true' },
  );
  assert.match(made.text, /What was written is kept/);
  await add(
    {
      connection: 'db',
      arguments: 'title\nlimit:int=2',
      source:
        'SELECT id, title, price FROM album\nWHERE title >= {{sqlvar title}}\nORDER BY id LIMIT {{sqlvar limit}}',
    },
    { type: 'SqlMethod', id: 'albums' },
  );
  return {
    client,
    storage,
    run,
    async [Symbol.asyncDispose]() {
      assert.match((await run('DROP TABLE album', { keep: 'true' })).text, /is kept/);
      const listed = await client.json('GET', '/@api/contents');
      for (const { id } of listed.json<{ items: { id: string }[] }>().items) {
        if (id === 'acl_users') continue;
        const deleted = await client.json('DELETE', `/${id}/@api`);
        assert.equal(deleted.status, 200, deleted.text);
      }
    },
  };
}

test('status: tells the server, and closes and opens the way to it', async () => {
  await using site = await screens();
  const { client } = site;
  const page = await client.get('/db/@manage', HTML);
  assert.equal(page.status, 200);
  assert.doesNotMatch(page.text, /to be finished/);
  assert.match(page.text, /Connected<\/p><p>SQLite/);
  assert.match(page.text, /<code class="sql__address">shop\.sqlite<\/code>/);
  const closed = await client.post('/db/@manage/connection', { action: 'close' }, HTML);
  assert.equal(closed.status, 303);
  const after = await client.get('/db/@manage/connection', HTML);
  assert.match(after.text, /msg__title">Closed/);
  assert.match(after.text, /value="open"/);
  for (const screen of ['browse', 'connection']) {
    assert.equal((await client.get(`/db/@manage/${screen}`, HTML)).status, 200, screen);
  }
  assert.match((await site.run('SELECT 1')).text, /The connection \/db is closed/);
  await client.post('/db/@manage/connection', { action: 'open' }, HTML);
  assert.match((await client.get('/db/@manage/connection', HTML)).text, /msg__title">Connected/);
});

test('status: shows what waits for the database, tries it again, and gives it up', async () => {
  await using site = await screens();
  const { client, storage } = site;
  const act = (action: string, more: Readonly<Record<string, string>> = {}): Promise<Page> =>
    client.post('/db/@manage/connection', { action, ...more }, HTML);
  const text = 'INSERT INTO nowhere VALUES (?)';
  const left = { file: 'shop.sqlite', path: '/db', text, value: 'a secret word' };
  const mark = await leaveInJournal(storage, left);
  assert.equal((await act('again')).status, 303);
  const page = (await client.get('/db/@manage/connection', HTML)).text;
  assert.match(page, /1 transaction to be finished here/);
  assert.match(page, /no such table: nowhere/);
  assert.match(page, /INSERT INTO nowhere VALUES \(\?\)/);
  assert.match(page, /<span class="vh">by <\/span>ada/);
  assert.match(page, /Give up for good/);
  assert.doesNotMatch(page, /a secret word/);
  assert.match((await site.run('SELECT 1')).text, /has still to be done in the database of \/db/);

  assert.equal((await act('give-up', { mark })).status, 303);
  assert.equal((await act('again')).status, 303);
  const after = (await client.get('/db/@manage/connection', HTML)).text;
  assert.doesNotMatch(after, /to be finished|What waits/);
  assert.equal((await act('give-up', { mark })).status, 422);
  assert.equal((await site.run('SELECT 1')).status, 200);
  const told = (await client.get('/@manage/undo', HTML)).text;
  assert.match(told, /Gave up what 1 transaction had still to write/);
});

test('no screen shows a password, and a server that is not there is told', async () => {
  await using site = await screens();
  const { client } = site;
  const fields = { driver: 'postgres', url: 'postgres://ada:swordfish@127.0.0.1:1/shop' };
  const far = { type: 'SqlConnection', id: 'far', fields };
  const added = await client.json('POST', '/@api/contents', far);
  assert.equal(added.status, 201, added.text);
  const pages = await Promise.all(
    ['connection', 'properties', 'browse', 'try'].map((screen) =>
      client.get(`/far/@manage/${screen}`, HTML),
    ),
  );
  for (const { status, text, path } of pages) {
    assert.equal(status, 200, path);
    assert.doesNotMatch(text, /swordfish/, path);
  }
  assert.match(pages[0]?.text ?? '', /There is no way to the database/);
  assert.match(pages[0]?.text ?? '', /kept, and never shown/);
  assert.match(pages[2]?.text ?? '', /The database did not answer/);
});

test('browse: lists tables, and the columns of the one chosen', async () => {
  await using site = await screens();
  const { links } = await site.client.get('/db/@manage/browse', HTML);
  assert.ok(links.includes('/db/@manage/browse?schema=main&table=album'), links.join('\n'));
  const page = await site.client.get('/db/@manage/browse?schema=main&table=album', HTML);
  const columns = page.text;
  assert.match(columns, />price<\/th><td>REAL<\/td><td>allowed<\/td><td><code>1\.5<\/code>/);
  assert.match(columns, /id <span class="chip">.*key<\/span>/);
  assert.ok(
    page.links.includes('/db/@manage/try?sql=SELECT+*+FROM+%22main%22.%22album%22'),
    page.links.join('\n'),
  );
  const prefilled = await site.client.get('/db/@manage/try?sql=DROP+TABLE+album', HTML);
  assert.match(prefilled.text, /DROP TABLE album<\/textarea>/);
  assert.match((await site.run('SELECT count(*) AS n FROM album')).text, /<td[^>]*>3<\/td>/);
});

test('try: shows rows as text, rolls back what it writes, and keeps it when that is ticked', async () => {
  await using site = await screens();
  const { text } = await site.run('SELECT id, title, NULL AS none FROM album');
  assert.match(text, /<td>&lt;b&gt;Birch&lt;\/b&gt;<\/td><td><span class="dimmer">NULL/);
  assert.match(text, /3 rows in [\d.]+ ms/);
  const written = await site.run(
    "INSERT INTO album (title) VALUES ('x'); SELECT count(*) FROM album",
  );
  assert.match(written.text, /1 row changed/);
  assert.match(written.text, /<td[^>]*>4<\/td>/);
  assert.match(written.text, /rolled back/);
  assert.match((await site.run('SELECT count(*) FROM album')).text, /<td[^>]*>3<\/td>/);
  const kept = await site.run("INSERT INTO album (title) VALUES ('x')", { keep: 'true' });
  assert.match(kept.text, /What was written is kept/);
  assert.match((await site.run('SELECT count(*) FROM album')).text, /<td[^>]*>4<\/td>/);
});

test('try: an error names line and column, keeps what was typed, and saves nothing', async () => {
  await using site = await screens();
  const sql = 'DELETE FROM album;\nSELECT oops FROM album';
  const page = await site.run(sql, { keep: 'true' });
  assert.equal(page.status, 422);
  assert.match(page.text, /Line 2, column \d+/);
  assert.match(page.text, /oops/);
  assert.ok(page.text.includes(`${sql}</textarea>`));
  assert.match((await site.run('SELECT count(*) FROM album')).text, /<td[^>]*>3<\/td>/);
  const refused = await site.run('ATTACH DATABASE x AS y');
  assert.equal(refused.status, 422);
  assert.match(refused.text, /Line 1, column 1/);
});

test('method: the form has a field for each argument, and the answer its statement and values', async () => {
  await using site = await screens();
  const { client } = site;
  const form = (await client.get('/albums/@manage/test', HTML)).text;
  assert.match(form, /title <span class="dim tiny">string<\/span>/);
  assert.match(form, /limit <span class="dim tiny">int, default 2<\/span>/);
  const sent = { 'arguments.title': 'A', 'arguments.limit': '2' };
  const ran = (await client.post('/albums/@manage/test', { action: 'run', ...sent }, HTML)).text;
  assert.match(ran, /2 rows in|1 row in/);
  assert.match(ran, /WHERE title &gt;&#x3D; \?/);
  assert.match(
    ran,
    /<dt>1<\/dt><dd><code class="sql__value">&quot;A&quot;<\/code> <span class="dim">[^<]*from title/,
  );
  const plan = (await client.post('/albums/@manage/test', { action: 'explain', ...sent }, HTML))
    .text;
  assert.match(plan, /<h2 id="plan-head">Plan<\/h2><ol class="chain"><li>.*album/);
  assert.doesNotMatch(plan, /<h2>Result/);
  const wrong = await client.post(
    '/albums/@manage/test',
    { action: 'run', 'arguments.limit': 'many' },
    HTML,
  );
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /value="many"[^>]* aria-invalid="true"/);
});

test('method: rows come as a file for spreadsheets, in which no text is a formula', async () => {
  await using site = await screens();
  const csv = await site.client.post(
    '/albums/@manage/test',
    { action: 'csv', 'arguments.title': '', 'arguments.limit': '10' },
    HTML,
  );
  assert.equal(csv.status, 200);
  assert.match(csv.header('content-type') ?? '', /^text\/csv/);
  assert.match(csv.header('content-disposition') ?? '', /filename="albums\.csv"/);
  assert.match(csv.text, /^id,title,price\r\n/);
  assert.match(csv.text, /'=1\+1/);
});

test('method: it is edited with its arguments as lines, and with the connection it runs on', async () => {
  await using site = await screens();
  const { client } = site;
  const page = await client.get('/albums/@manage/edit', HTML);
  assert.match(page.text, /title:string\nlimit:int&#x3D;2<\/textarea>/);
  assert.match(page.text, /Runs on.*\/db/);
  assert.doesNotMatch(page.text, /data-preview="frame"/);
  const base = page.fields(1)['base'] ?? page.fields(0)['base'] ?? '';
  const given = {
    action: 'save',
    fields: '1',
    base: /name="base" value="([^"]*)"/.exec(page.text)?.[1] ?? base,
  };
  const rest = { 'fields.connection': 'db', 'fields.maxRows': '10', 'fields.cacheSeconds': '0' };
  const wrong = await client.post(
    '/albums/@manage/edit',
    {
      ...given,
      ...rest,
      'fields.arguments': 'title\nlimit:money',
      source: 'SELECT 1\nWHERE {{x}}',
    },
    HTML,
  );
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /Line 2: /);
  assert.match(wrong.text, /Line 2, column 7/);
  assert.ok(wrong.text.includes('limit:money'));
  const saved = await client.post(
    '/albums/@manage/edit',
    {
      ...given,
      ...rest,
      'fields.arguments': 'limit:int:required',
      source: 'SELECT {{sqlvar limit}} AS n',
    },
    HTML,
  );
  assert.equal(saved.status, 303, saved.text);
  assert.match(
    (await client.get('/albums/@manage/edit', HTML)).text,
    /limit:int:required<\/textarea>/,
  );
  const gone = { ...given, ...rest, 'fields.connection': 'nowhere' };
  const base2 = /name="base" value="([^"]*)"/.exec(
    (await client.get('/albums/@manage/edit', HTML)).text,
  );
  await client.post('/albums/@manage/edit', { ...gone, base: base2?.[1] ?? '' }, HTML);
  assert.match((await client.get('/albums/@manage/edit', HTML)).text, /There is no SQL connection/);
});

test('who may not test a connection is offered neither Browse nor Try', async () => {
  await using site = await screens();
  const { client } = site;
  assert.equal((await client.get('/db/@manage/try')).status, 200);
  const visitor = await client.request('GET', '/db/@manage/try', {
    headers: { authorization: 'Basic eDp5' },
  });
  assert.notEqual(visitor.status, 200);
});

test('edit: a password that was typed is not drawn again when the form is refused', async () => {
  await using site = await screens();
  const { client } = site;
  const typed = (url: string): Promise<Page> =>
    client.post(
      '/db/@manage/properties',
      { action: 'save', fields: 'sent', 'fields.driver': 'postgres', 'fields.url': url },
      HTML,
    );
  const refused = await typed('postgres://me:secret-word@127.0.0.1:5432/?nonsense=1');
  assert.equal(refused.status, 422, refused.text);
  assert.doesNotMatch(refused.text, /secret-word/);
  assert.match(refused.text, /postgres:\/\/me:•••@127\.0\.0\.1/);
  assert.match(refused.text, /The password is not shown again: write it once more/);
  const named = await typed('postgres://me:${CANOPY_SQL_PASSWORD}@127.0.0.1:5432/?nonsense=1');
  assert.match(named.text, /\$\{CANOPY_SQL_PASSWORD\}/);
});
