/** Restoring from the past: what comes back, goes back and stays, and what it asks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tid } from '../../../odb/index.js';
import { type Content, contentAt } from '../../../server/content/content.js';
import { Document } from '../../../server/content/document.js';
import { deleteObjects, setData, updateObject } from '../../../server/content/edit.js';
import { File } from '../../../server/content/file.js';
import { moveObject } from '../../../server/content/move.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { siteRoot } from '../../../server/content/places.js';
import { restoreFromPast } from '../../../server/content/restore-past.js';
import type { RestoreOutcome, RestoreRequest } from '../../../server/content/restore-steps.js';
import { undoTransactions } from '../../../server/content/undo.js';
import { Invalid, Taken, Unauthorized } from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

const LOW = '/acl_users:low';

/** A site with /pub/deep/page, another page beside it, an empty folder, and a user of low rank. */
async function pages(): Promise<MemorySite> {
  const site = await memorySite();
  await site.add('/acl_users/low', { type: 'User', fields: { password: 'low is my name' } });
  await site.add('/pub', { type: 'Folder', title: 'Public' });
  await site.add('/pub/deep', { type: 'Folder', title: 'Deep' });
  await site.add('/pub/deep/page', {
    type: 'Document',
    title: 'A page',
    fields: { source: 'text' },
  });
  await site.add('/pub/other', { type: 'Document', title: 'Other' });
  await site.add('/attic', { type: 'Folder' });
  return site;
}

function restore(
  site: MemorySite,
  path: string,
  request: Omit<RestoreRequest, 'objects'>,
  user?: string,
): Promise<RestoreOutcome> {
  const run = (work: Parameters<typeof restoreFromPast>[0]): RestoreOutcome =>
    restoreFromPast(work, { objects: [path], ...request });
  return user === undefined ? site.manage(run) : site.as(user, run);
}

async function remove(site: MemorySite, folder: string, ...ids: string[]): Promise<void> {
  await site.manage((work) => deleteObjects(work, folderAt(work, folder), ids));
}

async function retitle(site: MemorySite, path: string, title: string): Promise<void> {
  await site.manage((work) => updateObject(work, at(work, path), { title }));
}

async function move(site: MemorySite, path: string, to: string, id?: string): Promise<void> {
  await site.manage((work) => {
    const where = id === undefined ? {} : { id };
    return moveObject(work, at(work, path), { to: folderAt(work, to), ...where });
  });
}

function titleOf(site: MemorySite, path: string): string | undefined {
  using connection = site.site.database.connect();
  return contentAt(siteRoot(connection), path)?.title;
}

function noteOf(site: MemorySite, tid: Tid): string {
  using connection = site.site.database.connect();
  return connection.transactionRecord(tid)?.note ?? '';
}

test('restoreFromPast: an object gets title, fields, data and properties of then, in one transaction that can be undone', async () => {
  await using site = await pages();
  await site.add('/pub/bytes', { type: 'File' });
  await site.manage((work) => setData(work, at(work, '/pub/bytes'), { bytes: Buffer.from('old') }));
  const then = site.tid;
  await site.manage((work) => {
    updateObject(work, at(work, '/pub/deep/page'), {
      title: 'New',
      fields: { source: 'other' },
      properties: [{ name: 'tone', type: 'string', value: 'loud' }],
    });
    setData(work, at(work, '/pub/bytes'), { bytes: Buffer.from('new') });
  });
  const before = site.tid;

  const { restored } = await restore(site, '/pub', { at: then });

  const changed = restored.map(({ kind, path, parts }) => [kind, path, parts]);
  assert.deepEqual(changed, [
    ['changed', '/pub/deep/page', ['title', 'source', 'property tone']],
    ['changed', '/pub/bytes', ['data']],
  ]);
  site.read((look) => {
    const page = look('/pub/deep/page') as Document;
    assert.deepEqual([page.title, page.source, page.properties], ['A page', 'text', {}]);
    assert.equal((look('/pub/bytes') as File).size, 3);
  });
  assert.match(noteOf(site, site.tid), /^Restored \/pub as of \d+ \w+ \d{4}, \d\d:\d\d UTC$/);
  const done = site.tid;
  await site.manage((work) => undoTransactions(work, { transactions: [done] }));
  assert.equal(titleOf(site, '/pub/deep/page'), 'New');
  assert.ok(before < done);
});

test('restoreFromPast: where everything is like that already, nothing is changed', async () => {
  await using site = await pages();
  const then = site.tid;

  const { restored } = await restore(site, '/pub', { at: then });

  assert.deepEqual(restored, []);
  assert.equal(site.tid, then);
});

