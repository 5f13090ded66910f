/** Transactions at the same time: a catalog brings no conflict, and hides none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConflictError, type Connection } from '../../../odb/index.js';
import { Catalog } from '../../../server/content/catalog.js';
import { type Content, contentAt, isContainer } from '../../../server/content/content.js';
import { deleteObjects, updateObject } from '../../../server/content/edit.js';
import { siteRoot } from '../../../server/content/places.js';
import { at, folderAt, type MemorySite } from '../../support/site.js';
import { catalogSite, find, found, INDEXES, requireDerived } from './catalog-site.js';

const WRITERS = 16;

function object(connection: Connection, path: string): Content {
  const found = contentAt(siteRoot(connection), path);
  assert.ok(found !== undefined, path);
  return found;
}

function move(connection: Connection, path: string, to: string): void {
  const moving = object(connection, path);
  const target = object(connection, to);
  const { container, id } = moving;
  assert.ok(isContainer(target) && container !== undefined);
  container.remove(id);
  target.insert(moving, id);
}

/** Does both on one snapshot, and saves the first, then the second. */
async function both(
  site: MemorySite,
  first: (connection: Connection) => void,
  second: (connection: Connection) => void,
): Promise<unknown> {
  using one = site.site.database.connect();
  using other = site.site.database.connect();
  first(one);
  second(other);
  await one.commit();
  return other.commit().catch((error: unknown) => error);
}

test('sixteen writers of different objects never meet in a catalog', async () => {
  await using site = await catalogSite();
  for (let n = 0; n < WRITERS; n += 1) {
    await site.add(`/a/doc-${n}`, { type: 'Document', title: 'same' });
  }
  let attempts = 0;
  const rounds = 5;
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(
      Array.from({ length: WRITERS }, (_, n) =>
        site.manage((work) => {
          attempts += 1;
          const properties = [{ name: 'tags', type: 'lines', value: [`r${round}`, 'all'] }];
          updateObject(work, at(work, `/a/doc-${n}`), { title: `round ${round}`, properties });
        }),
      ),
    );
  }

  assert.equal(attempts, WRITERS * rounds);
  assert.equal((await find(site, { tags: 'r4' })).length, WRITERS);
  assert.equal((await find(site, { tags: 'r3' })).length, 0);
  await requireDerived(site);
});

test('writers who add to one folder, and who delete from it, never meet in a catalog', async () => {
  await using site = await catalogSite();
  for (let n = 0; n < 8; n += 1) await site.add(`/a/old-${n}`, { type: 'Document' });
  let attempts = 0;
  await Promise.all([
    ...Array.from({ length: 8 }, (_, n) => site.add(`/a/new-${n}`, { type: 'Document' })),
    ...Array.from({ length: 8 }, (_, n) =>
      site.manage((work) => {
        attempts += 1;
        deleteObjects(work, folderAt(work, '/a'), [`old-${n}`]);
      }),
    ),
  ]);

  assert.equal(attempts, 8);
  assert.equal((await find(site, { type: 'Document' })).length, 12);
  await requireDerived(site);
});

test('two changes of one object that are merged leave the catalog with both', async () => {
  await using site = await catalogSite();
  const indexes = INDEXES.filter(({ name }) => name !== 'modified');
  await site.manage((work) => updateObject(work, at(work, '/find'), { fields: { indexes } }));
  const merged = await both(
    site,
    (connection) => (object(connection, '/a/one').title = 'first'),
    (connection) => {
      const one = object(connection, '/a/one');
      one.owner = '/acl_users:admin';
      one.createdMs = 1;
    },
  );

  assert.equal(typeof merged, 'number');
  assert.deepEqual(await find(site, { title: 'first' }), ['/a/one']);
  await requireDerived(site);
});

test('two indexed changes of one object are done one after the other', async () => {
  await using site = await catalogSite();
  const properties = { tags: { type: 'lines', value: ['x'] } };
  const refused = await both(
    site,
    (connection) => (object(connection, '/a/one').title = 'first'),
    (connection) => (object(connection, '/a/one').properties = properties as never),
  );
  assert.ok(refused instanceof ConflictError);
  await Promise.all([
    site.manage((work) => updateObject(work, at(work, '/a/one'), { title: 'second' })),
    site.manage((work) =>
      updateObject(work, at(work, '/a/one'), {
        properties: [{ name: 'tags', type: 'lines', value: ['y'] }],
      }),
    ),
  ]);

  assert.deepEqual(await find(site, { title: 'second', tags: 'y' }), ['/a/one']);
  await requireDerived(site);
});

test('settings that two change at once never make a catalog show what is closed', async () => {
  await using site = await catalogSite();
  const closed = { View: { roles: ['Manager'], acquire: false } };
  await site.manage((work) => (at(work, '/a/one').permissions = closed));
  await both(
    site,
    (connection) => (object(connection, '/a/one').permissions = {}),
    (connection) => (object(connection, '/a/one').localRoles = { x: ['Manager'] }),
  );

  await requireDerived(site);
});

test('what is added to a folder that is moved away at the same time is not left in the catalog', async () => {
  await using site = await catalogSite('/a/find');
  const add = (title: string): Promise<void> =>
    site.add('/a/sub/late', { type: 'Document', title });
  await Promise.all([
    site.manage((work) => move(work.connection, '/a/sub', '/b')),
    add('late').catch(() => undefined),
  ]);
  await requireDerived(site, { path: '/a/find' });
  const moved = await both(
    site,
    (connection) => move(connection, '/b/sub', '/a'),
    (connection) => (object(connection, '/b/sub/three').title = 'changed'),
  );

  assert.ok(moved instanceof ConflictError);
  await requireDerived(site, { path: '/a/find' });
});

test('an index that is added while somebody writes misses nobody', async () => {
  await using site = await catalogSite();
  const refused = await both(
    site,
    (connection) => {
      const catalog = object(connection, '/find') as Content & { indexes: readonly object[] };
      catalog.indexes = [...catalog.indexes, { name: 'id', type: 'field' }];
    },
    (connection) => (object(connection, '/a/one').title = 'meanwhile'),
  );
  assert.ok(refused instanceof ConflictError);
  await site.manage((work) => updateObject(work, at(work, '/a/one'), { title: 'meanwhile' }));

  assert.deepEqual(await site.manage((work) => found(work, { id: 'one' })), ['/a/one']);
  await requireDerived(site);
});

test('what is changed while a catalog is made is in it as it is then', async () => {
  await using site = await catalogSite();
  const refused = await both(
    site,
    (connection) => {
      const { container } = object(connection, '/a/one');
      container?.insert(new Catalog({ indexes: [{ name: 'title', type: 'field' }] }), 'near');
    },
    (connection) => (object(connection, '/a/one').title = 'meanwhile'),
  );

  assert.ok(refused instanceof ConflictError);
  await requireDerived(site, { path: '/a/near' });
});
