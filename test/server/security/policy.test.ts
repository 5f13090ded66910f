import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ServerError, Unauthorized } from '../../../server/errors.js';
import { RUNNING_MAX } from '../../../server/security/executable.js';
import { also, only, Place, TestSite } from './site.js';

describe('who may what', () => {
  /** Who, what, where, and whether. */
  type Row = readonly [string, string, (site: TestSite) => Place, boolean];
  const root = (site: TestSite) => site.root;
  const page = (site: TestSite) => site.page;
  const pubPage = (site: TestSite) => site.pubPage;

  function check(rows: readonly Row[], prepare: (site: TestSite) => void = () => undefined): void {
    for (const [who, permission, where, allowed] of rows) {
      const site = new TestSite();
      prepare(site);
      const object = where(site);
      const is = allowed ? 'allowed' : 'refused';
      assert.equal(
        site.policy(who).may(permission, object),
        allowed,
        `${who}, ${permission} at ${object.path} is ${is}`,
      );
    }
  }

  test('where nothing is set, everyone may look and managers may do the rest', () => {
    check([
      ['Anonymous', 'View', page, true],
      ['Anonymous', 'Search Catalog', page, true],
      ['Anonymous', 'Change Documents', page, false],
      ['Anonymous', 'View management screens', root, false],
      ['/acl_users:joe', 'View', page, true],
      ['/acl_users:joe', 'Delete objects', page, false],
      ['/acl_users:ed', 'Manage properties', page, false],
      ['/acl_users:admin', 'Manage users', root, true],
      ['/acl_users:admin', 'Change Documents', pubPage, true],
    ]);
  });

  test("a lower user folder's users are nobody elsewhere", () => {
    check(
      [
        ['/pub/acl_users:admin', 'Delete objects', pubPage, true],
        ['/pub/acl_users:admin', 'Delete objects', (site) => site.pub, true],
        ['/pub/acl_users:admin', 'Delete objects', page, false],
        ['/pub/acl_users:admin', 'Delete objects', root, false],
        ['/pub/acl_users:low', 'Undo changes', page, false],
        ['/acl_users:joe', 'Undo changes', page, true],
        ['/pub/acl_users:low', 'Undo changes', pubPage, true],
      ],
      (site) => {
        site.root.permissions['Undo changes'] = only('Authenticated');
      },
    );
  });

  test('a setting that acquires adds roles, one that does not replaces them', () => {
    check(
      [
        ['Anonymous', 'View', page, false],
        ['/acl_users:ed', 'View', page, true],
        ['/acl_users:joe', 'View', page, false],
        ['/acl_users:admin', 'View', page, true],
        ['/acl_users:ed', 'Add Documents', page, true],
        ['/acl_users:ed', 'Add Documents', root, false],
      ],
      (site) => {
        site.news.permissions['View'] = only('Editor');
        site.news.permissions['Add Documents'] = also('Editor');
      },
    );
  });

  test('a manager may do everything, also where a setting names nobody', () => {
    check(
      [
        ['/acl_users:admin', 'View', page, true],
        ['/acl_users:ed', 'View', page, false],
      ],
      (site) => {
        site.page.permissions['View'] = only();
      },
    );
  });

  test('local roles count where they are given and below, in scope or not', () => {
    check(
      [
        ['/acl_users:joe', 'Change Documents', page, true],
        ['/acl_users:joe', 'Change Documents', root, false],
        ['/acl_users:joe', 'Change Documents', pubPage, false],
        ['/pub/acl_users:low', 'Manage properties', page, true],
        ['/pub/acl_users:admin', 'Manage properties', page, false],
      ],
      (site) => {
        site.news.localRoles = {
          '/acl_users:joe': ['Owner'],
          '/pub/acl_users:low': ['Manager'],
        };
      },
    );
  });

  test('local roles belong to a principal, not to a name', () => {
    check(
      [
        ['/acl_users:admin', 'Take ownership', pubPage, true],
        ['/pub/acl_users:admin', 'Add Folders', page, false],
      ],
      (site) => {
        site.news.localRoles = { '/acl_users:admin': ['Manager'] };
      },
    );
  });

  test('an owner may change and delete what is their own, and not what lies in it', () => {
    check(
      [
        ['/acl_users:joe', 'Change Folders', (site) => site.news, true],
        ['/acl_users:joe', 'Delete objects', (site) => site.news, true],
        ['/acl_users:joe', 'Change permissions', (site) => site.news, false],
        ['/acl_users:joe', 'Change Documents', page, false],
        ['/pub/acl_users:low', 'Change Documents', page, true],
        ['/acl_users:ed', 'Change Documents', page, false],
      ],
      (site) => {
        site.news.owner = '/acl_users:joe';
        site.page.owner = '/pub/acl_users:low';
      },
    );
  });

  test('what Anonymous made is not owned by everybody', () => {
    check([['Anonymous', 'Delete objects', page, false]], (site) => {
      site.page.owner = 'Anonymous';
    });
  });

  test('a permission that there is not is a mistake, not a refusal', () => {
    const site = new TestSite();
    assert.throws(() => site.policy('/acl_users:admin').may('Veiw', site.page), TypeError);
  });

  test('answers do not depend on what was asked before', () => {
    const site = new TestSite();
    site.news.owner = '/acl_users:joe';
    site.pub.permissions['Delete objects'] = also('Editor');
    const places = [site.root, site.news, site.page, site.pub, site.pubPage];
    for (const who of ['/acl_users:joe', '/acl_users:ed', '/pub/acl_users:low']) {
      const fresh = places.map((place) => site.policy(who).may('Delete objects', place));
      for (const order of [places, [...places].reverse()]) {
        const policy = site.policy(who);
        for (const place of order) {
          assert.equal(policy.may('Delete objects', place), fresh[places.indexOf(place)]);
        }
      }
    }
  });

  test('after forget, changed settings count', () => {
    const site = new TestSite();
    const policy = site.policy('/acl_users:ed');
    assert.equal(policy.may('View', site.page), true);
    site.news.permissions['View'] = only('Manager');
    policy.forget();
    assert.equal(policy.may('View', site.page), false);
  });
});

