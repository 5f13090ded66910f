/** The account: open to whoever is signed in, wherever they work, and their own password. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { User } from '../../server/content/user.js';
import { credentialOf, SESSION_COOKIE } from '../../server/security/session.js';
import { AdminSite, type Asker, type AskOptions, type Page } from './admin-site.js';

const NEW = 'a better one';

/** A site with `/guide`, which nobody but managers may view, and a user folder in `/pub`. */
async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Secret plans' });
  await admin.add('/', { type: 'Folder', id: 'pub' });
  await admin.add('/pub', { type: 'UserFolder', id: 'acl_users' });
  await admin.close('/guide', 'View');
  return admin;
}

async function user(admin: AdminSite, at: string, name = 'lin'): Promise<Asker> {
  const password = `old one of ${name}`;
  await admin.add(at, { type: 'User', id: name, fields: { password } });
  return { name, password };
}

function change(
  admin: AdminSite,
  at: string,
  fields: Readonly<Record<string, string>>,
  options: AskOptions,
): Promise<Page> {
  const form = { action: 'password', password: NEW, 'password-again': NEW, ...fields };
  return admin.post(`${at}@manage/account`, form, options);
}

test('account: whoever is signed in has one everywhere, and is told nothing of the object', async () => {
  await using admin = await site();
  const lin = await user(admin, '/acl_users');
  const low = await user(admin, '/pub/acl_users', 'low');

  for (const [url, as] of [
    ['/@manage/account', lin],
    ['/guide/@manage/account', lin],
    ['/pub/@manage/account', low],
  ] as const) {
    const page = await admin.get(url, { as });
    assert.equal(page.status, 200, url);
    assert.match(page.text, /<title>Account · Home<\/title>/);
    assert.match(page.text, new RegExp(`You are ${as.name}`));
    assert.match(page.text, /name="present"/);
    assert.equal(page.text.match(/<h1/g)?.length, 1);
    assert.doesNotMatch(page.text, /Secret plans|class="tree"|class="tabs"|class="palette"/);
    const part = await admin.get(`${url}?part=tree`, { as });
    assert.doesNotMatch(part.text, /guide|pub/);
  }
  const visitor = await admin.get('/@manage/account', { as: null });
  assert.equal(visitor.header('location'), '/@login?next=%2F%40manage%2Faccount');
  assert.equal((await admin.get('/guide/@manage', { as: lin })).status, 403);
});

test('account: whoever may manage the object has its frame, and the account in the bar', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/guide' });

  const page = await admin.get('/guide/@manage/account', { as: reader });

  assert.match(page.text, /class="tree"/);
  assert.match(page.text, /<h1[^>]*>Secret plans<\/h1>/);
  assert.match(page.text, /<a href="\/guide\/@manage\/account">/);
});

test('account: one’s own password is changed without any permission', async () => {
  await using admin = await site();
  for (const [at, folder] of [
    ['/', '/acl_users'],
    ['/pub/', '/pub/acl_users'],
  ] as const) {
    const lin = await user(admin, folder);

    const sent = await change(admin, at, { present: lin.password }, { as: lin });
    const said = await admin.get(sent.header('location'), {
      as: { ...lin, password: NEW },
      cookies: sent.cookies,
    });

    assert.equal(sent.status, 303, sent.text);
    assert.equal(sent.header('location'), `${at}@manage/account`);
    assert.match(said.text, /Your password is changed/);
    assert.doesNotMatch(said.text, /value="undo"/);
    assert.equal((await admin.get(`${at}@manage/account`, { as: lin })).status, 401);
  }
});

test('account: what is wrong is said at its field, and no password is shown again', async () => {
  await using admin = await site();
  const lin = await user(admin, '/acl_users');
  const { password: present } = lin;

  for (const [fields, words] of [
    [{ present: 'guess-what' }, /This is not the present password/],
    [{ present, password: 'short', 'password-again': 'short' }, /at least 8 characters/],
    [{ present, 'password-again': 'another one' }, /The two passwords differ/],
  ] as const) {
    const page = await change(admin, '/', fields, { as: lin });
    assert.equal(page.status, 422);
    assert.match(page.text, words);
    assert.doesNotMatch(page.text, /guess-what|a better one|another one/);
  }
  assert.equal((await admin.get('/@manage/account', { as: lin })).status, 200);
});

test('account: too many wrong passwords have to wait', async () => {
  await using admin = await site();
  const lin = await user(admin, '/acl_users');
  for (let tried = 0; tried < 10; tried += 1) {
    await change(admin, '/', { present: 'guess' }, { as: lin });
  }

  const page = await change(admin, '/', { present: lin.password }, { as: lin });

  assert.equal(page.status, 429);
  assert.match(page.text, /Too many attempts/);
  assert.ok(Number(page.header('retry-after')) > 0);
});

test('account: the session that changes the password goes on, the others end', async () => {
  await using admin = await site();
  const lin = await user(admin, '/acl_users');
  const hash = admin.look('/acl_users/lin', (held) =>
    held instanceof User ? held.passwordHash : '',
  );
  const cookies = await Promise.all(
    [true, false].map(async (remember) => {
      const { cookie, stored } = admin.site.sessions.start({
        principal: '/acl_users:lin',
        credential: credentialOf(hash),
        remember,
        secure: false,
      });
      await stored;
      return cookie.split(';', 1)[0] ?? '';
    }),
  );
  const [mine = '', other = ''] = cookies;

  const sent = await change(admin, '/', { present: lin.password }, { as: null, cookies: mine });
  const kept = sent.cookies.split('; ').find((each) => each.startsWith(SESSION_COOKIE)) ?? '';

  assert.notEqual(kept, mine);
  const status = async (cookie: string): Promise<number> =>
    (await admin.get('/@manage/account', { as: null, cookies: cookie })).status;
  assert.deepEqual([await status(kept), await status(mine), await status(other)], [200, 302, 302]);
});
