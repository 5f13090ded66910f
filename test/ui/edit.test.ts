/** The editor's screen: a plain form that saves, tells what is wrong and where, and loses nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExecutable } from '../../server/content/executable.js';
import { AdminSite, type Fields, type Page } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  const layout = '<html><head></head><body>{{title}}|{{> @partial-block}}</body></html>';
  await admin.add('/', { type: 'Template', id: 'layout', fields: { source: layout } });
  await admin.add('/', { type: 'Template', id: 'greeting', fields: { source: 'Hello {{title}}' } });
  await admin.add('/', {
    type: 'Document',
    id: 'about',
    title: 'About',
    fields: { source: 'one\ntwo\nthree' },
  });
  return admin;
}

function sourceOf(admin: AdminSite, path: string): string {
  return admin.look(path, (object) => (isExecutable(object) ? object.source : ''));
}

function baseOf(page: Page): string {
  return /name="base" value="(\d+)"/.exec(page.text)?.[1] ?? '';
}

/** The text in the form, as a browser reads it: without the line break that follows the tag. */
function textIn(page: Page): string {
  const [, text = ''] =
    /<textarea[^>]*name="source"[^>]*>\n([\s\S]*?)<\/textarea>/.exec(page.text) ?? [];
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

const save = (fields: Fields): Fields => ({ action: 'save', ...fields });

test('edit: a document opens with its text, title and fields, and the revision they are of', async () => {
  await using admin = await site();
  const page = await admin.get('/about/@manage');
  assert.equal(page.status, 200);
  assert.equal(textIn(page), 'one\ntwo\nthree');
  assert.match(page.text, /id="title" name="title" value="About"/);
  assert.match(page.text, /name="fields.format"/);
  assert.match(page.text, /data-language="markdown" data-mustaches="no"/);
  assert.notEqual(baseOf(page), '');
});

test('edit: a new template opens empty, and is highlighted as one', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Template', id: 'empty' });
  const page = await admin.get('/empty/@manage');
  assert.equal(textIn(page), '');
  assert.match(page.text, /data-language="html" data-mustaches="yes"/);
  assert.match(page.text, /Handlebars in HTML/);
});

test('edit: what was written is text in the page, never markup', async () => {
  await using admin = await AdminSite.open();
  const source = '</textarea><script>alert(1)</script>';
  await admin.add('/', { type: 'Document', id: 'evil', title: '"><i>', fields: { source } });
  const page = await admin.get('/evil/@manage');
  assert.doesNotMatch(page.text, /<script>alert/);
  assert.doesNotMatch(page.text, /"><i>/);
  assert.equal(textIn(page), source);
});

test('edit: a source that begins with a line break keeps it', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Document', id: 'a', fields: { source: '\nfirst' } });
  assert.equal(textIn(await admin.get('/a/@manage')), '\nfirst');
});

test('edit: saving sets text, title and fields in one transaction with the note that was given', async () => {
  await using admin = await site();
  const base = baseOf(await admin.get('/about/@manage'));
  const form = { base, source: 'one\r\n2\r\nthree', title: 'About us', note: 'Say it shorter' };
  const done = await admin.post('/about/@manage/edit', save(form));
  assert.equal(done.status, 303);
  assert.match(done.header('location'), /^\/about\/@manage\/edit\?done=\d+$/);
  assert.equal(sourceOf(admin, '/about'), 'one\n2\nthree');
  const page = await admin.get(done.header('location'));
  assert.match(page.text, /<span>Saved \/about: “Say it shorter”<\/span>/);
  assert.match(page.text, /name="action" value="undo"/);
});

test('edit: what a source has of line breaks stays, whatever a browser sends', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Document', id: 'a', fields: { source: 'x\r\ny' } });
  await admin.post('/a/@manage/edit', save({ source: 'x\r\nz' }));
  assert.equal(sourceOf(admin, '/a'), 'x\r\nz');
});

test('edit: saving what is saved already changes nothing and says so', async () => {
  await using admin = await site();
  const done = await admin.post('/about/@manage/edit', save({ source: 'one\r\ntwo\r\nthree' }));
  assert.equal(done.header('location'), '/about/@manage/edit');
  const page = await admin.get('/about/@manage/edit', { cookies: done.cookies });
  assert.match(page.text, /this is saved already/);
});

test('edit: an error is told with its line, and what was typed is still there', async () => {
  await using admin = await site();
  const page = await admin.post('/greeting/@manage/edit', save({ source: 'one\r\n{{#if}}' }));
  assert.equal(page.status, 422);
  assert.match(page.text, /<a href="#source">Line 2, column \d+:<\/a>/);
  assert.equal(textIn(page).replaceAll('\r\n', '\n'), 'one\n{{#if}}');
  assert.equal(sourceOf(admin, '/greeting'), 'Hello {{title}}');
  const json = await admin.post('/greeting/@manage/edit', save({ source: '{{#if' }), {
    accept: 'application/json',
  });
  assert.equal(json.status, 422);
  assert.match(json.text, /"field":"fields.source"/);
});

