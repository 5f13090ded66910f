import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Log } from '../../../server/log.js';
import { DataHost } from '../../../server/sql/data-host.js';
import { DataFault, DataLink } from '../../../server/sql/data-link.js';
import type {
  BegunTransaction,
  DataRequest,
  DataThreadData,
  SqlTarget,
} from '../../../server/sql/data-messages.js';
import { sourceOfText } from '../../../server/sql/source-marks.js';
import { compileStatements } from '../../../server/sql/statement.js';
import { temporaryDirectory } from '../../support/temporary.js';
import type { LinkAnswer, LinkQuestion } from './link-user.js';

const TARGET: SqlTarget = { path: '/db', driver: 'sqlite', url: 'shop.sqlite' };
const ENDLESS =
  'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c';
const REMAINING_MS = 10_000;

/** A server's data host, whose thread a test may end. */
class TestHost implements AsyncDisposable {
  readonly host: DataHost;
  readonly threads: Worker[] = [];

  constructor(data: string) {
    const log = new Log({ level: 'error', format: 'json', write: () => undefined });
    const startThread = (workerData: DataThreadData): Worker => {
      const entry = new URL('../../../server/sql/data-thread.js', import.meta.url);
      const thread = new Worker(entry, { workerData });
      this.threads.push(thread);
      return thread;
    };
    this.host = new DataHost({ data, log, startThread });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
  }

  async ask(request: DataRequest): Promise<unknown> {
    return this.host.request(request, REMAINING_MS);
  }

  async begin(): Promise<BegunTransaction> {
    return this.host.request({ what: 'begin', target: TARGET, access: 'write' }, REMAINING_MS);
  }

  async run(text: string): Promise<void> {
    const { transaction } = await this.begin();
    await this.ask(query(transaction, text));
    await this.host.commit([transaction]);
  }

  async count(): Promise<unknown> {
    const { transaction } = await this.begin();
    const result = await this.host.request(
      query(transaction, 'SELECT count(*) FROM t'),
      REMAINING_MS,
    );
    await this.host.rollback([transaction]);
    return result.rows[0]?.[0];
  }
}

function query(transaction: number, text: string) {
  return {
    what: 'query',
    transaction,
    statement: { text, parameters: [] },
    rowsMax: 10,
  } as const;
}

/** A thread that asks through a link of its own. */
class LinkUser implements AsyncDisposable {
  readonly number: number;
  readonly #worker: Worker;

