/** The trash: what is listed to whom, and what comes back where. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tidAtMs } from '../../../odb/index.js';
import { Document } from '../../../server/content/document.js';
import { createObject, deleteObjects } from '../../../server/content/edit.js';
import { contentAt } from '../../../server/content/content.js';
import { moveObject } from '../../../server/content/move.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { siteRoot } from '../../../server/content/places.js';
import {
  folderNamed,
  listTrash,
  restoreFromTrash,
  type TrashFilter,
  type TrashItem,
  type TrashPage,
} from '../../../server/content/trash.js';
import { undoTransactions } from '../../../server/content/undo.js';
import { keepTrashFor } from '../../../server/database/trash-days.js';
import { Invalid, NotFound, Taken, Unauthorized } from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

const LOW = '/acl_users:low';
const DAY_MS = 24 * 60 * 60 * 1000;

/** A site with /pub/deep/page, another page beside it, and a user who may do nothing special. */
async function pages(nowMs?: () => number): Promise<MemorySite> {
  const site = await memorySite(nowMs === undefined ? {} : { nowMs });
  await site.add('/acl_users/low', { type: 'User', fields: { password: 'low is my name' } });
  await site.add('/pub', { type: 'Folder', title: 'Public' });
  await site.add('/pub/deep', { type: 'Folder', title: 'Deep' });
  await site.add('/pub/deep/page', {
    type: 'Document',
    title: 'A page',
    fields: { source: 'text' },
  });
  await site.add('/pub/other', { type: 'Document', title: 'Other' });
  return site;
}

async function remove(site: MemorySite, folder: string, ...ids: string[]): Promise<void> {
  await site.manage((work) => deleteObjects(work, folderAt(work, folder), ids));
}

async function list(
  site: MemorySite,
  filter: Partial<Omit<TrashFilter, 'within'>> & { readonly within?: string } = {},
  user = ADMIN_KEY,
): Promise<TrashPage> {
  const { within = '/', ...rest } = filter;
  return site.as(user, (work) =>
    listTrash(work, { start: 0, limit: 25, ...rest, within: folderAt(work, within) }),
  );
}

async function only(site: MemorySite, path: string, user = ADMIN_KEY): Promise<TrashItem> {
  const { items } = await list(site, { path }, user);
  const [item] = items;
  assert.ok(item !== undefined && items.length === 1, `one entry at ${path}`);
  return item;
}

async function restore(
  site: MemorySite,
  item: TrashItem,
  where: { readonly to?: string; readonly id?: string } = {},
  user = ADMIN_KEY,
): Promise<string> {
  const { to, ...id } = where;
  return site.as(user, async (work) => {
    const object = await restoreFromTrash(work, item, {
      ...id,
      ...(to === undefined ? {} : { to: folderNamed(work, to) }),
    });
    return object.path;
  });
}

function set(
  site: MemorySite,
  path: string,
  permissions: Readonly<Record<string, readonly string[]>>,
): Promise<unknown> {
  return site.manage((work) =>
    setPermissions(work, at(work, path), {
      permissions: Object.fromEntries(
        Object.entries(permissions).map(([name, roles]) => [name, { roles, acquire: false }]),
      ),
    }),
  );
}

function paths(page: TrashPage): readonly string[] {
  return page.items.map(({ path }) => path);
}

function sourceOf(site: MemorySite, path: string): string {
  return site.read((object) => {
    const found = object(path);
    return found instanceof Document ? found.source : '';
  });
}

test('the trash: says what was deleted, by whom, when, where, and how much it held', async () => {
  const now = Date.UTC(2026, 10, 21);
  await using site = await pages(() => now);
  await remove(site, '/pub', 'deep');
  const item = await only(site, '/pub/deep');
  assert.deepEqual(
    [item.title, item.type, item.home, item.user, item.count, item.sizeBytes, item.more],
    ['Deep', 'Folder', '/pub', ADMIN_KEY, 2, 4, false],
  );
  assert.ok(Math.abs(item.timeMs - now) < 1000);
  assert.equal(item.keptUntilMs, item.timeMs + 30 * DAY_MS);
  await keepTrashFor(site.site.storage, 7);
  assert.equal((await only(site, '/pub/deep')).keptUntilMs, item.timeMs + 7 * DAY_MS);
});

