/** A folder’s listing, and what is done with the objects that are ticked in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentAt, isContainer } from '../../server/content/content.js';
import { setPermissions } from '../../server/content/permissions.js';
import { ADMIN_KEY } from '../../server/site.js';
import { AdminSite, type Page } from './admin-site.js';

async function guide(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  for (const id of ['faq', 'install', 'tips']) {
    await admin.add('/guide', { type: 'Document', id, title: `About ${id}` });
  }
  return admin;
}

function idsAt(admin: AdminSite, path: string): readonly string[] {
  return admin.look(path, (object) =>
    isContainer(object) ? object.items().map((item) => item.id) : [],
  );
}

function rowsOf(page: Page): readonly string[] {
  return [...page.text.matchAll(/name="id" value="([^"]*)"/g)].map(([, id = '']) => id);
}

function toastOf(page: Page): string {
  return /<div class="toast">.*?<span>(.*?)<\/span>/s.exec(page.text)?.[1] ?? '';
}

test('contents: a folder shows its objects, folders first, each with a box, a link and a size', async () => {
  await using admin = await guide();
  await admin.add('/guide', { type: 'Folder', id: 'zoo' });

  const page = await admin.get('/guide/@manage');

  assert.equal(page.status, 200);
  assert.deepEqual(rowsOf(page), ['zoo', 'faq', 'install', 'tips']);
  assert.match(page.text, /<a href="\/guide\/faq\/@manage">About faq<\/a>/);
  assert.match(page.text, /0 objects/);
  assert.match(page.text, /<caption>4 objects in <strong>Guide<\/strong>, by title<\/caption>/);
});

test('contents: an object whose screens the reader may not open is named without a link', async () => {
  await using admin = await guide();
  const mo = { name: 'mo', password: 'password of mo' };
  const fields = { password: mo.password, roles: [] };
  await admin.add('/acl_users', { type: 'User', id: 'mo', fields });
  await admin.site.transact(ADMIN_KEY, (work) => {
    const root = admin.site.root(work.connection);
    const folder = contentAt(root, '/guide');
    const faq = contentAt(root, '/guide/faq');
    assert.ok(folder && faq);
    const screens = 'View management screens';
    setPermissions(work, folder, {
      addRoles: ['Editor'],
      localRoles: { '/acl_users:mo': ['Editor'] },
      permissions: { [screens]: { roles: ['Editor'], acquire: true } },
    });
    setPermissions(work, faq, { permissions: { [screens]: { roles: [], acquire: false } } });
  });

  const page = await admin.get('/guide/@manage', { as: mo });

  assert.deepEqual(rowsOf(page), ['faq', 'install', 'tips']);
  assert.match(page.text, /<span>About faq<\/span>/);
  assert.doesNotMatch(page.text, /href="\/guide\/faq/);
  assert.match(page.text, /href="\/guide\/tips\/@manage"/);
});

test('contents: an empty folder says what visitors see and offers what to add', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'recipes' });

  const page = await admin.get('/recipes/@manage/contents');

  assert.match(page.text, /Nothing in this folder yet/);
  assert.match(page.text, /see a plain list of contents/);
  assert.match(page.text, /href="\/recipes\/@manage\/add\/Document"/);
});

test('contents: what people typed is text in the page, never markup', async () => {
  await using admin = await AdminSite.open();
  const evil = `<script>alert(1)</script>"'&`;
  await admin.add('/', { type: 'Folder', id: 'a"><b>', title: evil });
  await admin.add(`/a"><b>`, { type: 'Document', id: `x'"<i>`, title: evil });

  const page = await admin.get(`/${encodeURIComponent('a"><b>')}/@manage?filter=%22%3E%3Cu%3E`);
  const all = await admin.get(`/${encodeURIComponent('a"><b>')}/@manage`);

  for (const { text } of [page, all]) assert.doesNotMatch(text, /<script>alert|<b>|<i>|<u>/);
  assert.match(all.text, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
});

test('contents: the address sorts, filters and says so in the caption', async () => {
  await using admin = await guide();

  const sorted = await admin.get('/guide/@manage/contents?sort=id&order=desc');
  const filtered = await admin.get('/guide/@manage/contents?filter=TIP');
  const none = await admin.get('/guide/@manage/contents?filter=nothing-like-it');

  assert.deepEqual(rowsOf(sorted), ['tips', 'install', 'faq']);
  assert.deepEqual(rowsOf(filtered), ['tips']);
  assert.match(filtered.text, /1 object of 3/);
  assert.match(none.text, /Nothing here matches the filter/);
});

test('contents: a page has a hundred rows, and links to the ones before and after', async () => {
  await using admin = await AdminSite.open();
  for (let index = 0; index < 101; index += 1) {
    await admin.add('/', { type: 'Folder', id: `f${index}` });
  }

  const first = await admin.get('/@manage/contents?sort=id');
  const second = await admin.get('/@manage/contents?sort=id&start=100');

  assert.equal(rowsOf(first).length, 100);
  assert.match(first.text, /1&#8211;100 of 102/);
  assert.match(first.text, /href="\?sort&#x3D;id&amp;start&#x3D;100" rel="next"/);
  assert.equal(rowsOf(second).length, 2);
  assert.match(second.text, /rel="prev"/);
});

test('contents: JSON gives the same rows to a program', async () => {
  await using admin = await guide();

  const page = await admin.get('/guide/@manage/contents', { accept: 'application/json' });

  assert.match(page.header('content-type'), /^application\/json/);
  const rows = page.json['rows'] as readonly { readonly id: string }[];
  assert.deepEqual(
    rows.map((row) => row.id),
    ['faq', 'install', 'tips'],
  );
});

test('contents: what the reader may not view is neither listed nor counted', async () => {
  await using admin = await guide();
  await admin.close('/guide/tips', 'View');
  const reader = await admin.addUser('reader', { at: '/guide' });

  const page = await admin.get('/guide/@manage/contents', { as: reader });

  assert.deepEqual(rowsOf(page), ['faq', 'install']);
  assert.match(page.text, /2 objects in/);
});

test('contents: deleting asks nothing, tells what went, and offers to undo it', async () => {
  await using admin = await guide();

  const sent = await admin.post('/guide/@manage/contents?sort=id', {
    action: 'delete',
    id: ['faq', 'tips'],
  });
  const page = await admin.get(sent.header('location'));

  assert.equal(sent.status, 303);
  assert.match(sent.header('location'), /^\/guide\/@manage\/contents\?sort=id&done=\d+$/);
  assert.deepEqual(idsAt(admin, '/guide'), ['install']);
  assert.equal(toastOf(page), 'Deleted 2 objects from /guide: faq and tips');
  assert.match(page.text, /name="transaction" value="\d+"/);
});

test('contents: an action on nothing says to tick something, and changes nothing', async () => {
  await using admin = await guide();

  const page = await admin.post('/guide/@manage/contents', { action: 'delete' });

  assert.equal(page.status, 400);
  assert.match(page.text, /Tick at least one object first/);
  assert.deepEqual(idsAt(admin, '/guide'), ['faq', 'install', 'tips']);
});

test('contents: a refused deletion shows why, keeps what was ticked, and deletes none', async () => {
  await using admin = await guide();
  const reader = await admin.addUser('reader', { at: '/guide' });

  const page = await admin.post(
    '/guide/@manage/contents',
    { action: 'delete', id: 'faq' },
    { as: reader },
  );

  assert.equal(page.status, 403);
  assert.match(
    page.text,
    /You lack the permission “Delete objects” at \/guide\/faq\. Nothing was changed\./,
  );
  assert.match(page.text, /value="faq" aria-label="Select faq" checked/);
  assert.deepEqual(idsAt(admin, '/guide'), ['faq', 'install', 'tips']);
});

test('contents: what is cut in one folder is moved by pasting in another', async () => {
  await using admin = await guide();
  await admin.add('/', { type: 'Folder', id: 'old' });

  const cut = await admin.post('/guide/@manage/contents', { action: 'cut', id: ['faq', 'tips'] });
  const marked = await admin.get('/guide/@manage', { cookies: cut.cookies });
  const sent = await admin.post(
    '/old/@manage/contents',
    { action: 'paste' },
    { cookies: cut.cookies },
  );

  assert.match(marked.text, /<tr class="is-cut">/);
  assert.deepEqual(idsAt(admin, '/guide'), ['install']);
  assert.deepEqual(idsAt(admin, '/old'), ['faq', 'tips']);
  assert.match(sent.cookies, /canopy_clipboard=;?/);
});

test('contents: what is copied can be pasted again and again, under ids that are free', async () => {
  await using admin = await guide();

  const copied = await admin.post('/guide/@manage/contents', { action: 'copy', id: 'faq' });
  const { cookies } = copied;
  await admin.post('/guide/@manage/contents', { action: 'paste' }, { cookies });
  await admin.post('/guide/@manage/contents', { action: 'paste' }, { cookies });

  assert.deepEqual(idsAt(admin, '/guide'), [
    'faq',
    'install',
    'tips',
    'copy_of_faq',
    'copy2_of_faq',
  ]);
});

test('contents: pasting says so when nothing is on the clipboard any more', async () => {
  await using admin = await guide();
  const { cookies } = await admin.post('/guide/@manage/contents', { action: 'cut', id: 'faq' });
  await admin.post('/guide/@manage/contents', { action: 'delete', id: 'faq' });

  const page = await admin.post('/guide/@manage/contents', { action: 'paste' }, { cookies });

  assert.equal(page.status, 400);
  assert.match(page.text, /nothing on the clipboard/);
});

for (const { action, ids, expected } of [
  { action: 'first', ids: ['tips'], expected: ['tips', 'faq', 'install'] },
  { action: 'last', ids: ['faq'], expected: ['install', 'tips', 'faq'] },
  { action: 'earlier', ids: ['tips'], expected: ['faq', 'tips', 'install'] },
  { action: 'later', ids: ['faq'], expected: ['install', 'faq', 'tips'] },
  { action: 'last', ids: ['faq', 'install'], expected: ['tips', 'faq', 'install'] },
  { action: 'later', ids: ['install'], expected: ['faq', 'tips', 'install'] },
]) {
  test(`contents: ${action} moves ${ids.join(' and ')} in the folder's own order`, async () => {
    await using admin = await guide();

    await admin.post('/guide/@manage/contents?sort=order', { action, id: ids });

    assert.deepEqual(idsAt(admin, '/guide'), expected);
  });
}

test('contents: an object is put before the one it was dropped on', async () => {
  await using admin = await guide();

  await admin.post('/guide/@manage/contents', { action: 'before', id: 'tips', before: 'install' });

  assert.deepEqual(idsAt(admin, '/guide'), ['faq', 'tips', 'install']);
});

test('contents: names from above are listed with their origin, and overridden by a copy', async () => {
  await using admin = await guide();
  await admin.add('/', { type: 'Template', id: 'layout', title: 'Page frame' });

  const page = await admin.get('/guide/@manage');
  const sent = await admin.post('/guide/@manage/contents', { action: 'override', name: 'layout' });

  assert.match(page.text, /1 name acquired from above/);
  assert.match(page.text, /from \//);
  assert.match(sent.header('location'), /^\/guide\/layout\/@manage\?done=\d+$/);
  assert.deepEqual(idsAt(admin, '/guide'), ['faq', 'install', 'tips', 'layout']);
});

test('contents: the menu of a row is a part of the page, for one object that is there', async () => {
  await using admin = await guide();

  const menu = await admin.get('/guide/@manage/contents?part=row-menu&id=faq');
  const gone = await admin.get('/guide/@manage/contents?part=row-menu&id=gone');

  assert.equal(menu.status, 200);
  assert.doesNotMatch(menu.text, /<html/);
  assert.match(menu.text, /href="\/guide\/faq\/@manage\/properties"/);
  assert.equal(gone.status, 404);
});
