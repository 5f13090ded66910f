/** The trash in the admin: what is listed, and putting it back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminSite, type Page } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await admin.add('/guide', { type: 'Folder', id: 'old', title: 'Old pages' });
  await admin.add('/guide/old', { type: 'Document', id: 'a', title: 'A & B' });
  await admin.add('/', { type: 'Document', id: 'faq', title: 'Questions' });
  return admin;
}

async function remove(admin: AdminSite, folder: string, id: string): Promise<void> {
  const done = await admin.post(`${folder}@manage/contents`, { action: 'delete', id });
  assert.equal(done.status, 303, done.text);
}

function entryIn(page: Page): string {
  return /name="entry" value="(\d+-\d+)"/.exec(page.text)?.[1] ?? '';
}

function toastOf(page: Page): string {
  return /<div class="toast">.*?<span>(.*?)<\/span>/s.exec(page.text)?.[1] ?? '';
}

test('trash: the places of the site lead to it, and so does each folder to what was deleted there', async () => {
  await using admin = await site();
  const root = await admin.get('/@manage');
  assert.match(root.text, /<a href="\/@manage\/trash">.*?Trash<\/a>/);
  const folder = await admin.get('/guide/@manage/contents');
  assert.match(folder.text, /<a href="\/guide\/@manage\/trash">.*?Deleted from here<\/a>/);
  const empty = await admin.get('/guide/@manage/trash');
  assert.equal(empty.status, 200);
  assert.match(empty.text, /<h2>Nothing was deleted from here lately<\/h2>/);
  const screen = await admin.get('/@manage/trash');
  assert.match(screen.text, /<a href="\/@manage\/trash" aria-current="page">/);
});

test('trash: an entry says what, where, who and how much; filters and their emptiness are told', async () => {
  await using admin = await site();
  await remove(admin, '/guide/', 'old');
  await remove(admin, '/', 'faq');
  const all = await admin.get('/@manage/trash');
  assert.match(all.text, /Old pages<\/span> <span class="list__id breaks">\/guide\/old<\/span>/);
  assert.match(all.text, /1 object in it/);
  assert.match(all.text, /Questions/);
  const below = await admin.get('/guide/@manage/trash');
  assert.doesNotMatch(below.text, /Questions/);
  assert.doesNotMatch((await admin.get('/@manage/trash?q=questions')).text, /Old pages/);
  assert.doesNotMatch((await admin.get('/@manage/trash?path=guide/')).text, /Questions/);
  assert.match((await admin.get('/@manage/trash?who=me')).text, /Questions/);
  const nothing = await admin.get('/@manage/trash?who=%2Facl_users%3Anobody');
  assert.match(nothing.text, /Nothing in the trash fits/);
});

test('trash: what is restored is in its place, with a message that takes it back', async () => {
  await using admin = await site();
  await remove(admin, '/guide/', 'old');
  const entry = entryIn(await admin.get('/guide/@manage/trash?q=old'));
  const done = await admin.post('/guide/@manage/trash?q=old', { action: 'restore', entry });
  assert.match(done.header('location'), /^\/guide\/@manage\/trash\?q=old&done=\d+$/);
  const page = await admin.get(done.header('location'));
  assert.equal(toastOf(page), 'Restored /guide/old from the trash');
  assert.match(page.text, /Nothing in the trash fits/);
  assert.equal(
    admin.look('/guide/old/a', (object) => object?.title),
    'A & B',
  );
  const transaction = /name="transaction" value="(\d+)"/.exec(page.text)?.[1] ?? '';
  await admin.post('/guide/@manage/undo', { action: 'undo', transaction, back: '/' });
  assert.equal(
    admin.look('/guide/old', (object) => object),
    undefined,
  );
});

test('trash: where its id is taken, a form asks for another and keeps what was typed', async () => {
  await using admin = await site();
  await remove(admin, '/', 'faq');
  const entry = entryIn(await admin.get('/@manage/trash'));
  await admin.add('/', { type: 'Document', id: 'faq' });
  const sent = await admin.post('/@manage/trash', { action: 'restore', entry });
  assert.equal(sent.header('location'), `/@manage/trash/restore?entry=${entry}`);
  const form = await admin.get(sent.header('location'));
  assert.match(form.text, /Its id is taken/);
  assert.match(form.text, /name="id" value="restored-faq"/);
  const address = sent.header('location');
  const refused = await admin.post(address, { action: 'restore', to: '/guide', id: '_x' });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /name="to" value="\/guide"/);
  assert.match(refused.text, /An id does not begin with “_”/);
  const taken = await admin.post(address, { action: 'restore', to: '/', id: 'faq' });
  assert.match(taken.text, /“faq” is taken in \//);
  const nowhere = await admin.post(address, { action: 'restore', to: '/none', id: 'x' });
  assert.match(nowhere.text, /id="f-to-error">.*There is no folder \/none/);
  const done = await admin.post(address, { action: 'restore', to: '/guide', id: 'faq' });
  assert.equal(
    toastOf(await admin.get(done.header('location'))),
    'Restored /guide/faq from the trash, where it was /faq',
  );
});

test('trash: where its folder is gone too, the form proposes the nearest that is there', async () => {
  await using admin = await site();
  await remove(admin, '/guide/old/', 'a');
  const entry = entryIn(await admin.get('/@manage/trash'));
  await remove(admin, '/guide/', 'old');
  const list = await admin.get('/@manage/trash');
  assert.match(list.text, /its folder is gone/);
  const sent = await admin.post('/@manage/trash', { action: 'restore', entry });
  const form = await admin.get(sent.header('location'));
  assert.match(form.text, /Its folder is gone too/);
  assert.match(form.text, /name="to" value="\/guide"/);
  assert.match(form.text, /Restore A &amp; B/);
});

test('trash: whoever may not see what was deleted is told nothing of it, by any address', async () => {
  await using admin = await site();
  await admin.close('/faq', 'View');
  await remove(admin, '/', 'faq');
  const reader = await admin.addUser('reader', { at: '/' });
  const entry = entryIn(await admin.get('/@manage/trash'));
  const list = await admin.get('/@manage/trash', { as: reader });
  assert.doesNotMatch(list.text, /Questions|\/faq/);
  assert.match(list.text, /Nothing was deleted lately/);
  const form = await admin.get(`/@manage/trash/restore?entry=${entry}`, { as: reader });
  assert.equal(form.status, 404);
  assert.doesNotMatch(form.text, /Questions|\/faq/);
  const sent = await admin.post('/@manage/trash', { action: 'restore', entry }, { as: reader });
  assert.equal(sent.status, 404);
});

test('trash: a refusal says which permission is lacking, and nothing changes', async () => {
  await using admin = await site();
  await remove(admin, '/guide/', 'old');
  const reader = await admin.addUser('reader', { at: '/' });
  const entry = entryIn(await admin.get('/@manage/trash', { as: reader }));
  const sent = await admin.post('/@manage/trash', { action: 'restore', entry }, { as: reader });
  assert.equal(sent.status, 403);
  assert.match(sent.text, /You lack the permission “Add Folders” at \/guide/);
  const odd = await admin.post('/@manage/trash', { action: 'restore', entry: 'x-1' });
  assert.equal(odd.status, 400);
});

test('trash: more than a page is paged, filters kept', async () => {
  await using admin = await site();
  for (let i = 0; i < 27; i += 1) await admin.add('/guide', { type: 'Document', id: `p${i}` });
  const id = Array.from({ length: 27 }, (_, i) => `p${i}`);
  await admin.post('/guide/@manage/contents', { action: 'delete', id });
  const first = await admin.get('/@manage/trash?q=guide');
  const older = /<a class="btn btn--s" href="([^"]+)" rel="next">/.exec(first.text)?.[1] ?? '';
  assert.equal(older.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='), '?q=guide&start=25');
  const last = await admin.get('/@manage/trash?q=guide&start=25');
  assert.equal([...last.text.matchAll(/name="entry"/g)].length, 2);
  assert.match(last.text, /rel="prev"/);
});

test('trash: in a version, pages come back for the version alone, and users not at all', async () => {
  await using admin = await site();
  await admin.add('/', { type: 'Version', id: 'redesign', title: 'Redesign' });
  const reader = await admin.addUser('reader', { at: '/' });
  await remove(admin, '/', 'faq');
  await admin.post('/acl_users/@manage/users', { action: 'delete', user: reader.name });
  const cookies = `canopy_version=${admin.look('/redesign', (object) => object?.oid) ?? 0}`;
  const inside = { cookies };
  const user = entryIn(await admin.get('/@manage/trash?q=reader', inside));
  const refused = await admin.post('/@manage/trash', { action: 'restore', entry: user }, inside);
  assert.equal(refused.status, 409);
  assert.match(refused.text, /A user is restored outside of versions/);

  const entry = entryIn(await admin.get('/@manage/trash?q=faq', inside));
  const done = await admin.post('/@manage/trash', { action: 'restore', entry }, inside);
  assert.equal(done.status, 303);
  assert.doesNotMatch((await admin.get('/@manage/trash?q=faq', inside)).text, /Questions/);
  assert.match((await admin.get('/@manage/trash?q=faq')).text, /Questions/);
  assert.equal(
    admin.look('/faq', (object) => object),
    undefined,
  );
});
