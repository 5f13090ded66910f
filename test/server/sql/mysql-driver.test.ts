import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { mysqlDriver } from '../../../server/sql/mysql-driver.js';
import { startMariadb } from '../../support/mariadb.js';
import { assertGivenUpWithoutCertificates } from './cancel-on-driver.js';
import { DataDesk, ofKind, until } from './data-desk.js';
import { assertHostileValuesHarmless } from './hostile-on-driver.js';

const server = await startMariadb();
after(() => server[Symbol.asyncDispose]());

function desk(settings = '', password: string | undefined = server.password): DataDesk {
  return new DataDesk({ driver: 'mysql', url: `${server.url}${settings}`, password });
}

/** How many queries like this run on the server, as another session sees it. */
async function running(observer: DataDesk, query: string): Promise<number> {
  const text = `SELECT count(*) FROM information_schema.processlist
    WHERE id <> connection_id() AND info LIKE ?`;
  return Number(await observer.value(text, [query]));
}

test('MariaDB: values of all types come back as they were', async () => {
  await using mariadb = desk();
  const values = [
    ['bigint', 7, 7],
    ['bigint', 2n ** 62n, 2n ** 62n],
    ['bigint', -(2n ** 63n), -(2n ** 63n)],
    ['tinyint', 1, 1],
    ['double', 0.5, 0.5],
    ['decimal(30, 10)', '12345678901234567890.1000000000', '12345678901234567890.1000000000'],
    ['varchar(80)', 'né ☃ 🌲 \' " \\ ?', 'né ☃ 🌲 \' " \\ ?'],
    ['text', '', ''],
    ['varbinary(9)', new Uint8Array([0, 1, 255]), new Uint8Array([0, 1, 255])],
    ['blob', new Uint8Array([0, 1, 255]), new Uint8Array([0, 1, 255])],
    ['date', '2026-05-01', '2026-05-01'],
    ['datetime(3)', '2026-05-01 10:00:00.25', '2026-05-01T10:00:00.250Z'],
    ['timestamp', '2026-05-01 10:00:00', '2026-05-01T10:00:00.000Z'],
    ['json', '{"a": [1]}', '{"a": [1]}'],
    ['int', null, null],
  ] as const;
  for (const [at, [type, given, expected]] of values.entries()) {
    await mariadb.write(`CREATE TABLE of_type_${at} (v ${type} NULL)`);
    const { transaction } = await mariadb.begin('write');
    const insert = `INSERT INTO of_type_${at} VALUES (?)`;
    await mariadb.query(transaction, insert, { parameters: [given] });
    const { rows } = await mariadb.query(transaction, `SELECT v FROM of_type_${at}`);
    assert.deepEqual(rows, [[expected]], type);
    await mariadb.rollback(transaction);
  }
});

test('MariaDB: hostile values come back as they were, or are refused, and do nothing', async () => {
  await using mariadb = desk();
  await assertHostileValuesHarmless(mariadb, {
    string: 'longtext',
    int: 'bigint',
    float: 'double',
    boolean: 'boolean',
    date: 'datetime(6)',
    json: 'longtext',
  });
});

test('MariaDB: columns have names and types, writes say how many rows', async () => {
  await using mariadb = desk();
  await mariadb.write(
    'CREATE TABLE named (a int AUTO_INCREMENT PRIMARY KEY, b varchar(20), c text)',
  );
  const { transaction } = await mariadb.begin('write');
  const written = await mariadb.query(transaction, "INSERT INTO named (b) VALUES ('x'), ('y')");
  assert.equal(written.changes, 2);
  const { columns } = await mariadb.query(transaction, 'SELECT a, b AS `B`, c FROM named');
  assert.deepEqual(columns, [
    { name: 'a', type: 'int' },
    { name: 'B', type: 'varchar' },
    { name: 'c', type: 'text' },
  ]);
  const limited = 'SELECT a FROM named ORDER BY a LIMIT ?';
  const { rows } = await mariadb.query(transaction, limited, { parameters: [1] });
  assert.equal(rows.length, 1);
  await mariadb.rollback(transaction);
});

