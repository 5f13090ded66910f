/**
 * No value becomes text of a statement.
 *
 * The proof is the same everywhere: the text for a hostile value is, byte for byte, the text for a tame
 * one of the same shape, and the hostile value is among the parameters as it was given. Otherwise the
 * call is refused.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { Invalid, ServerError } from '../../../server/errors.js';
import { readArguments } from '../../../server/sql/arguments.js';
import { DIALECTS } from '../../../server/sql/dialect.js';
import type { Dialect } from '../../../server/sql/dialect.js';
import { SqlError } from '../../../server/sql/sql-errors.js';
import { SQL_LANGUAGE } from '../../../server/sql/sql-language.js';
import { VALUE_TYPES } from '../../../server/sql/value-types.js';
import type { ValueType } from '../../../server/sql/value-types.js';
import { Tainted } from '../../../server/templates/index.js';
import { isRecord } from '../../../server/templates/records.js';
import { randomRuns } from '../../support/random.js';
import { HOSTILE_OTHERS, HOSTILE_TEXTS, MARKER } from './hostile-values.js';
import { statements } from './sql-site.js';

const TYPES: readonly (ValueType | undefined)[] = [...VALUE_TYPES, undefined];

/** Every way to use a value in a source, with each type. */
function sourcesOf(type: ValueType | undefined): readonly string[] {
  const typed = type === undefined ? '' : ` type="${type}"`;
  return [
    `SELECT {{sqlvar a${typed}}}`,
    `SELECT {{sqlvar a${typed} optional=true}}, 'x;''y' -- {{sqlvar a optional=true}}`,
    `SELECT * FROM t WHERE b IN ({{sqlvar a${typed} multiple=true}}) AND c = {{sqlvar b}}`,
    `SELECT * FROM t WHERE {{sqltest a column="t.b"${typed} op="like"}}`,
    `SELECT * FROM t WHERE {{sqltest a column="b"${typed} op="gt"}} OR {{sqltest a op="contains"}} OR c LIKE '%x'`,
    `SELECT * FROM t {{#sqlgroup where=true}}{{sqltest a${typed} optional=true}}{{and}}{{sqltest a column="c"${typed} op="in" optional=true}}{{/sqlgroup}}; SELECT 2`,
    `UPDATE t {{#sqlgroup set=true}}a = {{sqlvar a${typed}}}{{comma}}b = {{sqlvar b}}{{/sqlgroup}} WHERE {{sqltest b}}`,
    `INSERT INTO t VALUES {{#each (list a b)}}({{sqlvar this${typed}}}){{#unless @last}},{{/unless}}{{/each}}`,
    `{{#with a}}SELECT {{sqlvar this${typed}}}{{/with}}{{#unless a}}SELECT 1{{/unless}}`,
    `{{#let x=a}}SELECT {{sqlvar x${typed}}}{{sqldelimiter}}SELECT {{sqlvar x${typed}}}{{/let}}`,
    `{{set "x" a}}SELECT {{sqlvar x${typed}}}`,
    `SELECT /* {{sqlvar a optional=true}} */ {{sqlvar a${typed}}}1`,
  ];
}

type Outcome =
  | { readonly texts: readonly string[]; readonly parameters: readonly unknown[] }
  | { readonly refused: ServerError };

function outcome(
  source: string,
  dialect: Dialect,
  values: Readonly<Record<string, unknown>>,
): Outcome {
  try {
    const all = statements(source, { dialect, values: { b: 'tame', ...values } });
    return {
      texts: all.map(({ text }) => text),
      parameters: all.flatMap(({ parameters }) => parameters),
    };
  } catch (error) {
    // Only on purpose: neither a TypeError nor an error that a database would have to find.
    assert.ok(error instanceof ServerError, String(error));
    assert.notEqual(error.code, 'SRV_TEMPLATE_FAILED', String(error.cause));
    return { refused: error };
  }
}

/** A tame value of the same shape: a list as long, nothing where there is nothing. */
function tameLike(type: ValueType | undefined, value: unknown): unknown {
  if (value instanceof Tainted) return tameLike(type, value.value);
  if (Array.isArray(value)) return Array.from(value, (item) => tameLike(type, item));
  // What counts as nothing, or as false, chooses between parts of the source.
  if (value === undefined || value === null || !value) return value;
  const tame: Readonly<Record<ValueType, unknown>> = {
    string: 'tame',
    int: 1,
    float: 1.5,
    boolean: true,
    date: new Date('2026-05-01T10:00:00Z'),
    json: isRecord(value) ? { tame: true } : 'tame',
  };
  return tame[type ?? 'string'];
}

