/** The screens that are forms: what is typed becomes content, or comes back with the reason why not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentTypes } from '../../server/content/content-type.js';
import { AdminSite } from './admin-site.js';

/** What an object holds, as plain values. */
function held(admin: AdminSite, path: string): Readonly<Record<string, unknown>> | undefined {
  return admin.look(path, (object) =>
    object === undefined
      ? undefined
      : {
          type: object.type,
          title: object.title,
          properties: structuredClone(object.properties),
          ...contentTypes.of(object).read(object),
        },
  );
}

test('add: the form of each type has an input for each of its fields', async () => {
  await using admin = await AdminSite.open();

  const all = await admin.get('/@manage/add');
  for (const name of ['Folder', 'Document', 'Template', 'Redirect', 'File', 'Image']) {
    const page = await admin.get(`/@manage/add/${name}`);
    assert.equal(page.status, 200, name);
    assert.match(page.text, /name="id"/, name);
    assert.match(all.text, new RegExp(`href="/@manage/add/${name}"`));
  }
});

test('add: an object is made of what was typed, and its own screen comes next', async () => {
  await using admin = await AdminSite.open();

  const sent = await admin.post('/@manage/add/Document', {
    action: 'add',
    id: ' faq ',
    title: 'Questions',
    'fields.source': 'Hello\r\nthere',
    'fields.format': 'html',
    'fields.layout': '',
  });

  assert.match(sent.header('location'), /^\/faq\/@manage\?done=\d+$/);
  const object = held(admin, '/faq');
  assert.equal(object?.['title'], 'Questions');
  assert.equal(object?.['source'], 'Hello\nthere');
  assert.equal(object?.['format'], 'html');
});

test('add: a refused form comes back with what was typed and the error at its field', async () => {
  await using admin = await AdminSite.open();

  const page = await admin.post('/@manage/add/Document', {
    action: 'add',
    id: 'a/b',
    title: 'Kept <title>',
    'fields.source': 'kept text',
  });

  assert.equal(page.status, 422);
  assert.match(page.text, /value="a\/b"[^>]*aria-invalid="true"/);
  assert.match(page.text, /An id has no/);
  assert.match(page.text, /value="Kept &lt;title&gt;"/);
  assert.match(page.text, /kept text<\/textarea>/);
});

test('add: a type that does not fit here is not offered, and not made', async () => {
  await using admin = await AdminSite.open();

  const page = await admin.get('/@manage/add');
  const user = await admin.post('/@manage/add/User', { action: 'add', id: 'low' });

  assert.doesNotMatch(page.text, /add\/User"/);
  assert.equal(user.status, 404);
  assert.equal(held(admin, '/low'), undefined);
});

test('add: without the permission, the form says so', async () => {
  await using admin = await AdminSite.open();
  const reader = await admin.addUser('reader', { at: '/' });

  const none = await admin.get('/@manage/add', { as: reader });
  const one = await admin.get('/@manage/add/Document', { as: reader });

  assert.match(none.text, /You may add nothing here/);
  assert.equal(one.status, 403);
});

test('upload: each file becomes what its name says, all in one transaction', async () => {
  await using admin = await AdminSite.open();

  const sent = await admin.upload('/@manage/upload', { action: 'upload' }, [
    { field: 'file', filename: 'Read me.md', contentType: 'text/markdown', text: '# Hi' },
    { field: 'file', filename: 'menu.hbs', contentType: 'text/plain', text: '{{title}}' },
    { field: 'file', filename: 'logo.svg', contentType: 'image/svg+xml', text: '<svg/>' },
    { field: 'file', filename: 'C:\\fonts\\a.woff2', contentType: 'font/woff2', text: 'x' },
  ]);
  const page = await admin.get(sent.header('location'));

  const types = ['/Read-me', '/menu', '/logo.svg', '/a.woff2'].map(
    (path) => held(admin, path)?.['type'],
  );
  assert.deepEqual(types, ['Document', 'Template', 'Image', 'File']);
  assert.equal(held(admin, '/Read-me')?.['source'], '# Hi');
  assert.match(page.text, /Uploaded 4 files to \/: Read-me, menu, logo\.svg and 1 other/);
});

test('upload: a file replaces what an object of its type and id holds, and no other', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', {
    type: 'Document',
    id: 'faq',
    title: 'Questions',
    fields: { source: 'old' },
  });
  await admin.add('/', { type: 'Folder', id: 'tips' });
  const file = (filename: string): Parameters<AdminSite['upload']>[2][number] => ({
    field: 'file',
    filename,
    contentType: 'text/markdown',
    text: 'new',
  });

  await admin.upload('/@manage/upload', { action: 'upload' }, [file('faq.md')]);
  const refused = await admin.upload('/@manage/upload', { action: 'upload' }, [file('tips.md')]);

  assert.equal(held(admin, '/faq')?.['source'], 'new');
  assert.equal(held(admin, '/faq')?.['title'], 'Questions');
  assert.equal(refused.status, 409);
  assert.match(refused.text, /\/tips is of type Folder, and tips\.md would become Document/);
});

