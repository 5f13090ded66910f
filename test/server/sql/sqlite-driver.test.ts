import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../support/temporary.js';
import { DataDesk, ofKind, until } from './data-desk.js';
import { assertHostileValuesHarmless } from './hostile-on-driver.js';

const ENDLESS =
  'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c';

function desk(folder: string, url = 'shop.sqlite'): DataDesk {
  return new DataDesk({ driver: 'sqlite', url }, { folder });
}

/** The processes that have a file open, as the system lists them. */
function childrenOf(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => commandOf(pid).includes(folder));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // It ended while we looked.
  }
}

test('SQLite: values of all kinds come back as they were', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  await sqlite.write('CREATE TABLE t (v)');
  const values = [null, 0, -7, 2 ** 53 - 1, 2n ** 62n, -(2n ** 63n), 0.5, 1e300, '', 'né ☃ 🌲'];
  for (const value of values) {
    const { transaction } = await sqlite.begin('write');
    await sqlite.query(transaction, 'INSERT INTO t VALUES (?)', { parameters: [value] });
    const { rows } = await sqlite.query(transaction, 'SELECT v FROM t');
    assert.deepEqual(rows, [[value]]);
    await sqlite.rollback(transaction);
  }
  const bytes = new Uint8Array([0, 1, 254, 255]);
  assert.deepEqual(await sqlite.value('SELECT ?', [bytes]), bytes);
  assert.equal(await sqlite.value('SELECT typeof(?)', [5]), 'integer');
  assert.equal(await sqlite.value('SELECT typeof(?)', [5.5]), 'real');
});

test('SQLite: hostile values come back as they were, or are refused, and do nothing', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  await assertHostileValuesHarmless(sqlite, {
    string: 'TEXT',
    int: 'INTEGER',
    float: 'REAL',
    boolean: 'BOOLEAN',
    date: 'TEXT',
    json: 'TEXT',
  });
});

test('SQLite: columns have names and types, writes say how many rows', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  await sqlite.write('CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR(20))');
  const { transaction } = await sqlite.begin('write');
  const written = await sqlite.query(transaction, "INSERT INTO t (b) VALUES ('x'), ('y')");
  assert.equal(written.changes, 2);
  const read = await sqlite.query(transaction, 'SELECT a, b, a + 1 FROM t');
  assert.deepEqual(read.columns, [
    { name: 'a', type: 'integer' },
    { name: 'b', type: 'varchar(20)' },
    { name: 'a + 1', type: '' },
  ]);
  assert.equal((await sqlite.commit(transaction)).outcome, 'committed');
});

test('SQLite: no more rows come than were asked for, and nothing is left open', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  await sqlite.write('CREATE TABLE t (a)');
  const { transaction } = await sqlite.begin('write');
  const rows = 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c';
  const some = await sqlite.query(transaction, rows, { rowsMax: 3, kind: 'read' });
  assert.deepEqual(some.rows, [[1], [2], [3]]);
  assert.ok(some.truncated);
  const all = 'INSERT INTO t SELECT value FROM json_each(?) RETURNING a';
  const parameters = ['[1, 2, 3, 4, 5]'];
  const written = await sqlite.query(transaction, all, { parameters, rowsMax: 2, kind: 'write' });
  assert.equal(written.rows.length, 2);
  assert.equal((await sqlite.commit(transaction)).outcome, 'committed');
  assert.equal(await sqlite.value('SELECT count(*) FROM t'), 5);
});

test('SQLite: a transaction that reads cannot write', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  await sqlite.write('CREATE TABLE t (a)');
  const { transaction } = await sqlite.begin('read');
  await assert.rejects(sqlite.query(transaction, 'INSERT INTO t VALUES (1)'), ofKind('read-only'));
  await sqlite.rollback(transaction);
  await sqlite.write('INSERT INTO t VALUES (1)');
});

test('SQLite: what is wrong with a statement is told with its place', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  const { transaction } = await sqlite.begin('read');
  await assert.rejects(sqlite.query(transaction, 'SELECT 1 FROM nowhere'), {
    kind: 'failed',
    message: 'no such table: nowhere',
    position: 14,
  });
  await assert.rejects(sqlite.query(transaction, 'SELECT FRM'), { kind: 'failed' });
  await assert.rejects(sqlite.query(transaction, 'SELECT 1 ORDER WHERE'), { position: 15 });
});