test('the trash: is filtered by place, person and words, newest first, in pages', async () => {
  await using site = await pages();
  await site.manage((work) => {
    setPermissions(work, siteRoot(work.connection), { localRoles: { low: ['Manager'] } });
  });
  await site.as(LOW, (work) => deleteObjects(work, folderAt(work, '/pub/deep'), ['page']));
  await remove(site, '/pub', 'other', 'deep');
  assert.deepEqual([...paths(await list(site))].sort(), [
    '/pub/deep',
    '/pub/deep/page',
    '/pub/other',
  ]);
  assert.deepEqual(paths(await list(site, { user: LOW })), ['/pub/deep/page']);
  assert.deepEqual([...(await list(site)).people].sort(), [ADMIN_KEY, LOW].sort());
  assert.deepEqual(paths(await list(site, { text: 'PAGE deep' })), ['/pub/deep/page']);
  assert.deepEqual(paths(await list(site, { path: '/pub/de' })), []);
  assert.deepEqual(paths(await list(site, { within: '/acl_users' })), []);
  const first = await list(site, { limit: 2 });
  const rest = await list(site, { start: 2, limit: 2 });
  assert.deepEqual([first.more, rest.more, rest.items.length], [true, false, 1]);
  assert.equal(rest.items[0]?.path, '/pub/deep/page', 'the oldest comes last');
});

test('the trash: a folder that was moved takes along what was deleted from it', async () => {
  await using site = await pages();
  await remove(site, '/pub/deep', 'page');
  await site.manage((work) => {
    moveObject(work, at(work, '/pub/deep'), { to: folderAt(work, '/'), id: 'moved' });
  });
  assert.deepEqual(paths(await list(site, { within: '/moved' })), ['/pub/deep/page']);
  assert.deepEqual(paths(await list(site, { within: '/pub' })), []);
  assert.equal(await restore(site, await only(site, '/pub/deep/page')), '/moved/page');
});

test('restoring: a subtree comes back as it was, where it was, as one change that can be undone', async () => {
  await using site = await pages();
  await set(site, '/pub/deep/page', { View: ['Manager'] });
  const before = site.read((object) => [object('/pub/deep').oid, object('/pub/deep').order]);
  await remove(site, '/pub', 'deep');
  const deleted = site.tid;
  await site.add('/pub/later', { type: 'Document' });
  assert.equal(await restore(site, await only(site, '/pub/deep')), '/pub/deep');
  const record = site.read((object) => object('/').connection?.transactionRecord(site.tid));
  assert.ok(site.tid > deleted);
  assert.deepEqual(
    [record?.note, record?.paths],
    ['Restored /pub/deep from the trash', ['/pub/deep']],
  );
  assert.equal(sourceOf(site, '/pub/deep/page'), 'text');
  assert.deepEqual(
    site.read((object) => [object('/pub/deep').oid, object('/pub/deep').order]),
    before,
  );
  site.read((object) => {
    assert.deepEqual(object('/pub/deep/page').permissions['View']?.roles, ['Manager']);
  });
  assert.deepEqual(paths(await list(site)), [], 'what is back is in the trash no more');

  const restored = site.tid;
  await site.manage((work) => undoTransactions(work, { transactions: [restored] }));
  assert.deepEqual(
    paths(await list(site)),
    ['/pub/deep'],
    'and is there again when that is undone',
  );
});

test('restoring: a taken id is a question, and another id or folder is an answer', async () => {
  await using site = await pages();
  await remove(site, '/pub', 'other');
  await site.add('/pub/other', { type: 'Document', title: 'New' });
  const item = await only(site, '/pub/other');
  assert.equal(item.isTaken, true);
  await assert.rejects(restore(site, item), (error) => {
    assert.ok(error instanceof Taken);
    assert.deepEqual([error.code, error.message.includes('“other” is taken')], ['SRV_TAKEN', true]);
    return true;
  });
  await assert.rejects(restore(site, item, { id: '@bad' }), Invalid);
  assert.equal(await restore(site, item, { id: 'old' }), '/pub/old');
  const record = site.read((object) => object('/').connection?.transactionRecord(site.tid));
  assert.equal(record?.note, 'Restored /pub/old from the trash, where it was /pub/other');
  assert.deepEqual(record?.paths, ['/pub/old', '/pub/other']);
  assert.equal(
    site.read((object) => object('/pub/other').title),
    'New',
  );
});

