/** Who the authors are of what went through a version, and came back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Oid, Tid } from '../../../odb/index.js';
import { checkIn, updateVersion } from '../../../server/content/check-in.js';
import { updateObject } from '../../../server/content/edit.js';
import { isExecutable } from '../../../server/content/executable.js';
import { undoTransactions } from '../../../server/content/undo.js';
import { Version } from '../../../server/content/version.js';
import type { Work } from '../../../server/content/work.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, memorySite, type MemorySite } from '../../support/site.js';

const MARA = '/acl_users:mara';
const INES = '/acl_users:ines';

/** A page by admin, a version, and two who may change pages, join versions and check them in. */
async function begin(): Promise<{ readonly site: MemorySite; readonly version: Oid }> {
  const site = await memorySite();
  for (const id of ['mara', 'ines']) await site.add(`/acl_users/${id}`, { type: 'User' });
  await site.add('/page', { type: 'Document', fields: { source: 'one\ntwo\nthree\n' } });
  await site.add('/v', { type: 'Version' });
  await site.manage((work) => {
    const setting = { roles: ['Authenticated'], acquire: true };
    const names = ['Change Documents', 'Join/leave Versions', 'Save/discard Version changes'];
    const all = [...names, 'Undo changes'].map((name) => [name, setting]);
    at(work, '/').permissions = Object.fromEntries(all);
  });
  const version = site.read((object) => object('/v').oid);
  assert.ok(version);
  return { site, version };
}

function write(source: string): (work: Work) => unknown {
  return (work) => updateObject(work, at(work, '/page'), { fields: { source } });
}

function undo(...transactions: readonly Tid[]): (work: Work) => unknown {
  return (work) => undoTransactions(work, { transactions });
}

function publish(work: Work): Promise<unknown> {
  const version = at(work, '/v');
  assert.ok(version instanceof Version);
  return checkIn(work, version, {});
}

async function authorsIn(site: MemorySite, version?: Oid): Promise<readonly string[]> {
  return await site.site.transact(
    ADMIN_KEY,
    (work) => {
      const page = at(work, '/page');
      return isExecutable(page) ? [...page.authors].sort() : [];
    },
    version === undefined ? {} : { version },
  );
}

test('undo of a check-in: by whoever checked in, the authors are those of before; redone, those of after', async () => {
  const { site, version } = await begin();
  await using _ = site;
  await site.site.transact(MARA, write('mine'), { version });
  await site.as(INES, publish);
  const published = site.tid;
  assert.deepEqual(await authorsIn(site), [ADMIN_KEY, MARA]);
  await site.as(INES, undo(published));
  assert.deepEqual(await authorsIn(site), [ADMIN_KEY]);
  assert.deepEqual(await authorsIn(site, version), [ADMIN_KEY, MARA]);
  await site.as(INES, undo(site.tid));
  assert.deepEqual(await authorsIn(site), [ADMIN_KEY, MARA]);
});

test('undo of a check-in: by another, who brings back what a manager had replaced, and answers for it', async () => {
  const { site, version } = await begin();
  await using _ = site;
  await site.site.transact(ADMIN_KEY, write('mended'), { version });
  await site.manage(publish);
  await site.as(MARA, undo(site.tid));
  assert.deepEqual(await authorsIn(site), [ADMIN_KEY, MARA]);
});

test('undo in a version: where main shows through again, nobody is added', async () => {
  const { site, version } = await begin();
  await using _ = site;
  await site.site.transact(MARA, write('mine'), { version });
  const mine = site.tid;
  assert.deepEqual(await authorsIn(site, version), [ADMIN_KEY, MARA]);
  await site.site.transact(INES, undo(mine), { version });
  assert.deepEqual(await authorsIn(site, version), [ADMIN_KEY]);
  await site.manage(write('mended'));
  await site.as(INES, publish);
  assert.deepEqual(await authorsIn(site), [ADMIN_KEY]);
});

test('undo in a version: of another’s later change, whoever undoes joins the authors', async () => {
  const { site, version } = await begin();
  await using _ = site;
  await site.site.transact(ADMIN_KEY, write('dangerous'), { version });
  await site.site.transact(ADMIN_KEY, write('mended'), { version });
  const mended = site.tid;
  await site.site.transact(MARA, undo(mended), { version });
  assert.deepEqual(await authorsIn(site, version), [ADMIN_KEY, MARA]);
});

test('undo of an update: it brings nothing to main that a manager took away there', async () => {
  const { site, version } = await begin();
  await using _ = site;
  const retitle = (work: Work): unknown => updateObject(work, at(work, '/page'), { title: 'T' });
  await site.site.transact(MARA, retitle, { version });
  await site.manage(write('mended'));
  const update = (work: Work): Promise<unknown> => {
    const found = work.connection.find(version);
    assert.ok(found instanceof Version);
    return updateVersion(work, found, {});
  };
  await site.site.transact(MARA, update, { version });
  await site.site.transact(MARA, undo(site.tid), { version });
  await site.as(MARA, publish);
  const source = site.read((object) => {
    const page = object('/page');
    return isExecutable(page) ? page.source : '';
  });
  assert.equal(source, 'mended');
});
