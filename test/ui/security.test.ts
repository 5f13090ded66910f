/** The security screen: the matrix as it is and as it is sent, roles, ownership, and why. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminSite, type Page } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await admin.add('/guide', { type: 'Document', id: 'a' });
  await admin.add('/acl_users', {
    type: 'User',
    id: 'tomas',
    fields: { password: 'long enough', roles: [] },
  });
  return admin;
}

/** The words of one box of the matrix. */
function cell(page: Page, permission: string, role: string): string {
  return (
    new RegExp(`aria-label="${permission} for ${role}: ([^"]*)"`).exec(page.text)?.[1] ?? 'none'
  );
}

test('security: a folder without settings shows all as acquired, with where it comes from', async () => {
  await using admin = await site();
  const page = await admin.get('/guide/@manage/security');
  assert.equal(page.status, 200);
  assert.equal(cell(page, 'View', 'Anonymous'), 'allowed, acquired from the defaults');
  assert.equal(cell(page, 'View', 'Owner'), 'not allowed');
  assert.match((await admin.get('/guide/@manage/security?show=set')).text, /Nothing is set here/);
});

test('security: saving sets the rows that were sent and leaves the others alone', async () => {
  await using admin = await site();
  const url = '/guide/@manage/security';
  await admin.post(url, { action: 'save', row: ['View'], allow: ['View: Owner'] });
  const page = await admin.get(url);
  assert.equal(cell(page, 'View', 'Owner'), 'allowed here');
  assert.equal(cell(page, 'View', 'Anonymous'), 'allowed above by the defaults, cut off here');
  assert.equal(cell(page, 'View history', 'Owner'), 'allowed, acquired from the defaults');
  const below = await admin.get('/guide/a/@manage/security');
  assert.equal(cell(below, 'View', 'Owner'), 'allowed, acquired from /guide');
  const done = await admin.post(url, { action: 'save', row: ['View'], acquire: ['View'] });
  assert.match((await admin.get(done.header('location'))).text, /name="action" value="undo"/);
  assert.equal(
    cell(await admin.get(url), 'View', 'Anonymous'),
    'allowed, acquired from the defaults',
  );
});

test('security: a folder’s own role can be added, given to somebody, and taken away', async () => {
  await using admin = await site();
  const url = '/guide/@manage/security';
  await admin.post(url, { action: 'roles', 'add-role': 'Editor' });
  await admin.post(url, {
    action: 'save',
    row: 'Change Documents',
    acquire: 'Change Documents',
    allow: 'Change Documents: Editor',
  });
  await admin.post(url, { action: 'local-roles', principal: 'tomas', role: ['Editor'] });
  const page = await admin.get(url);
  assert.equal(cell(page, 'Change Documents', 'Editor'), 'allowed here');
  assert.match(page.text, /tomas<\/span>[\s\S]*?<span class="chip">Editor<\/span>/);
  const why = await admin.get(`${url}?user=tomas&permission=Change+Documents&on=/guide/a`);
  assert.match(why.text, /Yes, tomas may/);
  await admin.post(url, { action: 'local-roles', principal: '/acl_users:tomas' });
  const after = await admin.get(`${url}?user=tomas&permission=Change+Documents&on=/guide/a`);
  assert.match(after.text, /No, tomas may not/);
  await admin.post(url, { action: 'roles', 'remove-role': 'Editor' });
  assert.equal(cell(await admin.get(url), 'View', 'Editor'), 'none');
});

test('security: the answer to “why?” marks the box that decides', async () => {
  await using admin = await site();
  const page = await admin.get('/guide/@manage/security?user=&permission=View&on=/guide');
  assert.match(page.text, /Yes, Anonymous may/);
  assert.match(page.text, /perm[^"]* is-asked"[^>]*><input[^>]*value="View: Anonymous"/);
});

test('security: a question about nobody is answered in words', async () => {
  await using admin = await site();
  const page = await admin.get('/guide/@manage/security?user=nobody&permission=View&on=/guide');
  assert.equal(page.status, 200);
  assert.match(page.text, /There is no user “nobody” here/);
  const nowhere = await admin.get('/guide/@manage/security?user=tomas&permission=View&on=/nowhere');
  assert.match(nowhere.text, /There is nothing at \/nowhere/);
});

test('security: taking ownership makes one the owner and only author', async () => {
  await using admin = await site();
  const editor = { name: 'tomas', password: 'long enough' };
  const url = '/guide/@manage/security';
  await admin.post(url, { action: 'local-roles', principal: 'tomas', role: ['Manager'] });
  await admin.post('/guide/a/@manage/edit', { action: 'save', source: 'by tomas' }, { as: editor });
  const before = await admin.get('/guide/a/@manage/security');
  assert.match(before.text, /<code>\/acl_users:tomas<\/code>/);
  await admin.post('/guide/a/@manage/security', { action: 'own' });
  const after = await admin.get('/guide/a/@manage/security');
  assert.doesNotMatch(after.text, /<code>\/acl_users:tomas<\/code>/);
  assert.doesNotMatch(after.text, /Take ownership<\/button>/);
});

test('security: who may not change permissions does not see them', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/guide' });
  assert.equal((await admin.get('/guide/@manage/security', { as: reader })).status, 403);
});

test('security: local roles, which stand below the permissions, are led to from above them', async () => {
  await using admin = await site();
  const { text } = await admin.get('/guide/@manage/security');
  const link = text.indexOf('href="#local-roles"');
  assert.ok(link !== -1 && link < text.indexOf('id="matrix"'));
  assert.ok(text.indexOf('id="local-roles"') > text.indexOf('id="matrix"'));
});
