/** Users: what the screen asks of passwords, and who stays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminSite } from './admin-site.js';

const AT = '/acl_users/@manage/users';

test('users: a password that people choose has at least 8 characters', async () => {
  await using admin = await AdminSite.open();
  const short = { password: 'seven77', 'password-again': 'seven77' };
  const long = { password: 'eight888', 'password-again': 'eight888' };

  const refused = await admin.post(AT, { action: 'add', name: 'lin', ...short });
  const added = await admin.post(AT, { action: 'add', name: 'lin', ...long });
  const lowered = await admin.post(AT, { action: 'save', user: 'lin', ...short });

  assert.equal(refused.status, 422);
  assert.match(refused.text, /id="password-error">.*at least 8 characters/);
  assert.equal(added.status, 303);
  assert.equal(lowered.status, 422);
  assert.equal((await admin.get('/@manage/account', { as: { name: 'lin', ...long } })).status, 200);
});

test('users: the last Manager is not deleted, and keeps the role', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'pub' });
  await admin.add('/pub', { type: 'UserFolder', id: 'acl_users' });
  const password = 'long enough';
  await admin.add('/acl_users', { type: 'User', id: 'lin', fields: { password, roles: [] } });
  await admin.site.transact('/acl_users:admin', (work) => {
    const users = admin.site.root(work.connection).child('acl_users');
    assert.ok(users);
    users.localRoles = { '/acl_users:lin': ['Manager'] };
  });
  const lin = { name: 'lin', password };

  const deleted = await admin.post(AT, { action: 'delete', user: 'admin' }, { as: lin });
  const lowered = await admin.post(AT, { action: 'save', user: 'admin' });

  for (const page of [deleted, lowered]) {
    assert.equal(page.status, 409);
    assert.match(page.text, /\/acl_users\/admin is the last\. Give that role to another user/);
  }
  assert.ok(admin.look('/acl_users/admin', (held) => held !== undefined));
});
