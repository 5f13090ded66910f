/** What converters make of fields, row by row. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadRequest } from '../../../server/errors.js';
import { FORM_FIELDS_MAX, readForm } from '../../../server/publisher/converters.js';
import type { FormPart } from '../../../server/publisher/form.js';
import { queryParts } from '../../../server/publisher/request.js';

function fields(query: string): unknown {
  // Records have no prototype; as JSON they compare like plain objects.
  return JSON.parse(JSON.stringify(readForm(queryParts(query)).toObject())) as unknown;
}

const table: readonly (readonly [query: string, expected: Readonly<Record<string, unknown>>])[] = [
  ['a=1&b=two', { a: '1', b: 'two' }],
  ['a=1&a=2', { a: ['1', '2'] }],
  ['age:int=42', { age: 42 }],
  ['age:int= -7 ', { age: -7 }],
  ['age:long=12L', { age: 12 }],
  ['n:float=2.5e3', { n: 2500 }],
  ['ok:boolean=', { ok: false }],
  ['ok:boolean=0', { ok: false }],
  ['ok:boolean=False', { ok: false }],
  ['ok:boolean=off', { ok: false }],
  ['ok:boolean=no', { ok: false }],
  ['ok:boolean=on', { ok: true }],
  ['ok:boolean=1', { ok: true }],
  ['when:date=2026-11-21', { when: '2026-11-21T00:00:00.000Z' }],
  ['when:date=2026/11/21 09:30', { when: '2026-11-21T09:30:00.000Z' }],
  ['when:date=2026-11-21T09:30%2B02:00', { when: '2026-11-21T07:30:00.000Z' }],
  ['t:tokens=a  b%0Ac', { t: ['a', 'b', 'c'] }],
  ['l:lines=a%0D%0Ab%0A', { l: ['a', 'b'] }],
  ['l:lines=', { l: [] }],
  ['t:text=a%0D%0Ab%0Dc', { t: 'a\nb\nc' }],
  ['s:string=x', { s: 'x' }],
  ['tags:list=one', { tags: ['one'] }],
  ['tags:tuple=one', { tags: ['one'] }],
  ['tags:list=one&tags:list=two', { tags: ['one', 'two'] }],
  ['ids:int:list=1&ids:list:int=2', { ids: [1, 2] }],
  ['words:tokens=a b&words:tokens=c', { words: [['a', 'b'], ['c']] }],
  ['words:tokens:list=a b&words:list:tokens=c', { words: ['a', 'b', 'c'] }],
  ['l:lines:list=a%0Ab&l:lines:list=c', { l: ['a', 'b', 'c'] }],
  ['p.w:tokens:list:record=a b&p.w:record:tokens:list=c', { p: { w: ['a', 'b', 'c'] } }],
  ['p.w:tokens:list:records=a b&p.w:records:tokens:list=c', { p: [{ w: ['a', 'b', 'c'] }] }],
  ['p.w:record:tokens=a b', { p: { w: ['a', 'b'] } }],
  ['p=1&p=2&p.a:records=3', { p: [{ a: '3' }] }],
  ['p=1&p.a:record=3', { p: { a: '3' } }],
  ['p.a:record=1&p=2&p.b:records=3', { p: [{ b: '3' }] }],
  ['p.name:record=Ann&p.age:record:int=9', { p: { name: 'Ann', age: 9 } }],
  ['p.tags:list:record=a&p.tags:list:record=b', { p: { tags: ['a', 'b'] } }],
  ['a.b.c:record=1', { 'a.b': { c: '1' } }],
  [
    'people.name:records=Ann&people.age:int:records=9&people.name:records=Bob',
    { people: [{ name: 'Ann', age: 9 }, { name: 'Bob' }] },
  ],
  [
    'p.t:list:records=a&p.t:list:records=b&p.n:records=x&p.n:records=y',
    { p: [{ t: ['a', 'b'], n: 'x' }, { n: 'y' }] },
  ],
  ['x:ignore_empty=&y:ignore_empty=1', { y: '1' }],
  ['n:int:ignore_empty=%20', {}],
  ['d:default=7', { d: '7' }],
  ['d:int:default=7&d:int=8', { d: 8 }],
  ['d:int=8&d:int:default=7', { d: 8 }],
  ['l:list:default=a', { l: ['a'] }],
  ['p.a:record:default=1&p.b:record=2', { p: { a: '1', b: '2' } }],
  [
    'p.n:records=Ann&p.n:records=Bob&p.c:records:default=CH',
    {
      p: [
        { c: 'CH', n: 'Ann' },
        { c: 'CH', n: 'Bob' },
      ],
    },
  ],
  ['q:required=x', { q: 'x' }],
  ['dc:title=x&a:b:int=3', { 'dc:title': 'x', 'a:b': 3 }],
  [':int=3', { '': 3 }],
  ['save:method=Save&a=1', { a: '1' }],
];

for (const [query, expected] of table) {
  test(`readForm: ${query}`, () => {
    assert.deepEqual(fields(query), expected);
  });
}

const refused: readonly (readonly [query: string, named: RegExp])[] = [
  ['age:int=x', /“age” is to be a whole number, not “x”/],
  ['age:int=', /“age”/],
  ['age:int=1.5', /“age”/],
  ['age:int=99999999999999999999', /“age”/],
  ['n:float=0x10', /“n” is to be a number/],
  ['n:float=Infinity', /“n”/],
  ['when:date=21.11.2026', /“when” is to be a date/],
  ['when:date=2026-02-30', /“when”/],
  ['q:required=%20', /“q” is required/],
  ['p:record=1', /“p” is part of a record/],
  ['tags:int:list=1&tags:int:list=x', /“tags”/],
];

for (const [query, named] of refused) {
  test(`readForm: ${query} is refused by the field’s name`, () => {
    assert.throws(
      () => fields(query),
      (error) =>
        error instanceof BadRequest &&
        named.test(error.message) &&
        error.message.includes(`“${error.field ?? '?'}”`),
    );
  });
}

test('readForm: a button’s name is what is to be called', () => {
  const methodOf = (query: string): string | undefined => readForm(queryParts(query)).method;
  assert.equal(methodOf('save:method=Save'), 'save');
  assert.equal(methodOf('save:action=Save'), 'save');
  assert.equal(methodOf(':method=save'), 'save');
  assert.equal(methodOf('save:method.x=3&save:method.y=4'), 'save');
  assert.equal(methodOf('go:default_method=1&save:method=1'), 'save');
  assert.equal(methodOf('go:default_method=1'), 'go');
  assert.equal(methodOf('a=1'), undefined);
});

test('readForm: a field of the body replaces the query’s', () => {
  const form = readForm(queryParts('a=1&b=2&c:default=3'), queryParts('a=9&c=4&d:default=5'));
  assert.deepEqual({ ...form.toObject() }, { a: '9', b: '2', c: '4', d: '5' });
});

test('readForm: names that objects have of themselves are fields like any other', () => {
  const form = readForm(queryParts('__proto__=1&p.__proto__:record=2&constructor=3'));
  assert.equal(form.get('__proto__'), '1');
  assert.equal(form.text('constructor'), '3');
  assert.equal(Object.getPrototypeOf(form.get('p')), null);
});

test('readForm: files are values, and an empty file field counts as empty', () => {
  const file = { filename: 'a.txt', contentType: 'text/plain', sha256: 'ab', sizeBytes: 3 };
  const empty = { filename: '', contentType: 'text/plain', sha256: '', sizeBytes: 0 };
  const form = readForm(
    [],
    [
      { name: 'one', file },
      { name: 'none:ignore_empty', file: empty },
    ],
  );
  assert.equal(form.file('one'), file);
  assert.equal(form.has('none'), false);
  assert.throws(() => readForm([], [{ name: 'must:required', file: empty }]), BadRequest);
});

test('readForm: a form past its bound is refused', () => {
  const parts = Array.from({ length: FORM_FIELDS_MAX + 1 }, () => ({ name: 'a', value: '1' }));
  assert.throws(() => readForm([], parts), BadRequest);
});

test('readForm: forms of many fields are read in time that grows with them', () => {
  const each = (name: (index: number) => string): FormPart[] =>
    Array.from({ length: FORM_FIELDS_MAX }, (_, index) => ({ name: name(index), value: 'x' }));
  // Its own time on the processor, whatever else the machine does.
  const started = process.cpuUsage();
  for (const flag of ['record', 'records', 'list', 'record:default', 'records:list']) {
    readForm(each((index) => `p.a${index}:${flag}`));
    readForm(each(() => `p.a:${flag}`));
  }
  assert.ok(process.cpuUsage(started).user < 3_000_000, 'not with their square');
});

test('readForm: defaults fill in no more than a form may hold many times over', () => {
  const half = FORM_FIELDS_MAX / 2;
  const parts = Array.from({ length: FORM_FIELDS_MAX }, (_, index) => ({
    name: index < half ? 'p.a:records' : `p.d${index}:records:default`,
    value: 'x',
  }));
  assert.throws(
    () => readForm(parts),
    (error) => error instanceof BadRequest && error.field === 'p',
  );
  const fine = readForm([...parts.slice(0, half), ...parts.slice(half, half + 10)]);
  const filled = fine.get('p') as readonly Record<string, unknown>[];
  assert.equal(filled.length, half);
  assert.equal(Object.keys(filled[0] ?? {}).length, 11);
});

test('readForm: what no converter takes is refused however long it is, in time that grows with it', () => {
  const long = '1'.repeat(1_000_000);
  for (const converter of ['float', 'int', 'long', 'date', 'boolean', 'tokens']) {
    const read = (): unknown => readForm([{ name: `n:${converter}`, value: `${long}x` }]);
    if (converter === 'boolean' || converter === 'tokens') read();
    else assert.throws(read, BadRequest, converter);
  }
});

test('queryParts: more fields than a form may have are refused before they are read', () => {
  assert.throws(() => queryParts('a&'.repeat(FORM_FIELDS_MAX)), BadRequest);
  assert.equal(queryParts('a=1&'.repeat(FORM_FIELDS_MAX - 1)).length, FORM_FIELDS_MAX - 1);
});
