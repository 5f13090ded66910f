/** Refusals: what is said, to whom, and the ways on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentAt } from '../../server/content/content.js';
import { setPermissions } from '../../server/content/permissions.js';
import { ADMIN_KEY } from '../../server/site.js';
import { ADMIN, AdminSite, type Asker, type Page } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'docs' });
  await admin.add('/docs', { type: 'Folder', id: 'guide' });
  await admin.add('/docs', { type: 'Folder', id: 'other' });
  await admin.add('/docs/guide', { type: 'Document', id: 'faq' });
  return admin;
}

/** Adds a user without roles, and gives them local ones. */
async function user(
  admin: AdminSite,
  name: string,
  local: Readonly<Record<string, string>> = {},
): Promise<Asker> {
  const password = `password of ${name}`;
  await admin.add('/acl_users', { type: 'User', id: name, fields: { password, roles: [] } });
  await admin.site.transact(ADMIN_KEY, (work) => {
    for (const [path, role] of Object.entries(local)) {
      const object = contentAt(admin.site.root(work.connection), path);
      assert.ok(object);
      setPermissions(work, object, { localRoles: { [`/acl_users:${name}`]: [role] } });
    }
  });
  return { name, password };
}

function waysOn(page: Page): readonly string[] {
  return [...page.text.matchAll(/<a class="btn[^"]*" href="([^"]*)">([^<]*)<\/a>/g)].map(
    ([, href = '', words = '']) => `${words}: ${href.replaceAll('&#x3D;', '=')}`,
  );
}

function whoMay(page: Page): readonly string[] {
  const card = /<h2 id="who-may">.*?<\/section>/s.exec(page.text)?.[0] ?? '';
  return [...card.matchAll(/<\/svg>([^<]+)<\/li>/g)].map(([, role = '']) => role);
}

test('refusal: whoever has a role in one folder is told where it is', async () => {
  await using admin = await site();
  const mo = await user(admin, 'mo', { '/docs/guide': 'Manager' });
  for (const path of ['/@manage', '/docs/@manage', '/docs/other/@manage/contents?sort=id']) {
    const page = await admin.get(path, { as: mo });
    assert.equal(page.status, 403);
    assert.deepEqual(waysOn(page), [
      'Go to /docs/guide: /docs/guide/@manage',
      `Sign in as someone else: /@login?next=${encodeURIComponent(path)}`,
      'Front page: /',
    ]);
  }
});

test('refusal: a user of a lower user folder is led back to what is open in it', async () => {
  await using admin = await site();
  const password = 'password of lin';
  await admin.add('/docs', { type: 'UserFolder', id: 'acl_users' });
  await admin.site.transact(ADMIN_KEY, (work) => {
    const docs = contentAt(admin.site.root(work.connection), '/docs');
    assert.ok(docs);
    setPermissions(work, docs, {
      addRoles: ['Keeper'],
      permissions: { 'View management screens': { roles: ['Keeper'], acquire: true } },
    });
  });
  await admin.add('/docs/acl_users', {
    type: 'User',
    id: 'lin',
    fields: { password, roles: ['Keeper'] },
  });
  await admin.close('/docs/other', 'View management screens');
  const page = await admin.get('/docs/other/@manage', { as: { name: 'lin', password } });
  assert.equal(page.status, 403);
  assert.equal(waysOn(page)[0], 'Go to /docs: /docs/@manage');
});

test('refusal: whoever may work nowhere that is found is told how to get there', async () => {
  await using admin = await site();
  const ann = await user(admin, 'ann');
  const page = await admin.get('/docs/guide/@manage', { as: ann });
  assert.equal(page.status, 403);
  assert.match(page.text, /add <code>\/@manage<\/code> to the address/);
  // No screen on the page but one's own account, since all others would refuse.
  assert.doesNotMatch(page.text, /(href|action)="[^"]*\/@manage(?!\/account")/);
});

test('refusal: where a screen is refused, the object’s other screens are the way on', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/docs' });
  const page = await admin.get('/docs/guide/@manage/security', { as: reader });
  assert.equal(page.status, 403);
  assert.equal(waysOn(page)[0], 'Go to /docs/guide: /docs/guide/@manage');
  const missing = await admin.get('/docs/guide/@manage/nothing');
  assert.equal(missing.status, 404);
  assert.deepEqual(waysOn(missing), ['Go to /docs/guide: /docs/guide/@manage', 'Front page: /']);
});

test('refusal: the page names the roles that may, to those who may view the object', async () => {
  await using admin = await site();
  const ann = await user(admin, 'ann');
  await admin.site.transact(ADMIN_KEY, (work) => {
    const guide = contentAt(admin.site.root(work.connection), '/docs/guide');
    assert.ok(guide);
    setPermissions(work, guide, {
      addRoles: ['Editor'],
      permissions: { 'View management screens': { roles: ['Editor'], acquire: false } },
    });
  });
  const page = await admin.get('/docs/guide/@manage', { as: ann });
  assert.deepEqual(whoMay(page), ['Editor', 'Manager']);
  assert.doesNotMatch(page.text, /acl_users:admin/);
  await admin.close('/docs/guide', 'View');
  const closed = await admin.get('/docs/guide/@manage', { as: ann });
  assert.equal(closed.status, 403);
  assert.deepEqual(whoMay(closed), []);
});

test('refusal: an action that is refused names them too, and keeps what was typed', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/docs' });
  const page = await admin.post(
    '/docs/guide/faq/@manage/properties',
    { action: 'save', fields: 'sent', title: 'Mine' },
    { as: reader },
  );
  assert.equal(page.status, 403);
  assert.match(page.text, /Nothing was changed/);
  assert.match(page.text, /Who may: Manager, Owner/);
  const allowed = await admin.get('/docs/guide/faq/@manage/properties', { as: ADMIN });
  assert.doesNotMatch(allowed.text, /Who may:/);
});
