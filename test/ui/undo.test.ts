/** The undo screen: what was done, what undoing would do, and doing it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExecutable } from '../../server/content/executable.js';
import { AdminSite } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await admin.add('/guide', { type: 'Document', id: 'a', fields: { source: 'one\ntwo\nthree' } });
  return admin;
}

async function write(admin: AdminSite, source: string, note: string): Promise<string> {
  const done = await admin.post('/guide/a/@manage/edit', { action: 'save', source, note });
  return /done=(\d+)/.exec(done.header('location'))?.[1] ?? '';
}

function sourceOf(admin: AdminSite): string {
  return admin.look('/guide/a', (object) => (isExecutable(object) ? object.source : 'gone'));
}

test('undo: the list has what touched the object and what is below it, newest first', async () => {
  await using admin = await site();
  await write(admin, 'one\n2\nthree', 'Shorten it');
  await admin.add('/', { type: 'Document', id: 'elsewhere' });
  const page = await admin.get('/guide/@manage/undo');
  assert.equal(page.status, 200);
  assert.match(page.text, /Shorten it/);
  assert.doesNotMatch(page.text, /Added \/elsewhere/);
  assert.match((await admin.get('/@manage/undo')).text, /Added \/elsewhere/);
});

test('undo: a filter that nothing fits says so', async () => {
  await using admin = await site();
  const page = await admin.get('/guide/@manage/undo?q=nothing+like+it');
  assert.match(page.text, /No transaction fits/);
});

test('undo: a chosen transaction shows what undoing it would change, and changes nothing', async () => {
  await using admin = await site();
  const tid = await write(admin, 'one\n2\nthree', 'Shorten it');
  const page = await admin.get(`/guide/@manage/undo?tid=${tid}`);
  assert.match(page.text, /<h2>Undo “Shorten it”<\/h2>/);
  assert.match(page.text, /This can be undone: 1 object would change/);
  assert.match(page.text, /<tr class="del">.*2<\/td><\/tr>/);
  assert.match(page.text, /<tr class="add">.*two<\/td><\/tr>/);
  assert.equal(sourceOf(admin), 'one\n2\nthree');
});

test('undo: the button of a message takes back and returns, with an undo of its own', async () => {
  await using admin = await site();
  const tid = await write(admin, 'one\n2\nthree', 'Shorten it');
  const done = await admin.post('/guide/a/@manage/undo', {
    action: 'undo',
    transaction: tid,
    back: '/guide/a/@manage/edit?x=1',
  });
  assert.equal(sourceOf(admin), 'one\ntwo\nthree');
  assert.match(done.header('location'), /^\/guide\/a\/@manage\/edit\?x=1&done=\d+$/);
  const again = /done=(\d+)/.exec(done.header('location'))?.[1] ?? '';
  await admin.post('/guide/a/@manage/undo', { action: 'undo', transaction: again, back: '/' });
  assert.equal(sourceOf(admin), 'one\n2\nthree');
});

test('undo: it never sends anybody to another site', async () => {
  await using admin = await site();
  for (const back of [
    'https://evil.test/',
    '//evil.test/',
    '/\\evil.test/',
    'javascript:alert(1)',
  ]) {
    const tid = await write(admin, `one ${back}`, 'x');
    const done = await admin.post('/guide/@manage/undo', {
      action: 'undo',
      transaction: tid,
      back,
    });
    assert.match(done.header('location'), /^\/guide\/@manage\/undo\?done=\d+$/);
  }
});

test('undo: what stands in the way is named, and the button takes the smallest set that works', async () => {
  await using admin = await site();
  const rest = 'three\nfour\nfive\nsix\n';
  await write(admin, `one\ntwo\n${rest}`, 'Before');
  const first = await write(admin, `one\n2\n${rest}`, 'First');
  const second = await write(admin, `one\nII\n${rest}`, 'Second');
  const latest = `one\nII\n${rest}seven\n`;
  await write(admin, latest, 'Third');
  const refused = await admin.post('/guide/a/@manage/undo', {
    action: 'undo',
    transaction: first,
  });
  assert.equal(refused.status, 303);
  assert.equal(sourceOf(admin), latest);
  const page = await admin.get(refused.header('location'));
  assert.match(page.text, /This cannot be undone alone/);
  assert.match(page.text, /txn is-blocker[\s\S]*?Second/);
  assert.match(page.text, /Undo these 2 together/);
  const transaction = [...page.text.matchAll(/name="transaction" value="(\d+)"/g)].map(
    ([, tid = '']) => tid,
  );
  assert.deepEqual(new Set(transaction), new Set([first, second]));
  await admin.post('/guide/a/@manage/undo', { action: 'undo', transaction });
  assert.equal(sourceOf(admin), `one\ntwo\n${rest}seven\n`);
});

test('undo: what was deleted comes back, and the plan says so beforehand', async () => {
  await using admin = await site();
  const gone = await admin.post('/guide/@manage/contents', { action: 'delete', id: 'a' });
  const tid = /done=(\d+)/.exec(gone.header('location'))?.[1] ?? '';
  const page = await admin.get(`/guide/@manage/undo?tid=${tid}`);
  assert.match(page.text, /\/guide\/a<\/span><span class="chip chip--add">.*comes back/);
  await admin.post('/guide/@manage/undo', { action: 'undo', transaction: tid });
  assert.equal(sourceOf(admin), 'one\ntwo\nthree');
});

test('undo: who may not undo others’ work is told why, and nothing changes', async () => {
  await using admin = await site();
  const tid = await write(admin, 'one\n2\nthree', 'Shorten it');
  const reader = await admin.addUser('reader', { at: '/guide' });
  const refused = await admin.post(
    '/guide/@manage/undo',
    { action: 'undo', transaction: tid },
    { as: reader },
  );
  assert.equal(refused.status, 403);
  assert.equal(sourceOf(admin), 'one\n2\nthree');
  const page = await admin.get('/guide/@manage/undo', { as: reader });
  assert.match(page.text, /You may not view the history/);
  assert.doesNotMatch(page.text, /Shorten it/);
  const asked = await admin.get(`/guide/@manage/undo?tid=${tid}`, { as: reader });
  assert.doesNotMatch(asked.text, /Shorten it/);
});

test('undo: a note is text in the list and in the plan, never markup', async () => {
  await using admin = await site();
  const tid = await write(admin, 'x', '<script>alert(1)</script>');
  const page = await admin.get(`/guide/@manage/undo?tid=${tid}`);
  assert.doesNotMatch(page.text, /<script>alert/);
});
