import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MemoryStorage, TransientError } from '../../../odb/index.js';
import { Log } from '../../../server/log.js';
import { DataError } from '../../../server/sql/data-error.js';
import type { CommitOutcome, SqlTarget } from '../../../server/sql/data-messages.js';
import { type CommitHost, SqlCommits, type Told } from '../../../server/sql/sql-commits.js';
import type { HandedOver } from '../../../server/sql/sql-work.js';
import { startMariadb } from '../../support/mariadb.js';
import { startPostgres } from '../../support/postgres.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { BothSides, type BothStates, type WriteOutcome } from './both-sides.js';
import type { BothSidesOrder } from './both-sides-program.js';

/** How many kills each test makes; they are spread over all steps. */
const KILLS = Number(process.env['CANOPY_KILLS'] ?? 5);

const PROGRAM = fileURLToPath(new URL('both-sides-program.js', import.meta.url));

const FILE: SqlTarget = { path: '/db', driver: 'sqlite', url: 'both.sqlite' };

/** What a run said: the states it found, and, unless it was killed, its outcome. */
interface RunSaid {
  readonly found: BothStates;
  readonly ended: { readonly outcome: WriteOutcome; readonly steps: number } | undefined;
}

async function runProgram(order: BothSidesOrder): Promise<RunSaid> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, complaint, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null, string | null]>,
  ]);
  const isKilled = order.dieAt > 0 && signal === 'SIGKILL';
  assert.ok(isKilled || code === 0, `It ended with ${code ?? signal}: ${complaint}`);
  const [found = '', ended] = said.trim().split('\n');
  return {
    found: JSON.parse(found) as BothStates,
    ended: ended === undefined ? undefined : (JSON.parse(ended) as RunSaid['ended']),
  };
}

/** Spreads kills over steps: each is the number of a step, from 1. */
function spread(steps: number): number[] {
  const kills = Math.min(KILLS, steps);
  return Array.from({ length: kills }, (_, at) => 1 + Math.floor((at * steps) / kills));
}

function assertSame({ objects, rows }: BothStates, when: string): void {
  assert.deepEqual(rows, objects, `Both sides have the same, each once, ${when}`);
}

/** Kills the process of a server at steps of a transaction, and looks what the next one finds. */
async function killServers(target: SqlTarget): Promise<void> {
  await using folder = await temporaryDirectory();
  const run = (number: number, dieAt: number): Promise<RunSaid> =>
    runProgram({ folder: folder.path, target, number, dieAt });
  const whole = await run(0, 0);
  assert.equal(whole.ended?.outcome, 'saved');
  const kills = spread(whole.ended.steps);
  for (const [at, dieAt] of kills.entries()) {
    const { found, ended } = await run(at + 1, dieAt);
    assertSame(found, `before step ${dieAt}`);
    assert.equal(ended, undefined, `It died at step ${dieAt}`);
  }
  const { found } = await run(kills.length + 1, 0);
  assertSame(found, 'at the end');
  assert.ok(found.objects.includes(0), 'What was told to be saved is there');
}

/** Kills what has the database at steps of a transaction, in which case we live on. */
async function killDatabases(
  target: SqlTarget,
  kill: () => Promise<void>,
  start: () => Promise<void>,
): Promise<void> {
  await using folder = await temporaryDirectory();
  let left = Number.POSITIVE_INFINITY;
  let steps = 0;
  const step = async (): Promise<void> => {
    steps += 1;
    left -= 1;
    if (left === 0) await kill();
  };
  await using both = await BothSides.open({ folder: folder.path, target, table: 'lived_on', step });
  await both.prepare();
  steps = 0;
  assert.equal(await both.write(0), 'saved');
  for (const [at, dieAt] of spread(steps).entries()) {
    left = dieAt;
    const outcome = await both.write(at + 1);
    left = Number.POSITIVE_INFINITY;
    await start();
    await both.recover();
    const found = await both.states();
    assertSame(found, `after step ${dieAt}`);
    const isThere = found.objects.includes(at + 1);
    assert.equal(isThere, outcome !== 'refused', `It was told “${outcome}” at step ${dieAt}`);
    assert.equal(await both.write(1000 + at), 'saved', 'The database is used again');
  }
}

/** Ends a thread that has prepared something, when its connection is gone as well. */
async function endPreparing(
  target: SqlTarget,
  kill: () => Promise<void>,
  start: () => Promise<void>,
): Promise<void> {
  await using folder = await temporaryDirectory();
  const step = async (name: string): Promise<void> => {
    if (name !== 'prepared') return;
    await kill();
    await start();
  };
  await using both = await BothSides.open({ folder: folder.path, target, table: 'ended', step });
  await both.prepare();
  await both.endPrepared(1);
  assert.deepEqual(await both.prepared(), []);
  assert.deepEqual(await both.states(), { objects: [], rows: [] });
}

/** Kills the process in which SQLite runs. */
async function killSqlite(): Promise<void> {
  for (const pid of childrenOf(process.pid)) {
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sqlite-child')) {
      process.kill(pid, 'SIGKILL');
    }
  }
  await Promise.resolve();
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((word) => word !== '')
      .map(Number),
  );
}

test('a server killed between any two steps leaves both sides or neither, on SQLite', async () => {
  await killServers(FILE);
});

test('the process of SQLite killed between any two steps loses nothing', async () => {
  await killDatabases(FILE, killSqlite, async () => {});
});

test('what is left is finished when a server starts, before anybody asks', async () => {
  await using folder = await temporaryDirectory();
  {
    await using both = await BothSides.open({ folder: folder.path, target: FILE });
    await both.prepare();
    await both.enter('left', 'INSERT INTO both_sides (number) VALUES (7)');
  }
  await using both = await BothSides.open({ folder: folder.path, target: FILE });
  await both.start();
  assert.deepEqual((await both.states()).rows, [7]);
  await both.start();
  await both.recover();
  assert.deepEqual((await both.states()).rows, [7], 'And once');
});

