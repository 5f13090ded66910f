/** Counting what is different in a version: never old, as far as one may view it, and within a bound. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Oid } from '../../../odb/index.js';
import { deleteObjects } from '../../../server/content/edit.js';
import { Folder } from '../../../server/content/folder.js';
import { Document } from '../../../server/content/document.js';
import { siteRoot } from '../../../server/content/places.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { Version } from '../../../server/content/version.js';
import {
  countChanges,
  COUNTED_ENTRIES_MAX,
  type VersionCounts,
} from '../../../server/content/version-counts.js';
import type { Connection } from '../../../odb/index.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

async function site(): Promise<{ readonly opened: MemorySite; readonly version: Oid }> {
  const opened = await memorySite();
  for (const id of ['one', 'two', 'three']) await opened.add(`/${id}`, { type: 'Document' });
  await opened.add('/v', { type: 'Version' });
  await opened.add('/acl_users/eve', {
    type: 'User',
    fields: { password: 'password of eve', roles: [] },
  });
  const version = opened.read((object) => object('/v').oid);
  assert.ok(version !== undefined);
  return { opened, version };
}

/** Changes the site in the version, by what the library does. */
async function inside(
  { site: { database } }: MemorySite,
  version: Oid,
  change: (root: Folder, connection: Connection) => void,
): Promise<void> {
  await database.transact(
    (connection) => change(siteRoot(connection), connection),
    {},
    { version },
  );
}

/** As somebody counts who has no role of their own. */
async function counts(opened: MemorySite): Promise<VersionCounts> {
  const counted = await opened.as('/acl_users:eve', (work) => {
    const version = at(work, '/v');
    assert.ok(version instanceof Version);
    return countChanges(opened.site, version, { main: work });
  });
  return counted;
}

const NOTHING = { added: 0, changed: 0, removed: 0, entries: undefined };

test('what was added, changed and removed is counted, and every change counts at once', async () => {
  const { opened, version } = await site();
  await using _opened = opened;
  assert.deepEqual(await counts(opened), NOTHING);

  await inside(opened, version, (root) => {
    root.insert(new Document({ title: 'New' }), 'four');
    const one = root.child('one');
    assert.ok(one);
    one.title = 'Changed';
    root.remove('two');
  });
  assert.deepEqual(await counts(opened), { ...NOTHING, added: 1, changed: 1, removed: 1 });

  await inside(opened, version, (root) => root.remove('four'));
  assert.deepEqual(await counts(opened), { ...NOTHING, changed: 1, removed: 1 });
});

test('what main does to the same objects counts at once', async () => {
  const { opened, version } = await site();
  await using _opened = opened;
  await inside(opened, version, (root) => {
    const one = root.child('one');
    assert.ok(one);
    one.title = 'Changed';
  });
  assert.equal((await counts(opened)).changed, 1);

  await opened.manage((work) => deleteObjects(work, folderAt(work, '/'), ['one']));

  assert.equal((await counts(opened)).changed, 0);
});

test('what one may not view is not counted', async () => {
  const { opened, version } = await site();
  await using _opened = opened;
  await opened.manage((work) =>
    setPermissions(work, at(work, '/one'), {
      permissions: { View: { roles: ['Manager'], acquire: false } },
    }),
  );
  await inside(opened, version, (root) => {
    for (const id of ['one', 'two']) {
      const object = root.child(id);
      assert.ok(object);
      object.title = 'Changed';
    }
  });

  assert.equal((await counts(opened)).changed, 1);
});

test('a version that holds very much has one number', async () => {
  const { opened, version } = await site();
  await using _opened = opened;
  await inside(opened, version, (root) => {
    for (let index = 0; index < COUNTED_ENTRIES_MAX; index += 1) {
      root.insert(new Document(), `many-${index}`);
    }
  });

  const { added, entries } = await counts(opened);

  assert.equal(added, 0);
  assert.ok(entries !== undefined && entries > COUNTED_ENTRIES_MAX);
});
