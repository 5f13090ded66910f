/** Security settings: read, changed, explained. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { updateObject } from '../../../server/content/edit.js';
import { isExecutable } from '../../../server/content/executable.js';
import {
  explainAccess,
  type PermissionsChange,
  readPermissions,
  setPermissions,
} from '../../../server/content/permissions.js';
import { Invalid, Unauthorized } from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, memorySite, type MemorySite } from '../../support/site.js';

const LOW = '/pub/acl_users:low';

async function pub(): Promise<MemorySite> {
  const site = await memorySite();
  await site.add('/pub', { type: 'Folder' });
  await site.add('/pub/acl_users', { type: 'UserFolder' });
  await site.add('/pub/acl_users/low', { type: 'User' });
  await site.add('/pub/page', { type: 'Template', fields: { source: 'a' } });
  return site;
}

function change(site: MemorySite, path: string, given: PermissionsChange): Promise<boolean> {
  return site.manage((work) => setPermissions(work, at(work, path), given));
}

test('setPermissions: what is set is read back, with what it comes to', async () => {
  await using site = await pub();
  await change(site, '/pub', {
    addRoles: ['Editor'],
    permissions: { 'Add Documents': { roles: ['Editor'], acquire: true } },
    localRoles: { low: ['Editor'] },
  });
  await site.manage((work) => {
    const read = readPermissions(work, at(work, '/pub'));
    assert.ok(read.roles.includes('Editor'));
    assert.deepEqual(read.localRoles, { [LOW]: ['Editor'] });
    assert.equal(read.owner, ADMIN_KEY);
    assert.deepEqual(
      read.permissions.find(({ name }) => name === 'Add Documents'),
      { name: 'Add Documents', roles: ['Editor'], acquire: true, effective: ['Editor', 'Manager'] },
    );
    const below = readPermissions(work, at(work, '/pub/page'));
    assert.deepEqual(
      below.permissions.find(({ name }) => name === 'Add Documents'),
      { name: 'Add Documents', roles: [], acquire: true, effective: ['Editor', 'Manager'] },
    );
    assert.deepEqual(below.proxyRoles, []);
  });
});

test('setPermissions: to acquire alone is not to set; null takes a setting away', async () => {
  await using site = await pub();
  await change(site, '/pub', { permissions: { View: { roles: ['Manager'], acquire: false } } });
  await change(site, '/pub', { permissions: { View: { roles: [], acquire: true } } });
  site.read((object) => assert.deepEqual(object('/pub').permissions, {}));
  await change(site, '/pub', { permissions: { View: { roles: ['Manager'], acquire: false } } });
  await change(site, '/pub', { permissions: { View: null }, localRoles: { low: ['Manager'] } });
  await change(site, '/pub', { localRoles: { [LOW]: [] } });
  site.read((object) => {
    assert.deepEqual(object('/pub').permissions, {});
    assert.deepEqual(object('/pub').localRoles, {});
  });
});

test('setPermissions: what changes nothing makes no transaction', async () => {
  await using site = await pub();
  const before = site.tid;
  assert.equal(
    await change(site, '/pub', { permissions: {}, localRoles: {}, owner: 'admin' }),
    false,
  );
  assert.equal(site.tid, before);
});

const refused: readonly (readonly [given: PermissionsChange, field: string])[] = [
  [{ permissions: { Nothing: { roles: [], acquire: true } } }, 'permissions.Nothing'],
  [{ permissions: { View: { roles: ['Stranger'] } } }, 'permissions.View'],
  [{ permissions: { View: { roles: 'Manager' } } }, 'permissions.View'],
  [{ permissions: { View: { roles: [], acquire: 1 } } }, 'permissions.View'],
  [{ permissions: [] }, 'permissions'],
  [{ localRoles: { nobody: ['Manager'] } }, 'localRoles.nobody'],
  [{ localRoles: { low: ['Anonymous'] } }, 'localRoles.low'],
  [{ localRoles: { low: ['Stranger'] } }, 'localRoles.low'],
  [{ proxyRoles: ['Manager'] }, 'proxyRoles'],
  [{ addRoles: ['<b>'] }, 'addRoles'],
  [{ removeRoles: ['Editor'] }, 'removeRoles'],
  [{ owner: 'nobody' }, 'owner'],
  [{ owner: 7 }, 'owner'],
];

for (const [given, field] of refused) {
  test(`setPermissions: refuses ${JSON.stringify(given)}`, async () => {
    await using site = await pub();
    await assert.rejects(change(site, '/pub', given), (error) => {
      assert.ok(error instanceof Invalid, String(error));
      assert.deepEqual(
        error.errors.map((fault) => fault.field),
        [field],
      );
      return true;
    });
  });
}

test('setPermissions: each part asks its own permission', async () => {
  await using site = await pub();
  for (const given of [{ permissions: {} }, { localRoles: {} }, { addRoles: [] }, { owner: LOW }]) {
    await assert.rejects(
      site.as(LOW, (work) => setPermissions(work, at(work, '/pub'), given)),
      Unauthorized,
      JSON.stringify(given),
    );
  }
});

test('setPermissions: who takes ownership of what runs becomes its only author', async () => {
  await using site = await pub();
  await change(site, '/pub', {
    permissions: {
      'Change Templates': { roles: ['Authenticated'], acquire: true },
      'Take ownership': { roles: ['Authenticated'], acquire: true },
    },
  });
  await site.as(LOW, (work) =>
    updateObject(work, at(work, '/pub/page'), { fields: { source: 'b' } }),
  );
  const authors = (): unknown =>
    site.read((object) => {
      const page = object('/pub/page');
      return isExecutable(page) ? page.authors : undefined;
    });
  assert.deepEqual(authors(), [ADMIN_KEY, LOW]);
  await site.as(LOW, (work) => setPermissions(work, at(work, '/pub/page'), { owner: 'low' }));
  assert.deepEqual(authors(), [LOW]);
  await change(site, '/pub/page', { owner: '/acl_users:admin' });
  assert.deepEqual(authors(), [ADMIN_KEY]);
  await change(site, '/pub/page', { owner: LOW });
  assert.deepEqual(authors(), [ADMIN_KEY], 'giving it away makes nobody an author');
});

test('setPermissions: proxy roles are those one has', async () => {
  await using site = await pub();
  await change(site, '/pub', {
    addRoles: ['Editor', 'Chief'],
    permissions: { 'Change permissions': { roles: ['Editor'], acquire: true } },
    localRoles: { low: ['Editor'] },
  });
  const set = (proxyRoles: readonly string[]): Promise<boolean> =>
    site.as(LOW, (work) => setPermissions(work, at(work, '/pub/page'), { proxyRoles }));
  await assert.rejects(set(['Chief']), Invalid);
  await assert.rejects(set(['Manager']), Invalid);
  assert.equal(await set(['Editor']), true);
});

test('explainAccess: says who may what, and why', async () => {
  await using site = await pub();
  const ask = (user: string, permission: string, path = '/pub'): Promise<boolean> =>
    site.manage((work) => {
      const decision = explainAccess(work, at(work, path), { user, permission });
      assert.ok(decision.because.length > 0);
      return decision.allowed;
    });
  assert.equal(await ask('low', 'View'), true);
  assert.equal(await ask('low', 'Change permissions'), false);
  assert.equal(await ask('Anonymous', 'View', '/pub/acl_users'), false);
  assert.equal(await ask('', 'Change permissions'), true);
  assert.equal(await ask('/acl_users:admin', 'Change permissions'), true);
  await assert.rejects(ask('nobody', 'View'), Invalid);
  await assert.rejects(ask('low', 'Nothing'), Invalid);
});

test('explainAccess: about oneself anyone may ask, about others not', async () => {
  await using site = await pub();
  const ask = (user: string): Promise<boolean> =>
    site.as(
      LOW,
      (work) => explainAccess(work, at(work, '/pub'), { user, permission: 'View' }).allowed,
    );
  assert.equal(await ask('low'), true);
  await assert.rejects(ask('admin'), Unauthorized);
});