test('SQLite: of two transactions that write, the second is told to begin again', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  await sqlite.write('CREATE TABLE t (a)');
  const first = await sqlite.begin('write');
  await assert.rejects(sqlite.begin('write', { remainingMs: 3000 }), ofKind('transient'));
  await sqlite.commit(first.transaction);
  await sqlite.write('INSERT INTO t VALUES (1)');
});

test('SQLite: one that may write later reads beside another that writes, and takes its turn then', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  await sqlite.write('CREATE TABLE t (a)');
  const insert = 'INSERT INTO t SELECT count(*) FROM t';
  const writer = await sqlite.begin('write', { mark: 'm:writer' });
  await sqlite.query(writer.transaction, insert);
  const reader = await sqlite.begin('either', { mark: 'm:reader' });
  const count = async ({ transaction }: { readonly transaction: number }): Promise<unknown> =>
    (await sqlite.query(transaction, 'SELECT count(*) FROM t', { kind: 'read' })).rows[0]?.[0];
  assert.equal(await count(reader), 0);
  await assert.rejects(sqlite.query(reader.transaction, insert), ofKind('transient'));
  await sqlite.rollback(reader.transaction);

  const stale = await sqlite.begin('either', { mark: 'm:stale' });
  assert.equal(await count(stale), 0);
  await sqlite.ask({ what: 'mark', transaction: writer.transaction });
  assert.equal((await sqlite.commit(writer.transaction)).outcome, 'committed');
  assert.equal(await count(stale), 0, 'as it was');
  await assert.rejects(sqlite.query(stale.transaction, insert), ofKind('transient'));
  await sqlite.rollback(stale.transaction);

  const last = await sqlite.begin('either', { mark: 'm:last' });
  assert.equal(await count(last), 1);
  await sqlite.query(last.transaction, insert);
  await sqlite.ask({ what: 'mark', transaction: last.transaction });
  assert.equal((await sqlite.commit(last.transaction)).outcome, 'committed');
  assert.deepEqual((await sqlite.read('SELECT a FROM t')).rows, [[0], [1]]);
});

test('SQLite: a query that never ends is stopped with its process', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  const { transaction } = await sqlite.begin('read');
  assert.equal(childrenOf(folder.path).length, 1);
  const asked = sqlite.query(transaction, ENDLESS, { remainingMs: 200 });
  await assert.rejects(asked, ofKind('overdue'));
  await until(() => Promise.resolve(childrenOf(folder.path).length === 0));
  assert.equal(await sqlite.value('SELECT 1'), 1);
});

test('SQLite: a process that is killed takes its transaction with it and nothing else', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  await sqlite.write('CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)');
  const { transaction, epoch } = await sqlite.begin('write');
  await sqlite.query(transaction, 'INSERT INTO t VALUES (2)');
  for (const pid of childrenOf(folder.path)) process.kill(pid, 'SIGKILL');
  await until(() => Promise.resolve(childrenOf(folder.path).length === 0));
  await assert.rejects(sqlite.query(transaction, 'SELECT 1'), ofKind('lost'));
  assert.equal(await sqlite.value('SELECT count(*) FROM t'), 1);
  const again = await sqlite.begin('read');
  assert.ok(again.epoch > epoch, 'the epoch grew');
});

test('SQLite: a commit after the process was killed did not happen', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  await sqlite.write('CREATE TABLE t (a)');
  const { transaction } = await sqlite.begin('write');
  await sqlite.query(transaction, 'INSERT INTO t VALUES (2)');
  for (const pid of childrenOf(folder.path)) process.kill(pid, 'SIGKILL');
  await until(() => Promise.resolve(childrenOf(folder.path).length === 0));
  const { outcome } = await sqlite.commit(transaction);
  assert.notEqual(outcome, 'committed');
  assert.equal(await sqlite.value('SELECT count(*) FROM t'), 0);
});

test('SQLite: a process in an endless query ends when the one that started it is killed', async () => {
  await using folder = await temporaryDirectory();
  const child = new URL('../../../server/sql/sqlite-driver.js', import.meta.url).href;
  const program = `
    const { sqliteDriver } = await import(${JSON.stringify(child)});
    const driver = sqliteDriver({ folder: ${JSON.stringify(folder.path)} });
    const session = await driver.open({ kind: 'file', file: 'a.sqlite' }, { withinMs: 10000 });
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100);
    await session.query({ text: ${JSON.stringify(ENDLESS)}, parameters: [] }, { rowsMax: 1 });
  `;
  const run = (): void => {
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
  };
  assert.throws(run, { signal: 'SIGKILL' });
  await until(() => Promise.resolve(childrenOf(folder.path).length === 0));
});

