/** User folders: who somebody is, and where. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isContainer } from '../../../server/content/content.js';
import {
  principalNamed,
  resolveCaller,
  UserFolder,
  userFoldersFrom,
} from '../../../server/content/user-folder.js';
import { updateObject } from '../../../server/content/edit.js';
import { ADMIN_PASSWORD, memorySite, type MemorySite } from '../../support/site.js';

async function pub(): Promise<MemorySite> {
  const site = await memorySite();
  await site.add('/pub', { type: 'Folder' });
  await site.add('/pub/page', { type: 'Document' });
  await site.add('/pub/acl_users', { type: 'UserFolder' });
  await site.add('/pub/acl_users/admin', { type: 'User', fields: { password: 'low' } });
  return site;
}

test('authenticate: the right name and password, from where the user may sign in', async () => {
  await using site = await pub();
  const signIn = (name: string, password: string, remoteAddress = '127.0.0.1'): boolean =>
    site.read((object) => {
      const folder = object('/acl_users');
      assert.ok(folder instanceof UserFolder);
      const attempt = { name, password, remoteAddress };
      return folder.authenticate(attempt, site.site.passwords) !== undefined;
    });
  assert.equal(signIn('admin', ADMIN_PASSWORD), true);
  assert.equal(signIn('admin', 'wrong'), false);
  assert.equal(signIn('nobody', ADMIN_PASSWORD), false);
  await site.add('/acl_users/ann', {
    type: 'User',
    fields: { password: 'x', domains: ['10.0.*.*', '::1'] },
  });
  assert.equal(signIn('ann', 'x'), false);
  assert.equal(signIn('ann', 'x', '10.0.3.4'), true);
  assert.equal(signIn('ann', 'x', '::ffff:10.0.3.4'), true);
  assert.equal(signIn('ann', 'x', '::1'), true);
  assert.equal(signIn('ann', 'x', '10.1.3.4'), false);
});

test('authenticate: a user without a password cannot sign in, a changed one changes that', async () => {
  await using site = await pub();
  await site.add('/acl_users/ann', { type: 'User' });
  const signIn = (password: string): boolean =>
    site.read((object) => {
      const folder = object('/acl_users');
      assert.ok(folder instanceof UserFolder);
      const attempt = { name: 'ann', password, remoteAddress: '127.0.0.1' };
      return folder.authenticate(attempt, site.site.passwords) !== undefined;
    });
  const set = (password: string): Promise<boolean> =>
    site.manage((work) => {
      const folder = site.site.root(work.connection).child('acl_users');
      const user = folder instanceof UserFolder ? folder.user('ann') : undefined;
      if (user === undefined) throw new TypeError('no user');
      return updateObject(work, user, { fields: { password } });
    });
  assert.equal(signIn(''), false);
  await set('one');
  assert.equal(signIn('one'), true);
  await set('two');
  assert.equal(signIn('one'), false);
  assert.equal(signIn('two'), true);
});

test('resolveCaller: a key is exact, and counts where the user folder stands', async () => {
  await using site = await pub();
  site.read((object) => {
    const root = object('/');
    assert.ok(isContainer(root));
    const admin = resolveCaller(root, '/acl_users:admin');
    assert.deepEqual(admin?.roles, ['Manager']);
    assert.equal(admin?.scope, root);
    const low = resolveCaller(root, '/pub/acl_users:admin');
    assert.deepEqual(low?.roles, []);
    assert.equal(low?.scope, object('/pub'));
    for (const key of ['Anonymous', 'admin', '/acl_users:nobody', '/nothing/acl_users:admin', '']) {
      assert.equal(resolveCaller(root, key), undefined, key);
    }
  });
});

test('principalNamed: a bare name means the nearest user folder outward', async () => {
  await using site = await pub();
  site.read((object) => {
    const root = object('/');
    assert.ok(isContainer(root));
    const named = (path: string, name: string): string | undefined =>
      principalNamed(root, object(path), name);
    assert.equal(named('/pub/page', 'admin'), '/pub/acl_users:admin');
    assert.equal(named('/', 'admin'), '/acl_users:admin');
    assert.equal(named('/pub/page', '/acl_users:admin'), '/acl_users:admin');
    assert.equal(named('/pub/page', 'nobody'), undefined);
    assert.deepEqual(
      userFoldersFrom(object('/pub/page')).map(({ path }) => path),
      ['/pub/acl_users', '/acl_users'],
    );
  });
});

test('a user folder is for managers to see', async () => {
  await using site = await pub();
  await site.add('/list', {
    type: 'Template',
    fields: {
      source: '{{#with acl_users}}{{#each (objectIds)}}{{this}}{{/each}}{{else}}nothing{{/with}}',
    },
  });
  await assert.rejects(site.publish('/list'));
  assert.match((await site.publish('/list', { user: '/acl_users:admin' })).text, /admin/);
});
