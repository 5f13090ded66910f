import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Invalid } from '../../../server/errors.js';
import { SQL_LANGUAGE } from '../../../server/sql/sql-language.js';
import { checkSyntax, Tainted } from '../../../server/templates/index.js';
import { page, script, template } from '../templates/test-site.js';
import { said, statement, statements } from './sql-site.js';

/** What is wrong with a source when it is saved. */
function problem(source: string): string {
  const [first] = checkSyntax(source, SQL_LANGUAGE);
  return first === undefined ? '' : `${first.line}:${first.column} ${first.message}`;
}

function invalid(field: string, message: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof Invalid, String(error));
    assert.equal(error.errors[0]?.field, field);
    assert.match(error.errors[0].message, message);
    return true;
  };
}

describe('sqlvar', () => {
  test('a value becomes a placeholder in each dialect', () => {
    const source = 'SELECT * FROM t WHERE a = {{sqlvar a}} AND b = {{sqlvar b type="int"}}';
    const values = { a: 'x', b: '7' };
    for (const dialect of ['sqlite', 'mysql'] as const) {
      assert.deepEqual(said(source, { dialect, values }), [
        'SELECT * FROM t WHERE a = ? AND b = ?',
        'x',
        7,
      ]);
    }
    assert.deepEqual(said(source, { dialect: 'postgres', values }), [
      'SELECT * FROM t WHERE a = $1 AND b = $2',
      'x',
      7,
    ]);
  });

  test('an optional value that was not given is NULL, and any other is refused', () => {
    assert.deepEqual(said('SELECT {{sqlvar a type="int" optional=true}}', { values: { a: '' } }), [
      'SELECT ?',
      null,
    ]);
    for (const a of [undefined, null, '']) {
      assert.throws(
        () => said('SELECT\n  {{sqlvar a type="int"}}', { values: { a } }),
        invalid('arguments.a', /“a” is missing/),
      );
    }
    assert.deepEqual(said('SELECT {{sqlvar a type="string"}}', { values: { a: '' } }), [
      'SELECT ?',
      '',
    ]);
  });

  test('a value that is none of its type is refused, with its place in the source', () => {
    assert.throws(
      () => said('SELECT\n  {{sqlvar a type="int"}}', { values: { a: '1 OR 1=1' } }),
      (error) => {
        assert.ok(error instanceof Invalid);
        assert.deepEqual(error.errors, [
          {
            field: 'arguments.a',
            message: '“a” is no whole number: “1 OR 1=1”.',
            line: 2,
            column: 3,
          },
        ]);
        return true;
      },
    );
  });

  test('with multiple a list is as many placeholders, and an empty one is NULL', () => {
    const source = 'SELECT * FROM t WHERE a IN ({{sqlvar a type="int" multiple=true}})';
    assert.deepEqual(said(source, { values: { a: ['1', 2, ''] } }), [
      'SELECT * FROM t WHERE a IN (?, ?)',
      1,
      2,
    ]);
    assert.deepEqual(said(source, { values: { a: 3 } }), ['SELECT * FROM t WHERE a IN (?)', 3]);
    assert.deepEqual(said(source, { values: { a: [] } }), ['SELECT * FROM t WHERE a IN (NULL)']);
    assert.throws(
      () => said('SELECT {{sqlvar a}}', { values: { a: [1] } }),
      invalid('arguments.a', /is a list/),
    );
  });

  test('what is computed is bound like any other value', () => {
    assert.deepEqual(said('SELECT {{sqlvar (upper a)}}', { values: { a: "o'x" } }), [
      'SELECT ?',
      "O'X",
    ]);
  });

  test('each parameter says which value it is', () => {
    const { origins } = statement('SELECT {{sqlvar a type="int"}}, {{sqlvar (upper b)}}', {
      values: { a: 1, b: 'x' },
    });
    assert.deepEqual(origins, [
      { name: 'a', type: 'int' },
      { name: 'b', type: undefined },
    ]);
  });

  test('a placeholder never joins the words beside it', () => {
    const values = { a: 1 };
    assert.equal(
      statement('SELECT x{{sqlvar a}}5, {{sqlvar a}}{{sqlvar a}}', { dialect: 'postgres', values })
        .text,
      'SELECT x $1 5, $2 $3',
    );
    assert.equal(statement('SELECT {{sqlvar a}}1', { values }).text, 'SELECT ? 1');
  });

  test('in a block, each turn binds its own value', () => {
    const source =
      'INSERT INTO t VALUES {{#each a}}({{sqlvar this}}){{#unless @last}},{{/unless}}{{/each}}';
    assert.deepEqual(said(source, { values: { a: [1, 'x', true] } }), [
      'INSERT INTO t VALUES (?),(?),(?)',
      1,
      'x',
      1,
    ]);
  });
});