describe('executables', () => {
  test("a low author's template gains nothing from a manager's visit", () => {
    const site = new TestSite();
    const trap = site.executable('trap', { in: site.pub, authors: ['/pub/acl_users:low'] });
    const policy = site.policy('/acl_users:admin');
    policy.run(trap, () => {
      assert.equal(policy.may('Delete objects', site.page), false);
      assert.equal(policy.may('Delete objects', site.pubPage), false);
      assert.equal(policy.may('View', site.page), true);
    });
    assert.equal(policy.may('Delete objects', site.page), true);
  });

  test("a manager's template gives a visitor nothing either", () => {
    const site = new TestSite();
    const layout = site.executable('layout', { in: site.root, authors: ['/acl_users:admin'] });
    const policy = site.policy('Anonymous');
    policy.run(layout, () => assert.equal(policy.may('Delete objects', site.page), false));
  });

  test('every author counts, and every executable that is running', () => {
    const site = new TestSite();
    site.root.permissions['Undo changes'] = only('Editor');
    const both = site.executable('both', {
      in: site.root,
      authors: ['/acl_users:ed', '/acl_users:joe'],
    });
    const byJoe = site.executable('joe', { in: site.root, authors: ['/acl_users:joe'] });
    const byEd = site.executable('ed', { in: site.root, authors: ['/acl_users:ed'] });
    const policy = site.policy('/acl_users:admin');
    const may = () => policy.may('Undo changes', site.page);
    assert.equal(policy.run(byEd, may), true);
    assert.equal(policy.run(both, may), false);
    assert.equal(
      policy.run(byJoe, () => policy.run(byEd, may)),
      false,
    );
  });

  test('an author who no longer exists, and an author who is not known, count as Anonymous', () => {
    const site = new TestSite();
    const old = site.executable('old', { in: site.root, authors: ['/acl_users:ed'] });
    const bare = site.executable('bare', { in: site.root, authors: [] });
    site.deleteUser('/acl_users:ed');
    for (const executable of [old, bare]) {
      const policy = site.policy('/acl_users:admin');
      policy.run(executable, () => {
        assert.equal(policy.may('View', site.page), true);
        assert.equal(policy.may('Delete objects', site.page), false);
      });
    }
  });

  test('proxy roles grant what the caller lacks, and limit what the caller has', () => {
    const site = new TestSite();
    site.news.permissions['View'] = only('Editor');
    const counter = site.executable('counter', {
      in: site.root,
      authors: ['/acl_users:admin'],
      proxyRoles: ['Editor'],
    });
    for (const who of ['Anonymous', '/acl_users:admin']) {
      const policy = site.policy(who);
      policy.run(counter, () => {
        assert.equal(policy.may('View', site.page), true);
        assert.equal(policy.may('Delete objects', site.page), false);
      });
    }
  });

  test('proxy roles give no more than each author has', () => {
    const site = new TestSite();
    const counter = site.executable('counter', {
      in: site.pub,
      authors: ['/pub/acl_users:admin'],
      proxyRoles: ['Manager'],
    });
    const policy = site.policy('Anonymous');
    policy.run(counter, () => {
      assert.equal(policy.may('Delete objects', site.pubPage), true);
      assert.equal(policy.may('Delete objects', site.page), false);
    });
  });

  test('proxy roles stand in for whoever called, and end with the executable that has them', () => {
    const site = new TestSite();
    const byLow = site.executable('low', { in: site.pub, authors: ['/pub/acl_users:low'] });
    const proxied = site.executable('proxied', {
      in: site.root,
      authors: ['/acl_users:admin'],
      proxyRoles: ['Manager'],
    });
    const plain = site.executable('plain', { in: site.root, authors: ['/acl_users:admin'] });
    const policy = site.policy('Anonymous');
    policy.run(byLow, () =>
      policy.run(proxied, () => {
        assert.equal(policy.may('Delete objects', site.page), true);
        policy.run(plain, () => assert.equal(policy.may('Delete objects', site.page), false));
        assert.equal(policy.may('Delete objects', site.page), true);
      }),
    );
  });

  test('what was running is judged no longer when the work throws', () => {
    const site = new TestSite();
    const trap = site.executable('trap', { in: site.pub, authors: ['/pub/acl_users:low'] });
    const policy = site.policy('/acl_users:admin');
    assert.throws(
      () =>
        policy.run(trap, () => {
          throw new RangeError('in the template');
        }),
      RangeError,
    );
    assert.equal(policy.may('Delete objects', site.page), true);
  });

  test('an executable that calls itself without end is stopped', () => {
    const site = new TestSite();
    const loop = site.executable('loop', { in: site.root, authors: ['/acl_users:admin'] });
    const policy = site.policy('/acl_users:admin');
    let depth = 0;
    const recurse = (): void => {
      depth += 1;
      policy.run(loop, recurse);
    };
    assert.throws(
      recurse,
      (error) => error instanceof ServerError && error.code === 'SRV_TOO_DEEP',
    );
    assert.equal(depth, RUNNING_MAX + 1);
  });

  test('changed authors count after forget', () => {
    const site = new TestSite();
    const script = site.executable('script', { in: site.root, authors: ['/acl_users:joe'] });
    const policy = site.policy('/acl_users:admin');
    const may = () => policy.may('Delete objects', site.page);
    assert.equal(policy.run(script, may), false);
    script.authors = ['/acl_users:admin'];
    policy.forget();
    assert.equal(policy.run(script, may), true);
  });

  test('an author who was deleted meanwhile counts as Anonymous after forget', () => {
    const site = new TestSite();
    const script = site.executable('script', { in: site.root, authors: ['/acl_users:ed'] });
    site.root.permissions['Add Files'] = only('Editor');
    const policy = site.policy('/acl_users:admin');
    const may = () => policy.may('Add Files', site.page);
    assert.equal(policy.run(script, may), true);
    site.deleteUser('/acl_users:ed');
    policy.forget();
    assert.equal(policy.run(script, may), false);
  });

  test('active content asks every author and nobody else', () => {
    const site = new TestSite();
    const policy = site.policy('Anonymous');
    const by = (...authors: string[]) => site.executable('x', { in: site.pub, authors });
    assert.equal(policy.mayActive(by('/acl_users:admin')), true);
    assert.equal(policy.mayActive(by('/pub/acl_users:admin')), true);
    assert.equal(policy.mayActive(by('/acl_users:admin', '/pub/acl_users:low')), false);
    assert.equal(policy.mayActive(by('/acl_users:gone')), false);
    assert.equal(policy.mayActive(by()), false);
    const elsewhere = site.executable('x', { in: site.news, authors: ['/pub/acl_users:admin'] });
    assert.equal(policy.mayActive(elsewhere), false);
  });
});

