/**
 * Sends hostile values to a real database: each comes back exactly as it was given, or is refused with
 * an error, and nothing else of the database changes.
 */
import assert from 'node:assert/strict';
import { ServerError } from '../../../server/errors.js';
import { DataError } from '../../../server/sql/data-error.js';
import type { SqlResult } from '../../../server/sql/result.js';
import type { Statement } from '../../../server/sql/statement.js';
import { type SqlValue, VALUE_TYPES, type ValueType } from '../../../server/sql/value-types.js';
import type { DataDesk } from './data-desk.js';
import { HOSTILE_OTHERS, HOSTILE_TEXTS, MARKER } from './hostile-values.js';
import { statements } from './sql-site.js';

/** How the columns of each type are declared. */
export type ColumnTypes = Readonly<Record<ValueType, string>>;

/** Whole numbers and dates at the edges, beside the hostile values. */
const EDGES: readonly (readonly [name: string, value: unknown])[] = [
  ['the smallest number of 64 bits', '-9223372036854775808'],
  ['the largest number of 64 bits', '9223372036854775807'],
  ['one beyond 64 bits', '9223372036854775808'],
  ['the largest exact number', Number.MAX_SAFE_INTEGER],
  ['the smallest fraction', Number.MIN_VALUE],
  ['a leap day', '2024-02-29'],
  ['no leap day', '2023-02-29'],
  ['the first day of the calendar', '0001-01-01'],
  ['the last day of four digits', '9999-12-31T23:59:59.999Z'],
  ['a day before the epoch', '1969-12-31T23:59:59.999Z'],
];

/** What was asked, and what came of it. */
type Outcome = { readonly values: readonly (SqlValue | undefined)[] } | { readonly refused: Error };

export async function assertHostileValuesHarmless(
  desk: DataDesk,
  columns: ColumnTypes,
): Promise<void> {
  const { driver: dialect } = desk.target;
  const names = VALUE_TYPES.map((type) => `as_${type} ${columns[type]}`).join(', ');
  const table = `CREATE TABLE t (number int, ${names})`;
  await desk.write(table, `INSERT INTO t (as_string) VALUES ('tame')`);
  const run = async (source: string, value: unknown): Promise<Outcome> => {
    let parsed: readonly Statement[];
    try {
      parsed = statements(source, { dialect, values: { a: value } });
    } catch (error) {
      assert.ok(error instanceof ServerError, String(error));
      return { refused: error };
    }
    const { transaction } = await desk.begin('write');
    try {
      let result: SqlResult | undefined;
      for (const { text, parameters, kind } of parsed) {
        assert.ok(!text.includes(MARKER), text);
        result = await desk.query(transaction, text, { parameters, kind });
      }
      return { values: result?.rows.map(([first]) => first) ?? [] };
    } catch (error) {
      assert.ok(error instanceof DataError && error.kind === 'failed', String(error));
      return { refused: error };
    } finally {
      await desk.rollback(transaction);
    }
  };

  for (const text of HOSTILE_TEXTS) {
    const insert = `INSERT INTO t (as_string) VALUES ({{sqlvar a type="string"}});`;
    for (const [test, found] of [
      ['{{sqltest a column="as_string" type="string"}}', [text]],
      ['{{sqltest a column="as_string" op="contains"}}', [text]],
      [
        '{{sqltest a column="as_string" op="starts"}} AND {{sqltest a column="as_string" op="ends"}}',
        [text],
      ],
      ['{{sqltest a column="as_string" op="ne"}}', ['tame']],
      ['as_string IN ({{sqlvar a multiple=true}}) ORDER BY as_string', [text]],
    ] as const) {
      const outcome = await run(`${insert} SELECT as_string FROM t WHERE ${test}`, text);
      if ('values' in outcome) assert.deepEqual(outcome.values, found, `${test} ${text}`);
      else
        assert.ok(/\0/.test(text) || !text.isWellFormed(), `${text}: ${outcome.refused.message}`);
    }
  }

  let arrived = 0;
  for (const type of VALUE_TYPES) {
    const source = `INSERT INTO t (number, as_${type}) VALUES (1, {{sqlvar a type="${type}"}}); SELECT as_${type} FROM t WHERE number = 1`;
    for (const [name, value] of [...HOSTILE_OTHERS, ...EDGES]) {
      const outcome = await run(source, value);
      if ('refused' in outcome) {
        assert.notEqual(outcome.refused.message, '', `${name} as ${type}`);
        continue;
      }
      arrived += 1;
      const [given] = statements(source, { dialect, values: { a: value } })[0]?.parameters ?? [];
      const [got, ...more] = outcome.values;
      assert.equal(more.length, 0);
      assert.ok(
        isSame(given ?? null, got),
        `${name} as ${type}: ${String(given)} → ${String(got)}`,
      );
    }
  }
  assert.ok(arrived > 50, `${arrived} of them came back`);
  assert.deepEqual((await desk.read('SELECT as_string FROM t')).rows, [['tame']]);
}

/** Tells whether a value came back: a moment in any notation of it, JSON in any spacing. */
function isSame(given: SqlValue, got: SqlValue | undefined): boolean {
  if (typeof given === 'boolean') return Boolean(got) === given;
  if (typeof given === 'number' || typeof given === 'bigint') return String(got) === String(given);
  if (given instanceof Uint8Array || got instanceof Uint8Array) {
    return Buffer.from(given as Uint8Array).equals(Buffer.from(got as Uint8Array));
  }
  if (given === got) return true;
  if (typeof given !== 'string' || typeof got !== 'string') return false;
  const [one, other] = [Date.parse(given), Date.parse(got)];
  return !Number.isNaN(one) && one === other;
}
