import assert from 'node:assert/strict';
import { mock, type TestContext, test } from 'node:test';
import type { StorageHandle } from '../../../odb/index.js';
import { Log } from '../../../server/log.js';
import type { Dispatch } from '../../../server/publisher/messages.js';
import {
  type PoolOutcome,
  type PoolThread,
  PublisherPool,
  QUEUE_MAX,
  SPARE_AFTER_MS,
  SPARE_KEPT_MS,
  SWEEP_MS,
} from '../../../server/publisher/pool.js';
import type { ThreadOutcome } from '../../../server/publisher/thread.js';

const TIME_LIMIT_MS = 1000;

/** A thread that does what the test says: it begins its requests in order, and ends when told. */
class ScriptedThread implements PoolThread {
  readonly loaded = Promise.resolve({ rules: {}, assets: [] });
  readonly ready = Promise.resolve({ made: false });
  readonly #onEnded: (cause: unknown) => void;
  readonly #requests = new Map<number, { url: string; done: (outcome: ThreadOutcome) => void }>();
  #lastId = 0;
  ended = false;
  renewed = 0;

  constructor(onEnded: (cause: unknown) => void) {
    this.#onEnded = onEnded;
  }

  /** Paths of the requests it has: the one it does, and the one that waits. */
  get urls(): readonly string[] {
    return [...this.#requests.values()].map(({ url }) => url);
  }

  join(): void {}

  renew(): void {
    this.renewed += 1;
  }

  publish({ envelope }: Dispatch, done: (outcome: ThreadOutcome) => void): number {
    this.#lastId += 1;
    this.#requests.set(this.#lastId, { url: envelope.url, done });
    return this.#lastId;
  }

  takeBack(id: number): boolean {
    return [...this.#requests.keys()].indexOf(id) > 0 && this.#requests.delete(id);
  }

  /** Answers the request that it does. */
  answer(): void {
    const [id] = this.#requests.keys();
    const request = this.#requests.get(id ?? 0);
    this.#requests.delete(id ?? 0);
    const answer = { status: 200, headers: [], body: request?.url ?? '' };
    request?.done({ kind: 'published', published: { answer } });
  }

  end(): Promise<void> {
    return this.terminate();
  }

  async terminate(): Promise<void> {
    this.ended = true;
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    this.#onEnded(new Error('ended'));
    for (const { done } of requests) done({ kind: 'ended', cause: new Error('ended') });
  }
}

interface Trial {
  readonly pool: PublisherPool;
  readonly threads: ScriptedThread[];
  readonly outcomes: Map<string, PoolOutcome['kind']>;
  ask(url: string): void;
  pass(ms: number): Promise<void>;
}

async function openPool(context: TestContext, size: number): Promise<Trial> {
  mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  context.after(() => mock.timers.reset());
  const threads: ScriptedThread[] = [];
  const outcomes = new Map<string, PoolOutcome['kind']>();
  let clockMs = 0;
  const pool = new PublisherPool({
    size,
    timeLimitMs: TIME_LIMIT_MS,
    log: new Log({ level: 'error', format: 'text', write: () => {} }),
    startThread(onEnded) {
      const thread = new ScriptedThread(onEnded);
      threads.push(thread);
      return thread;
    },
    onFatal: (cause) => assert.fail(String(cause)),
    nowMs: () => clockMs,
  });
  const handle: StorageHandle = { directory: '', shared: new SharedArrayBuffer(8), rules: {} };
  await pool.open(handle);
  await settled();
  return {
    pool,
    threads,
    outcomes,
    ask(url) {
      const envelope = {
        method: 'GET',
        url,
        headers: {},
        remoteAddress: '',
        origin: '',
        attempt: 0,
      };
      pool.publish({ envelope }, ({ kind }) => outcomes.set(url, kind));
    },
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += SWEEP_MS) {
        clockMs += SWEEP_MS;
        mock.timers.tick(SWEEP_MS);
        await settled();
      }
    },
  };
}