describe('decisions', () => {
  test('say what is asked for, what the caller has, and that it is enough', () => {
    const site = new TestSite();
    site.news.permissions['View'] = only('Editor');
    site.news.localRoles = { '/acl_users:joe': ['Editor'] };
    assert.deepEqual(site.policy('/acl_users:joe').decide('View', site.page), {
      allowed: true,
      because: [
        '"View" at /news/page asks for Editor (set at /news, which acquires none).',
        '/acl_users:joe has Anonymous, Authenticated, Editor (local role at /news): Editor is enough.',
      ],
    });
  });

  test('name every setting that adds roles, and the default', () => {
    const site = new TestSite();
    site.news.permissions['Delete objects'] = also('Editor');
    const { because } = site.policy('Anonymous').decide('Delete objects', site.page);
    assert.deepEqual(because, [
      '"Delete objects" at /news/page asks for Editor (set at /news) or Manager or Owner (the default).',
      'Anonymous, who asks, has Anonymous: that is not enough.',
    ]);
  });

  test('name the author who is not enough', () => {
    const site = new TestSite();
    const trap = site.executable('trap', { in: site.pub, authors: ['/pub/acl_users:low'] });
    const policy = site.policy('/acl_users:admin');
    const { allowed, because } = policy.run(trap, () => policy.decide('Delete objects', site.page));
    assert.equal(allowed, false);
    assert.deepEqual(because.slice(1), [
      '/acl_users:admin has Anonymous, Authenticated, Manager: Manager is enough.',
      '/pub/acl_users:low, an author of /pub/trap, has Anonymous (Editor counts for nothing outside /pub, where /pub/acl_users is): that is not enough.',
    ]);
  });

  test('name an author who is gone, the owner, and proxy roles', () => {
    const site = new TestSite();
    site.page.owner = '/acl_users:joe';
    const old = site.executable('old', { in: site.root, authors: ['/acl_users:gone'] });
    const proxied = site.executable('counter', {
      in: site.root,
      authors: ['/acl_users:admin'],
      proxyRoles: ['Editor'],
    });
    const policy = site.policy('/acl_users:joe');
    assert.deepEqual(policy.run(old, () => policy.decide('Delete objects', site.page)).because, [
      '"Delete objects" at /news/page asks for Manager or Owner (the default).',
      '/acl_users:joe has Anonymous, Authenticated, Owner (owns /news/page): Owner is enough.',
      '/acl_users:gone, an author of /old, who no longer exists, has Anonymous: that is not enough.',
    ]);
    const steps = policy.run(proxied, () => policy.decide('Delete objects', site.page)).because;
    assert.equal(
      steps[1],
      "/counter, which runs with proxy roles instead of the caller's, has Anonymous, Editor (proxy role): that is not enough.",
    );
  });

  test('always agree with may', () => {
    const site = new TestSite();
    site.news.permissions['View'] = only('Editor');
    site.page.owner = '/acl_users:joe';
    for (const who of ['Anonymous', '/acl_users:joe', '/acl_users:ed', '/pub/acl_users:admin']) {
      for (const place of [site.root, site.page, site.pubPage]) {
        for (const permission of ['View', 'Delete objects', 'Change permissions']) {
          const { allowed, because } = site.policy(who).decide(permission, place);
          assert.equal(allowed, site.policy(who).may(permission, place));
          assert.equal(because.at(-1)?.endsWith('not enough.'), !allowed);
        }
      }
    }
  });

  test('a refusal carries the decision and tells whether to sign in', () => {
    const site = new TestSite();
    for (const [who, known] of [
      ['Anonymous', false],
      ['/acl_users:joe', true],
    ] as const) {
      assert.throws(
        () => site.policy(who).require('Delete objects', site.page),
        (error) =>
          error instanceof Unauthorized &&
          error.code === 'SRV_UNAUTHORIZED' &&
          error.known === known &&
          !error.decision.allowed &&
          error.message.includes('/news/page'),
      );
    }
    site.policy('/acl_users:admin').require('Delete objects', site.page);
  });
});
