import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DIALECTS } from '../../../server/sql/dialect.js';
import type { Dialect } from '../../../server/sql/dialect.js';
import { sourceOfText } from '../../../server/sql/source-marks.js';
import { SqlError, SqlFault } from '../../../server/sql/sql-errors.js';
import { STATEMENTS_MAX } from '../../../server/sql/split.js';
import {
  compileStatements,
  eachStatement,
  PARAMETERS_MAX,
  placeInSource,
} from '../../../server/sql/statement.js';
import type { Statement } from '../../../server/sql/statement.js';
import { statement, statements } from './sql-site.js';

function compiled(text: string, dialect: Dialect): readonly Statement[] {
  return compileStatements(sourceOfText(text), dialect);
}

function texts(text: string, dialect: Dialect): readonly string[] {
  return compiled(text, dialect).map((one) => one.text);
}

function kind(text: string, dialect: Dialect): string {
  return compiled(text, dialect)
    .map((one) => one.kind)
    .join(' ');
}

function fault(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SqlFault) {
      return `${error.code} ${error.place.line}:${error.place.column} ${error.message}`;
    }
    if (error instanceof SqlError) {
      return `${error.code} ${error.path} ${error.line}:${error.column} ${error.message}`;
    }
    throw error;
  }
  return '';
}

describe('a text is divided into statements', () => {
  test('at semicolons outside texts, names and comments', () => {
    for (const dialect of DIALECTS) {
      assert.deepEqual(texts(`SELECT ';', ";" /* ; */ -- ;\n; ;; SELECT 2 ;`, dialect), [
        `SELECT ';', ";" /* ; */ -- ;`,
        'SELECT 2',
      ]);
    }
    assert.deepEqual(texts('DO $$ BEGIN a; b; END $$; SELECT 1', 'postgres'), [
      'DO $$ BEGIN a; b; END $$',
      'SELECT 1',
    ]);
  });

  test('not inside the body of a trigger or a procedure', () => {
    const trigger =
      'CREATE TEMP TRIGGER t AFTER INSERT ON a WHEN 1 BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; DELETE FROM d; END';
    assert.deepEqual(texts(`${trigger}; SELECT 1`, 'sqlite'), [trigger, 'SELECT 1']);
    const procedure =
      'CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; CASE b WHEN 1 THEN SELECT 2; END CASE; WHILE c DO SELECT 3; END WHILE; END';
    assert.deepEqual(texts(`${procedure}; SELECT 1`, 'mysql'), [procedure, 'SELECT 1']);
    const plain = 'CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.b = 1';
    assert.deepEqual(texts(`${plain}; SELECT 1`, 'mysql'), [plain, 'SELECT 1']);
    const atomic = 'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END';
    assert.deepEqual(texts(`${atomic}; SELECT 1`, 'postgres'), [atomic, 'SELECT 1']);
  });

  test('how many a method has is bounded, and a file has as many as it has', () => {
    const many = 'SELECT 1;\n'.repeat(STATEMENTS_MAX + 1);
    assert.match(
      fault(() => compiled(many, 'sqlite')),
      /SRV_SQL_SYNTAX 1001:1 .*at most 1000/,
    );
    assert.equal([...eachStatement(sourceOfText(many), 'sqlite')].length, STATEMENTS_MAX + 1);
  });

  test('each knows where it begins', () => {
    const places = compiled('SELECT 1;\n\n  SELECT\n2; SELECT 3', 'sqlite').map(
      ({ line, column }) => [line, column],
    );
    assert.deepEqual(places, [
      [1, 1],
      [3, 3],
      [4, 4],
    ]);
  });
});

