/** Forms that were made before somebody else saved: both are kept, or both are shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { User } from '../../server/content/user.js';
import { AdminSite, type Page } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await admin.add('/guide', {
    ...{ type: 'Document', id: 'a', title: 'A' },
    properties: [
      { name: 'colour', type: 'string', value: 'red' },
      { name: 'lines', type: 'lines', value: 'one\ntwo\nthree' },
      { name: 'open', type: 'boolean', value: true },
    ],
  });
  return admin;
}

function baseOf(page: Page): string {
  return /name="base(?:-0)?" value="(\d+)"/.exec(page.text)?.[1] ?? '';
}

const ROWS = {
  ...{ 'name-0': 'colour', 'type-0': 'string', 'value-0': 'red' },
  ...{ 'name-1': 'lines', 'type-1': 'lines', 'value-1': 'one\r\ntwo\r\nthree' },
  ...{ 'name-2': 'open', 'type-2': 'boolean', 'value-2': 'true' },
};

function valuesOf(admin: AdminSite): readonly unknown[] {
  return admin.look('/guide/a', (object) => [
    object?.title,
    ...['colour', 'lines', 'open'].map((name) => object?.properties[name]?.value),
  ]);
}

test('properties: what two people changed in different places is all kept', async () => {
  await using admin = await site();
  const address = '/guide/a/@manage/properties';
  const base = baseOf(await admin.get(address));
  const form = { action: 'save', base, fields: 'sent', title: 'A', ...ROWS };

  await admin.post(address, { ...form, title: 'Theirs', 'value-1': 'ONE\ntwo\nthree' });
  const mine = { ...form, 'value-0': 'blue', 'value-1': 'one\ntwo\nTHREE' };
  const { 'value-2': _ticked, ...unticked } = mine;
  const done = await admin.post(address, unticked);

  assert.equal(done.status, 303, done.text);
  assert.deepEqual(valuesOf(admin), ['Theirs', 'blue', ['ONE', 'two', 'THREE'], false]);
  const next = await admin.get(done.header('location'));
  assert.match(next.text, /Saved together with what admin changed meanwhile/);
});

test('properties: where both changed the same, both are shown and nothing is saved', async () => {
  await using admin = await site();
  const address = '/guide/a/@manage/properties';
  const base = baseOf(await admin.get(address));
  const form = { action: 'save', base, fields: 'sent', title: 'A', ...ROWS };
  await admin.post(address, { ...form, title: 'Theirs', 'value-0': 'green' });

  const refused = await admin.post(address, { ...form, title: 'A', 'value-0': 'blue' });

  assert.equal(refused.status, 412);
  assert.match(refused.text, /admin saved this/);
  assert.match(refused.text, /<dt>colour<\/dt>.*green.*blue/s);
  assert.match(refused.text, /name="title" value="Theirs"/);
  assert.match(refused.text, /name="value-0" value="blue"/);
  assert.equal(valuesOf(admin)[1], 'green');

  const again = { ...form, base: baseOf(refused), title: 'Theirs', 'value-0': 'blue' };
  assert.equal((await admin.post(address, again)).status, 303);
  assert.deepEqual(valuesOf(admin).slice(0, 2), ['Theirs', 'blue']);
});

test('properties: a property that somebody added moves no typed value to another', async () => {
  await using admin = await site();
  const address = '/guide/a/@manage/properties';
  const base = baseOf(await admin.get(address));
  const add = { action: 'add', 'new-name': 'all', 'new-type': 'string', 'new-value': 'first' };
  await admin.post(address, add);

  const form = { action: 'save', base, fields: 'sent', title: 'A\u0007', ...ROWS };
  const refused = await admin.post(address, { ...form, 'value-0': 'blue' });

  assert.match(refused.text, /name="value-0" value="first"/);
  assert.match(refused.text, /name="value-1" value="blue"/);
});

test('titles: two people who rename one object are both shown', async () => {
  await using admin = await site();
  const address = '/guide/@manage/rename?id=a';
  const base = baseOf(await admin.get(address));
  const form = { action: 'rename', 'base-0': base, 'id-0': 'a' };
  await admin.post(address, { ...form, 'title-0': 'Theirs' });

  const kept = await admin.post(address, { ...form, 'title-0': 'A' });
  assert.equal(kept.status, 303);
  assert.equal(valuesOf(admin)[0], 'Theirs');

  const refused = await admin.post(address, { ...form, 'title-0': 'Mine' });
  assert.equal(refused.status, 412);
  assert.match(refused.text, /<dt>Title of a<\/dt>.*Theirs.*Mine/s);
  assert.equal(valuesOf(admin)[0], 'Theirs');
  const again = await admin.post(address, {
    ...form,
    'base-0': baseOf(refused),
    'title-0': 'Mine',
  });
  assert.equal(again.status, 303);
  assert.equal(valuesOf(admin)[0], 'Mine');
});

test('permissions: each box is as whoever changed it last left it', async () => {
  await using admin = await site();
  const address = '/guide/@manage/security';
  const base = baseOf(await admin.get(address));
  const form = { action: 'save', base, row: 'View', acquire: 'View' };
  await admin.post(address, { ...form, allow: 'View: Owner' });

  const done = await admin.post(address, { ...form, allow: 'View: Manager' });

  const setting = admin.look('/guide', (object) => object?.permissionSetting('View'));
  assert.deepEqual([...(setting?.roles ?? [])].sort(), ['Manager', 'Owner']);
  const next = await admin.get(done.header('location'));
  assert.match(next.text, /Saved together with what admin changed meanwhile/);
});

test('users: roles given meanwhile stay, and addresses are merged line by line', async () => {
  await using admin = await site();
  const password = 'long enough';
  await admin.add('/acl_users', { type: 'User', id: 'sam', fields: { password, roles: [] } });
  const address = '/acl_users/@manage/users?user=sam';
  const base = baseOf(await admin.get(address));
  const form = { action: 'save', base, user: 'sam', password: '', 'password-again': '' };
  await admin.post(address, { ...form, roles: 'Manager', domains: '10.0.0.1' });

  const done = await admin.post(address, { ...form, domains: '' });
  assert.equal(done.status, 303);
  const rolesAndDomains = (): unknown =>
    admin.look('/acl_users/sam', (user) =>
      user instanceof User ? [user.userRoles, user.domains] : undefined,
    );
  assert.deepEqual(rolesAndDomains(), [['Manager'], ['10.0.0.1']]);

  const refused = await admin.post(address, { ...form, domains: '10.0.0.2' });
  assert.equal(refused.status, 412);
  assert.match(refused.text, /<dt>Only from these addresses<\/dt>/);
});

test('files: replacing one that somebody else replaced is asked again', async () => {
  await using admin = await site();
  await admin.add('/guide', { type: 'File', id: 'f', fields: {} });
  const address = '/guide/f/@manage/edit';
  const file = (text: string) => ({
    ...{ field: 'data', filename: 'f.txt', contentType: 'text/plain', text },
  });
  const base = baseOf(await admin.get(address));
  await admin.upload(address, { action: 'replace', base }, [file('theirs')]);

  const refused = await admin.upload(address, { action: 'replace', base }, [file('mine')]);

  assert.equal(refused.status, 412);
  assert.match(refused.text, /Choose yours again below/);
  const again = await admin.upload(address, { action: 'replace', base: baseOf(refused) }, [
    file('mine'),
  ]);
  assert.equal(again.status, 303);
});