/** Lets promises that are settled be heard. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

test('a thread does one request at a time, and the next in line waits in it', async (context) => {
  const { threads, ask, outcomes, pass } = await openPool(context, 2);
  ask('/a');
  await pass(SWEEP_MS);
  for (const url of ['/b', '/c', '/d', '/e']) ask(url);
  assert.deepEqual(threads.map(({ urls }) => urls).sort(), [
    ['/a', '/c'],
    ['/b', '/d'],
  ]);
  const first = threads.find(({ urls }) => urls[0] === '/a');
  first?.answer();
  assert.deepEqual(first?.urls, ['/c', '/e']);
  assert.deepEqual([...outcomes], [['/a', 'published']]);
});

test('what waits in a busy thread is taken back by the first that is free', async (context) => {
  const { threads, ask, pass } = await openPool(context, 2);
  ask('/slow');
  await pass(SWEEP_MS);
  for (const url of ['/quick', '/waits']) ask(url);
  const slow = threads.find(({ urls }) => urls[0] === '/slow');
  const quick = threads.find(({ urls }) => urls[0] === '/quick');
  assert.deepEqual(slow?.urls, ['/slow', '/waits']);
  quick?.answer();
  assert.deepEqual(slow?.urls, ['/slow']);
  assert.deepEqual(quick?.urls, ['/waits']);
});

test('a thread past the limit is ended and replaced; what waited in it is done by another', async (context) => {
  const { pool, threads, ask, pass, outcomes } = await openPool(context, 1);
  ask('/endless');
  ask('/next');
  const [endless] = threads;
  assert.deepEqual(endless?.urls, ['/endless', '/next']);
  await pass(TIME_LIMIT_MS + 2 * SWEEP_MS);
  assert.equal(endless?.ended, true);
  assert.equal(outcomes.get('/endless'), 'overdue');
  const other = threads.find(({ urls }) => urls.includes('/next'));
  other?.answer();
  assert.equal(outcomes.get('/next'), 'published');
  assert.ok(pool.size >= 1);
});

test('a request’s limit counts from when it was begun, not while it waited', async (context) => {
  const { threads, ask, pass, outcomes } = await openPool(context, 1);
  ask('/long');
  ask('/waits');
  await pass(SPARE_AFTER_MS - SWEEP_MS);
  threads[0]?.answer();
  await pass(TIME_LIMIT_MS - SWEEP_MS);
  threads.find(({ urls }) => urls[0] === '/waits')?.answer();
  assert.equal(outcomes.get('/waits'), 'published');
});

test('a crash is told to the request that ran, and no other', async (context) => {
  const { threads, ask, outcomes } = await openPool(context, 1);
  ask('/crash');
  ask('/next');
  await threads[0]?.terminate();
  await settled();
  assert.equal(outcomes.get('/crash'), 'crashed');
  assert.equal(outcomes.has('/next'), false);
  threads[1]?.answer();
  assert.equal(outcomes.get('/next'), 'published');
});

test('threads held by their requests get a spare, which ends when it has not been needed', async (context) => {
  const { pool, threads, ask, pass } = await openPool(context, 1);
  ask('/held');
  ask('/next');
  await pass(SPARE_AFTER_MS - 2 * SWEEP_MS);
  assert.equal(pool.size, 1);
  await pass(3 * SWEEP_MS);
  assert.equal(pool.size, 2);
  assert.deepEqual(threads[1]?.urls, ['/next']);
  threads[0]?.answer();
  threads[1]?.answer();
  await pass(SPARE_KEPT_MS + 2 * SWEEP_MS);
  assert.equal(pool.size, 1);
});

test('a spare that is always busy ends too, and what it has is done', async (context) => {
  const { pool, threads, ask, pass, outcomes } = await openPool(context, 1);
  ask('/held');
  ask('/next');
  await pass(SPARE_AFTER_MS + SWEEP_MS);
  assert.equal(pool.size, 2);
  threads[0]?.answer();
  for (let at = 0; at <= SPARE_KEPT_MS; at += 2 * SWEEP_MS) {
    // Both have a request, and one that waits, all the time.
    ask(`/busy/${at}/0`);
    ask(`/busy/${at}/1`);
    await pass(2 * SWEEP_MS);
    for (const thread of threads) thread.answer();
  }
  await pass(2 * SWEEP_MS);
  for (const thread of threads) while (thread.urls.length > 0) thread.answer();
  await pass(2 * SWEEP_MS);
  assert.equal(pool.size, 1);
  assert.equal(threads[1]?.ended, true);
  assert.deepEqual(new Set(outcomes.values()), new Set(['published']));
});

test('a thread that ends while another is leaving is replaced', async (context) => {
  const { pool, threads, ask, pass, outcomes } = await openPool(context, 1);
  ask('/held');
  ask('/next');
  await pass(SPARE_AFTER_MS + SWEEP_MS);
  const [first, spare] = threads;
  first?.answer();
  spare?.answer();
  await pass(SPARE_KEPT_MS);
  ask('/a');
  ask('/b');
  await pass(2 * SWEEP_MS);
  await first?.terminate();
  await settled();
  for (const thread of threads) while (thread.urls.length > 0) thread.answer();
  await settled();
  assert.equal(spare?.ended, true, 'it was leaving');
  assert.equal(pool.size, 1);
  ask('/later');
  threads.at(-1)?.answer();
  assert.equal(outcomes.get('/later'), 'published');
});

test('there are never more than four times the threads', async (context) => {
  const { pool, ask, pass } = await openPool(context, 1);
  for (let asked = 0; asked < 10; asked += 1) ask(`/held/${asked}`);
  await pass(SPARE_AFTER_MS * 3);
  assert.ok(pool.size <= 4);
});

test('a queue past its bound turns requests away', async (context) => {
  const { ask, outcomes } = await openPool(context, 1);
  for (let asked = 0; asked < QUEUE_MAX + 3; asked += 1) ask(`/${asked}`);
  await settled();
  assert.deepEqual([...outcomes.values()], ['refused']);
});

test('a pool that closes refuses what waits', async (context) => {
  const { pool, threads, ask, outcomes } = await openPool(context, 1);
  for (const url of ['/a', '/b', '/c']) ask(url);
  await pool.close();
  assert.equal(outcomes.get('/c'), 'refused');
  ask('/late');
  await settled();
  assert.equal(outcomes.get('/late'), 'refused');
  assert.equal(threads[0]?.ended, true);
});

test('every thread takes a new view of the database when it is told to', async (context) => {
  const { pool, threads } = await openPool(context, 3);
  pool.renew();
  assert.deepEqual(
    threads.map(({ renewed }) => renewed),
    [1, 1, 1],
  );
});