test('upload: without a file it says what is missing', async () => {
  await using admin = await AdminSite.open();

  const page = await admin.upload('/@manage/upload', { action: 'upload' }, []);

  assert.equal(page.status, 400);
  assert.match(page.text, /Choose at least one file/);
});

test('rename: several objects get new ids and titles at once', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'a', title: 'A' });
  await admin.add('/', { type: 'Folder', id: 'b', title: 'B' });
  const asked = await admin.post('/@manage/contents', { action: 'rename', id: ['a', 'b'] });
  const form = await admin.get(asked.header('location'));

  const sent = await admin.post(asked.header('location'), {
    action: 'rename',
    'id-0': 'one',
    'title-0': 'One',
    'id-1': 'b',
    'title-1': 'Two',
  });

  assert.equal(asked.header('location'), '/@manage/rename?id=a&id=b');
  assert.match(form.text, /name="id-0" value="a"/);
  assert.equal(sent.status, 303);
  assert.equal(held(admin, '/a'), undefined);
  assert.equal(held(admin, '/one')?.['title'], 'One');
  assert.equal(held(admin, '/b')?.['title'], 'Two');
});

test('rename: an id that is taken is refused in its row, and nothing is renamed', async () => {
  await using admin = await AdminSite.open();
  for (const id of ['a', 'b', 'c']) await admin.add('/', { type: 'Folder', id });

  const page = await admin.post('/@manage/rename?id=a&id=b', {
    action: 'rename',
    'id-0': 'x',
    'title-0': '',
    'id-1': 'c',
    'title-1': '',
  });

  assert.equal(page.status, 422);
  assert.match(page.text, /name="id-0" value="x"/);
  assert.match(page.text, /name="id-1" value="c"[^>]*aria-invalid="true"/);
  assert.match(page.text, /“c” is taken in \//);
  assert.notEqual(held(admin, '/a'), undefined);
});

test('upload: a file in the place of another is told as replaced, and can be undone', async () => {
  await using admin = await AdminSite.open();
  const send = async (...texts: readonly string[]): Promise<string> => {
    const sent = await admin.upload(
      '/@manage/upload',
      { action: 'upload' },
      texts.map((text, index) => ({
        field: 'file',
        filename: `${index + 1}.txt`,
        contentType: 'text/plain',
        text,
      })),
    );
    const page = await admin.get(sent.header('location'));
    const [, toast = ''] = /<div class="toast">(.*?)<\/div>/s.exec(page.text) ?? [];
    assert.match(toast, /value="undo"/);
    return /<span>(.*?)<\/span>/.exec(toast)?.[1] ?? '';
  };

  assert.equal(await send('one'), 'Uploaded 1.txt to /');
  assert.equal(await send('another'), 'Replaced 1.txt in /');
  assert.equal(await send('a third', 'two'), 'Uploaded 2.txt to /; replaced 1.txt');
  assert.equal(await send('a fourth', 'changed'), 'Replaced 2 files in /: 1.txt and 2.txt');
});

test('properties: title, fields and properties are saved together', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', {
    type: 'Document',
    id: 'faq',
    properties: [
      { name: 'draft', type: 'boolean', value: true },
      { name: 'footer:text', type: 'string', value: 'old' },
    ],
  });

  const sent = await admin.post('/faq/@manage/properties', {
    action: 'save',
    fields: 'sent',
    title: 'Questions',
    'fields.format': 'html',
    'fields.layout': 'layout',
    'name-0': 'draft',
    'type-0': 'boolean',
    'name-1': 'footer:text',
    'type-1': 'string',
    'value-1': 'new',
  });

  assert.equal(sent.status, 303);
  const object = held(admin, '/faq');
  assert.equal(object?.['title'], 'Questions');
  assert.equal(object?.['format'], 'html');
  assert.deepEqual(object?.['properties'], {
    draft: { type: 'boolean', value: false },
    'footer:text': { type: 'string', value: 'new' },
  });
});

