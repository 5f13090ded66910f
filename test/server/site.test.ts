/** Opening a site, and what a new one has in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentTypes } from '../../server/content/content-type.js';
import { defaultFields } from '../../server/content/fields.js';
import { NotFound } from '../../server/errors.js';
import { isPermission } from '../../server/security/permission.js';
import { ADMIN_KEY, initialise } from '../../server/site.js';
import { memorySite } from '../support/site.js';

test('initialise: a root and its administrator, once', async () => {
  await using site = await memorySite();
  site.read((object) => {
    assert.equal(object('/').type, 'Folder');
    assert.equal(object('/acl_users').type, 'UserFolder');
    assert.equal(object('/acl_users/admin').type, 'User');
  });
  const before = site.tid;
  assert.equal(await initialise(site.site, { adminPassword: 'other', welcome: true }), false);
  assert.equal(site.tid, before);
});

test('transact: is for users there are', async () => {
  await using site = await memorySite();
  await assert.rejects(
    site.as('/acl_users:nobody', () => undefined),
    NotFound,
  );
});

test('every content type names permissions there are, and gives back what it was given', async () => {
  await using site = await memorySite();
  const names = contentTypes.all().map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) =>
      /^(Folder|Template|Document|File|Image|UserFolder|User|Redirect)$/.test(name),
    ).length,
    8,
  );
  for (const type of contentTypes.all()) {
    assert.ok(isPermission(type.addPermission), type.addPermission);
    assert.ok(isPermission(type.changePermission), type.changePermission);
    const object = new type.class();
    assert.equal(object.type, type.name);
    const read = type.read(object);
    for (const [name, value] of Object.entries(defaultFields(type))) {
      assert.deepEqual(read[name], value, `${type.name}.${name}`);
    }
    assert.deepEqual(JSON.parse(JSON.stringify(read)), read, `${type.name} reads as JSON`);
  }
  assert.equal(
    site.read((object) => object('/').owner),
    ADMIN_KEY,
  );
});