test('what a database never takes closes the connection, until it is given up', async () => {
  await using folder = await temporaryDirectory();
  await using both = await BothSides.open({ folder: folder.path, target: FILE });
  await both.prepare();
  assert.equal(await both.write(1), 'saved');
  await both.enter('never', 'INSERT INTO nowhere (number) VALUES (1)');
  await assert.rejects(both.recover(), { code: 'SRV_SQL_UNFINISHED', message: /nowhere/ });
  await both.giveUp();
  await both.recover();
  assert.equal(await both.write(2), 'saved');
  assert.deepEqual((await both.states()).rows, [1, 2]);
});

const ALONE: HandedOver = {
  transactions: [{ transaction: 1, target: FILE, mark: undefined }],
  removed: [],
};
const TOGETHER: HandedOver = {
  transactions: [{ transaction: 1, target: FILE, mark: 'site.moment.run.thread.1' }],
  removed: [],
};

/** A host whose commits end as told, and whose database cannot be reached for anything else. */
function commitsThatEnd(outcome: Omit<CommitOutcome, 'transaction'>): {
  readonly commits: SqlCommits;
  readonly rolledBack: number[];
  readonly asked: string[];
} {
  const rolledBack: number[] = [];
  const asked: string[] = [];
  const host: CommitHost = {
    keep: () => {},
    holds: () => true,
    commit: (ids) => Promise.resolve(ids.map((transaction) => ({ transaction, ...outcome }))),
    rollback: (ids) => Promise.resolve(void rolledBack.push(...ids)),
    request({ what }) {
      asked.push(what);
      return Promise.reject(new DataError('unreachable', 'nobody is there'));
    },
  };
  const log = new Log({ level: 'error', format: 'json', write: () => {} });
  const storage = new MemoryStorage();
  return {
    commits: new SqlCommits({ host, storage, log, onWritten: () => {} }),
    rolledBack,
    asked,
  };
}

test('a database that does not save after the objects are saved is told of as it is', async () => {
  const { commits } = commitsThatEnd({ outcome: 'unknown' });
  using _ = commits;
  let isSaved = false;
  const saved = commits.save(TOGETHER, () => Promise.resolve((isSaved = true)));
  await assert.rejects(saved, { code: 'SRV_SQL_UNFINISHED', message: /is saved.*not send it/ });
  assert.ok(isSaved);
});

test('what one database alone does not save is told, or begun again', async () => {
  const lost = commitsThatEnd({ outcome: 'unknown' });
  await assert.rejects(lost.commits.save(ALONE), { code: 'SRV_SQL_UNKNOWN' });
  const refused = commitsThatEnd({ outcome: 'failed', message: 'a rule' });
  await assert.rejects(refused.commits.save(ALONE), { code: 'SRV_SQL_FAILED', message: 'a rule' });
  const busy = commitsThatEnd({ outcome: 'failed', isTransient: true });
  await assert.rejects(busy.commits.save(ALONE), TransientError);
});

test('marks that a refused transaction would have taken out are for another to take out', async () => {
  const { commits } = commitsThatEnd({ outcome: 'committed' });
  using _ = commits;
  await commits.save(TOGETHER, () => Promise.resolve());
  const told: Told = { version: -1 };
  const done = commits.news(told)?.done ?? [];
  assert.deepEqual(done, ['site.moment.run.thread.1']);
  assert.equal(commits.news(told), undefined);
  const conflict = new TransientError('ODB_CONFLICT', 'Others were first');
  const next = { ...ALONE, removed: done };
  await assert.rejects(
    commits.save(next, () => Promise.reject(conflict)),
    conflict,
  );
  assert.deepEqual(commits.news(told)?.done, done);
});

test('a database that is gone for good is asked ever less often', async (t) => {
  const { commits, asked } = commitsThatEnd({ outcome: 'unknown' });
  using _ = commits;
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  };
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await commits.left(FILE);
  for (let second = 0; second < 600; second += 10) {
    t.mock.timers.tick(10_000);
    await turns();
  }
  assert.equal(asked.length, 6, 'at once, and after 10, 30, 70, 150 and 310 seconds');
});

test('when the objects are not saved, the databases are rolled back', async () => {
  const { commits, rolledBack } = commitsThatEnd({ outcome: 'committed' });
  const conflict = new TransientError('ODB_CONFLICT', 'Others were first');
  await assert.rejects(
    commits.save(TOGETHER, () => Promise.reject(conflict)),
    conflict,
  );
  assert.deepEqual(rolledBack, [1]);
});

for (const prepares of [false, true]) {
  const how = prepares ? 'with prepared transactions' : 'without prepared transactions';
  test(`kills between any two steps leave both sides or neither, on PostgreSQL ${how}`, async () => {
    await using server = await startPostgres({ prepares });
    const { url, password } = server;
    const target: SqlTarget = { path: '/db', driver: 'postgres', url, password };
    await killServers(target);
    await killDatabases(
      target,
      () => server.kill(),
      () => server.start(),
    );
    if (!prepares) return;
    await endPreparing(
      target,
      () => server.kill(),
      () => server.start(),
    );
  });
}

test('kills between any two steps leave both sides or neither, on MariaDB', async () => {
  await using server = await startMariadb();
  const { url, password } = server;
  const target: SqlTarget = { path: '/db', driver: 'mysql', url, password };
  await killServers(target);
  await killDatabases(
    target,
    () => server.kill(),
    () => server.start(),
  );
  await endPreparing(
    target,
    () => server.kill(),
    () => server.start(),
  );
});
