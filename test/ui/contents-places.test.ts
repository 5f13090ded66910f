/** Listings and the tree in a version, and in the past: what they say of each object, and what brings it back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteObjects, updateObject } from '../../server/content/edit.js';
import { moveObject } from '../../server/content/move.js';
import { setPermissions } from '../../server/content/permissions.js';
import type { Work } from '../../server/content/work.js';
import { ADMIN_KEY } from '../../server/site.js';
import { PAGE_ROWS } from '../../ui/listing.js';
import { at, folderAt } from '../support/site.js';
import { AdminSite, type AskOptions, type Page } from './admin-site.js';

/** A site with a guide, and a version in which nothing was changed. */
async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  for (const id of ['faq', 'install', 'tips']) {
    await admin.add('/guide', { type: 'Document', id, title: `About ${id}` });
  }
  await admin.add('/', { type: 'Version', id: 'redesign', title: 'Redesign' });
  return admin;
}

function oidOf(admin: AdminSite, path: string): string {
  return String(admin.look(path, (object) => object?.oid) ?? '');
}

/** The cookies of a browser in the version. */
function inside(admin: AdminSite): { readonly cookies: string } {
  return { cookies: `canopy_version=${oidOf(admin, '/redesign')}` };
}

/** Does something in the version, in one transaction. */
async function change<T>(admin: AdminSite, run: (work: Work) => T): Promise<T> {
  const version = admin.look('/redesign', (object) => object?.oid);
  assert.ok(version);
  return admin.site.transact(ADMIN_KEY, run, { version });
}

function retitle(path: string, title: string): (work: Work) => boolean {
  return (work) => updateObject(work, at(work, path), { title });
}

/** The moment of the newest transaction, as a browser carries it. */
function moment(admin: AdminSite): { readonly cookies: string } {
  using connection = admin.site.database.connect();
  return { cookies: `canopy_at=${connection.tid}` };
}

