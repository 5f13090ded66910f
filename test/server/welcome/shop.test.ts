/** The shop of the welcome site, over real HTTP and on a real SQLite file. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Database, LevelStorage, mergeRules } from '../../../odb/index.js';
import { openCommandSite } from '../../../server/cli/site.js';
import { contentAt } from '../../../server/content/content.js';
import { updateObject } from '../../../server/content/edit.js';
import { Passwords } from '../../../server/security/password.js';
import { prepareSecrets } from '../../../server/sql/sealed-password.js';
import { ADMIN_KEY, initialise, openSite } from '../../../server/site.js';
import type { Client, Page } from '../../support/client.js';
import { startMariadb } from '../../support/mariadb.js';
import { startPostgres } from '../../support/postgres.js';
import { ADMIN, runCommand, startServer, type TestServer } from '../../support/server.js';
import { temporaryDirectory } from '../../support/temporary.js';

const SHOP_SQL = new URL('../../../server/welcome/shop.sql', import.meta.url);
const TABLES = 'Artist Album Genre MediaType Track Playlist PlaylistTrack InvoiceLine'.split(' ');
/** The folder of the Chinook database’s files, for those who have it. */
const CHINOOK = process.env['CANOPY_CHINOOK'];

let server: TestServer;
let admin: Client;
let anyone: Client;

before(async () => {
  server = await startServer({ settings: { empty: false } });
  admin = server.client(ADMIN);
  anyone = server.client();
});
after(() => server[Symbol.asyncDispose]());

async function shows(who: Client, url: string, has: RegExp): Promise<Page> {
  const page = await who.get(url);
  assert.equal(page.status, 200, `${url}: ${page.text}`);
  assert.match(page.text, has, url);
  assert.equal(page.text.match(/<h1\b/g)?.length, 1, 'one first heading');
  return page;
}

/** Sends a form, and gives where it leads. */
async function sent(
  who: Client,
  url: string,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const page = await who.post(url, fields);
  assert.equal(page.status, 303, `${url}: ${page.text}`);
  return page.header('location') ?? '';
}

/** Gives the answers of a connection to some statements. */
async function asked(connection: string, sql: string): Promise<readonly unknown[]> {
  const page = await admin.json('POST', `${connection}/@api/test`, { sql });
  assert.equal(page.status, 200, page.text);
  return page.json<{ results: { rows: unknown }[] }>().results.map(({ rows }) => rows);
}

test('the shop: its database is what shop.sql makes', async () => {
  const look = [
    "SELECT sql FROM sqlite_master WHERE name NOT LIKE 'canopy%' AND sql IS NOT NULL ORDER BY name",
    ...TABLES.map((table) => `SELECT * FROM ${table} ORDER BY 1, 2`),
  ];
  const body = { type: 'SqlConnection', id: 'made', fields: { url: 'made.sqlite' } };
  assert.equal((await admin.json('POST', '/@api/contents', body)).status, 201);
  const made = await asked('/made', [await readFile(SHOP_SQL, 'utf8'), ...look].join(';'));
  const copied = await asked('/shop/shop_db', look.join(';'));
  assert.deepEqual(copied, made.slice(-look.length), 'run `node .ci/shop.mjs`');
  assert.equal((await admin.json('DELETE', '/made/@api')).status, 200);
});

test('the shop: its file is the server’s own, and one that is there stays', async () => {
  const { mode } = await stat(path.join(server.data, 'sql', 'shop.sqlite'));
  assert.equal(mode & 0o777, 0o600);
  await using directory = await temporaryDirectory();
  const file = path.join(directory.path, 'sql', 'shop.sqlite');
  await mkdir(path.dirname(file));
  await writeFile(file, 'somebody’s own');
  const storage = await LevelStorage.open({
    ...{ directory: directory.path, thread: false, rules: mergeRules() },
  });
  await using database = await Database.open({ storage });
  const passwords = new Passwords({ parameters: { logN: 1, r: 1, p: 1 } });
  const site = await openSite({ database, passwords });
  assert.ok(await initialise(site, { adminPassword: 'x', welcome: true }));
  assert.equal(await readFile(file, 'utf8'), 'somebody’s own');
});