test('restoreFromPast: without what is below, only the object itself is restored', async () => {
  await using site = await pages();
  const then = site.tid;
  await retitle(site, '/pub', 'Later');
  await retitle(site, '/pub/other', 'Later too');

  await restore(site, '/pub', { at: then, below: false });

  assert.equal(titleOf(site, '/pub'), 'Public');
  assert.equal(titleOf(site, '/pub/other'), 'Later too');
});

test('restoreFromPast: what is gone comes back as the same object, with all it held, to its place among the others', async () => {
  await using site = await pages();
  await site.add('/pub/last', { type: 'Document' });
  const then = site.tid;
  const oid = site.read((look) => look('/pub/deep/page').oid);
  await retitle(site, '/pub/deep/page', 'Later');
  await remove(site, '/pub', 'deep');

  const { restored } = await restore(site, '/pub/deep', { at: then });

  assert.deepEqual(
    restored.map(({ kind, path }) => [kind, path]),
    [
      ['back', '/pub/deep'],
      ['back', '/pub/deep/page'],
    ],
  );
  assert.equal(titleOf(site, '/pub/deep/page'), 'A page');
  site.read((look) => {
    assert.equal(look('/pub/deep/page').oid, oid);
    const ids = folderIds(look('/pub'));
    assert.deepEqual(ids, ['deep', 'other', 'last']);
  });
});

function folderIds(folder: Content): string[] {
  assert.ok('items' in folder);
  return (folder as ReturnType<typeof folderAt>).items().map(({ id }) => id);
}

test('restoreFromPast: something deleted on its own before its folder was comes back into the folder', async () => {
  await using site = await pages();
  const then = site.tid;
  await remove(site, '/pub/deep', 'page');
  await remove(site, '/pub', 'deep');

  await restore(site, '/pub', { at: then });

  assert.equal(titleOf(site, '/pub/deep/page'), 'A page');
});

test('restoreFromPast: what was moved goes back, or stays where it is now', async () => {
  await using site = await pages();
  const then = site.tid;
  await move(site, '/pub/deep/page', '/attic', 'old');
  await retitle(site, '/attic/old', 'Later');

  await restore(site, '/pub/deep/page', { at: then, place: 'now' });
  assert.equal(titleOf(site, '/attic/old'), 'A page');

  const { restored } = await restore(site, '/pub', { at: then });
  assert.deepEqual(
    restored.map(({ kind, path, pathBefore }) => [kind, path, pathBefore]),
    [['moved', '/pub/deep/page', '/attic/old']],
  );
  assert.equal(titleOf(site, '/attic/old'), undefined);
});

test('restoreFromPast: two that changed their ids with each other change them back', async () => {
  await using site = await pages();
  await site.add('/pub/a', { type: 'Document', title: 'A' });
  await site.add('/pub/b', { type: 'Document', title: 'B' });
  const then = site.tid;
  await move(site, '/pub/a', '/pub', 'c');
  await move(site, '/pub/b', '/pub', 'a');
  await move(site, '/pub/c', '/pub', 'b');

  await restore(site, '/pub', { at: then });

  assert.deepEqual([titleOf(site, '/pub/a'), titleOf(site, '/pub/b')], ['A', 'B']);
});

test('restoreFromPast: a folder that was put into what it held stands outside of it again', async () => {
  await using site = await pages();
  const then = site.tid;
  await move(site, '/pub/deep', '/');
  await move(site, '/pub', '/deep');

  await restore(site, '/pub', { at: then });

  assert.equal(titleOf(site, '/pub/deep/page'), 'A page');
  assert.equal(titleOf(site, '/deep'), undefined);
});

test('restoreFromPast: what was made since stays, or goes where that is asked for', async () => {
  await using site = await pages();
  const then = site.tid;
  await site.add('/pub/young', { type: 'Document' });
  await move(site, '/attic', '/pub');
  await retitle(site, '/pub/other', 'Later');

  const stayed = await restore(site, '/pub', { at: then });
  assert.deepEqual(stayed.newer, ['/pub/young']);
  assert.equal(titleOf(site, '/pub/young'), '');

  await restore(site, '/pub', { at: then, newer: 'go' });
  assert.equal(titleOf(site, '/pub/young'), undefined);
  assert.equal(titleOf(site, '/pub/attic'), '', 'what was elsewhere then is not new');
  assert.match(noteOf(site, site.tid), /^Restored \/pub .*\nDeleted \/pub\/young$/);
});

