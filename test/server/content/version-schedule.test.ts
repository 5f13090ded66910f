import assert from 'node:assert/strict';
import { test } from 'node:test';
import { updateObject } from '../../../server/content/edit.js';
import { Version } from '../../../server/content/version.js';
import {
  giveUpDue,
  scheduleCheckIn,
  unschedule,
} from '../../../server/content/version-schedule.js';
import type { Work } from '../../../server/content/work.js';
import { scheduledJob } from '../../../server/jobs/scheduled.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, memorySite, type MemorySite } from '../../support/site.js';

const NOW_MS = Date.UTC(2030, 0, 1);
const AT_MS = NOW_MS + 60_000;

async function scheduled(): Promise<MemorySite> {
  const made = await memorySite({ nowMs: () => NOW_MS });
  await made.add('/a', { type: 'Document' });
  await made.add('/v', { type: 'Version', title: 'Redesign' });
  const version = made.read((object) => object('/v').oid);
  await made.site.transact(
    ADMIN_KEY,
    (work) => updateObject(work, at(work, '/a'), { title: 'In' }),
    {
      version,
    },
  );
  await made.manage(async (work) => {
    assert.deepEqual(await scheduleCheckIn(work, versionIn(work), { atMs: AT_MS }), []);
  });
  return made;
}

function versionIn(work: Work): Version {
  const found = at(work, '/v');
  assert.ok(found instanceof Version);
  return found;
}

function due(made: MemorySite, atMs = AT_MS) {
  const version = made.read((object) => object('/v').oid);
  assert.ok(version !== undefined);
  return { version, atMs };
}

const quiet = { progress: () => undefined, log: () => undefined };

test('a check-in that is given up says so on the version, for whoever looks there', async () => {
  await using made = await scheduled();
  const order = { id: 'x', kind: 'check-in', user: ADMIN_KEY, path: '/v', parameters: {} };
  const reason = 'Its job was cancelled.';
  const parameters = { ...due(made), givenUp: reason };
  assert.deepEqual(await scheduledJob(made.site, order, parameters, quiet), { missed: reason });
  await made.manage((work) => {
    const { state, schedule, missed } = versionIn(work);
    assert.deepEqual([state, schedule], ['open', undefined]);
    assert.deepEqual([missed?.reason, missed?.atMs, missed?.user], [reason, AT_MS, ADMIN_KEY]);
    const record = work.connection.transactionRecord(work.connection.tid);
    assert.match(record?.note ?? '', /Not checked in at 2030-01-01 00:01:00 UTC: “Redesign”/);
    assert.deepEqual([record?.user, record?.paths], [ADMIN_KEY, ['/v']]);
    unschedule(work, versionIn(work));
    assert.equal(versionIn(work).missed, undefined);
  });
});

test('what is not scheduled any more is not given up', async () => {
  await using made = await scheduled();
  const { tid } = made;
  await giveUpDue(made.site, due(made, AT_MS + 1), { reason: 'Other', nowMs: NOW_MS });
  assert.equal(made.tid, tid);
  await made.manage((work) => {
    assert.equal(versionIn(work).state, 'scheduled');
    unschedule(work, versionIn(work));
  });
  await giveUpDue(made.site, due(made), { reason: 'Late', nowMs: NOW_MS });
  await made.manage((work) => assert.equal(versionIn(work).missed, undefined));
});

test('a check-in that is due is made by whoever set its time, and nobody else', async () => {
  await using made = await scheduled();
  const order = { id: 'x', kind: 'check-in', path: '/v', parameters: {} };
  const others = { ...order, user: '/acl_users:nobody' };
  const refused = await scheduledJob(made.site, others, due(made), quiet);
  assert.match(JSON.stringify(refused), /There is no user/);
  await using again = await scheduled();
  const done = await scheduledJob(again.site, { ...order, user: ADMIN_KEY }, due(again), quiet);
  assert.deepEqual('objects' in done ? done.objects : done, ['/a']);
  again.read((object) => assert.equal(object('/a').title, 'In'));
});
