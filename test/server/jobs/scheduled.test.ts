/** Check-ins at a set time, over real HTTP: that they come, that they are judged, and what if not. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from '../../support/client.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { Desk, type Review, until } from '../version-desk.js';

let desk: Desk;

/** Long enough for the answer to be there before. */
const SOON_MS = 1200;

before(async () => {
  desk = await Desk.open();
});
after(() => desk[Symbol.asyncDispose]());

function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

function set(at: string, body: unknown, as = desk.editor): Promise<Page> {
  return desk.send('POST', `${at}/@api/schedule`, body, { as });
}

/** What is said of a version once its time is over. */
function over(at: string, where = desk): Promise<Review> {
  return until(async () => {
    const review = await where.review(at);
    return review.schedule === null ? review : undefined;
  });
}

test('a version is checked in at the time that was set, as who set it', async () => {
  await desk.add('/due');
  const at = await desk.begin('timed', '/due');
  const time = inMs(SOON_MS);
  const page = await set(at, { at: time, note: 'On time', keep: true });
  assert.equal(page.status, 200, page.text);
  const { state, schedule } = page.json<Review>();
  assert.equal(state, 'scheduled');
  assert.deepEqual([schedule?.at, schedule?.user], [time, '/acl_users:editor']);
  const { state: left, missed } = await over(at);
  assert.deepEqual([left, missed], ['open', null]);
  assert.equal(await desk.titleOf('/due'), 'Inside');
  const { items } = await desk.write<{ items: Record<string, string>[] }>(
    'GET',
    '/@api/transactions?limit=1',
  );
  assert.equal(items[0]?.['description'], 'On time');
  assert.equal(items[0]['user'], '/acl_users:editor');
  assert.ok(Date.parse(String(items[0]['time'])) >= Date.parse(time));
  const job = (await desk.jobs()).find(({ path }) => path === at);
  assert.deepEqual([job?.kind, job?.user], ['check-in', '/acl_users:editor']);
  await desk.write('POST', '/@api/undo', { transactions: [items[0]['tid']] });
  const { state: again, schedule: back } = await desk.review(at);
  assert.deepEqual([again, back?.outdated], ['open', true]);
});

test('a time can be moved, and taken away', async () => {
  await desk.add('/moved');
  const at = await desk.begin('moves', '/moved');
  await set(at, { at: inMs(3_600_000) });
  await set(at, { at: inMs(SOON_MS), keep: false });
  await until(async () => ((await desk.titleOf(at)) === 404 ? true : undefined));
  assert.equal(await desk.titleOf('/moved'), 'Inside');
  await desk.add('/kept');
  const other = await desk.begin('stays', '/kept');
  await set(other, { at: inMs(SOON_MS) });
  const gone = await set(other, { at: null });
  assert.deepEqual([gone.json()['schedule'], gone.json()['state']], [null, 'open']);
  const job = await until(async () =>
    (await desk.jobs()).find((each) => each.path === other && each.state === 'done'),
  );
  assert.deepEqual(job.result, { missed: null });
  assert.equal(await desk.titleOf('/kept'), 'kept');
});

test('what is changed after the time was set is not checked in', async () => {
  await desk.add('/slipped');
  const at = await desk.begin('slips', '/slipped');
  await desk.send('POST', `${at}/@api/review`, { action: 'ask' }, { as: desk.writer });
  await set(at, { at: inMs(SOON_MS) });
  await desk.retitle('/slipped', 'Slipped in', { version: at, as: desk.writer });
  const { state, schedule } = await desk.review(at);
  assert.deepEqual([state, schedule?.outdated ?? true], ['review', true]);
  const { missed } = await over(at);
  assert.match(missed?.reason ?? '', /changed in the version after the time was set/);
  assert.equal(missed?.user, '/acl_users:editor');
  assert.equal(await desk.titleOf('/slipped'), 'slipped');
});

