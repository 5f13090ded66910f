import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Oid } from '../../../odb/index.js';
import { createObject, deleteObjects } from '../../../server/content/edit.js';
import { moveObject } from '../../../server/content/move.js';
import { removedFrom, restoreRemoved } from '../../../server/content/version-removed.js';
import { Version } from '../../../server/content/version.js';
import type { Work } from '../../../server/content/work.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

/** A version of a site with a folder that holds some documents. */
interface Made {
  readonly made: MemorySite;
  inside<T>(run: (work: Work) => T): Promise<T>;
  /** Ids of what the version took out of the folder. */
  removed(): Promise<readonly string[]>;
  restore(...oids: readonly Oid[]): Promise<readonly string[]>;
  oidOf(path: string): Oid;
}

async function begin(made: MemorySite): Promise<Made> {
  await made.add('/f', { type: 'Folder' });
  for (const id of ['a', 'b', 'c']) await made.add(`/f/${id}`, { type: 'Document' });
  await made.add('/v', { type: 'Version', title: 'V' });
  const oidOf = (path: string) => made.read((object) => object(path).oid) as Oid;
  const version = oidOf('/v');
  const inside: Made['inside'] = (run) => made.site.transact(ADMIN_KEY, run, { version });
  return {
    made,
    inside,
    oidOf,
    removed: () =>
      inside((work) => {
        using main = made.site.database.connect();
        return removedFrom(work, main, folderAt(work, '/f')).map(({ object }) => object.id);
      }),
    async restore(...oids) {
      const paths = await made.manage((work) => {
        const object = at(work, '/v');
        assert.ok(object instanceof Version);
        return restoreRemoved(work, object, oids);
      });
      return paths;
    },
  };
}

test('what a version removed is what main has and the version has nowhere', async () => {
  await using made = await memorySite();
  const { inside, removed } = await begin(made);
  assert.deepEqual(await removed(), []);
  await inside((work) => {
    const folder = folderAt(work, '/f');
    deleteObjects(work, folder, ['a']);
    moveObject(work, at(work, '/f/b'), { to: folderAt(work, '/') });
    createObject(work, folder, { type: 'Document', id: 'new' });
  });
  assert.deepEqual(await removed(), ['a']);
  await made.manage((work) => deleteObjects(work, folderAt(work, '/f'), ['c']));
  assert.deepEqual(await removed(), ['a']);
  await made.manage((work) => deleteObjects(work, folderAt(work, '/f'), ['a']));
  assert.deepEqual(await removed(), []);
});

test('in main, and in a folder that began in the version, nothing is removed', async () => {
  await using made = await memorySite();
  const { inside } = await begin(made);
  await inside((work) => {
    createObject(work, folderAt(work, '/'), { type: 'Folder', id: 'new' });
  });
  await inside((work) => {
    using main = made.site.database.connect();
    assert.deepEqual(removedFrom(work, main, folderAt(work, '/new')), []);
  });
  await made.manage((work) => {
    assert.deepEqual(removedFrom(work, work.connection, folderAt(work, '/f')), []);
  });
});

test('a folder comes back with what it held, and the other removals stay', async () => {
  await using made = await memorySite();
  const { inside, removed, restore, oidOf } = await begin(made);
  await made.add('/f/sub', { type: 'Folder' });
  await made.add('/f/sub/deep', { type: 'Document', title: 'Deep' });
  await inside((work) => deleteObjects(work, folderAt(work, '/f'), ['sub', 'a']));
  assert.deepEqual(await removed(), ['a', 'sub']);
  assert.deepEqual(await restore(oidOf('/f/sub')), ['/f/sub']);
  assert.deepEqual(await removed(), ['a']);
  const title = await inside((work) => at(work, '/f/sub/deep').title);
  assert.equal(title, 'Deep');
});

test('an object whose id the version gave to another is not restored, and that one stays', async () => {
  await using made = await memorySite();
  const { inside, restore, oidOf } = await begin(made);
  await inside((work) => {
    deleteObjects(work, folderAt(work, '/f'), ['a']);
    createObject(work, folderAt(work, '/f'), { type: 'Document', id: 'a', title: 'Another' });
  });
  await assert.rejects(restore(oidOf('/f/a')), { code: 'SRV_TAKEN', message: /Rename that one/ });
  assert.equal(await inside((work) => at(work, '/f/a').title), 'Another');
});

test('what was not removed, or is not on main, cannot be restored', async () => {
  await using made = await memorySite();
  const { restore, oidOf } = await begin(made);
  await assert.rejects(restore(oidOf('/f/a')), { code: 'SRV_INVALID' });
  await assert.rejects(restore(), { code: 'SRV_INVALID' });
  const gone = oidOf('/f/b');
  await made.manage((work) => deleteObjects(work, folderAt(work, '/f'), ['b']));
  await assert.rejects(restore(gone), { code: 'SRV_NOT_FOUND' });
});
