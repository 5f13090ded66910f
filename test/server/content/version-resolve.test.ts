/** Settling conflicts between a version and main one by one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Oid } from '../../../odb/index.js';
import { checkIn } from '../../../server/content/check-in.js';
import { createObject, deleteObjects, updateObject } from '../../../server/content/edit.js';
import { moveObject } from '../../../server/content/move.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { undoTransactions } from '../../../server/content/undo.js';
import { type ChangesPage, listChanges } from '../../../server/content/version-changes.js';
import { VersionConflicts } from '../../../server/content/version-conflicts.js';
import { revertInVersion } from '../../../server/content/version-revert.js';
import { type ConflictAnswer, resolveConflict } from '../../../server/content/version-resolve.js';
import { Version } from '../../../server/content/version.js';
import type { Work } from '../../../server/content/work.js';
import { Invalid, Taken } from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

interface Told {
  readonly path: string;
  readonly kind: string;
  readonly parts: readonly string[];
  readonly merged: number;
  readonly seen: string;
}

class Begun {
  readonly #made: MemorySite;
  readonly #version: Oid;

  constructor(made: MemorySite, version: Oid) {
    this.#made = made;
    this.#version = version;
  }

  inside<T>(run: (work: Work) => T): Promise<Awaited<T>> {
    return this.#made.site.transact(ADMIN_KEY, run, { version: this.#version }) as Promise<
      Awaited<T>
    >;
  }

  /** What is in conflict, as main's screens ask for it. */
  async conflicts(): Promise<readonly Told[]> {
    return await this.#made.manage(async (work): Promise<readonly Told[]> => {
      using found = await VersionConflicts.find(work, this.#version);
      return found.items.map(({ path, kind, parts, merged, seen }) => ({
        ...{ path, kind, merged, seen },
        parts: parts.map(({ name }) => name),
      }));
    });
  }

  /** Says where and of what kind the conflicts are. */
  async kinds(): Promise<readonly string[]> {
    return (await this.conflicts()).map(({ path, kind }) => `${path} ${kind}`);
  }

  settle(path: string, answer: ConflictAnswer, seen?: string): Promise<string | undefined> {
    return this.inside(async (work) => {
      const version = work.connection.find(this.#version);
      assert.ok(version instanceof Version);
      using found = await VersionConflicts.find(work, this.#version);
      const one = found.items.find((each) => each.path === path);
      assert.ok(one, `${path} is in conflict`);
      const name = { oid: one.oid, key: one.key, seen: seen ?? one.seen };
      return resolveConflict(work, version, name, answer);
    });
  }

  async changes(): Promise<ChangesPage> {
    return await this.#made.manage((work) => {
      const version = work.connection.find(this.#version);
      assert.ok(version instanceof Version);
      return listChanges(work, version, { start: 0, limit: 100, withSides: false });
    });
  }

  async takeOut(path: string): Promise<void> {
    await this.#made.manage((work) => {
      const version = work.connection.find(this.#version);
      assert.ok(version instanceof Version);
      return revertInVersion(work, version, [path]);
    });
  }

  async checkIn(): Promise<void> {
    const { conflicts } = await this.#made.manage((work) => {
      const version = work.connection.find(this.#version);
      assert.ok(version instanceof Version);
      return checkIn(work, version, {});
    });
    assert.deepEqual(conflicts, []);
  }
}

async function begin(made: MemorySite): Promise<Begun> {
  await made.add('/v', { type: 'Version' });
  const oid = made.read((object) => object('/v').oid);
  assert.ok(oid);
  return new Begun(made, oid);
}

function edit(path: string, change: Parameters<typeof updateObject>[2]) {
  return (work: Work) => updateObject(work, at(work, path), change);
}

function parts(
  choices: Readonly<Record<string, 'main' | 'version' | 'both' | { value: unknown }>>,
) {
  return { kind: 'parts', parts: new Map(Object.entries(choices)) } as const;
}