/** Text of a piece of a page. */
function words(html: string): string {
  return html
    .replaceAll(/<svg.*?<\/svg>|<[^>]*>/gs, ' ')
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Of each row: id, what it says of the object's state, and the button at its end, as one sees it. */
function rowsOf({ text }: Page): readonly string[] {
  const table = /<table class="list list--fold">\s*<caption>.*?<\/table>/s.exec(text)?.[0] ?? '';
  return [...table.matchAll(/<tr[^>]*>\s*<td class="list__pick">.*?<\/tr>/gs)].map(([row]) => {
    const id = words(/<span class="list__id">.*?<\/span>/s.exec(row)?.[0] ?? '');
    const seen = row.replaceAll(/<span class="vh">.*?<\/span>/g, '');
    const state = words(/<td class="cell-state">.*?<\/td>/s.exec(seen)?.[0] ?? '');
    const button = words(/<td class="cell-more end">.*?<\/td>/s.exec(seen)?.[0] ?? '');
    return [id, state, button].filter((part) => part !== '').join(' | ');
  });
}

function captionOf({ text }: Page): string {
  return words(/<caption>.*?<\/caption>/s.exec(text)?.[0] ?? '');
}

/** The tree: each name with the sign behind it. */
function treeOf({ text }: Page): readonly string[] {
  const tree = /<ul class="tree">.*?<\/nav>/s.exec(text)?.[0] ?? '';
  return [...tree.matchAll(/<div class="tree__row[^"]*">(.*?)<\/div>/gs)].map(([, row = '']) =>
    words(row),
  );
}

function toastOf({ text }: Page): string {
  return /<div class="toast">.*?<span>(.*?)<\/span>/s.exec(text)?.[1] ?? '';
}

/** Goes where an answer leads. */
function follow(admin: AdminSite, page: Page, options: AskOptions): Promise<Page> {
  assert.equal(page.status, 303, words(page.text).slice(0, 2000));
  return admin.get(page.header('location'), options);
}

test('contents in a version: rows say what was added, changed and removed there, and what main changed too', async () => {
  await using admin = await site();
  await admin.add('/guide', { type: 'Document', id: 'old', title: 'About old' });
  await change(admin, (work) => {
    retitle('/guide/faq', 'About faq, rewritten')(work);
    retitle('/guide/tips', 'About tips, rewritten')(work);
    deleteObjects(work, folderAt(work, '/guide'), ['old']);
  });
  await admin.post(
    '/guide/@manage/add/Document',
    { action: 'add', id: 'new', title: 'About new' },
    inside(admin),
  );
  await admin.site.transact(ADMIN_KEY, retitle('/guide/tips', 'Tips of main'));

  const there = await admin.get('/guide/@manage', inside(admin));
  const main = await admin.get('/guide/@manage');

  assert.deepEqual(rowsOf(there), [
    'faq | ~ Changed',
    'install',
    'new | + Added',
    'old | − Removed | Restore',
    'tips | ~ Changed also on main',
  ]);
  assert.equal(captionOf(there), '4 objects in Guide , and 1 removed, by title');
  assert.match(there.text, /<tr class="is-added">/);
  assert.match(there.text, /<tr class="is-removed">/);
  assert.match(there.text, /<tr class="is-conflict">/);
  assert.match(
    there.text,
    /href="\/redesign\/@manage\/conflicts\?path&#x3D;%2Fguide%2Ftips"[^>]*>.*?also on main/,
  );
  assert.deepEqual(rowsOf(main), ['faq', 'install', 'old', 'tips']);
  assert.equal(captionOf(main), '4 objects in Guide , by title');
});

test('contents in a version: what was removed has no link, and cannot be cut or deleted again', async () => {
  await using admin = await site();
  await change(admin, (work) => deleteObjects(work, folderAt(work, '/guide'), ['faq']));

  const page = await admin.get('/guide/@manage', inside(admin));
  const again = await admin.post(
    '/guide/@manage/contents',
    { action: 'delete', object: oidOf(admin, '/guide/faq') },
    inside(admin),
  );

  assert.doesNotMatch(page.text, /href="\/guide\/faq/);
  assert.doesNotMatch(page.text, /name="id" value="faq"/);
  assert.match(again.text, /Tick at least one object first/);
});

test('contents in a version: sorting, filtering and paging count what was removed where it stood', async () => {
  await using admin = await site();
  for (let index = 0; index < PAGE_ROWS; index += 1) {
    await admin.add('/guide', { type: 'Document', id: `p${index + 100}` });
  }
  await change(admin, (work) => deleteObjects(work, folderAt(work, '/guide'), ['p150', 'tips']));

  const first = await admin.get('/guide/@manage/contents?sort=id', inside(admin));
  const second = await admin.get('/guide/@manage/contents?sort=id&start=100', inside(admin));
  const down = await admin.get('/guide/@manage/contents?sort=id&order=desc', inside(admin));
  const newest = await admin.get('/guide/@manage/contents?sort=modified&order=desc', inside(admin));
  const filtered = await admin.get('/guide/@manage/contents?filter=p15', inside(admin));
  const none = await admin.get('/guide/@manage/contents?filter=nowhere', inside(admin));

  assert.equal(rowsOf(first).length, 100);
  assert.equal(rowsOf(first)[52], 'p150 | − Removed | Restore');
  assert.match(first.text, /1&#8211;100 of 103/);
  assert.deepEqual(rowsOf(second), ['p198', 'p199', 'tips | − Removed | Restore']);
  assert.equal(rowsOf(down)[0], 'tips | − Removed | Restore');
  assert.deepEqual(
    rowsOf(newest)
      .slice(0, 2)
      .map((row) => row.slice(0, 4)),
    ['tips', 'p150'],
  );
  assert.equal(rowsOf(filtered).length, 10);
  assert.equal(captionOf(filtered), '9 objects of 101 in Guide , and 1 removed, by title');
  assert.match(none.text, /Show all 103/);
});

test('contents in a version: what was removed is restored alone, and one is back where one was', async () => {
  await using admin = await site();
  await change(admin, (work) =>
    deleteObjects(work, folderAt(work, '/guide'), ['faq', 'install', 'tips']),
  );
  await admin.site.transact(ADMIN_KEY, retitle('/guide/faq', 'Questions of main'));
  const listing = '/guide/@manage/contents?sort=id';
  const page = await admin.get(listing, inside(admin));
  const [, action = '', back = ''] =
    /<form id="restore" method="post" action="([^"]*)">.*?name="back" value="([^"]*)"/s.exec(
      page.text,
    ) ?? [];

  const done = await admin.post(
    action,
    {
      action: 'restore',
      object: oidOf(admin, '/guide/faq'),
      back: back.replaceAll('&#x3D;', '='),
    },
    inside(admin),
  );
  const after = await follow(admin, done, inside(admin));

  assert.equal(rowsOf(page).length, 3);
  assert.match(done.header('location'), /^\/guide\/@manage\/contents\?sort=id&done=\d+$/);
  assert.deepEqual(rowsOf(after), [
    'faq',
    'install | − Removed | Restore',
    'tips | − Removed | Restore',
  ]);
  assert.match(after.text, /Questions of main/);
  assert.equal(toastOf(after), 'Restored /guide/faq in “Redesign”');
});

test('contents in a version: several are restored at once, and the message takes that back', async () => {
  await using admin = await site();
  await change(admin, (work) =>
    deleteObjects(work, folderAt(work, '/guide'), ['faq', 'install', 'tips']),
  );
  const objects = ['faq', 'tips'].map((id) => oidOf(admin, `/guide/${id}`));

  const done = await admin.post(
    '/redesign/@manage/restored',
    { action: 'restore', id: 'ignored', object: objects, back: '/guide/@manage/contents' },
    inside(admin),
  );
  const after = await follow(admin, done, inside(admin));
  const [, undo = '', tid = ''] =
    /<div class="toast">.*?action="([^"]*)".*?name="transaction" value="(\d+)"/s.exec(after.text) ??
    [];
  const undone = await admin.post(
    undo,
    { action: 'undo', transaction: tid, back: '/guide/@manage/contents' },
    inside(admin),
  );
  const before = await follow(admin, undone, inside(admin));

  assert.deepEqual(rowsOf(after), ['faq', 'install | − Removed | Restore', 'tips']);
  assert.equal(rowsOf(before).filter((row) => row.includes('Removed')).length, 3);
});

test('contents in a version: nothing is restored onto another object of that id, and one is told', async () => {
  await using admin = await site();
  await change(admin, (work) => deleteObjects(work, folderAt(work, '/guide'), ['faq']));
  await admin.post(
    '/guide/@manage/add/Document',
    { action: 'add', id: 'faq', title: 'About faq' },
    inside(admin),
  );
  const page = await admin.get('/guide/@manage', inside(admin));
  const restore = {
    action: 'restore',
    object: oidOf(admin, '/guide/faq'),
    back: '/guide/@manage/contents',
  };

  const refused = await admin.post('/redesign/@manage/restored', restore, inside(admin));
  await change(admin, (work) =>
    moveObject(work, at(work, '/guide/faq'), { to: folderAt(work, '/guide'), id: 'answers' }),
  );
  const done = await admin.post('/redesign/@manage/restored', restore, inside(admin));
  const after = await follow(admin, done, inside(admin));

  assert.deepEqual(rowsOf(page), ['faq | + Added', 'faq | − Removed | Restore', 'install', 'tips']);
  assert.equal(refused.status, 409);
  assert.match(refused.text, /Rename that one first/);
  assert.match(refused.text, /href="\/guide\/@manage\/contents">Back to the folder/);
  assert.deepEqual(rowsOf(after), ['answers | + Added', 'faq', 'install', 'tips']);
});

test('restored: the page of what is to come back names it, and says where to go without any', async () => {
  await using admin = await site();
  await change(admin, (work) => deleteObjects(work, folderAt(work, '/guide'), ['faq']));
  const address = `/redesign/@manage/restored?object=${oidOf(admin, '/guide/faq')}&object=999999`;

  const filled = await admin.get(`${address}&back=/guide/@manage`, inside(admin));
  const empty = await admin.get('/redesign/@manage/restored', inside(admin));
  const none = await admin.post('/redesign/@manage/restored', { action: 'restore' }, inside(admin));

  assert.match(
    words(filled.text),
    /In Redesign , these come back .* \/guide\/faq About faq Restore/,
  );
  assert.match(filled.text, /href="\/guide\/@manage">Back to the folder/);
  assert.match(
    words(empty.text),
    /Tick what is to come back in the folder where Redesign removed it/,
  );
  assert.doesNotMatch(empty.text, /value="restore"/);
  assert.equal(none.status, 422);
  assert.match(none.text, /Tick at least one removed object first/);
});

test('contents in a version: a folder with nothing left in it shows what was removed', async () => {
  await using admin = await site();
  await change(admin, (work) =>
    deleteObjects(work, folderAt(work, '/guide'), ['faq', 'install', 'tips']),
  );

  const page = await admin.get('/guide/@manage', inside(admin));

  assert.equal(captionOf(page), '0 objects in Guide , and 3 removed, by title');
  assert.doesNotMatch(page.text, /Nothing in this folder yet/);
});

test('contents in a version: what main removed and the version changed keeps its row, and says so', async () => {
  await using admin = await site();
  await change(admin, retitle('/guide/faq', 'About faq, rewritten'));
  await admin.site.transact(ADMIN_KEY, (work) =>
    deleteObjects(work, folderAt(work, '/guide'), ['faq', 'tips']),
  );

  const page = await admin.get('/guide/@manage', inside(admin));

  assert.deepEqual(rowsOf(page), ['faq | ~ Changed removed on main', 'install']);
  assert.equal(captionOf(page), '1 object in Guide , and 1 removed on main, by title');
  assert.ok(treeOf(page).includes('faq ! changed here, removed on main'));
  assert.doesNotMatch(page.text, /value="faq"|href="\/guide\/faq/);
});

test('contents in a version: what one may not view on main is not told as removed', async () => {
  await using admin = await site();
  const mo = await admin.addUser('mo', { at: '/' });
  await admin.site.transact(ADMIN_KEY, (work) => {
    setPermissions(work, at(work, '/redesign'), {
      permissions: { 'Join/leave Versions': { roles: ['Visitor of the admin'], acquire: true } },
    });
    setPermissions(work, at(work, '/guide/faq'), {
      permissions: { View: { roles: ['Manager'], acquire: false } },
    });
  });
  await change(admin, (work) => deleteObjects(work, folderAt(work, '/guide'), ['faq', 'tips']));

  const page = await admin.get('/guide/@manage', { ...inside(admin), as: mo });

  assert.deepEqual(rowsOf(page), ['install', 'tips | − Removed | Restore']);
  assert.doesNotMatch(treeOf(page).join(' '), /faq/);
});

test('tree in a version: signs stand behind what is different, and behind closed folders that hold it', async () => {
  await using admin = await site();
  await admin.add('/', { type: 'Folder', id: 'api' });
  await admin.add('/api', { type: 'Folder', id: 'v1' });
  await admin.add('/api/v1', { type: 'Document', id: 'deep' });
  await admin.add('/', { type: 'Folder', id: 'blog' });
  await change(admin, (work) => {
    retitle('/api/v1/deep', 'Deep')(work);
    retitle('/guide/install', 'Install')(work);
    retitle('/guide/tips', 'Tips')(work);
    deleteObjects(work, folderAt(work, '/guide'), ['faq']);
  });
  await admin.site.transact(ADMIN_KEY, retitle('/guide/tips', 'Tips of main'));

  const closed = await admin.get('/guide/@manage', inside(admin));
  const opened = await admin.get('/guide/@manage?open=/api', inside(admin));
  const main = await admin.get('/guide/@manage');

  const api = treeOf(closed).indexOf('api ~ has changes');
  assert.notEqual(api, -1, treeOf(closed).join(', '));
  assert.ok(treeOf(closed).includes('blog'));
  assert.deepEqual(
    treeOf(closed).filter((place) => /guide|faq|install|tips/.test(place)),
    [
      'guide ~ has changes',
      'faq − removed',
      'install ~ changed',
      'tips ! changed here and on main',
    ],
  );
  assert.deepEqual(treeOf(opened).slice(api, api + 2), ['api ~ has changes', 'v1 ~ has changes']);
  assert.doesNotMatch(treeOf(main).join(' '), /[~!−+]/);
});

test('contents in the past: rows say what differs now and what is gone, and bring it back', async () => {
  await using admin = await site();
  await admin.add('/guide', { type: 'Folder', id: 'parts' });
  await admin.add('/guide', { type: 'Folder', id: 'same' });
  const then = moment(admin);
  await admin.site.transact(ADMIN_KEY, (work) => {
    retitle('/guide/faq', 'Questions')(work);
    deleteObjects(work, folderAt(work, '/guide'), ['tips']);
  });
  await admin.add('/guide/parts', { type: 'Document', id: 'new' });
  await admin.add('/guide', { type: 'Document', id: 'later' });

  const page = await admin.get('/guide/@manage', then);
  const menu = await admin.get('/guide/@manage/contents?part=row-menu&id=install', then);

  assert.deepEqual(rowsOf(page), [
    'parts | ~ differs now | Restore…',
    'same',
    'faq | ~ differs now | Restore',
    'install',
    'tips | − gone since | Bring back',
  ]);
  assert.match(captionOf(page), /^5 objects in Guide on \d+ [A-Z][a-z]{2} \d{4}, by title$/);
  assert.doesNotMatch(page.text, /value="(delete|cut|copy|rename|paste)"/);
  assert.doesNotMatch(page.text, /Deleted from here|Upload files|class="is-removed"/);
  assert.match(menu.text, /Restore/);
  assert.doesNotMatch(menu.text, /value="(delete|copy)"/);
});

test('contents in the past: several are brought back at once, and one is in the present again', async () => {
  await using admin = await site();
  const then = moment(admin);
  await admin.site.transact(ADMIN_KEY, (work) =>
    deleteObjects(work, folderAt(work, '/guide'), ['faq', 'tips']),
  );
  const { text } = await admin.get('/guide/@manage', then);
  const form = /<form id="listing".*?<\/form>/s.exec(text)?.[0] ?? '';
  const [, action = ''] = /name="action" value="restore" formaction="([^"]*)"/.exec(form) ?? [];
  const [, at = ''] = /name="at" value="(\d+)"/.exec(form) ?? [];
  const [, back = ''] = /name="back" value="([^"]*)"/.exec(form) ?? [];
  const object = [...form.matchAll(/name="object" value="(\d+)"/g)].map(([, oid = '']) => oid);

  const done = await admin.post(
    action,
    { action: 'restore', at, back, object: [...new Set(object)] },
    then,
  );
  const now = await follow(admin, done, { cookies: done.cookies });

  assert.equal(done.header('location').split('?', 1)[0], '/guide/@manage');
  assert.deepEqual(rowsOf(now), ['faq', 'install', 'tips']);
  assert.match(toastOf(now), /faq/);
});

test('contents in the past of a version: rows are compared with the version as it is now', async () => {
  await using admin = await site();
  await change(admin, retitle('/guide/faq', 'Questions'));
  const then = `${inside(admin).cookies}; ${moment(admin).cookies}`;
  await change(admin, (work) => {
    retitle('/guide/faq', 'More questions')(work);
    deleteObjects(work, folderAt(work, '/guide'), ['tips']);
  });
  await admin.site.transact(ADMIN_KEY, retitle('/guide/install', 'Install'));

  const page = await admin.get('/guide/@manage', { cookies: then });

  assert.deepEqual(rowsOf(page), [
    'install | ~ differs now | Restore',
    'tips | − gone since | Bring back',
    'faq | ~ differs now | Restore',
  ]);
  assert.match(page.text, />Questions</);
});

test('contents in the past: an empty folder says that it was empty then', async () => {
  await using admin = await site();
  await admin.add('/', { type: 'Folder', id: 'later' });
  const then = moment(admin);
  await admin.add('/later', { type: 'Document', id: 'page' });

  const page = await admin.get('/later/@manage', then);

  assert.match(page.text, /Nothing was in this folder then/);
  assert.doesNotMatch(page.text, /adding to it is for others/);
});
