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

test('undo: a transaction says what it did, whether it can be taken back or not', async () => {
  await using admin = await site();
  const first = await write(admin, 'one\n2\nthree', 'Shorten it');
  await write(admin, 'one\n22\nthree', 'Lengthen it');

  const page = await admin.get(`/guide/@manage/undo?tid=${first}`);

  assert.match(page.text, /This cannot be undone alone/);
  const did = page.text.slice(page.text.indexOf('What it did'));
  assert.match(did, /<details class="change" open>.*\/guide\/a.*changed/s);
  assert.match(did, /<tr class="del">.*two<\/td><\/tr>/);
  assert.match(did, /<tr class="add">.*2<\/td><\/tr>/);
  assert.match(did, /Text of \/guide\/a: before, and after it/);
});

test('undo: what added, moved and deleted says so, with the paths of then', async () => {
  await using admin = await site();
  await admin.post('/guide/@manage/contents', { action: 'delete', id: 'a' });
  await admin.post('/@manage/rename?id=guide', { action: 'rename', 'id-0': 'book' });
  const list = await admin.get('/@manage/undo');
  const tids = [...list.text.matchAll(/name="tid" value="(\d+)"/g)].map(([, tid]) => tid);
  const didOf = async (at: number): Promise<string> => {
    const page = await admin.get(`/@manage/undo?tid=${tids[at]}`);
    return page.text.slice(page.text.indexOf('What it did'));
  };

  assert.match(await didOf(0), /class="path">\/book<.*<span class="now">book<\/span>/s);
  assert.match(await didOf(1), /class="path">\/guide\/a<.*chip--remove/s);
  assert.match(await didOf(2), /class="path">\/guide\/a<.*chip--add/s);
});

test('undo: the list is narrowed to a path, and to what the reader may undo', async () => {
  await using admin = await site();
  await admin.add('/', { type: 'Document', id: 'elsewhere' });
  const at = await admin.get('/@manage/undo?path=guide/a/');
  assert.match(at.text, /Added \/guide\/a/);
  assert.doesNotMatch(at.text, /Added \/(elsewhere|guide<)/);
  assert.match(at.text, /name="path" value="\/guide\/a"/);

  const outside = await admin.get('/guide/@manage/undo?path=/elsewhere');
  assert.match(outside.text, /No transaction fits/);

  const all = await admin.get('/@manage/undo');
  assert.match(all.text, /Created the site/);
  const undoable = await admin.get('/@manage/undo?undoable=yes');
  assert.doesNotMatch(undoable.text, /Created the site/);
  assert.match(undoable.text, /Added \/elsewhere/);
});

test('undo: the message of an undo offers the redo, and that of a redo the undo', async () => {
  await using admin = await site();
  const tid = await write(admin, 'one\n2\nthree', 'Shorten it');
  const buttonAfter = async (transaction: string): Promise<readonly string[]> => {
    const fields = { action: 'undo', transaction, back: '/guide/a/@manage/edit' };
    const done = await admin.post('/guide/a/@manage/undo', fields);
    const page = await admin.get(done.header('location'));
    const toast = /<div class="toast">.*?<\/form>/s.exec(page.text)?.[0] ?? '';
    return [
      /<\/svg>(Undo|Redo)<\/button>/.exec(toast)?.[1] ?? '',
      /name="transaction" value="(\d+)"/.exec(toast)?.[1] ?? '',
    ];
  };

  const [redo, undone = ''] = await buttonAfter(tid);
  assert.equal(redo, 'Redo');
  const [undo] = await buttonAfter(undone);
  assert.equal(undo, 'Undo');
  assert.equal(sourceOf(admin), 'one\n2\nthree');
});

test('undo: asked of an object that is gone, it leads to the plan beside where that was', async () => {
  await using admin = await site();
  const tid = await write(admin, 'one\n2\nthree', 'Shorten it');
  await admin.post('/guide/@manage/contents', { action: 'delete', id: 'a' });

  const fields = { action: 'undo', transaction: tid, back: '/guide/a/@manage/edit' };
  const lost = await admin.post('/guide/a/@manage/undo', fields);

  assert.equal(lost.status, 303, lost.text);
  assert.equal(lost.header('location'), `/guide/@manage/undo?tid=${tid}`);
  const page = await admin.get(lost.header('location'), { cookies: lost.cookies });
  assert.match(page.text, /Not undone: a is not in \/guide any more/);
  assert.match(page.text, /<h2 id="plan">Undo “Shorten it”<\/h2>/);
});

test('undo: in a version, its own transactions are listed and taken back, and no others', async () => {
  await using admin = await site();
  const outside = await write(admin, 'one\n2\nthree', 'On main');
  await admin.add('/', { type: 'Version', id: 'v', title: 'V' });
  const cookies = `canopy_version=${admin.look('/v', (version) => version?.oid)}`;
  const save = { action: 'save', source: 'inside', note: 'In the version' };
  const done = await admin.post('/guide/a/@manage/edit', save, { cookies });
  const tid = /done=(\d+)/.exec(done.header('location'))?.[1] ?? '';

  const list = await admin.get('/@manage/undo', { cookies });
  assert.match(list.text, /In the version/);
  assert.doesNotMatch(list.text, /On main/);
  assert.match((await admin.get(`/@manage/undo?tid=${tid}`, { cookies })).text, /What it did/);

  const refused = await admin.post(
    '/guide/a/@manage/undo',
    { action: 'undo', transaction: outside },
    { cookies },
  );
  assert.match(refused.text, /made outside this version/);
  const undo = { action: 'undo', transaction: tid };
  assert.equal((await admin.post('/guide/a/@manage/undo', undo, { cookies })).status, 303);
  const edit = await admin.get('/guide/a/@manage/edit', { cookies });
  assert.match(edit.text, />\none\n2\nthree<\/textarea>/);
});

test('undo: of what was taken back already it says so, and by which transaction', async () => {
  await using admin = await site();
  const tid = await write(admin, 'one\n2\nthree', 'Shorten it');
  const undo = async (transaction: string): Promise<string> => {
    const fields = { action: 'undo', transaction, back: '/guide/a/@manage/edit' };
    const done = await admin.post('/guide/a/@manage/undo', fields);
    return /done=(\d+)/.exec(done.header('location'))?.[1] ?? '';
  };
  const plan = async (): Promise<string> =>
    (await admin.get(`/guide/@manage/undo?tid=${tid}`)).text;

  const undone = await undo(tid);
  const told = await plan();
  assert.match(told, /Taken back already/);
  assert.match(told, /Undid “Shorten it”/);
  assert.match(told, new RegExp(`href="[^"]*\\?tid=${undone}#plan"`));
  assert.match(told, /Redo “Shorten it”<\/a>/);
  assert.doesNotMatch(told, /Undo these 2 together|What undoing (it|the)/);

  const redone = await undo(undone);
  assert.doesNotMatch(await plan(), /Taken back already/);
  await undo(redone);
  assert.match(await plan(), /Taken back already/);
});