test('restoring: where its folder is gone too, a place is asked for; the folder brings nothing of it', async () => {
  await using site = await pages();
  await remove(site, '/pub/deep', 'page');
  await remove(site, '/pub', 'deep');
  const page = await only(site, '/pub/deep/page');
  assert.equal(page.home, undefined);
  await assert.rejects(restore(site, page), { code: 'SRV_NO_HOME' });
  await assert.rejects(restore(site, page, { to: '/nowhere' }), Invalid);
  assert.equal(await restore(site, page, { to: '/pub', id: 'saved' }), '/pub/saved');
  await site.manage((work) => undoTransactions(work, { transactions: [site.tid] }));

  const [folder] = (await list(site, { path: '/pub/deep', text: 'Deep' })).items.filter(
    ({ type }) => type === 'Folder',
  );
  assert.ok(folder !== undefined);
  assert.equal(folder.count, 1);
  await restore(site, folder);
  const [again] = (await list(site, { text: 'saved' })).items;
  assert.ok(again !== undefined, 'the undo took it out of /pub');
});

test('restoring: what is back, or never was, is not in the trash', async () => {
  await using site = await pages();
  await remove(site, '/pub', 'other');
  const item = await only(site, '/pub/other');
  await restore(site, item);
  await assert.rejects(restore(site, item), NotFound);
});

test('the trash: one deletion of many is listed whole, and each can be found in it', async () => {
  await using site = await pages();
  const ids = Array.from({ length: 450 }, (_, index) => `p${index}`);
  await site.manage((work) => {
    for (const id of ids) createObject(work, folderAt(work, '/pub'), { type: 'Document', id });
  });
  await remove(site, '/pub', ...ids);
  await remove(site, '/pub', 'other');
  const { items, more } = await list(site, { limit: 1000 });
  assert.deepEqual([items.length, more], [451, false]);
  assert.equal(new Set(paths({ items, more, people: [], isCut: false })).size, 451);
  for (const item of [items.at(1), items.at(-1)]) {
    assert.ok(item !== undefined);
    assert.equal(await restore(site, item), item.path);
  }
});

test('the trash: is for those who might see it then, and may today where it stood', async () => {
  await using site = await pages();
  await set(site, '/pub/other', { View: ['Manager'] });
  await remove(site, '/pub', 'other');
  await set(site, '/pub/deep', { View: ['Manager'] });
  await remove(site, '/pub/deep', 'page');
  await set(site, '/pub/deep', { View: ['Anonymous'] });
  assert.deepEqual(paths(await list(site, {}, LOW)), [], 'hidden then, itself or by its folder');
  assert.deepEqual((await list(site, {}, LOW)).people, []);
  assert.equal((await list(site)).items.length, 2);

  await site.add('/pub/open', { type: 'Document' });
  await remove(site, '/pub', 'open');
  const item = await only(site, '/pub/open', LOW);
  await set(site, '/pub', { 'Access contents information': ['Manager'] });
  assert.deepEqual(paths(await list(site, {}, LOW)), [], 'where it stood is closed today');
  await assert.rejects(restore(site, item, {}, LOW), NotFound);
});

test('the trash: is closed to those whom its folder was closed to before that was deleted too', async () => {
  await using site = await pages();
  await remove(site, '/pub/deep', 'page');
  assert.deepEqual(paths(await list(site, {}, LOW)), ['/pub/deep/page']);
  await set(site, '/pub/deep', { View: ['Manager'] });
  await remove(site, '/pub', 'deep');
  assert.deepEqual(paths(await list(site, {}, LOW)), []);
  assert.equal((await list(site)).items.length, 2);
  await remove(site, '/', 'pub');
  assert.deepEqual(paths(await list(site, {}, LOW)), ['/pub']);
  assert.equal((await list(site)).items.length, 3);
});