  constructor(host: DataHost) {
    const handle = host.link();
    this.number = handle.number;
    this.#worker = new Worker(new URL('link-user.js', import.meta.url), {
      workerData: handle,
      transferList: [handle.port],
    });
  }

  async ask(request: DataRequest, remainingMs = REMAINING_MS): Promise<LinkAnswer> {
    this.#worker.postMessage({ request, remainingMs } satisfies LinkQuestion);
    const [answer] = (await once(this.#worker, 'message')) as [LinkAnswer];
    return answer;
  }

  async begin(): Promise<number> {
    const answered = await this.ask({ what: 'begin', target: TARGET, access: 'write' });
    assert.ok('answer' in answered, JSON.stringify(answered));
    return (answered.answer as BegunTransaction).transaction;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

function codeOf(answer: LinkAnswer): string {
  assert.ok('code' in answer, 'it failed');
  return answer.code;
}

test('the data thread is started by the first question, not by a link', async () => {
  await using folder = await temporaryDirectory();
  await using test = new TestHost(folder.path);
  await using user = new LinkUser(test.host);
  assert.equal(test.host.isRunning, false);
  const transaction = await user.begin();
  assert.equal(test.host.isRunning, true);
  const answered = await user.ask(query(transaction, 'SELECT 1 AS one'));
  assert.ok('answer' in answered);
  assert.deepEqual((answered.answer as { rows: unknown }).rows, [[1]]);
});

test('a command asks from the main thread itself', async () => {
  await using folder = await temporaryDirectory();
  await using test = new TestHost(folder.path);
  const link = new DataLink(test.host.openLink());
  const options = { remainingMs: REMAINING_MS };
  const begun = link.request({ what: 'begin', target: TARGET, access: 'write' }, options);
  const { transaction } = begun;
  link.request(query(transaction, 'CREATE TABLE t (a)'), options);
  const { outcome } = link.request({ what: 'commit', transaction }, options);
  assert.equal(outcome, 'committed');
  assert.equal(await test.count(), 0);
});

test('what is wrong with a statement is told at its place in the source', async () => {
  await using folder = await temporaryDirectory();
  await using test = new TestHost(folder.path);
  const link = new DataLink(test.host.openLink());
  const source = 'SELECT 1;\n\nSELECT 2\n  FROM nowhere';
  const [, statement] = compileStatements(sourceOfText(source), 'sqlite');
  assert.ok(statement !== undefined);
  const options = { remainingMs: REMAINING_MS };
  const begin = { what: 'begin', target: TARGET, access: 'read' } as const;
  const { transaction } = link.request(begin, options);
  const request = { what: 'query', transaction, statement, rowsMax: 1 } as const;
  assert.throws(
    () => link.request(request, { ...options, statement }),
    (error) => {
      assert.ok(error instanceof DataFault);
      assert.deepEqual(error.place, { line: 4, column: 8 });
      return true;
    },
  );
});

test('each trouble has its own code', async () => {
  await using folder = await temporaryDirectory();
  await using test = new TestHost(folder.path);
  await using user = new LinkUser(test.host);
  const begin = { what: 'begin', access: 'write' } as const;
  const refused: SqlTarget = {
    path: '/db',
    driver: 'postgres',
    url: 'postgres://me@127.0.0.1:9/x',
  };
  assert.equal(codeOf(await user.ask({ ...begin, target: refused })), 'SRV_SQL_UNREACHABLE');
  const senseless: SqlTarget = { path: '/db', driver: 'sqlite', url: '../x' };
  assert.equal(codeOf(await user.ask({ ...begin, target: senseless })), 'SRV_INVALID');
  const transaction = await user.begin();
  assert.equal(codeOf(await user.ask({ ...begin, target: TARGET }, 2000)), 'ODB_CONFLICT');
  assert.equal(codeOf(await user.ask(query(transaction, 'SELEC'))), 'SRV_SQL_FAILED');
  assert.equal(codeOf(await user.ask(query(transaction, ENDLESS), 200)), 'SRV_SQL_OVERDUE');
  assert.equal(codeOf(await user.ask(query(transaction, 'SELECT 1'))), 'SRV_SQL_UNREACHABLE');
});

test('what a thread had open is rolled back when the thread has ended', async () => {
  await using folder = await temporaryDirectory();
  await using test = new TestHost(folder.path);
  await test.run('CREATE TABLE t (a)');
  await using user = new LinkUser(test.host);
  const transaction = await user.begin();
  await user.ask(query(transaction, 'INSERT INTO t VALUES (1)'));
  await user[Symbol.asyncDispose]();
  test.host.endLink(user.number);
  assert.equal(await test.count(), 0);
});

test('what was kept is committed though its thread has ended', async () => {
  await using folder = await temporaryDirectory();
  await using test = new TestHost(folder.path);
  await test.run('CREATE TABLE t (a)');
  await using user = new LinkUser(test.host);
  const transaction = await user.begin();
  await user.ask(query(transaction, 'INSERT INTO t VALUES (1)'));
  test.host.keep([transaction]);
  await user[Symbol.asyncDispose]();
  test.host.endLink(user.number);
  assert.deepEqual(await test.host.commit([transaction]), [{ transaction, outcome: 'committed' }]);
  assert.equal(await test.count(), 1);
});

test('when the data thread crashes, what was open is lost, and another takes its place', async () => {
  await using folder = await temporaryDirectory();
  await using test = new TestHost(folder.path);
  await test.run('CREATE TABLE t (a)');
  await using user = new LinkUser(test.host);
  const transaction = await user.begin();
  const { epoch } = await test.host.request({ what: 'status', target: TARGET }, REMAINING_MS);
  await user.ask(query(transaction, 'INSERT INTO t VALUES (1)'));
  test.host.keep([transaction]);
  await test.threads[0]?.terminate();
  assert.equal((await test.host.commit([transaction]))[0]?.outcome, 'unknown');
  assert.equal(await test.count(), 0);
  assert.ok((await user.begin()) > transaction, 'no number is used again');
  const again = await test.host.request({ what: 'status', target: TARGET }, REMAINING_MS);
  assert.ok(again.epoch > epoch, 'the epoch grew');
});

test('whoever waits for an answer hears of it at once when the data thread crashes', async () => {
  await using folder = await temporaryDirectory();
  await using test = new TestHost(folder.path);
  await using user = new LinkUser(test.host);
  const transaction = await user.begin();
  const startedMs = performance.now();
  const asked = user.ask(query(transaction, ENDLESS), 60_000);
  const [thread] = test.threads;
  setTimeout(() => void thread?.terminate(), 100);
  assert.equal(codeOf(await asked), 'SRV_SQL_UNREACHABLE');
  assert.ok(performance.now() - startedMs < 30_000, 'long before its time was over');
});

test('when it is closed, what is open is rolled back, and nothing is answered any more', async () => {
  await using folder = await temporaryDirectory();
  {
    await using test = new TestHost(folder.path);
    await test.run('CREATE TABLE t (a)');
    const { transaction } = await test.begin();
    await test.ask(query(transaction, 'INSERT INTO t VALUES (1)'));
    await test.host.close();
    await assert.rejects(test.count(), { kind: 'lost' });
  }
  await using again = new TestHost(folder.path);
  assert.equal(await again.count(), 0);
});
