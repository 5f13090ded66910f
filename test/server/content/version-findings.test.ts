/** What is kept of large versions, and that it is never old. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Oid } from '../../../odb/index.js';
import { deleteObjects, updateObject } from '../../../server/content/edit.js';
import { listTrash, restoreFromTrash, type TrashName } from '../../../server/content/trash.js';
import { type ChangesPage, listChanges } from '../../../server/content/version-changes.js';
import { FINDINGS_KEPT_MAX, VersionFindings } from '../../../server/content/version-findings.js';
import { Version } from '../../../server/content/version.js';
import type { Work } from '../../../server/content/work.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

const LOW = '/acl_users:low';
const V = 7 as Oid;

/** Counts how often something was found, and finds so many. */
class Finder {
  readonly findings = new VersionFindings<number>();
  times = 0;

  ask(work: Work, of: string, count = 1): Promise<readonly number[]> {
    return this.findings.of(work, { version: V, of }, () => {
      this.times += 1;
      return Promise.resolve(Array.from({ length: count }, (_, index) => index));
    });
  }
}

test('VersionFindings: nothing is found twice until something is saved, for each user apart', async () => {
  await using site = await memorySite();
  const finder = new Finder();
  const ask = (of: string): Promise<unknown> => site.manage((work) => finder.ask(work, of));
  await ask('a');
  await ask('a');
  assert.equal(finder.times, 1);
  await ask('b');
  assert.equal(finder.times, 2);
  await site.add('/x', { type: 'Document' });
  await ask('a');
  assert.equal(finder.times, 3);
});

test('VersionFindings: of work that has changed something, nothing is kept', async () => {
  await using site = await memorySite();
  const finder = new Finder();
  await site.manage(async (work) => {
    at(work, '/').title = 'Other';
    await finder.ask(work, 'a');
    await finder.ask(work, 'a');
  });
  assert.equal(finder.times, 2);
});

test('VersionFindings: what was not asked for the longest makes room', async () => {
  await using site = await memorySite();
  const finder = new Finder();
  await site.manage(async (work) => {
    const half = FINDINGS_KEPT_MAX / 2 - 2;
    await finder.ask(work, 'a', half);
    await finder.ask(work, 'b', half);
    await finder.ask(work, 'a', half);
    await finder.ask(work, 'c', half);
    assert.equal(finder.times, 3);
    await finder.ask(work, 'a', half);
    assert.equal(finder.times, 3, 'asked for since');
    await finder.ask(work, 'b', half);
    assert.equal(finder.times, 4);
  });
});

async function begun(): Promise<{ site: MemorySite; version: Oid }> {
  const site = await memorySite();
  await site.add('/acl_users/low', { type: 'User' });
  for (const id of ['a', 'b']) {
    await site.add(`/${id}`, { type: 'Document', fields: { source: 'one\ntwo\nthree\n' } });
  }
  await site.add('/v', { type: 'Version' });
  const version = site.read((look) => look('/v').oid);
  assert.ok(version);
  return { site, version };
}

function write(path: string, source: string): (work: Work) => unknown {
  return (work) => updateObject(work, at(work, path), { fields: { source } });
}

async function trashed(work: Work, path: string): Promise<TrashName> {
  const { items } = await listTrash(work, { within: folderAt(work, '/'), start: 0, limit: 10 });
  const found = items.find((item) => item.path === path);
  assert.ok(found);
  return found;
}

async function list(site: MemorySite, user = ADMIN_KEY): Promise<ChangesPage> {
  return await site.as(user, async (work): Promise<ChangesPage> => {
    const version = at(work, '/v');
    assert.ok(version instanceof Version);
    return await listChanges(work, version, { start: 0, limit: 10, withSides: true });
  });
}

