import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Oid, TID_ZERO } from '../../../odb/index.js';
import { createObject, deleteObjects, updateObject } from '../../../server/content/edit.js';
import { moveObject } from '../../../server/content/move.js';
import { changedElsewhere, VersionRows } from '../../../server/content/version-rows.js';
import { isChangedSince, lastChangeIn } from '../../../server/content/version-state.js';
import type { Work } from '../../../server/content/work.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

interface InVersion {
  readonly version: Oid;
  inside<T>(run: (work: Work) => T): Promise<T>;
}

async function begin(made: MemorySite): Promise<InVersion> {
  await made.add('/v', { type: 'Version' });
  const version = made.read((object) => object('/v').oid) as Oid;
  return { version, inside: (run) => made.site.transact(ADMIN_KEY, run, { version }) };
}

function retitle(path: string, title: string): (work: Work) => boolean {
  return (work) => updateObject(work, at(work, path), { title });
}

test('rows say what a version has of each object, and what main has changed since', async () => {
  await using made = await memorySite();
  for (const id of ['same', 'both', 'mine', 'theirs', 'gone', 'moved']) {
    await made.add(`/${id}`, { type: 'Document', title: id });
  }
  const { inside } = await begin(made);
  await inside((work) => {
    for (const path of ['/both', '/mine']) retitle(path, 'Inside')(work);
    deleteObjects(work, folderAt(work, '/'), ['gone']);
    moveObject(work, at(work, '/moved'), { to: folderAt(work, '/'), id: 'elsewhere' });
  });
  await made.manage(retitle('/both', 'Main'));
  await made.manage(retitle('/theirs', 'Main'));
  await made.manage(retitle('/gone', 'Main'));
  const gone = made.read((object) => object('/gone').oid);
  await inside((work) => {
    using rows = new VersionRows(work);
    const row = (path: string) => rows.of(at(work, path));
    assert.deepEqual(row('/same'), { kind: undefined, elsewhere: false });
    assert.deepEqual(row('/theirs'), { kind: undefined, elsewhere: false });
    assert.deepEqual(row('/mine'), { kind: 'changed', elsewhere: false });
    assert.deepEqual(row('/both'), { kind: 'changed', elsewhere: true });
    assert.deepEqual(row('/elsewhere'), { kind: 'changed', elsewhere: false });
    assert.deepEqual(rows.of({ oid: gone }), { kind: 'removed', elsewhere: true });
    assert.equal(changedElsewhere(work, at(work, '/both')), true);
    assert.equal(changedElsewhere(work, at(work, '/mine')), false);
  });
  await made.manage((work) => {
    using rows = new VersionRows(work);
    assert.deepEqual(rows.of(at(work, '/both')), { kind: undefined, elsewhere: false });
  });
});

test('what began in a version is added there, whatever was done to it since', async () => {
  await using made = await memorySite();
  const { inside } = await begin(made);
  await inside((work) => {
    createObject(work, folderAt(work, '/'), { type: 'Document', id: 'new' });
  });
  await inside(retitle('/new', 'Newer'));
  await made.add('/new', { type: 'Document' });
  await inside((work) => {
    using rows = new VersionRows(work);
    assert.deepEqual(rows.of(at(work, '/new')), { kind: 'added', elsewhere: false });
    assert.equal(rows.of(at(work, '/')).kind, undefined);
    assert.equal(rows.of({ oid: undefined }).kind, undefined);
  });
});

test('a version is changed by what is done in it, and by nothing else', async () => {
  await using made = await memorySite();
  await made.add('/a', { type: 'Document' });
  const { inside, version } = await begin(made);
  const { tid } = made;
  using connection = made.site.database.connect();
  const look = (since = tid) => {
    connection.begin();
    return lastChangeIn(connection, version, since);
  };
  assert.equal(look(), undefined);
  assert.equal(look(TID_ZERO), undefined);
  await made.manage(retitle('/a', 'Main'));
  assert.equal(look(), undefined);
  await inside(retitle('/a', 'Inside'));
  const changed = made.tid;
  assert.equal(look(), changed);
  await made.manage(retitle('/a', 'Again'));
  assert.equal(look(), changed);
  assert.equal(look(TID_ZERO), changed);
  assert.equal(look(changed), undefined);
  assert.equal(isChangedSince(connection, version, tid), true);
  await inside(retitle('/a', 'Once more'));
  assert.equal(look(changed), made.tid);
  using before = made.site.database.connect({ at: changed });
  assert.equal(lastChangeIn(before, version, tid), changed);
  using long = made.site.database.connect({ at: tid });
  assert.equal(isChangedSince(long, version, TID_ZERO), false);
});

test('an older moment is looked at only as far as it was not before', async () => {
  await using made = await memorySite();
  await made.add('/a', { type: 'Document' });
  const { inside, version } = await begin(made);
  const begun = made.tid;
  await inside(retitle('/a', 'Inside'));
  const changed = made.tid;
  for (const title of ['one', 'two', 'three']) await made.manage(retitle('/a', title));
  const late = made.tid;
  using connection = made.site.database.connect();
  assert.equal(lastChangeIn(connection, version, late), undefined);
  assert.equal(lastChangeIn(connection, version, changed), undefined);
  assert.equal(lastChangeIn(connection, version, begun), changed);
  assert.equal(lastChangeIn(connection, version, late), undefined);
});