describe('a statement says what it does', () => {
  const kinds: readonly (readonly [kind: string, text: string, dialects?: readonly Dialect[]])[] = [
    ['read', 'select 1'],
    ['read', '/* x */ -- y\n(SELECT 1) UNION (SELECT 2)'],
    ['read', 'VALUES (1)'],
    ['read', 'WITH a AS (SELECT 1) SELECT * FROM a'],
    ['read', "SELECT 'INSERT INTO x'"],
    ['read', 'SELECT "INTO" FROM t', ['sqlite', 'postgres']],
    ['read', 'EXPLAIN QUERY PLAN DELETE FROM t', ['sqlite']],
    ['read', 'EXPLAIN (COSTS off) DELETE FROM t', ['postgres']],
    ['read', 'EXPLAIN ANALYZE SELECT 1', ['postgres', 'mysql']],
    ['read', 'SHOW TABLES', ['mysql']],
    ['read', 'PRAGMA table_info(t)', ['sqlite']],
    ['write', 'INSERT INTO t VALUES (1)'],
    ['write', 'update t set a = 1'],
    ['write', 'DELETE FROM t'],
    ['write', 'REPLACE INTO t VALUES (1)'],
    ['write', 'WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a'],
    ['write', 'WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a', ['postgres']],
    ['write', 'WITH a AS (SELECT 1) UPDATE t SET a = 1'],
    ['write', 'EXPLAIN ANALYZE DELETE FROM t', ['postgres', 'mysql']],
    ['write', 'EXPLAIN (ANALYZE, VERBOSE) INSERT INTO t VALUES (1)', ['postgres']],
    ['write', 'EXPLAIN (ANALYZE) WITH a AS (DELETE FROM t RETURNING *) SELECT 1', ['postgres']],
    ['other', 'EXPLAIN ANALYZE CREATE TABLE u AS SELECT 1', ['postgres']],
    ['write', 'SELECT * INTO u FROM t', ['postgres']],
    ['write', 'SELECT * FROM t FOR UPDATE'],
    ['write', 'SELECT * FROM t FOR NO KEY UPDATE', ['postgres']],
    ['write', 'SELECT * FROM t LOCK IN SHARE MODE', ['mysql']],
    ['other', 'CREATE TABLE t (a int)'],
    ['other', 'CALL p()'],
    ['other', 'DROP TABLE t'],
    ['other', "'SELECT'"],
  ];
  for (const [expected, text, dialects = DIALECTS] of kinds) {
    test(`${expected}: ${text}`, () => {
      for (const dialect of dialects) assert.equal(kind(text, dialect), expected, dialect);
    });
  }

  test('MySQL commits by itself when tables change', () => {
    const commits = (text: string, dialect: Dialect): boolean | undefined =>
      compiled(text, dialect)[0]?.commits;
    assert.equal(commits('CREATE TABLE t (a int)', 'mysql'), true);
    assert.equal(commits('TRUNCATE t', 'mysql'), true);
    assert.equal(commits('CREATE TEMPORARY TABLE t (a int)', 'mysql'), false);
    assert.equal(commits('INSERT INTO t VALUES (1)', 'mysql'), false);
    assert.equal(commits('CREATE TABLE t (a int)', 'postgres'), false);
  });
});

