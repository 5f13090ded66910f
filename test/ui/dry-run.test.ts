/** "Show what it would change": forms of the admin tried out, and templates called in vain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminSite } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await admin.add('/guide', { type: 'Document', id: 'a', fields: { source: 'one\ntwo' } });
  return admin;
}

function lastTid(admin: AdminSite): number {
  return admin.site.storage.lastTid;
}

test('a form comes back with what it would change, and with what was typed', async () => {
  await using admin = await site();
  const before = lastTid(admin);

  const fields = { action: 'save', title: 'Answers', fields: 'sent' };
  const page = await admin.post('/guide/a/@manage/properties?@dry_run=true', fields);

  assert.equal(page.status, 200);
  assert.match(page.text, /It would change 1 object/);
  const told = /<dl class="fielddiff">.*?<\/dl>/s.exec(page.text)?.[0] ?? '';
  assert.match(told, /<span class="now">Answers<\/span>/);
  assert.equal(told.match(/<dt>/g)?.length, 1);
  assert.match(page.text, /name="title" value="Answers"/);
  assert.match(page.text, /action="\/guide\/a\/@manage\/properties"/);
  assert.equal(lastTid(admin), before);
});

test('the text of the editor is shown as a difference of lines', async () => {
  await using admin = await site();

  const fields = { action: 'save', source: 'one\n2' };
  const page = await admin.post('/guide/a/@manage/edit?@dry_run=true', fields);

  assert.match(page.text, /Text of \/guide\/a: now, and as it would be/);
  assert.match(page.text, /data-saved="no"[^>]*>\none\n2</);
});

test('what is refused says why, and a form that changes nothing says so', async () => {
  await using admin = await site();

  const same = { action: 'save', title: '', fields: 'sent' };
  const nothing = await admin.post('/guide/a/@manage/properties?@dry_run=true', same);
  assert.match(nothing.text, /It would change nothing/);

  const wrong = { action: 'add', type: 'Document', id: 'a' };
  const refused = await admin.post('/guide/@manage/add?type=Document&@dry_run=true', wrong);
  assert.equal(refused.status, 409);
  assert.doesNotMatch(refused.text, /It would change/);
});

test('adding, renaming and permissions can be tried out, and ticks stay ticked', async () => {
  await using admin = await site();
  const before = lastTid(admin);

  const add = { action: 'add', type: 'Document', id: 'b', title: 'B' };
  const added = await admin.post('/guide/@manage/add?type=Document&@dry_run=true', add);
  assert.match(added.text, /\/guide\/b<\/span><span class="chip chip--add">/);

  const rename = { action: 'rename', 'id-0': 'z', 'title-0': '' };
  const renamed = await admin.post('/guide/@manage/rename?id=a&@dry_run=true', rename);
  assert.match(renamed.text, /<span class="now">z<\/span>/);
  assert.match(renamed.text, /name="id-0" value="z"/);

  const allow = { action: 'save', row: 'View', acquire: 'View', allow: 'View: Anonymous' };
  const allowed = await admin.post('/guide/@manage/security?@dry_run=true', allow);
  assert.match(allowed.text, /Permission View/);
  assert.match(allowed.text, /value="View: Anonymous" aria-label="[^"]*" checked/);
  assert.equal(lastTid(admin), before);
});

test('a user is told nothing of a password', async () => {
  await using admin = await site();

  const fields = {
    ...{ action: 'add', name: 'sam', roles: 'Manager' },
    ...{ password: 'a long secret', 'password-again': 'a long secret' },
  };
  const page = await admin.post('/acl_users/@manage/users?@dry_run=true', fields);

  assert.match(page.text, /\/acl_users\/sam/);
  assert.doesNotMatch(page.text, /a long secret|scrypt/);
});

test('a template is called with arguments, and shows what it answers', async () => {
  await using admin = await site();
  await admin.add('/', {
    type: 'Template',
    id: 'greet',
    fields: { source: '<p>Hello {{@request.form.name}}, {{@request.method}}</p>' },
  });
  const address = '/greet/@manage/dry-run';

  const form = await admin.get(`${address}?on=/guide`);
  assert.match(form.text, /name="on" value="\/guide"/);
  const sent = { '@dry_run': 'true', action: 'run', on: '/guide', arguments: 'name=Mara & co' };
  const page = await admin.post(address, { ...sent, method: 'POST' });
  assert.match(page.text, /It would change nothing/);
  assert.match(page.text, /Hello Mara &amp;amp; co, POST/);
  assert.match(page.text, />\nname&#x3D;Mara &amp; co<\/textarea>/);

  const lost = await admin.post(address, { ...sent, on: '/nowhere' });
  assert.match(lost.text, /There is nothing at \/nowhere/);
  const meant = await admin.post(address, { action: 'run', on: '/guide' });
  assert.equal(meant.status, 400);
});

test('a form of the site gets a page of its own', async () => {
  await using admin = await site();
  await admin.add('/', { type: 'Template', id: 'hello', fields: { source: 'Hello' } });

  const page = await admin.post('/guide/hello', { '@dry_run': 'true' });

  assert.equal(page.status, 200);
  assert.match(page.text, /What it would change/);
  const json = await admin.post('/guide/hello', { '@dry_run': 'true' }, { accept: '*/*' });
  assert.deepEqual(json.json, { wouldChange: [], hidden: 0, wouldStart: [] });
});

test('an object that may not be viewed is counted, and not named', async () => {
  await using admin = await site();
  const sam = await admin.addUser('sam', { at: '/guide' });
  await admin.allowAll('/guide', 'Change Documents');
  await admin.close('/guide/a', 'View');

  const fields = { action: 'save', title: 'Hidden' };
  const page = await admin.post('/guide/a/@manage/properties?@dry_run=true', fields, { as: sam });

  assert.match(page.text, /It would change 1 object/);
  assert.match(page.text, /too many to show, or not for you to see/);
});
