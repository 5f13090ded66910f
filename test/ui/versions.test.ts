/** Versions: the list of them, the form that makes one, and what is done for them in the background. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobKey, type JobRecord } from '../../server/jobs/job.js';
import { AdminSite, type Page } from './admin-site.js';
import { change, inside, textOf, titleAt, versionSite } from './version-site.js';

test('versions: without any, the list says what they are and offers to make one', async () => {
  await using admin = await AdminSite.open();

  const page = await admin.get('/@manage/versions');

  assert.equal(page.status, 200);
  assert.match(textOf(page), /No versions yet/);
  assert.match(textOf(page), /Make the version/);
});

test('versions: one is made by its title alone, and the browser works in it from then on', async () => {
  await using admin = await versionSite();

  const made = await admin.post('/@manage/versions', {
    ...{ action: 'add', title: 'Spring prices', id: '', folder: '/', enter: 'true' },
  });

  assert.equal(made.status, 303, textOf(made));
  assert.match(made.header('location'), /^\/spring-prices\/@manage\/changes\?done=\d+$/);
  assert.equal(made.cookies, inside(admin, '/spring-prices').cookies);
  const list = textOf(await admin.get('/@manage/versions', inside(admin, '/spring-prices')));
  assert.match(list, /Spring prices \/spring-prices/);
  assert.match(list, /You are in it/);
});

test('versions: an id that follows from a title is always one', async () => {
  await using admin = await versionSite();

  for (const [title, id] of [
    ['Prices 2026/27', 'prices-2026-27'],
    ['Title', 'version-title'],
    ['@home', 'home'],
  ] as const) {
    const made = await admin.post('/@manage/versions', {
      ...{ action: 'add', title, id: '', folder: '/guide' },
    });
    assert.match(made.header('location'), new RegExp(`^/guide/${id}/@manage/changes`));
  }
});

test('versions: what is wrong with a new one is said at its field, and what was typed is kept', async () => {
  await using admin = await versionSite();
  const add = (fields: Record<string, string>): Promise<Page> =>
    admin.post('/@manage/versions', { action: 'add', title: 'T', id: '', folder: '/', ...fields });

  assert.match(textOf(await add({ title: '' })), /Give it a title/);
  assert.match(textOf(await add({ folder: '/nowhere' })), /There is no such folder/);
  const taken = await add({ id: 'redesign' });
  assert.equal(taken.status, 409);
  assert.match(textOf(taken), /Choose another id/);
  assert.match(taken.text, /value="redesign"/);
});

test('versions: the list is about main from inside a version, too', async () => {
  await using admin = await versionSite();
  await change(admin);

  const list = textOf(await admin.get('/@manage/versions', inside(admin)));
  const made = await admin.post(
    '/@manage/versions',
    { action: 'add', title: 'Other', id: '', folder: '/' },
    inside(admin),
  );

  assert.match(list, /3 changes/);
  assert.equal(made.status, 303);
  assert.equal(titleAt(admin, '/other'), 'Other');
  assert.equal(made.cookies, '');
});

test('versions: those one may not work in are not listed, nor opened', async () => {
  await using admin = await versionSite();
  const reader = await admin.addUser('reader', { at: '/' });

  const list = await admin.get('/@manage/versions', { as: reader });
  const screen = await admin.get('/redesign/@manage/changes', { as: reader });

  assert.match(textOf(list), /No version that you may work in/);
  assert.doesNotMatch(list.text, /Make the version/);
  assert.equal(screen.status, 403);
});

test('version: with one added by the Add menu, its folder offers it', async () => {
  await using admin = await versionSite();

  const page = await admin.get('/guide/@manage/add');
  const made = await admin.post('/guide/@manage/add/Version', {
    ...{ action: 'add', id: 'draft', title: 'Draft' },
  });

  assert.match(page.text, /add\/Version/);
  assert.equal(made.status, 303);
  assert.match(textOf(await admin.get('/@manage/versions')), /Draft \/guide\/draft/);
});

/** Puts a job's record where the server keeps it. */
async function keep(admin: AdminSite, job: Partial<JobRecord>): Promise<void> {
  const record: JobRecord = {
    ...{ id: 'j', kind: 'check-in', user: '/acl_users:admin', path: '/redesign', parameters: {} },
    ...{ state: 'running', createdMs: 1, endedMs: undefined, log: [], result: undefined },
    progress: { done: 400, total: 1600 },
    ...job,
  };
  await admin.site.storage.setMeta({ [jobKey(record.id)]: record });
}

test('version: how far a check-in in the background is, its page and the list say', async () => {
  await using admin = await versionSite();
  await keep(admin, {});

  for (const url of ['/redesign/@manage/changes', '/@manage/versions']) {
    const page = await admin.get(`${url}?part=version-jobs`);
    assert.match(page.text, /data-running="yes"/);
    assert.match(page.text, /<progress [^>]*value="400" max="1600"/);
    assert.match(textOf(page), /400 of 1,600/);
    assert.match(page.text, /value="cancel"/);
  }
});

test('version: what came of a check-in in the background is told where it was begun', async () => {
  await using admin = await versionSite();
  const conflict = { path: '/guide/faq' };
  const told = async (job: Partial<JobRecord>): Promise<Page> => {
    await keep(admin, { state: 'done', endedMs: 2, ...job });
    return admin.get('/redesign/@manage/changes?job=j&part=version-jobs');
  };

  const done = await told({ result: { tid: '77', objects: ['/a', '/b'] } });
  const blocked = await told({ result: { conflicts: [conflict] } });
  const failed = await told({ state: 'failed', log: ['You lack a permission.'] });
  const update = await told({ kind: 'update', result: { tid: '78', objects: ['/a'] } });

  assert.match(textOf(done), /Checked in 2 objects/);
  assert.match(done.text, /action="\/redesign\/@manage\/undo"><input [^>]*value="77"/);
  assert.match(textOf(blocked), /Not done: 1 conflict with main/);
  assert.match(blocked.text, /href="\/redesign\/@manage\/conflicts"/);
  assert.match(textOf(failed), /Check-in could not be done You lack a permission/);
  assert.match(update.text, /action="\/redesign\/@manage\/activity"><input [^>]*value="78"/);
});

test('version: a job of somebody else is nobody’s to see or cancel', async () => {
  await using admin = await versionSite();
  const reader = await admin.addUser('reader', { at: '/' });
  await admin.allowAll('/redesign', 'Join/leave Versions');
  await keep(admin, {});

  const page = await admin.get('/redesign/@manage/changes?part=version-jobs', { as: reader });
  const cancelled = await admin.post(
    '/redesign/@manage/changes',
    { action: 'cancel', job: 'j' },
    { as: reader },
  );

  assert.match(page.text, /data-running="no"/);
  assert.equal(cancelled.status, 404);
});