describe('what the site does not run is refused', () => {
  const everywhere = [
    'BEGIN',
    'begin immediate',
    'START TRANSACTION',
    'COMMIT',
    '/* x */ commit',
    'END',
    'ROLLBACK TO a',
    'SAVEPOINT a',
    'RELEASE a',
    "XA START 'a'",
    'PREPARE a FROM "SELECT 1"',
    'EXECUTE a',
    'DELIMITER $',
    'EXPLAIN COMMIT',
    'SELECT 1; COMMIT',
  ];
  const refused: Readonly<Record<Dialect, readonly string[]>> = {
    sqlite: [
      "ATTACH 'x' AS y",
      'attach database x as y',
      'DETACH y',
      'VACUUM',
      "VACUUM INTO 'x'",
      "SELECT load_extension('x')",
      `SELECT "load_extension"('x')`,
      'SELECT [Load_Extension] (1)',
      'SELECT `load_extension`(1)',
      "SELECT writefile('x', 'y')",
      'PRAGMA writable_schema = 1',
      'PRAGMA writable_schema(1)',
      'PRAGMA main.journal_mode = off',
      'PRAGMA journal_mode(off)',
      'PRAGMA foreign_keys = off',
      'PRAGMA database_list',
      'SELECT file FROM pragma_database_list',
      "SELECT file FROM 'pragma_Database_list'",
      'PRAGMA "writable_schema" = 1',
      'PRAGMA table_info = x',
      'PRAGMA temp_store_directory',
      'PRAGMA',
      "EXPLAIN ATTACH 'x' AS y",
    ],
    postgres: [
      "COPY t TO PROGRAM 'x'",
      "COPY t FROM '/etc/passwd'",
      'COPY t TO STDOUT',
      "LOAD 'x'",
      'SET ROLE x',
      'SET search_path = x',
      'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE',
      'SET TRANSACTION READ WRITE',
      'SET LOCAL transaction_read_only = off',
      'SET LOCAL "role" = x',
      'SET LOCAL standard_conforming_strings = off',
      'SET LOCAL TIME ZONE 3',
      "SELECT set_config('transaction_read_only', 'off', true)",
      `SELECT pg_catalog."set_config"('role', 'x', true)`,
      "SELECT pg_read_file('x')",
      'SELECT pg_advisory_lock(1)',
      'SELECT pg_try_advisory_lock_shared(1)',
      'DECLARE a CURSOR WITH HOLD FOR SELECT 1',
      'RESET ALL',
      'DISCARD ALL',
      'LISTEN a',
      'VACUUM t',
      'ALTER SYSTEM SET a = 1',
      'CREATE DATABASE a',
      '\\c a',
      "PREPARE TRANSACTION 'x'",
      'EXPLAIN (ANALYZE) EXECUTE a',
    ],
    mysql: [
      "LOAD DATA LOCAL INFILE 'x' INTO TABLE t",
      "LOAD DATA INFILE 'x' INTO TABLE t",
      "LOAD XML INFILE 'x' INTO TABLE t",
      "SELECT 1 INTO OUTFILE 'x'",
      "SELECT 1 INTO\n/* */DUMPFILE 'x'",
      "SELECT load_file('x')",
      'SET autocommit = 0',
      'SET @a = 1',
      'SELECT @a := 1',
      'SELECT 1 INTO @a',
      'SET GLOBAL local_infile = 1',
      'USE other',
      'CREATE SCHEMA a',
      'LOCK TABLES t WRITE',
      'UNLOCK TABLES',
      'KILL 1',
      'SHUTDOWN',
      'HANDLER t OPEN',
      "INSTALL PLUGIN a SONAME 'b'",
    ],
  };
  for (const dialect of DIALECTS) {
    for (const text of [...everywhere, ...refused[dialect]]) {
      test(`${dialect}: ${text}`, () => {
        assert.match(
          fault(() => compiled(text, dialect)),
          /^SRV_SQL_REFUSED /,
        );
      });
    }
  }

  test('what only tells a client how to run a file is left out there, and nothing else is', () => {
    const files: Readonly<Record<Dialect, readonly (readonly [string, number])[]>> = {
      sqlite: [
        ['PRAGMA foreign_keys=OFF; BEGIN TRANSACTION; INSERT INTO t VALUES (1); COMMIT;', 3],
      ],
      postgres: [
        ['DROP DATABASE IF EXISTS a;\nCREATE DATABASE a;\n\\c a;\n\nINSERT INTO t VALUES (1)', 3],
        ["\\connect a\nSET x = 0;\nSELECT set_config('search_path', '', false);\nDELETE FROM t", 3],
      ],
      mysql: [
        [
          '/*!40101 SET NAMES utf8 */;LOCK TABLES t WRITE;/*!40000 ALTER TABLE t DISABLE KEYS */;' +
            'INSERT INTO t VALUES (1);UNLOCK TABLES; USE x; SET NAMES utf8',
          6,
        ],
      ],
    };
    for (const dialect of DIALECTS) {
      for (const [text, count] of files[dialect]) {
        let left = 0;
        const all = [...eachStatement(sourceOfText(text), dialect, () => (left += 1))];
        assert.deepEqual([all.map((one) => one.kind), left], [['write'], count], text);
      }
    }
    const kept: readonly (readonly [Dialect, string])[] = [
      ['sqlite', 'ROLLBACK'],
      ['sqlite', "ATTACH 'x' AS y"],
      ['sqlite', 'PRAGMA writable_schema = 1'],
      ['postgres', "COPY t FROM '/etc/passwd'"],
      ['postgres', '\\i other.sql'],
      ['postgres', 'SAVEPOINT a'],
      ['mysql', 'DELIMITER $$'],
      ['mysql', 'SET @a = 1'],
      ['mysql', '/*!50003 CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.b = 1 */'],
    ];
    for (const [dialect, text] of kept) {
      const run = (): unknown => [...eachStatement(sourceOfText(text), dialect, () => {})];
      assert.match(fault(run), /^SRV_SQL_REFUSED /, text);
    }
  });

  test('MySQL’s comments that run are refused', () => {
    for (const text of [
      '/*! COMMIT */',
      'SELECT 1 /*!50000 INTO OUTFILE "x" */',
      '/*M! DROP TABLE t */',
    ]) {
      assert.match(
        fault(() => compiled(text, 'mysql')),
        /Comments that run/,
      );
    }
  });

  test('what only looks like it is run', () => {
    const run: Readonly<Record<Dialect, readonly string[]>> = {
      sqlite: [
        'SELECT load_extension FROM t',
        "SELECT 'ATTACH x'",
        'PRAGMA table_info(t)',
        'PRAGMA main.index_list("t")',
        'PRAGMA user_version',
        'PRAGMA foreign_key_check',
        'EXPLAIN QUERY PLAN SELECT 1',
      ],
      postgres: [
        'SET LOCAL search_path = x',
        'SET CONSTRAINTS ALL DEFERRED',
        'SELECT a ? b',
        'NOTIFY a',
      ],
      mysql: ['SELECT @a', 'CALL p()', "SELECT 'INTO OUTFILE'", 'FLUSH TABLES'],
    };
    for (const dialect of DIALECTS) {
      for (const text of [
        ...run[dialect],
        'INSERT INTO commit VALUES (1)',
        'SELECT begin FROM t',
      ]) {
        assert.equal(
          fault(() => compiled(text, dialect)),
          '',
          `${dialect}: ${text}`,
        );
      }
    }
  });
});

