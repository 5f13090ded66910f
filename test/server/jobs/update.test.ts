/** Large updates and check-ins of versions as jobs, over real HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DIRECT_CHANGES_MAX } from '../../../server/api/versions.js';
import { Desk, type Job } from '../version-desk.js';

let desk: Desk;

before(async () => {
  desk = await Desk.open();
});
after(() => desk[Symbol.asyncDispose]());

async function run(url: string, body: unknown = {}, as = desk.admin): Promise<Job> {
  const page = await desk.send('POST', url, body, { as });
  assert.equal(page.status, 202, page.text.slice(0, 1000));
  const job = String(page.json()['job']);
  assert.equal(page.header('location'), `/@api/jobs/${job}`);
  const ended = await desk.ended(job);
  assert.equal(ended.state, 'done', JSON.stringify(ended));
  return ended;
}

test('much is brought up to date, and checked in, by jobs that say how far they are', async () => {
  await desk.add('/much', { type: 'Folder' });
  const operations = (method: string, title: string): readonly object[] =>
    Array.from({ length: DIRECT_CHANGES_MAX + 2 }, (_, id) => ({
      method,
      path: method === 'POST' ? '/much/@api/contents' : `/much/d${id}/@api`,
      body: method === 'POST' ? { type: 'Document', id: `d${id}`, title } : { title },
    }));
  await desk.write('POST', '/@api/batch', { operations: operations('POST', 'Main') });
  const at = await desk.begin('bulk');
  const inside = { operations: operations('PATCH', 'Inside') };
  await desk.write('POST', '/@api/batch', inside, { version: at });
  const source = { fields: { source: 'From main' } };
  await desk.write('PATCH', '/much/d1/@api', source);
  await desk.retitle('/much/d2', 'Also in main');

  const refused = await run(`${at}/@api/update`, {}, desk.writer);
  assert.deepEqual([refused.kind, refused.path], ['update', at]);
  const { conflicts } = refused.result as { conflicts: readonly { path: string }[] };
  assert.deepEqual(
    conflicts.map(({ path }) => path),
    ['/much/d2'],
  );
  assert.equal(await desk.titleOf('/much/d2', at), 'Inside');

  const body = { resolve: { '/much/d2': 'main' }, note: 'Up to date' };
  const { result, progress } = await run(`${at}/@api/update`, body, desk.writer);
  const { tid, objects } = result as { tid: string; objects: readonly string[] };
  assert.deepEqual(objects, ['/much/d1', '/much/d2']);
  assert.ok(progress.total > DIRECT_CHANGES_MAX);
  assert.equal(progress.done, progress.total);
  assert.equal(await desk.titleOf('/much/d2', at), 'Also in main');
  const { items } = await desk.write<{ items: Record<string, string>[] }>(
    'GET',
    `/@api/transactions?version=${at}&limit=1`,
  );
  assert.equal(items[0]?.['tid'], tid);
  assert.deepEqual(
    [items[0]['description'], items[0]['user']],
    ['Up to date', '/acl_users:writer'],
  );

  const done = await run(`${at}/@api/check-in`, { note: 'All' }, desk.editor);
  assert.ok(done.progress.total > DIRECT_CHANGES_MAX);
  assert.equal(done.progress.done, done.progress.total);
  assert.equal(await desk.titleOf('/much/d3'), 'Inside');
  assert.equal(await desk.titleOf('/much/d2'), 'Also in main');
});

test('a large update asks for the same as a small one, and none is part of a batch', async () => {
  await desk.add('/lots', { type: 'Folder' });
  const at = await desk.begin('closed');
  const operations = Array.from({ length: DIRECT_CHANGES_MAX + 1 }, (_, id) => ({
    method: 'POST',
    path: '/lots/@api/contents',
    body: { type: 'Document', id: `d${id}`, title: 'Lots' },
  }));
  await desk.write('POST', '/@api/batch', { operations }, { version: at });
  const stranger = desk.server.client();
  await desk.refused(desk.send('POST', `${at}/@api/update`, {}, { as: stranger }), 401, /Join/);
  const part = { operations: [{ method: 'POST', path: `${at}/@api/update`, body: {} }] };
  const batch = desk.send('POST', '/@api/batch', part, { version: at });
  await desk.refused(batch, 422, /a request of its own/);
});