test('MariaDB: no more rows come than were asked for, with a LIMIT or without', async () => {
  await using mariadb = desk();
  const { transaction } = await mariadb.begin('read');
  for (const text of ['SELECT seq FROM seq_1_to_100000', 'SELECT seq FROM seq_1_to_9 LIMIT 8']) {
    const some = await mariadb.query(transaction, text, { rowsMax: 3 });
    assert.deepEqual(some.rows, [[1], [2], [3]]);
    assert.ok(some.truncated);
  }
  const all = await mariadb.query(transaction, 'SELECT seq FROM seq_1_to_3', { rowsMax: 3 });
  assert.equal(all.rows.length, 3);
  assert.ok(!all.truncated);
});

test('MariaDB: a transaction that reads cannot write', async () => {
  await using mariadb = desk();
  await mariadb.write('CREATE TABLE readable (a int)');
  const { transaction } = await mariadb.begin('read');
  await assert.rejects(
    mariadb.query(transaction, 'INSERT INTO readable VALUES (1)'),
    ofKind('read-only'),
  );
  await mariadb.rollback(transaction);
  assert.equal(await mariadb.value('SELECT count(*) FROM readable'), 0);
});

test('MariaDB: what is wrong with a statement is told with its place', async () => {
  await using mariadb = desk();
  const { transaction } = await mariadb.begin('read');
  await assert.rejects(mariadb.query(transaction, 'SELECT 1,\n  FROM nowhere'), {
    kind: 'failed',
    position: 12,
  });
  await assert.rejects(mariadb.query(transaction, 'SELECT 1; SELECT 2'), ofKind('failed'));
});

test('MariaDB: a deadlock is to be begun again', async () => {
  await using mariadb = desk();
  await mariadb.write(
    'CREATE TABLE locked (a int PRIMARY KEY, b int)',
    'INSERT INTO locked VALUES (1, 0), (2, 0)',
  );
  const [one, two] = [await mariadb.begin('write'), await mariadb.begin('write')];
  const update = 'UPDATE locked SET b = b + 1 WHERE a = ?';
  await mariadb.query(one.transaction, update, { parameters: [1] });
  await mariadb.query(two.transaction, update, { parameters: [2] });
  const both = await Promise.allSettled([
    mariadb.query(one.transaction, update, { parameters: [2] }),
    mariadb.query(two.transaction, update, { parameters: [1] }),
  ]);
  const [failed] = both.filter(({ status }) => status === 'rejected');
  assert.ok(failed?.status === 'rejected');
  ofKind('transient')(failed.reason);
});

test('MariaDB: a hung query ends in time, and is gone on the server', async () => {
  await using observer = desk('?pool=1');
  await using mariadb = desk();
  const { transaction } = await mariadb.begin('write');
  const asked = mariadb.query(transaction, 'SELECT sleep(60)', { remainingMs: 1500 });
  const ended = assert.rejects(asked, ofKind('overdue'));
  const isRunning = async (): Promise<boolean> => (await running(observer, '%sleep(60)%')) > 0;
  await until(isRunning);
  await ended;
  await until(async () => !(await isRunning()));
  assert.equal(await mariadb.value('SELECT 1'), 1);
});

test('MariaDB: when all connections are in use, the next is told so, or gets one in time', async () => {
  await using mariadb = desk('?pool=2');
  const first = await mariadb.begin('read');
  await mariadb.begin('read');
  await assert.rejects(mariadb.begin('read', { remainingMs: 100 }), ofKind('busy'));
  const third = mariadb.begin('read');
  await mariadb.rollback(first.transaction);
  await third;
});