test('properties: tokens are shown as they can be sent again, one space between each two', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', {
    type: 'Folder',
    id: 'a',
    properties: [{ name: 'words', type: 'tokens', value: ['a', 'b', 'c'] }],
  });

  const page = await admin.get('/a/@manage/properties');

  assert.match(page.text, /name="value-0" value="a b c"/);
});

test('properties: a value that does not fit its type is refused at its row', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', {
    type: 'Folder',
    id: 'a',
    properties: [{ name: 'when', type: 'date', value: '2026-05-01' }],
  });

  const page = await admin.post('/a/@manage/properties', {
    action: 'save',
    'name-0': 'when',
    'type-0': 'date',
    'value-0': 'soon',
  });

  assert.equal(page.status, 422);
  assert.match(page.text, /value="soon"[^>]*aria-invalid="true" aria-describedby="error-0"/);
  assert.match(page.text, /<p class="field__error" id="error-0">.*Not a date\. Write 2026-05-01/);
  assert.match(page.text, /<li>when: Not a date/, 'the message above the form names the property');
});

test('properties: one that cannot be added is refused at the input that is wrong', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', {
    type: 'Folder',
    id: 'a',
    properties: [{ name: 'when', type: 'date', value: '2026-05-01' }],
  });
  const add = { action: 'add', 'new-type': 'date', 'new-choices': '' };

  const value = await admin.post('/a/@manage/properties', {
    ...add,
    'new-name': 'until',
    'new-value': 'soon',
  });
  const name = await admin.post('/a/@manage/properties', {
    ...add,
    'new-name': 'when',
    'new-value': '2026-05-02',
  });

  assert.match(value.text, /id="new-value-error">.*Not a date/);
  assert.doesNotMatch(value.text, /id="new-name-error"/);
  assert.match(name.text, /id="new-name-error">.*There is a property when already/);
  assert.doesNotMatch(name.text, /id="new-value-error"/);
});

test('properties: one is added with its type, changed to another, and deleted', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'a' });
  const at = '/a/@manage/properties';
  const added = {
    action: 'add',
    'new-name': 'age',
    'new-type': 'int',
    'new-value': '7',
    'new-choices': '',
  };

  await admin.post(at, added);
  assert.deepEqual(held(admin, '/a')?.['properties'], { age: { type: 'int', value: 7 } });
  const again = await admin.post(at, added);
  assert.equal(again.status, 422);
  await admin.post(at, { action: 'save', 'name-0': 'age', 'type-0': 'string', 'value-0': 'seven' });
  assert.deepEqual(held(admin, '/a')?.['properties'], { age: { type: 'string', value: 'seven' } });
  await admin.post(at, { action: 'remove', property: 'age' });
  assert.deepEqual(held(admin, '/a')?.['properties'], {});
});

test('properties: saving what is there already makes no transaction', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'a', title: 'A' });

  const sent = await admin.post('/a/@manage/properties', {
    action: 'save',
    fields: 'sent',
    title: 'A',
  });

  assert.equal(sent.header('location'), '/a/@manage/properties');
  assert.match(sent.cookies, /canopy_said=Nothing/);
});

test('properties: whoever may not change them reads them', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', {
    type: 'Folder',
    id: 'a',
    title: 'A <b>',
    properties: [{ name: 'x', type: 'string', value: '<i>' }],
  });
  const reader = await admin.addUser('reader', { at: '/' });

  const page = await admin.get('/a/@manage/properties', { as: reader });

  assert.match(page.text, /you lack the permission Change Folders/);
  assert.match(page.text, /&lt;i&gt;/);
  assert.doesNotMatch(page.text, /value="save"/);
});

