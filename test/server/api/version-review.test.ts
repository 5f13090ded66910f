/** Reviews of versions by the JSON interface: what was said, for which state, and by whom. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from '../../support/client.js';
import { Desk } from '../version-desk.js';

let desk: Desk;

before(async () => {
  desk = await Desk.open();
});
after(() => desk[Symbol.asyncDispose]());

interface Change {
  readonly path: string;
  readonly reviewed: boolean;
}

function say(at: string, body: unknown, as = desk.editor): Promise<Page> {
  return desk.send('POST', `${at}/@api/review`, body, { as });
}

async function marked(at: string, as = desk.admin): Promise<readonly string[]> {
  const { items } = await desk.write<{ items: Change[] }>('GET', `${at}/@api/changes`, undefined, {
    as,
  });
  return items.filter(({ reviewed }) => reviewed).map(({ path }) => path);
}

test('a review is asked for and approved, and says who did that', async () => {
  await desk.add('/asked');
  const at = await desk.begin('one', '/asked');
  const none = await desk.review(at);
  assert.equal(none.state, 'open');
  assert.deepEqual(none.review, { asked: null, verdicts: [] });
  assert.deepEqual([none.schedule, none.missed], [null, null]);
  const asking = await say(at, { action: 'ask', note: 'Please look' }, desk.writer);
  assert.equal(asking.status, 200, asking.text);
  assert.equal(await desk.stateOf(at), 'review');
  const approving = await say(at, { action: 'approve', note: 'Good' });
  assert.equal(approving.status, 200, approving.text);
  const { state, review } = await desk.review(at, { as: desk.writer });
  assert.equal(state, 'approved');
  assert.equal(review.asked?.user, '/acl_users:writer');
  assert.equal(review.asked.note, 'Please look');
  assert.deepEqual(
    review.verdicts.map(({ user, verdict, note, outdated }) => [user, verdict, note, outdated]),
    [['/acl_users:editor', 'approve', 'Good', false]],
  );
  const { items } = await desk.write<{ items: { tid: string; description: string }[] }>(
    'GET',
    `${at}/@api/transactions?limit=2`,
  );
  assert.deepEqual(
    items.map(({ description }) => description),
    ['Approved “The one”: Good', 'Asked for a review of “The one”: Please look'],
  );
  assert.equal(items[0]?.tid, approving.json()['tid']);
});

test('whatever is changed in the version makes verdicts ones of an older state', async () => {
  await desk.add('/stale');
  await desk.add('/apart');
  const at = await desk.begin('two', '/stale');
  await say(at, { action: 'ask' }, desk.writer);
  await say(at, { action: 'approve' });
  await desk.retitle('/apart', 'In main');
  await desk.retitle('/apart', 'Elsewhere', { version: await desk.begin('other') });
  assert.equal(await desk.stateOf(at), 'approved');
  await desk.retitle('/stale', 'Again', { version: at, as: desk.writer });
  const { state, review } = await desk.review(at);
  assert.equal(state, 'review');
  assert.equal(review.verdicts[0]?.outdated, true);
  await say(at, { action: 'approve' });
  assert.equal(await desk.stateOf(at), 'approved');
  await desk.add('/more', { version: at });
  await say(at, { action: 'approve' });
  await desk.write('POST', `${at}/@api/revert`, { objects: ['/more'] });
  assert.equal(await desk.stateOf(at), 'review');
});

test('one who asks for changes holds a version up until they approve it', async () => {
  await desk.add('/held');
  const at = await desk.begin('three', '/held');
  await say(at, { action: 'approve' });
  await say(at, { action: 'request-changes', note: 'The title' }, desk.admin);
  const { state, review } = await desk.review(at);
  assert.equal(state, 'review');
  assert.deepEqual(
    review.verdicts.map(({ user, verdict }) => [user, verdict]),
    [
      ['/acl_users:admin', 'request-changes'],
      ['/acl_users:editor', 'approve'],
    ],
  );
  await say(at, { action: 'approve' }, desk.admin);
  assert.equal(await desk.stateOf(at), 'approved');
  assert.equal((await desk.review(at)).review.verdicts.length, 2);
  await say(at, { action: 'withdraw' }, desk.writer);
  assert.deepEqual((await desk.review(at)).review, { asked: null, verdicts: [] });
  assert.equal(await desk.stateOf(at), 'open');
});

test('verdicts need what a check-in needs, and a review what working in the version does', async () => {
  await desk.add('/guarded');
  const at = await desk.begin('four', '/guarded');
  await desk.refused(say(at, { action: 'approve' }, desk.writer), 403, /Save\/discard/);
  await desk.refused(say(at, { action: 'request-changes' }, desk.writer), 403, /Save\/discard/);
  await desk.refused(say(at, { action: 'ask' }, desk.server.client()), 401, /Join/);
  await desk.refused(say(at, { action: 'bless' }), 422, /request-changes/);
  await desk.refused(say(at, {}), 422, /action/);
  await desk.refused(say(at, { action: 'ask', note: 'x'.repeat(4001) }), 422, /4000/);
  await desk.refused(say(at, { action: 'withdraw' }), 409, /No review/);
  await desk.refused(say('/guarded', { action: 'ask' }), 404, /no version/);
  await desk.refused(say(await desk.begin('blank'), { action: 'ask' }), 409, /Nothing is changed/);
  const reading = desk.send('GET', `${at}/@api/review`, undefined, { as: desk.server.client() });
  await desk.refused(reading, 401, /Join/);
  assert.equal(await desk.stateOf(at), 'open');
});

test('a verdict on what was changed since it was looked at is refused', async () => {
  await desk.add('/seen');
  const at = await desk.begin('five', '/seen');
  const { seen } = await desk.review(at);
  await desk.retitle('/seen', 'Later', { version: at });
  await desk.refused(say(at, { action: 'approve', seen }), 409, /Look again/);
  const { seen: now } = await desk.review(at);
  assert.equal((await say(at, { action: 'approve', seen: now })).status, 200);
  await desk.refused(say(at, { action: 'approve', seen: 'x' }), 422, /transaction/);
});

test('a check-in ends the review; undone, all is as it was, and the approval counts again', async () => {
  await desk.add('/whole');
  const at = await desk.begin('six', '/whole');
  await say(at, { action: 'ask' }, desk.writer);
  await say(at, { action: 'approve' });
  const undo = (tid: unknown): Promise<{ readonly tid: string }> =>
    desk.write('POST', '/@api/undo', { transactions: [tid] }, { as: desk.editor });
  const { tid } = await desk.write('POST', `${at}/@api/check-in`, {}, { as: desk.editor });
  assert.equal(await desk.stateOf(at), 'open');
  assert.deepEqual((await desk.review(at)).review, { asked: null, verdicts: [] });
  const undone = await undo(tid);
  assert.equal(await desk.titleOf('/whole', at), 'Inside');
  const { state, review } = await desk.review(at);
  assert.equal(state, 'approved');
  assert.equal(review.verdicts[0]?.outdated, false);
  await undo((await undo(undone.tid)).tid);
  assert.equal(await desk.stateOf(at), 'approved');
  await desk.retitle('/whole', 'Later', { version: at });
  assert.equal(await desk.stateOf(at), 'review');
});

test('what was changed in the version between a check-in and its undo was approved by nobody', async () => {
  await desk.add('/first');
  await desk.add('/second');
  const at = await desk.begin('sixth', '/first');
  await say(at, { action: 'approve' });
  const { tid } = await desk.write('POST', `${at}/@api/check-in`, {}, { as: desk.editor });
  await desk.retitle('/second', 'Unseen', { version: at });
  await desk.write('POST', '/@api/undo', { transactions: [tid] }, { as: desk.editor });
  assert.equal(await desk.stateOf(at), 'review');
});

test('an approval of what was left of a version is none of what comes back to it', async () => {
  await desk.add('/gone');
  await desk.add('/left');
  const at = await desk.begin('seventh', '/gone');
  await desk.retitle('/left', 'Left', { version: at });
  const part = { objects: ['/gone'] };
  const { tid } = await desk.write('POST', `${at}/@api/check-in`, part, { as: desk.editor });
  await say(at, { action: 'approve' });
  assert.equal(await desk.stateOf(at), 'approved');
  await desk.write('POST', '/@api/undo', { transactions: [tid] }, { as: desk.editor });
  assert.equal(await desk.stateOf(at), 'review');
});

test('of a copy of a version nothing was said', async () => {
  await desk.add('/model');
  const at = await desk.begin('seven', '/model');
  await say(at, { action: 'approve' });
  await desk.write('POST', `${at}/@api/copy`, { to: '/', id: 'twin' });
  assert.equal(await desk.stateOf('/twin'), 'open');
  assert.deepEqual((await desk.review('/twin')).review, { asked: null, verdicts: [] });
});

test('a review is done in main, from inside of a version too', async () => {
  await desk.add('/within');
  const at = await desk.begin('eight', '/within');
  const asked = await desk.send('POST', `${at}/@api/review`, { action: 'ask' }, { version: at });
  assert.equal(asked.status, 200, asked.text);
  assert.equal(await desk.stateOf(at), 'review');
  const page = await desk.send('GET', `${at}/@api/review`, undefined, { version: at });
  assert.equal(page.json()['state'], 'review');
});

test('what one has seen is marked for oneself, until it is changed', async () => {
  for (const path of ['/m1', '/m2', '/m3']) await desk.add(path);
  const at = await desk.begin('marks', '/m1', '/m2', '/m3');
  const mark = (body: unknown, as = desk.admin): Promise<Page> =>
    desk.send('POST', `${at}/@api/reviewed`, body, { as });
  const done = await mark({ objects: ['/m1', '/m2'], reviewed: true });
  assert.deepEqual(done.json(), { objects: ['/m1', '/m2'] });
  assert.deepEqual(await marked(at), ['/m1', '/m2']);
  assert.deepEqual(await marked(at, desk.writer), []);
  const { seen } = await desk.review(at);
  await desk.retitle('/m1', 'Again', { version: at });
  assert.deepEqual(await marked(at), ['/m2']);
  const late = await mark({ objects: ['/m1', '/m3'], reviewed: true, seen });
  assert.deepEqual(late.json(), { objects: ['/m3'] });
  assert.deepEqual(await marked(at), ['/m2', '/m3']);
  const only = async (query: string): Promise<readonly string[]> => {
    const { items } = await desk.write<{ items: Change[] }>('GET', `${at}/@api/changes?${query}`);
    return items.map(({ path }) => path);
  };
  assert.deepEqual(await only('reviewed=false'), ['/m1']);
  assert.deepEqual(await only('reviewed=true&start=1'), ['/m3']);
  const { tid } = await desk.write('POST', `${at}/@api/check-in`, { keep: true });
  assert.deepEqual(await marked(at), []);
  await desk.write('POST', '/@api/undo', { transactions: [tid] });
  assert.deepEqual(await marked(at), ['/m2', '/m3'], 'as they were seen');
  await desk.refused(desk.send('GET', `${at}/@api/changes?reviewed=maybe`), 400, /one of true/);
  await mark({ objects: ['/m2'], reviewed: false });
  assert.deepEqual(await marked(at), ['/m3']);
  await desk.refused(mark({ objects: ['/m1', '/none'], reviewed: true }), 422, /objects\.1/);
  await desk.refused(mark({ objects: [], reviewed: true }), 422, /at least one/);
  await desk.refused(mark({ objects: ['/m1'] }), 422, /reviewed/);
  await desk.refused(mark({ objects: ['/m1'], reviewed: true }, desk.server.client()), 401, /Join/);
  assert.equal(await desk.stateOf(at), 'open');
});

test('chosen changes are taken out of a version again, which can be undone', async () => {
  await desk.add('/r1');
  await desk.add('/r2');
  const at = await desk.begin('returns', '/r1', '/r2');
  await desk.add('/box', { type: 'Folder', version: at });
  await desk.add('/box/in', { version: at });
  await desk.write('DELETE', '/r2/@api', undefined, { version: at });
  const body = { objects: ['/box', '/r2'], note: 'Not now' };
  const taken = await desk.write<{ tid: string; objects: string[] }>(
    'POST',
    `${at}/@api/revert`,
    body,
    { version: at },
  );
  assert.deepEqual(taken.objects, ['/box', '/box/in', '/r2']);
  assert.equal(await desk.titleOf('/r1', at), 'Inside');
  assert.equal(await desk.titleOf('/r2', at), 'r2');
  assert.equal(await desk.titleOf('/box', at), 404);
  assert.equal(await desk.titleOf('/r1'), 'r1');
  await desk.write('POST', '/@api/undo', { transactions: [taken.tid] });
  assert.equal(await desk.titleOf('/r2', at), 404);
  assert.equal(await desk.titleOf('/box/in', at), 'in');
  const revert = (objects: readonly string[], as = desk.admin): Promise<Page> =>
    desk.send('POST', `${at}/@api/revert`, { objects }, { as });
  await desk.refused(revert(['/r1', '/none']), 422, /objects\.1/);
  await desk.refused(revert([]), 422, /at least one/);
  await desk.refused(desk.send('POST', `${at}/@api/revert`, {}), 422, /tid/);
  await desk.refused(
    desk.send('POST', '/r1/@api/revert', { objects: ['/r1'] }),
    422,
    /There is no such member/,
  );
});

test('who may not publish takes out what they might change back by hand, and nothing else', async () => {
  await desk.add('/mine');
  await desk.add('/page', { type: 'Template', source: 'old' });
  const at = await desk.begin('hands', '/mine', '/page');
  const revert = (path: string): Promise<Page> =>
    desk.send('POST', `${at}/@api/revert`, { objects: [path] }, { as: desk.writer });
  assert.equal((await revert('/mine')).status, 200);
  assert.equal(await desk.titleOf('/mine', at), 'mine');
  await desk.refused(revert('/page'), 403, /Change Templates/);
  assert.equal(await desk.titleOf('/page', at), 'Inside');
  await desk.add('/new', { version: at });
  await desk.refused(revert('/new'), 403, /Delete objects/);
  await desk.write('DELETE', '/page/@api', undefined, { version: at });
  await desk.refused(revert('/page'), 403, /Add Templates/);
});

test('conflicts are resolved one by one, each by an update of its object', async () => {
  for (const path of ['/c1', '/c2', '/c3']) await desk.add(path, { source: 'base\n' });
  const at = await desk.begin('fights');
  for (const path of ['/c1', '/c2', '/c3']) {
    const change = (source: string) => ({ fields: { source } });
    await desk.write('PATCH', `${path}/@api`, change('inside\n'), { version: at });
    await desk.write('PATCH', `${path}/@api`, change('main\n'));
  }
  const inConflict = async (): Promise<readonly string[]> => {
    const url = `${at}/@api/changes`;
    const { items } = await desk.write<{ items: { path: string; conflict: boolean }[] }>(
      'GET',
      url,
    );
    return items.filter(({ conflict }) => conflict).map(({ path }) => path);
  };
  const update = (path: string, resolve: unknown): Promise<Page> => {
    const body = { objects: [path], resolve: { [path]: resolve } };
    return desk.send('POST', `${at}/@api/update`, body, { as: desk.writer });
  };
  assert.deepEqual(await inConflict(), ['/c1', '/c2', '/c3']);
  const first = await update('/c1', { fields: { source: 'agreed\n' } });
  assert.equal(first.status, 200, first.text);
  assert.deepEqual(first.json()['objects'], ['/c1']);
  assert.deepEqual(await inConflict(), ['/c2', '/c3']);
  assert.equal((await update('/c2', 'version')).status, 200);
  assert.deepEqual(await inConflict(), ['/c3']);
  const open = desk.send('POST', `${at}/@api/update`, { objects: ['/c3'] });
  await desk.refused(open, 409, /\/c3/);
  await desk.refused(desk.send('POST', `${at}/@api/check-in`), 409, /\/c3/);
  assert.equal((await update('/c3', 'main')).status, 200);
  await desk.write('POST', `${at}/@api/check-in`);
  const sourceOf = async (path: string): Promise<string> =>
    (await desk.write<{ fields: { source: string } }>('GET', `${path}/@api`)).fields.source;
  const sources = await Promise.all(['/c1', '/c2', '/c3'].map(sourceOf));
  assert.deepEqual(sources, ['agreed\n', 'inside\n', 'main\n']);
});

test('two objects of one name, and one that is gone on a side, are resolved one by one too', async () => {
  await desk.add('/lost');
  await desk.add('/cut');
  const at = await desk.begin('names', '/lost');
  await desk.write('DELETE', '/lost/@api');
  await desk.write('DELETE', '/cut/@api', undefined, { version: at });
  await desk.retitle('/cut', 'Main');
  await desk.add('/twin1', { version: at });
  await desk.add('/twin1');
  await desk.add('/twin2', { version: at });
  await desk.add('/twin2');
  for (const [path, side] of [
    ['/twin1', 'version'],
    ['/twin2', 'main'],
    ['/lost', 'version'],
    ['/cut', 'main'],
  ] as const) {
    const body = { objects: [path], resolve: { [path]: side } };
    const page = await desk.send('POST', `${at}/@api/update`, body);
    assert.equal(page.status, 200, `${path}: ${page.text}`);
  }
  const page = await desk.send('POST', `${at}/@api/check-in`);
  assert.equal(page.status, 200, page.text);
  assert.equal(await desk.titleOf('/lost'), 'Inside');
  assert.equal(await desk.titleOf('/cut'), 'Main');
});

test('who a question about access is about is said by main, from inside of a version too', async () => {
  await desk.add('/quiet');
  const at = await desk.begin('roles', '/quiet');
  const made = {
    type: 'User',
    id: 'ghost',
    fields: { password: 'a good password', roles: ['Manager'] },
  };
  await desk.write('POST', '/acl_users/@api/contents', made, { version: at });
  const raised = { fields: { roles: ['Manager'] } };
  await desk.write('PATCH', '/acl_users/writer/@api', raised, { version: at });
  const ask = (user: string): Promise<Page> =>
    desk.send('GET', `/quiet/@api/access?permission=Delete%20objects&user=${user}`, undefined, {
      version: at,
    });
  assert.equal((await ask('writer')).json()['allowed'], false);
  assert.equal((await ask('admin')).json()['allowed'], true);
  await desk.refused(ask('ghost'), 422, /no user/);
  const opened = { permissions: { 'Delete objects': { roles: ['Writer'], acquire: true } } };
  await desk.write('PATCH', '/quiet/@api/permissions', opened, { version: at });
  assert.equal((await ask('writer')).json()['allowed'], true);
});
