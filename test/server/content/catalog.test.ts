/** Catalogs: they follow every change, by whatever door, in its transaction. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportSubtree, type Oid } from '../../../odb/index.js';
import { beginFilling, fillCatalog } from '../../../server/content/catalog-fill.js';
import { checkIn, updateVersion } from '../../../server/content/check-in.js';
import { copyObject } from '../../../server/content/copy.js';
import { createObject, deleteObjects, updateObject } from '../../../server/content/edit.js';
import { importObject } from '../../../server/content/export.js';
import { Folder } from '../../../server/content/folder.js';
import { moveObject } from '../../../server/content/move.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { restoreFromPast } from '../../../server/content/restore-past.js';
import { listTrash, restoreFromTrash } from '../../../server/content/trash.js';
import { undoTransactions } from '../../../server/content/undo.js';
import { entriesIn, Version } from '../../../server/content/version.js';
import type { Work } from '../../../server/content/work.js';
import { Invalid } from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';
import { catalogAt, catalogSite, find, found, requireDerived } from './catalog-site.js';

function rename(work: Work, path: string, title: string): void {
  updateObject(work, at(work, path), { title });
}

async function begin(site: MemorySite): Promise<Oid> {
  await site.add('/v', { type: 'Version' });
  return site.read((object) => object('/v').oid) as Oid;
}

test('a new catalog takes in what is in its folder, and that folder', async () => {
  await using site = await catalogSite();

  assert.deepEqual(await find(site, { type: 'Document' }), [
    '/a/one',
    '/a/sub/three',
    '/a/two',
    '/b/four',
  ]);
  assert.deepEqual(await find(site, { path: { query: '/', level: 1 } }), ['/', '/a', '/b']);
  assert.deepEqual(await find(site, { type: ['User', 'UserFolder', 'Catalog'] }), []);
  await requireDerived(site);
});

test('a catalog in a folder knows nothing of what is elsewhere', async () => {
  await using site = await catalogSite('/a/find');
  await site.manage((work) => rename(work, '/b/four', 'elsewhere'));

  await requireDerived(site, { path: '/a/find' });
  const all = await site.manage((work) => found(work, { path: '/' }, '/a/find'));
  assert.deepEqual(all, []);
});

test('what is added, changed, given properties and settings, copied and deleted is followed', async () => {
  await using site = await catalogSite();
  await site.add('/b/five', { type: 'Document', title: 'five' });
  await requireDerived(site);
  await site.manage((work) => rename(work, '/a/one', 'first'));
  assert.deepEqual(await find(site, { title: 'first' }), ['/a/one']);
  await site.manage((work) =>
    updateObject(work, at(work, '/a/two'), {
      properties: [{ name: 'tags', type: 'lines', value: ['x', 'y'] }],
    }),
  );
  assert.deepEqual(await find(site, { tags: 'y' }), ['/a/two']);
  await site.manage((work) =>
    setPermissions(work, at(work, '/a/two'), {
      permissions: { View: { roles: ['Manager'], acquire: false } },
    }),
  );
  await requireDerived(site);
  await site.manage((work) => {
    copyObject(work, at(work, '/a'), { to: folderAt(work, '/b'), id: 'copy' });
  });
  assert.deepEqual(await find(site, { title: 'three' }), ['/a/sub/three', '/b/copy/sub/three']);
  await requireDerived(site);
  await site.manage((work) => deleteObjects(work, folderAt(work, '/'), ['a']));
  assert.deepEqual(await find(site, { title: 'three' }), ['/b/copy/sub/three']);
  await requireDerived(site);
});

test('what is moved in, out, within and renamed takes along what is below it', async () => {
  await using site = await catalogSite('/a/find');
  const requireSound = (): Promise<void> => requireDerived(site, { path: '/a/find' });
  const move = (path: string, to: string, id?: string): Promise<unknown> =>
    site.manage((work) =>
      moveObject(work, at(work, path), {
        to: folderAt(work, to),
        ...(id === undefined ? {} : { id }),
      }),
    );

  await move('/a/sub', '/b');
  await requireSound();
  await move('/b', '/a');
  await requireSound();
  await move('/a/b/sub', '/a');
  await requireSound();
  await move('/a/b', '/a', 'bb');
  await requireSound();
  await move('/a', '/', 'aa');
  await requireDerived(site, { path: '/aa/find' });
});

test('undo of each change, and undo of that undo, leave the catalog in step', async () => {
  const deeds: readonly ((work: Work) => unknown)[] = [
    (work) => rename(work, '/a/one', 'first'),
    (work) => moveObject(work, at(work, '/a/sub'), { to: folderAt(work, '/b') }),
    (work) => deleteObjects(work, folderAt(work, '/'), ['b']),
    (work) => copyObject(work, at(work, '/a'), { to: folderAt(work, '/'), id: 'c' }),
  ];
  await using site = await catalogSite();
  const before = await find(site, { path: '/' });
  for (const deed of deeds) {
    await site.manage(deed);
    const after = await find(site, { path: '/' });
    for (const expected of [before, after, before]) {
      const { tid } = site;
      await site.manage((work) => undoTransactions(work, { transactions: [tid] }));
      assert.deepEqual(await find(site, { path: '/' }), expected);
      await requireDerived(site);
    }
  }
});

test('later edits of other objects do not stand in the way of an undo', async () => {
  await using site = await catalogSite();
  await site.manage((work) => rename(work, '/a/one', 'first'));
  const { tid } = site;
  await site.manage((work) => rename(work, '/a/two', 'second'));
  const outcome = await site.manage((work) => undoTransactions(work, { transactions: [tid] }));

  assert.equal('conflicts' in outcome && outcome.conflicts.length > 0, false);
  assert.deepEqual(await find(site, { title: ['one', 'second'] }), ['/a/one', '/a/two']);
  await requireDerived(site);
});

test('a deleted folder that comes back from the trash, or from the past, is found again', async () => {
  await using site = await catalogSite();
  const before = site.tid;
  await site.manage((work) => deleteObjects(work, folderAt(work, '/'), ['a']));
  await site.manage(async (work) => {
    const within = folderAt(work, '/');
    const { items } = await listTrash(work, { within, start: 0, limit: 10 });
    const [item] = items;
    assert.ok(item !== undefined);
    await restoreFromTrash(work, item);
  });
  assert.deepEqual(await find(site, { title: 'three' }), ['/a/sub/three']);
  await requireDerived(site);
  await site.manage((work) => deleteObjects(work, folderAt(work, '/'), ['a']));
  await site.manage((work) => restoreFromPast(work, { at: before, objects: ['/a'] }));
  assert.deepEqual(await find(site, { title: 'three' }), ['/a/sub/three']);
  await requireDerived(site);
});

test('a catalog that is deleted and brought back has what changed meanwhile', async () => {
  await using site = await catalogSite();
  await site.manage((work) => deleteObjects(work, folderAt(work, '/'), ['find']));
  const { tid } = site;
  await site.manage((work) => rename(work, '/a/one', 'first'));
  await site.manage((work) => deleteObjects(work, folderAt(work, '/a'), ['two']));
  await site.manage((work) => undoTransactions(work, { transactions: [tid] }));

  assert.deepEqual(await find(site, { title: ['first', 'one', 'two'] }), ['/a/one']);
  await requireDerived(site);
});

test('a catalog that is moved, copied, or imported covers the folder it comes to', async () => {
  await using site = await catalogSite();
  await site.manage((work) =>
    copyObject(work, at(work, '/find'), { to: folderAt(work, '/a'), id: 'near' }),
  );
  await requireDerived(site, { path: '/a/near' });
  await site.manage((work) => moveObject(work, at(work, '/find'), { to: folderAt(work, '/b') }));
  await requireDerived(site, { path: '/b/find' });
  const stream: Uint8Array[] = [];
  using connection = site.site.database.connect();
  const exported = site.read((object) => object('/a').oid) as Oid;
  for await (const bytes of exportSubtree(connection, connection.get(exported))) stream.push(bytes);
  await site.manage((work) => importObject(work, folderAt(work, '/'), { id: 'in', stream }));
  await requireDerived(site, { path: '/in/near' });
  await requireDerived(site, { path: '/a/near' });
  await site.manage((work) => rename(work, '/in/one', 'imported'));
  await requireDerived(site, { path: '/in/near' });
  await requireDerived(site, { path: '/a/near' });
});

test('other indexes and columns are filled for what there is, and undone with their definition', async () => {
  await using site = await catalogSite();
  const define = (fields: Record<string, unknown>): Promise<unknown> =>
    site.manage((work) => updateObject(work, catalogAt(work), { fields }));
  const { indexes } = await site.manage((work) => catalogAt(work));
  await define({ indexes: [...indexes, { name: 'id', type: 'field' }] });
  const { tid } = site;
  assert.deepEqual(await find(site, { id: 'three' }), ['/a/sub/three']);
  await define({ columns: ['id'] });
  await site.manage((work) => {
    const oid = at(work, '/a/one').oid;
    assert.deepEqual(catalogAt(work).store.columnsOf(Number(oid)), { id: 'one' });
  });
  await requireDerived(site);
  await site.manage((work) => undoTransactions(work, { transactions: [tid] }));
  await assert.rejects(find(site, { id: 'three' }), { code: 'SRV_QUERY' });
  await requireDerived(site);
  await assert.rejects(
    define({ indexes: [{ name: 'x', type: 'nothing' }] }),
    (error) => error instanceof Invalid && error.errors[0]?.field === 'fields.indexes[0].type',
  );
});

test('an index follows the types it is kept to, which are refused where there is none', async () => {
  await using site = await catalogSite();
  const define = (fields: Record<string, unknown>): Promise<unknown> =>
    site.manage((work) => updateObject(work, catalogAt(work), { fields }));
  const id = { name: 'id', type: 'field' };
  await define({ indexes: [{ ...id, types: ['Folder'] }], columns: [] });
  assert.deepEqual(await find(site, { id: ['a', 'one', 'b'] }), ['/a', '/b']);
  await requireDerived(site);
  await define({ indexes: [{ ...id, types: ['Document', 'Folder'] }] });
  assert.deepEqual(await find(site, { id: ['a', 'one', 'b'] }), ['/a', '/a/one', '/b']);
  await define({ indexes: [{ ...id, types: ['Document'] }] });
  const { tid } = site;
  await site.add('/c', { type: 'Folder' });
  assert.deepEqual(await find(site, { id: ['a', 'one', 'c'] }), ['/a/one']);
  await requireDerived(site);
  await site.manage((work) => undoTransactions(work, { transactions: [tid] }));
  assert.deepEqual(await find(site, { id: ['a', 'one', 'c'] }), ['/a', '/a/one', '/c']);

  for (const [fields, field] of [
    [{ indexes: [id, { ...id, name: 'b', types: ['Folder', 'Ghost'] }] }, 'indexes[1].types'],
    [{ indexes: [{ ...id, types: ['User'] }] }, 'indexes[0].types'],
    [{ columns: ['id', { name: 'title', types: ['Ghost'] }] }, 'columns[1].types'],
  ] as const) {
    await assert.rejects(
      define(fields),
      (error) => error instanceof Invalid && error.errors[0]?.field === `fields.${field}`,
    );
  }
});

test('a version is searched as it shows the site, and its check-in is derived in main', async () => {
  await using site = await catalogSite();
  const version = await begin(site);
  const inside = <T>(run: (work: Work) => T | Promise<T>): Promise<T> =>
    site.site.transact(ADMIN_KEY, run, { version });
  await inside((work) => rename(work, '/a/one', 'inside'));
  await site.manage((work) => {
    const held = at(work, '/v');
    assert.ok(held instanceof Version);
    assert.equal(entriesIn(work.site, held), 1);
  });
  await inside((work) => {
    deleteObjects(work, folderAt(work, '/a'), ['sub']);
    copyObject(work, at(work, '/b/four'), { to: folderAt(work, '/b'), id: 'new' });
  });
  assert.deepEqual(await find(site, { title: 'inside' }), []);
  assert.deepEqual(await find(site, { title: 'inside' }, { version }), ['/a/one']);
  await requireDerived(site);
  await requireDerived(site, { version });
  await site.manage((work) => rename(work, '/a/two', 'main'));
  assert.deepEqual(await find(site, { title: 'main' }, { version }), ['/a/two']);

  await inside(async (work) => {
    const held = at(work, '/v');
    assert.ok(held instanceof Version);
    await updateVersion(work, held, {});
  });
  await requireDerived(site, { version });
  await site.manage(async (work) => {
    const held = at(work, '/v');
    assert.ok(held instanceof Version);
    await checkIn(work, held, {});
  });
  assert.deepEqual(await find(site, { title: 'inside' }), ['/a/one']);
  await requireDerived(site);
  await requireDerived(site, { version });
  assert.deepEqual(await site.site.database.versions(), []);
});

test('a search of the past sees the indexes of then', async () => {
  await using site = await catalogSite();
  const then = site.tid;
  await site.manage((work) => rename(work, '/a/one', 'later'));
  using connection = site.site.database.connect({ at: then });
  const past = await site.manage((work) => {
    const { policy, nowMs, user } = work;
    return found({ policy, nowMs, user, site: work.site, connection } as Work, { title: 'one' });
  });

  assert.deepEqual(past, ['/a/one']);
});

test('totals count what one may view and nothing else', async () => {
  await using site = await catalogSite();
  await site.add('/acl_users/ann', { type: 'User', fields: { password: 'a word of a dozen' } });
  const ann = '/acl_users:ann';
  const closed = { permissions: { View: { roles: ['Manager', 'Owner'], acquire: false } } };
  await site.manage((work) => {
    setPermissions(work, at(work, '/a/sub'), closed);
    setPermissions(work, at(work, '/b/four'), closed);
    setPermissions(work, at(work, '/a/sub/three'), { owner: ann });
  });

  const documents = { type: 'Document' };
  assert.deepEqual(await find(site, documents, { user: ann }), [
    '/a/one',
    '/a/sub/three',
    '/a/two',
  ]);
  assert.equal((await find(site, documents)).length, 4);
});

test('a catalog whose making is undone and redone has what changed meanwhile', async () => {
  await using site = await catalogSite();
  const { tid } = site;
  await site.manage((work) => undoTransactions(work, { transactions: [tid] }));
  const undone = site.tid;
  await site.manage((work) => rename(work, '/a/one', 'first'));
  await site.manage((work) => deleteObjects(work, folderAt(work, '/a'), ['two']));
  await site.manage((work) => undoTransactions(work, { transactions: [undone] }));

  assert.deepEqual(await find(site, { title: ['first', 'one', 'two'] }), ['/a/one']);
  await requireDerived(site);
});

test('a catalog that is made in a version is whole when it is checked in', async () => {
  await using site = await catalogSite();
  const version = await begin(site);
  await site.site.transact(
    ADMIN_KEY,
    (work) => {
      const fields = { indexes: [{ name: 'title', type: 'field' }] };
      createObject(work, folderAt(work, '/a'), { type: 'Catalog', id: 'near', fields });
      rename(work, '/a/one', 'inside');
    },
    { version },
  );
  await requireDerived(site, { version, path: '/a/near' });
  await site.add('/a/late', { type: 'Document', title: 'late' });
  await site.manage((work) => rename(work, '/a/two', 'main'));
  await site.manage(async (work) => {
    const held = at(work, '/v');
    assert.ok(held instanceof Version);
    await checkIn(work, held, {});
  });

  await requireDerived(site, { path: '/a/near' });
  await requireDerived(site);
  assert.deepEqual(await site.site.database.versions(), []);
});

test('undo inside a version leaves the catalog as the version shows the site', async () => {
  await using site = await catalogSite();
  const version = await begin(site);
  const inside = <T>(run: (work: Work) => T): Promise<T> =>
    site.site.transact(ADMIN_KEY, run, { version });
  await inside((work) => rename(work, '/a/one', 'inside'));
  const { tid } = site;
  await inside((work) => deleteObjects(work, folderAt(work, '/'), ['b']));
  await inside((work) => undoTransactions(work, { transactions: [tid] }));

  await requireDerived(site, { version });
  await requireDerived(site);
  assert.deepEqual(await find(site, { title: ['one', 'four'] }, { version }), ['/a/one']);
});

test('filling ends, also where folders lie deeper than anybody looks', async () => {
  await using memory = await memorySite();
  const indexes = [{ name: 'title', type: 'field' }];
  await memory.add('/find', { type: 'Catalog', fields: { indexes } });
  const { database } = memory.site;
  const catalog = await memory.manage((work) => {
    let folder = folderAt(work, '/');
    for (let depth = 0; depth < 1_001; depth += 1) {
      const next = new Folder();
      folder.insert(next, 'x');
      folder = next;
    }
    const found = catalogAt(work);
    beginFilling(found);
    return found.oid;
  });
  assert.ok(catalog !== undefined);
  assert.ok((await fillCatalog({ database, catalog, user: ADMIN_KEY })) > 1_000);
  const left = await memory.manage((work) => catalogAt(work).derived.pending);
  assert.equal(left, undefined);
});
