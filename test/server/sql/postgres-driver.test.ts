import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { postgresDriver } from '../../../server/sql/postgres-driver.js';
import { startPostgres } from '../../support/postgres.js';
import { assertGivenUpWithoutCertificates } from './cancel-on-driver.js';
import { DataDesk, ofKind, until } from './data-desk.js';
import { assertHostileValuesHarmless } from './hostile-on-driver.js';

const server = await startPostgres({ prepares: true });
after(() => server[Symbol.asyncDispose]());

function desk(settings = '', password: string | undefined = server.password): DataDesk {
  return new DataDesk({ driver: 'postgres', url: `${server.url}${settings}`, password });
}

/** How many of the site's sessions there are on the server, as another sees it. */
async function running(observer: DataDesk, query: string): Promise<number> {
  const text = `SELECT count(*)::int FROM pg_stat_activity
    WHERE application_name = 'canopy' AND pid <> pg_backend_pid() AND query LIKE $1`;
  return Number(await observer.value(text, [query]));
}

test('PostgreSQL: values of all types come back as they were', async () => {
  await using postgres = desk();
  const values = [
    ['int4', 7, 7],
    ['int8', 2n ** 62n, 2n ** 62n],
    ['int8', 5n, 5],
    ['float8', 0.5, 0.5],
    ['numeric', '12345678901234567890.10', '12345678901234567890.10'],
    ['boolean', true, true],
    ['text', 'né ☃ 🌲 \' " \\ $1', 'né ☃ 🌲 \' " \\ $1'],
    ['bytea', new Uint8Array([0, 1, 255]), new Uint8Array([0, 1, 255])],
    ['date', '2026-05-01', '2026-05-01'],
    ['timestamp', '2026-05-01 10:00:00+00', '2026-05-01T10:00:00.000Z'],
    ['timestamptz', '2026-05-01 10:00:00.25+02', '2026-05-01T08:00:00.250Z'],
    ['timestamptz', 'infinity', 'infinity'],
    ['json', '{"a": [1]}', '{"a": [1]}'],
    ['uuid', '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000001'],
    ['int[]', '{1,2}', '{1,2}'],
    ['text', null, null],
  ] as const;
  for (const [type, given, expected] of values) {
    assert.deepEqual(await postgres.value(`SELECT $1::${type}`, [given]), expected, type);
  }
  assert.ok(Number.isNaN(await postgres.value("SELECT 'NaN'::float8")));
});

test('PostgreSQL: hostile values come back as they were, or are refused, and do nothing', async () => {
  await using postgres = desk();
  await assertHostileValuesHarmless(postgres, {
    string: 'text',
    int: 'bigint',
    float: 'double precision',
    boolean: 'boolean',
    date: 'timestamptz',
    json: 'text',
  });
});

test('PostgreSQL: columns have names and types, writes say how many rows', async () => {
  await using postgres = desk();
  await postgres.write('CREATE TABLE named (a serial PRIMARY KEY, b varchar(20))');
  const { transaction } = await postgres.begin('write');
  const written = await postgres.query(transaction, "INSERT INTO named (b) VALUES ('x'), ('y')");
  assert.equal(written.changes, 2);
  const { columns } = await postgres.query(transaction, 'SELECT a, b AS "B" FROM named');
  assert.deepEqual(columns, [
    { name: 'a', type: 'int4' },
    { name: 'B', type: 'varchar' },
  ]);
  await postgres.rollback(transaction);
});

test('PostgreSQL: no more rows come than were asked for', async () => {
  await using postgres = desk();
  const { transaction } = await postgres.begin('read');
  const endless = 'SELECT generate_series(1, 1000000000)';
  const some = await postgres.query(transaction, endless, { rowsMax: 3 });
  assert.deepEqual(some.rows, [[1], [2], [3]]);
  assert.ok(some.truncated);
  const all = await postgres.query(transaction, 'SELECT generate_series(1, 3)', { rowsMax: 3 });
  assert.equal(all.rows.length, 3);
  assert.ok(!all.truncated);
});

