/** What stands around every screen: who may see it, and what it says of the object, the site and the last change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminSite, type Page } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await admin.add('/guide', { type: 'Folder', id: 'inner' });
  await admin.add('/guide', { type: 'Document', id: 'faq', title: 'Questions' });
  await admin.add('/guide/inner', { type: 'Document', id: 'deep' });
  return admin;
}

function tabsOf(page: Page): readonly string[] {
  const tabs = /<nav class="tabs".*?<\/nav>/s.exec(page.text)?.[0] ?? '';
  return [...tabs.matchAll(/>([^<>]+)<\/a>/g)].map(([, title = '']) => title);
}

function treeOf(page: Page): string {
  return /<nav class="side__scroll".*?<\/nav>/s.exec(page.text)?.[0] ?? '';
}

test('frame: a page names the object in its title, its crumbs, and one heading', async () => {
  await using admin = await site();

  const { text } = await admin.get('/guide/faq/@manage/properties');

  assert.match(text, /<title>Questions, properties · Home<\/title>/);
  assert.match(text, /<h1[^>]*>Questions<\/h1>/);
  assert.equal(text.match(/<h1/g)?.length, 1);
  assert.match(
    text,
    /<a href="\/guide\/@manage">guide<\/a><\/li><li><span aria-current="location">faq/,
  );
});

test('frame: tabs are the screens that are about the object and that the reader may open', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/' });

  const folder = tabsOf(await admin.get('/guide/@manage'));
  const users = tabsOf(await admin.get('/acl_users/@manage'));
  const read = tabsOf(await admin.get('/guide/@manage', { as: reader }));

  assert.equal(folder[0], 'Contents');
  assert.ok(folder.includes('Properties'));
  assert.equal(users[0], 'Users');
  assert.ok(!users.includes('Contents'));
  assert.ok(read.includes('Contents'));
  assert.ok(!read.includes('Security'));
});

test('frame: the tree is open down to the object, and the address opens and shuts branches', async () => {
  await using admin = await site();

  const atRoot = treeOf(await admin.get('/@manage'));
  const opened = treeOf(await admin.get('/@manage?open=/guide'));
  const shut = treeOf(await admin.get('/guide/inner/@manage?shut=/guide/inner'));

  assert.doesNotMatch(atRoot, />faq</);
  assert.match(opened, />faq</);
  assert.match(opened, /href="\/guide\/@manage\?open&#x3D;%2Fguide"/);
  assert.match(shut, />inner</);
  assert.doesNotMatch(shut, />deep</);
});

test('frame: a branch of the tree shows fifty children and counts the others', async () => {
  await using admin = await site();
  for (let index = 0; index < 55; index += 1) {
    await admin.add('/guide/inner', { type: 'Folder', id: `f${index}` });
  }

  const tree = treeOf(await admin.get('/guide/inner/@manage'));

  assert.match(tree, /6 more/);
});

test('frame: the tree has nothing that the reader may not view', async () => {
  await using admin = await site();
  await admin.close('/guide/inner', 'View');
  const reader = await admin.addUser('reader', { at: '/guide' });

  const tree = treeOf(await admin.get('/guide/@manage', { as: reader }));

  assert.match(tree, />faq</);
  assert.doesNotMatch(tree, />inner</);
});

test('frame: where the reader may not open the admin, tree and crumbs show names without links', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/guide' });

  const page = await admin.get('/guide/@manage', { as: reader });

  assert.match(page.text, /<nav class="crumbs"[^>]*><ol><li><span>Home<\/span>/);
  assert.doesNotMatch(treeOf(page), /href="\/@manage"/);
});

test('frame: the tree alone is a part that any screen gives', async () => {
  await using admin = await site();

  const page = await admin.get('/guide/@manage/properties?open=/guide/inner&part=tree');

  assert.doesNotMatch(page.text, /<html/);
  assert.match(page.text, />deep</);
  assert.doesNotMatch(page.text, /part&#x3D;/);
});

test('frame: only whoever made a transaction is told of it', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/' });
  const sent = await admin.post('/guide/@manage/contents', { action: 'delete', id: 'faq' });
  const address = sent.header('location');

  const mine = await admin.get(address);
  const theirs = await admin.get(address, { as: reader });
  const nonsense = await admin.get('/guide/@manage/contents?done=99');

  assert.match(mine.text, /class="toast"/);
  for (const page of [theirs, nonsense]) assert.doesNotMatch(page.text, /class="toast"/);
});

test('frame: words about what changed nothing are said once', async () => {
  await using admin = await site();
  const sent = await admin.post('/guide/@manage/contents', { action: 'copy', id: 'faq' });

  const told = await admin.get(sent.header('location'), { cookies: sent.cookies });

  assert.match(told.text, /Copied faq\. Open a folder and paste\./);
  assert.match(told.cookies, /canopy_said=$/);
});

test('frame: a chosen theme is in the first byte of the page, and the choice leads back', async () => {
  await using admin = await site();

  const sent = await admin.post('/guide/@manage/account', {
    action: 'theme',
    theme: 'dark',
    back: '/guide/@manage?sort=id',
  });
  const dark = await admin.get('/guide/@manage', { cookies: sent.cookies });
  const elsewhere = await admin.post('/@manage/account', {
    action: 'theme',
    theme: 'dark',
    back: '//evil.example/',
  });

  assert.equal(sent.header('location'), '/guide/@manage?sort=id');
  assert.match(dark.text, /<html lang="en" data-theme="dark">/);
  assert.equal(elsewhere.header('location'), '/@manage/account');
});

test('frame: shortcuts of single letters can be turned off', async () => {
  await using admin = await site();

  const sent = await admin.post('/@manage/account', { action: 'shortcuts' });
  const page = await admin.get('/@manage', { cookies: sent.cookies });

  assert.match(page.text, /<html lang="en" data-letters="off">/);
});

test('frame: every page forbids inline scripts and styles, and has none', async () => {
  await using admin = await site();

  for (const path of [
    '/guide/@manage',
    '/@manage/nope',
    '/guide/faq/@manage/properties',
    '/@manage/help/keys',
  ]) {
    const page = await admin.get(path);
    assert.match(page.header('content-security-policy'), /default-src 'none'.*script-src 'self'/);
    assert.equal(page.header('cache-control'), 'no-store');
    assert.doesNotMatch(page.text, /<style|\sstyle="|\son[a-z]+="|<script(?! type="module" src=)/);
  }
});

test('frame: nobody who is not signed in sees a screen', async () => {
  await using admin = await site();

  const page = await admin.get('/guide/@manage/contents', { as: null });

  assert.equal(page.status, 302);
  assert.match(page.header('location'), /^\/@login\?next=/);
});

test('frame: a refusal names the permission and the steps that led to it', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/guide' });

  const page = await admin.get('/@manage', { as: reader });

  assert.equal(page.status, 403);
  assert.match(page.text, /You lack the permission “View management screens” at \/\./);
  assert.match(page.text, /<ol class="chain">.*that is not enough/s);
});

test('frame: a screen that does not exist is not found, for programs as for people', async () => {
  await using admin = await site();

  const page = await admin.get('/guide/@manage/nope');
  const json = await admin.get('/guide/@manage/nope', { accept: 'application/json' });

  assert.equal(page.status, 404);
  assert.match(page.text, /There is no screen nope for \/guide/);
  assert.equal(json.status, 404);
  assert.equal(json.json['status'], 404);
});

test('frame: an action that no screen has is refused', async () => {
  await using admin = await site();

  const page = await admin.post('/guide/@manage/contents', { action: 'toString' });

  assert.equal(page.status, 400);
});

test('frame: whoever may manage an object and not view it is shown no way to its page', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/guide' });
  await admin.close('/guide/faq', 'View');

  const mine = await admin.get('/guide/faq/@manage/properties');
  const theirs = await admin.get('/guide/faq/@manage/properties', { as: reader });

  assert.match(mine.text, /<a class="btn[^"]*" href="\/guide\/faq">/);
  assert.equal(theirs.status, 200);
  assert.doesNotMatch(theirs.text, /href="\/guide\/faq"/);
});