test('MariaDB: a prepared transaction outlives its connection, and is decided by its mark', async () => {
  await using mariadb = desk();
  const { target } = mariadb;
  await mariadb.write('CREATE TABLE prepared (a varchar(20)) ENGINE = InnoDB');
  const insert = 'INSERT INTO prepared VALUES (?)';
  for (const mark of ['x:one-phase', 'x:commit', 'x:rollback', 'x:lost']) {
    const { transaction, canPrepare } = await mariadb.begin('write', { mark });
    assert.ok(canPrepare);
    await mariadb.query(transaction, insert, { parameters: [mark] });
    if (mark !== 'x:one-phase') await mariadb.ask({ what: 'prepare', transaction });
    if (mark === 'x:rollback') await mariadb.rollback(transaction);
    else if (mark !== 'x:lost') {
      assert.equal((await mariadb.commit(transaction)).outcome, 'committed');
    }
  }
  await server.kill();
  await server.start();
  assert.deepEqual(await mariadb.ask({ what: 'prepared', target }), [], 'it is open here');
  await using again = desk();
  assert.deepEqual(await again.ask({ what: 'prepared', target }), ['x:lost']);
  await again.ask({ what: 'finish', target, mark: 'x:lost', decision: 'commit' });
  await again.ask({ what: 'finish', target, mark: 'x:lost', decision: 'commit' });
  assert.deepEqual(await again.ask({ what: 'prepared', target }), []);
  const { rows } = await again.read('SELECT a FROM prepared ORDER BY a');
  assert.deepEqual(rows, [['x:commit'], ['x:lost'], ['x:one-phase']]);
});

test('MariaDB: what a thread prepared, or was preparing when it ended, is rolled back', async () => {
  await using observer = desk('?pool=1');
  await using mariadb = desk();
  await mariadb.write('CREATE TABLE left_open (a int) ENGINE = InnoDB');
  for (const isDone of [true, false, false, false]) {
    mariadb.server.openLink(1);
    const link = 1;
    const { transaction } = await mariadb.begin('write', { mark: 'p:ended', link });
    await mariadb.query(transaction, 'INSERT INTO left_open VALUES (1)', { link });
    const prepared = mariadb.ask({ what: 'prepare', transaction }, { link });
    if (isDone) await prepared;
    await mariadb.server.endLink(link);
    await prepared;
    assert.deepEqual((await observer.read('XA RECOVER')).rows, []);
  }
  assert.equal(await mariadb.value('SELECT count(*) FROM left_open'), 0);
  assert.deepEqual(mariadb.left, []);
});

test('MariaDB: where it is not prepared, a mark tells what was committed', async () => {
  await using mariadb = desk();
  const { target } = mariadb;
  for (const [mark, isCommitted] of [
    ['m:1', true],
    ['m:2', false],
  ] as const) {
    const { transaction, canPrepare } = await mariadb.begin('write', { mark, twoPhase: false });
    assert.equal(canPrepare, false);
    await mariadb.ask({ what: 'mark', transaction });
    if (isCommitted) await mariadb.commit(transaction);
    else await mariadb.rollback(transaction);
  }
  const marks = ['m:1', 'm:2'];
  assert.deepEqual(await mariadb.ask({ what: 'marks', target, marks }), ['m:1']);
  await mariadb.ask({ what: 'forget', target, marks });
  assert.deepEqual(await mariadb.ask({ what: 'marks', target, marks }), []);
});

test('MariaDB: a server that was killed is used again when it is back', async () => {
  await using mariadb = desk();
  await mariadb.write('CREATE TABLE kept (a int) ENGINE = InnoDB');
  const open = await mariadb.begin('write');
  await mariadb.query(open.transaction, 'INSERT INTO kept VALUES (1)');
  await server.kill();
  assert.notEqual((await mariadb.commit(open.transaction)).outcome, 'committed');
  await assert.rejects(mariadb.begin('read'), ofKind('unreachable'));
  await server.start();
  const again = await mariadb.begin('read');
  assert.ok(again.epoch > open.epoch, 'the epoch grew');
  assert.deepEqual((await mariadb.query(again.transaction, 'SELECT * FROM kept')).rows, []);
});