describe('a source that cannot be taken apart is refused at its place', () => {
  const values = { a: 1 };
  const at = (source: string, dialect: Dialect = 'sqlite'): string =>
    fault(() => statements(source, { dialect, values }));

  test('a value inside a text, a name or a comment that runs', () => {
    assert.match(
      at("SELECT 1;\nSELECT '{{sqlvar a}}'"),
      /^SRV_SQL_SYNTAX \/method 2:9 .*without quotes/,
    );
    assert.match(at("SELECT 1;\nSELECT\n 'x{{sqldelimiter}}'"), /without quotes/);
    assert.match(at('SELECT "{{sqlvar a}}"'), / 1:9 A name cannot be a value/);
    assert.match(at('SELECT "{{sqlvar a}}"', 'mysql'), / 1:9 A value stands without quotes/);
    assert.match(at('SELECT [x {{sqlvar a}}]'), / 1:11 A name cannot be a value/);
    assert.match(at('SELECT $${{sqlvar a}}$$', 'postgres'), / 1:10 A value stands without quotes/);
    assert.match(
      at(String.raw`SELECT E'\'{{sqlvar a}}'`, 'postgres'),
      /A value stands without quotes/,
    );
    assert.match(at('SELECT /*! {{sqlvar a}} */ 1', 'mysql'), /Comments that run/);
  });

  test('a value in a comment is left out', () => {
    const one = statement('SELECT 1 /* {{sqlvar a}} */ + {{sqlvar b}} -- {{sqlvar a}}', {
      dialect: 'postgres',
      values: { a: 1, b: 2 },
    });
    assert.deepEqual([one.text, one.parameters], ['SELECT 1 /*  */ + $1 -- ', [2]]);
  });

  test('a comment that is no statement takes no value from the next', () => {
    const [one] = statements('-- {{sqlvar a}}\n; SELECT {{sqlvar b}}', { values: { a: 1, b: 2 } });
    assert.deepEqual(one?.parameters, [2]);
  });

  test('a placeholder of the author’s own', () => {
    for (const text of ['SELECT ?', 'SELECT ?1', 'SELECT :a', 'SELECT @a', 'SELECT $a']) {
      assert.match(at(text), / 1:8 Write values as \{\{sqlvar name}}/);
    }
    assert.match(at('SELECT ?', 'mysql'), /Write values as/);
    assert.match(at('SELECT $1', 'postgres'), /Write values as/);
  });

  test('what does not end', () => {
    assert.match(at("SELECT 1;\n SELECT 'x"), / 2:9 This text does not end/);
  });

  test('a character that only marks may have', () => {
    assert.match(
      fault(() => sourceOfText('SELECT\n \uFDD20\uFDD3')),
      /SRV_SQL_SYNTAX 2:2 /,
    );
  });

  test('too many values', () => {
    const list = Array.from({ length: 10_000 }, (_, index) => index);
    const tag = '({{sqlvar a multiple=true}})';
    assert.equal(
      statement(`SELECT ${tag}, ${tag}, ${tag}`, { values: { a: list } }).parameters.length,
      30_000,
    );
    assert.match(
      fault(() => statements(`SELECT ${tag}, ${tag}, ${tag}, ${tag}`, { values: { a: list } })),
      new RegExp(`at most ${PARAMETERS_MAX.toLocaleString('en')} values`),
    );
  });
});