test('properties: a file is replaced by another', async () => {
  await using admin = await AdminSite.open();
  await admin.upload('/@manage/upload', { action: 'upload' }, [
    { field: 'file', filename: 'a.txt', contentType: 'text/plain', text: 'one' },
  ]);

  const sent = await admin.upload('/a.txt/@manage/properties', { action: 'replace' }, [
    { field: 'data', filename: 'b.txt', contentType: 'text/plain', text: 'three' },
  ]);

  assert.equal(sent.status, 303);
  assert.equal(held(admin, '/a.txt')?.['size'], 5);
});

test('users: one is added with a role, changed, and deleted', async () => {
  await using admin = await AdminSite.open();
  const at = '/acl_users/@manage/users';

  const added = await admin.post(at, {
    action: 'add',
    name: 'lin',
    password: 'a long one',
    'password-again': 'a long one',
    roles: 'Manager',
    domains: '',
  });
  const lin = { name: 'lin', password: 'a long one' };
  const asLin = await admin.get('/@manage', { as: lin });
  await admin.post(at, {
    action: 'save',
    user: 'lin',
    password: '',
    'password-again': '',
    domains: '',
  });
  const without = await admin.get('/@manage', { as: lin });
  await admin.post(at, { action: 'delete', user: 'lin' });

  assert.match(added.header('location'), /\?user=lin&done=\d+$/);
  assert.equal(asLin.status, 200);
  assert.equal(without.status, 403);
  assert.equal(held(admin, '/acl_users/lin'), undefined);
});

test('users: passwords that differ are refused, and nothing of them is shown', async () => {
  await using admin = await AdminSite.open();

  const page = await admin.post('/acl_users/@manage/users', {
    action: 'add',
    name: 'lin',
    password: 'secret-one',
    'password-again': 'secret-two',
    domains: '10.0.0.*',
  });

  assert.equal(page.status, 422);
  assert.match(page.text, /The two passwords differ/);
  assert.match(page.text, /name="name" value="lin"/);
  assert.match(page.text, /10\.0\.0\.\*/);
  assert.doesNotMatch(page.text, /secret-/);
});

test('users: nobody deletes themselves', async () => {
  await using admin = await AdminSite.open();

  const page = await admin.post('/acl_users/@manage/users', { action: 'delete', user: 'admin' });

  assert.equal(page.status, 400);
  assert.match(page.text, /You cannot delete yourself/);
});

test('go to: a path finds what begins so, a word what has it', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await admin.add('/guide', { type: 'Document', id: 'install', title: 'Set it up' });

  const path = await admin.get('/@manage/go-to?q=/guide/in&part=go-to-options');
  const word = await admin.get('/guide/@manage/go-to?q=set+it');
  const screen = await admin.get('/guide/@manage/go-to?q=prop');
  const none = await admin.get('/@manage/go-to?q=%3Cnothing%3E');

  assert.match(path.text, /href="\/guide\/install\/@manage"/);
  assert.match(word.text, /href="\/guide\/install\/@manage"/);
  assert.match(screen.text, /href="\/guide\/@manage\/properties"/);
  assert.match(none.text, /Nothing is called <code>&lt;nothing&gt;<\/code>/);
});

test('view: the page is shown in a frame in which nothing runs', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Document', id: 'faq' });

  const page = await admin.get('/faq/@manage/view');

  assert.match(page.text, /<iframe[^>]*src="\/faq"[^>]*sandbox="allow-same-origin"/);
});

test('help: every page there is a link to exists', async () => {
  await using admin = await AdminSite.open();

  const first = await admin.get('/@manage/help');
  const links = [...first.text.matchAll(/href="(\/@manage\/help\/[a-z-]+)"/g)].map(
    ([, href = '']) => href,
  );

  assert.ok(links.length > 8);
  for (const href of links) {
    const page = await admin.get(href);
    assert.equal(page.status, 200, href);
  }
});

test('add: where the id is taken, the field says so and keeps everything that was typed', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Document', id: 'api-doc' });

  const page = await admin.post('/@manage/add/Document', {
    action: 'add',
    id: 'api-doc',
    title: 'Typed',
    'fields.source': 'Text',
  });

  assert.equal(page.status, 409);
  assert.match(page.text, /“api-doc” is taken in \/\. Choose another id\./);
  assert.match(page.text, /name="id" value="api-doc"[^>]* aria-invalid="true"/);
  assert.match(page.text, /name="title" value="Typed"/);
});
