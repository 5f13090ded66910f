import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Invalid } from '../../../server/errors.js';
import { parseDefinitions, writeDefinitions } from '../../../server/sql/argument-text.js';
import { LIST_ITEMS_MAX, readArguments, readDefinitions } from '../../../server/sql/arguments.js';
import type { ArgumentDef } from '../../../server/sql/arguments.js';
import { Tainted } from '../../../server/templates/index.js';

function read(
  definitions: readonly ArgumentDef[],
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return { ...readArguments(definitions, given, { undeclared: 'ignore' }) };
}

/** The errors that a call is refused with, as `field message`, with line and column where it has. */
function errors(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Invalid, String(error));
    return error.errors.map(({ field, message, line, column }) =>
      line === undefined ? `${field} ${message}` : `${field} ${line}:${column} ${message}`,
    );
  }
  return [];
}

describe('arguments are read as what they are declared', () => {
  const a = (type: ArgumentDef['type'], value: unknown): unknown =>
    read([{ name: 'a', type }], { a: value })['a'];

  test('each type takes what can be read as it', () => {
    assert.equal(a('string', 'x'), 'x');
    assert.equal(a('string', 5), '5');
    assert.equal(a('string', true), 'true');
    assert.equal(a('string', new Date('2026-05-01')), '2026-05-01T00:00:00.000Z');
    assert.equal(a('int', ' -5 '), -5);
    assert.equal(a('int', '+5'), 5);
    assert.equal(a('int', 5n), 5);
    assert.equal(a('int', '9223372036854775807'), 9223372036854775807n);
    assert.equal(a('int', '-9223372036854775808'), -9223372036854775808n);
    assert.equal(a('float', '1.5e3'), 1500);
    assert.equal(a('float', '.5'), 0.5);
    assert.equal(a('float', 2n ** 60n), 2 ** 60);
    assert.equal(a('boolean', 'on'), true);
    assert.equal(a('boolean', 'False'), false);
    assert.equal(a('boolean', 0), false);
    assert.deepEqual(a('date', '2026-05-01'), new Date('2026-05-01T00:00:00Z'));
    assert.deepEqual(a('date', '2026-05-01 10:30+01:00'), new Date('2026-05-01T09:30:00Z'));
    assert.deepEqual(a('json', '{"a":[1]}'), { a: [1] });
    assert.deepEqual(a('json', [1, [2]]), [1, [2]]);
  });

  const refused: readonly (readonly [ArgumentDef['type'], unknown])[] = [
    ['string', {}],
    ['string', 'a\0b'],
    ['string', 'a\ud800b'],
    ['string', () => 'x'],
    ['int', '1.5'],
    ['int', 1.5],
    ['int', '1e3'],
    ['int', '0x10'],
    ['int', '1 OR 1=1'],
    ['int', '١'],
    ['int', '9223372036854775808'],
    ['int', -(2n ** 63n) - 1n],
    ['int', 2 ** 53],
    ['int', Number.NaN],
    ['int', Infinity],
    ['int', '9'.repeat(1000)],
    ['int', true],
    ['int', new Date(0)],
    ['float', 'NaN'],
    ['float', 'Infinity'],
    ['float', '1e999'],
    ['float', Number.NaN],
    ['float', '1,5'],
    ['float', '0x10'],
    ['boolean', 'perhaps'],
    ['boolean', 2],
    ['date', '2026-02-30'],
    ['date', 'now()'],
    ['date', new Date(Number.NaN)],
    ['date', new Date('+010000-01-01T00:00:00Z')],
    ['date', 5],
    ['json', '{a:1}'],
    ['json', { a: () => 1 }],
    ['json', { a: Number.NaN }],
    ['json', new Map()],
  ];
  for (const [type, value] of refused) {
    test(`${type} refuses ${typeof value} ${String(value).slice(0, 20)}`, () => {
      const [message = ''] = errors(() => a(type, value));
      assert.match(message, /^arguments\.a “a” (is|has) .*\.$/);
      assert.ok(message.length < 200 && message.isWellFormed() && !message.includes('\0'));
    });
  }

  test('what was not given is there, and nothing', () => {
    const values = read(
      [
        { name: 'a', type: 'int' },
        { name: 'b', type: 'string' },
      ],
      { a: '', b: '', c: 1 },
    );
    assert.deepEqual(values, { a: undefined, b: '' });
    assert.deepEqual(read([{ name: 'a', type: 'string' }], { a: null }), { a: undefined });
  });

  test('a default stands in, for an empty text too', () => {
    const definitions: ArgumentDef[] = [{ name: 'a', type: 'int', default: '5' }];
    assert.deepEqual(read(definitions, {}), { a: 5 });
    assert.deepEqual(read(definitions, { a: '' }), { a: 5 });
    assert.deepEqual(read(definitions, { a: 0 }), { a: 0 });
  });

  test('every argument that is missing or wrong is named', () => {
    const definitions: ArgumentDef[] = [
      { name: 'a', type: 'int', required: true },
      { name: 'b', type: 'date' },
      { name: 'c', type: 'string' },
    ];
    assert.deepEqual(
      errors(() => readArguments(definitions, { b: 'x', d: 1 }, { undeclared: 'refuse' })),
      [
        'arguments.a “a” is required.',
        'arguments.b “b” is no date: “x”. Write it as 2026-11-21.',
        'arguments.d The method has no argument “d”.',
      ],
    );
  });

  test('a list stays a list, each item read; what is nothing is left out', () => {
    assert.deepEqual(a('int', ['1', '', 2, null]), [1, 2]);
    assert.deepEqual(a('string', ['x', '', 5]), ['x', '', '5']);
    assert.deepEqual(a('int', []), []);
    assert.equal(errors(() => a('int', ['1', 'x'])).length, 1);
    assert.equal(errors(() => a('int', [[1]])).length, 1);
    assert.match(
      errors(() => a('int', Array(LIST_ITEMS_MAX + 1).fill(1)))[0] ?? '',
      /10,000 items/,
    );
  });

  test('marks of the request go', () => {
    assert.equal(a('string', new Tainted('x')), 'x');
    assert.deepEqual(a('int', new Tainted(['1', '2'])), [1, 2]);
    assert.deepEqual(a('int', [new Tainted('1')]), [1]);
  });

  test('names of JavaScript’s own are names like others', () => {
    const definitions: ArgumentDef[] = [
      { name: 'constructor', type: 'string' },
      { name: 'toString', type: 'string' },
    ];
    const given = JSON.parse('{"__proto__": {"constructor": "x"}, "toString": "y"}') as Record<
      string,
      unknown
    >;
    const values = readArguments(definitions, given, { undeclared: 'ignore' });
    assert.equal(Object.getPrototypeOf(values), null);
    assert.equal(values['constructor'], undefined);
    assert.equal(values['toString'], 'y');
  });

  test('JSON is bounded in depth and in parts', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100; level += 1) deep = [deep];
    assert.match(errors(() => a('json', deep))[0] ?? '', /too large or too deep/);
    assert.match(errors(() => a('json', Array(100_001).fill(1)))[0] ?? '', /too large or too deep/);
  });
});

