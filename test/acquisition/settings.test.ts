import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  AcquisitionError,
  localRolesOf,
  type PermissionSetting,
  rolesFor,
  type Secured,
} from '../../acquisition/index.js';

interface Place extends Secured {
  readonly container?: Place | undefined;
  readonly name: string;
}

interface Settings {
  readonly view?: PermissionSetting;
  readonly localRoles?: Readonly<Record<string, readonly string[]>>;
}

/** Makes places one inside the other, outermost first, and gives the innermost. */
function places(...settings: readonly [Settings, ...(readonly Settings[])]): Place {
  let container: Place | undefined;
  let place: Place | undefined;
  for (const [depth, { view, localRoles = {} }] of settings.entries()) {
    place = {
      name: ['root', 'folder', 'page'][depth] ?? `place ${depth}`,
      container,
      localRoles,
      permissionSetting: (name) => (name === 'View' ? view : undefined),
    };
    container = place;
  }
  assert.ok(place !== undefined);
  return place;
}

const set = (roles: readonly string[], { acquire }: { readonly acquire: boolean }) => ({
  roles,
  acquire,
});
const DEFAULT = ['Anonymous', 'Manager'];

describe('roles of a permission', () => {
  const table: readonly (readonly [
    string,
    Place,
    readonly string[],
    readonly (string | undefined)[],
  ])[] = [
    ['nothing set anywhere: the default', places({}, {}, {}), DEFAULT, [undefined]],
    [
      'set at the object, not acquiring: these and no others',
      places({}, {}, { view: set(['Editor'], { acquire: false }) }),
      ['Editor'],
      ['page'],
    ],
    [
      'set at the object, acquiring: these and the default',
      places({}, {}, { view: set(['Editor'], { acquire: true }) }),
      ['Editor', 'Anonymous', 'Manager'],
      ['page', undefined],
    ],
    [
      'set at a container: holds for what lies in it',
      places({}, { view: set(['Editor'], { acquire: false }) }, {}),
      ['Editor'],
      ['folder'],
    ],
    [
      'acquiring settings add up as far as one that does not acquire',
      places(
        { view: set(['Far'], { acquire: false }) },
        { view: set(['Editor'], { acquire: false }) },
        { view: set(['Reader'], { acquire: true }) },
      ),
      ['Reader', 'Editor'],
      ['page', 'folder'],
    ],
    [
      'what the root acquires is the default',
      places({ view: set(['Editor'], { acquire: true }) }),
      ['Editor', 'Anonymous', 'Manager'],
      ['root', undefined],
    ],
    [
      'no roles and no acquiring: nobody',
      places({}, { view: set([], { acquire: false }) }, {}),
      [],
      ['folder'],
    ],
    [
      'a role that is set twice is listed once',
      places(
        { view: set(['Editor', 'Reader'], { acquire: false }) },
        {
          view: set(['Editor'], { acquire: true }),
        },
      ),
      ['Editor', 'Reader'],
      ['folder', 'root'],
    ],
  ];
  for (const [name, place, roles, holders] of table) {
    test(name, () => {
      const effective = rolesFor('View', place, DEFAULT);
      assert.deepEqual(effective.roles, roles);
      assert.deepEqual(
        effective.from.map(({ holder }) => holder?.name),
        holders,
      );
    });
  }

  test('a setting of another permission changes nothing', () => {
    const place = places({ view: set([], { acquire: false }) });
    assert.deepEqual(rolesFor('Delete objects', place, ['Manager']).roles, ['Manager']);
  });

  test('a place in itself is an error and no hang', () => {
    const outer = places({}, {});
    Object.assign(outer.container ?? {}, { container: outer });
    assert.throws(
      () => rolesFor('View', outer, DEFAULT),
      (error) => error instanceof AcquisitionError && error.code === 'ACQ_CYCLE',
    );
  });
});

describe('local roles', () => {
  const place = places(
    { localRoles: { '/acl_users:joe': ['Reader'], '/acl_users:ann': ['Manager'] } },
    { localRoles: { '/acl_users:joe': ['Editor', 'Reader'] } },
    {},
  );

  test('add up along containment, with where each was given', () => {
    const { roles, from } = localRolesOf('/acl_users:joe', place);
    assert.deepEqual(roles, ['Editor', 'Reader']);
    assert.deepEqual(
      from.map(({ holder, roles }) => [holder.name, roles]),
      [
        ['folder', ['Editor', 'Reader']],
        ['root', ['Reader']],
      ],
    );
  });

  test('belong to the one they were given to', () => {
    assert.deepEqual(localRolesOf('/pub/acl_users:joe', place).roles, []);
    assert.deepEqual(localRolesOf('constructor', place).roles, []);
  });
});
