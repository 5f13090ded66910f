/** A version's own past, and showing it to others: transactions in it, main's changes brought in, preview links. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { change, changesOf, inside, textOf, versionSite } from './version-site.js';

test('version: what main has changed is brought in, told and undone inside the version', async () => {
  await using admin = await versionSite();
  const there = inside(admin);
  await admin.post(
    '/guide/faq/@manage/properties',
    { action: 'save', title: 'Answers', fields: 'sent' },
    there,
  );
  await admin.post('/guide/faq/@manage/properties', {
    ...{ action: 'add', 'new-name': 'colour', 'new-type': 'string', 'new-value': 'red' },
  });

  const updated = await admin.post('/redesign/@manage/activity', { action: 'update' });
  const activity = await admin.get(updated.header('location'));
  const tid = /done=(\d+)/.exec(updated.header('location'))?.[1] ?? '';
  const undone = await admin.post('/redesign/@manage/activity', {
    ...{ action: 'undo', transaction: tid, back: '/redesign/@manage/activity' },
  });

  assert.match(updated.header('location'), /^\/redesign\/@manage\/activity\?done=/);
  assert.match(textOf(activity), /Brought in what main has changed/);
  assert.match(activity.text, /<form method="post" action="\/redesign\/@manage\/activity"><input/);
  assert.match(undone.header('location'), /^\/redesign\/@manage\/activity\?done=/);
});

test('version: its activity lists what was done in it, and takes that back there alone', async () => {
  await using admin = await versionSite();
  await change(admin);
  const url = '/redesign/@manage/activity';

  const page = await admin.get(url);
  const [tid = ''] = [...page.text.matchAll(/name="tid" value="(\d+)"/g)].map(([, each]) => each);
  const plan = await admin.get(`${url}?tid=${tid}`);
  await admin.post(url, { action: 'undo', transaction: tid });

  assert.match(textOf(page), /Deleted old/);
  assert.doesNotMatch(textOf(page), /Added \/guide\/faq/);
  assert.match(textOf(plan), /This can be undone/);
  assert.deepEqual(changesOf(await admin.get('/redesign/@manage')), [
    'Changed: /guide/faq',
    'Added: /guide/new',
  ]);
});

test('version: a preview link is told once, listed, and ended', async () => {
  await using admin = await versionSite();
  const url = '/redesign/@manage/preview';

  const made = await admin.post(url, { action: 'make', days: '3' });
  const listed = await admin.get(url);
  const [, id = ''] = /name="id" value="([^"]+)"/.exec(listed.text) ?? [];
  const token = /\/@preview\/([\w-]+)"/.exec(made.text)?.[1] ?? '';
  await admin.post(url, { action: 'revoke', id });

  assert.equal(made.status, 200);
  assert.ok(token.length > 20);
  assert.equal(made.header('cache-control'), 'no-store');
  assert.doesNotMatch(listed.text, new RegExp(token));
  assert.match(textOf(await admin.get(url)), /No link shows this version now/);
});

test('version: days that are none are said at their field', async () => {
  await using admin = await versionSite();

  for (const days of ['0', '91', 'many']) {
    const page = await admin.post('/redesign/@manage/preview', { action: 'make', days });
    assert.equal(page.status, 422);
    assert.match(page.text, /id="days-error"/);
  }
});

test('version: what was done to it stands beside what was done in it, on one tab', async () => {
  await using admin = await versionSite();
  await change(admin);
  await admin.post('/redesign/@manage/changes', { action: 'ask', 'review-note': 'Look' });

  const { text } = await admin.get('/redesign/@manage');
  const about = await admin.get('/redesign/@manage/activity/about');
  const inside = await admin.get('/redesign/@manage/activity');

  const tabs = [
    ...(/<nav class="tabs".*?<\/nav>/s.exec(text)?.[0] ?? '').matchAll(
      /href="[^"]*@manage\/([a-z]+)"/g,
    ),
  ];
  assert.ok(!tabs.some(([, path]) => path === 'history' || path === 'undo'), String(tabs));
  assert.match(textOf(about), /Asked for a review of “Redesign”: Look/);
  assert.doesNotMatch(textOf(about), /Deleted old/);
  assert.match(textOf(inside), /Deleted old/);
  assert.match(about.text, /activity" aria-current="page"/);
  for (const path of ['undo?tid=5', 'history?tid=5']) {
    const led = await admin.get(`/redesign/@manage/${path}`);
    assert.equal(led.status, 303);
    assert.equal(led.header('location'), '/redesign/@manage/activity/about?tid=5');
  }
});

test('version: what was done to it is undone on main', async () => {
  await using admin = await versionSite();
  await change(admin);
  const asked = await admin.post('/redesign/@manage/changes', { action: 'ask', 'review-note': '' });
  const [, transaction = ''] = /done=(\d+)/.exec(asked.header('location')) ?? [];

  const undone = await admin.post('/redesign/@manage/activity/about', {
    action: 'undo',
    transaction,
  });

  assert.equal(undone.status, 303);
  assert.match(textOf(await admin.get('/redesign/@manage')), /Ask for a review/);
  assert.match(
    textOf(await admin.get(undone.header('location'))),
    /Undid “Asked for a review of ‘Redesign’”/,
  );
});

test('version: the tree of its own screens is that of the place the browser is in', async () => {
  await using admin = await versionSite();
  await change(admin);
  const treeOf = ({ text }: { readonly text: string }): string =>
    /<ul class="tree">.*?<ul class="places|<ul class="tree">.*/s.exec(text)?.[0] ?? '';

  for (const screen of ['changes', 'conflicts', 'activity', 'preview']) {
    const url = `/redesign/@manage/${screen}?open=/guide`;
    const there = treeOf(await admin.get(url, inside(admin)));
    const onMain = treeOf(await admin.get(url));
    assert.match(there, />new</, screen);
    assert.match(there, /added|Added/, screen);
    assert.ok(onMain.length > 0, screen);
    assert.doesNotMatch(onMain, />new</, screen);
  }
});

test('version: what a transaction did is folded where undoing it would change just that', async () => {
  await using admin = await versionSite();
  await change(admin);
  const list = await admin.get('/redesign/@manage/activity');
  const [, tid = ''] = /name="tid" value="(\d+)"/.exec(list.text) ?? [];

  const { text } = await admin.get(`/redesign/@manage/activity?tid=${tid}`);

  assert.match(text, /This can be undone/);
  assert.match(text, /<details class="undo__did stack"><summary><h3>What it did<\/h3>/);
});
