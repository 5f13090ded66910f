/** What a version's first screen shows: the changes with what differs, and what somebody has seen of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentAt } from '../../server/content/content.js';
import { setPermissions } from '../../server/content/permissions.js';
import { type AdminSite, type Asker, type Page } from './admin-site.js';
import { change, changesOf, inside, textOf, titleAt, versionSite } from './version-site.js';

function saveQuestions(
  admin: AdminSite,
  source: string,
  where?: ReturnType<typeof inside>,
): Promise<Page> {
  const fields = { action: 'save', title: 'Questions', source };
  return admin.post('/guide/faq/@manage/edit', fields, where);
}

test('version: the first screen lists what was added, changed and removed, with what differs', async () => {
  await using admin = await versionSite();
  await change(admin);

  const page = await admin.get('/redesign/@manage');

  assert.deepEqual(changesOf(page), [
    'Changed: /guide/faq',
    'Added: /guide/new',
    'Removed: /guide/old',
  ]);
  assert.match(page.text, /<span class="was">Questions<\/span>/);
  assert.match(page.text, /<span class="now">Answers<\/span>/);
  const added = await admin.get('/redesign/@manage/changes?show=added');
  assert.deepEqual(changesOf(added), ['Added: /guide/new']);
});

test('version: one without changes says what to do in it', async () => {
  await using admin = await versionSite();

  const page = await admin.get('/redesign/@manage/changes');

  assert.match(textOf(page), /Nothing is changed in this version/);
  assert.doesNotMatch(page.text, /value="check-in"/);
  assert.doesNotMatch(page.text, /value="update"/);
});

test('version: what somebody has reviewed is hidden from them, until it changes or they ask for it', async () => {
  await using admin = await versionSite();
  await change(admin);
  const url = '/redesign/@manage/changes';

  await admin.post(url, { action: 'seen', object: ['/guide/faq', '/guide/new'] });
  const hidden = await admin.get(url);
  const shown = await admin.get(`${url}?reviewed=shown`);
  await admin.post(
    '/guide/faq/@manage/properties',
    { action: 'save', title: 'Again', fields: 'sent' },
    inside(admin),
  );

  assert.deepEqual(changesOf(hidden), ['Removed: /guide/old']);
  assert.match(textOf(hidden), /2 reviewed changes are hidden/);
  assert.match(textOf(hidden), /You have reviewed 2 of 3 changes/);
  assert.equal(changesOf(shown).length, 3);
  assert.deepEqual(changesOf(await admin.get(url)), ['Changed: /guide/faq', 'Removed: /guide/old']);
});

test('version: a mark on something that was changed meanwhile is not made, and one is told', async () => {
  await using admin = await versionSite();
  await change(admin);
  const url = '/redesign/@manage/changes';
  const seen = /name="seen" value="(\d+)"/.exec((await admin.get(url)).text)?.[1] ?? '';
  await admin.post(
    '/guide/faq/@manage/properties',
    { action: 'save', title: 'Later', fields: 'sent' },
    inside(admin),
  );

  const marked = await admin.post(url, { action: 'seen', object: '/guide/faq', seen });
  const approved = await admin.post(url, { action: 'approve', 'review-note': 'Fine', seen });

  const told = await admin.get(url, { cookies: marked.cookies });
  assert.match(textOf(told), /Not marked: 1 change that you have not seen as it is now/);
  assert.equal(approved.status, 409);
  assert.match(textOf(approved), /Look again first/);
  assert.match(approved.text, />\nFine<\/textarea>/);
});

test('version: whoever may work in it and not publish it is offered no more than that', async () => {
  await using admin = await versionSite();
  await change(admin);
  const reader: Asker = await admin.addUser('reader', { at: '/' });
  await admin.allowAll('/redesign', 'Join/leave Versions');

  const page = await admin.get('/redesign/@manage/changes', { as: reader });
  const refused = await admin.post(
    '/redesign/@manage/changes',
    { action: 'check-in', work: 'sent', keep: 'true' },
    { as: reader },
  );

  assert.equal(page.status, 200);
  assert.doesNotMatch(page.text, /value="(check-in|discard|approve|schedule)"/);
  assert.match(page.text, /value="ask"/);
  assert.equal(refused.status, 403);
  assert.equal(titleAt(admin, '/guide/faq'), 'Questions');
});

test('version: order, roles and settings of security that differ are told, too', async () => {
  await using admin = await versionSite();
  const there = inside(admin);
  await admin.post('/guide/@manage/contents?sort=order', { action: 'first', id: 'old' }, there);
  await admin.site.transact(
    '/acl_users:admin',
    (work) => {
      const guide = contentAt(admin.site.root(work.connection), '/guide');
      if (guide === undefined) throw new TypeError('There is no /guide');
      setPermissions(work, guide, {
        addRoles: ['Editor'],
        permissions: { 'Add Documents': { roles: ['Editor'], acquire: true } },
      });
    },
    { version: admin.look('/redesign', (object) => object?.oid) },
  );

  const page = textOf(await admin.get('/redesign/@manage/changes'));

  assert.match(page, /Roles defined here empty becomes Editor/);
  assert.match(page, /Permission Add Documents empty becomes Editor, and what is acquired/);
  assert.match(page, /Its place among its neighbours differs/);
});

test('version: every link on its screens leads somewhere', async () => {
  await using admin = await versionSite();
  await change(admin);
  const main = { action: 'save', title: 'Main says', fields: 'sent' };
  await admin.post('/guide/faq/@manage/properties', main);
  await admin.post('/redesign/@manage/changes', { action: 'seen', object: '/guide/new' });

  for (const options of [{}, inside(admin)]) {
    const followed = new Set<string>();
    for (const screen of ['changes', 'changes?reviewed=shown', 'activity', 'preview']) {
      const url = `http://site.test/redesign/@manage/${screen}`;
      const { text } = await admin.get(new URL(url).pathname + new URL(url).search, options);
      for (const [, href = ''] of text.matchAll(/<a [^>]*href="([^"]*)"/g)) {
        const { pathname, search } = new URL(href.replaceAll('&#x3D;', '='), url);
        followed.add(pathname + search.replaceAll('&amp;', '&'));
      }
    }
    for (const address of followed) {
      const { status } = await admin.get(address, options);
      assert.ok(status < 400, `${status} ${address}`);
    }
  }
});

test('version: each of its screens is JSON, too', async () => {
  await using admin = await versionSite();
  await change(admin);

  for (const screen of ['changes', 'activity', 'preview']) {
    const page = await admin.get(`/redesign/@manage/${screen}?format=json`);
    assert.equal(page.status, 200, screen);
    assert.equal(typeof page.json['action'], 'string');
  }
});

test('version: a change shows what the version did, and beside it what main has added since', async () => {
  await using admin = await versionSite();
  await saveQuestions(admin, 'ONE\ntwo\nthree\n', inside(admin));
  await saveQuestions(admin, 'one\ntwo\nthree\nfour\n');

  const { text } = await admin.get('/redesign/@manage/changes');

  const [own = '', fromMain = ''] = text.split('What comes from main');
  assert.match(own, /<ins>ONE<\/ins>|<td>ONE<\/td>/);
  assert.doesNotMatch(own, /four|Place|neighbours/);
  assert.match(own, /Also on main/);
  assert.match(own, /Main has changed it since, last by admin\. A check-in keeps both\./);
  assert.match(fromMain, /class="add">.*four/);
  assert.doesNotMatch(fromMain, /class="del">/);
});

test('version: what is in conflict shows what the version did, and leads to the conflict', async () => {
  await using admin = await versionSite();
  await saveQuestions(admin, 'ONE\ntwo\nthree\n', inside(admin));
  await saveQuestions(admin, 'eins\ntwo\nthree\nfour\n');

  const { text } = await admin.get('/redesign/@manage/changes');

  assert.match(text, /@manage\/conflicts\?path/);
  assert.doesNotMatch(text, /eins|four|<dt>Place|neighbours/);
});

test('version: what is said of a change stands at it, and is taken away again', async () => {
  await using admin = await versionSite();
  await change(admin);
  const url = '/redesign/@manage/changes';
  const said = { action: 'comment', object: '/guide/faq', text: 'Keep the <old> words' };

  const done = await admin.post(url, said);
  const page = await admin.get(done.header('location'));
  const empty = await admin.post(url, { ...said, text: ' ' });
  const [, id = ''] = /name="comment" value="([^"]+)"/.exec(page.text) ?? [];
  await admin.post(url, { action: 'take-comment', comment: id });

  assert.match(textOf(page), /Commented on \/guide\/faq in “Redesign”: Keep the &lt;old&gt; words/);
  assert.match(page.text, /Comments on \/guide\/faq/);
  assert.match(page.text, /<span class="version__text">Keep the &lt;old&gt; words<\/span>/);
  assert.equal(empty.status, 422);
  assert.match(textOf(empty), /Say something/);
  assert.doesNotMatch((await admin.get(url)).text, /version__text/);
});

test('version: one who may only work in it takes away their own comments and nobody else’s', async () => {
  await using admin = await versionSite();
  await change(admin);
  const reader: Asker = await admin.addUser('reader', { at: '/' });
  await admin.allowAll('/redesign', 'Join/leave Versions');
  const url = '/redesign/@manage/changes';
  await admin.post(url, { action: 'comment', object: '/guide/faq', text: 'First' });
  const [, id = ''] = /name="comment" value="([^"]+)"/.exec((await admin.get(url)).text) ?? [];

  const refused = await admin.post(url, { action: 'take-comment', comment: id }, { as: reader });
  await admin.post(url, { action: 'comment', object: '/guide/faq', text: 'Mine' }, { as: reader });
  const page = await admin.get(url, { as: reader });

  assert.equal(refused.status, 403);
  assert.deepEqual(
    [...page.text.matchAll(/Take away the comment of (\w+): (\w+)/g)].map(([, who, what]) => [
      who,
      what,
    ]),
    [['reader', 'Mine']],
  );
});

test('version: what a page would lose by a check-in, and because of whom, is told before it', async () => {
  await using admin = await versionSite();
  const form = { source: 'one\n\n<form action="/ask"><button>Ask</button></form>\n' };
  await admin.post('/guide/faq/@manage/edit', { action: 'save', title: 'Questions', ...form });
  const mara = await admin.addUser('mara', { at: '/' });
  await admin.allowAll('/', 'Change Documents');
  await admin.allowAll('/redesign', 'Join/leave Versions');
  const changed = { action: 'save', title: 'Questions', source: `One\n${form.source}` };

  const before = await admin.get('/redesign/@manage/changes');
  const saved = await admin.post('/guide/faq/@manage/edit', changed, {
    ...inside(admin),
    as: mara,
  });
  const page = textOf(await admin.get('/redesign/@manage/changes'));

  assert.ok(saved.status < 400, saved.text);
  assert.doesNotMatch(textOf(before), /served without/);
  assert.match(page, /After a check-in it is served without forms, because of mara, who may not/);
  assert.match(page, /\/guide\/faq : without forms, because of mara/);
});
