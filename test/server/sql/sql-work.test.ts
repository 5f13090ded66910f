import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Connection, Database, MemoryStorage, type Oid } from '../../../odb/index.js';
import { DataFault } from '../../../server/sql/data-link.js';
import type { DataAnswer, DataRequest } from '../../../server/sql/data-messages.js';
import { sourceOfText } from '../../../server/sql/source-marks.js';
import { listJournal } from '../../../server/sql/sql-journal.js';
import type { SqlPlaceOfWork } from '../../../server/sql/sql-runner.js';
import { type ReadOnlyReason, type SqlLink, SqlWork } from '../../../server/sql/sql-work.js';
import { compileStatements, type Statement } from '../../../server/sql/statement.js';

const MYSQL: SqlPlaceOfWork = {
  ...{ path: '/db', driver: 'mysql', url: 'mysql://me@here/site', oid: 1 as Oid },
};
const FILE: SqlPlaceOfWork = { path: '/file', driver: 'sqlite', url: 'a.sqlite', oid: 2 as Oid };
const OPTIONS = { rowsMax: 10, path: '/method' };

/** A database that takes everything, and remembers what was asked. */
class Asked implements SqlLink {
  readonly requests: DataRequest[] = [];
  fails = false;
  #transactions = 0;

  get said(): string[] {
    return this.requests.map((request) => {
      if (request.what === 'savepoint') return `${request.step} ${request.number}`;
      return request.what === 'query' ? request.statement.text : request.what;
    });
  }