test('SQLite: files are in their folder and nowhere else', async () => {
  await using folder = await temporaryDirectory();
  const inside = path.join(folder.path, 'sql');
  const outside = path.join(folder.path, 'outside.sqlite');
  writeFileSync(outside, '');
  mkdirSync(inside);
  symlinkSync(outside, path.join(inside, 'link.sqlite'));
  mkdirSync(path.join(inside, 'folder'));
  for (const url of ['link.sqlite', 'folder', '../outside.sqlite', outside, 'file:x', '.x', '']) {
    await using sqlite = desk(inside, url);
    await assert.rejects(sqlite.begin('read'), ofKind('settings'), url);
  }
  assert.deepEqual(readdirSync(inside).sort(), ['folder', 'link.sqlite']);
});

test('SQLite: a file that is no database cannot be opened', async () => {
  await using folder = await temporaryDirectory();
  writeFileSync(
    path.join(folder.path, 'shop.sqlite'),
    'This is no database, and quite long. '.repeat(99),
  );
  await using sqlite = desk(folder.path);
  await assert.rejects(sqlite.begin('read'), ofKind('unreachable'));
  const status = await sqlite.ask({ what: 'status', target: sqlite.target });
  assert.equal(status.server, undefined);
  assert.match(status.problem ?? '', /not a database/);
});

test('SQLite: it tells its tables, their columns, and how it runs a statement', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  await sqlite.write(
    "CREATE TABLE album (id INTEGER PRIMARY KEY, title TEXT NOT NULL DEFAULT 'x')",
    'CREATE VIEW titles AS SELECT title FROM album',
  );
  const { target } = sqlite;
  assert.deepEqual(await sqlite.ask({ what: 'browse', target, path: {} }), {
    level: 'schemas',
    schemas: [{ name: 'main' }],
  });
  assert.deepEqual(await sqlite.ask({ what: 'browse', target, path: { schema: 'main' } }), {
    level: 'tables',
    tables: [
      { name: 'album', kind: 'table' },
      { name: 'titles', kind: 'view' },
    ],
  });
  const columns = { what: 'browse', target, path: { schema: 'main', table: 'album' } } as const;
  assert.deepEqual(await sqlite.ask(columns), {
    level: 'columns',
    columns: [
      { name: 'id', type: 'INTEGER', isNullable: true, isKey: true, default: null },
      { name: 'title', type: 'TEXT', isNullable: false, isKey: false, default: "'x'" },
    ],
  });
  const statement = { text: 'SELECT * FROM album WHERE id = ?', parameters: [1] };
  const plan = await sqlite.ask({ what: 'explain', target, statement });
  assert.match(String(plan.rows[0]?.at(-1)), /SEARCH album/);
});

test('SQLite: a mark is there when its transaction was committed, and only then', async () => {
  await using folder = await temporaryDirectory();
  await using sqlite = desk(folder.path);
  const { target } = sqlite;
  const marks = ['m:1', 'm:2'];
  assert.deepEqual(await sqlite.ask({ what: 'marks', target, marks }), []);
  for (const [mark, isCommitted] of [
    ['m:1', true],
    ['m:2', false],
  ] as const) {
    const { transaction, canPrepare } = await sqlite.begin('write', { mark });
    assert.equal(canPrepare, false);
    await sqlite.ask({ what: 'mark', transaction });
    if (isCommitted) await sqlite.commit(transaction);
    else await sqlite.rollback(transaction);
  }
  assert.deepEqual(await sqlite.ask({ what: 'marks', target, marks }), ['m:1']);
  await sqlite.ask({ what: 'forget', target, marks });
  assert.deepEqual(await sqlite.ask({ what: 'marks', target, marks }), []);
});

test('SQLite: when it is closed, no process is left', async () => {
  await using folder = await temporaryDirectory();
  {
    await using sqlite = desk(folder.path);
    await sqlite.write('CREATE TABLE t (a)');
    await sqlite.begin('write');
    await sqlite.begin('read');
    assert.equal(childrenOf(folder.path).length, 2);
  }
  assert.deepEqual(childrenOf(folder.path), []);
  assert.deepEqual(readdirSync(folder.path).filter((name) => name === 'shop.sqlite').length, 1);
});