test('restoreFromPast: where its id is taken it says so, and goes elsewhere or under another id', async () => {
  await using site = await pages();
  const then = site.tid;
  await remove(site, '/pub', 'other');
  await site.add('/pub/other', { type: 'Document', title: 'A newer one' });

  await assert.rejects(
    restore(site, '/pub/other', { at: then }),
    (error) => error instanceof Taken && error.code === 'SRV_TAKEN',
  );
  assert.equal(titleOf(site, '/pub/other'), 'A newer one');

  await restore(site, '/pub/other', { at: then, id: 'older' });
  assert.equal(titleOf(site, '/pub/older'), 'Other');
  await remove(site, '/pub', 'older');
  await site.manage((work) =>
    restoreFromPast(work, { at: then, objects: ['/pub/other'], to: folderAt(work, '/attic') }),
  );
  assert.equal(titleOf(site, '/attic/other'), 'Other');
});

test('restoreFromPast: what is made since in the way of its folder goes first, when it is to go', async () => {
  await using site = await pages();
  const then = site.tid;
  await remove(site, '/pub', 'other');
  await site.add('/pub/other', { type: 'Document', title: 'A newer one' });

  await restore(site, '/pub', { at: then, newer: 'go' });

  assert.equal(titleOf(site, '/pub/other'), 'Other');
});

test('restoreFromPast: where its folder is gone too, it asks where to', async () => {
  await using site = await pages();
  const then = site.tid;
  await remove(site, '/pub', 'deep');

  await assert.rejects(
    restore(site, '/pub/deep/page', { at: then }),
    (error) => error instanceof Taken && error.code === 'SRV_NO_HOME',
  );

  await site.manage((work) =>
    restoreFromPast(work, { at: then, objects: ['/pub/deep/page'], to: folderAt(work, '/attic') }),
  );
  assert.equal(titleOf(site, '/attic/page'), 'A page');
});

test('restoreFromPast: settings of security stay as they are, unless they are asked for', async () => {
  await using site = await pages();
  const then = site.tid;
  const closed = { View: { roles: ['Manager'], acquire: false } };
  await site.manage((work) =>
    setPermissions(work, at(work, '/pub/other'), { permissions: closed }),
  );
  await retitle(site, '/pub/other', 'Later');

  await restore(site, '/pub', { at: then });
  assert.deepEqual(Object.keys(site.read((look) => look('/pub/other').permissions)), ['View']);

  const { restored } = await restore(site, '/pub', { at: then, security: true });
  assert.deepEqual(restored[0]?.parts, ['security']);
  assert.deepEqual(
    site.read((look) => look('/pub/other').permissions),
    {},
  );
});

test('restoreFromPast: a dry run says what would happen, and changes nothing', async () => {
  await using site = await pages();
  const then = site.tid;
  await site.add('/pub/young', { type: 'Document' });
  await remove(site, '/pub', 'deep');
  const before = site.tid;

  const { restored, newer } = await restore(site, '/pub', { at: then, newer: 'go', dryRun: true });

  assert.deepEqual(
    restored.map(({ path }) => path),
    ['/pub/deep', '/pub/deep/page'],
  );
  assert.deepEqual(newer, ['/pub/young']);
  assert.equal(site.tid, before);
});

test('restoreFromPast: it asks for what the same changes by hand would ask', async () => {
  await using site = await pages();
  const then = site.tid;
  await retitle(site, '/pub/other', 'Later');
  await remove(site, '/pub', 'deep');
  const grant = (...permissions: string[]): Promise<unknown> =>
    site.manage((work) =>
      setPermissions(work, at(work, '/'), {
        addRoles: siteRoot(work.connection).roles.includes('Low') ? [] : ['Low'],
        localRoles: { low: ['Low'] },
        permissions: Object.fromEntries(
          permissions.map((name) => [name, { roles: ['Low', 'Manager'], acquire: false }]),
        ),
      }),
    );
  const refused = (path: string): Promise<void> =>
    assert.rejects(restore(site, path, { at: then }, LOW), Unauthorized);

  await refused('/pub/other');
  await grant('View history');
  await refused('/pub/other');
  await grant('Change Documents');
  await restore(site, '/pub/other', { at: then }, LOW);
  assert.equal(titleOf(site, '/pub/other'), 'Other');

  await refused('/pub/deep');
  await grant('Add Folders');
  await refused('/pub/deep');
  await grant('Add Documents');
  await restore(site, '/pub/deep', { at: then }, LOW);
  assert.equal(titleOf(site, '/pub/deep/page'), 'A page');
});