  request<R extends DataRequest>(request: R): DataAnswer<R['what']>;
  request(request: DataRequest): DataAnswer {
    this.requests.push(request);
    switch (request.what) {
      case 'begin':
        this.#transactions += 1;
        return { transaction: this.#transactions, canPrepare: false, epoch: 1 };
      case 'query':
        if (this.fails) throw new DataFault('failed', 'no such table', { line: 1, column: 1 });
        return { columns: [], rows: [], truncated: false, milliseconds: 0 };
      case 'wrote':
        return false;
      case 'commit':
        return { transaction: request.transaction, outcome: 'committed' };
      default:
        return undefined;
    }
  }
}

async function connected(): Promise<Connection> {
  const storage = new MemoryStorage();
  return (await Database.open({ storage })).connect();
}

function workOn(
  connection: Connection,
  link: SqlLink,
  {
    readOnly,
    isAgain = false,
    onWritten = () => {},
  }: {
    readonly readOnly?: ReadOnlyReason;
    readonly isAgain?: boolean;
    readonly onWritten?: () => void;
  } = {},
): SqlWork {
  let marks = 0;
  const door = {
    link,
    isRecovered: () => true,
    mark: (site: string) => `${site}.${(marks += 1)}`,
    takeDone: () => [],
    onWritten,
  };
  const bounds = { readOnly, deadlineMs: Date.now() + 10_000, isAgain };
  return new SqlWork({ door, connection, user: '/acl_users:ada', ...bounds });
}

function compiled(text: string, { driver }: SqlPlaceOfWork): readonly Statement[] {
  return compileStatements(sourceOfText(text), driver);
}

test('what only reads is given up at the end, in one transaction a database', async () => {
  const connection = await connected();
  const link = new Asked();
  const work = workOn(connection, link, { readOnly: 'method' });
  work.run(FILE, compiled('SELECT 1', FILE), OPTIONS);
  work.run(FILE, compiled('SELECT 2', FILE), OPTIONS);
  assert.equal(work.finish(), undefined);
  assert.deepEqual(link.said, ['begin', 'SELECT 1', 'SELECT 2', 'rollback']);
  assert.equal(connection.hasWork, false);
});

test('after a statement failed nothing more is run there, and nothing is saved', async () => {
  const link = new Asked();
  const work = workOn(await connected(), link);
  work.run(FILE, compiled('DELETE FROM a', FILE), OPTIONS);
  link.fails = true;
  const insert = compiled('INSERT INTO b VALUES (1)', FILE);
  assert.throws(() => work.run(FILE, insert, OPTIONS), /no such table/);
  link.fails = false;
  const asked = link.requests.length;
  assert.throws(() => work.run(FILE, insert, OPTIONS), /no such table/);
  assert.equal(link.requests.length, asked);
  assert.throws(() => work.finish(), /no such table/);
});

test('in a file it begins with reading where it reads first, unless others were in its way', async () => {
  const select = compiled('SELECT 1', FILE);
  const insert = compiled('INSERT INTO a VALUES (1)', FILE);
  for (const [first, isAgain, access] of [
    [select, false, 'either'],
    [insert, false, 'write'],
    [select, true, 'write'],
  ] as const) {
    const link = new Asked();
    const work = workOn(await connected(), link, { isAgain });
    work.run(FILE, first, OPTIONS);
    work.run(FILE, insert, OPTIONS);
    const begun = link.requests.filter(({ what }) => what === 'begin');
    assert.deepEqual(
      begun.map((request) => request.what === 'begin' && request.access),
      [access],
    );
  }
});

test('what fails within an attempt is taken back with all of it, and the rest goes on', async () => {
  const connection = await connected();
  const link = new Asked();
  const work = workOn(connection, link);
  work.run(MYSQL, compiled('DELETE FROM a', MYSQL), OPTIONS);
  const outer = work.attempt();
  const inner = work.attempt();
  work.run(MYSQL, compiled('DELETE FROM b', MYSQL), OPTIONS);
  link.fails = true;
  assert.throws(() => work.run(MYSQL, compiled('DELETE FROM c', MYSQL), OPTIONS), /no such table/);
  link.fails = false;
  inner.undo();
  work.run(MYSQL, compiled('DELETE FROM d', MYSQL), OPTIONS);
  outer.keep();
  connection.root.set('changed', true);
  work.finish();
  assert.deepEqual(link.said.slice(1, -1), [
    'DELETE FROM a',
    ...['set 1', 'set 2', 'DELETE FROM b', 'DELETE FROM c', 'undo 2', 'keep 2'],
    ...['DELETE FROM d', 'keep 1'],
  ]);
  const [entry] = listJournal(connection);
  const left = ['DELETE FROM a', 'DELETE FROM d'];
  assert.deepEqual(
    entry?.statements.map(({ text }) => text),
    left,
  );
  assert.deepEqual(
    entry?.said,
    left.map((text) => ({ path: '/method', text })),
  );
  assert.equal(entry?.by, '/acl_users:ada');
});

test('a statement that the database commits by itself runs alone, and never after others', async () => {
  const link = new Asked();
  let writes = 0;
  const work = workOn(await connected(), link, { onWritten: () => (writes += 1) });
  const create = compiled('CREATE TABLE a (b INT)', MYSQL);
  work.run(MYSQL, create, OPTIONS);
  assert.equal(writes, 1, 'who keeps what was read there is told');
  assert.deepEqual(
    work.written.map(({ text }) => text),
    ['CREATE TABLE a (b INT)'],
  );
  const [, , begun] = link.requests;
  assert.ok(begun?.what === 'begin' && begun.twoPhase === false);
  assert.deepEqual(link.said.slice(2), ['begin', 'CREATE TABLE a (b INT)', 'commit']);
  work.run(MYSQL, compiled('DELETE FROM a', MYSQL), OPTIONS);
  assert.throws(() => work.run(MYSQL, create, OPTIONS), { code: 'SRV_SQL_COMMITS' });
});

test('a statement that the database commits by itself is not run where nothing is to be kept', async () => {
  const link = new Asked();
  const connection = await connected();
  connection.transaction.doom();
  const work = workOn(connection, link);
  const run = (): unknown => work.run(MYSQL, compiled('TRUNCATE TABLE a', MYSQL), OPTIONS);
  assert.throws(run, { code: 'SRV_SQL_COMMITS', message: /not to be kept/ });
  assert.deepEqual(link.said, []);
  work.run(MYSQL, compiled('DELETE FROM a', MYSQL), OPTIONS);
});

test('what was written to several databases is held together by the journal', async () => {
  const connection = await connected();
  const work = workOn(connection, new Asked());
  work.run(FILE, compiled('DELETE FROM a', FILE), OPTIONS);
  work.run(MYSQL, compiled('DELETE FROM b', MYSQL), OPTIONS);
  const handed = work.finish();
  const entries = listJournal(connection);
  assert.deepEqual(
    handed?.transactions.map(({ mark, target }) => [mark, target.path]),
    entries.map(({ mark, target }) => [mark, target.path]),
  );
  assert.deepEqual(
    entries.map(({ statements }) => statements.map(({ text }) => text)),
    [['DELETE FROM a'], ['DELETE FROM b']],
  );
});
