import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOid, MemoryStorage } from '../../../odb/index.js';
import { type Reminder, reminderKey } from '../../../server/content/version-metadata.js';
import { readDue } from '../../../server/jobs/due.js';
import type { JobCommand, JobOrder, JobRecord, JobState } from '../../../server/jobs/job.js';
import { LOOK_EVERY_MS, Schedules } from '../../../server/jobs/schedules.js';
import { Log } from '../../../server/log.js';

interface Clock extends Disposable {
  readonly schedules: Schedules;
  readonly storage: MemoryStorage;
  readonly started: JobOrder[];
  nowMs: number;
  isFull: boolean;
  remind(atMs: number): Promise<Reminder>;
  end(order: JobOrder | undefined, state: JobState): void;
  reminders(): Promise<readonly string[]>;
}

function clock(storage = new MemoryStorage()): Clock {
  const started: JobOrder[] = [];
  const log = new Log({ level: 'error', format: 'json', write: () => undefined });
  const made: Clock = {
    storage,
    started,
    nowMs: 1_000_000,
    isFull: false,
    schedules: new Schedules({
      storage,
      log,
      nowMs: () => made.nowMs,
      isFull: () => made.isFull,
      async start({ order }: Extract<JobCommand, { what: 'start' }>) {
        started.push(order);
      },
    }),
    async remind(atMs) {
      const reminder = { version: asOid(7), atMs, user: '/acl_users:mara', path: '/v' };
      await storage.setMeta({ [reminderKey(reminder)]: reminder });
      return reminder;
    },
    end(order, state) {
      assert.ok(order);
      const record: JobRecord = {
        ...order,
        ...{ state, createdMs: 0, endedMs: 0, progress: { done: 0, total: 0 } },
        ...{ log: [], result: undefined },
      };
      made.schedules.ended(record);
    },
    async reminders() {
      await Promise.resolve();
      return (await storage.listMeta('scheduled:')).map(([key]) => key);
    },
    [Symbol.dispose]() {
      made.schedules[Symbol.dispose]();
      log[Symbol.dispose]();
    },
  };
  return made;
}

test('a check-in is started when its time has come, once, as whoever set the time', async () => {
  using at = clock();
  const soon = await at.remind(at.nowMs + 10_000);
  await at.remind(at.nowMs + 10 * LOOK_EVERY_MS);
  await at.schedules.look();
  assert.deepEqual(at.started, []);
  at.nowMs = soon.atMs;
  await Promise.all([at.schedules.look(), at.schedules.look()]);
  assert.deepEqual(
    at.started.map(({ kind, user, path }) => [kind, user, path]),
    [['check-in', '/acl_users:mara', '/v']],
  );
  const [order] = at.started;
  assert.deepEqual(order && readDue(order), { version: 7, atMs: soon.atMs });
});

test('a reminder goes when its job is done, and stays when the server ends before', async () => {
  const storage = new MemoryStorage();
  {
    using at = clock(storage);
    await at.remind(at.nowMs);
    await at.schedules.look();
    assert.equal(at.started.length, 1);
  }
  using next = clock(storage);
  await next.schedules.look();
  assert.equal(next.started.length, 1);
  next.end(next.started[0], 'done');
  assert.deepEqual(await next.reminders(), []);
  await next.schedules.look();
  assert.equal(next.started.length, 1);
});

test('a job that somebody cancels, or that breaks, leaves a word where its version is', async () => {
  for (const state of ['cancelled', 'failed'] as const) {
    using at = clock();
    const { atMs } = await at.remind(at.nowMs);
    await at.schedules.look();
    at.end(at.started[0], state);
    const [, second] = at.started;
    const { givenUp, ...due } = (second && readDue(second)) ?? {};
    assert.deepEqual(due, { version: 7, atMs });
    assert.match(givenUp ?? '', /^Its job was /);
    at.end(second, state);
    assert.deepEqual(await at.reminders(), []);
    assert.equal(at.started.length, 2);
  }
});

test('where no more jobs are taken, what is due waits', async () => {
  using at = clock();
  await at.remind(at.nowMs);
  at.isFull = true;
  await at.schedules.look();
  assert.deepEqual(at.started, []);
  at.isFull = false;
  await at.schedules.look();
  assert.equal(at.started.length, 1);
});

test('the end of another job is no business of its', async () => {
  using at = clock();
  await at.remind(at.nowMs + 1);
  const order = { id: 'x', kind: 'pack', user: '', path: '/', parameters: {} };
  at.end(order, 'failed');
  assert.deepEqual(at.started, []);
  assert.equal((await at.reminders()).length, 1);
});