test('PostgreSQL: a transaction that reads cannot write, whatever it calls', async () => {
  await using postgres = desk();
  await postgres.write('CREATE TABLE readable (a int)');
  for (const text of [
    'INSERT INTO readable VALUES (1)',
    'WITH w AS (DELETE FROM readable RETURNING 1) SELECT * FROM w',
    "SELECT nextval('readable_sequence')",
    "SELECT set_config('transaction_read_only', 'off', true)",
  ]) {
    const { transaction } = await postgres.begin('read');
    await assert.rejects(postgres.query(transaction, text), { name: 'DataError' }, text);
    await postgres.rollback(transaction);
  }
  const { transaction } = await postgres.begin('read');
  await assert.rejects(
    postgres.query(transaction, 'INSERT INTO readable VALUES (1)'),
    ofKind('read-only'),
  );
});

test('PostgreSQL: a transaction knows whether it wrote', async () => {
  await using postgres = desk();
  await postgres.write('CREATE TABLE written (a int)');
  const { transaction } = await postgres.begin('write');
  await postgres.query(transaction, 'SELECT 1');
  assert.equal(await postgres.ask({ what: 'wrote', transaction }), false);
  await postgres.query(transaction, 'INSERT INTO written VALUES (1)');
  assert.equal(await postgres.ask({ what: 'wrote', transaction }), true);
  await postgres.rollback(transaction);
});

test('PostgreSQL: what is wrong with a statement is told with its place', async () => {
  await using postgres = desk();
  const { transaction } = await postgres.begin('read');
  await assert.rejects(postgres.query(transaction, "SELECT '🌲', 1 FROM nowhere"), {
    kind: 'failed',
    message: 'relation "nowhere" does not exist',
    position: 20,
  });
});

test('PostgreSQL: a deadlock and a serialization failure are to be begun again', async () => {
  await using postgres = desk();
  await postgres.write('CREATE TABLE locked (a int)', 'INSERT INTO locked VALUES (1), (2)');
  const [one, two] = [await postgres.begin('write'), await postgres.begin('write')];
  const update = 'UPDATE locked SET a = a WHERE a = $1';
  await postgres.query(one.transaction, update, { parameters: [1] });
  await postgres.query(two.transaction, update, { parameters: [2] });
  const both = await Promise.allSettled([
    postgres.query(one.transaction, update, { parameters: [2] }),
    postgres.query(two.transaction, update, { parameters: [1] }),
  ]);
  const [failed] = both.filter(({ status }) => status === 'rejected');
  assert.ok(failed?.status === 'rejected');
  ofKind('transient')(failed.reason);
});

test('PostgreSQL: a hung query ends in time, and is gone on the server', async () => {
  await using observer = desk('?pool=1');
  await using postgres = desk();
  const { transaction } = await postgres.begin('write');
  const asked = postgres.query(transaction, 'SELECT pg_sleep(60)', { remainingMs: 1500 });
  const ended = assert.rejects(asked, ofKind('overdue'));
  const isRunning = async (): Promise<boolean> => (await running(observer, '%pg_sleep%')) > 0;
  await until(isRunning);
  await ended;
  await until(async () => !(await isRunning()));
  assert.equal(await postgres.value('SELECT 1'), 1);
});

test('PostgreSQL: the server itself stops what nobody is left to stop', async () => {
  await using postgres = desk();
  const { transaction } = await postgres.begin('read', { remainingMs: 100 });
  const asked = postgres.query(transaction, 'SELECT pg_sleep(60)', { remainingMs: 10_000 });
  await assert.rejects(asked, ofKind('overdue'));
});

test('PostgreSQL: when all connections are in use, the next is told so, or gets one in time', async () => {
  await using postgres = desk('?pool=2');
  const first = await postgres.begin('read');
  await postgres.begin('read');
  await assert.rejects(postgres.begin('read', { remainingMs: 100 }), ofKind('busy'));
  const third = postgres.begin('read');
  await postgres.rollback(first.transaction);
  await third;
  const status = { what: 'status', target: postgres.target } as const;
  const { sessions, problem } = await postgres.ask(status, { remainingMs: 100 });
  assert.deepEqual(sessions, { open: 2, busy: 2, waiting: 0, max: 2 });
  assert.match(problem ?? '', /All 2 connections/);
});