test('of several conflicts each is settled by itself, and the last one frees the check-in', async () => {
  await using made = await memorySite();
  const source = 'one\ntwo\nthree\nfour\n';
  await made.add('/a', { type: 'Document', title: 'A', fields: { source } });
  await made.add('/b', { type: 'Document', title: 'B' });
  const version = await begin(made);
  await version.inside(
    edit('/a', { title: 'Inside', fields: { source: 'one\n2\nthree\nfour\n' } }),
  );
  await version.inside(edit('/b', { title: 'B inside' }));
  await made.manage(edit('/a', { title: 'Main', fields: { source: 'one\ndeux\nthree\nfour!\n' } }));
  await made.manage(edit('/a', { properties: [{ name: 'mood', value: 'calm' }] }));
  await made.manage(edit('/b', { title: 'B main' }));
  const told = await version.conflicts();
  assert.deepEqual(
    told.map((one) => [one.path, one.kind, one.parts, one.merged]),
    [
      ['/a', 'changed', ['title', 'source'], 1],
      ['/b', 'changed', ['title'], 0],
    ],
  );
  const both = 'one\n2 or deux\nthree\nfour!\n';
  await version.settle('/a', parts({ title: 'main', source: { value: both } }));
  assert.deepEqual(await version.kinds(), ['/b changed']);
  await version.settle('/b', parts({ title: { value: 'B of both' } }));
  assert.deepEqual(await version.conflicts(), []);
  assert.equal(
    made.read((object) => object('/a').title),
    'Main',
  );
  await version.checkIn();
  made.read((object) => {
    assert.equal(object('/a').title, 'Main');
    assert.equal(object('/a').lookup('source'), both);
    assert.equal(object('/a').lookup('mood'), 'calm');
    assert.equal(object('/b').title, 'B of both');
  });
});

test('what is settled can be undone in the version, and is in conflict again', async () => {
  await using made = await memorySite();
  await made.add('/a', { type: 'Document', title: 'A' });
  const version = await begin(made);
  await version.inside(edit('/a', { title: 'Inside' }));
  await made.manage(edit('/a', { title: 'Main' }));
  await version.settle('/a', parts({ title: 'main' }));
  assert.deepEqual(await version.conflicts(), []);
  const { tid } = made;
  await version.inside((work) => undoTransactions(work, { transactions: [tid] }));
  assert.deepEqual(await version.kinds(), ['/a changed']);
  await version.settle('/a', parts({ title: 'version' }));
  await version.checkIn();
  assert.equal(
    made.read((object) => object('/a').title),
    'Inside',
  );
});

test('where one side removed what the other changed, it stays or goes as was said', async () => {
  await using made = await memorySite();
  for (const id of ['kept', 'gone', 'back', 'away']) await made.add(`/${id}`, { type: 'Document' });
  const version = await begin(made);
  for (const path of ['/kept', '/gone']) await version.inside(edit(path, { title: 'Inside' }));
  await version.inside((work) => deleteObjects(work, folderAt(work, '/'), ['back', 'away']));
  await made.manage((work) => deleteObjects(work, folderAt(work, '/'), ['kept', 'gone']));
  for (const path of ['/back', '/away']) await made.manage(edit(path, { title: 'Main' }));
  assert.deepEqual(await version.kinds(), [
    '/away gone-in-version',
    '/back gone-in-version',
    '/gone gone-on-main',
    '/kept gone-on-main',
  ]);
  await version.settle('/away', { kind: 'side', side: 'version' });
  await version.settle('/back', { kind: 'side', side: 'main' });
  await version.settle('/gone', { kind: 'side', side: 'main' });
  await version.settle('/kept', { kind: 'side', side: 'version' });
  assert.deepEqual(await version.conflicts(), []);
  await version.checkIn();
  made.read((object) => {
    assert.equal(object('/kept').title, 'Inside');
    assert.equal(object('/back').title, 'Main');
    assert.throws(() => object('/gone'));
    assert.throws(() => object('/away'));
  });
});

test('two objects at one place: one of them stays there, or the version’s gets another id', async () => {
  await using made = await memorySite();
  const version = await begin(made);
  for (const id of ['one', 'two', 'three']) {
    await version.inside((work) => {
      createObject(work, folderAt(work, '/'), { type: 'Document', id, title: 'Inside' });
    });
    await made.add(`/${id}`, { type: 'Folder', title: 'Main' });
  }
  assert.deepEqual(await version.kinds(), ['/one id-taken', '/three id-taken', '/two id-taken']);
  await version.settle('/one', { kind: 'side', side: 'main' });
  await version.settle('/two', { kind: 'side', side: 'version' });
  await assert.rejects(
    version.settle('/three', { kind: 'move', to: '', id: 'three' }),
    (error) => error instanceof Taken || error instanceof Invalid,
  );
  await version.settle('/three', { kind: 'move', to: '', id: 'third' });
  assert.deepEqual(await version.conflicts(), []);
  await version.checkIn();
  made.read((object) => {
    assert.deepEqual(
      ['/one', '/two', '/three', '/third'].map((path) => object(path).title),
      ['Main', 'Inside', 'Main', 'Inside'],
    );
  });
});

