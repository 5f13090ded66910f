import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Oid } from '../../../odb/index.js';
import { createObject, deleteObjects, updateObject } from '../../../server/content/edit.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { COUNTED_ENTRIES_MAX } from '../../../server/content/version-counts.js';
import { type ChangesByFolder, changesByFolder } from '../../../server/content/version-folders.js';
import { policyAt } from '../../../server/content/version-inside.js';
import type { Work } from '../../../server/content/work.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

interface Made {
  inside<T>(run: (work: Work) => T): Promise<T>;
  /** Looks, in the eyes of a user. */
  look(user?: string): Promise<ChangesByFolder>;
  oidOf(path: string): Oid;
}

async function begin(made: MemorySite): Promise<Made> {
  for (const path of ['/a', '/a/b', '/c']) await made.add(path, { type: 'Folder' });
  await made.add('/a/b/page', { type: 'Document' });
  await made.add('/c/page', { type: 'Document' });
  await made.add('/v', { type: 'Version' });
  const oidOf = (path: string) => made.read((object) => object(path).oid) as Oid;
  const version = oidOf('/v');
  return {
    oidOf,
    inside: (run) => made.site.transact(ADMIN_KEY, run, { version }),
    async look(user = ADMIN_KEY) {
      const found = await made.as(user, async (main) => {
        using connection = made.site.database.connect({ version, at: main.connection.tid });
        const policy = policyAt(connection, main.connection, main.policy.caller);
        return await changesByFolder(made.site, { main, inside: { connection, policy } });
      });
      return found;
    },
  };
}

test('folders hold changes however deep, also of what was removed, and none of their own', async () => {
  await using made = await memorySite();
  const { inside, look, oidOf } = await begin(made);
  assert.equal((await look()).folders.size, 0);
  await inside((work) => updateObject(work, at(work, '/a/b/page'), { title: 'Changed' }));
  const below = [oidOf('/'), oidOf('/a'), oidOf('/a/b')];
  assert.deepEqual([...(await look()).folders].sort(), below.sort());
  await inside((work) => {
    updateObject(work, at(work, '/c'), { title: 'Changed' });
  });
  assert.equal((await look()).folders.has(oidOf('/c')), false);
  await inside((work) => deleteObjects(work, folderAt(work, '/c'), ['page']));
  assert.equal((await look()).folders.has(oidOf('/c')), true);
});

test('what one may not view makes no folder one with changes', async () => {
  await using made = await memorySite();
  const { inside, look, oidOf } = await begin(made);
  await made.add('/acl_users/mo', { type: 'User', fields: { password: 'long enough', roles: [] } });
  await made.manage((work) =>
    setPermissions(work, at(work, '/c/page'), {
      permissions: { View: { roles: ['Manager'], acquire: false } },
    }),
  );
  await inside((work) => updateObject(work, at(work, '/c/page'), { title: 'Changed' }));
  assert.equal((await look()).folders.has(oidOf('/c')), true);
  assert.equal((await look('/acl_users:mo')).folders.size, 0);
});

test('what the version changed and main removed is told by the folder that it was in', async () => {
  await using made = await memorySite();
  const { inside, look, oidOf } = await begin(made);
  const page = oidOf('/c/page');
  await inside((work) => updateObject(work, at(work, '/c/page'), { title: 'Changed' }));
  assert.equal((await look()).goneOnMain.size, 0);
  await made.manage((work) => deleteObjects(work, folderAt(work, '/c'), ['page']));
  assert.deepEqual([...(await look()).goneOnMain], [[oidOf('/c'), [page]]]);
});

test('nobody looks through a version that holds very much', async () => {
  await using made = await memorySite();
  const { inside, look } = await begin(made);
  await inside((work) => {
    const folder = folderAt(work, '/c');
    for (let index = 0; index <= COUNTED_ENTRIES_MAX; index += 1) {
      createObject(work, folder, { type: 'Document', id: `d${index}` });
    }
  });
  assert.equal((await look()).folders.size, 0);
});
