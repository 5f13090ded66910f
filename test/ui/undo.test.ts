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
  assert.match(page.text, /<h2 id="plan">Undo “Shorten it”<\/h2>/);
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

test('undo: undoing an undo is a redo, in the plan as in the list and the message', async () => {
  await using admin = await site();
  const tid = await write(admin, 'one\n2\nthree', 'Shorten it');
  const takeBack = async (transaction: string): Promise<string> => {
    const done = await admin.post('/guide/@manage/undo', { action: 'undo', transaction });
    return /done=(\d+)/.exec(done.header('location'))?.[1] ?? '';
  };
  const undone = await takeBack(tid);
  const told = await admin.get(`/guide/@manage/undo?tid=${undone}&done=${undone}`);
  assert.match(told.text, /<div class="toast">.*?<span>Undid “Shorten it”<\/span>/s);
  assert.match(told.text, /<h2 id="plan">Redo “Shorten it”<\/h2>/);
  assert.match(told.text, /This can be redone: 1 object would change/);
  assert.match(told.text, /name="note" [^>]*value="Redid “Shorten it”"/);
  assert.match(told.text, />Undid “Shorten it”<\/a>.*?an undo<\/span>/s);

  const redone = await takeBack(undone);
  const list = await admin.get(`/guide/@manage/undo?tid=${redone}`);
  assert.match(list.text, />Redid “Shorten it”<\/a>.*?a redo<\/span>/s);
  assert.match(list.text, /<h2 id="plan">Undo “Shorten it”<\/h2>/);
  assert.doesNotMatch(list.text, /Undo “Undo|Undid “Undid|Redid “Undid/);
});

test('undo: a transaction whose note is hidden, or has none, is told as such and can be chosen', async () => {
  await using admin = await site();
  await admin.add('/guide', { type: 'Document', id: 'secret' });
  await admin.close('/guide/secret', 'View');
  const reader = await admin.addUser('reader', { at: '/guide' });
  await admin.allowAll('/guide', 'View history');
  await write(admin, 'one\n2\nthree', 'Shorten it');
  const done = await admin.post('/guide/@manage/contents', { action: 'delete', id: 'secret' });
  const tid = /done=(\d+)/.exec(done.header('location'))?.[1] ?? '';
  await admin.post('/guide/@manage/undo', { action: 'undo', transaction: tid, note: 'Of secrets' });

  const page = await admin.get('/guide/@manage/undo', { as: reader });
  assert.doesNotMatch(page.text, /class="txn__note"[^>]*><\/a>/);
  assert.match(page.text, />A change of something you may not view<\/a>/);
  assert.match(page.text, />Shorten it<\/a>/);
  assert.doesNotMatch(page.text, /Of secrets|guide\/secret/);
});

test('undo: when the object goes with what is taken back, the person comes to its container', async () => {
  await using admin = await site();
  const added = await admin.post('/guide/@manage/add/Document', { action: 'add', id: 'new' });
  const tid = /done=(\d+)/.exec(added.header('location'))?.[1] ?? '';
  const done = await admin.post('/guide/new/@manage/undo', {
    action: 'undo',
    transaction: tid,
    back: '/guide/new/@manage',
  });
  assert.match(done.header('location'), /^\/guide\/@manage\?done=\d+$/);
  const page = await admin.get(done.header('location'));
  assert.equal(page.status, 200);
  assert.match(page.text, /Undid “Added \/guide\/new”/);
});

test('undo: when the object is elsewhere afterwards, the person comes to where it is', async () => {
  await using admin = await site();
  const sent = await admin.post('/guide/@manage/rename?id=a', {
    action: 'rename',
    'id-0': 'b',
    'title-0': '',
  });
  const tid = /done=(\d+)/.exec(sent.header('location'))?.[1] ?? '';
  const done = await admin.post('/guide/b/@manage/undo', {
    action: 'undo',
    transaction: tid,
    back: '/guide/b/@manage/edit',
  });
  assert.match(done.header('location'), /^\/guide\/a\/@manage\/undo\?done=\d+$/);
});