describe('a place in a statement is a place in its source', () => {
  const source = `SELECT a,
  {{#if b}}b,{{/if}}
  {{sqlvar c}} AS c, wrong_one
FROM t
{{#sqlgroup where=true}}
  {{sqltest d column="wrong_two"}} {{and}} wrong_three
{{/sqlgroup}}
ORDER BY wrong_four; SELECT wrong_five`;
  const values = { b: true, c: 1, d: 2 };

  test('whatever was written before it', () => {
    for (const dialect of DIALECTS) {
      const all = statements(source, { dialect, values });
      const place = (word: string): readonly number[] => {
        const one = all.find(({ text }) => text.includes(word));
        assert.ok(one !== undefined);
        const { line, column } = placeInSource(one, one.text.indexOf(word));
        return [line, column];
      };
      assert.deepEqual(place('b,'), [2, 12]);
      assert.deepEqual(place('wrong_one'), [3, 22]);
      assert.deepEqual(place('FROM'), [4, 1]);
      assert.deepEqual(place('WHERE'), [5, 1]);
      // What a tag makes stands where the tag does.
      assert.deepEqual(place('wrong_two'), [6, 3]);
      assert.deepEqual(place('wrong_three'), [6, 44]);
      assert.deepEqual(place('wrong_four'), [8, 10]);
      assert.deepEqual(place('wrong_five'), [8, 29]);
    }
  });

  test('in each turn of a block', () => {
    const one = statement('SELECT\n{{#each a}}\n  bad,\n{{/each}}\n1', { values: { a: [1, 2] } });
    const second = one.text.lastIndexOf('bad');
    assert.deepEqual(placeInSource(one, second), { line: 3, column: 3 });
    assert.deepEqual(placeInSource(one, one.text.length - 1), { line: 5, column: 1 });
  });
});

test('taking apart a long source costs what it is long', () => {
  const seconds = (rows: number): number => {
    const text = `INSERT INTO t VALUES ('x', "y", 1); -- z\n`.repeat(rows);
    const started = process.cpuUsage();
    for (const one of eachStatement(sourceOfText(text), 'sqlite')) assert.equal(one.kind, 'write');
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1e6;
  };
  seconds(2000);
  const [short, long] = [seconds(2000), seconds(16_000)];
  assert.ok(long < short * 40 + 0.5, `${short} s and ${long} s`);
});
