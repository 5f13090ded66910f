/** Where the admin leads: every link of a page can be followed by whoever is shown it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setPermissions } from '../../server/content/permissions.js';
import { contentAt } from '../../server/content/content.js';
import { ADMIN_KEY } from '../../server/site.js';
import { ADMIN, AdminSite, type Asker } from './admin-site.js';

/** Pages that one walk opens. */
const PAGES_MAX = 400;

const OBJECTS: readonly (readonly [folder: string, type: string, id: string])[] = [
  ['/', 'Folder', 'docs'],
  ['/docs', 'Folder', 'guide'],
  ['/docs', 'Template', 'layout'],
  ['/docs/guide', 'Folder', 'inner'],
  ['/docs/guide', 'Document', 'faq'],
  ['/docs/guide', 'Template', 'card'],
  ['/docs/guide', 'Image', 'tree.svg'],
  ['/docs/guide', 'File', 'style.css'],
  ['/docs/guide', 'Redirect', 'old'],
  ['/docs/guide', 'Catalog', 'find'],
  ['/docs/guide', 'SqlConnection', 'db'],
  ['/docs/guide', 'SqlMethod', 'albums'],
  ['/docs/guide', 'Version', 'draft'],
  ['/docs/guide', 'UserFolder', 'acl_users'],
  ['/docs/guide/acl_users', 'User', 'lin'],
];

/** Fields that an object of the type cannot be without. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  User: { password: 'password of lin', roles: ['Manager'] },
  Redirect: { target: '/docs/' },
  SqlConnection: { driver: 'sqlite', url: 'site.sqlite' },
  SqlMethod: { connection: 'db', source: 'SELECT 1' },
};

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  for (const [folder, type, id] of OBJECTS) {
    await admin.add(folder, { type, id, fields: { ...FIELDS[type] } });
  }
  return admin;
}

/** Somebody who has no role but Manager in `/docs/guide`, given there. */
async function localManager(admin: AdminSite): Promise<Asker> {
  const password = 'password of mo';
  await admin.add('/acl_users', { type: 'User', id: 'mo', fields: { password, roles: [] } });
  await admin.site.transact(ADMIN_KEY, (work) => {
    const guide = contentAt(admin.site.root(work.connection), '/docs/guide');
    assert.ok(guide);
    setPermissions(work, guide, { localRoles: { '/acl_users:mo': ['Manager'] } });
  });
  return { name: 'mo', password };
}

/** Addresses of this site that a page leads to. */
function linksOf(text: string, page: string): string[] {
  const links: string[] = [];
  for (const [, href = ''] of text.matchAll(/<a [^>]*href="([^"]*)"/g)) {
    const address = href.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=');
    const { origin, pathname, search } = new URL(address, new URL(page, 'http://site.test'));
    if (origin === 'http://site.test') links.push(pathname + search);
  }
  return links;
}

/** Follows every link from a page, and from the pages it leads to; gives those that lead nowhere. */
async function deadLinks(
  admin: AdminSite,
  start: string,
  as: Asker,
): Promise<{ readonly dead: readonly string[]; readonly opened: number }> {
  const found = new Map<string, string>([[start, '']]);
  const dead: string[] = [];
  let opened = 0;
  for (const [url, from] of found) {
    if (opened >= PAGES_MAX) break;
    opened += 1;
    let page = await admin.get(url, { as });
    // Outside their folder users are nobody; by a session they get what visitors get.
    if (page.status === 401 && !url.includes('@manage')) page = await admin.get(url, { as: null });
    if (page.status >= 400) dead.push(`${page.status} ${url}, from ${from}`);
    if (!url.includes('@manage')) continue;
    for (const link of linksOf(page.text, url)) {
      // Filters, pages and open branches are the same page again, and help is the same everywhere.
      const isVariation =
        /[?&](open|shut|sort|tid|from|to|look|whole|start)=/.test(link) ||
        (link.includes('/@manage/help/') && !url.startsWith(start));
      if (!isVariation && !found.has(link)) found.set(link, url);
    }
  }
  return { dead, opened };
}

test('links: an administrator can follow all of them', async () => {
  await using admin = await site();
  const { dead, opened } = await deadLinks(admin, '/@manage', ADMIN);
  assert.deepEqual(dead, []);
  assert.ok(opened > 100 && opened < PAGES_MAX, `${opened} pages were opened`);
});

test('links: whoever has a role in one folder only can follow all that are shown there', async () => {
  await using admin = await site();
  const mo = await localManager(admin);
  const { dead, opened } = await deadLinks(admin, '/docs/guide/@manage', mo);
  assert.deepEqual(dead, []);
  assert.ok(opened > 50 && opened < PAGES_MAX, `${opened} pages were opened`);
});

test('links: a user of a lower user folder can follow all that are shown there', async () => {
  await using admin = await site();
  const lin = { name: 'lin', password: 'password of lin' };
  const { dead, opened } = await deadLinks(admin, '/docs/guide/@manage', lin);
  assert.deepEqual(dead, []);
  assert.ok(opened > 50 && opened < PAGES_MAX, `${opened} pages were opened`);
});

test('links: go-to offers what can be followed, from an object of every type', async () => {
  await using admin = await site();
  const mo = await localManager(admin);
  const followed = new Set<string>();
  for (const [folder, , id] of OBJECTS) {
    const path = `${folder === '/' ? '' : folder}/${id}`;
    for (const as of path.startsWith('/docs/guide') ? [ADMIN, mo] : [ADMIN]) {
      for (const q of ['', id, '/', '/docs/guide/', 'add']) {
        const url = `${path}/@manage/go-to?part=go-to-options&q=${encodeURIComponent(q)}`;
        const page = await admin.get(url, { as });
        assert.equal(page.status, 200);
        for (const link of linksOf(page.text, url)) {
          const key = `${as.name} ${link}`;
          if (followed.has(key)) continue;
          followed.add(key);
          const { status } = await admin.get(link, { as });
          assert.equal(status, 200, `${link}, offered to ${as.name} at ${path} for “${q}”`);
        }
      }
    }
  }
  assert.ok(followed.has('admin /docs/guide/acl_users/@manage/users'));
  assert.ok(followed.has('admin /docs/guide/@manage/add/Document'));
});