function assertHarmless(type: ValueType | undefined, value: unknown): void {
  for (const dialect of DIALECTS) {
    for (const source of sourcesOf(type)) {
      const hostile = outcome(source, dialect, { a: value });
      if ('refused' in hostile) continue;
      const tame = outcome(source, dialect, { a: tameLike(type, value) });
      assert.ok('texts' in tame, `${dialect} ${source}`);
      assert.deepEqual(hostile.texts, tame.texts, `${dialect} ${source}`);
      assert.equal(hostile.parameters.length, tame.parameters.length);
      assert.ok(!hostile.texts.join().includes(MARKER));
    }
  }
}

describe('the text for a hostile value is the text for a tame one', () => {
  for (const type of TYPES) {
    test(`texts, as ${type ?? 'they are'}`, () => {
      for (const text of HOSTILE_TEXTS) {
        assertHarmless(type, text);
        assertHarmless(type, [text, text]);
        assertHarmless(type, new Tainted(text));
      }
    });

    for (const [name, value] of HOSTILE_OTHERS) {
      test(`${name}, as ${type ?? 'it is'}`, () => {
        assertHarmless(type, value);
        if (!Array.isArray(value)) assertHarmless(type, [value, 'tame']);
      });
    }
  }
});

test('a hostile text arrives as it was given, or is refused', () => {
  let arrived = 0;
  for (const dialect of DIALECTS) {
    for (const text of HOSTILE_TEXTS) {
      const seen = outcome('SELECT {{sqlvar a type="string"}}', dialect, { a: text });
      if ('texts' in seen) {
        assert.deepEqual(seen.parameters, [text]);
        arrived += 1;
      } else {
        assert.ok(seen.refused instanceof Invalid);
        assert.ok(text.includes('\0') || !text.isWellFormed(), text);
      }
    }
  }
  assert.equal(arrived, DIALECTS.length * (HOSTILE_TEXTS.length - 3));
});

test('typed arguments take no hostile text at all', () => {
  for (const type of ['int', 'float', 'boolean', 'date'] as const) {
    for (const text of HOSTILE_TEXTS) {
      assert.throws(
        () => readArguments([{ name: 'a', type }], { a: text }, { undeclared: 'ignore' }),
        Invalid,
        `${type} ${text}`,
      );
      for (const dialect of DIALECTS) {
        const seen = outcome(`SELECT {{sqlvar a type="${type}"}}`, dialect, { a: text });
        assert.ok('refused' in seen && seen.refused instanceof Invalid, `${type} ${text}`);
      }
    }
  }
});

test('no helper of the language writes a value, wherever it stands', () => {
  const wrap = (name: string): readonly string[] => [
    `{{${name} a}}`,
    `{{{${name} a}}}`,
    `{{& ${name} a}}`,
    `{{~${name} a b~}}`,
    `{{${name} a x=a}}`,
    `{{${name}}}`,
    `{{#${name} a}}x{{/${name}}}`,
    `{{#${name} a}}{{a}}{{/${name}}}`,
    `{{#${name}}}{{{a}}}{{/${name}}}`,
    `{{{{${name}}}}}{{a}}{{{{/${name}}}}}`,
    `{{sqlvar (${name} a)}}`,
    `{{sqlvar (${name} a b)}}`,
    `{{#if (${name} a)}}y{{/if}}`,
    `{{call (${name} a)}}`,
    `{{set "z" (${name} a)}}{{z}}`,
    `{{#let z=(${name} a)}}{{sqlvar z}}{{/let}}`,
    `{{#sqlgroup}}{{${name} a}}{{and}}x{{/sqlgroup}}`,
    `{{sqltest b column=(${name} a)}}`,
    `{{> (${name} a)}}`,
    `{{#try}}{{${name} a}}{{else}}{{@error.message}}{{/try}}`,
    `{{#try}}{{raise (${name} a)}}{{else}}x{{/try}}`,
  ];
  let rendered = 0;
  for (const name of [...SQL_LANGUAGE.names, 'a', 'unknown', 'and', 'or', 'comma']) {
    for (const tag of wrap(name)) {
      for (const a of [`${MARKER}'; DROP TABLE t; --`, [`${MARKER}'`], { x: `${MARKER}'` }]) {
        const seen = outcome(`SELECT 1 ${tag}`, 'sqlite', { a });
        if ('refused' in seen) continue;
        rendered += 1;
        assert.ok(!seen.texts.join().includes(MARKER), `${tag} wrote ${seen.texts.join()}`);
      }
    }
  }
  assert.ok(rendered > 100, `${rendered} sources were rendered`);
});

