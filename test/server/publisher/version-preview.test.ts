/** Links for a preview, over real HTTP: what they show, to whom, and when they end. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PREVIEWS_MAX } from '../../../server/content/version-preview.js';
import type { Client, Page } from '../../support/client.js';
import { Desk } from '../version-desk.js';

let desk: Desk;

before(async () => {
  desk = await Desk.open();
});
after(() => desk[Symbol.asyncDispose]());

interface Made {
  readonly id: string;
  readonly url: string;
  readonly until: string;
}

async function link(at: string, body: unknown = {}, as = desk.admin): Promise<Made> {
  return desk.write<Made>('POST', `${at}/@api/preview`, body, { as });
}

function pathOf({ url }: Made): string {
  return new URL(url).pathname;
}

/** A browser that has followed a link. */
async function follow(made: Made, client: Client = desk.server.client()): Promise<Client> {
  const page = await client.get(pathOf(made));
  assert.equal(page.status, 302, page.text);
  assert.equal(page.header('location'), '/');
  return client;
}

async function write(path: string, source: string, version?: string): Promise<void> {
  await desk.write('PATCH', `${path}/@api`, { fields: { source } }, { version });
}

test('whoever has the link sees the site as the version would make it, and nobody else does', async () => {
  await desk.add('/shown', { source: 'As it is.' });
  const at = await desk.begin('looks');
  await write('/shown', 'As it will be.', at);
  await desk.add('/fresh', { source: 'New.', version: at });
  const made = await link(at);
  assert.match(made.url, /^http:\/\/127\.0\.0\.1:\d+\/@preview\/[\w-]{32}$/);
  using guest = desk.server.client();
  const entered = await guest.get(pathOf(made));
  const cookie = entered.header('set-cookie') ?? '';
  assert.match(
    cookie,
    /^canopy_preview=[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=60\d{4}$/,
  );
  assert.equal(entered.header('cache-control'), 'no-store');
  assert.equal(entered.header('referrer-policy'), 'no-referrer');
  const page = await guest.get('/shown');
  assert.match(page.text, /As it will be\./);
  assert.equal(page.header('cache-control'), 'no-store');
  assert.match(page.header('vary') ?? '', /Canopy-Version, Cookie/);
  assert.equal(page.header('etag'), undefined);
  assert.match((await guest.get('/fresh')).text, /New\./);
  assert.equal((await guest.request('HEAD', '/fresh')).status, 200);
  using other = desk.server.client();
  assert.match((await other.get('/shown')).text, /As it is\./);
  assert.equal((await other.get('/fresh')).status, 404);
});

test('a preview shows what Anonymous might see, whoever looks', async () => {
  await desk.add('/public', { source: 'Open.' });
  await desk.add('/private', { source: 'Closed.' });
  const at = await desk.begin('veils');
  const hidden = { permissions: { View: { roles: ['Manager'], acquire: false } } };
  await desk.write('PATCH', '/private/@api/permissions', hidden);
  await desk.write('PATCH', '/public/@api/permissions', hidden, { version: at });
  const made = await link(at);
  for (const browser of [await follow(made), await follow(made, desk.server.client())]) {
    for (const path of ['/public', '/private']) {
      const page = await browser.get(path, { accept: 'text/html' });
      assert.equal(page.status, 403, path);
      assert.match(page.text, /no part of the preview/);
    }
  }
  using manager = desk.server.client();
  await manager.post('/@login', { name: 'editor', password: 'a good password' });
  await follow(made, manager);
  assert.equal((await manager.get('/private')).status, 403);
  const me = await manager.json('GET', '/@api/me');
  assert.deepEqual([me.json()['name'], me.json()['version']], ['editor', null]);
});

test('neither the JSON interface nor the admin is part of a preview, and nothing is sent to it', async () => {
  await desk.add('/form', { source: 'Before.' });
  const at = await desk.begin('quiet', '/form');
  const guest = await follow(await link(at));
  const object = await guest.json('GET', '/form/@api');
  assert.deepEqual([object.json()['title'], object.json()['version']], ['form', null]);
  await desk.refused(guest.post('/form', { title: 'Sent' }), 403, /nothing be sent to it/);
  await desk.refused(guest.request('PUT', '/form', { body: 'Sent' }), 403, /nothing be sent to it/);
  assert.equal((await guest.get('/@manage', { accept: 'text/html' })).status, 302);
  assert.equal(await desk.titleOf('/form'), 'form');
});

test('somebody in a version of their own stays in that one', async () => {
  await desk.add('/two', { source: 'Main.' });
  const [one, other] = [await desk.begin('mine'), await desk.begin('yours')];
  await write('/two', 'Mine.', one);
  await write('/two', 'Yours.', other);
  const browser = await follow(await link(other));
  await browser.post('/@login', { name: 'editor', password: 'a good password' });
  assert.match((await browser.get('/two')).text, /Yours\./);
  await browser.json('POST', `${one}/@api/enter`);
  assert.match((await browser.get('/two')).text, /Mine\./);
  await browser.json('POST', `${one}/@api/leave`);
  assert.match((await browser.get('/two')).text, /Yours\./);
});

test('a browser leaves a preview, and goes back to where it was', async () => {
  await desk.add('/back', { source: 'Main.' });
  const at = await desk.begin('leaving');
  await write('/back', 'Inside.', at);
  const guest = await follow(await link(at));
  const left = await guest.post('/@preview', { back: '/back?a=1' });
  assert.equal(left.status, 303);
  assert.equal(left.header('location'), '/back?a=1');
  assert.equal(guest.cookies.has('canopy_preview'), false);
  assert.match((await guest.get('/back')).text, /Main\./);
  assert.equal((await guest.post('/@preview', { back: '//evil.test/' })).header('location'), '/');
  assert.deepEqual((await guest.json('POST', '/@preview', {})).json(), {});
  assert.equal((await guest.get('/@preview')).status, 405);
  assert.equal((await guest.get('/back/@preview')).status, 404);
  const foreign = { origin: 'http://evil.test' };
  assert.equal((await guest.post('/@preview', {}, foreign)).status, 403);
});

test('a link ends when it is revoked, and the browser forgets it', async () => {
  await desk.add('/brief', { source: 'Main.' });
  const at = await desk.begin('short');
  await write('/brief', 'Inside.', at);
  const made = await link(at, { days: 3 }, desk.writer);
  const kept = await link(at, { until: new Date(Date.now() + 60_000).toISOString() });
  const [guest, friend] = [await follow(made), await follow(kept)];
  const list = async (): Promise<readonly { id: string; user: string }[]> =>
    (await desk.write<{ items: { id: string; user: string }[] }>('GET', `${at}/@api/preview`))
      .items;
  assert.deepEqual(
    (await list()).map(({ id, user }) => [id, user]),
    [
      [kept.id, '/acl_users:admin'],
      [made.id, '/acl_users:writer'],
    ],
  );
  const other = await desk.begin('else');
  const wrong = desk.send('DELETE', `${other}/@api/preview`, { id: made.id });
  await desk.refused(wrong, 404, /no link/);
  await desk.write('DELETE', `${at}/@api/preview`, { id: made.id }, { as: desk.writer });
  assert.deepEqual(
    (await list()).map(({ id }) => id),
    [kept.id],
  );
  const page = await guest.get('/brief');
  assert.match(page.text, /Main\./);
  assert.match(page.header('set-cookie') ?? '', /^canopy_preview=; .*Max-Age=0$/);
  assert.equal(guest.cookies.has('canopy_preview'), false);
  assert.match((await friend.get('/brief')).text, /Inside\./);
  await desk.refused(guest.get(pathOf(made)), 404, /has ended/);
});

test('a link ends with its version, and with what its maker may', async () => {
  await desk.add('/tied', { source: 'Main.' });
  const at = await desk.begin('ties');
  await write('/tied', 'Inside.', at);
  const guest = await follow(await link(at, {}, desk.writer));
  const closed = { permissions: { 'Join/leave Versions': { roles: ['Editor'], acquire: false } } };
  await desk.write('PATCH', `${at}/@api/permissions`, closed);
  assert.match((await guest.get('/tied')).text, /Main\./);
  const friend = await follow(await link(at));
  assert.match((await friend.get('/tied')).text, /Inside\./);
  await desk.write('POST', `${at}/@api/discard`);
  assert.match((await friend.get('/tied')).text, /Main\./);
  assert.equal(friend.cookies.has('canopy_preview'), false);
});

test('a link that was made up leads nowhere', async () => {
  using guest = desk.server.client();
  for (const path of ['/@preview/x', `/@preview/${'x'.repeat(32)}`, '/@preview/a/b']) {
    await desk.refused(guest.get(path), 404, /has ended/);
    assert.equal(guest.cookies.has('canopy_preview'), false);
  }
  guest.cookies.set('canopy_preview', 'x'.repeat(32));
  assert.notEqual((await guest.get('/')).status, 403);
  assert.equal(guest.cookies.has('canopy_preview'), false);
  const made = await link(await desk.begin('framed'));
  const framed = guest.get(pathOf(made), { 'sec-fetch-dest': 'image' });
  await desk.refused(framed, 403, /following its link/);
  await desk.refused(guest.post(pathOf(made), {}), 405, /opened by a link/);
});

test('links are made by those who may be in the version, for ninety days at most', async () => {
  const at = await desk.begin('bounds');
  const make = (body: unknown, as = desk.admin): Promise<Page> =>
    desk.send('POST', `${at}/@api/preview`, body, { as });
  await desk.refused(make({ days: 91 }), 422, /days/);
  await desk.refused(make({ days: 0 }), 422, /days/);
  await desk.refused(make({ days: 'many' }), 422, /number/);
  await desk.refused(make({ until: '2001-01-01' }), 422, /time to come/);
  await desk.refused(make({ until: 'soon' }), 422, /is no time/);
  await desk.refused(make({ days: 1, until: '2001-01-01' }), 422, /Say either/);
  await desk.refused(make({}, desk.server.client()), 401, /Join/);
  await desk.refused(desk.send('POST', '/acl_users/@api/preview', {}), 404, /no version/);
  for (let count = 0; count < PREVIEWS_MAX; count += 1) await link(at);
  await desk.refused(make({}), 409, /Revoke one/);
});

test('a page that may be kept says that another place shows another one', async () => {
  const source = '{{call (@response.header "Cache-Control" "public, max-age=600")}}Kept.';
  await desk.add('/kept', { type: 'Template', source });
  const page = await desk.server.client().get('/kept');
  assert.equal(page.status, 200, page.text);
  assert.equal(page.header('cache-control'), 'public, max-age=600');
  assert.equal(page.header('vary'), 'Canopy-Version, Cookie');
  await desk.add('/asked', { source: 'Asked.' });
  assert.equal((await desk.server.client().get('/asked')).header('vary'), undefined);
});
