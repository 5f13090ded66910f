/** The history screen: an object's states, two beside each other, and going back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExecutable } from '../../server/content/executable.js';
import { AdminSite } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', {
    type: 'Document',
    id: 'a',
    title: 'First',
    fields: { source: 'one\ntwo' },
  });
  return admin;
}

async function write(admin: AdminSite, fields: Readonly<Record<string, string>>): Promise<string> {
  const done = await admin.post('/a/@manage/edit', { action: 'save', ...fields });
  return /done=(\d+)/.exec(done.header('location'))?.[1] ?? '';
}

function now(admin: AdminSite): readonly string[] {
  return admin.look('/a', (object) => [
    object?.title ?? '',
    isExecutable(object) ? object.source : '',
  ]);
}

test('history: one revision has nothing to be compared with, and the page says so', async () => {
  await using admin = await site();
  const page = await admin.get('/a/@manage/history');
  assert.equal(page.status, 200);
  assert.match(page.text, /There is one revision/);
});

test('history: the newest two are compared at first: fields, then the text beside each other', async () => {
  await using admin = await site();
  await write(admin, { source: 'one\n2', title: 'Second', note: 'Shorter' });
  const page = await admin.get('/a/@manage/history');
  assert.match(page.text, /Shorter/);
  assert.match(page.text, /<dt>Title<\/dt><dd>.*First.*Second/);
  assert.match(page.text, /diff--split/);
  const inline = await admin.get('/a/@manage/history?look=inline');
  assert.doesNotMatch(inline.text, /diff--split/);
  assert.match(inline.text, /<tr class="del">.*two/);
});

test('history: the address says which two are compared', async () => {
  await using admin = await site();
  const second = await write(admin, { source: 'one\n2' });
  const third = await write(admin, { source: 'one\nII' });
  const page = await admin.get(`/a/@manage/history?from=${third}&to=${second}&look=inline`);
  assert.match(page.text, /<tr class="del">.*II/);
  assert.match(page.text, /<tr class="add">.*2<\/td>/);
});

test('history: restoring gives the object its old state in a new transaction, with an undo', async () => {
  await using admin = await site();
  const page = await admin.get('/a/@manage/history');
  const first = /name="from" value="(\d+)"/.exec(page.text)?.[1] ?? '';
  await write(admin, { source: 'one\n2', title: 'Second' });
  const done = await admin.post('/a/@manage/history', { action: 'revert', tid: first });
  assert.deepEqual(now(admin), ['First', 'one\ntwo']);
  assert.match((await admin.get(done.header('location'))).text, /name="action" value="undo"/);
});

test('history: one part alone can be restored', async () => {
  await using admin = await site();
  const page = await admin.get('/a/@manage/history');
  const first = /name="from" value="(\d+)"/.exec(page.text)?.[1] ?? '';
  await write(admin, { source: 'one\n2', title: 'Second' });
  await admin.post('/a/@manage/history', { action: 'revert', tid: first, fields: 'source' });
  assert.deepEqual(now(admin), ['Second', 'one\ntwo']);
});

test('history: it is not for those who may not view it', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/' });
  assert.equal((await admin.get('/a/@manage/history', { as: reader })).status, 403);
});

test('history: fields, properties and settings of security stand apart, and only the last stay at a revert', async () => {
  await using admin = await site();
  await admin.post('/a/@manage/properties', {
    action: 'add',
    'new-name': 'tone',
    'new-type': 'string',
    'new-value': 'loud',
  });
  const added = await admin.get('/a/@manage/history');
  assert.match(
    added.text,
    /<strong>Properties<\/strong>.*?<dt>tone<\/dt>.*?value="properties.tone"/s,
  );
  assert.doesNotMatch(added.text, /<strong>Fields<\/strong>/);

  await admin.close('/a', 'View');
  const closed = await admin.get('/a/@manage/history');
  assert.match(closed.text, /<strong>Security<\/strong>.*?<dt>Permission View<\/dt>/s);
  assert.match(closed.text, /stays as it is, unless you restore it/);
  assert.doesNotMatch(closed.text, /name="fields" value="permission/);
});

test('history: two states of an image stand beside each other, each as it was where it was', async () => {
  await using admin = await AdminSite.open();
  await admin.add('/', { type: 'Image', id: 'logo', title: 'Logo' });
  const put = async (text: string): Promise<void> => {
    const file = { field: 'data', filename: 'logo.png', contentType: 'image/png', text };
    const done = await admin.upload('/logo/@manage/edit', { action: 'replace' }, [file]);
    assert.equal(done.status, 303, done.text);
  };
  await put('not quite a png');
  await put('and another one');

  const page = await admin.get('/logo/@manage/history');

  const sources = [...page.text.matchAll(/<img src="\/logo\?@at&#x3D;(\d+)"/g)].map(([, at]) => at);
  assert.equal(new Set(sources).size, 2);
  assert.match(page.text, /name="fields" value="data">Restore this picture only/);
  assert.doesNotMatch(page.text, /SHA-256/, 'what is seen is not told in words as well');
});

test('history: where there are versions, a state can be restored into one', async () => {
  await using admin = await site();
  await write(admin, { source: 'one\n2' });
  assert.doesNotMatch((await admin.get('/a/@manage/history')).text, /Restore into a version/);
  await admin.add('/', { type: 'Version', id: 'plan', title: 'Plan' });
  assert.match((await admin.get('/a/@manage/history')).text, /#into">.*?Restore into a version/);
});
