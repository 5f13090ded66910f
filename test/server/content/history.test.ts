/** History: lists of what happened, old states, and going back to one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tid } from '../../../odb/index.js';
import { type Content } from '../../../server/content/content.js';
import { contentTypes } from '../../../server/content/content-type.js';
import { deleteObjects, setData, updateObject } from '../../../server/content/edit.js';
import { isExecutable } from '../../../server/content/executable.js';
import { File } from '../../../server/content/file.js';
import { Folder } from '../../../server/content/folder.js';
import {
  listHistory,
  listTransactions,
  objectAsOf,
  revertObject,
} from '../../../server/content/history.js';
import { moveObject } from '../../../server/content/move.js';
import { revisionOf } from '../../../server/content/past.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { siteRoot } from '../../../server/content/places.js';
import type { Work } from '../../../server/content/work.js';
import { Invalid, Unauthorized } from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, memorySite, type MemorySite } from '../../support/site.js';

const LOW = '/acl_users:low';

async function pages(): Promise<MemorySite> {
  const site = await memorySite();
  await site.add('/acl_users/low', { type: 'User' });
  await site.add('/pub', { type: 'Folder' });
  await site.add('/pub/page', { type: 'Document', title: 'A', fields: { source: 'one' } });
  return site;
}

async function change(site: MemorySite, path: string, text: string): Promise<Tid> {
  await site.manage((work) => updateObject(work, at(work, path), { fields: { source: text } }));
  return site.tid;
}

test('listTransactions: newest first, at an object only those that touched it or what is below', async () => {
  await using site = await pages();
  await site.add('/other', { type: 'Folder' });
  const edit = await change(site, '/pub/page', 'two');
  await site.manage((work) => {
    const query = { start: 0, limit: 10 };
    const pub = listTransactions(work, at(work, '/pub'), query);
    assert.deepEqual(
      pub.items.map(({ description }) => description),
      ['Changed /pub/page: source', 'Added /pub/page', 'Added /pub'],
    );
    assert.equal(pub.total, 3);
    const [newest] = pub.items;
    assert.equal(newest?.tid, String(edit));
    assert.equal(newest?.user, ADMIN_KEY);
    assert.deepEqual(newest?.paths, ['/pub/page']);
    assert.equal(newest?.undoable, true);
    assert.equal(newest?.version, null);
    const all = listTransactions(work, at(work, '/'), query);
    assert.equal(all.items[1]?.description, 'Added /other');
    assert.equal(all.items.at(-1)?.undoable, false);
  });
});

test('listTransactions: in pages, by user, and by time', async () => {
  await using site = await pages();
  const first = await change(site, '/pub/page', 'two');
  const second = await change(site, '/pub/page', 'three');
  await site.manage((work) => {
    const page = at(work, '/pub/page');
    const tids = (query: object): readonly string[] =>
      listTransactions(work, page, { start: 0, limit: 10, ...query }).items.map(({ tid }) => tid);
    assert.deepEqual(tids({ limit: 1 }), [String(second)]);
    assert.deepEqual(tids({ start: 1, limit: 1 }), [String(first)]);
    assert.deepEqual(tids({ from: second }), [String(second)]);
    assert.deepEqual(tids({ from: first, to: first }), [String(first)]);
    assert.deepEqual(tids({ user: LOW }), []);
    assert.equal(tids({ user: 'admin' }).length, 3);
    assert.equal(tids({ user: ADMIN_KEY }).length, 3);
  });
});

test('listTransactions: leaves out the paths of what one may not view, deleted or not', async () => {
  await using site = await pages();
  await site.add('/secret', { type: 'Folder' });
  await site.add('/secret/page', { type: 'Document' });
  await site.manage((work) => {
    const everyone = { roles: ['Authenticated'], acquire: true };
    at(work, '/').permissions = { 'View history': everyone };
    at(work, '/secret').permissions = { View: { roles: [], acquire: false } };
    updateObject(work, at(work, '/pub/page'), { title: 'B' });
    updateObject(work, at(work, '/secret/page'), { title: 'B' });
    const secret = at(work, '/secret');
    if (secret instanceof Folder) deleteObjects(work, secret, ['page']);
  });
  const paths = (user: string): Promise<readonly string[] | undefined> =>
    site.as(
      user,
      (work) => listTransactions(work, at(work, '/'), { start: 0, limit: 1 }).items[0]?.paths,
    );
  assert.deepEqual(await paths(LOW), ['/pub/page']);
  assert.deepEqual(await paths(ADMIN_KEY), ['/pub/page', '/secret/page']);
});

test('listHistory: every revision of an object', async () => {
  await using site = await pages();
  const created = site.tid;
  const edit = await change(site, '/pub/page', 'two');
  await site.manage((work) => {
    const revisions = listHistory(work, at(work, '/pub/page'));
    assert.deepEqual(
      revisions.map(({ tid, description }) => [tid, description]),
      [
        [String(edit), 'Changed /pub/page: source'],
        [String(created), 'Added /pub/page'],
      ],
    );
    assert.ok(revisions.every(({ size, time }) => size > 0 && !Number.isNaN(Date.parse(time))));
  });
});

test('objectAsOf: the object as it was, where it is now', async () => {
  await using site = await pages();
  const created = site.tid;
  await change(site, '/pub/page', 'two');
  const past = await site.manage((work) => {
    const found = objectAsOf(work, at(work, '/pub/page'), created);
    assert.ok(found);
    assert.equal(found.path, '/pub/page');
    assert.equal(revisionOf(found), created);
    assert.equal(objectAsOf(work, at(work, '/pub/page'), 1 as Tid), undefined);
    return contentTypes.of(found).read(found);
  });
  assert.equal(past['source'], 'one');
});

test('objectAsOf, listHistory, listTransactions: ask View history', async () => {
  await using site = await pages();
  const looks: readonly ((work: Work, object: Content) => unknown)[] = [
    (work, object) => objectAsOf(work, object, site.tid),
    listHistory,
    (work, object) => listTransactions(work, object, { start: 0, limit: 1 }),
  ];
  for (const look of looks) {
    await assert.rejects(
      site.as(LOW, (work) => look(work, at(work, '/pub/page'))),
      Unauthorized,
    );
  }
});

test('revertObject: gives back title, fields and properties, and says so', async () => {
  await using site = await pages();
  const created = site.tid;
  await site.manage((work) =>
    updateObject(work, at(work, '/pub/page'), {
      title: 'B',
      fields: { source: 'two' },
      properties: [{ name: 'n', value: 1 }],
    }),
  );
  const revert = (fields?: readonly string[]): Promise<boolean> =>
    site.manage((work) => revertObject(work, at(work, '/pub/page'), created, fields));
  assert.equal(await revert(['title', 'properties.n']), true);
  site.read((object) => {
    const page = object('/pub/page');
    assert.equal(page.title, 'A');
    assert.equal(page.property('n'), undefined);
    assert.equal(contentTypes.of(page).read(page)['source'], 'two');
  });
  assert.equal(await revert(['fields.source']), true);
  site.read((object) => {
    const page = object('/pub/page');
    assert.equal(contentTypes.of(page).read(page)['source'], 'one');
    assert.match(
      page.connection?.transactionRecord(page.tid)?.note ?? '',
      /^Reverted \/pub\/page to \d{1,2} [A-Z][a-z]{2} \d{4}, \d{1,2}:\d{2} UTC: source$/,
    );
  });
  const before = site.tid;
  assert.equal(await revert(), false);
  assert.equal(site.tid, before);
  await assert.rejects(revert(['colour']), Invalid);
});

test('revertObject: the authors of then come back, and whoever reverts the work of others joins them', async () => {
  await using site = await pages();
  await site.manage((work) => {
    const setting = { roles: ['Authenticated'], acquire: true };
    const names = ['Change Documents', 'View history'];
    at(work, '/').permissions = Object.fromEntries(names.map((name) => [name, setting]));
  });
  const created = site.tid;
  const authors = (): readonly string[] =>
    site.read((look) => {
      const page = look('/pub/page');
      return isExecutable(page) ? [...page.authors].sort() : [];
    });
  const revert = (user: string, tid: Tid): Promise<boolean> =>
    site.as(user, (work) => revertObject(work, at(work, '/pub/page'), tid, ['source']));

  await site.as(LOW, (work) =>
    updateObject(work, at(work, '/pub/page'), { fields: { source: 'theirs' } }),
  );
  const theirs = site.tid;
  await revert(LOW, created);
  assert.deepEqual(authors(), [ADMIN_KEY]);
  await revert(ADMIN_KEY, theirs);
  assert.deepEqual(authors(), [ADMIN_KEY, LOW], 'who wrote it is its author again');
  await revert(LOW, created);
  assert.deepEqual(authors(), [ADMIN_KEY, LOW]);
  await revert(ADMIN_KEY, theirs);
  await revert(ADMIN_KEY, created);
  assert.deepEqual(authors(), [ADMIN_KEY], 'by a manager of the site');
});

test('revertObject: gives a file its bytes back', async () => {
  await using site = await pages();
  await site.add('/f', { type: 'File' });
  const set = (text: string, contentType: string): Promise<boolean> =>
    site.manage((work) => setData(work, at(work, '/f'), { bytes: Buffer.from(text), contentType }));
  await set('one', 'text/plain');
  const first = site.tid;
  await set('two', 'text/html');
  await site.manage((work) => revertObject(work, at(work, '/f'), first));
  site.read((object) => {
    const file = object('/f');
    assert.ok(file instanceof File);
    assert.equal(site.site.blobs.read(file.sha256).toString(), 'one');
    assert.equal(file.contentType, 'text/plain');
  });
});

test('revertObject: asks what the same edit by hand would', async () => {
  await using site = await pages();
  const created = site.tid;
  await change(site, '/pub/page', 'two');
  await site.manage((work) => {
    const everyone = { roles: ['Authenticated'], acquire: true };
    at(work, '/').permissions = { 'View history': everyone };
  });
  await assert.rejects(
    site.as(LOW, (work) => revertObject(work, at(work, '/pub/page'), created)),
    Unauthorized,
  );
});

const MANAGERS = { roles: ['Manager'], acquire: false };

async function set(site: MemorySite, path: string, permissions: unknown): Promise<void> {
  await site.manage((work) => setPermissions(work, at(work, path), { permissions }));
}

test('objectAsOf: what was closed then, or is closed now, stays closed', async () => {
  await using site = await pages();
  await set(site, '/', { 'View history': { roles: ['Authenticated'], acquire: true } });
  const open = await change(site, '/pub/page', 'open');
  await set(site, '/pub', { View: MANAGERS });
  const closed = await change(site, '/pub/page', 'closed');
  await set(site, '/pub', { View: null });
  const later = await change(site, '/pub/page', 'later');
  await site.as(LOW, (work) => {
    const page = at(work, '/pub/page');
    assert.equal(objectAsOf(work, page, open)?.title, 'A');
    assert.throws(() => objectAsOf(work, page, closed), Unauthorized);
    assert.equal(objectAsOf(work, page, later)?.title, 'A');
  });
  await set(site, '/pub/page', { View: MANAGERS });
  await site.as(LOW, (work) => {
    const page = at(work, '/pub/page');
    assert.throws(() => objectAsOf(work, page, open), Unauthorized);
    assert.throws(() => revertObject(work, page, open), Unauthorized);
  });
  await site.manage((work) => {
    assert.equal(
      contentTypes.of(at(work, '/pub/page')).read(at(work, '/pub/page'))['source'],
      'later',
    );
    assert.ok(objectAsOf(work, at(work, '/pub/page'), closed));
  });
});

test('objectAsOf: who may see history today may see what was open then, whoever might then', async () => {
  await using site = await pages();
  const early = await change(site, '/pub/page', 'early');
  await set(site, '/pub', { 'View history': { roles: ['Authenticated'], acquire: true } });
  await change(site, '/pub/page', 'later');
  await site.as(LOW, (work) => {
    assert.equal(objectAsOf(work, at(work, '/pub/page'), early)?.title, 'A');
  });
  await set(site, '/pub', { 'View history': MANAGERS });
  await site.as(LOW, (work) => {
    assert.throws(() => objectAsOf(work, at(work, '/pub/page'), early), Unauthorized);
  });
});

test('lists: a note says nothing to those who may not see all that it is about', async () => {
  await using site = await pages();
  await set(site, '/', { 'View history': { roles: ['Authenticated'], acquire: true } });
  await site.add('/vault', { type: 'Folder' });
  await site.add('/vault/falcon', { type: 'Document' });
  await set(site, '/vault', { View: MANAGERS });
  await site.manage((work) => {
    moveObject(work, at(work, '/vault/falcon'), { to: siteRoot(work.connection), id: 'bird' });
  });
  const notes = (work: Work): readonly string[] => {
    const query = { start: 0, limit: 1 };
    const { items } = listTransactions(work, at(work, '/bird'), query);
    const [newest] = listHistory(work, at(work, '/bird'));
    return [...items, ...(newest === undefined ? [] : [newest])].map((item) => item.description);
  };
  await site.as(LOW, (work) => assert.deepEqual(notes(work), ['', '']));
  const moved = 'Moved /vault/falcon to /bird';
  await site.manage((work) => assert.deepEqual(notes(work), [moved, moved]));
});
