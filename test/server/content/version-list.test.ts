/** The list of versions: every one that stands on the site, however it came there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyObject } from '../../../server/content/copy.js';
import { deleteObjects } from '../../../server/content/edit.js';
import { undoTransactions } from '../../../server/content/undo.js';
import { versionsToJoin } from '../../../server/content/version-list.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

async function site(): Promise<MemorySite> {
  const opened = await memorySite();
  await opened.add('/work', { type: 'Folder' });
  await opened.add('/work/b', { type: 'Version', title: 'Beta' });
  await opened.add('/a', { type: 'Version' });
  return opened;
}

function paths(opened: MemorySite): Promise<readonly string[]> {
  return opened.manage((work) => versionsToJoin(work).map(({ path }) => path));
}

test('versions are listed by title wherever they stand', async () => {
  await using opened = await site();

  assert.deepEqual(await paths(opened), ['/a', '/work/b']);
});

test('a version that is deleted is gone from the list, and an undo brings it back', async () => {
  await using opened = await site();
  await opened.manage((work) => deleteObjects(work, folderAt(work, '/'), ['work']));
  const without = await paths(opened);
  const { tid } = opened;
  await opened.manage((work) => undoTransactions(work, { transactions: [tid] }));

  assert.deepEqual(without, ['/a']);
  assert.deepEqual(await paths(opened), ['/a', '/work/b']);
});

test('a copy of a folder has versions of its own', async () => {
  await using opened = await site();
  await opened.manage((work) =>
    copyObject(work, at(work, '/work'), { to: folderAt(work, '/'), id: 'more' }),
  );

  assert.deepEqual([...(await paths(opened))].sort(), ['/a', '/more/b', '/work/b']);
});

test('two that are made at once are both on the list', async () => {
  await using opened = await site();
  await Promise.all(['x', 'y'].map((id) => opened.add(`/${id}`, { type: 'Version' })));

  assert.deepEqual([...(await paths(opened))].sort(), ['/a', '/work/b', '/x', '/y']);
});

test('what one may not be in is not on one’s list', async () => {
  await using opened = await site();
  const permission = 'Join/leave Versions';
  await opened.add('/acl_users/eve', {
    type: 'User',
    fields: { password: 'password of eve', roles: [] },
  });
  await opened.manage((work) => {
    setPermissions(work, at(work, '/'), {
      permissions: { [permission]: { roles: ['Authenticated'], acquire: true } },
    });
    setPermissions(work, at(work, '/a'), {
      permissions: { [permission]: { roles: ['Manager'], acquire: false } },
    });
  });

  const listed = await opened.as('/acl_users:eve', (work) =>
    versionsToJoin(work).map(({ path }) => path),
  );

  assert.deepEqual(listed, ['/work/b']);
});

test('making a version can be undone, and that leaves the others', async () => {
  await using opened = await site();
  const { tid } = opened;
  await opened.manage((work) => undoTransactions(work, { transactions: [tid] }));
  await opened.add('/c', { type: 'Version', title: 'Gamma' });

  assert.deepEqual(await paths(opened), ['/work/b', '/c']);
});
