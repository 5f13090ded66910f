/** The Database screen: what it says, to whom, and what it asks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobRecord } from '../../server/jobs/job.js';
import { AdminSite } from './admin-site.js';

async function keep(admin: AdminSite, record: Partial<JobRecord>): Promise<void> {
  const job: JobRecord = {
    id: 'j1',
    kind: 'pack',
    user: '/acl_users:admin',
    path: '/',
    parameters: {},
    state: 'running',
    createdMs: 1,
    endedMs: undefined,
    progress: { done: 0, total: 0 },
    log: [],
    result: undefined,
    ...record,
  };
  await admin.site.storage.setMeta({ [`job:${job.id}`]: job });
}

const URL = '/@manage/database';

test('database: it is a tab and a place of the root alone, for those who may pack', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'docs' });
  const page = await admin.get(URL);
  assert.equal(page.status, 200);
  assert.match(page.text, /<a href="\/@manage\/database" aria-current="page">/);
  assert.doesNotMatch((await admin.get('/docs/@manage/contents')).text, /docs\/@manage\/database/);
  assert.equal((await admin.get('/docs/@manage/database')).status, 404);
  const visitor = await admin.addUser('visitor', { at: '/' });
  assert.equal((await admin.get(URL, { as: visitor })).status, 403);
  assert.equal((await admin.post(URL, { action: 'pack', days: '1' }, { as: visitor })).status, 403);
  assert.doesNotMatch((await admin.get('/@manage/undo', { as: visitor })).text, /manage\/database/);
});

test('database: empty, it tells figures, and that nothing was backed up or checked', async () => {
  await using admin = await AdminSite.open();
  const { text } = await admin.get(URL);
  for (const words of ['objects stored', 'older states kept', 'transactions', 'in files']) {
    assert.match(text, new RegExp(`<b>[^<]+</b><span>${words}</span>`));
  }
  assert.match(text, /none yet/);
  assert.match(text, /Nobody has checked it lately/);
  assert.doesNotMatch(text, /The last jobs|<progress|Everything again|Check and repair/);
});

test('database: before a pack, the page says what goes and what stays, and changes nothing', async () => {
  await using admin = await AdminSite.open();
  const asked = (await admin.get(`${URL}?pack=ask&days=7`)).text;
  assert.match(asked, /Forget what is older than 7 days\?/);
  assert.match(asked, /log of who did what and when, all \d+ transactions of it/);
  assert.match(asked, /There is no backup yet/);
  assert.match(asked, /This is final\./);
  assert.match(asked, /name="days" value="7">\s*<button class="btn btn--danger" name="action"/);
  const all = (await admin.get(`${URL}?pack=ask&days=0`)).text;
  assert.match(all, /Forget everything but the present\?/);
  for (const days of ['-1', '1.5', 'x', '99999999']) {
    const wrong = (await admin.get(`${URL}?pack=ask&days=${days}`)).text;
    assert.match(wrong, /Write a whole number of days, up to 36500\./);
    assert.doesNotMatch(wrong, /btn--danger/);
  }
});

test('database: a number of days that is none is refused with what would be right', async () => {
  await using admin = await AdminSite.open();
  const refused = await admin.post(URL, { action: 'pack', days: 'many' });
  assert.equal(refused.status, 400);
  assert.match(refused.text, /Write a whole number of days, up to 36500/);
  for (const action of ['pack', 'backup', 'backup-full', 'check', 'repair']) {
    const begun = await admin.post(URL, { action, days: '30' });
    assert.deepEqual([begun.status, begun.header('location')], [303, URL]);
  }
});

test('database: what runs shows what it does and how far it is, and can be cancelled', async () => {
  await using admin = await AdminSite.open();
  await keep(admin, { log: ['Forgetting the rest'], progress: { done: 1204, total: 1906 } });
  await keep(admin, { id: 'j2', kind: 'backup', state: 'queued', createdMs: 2 });
  const part = (await admin.get(`${URL}?part=database-jobs`)).text;
  assert.match(part, /data-running="yes">/);
  assert.match(part, /1,204 of 1,906[\s\S]*value="1204" max="1906"[\s\S]*Forgetting the rest/);
  assert.match(part, /Waits until the job before it has ended/);
  assert.ok(part.indexOf('Pack') < part.indexOf('Backup'), 'in the order in which they are done');
  const cancelled = await admin.post(URL, { action: 'cancel', job: 'j1' });
  assert.equal(cancelled.status, 303);
  assert.equal((await admin.post(URL, { action: 'cancel', job: 'none' })).status, 404);
});

test('database: what ended is told with what came of it, as text', async () => {
  await using admin = await AdminSite.open();
  await keep(admin, { state: 'failed', endedMs: 5, log: ['<b>no</b> space'] });
  await keep(admin, { id: 'j2', kind: 'import', path: '/docs', state: 'done', endedMs: 6 });
  const part = (await admin.get(`${URL}?part=database-ended`)).text;
  assert.match(part, /Import into \/docs/);
  assert.match(part, /failed[\s\S]*&lt;b&gt;no&lt;\/b&gt; space/);
  assert.match(part, /href="\/@api\/jobs\/j1"/);
  assert.match((await admin.get(`${URL}?part=database-jobs`)).text, /data-running="no" hidden>/);
});

test('database: the last check lists what is wrong, where, and what to do', async () => {
  await using admin = await AdminSite.open();
  const finding = (path: string, repairable: boolean) => ({
    code: 'dangling',
    path,
    oid: '7',
    what: 'Leads nowhere',
    advice: repairable ? 'A check with repair mends it.' : 'Restore it.',
    repairable,
  });
  const findings = [finding('/docs/a', false), finding('', true)];
  const result = { tid: '1', objects: 1, revisions: 1, transactions: 1, files: 0, findings };
  const ended = { kind: 'check', state: 'done', endedMs: 5 } as const;
  await keep(admin, { ...ended, result: { ...result, count: 60 } });
  const { text } = await admin.get(URL);
  assert.match(text, /60 things wrong/);
  assert.match(text, /<code class="path">\/docs\/a<\/code> Leads nowhere\. <span[^>]*>Restore it/);
  assert.match(text, /<code>object 7<\/code>/);
  assert.match(text, /And 58 more things, in the <a href="\/@api\/jobs\/j1">/);
  assert.match(text, /value="repair"/);

  await keep(admin, {
    ...ended,
    id: 'j2',
    createdMs: 9,
    result: { ...result, findings: [], count: 0 },
  });
  const well = (await admin.get(URL)).text;
  assert.match(well, /all is well/);
  assert.doesNotMatch(well, /value="repair"/);
});