describe('definitions are checked when they are stored', () => {
  test('what is right comes back without what says nothing', () => {
    const definitions = [
      { name: 'a', type: 'string', required: false, default: '' },
      { name: 'b', type: 'int', required: true },
      { name: 'c', type: 'date', default: '2026-05-01' },
    ];
    assert.deepEqual(readDefinitions(definitions, 'fields.arguments'), [
      { name: 'a', type: 'string' },
      { name: 'b', type: 'int', required: true },
      { name: 'c', type: 'date', default: '2026-05-01' },
    ]);
  });

  test('what is wrong is named, all of it', () => {
    assert.deepEqual(
      errors(() =>
        readDefinitions(
          [
            { name: '1a', type: 'int' },
            { name: 'a', type: 'integer' },
            { name: 'a', type: 'int', default: 'x', required: 1 },
            { name: '__proto__', type: 'int' },
            { name: 'and', type: 'int' },
            5,
          ],
          'fields.arguments',
        ),
      ),
      [
        'fields.arguments[0].name A name begins with a letter and has letters, digits and “_”.',
        'fields.arguments[1].type There is no such type. There are: string, int, float, boolean, date, json.',
        'fields.arguments[2].name There are two arguments “a”.',
        'fields.arguments[2].required This is true or false.',
        'fields.arguments[2].default The default is no whole number: “x”.',
        'fields.arguments[3].name A name begins with a letter and has letters, digits and “_”.',
        'fields.arguments[4].name “and” is a word of the template language.',
        'fields.arguments[5] This is no definition of an argument.',
      ],
    );
    assert.equal(errors(() => readDefinitions('a', 'fields.arguments')).length, 1);
    assert.equal(errors(() => readDefinitions(Array(101).fill(5), 'fields.arguments')).length, 1);
  });
});

describe('definitions as people write them', () => {
  test('one a line, or several', () => {
    const text = String.raw`channel:string:required
  since:date  limit:int=5

title="All \"of\" it\n" kind='a "b"' empty= `;
    assert.deepEqual(parseDefinitions(text, 'fields.arguments'), [
      { name: 'channel', type: 'string', required: true },
      { name: 'since', type: 'date' },
      { name: 'limit', type: 'int', default: '5' },
      { name: 'title', type: 'string', default: 'All "of" it\n' },
      { name: 'kind', type: 'string', default: 'a "b"' },
      { name: 'empty', type: 'string' },
    ]);
  });

  test('what is written is read again as it was', () => {
    const definitions: ArgumentDef[] = [
      { name: 'a', type: 'string', required: true },
      { name: 'b', type: 'string', default: 'x "y" \\ \n z' },
      { name: 'c', type: 'int', default: '5' },
      { name: 'd', type: 'json', default: '{"a": "b"}' },
    ];
    assert.deepEqual(parseDefinitions(writeDefinitions(definitions), 'f'), definitions);
    assert.equal(writeDefinitions([{ name: 'a', type: 'int', default: 5 }]), 'a:int=5');
  });

  test('what is wrong is told by line and column', () => {
    assert.deepEqual(
      errors(() => parseDefinitions('a:int\n  b:integer  1c\na "x\nd:int:string e:int=x', 'f')),
      [
        'f 2:3 There is no such type. There are: string, int, float, boolean, date, json.',
        'f 2:14 A name begins with a letter and has letters, digits and “_”.',
        'f 3:1 There are two arguments “a”.',
        'f 3:3 A name begins with a letter and has letters, digits and “_”.',
        'f 4:1 An argument has one type.',
        'f 4:14 The default is no whole number: “x”.',
      ],
    );
    assert.match(
      errors(() => parseDefinitions('a="x', 'f'))[0] ?? '',
      /^f 1:1 Write an argument as/,
    );
  });
});