test('listChanges: asked again and again, it says what there is now', async () => {
  const { site, version } = await begun();
  await using _ = site;
  await site.site.transact(ADMIN_KEY, write('/a', 'one\ntwo\nTHREE\n'), { version });
  const paths = async (): Promise<unknown> =>
    (await list(site)).items.map(({ path, conflict, elsewhere }) => ({
      path,
      conflict,
      elsewhere,
    }));
  const alone = { path: '/a', conflict: false, elsewhere: false };
  assert.deepEqual(await paths(), [alone]);
  assert.deepEqual(await paths(), [alone]);
  await site.manage(write('/a', 'ONE\ntwo\nthree\n'));
  assert.deepEqual(await paths(), [{ ...alone, elsewhere: true }]);
  const [merged] = (await list(site)).items;
  const source = (side: unknown): unknown =>
    (side as { fields: { source: string } } | null | undefined)?.fields.source;
  assert.equal(source(merged?.sides?.base), 'one\ntwo\nthree\n');
  assert.equal(source(merged?.sides?.after), 'ONE\ntwo\nTHREE\n');
  await site.manage(write('/a', 'ONE\ntwo\n3\n'));
  assert.deepEqual(await paths(), [{ path: '/a', conflict: true, elsewhere: true }]);
  await site.site.transact(ADMIN_KEY, write('/b', 'more'), { version });
  assert.equal((await list(site)).total, 2);
});

test('listChanges: what one may view is listed for nobody else', async () => {
  const { site, version } = await begun();
  await using _ = site;
  await site.site.transact(ADMIN_KEY, write('/a', 'x'), { version });
  await site.manage((work) => {
    const setting = { roles: ['Authenticated'], acquire: true };
    at(work, '/').permissions = { 'Join/leave Versions': setting };
    at(work, '/a').permissions = { View: { roles: ['Manager'], acquire: false } };
  });
  await site.site.transact(
    ADMIN_KEY,
    (work) => {
      at(work, '/a').permissions = { View: { roles: ['Manager'], acquire: false } };
    },
    { version },
  );
  assert.equal((await list(site)).total, 1);
  assert.equal((await list(site, LOW)).total, 0);
  assert.equal((await list(site)).total, 1);
});

test('listChanges: a page that would lose its scripts since somebody may not write them says so', async () => {
  const { site, version } = await begun();
  await using _ = site;
  const scripted = (text: string) => write('/a', `${text}<script>go()</script>`);
  await site.manage(scripted(''));
  await site.manage((work) => {
    const setting = { roles: ['Authenticated'], acquire: true };
    const names = ['Join/leave Versions', 'Change Documents'];
    at(work, '/').permissions = Object.fromEntries(names.map((name) => [name, setting]));
  });
  const without = async (): Promise<unknown> => (await list(site)).items[0]?.sides?.without;
  await site.site.transact(ADMIN_KEY, scripted('Said by admin. '), { version });
  assert.equal(await without(), undefined);
  await site.site.transact(LOW, scripted('Said by low. '), { version });
  assert.deepEqual(await without(), { parts: ['scripts'], because: [LOW] });
});

test('listChanges: what main removed since is changed, and what the version brings back is added', async () => {
  const { site, version } = await begun();
  await using _ = site;
  await site.add('/c', { type: 'Folder' });
  await site.add('/c/page', { type: 'Document' });
  const inside = (run: (work: Work) => unknown): Promise<unknown> =>
    site.site.transact(ADMIN_KEY, run, { version });
  await inside(write('/a', 'in the version'));
  await inside(write('/c/page', 'in the version'));
  await site.manage((work) => deleteObjects(work, folderAt(work, '/'), ['a', 'b', 'c']));
  const told = async (): Promise<unknown> =>
    (await list(site)).items.map(({ path, kind, elsewhere }) => ({ path, kind, elsewhere }));
  const gone = ['/a', '/c/page'].map((path) => ({ path, kind: 'changed', elsewhere: true }));
  assert.deepEqual(await told(), gone);
  const [first] = (await list(site)).items;
  assert.equal(first?.conflict, true);
  assert.equal(first.sides?.main, null);
  const { fields } = first.sides.base as { readonly fields: { readonly source: string } };
  assert.equal(fields.source, 'one\ntwo\nthree\n');

  await inside(async (work) => restoreFromTrash(work, await trashed(work, '/b')));
  const back = { path: '/b', kind: 'added', elsewhere: false };
  assert.deepEqual(await told(), [gone[0], back, gone[1]]);
});
