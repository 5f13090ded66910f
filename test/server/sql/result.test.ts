import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ABSENT } from '../../../acquisition/index.js';
import { csvLines } from '../../../server/sql/csv.js';
import { jsonOfResult, rowsOf } from '../../../server/sql/result.js';
import type { SqlResult } from '../../../server/sql/result.js';
import type { SqlValue } from '../../../server/sql/value-types.js';

function result(names: readonly string[], ...rows: readonly (readonly SqlValue[])[]): SqlResult {
  const columns = names.map((name) => ({ name, type: 'text' }));
  return { columns, rows, truncated: false, milliseconds: 1 };
}

describe('a row', () => {
  const [row] = rowsOf(result(['Id', 'id', 'Name', 'length', 'Name'], [1, 2, 'x', 4, 'y']));
  assert.ok(row !== undefined);

  test('has its columns by their exact names, then by names in any case', () => {
    assert.equal(row.get('Id'), 1);
    assert.equal(row.get('id'), 2);
    assert.equal(row.get('ID'), 1);
    assert.equal(row.get('name'), 'x');
    assert.equal(row.get('other'), undefined);
  });

  test('has its columns by number, and knows their names', () => {
    assert.equal(row.at(4), 'y');
    assert.equal(row.length, 5);
    assert.deepEqual(row.names, ['Id', 'id', 'Name', 'length', 'Name']);
    assert.deepEqual(row.values, [1, 2, 'x', 4, 'y']);
  });

  test('is found in by templates: columns first, and nothing of JavaScript’s own', () => {
    assert.equal(row.lookup('NAME'), 'x');
    assert.equal(row.lookup('length'), 4);
    assert.deepEqual(row.lookup('names'), row.names);
    assert.equal(row.lookup('3'), 4);
    for (const name of ['5', '01', 'get', 'record', 'constructor', '__proto__', 'toString']) {
      assert.equal(row.lookup(name), ABSENT, name);
    }
    const [none] = rowsOf(result(['a'], [null]));
    assert.equal(none?.lookup('a'), null);
  });

  test('as a record keeps every column', () => {
    assert.deepEqual({ ...row.record() }, { Id: 1, id: 2, Name: 'x', length: 4, Name_2: 'y' });
    const [proto] = rowsOf(result(['__proto__', 'a'], [1, 2]));
    assert.deepEqual(Object.entries(proto?.record() ?? {}), [
      ['__proto__', 1],
      ['a', 2],
    ]);
  });
});

test('JSON says what it has a word for, and the rest as text', () => {
  const bytes = new Uint8Array(Buffer.from('..abc')).subarray(2);
  const values: readonly SqlValue[] = [
    ...[null, true, 1.5, 'x', 5n, 2n ** 53n, -(2n ** 63n), bytes],
    ...[Number.NaN, Infinity, -Infinity],
  ];
  const json = jsonOfResult({ ...result(values.map(String), values), changes: 2 });
  assert.deepEqual(json.rows, [
    [
      ...[null, true, 1.5, 'x', 5, '9007199254740992', '-9223372036854775808', 'YWJj'],
      ...['NaN', 'Infinity', '-Infinity'],
    ],
  ]);
  assert.equal(json.changes, 2);
  assert.deepEqual(JSON.parse(JSON.stringify(json)), json);
  assert.equal('changes' in jsonOfResult(result([])), false);
});

test('templates have every digit of a number', () => {
  const [row] = rowsOf(result(['a', 'b'], [2n ** 60n, 7n]));
  assert.deepEqual(row?.values, [2n ** 60n, 7]);
});

describe('CSV', () => {
  const csv = (forSpreadsheet: boolean, ...values: readonly SqlValue[]): string =>
    [...csvLines(result(['a', 'b,"c"'], values), { forSpreadsheet })].join('');

  test('quotes what needs it, and tells nothing from an empty text', () => {
    assert.equal(
      csv(false, 'x', 'say "hi",\r\nyou', null, '', ' y', 5n, true, new Uint8Array([1])),
      'a,"b,""c"""\r\nx,"say ""hi"",\r\nyou",,""," y",5,true,AQ==\r\n',
    );
  });

  test('texts that a spreadsheet would run are kept from it where that is asked for', () => {
    const formulas = ['=1+1', '+1', '-1', '@a', '\t=1', '＝1'];
    assert.equal(csv(false, ...formulas).split('\r\n')[1], '=1+1,+1,-1,@a,"\t=1",＝1');
    assert.equal(csv(true, ...formulas).split('\r\n')[1], `'=1+1,'+1,'-1,'@a,'\t=1,'＝1`);
    assert.equal(csv(true, -5, 1.5, 'a=b').split('\r\n')[1], '-5,1.5,a=b');
    assert.equal(csv(true, '=A1,"x"').split('\r\n')[1], `"'=A1,""x"""`);
    const columns = ['numeric', 'decimal', 'numeric'].map((type) => ({ name: type, type }));
    const [, decimals] = csvLines(
      { columns, rows: [['-5.25', '-0.5', '-1+cmd']] },
      { forSpreadsheet: true },
    );
    assert.equal(decimals, "-5.25,-0.5,'-1+cmd\r\n");
  });
});