test('the trash: what was hidden in it is not counted for those it was hidden from', async () => {
  await using site = await pages();
  await set(site, '/pub/deep/page', { View: ['Manager'] });
  await remove(site, '/pub', 'deep');
  assert.equal((await only(site, '/pub/deep', LOW)).count, 1);
  assert.equal((await only(site, '/pub/deep')).count, 2);
});

test('restoring: asks to add all that comes back, and elsewhere to delete it where it was', async () => {
  await using site = await pages();
  await remove(site, '/pub', 'deep');
  const item = await only(site, '/pub/deep', LOW);
  await assert.rejects(restore(site, item, {}, LOW), Unauthorized);
  await set(site, '/', { 'Add Folders': ['Anonymous', 'Manager'] });
  await assert.rejects(restore(site, item, {}, LOW), Unauthorized, 'the page in it asks too');
  await set(site, '/', {
    'Add Folders': ['Anonymous', 'Manager'],
    'Add Documents': ['Anonymous', 'Manager'],
  });
  await assert.rejects(restore(site, item, { to: '/' }, LOW), Unauthorized);
  assert.equal(await restore(site, item, {}, LOW), '/pub/deep');
});

test('restoring: a user keeps name and folder, and a folder takes what it would take', async () => {
  await using site = await pages();
  await remove(site, '/acl_users', 'low');
  const low = await only(site, '/acl_users/low');
  await assert.rejects(restore(site, low, { id: 'high' }), Invalid);
  await assert.rejects(restore(site, low, { to: '/pub' }), Invalid);
  assert.equal(await restore(site, low), '/acl_users/low');
  await site.as(LOW, (work) => assert.equal(work.user.name, 'low'));

  await remove(site, '/pub', 'other');
  await assert.rejects(
    restore(site, await only(site, '/pub/other'), { to: '/acl_users' }),
    Invalid,
  );
});

test('restoring: changes in a deleted version come back with an undo, so that is pointed to', async () => {
  await using site = await pages();
  await site.add('/pub/redesign', { type: 'Version', title: 'Redesign' });
  await site.add('/pub/empty', { type: 'Version' });
  const version = site.read((object) => object('/pub/redesign').oid);
  assert.ok(version !== undefined);
  {
    using inside = site.site.database.connect({ version });
    const page = contentAt(siteRoot(inside), '/pub/other');
    assert.ok(page !== undefined);
    page.title = 'New';
    await inside.commit({ user: ADMIN_KEY });
  }
  await remove(site, '/pub', 'redesign', 'empty');
  const deleted = site.tid;
  const item = await only(site, '/pub/redesign');
  await assert.rejects(restore(site, item), { code: 'SRV_VERSION_CHANGES' });
  await site.manage((work) => undoTransactions(work, { transactions: [deleted] }));
  assert.deepEqual(paths(await list(site)), []);
  await remove(site, '/pub', 'empty');
  assert.equal(await restore(site, await only(site, '/pub/empty')), '/pub/empty');
});

test('the trash: outlives a pack, whole, and is judged as its folder is today from then on', async () => {
  let now = Date.UTC(2026, 10, 21);
  await using site = await pages(() => now);
  now += 1000;
  await remove(site, '/pub', 'deep');
  await remove(site, '/pub', 'other');
  await site.add('/secret', { type: 'Folder' });
  await set(site, '/secret', { View: ['Manager'] });
  await site.add('/secret/plan', { type: 'Document' });
  now += 1000;
  await remove(site, '/secret', 'plan');
  await remove(site, '/', 'secret');
  await site.add('/secret', { type: 'Folder' });
  await set(site, '/secret', { View: ['Anonymous'] });
  now += 2 * DAY_MS;
  const pack = { before: tidAtMs(now), nowMs: now };
  await site.site.storage.pack({ ...pack, trashDays: 30 });

  assert.deepEqual([...paths(await list(site, {}, LOW))].sort(), ['/pub/deep', '/pub/other']);
  assert.equal((await list(site)).items.length, 4);
  const deep = await only(site, '/pub/deep');
  assert.deepEqual([deep.home, deep.count], ['/pub', 2]);
  await restore(site, deep);
  assert.equal(sourceOf(site, '/pub/deep/page'), 'text');

  await site.site.storage.pack({ ...pack, trashDays: 1 });
  assert.deepEqual(paths(await list(site)), []);
});