test('the shop: artists, their albums, their tracks, and the way back', async () => {
  await shows(
    anyone,
    '/shop/',
    /<a href="\/shop\/artist\/8\/albums">Marla Quill<\/a> <span>2 albums<\/span>/,
  );
  const albums = await shows(anyone, '/shop/artist/8/albums', /<title>Marla Quill<\/title>/);
  assert.match(albums.text, /<a href="\/shop\/album\/9\/tracks">Handwriting<\/a> <span>3 tracks</);
  const tracks = await shows(anyone, '/shop/album/9/tracks', /<h1>Handwriting<\/h1>/);
  assert.match(
    tracks.text,
    /<tr id="track-28"><th scope="row">Loops <small>Marla Quill<\/small><\/th><td>2:56<\/td><td>\$0.99<\/td><\/tr>/,
  );
  assert.match(tracks.text, /3 tracks<\/th><td>11 min<\/td><td>\$2.97</);
  assert.match(tracks.text, /<a href="\/shop\/" aria-current="true">Shop<\/a>/);
  assert.match(tracks.text, /<a href="\/shop\/@manage">Sign in</);
  assert.match(
    tracks.text,
    /Breadcrumbs[^]*href="\/shop\/">Shop<[^]*href="\/shop\/artist\/8\/albums">Marla Quill<[^]*aria-current="page">Handwriting</,
  );
  await shows(anyone, '/shop/artist/11/albums', /There is no album yet/);
  for (const nothing of ['artist/99', 'artist/99999999999', 'artist/x', 'album/-1']) {
    assert.equal((await anyone.get(`/shop/${nothing}/albums`)).status, 404, nothing);
  }
});

test('the shop: what has words in its name is found, whatever stands in them', async () => {
  const found = await shows(anyone, '/shop/find?q=RAIN', /1 artist, 1 track with <b>RAIN<\/b>/);
  assert.match(
    found.text,
    /<a href="\/shop\/album\/12\/tracks#track-41">Packing Up in the Rain<\/a>/,
  );
  await shows(anyone, '/shop/find?q=%25', /Nothing in the shop has <b>%<\/b>/);
  await shows(anyone, "/shop/find?q='%20OR%201%3D1%20--", /Nothing in the shop has/);
  await shows(anyone, '/shop/find?q=a&q=b', /Nothing in the shop has/);
  const empty = await shows(anyone, '/shop/find?q=%20', /<input id="words"/);
  assert.doesNotMatch(empty.text, /role="status"/);
});

test('the shop: who may view the folder of its forms changes it, and nobody else', async () => {
  for (const form of ['add_artist', 'artist/1/change_artist', 'track/1/change_track']) {
    assert.equal((await anyone.get(`/shop/edit/${form}`)).status, 401, form);
    assert.equal((await anyone.post(`/shop/edit/${form}`, { title: 'x' })).status, 401, form);
  }
  assert.doesNotMatch((await anyone.get('/shop/album/1/tracks')).text, /\/shop\/edit/);
  const given = { arguments: { id: 1, title: 'x' } };
  const run = await anyone.json('POST', '/shop/edit/update_artist/@api/run', given);
  assert.equal(run.status, 401);
  const elsewhere = await admin.post(
    '/shop/edit/artist/1/change_artist',
    { title: 'x' },
    { 'sec-fetch-site': 'cross-site' },
  );
  assert.equal(elsewhere.status, 403);
  await shows(anyone, '/shop/artist/1/albums', /<h1>Osier &amp; Reed<\/h1>/);
});

