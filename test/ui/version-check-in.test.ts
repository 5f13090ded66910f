/** From a version to main: checking in, all or some, now or later, reviewed or in conflict; and giving it up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { change, changesOf, inside, textOf, titleAt, versionSite } from './version-site.js';

test('version: it is shown and checked in from wherever the browser is', async () => {
  await using admin = await versionSite();
  await admin.add('/', { type: 'Version', id: 'other', title: 'Other' });
  await change(admin);

  const page = await admin.get('/redesign/@manage', inside(admin, '/other'));
  const done = await admin.post(
    '/redesign/@manage/changes',
    { action: 'check-in', note: 'Spring', work: 'sent', keep: 'true' },
    inside(admin, '/other'),
  );

  assert.equal(changesOf(page).length, 3);
  assert.match(done.header('location'), /^\/redesign\/@manage\/changes\?done=\d+$/);
  assert.equal(titleAt(admin, '/guide/faq'), 'Answers');
  assert.equal(titleAt(admin, '/guide/old'), undefined);
  const after = await admin.get(done.header('location'));
  assert.match(textOf(after), /Spring/);
  assert.match(after.text, /action="\/redesign\/@manage\/undo"/);
  assert.match(textOf(after), /Nothing is changed in this version/);
});

test('version: from the past its screens show the present, and do their work there', async () => {
  await using admin = await versionSite();
  using connection = admin.site.database.connect();
  const past = { cookies: `canopy_at=${connection.tid}` };

  await change(admin);

  const page = await admin.get('/redesign/@manage/changes', past);
  const activity = await admin.get('/redesign/@manage/activity', past);
  const done = await admin.post(
    '/redesign/@manage/changes',
    { action: 'check-in', work: 'sent', keep: 'true' },
    past,
  );

  assert.match(textOf(page), /This page shows the present/);
  assert.equal(changesOf(page).length, 3);
  assert.match(textOf(activity), /Deleted old/);
  assert.equal(done.status, 303);
  assert.equal(titleAt(admin, '/guide/faq'), 'Answers');
});

test('version: what is ticked is checked in, and the rest stays', async () => {
  await using admin = await versionSite();
  await change(admin);
  const url = '/redesign/@manage/changes';

  const none = await admin.post(url, { action: 'check-in-ticked', work: 'sent' });
  const done = await admin.post(url, {
    ...{ action: 'check-in-ticked', work: 'sent', object: '/guide/faq' },
  });

  assert.match(textOf(none), /Tick the changes first/);
  assert.equal(done.status, 303);
  assert.equal(titleAt(admin, '/guide/faq'), 'Answers');
  assert.deepEqual(changesOf(await admin.get(url)), ['Added: /guide/new', 'Removed: /guide/old']);
});

test('version: checked in and not kept, it is gone, and Undo in the list brings it back', async () => {
  await using admin = await versionSite();
  await change(admin);

  const done = await admin.post('/redesign/@manage/changes', { action: 'check-in', work: 'sent' });
  const list = await admin.get(done.header('location'));
  const tid = /done=(\d+)/.exec(done.header('location'))?.[1] ?? '';
  await admin.post('/@manage/versions', { action: 'undo', transaction: tid });

  assert.match(done.header('location'), /^\/@manage\/versions\?done=/);
  assert.match(list.text, /action="\/@manage\/versions"/);
  assert.equal(titleAt(admin, '/guide/faq'), 'Questions');
  assert.equal(changesOf(await admin.get('/redesign/@manage')).length, 3);
});

test('version: discarded it is gone with its changes, and comes back with them', async () => {
  await using admin = await versionSite();
  await change(admin);

  const done = await admin.post('/redesign/@manage/changes', { action: 'discard' });
  const gone = titleAt(admin, '/redesign');
  const tid = /done=(\d+)/.exec(done.header('location'))?.[1] ?? '';
  await admin.post('/@manage/versions', { action: 'undo', transaction: tid });

  assert.equal(gone, undefined);
  assert.equal(changesOf(await admin.get('/redesign/@manage')).length, 3);
});

test('version: a change is taken out of it, and put back by Undo', async () => {
  await using admin = await versionSite();
  await change(admin);
  const url = '/redesign/@manage/changes';

  const out = await admin.post(url, { action: 'take-out', object: '/guide/old' });
  const left = changesOf(await admin.get(url));
  const tid = /done=(\d+)/.exec(out.header('location'))?.[1] ?? '';
  await admin.post('/redesign/@manage/undo', { action: 'undo', transaction: tid, back: url });

  assert.deepEqual(left, ['Changed: /guide/faq', 'Added: /guide/new']);
  assert.equal(changesOf(await admin.get(url)).length, 3);
});

test('version: nothing is checked in that was not on the page, and the note stays', async () => {
  await using admin = await versionSite();
  await change(admin);
  const url = '/redesign/@manage/changes';
  const seen = /name="seen" value="(\d+)"/.exec((await admin.get(url)).text)?.[1] ?? '';
  const late = { action: 'add', id: 'late', title: 'Late' };
  await admin.post('/guide/@manage/add/Document', late, inside(admin));

  const page = await admin.post(url, {
    ...{ action: 'check-in', work: 'sent', keep: 'true', note: 'Spring', seen },
  });

  assert.equal(page.status, 409);
  assert.match(textOf(page), /Look at the changes again/);
  assert.match(page.text, />\nSpring<\/textarea>/);
  assert.equal(changesOf(page).length, 4);
  assert.equal(titleAt(admin, '/guide/faq'), 'Questions');
});

test('version: a review is asked for and given, and a later change makes it one of an older state', async () => {
  await using admin = await versionSite();
  await change(admin);
  const url = '/redesign/@manage/changes';
  const stateOf = async (): Promise<string> =>
    /id="review-head">Review<\/h2><span class="chip[^"]*">.*?<\/svg>([^<]*)</s.exec(
      (await admin.get(url)).text,
    )?.[1] ?? '';

  await admin.post(url, { action: 'ask', 'review-note': 'Ready' });
  const asked = await stateOf();
  await admin.post(url, { action: 'approve', 'review-note': 'Go' });
  const approved = await stateOf();
  await admin.post(
    '/guide/faq/@manage/properties',
    { action: 'save', title: 'Again', fields: 'sent' },
    inside(admin),
  );

  assert.equal(asked, 'In review');
  assert.equal(approved, 'Approved');
  assert.equal(await stateOf(), 'In review');
  assert.match(textOf(await admin.get(url)), /Said of an older state/);
  await admin.post(url, { action: 'withdraw' });
  assert.equal(await stateOf(), 'Open');
});

test('version: a time is set for the check-in, and taken back', async () => {
  await using admin = await versionSite();
  await change(admin);
  const url = '/redesign/@manage/changes';
  const at = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16);

  const past = await admin.post(url, { action: 'schedule', work: 'sent', at: '2001-01-01T00:00' });
  const none = await admin.post(url, { action: 'schedule', work: 'sent', at: 'soon' });
  await admin.post(url, { action: 'schedule', work: 'sent', keep: 'true', note: 'Night', at });
  const set = textOf(await admin.get(url));
  await admin.post(url, { action: 'unschedule' });

  assert.equal(past.status, 422);
  assert.match(past.text, /id="at-error"/);
  assert.match(textOf(none), /Not a moment/);
  assert.match(set, /Scheduled/);
  assert.match(set, /Note: Night/);
  assert.doesNotMatch(textOf(await admin.get(url)), /Scheduled/);
});

test('version: what conflicts with main is said first, and the others are checked in without it', async () => {
  await using admin = await versionSite();
  await change(admin);
  const url = '/redesign/@manage/changes';
  await admin.post('/guide/faq/@manage/properties', {
    ...{ action: 'save', title: 'Main says', fields: 'sent' },
  });

  const page = await admin.get(url);
  const all = await admin.post(url, { action: 'check-in', work: 'sent', keep: 'true' });
  const list = textOf(await admin.get('/@manage/versions'));
  const others = await admin.post(url, { action: 'check-in-others', work: 'sent' });

  assert.match(textOf(page), /1 of 3 changes conflicts with main/);
  assert.match(textOf(page), /admin on main/);
  assert.match(page.text, /href="\/redesign\/@manage\/conflicts\?path&#x3D;%2Fguide%2Ffaq"/);
  assert.match(list, /1 conflict/);
  assert.equal(all.header('location'), '/redesign/@manage/conflicts');
  assert.equal(others.status, 303);
  assert.equal(titleAt(admin, '/guide/new'), 'New');
  assert.equal(titleAt(admin, '/guide/faq'), 'Main says');
  assert.deepEqual(changesOf(await admin.get(url)), ['Changed: /guide/faq']);
});