describe('sqltest', () => {
  const words = (tag: string, a: unknown): readonly unknown[] =>
    said(`x {{${tag}}}`, { values: { a } });

  test('each operator compares a column with a value', () => {
    const written = [
      ['eq', '='],
      ['ne', '<>'],
      ['lt', '<'],
      ['le', '<='],
      ['lte', '<='],
      ['gt', '>'],
      ['ge', '>='],
      ['gte', '>='],
      ['like', 'LIKE'],
      ['not like', 'NOT LIKE'],
      ['<=', '<='],
    ];
    for (const [name, sign] of written) {
      assert.deepEqual(words(`sqltest a column="t.b" op="${name}"`, 'v'), [`x t.b ${sign} ?`, 'v']);
    }
    assert.deepEqual(words('sqltest a', 'v'), ['x a = ?', 'v']);
  });

  test('a list is looked for with IN, and with ne NOT IN', () => {
    assert.deepEqual(words('sqltest a multiple=true', [1, 2]), ['x a IN (?, ?)', 1, 2]);
    assert.deepEqual(words('sqltest a op="in"', [1]), ['x a IN (?)', 1]);
    assert.deepEqual(words('sqltest a op="NOT  IN"', [1, 2]), ['x a NOT IN (?, ?)', 1, 2]);
    assert.deepEqual(words('sqltest a op="ne" multiple=true', 1), ['x a NOT IN (?)', 1]);
  });

  test('a text is looked for as it is written, whatever signs it has', () => {
    const found = "x b LIKE ? ESCAPE '!'";
    assert.deepEqual(words('sqltest a column="b" op="contains"', '50%_!'), [found, '%50!%!_!!%']);
    assert.deepEqual(words('sqltest a column="b" op="starts"', 'a'), [found, 'a%']);
    assert.deepEqual(words('sqltest a column="b" op="ends" type="string"', 5), [found, '%5']);
    assert.deepEqual(words('sqltest a column="b" op="contains" optional=true', ''), ['x']);
  });

  test('nothing is in an empty list', () => {
    assert.deepEqual(words('sqltest a op="in"', []), ['x 1 = 0']);
    assert.deepEqual(words('sqltest a op="not in"', []), ['x 1 = 1']);
    assert.deepEqual(words('sqltest a op="in" optional=true', []), ['x']);
    assert.deepEqual(words('sqltest a type="int" op="in" optional=true', ['']), ['x']);
  });

  test('an optional value that was not given leaves the test out, and any other is refused', () => {
    for (const a of [undefined, null, '']) {
      assert.deepEqual(words('sqltest a optional=true', a), ['x']);
    }
    assert.throws(() => words('sqltest a type="int"', ''), invalid('arguments.a', /is missing/));
    assert.throws(
      () => words('sqltest a op="in"', undefined),
      invalid('arguments.a', /is missing/),
    );
  });

  test('what cannot be is told when the source is saved', () => {
    assert.match(problem('{{sqltest a op="or 1=1"}}'), /no operator “or 1=1”/);
    assert.match(problem('{{sqltest a op="like" multiple=true}}'), /eq, ne, in and not in/);
    assert.match(problem('{{sqltest (upper a)}}'), /^$/);
    assert.match(problem('{{sqltest "a"}}'), /^$/);
    assert.match(problem('{{sqltest a type="integer"}}'), /no type “integer”/);
    assert.match(problem('{{sqltest a type="int" op="contains"}}'), /looked for by a text/);
    assert.match(problem('{{sqltest a colum="b"}}'), /no option “colum”/);
  });
});

