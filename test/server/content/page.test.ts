/** Pages: what objects answer when they are published. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setData } from '../../../server/content/edit.js';
import { Executable } from '../../../server/content/executable.js';
import {
  Invalid,
  MethodNotAllowed,
  NotFound,
  TemplateError,
  Unauthorized,
} from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, memorySite, type MemorySite } from '../../support/site.js';

async function site(): Promise<MemorySite> {
  const made = await memorySite();
  const layout = '<main>{{title}}: {{> @partial-block}}</main>';
  await made.add('/layout', { type: 'Template', fields: { source: layout } });
  await made.add('/page', {
    type: 'Template',
    fields: { source: '{{title}} at {{@context.path}}' },
  });
  await made.add('/news', { type: 'Folder', title: 'News' });
  await made.add('/news/today', { type: 'Document', title: 'Today', fields: { source: '# Hi' } });
  return made;
}

test('Document: shown in the layout it acquires, with its text as the block', async () => {
  await using made = await site();
  const { status, text } = await made.publish('/news/today');
  assert.equal(status, 200);
  assert.equal(text, '<main>Today: <h1 id="hi">Hi</h1>\n</main>');
});

test('Document: the layout it names, else the text alone', async () => {
  await using made = await site();
  await made.add('/plain', { type: 'Document', fields: { source: 'a', layout: '' } });
  await made.add('/none', { type: 'Document', fields: { source: 'a', layout: 'nothing' } });
  await made.add('/html', {
    type: 'Document',
    fields: { source: '<i>a</i>', format: 'html', layout: '' },
  });
  await made.add('/other', {
    type: 'Document',
    title: 'T',
    fields: { source: 'a', layout: 'page' },
  });
  assert.equal((await made.publish('/plain')).text, '<p>a</p>\n');
  assert.equal((await made.publish('/none')).text, '<p>a</p>\n');
  assert.equal((await made.publish('/html')).text, '<i>a</i>');
  assert.equal((await made.publish('/other')).text, 'T at /other');
});

test('Document: a layout is a template; whatever else is called so is passed over', async () => {
  await using made = await site();
  await made.add('/news/layout', { type: 'Folder' });
  assert.match((await made.publish('/news/today')).text, /^<main>Today/);
});

test('Document: active content of an author who may not write it is not shown', async () => {
  await using made = await site();
  await made.add('/acl_users/low', { type: 'User' });
  const source = '<b>x</b><script>alert(1)</script>';
  await made.add('/a', { type: 'Document', fields: { source, format: 'html', layout: '' } });
  assert.equal((await made.publish('/a')).text, source);
  await made.manage((work) => {
    const document = at(work, '/a');
    if (document instanceof Executable) document.authors = [ADMIN_KEY, '/acl_users:low'];
  });
  assert.equal((await made.publish('/a')).text, '<b>x</b>');
  made.read((object) => {
    const document = object('/a');
    assert.ok(document instanceof Executable);
    assert.equal(document.source, source, 'what is stored stays as written');
  });
});

test('Document: a layout does nothing that the document’s authors may not', async () => {
  await using made = await site();
  await made.add('/acl_users/low', { type: 'User' });
  await made.add('/secret', { type: 'Document', title: 'Secret' });
  await made.add('/leak', { type: 'Template', fields: { source: '{{secret.title}}' } });
  await made.add('/a', { type: 'Document', fields: { layout: 'leak' } });
  await made.manage((work) => {
    at(work, '/secret').permissions = { View: { roles: ['Manager'], acquire: false } };
  });
  assert.equal((await made.publish('/a', { user: ADMIN_KEY })).text, 'Secret');
  await made.manage((work) => {
    const document = at(work, '/a');
    if (document instanceof Executable) document.authors = ['/acl_users:low'];
  });
  await assert.rejects(made.publish('/a', { user: ADMIN_KEY }), Unauthorized);
});

test('Template: called on what it was reached from', async () => {
  await using made = await site();
  assert.equal((await made.publish('/news/page')).text, 'News at /news');
  assert.equal((await made.publish('/news/today/page')).text, 'Today at /news/today');
  assert.equal((await made.publish('/page')).text, 'Home at /');
});

test('Template: its media type decides whether values are escaped', async () => {
  await using made = await site();
  const source = '{{@request.form.q}}';
  await made.add('/html', { type: 'Template', fields: { source } });
  await made.add('/text', { type: 'Template', fields: { source, contentType: 'text/plain' } });
  await made.add('/feed', {
    type: 'Template',
    fields: { source, contentType: 'application/atom+xml' },
  });
  assert.equal((await made.publish('/html?q=<b>')).text, '&lt;b&gt;');
  const plain = await made.publish('/text?q=<b>');
  assert.equal(plain.text, '<b>');
  assert.equal(plain.header('Content-Type'), 'text/plain');
  assert.equal((await made.publish('/feed?q=<b>')).text, '&lt;b&gt;');
});

test('Template: query and body are fields, the body last', async () => {
  await using made = await site();
  const source = '{{@request.form.a}} {{@request.form.b}} {{@request.query}}';
  await made.add('/form', { type: 'Template', fields: { source } });
  const published = await made.publish('/form?a:int=1&b=2', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'b=3',
  });
  assert.equal(published.text, '1 3 a:int&#x3D;1&amp;b&#x3D;2');
  const json = await made.publish('/form?a=1', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"b": 4}',
  });
  assert.equal(json.text, '1 4 a&#x3D;1');
});

test('Template: says what is wrong, with path, line and column', async () => {
  await using made = await site();
  await made.add('/strict', {
    type: 'Template',
    fields: { source: 'a\n {{nothing}}', strict: true },
  });
  await assert.rejects(made.publish('/strict'), (error) => {
    assert.ok(error instanceof TemplateError, String(error));
    assert.deepEqual([error.path, error.line], ['/strict', 2]);
    return true;
  });
});

test('Template: neither credentials nor the session are for templates to read', async () => {
  await using made = await site();
  const source =
    '[{{@request.headers.authorization}}{{@request.headers.cookie}}{{@request.cookies.canopy_session}}] {{@request.cookies.a}}';
  await made.add('/peek', { type: 'Template', fields: { source } });
  const headers = { authorization: 'Basic eA==', cookie: 'a=1; canopy_session=secret' };
  assert.equal((await made.publish('/peek', { headers })).text, '[] 1');
});

test('Template: may say something of the answer, but not what decides how it is read', async () => {
  await using made = await site();
  const add = (id: string, source: string): Promise<void> =>
    made.add(`/${id}`, { type: 'Template', fields: { source } });
  await add('ok', '{{@response.status 404}}{{@response.header "X-A" "b"}}gone');
  await add('away', '{{@response.redirect "/ü"}}');
  await add('kind', '{{@response.header "Content-Type" "text/html"}}');
  await add('session', '{{@response.header "Set-Cookie" "canopy_session=x"}}');
  await add('odd', '{{@response.header "X-A" "日"}}');
  const ok = await made.publish('/ok');
  assert.deepEqual([ok.status, ok.header('X-A'), ok.text], [404, 'b', 'gone']);
  const away = await made.publish('/away');
  assert.deepEqual([away.status, away.header('Location')], [302, '/%C3%BC']);
  for (const url of ['/kind', '/session', '/odd']) {
    await assert.rejects(made.publish(url), TemplateError, url);
  }
});

test('Folder: shows its index_html, its own or acquired', async () => {
  await using made = await site();
  await made.add('/index_html', { type: 'Template', fields: { source: 'Page of {{title}}' } });
  assert.equal((await made.publish('/')).text, 'Page of Home');
  assert.equal((await made.publish('/news/')).text, 'Page of News');
  await made.add('/news/index_html', {
    type: 'Document',
    title: 'Own',
    fields: { layout: '', source: 'own' },
  });
  assert.equal((await made.publish('/news/')).text, '<p>own</p>\n');
});

test('Folder: without an index_html lists what the visitor may view', async () => {
  await using made = await site();
  await made.add('/news/secret', { type: 'Document', title: 'Secret' });
  await made.add('/news/odd', { type: 'Document', title: '<b>' });
  await made.manage((work) => {
    at(work, '/news/secret').permissions = { View: { roles: ['Manager'], acquire: false } };
  });
  const { text } = await made.publish('/news/');
  assert.match(text, /<a href="\/news\/today">Today<\/a>/);
  assert.match(text, /&lt;b&gt;/);
  assert.doesNotMatch(text, /Secret/);
  assert.match((await made.publish('/news/', { user: ADMIN_KEY })).text, /Secret/);
});

const redirects: readonly (readonly [url: string, status: number, location: string])[] = [
  ['/news', 301, '/news/'],
  ['/news?a=1', 301, '/news/?a=1'],
  ['/news/today/', 301, '/news/today'],
  ['/news/page/?a=1', 301, '/news/page?a=1'],
  ['/manage', 302, '/@manage'],
  ['/news/manage_main', 302, '/news/@manage'],
  ['/news/today/manage', 302, '/news/today/@manage'],
];

for (const [url, status, location] of redirects) {
  test(`publishPage: ${url} leads to ${location}`, async () => {
    await using made = await site();
    const published = await made.publish(url);
    assert.deepEqual([published.status, published.header('Location')], [status, location]);
  });
}

test('publishPage: an object called manage is that object', async () => {
  await using made = await site();
  await made.add('/manage', { type: 'Document', fields: { source: 'x', layout: '' } });
  assert.equal((await made.publish('/manage')).text, '<p>x</p>\n');
});

test('publishPage: what has no page leads managers to its screens, and is not there for others', async () => {
  await using made = await site();
  await assert.rejects(made.publish('/acl_users'), NotFound);
  await assert.rejects(made.publish('/acl_users/admin'), NotFound);
  const folder = await made.publish('/acl_users', { user: ADMIN_KEY });
  assert.deepEqual([folder.status, folder.header('Location')], [302, '/acl_users/@manage']);
  const user = await made.publish('/acl_users/admin', { user: ADMIN_KEY });
  assert.equal(user.header('Location'), '/acl_users/admin/@manage');
});

test('publishPage: View is asked of the object, and of what is called on it', async () => {
  await using made = await site();
  const hide = (path: string, roles: readonly string[]): Promise<void> =>
    made.manage((work) => {
      at(work, path).permissions = { View: { roles, acquire: false } };
    });
  await hide('/news', ['Manager']);
  await assert.rejects(made.publish('/news/page'), Unauthorized);
  await assert.rejects(made.publish('/news/today'), Unauthorized);
  await assert.rejects(made.publish('/news'), Unauthorized);
  await hide('/news', ['Anonymous']);
  await hide('/page', ['Manager']);
  await assert.rejects(made.publish('/news/page'), Unauthorized);
});

test('publishPage: other methods are refused, and POST renders', async () => {
  await using made = await site();
  await assert.rejects(made.publish('/news/page', { method: 'DELETE' }), MethodNotAllowed);
  const posted = await made.publish('/news', { method: 'POST' });
  assert.equal(posted.status, 200);
});

test('publishPage: a button’s method is called on the object', async () => {
  await using made = await site();
  const published = await made.publish('/news/today?page:method=Go');
  assert.equal(published.text, 'Today at /news/today');
  await assert.rejects(made.publish('/news/today?nothing:method=Go'), NotFound);
});

test('File: bytes of the blob store, in a sandbox', async () => {
  await using made = await site();
  await made.add('/a.css', { type: 'File' });
  await made.manage((work) => setData(work, at(work, '/a.css'), { bytes: Buffer.from('b{}') }));
  const { response } = await made.publish('/a.css');
  const sha256 = response.blob?.sha256 ?? '';
  assert.equal(response.blob?.contentType, 'text/css; charset=utf-8');
  assert.equal(response.header('ETag'), `"${sha256}"`);
  assert.equal(response.header('Content-Security-Policy'), 'sandbox');
  assert.equal(response.header('X-Content-Type-Options'), 'nosniff');
  assert.ok(Number.isFinite(Date.parse(response.header('Last-Modified') ?? '')));
  assert.equal(response.header('Content-Disposition'), undefined);
});

const dispositions: readonly (readonly [
  type: string,
  id: string,
  contentType: string,
  disposition: string | undefined,
])[] = [
  [
    'File',
    'a.html',
    'text/html; charset=utf-8',
    'attachment; filename="a.html"; filename*=UTF-8\'\'a.html',
  ],
  [
    'File',
    'ü".svg',
    'image/svg+xml',
    'attachment; filename="__.svg"; filename*=UTF-8\'\'%C3%BC%22.svg',
  ],
  ['File', 'a.xml', 'application/xml', 'attachment; filename="a.xml"; filename*=UTF-8\'\'a.xml'],
  ['File', 'a.pdf', 'application/pdf', undefined],
  ['Image', 'a.svg', 'image/svg+xml', undefined],
  ['Image', 'a.png', 'image/png', undefined],
  ['Image', 'b.html', 'text/html', 'attachment; filename="b.html"; filename*=UTF-8\'\'b.html'],
];

for (const [type, id, contentType, disposition] of dispositions) {
  test(`${type}: ${contentType} is ${disposition === undefined ? 'shown' : 'downloaded'}`, async () => {
    await using made = await site();
    await made.add(`/${id}`, { type, fields: { contentType } });
    const published = await made.publish(`/${encodeURIComponent(id)}`);
    assert.equal(published.header('Content-Disposition'), disposition);
    assert.equal(published.header('ETag'), '"empty"');
  });
}

test('Redirect: leads to its target, for now or for ever', async () => {
  await using made = await site();
  await made.add('/a', { type: 'Redirect', fields: { target: '/grüße/x?y=1' } });
  await made.add('/b', {
    type: 'Redirect',
    fields: { target: 'https://example.org/%C3%BC', status: 301 },
  });
  await made.add('/c', { type: 'Redirect' });
  const first = await made.publish('/a');
  assert.deepEqual([first.status, first.header('Location')], [302, '/gr%C3%BC%C3%9Fe/x?y=1']);
  const second = await made.publish('/b');
  assert.deepEqual([second.status, second.header('Location')], [301, 'https://example.org/%C3%BC']);
  await assert.rejects(made.publish('/c'), NotFound);
});

test('Template: what it gives is sent in UTF-8 and in one piece', async () => {
  await using made = await site();
  const add = (id: string, contentType: string): Promise<void> =>
    made.add(`/${id}`, { type: 'Template', fields: { source: 'a', contentType } });
  const odd = [
    'text/html; charset=iso-2022-jp',
    'text/html; charset=utf-8; charset=utf-16',
    'text/html; charset="utf-7"',
    'text/html; a="; charset=utf-8"',
    'multipart/x-mixed-replace; boundary=b',
  ];
  for (const contentType of odd) await assert.rejects(add('odd', contentType), Invalid);
  await add('plain', 'text/html');
  assert.equal((await made.publish('/plain')).header('content-type'), 'text/html; charset=utf-8');
  await add('style', 'text/css;charset=UTF-8');
  assert.equal((await made.publish('/style')).header('content-type'), 'text/css;charset=UTF-8');
  await add('data', 'application/json');
  assert.equal((await made.publish('/data')).header('content-type'), 'application/json');
});

test('Template: sets no session, and no header that is about more than its page', async () => {
  await using made = await site();
  const headers = [
    ['Set-Cookie', 'canopy_session=mine'],
    ['set-cookie', '=canopy_session=mine'],
    ['Set-Cookie', ' = canopy_session=mine'],
    ['Clear-Site-Data', '*'],
    ['Strict-Transport-Security', 'max-age=1'],
    ['Service-Worker-Allowed', '/'],
  ];
  for (const [at, [name, value]] of headers.entries()) {
    const source = `{{call (@response.header "${name}" "${value}")}}`;
    await made.add(`/header${at}`, { type: 'Template', fields: { source } });
    await assert.rejects(made.publish(`/header${at}`), TemplateError, `${name}: ${value}`);
  }
  const source = '{{call (@response.header "Set-Cookie" "look=dark")}}';
  await made.add('/cookie', { type: 'Template', fields: { source } });
  assert.equal((await made.publish('/cookie')).header('set-cookie'), 'look=dark');
});