test('restoreFromPast: what the user may not view stays as it is, and is counted without a name', async () => {
  await using site = await pages();
  await site.manage((work) =>
    setPermissions(work, at(work, '/'), {
      addRoles: ['Low'],
      localRoles: { low: ['Low'] },
      permissions: {
        'View history': { roles: ['Low', 'Manager'], acquire: false },
        'Change Documents': { roles: ['Low', 'Manager'], acquire: false },
      },
    }),
  );
  await site.manage((work) =>
    setPermissions(work, at(work, '/pub/deep'), {
      permissions: { View: { roles: ['Manager'], acquire: false } },
    }),
  );
  const then = site.tid;
  await retitle(site, '/pub/deep/page', 'Later');
  await retitle(site, '/pub/other', 'Later');

  const { restored, hidden } = await restore(site, '/pub', { at: then }, LOW);

  assert.deepEqual(
    restored.map(({ path }) => path),
    ['/pub/other'],
  );
  assert.equal(hidden, 1);
  assert.equal(titleOf(site, '/pub/deep/page'), 'Later');
  await assert.rejects(restore(site, '/pub/deep', { at: then }, LOW), Invalid);
});

test('restoreFromPast: who restores a source becomes one of its authors, beside those of then', async () => {
  await using site = await pages();
  const then = site.tid;
  await site.manage((work) => {
    updateObject(work, at(work, '/pub/other'), { fields: { source: 'later' } });
    setPermissions(work, at(work, '/'), {
      addRoles: ['Low'],
      localRoles: { low: ['Low'] },
      permissions: {
        'View history': { roles: ['Low', 'Manager'], acquire: false },
        'Change Documents': { roles: ['Low', 'Manager'], acquire: false },
      },
    });
  });

  await restore(site, '/pub/other', { at: then }, LOW);

  const authors = site.read((look) => (look('/pub/other') as Document).authors);
  assert.ok(authors.includes(LOW) && authors.length === 2, authors.join(' '));
});

test('restoreFromPast: who takes back nothing but their own work leaves the authors as they were', async () => {
  await using site = await pages();
  await site.manage((work) => {
    setPermissions(work, at(work, '/'), {
      addRoles: ['Low'],
      localRoles: { low: ['Low'] },
      permissions: {
        'View history': { roles: ['Low', 'Manager'], acquire: false },
        'Change Documents': { roles: ['Low', 'Manager'], acquire: false },
      },
    });
  });
  const then = site.tid;
  const authors = (): readonly string[] =>
    site.read((look) => [...(look('/pub/other') as Document).authors].sort());
  const write = (user: string, source: string): Promise<unknown> =>
    site.as(user, (work) => updateObject(work, at(work, '/pub/other'), { fields: { source } }));

  await write(LOW, 'mine');
  await restore(site, '/pub/other', { at: then }, LOW);
  assert.deepEqual(authors(), [ADMIN_KEY]);

  await write(ADMIN_KEY, 'mended');
  await write(LOW, 'mine again');
  await restore(site, '/pub/other', { at: then }, LOW);
  assert.deepEqual(authors(), [ADMIN_KEY, LOW], 'a manager’s work was taken back, too');

  await restore(site, '/pub/other', { at: then });
  assert.deepEqual(authors(), [ADMIN_KEY, LOW], 'it is like that already');
  await write(ADMIN_KEY, 'newer');
  await restore(site, '/pub/other', { at: then });
  assert.deepEqual(authors(), [ADMIN_KEY], 'by a manager of the site');
});

test('restoreFromPast: of what was not there then, and of a time before the site, it says so', async () => {
  await using site = await pages();
  const then = site.tid;
  await site.add('/pub/young', { type: 'Document' });

  await assert.rejects(restore(site, '/pub/young', { at: then }), Invalid);
  await assert.rejects(restore(site, '/pub', { at: 1 as Tid }), Invalid);
});

test('restoreFromPast: versions stay where they are, and come back with an undo alone', async () => {
  await using site = await pages();
  await site.add('/pub/plan', { type: 'Version', title: 'Plan' });
  const then = site.tid;
  await retitle(site, '/pub/other', 'Later');

  const { left } = await restore(site, '/pub', { at: then });
  assert.deepEqual(left, [{ path: '/pub/plan', why: 'version' }]);
  assert.equal(titleOf(site, '/pub/plan'), 'Plan');

  await remove(site, '/', 'pub');
  await assert.rejects(
    restore(site, '/pub', { at: then }),
    (error) => error instanceof Taken && error.code === 'SRV_VERSION_CHANGES',
  );
});