test('edit: who changed other lines meanwhile is kept, and the page says so', async () => {
  await using admin = await site();
  const base = baseOf(await admin.get('/about/@manage'));
  await admin.post('/about/@manage/edit', save({ base, source: 'ONE\ntwo\nthree' }));
  const done = await admin.post('/about/@manage/edit', save({ base, source: 'one\ntwo\nTHREE' }));
  assert.match(done.header('location'), /merged=1&done=\d+$/);
  assert.equal(sourceOf(admin, '/about'), 'ONE\ntwo\nTHREE');
  const page = await admin.get(done.header('location'));
  assert.match(page.text, /Saved together with what admin changed meanwhile/);
});

test('edit: where both changed one line nothing is saved, both are shown, and the next save decides', async () => {
  await using admin = await site();
  const base = baseOf(await admin.get('/about/@manage'));
  await admin.post('/about/@manage/edit', save({ base, source: 'one\nTHEIRS\nthree\nfour' }));
  const page = await admin.post('/about/@manage/edit', save({ base, source: 'one\nMINE\nthree' }));
  assert.equal(page.status, 412);
  assert.equal(sourceOf(admin, '/about'), 'one\nTHEIRS\nthree\nfour');
  assert.equal(page.text.match(/role="alert"/g)?.length, 1, 'it is said once');
  assert.match(page.text, /THEIRS/);
  assert.match(textIn(page), /^one\nMINE\nthree/);
  assert.notEqual(baseOf(page), base);
  const again = save({ base: baseOf(page), source: textIn(page) });
  const done = await admin.post('/about/@manage/edit', again);
  assert.equal(done.status, 303);
  assert.match(sourceOf(admin, '/about'), /^one\nMINE\nthree/);
});

test('edit: checking tells what is wrong and changes nothing', async () => {
  await using admin = await site();
  const options = { accept: 'application/json' };
  const wrong = await admin.post(
    '/greeting/@manage/edit',
    { action: 'check', source: '{{#each x}}' },
    options,
  );
  assert.equal(wrong.status, 200);
  const [problem] = wrong.json['errors'] as { field: string; line: number }[];
  assert.equal(problem?.field, 'fields.source');
  assert.equal(problem?.line, 1);
  const right = await admin.post(
    '/greeting/@manage/edit',
    { action: 'check', source: 'Bye {{title}}', from: '/about' },
    options,
  );
  assert.deepEqual(right.json['errors'], []);
  assert.equal(sourceOf(admin, '/greeting'), 'Hello {{title}}');
});

test('preview: a template is called on the object it is seen from, with the unsaved text', async () => {
  await using admin = await site();
  const page = await admin.post('/greeting/@manage/edit', {
    action: 'preview',
    source: 'Bye {{title}}',
    from: '/about',
  });
  assert.match(page.text, /Bye About/);
  assert.equal(page.header('content-security-policy'), 'sandbox');
  assert.equal(sourceOf(admin, '/greeting'), 'Hello {{title}}');
});

test('preview: a layout is shown around the page of the object it is seen from', async () => {
  await using admin = await site();
  const source = '<html><head></head><body>NEW {{> @partial-block}}</body></html>';
  const page = await admin.post('/layout/@manage/edit', {
    action: 'preview',
    source,
    from: '/about',
  });
  assert.match(page.text, /NEW <p>one/);
  assert.match(page.text, /<head><base href="\/about">/);
});

test('preview: a partial is shown in the page that it is part of, without a trace of how that was found', async () => {
  await using admin = await site();
  const layout = '<body>{{> greeting}}: {{> @partial-block}}</body>';
  await admin.post('/layout/@manage/edit', save({ source: layout }));
  const sent = { action: 'preview', source: 'Bye {{title}}', from: '/about' };
  const page = await admin.post('/greeting/@manage/edit', sent);
  assert.match(page.text, /<body>Bye About: <p>one/);
  assert.equal(page.text.replaceAll(/[ -~\s]/g, ''), '');
});

test('preview: a document is shown in its layout with the unsaved text', async () => {
  await using admin = await site();
  const page = await admin.post('/about/@manage/edit', { action: 'preview', source: '# Later' });
  assert.match(page.text, /About\|<h1[^>]*>Later<\/h1>/);
  assert.equal(sourceOf(admin, '/about'), 'one\ntwo\nthree');
});

test('preview: a text with an error gets a page that says which, without scripts and sandboxed', async () => {
  await using admin = await site();
  const page = await admin.post('/greeting/@manage/edit', { action: 'preview', source: '{{#if' });
  assert.match(page.text, /Not rendered/);
  assert.equal(page.header('content-security-policy'), 'sandbox');
});