test('MariaDB: whoever waits for an answer hears of it when the server is killed', async () => {
  await using observer = desk('?pool=1');
  await using mariadb = desk();
  const { transaction } = await mariadb.begin('write');
  const lost = assert.rejects(mariadb.query(transaction, 'SELECT sleep(60)'), ofKind('lost'));
  await until(async () => (await running(observer, '%sleep(60)%')) > 0);
  await server.kill();
  await lost;
  await server.start();
});

test('MariaDB: TLS is asked for, and the certificate is for this host and trusted', async () => {
  const encrypted = "SHOW SESSION STATUS LIKE 'Ssl_version'";
  const named = server.url.replace('127.0.0.1', 'localhost');
  const trusted = `ssl-ca=${server.certificate}`;
  const { password } = server;
  for (const [url, isTaken] of [
    [`${named}?ssl-mode=VERIFY_IDENTITY&${trusted}`, true],
    [`${server.url}?ssl-mode=VERIFY_CA&${trusted}`, true],
    [`${server.url}?ssl-mode=REQUIRED`, true],
    [`${server.url}?ssl-mode=VERIFY_IDENTITY&${trusted}`, false],
    [`${named}?ssl-mode=VERIFY_IDENTITY`, false],
  ] as const) {
    await using mariadb = new DataDesk({ driver: 'mysql', url, password });
    if (isTaken) assert.match(String((await mariadb.read(encrypted)).rows[0]?.[1]), /^TLS/, url);
    else await assert.rejects(mariadb.begin('read'), { name: 'DataError' }, url);
  }
});

test('MariaDB: a session is given up also when the trusted certificates are gone', async () => {
  const setting = 'ssl-mode=VERIFY_CA&ssl-ca=';
  await assertGivenUpWithoutCertificates(mysqlDriver, server, { dialect: 'mysql', setting });
});

test('MariaDB: a wrong password is told, and no password is', async () => {
  await using mariadb = desk('', 'hidden word');
  await assert.rejects(mariadb.begin('read'), (error: Error) => {
    assert.match(error.message, /Access denied/);
    assert.doesNotMatch(error.message, /hidden/);
    return true;
  });
});

test('MariaDB: no file of this machine is ever sent', async () => {
  await using mariadb = desk();
  await mariadb.write('CREATE TABLE loaded (a text)');
  const { transaction } = await mariadb.begin('write');
  const load = "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE loaded";
  await assert.rejects(mariadb.query(transaction, load), { name: 'DataError' });
  await mariadb.rollback(transaction);
  assert.equal(await mariadb.value('SELECT count(*) FROM loaded'), 0);
});

test('MariaDB: it tells its tables, their columns, and how it runs a statement', async () => {
  await using mariadb = desk();
  await mariadb.write(
    'CREATE DATABASE shop',
    "CREATE TABLE shop.album (id int PRIMARY KEY, title varchar(9) NOT NULL DEFAULT 'x', year int)",
    'CREATE VIEW shop.titles AS SELECT title FROM shop.album',
  );
  const { target } = mariadb;
  const schemas = await mariadb.ask({ what: 'browse', target, path: {} });
  assert.ok(schemas.level === 'schemas' && schemas.schemas.some(({ name }) => name === 'shop'));
  assert.deepEqual(await mariadb.ask({ what: 'browse', target, path: { schema: 'shop' } }), {
    level: 'tables',
    tables: [
      { name: 'album', kind: 'table' },
      { name: 'titles', kind: 'view' },
    ],
  });
  const path = { schema: 'shop', table: 'album' };
  assert.deepEqual(await mariadb.ask({ what: 'browse', target, path }), {
    level: 'columns',
    columns: [
      { name: 'id', type: 'int(11)', isNullable: false, isKey: true, default: null },
      { name: 'title', type: 'varchar(9)', isNullable: false, isKey: false, default: "'x'" },
      { name: 'year', type: 'int(11)', isNullable: true, isKey: false, default: 'NULL' },
    ],
  });
  const statement = { text: 'SELECT * FROM shop.album WHERE id = ?', parameters: [1] };
  const plan = await mariadb.ask({ what: 'explain', target, statement });
  assert.ok(plan.columns.some(({ name }) => name === 'select_type'));
});