test('what is below a folder that main removed goes elsewhere, is given up, or taken out', async () => {
  await using made = await memorySite();
  await made.add('/old', { type: 'Folder' });
  await made.add('/new', { type: 'Folder' });
  for (const id of ['a', 'b']) await made.add(`/old/${id}`, { type: 'Document' });
  const version = await begin(made);
  await version.inside(edit('/old/a', { title: 'A inside' }));
  await version.inside(edit('/old/b', { title: 'B inside' }));
  await version.inside((work) => {
    for (const id of ['c', 'd']) {
      createObject(work, folderAt(work, '/old'), { type: 'Document', id, title: `${id} inside` });
    }
  });
  await made.manage((work) => deleteObjects(work, folderAt(work, '/'), ['old']));
  assert.deepEqual(await version.kinds(), [
    '/old/a folder-gone',
    '/old/b folder-gone',
    '/old/c folder-gone',
    '/old/d folder-gone',
  ]);
  const { items, all } = await version.changes();
  assert.deepEqual(
    items.map(({ path, kind, conflict }) => [path, kind, conflict]),
    ['/old/a', '/old/b', '/old/c', '/old/d'].map((path) => [path, 'changed', true]),
  );
  assert.equal(all.conflicts, 4);
  const [, settled] = items;
  assert.ok(settled);
  await version.takeOut(settled.path);
  await version.settle('/old/a', { kind: 'move', to: '/new', id: 'a' });
  await version.settle('/old/c', { kind: 'move', to: '/new', id: 'see' });
  await version.settle('/old/d', { kind: 'side', side: 'main' });
  assert.deepEqual(await version.conflicts(), []);
  await version.checkIn();
  made.read((object) => {
    assert.equal(object('/new/a').title, 'A inside');
    assert.equal(object('/new/see').title, 'c inside');
    assert.throws(() => object('/new/b'));
  });
});

test('a folder that the version removed stays, or goes with what main changed in it', async () => {
  await using made = await memorySite();
  for (const id of ['x', 'y']) {
    await made.add(`/${id}`, { type: 'Folder' });
    await made.add(`/${id}/a`, { type: 'Document' });
  }
  const version = await begin(made);
  await version.inside((work) => deleteObjects(work, folderAt(work, '/'), ['x', 'y']));
  for (const id of ['x', 'y']) await made.manage(edit(`/${id}/a`, { title: 'Main' }));
  assert.deepEqual(await version.kinds(), ['/x changed-below', '/y changed-below']);
  await version.settle('/x', { kind: 'side', side: 'main' });
  await version.settle('/y', { kind: 'side', side: 'version' });
  assert.deepEqual(await version.conflicts(), []);
  await version.checkIn();
  made.read((object) => {
    assert.equal(object('/x/a').title, 'Main');
    assert.throws(() => object('/y'));
  });
});

test('places, properties and settings are chosen part by part; of lists, both', async () => {
  await using made = await memorySite();
  for (const id of ['here', 'there']) await made.add(`/${id}`, { type: 'Folder' });
  await made.add('/a', { type: 'Document' });
  await made.manage(
    edit('/a', { properties: [{ name: 'tags', type: 'lines', value: ['x', 'y'] }] }),
  );
  const version = await begin(made);
  const change = (to: string, tags: readonly string[], role: string) => (work: Work) => {
    const object = at(work, '/a');
    updateObject(work, object, { properties: [{ name: 'tags', value: tags }] });
    setPermissions(work, object, { permissions: { View: { roles: [role], acquire: false } } });
    moveObject(work, object, { to: folderAt(work, to) });
  };
  await version.inside(change('/here', ['x', 'inside'], 'Manager'));
  await made.manage(change('/there', ['main', 'y'], 'Owner'));
  const [told] = await version.conflicts();
  assert.deepEqual(told?.parts.toSorted(), ['permission:View', 'place', 'properties.tags']);
  await version.settle(
    '/here/a',
    parts({ 'permission:View': 'both', place: 'main', 'properties.tags': 'both' }),
  );
  assert.deepEqual(await version.conflicts(), []);
  await version.checkIn();
  made.read((object) => {
    assert.throws(() => object('/here/a'));
    const { properties, permissions } = object('/there/a');
    assert.deepEqual(properties['tags']?.value, ['main', 'inside']);
    assert.deepEqual([...(permissions['View']?.roles ?? [])].sort(), ['Manager', 'Owner']);
  });
});

test('what was seen as something else is refused, and so is an answer that leaves something open', async () => {
  await using made = await memorySite();
  await made.add('/a', { type: 'Document' });
  const version = await begin(made);
  await version.inside(edit('/a', { title: 'Inside' }));
  await made.manage(edit('/a', { title: 'Main' }));
  const [before] = await version.conflicts();
  await made.manage(edit('/a', { title: 'Main again' }));
  await assert.rejects(
    version.settle('/a', parts({ title: 'main' }), before?.seen),
    (error) => error instanceof Taken && /changed again meanwhile/.test(error.message),
  );
  await assert.rejects(
    version.settle('/a', parts({})),
    (error) => error instanceof Invalid && error.errors[0]?.field === 'parts.title',
  );
  assert.deepEqual(await version.kinds(), ['/a changed']);
});