describe('whatever is drawn', () => {
  const nasty = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ...["'", '"', '`', '\\', ';', '--', '#', '/*', '*/', '$$', '$1', '?', ':a', '\n', '\r'],
          ...[
            '{{',
            '}}',
            '{{{',
            '\0',
            '\ud800',
            '\uFDD2',
            '\uFDD3',
            '\uFDD4',
            '\uFDD6',
            '0',
            '1:1',
          ],
          ...['\uFDD0', '\uFDD1', ' OR ', 'DROP TABLE t', 'é', '\u{1F600}', '\u2028'],
        ),
        fc.string({ unit: 'binary', maxLength: 5 }),
      ),
      { maxLength: 12 },
    )
    .map((pieces) => pieces.join(''));
  const scalar = fc.oneof(
    nasty,
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.boolean(),
    fc.date({ noInvalidDate: false }),
    fc.constantFrom(null, undefined, '', '0', '1', 'true', '2026-05-01', '9223372036854775807'),
    fc.uint8Array({ maxLength: 4 }),
  );
  const value = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 5 }),
    fc.jsonValue(),
    nasty.map((text) => new Tainted(text)),
    fc.array(nasty, { maxLength: 4 }).map((list) => new Tainted(list)),
  );

  test('a value of any kind, in any tag', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(...TYPES), (drawn, type) => assertHarmless(type, drawn)),
      randomRuns(100),
    );
  });

  test('arguments read from what is sent, in any tag', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(...VALUE_TYPES), (drawn, type) => {
        let values: Readonly<Record<string, unknown>>;
        try {
          values = readArguments([{ name: 'a', type }], { a: drawn }, { undeclared: 'ignore' });
        } catch (error) {
          assert.ok(error instanceof Invalid, String(error));
          return;
        }
        assertHarmless(type, values['a']);
      }),
      randomRuns(100),
    );
  });

  test('a source of any pieces', () => {
    const piece = fc.constantFrom(
      ...['SELECT ', "'", '"', '`', '$$', '/*', '*/', '-- ', '\n', ';', ' x ', '(', ')', '\\', ','],
      ...['{{sqlvar a}}', '{{sqlvar b}}', '{{sqltest a}}', '{{sqltest b optional=true}}'],
      ...['{{sqlvar l multiple=true}}', '{{sqltest l op="in"}}', '{{sqldelimiter}}', '{{and}}'],
      ...['{{#sqlgroup}}', '{{#sqlgroup where=true}}', '{{/sqlgroup}}', '{{#each l}}', '{{/each}}'],
      ...['{{#if a}}', '{{/if}}', '{{a}}', '{{{a}}}', '{{upper a}}', '{{sqlvar (upper a)}}'],
      ...['{{sqlvar this}}', '\\{{a}}', '{{~sqlvar a~}}', '{{! a }}', '{{> a}}'],
    );
    const hostile = {
      a: `${MARKER}'"\`\\;--`,
      b: `*/ $$ ${MARKER} \uFDD6`,
      l: [MARKER, '\uFDD20\uFDD3'],
    };
    const tame = { a: 'a', b: 'b', l: ['c', 'd'] };
    let compiled = 0;
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.constantFrom(...DIALECTS),
        (pieces, dialect) => {
          const source = pieces.join('');
          const one = outcome(source, dialect, hostile);
          const other = outcome(source, dialect, tame);
          if ('refused' in one) {
            assert.ok('refused' in other, source);
            if (one.refused instanceof SqlError)
              assert.equal(one.refused.message, other.refused.message);
            return;
          }
          assert.ok('texts' in other, source);
          compiled += 1;
          assert.deepEqual(one.texts, other.texts, source);
          assert.equal(one.parameters.length, other.parameters.length);
          assert.ok(!one.texts.join().includes(MARKER));
          assert.ok(!/[\uFDD0-\uFDEF]/.test(one.texts.join()));
        },
      ),
      randomRuns(1000),
    );
    assert.ok(compiled > 100, `${compiled} sources were compiled`);
  });
});