describe('sqlgroup', () => {
  const SOURCE = `SELECT * FROM t
{{#sqlgroup where=true}}
  {{sqltest a optional=true}}
  {{and}} {{sqltest b optional=true}}
  {{or}} {{#sqlgroup}}{{sqltest c optional=true}}{{and}}{{sqltest d optional=true}}{{/sqlgroup}}
{{/sqlgroup}}
ORDER BY 1`;
  const words = (values: Readonly<Record<string, unknown>>): readonly unknown[] => {
    const [text, ...parameters] = said(SOURCE, { values });
    return [String(text).replaceAll(/\s+/g, ' '), ...parameters];
  };

  test('empty parts go, with the words between them', () => {
    assert.deepEqual(words({}), ['SELECT * FROM t ORDER BY 1']);
    assert.deepEqual(words({ b: 1 }), ['SELECT * FROM t WHERE ( b = ? ) ORDER BY 1', 1]);
    assert.deepEqual(words({ a: 1, d: 2 }), [
      'SELECT * FROM t WHERE ( a = ? OR (d = ?) ) ORDER BY 1',
      1,
      2,
    ]);
    assert.deepEqual(words({ a: 1, b: 2, c: 3, d: 4 }), [
      'SELECT * FROM t WHERE ( a = ? AND b = ? OR (c = ? AND d = ?) ) ORDER BY 1',
      1,
      2,
      3,
      4,
    ]);
  });

  test('set writes what is to be changed, without parentheses', () => {
    const source =
      'UPDATE t {{#sqlgroup set=true required=true}}{{#if a}}a = {{sqlvar a}}{{/if}}{{comma}}{{#if b}}b = {{sqlvar b}}{{/if}}{{/sqlgroup}}';
    assert.deepEqual(said(source, { values: { a: 1, b: 2 } }), ['UPDATE t SET a = ?, b = ?', 1, 2]);
    assert.deepEqual(said(source, { values: { b: 2 } }), ['UPDATE t SET b = ?', 2]);
    assert.throws(() => said(source), /Nothing was given of what this group asks for/);
  });

  test('a comment in a part does not swallow what follows', () => {
    const source = `x {{#sqlgroup}}{{sqltest a}} -- first
{{and}}{{sqltest b optional=true}} -- second
{{and}}b{{/sqlgroup}}`;
    assert.equal(statement(source, { values: { a: 1 } }).text, 'x (a = ? -- first\n\n AND b)');
  });

  test('what cannot be is told when the source is saved', () => {
    assert.match(problem('{{and}}'), /stands between the parts of \{\{#sqlgroup}}/);
    assert.match(problem('{{#sqlgroup where=x}}{{/sqlgroup}}'), /true or false/);
    assert.match(problem('{{#sqlgroup}}{{else}}{{/sqlgroup}}'), /no \{\{else}}/);
    assert.match(problem('{{#sqlgroup where=true set=true}}{{/sqlgroup}}'), /WHERE or SET/);
  });
});

describe('what would write a value is refused when the source is saved', () => {
  const refused = [
    '{{a}}',
    '{{{a}}}',
    '{{&a}}',
    '{{upper a}}',
    '{{{upper a}}}',
    '{{join a ","}}',
    '{{json a}}',
    '{{a.b}}',
    '{{@request.form.a}}',
    '{{this}}',
    '{{"a"}}',
    '{{1}}',
    '{{latest limit=5}}',
    '{{return a}}',
    '{{> a}}',
    '{{> (lookup this "a")}}',
    '{{#> a}}{{/a}}',
    '{{> @partial-block}}',
    '{{#if b}}{{a}}{{/if}}',
    '{{#each a}}{{this}}{{/each}}',
    '{{#sqlgroup}}{{a}}{{/sqlgroup}}',
    '{{#sqlgroup}}b{{and}}{{a}}{{/sqlgroup}}',
    '{{#*inline "a"}}{{b}}{{/inline}}',
    '{{sqlvar (sqlvar a)}}',
    '{{#if (sqltest a)}}{{/if}}',
    '{{sqltest a column=b}}',
    '{{sqltest a column=(upper b)}}',
    '{{sqltest a column=@request.form.b}}',
    '{{sqltest a op=b}}',
    '{{sqltest a type=b}}',
    '{{sqlvar a type=b}}',
    '{{sqlvar a optional=b}}',
    '{{sqltest a multiple=b}}',
    'SELECT \uFDD20\uFDD3',
    '{{sqltest a column="\uFDD20\uFDD3"}}',
  ];
  for (const source of refused) {
    test(JSON.stringify(source), () => {
      assert.notEqual(problem(`SELECT 1\n${source}`), '');
      assert.match(problem(`SELECT 1\n${source}`), /^2:/);
    });
  }

  test('the message says what to write instead', () => {
    assert.equal(
      problem('SELECT\n  {{title}}'),
      '2:3 A value is never written into a statement: write {{sqlvar title}}, not {{title}}.',
    );
  });
});

describe('what reaches the text in another way is refused when it would be written', () => {
  const values = { a: "'; DROP TABLE t; --" };
  const ways = [
    '{{#raw}}x{{/raw}}',
    '{{#each (split a ";") as |sqlvar|}}{{sqlvar a}}{{/each}}',
    '{{#let sqldelimiter=a}}{{sqldelimiter}}{{/let}}',
    '{{#let call=a}}{{call}}{{/let}}',
    '{{sqlvar (return a)}}',
    '{{#if (return a)}}{{/if}}',
  ];
  for (const source of ways) {
    test(source, () => assert.throws(() => statements(`SELECT 1 ${source}`, { values })));
  }

  test('a template found by name is not called, and so neither ends a statement nor binds', () => {
    const site = {
      plain: template('1; DROP TABLE t'),
      shown: template('{{a}}'),
      inner: template('x{{sqldelimiter}}{{sqlvar a}}'),
    };
    for (const tag of ['{{sqlvar plain}}', '{{sqlvar inner}}', '{{call plain}}']) {
      assert.throws(() => said(`SELECT ${tag}`, { site, values }), /No other template is called/);
    }
    assert.throws(() => said('SELECT {{sqlvar shown}}', { site, values }), /never written/);
  });

  test('what a script gives is a value', () => {
    const site = { number: script(() => '1; DROP TABLE t') };
    assert.deepEqual(said('SELECT {{sqlvar number}}', { site }), ['SELECT ?', '1; DROP TABLE t']);
    assert.throws(() => said('SELECT {{sqlvar number type="int"}}', { site }), Invalid);
  });
});

test('marks of the request go before a value is bound', () => {
  const form = { a: ["x'", 'y'] };
  assert.deepEqual(
    said('SELECT {{#each @request.form.a}}{{sqlvar this}}{{#unless @last}}, {{/unless}}{{/each}}', {
      form,
    }),
    ['SELECT ?, ?', "x'", 'y'],
  );
  assert.deepEqual(said('SELECT {{sqlvar a}}', { values: { a: new Tainted('v') } }), [
    'SELECT ?',
    'v',
  ]);
});

test('an object of the site is no value', () => {
  const site = { about: page({ title: 'About' }) };
  assert.throws(() => said('SELECT {{sqlvar about}}', { site }), /is no text/);
  assert.throws(() => said('SELECT {{sqlvar about type="json"}}', { site }), /nothing that JSON/);
  assert.deepEqual(said('SELECT {{sqlvar about.title}}', { site }), ['SELECT ?', 'About']);
});

test('statements are divided by semicolons and by sqldelimiter', () => {
  const source =
    'INSERT INTO t VALUES ({{sqlvar a}}); SELECT 1{{sqldelimiter}}SELECT {{sqlvar b}};';
  const all = statements(source, { dialect: 'postgres', values: { a: 1, b: 2 } });
  assert.deepEqual(
    all.map(({ text, parameters, kind }) => [text, ...parameters, kind]),
    [
      ['INSERT INTO t VALUES ($1)', 1, 'write'],
      ['SELECT 1', 'read'],
      ['SELECT $1', 2, 'read'],
    ],
  );
});

test('a source that writes nothing has no statements', () => {
  assert.deepEqual(statements(''), []);
  assert.deepEqual(statements('{{#if a}}SELECT 1{{/if}}', { values: { a: false } }), []);
  assert.deepEqual(
    statements('-- nothing {{sqlvar a}}\n;; /* {{sqlvar a}} */', { values: { a: 1 } }),
    [],
  );
});