test('PostgreSQL: a prepared transaction outlives its connection, and is decided by its mark', async () => {
  await using postgres = desk();
  const { target } = postgres;
  await postgres.write('CREATE TABLE prepared (a text)');
  const insert = 'INSERT INTO prepared VALUES ($1)';
  for (const mark of ['p:commit', 'p:rollback', 'p:lost']) {
    const { transaction, canPrepare } = await postgres.begin('write', { mark });
    assert.ok(canPrepare);
    await postgres.query(transaction, insert, { parameters: [mark] });
    await postgres.ask({ what: 'prepare', transaction });
    if (mark === 'p:commit') {
      assert.equal((await postgres.commit(transaction)).outcome, 'committed');
    } else if (mark === 'p:rollback') {
      await postgres.rollback(transaction);
    }
  }
  await server.kill();
  await server.start();
  assert.deepEqual(await postgres.ask({ what: 'prepared', target }), [], 'it is open here');
  await using again = desk();
  assert.deepEqual(await again.ask({ what: 'prepared', target }), ['p:lost']);
  await again.ask({ what: 'finish', target, mark: 'p:lost', decision: 'commit' });
  await again.ask({ what: 'finish', target, mark: 'p:lost', decision: 'commit' });
  assert.deepEqual(await again.ask({ what: 'prepared', target }), []);
  const { rows } = await again.read('SELECT a FROM prepared ORDER BY a');
  assert.deepEqual(rows, [['p:commit'], ['p:lost']]);
});

test('PostgreSQL: what a thread prepared, or was preparing when it ended, is rolled back', async () => {
  await using observer = desk('?pool=1');
  await using postgres = desk();
  await postgres.write('CREATE TABLE left_open (a int)');
  for (const isDone of [true, false, false, false]) {
    postgres.server.openLink(1);
    const link = 1;
    const { transaction } = await postgres.begin('write', { mark: 'p:ended', link });
    await postgres.query(transaction, 'INSERT INTO left_open VALUES (1)', { link });
    const prepared = postgres.ask({ what: 'prepare', transaction }, { link });
    if (isDone) await prepared;
    await postgres.server.endLink(link);
    await prepared;
    assert.deepEqual((await observer.read('SELECT gid FROM pg_prepared_xacts')).rows, []);
  }
  assert.equal(await postgres.value('SELECT count(*) FROM left_open'), 0);
  assert.deepEqual(postgres.left, []);
});

test('PostgreSQL: where it is not prepared, a mark tells what was committed', async () => {
  await using postgres = desk();
  const { target } = postgres;
  for (const [mark, isCommitted] of [
    ['m:1', true],
    ['m:2', false],
  ] as const) {
    const { transaction, canPrepare } = await postgres.begin('write', { mark, twoPhase: false });
    assert.equal(canPrepare, false);
    await postgres.ask({ what: 'mark', transaction });
    if (isCommitted) await postgres.commit(transaction);
    else await postgres.rollback(transaction);
  }
  const marks = ['m:1', 'm:2'];
  assert.deepEqual(await postgres.ask({ what: 'marks', target, marks }), ['m:1']);
  await postgres.ask({ what: 'forget', target, marks });
  assert.deepEqual(await postgres.ask({ what: 'marks', target, marks }), []);
});

test('PostgreSQL: a server that was killed is used again when it is back', async () => {
  await using postgres = desk();
  await postgres.write('CREATE TABLE kept (a int)');
  const open = await postgres.begin('write');
  await postgres.query(open.transaction, 'INSERT INTO kept VALUES (1)');
  await server.kill();
  assert.notEqual((await postgres.commit(open.transaction)).outcome, 'committed');
  await assert.rejects(postgres.begin('read'), ofKind('unreachable'));
  await server.start();
  const again = await postgres.begin('read');
  assert.ok(again.epoch > open.epoch, 'the epoch grew');
  assert.deepEqual((await postgres.query(again.transaction, 'SELECT * FROM kept')).rows, []);
});

test('PostgreSQL: connections that nobody uses may break without anybody noticing', async () => {
  await using postgres = desk();
  assert.equal(await postgres.value('SELECT 1'), 1);
  await server.kill();
  await server.start();
  assert.equal(await postgres.value('SELECT 1'), 1);
});

