/** Restoring from the past: the plan with its choices, and doing it from the past, from history, into a version. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminSite, type Page } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await admin.add('/guide', { type: 'Document', id: 'faq', title: 'Questions' });
  await admin.add('/guide', { type: 'Document', id: 'tips', title: 'Tips' });
  return admin;
}

function now(admin: AdminSite): string {
  using connection = admin.site.database.connect();
  return String(connection.tid);
}

function titleOf(admin: AdminSite, path: string): string | undefined {
  return admin.look(path, (object) => object?.title);
}

function oidOf(admin: AdminSite, path: string): string {
  return String(admin.look(path, (object) => object?.oid) ?? '');
}

async function remove(admin: AdminSite, folder: string, id: string): Promise<void> {
  await admin.post(`${folder}/@manage/contents`, { action: 'delete', id });
}

async function retitle(admin: AdminSite, path: string, title: string): Promise<void> {
  const done = await admin.post(`${path}/@manage/properties`, {
    action: 'save',
    fields: 'sent',
    title,
  });
  assert.equal(done.status, 303, done.text);
}

function wordsOf({ text }: Page): string {
  const main = text.slice(text.indexOf('<main'), text.indexOf('</main>'));
  return main
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/\s+/g, ' ');
}

test('restore: the plan says what comes back and what changes, and changes nothing', async () => {
  await using admin = await site();
  const at = now(admin);
  await remove(admin, '/guide', 'faq');
  await retitle(admin, '/guide/tips', 'Later');
  await admin.add('/guide', { type: 'Document', id: 'young' });
  const before = now(admin);

  const page = await admin.get(`/@manage/restore?at=${at}&path=/guide`);

  assert.equal(page.status, 200);
  const words = wordsOf(page);
  assert.match(words, /\/guide, as of/);
  assert.match(words, /Come back 1 .*\/guide\/faq/);
  assert.match(words, /Change 1 .*\/guide\/tips title/);
  assert.match(words, /What was made there since \(1 object\).*\/guide\/young/);
  assert.equal(now(admin), before);
});

test('restore: from the past it is done in the present, as one change with an undo, and leads back there', async () => {
  await using admin = await site();
  const at = now(admin);
  const gone = oidOf(admin, '/guide/faq');
  const other = oidOf(admin, '/guide/tips');
  await remove(admin, '/guide', 'faq');
  await retitle(admin, '/guide/tips', 'Later');
  const cookies = `canopy_at=${at}`;

  const done = await admin.post(
    '/@manage/restore',
    { action: 'restore', at, object: [gone, other], back: '/guide/@manage/contents' },
    { cookies },
  );

  assert.equal(done.status, 303, done.text);
  assert.match(done.header('location'), /^\/guide\/@manage\/contents\?done=\d+$/);
  assert.match(done.cookies, /canopy_at=(;|$)/);
  assert.equal(titleOf(admin, '/guide/faq'), 'Questions');
  assert.equal(titleOf(admin, '/guide/tips'), 'Tips');
  const page = await admin.get(done.header('location'));
  assert.match(
    page.text,
    /Restored \/guide\/faq, \/guide\/tips as of .*name="action" value="undo"/s,
  );
});

test('restore: choices are kept, and are done', async () => {
  await using admin = await site();
  const at = now(admin);
  await admin.add('/guide', { type: 'Document', id: 'young' });
  await retitle(admin, '/guide', 'Later');
  const query = `at=${at}&path=/guide&chosen=1&newer=go`;

  const page = await admin.get(`/@manage/restore?${query}`);
  assert.match(page.text, /name="below" value="1">/);
  assert.doesNotMatch(wordsOf(page), /young/, 'what is below is left alone');

  const all = { at, path: '/guide', chosen: '1', below: '1', newer: 'go', action: 'restore' };
  assert.equal((await admin.post('/@manage/restore', all)).status, 303);
  assert.equal(titleOf(admin, '/guide'), 'Guide');
  assert.equal(titleOf(admin, '/guide/young'), undefined);
});

test('restore: where the id is taken it asks for another place, and takes it', async () => {
  await using admin = await site();
  const at = now(admin);
  await remove(admin, '/guide', 'faq');
  await admin.add('/guide', { type: 'Document', id: 'faq', title: 'Another' });
  const what = { at, path: '/guide/faq', action: 'restore' };

  const page = await admin.get(`/@manage/restore?at=${at}&path=/guide/faq`);
  assert.match(wordsOf(page), /It needs another place .*“faq” is taken in \/guide/);
  assert.match(page.text, /name="id" value="restored-faq"/);
  const refused = await admin.post('/@manage/restore', what);
  assert.equal(refused.status, 422);
  assert.match(wordsOf(refused), /“faq” is taken/);

  const done = await admin.post('/@manage/restore', { ...what, id: 'older' });
  assert.equal(done.status, 303, done.text);
  assert.equal(titleOf(admin, '/guide/older'), 'Questions');
  await remove(admin, '/guide', 'older');
  await admin.post('/@manage/restore', { ...what, to: '/' });
  assert.equal(titleOf(admin, '/faq'), 'Questions');
});

test('restore: what is like that already is said so, and nothing is stored', async () => {
  await using admin = await site();
  const at = now(admin);

  const page = await admin.get(`/@manage/restore?at=${at}&path=/guide`);
  assert.match(wordsOf(page), /It is like that already/);
  assert.doesNotMatch(page.text, /value="restore"/);
  const done = await admin.post('/@manage/restore', { at, path: '/guide', action: 'restore' });
  assert.match(done.header('location'), /^\/guide\/@manage$/);
  assert.equal(now(admin), at);
});

test('restore: into a version it is done inside of it, and the browser is there then', async () => {
  await using admin = await site();
  const at = now(admin);
  await retitle(admin, '/guide/faq', 'Later');
  await admin.add('/', { type: 'Version', id: 'plan', title: 'The plan' });
  const query = `at=${at}&object=${oidOf(admin, '/guide/faq')}`;

  const page = await admin.get(`/@manage/restore?${query}`);
  const addresses = page.text.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');
  assert.match(addresses, /href="\/plan\/@manage\/restore\?at=\d+&object=\d+">The plan</);
  const inside = await admin.get(`/plan/@manage/restore?${query}`);
  assert.match(wordsOf(inside), /on the version The plan/);
  const done = await admin.post('/plan/@manage/restore', {
    at,
    path: '/guide/faq',
    action: 'restore',
  });

  assert.equal(done.status, 303, done.text);
  assert.match(done.cookies, new RegExp(`canopy_version=${oidOf(admin, '/plan')}`));
  assert.equal(titleOf(admin, '/guide/faq'), 'Later', 'main stays as it is');
  const there = await admin.get(done.header('location'), { cookies: done.cookies });
  assert.match(there.text, /Restored \/guide\/faq as of/);
  assert.match(there.text, /<h1[^>]*>Questions</);
});

test('restore: nothing is told of what somebody may not see, and nobody unknown gets the page', async () => {
  await using admin = await site();
  const at = now(admin);
  await retitle(admin, '/guide/faq', 'Later');
  const reader = await admin.addUser('reader', { at: '/' });
  const address = `/@manage/restore?at=${at}&path=/guide/faq`;

  const page = await admin.get(address, { as: reader });
  assert.equal(page.status, 200);
  assert.match(wordsOf(page), /It cannot be restored/);
  assert.doesNotMatch(page.text, /value="restore"/);
  const sent = { at, path: '/guide/faq', action: 'restore' };
  assert.equal((await admin.post('/@manage/restore', sent, { as: reader })).status, 403);
  assert.notEqual((await admin.get(address, { as: null })).status, 200);
  assert.equal((await admin.get('/@manage/restore')).status, 400);
});
