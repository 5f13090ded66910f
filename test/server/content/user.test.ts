/** Users: what a password may be, and that somebody who manages the site always stays. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError, type Tid } from '../../../odb/index.js';
import { type Container, contentAt, isContainer } from '../../../server/content/content.js';
import { deleteObjects, updateObject } from '../../../server/content/edit.js';
import { revertObject } from '../../../server/content/history.js';
import { TransactionWork } from '../../../server/content/transaction-work.js';
import { undoTransactions } from '../../../server/content/undo.js';
import { resolveCaller } from '../../../server/content/user-folder.js';
import type { Work } from '../../../server/content/work.js';
import { Invalid, Taken } from '../../../server/errors.js';
import { PASSWORD_BYTES_MAX } from '../../../server/security/password.js';
import { Policy } from '../../../server/security/policy.js';
import { ADMIN_KEY, type Site } from '../../../server/site.js';
import { memorySite, type MemorySite } from '../../support/site.js';

const MANAGER = { type: 'User', fields: { password: 'pw', roles: ['Manager'] } };

function usersOf(work: Work, site: Site, path = '/acl_users'): Container {
  const folder = contentAt(site.root(work.connection), path);
  assert.ok(folder !== undefined && isContainer(folder));
  return folder;
}

function remove(site: MemorySite, names: readonly string[], path?: string): Promise<void> {
  return site.manage((work) => deleteObjects(work, usersOf(work, site.site, path), names));
}

function setRoles(site: MemorySite, name: string, roles: readonly string[]): Promise<boolean> {
  return site.manage((work) => {
    const user = usersOf(work, site.site).child(name);
    assert.ok(user);
    return updateObject(work, user, { fields: { roles } });
  });
}

function names(site: MemorySite): readonly string[] {
  return site.read((object) => {
    const users = object('/acl_users');
    assert.ok(isContainer(users));
    return users.items({ sort: 'id' }).map(({ id }) => id);
  });
}

const isLastManager = (error: unknown): boolean =>
  error instanceof Taken &&
  error.code === 'SRV_LAST_MANAGER' &&
  /\/acl_users\/admin\b.*give that role to another user/i.test(error.message);

test('a password that nobody can have is refused together with all else that is wrong', async () => {
  await using site = await memorySite();
  for (const password of ['', 'x'.repeat(PASSWORD_BYTES_MAX + 1)]) {
    await assert.rejects(
      site.add('/acl_users/ann', { type: 'User', fields: { password, roles: ['Wizard'] } }),
      (error: unknown) =>
        error instanceof Invalid &&
        error.errors.map(({ field }) => field).join() === 'fields.roles,fields.password',
    );
  }
  await site.add('/acl_users/ann', { type: 'User', fields: { password: 'pw' } });
});

describe('the last Manager of the site', () => {
  test('is not deleted, alone or with others', async () => {
    await using site = await memorySite();
    await site.add('/acl_users/ann', { type: 'User', fields: { password: 'pw' } });
    await assert.rejects(remove(site, ['admin']), isLastManager);
    await assert.rejects(remove(site, ['ann', 'admin']), isLastManager);
    assert.deepEqual(names(site), ['admin', 'ann']);
    await remove(site, ['ann']);
    assert.deepEqual(names(site), ['admin']);
  });

  test('is anybody who can sign in: one without a password does not count', async () => {
    await using site = await memorySite();
    await site.add('/acl_users/ann', { type: 'User', fields: { roles: ['Manager'] } });
    await assert.rejects(remove(site, ['admin']), isLastManager);
    await remove(site, ['ann']);
  });

  test('keeps the role, unless another has it', async () => {
    await using site = await memorySite();
    await assert.rejects(setRoles(site, 'admin', []), isLastManager);
    assert.equal(await setRoles(site, 'admin', ['Manager']), false);
    await site.add('/acl_users/ann', MANAGER);
    assert.equal(await setRoles(site, 'admin', []), true);
    await assert.rejects(
      site.as('/acl_users:ann', (work) =>
        deleteObjects(work, usersOf(work, site.site), ['ann', 'admin']),
      ),
      (error: unknown) => error instanceof Taken && error.code === 'SRV_LAST_MANAGER',
    );
    await site.as('/acl_users:ann', (work) =>
      deleteObjects(work, usersOf(work, site.site), ['admin']),
    );
    assert.deepEqual(names(site), ['ann']);
  });

  test('may go in a lower user folder, and with the folder', async () => {
    await using site = await memorySite();
    await site.add('/pub', { type: 'Folder' });
    await site.add('/pub/acl_users', { type: 'UserFolder' });
    await site.add('/pub/acl_users/low', MANAGER);
    await remove(site, ['low'], '/pub/acl_users');
    await site.add('/pub/acl_users/low', MANAGER);
    await site.manage((work) => deleteObjects(work, site.site.root(work.connection), ['pub']));
  });

  test('is not taken back or reverted either', async () => {
    await using site = await memorySite();
    await site.add('/acl_users/ann', MANAGER);
    const added = site.tid;
    await setRoles(site, 'ann', []);
    const lowered = site.tid;
    await setRoles(site, 'ann', ['Manager']);
    await remove(site, ['admin']);

    const asAnn = <T>(run: (work: Work) => T): Promise<T> => site.as('/acl_users:ann', run);
    const isRefused = (error: unknown): boolean =>
      error instanceof Taken && error.code === 'SRV_LAST_MANAGER';
    const all = (work: Work): readonly Tid[] =>
      work.connection.transactions({ limit: 4 }).items.map(({ tid }) => tid);
    await assert.rejects(
      asAnn((work) => undoTransactions(work, { transactions: all(work).slice(1, 2) })),
      isRefused,
      'the role given back is taken away again',
    );
    await assert.rejects(
      asAnn((work) => {
        const ann = usersOf(work, site.site).child('ann');
        assert.ok(ann);
        return revertObject(work, ann, lowered);
      }),
      isRefused,
    );
    await asAnn((work) => undoTransactions(work, { transactions: all(work) }));
    assert.deepEqual(names(site), ['admin'], 'with admin back, ann may go');
    assert.ok(site.tid > added);
  });

  test('stays when two Managers delete each other at the same time', async () => {
    await using site = await memorySite();
    await site.add('/acl_users/ann', MANAGER);
    const deleting = (user: string, name: string) => {
      const connection = site.site.database.connect();
      const root = site.site.root(connection);
      const caller = resolveCaller(root, user);
      assert.ok(caller);
      const policy = new Policy(caller, { resolveCaller: (key) => resolveCaller(root, key) });
      const work = new TransactionWork({ site: site.site, connection, policy, nowMs: Date.now() });
      deleteObjects(work, usersOf(work, site.site), [name]);
      return { connection, commit: () => connection.commit(work.meta) };
    };
    const first = deleting(ADMIN_KEY, 'ann');
    const second = deleting('/acl_users:ann', 'admin');
    await first.commit();
    await assert.rejects(second.commit(), ConflictError);
    first.connection.close();
    second.connection.close();
    assert.deepEqual(names(site), ['admin']);
  });
});
