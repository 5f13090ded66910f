import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  allPermissions,
  defaultRoles,
  isPermission,
  PERMISSIONS,
  registerPermission,
} from '../../../server/security/permission.js';
import {
  ANONYMOUS,
  isKnown,
  parsePrincipal,
  principalKey,
} from '../../../server/security/principal.js';
import { rolesValidAt } from '../../../server/security/role.js';

describe('permissions', () => {
  test('everyone may look and search', () => {
    for (const name of ['View', 'Access contents information', 'Search Catalog']) {
      assert.deepEqual(defaultRoles(name), ['Anonymous', 'Manager']);
    }
  });

  test('owners may change, delete, take, and see the history of what is theirs', () => {
    const owners = PERMISSIONS.filter(({ defaultRoles }) => defaultRoles.includes('Owner'));
    assert.deepEqual(owners.map(({ name }) => name).sort(), [
      'Change Documents',
      'Change Files',
      'Change Folders',
      'Change Images',
      'Change Redirects',
      'Change Templates',
      'Change Versions',
      'Delete objects',
      'Take ownership',
      'View history',
    ]);
  });

  test('everything else is for managers alone', () => {
    for (const { name, defaultRoles } of PERMISSIONS) {
      assert.ok(defaultRoles.includes('Manager'), `${name} is for managers`);
    }
    for (const name of ['Change permissions', 'Change Database Methods', 'Manage users']) {
      assert.deepEqual(defaultRoles(name), ['Manager']);
    }
  });

  test('each has a name of its own and says what it lets one do', () => {
    assert.equal(new Set(PERMISSIONS.map(({ name }) => name)).size, PERMISSIONS.length);
    assert.ok(PERMISSIONS.every(({ meaning }) => meaning !== ''));
  });

  test('one that a content type adds is known from then on, and listed in order', () => {
    assert.equal(isPermission('Test: feed penguins'), false);
    assert.throws(() => defaultRoles('Test: feed penguins'), TypeError);
    registerPermission('Test: feed penguins', { meaning: 'feed penguins' });
    registerPermission('Test: feed penguins', { meaning: 'feed them' });
    assert.equal(isPermission('Test: feed penguins'), true);
    assert.deepEqual(defaultRoles('Test: feed penguins'), ['Manager']);
    const names = allPermissions().map(({ name }) => name);
    assert.deepEqual(names, [...names].sort());
    assert.ok(names.includes('Test: feed penguins'));
  });

  test('two that disagree on the default roles are a mistake', () => {
    const everyone = { meaning: 'see pages', defaultRoles: ['Anonymous'] };
    assert.throws(() => registerPermission('View', everyone), TypeError);
  });
});

describe('principals', () => {
  test('a key gives back the principal it was made from', () => {
    for (const principal of [
      { userFolder: '/acl_users', name: 'admin' },
      { userFolder: '/a/b c/acl_users', name: 'Jürgen' },
      { userFolder: '/a:b/acl_users', name: 'x:y' },
      ANONYMOUS,
    ]) {
      assert.deepEqual(parsePrincipal(principalKey(principal)), principal);
    }
    assert.equal(principalKey({ userFolder: '/pub/acl_users', name: 'low' }), '/pub/acl_users:low');
  });

  test('other text is the key of nobody', () => {
    for (const text of [
      '',
      'admin',
      '/acl_users',
      '/acl_users:',
      '/news:admin',
      '/acl_users:a/b',
    ]) {
      assert.equal(parsePrincipal(text), undefined);
    }
  });

  test('only Anonymous is not known', () => {
    assert.equal(isKnown(ANONYMOUS), false);
    assert.equal(isKnown({ userFolder: '/acl_users', name: 'Anonymous' }), true);
  });
});

test('roles valid at a place are the built-in ones and those of its containers', () => {
  const root = { roles: ['Reviewer', 'Editor'] };
  const folder = { container: root, roles: ['Author', 'Editor'] };
  const page = { container: folder };
  const builtIn = ['Anonymous', 'Authenticated', 'Owner', 'Manager'];
  assert.deepEqual(rolesValidAt(page), [...builtIn, 'Author', 'Editor', 'Reviewer']);
  assert.deepEqual(rolesValidAt(root), [...builtIn, 'Editor', 'Reviewer']);
});