test('edit: names that answer come nearest first, with where they come from', async () => {
  await using admin = await site();
  await admin.add('/', { type: 'Folder', id: 'news' });
  await admin.add('/news', { type: 'Template', id: 'greeting', title: 'Nearer' });
  const answer = await admin.post(
    '/greeting/@manage/edit',
    { action: 'names', from: '/news' },
    { accept: 'application/json' },
  );
  const names = answer.json['names'] as { name: string; origin: string; here: boolean }[];
  const greeting = names.filter(({ name }) => name === 'greeting');
  assert.deepEqual(
    greeting.map(({ origin, here }) => [origin, here]),
    [['/news', true]],
  );
  assert.equal(names.find(({ name }) => name === 'layout')?.origin, '/');
});

test('edit: who may not change it reads, and is offered no button', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/' });
  const page = await admin.get('/about/@manage/edit', { as: reader });
  assert.equal(page.status, 200);
  assert.match(page.text, / readonly>/);
  assert.doesNotMatch(page.text, /value="save"/);
  const refused = await admin.post('/about/@manage/edit', save({ source: 'x' }), { as: reader });
  assert.equal(refused.status, 403);
  assert.equal(sourceOf(admin, '/about'), 'one\ntwo\nthree');
});

test('edit: a file of text is edited as text, any other is replaced', async () => {
  await using admin = await AdminSite.open();
  const css = {
    field: 'file',
    filename: 'style.css',
    contentType: 'text/css',
    text: 'a { color: red }',
  };
  const zip = { field: 'file', filename: 'all.zip', contentType: 'application/zip', text: 'PK' };
  await admin.upload('/@manage/upload', { action: 'upload' }, [css, zip]);
  const page = await admin.get('/style.css/@manage/edit');
  assert.equal(textIn(page), 'a { color: red }');
  assert.match(page.text, /data-language="css"/);
  await admin.post('/style.css/@manage/edit', save({ source: 'b {}' }));
  assert.equal(textIn(await admin.get('/style.css/@manage/edit')), 'b {}');
  const other = await admin.get('/all.zip/@manage/edit');
  assert.doesNotMatch(other.text, /name="source"/);
  assert.match(other.text, /name="action" value="replace"/);
});

test('edit: a partial’s name finds the template, where a field of the same name is nearer', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Template', id: 'layout', title: 'Page frame' });
  await admin.add('/', { type: 'Document', id: 'page' });

  const answer = await admin.post(
    '/layout/@manage/edit',
    { action: 'names', from: '/page' },
    { accept: 'application/json' },
  );

  const names = answer.json['names'] as Readonly<Record<string, unknown>>[];
  const found = names
    .filter((each) => each['name'] === 'layout')
    .map(({ kind, origin, value, partial }) => ({ kind, origin, value, partial }));
  assert.deepEqual(found, [
    { kind: 'field', origin: '/page', value: true, partial: false },
    { kind: 'Template', origin: '/', value: false, partial: true },
  ]);
});

test('edit: the toast of a save with a note says what was saved, and the note', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Document', id: 'page' });
  const save = async (note: string, source: string): Promise<string> => {
    const sent = await admin.post('/page/@manage/edit', { action: 'save', source, note });
    const page = await admin.get(sent.header('location'));
    return /<div class="toast">.*?<span>(.*?)<\/span>/s.exec(page.text)?.[1] ?? '';
  };

  assert.equal(await save('Shorter head', 'one'), 'Saved /page: “Shorter head”');
  assert.equal(await save('', 'two'), 'Changed /page: source');
});

test('edit: whoever may not add active content is told what saving would take away, and because of whom it is gone', async () => {
  await using admin = await site();
  const source = '<!doctype html><style>p {}</style><p>{{title}}</p>';
  await admin.add('/', { type: 'Template', id: 'page', fields: { source } });
  const mara = await admin.addUser('mara', { at: '/' });
  for (const permission of ['View management screens', 'Change Templates']) {
    await admin.allowAll('/', permission);
  }
  const notice = (page: Page): string =>
    /data-editor="active">.*?<\/div><\/div>/.exec(page.text)?.[0].replace(/<[^>]+>/g, ' ') ?? '';

  assert.equal(notice(await admin.get('/page/@manage/edit')), '');
  const before = await admin.get('/page/@manage/edit', { as: mara });
  assert.match(
    notice(before),
    /Saved by you, this page is served without its document type.*styles/,
  );
  const plain = await admin.get('/greeting/@manage/edit', { as: mara });
  assert.equal(notice(plain), '');
  const check = async (text: string): Promise<unknown> => {
    const typed = { action: 'check', source: text };
    const options = { accept: 'application/json', as: mara };
    return (await admin.post('/greeting/@manage/edit', typed, options)).json['active'];
  };
  assert.equal(await check('Bye'), null);
  const { title } = (await check('<script>go()</script>')) as { title: string };
  assert.equal(title, 'Saved by you, this page is served without scripts');

  const base = baseOf(before);
  await admin.post('/page/@manage/edit', save({ source: `${source}!`, base }), { as: mara });
  const after = notice(await admin.get('/page/@manage/edit'));
  assert.match(after, /This page is served without its document type.*styles/);
  assert.match(after, /is mara, who may not “Add active content”/);
});