test('conflicts that came since are said on the version, which is approved as before', async () => {
  await desk.add('/fought', { source: 'base\n' });
  const at = await desk.begin('fights');
  await desk.write('PATCH', '/fought/@api', { fields: { source: 'inside\n' } }, { version: at });
  await desk.send('POST', `${at}/@api/review`, { action: 'approve' }, { as: desk.editor });
  await set(at, { at: inMs(SOON_MS) });
  await desk.write('PATCH', '/fought/@api', { fields: { source: 'main\n' } });
  const { state, missed } = await over(at);
  assert.equal(state, 'approved');
  assert.match(missed?.reason ?? '', /both changed 1 object/);
  const refused = await set(at, { at: inMs(60_000) });
  assert.equal(refused.status, 409, refused.text);
  assert.equal(refused.json<{ conflicts: { path: string }[] }>().conflicts[0]?.path, '/fought');
  assert.equal((await desk.review(at)).state, 'approved');
});

test('who set the time must be one who may, then as well', async () => {
  await desk.add('/judged');
  const at = await desk.begin('judges', '/judged');
  await set(at, { at: inMs(SOON_MS) });
  const closed = { 'Save/discard Version changes': { roles: ['Manager'], acquire: false } };
  await desk.write('PATCH', `${at}/@api/permissions`, { permissions: closed });
  const { missed } = await over(at);
  assert.match(missed?.reason ?? '', /Save\/discard Version changes/);
  assert.equal(await desk.titleOf('/judged'), 'judged');
});

test('to undo that a time was taken back is not to set it, unless it was one’s own', async () => {
  await desk.add('/revived');
  const [one, other] = [
    await desk.begin('theirs', '/revived'),
    await desk.begin('own', '/revived'),
  ];
  for (const [at, as] of [
    [one, desk.admin],
    [other, desk.editor],
  ] as const) {
    await set(at, { at: inMs(SOON_MS), keep: false });
    const { tid } = (await set(at, { at: null })).json();
    await desk.write('POST', '/@api/undo', { transactions: [tid] }, { as });
    assert.equal(await desk.stateOf(at), 'scheduled');
  }
  const { missed } = await over(one);
  assert.match(missed?.reason ?? '', /Somebody else undid/);
  await until(async () => ((await desk.titleOf(other)) === 404 ? true : undefined));
  assert.equal(await desk.titleOf('/revived'), 'Inside');
});

test('a check-in that would be refused now cannot be scheduled', async () => {
  await desk.add('/bounds');
  await desk.add('/sheet', { type: 'Template', source: 'old' });
  const at = await desk.begin('limits', '/bounds');
  await desk.refused(set(at, { at: inMs(60_000) }, desk.writer), 403, /Save\/discard/);
  await desk.refused(set(at, { at: inMs(-1) }), 422, /time to come/);
  await desk.refused(set(at, { at: '2999-01-01' }), 422, /within 366 days/);
  await desk.refused(set(at, { at: 'noon' }), 422, /is no time/);
  await desk.refused(set(at, {}), 422, /required/);
  await desk.refused(set('/bounds', { at: inMs(60_000) }), 404, /no version/);
  await desk.refused(set(await desk.begin('void'), { at: inMs(60_000) }), 409, /Nothing is/);
  await desk.retitle('/sheet', 'Inside', { version: at });
  await desk.refused(set(at, { at: inMs(60_000) }), 403, /Change Templates/);
  assert.equal(await desk.stateOf(at), 'open');
  assert.equal(await desk.titleOf('/sheet'), 'sheet');
  assert.equal((await set(at, { at: inMs(60_000) }, desk.admin)).status, 200);
  assert.equal(await desk.titleOf('/sheet'), 'sheet');
});

test('a time that passed while no server ran is looked after at the next start', async () => {
  await using directory = await temporaryDirectory();
  let time: string;
  {
    await using first = await Desk.open({ data: directory.path });
    await first.add('/late');
    const at = await first.begin('lates', '/late');
    time = inMs(SOON_MS);
    await first.write('POST', `${at}/@api/schedule`, { at: time }, { as: first.editor });
  }
  await until(async () => (Date.now() > Date.parse(time) ? true : undefined));
  await using second = await Desk.open({ data: directory.path });
  const { missed } = await over('/lates', second);
  assert.equal(missed, null);
  assert.equal(await second.titleOf('/late'), 'Inside');
});
