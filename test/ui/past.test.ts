/** The admin in the past: choosing a moment, and screens that show what was and offer nothing that would be refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTIVITY_DAYS } from '../../ui/activity.js';
import { allScreens } from '../../ui/screen.js';
import { AdminSite, type Page } from './admin-site.js';

/** Where a form may be sent from the past, and is done. */
const WAYS = /(@manage\/(place|restore|account|undo|trash|database|versions)|@logout|@login)(\?|$)/;

const KINDS = ['Document', 'Template', 'File', 'Image', 'Redirect'] as const;

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  for (const type of KINDS) {
    await admin.add('/guide', {
      type,
      id: type.toLowerCase(),
      title: type,
      ...(type === 'Redirect' ? { fields: { target: '/' } } : {}),
      properties: [{ name: 'tone', type: 'string', value: 'quiet' }],
    });
  }
  return admin;
}

/** The page with the characters of its addresses as they are sent. */
function plain({ text }: Page): string {
  return text.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');
}

function now(admin: AdminSite): string {
  using connection = admin.site.database.connect();
  return String(connection.tid);
}

/** Buttons that send something from this page to where it would be refused. */
function refusedButtons({ text }: Page): string[] {
  const main = text.slice(text.indexOf('<main'), text.indexOf('</main>'));
  const found: string[] = [];
  const forms = [...main.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)];
  const closed = new Set<string>();
  for (const [, opening = '', body = ''] of forms) {
    if (!/method="post"/.test(opening)) continue;
    const action = /action="([^"]*)"/.exec(opening)?.[1] ?? '';
    const id = /id="([^"]*)"/.exec(opening)?.[1];
    const isWay = WAYS.test(action);
    if (!isWay && id !== undefined) closed.add(id);
    const enabled = body.replaceAll(/<fieldset[^>]*\bdisabled\b.*?<\/fieldset>/gs, '');
    for (const [button] of enabled.matchAll(/<button\b[^>]*>/g)) {
      const to = /formaction="([^"]*)"/.exec(button)?.[1] ?? action;
      const sends = !/type="(button|reset)"/.test(button) && !/formmethod="get"/.test(button);
      if (sends && !WAYS.test(to)) found.push(`${action}: ${button}`);
    }
  }
  for (const [button, form] of main.matchAll(/<button\b[^>]*\bform="([^"]*)"[^>]*>/g)) {
    if (closed.has(form ?? '') && !/formaction/.test(button)) found.push(button);
  }
  return found;
}

test('the past: every screen of every kind of object shows what was, and no button that would be refused', async () => {
  await using admin = await site();
  await admin.add('/', { type: 'Version', id: 'plan', title: 'Plan' });
  await admin.add('/', { type: 'Folder', id: 'gone', title: 'Gone' });
  await admin.add('/gone', { type: 'Document', id: 'page', title: 'Page' });
  const cookies = `canopy_at=${now(admin)}`;
  await admin.post('/@manage/contents', { action: 'delete', id: 'gone' });
  for (const path of ['/guide/document', '/guide']) {
    await admin.post(`${path}/@manage/properties`, {
      action: 'save',
      fields: 'sent',
      title: 'Changed since',
    });
  }
  const paths = [
    '',
    '/guide',
    '/acl_users',
    ...KINDS.map((type) => `/guide/${type.toLowerCase()}`),
  ];
  let shown = 0;
  for (const path of paths) {
    for (const screen of allScreens()) {
      const applies = admin.look(
        path === '' ? '/' : path,
        (object) => object === undefined || screen.appliesTo(object),
      );
      if (!applies || ['help', 'restore'].includes(screen.path)) continue;
      const url = `${path}/@manage/${screen.path}`;
      const page = await admin.get(url, { cookies });
      if (screen.isForm === true && page.status !== 404) {
        assert.equal(page.status, 409, url);
        assert.match(page.text, /The past is read-only/, url);
        continue;
      }
      if (page.status !== 200) continue;
      shown += 1;
      assert.match(page.text, /Back to the present/, url);
      assert.deepEqual(refusedButtons(page), [], url);
      if (page.text.includes('This page shows the present')) continue;
      assert.doesNotMatch(page.text, /Changed since<\/h1>/, url);
    }
  }
  assert.ok(shown > 30, `${shown} screens`);
  const chosen = await admin.get(`/gone/@manage/undo?tid=${now(admin)}`, { cookies });
  assert.equal(chosen.status, 200);
  assert.match(chosen.text, /in the past nothing can be undone/);
});