test('PostgreSQL: whoever waits for an answer hears of it when the server is killed', async () => {
  await using observer = desk('?pool=1');
  await using postgres = desk();
  const { transaction } = await postgres.begin('write');
  const lost = assert.rejects(postgres.query(transaction, 'SELECT pg_sleep(60)'), ofKind('lost'));
  await until(async () => (await running(observer, '%pg_sleep(60)%')) > 0);
  await server.kill();
  await lost;
  await server.start();
});

test('PostgreSQL: TLS is asked for, and the certificate is for this host and trusted', async () => {
  const encrypted = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
  const named = server.url.replace('127.0.0.1', 'localhost');
  const trusted = `sslrootcert=${server.certificate}`;
  const { password } = server;
  for (const [url, isTaken] of [
    [`${named}?sslmode=verify-full&${trusted}`, true],
    [`${server.url}?sslmode=verify-ca&${trusted}`, true],
    [`${server.url}?sslmode=require`, true],
    [`${server.url}?sslmode=verify-full&${trusted}`, false],
    [`${named}?sslmode=verify-full`, false],
    [`${named}?sslmode=verify-full&sslrootcert=/nowhere`, false],
  ] as const) {
    await using postgres = new DataDesk({ driver: 'postgres', url, password });
    if (isTaken) assert.equal(await postgres.value(encrypted), true, url);
    else await assert.rejects(postgres.begin('read'), { name: 'DataError' }, url);
  }
});

test('PostgreSQL: a session is given up also when the trusted certificates are gone', async () => {
  const setting = 'sslmode=verify-ca&sslrootcert=';
  await assertGivenUpWithoutCertificates(postgresDriver, server, { dialect: 'postgres', setting });
});

test('PostgreSQL: a wrong password is told, and no password is', async () => {
  await using postgres = desk('', 'hidden word');
  await assert.rejects(postgres.begin('read'), (error: Error) => {
    assert.match(error.message, /password authentication failed/);
    assert.doesNotMatch(error.message, /hidden/);
    return true;
  });
});

test('PostgreSQL: a password comes from the environment, and a socket needs none', async () => {
  const password = '${CANOPY_SQL_PASSWORD}';
  const environment = { CANOPY_SQL_PASSWORD: server.password };
  const target = { driver: 'postgres', url: server.url, password } as const;
  await using postgres = new DataDesk(target, { environment });
  assert.equal(await postgres.value('SELECT 1'), 1);
  const url = `postgres://canopy@:${server.port}/postgres?host=${server.socket}`;
  await using local = new DataDesk({ driver: 'postgres', url: url.replace('@:', '@localhost:') });
  assert.equal(await local.value('SELECT 1'), 1);
});

test('PostgreSQL: it tells its tables, their columns, and how it runs a statement', async () => {
  await using postgres = desk();
  await postgres.write(
    'CREATE SCHEMA shop',
    "CREATE TABLE shop.album (id int PRIMARY KEY, title text NOT NULL DEFAULT 'x', year int)",
    'CREATE VIEW shop.titles AS SELECT title FROM shop.album',
  );
  const { target } = postgres;
  const schemas = await postgres.ask({ what: 'browse', target, path: {} });
  assert.ok(schemas.level === 'schemas' && schemas.schemas.some(({ name }) => name === 'shop'));
  assert.deepEqual(await postgres.ask({ what: 'browse', target, path: { schema: 'shop' } }), {
    level: 'tables',
    tables: [
      { name: 'album', kind: 'table' },
      { name: 'titles', kind: 'view' },
    ],
  });
  const path = { schema: 'shop', table: 'album' };
  assert.deepEqual(await postgres.ask({ what: 'browse', target, path }), {
    level: 'columns',
    columns: [
      { name: 'id', type: 'integer', isNullable: false, isKey: true, default: null },
      { name: 'title', type: 'text', isNullable: false, isKey: false, default: "'x'::text" },
      { name: 'year', type: 'integer', isNullable: true, isKey: false, default: null },
    ],
  });
  const statement = { text: 'SELECT * FROM shop.album WHERE id = $1', parameters: [1] };
  const plan = await postgres.ask({ what: 'explain', target, statement });
  assert.match(String(plan.rows[0]?.[0]), /album/);
  const deleting = { text: 'ANALYZE DELETE FROM shop.album', parameters: [] };
  await assert.rejects(
    postgres.ask({ what: 'explain', target, statement: deleting }),
    ofKind('read-only'),
  );
});
