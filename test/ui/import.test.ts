/** The import screen: files are sent, a job is asked for, and its state is shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobRecord } from '../../server/jobs/job.js';
import { AdminSite } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'docs', title: 'Docs' });
  return admin;
}

async function keep(admin: AdminSite, record: Partial<JobRecord>): Promise<void> {
  const job: JobRecord = {
    id: 'j1',
    kind: 'import',
    user: '/acl_users:admin',
    path: '/docs',
    parameters: {},
    state: 'running',
    createdMs: 1,
    endedMs: undefined,
    progress: { done: 0, total: 0 },
    log: [],
    result: undefined,
    ...record,
  };
  await admin.site.storage.setMeta({ 'job:j1': job });
}

test('import: the form asks for a folder or files', async () => {
  await using admin = await site();
  const page = await admin.get('/docs/@manage/import');
  assert.equal(page.status, 200);
  assert.match(page.text, /webkitdirectory/);
  assert.doesNotMatch(page.text, /data-import="job"/);
});

test('import: what was sent becomes a job, and the page that follows it is shown', async () => {
  await using admin = await site();
  const file = { field: 'file', filename: 'a.md', contentType: 'text/markdown', text: '# A' };
  const done = await admin.upload(
    '/docs/@manage/import',
    { action: 'start', path: 'folder/sub/a.md' },
    [file],
  );
  assert.match(done.header('location'), /^\/docs\/@manage\/import\?job=[0-9a-f-]{36}$/);
});

test('import: nothing chosen is told, and no job begins', async () => {
  await using admin = await site();
  const page = await admin.post('/docs/@manage/import', { action: 'start' });
  assert.equal(page.status, 400);
  assert.match(page.text, /Choose the files or the folder to import first/);
});

test('import: a job that runs shows how far it is, and can be cancelled', async () => {
  await using admin = await site();
  await keep(admin, { progress: { done: 3, total: 12 } });
  const page = await admin.get('/docs/@manage/import?job=j1');
  assert.match(page.text, /<progress[^>]* value="3" max="12">/);
  assert.match(page.text, /3 of 12 files/);
  assert.match(page.text, /value="cancel"/);
  const part = await admin.get('/docs/@manage/import?job=j1&part=import-job');
  assert.match(part.text, /^\s*<section[^>]*data-ended="no"/);
});

test('import: a job that failed says that nothing was imported, and why, as text', async () => {
  await using admin = await site();
  await keep(admin, { state: 'failed', endedMs: 2, log: ['<b>a.md</b>: not UTF-8'] });
  const page = await admin.get('/docs/@manage/import?job=j1');
  assert.match(page.text, /Nothing was imported/);
  assert.match(page.text, /&lt;b&gt;a\.md/);
  assert.match(page.text, /data-ended="yes"/);
});

test('import: somebody else’s job is not shown', async () => {
  await using admin = await site();
  await keep(admin, { user: '/acl_users:lin' });
  assert.equal((await admin.get('/docs/@manage/import?job=j1')).status, 404);
  assert.equal((await admin.get('/docs/@manage/import?job=none')).status, 404);
});

const NOTES = Array.from({ length: 250 }, (_, index) => `a${index}.md: Got the id b${index}`);

test('import: the report has the figures first, then what asks for a decision, then the notes, by kind', async () => {
  await using admin = await site();
  await admin.add('/docs', { type: 'Document', id: 'mine' });
  await keep(admin, {
    state: 'done',
    endedMs: 2,
    log: [
      'a.md:9: Leads to no file: /lost',
      ...NOTES,
      'mine.md: Left alone: /docs/mine was made or edited here',
      '/docs/old: no longer among the files; it stays',
      '2 new, 1 changed, 7 as they were, 1 left alone, 1 no longer among the files',
    ],
    result: {
      created: ['/docs/a', '/docs/b'],
      updated: ['/docs/c'],
      unchanged: 7,
      kept: ['/docs/mine'],
      refused: ['bad.hbs'],
      gone: ['/docs/old'],
      deadLinks: ['a.md:9: Leads to no file: /lost'],
      forms: [{ message: 'Shown: <A>', times: 203, files: 2, places: ['a.mdx:1', 'b.mdx:2'] }],
    },
  });

  const { text } = await admin.get('/docs/@manage/import?job=j1');

  const inOrder = [
    'Imported',
    '2 new',
    '1 changed',
    '1 not imported',
    '1 left alone',
    '7 unchanged',
    '1 no longer among the files',
    '<strong>Left alone</strong>',
    '<a class="mono" href="/docs/mine/@manage">/docs/mine</a>',
    '<strong>Links that lead to no file</strong>',
    'a.md:9: Leads to no file: /lost',
    '<strong>No longer among the files</strong>',
    '<code>/docs/old</code>',
    '<strong>Notes</strong>',
    'a0.md: Got the id b0',
    'a199.md: Got the id',
    'And 50 more lines',
    '<strong>In another form</strong>',
    '203 places',
    'Shown: &lt;A&gt; <span class="dim">203 times in 2 files</span>',
    'a.mdx:1\nb.mdx:2',
    'And 201 more places',
  ];
  const places = inOrder.map((words) => text.indexOf(words));
  assert.ok(!places.includes(-1), `all of it is there: ${places.join(' ')}`);
  assert.deepEqual(
    places,
    [...places].sort((one, other) => one - other),
  );
  assert.equal(text.match(/Leads to no file/g)?.length, 1, 'it is told once');
  assert.doesNotMatch(text, /was made or edited here|as they were|a200\.md/);
  assert.match(text, /href="\/@api\/jobs\/j1"/);
});

test('import: many that were left alone are counted, and the whole list is in the record', async () => {
  await using admin = await site();
  const kept = Array.from({ length: 250 }, (_, index) => `/docs/k${index}`);
  await keep(admin, {
    state: 'done',
    endedMs: 2,
    result: { created: [], updated: [], unchanged: 0, kept, gone: [] },
  });
  const { text } = await admin.get('/docs/@manage/import?job=j1');
  assert.match(text, /250 left alone/);
  assert.match(text, /k199</);
  assert.doesNotMatch(text, /k200</);
  assert.match(text, /And 50 more objects, in the <a href="\/@api\/jobs\/j1">/);
});

test('import: a result in another shape is shown without figures, not as an error', async () => {
  await using admin = await site();
  await keep(admin, { state: 'done', endedMs: 2, log: ['a.md: A note'], result: 'fine' });
  const page = await admin.get('/docs/@manage/import?job=j1');
  assert.equal(page.status, 200);
  assert.match(page.text, /a\.md: A note/);
});