test('the past: who may not view history sees the present', async () => {
  await using admin = await site();
  const cookies = `canopy_at=${now(admin)}`;
  await admin.post('/guide/@manage/properties', { action: 'save', fields: 'sent', title: 'Later' });
  const reader = await admin.addUser('reader', { at: '/' });

  const page = await admin.get('/guide/@manage', { as: reader, cookies });

  assert.match(page.text, /<h1[^>]*>Later</);
  assert.doesNotMatch(page.text, /Back to the present/);
});

test('the past: the head of an object leads to its restoration, and its page as it was', async () => {
  await using admin = await site();
  const at = now(admin);

  const page = await admin.get('/guide/document/@manage/edit', { cookies: `canopy_at=${at}` });

  assert.match(
    plain(page),
    new RegExp(
      `href="/@manage/restore\\?at=${at}&object=\\d+&back=%2Fguide%2Fdocument%2F%40manage%2Fedit"`,
    ),
  );
  assert.match(page.text, /View as it was/);
  assert.doesNotMatch(page.text, /name="action" value="save"/);
  assert.match(page.text, /<textarea[^>]*id="source"[^>]*readonly/);
});

test('the past: restoring the state of a revision from the past itself leads through the present', async () => {
  await using admin = await site();
  await admin.post('/guide/document/@manage/properties', {
    action: 'save',
    fields: 'sent',
    title: 'Second',
  });
  const cookies = `canopy_at=${now(admin)}`;

  const page = await admin.get('/guide/document/@manage/history', { cookies });

  assert.doesNotMatch(page.text, /value="revert"/);
  assert.match(
    plain(page),
    /href="\/@manage\/restore\?at=\d+&object=\d+&back=[^"]*">.*?Restore the state of/,
  );
});

test('moment: it is in the menu, says what happened, and leads to just before and just after it', async () => {
  await using admin = await site();
  const before = now(admin);
  await admin.post('/guide/@manage/properties', { action: 'save', fields: 'sent', title: 'Later' });

  const menu = await admin.get('/guide/@manage');
  assert.match(menu.text, /href="\/@manage\/moment"/);
  const page = await admin.get('/@manage/moment', { referer: 'http://site.test/guide/@manage' });
  assert.match(page.text, /Changed \/guide: title/);
  assert.match(page.text, /<svg[^>]*role="img" aria-label="\d+ transactions since .*most on/);
  assert.match(
    page.text,
    new RegExp(`name="at" value="${before}" aria-label="Just before: Changed /guide: title"`),
  );
  assert.match(page.text, /name="back" value="\/guide\/@manage"/);

  const done = await admin.post('/@manage/place', {
    action: 'past',
    at: before,
    back: '/guide/@manage',
  });
  assert.equal(done.header('location'), '/guide/@manage');
  const there = await admin.get('/guide/@manage', { cookies: done.cookies });
  assert.match(there.text, /<h1[^>]*>Guide</);
});

test('moment: from the past it still lists what came later, and pages go further back', async () => {
  await using admin = await site();
  const at = now(admin);
  for (let count = 0; count < 26; count += 1) {
    await admin.add('/guide', { type: 'Document', id: `d${count}` });
  }

  const page = await admin.get('/@manage/moment', { cookies: `canopy_at=${at}` });
  assert.match(page.text, /Added \/guide\/d25/);
  assert.match(plain(page), /href="\/@manage\/moment\?start=25"/);
  const older = await admin.get('/@manage/moment?start=25');
  assert.match(older.text, /Added \/guide\/d0/);
});

test('history: the bar of activity has a bar for a day with changes, and the field the moment chosen', async () => {
  await using admin = await site();

  const page = await admin.get('/guide/@manage/history');

  const bars = [...page.text.matchAll(/<rect x="([\d.]+)"/g)];
  assert.equal(bars.length, 1);
  assert.ok(Number(bars[0]?.[1]) > 1000 - 1000 / ACTIVITY_DAYS, 'today is at the end');
  assert.match(page.text, /type="datetime-local" name="at" value="\d{4}-\d\d-\d\dT\d\d:\d\d"/);
});