/** Adds an artist, an album and a track, changes each, and removes them again. */
async function changeByForms(manager: Client, visitor: Client): Promise<void> {
  const send = (form: string, fields: Readonly<Record<string, string>>): Promise<string> =>
    sent(manager, `/shop/edit/${form}`, fields);
  const title = "Zoë O'Neil & <b>";
  const artist = await send('add_artist', { title });
  assert.match(artist, /^\/shop\/artist\/\d+\/albums\?done=artist_added$/);
  await shows(visitor, artist, /The artist was added\.[^]*There is no album yet/);
  await shows(visitor, artist, /<h1>Zoë O&#x27;Neil &amp; &lt;b&gt;<\/h1>/);
  const [, , , artistId = ''] = artist.split('/');
  const album = await send(`artist/${artistId}/add_album`, { title: 'First' });
  const [, , , albumId = ''] = album.split('/');
  await shows(visitor, album, /The album was added\.[^]*There is no track on this album yet/);

  const made = { title: 'Song', composer: '', length: '3:05', price: '1.5' };
  const listed = await send(`album/${albumId}/add_track`, made);
  const tracks = await shows(
    manager,
    listed,
    /The track was added\.[^]*>Song<\/th><td>3:05<\/td><td>\$1.50</,
  );
  const [, form = ''] = /href="\/shop\/edit\/(track\/\d+\/change_track)"/.exec(tracks.text) ?? [];
  const shown = (await manager.get(`/shop/edit/${form}`)).fields();
  assert.deepEqual(shown, { title: 'Song', composer: '', length: '3:05', price: '1.50' });
  await send(form, { title: 'Song 2', composer: 'Zoë', length: '13:05', price: '2' });
  await shows(visitor, listed, />Song 2 <small>Zoë<\/small><\/th><td>13:05<\/td><td>\$2.00</);
  await send(`album/${albumId}/change_album`, { title: 'Second' });
  await send(`artist/${artistId}/change_artist`, { title: 'Zoë' });
  await shows(visitor, album, /<h1>Second<\/h1>[^]*By <a [^>]*>Zoë<\/a>/);

  const kept = await manager.post(`/shop/edit/album/${albumId}/change_album`, { remove: 'yes' });
  assert.equal(kept.status, 422);
  const remove = { remove: 'yes' };
  assert.match(await send(form, remove), /track_removed$/);
  assert.match(await send(`album/${albumId}/change_album`, remove), /album_removed$/);
  const end = await send(`artist/${artistId}/change_artist`, remove);
  await shows(visitor, end, /The artist was removed\./);
  assert.equal((await visitor.get(artist)).status, 404);
}

test('the shop: artists, albums and tracks are added, changed and removed by forms', async () => {
  await changeByForms(admin, anyone);
  // On a playlist and never sold, and between two seconds.
  await asked('/shop/shop_db', 'UPDATE Track SET Milliseconds = 334567 WHERE TrackId = 24');
  const form = '/shop/edit/track/24/change_track';
  await sent(admin, form, { ...(await admin.get(form)).fields(), title: 'Puddles' });
  const [rows] = await asked('/shop/shop_db', 'SELECT Milliseconds FROM Track WHERE TrackId = 24');
  assert.deepEqual(rows, [[334567]], 'what is not changed stays as it is');
  await sent(admin, form, { remove: 'yes' });
  const [left] = await asked('/shop/shop_db', 'SELECT * FROM PlaylistTrack WHERE TrackId = 24');
  assert.deepEqual(left, []);
});

test('the shop: what is wrong is told at its field, and nothing is saved', async () => {
  const wrong = await admin.post('/shop/edit/album/1/add_track', {
    ...{ title: ' ', composer: 'x'.repeat(221), length: '3:60', price: '1,5' },
  });
  assert.equal(wrong.status, 422);
  assert.deepEqual(
    [...wrong.text.matchAll(/<p class="problem" id="([a-z]+)-problem">([^<]*)</g)].map(
      ([, field = '', words = '']) => `${field}: ${words}`,
    ),
    [
      'title: Write a name.',
      'composer: A composer has at most 220 characters.',
      'length: Write minutes and seconds, as 3:45.',
      'price: Write a price, as 0.99.',
    ],
  );
  assert.match(wrong.text, /aria-invalid="true" aria-describedby="price-problem"/);
  assert.deepEqual(wrong.fields(), {
    ...{ title: '', composer: 'x'.repeat(221), length: '3:60', price: '1,5' },
  });
  const long = await admin.post('/shop/edit/artist/1/change_artist', { title: 'x'.repeat(121) });
  assert.equal(long.status, 422);
  assert.match(long.text, /at most 120 characters/);
  const sold = await admin.post('/shop/edit/track/21/change_track', { remove: 'yes' });
  assert.equal(sold.status, 422);
  assert.match(sold.text, /Nothing was saved[^]*This track was sold/);
  const full = await admin.post('/shop/edit/album/1/change_album', { remove: 'yes' });
  assert.equal(full.status, 422);
  await shows(anyone, '/shop/album/1/tracks', /4 tracks</);
});

test('the shop: the list of artists goes on, and has what was added a moment ago', async () => {
  const operations = Array.from({ length: 20 }, (_, number) => ({
    method: 'POST',
    path: '/shop/edit/insert_artist/@api/run',
    body: { arguments: { title: `Zephyr ${number}` } },
  }));
  const added = await admin.json('POST', '/@api/batch', { operations });
  assert.equal(added.status, 200, added.text);
  const first = await shows(anyone, '/shop/', /<a href="\?start&#x3D;25">2<\/a>/);
  const second = await shows(anyone, '/shop/?start=25', /Zephyr 9/);
  const artists = /<a href="\/shop\/artist\//g;
  assert.equal(first.text.match(artists)?.length, 24);
  assert.equal(second.text.match(artists)?.length, 8);
});

test('the shop: objects and rows are saved together, or not at all', async () => {
  const changes = (title: string, artist: number): readonly object[] => [
    { method: 'PATCH', path: '/shop/@api', body: { title } },
    {
      method: 'POST',
      path: '/shop/edit/insert_album/@api/run',
      body: { arguments: { title, artist } },
    },
  ];
  const fails = { method: 'PATCH', path: '/nowhere/@api', body: { title: 'x' } };
  const failed = await admin.json('POST', '/@api/batch', {
    operations: [...changes('Never', 11), fails],
  });
  assert.equal(failed.status, 404, failed.text);
  await shows(anyone, '/shop/', /<h1>Shop<\/h1>/);
  await shows(anyone, '/shop/artist/11/albums', /There is no album yet/);
  const done = await admin.json('POST', '/@api/batch', { operations: changes('Both', 11) });
  assert.equal(done.status, 200, done.text);
  await shows(anyone, '/shop/', /<h1>Both<\/h1>/);
  await shows(anyone, '/shop/artist/11/albums', />Both<\/a>/);
  await admin.json('PATCH', '/shop/@api', { title: 'Shop' });
});

test('the shop: without its tables it says to managers what to do', async () => {
  const lead = (url: string): Promise<Page> =>
    admin.json('PATCH', '/shop/shop_db/@api', { fields: { url } });
  await lead('bare.sqlite');
  const visitor = await anyone.get('/shop/');
  assert.equal(visitor.status, 500);
  assert.doesNotMatch(visitor.text, /canopy sql|no such table/);
  const manager = await admin.get('/shop/');
  assert.match(manager.text, /no such table: Artist[^]*canopy sql --data DIR \/shop\/shop_db/);
  await lead('shop.sqlite');
  await shows(anyone, '/shop/', /Marla Quill/);
});

interface DatabaseServer {
  /** Without a password. */
  readonly url: string;
  readonly password: string;
}

/** Leads the shop of a site that no server has to a database. */
async function leadTo(
  data: string,
  driver: string,
  { url, password }: DatabaseServer,
): Promise<void> {
  await using opened = await openCommandSite({ data, plugins: [], directory: data });
  const address = new URL(url);
  address.password = encodeURIComponent(password);
  await prepareSecrets(opened.site.storage);
  await opened.site.transact(ADMIN_KEY, (work) => {
    const connection = contentAt(opened.site.root(work.connection), '/shop/shop_db');
    assert.ok(connection);
    updateObject(work, connection, { fields: { driver, url: address.href } });
  });
}

const CHINOOKS = [
  { driver: 'sqlite', file: 'Chinook_Sqlite.sql' },
  { driver: 'postgres', file: 'Chinook_PostgreSql.sql', start: startPostgres },
  { driver: 'mysql', file: 'Chinook_MySql.sql', start: startMariadb },
] as const;

for (const chinook of CHINOOKS) {
  const file = path.join(CHINOOK ?? '', chinook.file);
  const isThere = CHINOOK !== undefined && existsSync(file);
  const skip = !isThere && `CANOPY_CHINOOK names no folder with ${chinook.file}`;
  test(`the shop: on the Chinook database: ${chinook.driver}`, { skip }, async () => {
    await using directory = await temporaryDirectory();
    const data = ['--data', directory.path];
    assert.equal((await runCommand(['init', ...data, '--admin-password', ADMIN.password])).code, 0);
    await using database = 'start' in chinook ? await chinook.start() : undefined;
    if (database !== undefined) await leadTo(directory.path, chinook.driver, database);
    const ran = await runCommand(['sql', ...data, '/shop/shop_db', file]);
    assert.equal(ran.code, 0, ran.stderr);

    await using real = await startServer({ data: directory.path });
    const visitor = real.client();
    await shows(visitor, '/shop/?start=265', /Zeca Pagodinho/);
    await shows(visitor, '/shop/artist/22/albums', /<h1>Led Zeppelin<\/h1>/);
    await shows(visitor, '/shop/album/1/tracks', /10 tracks<\/th><td>40 min<\/td><td>\$9.90</);
    await shows(visitor, '/shop/find?q=BALLS', /1 album, 1 track with <b>BALLS<\/b>/);
    await shows(visitor, '/shop/find?q=a', /Of each kind, the first 100 are listed/);
    assert.equal((await visitor.get('/shop/artist/99999999999/albums')).status, 404);
    const manager = real.client(ADMIN);
    await changeByForms(manager, visitor);
    const sold = await manager.post('/shop/edit/track/1/change_track', { remove: 'yes' });
    assert.match(sold.text, /This track was sold/);
    await sent(manager, '/shop/edit/track/7/change_track', { remove: 'yes' });
    await shows(visitor, '/shop/album/1/tracks', /9 tracks</);
  });
}
